//! What a resize reports of its state: the steps, what it waits for, and the state of the instance.

use std::time::Duration;

use super::action::Now;
use super::error::Recovery;
use super::memory::{Order, Power, Seen, Sent};
use super::observed::{Observed, Status};
use super::settings::Restart;
use super::state::State;
use super::step::Step;

/// From then on, an order that is not carried out may be unpaid.
pub(super) const ORDER_MAY_BE_UNPAID: Duration = Duration::from_secs(90);
/// What a poll has shown is reported as the state of the instance for this time.
const RECENT: Duration = Duration::from_secs(30);

/// What the run waits for once the order was placed this long ago.
pub(super) fn order_situation(pending: Duration) -> &'static str {
    match pending >= ORDER_MAY_BE_UNPAID {
        true => {
            "the order is not carried out and may be unpaid, for instance because the balance is too low (console: Expenses, Orders)"
        }
        false => "the order is being carried out",
    }
}

impl Sent {
    /// How certain it is that the command was accepted, for texts.
    pub(super) fn may(self) -> &'static str {
        match self.accepted {
            true => "was",
            false => "may have been",
        }
    }
}

impl State {
    /// The step that is being taken.
    pub(super) fn step(&self) -> Step {
        let is_new = self.last.as_ref().is_some_and(Observed::is_new);
        let is_up = self.last.as_ref().is_none_or(Observed::is_up);
        let restarts = self.memory.runs && self.intent.restart == Restart::WhenNeeded;
        let was_down = self.memory.seen == Seen::Down || self.needs_stop() && !is_up;
        let starts = was_down && self.memory.restart.is_none();
        // The order of an earlier run may have been paid since.
        let is_unpaid = self.is_unpaid() && !self.resumed;
        let is_over = is_new || self.failed.is_some() || is_unpaid;
        match self.memory.power {
            Power::Starting(_) => Step::Start,
            Power::Restarting => Step::Restart,
            Power::Stopped(_) if is_over => Step::Start,
            // Whatever is left then is up to a user or the service.
            _ if is_new && !restarts => Step::AwaitChange,
            _ if is_new && starts => Step::Start,
            _ if is_new => Step::Restart,
            _ if matches!(self.memory.order, Order::Placed(_)) => Step::AwaitChange,
            Power::Stopping(_) => Step::Stop,
            Power::Idle | Power::StopPlanned
                if self.needs_stop() && self.last.is_some() && is_up =>
            {
                Step::Stop
            }
            _ => Step::Order,
        }
    }

    /// Whether a step was done.
    pub(super) fn is_done(&self, step: Step) -> bool {
        let is_new =
            self.last.as_ref().is_some_and(Observed::is_new) || self.memory.seen != Seen::Nothing;
        let is_placed = matches!(self.memory.order, Order::Placed(_));
        match step {
            Step::Stop => is_placed || is_new || matches!(self.memory.power, Power::Stopped(_)),
            Step::Order => is_placed,
            Step::AwaitChange => is_new,
            Step::Restart | Step::Start => self.in_effect(),
        }
    }

    /// The steps that a resumed run begins with.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.memory.seen == Seen::Nothing {
            if self.memory.power == Power::StopPlanned {
                steps.push(Step::Stop);
            }
            if !matches!(self.memory.order, Order::Placed(_)) {
                steps.push(Step::Order);
            }
            steps.push(Step::AwaitChange);
        }
        if self.memory.runs && self.intent.restart == Restart::WhenNeeded {
            let down = matches!(
                self.memory.power,
                Power::StopPlanned | Power::Stopping(_) | Power::Stopped(_) | Power::Starting(_)
            );
            steps.push(if down { Step::Start } else { Step::Restart });
        }
        steps
    }

    /// What the run waits for, in a few words.
    pub(super) fn situation(&self, now: Now) -> String {
        match (&self.problem, &self.last) {
            (Some(_), _) => match self.step() {
                Step::AwaitChange => "waiting until the new type is shown".into(),
                step => format!("trying to {step}"),
            },
            (None, _) if self.missing > 0 => "the instance is not listed".into(),
            (None, Some(seen)) => match self.pending(now) {
                Some(pending) if !self.awaits_payment(now) => order_situation(pending).to_owned(),
                _ => self.status_text(seen.status),
            },
            (None, None) => format!("the request to {} was sent", self.step()),
        }
    }

    /// The power state, and that a user may have caused it, where that cannot be known.
    pub(super) fn status_text(&self, status: Status) -> String {
        let open = match (self.memory.power, status) {
            (Power::Stopping(sent), Status::Stopping | Status::Stopped) if !sent.accepted => {
                "; it is not known whether this resize or a user has stopped it"
            }
            (Power::Starting(sent), Status::Starting | Status::Running) if !sent.accepted => {
                "; it is not known whether this resize or a user has started it"
            }
            _ => "",
        };
        format!("the instance is {}{open}", status.as_str())
    }

    /// The state of an instance that the resize has stopped or restarted.
    pub(super) fn recovery(&self, now: Now) -> Recovery {
        let off = "restart_on_failure is off";
        let why = |text: &str| match (&self.problem, self.intent.restart_on_failure) {
            (_, false) => off.to_owned(),
            (Some(problem), true) => format!("{text} ({problem})"),
            (None, true) => text.to_owned(),
        };
        // What was seen long ago, or before the last command, may have changed since.
        let is_recent =
            now.elapsed.saturating_sub(self.polled) <= RECENT.max(self.intent.poll_interval);
        let is_known = self.fresh || self.start_rejected || !self.intent.restart_on_failure;
        let stopped = is_recent && is_known && self.last.as_ref().is_some_and(Observed::is_stopped);
        match self.memory.power {
            Power::Idle | Power::StartedByUser if self.recovered => Recovery::Started,
            Power::Idle | Power::StartedByUser => Recovery::NotNeeded,
            Power::Restarting if !self.may_be_down() => Recovery::NotNeeded,
            Power::Restarting => {
                let may = self.memory.restart.map_or("may have been", Sent::may);
                Recovery::Unknown(format!(
                    "its restart {may} accepted, and no poll shows that it is over"
                ))
            }
            Power::StopPlanned => Recovery::Unknown(why("an earlier run may have stopped it")),
            Power::Stopping(sent) if sent.accepted => {
                Recovery::Unknown(why("a stop was accepted and may still take effect"))
            }
            Power::Stopping(_) => Recovery::Unknown(why("a stop may have been accepted")),
            Power::Stopped(_) if stopped => Recovery::LeftStopped(why("it was not started again")),
            Power::Stopped(_) => Recovery::Unknown(why("no poll shows that it runs again")),
            Power::Starting(sent) if sent.accepted => Recovery::Unknown(why(
                "its start was accepted, and no poll shows that it runs",
            )),
            // A poll soon after the start may be stale, or the start takes effect later.
            Power::Starting(sent) if stopped && self.may_resend(sent, self.polled_at(now)) => {
                Recovery::LeftStopped(why("its start may not have been accepted"))
            }
            Power::Starting(_) => Recovery::Unknown(why("its start may have been accepted")),
        }
    }
}
