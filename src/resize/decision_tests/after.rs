//! What comes after the change.

use super::*;
use crate::resize::memory::{Order, Seen};

#[test]
fn a_run_starts_what_it_has_stopped() {
    use Status::{Starting, Stopped, Stopping};
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Send(Start)", |it| {
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, new());
            }),
            ("wait start", |it| {
                command(it, 9, Power::Starting, false);
                shows(it, Stopped, new());
            }),
            ("Send(Start)", |it| {
                command(it, 10, Power::Starting, false);
                shows(it, Stopped, new());
            }),
            ("wait start", |it| {
                command(it, 119, Power::Starting, true);
                shows(it, Stopped, new());
            }),
            ("Finish(PendingStart)", |it| {
                command(it, 120, Power::Starting, true);
                shows(it, Stopped, new());
            }),
            ("wait start", |it| {
                command(it, 10, Power::Starting, false);
                polls(it, [Starting, Stopped], new());
            }),
            ("wait start: the instance is Stopped", |it| {
                restart(it, 119, true);
                shows(it, Stopped, new());
            }),
            ("Send(Start)", |it| {
                restart(it, 120, true);
                shows(it, Stopped, new());
            }),
            ("Finish(PendingStart)", |it| {
                restart(it, 120, true);
                it.gap = true;
                shows(it, Stopped, new());
            }),
            ("wait start: the instance is Stopped", |it| {
                restart(it, 120, true);
                polls(it, [Stopping, Stopped], new());
            }),
        ],
    );
}

#[test]
fn a_change_of_an_instance_that_a_user_has_stopped_awaits_its_start() {
    use Status::{Running, Stopped};
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Finish(PendingStart)", |it| shows(it, Stopped, new())),
            ("wait restart: a poll", |it| {
                polls(it, [Running, Stopped], new());
            }),
            ("wait restart: a poll", |it| {
                shows(it, Stopped, new());
                it.previous.as_mut().unwrap().shown = Shown::Old;
            }),
            ("Finish(StoppedBefore)", |it| {
                it.intent.own_token = true;
                shows(it, Stopped, new());
            }),
            ("Finish(PendingStart)", |it| {
                it.intent.own_token = true;
                it.resumed = true;
                shows(it, Stopped, new());
            }),
            ("Finish(PendingRestart)", |it| {
                it.memory.runs = false;
                shows(it, Running, new());
            }),
            ("wait await_change: a poll", |it| {
                it.memory.runs = false;
                polls(it, [Stopped, Running], new());
            }),
        ],
    );
}

#[test]
fn a_type_that_the_instance_had_before_needs_no_change() {
    use Status::Running;
    let same = |it: &mut State| {
        it.memory.from = kind("ecs.new.large");
        shows(it, Running, new());
    };
    let found = decide(Direction::Upgrade, &same);
    assert_eq!(found, "Finish(AlreadyThatType)");
    let once = |it: &mut State| {
        same(it);
        it.previous = None;
    };
    assert!(decide(Direction::Upgrade, &once).starts_with("wait restart: a poll"));
    let ordered = |it: &mut State| {
        same(it);
        it.memory.order = Order::Placed(None);
    };
    assert_eq!(decide(Direction::Upgrade, &ordered), "Send(Restart)");
    let resumed = |it: &mut State| {
        same(it);
        it.resumed = true;
    };
    assert_eq!(decide(Direction::Upgrade, &resumed), "Send(Restart)");
}

#[test]
fn a_restart_at_a_time_is_left_to_the_service() {
    use Status::Running;
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Finish(RestartsAt", |it| {
                it.intent.restart = Restart::At(now().service + TimeDelta::seconds(1));
                it.memory.order = Order::Placed(None);
                shows(it, Running, new());
            }),
            ("Finish(PendingRestart)", |it| {
                it.intent.restart = Restart::At(now().service);
                it.memory.order = Order::Placed(None);
                shows(it, Running, new());
            }),
            ("Finish(PendingRestart)", |it| {
                it.intent.restart = Restart::At(now().service + TimeDelta::seconds(1));
                shows(it, Running, new());
            }),
            ("Finish(PendingRestart)", |it| {
                it.intent.restart = Restart::At(now().service + TimeDelta::seconds(1));
                it.memory.order = Order::Placed(None);
                it.memory.runs = false;
                shows(it, Running, new());
            }),
            ("Finish(PendingRestart)", |it| {
                it.intent.restart = Restart::Never;
                shows(it, Running, new());
            }),
        ],
    );
}

#[test]
fn a_running_instance_is_restarted_and_the_restart_is_proved() {
    use Status::{Running, Starting};
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Send(Restart)", |it| shows(it, Running, new())),
            ("Send(Restart)", |it| {
                shows(it, Running, new());
                it.previous.as_mut().unwrap().shown = Shown::Old;
            }),
            ("wait restart: a poll", |it| {
                polls(it, [Starting, Running], new());
            }),
            ("wait restart: a poll", |it| {
                shows(it, Running, new());
                it.previous = None;
            }),
            ("Finish(InEffect)", |it| {
                it.memory.seen = Seen::Down;
                shows(it, Running, new());
            }),
            ("wait start: a poll", |it| {
                it.memory.seen = Seen::Down;
                polls(it, [Starting, Running], new());
            }),
            ("wait restart: the stop may still", |it| {
                command(it, 119, Power::Stopping, false);
                shows(it, Running, new());
            }),
            ("Send(Restart)", |it| {
                command(it, 120, Power::Stopping, false);
                shows(it, Running, new());
            }),
            ("wait restart: the restart may have been accepted", |it| {
                restart(it, 119, false);
                shows(it, Running, new());
            }),
            ("Send(Restart)", |it| {
                restart(it, 120, false);
                shows(it, Running, new());
            }),
            ("wait restart: the restart was accepted", |it| {
                restart(it, 179, true);
                shows(it, Running, new());
            }),
            ("Finish(RestartUnconfirmed)", |it| {
                restart(it, 180, true);
                shows(it, Running, new());
            }),
            ("Finish(RestartUnconfirmed)", |it| {
                restart(it, 180, false);
                it.restarts = 2;
                shows(it, Running, new());
            }),
            ("wait restart: the restart was accepted", |it| {
                restart(it, 180, true);
                polls(it, [Starting, Running], new());
            }),
        ],
    );
}
