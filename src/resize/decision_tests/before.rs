//! Ends and failures, and what comes before the change.

use super::*;
use crate::resize::intent::NoStop;
use crate::resize::memory::{Order, Seen};
use crate::types::LockReason;

#[test]
fn a_run_ends() {
    use Status::{Running, Stopped};
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Send(Order)", |_| {}),
            ("Send(Order)", |it| it.intent.deadline = secs(AT + 1)),
            ("Fail(TimedOut", |it| it.intent.deadline = secs(AT)),
            // Too little time for a first order: 10 s, or a quarter of a short timeout.
            ("Send(Order)", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 11));
            }),
            (
                "Fail(TimedOut { waiting_for: \"the instance is Running, and too little time is left to order\"",
                |it| (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 10)),
            ),
            ("Send(Order)", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 14), secs(AT + 5));
            }),
            ("Fail(TimedOut", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 15), secs(AT + 5));
            }),
            ("Fail(TimedOut", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 11));
                it.fresh = false;
            }),
            ("Send(Order)", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 1));
                it.memory.order = Order::Possible;
            }),
            ("Send(Restart)", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 1));
                shows(it, Running, new());
            }),
            ("wait restart", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 9));
                restart(it, 5, true);
                (it.last, it.previous, it.fresh) = (None, None, false);
            }),
            ("Send(Start)", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 1));
                it.memory.order = Order::Placed(None);
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, new());
            }),
            ("Fail(NotFound)", |it| it.missing = 3),
            ("wait order", |it| (it.missing, it.fresh) = (2, false)),
            ("wait start", |it| {
                fail(it, 1);
                (it.missing, it.fresh) = (3, false);
                it.memory.power = Power::Stopped(None);
            }),
            ("Fail(Locked", |it| {
                each(it, |seen| seen.locks = vec![LockReason::Financial]);
            }),
            ("wait order: a poll", |it| {
                it.last.as_mut().unwrap().locks = vec![LockReason::Financial];
            }),
            ("wait start", |it| {
                fail(it, 1);
                it.memory.power = Power::Stopped(None);
                each(it, |seen| seen.locks = vec![LockReason::Financial]);
            }),
            ("Fail(Superseded", |it| {
                shows(it, Running, Shown::Other("ecs.x".into()));
            }),
            ("wait order: a poll", |it| {
                it.last.as_mut().unwrap().shown = Shown::Other("ecs.x".into());
            }),
            ("Send(Start)", |it| {
                fail(it, 1);
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Other("ecs.x".into()));
            }),
            ("Finish(AwaitingPayment)", |it| {
                it.intent.pay_later = true;
                it.memory.order = Order::Placed(None);
            }),
            ("Send(Start)", |it| {
                it.intent.pay_later = true;
                it.memory.order = Order::Placed(None);
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Old);
            }),
        ],
    );
}

#[test]
fn a_failed_run_starts_what_it_has_stopped() {
    use Status::{Running, Starting, Stopped, Stopping};
    assert_decisions(
        Direction::Upgrade,
        &[
            ("End(NotNeeded)", |it| fail(it, 1)),
            ("Finish(InEffect)", |it| {
                fail(it, 1);
                it.memory.seen = Seen::Down;
                shows(it, Running, new());
            }),
            ("wait start", |it| {
                fail(it, 1);
                it.memory.seen = Seen::Down;
                command(it, 5, Power::Starting, true);
                shows(it, Running, new());
            }),
            ("wait start: the instance is Running", |it| {
                fail(it, 1);
                command(it, 5, Power::Stopping, true);
            }),
            ("Send(Start)", |it| {
                fail(it, 119);
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Old);
            }),
            ("End(LeftStopped", |it| {
                fail(it, 120);
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Old);
            }),
            ("End(LeftStopped(\"restart_on_failure is off", |it| {
                fail(it, 1);
                it.intent.restart_on_failure = false;
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Old);
            }),
            ("End(LeftStopped", |it| {
                fail(it, 1);
                it.start_rejected = true;
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Old);
            }),
            (
                "wait await_change: a start now could miss the order",
                |it| {
                    fail(it, 1);
                    it.memory.order = Order::Possible;
                    it.ordered = Some(secs(AT - 59));
                    it.memory.power = Power::Stopped(None);
                    shows(it, Stopped, Shown::Old);
                },
            ),
            ("Send(Start)", |it| {
                fail(it, 1);
                it.memory.order = Order::Possible;
                it.ordered = Some(secs(AT - 60));
                it.memory.power = Power::Stopped(None);
                shows(it, Stopped, Shown::Old);
            }),
            ("wait start", |it| {
                fail(it, 1);
                command(it, 9, Power::Starting, false);
                shows(it, Stopped, Shown::Old);
            }),
            ("Send(Start)", |it| {
                fail(it, 1);
                command(it, 10, Power::Starting, false);
                shows(it, Stopped, Shown::Old);
            }),
            ("wait start", |it| {
                fail(it, 1);
                command(it, 119, Power::Starting, true);
                shows(it, Stopped, Shown::Old);
            }),
            ("End(Unknown(\"its start was accepted", |it| {
                fail(it, 1);
                command(it, 120, Power::Starting, true);
                shows(it, Stopped, Shown::Old);
            }),
            ("wait start: the instance is Starting", |it| {
                fail(it, 1);
                command(it, 5, Power::Starting, true);
                polls(it, [Stopping, Starting], Shown::Old);
            }),
        ],
    );
}

#[test]
fn a_downgrade_stops_the_instance_first() {
    use Status::{Running, Stopped, Stopping};
    assert_decisions(
        Direction::Downgrade,
        &[
            ("Send(Stop)", |_| {}),
            ("Send(Stop)", |it| it.checked = Some(secs(AT - 60))),
            ("Check", |it| it.checked = Some(secs(AT - 61))),
            ("Check", |it| it.checked = None),
            ("Check", |it| {
                it.checked = None;
                (it.memory.order, it.probed) = (Order::Possible, true);
            }),
            ("Send(Stop)", |it| {
                (it.memory.order, it.probed) = (Order::Possible, true);
            }),
            ("Fail(TimedOut", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 10));
            }),
            ("Fail(TimedOut", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 10));
                command(it, 9, Power::Stopping, true);
            }),
            ("Send(Stop)", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 11));
                (it.memory.order, it.probed) = (Order::Possible, true);
            }),
            ("wait stop: too little time", |it| {
                (it.started, it.intent.deadline) = (secs(AT - 600), secs(AT + 10));
                (it.memory.order, it.probed) = (Order::Possible, true);
            }),
            ("Send(Order)", |it| it.memory.order = Order::Possible),
            ("wait stop: a poll", |it| {
                polls(it, [Stopped, Running], Shown::Old);
            }),
            ("Fail(NeedsStop(UserRestarted))", |it| {
                it.memory.runs = false
            }),
            ("Fail(NeedsStop(StartedByUser))", |it| {
                it.memory.power = Power::StartedByUser;
            }),
            ("Send(Stop)", |it| {
                it.memory.power = Power::StartedByUser;
                it.intent.stop_again = true;
            }),
            ("Fail(NeedsStop(Denied))", |it| {
                it.intent.no_stop = Some(NoStop::Denied);
            }),
            ("wait stop: the stop may have been accepted", |it| {
                command(it, 9, Power::Stopping, false);
            }),
            ("Send(Stop)", |it| command(it, 10, Power::Stopping, false)),
            ("wait stop: the stop was accepted", |it| {
                command(it, 119, Power::Stopping, true);
                each(it, |seen| seen.start_time = None);
            }),
            ("Fail(NeedsStop(MayBeStartedByUser))", |it| {
                command(it, 120, Power::Stopping, true);
                each(it, |seen| seen.start_time = None);
            }),
            ("wait stop: the stop was accepted", |it| {
                command(it, 120, Power::Stopping, true);
            }),
            ("wait stop: the stop was accepted", |it| {
                it.intent.force_stop_after = Some(secs(60));
                command(it, 59, Power::Stopping, true);
            }),
            ("Send(ForceStop)", |it| {
                it.intent.force_stop_after = Some(secs(60));
                command(it, 60, Power::Stopping, true);
            }),
            ("Send(ForceStop)", |it| {
                it.intent.force_stop_after = Some(secs(60));
                command(it, 60, |sent| Power::Stopped(Some(sent.at)), true);
                shows(it, Stopping, Shown::Old);
            }),
            ("wait stop: the instance is Stopping", |it| {
                command(it, 60, |sent| Power::Stopped(Some(sent.at)), true);
                shows(it, Stopping, Shown::Old);
            }),
            ("wait order: the instance is Stopping", |it| {
                shows(it, Stopping, Shown::Old);
            }),
            ("wait order: a poll", |it| {
                polls(it, [Running, Stopped], Shown::Old);
            }),
            ("Send(Order)", |it| shows(it, Stopped, Shown::Old)),
            ("wait stop: a poll", |it| {
                command(it, 9, Power::Stopping, true);
                polls(it, [Running, Stopped], Shown::Old);
            }),
            ("wait start: a poll", |it| {
                command(it, 119, Power::Starting, true);
                shows(it, Stopped, Shown::Old);
            }),
            ("Send(Order)", |it| {
                command(it, 120, Power::Starting, true);
                shows(it, Stopped, Shown::Old);
            }),
            ("wait stop: the instance is Running", |it| {
                it.memory.power = Power::Stopped(None);
            }),
        ],
    );
}

#[test]
fn an_order_needs_recent_checks_and_a_price() {
    assert_decisions(
        Direction::Upgrade,
        &[
            ("Check", |it| it.checked = Some(secs(AT - 61))),
            ("Send(Order)", |it| {
                it.checked = Some(secs(AT - 61));
                it.memory.order = Order::Possible;
            }),
            ("Send(Order)", |it| it.quoted = Some(secs(AT - 11))),
            ("Send(Order)", |it| it.intent.has_max_price = true),
            ("Quote", |it| {
                it.intent.has_max_price = true;
                it.quoted = Some(secs(AT - 11));
            }),
            ("Fail(Rejected)", |it| it.too_expensive = true),
            ("wait order: an order that may exist", |it| {
                it.too_expensive = true;
                it.memory.order = Order::Possible;
                it.ordered = Some(secs(AT - 59));
            }),
            ("Fail(Rejected)", |it| {
                it.too_expensive = true;
                it.memory.order = Order::Possible;
                it.ordered = Some(secs(AT - 60));
            }),
            ("wait await_change: the order is being", |it| {
                it.memory.order = Order::Placed(None);
            }),
            ("Send(Stop)", |it| it.stop_demanded = true),
            ("Send(Stop)", |it| it.intent.stop_first = true),
        ],
    );
}
