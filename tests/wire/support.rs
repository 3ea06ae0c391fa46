//! A server that follows a script of responses and failures, and a clock without real waits.

#![allow(dead_code, reason = "shared with the target `faults`")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::{BoxFuture, Client, ClientBuilder, Credentials, ModifyPrepayInstanceSpecRequest};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does after a request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends these bytes as they are and keeps the connection.
    Raw(Vec<u8>),
    /// Sends the first bytes, and the others after the first have been read.
    RawThenMore(Vec<u8>, Vec<u8>),
    /// Sends these bytes, then closes the connection properly.
    RawThenClose(Vec<u8>),
    /// Sends these bytes, then closes the connection; with TLS, without a close notification.
    RawThenCutOff(Vec<u8>),
    /// Sends these bytes, then resets the connection.
    RawThenReset(Vec<u8>),
    /// Reads only this many bytes of the request, then resets the connection.
    ResetAmidRequest(usize),
    /// Returns an error whose message echoes the whole request.
    Echo,
    /// Sends these bytes one by one and keeps the connection.
    Drip(Vec<u8>),
    /// Sends these bytes one by one, then nothing; the clock's timeouts expire.
    DripThenSilence(Vec<u8>),
    /// Sends these bytes, then nothing; the clock's timeouts expire.
    RawThenSilence(Vec<u8>),
}

/// A response with a correct length.
pub(crate) fn response(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Step {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {status} Test\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Step::Raw(bytes)
}

/// A placed order.
pub(crate) fn order(id: &str) -> Step {
    response(
        200,
        "content-type: application/json\r\n",
        format!(r#"{{"RequestId":"REQ-OK","OrderId":"{id}"}}"#),
    )
}

/// An error of the service, in JSON.
pub(crate) fn rejection(status: u16, code: &str, message: &str) -> Step {
    response(status, "", error_body(code, message))
}

pub(crate) fn error_body(code: &str, message: &str) -> String {
    serde_json::json!({"RequestId": "REQ-ERR", "HostId": "ecs.test", "Code": code, "Message": message}).to_string()
}

pub(crate) fn reset() -> Step {
    Step::RawThenReset(Vec::new())
}

pub(crate) fn silence() -> Step {
    Step::RawThenSilence(Vec::new())
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| &**value)
    }

    /// A parameter of the body or the query, still encoded.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        [&*self.body, query]
            .iter()
            .flat_map(|text| text.split('&'))
            .find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                (key == name).then(|| value.to_owned())
            })
    }
}

/// Plays a script: one step for each request.
pub(crate) struct Server {
    pub(crate) endpoint: String,
    pub(crate) clock: TestClock,
    shared: Shared,
}

/// What the connections of a server share.
#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<VecDeque<Step>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    clock: TestClock,
}

impl Server {
    pub(crate) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        Self::start_with(script, Plain).await
    }

    /// A server whose connections are accepted by `accept`.
    pub(crate) async fn start_with(
        script: impl IntoIterator<Item = Step>,
        accept: impl Accept,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("{}://{}", accept.scheme(), listener.local_addr().unwrap());
        let shared = Shared {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            seen: Arc::default(),
            connections: Arc::default(),
            clock: TestClock::default(),
        };
        let clock = shared.clock.clone();
        let server = shared.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let connection = server.connections.fetch_add(1, Ordering::Relaxed) + 1;
                let (server, accept) = (server.clone(), accept.clone());
                tokio::spawn(async move {
                    // A failure here means that the client has closed the connection.
                    let _ = match accept.accept(stream).await {
                        Ok(stream) => server.serve(stream, connection).await,
                        Err(error) => Err(error),
                    };
                });
            }
        });
        Self {
            endpoint,
            clock,
            shared,
        }
    }

    /// A client of this server with the clock of the test.
    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .endpoint(&self.endpoint)
            .region("cn-hangzhou")
            .credentials(Credentials::new("test-key-id", "test-key-secret"))
            .clock(self.clock.clone())
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// The requests that arrived.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The distinct client tokens of the requests.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let mut tokens: Vec<_> = self
            .seen()
            .iter()
            .filter_map(|seen| seen.param("ClientToken"))
            .collect();
        tokens.dedup();
        tokens
    }

    /// How many different nonces arrived.
    pub(crate) fn nonces(&self) -> usize {
        let seen = self.seen();
        let nonce = |seen: &Seen| {
            seen.param("SignatureNonce")
                .or_else(|| seen.header("x-acs-signature-nonce").map(str::to_owned))
        };
        seen.iter()
            .filter_map(nonce)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    }
}

/// A connection, encrypted or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

/// How a server accepts a connection: plain, or with a TLS handshake.
pub(crate) trait Accept: Clone + Send + Sync + 'static {
    type Stream: Wire;

    fn scheme(&self) -> &'static str;

    fn accept(
        &self,
        stream: TcpStream,
    ) -> impl Future<Output = std::io::Result<Self::Stream>> + Send;
}

#[derive(Clone)]
struct Plain;

impl Accept for Plain {
    type Stream = TcpStream;

    fn scheme(&self) -> &'static str {
        "http"
    }

    async fn accept(&self, stream: TcpStream) -> std::io::Result<TcpStream> {
        Ok(stream)
    }
}

impl Shared {
    async fn serve<S: Wire>(&self, mut stream: S, connection: usize) -> std::io::Result<()> {
        stream.tcp().set_nodelay(true)?;
        loop {
            if let Some(read) = self.resets_amid_request()
                && stream.tcp().peek(&mut [0]).await? > 0
            {
                self.script.lock().unwrap().pop_front();
                stream.read_exact(&mut vec![0; read]).await?;
                return stream.tcp().set_zero_linger();
            }
            let Some(seen) = read_request(&mut stream, connection).await else {
                return Ok(());
            };
            let echo = format!("you sent {seen:?}, which is odd");
            self.seen.lock().unwrap().push(seen);
            let step = self.script.lock().unwrap().pop_front();
            let step = match step.unwrap_or_else(|| response(599, "", "the script is at its end")) {
                Step::Echo => rejection(400, "Echo", &echo),
                step => step,
            };
            match step {
                Step::Echo => unreachable!(),
                Step::Raw(bytes) => stream.write_all(&bytes).await?,
                Step::RawThenMore(bytes, more) => {
                    stream.write_all(&bytes).await?;
                    settle().await;
                    stream.write_all(&more).await?;
                }
                Step::RawThenClose(bytes) => {
                    stream.write_all(&bytes).await?;
                    return stream.shutdown().await;
                }
                Step::RawThenCutOff(bytes) => return stream.write_all(&bytes).await,
                Step::RawThenReset(bytes) => {
                    stream.write_all(&bytes).await?;
                    return stream.tcp().set_zero_linger();
                }
                Step::ResetAmidRequest(_) => return stream.tcp().set_zero_linger(),
                Step::RawThenSilence(bytes) => {
                    stream.write_all(&bytes).await?;
                    return self.silence(stream).await;
                }
                Step::Drip(bytes) => drip(&mut stream, &bytes).await?,
                Step::DripThenSilence(bytes) => {
                    drip(&mut stream, &bytes).await?;
                    return self.silence(stream).await;
                }
            }
        }
    }

    fn resets_amid_request(&self) -> Option<usize> {
        match self.script.lock().unwrap().front() {
            Some(Step::ResetAmidRequest(read)) => Some(*read),
            _ => None,
        }
    }

    /// Sends nothing more, and makes the client give up.
    async fn silence<S: Wire>(&self, mut stream: S) -> std::io::Result<()> {
        settle().await;
        self.clock.expire();
        stream.read(&mut [0]).await.map(drop)
    }
}

async fn drip<S: Wire>(stream: &mut S, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        SystemClock::new().sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Lets all tasks that are ready run: the runtime of a test runs them before it returns to this one.
pub(crate) async fn settle() {
    for _ in 0..2 {
        SystemClock::new().sleep(Duration::from_millis(1)).await;
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head_end..head_end + length].to_vec()).unwrap();
    Some(Seen {
        target,
        headers,
        body,
        connection,
    })
}

/// Waits between attempts end at once; timeouts expire on [`expire`](Self::expire).
///
/// A sleep of at least `LIMIT` counts as a timeout. By default, attempt timeouts are that long and waits are not.
#[derive(Debug, Clone, Default)]
pub(crate) struct TestClock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    elapsed: Mutex<Duration>,
    waits: Mutex<Vec<Duration>>,
    limits: Mutex<Vec<Duration>>,
    offset: Mutex<TimeDelta>,
    expired: Notify,
}

impl TestClock {
    const LIMIT: Duration = Duration::from_secs(10);

    /// The waits between attempts so far.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0.waits.lock().unwrap().clone()
    }

    /// The timeouts that were set so far, expired or not.
    pub(crate) fn limits(&self) -> Vec<Duration> {
        self.0.limits.lock().unwrap().clone()
    }

    /// Lets all running timeouts expire.
    pub(crate) fn expire(&self) {
        self.0.expired.notify_waiters();
    }

    /// Makes the wall-clock time wrong.
    pub(crate) fn set_offset(&self, offset: TimeDelta) {
        *self.0.offset.lock().unwrap() = offset;
    }

    fn advance(&self, duration: Duration) {
        *self.0.elapsed.lock().unwrap() += duration;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock::new().now() + *self.0.offset.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.elapsed.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        if duration < Self::LIMIT {
            self.0.waits.lock().unwrap().push(duration);
            self.advance(duration);
            return Box::pin(std::future::ready(()));
        }
        self.0.limits.lock().unwrap().push(duration);
        Box::pin(async move {
            self.0.expired.notified().await;
            self.advance(duration);
        })
    }
}

/// A request with a known client token.
pub(crate) fn request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
        .client_token("token-1")
        .build()
        .unwrap()
}
