//! What a poll changes in the state of a resize.

use std::time::Duration;

use super::action::Now;
use super::memory::{Order, Power, Seen, Sent};
use super::observed::{Observed, Poll, Shown, Status};
use super::state::State;

/// A longer time between two polls that show the instance may hide a transition.
const GAP: Duration = Duration::from_secs(10);

/// A poll may show the state of this long ago.
const STALE: Duration = Duration::from_secs(5);

/// A start that a poll shows for the first time this soon after the new type may have begun before the change.
const TYPE_SETTLES: Duration = Duration::from_secs(10);

/// A restart that was accepted begins within this time.
pub(super) const RESTART_BEGINS: Duration = Duration::from_secs(20);

impl State {
    /// Takes in the result of a poll.
    pub(super) fn observe(&mut self, poll: Poll, now: Now) {
        self.retry_after = Duration::ZERO;
        self.problem = None;
        match poll {
            Poll::Failed {
                reason,
                retry_after,
            } => {
                self.fresh = false;
                self.failures += 1;
                self.problem = Some(reason);
                self.retry_after = retry_after.unwrap_or_default();
            }
            Poll::Missing => {
                self.fresh = false;
                self.missing += 1;
                self.previous = None;
            }
            Poll::Instance(seen) => {
                let after_gap = now.elapsed.saturating_sub(self.polled) > GAP;
                self.gap |= after_gap;
                let differs = self
                    .last
                    .as_ref()
                    .is_none_or(|last| (last.status, &last.shown) != (seen.status, &seen.shown));
                if differs {
                    self.changed = now.elapsed;
                }
                self.newest_start = self.newest_start.max(seen.start_time);
                self.previous = self.last.replace(seen).filter(|_| !self.doubted);
                self.doubted = false;
                (self.fresh, self.polled, self.missing, self.failures) = (true, now.elapsed, 0, 0);
                self.observe_power(now, after_gap);
                self.observe_type(now);
            }
        }
    }

    /// Who has stopped or started the instance.
    fn observe_power(&mut self, now: Now, after_gap: bool) {
        let Some(seen) = self.last.clone() else {
            return;
        };
        if seen.status == Status::Starting {
            self.seen_starting = Some(now.elapsed);
        }
        let may_be_stale = self
            .seen_starting
            .is_some_and(|at| now.elapsed.saturating_sub(at) < STALE);
        let up = self.twice(Observed::is_up);
        let down = self.twice(Observed::is_down);
        let stopped = self.twice(Observed::is_stopped);
        let starting = self.twice(|it| it.status == Status::Starting);
        let back = self.twice(|it| matches!(it.status, Status::Running | Status::Starting));
        // A stale poll does not reach back to before the gap.
        let up_after_gap = after_gap && seen.is_up();
        let shown_up = self.twice(|it| it.is_new() && it.is_up());
        let glimpsed = self.glimpsed || seen.status != Status::Running;
        let started_after = |sent: Sent| self.started_after(sent.at);
        match self.memory.power {
            // Nothing was done yet: the instance is as its user wants it.
            Power::Idle if self.memory.is_untouched() && !self.resumed && (up || stopped) => {
                self.memory.runs = up;
            }
            Power::Idle | Power::StartedByUser if stopped => self.user_stopped(),
            Power::Idle | Power::StartedByUser => {}
            // The order, for which it stopped the instance, is through.
            Power::StopPlanned if shown_up => self.memory.power = Power::Idle,
            Power::StopPlanned if down => self.memory.power = Power::Stopped(None),
            Power::StopPlanned => {}
            Power::Stopping(sent) if started_after(sent) => self.started_by_user(&seen),
            Power::Stopping(_) if shown_up && self.sent.is_none() => {
                self.memory.power = Power::Idle
            }
            Power::Stopping(sent) if down => self.memory.power = Power::Stopped(Some(sent.at)),
            // Stale polls may show that it ran, but not that it was starting.
            Power::Stopping(sent) if sent.seen && (starting || up_after_gap) => {
                self.memory.power = Power::StartedByUser;
            }
            Power::Stopping(sent) if seen.is_down() => {
                self.memory.power = Power::Stopping(Sent { seen: true, ..sent });
            }
            Power::Stopping(_) => {}
            Power::Stopped(Some(at)) if self.started_after(at) => self.started_by_user(&seen),
            Power::Stopped(_) if back || up_after_gap => {
                self.memory.power = Power::StartedByUser;
            }
            Power::Stopped(_) => {}
            Power::Starting(sent) => {
                // A start may also fail at the service: only an instance that ran was stopped by a user.
                let arrived = started_after(sent);
                match seen.status {
                    Status::Running if up || sent.seen || after_gap => self.started(),
                    Status::Starting => {
                        self.memory.power = Power::Starting(Sent { seen: true, ..sent });
                    }
                    Status::Stopping | Status::Stopped if arrived && down && !may_be_stale => {
                        self.user_stopped();
                    }
                    _ => {}
                }
            }
            Power::Restarting => {
                let arrived = self
                    .memory
                    .restart
                    .is_none_or(|it| it.seen || started_after(it));
                let began = self
                    .sent
                    .is_some_and(|at| now.elapsed.saturating_sub(at) > RESTART_BEGINS);
                // A start before the restart, in a stale poll.
                let may_be_before =
                    (self.memory.restart).is_some_and(|restart| self.since(restart, now) < STALE);
                match (seen.status, &mut self.memory.restart) {
                    (Status::Starting, Some(restart)) if !may_be_before => restart.seen = true,
                    // It must have restarted between two polls.
                    (Status::Running, Some(restart))
                        if up && began && restart.accepted && !glimpsed =>
                    {
                        restart.seen = true;
                    }
                    (Status::Stopping | Status::Stopped, _) if arrived && down && !may_be_stale => {
                        self.user_stopped()
                    }
                    _ => {}
                }
                self.glimpsed = glimpsed;
            }
        }
    }

    /// A user has stopped the instance: it stays so.
    fn user_stopped(&mut self) {
        self.memory.power = Power::Idle;
        self.memory.runs = false;
    }

    /// A user has started the instance after this resize had stopped it, and may have stopped it again.
    fn started_by_user(&mut self, seen: &Observed) {
        match seen.is_down() {
            true => self.user_stopped(),
            false => self.memory.power = Power::StartedByUser,
        }
    }

    /// The instance runs after a start of this resize.
    fn started(&mut self) {
        self.memory.power = Power::Idle;
        self.recovered = self.failed.is_some();
    }

    /// Whether the order is through, and what will prove a later restart.
    fn observe_type(&mut self, now: Now) {
        let Some(Observed {
            shown: Shown::New(to),
            ..
        }) = self.last.clone()
        else {
            return;
        };
        self.to = to;
        if self.memory.order == Order::Possible {
            self.memory.order = Order::Placed(None);
            self.ordered = Some(now.elapsed);
        }
        let restarting = self
            .twice(|it| it.is_new() && it.status != Status::Running && it.status != Status::Other);
        let down = self.twice(|it| it.is_new() && it.is_down());
        let up = self.twice(|it| it.is_new() && it.is_up());
        if self.fails_by_order() && self.twice(Observed::is_new) {
            // The order was carried out after all: the run continues.
            self.failed = None;
        }
        let settles = self
            .shown
            .is_some_and(|at| now.elapsed.saturating_sub(at) < TYPE_SETTLES);
        self.memory.seen = match self.memory.seen {
            Seen::Down => Seen::Down,
            Seen::Running(_) if restarting => Seen::Down,
            Seen::Running(start)
                if self.memory.restart.is_none() && (start.is_none() || settles) =>
            {
                Seen::Running(start.max(self.newest_start))
            }
            Seen::Running(start) => Seen::Running(start),
            // A start that began before the type was shown may have missed it.
            Seen::Nothing if down => Seen::Down,
            Seen::Nothing if up => {
                self.shown = Some(now.elapsed);
                Seen::Running(self.newest_start)
            }
            Seen::Nothing => Seen::Nothing,
        };
        if self.in_effect() && self.memory.power == Power::Restarting {
            self.memory.power = Power::Idle;
        }
    }
}
