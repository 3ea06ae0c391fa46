//! What a run can know from its polls, and what it must not do or report then: the rules that a player checks.

use super::error::{OrderState, Recovery};
use super::intent::Command;
use super::memory::Order;
use super::model::secs;
use super::observed::{Observed, Status};
use super::player::{End, Player};
use super::report::Completion;

/// What the runs of a player were shown.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// The number of fresh polls in a row that showed the instance up, or down. Starting counts twice.
    shown_up: u32,
    shown_down: u32,
    /// The resize has stopped the instance, or may have.
    stopped_by_us: bool,
    /// Two fresh polls in a row have shown that it is down since, and then that it is up.
    was_shown_down: bool,
    was_shown_up: bool,
    /// The service accepted a restart, and the response arrived.
    pub(super) restarted: bool,
    /// The outcome of a start stays unknown.
    unsure: bool,
}

impl Witness {
    /// A fresh poll.
    pub(super) fn observe(&mut self, seen: &Observed) {
        self.shown_up = match seen.status {
            Status::Running => self.shown_up + 1,
            Status::Starting => 2,
            _ => 0,
        };
        self.shown_down = match seen.is_down() {
            true => self.shown_down + 1,
            false => 0,
        };
        self.was_shown_down |= self.shown_down >= 2 && self.stopped_by_us;
        self.was_shown_up |= self.shown_up >= 2 && self.was_shown_down;
    }

    /// A poll that was stale, or showed nothing.
    pub(super) fn miss(&mut self) {
        (self.shown_up, self.shown_down) = (0, 0);
    }

    /// The run that sent the command, or was about to, does not learn that it was not carried out. Nothing that the
    /// service reports later distinguishes this from a stop or start by the user at that moment.
    pub(super) fn outcome_stays_unknown(&mut self, command: Command) {
        match command {
            Command::Stop => self.may_have_stopped(),
            Command::Start => self.unsure = true,
            _ => {}
        }
    }

    /// From here on, an instance that is stopped may be so by this resize.
    pub(super) fn may_have_stopped(&mut self) {
        *self = Self {
            shown_up: self.shown_up,
            stopped_by_us: true,
            restarted: self.restarted,
            unsure: self.unsure,
            ..Self::default()
        };
    }

    /// The service accepted a command; whether the response arrived.
    pub(super) fn accepted(&mut self, command: Command, heard: bool) {
        match command {
            Command::Restart => self.restarted |= heard,
            Command::Stop => {
                self.may_have_stopped();
                self.unsure = false;
            }
            Command::Start => {
                (self.stopped_by_us, self.was_shown_down, self.was_shown_up) =
                    (false, false, false);
            }
            Command::Order | Command::ForceStop => {}
        }
    }

    /// Whether it is known that an instance that is stopped was not stopped by this resize.
    pub(super) fn knows_of_start(&self) -> bool {
        self.was_shown_up || !self.stopped_by_us
    }

    /// Whether the command is a stop of what the user has started.
    pub(super) fn forbids(&self, command: Command) -> bool {
        let again = self.was_shown_up && self.stopped_by_us && !self.unsure;
        command == Command::Stop && again
    }
}

impl Player<'_> {
    pub(super) fn check_command(&mut self, command: Command) {
        if self.witness.forbids(command) {
            self.violation("a second stop of what the user has started");
        }
        let late = self.world.time >= self.state.intent.deadline;
        if late && (command != Command::Start || self.state.failed.is_none()) {
            self.violation("a command after the deadline");
        }
        let is_first = self.state.memory.order == Order::None;
        let begins = is_first && matches!(command, Command::Stop | Command::Order);
        if begins && self.world.time + secs(10) >= self.state.intent.deadline {
            self.violation("a stop or an order with too little time left");
        }
    }

    pub(super) fn accepted(&mut self, command: Command, heard: bool) {
        if command == Command::Restart {
            self.world.accepted_restarts += 1;
            // With an older key, a resumed run cannot know of the restarts since.
            let may_repeat = match self.choose_key {
                Some(_) => self.world.accepted_restarts <= 1 + self.resumes,
                None => !self.witness.restarted,
            };
            if !may_repeat {
                self.violation("a second restart");
            }
        }
        self.witness.accepted(command, heard);
    }

    /// Compares what the end of a run reports with the true state.
    pub(super) fn check_end(&mut self, end: &End) {
        let (status, ours) = (self.world.status, self.world.is_down_by_us());
        let (in_effect, is_new, orders) =
            (self.world.in_effect, self.world.is_new, self.world.orders);
        match end {
            End::Finished(completion) => {
                if ours {
                    self.violation("a success with the instance stopped by the resize");
                }
                let fits = match completion {
                    Completion::InEffect => in_effect,
                    Completion::PendingRestart | Completion::RestartUnconfirmed => is_new,
                    Completion::PendingStart | Completion::StoppedBefore => is_new,
                    Completion::AlreadyThatType => is_new,
                    _ => true,
                };
                if !fits {
                    self.violation("a completion that is not true");
                }
            }
            End::Failed(_, recovery, order) => {
                let said = matches!(recovery, Recovery::LeftStopped(_) | Recovery::Unknown(_));
                if ours && !said {
                    self.violation("a stop that is not reported");
                }
                // An older key does not know of the restarts since.
                let restarts = self.world.time < self.world.restart_ends;
                if restarts && !said && self.choose_key.is_none() {
                    self.violation("a restart in progress that is not reported");
                }
                if matches!(recovery, Recovery::LeftStopped(_)) && status == Status::Running {
                    self.violation("a running instance is reported as stopped");
                }
                let placed = match order {
                    OrderState::NotPlaced => orders == 0,
                    OrderState::Placed(_) => orders == 1,
                    OrderState::Unknown => true,
                };
                if !placed {
                    self.violation("a false claim about the order");
                }
            }
        }
    }
}
