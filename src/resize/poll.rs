//! The times between looks at an instance.

use std::time::Duration;

use crate::clock::jitter;

/// They grow, and differ, so that many runs do not keep step.
pub(super) struct Poll {
    base: Duration,
    wait: Duration,
    /// What was sent since the last wait.
    requests: u32,
}

impl Poll {
    pub(super) fn new(base: Duration) -> Self {
        Self {
            base,
            wait: base,
            requests: 0,
        }
    }

    /// From now on the waits are short again.
    pub(super) fn restart(&mut self) {
        self.wait = self.base;
    }

    /// Counts requests, of which there is at most one a second.
    pub(super) fn count(&mut self, requests: u32) {
        self.requests = self.requests.saturating_add(requests);
    }

    /// The next wait: never shorter than the interval, nor than what the service asks for.
    pub(super) fn next(&mut self, retry_after: Option<Duration>) -> Duration {
        let factor = 1.0 + 0.25 * jitter();
        let wait =
            Duration::try_from_secs_f64(self.wait.as_secs_f64() * factor).unwrap_or(Duration::MAX);
        self.wait = (self.wait.saturating_mul(3) / 2).min(self.base.saturating_mul(5));
        let pace = Duration::from_secs(std::mem::take(&mut self.requests).into());
        wait.max(retry_after.unwrap_or_default()).max(pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_never_nearer_than_the_interval_and_grow_to_the_fivefold() {
        let second = Duration::from_secs(1);
        let mut poll = Poll::new(second);
        let waits: Vec<Duration> = (0..20).map(|_| poll.next(None)).collect();
        assert!(
            waits
                .iter()
                .all(|wait| (second..=second * 25 / 4).contains(wait))
        );
        assert!(waits[19] >= second * 5);
        assert_eq!(poll.next(Some(second * 60)), second * 60);
    }

    #[test]
    fn a_wait_is_a_second_for_each_request_before_it() {
        let mut poll = Poll::new(Duration::from_secs(1));
        poll.count(7);
        assert_eq!(poll.next(None), Duration::from_secs(7));
        assert!(poll.next(None) < Duration::from_secs(7));
    }

    #[test]
    fn the_longest_interval_is_no_panic() {
        let mut poll = Poll::new(Duration::MAX);
        assert!((0..3).all(|_| poll.next(None) > Duration::from_secs(1)));
    }
}
