//! A cheap endpoint on loopback: it reads complete requests and sends the same response to all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// Holds responses back until this many requests have arrived.
#[derive(Default)]
pub(crate) struct Gate {
    missing: AtomicUsize,
    open: Notify,
}

/// Starts the endpoint on its own thread. It responds at once.
pub(crate) fn start() -> String {
    start_behind_gate(0)
}

/// Starts the endpoint on its own thread. It responds to the first `count` requests together.
pub(crate) fn start_behind_gate(count: usize) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().name("endpoint".into());
    let body = move || {
        let runtime = super::runtime();
        let (listener, url) = runtime.block_on(listen());
        send.send(url).expect("somebody waits for it");
        runtime.block_on(accept(listener, count));
    };
    thread.spawn(body).expect("a thread");
    receive.recv().expect("the endpoint has started")
}

/// Starts the endpoint on the thread of `runtime`, where it runs while the caller waits.
pub(crate) fn start_on(runtime: &Runtime) -> String {
    let (listener, url) = runtime.block_on(listen());
    runtime.spawn(accept(listener, 0));
    url
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

async fn accept(listener: TcpListener, count: usize) {
    let gate = Arc::new(Gate {
        missing: AtomicUsize::new(count),
        open: Notify::new(),
    });
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(serve(stream, Arc::clone(&gate)));
        }
    }
}

/// Serves one connection.
pub(crate) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, gate: Arc<Gate>) {
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-acs-request-id: 04F0F334-1335-436C-A1D7-6C044FE73368\r\n\
         content-length: {}\r\n\r\n{}",
        super::JSON.len(),
        super::JSON
    );
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let whole = loop {
            if let Some(whole) = length(&buffer) {
                break whole;
            }
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        buffer.drain(..whole);
        gate.pass().await;
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Gate {
    async fn pass(&self) {
        let opens = self.open.notified();
        let count_down = |missing: usize| missing.checked_sub(1);
        let order = Ordering::SeqCst;
        match self.missing.fetch_update(order, order, count_down) {
            Err(_) => {}
            Ok(1) => self.open.notify_waiters(),
            Ok(_) => opens.await,
        }
    }
}

/// The length of the first request in the buffer, if the request is complete.
fn length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = head + body.unwrap_or(0);
    (whole <= buffer.len()).then_some(whole)
}
