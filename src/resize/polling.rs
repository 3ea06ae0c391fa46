//! When a resize polls the instance.

use std::time::Duration;

use super::action::{Action, Cause, Now};
use super::memory::Order;
use super::situation::ORDER_MAY_BE_UNPAID;
use super::state::State;
use super::step::Step;

/// The first poll after an order.
const ORDER_TAKES: Duration = Duration::from_secs(5);
/// The time between polls begins to grow after this time without news, up to `MAX_POLL_INTERVAL`.
const POLLS_SLOW_DOWN: Duration = Duration::from_secs(60);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(5);
/// A run that has not ordered by then ends this long before its deadline: a stop or an order would come too late. Short
/// runs end a quarter of their timeout before it.
const TIME_TO_ORDER: Duration = Duration::from_secs(10);
/// After failures in a row, the time grows by a second for each, up to this many seconds.
const MAX_FAILURE_INTERVAL: u64 = 10;

impl State {
    /// A wait until the next poll; the end instead where that would be too late.
    pub(super) fn wait(&self, now: Now, step: Step, reason: &str) -> Action {
        let base = match self.failed {
            None => self.intent.poll_interval,
            // A recovery has little time.
            Some(_) => self.intent.poll_interval.min(MAX_POLL_INTERVAL),
        };
        let slow = now
            .elapsed
            .saturating_sub(self.changed)
            .saturating_sub(POLLS_SLOW_DOWN)
            / 20;
        let grown = base.saturating_add(slow).min(MAX_POLL_INTERVAL.max(base));
        let failing = u64::from(self.failures.max(self.rejections)).min(MAX_FAILURE_INTERVAL);
        let failing = Duration::from_secs(failing);
        let first = match self.memory.order {
            Order::Placed(_)
                if self.accepted && !self.fresh && self.ordered >= Some(self.polled) =>
            {
                ORDER_TAKES
            }
            _ => Duration::ZERO,
        };
        let interval = grown.max(failing).max(first).max(self.retry_after);
        let until = now.elapsed.saturating_add(interval);
        if until >= self.ends() {
            return match self.failed {
                None => Action::Fail(self.timed_out(reason, now)),
                Some(_) => Action::End(self.recovery(now)),
            };
        }
        Action::Wait {
            step,
            reason: self.problem.as_deref().unwrap_or(reason).to_owned(),
            until,
        }
    }

    /// When the run, or its recovery, ends at the latest.
    pub(super) fn ends(&self) -> Duration {
        match self.failed {
            Some(_) => self.recovery_ends(),
            None if self.is_before_order() => self.last_begin(),
            None => self.intent.deadline,
        }
    }

    /// From then on, no first order and no stop is sent.
    pub(super) fn last_begin(&self) -> Duration {
        let timeout = self.intent.deadline.saturating_sub(self.started);
        let reserve = TIME_TO_ORDER.min(timeout / 4);
        self.intent.deadline.saturating_sub(reserve)
    }

    /// Whether all that the run can do is still to order.
    fn is_before_order(&self) -> bool {
        self.memory.order == Order::None && matches!(self.step(), Step::Stop | Step::Order)
    }

    pub(super) fn timed_out(&self, waiting_for: &str, now: Now) -> Cause {
        if let Some(pending) = self.pending(now).filter(|it| *it >= ORDER_MAY_BE_UNPAID) {
            return Cause::OrderPending(pending);
        }
        let why = if self.is_before_order() {
            ", and too little time is left to order"
        } else {
            ""
        };
        Cause::TimedOut {
            waiting_for: format!("{waiting_for}{why}"),
            last_error: self.problem.clone(),
        }
    }
}
