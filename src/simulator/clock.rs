//! A clock that runs faster, for clients of a fast simulator.

use chrono::{DateTime, Utc};
use std::time::Duration;

use crate::BoxFuture;
use crate::clock::{Clock, SystemClock};

/// A clock that runs faster than real time, so that waits and timeouts are shorter. The wall-clock time is the real
/// one, so that signatures are valid. Timeouts of calls are also shorter, so a client needs larger values.
/// [`SimulatorBuilder::speed`](super::SimulatorBuilder::speed) configures both.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use aliyun_ecs::simulator::{FastClock, Simulator};
///
/// let simulator = Simulator::start().await;
/// let client = simulator
///     .client_builder()
///     .clock(FastClock::new(100))
///     .attempt_timeout(Duration::from_secs(1_500)) // 15 s of real time
///     .timeout(Duration::from_secs(6_000))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FastClock {
    clock: SystemClock,
    factor: u32,
}

impl FastClock {
    /// A clock that runs `factor` times as fast; 0 counts as 1.
    pub fn new(factor: u32) -> Self {
        Self {
            clock: SystemClock::new(),
            factor: factor.max(1),
        }
    }
}

impl Clock for FastClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed().saturating_mul(self.factor)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.clock.sleep(duration / self.factor)
    }
}
