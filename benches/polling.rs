//! How the polling of a resize compares with a perfect oracle, which acts at the very moment when the service is done.
//!
//! `cargo bench --bench polling`, or with `-- 50` for 50 runs instead of 500. An upgrade of a running instance on the
//! simulator, in virtual time: the order takes 5 to 10 s, the restart 15 to 60 s, a request 100 ms. Nothing waits, and
//! other load on the machine does not matter.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench may fail loudly")]

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::Completion;
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::transport::{HttpTransport, HyperTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, Resize};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

const LATENCY: Duration = Duration::from_millis(100);
/// So many requests may come at once: the checks and the order.
const BURST: usize = 10;

/// Time stands still while a request is under way, but for its latency, and jumps to the end of a wait otherwise.
#[derive(Debug)]
struct VirtualTime {
    simulator: Simulator,
    passed: Mutex<Duration>,
    under_way: AtomicUsize,
    /// The action of each request, and when it arrived.
    requests: Mutex<Vec<(String, Duration)>>,
}

impl VirtualTime {
    fn advance(&self, duration: Duration) {
        *self.passed.lock().unwrap() += duration;
        self.simulator.advance(duration);
    }
}

#[derive(Debug, Clone)]
struct VirtualClock(Arc<VirtualTime>);

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock::new().now() + TimeDelta::from_std(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.passed.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(move |_| {
            if self.0.under_way.load(Ordering::SeqCst) > 0 {
                // The end of the request wakes the task.
                return Poll::Pending;
            }
            self.0.advance(duration);
            Poll::Ready(())
        }))
    }
}

#[derive(Debug)]
struct Recorder(Arc<VirtualTime>, Arc<HyperTransport>);

impl HttpTransport for Recorder {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let time = &self.0;
        time.under_way.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            time.advance(LATENCY / 2);
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let action = body.split("Action=").nth(1).unwrap_or_default();
            let action = action.split('&').next().unwrap_or_default().to_owned();
            let now = *time.passed.lock().unwrap();
            time.requests.lock().unwrap().push((action, now));
            let response = self.1.send(request).await;
            time.advance(LATENCY / 2);
            time.under_way.fetch_sub(1, Ordering::SeqCst);
            response
        })
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    /// Between these, in milliseconds.
    fn between(&mut self, from: u64, to: u64) -> Duration {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Duration::from_millis(from + (z ^ (z >> 31)) % (to - from + 1))
    }
}

/// What one run needed.
struct Figures {
    requests: f64,
    /// The delays until the run acts on the new type, and until it ends after the restart, in seconds.
    to_type: f64,
    to_end: f64,
    /// The time of the run, and that with a perfect oracle, in seconds.
    wall: f64,
    oracle: f64,
    /// Requests a second after the first `BURST`, at most: over the whole run, and over 10 s.
    average: f64,
    peak: f64,
}

async fn run(seed: u64, transport: Arc<HyperTransport>) -> Figures {
    let mut random = Random(seed);
    let order_takes = random.between(5_000, 10_000);
    // The restart has three states: Running, Stopping, Starting.
    let transition = random.between(5_000, 20_000);
    let simulator = Simulator::builder()
        .order_processing(order_takes)
        .transition(transition)
        .start()
        .await
        .unwrap();
    simulator.add_instance(SimulatedInstance::new("i-1", "ecs.g5.large").running());
    let builder = simulator.client_builder();
    let time = Arc::new(VirtualTime {
        simulator,
        passed: Mutex::default(),
        under_way: AtomicUsize::new(0),
        requests: Mutex::default(),
    });
    let client = builder
        .clock(VirtualClock(Arc::clone(&time)))
        .transport(Recorder(Arc::clone(&time), transport))
        .build()
        .unwrap();
    let resize = Resize::builder("i-1", "ecs.g5.xlarge").build().unwrap();
    let report = client.resize(resize).await.unwrap();
    assert_eq!(report.completion(), Completion::InEffect);

    let wall = *time.passed.lock().unwrap();
    let requests = time.requests.lock().unwrap().clone();
    let at = |name: &str| {
        requests
            .iter()
            .find(|(action, _)| action == name)
            .unwrap()
            .1
    };
    let (ordered, rebooted) = (at("ModifyPrepayInstanceSpec"), at("RebootInstance"));
    let (type_due, end_due) = (ordered + order_takes, rebooted + transition * 3);
    let oracle = type_due + transition * 3;
    let later: Vec<f64> = requests
        .iter()
        .map(|(_, at)| at.as_secs_f64())
        .skip(BURST)
        .collect();
    let rates = later
        .iter()
        .zip(1..)
        .map(|(at, count)| f64::from(count) / at);
    let in_10_s = later.iter().map(|from| {
        let within = later
            .iter()
            .filter(|at| (*from..*from + 10.0).contains(*at));
        within.count() as f64 / 10.0
    });
    Figures {
        requests: requests.len() as f64,
        to_type: (rebooted.saturating_sub(type_due)).as_secs_f64(),
        to_end: (wall.saturating_sub(end_due)).as_secs_f64(),
        wall: wall.as_secs_f64(),
        oracle: oracle.as_secs_f64(),
        average: rates.fold(0.0, f64::max),
        peak: in_10_s.fold(0.0, f64::max),
    }
}

fn print(name: &str, figures: &[Figures], value: impl Fn(&Figures) -> f64) {
    let mut values: Vec<f64> = figures.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let at = |percent: usize| values[(values.len() - 1) * percent / 100];
    println!("{name:<48}{:>8.2}{:>8.2}{:>8.2}", at(50), at(90), at(100));
}

fn main() {
    let runs = std::env::args().find_map(|it| it.parse().ok());
    let runs: u64 = runs.unwrap_or(500).max(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let transport = Arc::new(HyperTransport::new().unwrap());
    let run = |seed| runtime.block_on(run(seed, Arc::clone(&transport)));
    let figures: Vec<Figures> = (0..runs).map(run).collect();
    println!(
        "{:<48}{:>8}{:>8}{:>8}",
        format!("{runs} upgrades"),
        "median",
        "p90",
        "most"
    );
    print("requests", &figures, |it| it.requests);
    print(
        "new type shown until the restart is sent, s",
        &figures,
        |it| it.to_type,
    );
    print("restart over until the run ends, s", &figures, |it| {
        it.to_end
    });
    print("run, s", &figures, |it| it.wall);
    print("run against the oracle", &figures, |it| it.wall / it.oracle);
    print(
        "requests a second after the first 10, average",
        &figures,
        |it| it.average,
    );
    print(
        "requests a second after the first 10, in 10 s",
        &figures,
        |it| it.peak,
    );
}
