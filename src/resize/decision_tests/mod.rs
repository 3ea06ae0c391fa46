//! The decision table, row by row: what a run does in one situation, and in the one right beside it.

mod after;
mod before;
mod evidence;
mod keys;
mod outcomes;
mod polls;
mod proofs;

use chrono::{DateTime, TimeDelta, Utc};

use super::action::{Action, Cause, Now};
use super::memory::{Power, Sent};
use super::model::{Setup, StartTimes, kind, origin, secs};
use super::observed::{Observed, Shown, Status};
use super::player::{intent, memory};
use super::settings::Restart;
use super::state::State;
use super::step::Direction;

const AT: u64 = 10_000;

fn now() -> Now {
    Now {
        elapsed: secs(AT),
        service: origin() + TimeDelta::seconds(AT as i64),
    }
}

/// The service time so many seconds ago.
fn ago(seconds: u64) -> DateTime<Utc> {
    now().service - TimeDelta::seconds(seconds as i64)
}

fn sent(seconds: u64, accepted: bool) -> Sent {
    Sent {
        at: ago(seconds),
        accepted,
        seen: false,
    }
}

/// A command that this run sent so many seconds ago.
fn command(state: &mut State, seconds: u64, power: fn(Sent) -> Power, accepted: bool) {
    state.memory.power = power(sent(seconds, accepted));
    state.sent = Some(secs(AT - seconds));
}

fn restart(state: &mut State, seconds: u64, accepted: bool) {
    command(state, seconds, |_| Power::Restarting, accepted);
    state.memory.restart = Some(sent(seconds, accepted));
    state.restarts = 1;
}

fn fail(state: &mut State, seconds: u64) {
    state.failed = Some((Cause::Cancelled, secs(AT - seconds)));
}

fn new() -> Shown {
    Shown::New(kind("ecs.new.large"))
}

/// What the last two polls showed, in this order.
fn polls(state: &mut State, statuses: [Status; 2], shown: Shown) {
    let seen = |status| Observed {
        status,
        shown: shown.clone(),
        start_time: Some(ago(100_000)),
        locks: Vec::new(),
    };
    let [previous, last] = statuses.map(seen);
    (state.previous, state.last) = (Some(previous), Some(last));
}

fn shows(state: &mut State, status: Status, shown: Shown) {
    polls(state, [status; 2], shown);
}

fn each(state: &mut State, change: impl Fn(&mut Observed)) {
    for seen in [&mut state.previous, &mut state.last] {
        change(seen.as_mut().unwrap());
    }
}

/// A run that has just made its checks and seen the instance running twice.
fn run(direction: Direction) -> State {
    let setup = Setup {
        direction,
        running: true,
        start_times: StartTimes::Reported,
        restart_takes: 18,
        restart: Restart::WhenNeeded,
    };
    let now = now();
    let intent = intent(&setup, secs(AT + 600));
    let mut state = State::new(intent, memory(&setup), kind("ecs.new.large"), false, now);
    (state.checked, state.quoted) = (Some(now.elapsed), Some(now.elapsed));
    state.fresh = true;
    shows(&mut state, Status::Running, Shown::Old);
    state
}

/// What such a run does after a change.
fn decide(direction: Direction, change: &dyn Fn(&mut State)) -> String {
    let mut state = run(direction);
    change(&mut state);
    match state.next(now()) {
        Action::Wait { step, reason, .. } => format!("wait {}: {reason}", step.as_str()),
        other => format!("{other:?}"),
    }
}

type Row = (&'static str, fn(&mut State));

#[track_caller]
fn assert_decisions(direction: Direction, rows: &[Row]) {
    for (index, (expected, change)) in rows.iter().enumerate() {
        let found = decide(direction, change);
        assert!(found.starts_with(expected), "{index} {expected}: {found}");
    }
}
