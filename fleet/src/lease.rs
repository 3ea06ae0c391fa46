//! The fence of a worker: until when it may act on a job that it has claimed.

use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use chrono::{DateTime, Utc};

/// How much of a lease a worker acts on before it renews it. The rest is for clocks that differ.
const SHARE: u32 = 3;

/// The time in which a worker may poll its run. It begins before the lease is written, so it ends before the lease.
///
/// Both clocks count, because the monotonic one may stop while a machine is suspended.
#[derive(Debug)]
pub(crate) struct Fence {
    clock: SystemClock,
    elapsed: Duration,
    now: DateTime<Utc>,
    limit: Duration,
}

impl Fence {
    /// Begins now. Call this before the lease is claimed or renewed.
    pub(crate) fn begin(clock: SystemClock, lease: Duration) -> Self {
        Self {
            clock,
            elapsed: clock.elapsed(),
            now: clock.now(),
            limit: lease / SHARE,
        }
    }

    /// How long the worker may still act; `None` if it must renew its lease first.
    pub(crate) fn left(&self) -> Option<Duration> {
        let steady = self.clock.elapsed().saturating_sub(self.elapsed);
        let wall = (self.clock.now() - self.now).to_std().unwrap_or_default();
        let left = self.limit.saturating_sub(steady.max(wall));
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_ends_by_either_clock() {
        let clock = SystemClock::new();
        let fence = |ago: u64, seconds: i64| Fence {
            clock,
            elapsed: clock.elapsed(),
            now: clock.now() - chrono::TimeDelta::seconds(seconds),
            limit: Duration::from_secs(10 - ago),
        };
        assert!(fence(0, 0).left().is_some());
        assert!(fence(0, 11).left().is_none(), "the wall clock has gone on");
        assert!(
            fence(10, 0).left().is_none(),
            "the steady clock has gone on"
        );
        assert!(
            fence(0, -60).left().is_some(),
            "a clock that was set back proves nothing"
        );
    }
}
