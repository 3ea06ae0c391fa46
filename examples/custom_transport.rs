//! A transport of one's own: hyper over plain TCP instead of the default client, with a line in an audit log for each request.

use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::error::{TransportError, TransportErrorKind};
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::transport::{HttpTransport, ResponseBody};
use aliyun_ecs::{BoxFuture, ModifyPrepayInstanceSpecRequest};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const HELP: &str = "\
Sends a call by a transport that is written here, to a simulator in this process that
loses the first response. Costs nothing.

    cargo run --example custom_transport

    --help    this text";

type Failure = Box<dyn std::error::Error>;

/// One connection a request, no TLS: enough for a loopback endpoint, or for a tunnel that encrypts.
#[derive(Debug)]
struct PlainTcp {
    clock: SystemClock,
}

impl HttpTransport for PlainTcp {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let began = self.clock.elapsed();
            let host = request.uri().authority().map(ToString::to_string);
            let host = host.unwrap_or_default();
            let response = exchange(request, &host).await;
            // Who, when and how it went. Not the body: it holds the signature.
            let elapsed: Duration = self.clock.elapsed().saturating_sub(began);
            match &response {
                Ok(response) => {
                    println!(
                        "  audit: {host} answered {} in {elapsed:.1?}",
                        response.status()
                    )
                }
                Err(error) => println!("  audit: {error} after {elapsed:.1?}"),
            }
            response
        })
    }
}

async fn exchange(
    request: http::Request<Bytes>,
    host: &str,
) -> Result<http::Response<ResponseBody>, TransportError> {
    // The kind decides what the caller is told: `Connect` is for what certainly never left, nothing else.
    let stream = TcpStream::connect(host).await.map_err(|error| {
        let message = format!("no connection to {host}");
        TransportError::new(TransportErrorKind::Connect, message).with_source(error)
    })?;
    let broken = |error: hyper::Error| {
        let message = format!("connection to {host} closed before a response was received");
        TransportError::new(TransportErrorKind::Reset, message).with_source(error)
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    // Hyper's part of the exchange. It ends with the connection, when the response was read or dropped.
    tokio::spawn(connection);
    let response = sender
        .send_request(origin_form(request, host)?)
        .await
        .map_err(broken)?;
    // The body is still to come: the client reads it, with its own timeout and maximum size.
    Ok(response.map(ResponseBody::new))
}

/// HTTP/1.1 has the path alone in its first line, and the host in a header; the crate gives an absolute URI.
fn origin_form(
    request: http::Request<Bytes>,
    host: &str,
) -> Result<http::Request<Full<Bytes>>, TransportError> {
    let invalid = |error: http::Error| {
        let message = "the request has no valid target";
        TransportError::new(TransportErrorKind::Connect, message).with_source(error)
    };
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path
        .parse()
        .map_err(|error| invalid(http::Error::from(error)))?;
    let host = http::HeaderValue::from_str(host).map_err(|error| invalid(error.into()))?;
    parts.headers.insert(http::header::HOST, host);
    Ok(http::Request::from_parts(parts, Full::new(body)))
}

async fn call() -> Result<(), Failure> {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-example", "ecs.g5.large").running());
    simulator.fail_next(Fault::lost_response());

    let clock = SystemClock::new();
    let client = simulator.client_builder();
    let client = client.transport(PlainTcp { clock }).build()?;
    println!(
        "Retries, signatures and errors stay the client's; only the sending is this program's:\n"
    );
    let request = ModifyPrepayInstanceSpecRequest::builder("i-example", "ecs.g5.xlarge").build()?;
    let response = client.modify_prepay_instance_spec(request).await?;
    println!(
        "\norder {}",
        response.order_id.as_deref().unwrap_or("without an id")
    );
    println!("orders at the service: {}", simulator.orders().len());
    Ok(())
}

#[tokio::main]
async fn main() {
    let result = match std::env::args().nth(1).as_deref() {
        None => call().await,
        Some("--help" | "-h") => {
            println!("{HELP}");
            Ok(())
        }
        Some(other) => {
            Err(format!("unknown argument {other:?}; --help shows what there is").into())
        }
    };
    if let Err(error) = result {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}
