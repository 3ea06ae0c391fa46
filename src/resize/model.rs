//! A small model of the service for the tests of the state machine, and a run that is driven through it.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::error::{OrderState, Recovery};
use super::intent::{Command, Intent};
use super::memory::{Memory, Order, Power, Seen};
use super::observed::{Observed, Poll, Shown, Status};
use super::record::{Outcome, Rejection, RejectionKind};
use super::report::Completion;
use super::settings::Restart;
use super::state::{Action, Cause, Now, State};
use super::step::Direction;
use crate::types::InstanceType;

pub(super) fn kind(name: &str) -> InstanceType {
    InstanceType::new(name).unwrap()
}

fn secs(seconds: u64) -> Duration {
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
    /// A command takes effect 6 s later.
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
    pub(super) user_acted: bool,
}

fn origin() -> DateTime<Utc> {
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

    fn shown(&self) -> Observed {
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
    fn before(&self, ago: Duration) -> Observed {
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

    fn order(&mut self) -> Result<(), RejectionKind> {
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
        self.changes.push_back((self.time + secs(7), Change::Type));
        Ok(())
    }

    fn send(&mut self, command: Command, delay: u64) -> Result<(), RejectionKind> {
        let accepted = match command {
            Command::Order => return self.order(),
            Command::Stop | Command::ForceStop => self.stop(Who::Us, delay),
            Command::Start => self.start(delay),
            Command::Restart => self.restart(delay),
        };
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

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Finished(Completion),
    Failed(Cause, Recovery, OrderState),
}

/// Runs of one resize, one after the other, through a world.
pub(super) struct Player<'a> {
    pub(super) world: World,
    pub(super) state: State,
    /// The last key that was given out.
    pub(super) memory: Memory,
    /// The key is older than the state that the run has reached.
    next_move: &'a mut dyn FnMut(bool) -> Move,
    /// What happened, for a failing test.
    pub(super) log: Vec<String>,
    /// Running was shown by two fresh polls in a row, or Starting by one, since this resize has stopped the instance.
    shown_up: u32,
    /// Stopping or Stopped was shown by two polls in a row since this resize has sent its stop.
    shown_down: u32,
    stopped_by_us: bool,
    was_shown_down: bool,
    was_shown_up: bool,
    /// Accepted restarts that a key knows of.
    restarts_in_run: u32,
    pub(super) resumes: u32,
    /// Restarts whose acceptance the run never heard of.
    pub(super) unheard: bool,
    /// A start was announced that may have been sent.
    unsure: bool,
    /// All keys that were given out, and how to choose one of them.
    keys: Vec<Memory>,
    pub(super) choose_key: Option<fn(usize) -> usize>,
    pub(super) violations: Vec<String>,
}

pub(super) fn intent(setup: &Setup, deadline: Duration) -> Intent {
    Intent {
        restart: setup.restart,
        no_stop: None,
        stop_first: false,
        stop_again: false,
        force_stop_after: None,
        restart_on_failure: true,
        pay_later: false,
        has_max_price: false,
        own_token: false,
        poll_interval: secs(1),
        deadline,
    }
}

pub(super) fn memory(setup: &Setup) -> Memory {
    Memory {
        from: kind("ecs.old.large"),
        direction: setup.direction,
        runs: setup.running,
        order: Order::None,
        power: Power::Idle,
        restart: None,
        seen: Seen::Nothing,
    }
}

impl<'a> Player<'a> {
    pub(super) fn new(setup: Setup, next_move: &'a mut dyn FnMut(bool) -> Move) -> Self {
        let world = World::new(setup);
        let now = world.now();
        let memory = memory(&setup);
        let intent = intent(&setup, now.elapsed + secs(1_800));
        let mut state = State::new(intent, memory, kind("ecs.new.large"), false, now);
        state.record_check(kind("ecs.new.large"), setup.direction, now);
        state.observe(Poll::Instance(world.shown()), now);
        let memory = state.memory_ahead();
        Self {
            world,
            state,
            memory: memory.clone(),
            next_move,
            log: Vec::new(),
            shown_up: 0,
            shown_down: 0,
            stopped_by_us: false,
            was_shown_down: false,
            was_shown_up: false,
            restarts_in_run: 0,
            resumes: 0,
            unheard: false,
            unsure: false,
            keys: vec![memory.clone()],
            choose_key: None,
            violations: Vec::new(),
        }
    }

    fn note(&mut self, text: impl Into<String>) {
        let line = format!(
            "{:>5} {:?}: {}",
            self.world.time.as_secs(),
            self.world.status,
            text.into()
        );
        self.log.push(line);
    }

    fn violation(&mut self, text: &str) {
        self.note(format!("VIOLATION {text}"));
        self.violations.push(text.to_owned());
    }

    fn give_out(&mut self, memory: Memory) {
        self.keys.push(memory.clone());
        self.memory = memory;
    }

    /// The key that is kept.
    fn key(&self) -> Memory {
        match self.choose_key {
            Some(choose) => self.keys[choose(self.keys.len())].clone(),
            None => self.memory.clone(),
        }
    }

    /// A new process resumes with a key.
    pub(super) fn resume(&mut self, memory: Memory) {
        self.note(format!("resumed with {memory}"));
        let now = self.world.now();
        let setup = self.world.setup;
        let intent = intent(&setup, now.elapsed + secs(1_800));
        let fresh = memory.is_untouched();
        self.state = State::new(intent, memory, kind("ecs.new.large"), !fresh, now);
        if fresh {
            self.state
                .record_check(kind("ecs.new.large"), setup.direction, now);
            let shown = self.world.shown();
            self.state.memory.runs = !shown.is_down();
            if shown.is_new() {
                self.state.memory.from = kind("ecs.new.large");
            }
            self.state.observe(Poll::Instance(shown), now);
        }
        self.resumes += 1;
        self.restarts_in_run = 0;
    }

    fn user(&mut self, turn: Move) -> bool {
        let acted = match turn {
            Move::UserStops => self.world.stop(Who::User, 0),
            Move::UserStarts => self.world.start(0),
            Move::UserRestarts => self.world.restart(0),
            _ => return false,
        };
        self.world.user_acted |= acted;
        self.note(format!("{turn:?}: {acted}"));
        true
    }

    fn poll(&mut self, turn: Move) {
        let poll = match turn {
            Move::Stale => Poll::Instance(self.world.before(secs(3))),
            Move::HalfStale => {
                let old = self.world.before(secs(3));
                Poll::Instance(Observed {
                    shown: self.world.shown().shown,
                    ..old
                })
            }
            Move::Missing => Poll::Missing,
            Move::Failing => Poll::Failed {
                reason: "503".into(),
                retry_after: None,
            },
            _ => Poll::Instance(self.world.shown()),
        };
        if turn != Move::Stale
            && turn != Move::HalfStale
            && let Poll::Instance(seen) = &poll
        {
            self.shown_up = match seen.status {
                Status::Running => self.shown_up + 1,
                Status::Starting => 2,
                _ => 0,
            };
            self.shown_down = if seen.is_down() {
                self.shown_down + 1
            } else {
                0
            };
            self.was_shown_down |= self.shown_down >= 2 && self.stopped_by_us;
            self.was_shown_up |= self.shown_up >= 2 && self.was_shown_down;
        } else {
            (self.shown_up, self.shown_down) = (0, 0);
        }
        let text = match &poll {
            Poll::Instance(seen) => {
                let new = if seen.is_new() { "new" } else { "old" };
                let started = seen
                    .start_time
                    .map(|time| time.timestamp() - origin().timestamp());
                format!("{:?} {new} {started:?}", seen.status)
            }
            other => format!("{other:?}"),
        };
        self.note(format!("poll {turn:?}: {text}"));
        self.state.observe(poll, self.world.now());
    }

    fn check_command(&mut self, command: Command) {
        let late = self.world.time >= self.state.intent.deadline;
        if late && (command != Command::Start || self.state.failed.is_none()) {
            self.violation("a command after the deadline");
        }
    }

    fn accepted(&mut self, command: Command, heard: bool) {
        match command {
            Command::Restart => {
                self.world.accepted_restarts += 1;
                self.restarts_in_run += 1;
                self.unheard |= !heard;
                let again = !self.unheard && self.world.accepted_restarts > 1;
                if self.choose_key.is_none() && heard && (self.restarts_in_run > 2 || again) {
                    self.violation("a second restart");
                }
            }
            Command::Stop => {
                if self.was_shown_up && self.stopped_by_us && !self.unsure {
                    self.violation("a second stop of what the user has started");
                }
                (self.stopped_by_us, self.was_shown_down, self.was_shown_up) = (true, false, false);
                self.shown_down = 0;
            }
            Command::Start => {
                (self.stopped_by_us, self.was_shown_down, self.was_shown_up) =
                    (false, false, false);
            }
            Command::Order | Command::ForceStop => {}
        }
    }

    /// One decision of the state machine; the end, if it is one.
    pub(super) fn step(&mut self) -> Option<End> {
        let now = self.world.now();
        let action = self.state.next(now);
        match action {
            Action::Check => {
                self.state
                    .record_check(kind("ecs.new.large"), self.world.setup.direction, now);
                self.poll(Move::Normal);
            }
            Action::Quote => self.state.record_quote(true, now),
            Action::Wait {
                until,
                reason,
                step,
            } => {
                self.note(format!("wait, {step:?}: {reason}"));
                if until <= now.elapsed {
                    self.violation("a wait that is over already");
                }
                let memory = self.state.memory_ahead();
                self.give_out(memory);
                let turn = (self.next_move)(false);
                if turn == Move::Crash || turn == Move::CrashAfter {
                    self.resume(self.key());
                    return None;
                }
                if turn == Move::Cancel {
                    self.state.fail(Cause::Cancelled, now);
                    return None;
                }
                let end = match self.state.failed {
                    None => self.state.intent.deadline,
                    Some(_) => self.state.recovery_ends(),
                };
                self.world.advance(until.min(end));
                if turn == Move::TimePasses {
                    self.world.advance((self.world.time + secs(130)).min(end));
                }
                if self.world.time >= end {
                    return None;
                }
                match self.user(turn) {
                    true => self.poll(Move::Normal),
                    false => self.poll(turn),
                }
            }
            Action::Send(command) => {
                self.check_command(command);
                let memory = self.state.memory_with(command, now);
                self.give_out(memory);
                let turn = (self.next_move)(true);
                if turn == Move::Crash {
                    self.note(format!("killed before {command:?}"));
                    // From here on it cannot be known whether the command was sent.
                    self.stopped_by_us |= command == Command::Stop;
                    self.unsure |= command == Command::Start;
                    self.resume(self.key());
                    return None;
                }
                self.user(turn);
                let by_user =
                    self.world.down_by == Some(Who::User) && self.world.status == Status::Stopped;
                let now = self.world.now();
                self.state.send(command, now);
                let delay = if turn == Move::Delayed { 6 } else { 0 };
                let result = match turn {
                    Move::LostBefore => Err(RejectionKind::Transient),
                    Move::Failing => Err(RejectionKind::Transient),
                    Move::Rejected => Err(RejectionKind::Permanent),
                    _ => self.world.send(command, delay),
                };
                // It is not known whether the stop was accepted.
                self.stopped_by_us |= command == Command::Stop && turn == Move::LostBefore;
                self.unsure |= command == Command::Start && turn == Move::LostBefore;
                let heard = !matches!(turn, Move::LostAfter | Move::CrashAfter);
                if result.is_ok() {
                    // A restart that the start time does not show looks like one that left the instance stopped.
                    let looks_ours = self.world.setup.start_times == StartTimes::KeptByRestart
                        && (self.state.before).is_some_and(|(power, _)| power == Power::Restarting);
                    let known = self.was_shown_up || !self.stopped_by_us;
                    if command == Command::Start && by_user && known && !looks_ours {
                        self.violation("a start of what the user has stopped");
                    }
                    self.accepted(command, heard);
                }
                if turn == Move::CrashAfter {
                    self.note(format!("killed after {command:?}: {result:?}"));
                    self.resume(self.key());
                    return None;
                }
                let unknown = Outcome::Unknown {
                    reason: "lost".into(),
                    retry_after: None,
                };
                let outcome = match (turn, result) {
                    (Move::LostBefore | Move::LostAfter, _) => unknown,
                    (_, Ok(())) => Outcome::Accepted(None),
                    (_, Err(kind)) => Outcome::Rejected(Rejection {
                        kind,
                        reason: "no".into(),
                        retry_after: None,
                    }),
                };
                self.note(format!("{command:?} ({turn:?}): {outcome:?}"));
                self.world
                    .advance(self.world.time + Duration::from_millis(100));
                self.state.record(command, outcome, self.world.now());
                let memory = self.state.memory_ahead();
                self.give_out(memory);
            }
            Action::Fail(cause) => {
                self.note(format!("fails: {cause:?}"));
                self.state.fail(cause, now);
            }
            Action::Finish(completion) => {
                self.memory = self.state.memory.clone();
                self.note(format!("finished: {completion:?}"));
                return Some(End::Finished(completion));
            }
            Action::End(recovery) => {
                self.memory = self.state.memory.clone();
                let order = match &self.memory.order {
                    Order::None => OrderState::NotPlaced,
                    Order::Possible => OrderState::Unknown,
                    Order::Placed(id) => OrderState::Placed(id.clone()),
                };
                let cause = self.state.failed.clone().unwrap().0;
                self.note(format!("failed: {cause:?} {recovery:?} {order:?}"));
                return Some(End::Failed(cause, recovery, order));
            }
        }
        None
    }

    /// Until the run ends.
    pub(super) fn run(&mut self) -> Option<End> {
        for _ in 0..4_000 {
            if let Some(end) = self.step() {
                self.check_end(&end);
                return Some(end);
            }
        }
        self.violation("the run does not end");
        None
    }

    /// The claims of an end against the truth.
    fn check_end(&mut self, end: &End) {
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
