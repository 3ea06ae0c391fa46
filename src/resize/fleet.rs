//! Many resizes in one process: with a maximum concurrency, and in one stream of events.

mod options;
mod report;
mod shared;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::cancel::CancelHandle;
use super::run::ResizeRun;
use super::settings::Resize;
use crate::BoxFuture;
use crate::client::Client;
use crate::types::InstanceId;
use shared::{RunWaker, Shared};

pub use options::{FleetOptions, MaxFailures};
pub use report::{FleetEvent, FleetReport};

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
    running: HashMap<InstanceId, Slot>,
    shared: Arc<Shared>,
    cancel: CancelHandle,
    /// Wakes the fleet on a cancel; `None` once the runs are cancelled too.
    until_cancelled: Option<BoxFuture<'static, ()>>,
    report: FleetReport,
}

/// A running resize.
struct Slot {
    run: ResizeRun,
    waker: Arc<RunWaker>,
}

impl FleetRun {
    fn new(client: Client, resizes: VecDeque<Resize>, options: FleetOptions) -> Self {
        let cancel = CancelHandle::new();
        let handle = cancel.clone();
        Self {
            client,
            options,
            report: FleetReport {
                total: resizes.len(),
                ..Default::default()
            },
            waiting: resizes,
            running: HashMap::new(),
            shared: Arc::default(),
            cancel,
            until_cancelled: Some(Box::pin(async move { handle.cancelled().await })),
        }
    }

    /// The next event and its instance; `None` once all resizes have ended. Cancel safe.
    pub async fn next(&mut self) -> Option<(InstanceId, FleetEvent)> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// A handle to cancel the fleet, for instance on Ctrl-C.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }

    /// Begins resizes until enough run.
    fn begin(&mut self) {
        let options = self.options;
        while self.running.len() < options.concurrency.max(1)
            && !self.cancel.is_cancelled()
            && options
                .max_failures
                .allows(self.report.failed.len(), self.report.total)
        {
            let is_free = |resize: &Resize| !self.running.contains_key(resize.instance_id());
            let free = self.waiting.iter().position(is_free);
            let Some(resize) = free.and_then(|index| self.waiting.remove(index)) else {
                return;
            };
            let instance_id = resize.instance_id().clone();
            let waker = RunWaker::new(instance_id.clone(), &self.shared);
            waker.queue();
            let run = self.client.resize(resize);
            self.running.insert(instance_id, Slot { run, waker });
        }
    }

    /// Cancels the runs, once the fleet is cancelled.
    fn pass_on_cancel(&mut self, context: &mut Context<'_>) {
        let until_cancelled = self.until_cancelled.as_mut();
        let polled = until_cancelled.map(|it| it.as_mut().poll(context));
        if let Some(Poll::Ready(())) = polled {
            self.until_cancelled = None;
            let runs = self.running.values();
            runs.for_each(|slot| slot.run.cancel_handle().cancel());
        }
    }

    /// Takes a resize that has ended out, and returns the event of its failure.
    fn end(&mut self, instance_id: InstanceId) -> Option<(InstanceId, FleetEvent)> {
        let slot = self.running.remove(&instance_id)?;
        match slot.run.into_result()? {
            Ok(report) => {
                self.report.finished.push(report);
                None
            }
            Err(error) => {
                let error = Arc::new(error);
                self.report.add_error(Arc::clone(&error));
                Some((instance_id, FleetEvent::Failed(error)))
            }
        }
    }
}

impl Stream for FleetRun {
    type Item = (InstanceId, FleetEvent);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.shared.set_waker(context.waker());
        self.pass_on_cancel(context);
        // Let other tasks run regularly, even if many resizes are ready.
        for _ in 0..MAX_POLLS {
            self.begin();
            let Some(instance_id) = self.shared.pop() else {
                return match self.running.is_empty() {
                    true => Poll::Ready(None),
                    false => Poll::Pending,
                };
            };
            let Some(slot) = self.running.get_mut(&instance_id) else {
                continue;
            };
            let waker = slot.waker.begin_poll();
            match Pin::new(&mut slot.run).poll_next(&mut Context::from_waker(&waker)) {
                Poll::Pending => {}
                Poll::Ready(Some(event)) => {
                    // It continues when the fleet is polled again, after the others that are ready.
                    slot.waker.queue();
                    return Poll::Ready(Some((instance_id, FleetEvent::Resize(event))));
                }
                Poll::Ready(None) => {
                    if let Some(failed) = self.end(instance_id) {
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

impl Client {
    /// Runs many resizes, at most [`concurrency`](FleetOptions::with_concurrency) at the same time.
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
