//! `ResizeRun`: a run that a caller holds. It does nothing until it is polled.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::cancel::CancelHandle;
use super::error::ResizeError;
use super::event::ResizeEvent;
use super::report::ResizeReport;
use super::settings::Resize;
use crate::BoxFuture;

/// A resize in progress, made by [`Client::resize`](crate::Client::resize): a [`Stream`] of events that ends with the
/// run, and a future of its result.
///
/// It sends nothing until it is polled, and it is `Send` and `'static`. An event that announces an order, a stop, a
/// start or a restart is returned before the request is sent; the request is sent when the run is polled again. So a
/// caller that stores the [key](ResizeEvent::resume_key) of each event before it polls again can be killed at any time
/// and resume.
///
/// `run.await` drives the run to its end and returns the result, with or without a loop over the events before. Dropping
/// the run stops at once, whatever state the instance is in; [`cancel_handle`](Self::cancel_handle) ends it safely.
///
/// ```
/// # use std::time::Duration;
/// # use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::builder().transition(Duration::from_millis(20)).start().await?;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator
/// #     .client_builder()
/// #     .clock(FastClock::new(100))
/// #     .attempt_timeout(Duration::from_secs(1_500))
/// #     .timeout(Duration::from_secs(6_000))
/// #     .build()?;
/// use aliyun_ecs::Resize;
///
/// # async fn store(_: &aliyun_ecs::resize::ResumeKey) {}
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let mut run = client.resize(resize);
/// while let Some(event) = run.next().await {
///     store(event.resume_key()).await; // before the next request is sent
/// }
/// println!("{}", run.await?);
/// # Ok(())
/// # }
/// ```
#[must_use = "a run does nothing until it is polled"]
pub struct ResizeRun {
    future: BoxFuture<'static, Result<ResizeReport, ResizeError>>,
    events: Events,
    cancel: CancelHandle,
    result: Option<Result<ResizeReport, ResizeError>>,
}

impl ResizeRun {
    pub(super) fn new<F>(
        resize: Resize,
        drive: impl FnOnce(Resize, Events, CancelHandle) -> F,
    ) -> Self
    where
        F: Future<Output = Result<ResizeReport, ResizeError>> + Send + 'static,
    {
        let (events, cancel) = (Events::default(), CancelHandle::new());
        Self {
            future: Box::pin(drive(resize, events.clone(), cancel.clone())),
            events,
            cancel,
            result: None,
        }
    }

    /// The next event; `None` once the run has ended. Cancel safe: the future may be dropped without losing anything.
    pub async fn next(&mut self) -> Option<ResizeEvent> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The result of a run whose events have ended.
    pub(super) fn into_result(self) -> Option<Result<ResizeReport, ResizeError>> {
        self.result
    }

    /// A handle to cancel the run, from another task for instance.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }
}

impl Stream for ResizeRun {
    type Item = ResizeEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ResizeEvent>> {
        if self.result.is_some() {
            return Poll::Ready(self.events.take());
        }
        let polled = self.future.as_mut().poll(context);
        if let Poll::Ready(result) = polled {
            self.result = Some(result);
            return Poll::Ready(self.events.take());
        }
        match self.events.take() {
            Some(event) => Poll::Ready(Some(event)),
            None => Poll::Pending,
        }
    }
}

impl IntoFuture for ResizeRun {
    type Output = Result<ResizeReport, ResizeError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            while self.next().await.is_some() {}
            match self.result.take() {
                Some(result) => result,
                // Events end with the result.
                None => self.future.await,
            }
        })
    }
}

impl fmt::Debug for ResizeRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResizeRun")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// Where the driver hands its events to the consumer of the run, one at a time.
#[derive(Clone, Default)]
pub(super) struct Events(Arc<Mutex<Option<ResizeEvent>>>);

impl Events {
    fn take(&self) -> Option<ResizeEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Hands over an event, and continues only once the consumer has taken it and polls again.
    pub(super) async fn emit(&self, event: ResizeEvent) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
        let mut handed_over = false;
        // The consumer takes the event as soon as this is pending, so that no wake-up is needed.
        poll_fn(|_| match std::mem::replace(&mut handed_over, true) {
            false => Poll::Pending,
            true => Poll::Ready(()),
        })
        .await;
    }
}
