//! The state machine against a model of the service: exhaustively to some depth, and at random far deeper.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::*;
use crate::resize::model::{MOVES, Move, Setup, StartTimes, World, kind, secs};
use crate::resize::observed::Poll;
use crate::resize::player::{End, Player, intent, memory};
use crate::resize::report::Completion;
use crate::resize::settings::Restart;
use crate::resize::step::Direction;

fn setups() -> Vec<Setup> {
    let mut setups = Vec::new();
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        for start_times in [
            StartTimes::Reported,
            StartTimes::Missing,
            StartTimes::KeptByRestart,
        ] {
            setups.push(Setup {
                direction,
                running: true,
                start_times,
                restart_takes: 18,
                restart: Restart::WhenNeeded,
            });
        }
    }
    setups
}

fn more_setups() -> Vec<Setup> {
    let mut found = setups();
    for setup in setups() {
        found.push(Setup {
            running: false,
            ..setup
        });
        if setup.direction == Direction::Upgrade {
            // Shorter than the time between two polls.
            found.push(Setup {
                restart_takes: 0,
                ..setup
            });
            found.push(Setup {
                restart: Restart::Never,
                ..setup
            });
        }
    }
    found
}

/// The result of a schedule: how the first run ended, or what went wrong with the log of the schedule.
type Played = Result<Option<End>, String>;

/// Plays a schedule, and once more with a log if something goes wrong. Each playback generates the moves again.
fn play<F: FnMut(bool) -> Move>(
    setup: Setup,
    choose_key: Option<fn(usize) -> usize>,
    moves: impl Fn() -> F,
) -> Played {
    play_once(setup, choose_key, false, &mut moves())
        .or_else(|_| play_once(setup, choose_key, true, &mut moves()))
}

/// Plays a schedule to its end, then resumes without faults until that succeeds.
fn play_once(
    setup: Setup,
    choose_key: Option<fn(usize) -> usize>,
    verbose: bool,
    next_move: &mut dyn FnMut(bool) -> Move,
) -> Played {
    let faults = Cell::new(true);
    let mut chooser = |sends: bool| {
        if faults.get() {
            next_move(sends)
        } else {
            Move::Normal
        }
    };
    let mut player = Player::new(setup, verbose, &mut chooser);
    player.choose_key = choose_key;
    let first = player.run();
    faults.set(false);
    let mut end = first.clone();
    let mut clean = 0;
    while let Some(End::Failed(..)) = end {
        if clean == 2 {
            break;
        }
        clean += 1;
        let memory = player.memory.clone();
        player.resume(memory);
        end = player.run();
    }
    let user = player.world.user_acted;
    match &end {
        Some(End::Failed(Cause::NeedsStop(_), ..)) if user => {}
        Some(End::Failed(..)) => player
            .violations
            .push("a resume without faults fails".into()),
        Some(End::Finished(completion))
            if setup.running && !user && setup.restart == Restart::WhenNeeded =>
        {
            let ends = match completion {
                Completion::InEffect => player.world.in_effect,
                // Restarts of unknown outcome that never arrived look like those that took place between two polls.
                Completion::RestartUnconfirmed => {
                    player.world.in_effect || player.world.accepted_restarts == 0
                }
                Completion::AlreadyThatType => true,
                _ => false,
            };
            if !ends || player.world.status != Status::Running {
                player.violations.push(format!(
                    "ends as {completion:?}, in effect: {}",
                    player.world.in_effect
                ));
            }
        }
        _ => {}
    }
    if player.world.orders > 1 {
        player.violations.push("two orders".into());
    }
    match player.violations.is_empty() {
        true => Ok(first),
        false => Err(format!(
            "{setup:?}\n{}\n{:?}",
            player.log.join("\n"),
            player.violations
        )),
    }
}

/// A schedule with these moves at these decisions, and without faults elsewhere.
fn schedule(setup: Setup, moves: &[(usize, Move)]) -> Played {
    play(setup, None, || {
        let mut at = 0;
        move |_| {
            let found = moves
                .iter()
                .find(|(index, _)| *index == at)
                .map(|(_, turn)| *turn);
            at += 1;
            found.unwrap_or(Move::Normal)
        }
    })
}

/// Failures by kind, each with the schedule that took the fewest decisions.
#[derive(Default)]
struct Failures {
    played: u64,
    kinds: BTreeMap<String, (u64, String)>,
}

impl Failures {
    fn add(&mut self, result: Played, name: impl FnOnce() -> String) {
        self.played += 1;
        if let Err(log) = result {
            let log = format!("{}\n{log}", name());
            let kind = log.lines().last().unwrap_or_default().to_owned();
            let (count, shortest) = self.kinds.entry(kind).or_insert_with(|| (0, log.clone()));
            *count += 1;
            if log.len() < shortest.len() {
                *shortest = log;
            }
        }
    }

    #[track_caller]
    fn assert_none(self) {
        let kinds: Vec<_> = self
            .kinds
            .values()
            .map(|(count, log)| format!("{count} times: {log}"))
            .collect();
        assert!(
            kinds.is_empty(),
            "of {}:\n{}",
            self.played,
            kinds.join("\n\n")
        );
    }
}

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

/// A small generator of random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

fn random(seed: u64) -> Played {
    let setups = more_setups();
    let setup = setups[Random(seed).next(setups.len() as u64) as usize];
    play(setup, None, || {
        let mut random = Random(seed.wrapping_add(1));
        let faults = [3, 6, 12, 30][random.next(4) as usize];
        let mut left = 60;
        move |_| {
            if left == 0 || random.next(faults) > 0 {
                return Move::Normal;
            }
            left -= 1;
            MOVES[random.next(MOVES.len() as u64) as usize]
        }
    })
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

/// Schedules that once broke a promise.
#[track_caller]
fn keeps_the_promises(moves: &[(usize, Move)]) {
    for setup in more_setups() {
        if let Err(log) = schedule(setup, moves) {
            panic!("{log}");
        }
    }
}

#[test]
fn a_start_that_was_lost_after_its_effect_needs_no_restart() {
    keeps_the_promises(&[(14, Move::LostAfter), (25, Move::TimePasses)]);
}

#[test]
fn a_stop_by_the_user_before_a_crash_stays_the_users() {
    keeps_the_promises(&[(0, Move::UserStops), (3, Move::Crash)]);
}

#[test]
fn a_restart_that_was_lost_is_sent_again_before_it_counts_as_unconfirmed() {
    keeps_the_promises(&[
        (4, Move::LostBefore),
        (5, Move::TimePasses),
        (6, Move::TimePasses),
    ]);
}

#[test]
fn a_stop_by_the_user_right_after_a_restart_of_unknown_outcome_is_respected() {
    keeps_the_promises(&[(4, Move::LostBefore), (5, Move::UserStops)]);
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

/// Random schedules that once broke a promise.
#[track_caller]
fn keeps_the_promises_with_seed(seed: u64) {
    if let Err(log) = random(seed) {
        panic!("{log}");
    }
}

#[test]
fn a_stopped_instance_in_a_stale_poll_after_a_lost_start_is_not_reported_as_stopped() {
    keeps_the_promises_with_seed(155_886);
}

#[test]
fn a_stale_poll_after_a_rejected_stop_does_not_send_the_stop_again() {
    keeps_the_promises_with_seed(164_228);
}

#[test]
fn a_run_killed_after_a_stale_poll_does_not_start_what_the_user_has_stopped() {
    keeps_the_promises_with_seed(1_063_420);
}

#[test]
fn a_key_from_before_a_rejected_stop_leaves_open_who_has_stopped_the_instance() {
    keeps_the_promises_with_seed(123_146);
}

#[test]
fn a_key_from_before_the_stop_leaves_open_who_has_stopped_the_instance() {
    keeps_the_promises_with_seed(753_641);
}

#[test]
fn two_lost_restarts_end_as_unconfirmed() {
    keeps_the_promises_with_seed(336_483);
}

#[test]
fn a_restart_that_no_poll_shows_leaves_open_who_has_stopped_the_instance() {
    keeps_the_promises_with_seed(165_742);
}

#[test]
fn a_lost_stop_leaves_open_who_has_stopped_the_instance() {
    keeps_the_promises_with_seed(779_724);
}

#[test]
fn a_restart_by_the_user_during_the_change_does_not_prove_that_the_type_is_in_effect() {
    keeps_the_promises_with_seed(2_072_496);
}

#[test]
fn an_instance_that_ran_during_a_gap_between_polls_was_started_by_the_user() {
    keeps_the_promises_with_seed(2_572_490);
}

#[test]
fn two_stale_polls_after_a_start_that_arrived_do_not_show_a_stop_by_the_user() {
    keeps_the_promises_with_seed(2_063_267);
}

#[test]
fn an_instance_that_ran_during_a_gap_after_a_lost_start_was_stopped_by_the_user() {
    keeps_the_promises_with_seed(8_078_821);
}

#[test]
fn a_start_by_the_user_after_a_stop_that_one_poll_showed_is_the_users() {
    keeps_the_promises_with_seed(7_038_972);
}

#[test]
fn an_instance_that_runs_after_a_gap_and_was_stopping_before_was_started_by_the_user() {
    keeps_the_promises_with_seed(9_927_559);
}

#[test]
fn two_stale_polls_after_a_late_stop_do_not_show_a_start_by_the_user() {
    keeps_the_promises_with_seed(6_723_870);
    keeps_the_promises_with_seed(8_130_200);
}

#[test]
fn a_run_killed_before_it_learns_of_a_rejected_start_cannot_know_who_has_started_the_instance() {
    keeps_the_promises_with_seed(9_688_361);
}

#[test]
fn a_run_killed_before_it_learns_of_a_rejected_stop_cannot_know_who_has_stopped_the_instance() {
    keeps_the_promises_with_seed(9_962_176);
}

#[test]
fn two_stale_polls_after_a_late_restart_do_not_show_that_it_took_place() {
    keeps_the_promises_with_seed(10_288_047);
}
