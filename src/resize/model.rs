//! A small model of the service for the tests of the state machine.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::action::Now;
use super::intent::Command;
use super::observed::{Observed, Shown, Status};
use super::record::RejectionKind;
use super::settings::Restart;
use super::step::Direction;
use crate::types::InstanceType;

pub(super) fn kind(name: &str) -> InstanceType {
    InstanceType::new(name).unwrap()
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Who has stopped the instance, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Us,
    User,
}

/// How the service reports start times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartTimes {
    Reported,
    Missing,
    /// A restart does not change it.
    KeptByRestart,
}

/// What differs between models.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    pub(super) direction: Direction,
    pub(super) running: bool,
    pub(super) start_times: StartTimes,
    pub(super) restart_takes: u64,
    pub(super) restart: Restart,
}

/// What the environment does at the next decision. The first is what happens without any fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Normal,
    /// A poll shows the instance as it was 3 s before.
    Stale,
    /// A poll shows the type as it is, and the power state as it was 3 s before.
    HalfStale,
    Missing,
    /// A poll fails, or a request never arrives and its outcome is known: rejected for the moment.
    Failing,
    /// The outcome of a command is unknown; it did not arrive.
    LostBefore,
    /// The outcome of a command is unknown; it had its effect.
    LostAfter,
    /// A command takes effect 6 s later; an order is carried out 400 s later.
    Delayed,
    /// A command is rejected for good.
    Rejected,
    UserStops,
    UserStarts,
    UserRestarts,
    /// The consumer is busy, or polls fail, for 130 s.
    TimePasses,
    /// The process is killed: before a command is sent, or at a wait. Resumed with the last key.
    Crash,
    /// The process is killed after a command has had its effect.
    CrashAfter,
    Cancel,
}

pub(super) const MOVES: [Move; 16] = [
    Move::Normal,
    Move::Stale,
    Move::HalfStale,
    Move::Missing,
    Move::Failing,
    Move::LostBefore,
    Move::LostAfter,
    Move::Delayed,
    Move::Rejected,
    Move::UserStops,
    Move::UserStarts,
    Move::UserRestarts,
    Move::TimePasses,
    Move::Crash,
    Move::CrashAfter,
    Move::Cancel,
];

#[derive(Debug, Clone, PartialEq)]
enum Change {
    Down(Who),
    Set(Status),
    Starting,
    Running { by_restart: bool },
    Type,
}

/// The service and the truth.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) time: Duration,
    pub(super) status: Status,
    pub(super) is_new: bool,
    pub(super) in_effect: bool,
    start_has_new: bool,
    start_time: DateTime<Utc>,
    changes: VecDeque<(Duration, Change)>,
    history: VecDeque<(Duration, Observed)>,
    pub(super) orders: u32,
    /// Who has stopped the instance, while it is stopped.
    pub(super) down_by: Option<Who>,
    pub(super) accepted_restarts: u32,
    /// When the last restart of this resize is over.
    pub(super) restart_ends: Duration,
    pub(super) user_acted: bool,
}

pub(super) fn origin() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

impl World {
    pub(super) fn new(setup: Setup) -> Self {
        let mut world = Self {
            setup,
            time: secs(1_000),
            status: if setup.running {
                Status::Running
            } else {
                Status::Stopped
            },
            is_new: false,
            in_effect: false,
            start_has_new: false,
            start_time: origin() - TimeDelta::days(30),
            changes: VecDeque::new(),
            history: VecDeque::new(),
            orders: 0,
            down_by: (!setup.running).then_some(Who::User),
            accepted_restarts: 0,
            restart_ends: Duration::ZERO,
            user_acted: false,
        };
        world.note();
        world
    }

    pub(super) fn now(&self) -> Now {
        Now {
            elapsed: self.time,
            service: origin() + TimeDelta::from_std(self.time).unwrap(),
        }
    }

    pub(super) fn shown(&self) -> Observed {
        Observed {
            status: self.status,
            shown: if self.is_new {
                Shown::New(kind("ecs.new.large"))
            } else {
                Shown::Old
            },
            start_time: match self.setup.start_times {
                StartTimes::Missing => None,
                _ => Some(
                    self.start_time
                        .duration_trunc(TimeDelta::minutes(1))
                        .unwrap(),
                ),
            },
            locks: Vec::new(),
        }
    }

    fn note(&mut self) {
        self.history.push_back((self.time, self.shown()));
        if self.history.len() > 16 {
            self.history.pop_front();
        }
    }

    /// The instance as it was some time ago.
    pub(super) fn before(&self, ago: Duration) -> Observed {
        let then = self.time.saturating_sub(ago);
        let mut known = self.history.iter().rev();
        let found = known
            .find(|(time, _)| *time <= then)
            .or(self.history.front());
        found.unwrap().1.clone()
    }

    pub(super) fn advance(&mut self, until: Duration) {
        while let Some((at, _)) = self
            .changes
            .iter()
            .min_by_key(|(at, _)| *at)
            .filter(|(at, _)| *at <= until)
        {
            let at = *at;
            let index = self
                .changes
                .iter()
                .position(|(time, _)| *time == at)
                .unwrap();
            let (_, change) = self.changes.remove(index).unwrap();
            self.time = self.time.max(at);
            match change {
                Change::Down(who) => {
                    self.status = Status::Stopping;
                    self.down_by = Some(who);
                }
                Change::Set(status) => self.status = status,
                Change::Starting => {
                    self.status = Status::Starting;
                    self.start_has_new = self.is_new;
                    self.down_by = None;
                }
                Change::Running { by_restart } => {
                    self.status = Status::Running;
                    self.in_effect |= self.start_has_new;
                    if !by_restart || self.setup.start_times != StartTimes::KeptByRestart {
                        self.start_time = self.now().service;
                    }
                }
                Change::Type => self.is_new = true,
            }
            self.note();
        }
        self.time = self.time.max(until);
    }

    fn is_stable(&self) -> bool {
        let power = |change: &Change| *change != Change::Type;
        !self.changes.iter().any(|(_, change)| power(change))
    }

    fn plan(&mut self, delay: u64, changes: &[(u64, Change)]) {
        for (after, change) in changes {
            self.changes
                .push_back((self.time + secs(delay + after), change.clone()));
        }
        self.advance(self.time);
    }

    /// Stops the instance; whether that was accepted.
    pub(super) fn stop(&mut self, who: Who, delay: u64) -> bool {
        let accepted = self.is_stable() && self.status == Status::Running;
        if accepted {
            self.plan(
                delay,
                &[(0, Change::Down(who)), (9, Change::Set(Status::Stopped))],
            );
        }
        accepted
    }

    pub(super) fn start(&mut self, delay: u64) -> bool {
        let accepted = self.is_stable() && self.status == Status::Stopped;
        if accepted {
            self.plan(
                delay,
                &[
                    (0, Change::Starting),
                    (9, Change::Running { by_restart: false }),
                ],
            );
        }
        accepted
    }

    pub(super) fn restart(&mut self, delay: u64) -> bool {
        let accepted = self.is_stable() && self.status == Status::Running;
        if accepted {
            let takes = self.setup.restart_takes;
            let down = [
                (0, Change::Set(Status::Stopping)),
                (takes / 2, Change::Starting),
                (takes, Change::Running { by_restart: true }),
            ];
            self.plan(delay, &down);
        }
        accepted
    }

    fn order(&mut self, takes: u64) -> Result<(), RejectionKind> {
        if self.orders > 0 {
            return Ok(());
        }
        if !self.is_stable() || !matches!(self.status, Status::Running | Status::Stopped) {
            return Err(RejectionKind::Transient);
        }
        if self.setup.direction == Direction::Downgrade && self.status != Status::Stopped {
            return Err(RejectionKind::NotStopped);
        }
        self.orders += 1;
        self.changes
            .push_back((self.time + secs(takes), Change::Type));
        Ok(())
    }

    pub(super) fn send(&mut self, command: Command, delay: u64) -> Result<(), RejectionKind> {
        let accepted = match command {
            Command::Order => return self.order(if delay > 0 { 400 } else { 7 }),
            Command::Stop | Command::ForceStop => self.stop(Who::Us, delay),
            Command::Start => self.start(delay),
            Command::Restart => self.restart(delay),
        };
        if accepted && command == Command::Restart {
            self.restart_ends = self.time + secs(delay + self.setup.restart_takes);
        }
        accepted.then_some(()).ok_or(RejectionKind::Transient)
    }

    /// Whether this resize has stopped the instance, or will have: a stop that was accepted is under way.
    pub(super) fn is_down_by_us(&self) -> bool {
        let comes = self
            .changes
            .iter()
            .any(|(_, change)| *change == Change::Down(Who::Us));
        comes || self.down_by == Some(Who::Us)
    }
}
