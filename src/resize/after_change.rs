//! What a run does after the change: it restarts the instance if that is wanted, and waits until the new type is in
//! effect.

use std::time::Duration;

use super::action::{Action, Now};
use super::intent::Command;
use super::memory::{Memory, Order, Power};
use super::observed::{Observed, Status};
use super::report::Completion;
use super::settings::Restart;
use super::state::State;
use super::step::Step;

/// A restart that cannot be proved by then ends as `RestartUnconfirmed`.
const RESTART_UNCONFIRMED: Duration = Duration::from_secs(180);

impl State {
    /// Once the instance shows the new type.
    pub(super) fn after_change(&self, seen: &Observed, now: Now) -> Action {
        let Memory {
            runs, ref order, ..
        } = self.memory;
        let confirm =
            |confirmed, completion| self.confirm(now, confirmed, Action::Finish(completion));
        let up = self.twice(|it| it.is_new() && it.is_up());
        let stopped = self.twice(|it| it.is_new() && it.is_stopped());
        let is_ours = self.resumed || !self.memory.is_untouched();
        match (self.intent.restart, seen.status) {
            (_, Status::Stopped) if self.intent.own_token && !self.resumed => {
                confirm(stopped, Completion::StoppedBefore)
            }
            _ if !is_ours && self.memory.from == self.to => {
                confirm(self.twice(Observed::is_new), Completion::AlreadyThatType)
            }
            (_, Status::Stopped) => confirm(stopped, Completion::PendingStart),
            (_, Status::Running) if self.in_effect() && !self.may_be_down() => {
                Action::Finish(Completion::InEffect)
            }
            (Restart::At(time), Status::Running) if runs => {
                let comes = *order != Order::None && time > now.service;
                let completion = match comes {
                    true => Completion::RestartsAt(time),
                    false => Completion::PendingRestart,
                };
                confirm(up, completion)
            }
            (Restart::Never | Restart::At(_), Status::Running) => {
                confirm(up, Completion::PendingRestart)
            }
            (Restart::WhenNeeded, Status::Running) if !runs => {
                confirm(up, Completion::PendingRestart)
            }
            (Restart::WhenNeeded, Status::Running) => self.restart(up, now),
            (_, _) => self.wait(now, self.step(), &self.status_text(seen.status)),
        }
    }

    /// While the instance runs, perhaps without the new type in effect.
    fn restart(&self, up: bool, now: Now) -> Action {
        match (self.memory.power, self.memory.restart) {
            (Power::Stopping(sent), _) if !self.is_overdue(Some(sent), now) => {
                self.wait(now, Step::Restart, "the stop may still take effect")
            }
            (_, None) => {
                let restart = Action::Send(Command::Restart);
                self.confirm(now, self.twice(Observed::is_up), restart)
            }
            (_, Some(sent)) if up && self.may_restart_again(sent, now) => {
                Action::Send(Command::Restart)
            }
            (_, Some(sent)) if up && self.since(sent, now) >= RESTART_UNCONFIRMED => {
                Action::Finish(Completion::RestartUnconfirmed)
            }
            (_, Some(sent)) => {
                let reason = format!("the restart {} accepted", sent.may());
                self.wait(now, Step::Restart, &reason)
            }
        }
    }
}
