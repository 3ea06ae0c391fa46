//! Many resizes in one process: at most so many at a time, in one stream of events.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_core::Stream;
use rust_decimal::Decimal;

use super::error::ResizeError;

use super::event::ResizeEvent;
use super::quote::Quote;
use super::report::{Completion, ResizeReport};
use super::run::{CancelHandle, ResizeRun};
use super::settings::Resize;
use crate::BoxFuture;
use crate::client::Client;
use crate::types::InstanceId;

/// How a fleet of resizes runs.
///
/// ```
/// use aliyun_ecs::resize::{FleetOptions, MaxFailures};
///
/// let options = FleetOptions {
///     concurrency: 50,
///     max_failures: MaxFailures::Percent(5),
/// };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetOptions {
    /// The number of resizes that run at a time, at least 1. Default: 10.
    ///
    /// The service limits calls per account and minute: limit the client's rate as well, with
    /// [`ClientBuilder::max_requests_per_second`](crate::ClientBuilder::max_requests_per_second).
    pub concurrency: usize,
    /// The number of failures after which no further resize begins. Default: none may fail.
    pub max_failures: MaxFailures,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            concurrency: 10,
            max_failures: MaxFailures::Count(0),
        }
    }
}

/// The number of failures that a fleet tolerates. One more, and no further resize begins; those that run go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxFailures {
    /// This many.
    Count(usize),
    /// This share of all resizes of the fleet, rounded down.
    Percent(u8),
    /// Any number.
    Unlimited,
}

impl MaxFailures {
    fn allows(self, failures: usize, of: usize) -> bool {
        match self {
            Self::Count(max) => failures <= max,
            Self::Percent(percent) => failures <= of.saturating_mul(percent.into()) / 100,
            Self::Unlimited => true,
        }
    }
}

/// Something happened to an instance of a fleet.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "most events are of this variant, and one exists at a time"
)]
pub enum FleetEvent {
    /// An event of its resize. Store its [key](ResizeEvent::resume_key) before the fleet is polled again.
    Resize(ResizeEvent),
    /// Its resize has failed.
    Failed(Arc<ResizeError>),
}

impl fmt::Display for FleetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resize(event) => event.fmt(f),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// Many resizes in progress, made by [`Client::resize_many`]: a [`Stream`] of events with their instance, and a future
/// of the report.
///
/// As with one [`ResizeRun`], nothing is sent until the fleet is polled, and the event that announces an order, a stop,
/// a start or a restart is returned before its request is sent. Resizes of the same instance run one after the other.
#[must_use = "a fleet does nothing until it is polled"]
pub struct FleetRun {
    client: Client,
    options: FleetOptions,
    waiting: VecDeque<Resize>,
    running: HashMap<usize, Slot>,
    /// The instances of the running resizes.
    busy: HashSet<InstanceId>,
    next_slot: usize,
    ready: Arc<Ready>,
    cancel: FleetCancelHandle,
    report: FleetReport,
}

/// A running resize.
struct Slot {
    run: ResizeRun,
    instance_id: InstanceId,
    waker: Arc<SlotWaker>,
}

impl FleetRun {
    fn new(client: Client, resizes: VecDeque<Resize>, options: FleetOptions) -> Self {
        Self {
            client,
            options,
            report: FleetReport {
                total: resizes.len(),
                ..Default::default()
            },
            waiting: resizes,
            running: HashMap::new(),
            busy: HashSet::new(),
            next_slot: 0,
            ready: Arc::default(),
            cancel: FleetCancelHandle::default(),
        }
    }

    /// The next event and its instance; `None` once all resizes have ended. Cancel safe.
    pub async fn next(&mut self) -> Option<(InstanceId, FleetEvent)> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// A handle to cancel the fleet, for instance on Ctrl-C.
    pub fn cancel_handle(&self) -> FleetCancelHandle {
        self.cancel.clone()
    }

    fn may_begin(&self) -> bool {
        let (failures, total) = (self.report.failed.len(), self.report.total);
        !self.cancel.is_cancelled() && self.options.max_failures.allows(failures, total)
    }

    /// Begins resizes until enough run.
    fn begin(&mut self) {
        while self.running.len() < self.options.concurrency.max(1) && self.may_begin() {
            let is_free = |resize: &Resize| !self.busy.contains(resize.instance_id());
            let Some(next) = self.waiting.iter().position(is_free) else {
                return;
            };
            let Some(resize) = self.waiting.remove(next) else {
                return;
            };
            let index = self.next_slot;
            self.next_slot += 1;
            let instance_id = resize.instance_id().clone();
            let run = self.client.resize(resize);
            self.cancel.add(index, run.cancel_handle());
            self.busy.insert(instance_id.clone());
            let waker = Arc::new(SlotWaker {
                index,
                is_queued: AtomicBool::new(false),
                ready: Arc::clone(&self.ready),
            });
            waker.queue();
            let slot = Slot {
                run,
                instance_id,
                waker,
            };
            self.running.insert(index, slot);
        }
    }

    /// Takes a resize that has ended out, and returns the event of its failure.
    fn end(&mut self, index: usize) -> Option<(InstanceId, FleetEvent)> {
        let slot = self.running.remove(&index)?;
        self.cancel.remove(index);
        self.busy.remove(&slot.instance_id);
        match slot.run.into_result()? {
            Ok(report) => {
                self.report.finished.push(report);
                None
            }
            Err(error) => {
                let error = Arc::new(error);
                let (id, failed) = (slot.instance_id, Arc::clone(&error));
                self.report.failed.push((id.clone(), failed));
                Some((id, FleetEvent::Failed(error)))
            }
        }
    }
}

impl Stream for FleetRun {
    type Item = (InstanceId, FleetEvent);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready.set_waker(context.waker());
        // Let other tasks run now and then, however many resizes are ready.
        for _ in 0..MAX_POLLS {
            self.begin();
            let Some(index) = self.ready.pop() else {
                return match self.running.is_empty() {
                    true => Poll::Ready(None),
                    false => Poll::Pending,
                };
            };
            let Some(slot) = self.running.get_mut(&index) else {
                continue;
            };
            slot.waker.is_queued.store(false, Ordering::Release);
            let waker = Waker::from(Arc::clone(&slot.waker));
            match Pin::new(&mut slot.run).poll_next(&mut Context::from_waker(&waker)) {
                Poll::Pending => {}
                Poll::Ready(Some(event)) => {
                    // It continues when the fleet is polled again, after the others that are ready.
                    slot.waker.queue();
                    let id = slot.instance_id.clone();
                    return Poll::Ready(Some((id, FleetEvent::Resize(event))));
                }
                Poll::Ready(None) => {
                    if let Some(failed) = self.end(index) {
                        return Poll::Ready(Some(failed));
                    }
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The most polls of runs within one poll of the fleet.
const MAX_POLLS: usize = 128;

impl IntoFuture for FleetRun {
    type Output = FleetReport;
    type IntoFuture = BoxFuture<'static, FleetReport>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            while self.next().await.is_some() {}
            let mut report = self.report;
            report.not_begun = self.waiting.into();
            report
        })
    }
}

impl fmt::Debug for FleetRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetRun")
            .field("options", &self.options)
            .field("waiting", &self.waiting.len())
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}

/// Which running resizes can go on.
#[derive(Default)]
struct Ready {
    queue: Mutex<VecDeque<usize>>,
    /// Of the task that polls the fleet.
    waker: Mutex<Option<Waker>>,
}

impl Ready {
    fn pop(&self) -> Option<usize> {
        lock(&self.queue).pop_front()
    }

    fn set_waker(&self, waker: &Waker) {
        let mut own = lock(&self.waker);
        match &mut *own {
            Some(own) => own.clone_from(waker),
            None => *own = Some(waker.clone()),
        }
    }
}

/// Wakes the fleet for one resize, so that only those that can go on are polled.
struct SlotWaker {
    index: usize,
    is_queued: AtomicBool,
    ready: Arc<Ready>,
}

impl SlotWaker {
    fn queue(&self) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            lock(&self.ready.queue).push_back(self.index);
        }
    }
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.queue();
        let waker = lock(&self.ready.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cancels a fleet: no further resize begins, and those that run are [cancelled](CancelHandle).
#[derive(Debug, Clone, Default)]
pub struct FleetCancelHandle(Arc<FleetCancel>);

#[derive(Debug, Default)]
struct FleetCancel {
    is_cancelled: AtomicBool,
    runs: Mutex<HashMap<usize, CancelHandle>>,
}

impl FleetCancelHandle {
    /// Cancels the fleet. It has to be polled on until it has ended.
    pub fn cancel(&self) {
        let runs = lock(&self.0.runs);
        self.0.is_cancelled.store(true, Ordering::Release);
        runs.values().for_each(CancelHandle::cancel);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    fn add(&self, index: usize, run: CancelHandle) {
        let mut runs = lock(&self.0.runs);
        if self.is_cancelled() {
            run.cancel();
        }
        runs.insert(index, run);
    }

    fn remove(&self, index: usize) {
        lock(&self.0.runs).remove(&index);
    }
}

/// What became of a fleet.
#[derive(Debug, Clone, Default)]
pub struct FleetReport {
    total: usize,
    finished: Vec<ResizeReport>,
    failed: Vec<(InstanceId, Arc<ResizeError>)>,
    not_begun: Vec<Resize>,
}

impl FleetReport {
    /// The report of an empty fleet, for tests of your own code.
    ///
    /// ```
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::FleetReport;
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let report = FleetReport::new().with_not_begun(resize);
    /// assert!(!report.is_success());
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resize that ended without an error.
    #[must_use]
    pub fn with_finished(mut self, report: ResizeReport) -> Self {
        self.total += 1;
        self.finished.push(report);
        self
    }

    /// Adds a resize that failed.
    #[must_use]
    pub fn with_failed(mut self, error: ResizeError) -> Self {
        self.total += 1;
        self.failed
            .push((error.instance_id().clone(), Arc::new(error)));
        self
    }

    /// Adds a resize that was not begun.
    #[must_use]
    pub fn with_not_begun(mut self, resize: Resize) -> Self {
        self.total += 1;
        self.not_begun.push(resize);
        self
    }

    /// The resizes that ended without an error, in the order in which they ended.
    pub fn finished(&self) -> &[ResizeReport] {
        &self.finished
    }

    /// The resizes that failed or were cancelled, with their instances. [`ResizeError::resume_key`] resumes one that
    /// had begun to change something.
    pub fn failed(&self) -> &[(InstanceId, Arc<ResizeError>)] {
        &self.failed
    }

    /// The resizes that were not begun, because the fleet was cancelled or too many others had failed.
    pub fn not_begun(&self) -> &[Resize] {
        &self.not_begun
    }

    /// Whether every resize ended without an error.
    pub fn is_success(&self) -> bool {
        self.failed.is_empty() && self.not_begun.is_empty()
    }

    /// What the orders cost that were placed, by currency, as far as their prices were read.
    pub fn total_price(&self) -> Vec<Quote> {
        let mut totals: BTreeMap<&str, Decimal> = BTreeMap::new();
        let ordered = self.finished.iter().filter_map(ResizeReport::quote);
        for quote in ordered {
            let total = totals.entry(&quote.currency).or_default();
            *total = total.saturating_add(quote.price);
        }
        let quotes = totals.into_iter();
        quotes
            .map(|(currency, price)| Quote::new(price, currency))
            .collect()
    }
}

impl fmt::Display for FleetReport {
    /// One line of totals, and one for each instance that needs attention.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} finished, {} failed, {} not begun",
            self.finished.len(),
            self.total,
            self.failed.len(),
            self.not_begun.len()
        )?;
        for total in self.total_price() {
            write!(f, "; ordered for {total}")?;
        }
        for report in &self.finished {
            if let Completion::InEffect | Completion::AlreadyThatType = report.completion() {
                continue;
            }
            write!(f, "\n{}: {report}", report.instance_id())?;
        }
        for (instance_id, error) in &self.failed {
            write!(f, "\n{instance_id}: {error}")?;
        }
        for resize in &self.not_begun {
            write!(f, "\n{}: not begun", resize.instance_id())?;
        }
        Ok(())
    }
}

impl Client {
    /// Runs many resizes, at most [`concurrency`](FleetOptions::concurrency) at a time.
    ///
    /// Nothing is sent until the fleet is polled. Plan first, show the total, and run the accepted resizes.
    ///
    /// # Example
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::builder().transition(Duration::from_millis(20)).start().await?;
    /// # let client = simulator
    /// #     .client_builder()
    /// #     .clock(FastClock::new(100))
    /// #     .attempt_timeout(Duration::from_secs(1_500))
    /// #     .timeout(Duration::from_secs(6_000))
    /// #     .build()?;
    /// # for id in ["i-1", "i-2", "i-3"] {
    /// #     simulator.add_instance(SimulatedInstance::new(id, "ecs.g5.large").running());
    /// # }
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::{FleetEvent, FleetOptions};
    ///
    /// # async fn store(_: String) {}
    /// let mut resizes = Vec::new();
    /// for id in ["i-1", "i-2", "i-3"] {
    ///     let resize = Resize::builder(id, "ecs.g5.xlarge").build()?;
    ///     resizes.push(client.plan_resize(&resize).await?.accept()?);
    /// }
    /// let mut fleet = client.resize_many(resizes, FleetOptions::default());
    /// while let Some((instance_id, event)) = fleet.next().await {
    ///     println!("{instance_id}: {event}");
    ///     if let FleetEvent::Resize(event) = event {
    ///         store(event.resume_key().to_string()).await; // before its next request is sent
    ///     }
    /// }
    /// let report = fleet.await;
    /// println!("{report}");
    /// assert!(report.is_success());
    /// # assert_eq!(simulator.orders().len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn resize_many(
        &self,
        resizes: impl IntoIterator<Item = Resize>,
        options: FleetOptions,
    ) -> FleetRun {
        FleetRun::new(self.clone(), resizes.into_iter().collect(), options)
    }
}
