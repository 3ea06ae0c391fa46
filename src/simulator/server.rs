//! The server: HTTP/1.1 with hyper on its own thread, and the faults of connections, which hyper cannot send.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming as IncomingBody;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::admin::{self, Access};
use super::faults::WireFault;
use super::gateway;
use super::response::RawResponse;
use super::world::Shared;
use crate::clock::{Clock, SystemClock};

/// The largest body that is read.
const MAX_BODY: usize = 1 << 20;
/// The number of pieces of a response that trickles.
const PIECES: u32 = 20;

/// A running server. It stops when it is dropped. It has its own thread and runtime, so that it does not depend on the
/// runtime of the test.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(
        listener: std::net::TcpListener,
        shared: Shared,
        hosts: Vec<String>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let access = Access::new(address, hosts);
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || runtime.block_on(serve(listener, shared, access, stopped));
        let thread = std::thread::Builder::new().name("aliyun-ecs-simulator".to_owned());
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread.spawn(serve)?),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread cannot be handled here.
            let _ = thread.join();
        }
    }
}

/// Accepts connections until the other end of `stopped` is dropped.
async fn serve(
    listener: std::net::TcpListener,
    shared: Shared,
    access: Access,
    mut stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let accepted = poll_fn(|context| {
            if Pin::new(&mut stopped).poll(context).is_ready() {
                return Poll::Ready(None);
            }
            listener.poll_accept(context).map(Some)
        });
        match accepted.await {
            None => return,
            Some(Ok((stream, _))) => {
                tokio::spawn(connection(stream, shared.clone(), access.clone()));
            }
            // For instance too many open files, which is temporary.
            Some(Err(_)) => SystemClock::new().sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A response that hyper cannot send.
struct RawResponseBytes {
    wire: WireFault,
    bytes: Vec<u8>,
    body_len: usize,
}

/// Serves one connection until it is closed.
async fn connection(stream: TcpStream, shared: Shared, access: Access) {
    // A response in several pieces must not wait for acknowledgements; without this it is merely slower.
    let _ = stream.set_nodelay(true);
    let mut io = TokioIo::new(stream);
    loop {
        let (sender, mut replies) = mpsc::unbounded_channel();
        let service =
            service_fn(|request| respond(request, shared.clone(), access.clone(), sender.clone()));
        let mut served = http1::Builder::new().serve_connection(io, service);
        let reply = poll_fn(|context| {
            if Pin::new(&mut served).poll(context).is_ready() {
                return Poll::Ready(None);
            }
            replies.poll_recv(context)
        });
        let Some(reply) = reply.await else {
            return;
        };
        io = served.into_parts().io;
        if !send(io.inner_mut(), reply).await {
            return;
        }
    }
}

/// Sends a response with a fault of the connection; returns whether the connection stays open.
async fn send(stream: &mut TcpStream, reply: RawResponseBytes) -> bool {
    let RawResponseBytes {
        wire,
        bytes,
        body_len,
    } = reply;
    let head_len = bytes.len() - body_len;
    match wire {
        WireFault::CloseBeforeResponse => false,
        WireFault::CloseInHead => {
            let part = bytes.get(..head_len.min(12)).unwrap_or_default();
            let _ = stream.write_all(part).await;
            false
        }
        WireFault::CloseInBody => {
            let part = bytes.get(..head_len + body_len / 2).unwrap_or_default();
            let _ = stream.write_all(part).await;
            false
        }
        WireFault::Reset => {
            #[allow(
                deprecated,
                reason = "with zero it does not block, and the replacement needs a newer tokio"
            )]
            let _ = stream.set_linger(Some(Duration::ZERO));
            false
        }
        WireFault::Trickle(duration) => {
            let clock = SystemClock::new();
            let piece = bytes.len().div_ceil(PIECES as usize).max(1);
            for part in bytes.chunks(piece) {
                if stream.write_all(part).await.is_err() {
                    return false;
                }
                clock.sleep(duration / PIECES).await;
            }
            true
        }
        WireFault::Duplicate => {
            let twice = [&*bytes, &*bytes].concat();
            stream.write_all(&twice).await.is_ok()
        }
    }
}

/// Responds to one request. A response that hyper cannot send is passed to `raw` instead, and the future never
/// completes.
async fn respond(
    request: Request<IncomingBody>,
    shared: Shared,
    access: Access,
    raw: mpsc::UnboundedSender<RawResponseBytes>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let is_admin = admin::is_admin(head.uri.path());
    let max_body = if is_admin { admin::MAX_BODY } else { MAX_BODY };
    let body = match Limited::new(body, max_body).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return Ok(unreadable(&*error)),
    };
    if is_admin {
        let (status, body) = admin::respond(&shared, &access, &head, &body);
        let mut headers = HeaderMap::new();
        let json = http::HeaderValue::from_static("application/json");
        headers.insert(http::header::CONTENT_TYPE, json);
        return Ok(with_headers(status, headers, body.into_bytes()));
    }
    let (response, now) = gateway::respond(&shared, &head, body);
    if !response.delay.is_zero() {
        SystemClock::new().sleep(response.delay).await;
    }
    let headers = response.header_map(now);
    let status = response.status();
    match response.wire {
        Some(wire) => {
            let reply = raw_reply(wire, status, &headers, &response);
            let _ = raw.send(reply);
            pending().await
        }
        None => Ok(with_headers(status, headers, response.body)),
    }
}

/// The response to a body that is too large or broken.
fn unreadable(error: &(dyn std::error::Error + 'static)) -> Response<Full<Bytes>> {
    let status = match error.is::<http_body_util::LengthLimitError>() {
        true => StatusCode::PAYLOAD_TOO_LARGE,
        false => StatusCode::BAD_REQUEST,
    };
    let mut headers = HeaderMap::new();
    // The rest of the body is not read.
    headers.insert(
        http::header::CONNECTION,
        http::HeaderValue::from_static("close"),
    );
    with_headers(status, headers, Vec::new())
}

fn with_headers(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn raw_reply(
    wire: WireFault,
    status: StatusCode,
    headers: &HeaderMap,
    response: &RawResponse,
) -> RawResponseBytes {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let length = format!("content-length: {}\r\n\r\n", response.body.len());
    bytes.extend_from_slice(length.as_bytes());
    bytes.extend_from_slice(&response.body);
    RawResponseBytes {
        wire,
        bytes,
        body_len: response.body.len(),
    }
}
