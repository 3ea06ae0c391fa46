//! A fast endpoint for many calls. It places one order per token, fails pseudo-randomly, and records all orders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// How many of 1,000 requests fail, by kind of failure.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rates {
    /// The connection is reset, half of the times after the order was placed.
    pub(crate) reset: u64,
    /// No response is sent, half of the times after the order was placed.
    pub(crate) hang: u64,
    /// The request is rejected with `Throttling`.
    pub(crate) throttle: u64,
}

/// Called when a request for this instance will not get a response.
type OnHang = dyn Fn(&str) + Send + Sync;

/// A running endpoint. It stops when it is dropped.
pub(crate) struct Ledger {
    pub(crate) endpoint: String,
    state: Arc<State>,
    accept_loop: Option<AbortHandle>,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(accept_loop) = &self.accept_loop {
            accept_loop.abort();
        }
    }
}

struct State {
    rates: Rates,
    on_hang: Box<OnHang>,
    /// By instance: its client tokens, and the orders that were placed for them.
    orders: Mutex<BTreeMap<String, BTreeMap<String, u64>>>,
    nonces: Mutex<BTreeSet<String>>,
    requests: AtomicU64,
    open: AtomicUsize,
    random: AtomicU64,
}

enum Fate {
    Success,
    Reset,
    Hang,
    Throttle,
}

impl Ledger {
    pub(crate) async fn start(
        rates: Rates,
        on_hang: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut ledger = Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::new(State {
                rates,
                on_hang: Box::new(on_hang),
                orders: Mutex::default(),
                nonces: Mutex::default(),
                requests: AtomicU64::new(0),
                open: AtomicUsize::new(0),
                random: AtomicU64::new(1),
            }),
            accept_loop: None,
        };
        let state = Arc::clone(&ledger.state);
        let accept_loop = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&state);
                state.open.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    // The client may close the connection at any time.
                    let _ = state.serve(stream).await;
                    state.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        ledger.accept_loop = Some(accept_loop.abort_handle());
        ledger
    }

    /// The client tokens that were received for an instance, and the order of each.
    pub(crate) fn orders(&self, instance: &str) -> BTreeMap<String, u64> {
        let orders = self.state.orders.lock().unwrap();
        orders.get(instance).cloned().unwrap_or_default()
    }

    /// All orders that were placed.
    pub(crate) fn placed(&self) -> usize {
        let orders = self.state.orders.lock().unwrap();
        orders.values().map(BTreeMap::len).sum()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn nonces(&self) -> u64 {
        self.state.nonces.lock().unwrap().len() as u64
    }

    /// The connections that are open now.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::Relaxed)
    }
}

impl State {
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::with_capacity(4_096);
        while let Some(form) = read_form(&mut stream, &mut buffer).await? {
            let parameter = |name: &str| {
                let mut pairs = form
                    .split(['&', '?', ' '])
                    .filter_map(|pair| pair.split_once('='));
                pairs
                    .find(|(key, _)| *key == name)
                    .map_or("", |(_, value)| value)
            };
            let instance = parameter("InstanceId");
            let (fate, before) = self.fate();
            self.requests.fetch_add(1, Ordering::Relaxed);
            // Without faults there are too many calls to record.
            let is_recorded = self.rates.reset + self.rates.hang + self.rates.throttle > 0;
            let mut order = 1;
            if is_recorded {
                self.nonces
                    .lock()
                    .unwrap()
                    .insert(parameter("SignatureNonce").to_owned());
                if !matches!(fate, Fate::Throttle) && !before {
                    order = self.place(instance, parameter("ClientToken"));
                }
            }
            match fate {
                Fate::Success => {
                    let body = format!(r#"{{"RequestId":"R","OrderId":"{order}"}}"#);
                    response(&mut stream, "200 OK", &body).await?;
                }
                Fate::Throttle => {
                    let body = r#"{"RequestId":"R","Code":"Throttling","Message":"slow down"}"#;
                    response(&mut stream, "400 Bad Request", body).await?;
                }
                Fate::Reset => return stream.set_zero_linger(),
                Fate::Hang => {
                    (self.on_hang)(instance);
                    return stream.read(&mut [0]).await.map(drop);
                }
            }
        }
        Ok(())
    }

    /// The fate of the next request, and whether it occurs before an order is placed.
    fn fate(&self) -> (Fate, bool) {
        // The multiplier and the shift of SplitMix64: the same sequence in each run.
        let mut random = self
            .random
            .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        random = (random ^ (random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        random = (random ^ (random >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        random ^= random >> 31;
        let Rates {
            reset,
            hang,
            throttle,
        } = self.rates;
        let before = random & 1 << 60 != 0;
        match random % 1_000 {
            n if n < reset => (Fate::Reset, before),
            n if n < reset + hang => (Fate::Hang, before),
            n if n < reset + hang + throttle => (Fate::Throttle, true),
            _ => (Fate::Success, false),
        }
    }

    /// The order for this token, which is placed if it does not exist.
    fn place(&self, instance: &str, token: &str) -> u64 {
        let mut orders = self.orders.lock().unwrap();
        let of_instance = orders.entry(instance.to_owned()).or_default();
        let number = of_instance.len() as u64 + 1;
        *of_instance.entry(token.to_owned()).or_insert(number)
    }
}

async fn response(stream: &mut TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let response = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(response.as_bytes()).await
}

/// The body of a request signed with V1; `None` when the connection ends.
async fn read_form(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<String>> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&buffer[..end]);
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap_or(0));
        if buffer.len() >= end + 4 + length {
            return Ok(Some(
                String::from_utf8_lossy(&buffer[end + 4..]).into_owned(),
            ));
        }
    }
}
