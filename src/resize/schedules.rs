//! Schedules of faults and moves of a user, played against the model of the service.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::action::Cause;
use super::model::{MOVES, Move, Setup, StartTimes};
use super::observed::Status;
use super::player::{End, Player};
use super::report::Completion;
use super::settings::Restart;
use super::step::Direction;

pub(super) fn setups() -> Vec<Setup> {
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

pub(super) fn more_setups() -> Vec<Setup> {
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
pub(super) type Played = Result<Option<End>, String>;

/// Plays a schedule, and once more with a log if something goes wrong. Each playback generates the moves again.
pub(super) fn play<F: FnMut(bool) -> Move>(
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
pub(super) fn schedule(setup: Setup, moves: &[(usize, Move)]) -> Played {
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
pub(super) struct Failures {
    played: u64,
    kinds: BTreeMap<String, (u64, String)>,
}

impl Failures {
    pub(super) fn add(&mut self, result: Played, name: impl FnOnce() -> String) {
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
    pub(super) fn assert_none(self) {
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

pub(super) fn random(seed: u64) -> Played {
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
