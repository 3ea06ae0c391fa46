//! What counts as evidence: start times, ages, and polls that agree.

use Status::{Running, Starting, Stopped, Stopping};

use super::*;
use crate::resize::memory::{Order, Seen};
use crate::resize::step::Step;

/// A run that was resumed so many seconds ago with a stop that was sent so many seconds before that.
fn resumed(state: &mut State, seconds: u64, before: u64) {
    state.resumed = true;
    (state.started, state.started_at) = (secs(AT - seconds), ago(seconds));
    state.memory.power = Power::Stopping(sent(seconds + before, false));
}

/// A stop that was accepted long ago, and a start so many seconds before it.
fn stopped_after(state: &mut State, seconds: u64) {
    command(state, 120, Power::Stopping, true);
    each(state, |seen| seen.start_time = Some(ago(120 + seconds)));
}

#[test]
fn a_stop_that_may_have_had_its_effect_is_not_sent_again() {
    assert_decisions(
        Direction::Downgrade,
        &[
            ("wait stop: the stop may", |it| resumed(it, 5, 4)),
            ("Send(Stop)", |it| resumed(it, 5, 5)),
            ("Send(Stop)", |it| it.previous = None),
            ("wait stop: a poll", |it| {
                (it.previous, it.resumed) = (None, true)
            }),
            ("wait stop: a poll", |it| {
                (it.previous, it.rejections) = (None, 1)
            }),
            ("wait stop: the stop was", |it| stopped_after(it, 60)),
            ("Fail(NeedsStop(MayBe", |it| stopped_after(it, 59)),
            ("wait stop: the stop was", |it| {
                stopped_after(it, 60);
                it.started_before = Some(ago(180));
            }),
            ("Fail(NeedsStop(MayBe", |it| {
                stopped_after(it, 60);
                it.started_before = Some(ago(181));
            }),
        ],
    );
}

#[test]
fn the_power_is_cut_only_where_a_stop_of_the_resize_hangs() {
    fn stopping(it: &mut State, power: fn(Sent) -> Power, accepted: bool) {
        it.intent.force_stop_after = Some(secs(60));
        command(it, 60, power, accepted);
        shows(it, Stopping, Shown::Old);
    }
    assert_decisions(
        Direction::Downgrade,
        &[
            ("Send(ForceStop)", |it| {
                stopping(it, Power::Stopping, true);
                each(it, |seen| seen.start_time = None);
            }),
            ("wait stop", |it| stopping(it, Power::Stopping, false)),
            ("wait stop", |it| {
                stopping(it, Power::Stopping, true);
                it.force_stopped = true;
            }),
            ("wait order", |it| stopping(it, |_| Power::Idle, true)),
            // The stop of an earlier run counts from the begin of this one.
            ("Send(ForceStop)", |it| {
                stopping(it, Power::Stopping, true);
                (it.sent, it.started) = (None, secs(AT - 60));
            }),
            ("wait stop", |it| {
                stopping(it, Power::Stopping, true);
                (it.sent, it.started) = (None, secs(AT - 59));
            }),
            ("Send(ForceStop)", |it| {
                stopping(it, |sent| Power::Stopped(Some(sent.at)), true);
                (it.sent, it.started) = (None, secs(AT - 60));
            }),
            ("wait stop", |it| {
                stopping(it, |_| Power::Stopped(None), true);
                (it.sent, it.started) = (None, secs(AT - 60));
            }),
            ("wait stop", |it| {
                stopping(it, Power::Stopping, true);
                shows(it, Running, Shown::Old);
                each(it, |seen| seen.start_time = None);
            }),
        ],
    );
}

#[test]
fn a_restart_that_left_the_instance_stopped_is_completed() {
    fn stopped(it: &mut State, accepted: bool, seen: bool) {
        restart(it, 120, accepted);
        it.memory.restart = Some(Sent {
            seen,
            ..sent(120, accepted)
        });
        shows(it, Stopped, new());
    }
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Send(Start)", |it| stopped(it, true, false)),
            ("Finish(PendingStart)", |it| stopped(it, true, true)),
            ("Finish(PendingStart)", |it| stopped(it, false, false)),
            ("wait start", |it| {
                stopped(it, true, false);
                it.memory.restart = None;
            }),
        ],
    );
}

#[test]
fn a_failed_run_ends_once_its_restart_is_over() {
    fn failed(it: &mut State, seconds: u64, accepted: bool) {
        fail(it, 1);
        restart(it, seconds, accepted);
        it.polled = secs(AT);
    }
    fn unseen(it: &mut State, accepted: bool) {
        failed(it, 121, accepted);
        fail(it, 120);
        (it.last, it.previous, it.fresh) = (None, None, false);
    }
    assert_decisions(
        Direction::Upgrade,
        &[
            ("wait restart", |it| {
                failed(it, 5, true);
                (it.last, it.previous, it.fresh) = (None, None, false);
            }),
            ("wait restart: the instance is Running", |it| {
                failed(it, 20, true);
            }),
            ("End(NotNeeded)", |it| failed(it, 21, true)),
            ("End(NotNeeded)", |it| failed(it, 21, false)),
            ("wait restart: the instance is Running", |it| {
                failed(it, 21, true);
                it.polled = secs(AT - 1);
            }),
            ("wait restart: the instance is Running", |it| {
                failed(it, 21, true);
                polls(it, [Starting, Running], Shown::Old);
            }),
            ("wait restart: the instance is Starting", |it| {
                failed(it, 21, true);
                shows(it, Starting, Shown::Old);
            }),
            ("End(NotNeeded)", |it| {
                failed(it, 5, true);
                it.memory.restart = None;
            }),
            // The restart of an earlier run.
            ("End(NotNeeded)", |it| {
                failed(it, 21, true);
                it.sent = None;
            }),
            ("wait restart", |it| {
                failed(it, 20, true);
                it.sent = None;
            }),
            ("End(Unknown(\"its restart was accepted", |it| {
                unseen(it, true);
            }),
            ("End(Unknown(\"its restart may have been", |it| {
                unseen(it, false);
            }),
            ("End(Unknown(\"its restart was accepted", |it| {
                failed(it, 5, true);
                it.intent.restart_on_failure = false;
            }),
        ],
    );
}

#[test]
fn a_later_start_time_proves_the_restart() {
    fn restarted(it: &mut State, start: Option<u64>, before: Option<u64>) {
        restart(it, 10, true);
        shows(it, Running, new());
        it.memory.seen = Seen::Running(Some(ago(5)));
        it.started_before = before.map(ago);
        each(it, |seen| seen.start_time = start.map(ago));
    }
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Finish(InEffect)", |it| restarted(it, Some(4), Some(100))),
            ("Finish(InEffect)", |it| restarted(it, Some(6), Some(100))),
            ("Finish(InEffect)", |it| restarted(it, Some(6), None)),
            ("wait restart", |it| restarted(it, Some(6), Some(6))),
            ("wait restart", |it| restarted(it, Some(10), None)),
            ("wait restart", |it| restarted(it, None, None)),
            ("Fail(Superseded", |it| it.memory.seen = Seen::Down),
        ],
    );
}

#[test]
fn a_failed_run_ends_once_its_start_is_proved() {
    fn recovered(it: &mut State, shown: Shown) {
        fail(it, 1);
        it.recovered = true;
        it.memory.seen = Seen::Down;
        polls(it, [Starting, Running], shown);
    }
    assert_decisions(
        Direction::Upgrade,
        &[
            ("wait start", |it| recovered(it, new())),
            ("End(Started)", |it| recovered(it, Shown::Old)),
            ("End(Started)", |it| {
                recovered(it, new());
                it.memory.seen = Seen::Nothing;
            }),
            ("End(NotNeeded)", |it| {
                recovered(it, new());
                it.recovered = false;
            }),
            ("End(Started)", |it| {
                recovered(it, new());
                it.last = None;
            }),
            ("End(Unknown(\"its start may", |it| {
                fail(it, 120);
                command(it, 29, Power::Starting, false);
                shows(it, Stopped, Shown::Old);
                it.polled = secs(AT - 20);
            }),
            ("End(LeftStopped(\"its start may not", |it| {
                fail(it, 120);
                command(it, 30, Power::Starting, false);
                shows(it, Stopped, Shown::Old);
                it.polled = secs(AT - 20);
            }),
            ("Send(Start)", |it| {
                it.failed = Some((Cause::Superseded("ecs.x".into()), secs(AT - 1)));
                it.memory.power = Power::Stopped(None);
                it.memory.order = Order::Placed(None);
                it.ordered = Some(secs(AT - 1));
                shows(it, Stopped, Shown::Old);
            }),
            ("Send(Start)", |it| {
                fail(it, 1);
                it.memory.power = Power::Stopped(None);
                it.memory.order = Order::Placed(None);
                it.ordered = Some(secs(AT - 1));
                shows(it, Stopped, new());
            }),
        ],
    );
}

fn unpaid(it: &mut State) {
    it.intent.pay_later = true;
    it.memory.order = Order::Placed(None);
}

#[test]
fn an_order_of_an_earlier_run_may_have_been_paid_since() {
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Finish(AwaitingPayment)", unpaid),
            ("Finish(AwaitingPayment)", |it| {
                unpaid(it);
                it.last = None;
            }),
            ("wait await_change", |it| {
                unpaid(it);
                (it.resumed, it.started) = (true, secs(AT - 59));
            }),
            ("Finish(AwaitingPayment)", |it| {
                unpaid(it);
                (it.resumed, it.started) = (true, secs(AT - 60));
            }),
        ],
    );
}

#[test]
fn an_instance_that_was_stopped_for_an_unpaid_order_is_started() {
    /// The next poll is due.
    fn stopped_for_the_order(it: &mut State) {
        it.memory.power = Power::Stopped(None);
        it.ordered = Some(secs(AT));
        it.fresh = false;
        shows(it, Stopped, Shown::Old);
    }
    assert_decisions(
        Direction::Upgrade,
        &[
            ("wait start: the instance is Stopped", |it| {
                unpaid(it);
                stopped_for_the_order(it);
            }),
            ("wait await_change: the order is being carried out", |it| {
                unpaid(it);
                it.intent.pay_later = false;
                stopped_for_the_order(it);
            }),
            ("wait await_change: the order is being carried out", |it| {
                unpaid(it);
                (it.resumed, it.started) = (true, secs(AT - 59));
                stopped_for_the_order(it);
            }),
            ("wait start: the instance is Starting", |it| {
                unpaid(it);
                command(it, 5, Power::Starting, true);
                shows(it, Starting, Shown::Old);
            }),
            ("wait await_change: the order is being carried out", |it| {
                unpaid(it);
                it.intent.pay_later = false;
                command(it, 5, Power::Starting, true);
                shows(it, Starting, Shown::Old);
            }),
        ],
    );
}

#[test]
fn no_instance_stays_stopped_for_an_order_that_is_not_carried_out() {
    fn stopped_for_the_order(it: &mut State) {
        it.memory.order = Order::Placed(None);
        it.memory.power = Power::Stopped(None);
        it.ordered = Some(secs(AT - 300));
        shows(it, Stopped, Shown::Old);
    }
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        assert_decisions(
            direction,
            &[
                ("Fail(OrderPending(300s))", stopped_for_the_order),
                ("wait await_change: the order is not carried out", |it| {
                    stopped_for_the_order(it);
                    it.ordered = Some(secs(AT - 299));
                }),
                ("wait await_change: the order is not carried out", |it| {
                    stopped_for_the_order(it);
                    it.previous = None;
                }),
                ("wait await_change: the order is not carried out", |it| {
                    stopped_for_the_order(it);
                    it.intent.restart_on_failure = false;
                }),
                ("Fail(OrderPending(300s))", |it| {
                    stopped_for_the_order(it);
                    command(it, 60, Power::Starting, true);
                }),
                ("Send(Start)", |it| {
                    stopped_for_the_order(it);
                    each(it, |seen| seen.shown = new());
                }),
                // The order of an earlier run.
                ("Fail(OrderPending(300s))", |it| {
                    stopped_for_the_order(it);
                    (it.resumed, it.started, it.ordered) = (true, secs(AT - 300), None);
                }),
                ("wait await_change: the order is not carried out", |it| {
                    stopped_for_the_order(it);
                    (it.resumed, it.started, it.ordered) = (true, secs(AT - 299), None);
                }),
                ("wait await_change: the order is not carried out", |it| {
                    stopped_for_the_order(it);
                    it.memory.power = Power::Idle;
                }),
                ("wait await_change: the order is not carried out", |it| {
                    stopped_for_the_order(it);
                    it.memory.power = Power::Idle;
                    shows(it, Running, Shown::Old);
                }),
                // After the failure.
                ("Send(Start)", |it| {
                    stopped_for_the_order(it);
                    it.failed = Some((Cause::OrderPending(secs(300)), secs(AT)));
                }),
            ],
        );
    }
}

#[test]
fn a_start_that_a_failed_run_may_not_have_sent_is_sent_while_the_order_is_pending() {
    fn starting(it: &mut State, seconds: u64) {
        it.memory.order = Order::Placed(None);
        it.ordered = Some(secs(AT - 60));
        command(it, seconds, Power::Starting, false);
        shows(it, Stopped, Shown::Old);
    }
    assert_decisions(
        Direction::Downgrade,
        &[
            ("Send(Start)", |it| starting(it, 10)),
            ("wait start: the instance is Stopped", |it| starting(it, 9)),
            ("wait await_change", |it| {
                starting(it, 10);
                command(it, 10, Power::Starting, true);
            }),
            ("wait await_change", |it| {
                starting(it, 10);
                it.ordered = Some(secs(AT - 59));
            }),
            ("wait await_change", |it| {
                starting(it, 130);
                it.memory.power = Power::Starting(Sent {
                    seen: true,
                    ..sent(130, false)
                });
            }),
            // It can be ordered while it is stopped.
            ("wait start: a poll to confirm", |it| {
                starting(it, 10);
                it.memory.order = Order::None;
            }),
        ],
    );
}

#[test]
fn a_run_continues_if_its_order_is_carried_out_after_all() {
    let still_fails = |cause: Cause, polls: polls::Polls| {
        let mut state = run(Direction::Downgrade);
        state.memory.order = Order::Placed(None);
        state.failed = Some((cause, secs(AT)));
        polls::poll(&mut state, polls);
        state.failed.is_some()
    };
    let once: polls::Polls = &[(1, Stopped, polls::NEW, polls::LONG)];
    let twice: polls::Polls = &[
        (1, Stopped, polls::NEW, polls::LONG),
        (2, Stopped, polls::NEW, polls::LONG),
    ];
    let pending = || Cause::OrderPending(secs(300));
    assert!(still_fails(pending(), once));
    assert!(!still_fails(pending(), twice));
    assert!(still_fails(Cause::Cancelled, twice));
}

#[test]
fn a_recovery_polls_at_short_intervals() {
    let mut state = run(Direction::Downgrade);
    (state.intent.poll_interval, state.retry_after) = (secs(600), secs(60));
    state.intent.deadline = secs(AT + 3_600);
    state.memory.power = Power::Stopped(None);
    let until = |state: &State| match state.wait(now(), Step::Start, "") {
        Action::Wait { until, .. } => until - now().elapsed,
        action => panic!("{action:?}"),
    };
    assert_eq!(until(&state), secs(600));
    state.fail(Cause::Cancelled, now());
    assert_eq!(until(&state), secs(5));
}

#[test]
fn a_run_whose_order_shows_at_the_end_polls_once_more() {
    fn recovered(it: &mut State) {
        it.memory.order = Order::Placed(None);
        it.failed = Some((Cause::OrderPending(secs(300)), secs(AT - 20)));
        shows(it, Running, Shown::Old);
    }
    assert_decisions(
        Direction::Downgrade,
        &[
            ("End(NotNeeded)", recovered),
            ("wait start", |it| {
                recovered(it);
                it.last.as_mut().unwrap().shown = new();
            }),
            ("End(NotNeeded)", |it| {
                recovered(it);
                it.last.as_mut().unwrap().shown = new();
                it.failed = Some((Cause::Cancelled, secs(AT - 20)));
            }),
        ],
    );
}
