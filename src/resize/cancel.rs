//! `CancelHandle`: cancels a run or a fleet from another task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Cancels a [run](super::ResizeRun): it ends at the next safe point, with the instance running again if the run had
/// stopped or restarted it. Or a [fleet](super::FleetRun): no further resize begins, and those that have begun are
/// cancelled.
///
/// A run that is cancelled ends with [`ResizeErrorKind::Cancelled`](super::ResizeErrorKind::Cancelled); its progress
/// says what was done, and it can be resumed. Continue to poll the run or the fleet until it has ended. If the change
/// takes effect while the instance starts or restarts, the run ends as a success.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::ResizeErrorKind;
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let run = client.resize(resize);
/// run.cancel_handle().cancel(); // for instance on Ctrl-C
/// let error = run.await.unwrap_err();
/// assert!(matches!(error.kind(), ResizeErrorKind::Cancelled));
/// # assert!(simulator.orders().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CancelHandle(Arc<Cancel>);

#[derive(Debug, Default)]
struct Cancel {
    is_cancelled: AtomicBool,
    wake: Notify,
}

impl CancelHandle {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Cancels the run or the fleet.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::Release);
        self.0.wake.notify_one();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// Completes once [`cancel`](Self::cancel) was called. One task waits at a time.
    pub(super) async fn cancelled(&self) {
        while !self.is_cancelled() {
            self.0.wake.notified().await;
        }
    }
}
