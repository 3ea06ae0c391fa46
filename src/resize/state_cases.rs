//! Schedules that once violated a guarantee.

use crate::resize::model::Move;
use crate::resize::schedules::{more_setups, random, schedule};

#[track_caller]
fn keeps_the_guarantees(moves: &[(usize, Move)]) {
    for setup in more_setups() {
        if let Err(log) = schedule(setup, moves) {
            panic!("{log}");
        }
    }
}

#[test]
fn a_start_that_was_lost_after_its_effect_needs_no_restart() {
    keeps_the_guarantees(&[(14, Move::LostAfter), (25, Move::TimePasses)]);
}

#[test]
fn a_stop_by_the_user_before_a_crash_stays_the_users() {
    keeps_the_guarantees(&[(0, Move::UserStops), (3, Move::Crash)]);
}

#[test]
fn a_restart_that_was_lost_is_sent_again_before_it_counts_as_unconfirmed() {
    keeps_the_guarantees(&[
        (4, Move::LostBefore),
        (5, Move::TimePasses),
        (6, Move::TimePasses),
    ]);
}

#[test]
fn a_stop_by_the_user_right_after_a_restart_of_unknown_outcome_is_respected() {
    keeps_the_guarantees(&[(4, Move::LostBefore), (5, Move::UserStops)]);
}

/// Random schedules that once violated a guarantee.
#[track_caller]
fn keeps_the_guarantees_with_seed(seed: u64) {
    if let Err(log) = random(seed) {
        panic!("{log}");
    }
}

#[test]
fn a_stopped_instance_in_a_stale_poll_after_a_lost_start_is_not_reported_as_stopped() {
    keeps_the_guarantees_with_seed(155_886);
}

#[test]
fn a_stale_poll_after_a_rejected_stop_does_not_send_the_stop_again() {
    keeps_the_guarantees_with_seed(164_228);
}

#[test]
fn a_run_killed_after_a_stale_poll_does_not_start_what_the_user_has_stopped() {
    keeps_the_guarantees_with_seed(1_063_420);
}

#[test]
fn a_key_from_before_a_rejected_stop_leaves_open_who_has_stopped_the_instance() {
    keeps_the_guarantees_with_seed(123_146);
}

#[test]
fn a_key_from_before_the_stop_leaves_open_who_has_stopped_the_instance() {
    keeps_the_guarantees_with_seed(753_641);
}

#[test]
fn two_lost_restarts_end_as_unconfirmed() {
    keeps_the_guarantees_with_seed(336_483);
}

#[test]
fn a_restart_that_no_poll_shows_leaves_open_who_has_stopped_the_instance() {
    keeps_the_guarantees_with_seed(165_742);
}

#[test]
fn a_lost_stop_leaves_open_who_has_stopped_the_instance() {
    keeps_the_guarantees_with_seed(779_724);
}

#[test]
fn a_restart_by_the_user_during_the_change_does_not_prove_that_the_type_is_in_effect() {
    keeps_the_guarantees_with_seed(2_072_496);
}

#[test]
fn an_instance_that_ran_during_a_gap_between_polls_was_started_by_the_user() {
    keeps_the_guarantees_with_seed(2_572_490);
}

#[test]
fn two_stale_polls_after_a_start_that_arrived_do_not_show_a_stop_by_the_user() {
    keeps_the_guarantees_with_seed(2_063_267);
}

#[test]
fn an_instance_that_ran_during_a_gap_after_a_lost_start_was_stopped_by_the_user() {
    keeps_the_guarantees_with_seed(8_078_821);
}

#[test]
fn a_start_by_the_user_after_a_stop_that_one_poll_showed_is_the_users() {
    keeps_the_guarantees_with_seed(7_038_972);
}

#[test]
fn an_instance_that_runs_after_a_gap_and_was_stopping_before_was_started_by_the_user() {
    keeps_the_guarantees_with_seed(9_927_559);
}

#[test]
fn two_stale_polls_after_a_late_stop_do_not_show_a_start_by_the_user() {
    keeps_the_guarantees_with_seed(6_723_870);
    keeps_the_guarantees_with_seed(8_130_200);
}

#[test]
fn a_run_killed_before_it_learns_of_a_rejected_start_cannot_know_who_has_started_the_instance() {
    keeps_the_guarantees_with_seed(9_688_361);
}

#[test]
fn a_run_killed_before_it_learns_of_a_rejected_stop_cannot_know_who_has_stopped_the_instance() {
    keeps_the_guarantees_with_seed(9_962_176);
}

#[test]
fn two_stale_polls_after_a_late_restart_do_not_show_that_it_took_place() {
    keeps_the_guarantees_with_seed(10_288_047);
}

#[test]
fn two_stale_polls_after_a_resume_do_not_show_a_stop_by_the_user() {
    keeps_the_guarantees_with_seed(19_412_524);
}
