//! A simulator, and a client that shares its virtual time: waits pass at once, requests take the time they are given.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::{ResizeBuilder, ResizeError, ResizeEvent, ResizeReport};
use aliyun_ecs::simulator::{SimulatedInstance, Simulator, SimulatorBuilder};
use aliyun_ecs::transport::{HttpTransport, ReqwestTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, Client, ClientBuilder, Resize};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

pub(crate) const ID: &str = "i-test";
pub(crate) const SMALL: &str = "ecs.g5.large";
pub(crate) const LARGE: &str = "ecs.g5.xlarge";

/// Time advances by the latency of each request, and jumps to the end of each wait. Otherwise it stands still.
#[derive(Debug)]
struct VirtualTime {
    simulator: Arc<Simulator>,
    passed: Mutex<Duration>,
    under_way: AtomicUsize,
    latency: Mutex<Duration>,
    ahead: Mutex<TimeDelta>,
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
        let passed = TimeDelta::from_std(self.elapsed()).unwrap();
        SystemClock::new().now() + passed + *self.0.ahead.lock().unwrap()
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
struct CountingTransport(Arc<VirtualTime>, ReqwestTransport);

struct UnderWay(Arc<VirtualTime>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl HttpTransport for CountingTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.0.under_way.fetch_add(1, Ordering::SeqCst);
        let under_way = UnderWay(Arc::clone(&self.0));
        Box::pin(async move {
            let response = self.1.send(request).await;
            self.0.advance(*self.0.latency.lock().unwrap());
            drop(under_way);
            response
        })
    }
}

#[allow(dead_code, reason = "for the tests of runs")]
pub(crate) struct Rig {
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) client: Client,
    time: Arc<VirtualTime>,
}

/// Orders and changes of state that take seconds.
pub(crate) fn slow() -> SimulatorBuilder {
    Simulator::builder()
        .transition(Duration::from_secs(8))
        .order_processing(Duration::from_secs(10))
}

#[allow(dead_code, reason = "for the tests of runs")]
impl Rig {
    /// With one instance.
    pub(crate) async fn with(instance: SimulatedInstance) -> Self {
        Self::of(slow(), instance).await
    }

    pub(crate) async fn of(builder: SimulatorBuilder, instance: SimulatedInstance) -> Self {
        Self::with_client(builder, instance, |_, client| client).await
    }

    /// With a client that differs from that of the simulator.
    pub(crate) async fn with_client(
        builder: SimulatorBuilder,
        instance: SimulatedInstance,
        change: impl FnOnce(&Simulator, ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let simulator = Arc::new(builder.start().await.unwrap());
        simulator.add_instance(instance);
        let time = Arc::new(VirtualTime {
            simulator: Arc::clone(&simulator),
            passed: Mutex::default(),
            under_way: AtomicUsize::new(0),
            latency: Mutex::default(),
            ahead: Mutex::default(),
        });
        // The tests build many clients, and none needs the certificates of the platform.
        let transport = crate::http::plain();
        let client = simulator
            .client_builder()
            .clock(VirtualClock(Arc::clone(&time)))
            .transport(CountingTransport(Arc::clone(&time), transport));
        let client = change(&simulator, client).build().unwrap();
        Self {
            simulator,
            client,
            time,
        }
    }

    pub(crate) async fn running(instance_type: &str) -> Self {
        Self::with(SimulatedInstance::new(ID, instance_type).running()).await
    }

    /// From now on every response takes this long.
    pub(crate) fn responses_take(&self, latency: Duration) {
        *self.time.latency.lock().unwrap() = latency;
    }

    /// From now on the client's clock shows this much more than the service's.
    pub(crate) fn clock_is_ahead(&self, ahead: TimeDelta) {
        *self.time.ahead.lock().unwrap() = ahead;
    }

    pub(crate) async fn run(
        &self,
        resize: &Resize,
    ) -> (Result<ResizeReport, ResizeError>, Vec<ResizeEvent>) {
        self.run_with(resize, |_| {}).await
    }

    /// Runs it, and calls a function for every event before the run is polled again.
    pub(crate) async fn run_with(
        &self,
        resize: &Resize,
        mut on_event: impl FnMut(&ResizeEvent),
    ) -> (Result<ResizeReport, ResizeError>, Vec<ResizeEvent>) {
        let mut run = self.client.resize(resize.clone());
        let mut events = Vec::new();
        while let Some(event) = run.next().await {
            on_event(&event);
            events.push(event);
        }
        (run.await, events)
    }

    /// The report of a run that must not fail.
    pub(crate) async fn report_of(&self, resize: &Resize) -> ResizeReport {
        let (result, events) = self.run(resize).await;
        result.unwrap_or_else(|error| {
            let events: Vec<String> = events.iter().map(ToString::to_string).collect();
            panic!("{error}\n{}", events.join("\n"))
        })
    }

    /// The error of a run that must fail.
    pub(crate) async fn error_of(&self, resize: &Resize) -> ResizeError {
        self.run(resize).await.0.unwrap_err()
    }

    pub(crate) fn instance(&self) -> SimulatedInstance {
        self.simulator.instance(ID).unwrap()
    }

    /// The changing actions that were accepted, in order.
    pub(crate) fn changes(&self) -> Vec<String> {
        let requests = self.simulator.requests().into_iter();
        let changing = requests.filter(|it| !it.action().starts_with("Describe"));
        let accepted = changing.filter(|it| it.http_status() == 200);
        accepted.map(|it| it.action().to_owned()).collect()
    }

    /// The consumer of the run takes this long before it polls the run again.
    pub(crate) fn let_time_pass(&self, duration: Duration) {
        self.time.advance(duration);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        *self.time.passed.lock().unwrap()
    }

    /// Exactly one order, and the instance runs with the type.
    #[track_caller]
    pub(crate) fn assert_in_effect(&self, instance_type: &str) {
        let orders = self.simulator.orders();
        assert_eq!(orders.len(), 1, "{orders:?}");
        let instance = self.instance();
        assert_eq!(instance.effective_type(), instance_type);
        assert_eq!(format!("{:?}", instance.status()), "Running");
    }
}

pub(crate) fn to(instance_type: &str) -> ResizeBuilder {
    Resize::builder(ID, instance_type)
}

pub(crate) fn resize(instance_type: &str) -> Resize {
    to(instance_type).build().unwrap()
}
