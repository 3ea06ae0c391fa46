//! What polls prove: a restart, the order, and that the new type is in effect.

use Status::{Running, Starting, Stopped, Stopping};

use super::polls::{LONG, NEW, OLD, Polls, assert_memories, later, poll};
use super::*;
use crate::resize::memory::{Order, Seen};
use crate::resize::observed::Poll;

#[test]
fn a_restart_is_seen_or_a_user_has_stopped_the_instance() {
    let up: Polls = &[(1, Running, OLD, LONG), (2, Running, OLD, LONG)];
    let down: Polls = &[(1, Stopping, OLD, LONG), (2, Stopped, OLD, LONG)];
    assert_memories(&[
        (
            "running,unsent,restarting,T000s,-",
            |it| restart(it, 0, false),
            &[(5, Starting, OLD, LONG)],
        ),
        // A start before the restart.
        (
            "running,unsent,restarting,T000,-",
            |it| restart(it, 0, false),
            &[(4, Starting, OLD, LONG)],
        ),
        // It restarted between two polls.
        (
            "running,unsent,restarting,1800009981as,-",
            |it| restart(it, 19, true),
            up,
        ),
        (
            "running,unsent,restarting,1800009982a,-",
            |it| restart(it, 18, true),
            up,
        ),
        (
            "running,unsent,restarting,1800009981,-",
            |it| restart(it, 19, false),
            up,
        ),
        (
            "running,unsent,restarting,1800009900a,-",
            |it| restart(it, 100, true),
            &[(1, Running, OLD, LONG)],
        ),
        (
            "running,unsent,restarting,1800009900a,-",
            |it| {
                restart(it, 100, true);
                it.sent = None;
            },
            up,
        ),
        (
            "running,unsent,restarting,1800009900a,-",
            |it| restart(it, 100, true),
            &[
                (1, Stopping, OLD, LONG),
                (2, Running, OLD, LONG),
                (3, Running, OLD, LONG),
            ],
        ),
        (
            "running,unsent,restarting,T000a,-",
            |it| restart(it, 0, true),
            down,
        ),
        (
            "stopped,unsent,idle,T000as,-",
            |it| restart(it, 0, true),
            &[
                (5, Starting, OLD, LONG),
                (9, Stopping, OLD, LONG),
                (10, Stopping, OLD, LONG),
            ],
        ),
        // Both polls may be stale.
        (
            "running,unsent,restarting,T000as,-",
            |it| restart(it, 0, true),
            &[
                (5, Starting, OLD, LONG),
                (8, Stopping, OLD, LONG),
                (9, Stopping, OLD, LONG),
            ],
        ),
        (
            "running,unsent,restarting,T000as,-",
            |it| restart(it, 0, true),
            &[(5, Starting, OLD, LONG), (6, Stopping, OLD, LONG)],
        ),
        (
            "stopped,unsent,idle,T000a,-",
            |it| restart(it, 0, true),
            &[(1, Stopping, OLD, 1), (2, Stopping, OLD, 1)],
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| it.memory.power = Power::Restarting,
            down,
        ),
        (
            "running,unsent,restarting,T000a,up.1799910000",
            |it| restart(it, 0, true),
            &[(1, Running, NEW, LONG), (2, Running, NEW, LONG)],
        ),
        (
            "running,unsent,idle,T000a,up.1799910000",
            |it| {
                restart(it, 0, true);
                it.memory.seen = Seen::Running(Some(ago(100_000)));
            },
            &[(1, Running, NEW, 1), (2, Running, NEW, 1)],
        ),
        (
            "running,unsent,starting.T000,-,down",
            |it| {
                command(it, 0, Power::Starting, false);
                it.memory.seen = Seen::Down;
            },
            &[(1, Running, NEW, LONG)],
        ),
    ]);
}

#[test]
fn the_new_type_shows_that_the_order_exists() {
    assert_memories(&[
        (
            "running,placed,idle,-,-",
            |it| it.memory.order = Order::Possible,
            &[(1, Running, NEW, LONG)],
        ),
        (
            "running,placed.1,idle,-,-",
            |it| it.memory.order = Order::Placed(Some("1".into())),
            &[(1, Running, NEW, LONG)],
        ),
        (
            "running,unsent,idle,-,-",
            |_| {},
            &[(1, Running, NEW, LONG)],
        ),
    ]);
    let mut state = run(Direction::Upgrade);
    state.memory.order = Order::Possible;
    state.to = kind("ecs.other.large");
    poll(&mut state, &[(1, Running, NEW, LONG)]);
    assert_eq!(
        (state.to, state.ordered),
        (kind("ecs.new.large"), Some(secs(AT + 1)))
    );
}

#[test]
fn what_proves_a_later_restart_is_the_newest_start_before_it() {
    let first: Polls = &[(1, Running, NEW, -60), (2, Running, NEW, -60)];
    let start = |at: u64, change: fn(&mut State)| {
        let mut state = run(Direction::Upgrade);
        poll(&mut state, first);
        assert_eq!(state.shown, Some(secs(AT + 2)));
        change(&mut state);
        state.newest_start = Some(now().service);
        let seen = state.last.clone().unwrap();
        state.observe(Poll::Instance(seen), later(at));
        state.memory.seen
    };
    let old = Seen::Running(Some(ago(60)));
    let newer = Seen::Running(Some(now().service));
    // A start soon after the new type may have begun before.
    assert_eq!(start(11, |_| {}), newer);
    assert_eq!(start(12, |_| {}), old);
    assert_eq!(start(12, |it| it.memory.seen = Seen::Running(None)), newer);
    assert_eq!(start(11, |it| it.memory.restart = Some(sent(0, true))), old);
    assert_eq!(start(11, |it| it.shown = None), old);
    let down: Polls = &[(1, Stopping, NEW, LONG), (2, Starting, NEW, LONG)];
    assert_memories(&[
        ("running,unsent,idle,-,-", |_| {}, down),
        (
            "running,unsent,idle,-,down",
            |it| it.memory.seen = Seen::Running(None),
            down,
        ),
        (
            "running,unsent,down,-,down",
            |it| it.memory.power = Power::StopPlanned,
            &[(1, Stopping, NEW, LONG), (2, Stopped, NEW, LONG)],
        ),
    ]);
}
