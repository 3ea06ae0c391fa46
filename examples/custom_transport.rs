//! A custom transport: hyper over plain TCP instead of the default client, with an audit log line for each request.

use std::io::{self, Write};
use std::process::ExitCode;
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
Sends a call over the transport of this example, to a simulator in this process that loses
the first response. Costs nothing.

    cargo run --example custom_transport

    -h, --help    print this text";

type Failure = Box<dyn std::error::Error>;

/// One connection per request, without TLS: enough for a loopback endpoint or an encrypted tunnel.
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
            // Never log the body: it contains the signature.
            let elapsed: Duration = self.clock.elapsed().saturating_sub(began);
            let line = match &response {
                Ok(response) => format!("{host} returned {} in {elapsed:.1?}", response.status()),
                Err(error) => format!("{error} after {elapsed:.1?}"),
            };
            // A log that cannot be written must not fail an order.
            let _ = writeln!(io::stdout(), "  audit: {line}");
            response
        })
    }
}

async fn exchange(
    request: http::Request<Bytes>,
    host: &str,
) -> Result<http::Response<ResponseBody>, TransportError> {
    // Use the kind `Connect` only if the request was certainly not sent: the outcome depends on it.
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

/// HTTP/1.1 sends the path in the request line and the host in a header. The URI of the crate is absolute.
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

async fn call(out: &mut impl Write) -> Result<(), Failure> {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-example", "ecs.g5.large").running());
    simulator.fail_next(Fault::lost_response());

    let clock = SystemClock::new();
    let client = simulator.client_builder();
    let client = client.transport(PlainTcp { clock }).build()?;
    writeln!(
        out,
        "The client still signs, retries and decodes; this program only sends:\n"
    )?;
    let request = ModifyPrepayInstanceSpecRequest::builder("i-example", "ecs.g5.xlarge").build()?;
    let response = client.modify_prepay_instance_spec(request).await?;
    writeln!(
        out,
        "\norder {}",
        response.order_id.as_deref().unwrap_or("without an id")
    )?;
    writeln!(out, "orders of the service: {}", simulator.orders().len())?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut out = io::stdout();
    let result = match std::env::args().nth(1).as_deref() {
        None => call(&mut out).await,
        Some("-h" | "--help") => writeln!(out, "{HELP}").map_err(Failure::from),
        Some(other) => Err(format!("unknown argument {other:?}; see --help").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
