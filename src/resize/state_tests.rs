//! The state machine against a model of the service: exhaustively to some depth, and at random far deeper.

use std::cell::Cell;

use super::*;
use crate::resize::memory::{Memory, Power, Sent};
use crate::resize::model::{MOVES, Move, World, kind, secs};
use crate::resize::observed::{Observed, Poll, Status};
use crate::resize::player::{End, intent, memory};
use crate::resize::schedules::{Failures, more_setups, play, random, schedule, setups};
use crate::resize::step::Direction;

#[path = "state_cases.rs"]
mod cases;

#[test]
fn a_schedule_without_faults_takes_few_decisions() {
    for setup in more_setups() {
        let decisions = Cell::new(0);
        let moves = || {
            |_: bool| {
                decisions.set(decisions.get() + 1);
                Move::Normal
            }
        };
        let end = play(setup, None, moves).unwrap_or_else(|log| panic!("{log}"));
        assert!(matches!(end, Some(End::Finished(_))), "{end:?}");
        assert!(
            decisions.get() < 80 || setup.restart_takes == 0,
            "{decisions:?}"
        );
    }
}

/// All schedules with one fault, and a third of those with two.
fn play_one_and_two_faults(direction: Direction) {
    let mut failures = Failures::default();
    for setup in setups() {
        if setup.direction != direction {
            continue;
        }
        for first in 0..40 {
            for one in MOVES {
                failures.add(schedule(setup, &[(first, one)]), || {
                    format!("{first} {one:?}")
                });
                for second in first + 1..(first + 14).min(40) {
                    if (first + second) % 3 != 0 {
                        continue;
                    }
                    for two in MOVES {
                        let moves = [(first, one), (second, two)];
                        failures.add(schedule(setup, &moves), || format!("{moves:?}"));
                    }
                }
            }
        }
    }
    failures.assert_none();
}

#[test]
fn upgrades_with_one_or_two_faults_keep_the_promises() {
    play_one_and_two_faults(Direction::Upgrade);
}

#[test]
fn downgrades_with_one_or_two_faults_keep_the_promises() {
    play_one_and_two_faults(Direction::Downgrade);
}

fn play_seeds(seeds: std::ops::Range<u64>) {
    let mut failures = Failures::default();
    for seed in seeds {
        failures.add(random(seed), || format!("seed {seed}"));
    }
    failures.assert_none();
}

#[test]
fn random_schedules_keep_the_promises() {
    play_seeds(0..20_000);
}

/// Run it after a change of the state machine, for instance with
/// `SEEDS=5000000..10000000 cargo test --release --lib many_random -- --ignored`, which plays 5 million in about a minute.
#[test]
#[ignore = "takes minutes"]
#[allow(clippy::disallowed_methods, reason = "the seeds of a campaign")]
fn many_random_schedules_keep_the_promises() {
    let seeds = std::env::var("SEEDS").unwrap_or("20000..500000".into());
    let (from, to) = seeds.split_once("..").unwrap();
    play_seeds(from.parse().unwrap()..to.parse().unwrap());
}

#[test]
fn a_killed_run_completes_with_its_first_last_and_every_key() {
    let mut failures = Failures::default();
    let choices: [fn(usize) -> usize; 4] = [|_| 0, |len| len - 1, |len| len / 2, |len| len * 2 / 3];
    for setup in setups() {
        for choose in choices {
            for at in 0..40 {
                for crash in [Move::Crash, Move::CrashAfter] {
                    for again in [0, 1, 2, 5, 9, 14, 20] {
                        let moves = || {
                            let mut now = 0;
                            move |_: bool| {
                                now += 1;
                                let killed = now == at || again > 0 && now == at + again;
                                if killed { crash } else { Move::Normal }
                            }
                        };
                        let result = play(setup, Some(choose), moves);
                        failures.add(result, || format!("{at} {crash:?} {again}"));
                    }
                }
            }
        }
    }
    failures.assert_none();
}

#[test]
fn a_run_that_cannot_know_who_has_stopped_or_started_the_instance_says_so() {
    let setup = setups().pop().unwrap();
    let world = World::new(setup);
    let (now, memory) = (world.now(), memory(&setup));
    let reason = |power: fn(Sent) -> Power, accepted: bool, status: Status| {
        let mut sent = Sent::new(now.service);
        sent.accepted = accepted;
        let power = power(sent);
        let memory = Memory {
            power,
            ..memory.clone()
        };
        let intent = intent(&setup, now.elapsed + secs(1_800));
        let mut state = State::new(intent, memory, kind("ecs.new.large"), true, now);
        let seen = Observed {
            status,
            ..world.shown()
        };
        state.observe(Poll::Instance(seen), now);
        match state.next(now) {
            Action::Wait { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    };
    let stopping = reason(Power::Stopping, false, Status::Stopping);
    assert!(stopping.contains("not known whether this resize or a user has stopped it"));
    let starting = reason(Power::Starting, false, Status::Starting);
    assert!(starting.contains("not known whether this resize or a user has started it"));
    assert_eq!(
        reason(Power::Stopping, true, Status::Stopping),
        "the instance is Stopping"
    );
    assert_eq!(
        reason(Power::Starting, true, Status::Starting),
        "the instance is Starting"
    );
}
