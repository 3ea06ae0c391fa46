//! The retry budget of a client.

use std::sync::atomic::{AtomicU32, Ordering};

/// Limits the retries of all calls of a client together, so that an outage does not multiply the traffic.
///
/// It starts with 500 tokens, which is the maximum. A retry takes 5. A call that succeeds returns 1, or 5 after a
/// retry.
#[derive(Debug)]
pub(super) struct Budget {
    tokens: AtomicU32,
}

impl Budget {
    const FULL: u32 = 500;
    const RETRY: u32 = 5;

    pub(super) fn new() -> Self {
        Self {
            tokens: AtomicU32::new(Self::FULL),
        }
    }

    /// Takes the tokens of one retry; `false` if too few are left.
    pub(super) fn take(&self) -> bool {
        let take = |tokens: u32| tokens.checked_sub(Self::RETRY);
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }

    /// Returns the tokens of a retry that was not made.
    pub(super) fn refund(&self) {
        self.add(Self::RETRY);
    }

    /// Records the success of a call.
    pub(super) fn record_success(&self, retried: bool) {
        self.add(if retried { Self::RETRY } else { 1 });
    }

    fn add(&self, tokens: u32) {
        let add = |current: u32| (current < Self::FULL).then(|| (current + tokens).min(Self::FULL));
        // It fails if the budget is full.
        let _ = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_retries_exhaust_the_budget_and_successes_refill_it() {
        let budget = Budget::new();
        let takes = |budget: &Budget| (0..1_000).take_while(|_| budget.take()).count();
        assert_eq!(takes(&budget), 100);
        (0..4).for_each(|_| budget.record_success(false));
        assert_eq!(takes(&budget), 0, "four successes are less than a retry");
        budget.record_success(true);
        budget.refund();
        assert_eq!(takes(&budget), 2);
        (0..1_000).for_each(|_| budget.record_success(true));
        assert_eq!(takes(&budget), 100, "it never exceeds its maximum");
    }
}
