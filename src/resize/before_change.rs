//! What a run does before the change: it stops the instance if that is needed, orders, and waits until the order is
//! carried out.

use std::time::Duration;

use super::action::{Action, Cause, Now};
use super::intent::{Command, NoStop};
use super::memory::{Order, Power};
use super::observed::{Observed, Status};
use super::situation::order_situation;
use super::state::State;
use super::step::Step;

/// The checks are made again before a stop or an order if they are older than this, and the price likewise.
const CHECKS_VALID: Duration = Duration::from_secs(60);
const PRICE_VALID: Duration = Duration::from_secs(10);

impl State {
    /// While the instance does not show the new type.
    pub(super) fn before_change(&self, seen: &Observed, now: Now) -> Option<Action> {
        if seen.is_new() {
            return None;
        }
        if let Some(pending) = self.pending(now) {
            // Before a payment the instance is only started again.
            return Some(match self.awaits_payment(now) {
                true => self.wait(now, Step::Start, &self.status_text(seen.status)),
                false if self.is_stopped_too_long(pending) => {
                    Action::Fail(Cause::OrderPending(pending))
                }
                false => self.wait(now, Step::AwaitChange, order_situation(pending)),
            });
        }
        let stops = seen.is_up()
            && self.needs_stop()
            // An order that may exist is sent again first, which shows whether it does.
            && (self.memory.order == Order::None || self.probed);
        Some(match stops {
            true => self.stop(seen, now),
            false => self.order(seen, now),
        })
    }

    /// While the instance runs and has to be stopped for the order.
    fn stop(&self, seen: &Observed, now: Now) -> Action {
        let power = self.memory.power;
        let no_stop = match power {
            Power::Idle | Power::StopPlanned if !self.memory.runs => Some(NoStop::UserRestarted),
            Power::StartedByUser => Some(NoStop::StartedByUser),
            _ => None,
        };
        let no_stop = no_stop.filter(|_| !self.intent.stop_again);
        match (power, no_stop.or(self.intent.no_stop)) {
            (Power::Stopping(sent), _) if self.may_resend(sent, now) => Action::Send(Command::Stop),
            (Power::Stopping(_), _) if self.force_stop_is_due(now) => {
                Action::Send(Command::ForceStop)
            }
            (Power::Stopping(sent), _) if self.may_be_started_by_user(sent, now) => {
                Action::Fail(Cause::NeedsStop(NoStop::MayBeStartedByUser))
            }
            (Power::Stopping(sent), _) => self.wait(
                now,
                Step::Stop,
                &format!("the stop {} accepted", sent.may()),
            ),
            (Power::Stopped(_) | Power::Starting(_) | Power::Restarting, _) => {
                self.wait(now, Step::Stop, &self.status_text(seen.status))
            }
            (_, Some(no_stop)) => Action::Fail(Cause::NeedsStop(no_stop)),
            _ if self.is_older(self.checked, CHECKS_VALID, now) => Action::Check,
            _ if now.elapsed >= self.last_begin() => self.wait(
                now,
                Step::Stop,
                "too little time is left to stop it and order",
            ),
            _ => self.confirm(now, self.surely_runs(), Action::Send(Command::Stop)),
        }
    }

    /// While the instance may be ordered for as it is, or is on the way there.
    fn order(&self, seen: &Observed, now: Now) -> Action {
        let (power, status) = (self.memory.power, seen.status);
        let opens = match power {
            // Who has stopped it counts once two polls agree.
            Power::Idle => self.memory.runs,
            Power::StopPlanned | Power::Stopping(_) => true,
            Power::Starting(sent) => !self.is_overdue(Some(sent), now),
            Power::Stopped(_) | Power::Restarting | Power::StartedByUser => false,
        };
        let is_known = power == Power::Idle && self.twice(Observed::is_stopped);
        match status {
            Status::Stopping if self.force_stop_is_due(now) => Action::Send(Command::ForceStop),
            Status::Stopping if self.may_be_down() => {
                self.wait(now, Step::Stop, &self.status_text(status))
            }
            Status::Stopped if opens && !is_known => self.wait(
                now,
                self.step(),
                "a poll to confirm what the last one showed",
            ),
            Status::Running | Status::Stopped if self.too_expensive => {
                match self.order_may_show(now) {
                    true => self.wait(now, Step::Order, "an order that may exist did not show yet"),
                    false => Action::Fail(Cause::Rejected),
                }
            }
            Status::Running | Status::Stopped
                if self.memory.order == Order::None
                    && self.is_older(self.checked, CHECKS_VALID, now) =>
            {
                Action::Check
            }
            Status::Running | Status::Stopped
                if self.has_max_price() && self.is_older(self.quoted, PRICE_VALID, now) =>
            {
                Action::Quote
            }
            Status::Running | Status::Stopped => Action::Send(Command::Order),
            _ => self.wait(now, Step::Order, &self.status_text(status)),
        }
    }
}
