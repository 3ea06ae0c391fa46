//! What a look at the instance calls for.

use std::time::Duration;

use super::Restart;
use super::assess::has_type;
use super::error::OrderState;
use super::event::{Ending, ResizeEvent, Step};
use super::key::Direction;
use super::run::Run;
use crate::operation::Instance;
use crate::types::InstanceStatus;

/// A power command whose effect does not show after this long is sent again.
const RESEND: Duration = Duration::from_secs(60);

/// The next thing to do.
pub(super) enum Next {
    Do(Step),
    Wait(Step, String),
    End(Ending),
}

impl<F: FnMut(&ResizeEvent) + Send> Run<'_, F> {
    pub(super) fn observe(&mut self, instance: &Instance) {
        let status = instance.status.as_ref();
        let shown = has_type(instance, &self.resize.instance_type);
        self.seen = (instance.status.clone(), shown);
        if !shown {
            self.old_start = instance.start_time.or(self.old_start);
            return;
        }
        match status {
            Some(InstanceStatus::Starting | InstanceStatus::Stopping) => self.cycled = true,
            Some(InstanceStatus::Stopped) => self.was_stopped = true,
            _ => {}
        }
    }

    /// What there is to do, going by the state of the instance.
    pub(super) fn next(&self, instance: &Instance) -> Next {
        let status = instance.status.clone().unwrap_or(InstanceStatus::Pending);
        if has_type(instance, &self.resize.instance_type) {
            return self.after_change(instance, &status);
        }
        if self.awaits_payment() {
            return Next::End(Ending::AwaitingPayment);
        }
        if matches!(self.order, OrderState::Placed(_)) {
            return Next::Wait(Step::Change, "the order is being carried out".into());
        }
        match (self.before.direction, status) {
            (Direction::Downgrade, InstanceStatus::Running) => self.switch_once(Step::Stop),
            (_, InstanceStatus::Running | InstanceStatus::Stopped) => Next::Do(Step::Order),
            (Direction::Downgrade, status) if self.before.was_running => {
                Next::Wait(Step::Stop, format!("the instance is {status}"))
            }
            (_, status) => Next::Wait(Step::Order, format!("the instance is {status}")),
        }
    }

    fn after_change(&self, instance: &Instance, status: &InstanceStatus) -> Next {
        let upgrade = self.before.direction == Direction::Upgrade;
        let stopped = *status == InstanceStatus::Stopped;
        match self.resize.restart {
            _ if !self.before.was_running && stopped => Next::End(Ending::PendingStart),
            Restart::Never | Restart::At(_) if stopped => Next::End(Ending::PendingStart),
            _ if self.is_in_effect(instance, status) => Next::End(Ending::InEffect),
            Restart::At(_) if self.before.was_running => {
                let time = self.resize.reboot_time.map(|time| time.to_datetime());
                Next::End(time.map_or(Ending::PendingRestart, Ending::RestartsAt))
            }
            Restart::Never | Restart::At(_) => Next::End(Ending::PendingRestart),
            Restart::WhenNeeded => match status {
                // An upgrade stops nothing, so its owner did.
                InstanceStatus::Stopped if upgrade && !self.has_sent(Step::Restart) => {
                    Next::End(Ending::PendingStart)
                }
                InstanceStatus::Stopped if upgrade => {
                    Next::Wait(Step::Restart, "the instance is Stopped".into())
                }
                InstanceStatus::Stopped => self.switch_once(Step::Start),
                // Its owner had stopped it and has started it meanwhile.
                InstanceStatus::Running if !self.before.was_running => {
                    Next::End(Ending::PendingRestart)
                }
                InstanceStatus::Running => self.switch_once(Step::Restart),
                status => {
                    let step = if upgrade { Step::Restart } else { Step::Start };
                    Next::Wait(step, format!("the instance is {status}"))
                }
            },
        }
    }

    /// Whether the instance runs and was started since it shows the new type.
    ///
    /// The first `Running` after a restart was accepted may be the old one. What counts is that the instance
    /// was seen on its way, or that its start time is a later one.
    fn is_in_effect(&self, instance: &Instance, status: &InstanceStatus) -> bool {
        if *status != InstanceStatus::Running {
            return false;
        }
        // It was stopped when the order was taken, else there would be none.
        let was_stopped = self.before.direction == Direction::Downgrade && self.before.was_running;
        let later = instance.start_time.zip(self.old_start);
        self.cycled
            || self.was_stopped
            || was_stopped
            || (self.before.was_running && later.is_some_and(|(new, old)| new > old))
    }

    /// Sends a power command, unless one was sent a short while ago.
    fn switch_once(&self, step: Step) -> Next {
        if self.has_sent(step) {
            Next::Wait(step, "the service has been told".into())
        } else {
            Next::Do(step)
        }
    }

    pub(super) fn has_sent(&self, step: Step) -> bool {
        let now = self.client.clock().elapsed();
        self.sent
            .is_some_and(|(sent, at)| sent == step && now.saturating_sub(at) < RESEND)
    }
}
