//! What a resize does next: a pure function of what it did and saw. No I/O, no clock, no randomness.
//!
//! [`State::next`] is the whole decision table. Its conditions are in `evidence.rs`, what it reports in `situation.rs`,
//! when it polls in `polling.rs`. `observe.rs` and `record.rs` update the state from polls and from the outcomes of
//! commands. `driver/` carries the actions out.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::action::{Action, Cause, Now};
use super::intent::{Command, Intent, NoStop};
use super::memory::{Memory, Order, Power, Sent};
use super::observed::{Observed, Status};
use super::report::Completion;
use super::settings::Restart;
use super::step::Step;
use crate::types::InstanceType;

/// The effect of a stop, start or restart shows within this time.
pub(super) const EFFECT_SHOWS: Duration = Duration::from_secs(120);
/// A restart that cannot be proved by then ends as `RestartUnconfirmed`.
const RESTART_UNCONFIRMED: Duration = Duration::from_secs(180);
/// The checks are made again before a stop or an order if they are older than this, and the price likewise.
const CHECKS_VALID: Duration = Duration::from_secs(60);
const PRICE_VALID: Duration = Duration::from_secs(10);
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
    /// The order was sent again to learn whether it exists.
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
        let Memory {
            runs,
            ref order,
            power,
            restart,
            ..
        } = self.memory;
        let failed = self.failed.is_some();
        let wait = |step: Step, reason: &str| self.wait(now, step, reason);
        let confirm = |confirmed: bool, end: Action| match confirmed {
            true => end,
            false => wait(self.step(), "a poll to confirm what the last one showed"),
        };

        // 1. The ends that need no poll.
        if !failed && now.elapsed >= self.ends() {
            return Action::Fail(self.timed_out(&self.situation(now)));
        }
        if failed && self.in_effect() && !self.may_be_down() {
            return Action::Finish(Completion::InEffect);
        }
        if failed && !self.may_be_down() && !self.awaits_proof_of_start() {
            return Action::End(self.recovery(now));
        }
        let gives_up = !self.intent.restart_on_failure || self.start_rejected;
        if failed && (gives_up || now.elapsed >= self.ends()) {
            return Action::End(self.recovery(now));
        }
        if self.awaits_payment(now) && !self.may_be_down() {
            return Action::Finish(Completion::AwaitingPayment);
        }
        if !failed && self.missing >= MAX_MISSING {
            return Action::Fail(Cause::NotFound);
        }

        // 2. All else is decided on a poll after which nothing was done.
        let Some(seen) = self.last.as_ref().filter(|_| self.fresh) else {
            return wait(self.step(), &self.situation(now));
        };
        let status = seen.status;
        let status_text = self.status_text(status);
        let twice = |status: Status| self.twice(|it| it.status == status);

        // 3. Surprises that end the run.
        if !failed && !seen.locks.is_empty() {
            let locked = Action::Fail(Cause::Locked(seen.locks.clone()));
            return confirm(self.twice(|it| !it.locks.is_empty()), locked);
        }
        if !failed && let Some(found) = self.other_type(seen) {
            let superseded = Action::Fail(Cause::Superseded(found));
            return confirm(self.twice(|it| self.other_type(it).is_some()), superseded);
        }

        // 4. The resize starts what it has stopped: after the change, after a failure, before a payment.
        let is_over = seen.is_new() || failed || self.awaits_payment(now);
        if is_over && status == Status::Stopped && self.may_be_down() {
            let ended = match failed {
                true => Action::End(self.recovery(now)),
                false => Action::Finish(Completion::PendingStart),
            };
            return match power {
                Power::Stopped(_) if failed && self.start_could_miss_order(now) => {
                    wait(Step::AwaitChange, "a start now could miss the order")
                }
                Power::Stopped(_) => Action::Send(Command::Start),
                Power::Starting(sent) if self.may_resend(sent, now) => Action::Send(Command::Start),
                // A start that was accepted has had its effect by now: a user has stopped the instance since.
                Power::Starting(sent) if sent.accepted && self.since(sent, now) >= EFFECT_SHOWS => {
                    ended
                }
                // The restart has left it stopped, if it was not started since. Else a user may have stopped it.
                Power::Restarting if self.is_overdue(restart, now) && twice(status) => {
                    match self.restart_left_it_stopped() {
                        true => Action::Send(Command::Start),
                        false => ended,
                    }
                }
                _ => wait(Step::Start, &status_text),
            };
        }
        if failed {
            let step = match power {
                Power::Restarting => Step::Restart,
                _ => Step::Start,
            };
            return wait(step, &status_text);
        }

        // 5. Before the change: stop if that is needed, order, wait until the order is carried out.
        if !seen.is_new() {
            if let Order::Placed(_) = order {
                return wait(Step::AwaitChange, &self.order_situation(now));
            }
            let stops = status == Status::Running
                && self.needs_stop()
                // An order that may exist is sent again first, which shows whether it does.
                && (*order == Order::None || self.probed);
            if stops {
                let no_stop = match power {
                    Power::Idle | Power::StopPlanned if !runs => Some(NoStop::UserRestarted),
                    Power::StartedByUser => Some(NoStop::StartedByUser),
                    _ => None,
                };
                let no_stop = no_stop.filter(|_| !self.intent.stop_again);
                return match (power, no_stop.or(self.intent.no_stop)) {
                    (Power::Stopping(sent), _) if self.may_resend(sent, now) => {
                        Action::Send(Command::Stop)
                    }
                    (Power::Stopping(_), _) if self.force_stop_is_due(now) => {
                        Action::Send(Command::ForceStop)
                    }
                    (Power::Stopping(sent), _) if self.may_be_started_by_user(sent, now) => {
                        Action::Fail(Cause::NeedsStop(NoStop::MayBeStartedByUser))
                    }
                    (Power::Stopping(sent), _) => {
                        let may = if sent.accepted {
                            "was"
                        } else {
                            "may have been"
                        };
                        wait(Step::Stop, &format!("the stop {may} accepted"))
                    }
                    (Power::Stopped(_) | Power::Starting(_) | Power::Restarting, _) => {
                        wait(Step::Stop, &status_text)
                    }
                    (_, Some(no_stop)) => Action::Fail(Cause::NeedsStop(no_stop)),
                    _ if self.is_older(self.checked, CHECKS_VALID, now)
                        && *order == Order::None =>
                    {
                        Action::Check
                    }
                    _ if now.elapsed >= self.last_begin() => {
                        wait(Step::Stop, "too little time is left to stop it and order")
                    }
                    _ => confirm(self.surely_runs(), Action::Send(Command::Stop)),
                };
            }
            let opens = match power {
                // Who has stopped it counts once two polls agree.
                Power::Idle => runs,
                Power::StopPlanned | Power::Stopping(_) => true,
                Power::Starting(sent) => !self.is_overdue(Some(sent), now),
                Power::Stopped(_) | Power::Restarting | Power::StartedByUser => false,
            };
            return match status {
                Status::Stopping if self.force_stop_is_due(now) => Action::Send(Command::ForceStop),
                Status::Stopping if self.may_be_down() => wait(Step::Stop, &status_text),
                Status::Stopped if opens && !(power == Power::Idle && twice(status)) => {
                    wait(self.step(), "a poll to confirm what the last one showed")
                }
                Status::Running | Status::Stopped => {
                    if self.too_expensive {
                        match self.order_may_show(now) {
                            true => wait(Step::Order, "an order that may exist did not show yet"),
                            false => Action::Fail(Cause::Rejected),
                        }
                    } else if *order == Order::None
                        && self.is_older(self.checked, CHECKS_VALID, now)
                    {
                        Action::Check
                    } else if self.has_max_price() && self.is_older(self.quoted, PRICE_VALID, now) {
                        Action::Quote
                    } else {
                        Action::Send(Command::Order)
                    }
                }
                _ => wait(Step::Order, &status_text),
            };
        }

        // 6. After the change: restart if that is wanted, wait until the new type is in effect.
        let up = self.twice(|it| it.is_new() && it.is_up());
        let stopped = self.twice(|it| it.is_new() && it.is_stopped());
        let is_ours = self.resumed || !self.memory.is_untouched();
        match (self.intent.restart, status) {
            (_, Status::Stopped) if self.intent.own_token && !self.resumed => {
                confirm(stopped, Action::Finish(Completion::StoppedBefore))
            }
            _ if !is_ours && self.memory.from == self.to => {
                let twice = self.twice(Observed::is_new);
                confirm(twice, Action::Finish(Completion::AlreadyThatType))
            }
            (_, Status::Stopped) => confirm(stopped, Action::Finish(Completion::PendingStart)),
            (_, Status::Running) if self.in_effect() && !self.may_be_down() => {
                Action::Finish(Completion::InEffect)
            }
            (Restart::At(time), Status::Running) if runs => {
                let comes = *order != Order::None && time > now.service;
                let end = if comes {
                    Completion::RestartsAt(time)
                } else {
                    Completion::PendingRestart
                };
                confirm(up, Action::Finish(end))
            }
            (Restart::Never | Restart::At(_), Status::Running) => {
                confirm(up, Action::Finish(Completion::PendingRestart))
            }
            (Restart::WhenNeeded, Status::Running) if !runs => {
                confirm(up, Action::Finish(Completion::PendingRestart))
            }
            (Restart::WhenNeeded, Status::Running) => match (power, restart) {
                (Power::Stopping(sent), _) if !self.is_overdue(Some(sent), now) => {
                    wait(Step::Restart, "the stop may still take effect")
                }
                (_, None) => confirm(twice(status), Action::Send(Command::Restart)),
                (_, Some(sent)) if up && self.may_restart_again(sent, now) => {
                    Action::Send(Command::Restart)
                }
                (_, Some(sent)) if up && self.since(sent, now) >= RESTART_UNCONFIRMED => {
                    Action::Finish(Completion::RestartUnconfirmed)
                }
                (_, Some(sent)) => {
                    let may = if sent.accepted {
                        "was"
                    } else {
                        "may have been"
                    };
                    wait(Step::Restart, &format!("the restart {may} accepted"))
                }
            },
            (_, _) => wait(self.step(), &status_text),
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
