//! A lean endpoint for many calls: it places one order a token, fails by chance, and keeps the books.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// How many of 1,000 requests fail in which way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rates {
    /// The connection is reset: as often with the order placed as without.
    pub(crate) reset: u64,
    /// No answer ever comes: as often with the order placed as without.
    pub(crate) hang: u64,
    /// Refused with `Throttling`.
    pub(crate) throttle: u64,
}

/// What is done when a request of this instance will get no answer.
type OnHang = dyn Fn(&str) + Send + Sync;

/// Ends when it is dropped.
pub(crate) struct Ledger {
    pub(crate) endpoint: String,
    books: Arc<Books>,
    doors: Option<AbortHandle>,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(doors) = &self.doors {
            doors.abort();
        }
    }
}

struct Books {
    rates: Rates,
    on_hang: Box<OnHang>,
    /// By instance: its tokens, and the orders that were placed for them.
    orders: Mutex<BTreeMap<String, BTreeMap<String, u64>>>,
    nonces: Mutex<BTreeSet<String>>,
    requests: AtomicU64,
    open: AtomicUsize,
    dice: AtomicU64,
}

enum Fate {
    RawAnswer,
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
            books: Arc::new(Books {
                rates,
                on_hang: Box::new(on_hang),
                orders: Mutex::default(),
                nonces: Mutex::default(),
                requests: AtomicU64::new(0),
                open: AtomicUsize::new(0),
                dice: AtomicU64::new(1),
            }),
            doors: None,
        };
        let books = Arc::clone(&ledger.books);
        let doors = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let books = Arc::clone(&books);
                books.open.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    // The client may go away at any time.
                    let _ = books.serve(stream).await;
                    books.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        ledger.doors = Some(doors.abort_handle());
        ledger
    }

    /// The tokens that came for an instance, and the order of each.
    pub(crate) fn orders(&self, instance: &str) -> BTreeMap<String, u64> {
        let orders = self.books.orders.lock().unwrap();
        orders.get(instance).cloned().unwrap_or_default()
    }

    /// All orders that were placed.
    pub(crate) fn placed(&self) -> usize {
        let orders = self.books.orders.lock().unwrap();
        orders.values().map(BTreeMap::len).sum()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.books.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn nonces(&self) -> u64 {
        self.books.nonces.lock().unwrap().len() as u64
    }

    /// The connections that are open now.
    pub(crate) fn open(&self) -> usize {
        self.books.open.load(Ordering::Relaxed)
    }
}

impl Books {
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
            // Without faults the calls are too many to keep books of.
            let keeps_books = self.rates.reset + self.rates.hang + self.rates.throttle > 0;
            let mut order = 1;
            if keeps_books {
                self.nonces
                    .lock()
                    .unwrap()
                    .insert(parameter("SignatureNonce").to_owned());
                if !matches!(fate, Fate::Throttle) && !before {
                    order = self.place(instance, parameter("ClientToken"));
                }
            }
            match fate {
                Fate::RawAnswer => {
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

    /// What becomes of the next request, and whether that is before an order is placed.
    fn fate(&self) -> (Fate, bool) {
        // The multiplier and the shift of SplitMix64: the same sequence in each run.
        let mut dice = self
            .dice
            .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        dice = (dice ^ (dice >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        dice = (dice ^ (dice >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        dice ^= dice >> 31;
        let Rates {
            reset,
            hang,
            throttle,
        } = self.rates;
        let before = dice & 1 << 60 != 0;
        match dice % 1_000 {
            n if n < reset => (Fate::Reset, before),
            n if n < reset + hang => (Fate::Hang, before),
            n if n < reset + hang + throttle => (Fate::Throttle, true),
            _ => (Fate::RawAnswer, false),
        }
    }

    /// The order of this token, which is placed if it is not there.
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
