//! The clock of a client, which can be replaced.

// The only file that reads clocks and sleeps.

mod skew;

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::BoxFuture;
pub(crate) use skew::{ClockSkew, SkewUpdate, parse_http_date};

/// A source of time: wall-clock time for signatures, monotonic time for timeouts, and sleep.
///
/// Pass your own implementation to [`ClientBuilder::clock`](crate::ClientBuilder::clock) to control time, for instance
/// in tests.
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::BoxFuture;
/// use aliyun_ecs::clock::{Clock, SystemClock};
/// use chrono::{DateTime, TimeDelta, Utc};
///
/// /// The system clock, corrected by a known offset.
/// #[derive(Debug)]
/// struct Corrected(SystemClock, TimeDelta);
///
/// impl Clock for Corrected {
///     fn now(&self) -> DateTime<Utc> {
///         self.0.now() + self.1
///     }
///
///     fn elapsed(&self) -> Duration {
///         self.0.elapsed()
///     }
///
///     fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
///         self.0.sleep(duration)
///     }
/// }
///
/// let clock = Corrected(SystemClock::new(), TimeDelta::minutes(-3));
/// let client = aliyun_ecs::Client::builder().region("cn-hangzhou").clock(clock).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
pub trait Clock: Debug + Send + Sync {
    /// The wall-clock time of this machine.
    fn now(&self) -> DateTime<Utc>;

    /// The time since an arbitrary fixed point. It never decreases.
    fn elapsed(&self) -> Duration;

    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The system clocks and tokio's timers. Sleeping requires a tokio runtime with time enabled.
///
/// ```
/// use aliyun_ecs::clock::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let before = clock.elapsed();
/// assert!(clock.elapsed() >= before);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Creates a clock that reads the system clocks.
    #[allow(
        clippy::disallowed_methods,
        reason = "only this file reads clocks and sleeps"
    )]
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "only this file reads clocks and sleeps"
    )]
    fn now(&self) -> DateTime<Utc> {
        std::time::SystemTime::now().into()
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "only this file reads clocks and sleeps"
    )]
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// An output that is at most this late is still used: it is more useful than a timeout error.
const GRACE: Duration = Duration::from_secs(1);

/// The future's output, or `None` if it is not ready when `timeout` ends, counted from now.
///
/// The clock is checked after each poll. A timer alone does not enforce the timeout: a poll can take long, and a busy
/// runtime fires timers late. The timer is armed only when the future has to wait.
///
/// The caller pins the future, so that this one stays small.
pub(crate) fn within<F: Future + Unpin>(
    clock: &dyn Clock,
    timeout: Duration,
    mut future: F,
) -> impl Future<Output = Option<F::Output>> {
    let started = clock.elapsed();
    let mut timer = None;
    poll_fn(move |context| {
        let poll = Pin::new(&mut future).poll(context);
        let elapsed = clock.elapsed().saturating_sub(started);
        if let Poll::Ready(output) = poll {
            let in_time = elapsed <= timeout.saturating_add(GRACE);
            return Poll::Ready(in_time.then_some(output));
        }
        // Timers have a resolution of a millisecond, so one would wait although no time is left.
        if elapsed >= timeout {
            return Poll::Ready(None);
        }
        timer
            .get_or_insert_with(|| clock.sleep(timeout))
            .as_mut()
            .poll(context)
            .map(|()| None)
    })
}

/// A random number in 0..1, for jitter.
pub(crate) fn jitter() -> f64 {
    let random = uuid::Uuid::new_v4().as_u128() as u32;
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use std::pin::pin;

    use super::*;

    /// Returns the readings in order. Its sleeps never end.
    #[derive(Debug)]
    struct Readings(Mutex<Vec<u64>>);

    impl Clock for Readings {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }

        fn elapsed(&self) -> Duration {
            Duration::from_millis(self.0.lock().unwrap().remove(0))
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(std::future::pending())
        }
    }

    /// Is ready when it is polled for the `poll`th time.
    async fn ready_at(poll: u32) -> &'static str {
        let mut polls = 0;
        poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            match polls == poll {
                true => Poll::Ready("output"),
                false => Poll::Pending,
            }
        })
        .await
    }

    #[tokio::test]
    async fn the_clock_is_checked_after_each_poll() {
        for (readings, poll, in_time) in [
            (vec![5, 5], 1, true),
            (vec![5, 2_005], 1, true),
            (vec![5, 2_006], 1, false),
            (vec![5, 500, 1_004, 1_400], 3, true),
            (vec![5, 500, 1_005], 3, false),
        ] {
            let clock = Readings(Mutex::new(readings));
            let output = within(&clock, Duration::from_secs(1), pin!(ready_at(poll))).await;
            assert_eq!(output.is_some(), in_time, "{clock:?}");
        }
    }
}
