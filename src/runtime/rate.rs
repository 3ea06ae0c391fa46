//! The client's own limit on its rate: requests are spaced evenly, in the order in which they asked. Pure.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Spaces requests evenly.
#[derive(Debug)]
pub(super) struct RateLimiter {
    interval: Duration,
    /// When the next request may be sent, on the client's steady clock.
    next: Mutex<Duration>,
}

impl RateLimiter {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            next: Mutex::default(),
        }
    }

    /// Reserves the next slot and returns how long to wait for it; `Err` with that time if it is `timeout` or more, and
    /// then nothing is reserved.
    pub(super) fn reserve(&self, now: Duration, timeout: Duration) -> Result<Duration, Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = now.max(*next);
        let wait = slot.saturating_sub(now);
        if !wait.is_zero() && wait >= timeout {
            return Err(wait);
        }
        *next = slot.saturating_add(self.interval);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn requests_are_spaced_evenly_and_in_order() {
        let rate = RateLimiter::new(MS(100));
        let waits = [0, 0, 0, 250, 250, 1_000].map(|now| rate.reserve(MS(now), MS(60_000)));
        let expected = [0, 100, 200, 50, 150, 0].map(|wait| Ok(MS(wait)));
        assert_eq!(waits, expected);
    }

    #[test]
    fn a_slot_that_is_too_late_is_not_reserved() {
        let rate = RateLimiter::new(MS(100));
        assert_eq!(rate.reserve(MS(0), MS(50)), Ok(MS(0)));
        assert_eq!(rate.reserve(MS(0), MS(100)), Err(MS(100)));
        assert_eq!(rate.reserve(MS(0), MS(101)), Ok(MS(100)));
        assert_eq!(rate.reserve(MS(0), MS(150)), Err(MS(200)));
        assert_eq!(rate.reserve(MS(200), MS(1)), Ok(MS(0)));
    }
}
