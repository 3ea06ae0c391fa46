//! Runs of one resize, driven through the model of the service, with every promise checked.

use std::time::Duration;

use super::error::{OrderState, Recovery};
use super::intent::{Command, Intent};
use super::memory::{Memory, Order, Power, Seen};
use super::model::{Move, Setup, StartTimes, Who, World, kind, origin, secs};
use super::observed::{Observed, Poll, Status};
use super::record::{Outcome, Rejection, RejectionKind};
use super::report::Completion;
use super::state::{Action, Cause, State};

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
    /// Running was shown by two fresh polls in a row, or Starting by one, since this resize has stopped the instance.
    shown_up: u32,
    /// Stopping or Stopped was shown by two polls in a row since this resize has sent its stop.
    shown_down: u32,
    stopped_by_us: bool,
    was_shown_down: bool,
    was_shown_up: bool,
    pub(super) resumes: u32,
    /// The service accepted a restart, and the response arrived.
    restarted: bool,
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
            shown_up: 0,
            shown_down: 0,
            stopped_by_us: false,
            was_shown_down: false,
            was_shown_up: false,
            resumes: 0,
            restarted: false,
            unsure: false,
            keys: vec![memory.clone()],
            choose_key: None,
            violations: Vec::new(),
        }
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if !self.verbose {
            return;
        }
        let line = format!(
            "{:>5} {:?}: {}",
            self.world.time.as_secs(),
            self.world.status,
            text()
        );
        self.log.push(line);
    }

    fn violation(&mut self, text: &str) {
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
        let printed = memory.to_string();
        if Memory::parse(memory.from.clone(), memory.direction, &printed).as_ref() != Some(&memory)
        {
            self.violation("a key that does not read back as it was");
        }
        // A key from before the stop: the run that gave it out may have sent the stop since.
        if memory.power == Power::StopPlanned {
            self.may_have_stopped();
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

    /// The run that sent the command, or was about to, does not learn that it was not carried out. Nothing that the
    /// service reports later tells a stop or start of this resize from one of the user at that moment.
    fn outcome_stays_unknown(&mut self, command: Command) {
        match command {
            Command::Stop => self.may_have_stopped(),
            Command::Start => self.unsure = true,
            _ => {}
        }
    }

    /// From here on, an instance that is stopped may be so by this resize.
    fn may_have_stopped(&mut self) {
        (self.stopped_by_us, self.was_shown_down, self.was_shown_up) = (true, false, false);
        self.shown_down = 0;
    }

    fn check_command(&mut self, command: Command) {
        // After a start of unknown outcome, it is not known who has started the instance.
        let again = self.was_shown_up && self.stopped_by_us && !self.unsure;
        if command == Command::Stop && again {
            self.violation("a second stop of what the user has started");
        }
        let late = self.world.time >= self.state.intent.deadline;
        if late && (command != Command::Start || self.state.failed.is_none()) {
            self.violation("a command after the deadline");
        }
    }

    fn accepted(&mut self, command: Command, heard: bool) {
        match command {
            Command::Restart => {
                self.world.accepted_restarts += 1;
                // With an older key, a resumed run cannot know of the restarts since.
                let may_repeat = match self.choose_key {
                    Some(_) => self.world.accepted_restarts <= 1 + self.resumes,
                    None => !self.restarted,
                };
                if !may_repeat {
                    self.violation("a second restart");
                }
                self.restarted |= heard;
            }
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
                    self.note(|| format!("killed before {command:?}"));
                    self.outcome_stays_unknown(command);
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
                    self.outcome_stays_unknown(command);
                }
                if result.is_ok() {
                    // A restart that neither the polls nor the start time show may have left the instance stopped.
                    let looks_ours = self.world.setup.start_times == StartTimes::KeptByRestart
                        && (self.state.memory.restart).is_some_and(|it| it.accepted && !it.seen);
                    let known = self.was_shown_up || !self.stopped_by_us;
                    if command == Command::Start && by_user && known && !looks_ours {
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
                let order = match &self.memory.order {
                    Order::None => OrderState::NotPlaced,
                    Order::Possible => OrderState::Unknown,
                    Order::Placed(id) => OrderState::Placed(id.clone()),
                };
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
