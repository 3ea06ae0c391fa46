//! What follows from what a resize did and saw: the conditions of the decision table.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::action::{Cause, Now};
use super::memory::{Order, Power, Seen, Sent};
use super::observe::RESTART_BEGINS;
use super::observed::{Observed, Shown, Status};
use super::state::{EFFECT_SHOWS, State};
use super::step::Direction;

/// The service needs 5 to 10 s to carry out an order. One that exists shows within this time.
const ORDER_SHOWS: Duration = Duration::from_secs(60);
/// No instance stays stopped longer for an order that is not carried out.
const STOPPED_FOR_ORDER: Duration = Duration::from_secs(300);
/// A stop or start of unknown outcome is sent again if no poll shows its effect for this time.
const RESEND: Duration = Duration::from_secs(10);
/// How long a failed run may take to start the instance again.
const RECOVERY: Duration = Duration::from_secs(120);

impl State {
    /// Whether the last two polls in a row agree. A single poll may be stale.
    pub(super) fn twice(&self, shows: impl Fn(&Observed) -> bool) -> bool {
        self.last.as_ref().is_some_and(&shows) && self.previous.as_ref().is_some_and(&shows)
    }

    /// How long ago a command was sent.
    pub(super) fn since(&self, sent: Sent, now: Now) -> Duration {
        self.between(sent, now.elapsed)
    }

    /// The time from a command to a moment of the steady clock.
    fn between(&self, sent: Sent, end: Duration) -> Duration {
        match self.sent {
            Some(at) => end.saturating_sub(at),
            // By an earlier run: the time of day may jump, and counts only until this run began.
            None => {
                let before = (self.started_at - sent.at).to_std().unwrap_or_default();
                before.saturating_add(end.saturating_sub(self.started))
            }
        }
    }

    /// The time of the last poll that showed the instance, on the steady clock.
    pub(super) fn polled_at(&self, now: Now) -> Now {
        Now {
            elapsed: self.polled,
            ..now
        }
    }

    pub(super) fn is_overdue(&self, sent: Option<Sent>, now: Now) -> bool {
        sent.is_some_and(|sent| self.since(sent, now) >= EFFECT_SHOWS)
    }

    pub(super) fn is_older(&self, at: Option<Duration>, valid: Duration, now: Now) -> bool {
        at.is_none_or(|at| now.elapsed.saturating_sub(at) > valid)
    }

    /// Whether the instance was started after this time, by the last two polls.
    pub(super) fn started_after(&self, at: DateTime<Utc>) -> bool {
        self.twice(|it| {
            it.start_time.is_some_and(|start| {
                start > at && self.started_before.is_none_or(|before| start > before)
            })
        })
    }

    /// Whether the last two polls show that the instance was not started after this time.
    fn not_started_after(&self, at: DateTime<Utc>) -> bool {
        let before = self.started_before;
        let not_started = |start: DateTime<Utc>| {
            // Start times are reported to the minute.
            start + TimeDelta::minutes(1) <= at && before.is_none_or(|before| start <= before)
        };
        self.twice(|it| it.start_time.is_some_and(not_started))
    }

    /// Whether the polls since an accepted restart prove that it was not started since, so that no user can have stopped
    /// it.
    pub(super) fn restart_left_it_stopped(&self) -> bool {
        let restart = self
            .memory
            .restart
            .filter(|restart| restart.accepted && !restart.seen);
        !self.gap && restart.is_some_and(|restart| self.not_started_after(restart.at))
    }

    /// Whether a stop or start may be sent again: its outcome is unknown, and no poll shows an effect.
    pub(super) fn may_resend(&self, sent: Sent, now: Now) -> bool {
        let unchanged = match self.memory.power {
            Power::Starting(_) => self.twice(Observed::is_stopped),
            _ => self.twice(Observed::is_up),
        };
        !sent.accepted && !sent.seen && unchanged && self.since(sent, now) >= RESEND
    }

    /// Whether a restart of unknown outcome may be sent once more.
    pub(super) fn may_restart_again(&self, sent: Sent, now: Now) -> bool {
        let unknown = !sent.accepted && !sent.seen && !self.glimpsed;
        unknown && self.restarts < 2 && self.is_overdue(Some(sent), now)
    }

    /// Whether a stop that was accepted, or was seen, would have stopped the instance by now.
    pub(super) fn may_be_started_by_user(&self, sent: Sent, now: Now) -> bool {
        let still_the_same = !sent.seen && self.not_started_after(sent.at);
        (sent.accepted || sent.seen) && !still_the_same && self.is_overdue(Some(sent), now)
    }

    pub(super) fn force_stop_is_due(&self, now: Now) -> bool {
        let Some(after) = self.intent.force_stop_after else {
            return false;
        };
        // The stop of an earlier run counts from the begin of this one: the time of day may jump, and too early would
        // lose data.
        let since = self.sent.unwrap_or(self.started);
        let is_ours = match self.memory.power {
            Power::Stopping(sent) => {
                sent.accepted
                    && (self.twice(|it| it.status == Status::Stopping)
                        || self.not_started_after(sent.at))
            }
            Power::Stopped(Some(_)) => self.twice(|it| it.status == Status::Stopping),
            _ => false,
        };
        is_ours && !self.force_stopped && now.elapsed.saturating_sub(since) >= after
    }

    /// Whether the polls are enough to stop an instance that shows `Running`: a stale one would let this resize take
    /// the stop of a user for its own.
    pub(super) fn surely_runs(&self) -> bool {
        let is_first = self.previous.is_none() && !self.resumed && self.rejections == 0;
        is_first || self.twice(Observed::is_up)
    }

    pub(super) fn needs_stop(&self) -> bool {
        self.memory.direction == Direction::Downgrade
            || self.intent.stop_first
            || self.stop_demanded
    }

    pub(super) fn has_max_price(&self) -> bool {
        self.intent.has_max_price && self.memory.direction == Direction::Upgrade
    }

    /// Another change has come between: the token that was meant for the old type must not be sent for it again.
    pub(super) fn other_type(&self, seen: &Observed) -> Option<String> {
        match &seen.shown {
            Shown::Other(found) => Some(found.clone()),
            // Once the new type was seen, the order was carried out: the old one is another change.
            Shown::Old if self.memory.seen != Seen::Nothing => Some(self.memory.from.to_string()),
            Shown::Old | Shown::New(_) => None,
        }
    }

    /// Whether this resize has stopped or restarted the instance, or may have, and no poll shows that it runs again.
    pub(super) fn may_be_down(&self) -> bool {
        match self.memory.power {
            Power::Idle | Power::StartedByUser => false,
            Power::StopPlanned | Power::Stopping(_) | Power::Stopped(_) | Power::Starting(_) => {
                true
            }
            Power::Restarting => !self.restart_is_over(),
        }
    }

    /// Whether the last two polls show that the instance runs after the restart, and not before it.
    fn restart_is_over(&self) -> bool {
        let began = |restart| self.between(restart, self.polled) > RESTART_BEGINS;
        let runs = self.memory.restart.is_none_or(began) && self.twice(Observed::is_up);
        runs || self.in_effect()
    }

    /// Whether the instance runs, and was started since it shows the new type, by the last two polls.
    pub(super) fn in_effect(&self) -> bool {
        self.twice(|it| self.proves_restart(it))
    }

    fn proves_restart(&self, seen: &Observed) -> bool {
        let started_after = |at| seen.start_time.is_some_and(|start| start > at);
        let since_seen = self.memory.seen.is_proved_by(seen.start_time);
        let since_restart = self.memory.restart.is_some_and(|restart| {
            started_after(restart.at) && self.started_before.is_none_or(started_after)
        });
        seen.is_new() && seen.is_up() && (since_seen || since_restart)
    }

    /// After a failure: the instance was started with the new type, and one more poll proves that it is in effect.
    pub(super) fn awaits_proof_of_start(&self) -> bool {
        let runs = self
            .last
            .as_ref()
            .is_some_and(|it| it.is_new() && it.is_up());
        self.recovered && runs && self.memory.seen == Seen::Down
    }

    /// Whether the run fails because the order is not carried out.
    pub(super) fn fails_by_order(&self) -> bool {
        matches!(self.failed, Some((Cause::OrderPending(_), _)))
    }

    /// After such a failure: one more poll proves that the order is carried out now.
    pub(super) fn awaits_proof_of_change(&self) -> bool {
        self.fails_by_order() && self.last.as_ref().is_some_and(Observed::is_new)
    }

    /// Whether the order is to be paid by hand, and was not carried out yet.
    pub(super) fn is_unpaid(&self) -> bool {
        self.is_pending() && self.intent.pay_later && self.memory.direction == Direction::Upgrade
    }

    pub(super) fn awaits_payment(&self, now: Now) -> bool {
        // The order of an earlier run may have been paid since.
        self.is_unpaid()
            && !(self.resumed && now.elapsed.saturating_sub(self.started) < ORDER_SHOWS)
    }

    /// Whether an order that may exist can still show.
    pub(super) fn order_may_show(&self, now: Now) -> bool {
        self.memory.order != Order::None && self.since_order(now) < ORDER_SHOWS
    }

    /// The time since the order was sent, or this run learned of it.
    fn since_order(&self, now: Now) -> Duration {
        let since = self.ordered.unwrap_or(self.started);
        now.elapsed.saturating_sub(since)
    }

    /// Whether the order exists, and no poll shows that it was carried out.
    fn is_pending(&self) -> bool {
        let is_new = self.last.as_ref().is_some_and(Observed::is_new);
        matches!(self.memory.order, Order::Placed(_)) && !is_new
    }

    /// For how long the order is not carried out.
    pub(super) fn pending(&self, now: Now) -> Option<Duration> {
        self.is_pending().then(|| self.since_order(now))
    }

    /// Whether the instance is stopped for an order that is not carried out for too long, and can be started again.
    pub(super) fn is_stopped_too_long(&self, pending: Duration) -> bool {
        let stopped = self.twice(Observed::is_stopped) && self.may_be_down();
        stopped && self.intent.restart_on_failure && pending >= STOPPED_FOR_ORDER
    }

    /// Whether an earlier run has failed, and ended before it sent its start, while the order is not carried out.
    pub(super) fn start_is_left(&self, now: Now) -> bool {
        let unsent = |sent: Sent| !sent.accepted && !sent.seen;
        matches!(self.memory.power, Power::Starting(sent) if unsent(sent))
            && self.pending(now).is_some_and(|it| it >= ORDER_SHOWS)
    }

    /// Whether an order is under way that a start would miss, so that the instance had to restart once more.
    pub(super) fn start_could_miss_order(&self, now: Now) -> bool {
        let is_new = self.last.as_ref().is_some_and(Observed::is_new);
        let superseded = matches!(self.failed, Some((Cause::Superseded(_), _)));
        !is_new && !superseded && self.order_may_show(now)
    }

    pub(super) fn recovery_ends(&self) -> Duration {
        let failed = self.failed.as_ref().map_or(self.started, |(_, at)| *at);
        failed.saturating_add(RECOVERY)
    }
}
