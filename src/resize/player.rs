//! Runs of one resize, driven through the model of the service, with every guarantee checked.

use std::time::Duration;

use super::action::{Action, Cause};
use super::error::{OrderState, Recovery};
use super::intent::{Command, Intent};
use super::memory::{Memory, Order, Power, Seen};
use super::model::{Move, Setup, StartTimes, Who, World, kind, origin, secs};
use super::observed::{Observed, Poll, Status};
use super::record::{Outcome, Rejection, RejectionKind};
use super::report::Completion;
use super::state::State;
use super::witness::Witness;

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
    next_move: &'a mut dyn FnMut(bool) -> Move,
    /// What happened, for a failing test.
    pub(super) log: Vec<String>,
    verbose: bool,
    pub(super) witness: Witness,
    pub(super) resumes: u32,
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
    pub(super) fn new(
        setup: Setup,
        verbose: bool,
        next_move: &'a mut dyn FnMut(bool) -> Move,
    ) -> Self {
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
            verbose,
            witness: Witness::default(),
            resumes: 0,
            keys: vec![memory.clone()],
            choose_key: None,
            violations: Vec::new(),
        }
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if self.verbose {
            let (time, status) = (self.world.time.as_secs(), self.world.status);
            self.log.push(format!("{time:>5} {status:?}: {}", text()));
        }
    }

    pub(super) fn violation(&mut self, text: &str) {
        self.note(|| format!("VIOLATION {text}"));
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
        self.note(|| format!("resumed with {memory}"));
        let parsed = Memory::parse(memory.from.clone(), memory.direction, &memory.to_string());
        if parsed.as_ref() != Some(&memory) {
            self.violation("a key that does not read back as it was");
        }
        // A key from before the stop: the run that gave it out may have sent the stop since.
        if memory.power == Power::StopPlanned {
            self.witness.may_have_stopped();
        }
        let now = self.world.now();
        let setup = self.world.setup;
        let intent = intent(&setup, now.elapsed + secs(1_800));
        let fresh = memory.is_untouched() && memory.runs;
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
    }

    fn user(&mut self, turn: Move) -> bool {
        let acted = match turn {
            Move::UserStops => self.world.stop(Who::User, 0),
            Move::UserStarts => self.world.start(0),
            Move::UserRestarts => self.world.restart(0),
            _ => return false,
        };
        self.world.user_acted |= acted;
        self.note(|| format!("{turn:?}: {acted}"));
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
        let is_stale = matches!(turn, Move::Stale | Move::HalfStale);
        match &poll {
            Poll::Instance(seen) if !is_stale => self.witness.observe(seen),
            _ => self.witness.miss(),
        }
        let text = || match &poll {
            Poll::Instance(seen) => {
                let new = if seen.is_new() { "new" } else { "old" };
                let started = seen
                    .start_time
                    .map(|time| time.timestamp() - origin().timestamp());
                format!("{:?} {new} {started:?}", seen.status)
            }
            other => format!("{other:?}"),
        };
        self.note(|| format!("poll {turn:?}: {}", text()));
        self.state.observe(poll, self.world.now());
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
                self.note(|| format!("wait, {step:?}: {reason}"));
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
                let end = self.state.ends();
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
                    self.note(|| format!("killed before {command:?}"));
                    self.witness.outcome_stays_unknown(command);
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
                let lost = [Move::LostBefore, Move::LostAfter, Move::CrashAfter].contains(&turn);
                if lost && result.is_err() {
                    self.witness.outcome_stays_unknown(command);
                }
                if result.is_ok() {
                    // A restart that neither the polls nor the start time show may have left the instance stopped.
                    let looks_ours = self.world.setup.start_times == StartTimes::KeptByRestart
                        && (self.state.memory.restart).is_some_and(|it| it.accepted && !it.seen);

                    if command == Command::Start
                        && by_user
                        && self.witness.knows_of_start()
                        && !looks_ours
                    {
                        self.violation("a start of what the user has stopped");
                    }
                    self.accepted(command, !lost);
                }
                if turn == Move::CrashAfter {
                    self.note(|| format!("killed after {command:?}: {result:?}"));
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
                self.note(|| format!("{command:?} ({turn:?}): {outcome:?}"));
                self.world
                    .advance(self.world.time + Duration::from_millis(100));
                self.state.record(command, outcome, self.world.now());
                let memory = self.state.memory_ahead();
                self.give_out(memory);
            }
            Action::Fail(cause) => {
                self.note(|| format!("fails: {cause:?}"));
                self.state.fail(cause, now);
            }
            Action::Finish(completion) => {
                self.memory = self.state.memory.clone();
                self.note(|| format!("finished: {completion:?}"));
                return Some(End::Finished(completion));
            }
            Action::End(recovery) => {
                self.memory = self.state.memory.clone();
                let order = self.memory.order.state();
                let cause = self.state.failed.clone().unwrap().0;
                self.note(|| format!("failed: {cause:?} {recovery:?} {order:?}"));
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
}
