//! What commands and their outcomes change in a run.

use super::*;
use crate::resize::intent::{Command, NoStop};
use crate::resize::memory::{Memory, Order, Seen};
use crate::resize::record::{Outcome, Rejection, RejectionKind};

/// A moment so many seconds later.
fn later(seconds: u64) -> Now {
    Now {
        elapsed: secs(AT + seconds),
        service: now().service + TimeDelta::seconds(seconds as i64),
    }
}

fn rejected(kind: RejectionKind) -> Outcome {
    Outcome::Rejected(Rejection {
        kind,
        reason: "no".into(),
        retry_after: Some(secs(7)),
    })
}

fn unknown() -> Outcome {
    Outcome::Unknown {
        reason: "lost".into(),
        retry_after: Some(secs(7)),
    }
}

/// A run that has sent a command now, and learns of its outcome a second later.
fn outcome(
    direction: Direction,
    command: Command,
    outcome: Outcome,
    change: fn(&mut State),
) -> State {
    let mut state = run(direction);
    change(&mut state);
    state.send(command, now());
    state.record(command, outcome, later(1));
    state
}

fn upgrade(command: Command, found: Outcome, change: fn(&mut State)) -> State {
    outcome(Direction::Upgrade, command, found, change)
}

#[test]
fn a_run_begins_with_nothing_done() {
    for resumed in [false, true] {
        let run = run(Direction::Upgrade);
        let (intent, memory) = (run.intent.clone(), run.memory.clone());
        let state = State::new(intent, memory, kind("ecs.new.large"), resumed, now());
        let flags = [
            state.doubted,
            state.fresh,
            state.too_expensive,
            state.accepted,
            state.probed,
            state.stop_demanded,
            state.force_stopped,
            state.start_rejected,
            state.glimpsed,
            state.recovered,
        ];
        assert_eq!(flags, [false; 10]);
        let counts = [
            state.missing,
            state.failures,
            state.rejections,
            state.restarts,
        ];
        assert_eq!(counts, [0; 4]);
        assert_eq!((state.gap, state.seen_starting), (resumed, None));
    }
    let mut memory = run(Direction::Upgrade).memory;
    for (seen, expected) in [(false, None), (true, Some(secs(AT)))] {
        memory.power = Power::Starting(Sent {
            seen,
            ..sent(5, true)
        });
        let intent = run(Direction::Upgrade).intent;
        let new = |memory| State::new(intent.clone(), memory, kind("ecs.new.large"), true, now());
        assert_eq!(new(memory.clone()).seen_starting, expected);
        let restarting = Memory {
            power: Power::Restarting,
            restart: Some(Sent {
                seen,
                ..sent(5, true)
            }),
            ..memory.clone()
        };
        assert_eq!(new(restarting).seen_starting, expected);
    }
}

#[test]
fn checks_prices_and_failures_are_recorded() {
    let base = run(Direction::Upgrade);
    let mut state = base.clone();
    state.record_check(kind("ecs.b.large"), Direction::Downgrade, later(5));
    assert_eq!(state.to, kind("ecs.b.large"));
    assert_eq!(state.memory.direction, Direction::Downgrade);
    assert_eq!(
        (state.checked, state.quoted),
        (Some(secs(AT + 5)), Some(secs(AT + 5)))
    );
    for allowed in [true, false] {
        state.record_quote(allowed, later(6));
        assert_eq!(
            (state.quoted, state.too_expensive),
            (Some(secs(AT + 6)), !allowed)
        );
    }
    let mut state = base.clone();
    state.record_failure("503".into(), Some(secs(7)));
    state.record_failure("503".into(), Some(secs(7)));
    let expected = State {
        fresh: false,
        failures: 2,
        problem: Some("503".into()),
        retry_after: secs(7),
        ..base.clone()
    };
    assert_eq!(state, expected);
    let mut state = base.clone();
    state.fail(Cause::NotFound, later(5));
    state.fail(Cause::Cancelled, later(6));
    let expected = State {
        failed: Some((Cause::NotFound, secs(AT + 5))),
        changed: secs(AT + 5),
        ..base
    };
    assert_eq!(state, expected);
}

#[test]
fn a_command_that_is_sent_may_have_had_its_effect() {
    let base = State {
        problem: Some("503".into()),
        glimpsed: true,
        ..run(Direction::Upgrade)
    };
    let sent_now = |command| {
        let mut state = base.clone();
        state.send(command, later(3));
        assert_eq!((state.fresh, state.problem.take()), (false, None));
        state
    };
    let order = sent_now(Command::Order);
    assert_eq!((order.ordered, order.probed), (Some(secs(AT + 3)), false));
    let mut again = base.clone();
    again.memory.order = Order::Possible;
    again.probed = true;
    again.send(Command::Order, later(3));
    assert!(!again.probed);
    assert!(sent_now(Command::ForceStop).force_stopped);
    let restart = sent_now(Command::Restart);
    assert_eq!((restart.restarts, restart.glimpsed), (1, false));
    assert_eq!(restart.memory.restart, Some(Sent::new(later(3).service)));
}

#[test]
fn an_accepted_command_is_news() {
    let state = upgrade(Command::Order, Outcome::Accepted(Some("1".into())), |it| {
        it.rejections = 2;
    });
    assert_eq!(state.memory.order, Order::Placed(Some("1".into())));
    assert_eq!((state.ordered, state.accepted), (Some(secs(AT + 1)), true));
    assert_eq!((state.rejections, state.changed), (0, secs(AT + 1)));
    assert!(state.last.is_some());
    let accepted = |command| upgrade(command, Outcome::Accepted(None), |it| it.gap = true);
    let at = |power: fn(Sent) -> Power| {
        let mut sent = Sent::new(later(1).service);
        sent.accepted = true;
        power(sent)
    };
    let stop = accepted(Command::Stop);
    assert_eq!(stop.memory.power, at(Power::Stopping));
    assert_eq!((stop.last, stop.previous, stop.gap), (None, None, false));
    assert_eq!((stop.polled, stop.changed), (secs(AT + 1), secs(AT + 1)));
    assert_eq!(stop.sent, Some(secs(AT + 1)));
    let force = accepted(Command::ForceStop);
    assert!(force.last.is_some() && force.gap);
    let start = accepted(Command::Start);
    assert_eq!(
        (start.memory.power, start.memory.seen),
        (at(Power::Starting), Seen::Nothing)
    );
    let start = upgrade(Command::Start, Outcome::Accepted(None), |it| {
        shows(it, Status::Stopped, new());
    });
    assert_eq!(start.memory.seen, Seen::Down);
    let start = upgrade(Command::Start, Outcome::Accepted(None), |it| it.last = None);
    assert_eq!(start.memory.seen, Seen::Nothing);
}

#[test]
fn an_accepted_restart_of_the_new_type_needs_a_later_start() {
    let restart = |change| upgrade(Command::Restart, Outcome::Accepted(None), change).memory;
    let shown = |it: &mut State| {
        shows(it, Status::Running, new());
        it.newest_start = Some(ago(60));
    };
    assert_eq!(restart(shown).seen, Seen::Running(Some(ago(60))));
    assert_eq!(
        restart(|it| it.newest_start = Some(ago(60))).seen,
        Seen::Nothing
    );
    let down = restart(|it| {
        shows(it, Status::Running, new());
        it.memory.seen = Seen::Down;
    });
    assert_eq!(down.seen, Seen::Down);
    let sent = down.restart.unwrap();
    assert_eq!((sent.at, sent.accepted), (later(1).service, true));
}

#[test]
fn a_command_of_unknown_outcome_may_have_been_accepted() {
    for (command, order) in [
        (Command::Order, Order::Possible),
        (Command::Stop, Order::None),
    ] {
        let state = upgrade(command, unknown(), |_| {});
        assert_eq!(state.memory.order, order);
        assert_eq!((state.rejections, state.retry_after), (1, secs(7)));
        assert_eq!(state.problem.as_deref(), Some("lost"));
        assert_eq!(
            state.ordered,
            (order == Order::Possible).then_some(secs(AT + 1))
        );
    }
}

#[test]
fn a_rejected_command_was_not_carried_out() {
    use RejectionKind::{NextCandidate, NotStopped, Permanent, TokenReused, Transient};
    for command in [Command::Stop, Command::Start, Command::Restart] {
        let state = upgrade(command, rejected(Transient), |_| {});
        assert_eq!(
            (state.memory.power, state.memory.restart),
            (Power::Idle, None)
        );
        assert_eq!((state.restarts, state.rejections), (0, 1));
        assert_eq!(state.doubted, command != Command::Restart);
        assert_eq!(
            (state.problem.as_deref(), state.retry_after),
            (Some("no"), secs(7))
        );
        assert!(state.last.is_some() && state.failed.is_none());
    }
    for command in [Command::Stop, Command::Start] {
        let state = upgrade(command, rejected(Permanent), |it| it.restarts = 1);
        assert_eq!(state.failed, Some((Cause::Rejected, secs(AT + 1))));
        assert_eq!(state.start_rejected, command == Command::Start);
        assert_eq!(state.restarts, 1);
    }
    assert_eq!(
        upgrade(Command::ForceStop, rejected(Permanent), |_| {}).failed,
        None
    );
    let failed = Some((Cause::Rejected, secs(AT + 1)));

    let state = upgrade(Command::Order, rejected(NotStopped), |_| {});
    assert_eq!((state.stop_demanded, state.failed), (true, None));
    let state = outcome(
        Direction::Downgrade,
        Command::Order,
        rejected(NotStopped),
        |_| {},
    );
    assert_eq!((state.stop_demanded, state.failed), (false, None));
    let state = upgrade(Command::Order, rejected(NotStopped), |it| {
        it.intent.no_stop = Some(NoStop::Denied);
    });
    assert_eq!(
        state.failed,
        Some((Cause::NeedsStop(NoStop::Denied), secs(AT + 1)))
    );

    // An order that may exist was rejected: it seems not to.
    for (order, found, probed) in [
        (Order::Possible, rejected(NotStopped), true),
        (Order::Possible, unknown(), false),
        (Order::None, rejected(NotStopped), false),
    ] {
        let mut state = run(Direction::Downgrade);
        state.memory.order = order.clone();
        state.send(Command::Order, now());
        state.record(Command::Order, found, later(1));
        assert_eq!((state.probed, state.memory.order), (probed, order));
    }

    let state = upgrade(Command::Order, rejected(NextCandidate), |_| {});
    assert_eq!(
        (state.sold_out, state.checked),
        (vec!["ecs.new.large".into()], None)
    );
    assert_eq!(state.failed, None);
    let state = upgrade(Command::Order, rejected(NextCandidate), |it| {
        it.memory.order = Order::Possible;
    });
    assert_eq!(
        (state.sold_out, state.failed),
        (Vec::<String>::new(), failed.clone())
    );

    let state = upgrade(Command::Order, rejected(TokenReused), |_| {});
    assert_eq!(
        (state.memory.order, state.ordered),
        (Order::Possible, Some(secs(AT + 1)))
    );
    assert_eq!(state.failed, failed);
}
