//! What a look at the instance calls for.

use std::time::Duration;

use super::Restart;
use super::assess::has_type;
use super::error::OrderState;
use super::event::{Completion, ResizeEvent};
use super::key::{Power, Seen};
use super::run::Run;
use super::step::{Direction, Step};
use crate::operation::Instance;
use crate::types::InstanceStatus;

/// A power command whose effect does not show after this long is sent again.
const RESEND: Duration = Duration::from_secs(120);

/// What was accepted this many times to no effect is not sent again.
const MAX_SENDS: usize = 3;

/// The next thing to do.
pub(super) enum Next {
    Order,
    Send(Command),
    Wait(Step, String),
    End(Completion),
}

/// What switches the instance off or on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Stop,
    Restart,
    Start,
}

impl Command {
    pub(super) fn step(self) -> Step {
        match self {
            Self::Stop => Step::Stop,
            Self::Restart => Step::Restart,
            Self::Start => Step::Start,
        }
    }
}

impl<F: FnMut(&ResizeEvent) + Send> Run<'_, F> {
    pub(super) fn observe(&mut self, instance: &Instance) {
        self.status.clone_from(&instance.status);
        self.shown = has_type(instance, &self.resize.instance_type);
        self.in_effect = false;
        let stopped = self.status == Some(InstanceStatus::Stopped);
        let sent = self.sent.iter_mut();
        for stop in sent.filter(|sent| stopped && sent.command == Command::Stop) {
            stop.is_over = true;
        }
        let mut before = self.before.clone();
        if before.detect_user_stop(self.status.as_ref()) {
            let ours = |step: &Step| matches!(step, Step::Stop | Step::Start);
            self.steps.retain(|step| !ours(step));
            self.learn(|known| *known = before);
        }
        // What runs after a start, or after a stop that is over, is not down by this resize any more.
        let runs = self.status == Some(InstanceStatus::Running);
        let is_up_again = self.sent.last().is_some_and(|last| match last.command {
            Command::Start => true,
            Command::Stop => !self.awaits(Command::Stop),
            // It may be the old `Running`.
            Command::Restart => false,
        });
        if runs && is_up_again && self.before.power == Power::StoppedByUs {
            self.learn(|before| before.power = Power::Running);
        }
        if !self.shown {
            return;
        }
        if self.order == OrderState::Unknown {
            self.know_order(OrderState::Placed(None));
        }
        let down = matches!(
            self.status,
            Some(InstanceStatus::Stopping | InstanceStatus::Stopped)
        );
        let seen = match (self.before.seen, &self.status) {
            (Seen::Down, _) => Seen::Down,
            _ if down => Seen::Down,
            // What starts now ran before, with the type shown: this start is a later one.
            (Seen::Running(_), Some(InstanceStatus::Starting)) => Seen::Down,
            (Seen::Running(started), _) => Seen::Running(started.or(instance.start_time)),
            (Seen::Nothing, Some(InstanceStatus::Running)) => Seen::Running(instance.start_time),
            // A start that began before the type was shown may have missed it.
            (Seen::Nothing, _) => Seen::Nothing,
        };
        if seen != self.before.seen {
            self.learn(|before| before.seen = seen);
        }
        // The first `Running` after a restart was accepted may be the old one, and a start while the order was being
        // carried out may have missed it. What counts is a start after the type was seen.
        self.in_effect = runs && seen.proves(instance.start_time);
    }

    /// What there is to do, going by what was observed last.
    pub(super) fn next(&self) -> Next {
        let status = self.status.clone().unwrap_or(InstanceStatus::Pending);
        if self.shown {
            return self.after_change(&status);
        }
        if self.payment_is_due() {
            return Next::End(Completion::AwaitingPayment);
        }
        if matches!(self.order, OrderState::Placed(_)) {
            return Next::Wait(Step::AwaitChange, "the order is not through yet".into());
        }
        match (self.before.direction, status) {
            (Direction::Downgrade, InstanceStatus::Running) => self.send_once(Command::Stop),
            (_, InstanceStatus::Running | InstanceStatus::Stopped) => Next::Order,
            (Direction::Downgrade, status) if self.before.was_running() => {
                Next::Wait(Step::Stop, format!("the instance is {status}"))
            }
            (_, status) => Next::Wait(Step::Order, format!("the instance is {status}")),
        }
    }

    fn after_change(&self, status: &InstanceStatus) -> Next {
        let upgrade = self.before.direction == Direction::Upgrade;
        let stopped = *status == InstanceStatus::Stopped;
        match self.resize.restart {
            Restart::Never | Restart::At(_) if stopped => Next::End(Completion::PendingStart),
            _ if self.in_effect => Next::End(Completion::InEffect),
            Restart::At(_) if self.before.was_running() => {
                let time = self.resize.reboot_time.map(|time| time.to_datetime());
                let ordered = self.order != OrderState::NotPlaced;
                let time = time.filter(|time| ordered && *time > self.client.service_time());
                Next::End(time.map_or(Completion::PendingRestart, Completion::RestartsAt))
            }
            Restart::Never | Restart::At(_) => Next::End(Completion::PendingRestart),
            Restart::WhenNeeded => match status {
                InstanceStatus::Stopped if self.before.power != Power::StoppedByUs => {
                    Next::End(Completion::PendingStart)
                }
                InstanceStatus::Stopped if self.awaits(Command::Restart) => {
                    Next::Wait(Step::Restart, "the instance is Stopped".into())
                }
                InstanceStatus::Stopped => self.send_once(Command::Start),
                // Its owner had stopped it and has started it meanwhile.
                InstanceStatus::Running if !self.before.was_running() => {
                    Next::End(Completion::PendingRestart)
                }
                InstanceStatus::Running => self.send_once(Command::Restart),
                status => {
                    let step = if upgrade { Step::Restart } else { Step::Start };
                    Next::Wait(step, format!("the instance is {status}"))
                }
            },
        }
    }

    /// Sends a command, unless it was sent a short while ago or to no effect.
    fn send_once(&self, command: Command) -> Next {
        let step = command.step();
        let sent = self.sent.iter().filter(|sent| sent.command == command);
        let times = sent.filter(|sent| sent.accepted).count();
        if self.awaits(command) {
            let sure = self.sent.last().is_some_and(|sent| sent.accepted);
            let may = if sure { "has" } else { "may have" };
            Next::Wait(step, format!("the service {may} been told"))
        } else if times >= MAX_SENDS {
            let reason = format!("the service was told {times} times, to no effect");
            Next::Wait(step, reason)
        } else {
            Next::Send(command)
        }
    }

    /// Whether the last command is this one, and its effect may still come.
    pub(super) fn awaits(&self, command: Command) -> bool {
        let now = self.client.clock().elapsed();
        self.sent.last().is_some_and(|sent| {
            sent.command == command && !sent.is_over && now.saturating_sub(sent.at) < RESEND
        })
    }
}
