//! What the key of an event says that is given out before a command, or while a run waits.

use super::*;
use crate::resize::intent::{Command, NoStop};
use crate::resize::memory::Order;

/// What comes before the event.
type Change = fn(&mut State);

#[test]
fn a_key_knows_what_is_about_to_be_sent() {
    let rows: [(&str, Direction, Command, Change); 5] = [
        ("possible,idle", Direction::Upgrade, Command::Order, |_| {}),
        ("placed,idle", Direction::Upgrade, Command::Order, |it| {
            it.memory.order = Order::Placed(None);
        }),
        (
            "possible,stopping.T",
            Direction::Downgrade,
            Command::Stop,
            |_| {},
        ),
        (
            "unsent,restarting",
            Direction::Upgrade,
            Command::Restart,
            |it| {
                shows(it, Status::Running, new());
            },
        ),
        (
            "unsent,starting.T",
            Direction::Upgrade,
            Command::Start,
            |it| fail(it, 0),
        ),
    ];
    for (expected, direction, command, change) in rows {
        let mut state = run(direction);
        change(&mut state);
        let memory = state.memory_with(command, now()).to_string();
        let memory = memory.replace("1800010000", "T");
        assert!(
            memory.starts_with(&format!("running,{expected}")),
            "{expected}: {memory}"
        );
    }
}

#[test]
fn a_key_holds_if_the_run_continues_after_it() {
    let rows: [(&str, Direction, Change); 12] = [
        ("running,possible,idle", Direction::Upgrade, |_| {}),
        (
            "running,possible,stop-planned",
            Direction::Downgrade,
            |_| {},
        ),
        ("running,possible,idle", Direction::Downgrade, |it| {
            it.fresh = false
        }),
        ("running,possible,idle", Direction::Downgrade, |it| {
            it.last = None
        }),
        ("stopped,possible,idle", Direction::Downgrade, |it| {
            it.memory.runs = false
        }),
        ("running,possible,idle", Direction::Downgrade, |it| {
            shows(it, Status::Stopped, Shown::Old);
        }),
        ("running,possible,idle", Direction::Downgrade, |it| {
            it.intent.no_stop = Some(NoStop::Denied);
        }),
        (
            "running,possible,user-started",
            Direction::Downgrade,
            |it| {
                it.memory.power = Power::StartedByUser;
            },
        ),
        ("running,unsent,idle", Direction::Downgrade, |it| {
            fail(it, 0)
        }),
        ("running,unsent,idle", Direction::Downgrade, |it| {
            shows(it, Status::Running, new());
        }),
        ("running,placed,idle", Direction::Downgrade, |it| {
            it.memory.order = Order::Placed(None);
        }),
        ("running,possible,idle", Direction::Upgrade, |it| {
            it.last = None
        }),
    ];
    for (expected, direction, change) in rows {
        let mut state = run(direction);
        change(&mut state);
        let memory = state.memory_ahead().to_string();
        assert!(memory.starts_with(expected), "{expected}: {memory}");
    }
}
