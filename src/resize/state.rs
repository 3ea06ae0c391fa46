//! What a resize does next: a pure function of what it did and saw. No I/O, no clock, no randomness.
//!
//! [`State::next`] is the decision table; `before_change.rs` and `after_change.rs` have the rows of a run that has not
//! failed. Its conditions are in `evidence.rs`, what it reports in `situation.rs`, when it polls in `polling.rs`.
//! `observe.rs` and `record.rs` update the state from polls and from the outcomes of commands. `driver/` carries the
//! actions out.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::action::{Action, Cause, Now};
use super::intent::{Command, Intent};
use super::memory::{Memory, Power, Sent};
use super::observed::Observed;
use super::report::Completion;
use super::step::Step;
use crate::types::InstanceType;

/// The effect of a stop, start or restart shows within this time.
pub(super) const EFFECT_SHOWS: Duration = Duration::from_secs(120);
/// This many polls in a row may not list the instance.
const MAX_MISSING: u32 = 3;

/// One run: what it did and saw so far. Plain data.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) intent: Intent,
    pub(super) memory: Memory,
    /// The candidate that is, or was last, to be ordered.
    pub(super) to: InstanceType,
    /// It resumes a run that may have changed something.
    pub(super) resumed: bool,
    pub(super) started: Duration,
    pub(super) started_at: DateTime<Utc>,
    /// The last two polls in a row that showed the instance, since the last power command.
    pub(super) last: Option<Observed>,
    pub(super) previous: Option<Observed>,
    /// A command was rejected since the last poll, which may have been stale: it confirms nothing.
    pub(super) doubted: bool,
    /// The latest start time that a poll has shown. A stale poll shows an older one.
    pub(super) newest_start: Option<DateTime<Utc>>,
    /// When a poll last showed that a start or restart of this run had arrived.
    pub(super) seen_starting: Option<Duration>,
    /// When this run first saw the instance running with the new type.
    pub(super) shown: Option<Duration>,
    /// Nothing happened since the last poll, and it showed the instance.
    pub(super) fresh: bool,
    pub(super) polled: Duration,
    pub(super) missing: u32,
    pub(super) failures: u32,
    /// This many commands in a row were not accepted.
    pub(super) rejections: u32,
    /// Why the last poll or command failed.
    pub(super) problem: Option<String>,
    pub(super) retry_after: Duration,
    /// When something new was last seen or done.
    pub(super) changed: Duration,
    /// No poll showed the instance for some time since the last power command: a transition may have been missed.
    pub(super) gap: bool,
    pub(super) checked: Option<Duration>,
    pub(super) quoted: Option<Duration>,
    /// The price does not allow the order.
    pub(super) too_expensive: bool,
    /// When the order was sent last, or its existence learned.
    pub(super) ordered: Option<Duration>,
    /// This run sent it, and the service accepted it.
    pub(super) accepted: bool,
    /// An order that may exist was sent again last, and was rejected: it seems not to exist.
    pub(super) probed: bool,
    /// The service demands a stop for this upgrade.
    pub(super) stop_demanded: bool,
    /// When the last stop, start or restart of this run was sent.
    pub(super) sent: Option<Duration>,
    pub(super) force_stopped: bool,
    /// The service rejected a start for good.
    pub(super) start_rejected: bool,
    pub(super) restarts: u32,
    /// A poll showed another state than `Running` since the last restart.
    pub(super) glimpsed: bool,
    /// The candidates that are sold out.
    pub(super) sold_out: Vec<String>,
    /// The start time before the last power command.
    pub(super) started_before: Option<DateTime<Utc>>,
    /// Power and restart before the last command, to undo what was certainly rejected.
    pub(super) before: Option<(Power, Option<Sent>)>,
    /// A start was accepted, or seen, since the run failed.
    pub(super) recovered: bool,
    /// Why the run fails, and since when.
    pub(super) failed: Option<(Cause, Duration)>,
}

impl State {
    /// The decision table.
    pub(super) fn next(&self, now: Now) -> Action {
        if let Some(end) = self.end(now) {
            return end;
        }
        // All else is decided on a poll after which nothing was done.
        let Some(seen) = self.last.as_ref().filter(|_| self.fresh) else {
            return self.wait(now, self.step(), &self.situation(now));
        };
        self.surprise(seen, now)
            .or_else(|| self.start_again(seen, now))
            .or_else(|| self.before_change(seen, now))
            .unwrap_or_else(|| self.after_change(seen, now))
    }

    /// The ends that need no poll.
    fn end(&self, now: Now) -> Option<Action> {
        let failed = self.failed.is_some();
        if !failed && now.elapsed >= self.ends() {
            return Some(Action::Fail(self.timed_out(&self.situation(now), now)));
        }
        if failed && self.in_effect() && !self.may_be_down() {
            return Some(Action::Finish(Completion::InEffect));
        }
        if failed
            && !self.may_be_down()
            && !self.awaits_proof_of_start()
            && !self.awaits_proof_of_change()
        {
            return Some(Action::End(self.recovery(now)));
        }
        let gives_up = !self.intent.restart_on_failure || self.start_rejected;
        if failed && (gives_up || now.elapsed >= self.ends()) {
            return Some(Action::End(self.recovery(now)));
        }
        if self.awaits_payment(now) && !self.may_be_down() {
            return Some(Action::Finish(Completion::AwaitingPayment));
        }
        (!failed && self.missing >= MAX_MISSING).then_some(Action::Fail(Cause::NotFound))
    }

    /// Surprises that end the run.
    fn surprise(&self, seen: &Observed, now: Now) -> Option<Action> {
        if self.failed.is_some() {
            return None;
        }
        if !seen.locks.is_empty() {
            let locked = Action::Fail(Cause::Locked(seen.locks.clone()));
            return Some(self.confirm(now, self.twice(|it| !it.locks.is_empty()), locked));
        }
        let superseded = Action::Fail(Cause::Superseded(self.other_type(seen)?));
        let confirmed = self.twice(|it| self.other_type(it).is_some());
        Some(self.confirm(now, confirmed, superseded))
    }

    /// The resize starts what it has stopped: after the change, after a failure, before a payment. A run that has failed
    /// does nothing else.
    fn start_again(&self, seen: &Observed, now: Now) -> Option<Action> {
        let Memory { power, restart, .. } = self.memory;
        let failed = self.failed.is_some();
        let status_text = self.status_text(seen.status);
        let is_over =
            seen.is_new() || failed || self.start_is_left(now) || self.awaits_payment(now);
        if is_over && seen.is_stopped() && self.may_be_down() {
            let ended = match failed {
                true => Action::End(self.recovery(now)),
                false => Action::Finish(Completion::PendingStart),
            };
            return Some(match power {
                Power::Stopped(_) if failed && self.start_could_miss_order(now) => {
                    self.wait(now, Step::AwaitChange, "a start now could miss the order")
                }
                Power::Stopped(_) => Action::Send(Command::Start),
                Power::Starting(sent) if self.may_resend(sent, now) => Action::Send(Command::Start),
                // A start that has arrived had its effect by now: it failed, or a user has stopped the instance since.
                Power::Starting(sent)
                    if (sent.accepted || sent.seen) && self.since(sent, now) >= EFFECT_SHOWS =>
                {
                    ended
                }
                // The restart has left it stopped, if it was not started since. Else a user may have stopped it.
                Power::Restarting
                    if self.is_overdue(restart, now) && self.twice(Observed::is_stopped) =>
                {
                    match self.restart_left_it_stopped() {
                        true => Action::Send(Command::Start),
                        false => ended,
                    }
                }
                _ => self.wait(now, Step::Start, &status_text),
            });
        }
        let step = match power {
            Power::Restarting => Step::Restart,
            _ => Step::Start,
        };
        failed.then(|| self.wait(now, step, &status_text))
    }

    /// The end, once the last two polls agree on it.
    pub(super) fn confirm(&self, now: Now, confirmed: bool, end: Action) -> Action {
        match confirmed {
            true => end,
            false => self.wait(
                now,
                self.step(),
                "a poll to confirm what the last one showed",
            ),
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
