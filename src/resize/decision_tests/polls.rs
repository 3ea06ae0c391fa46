//! What polls change in the memory of a run.

use super::*;
use crate::resize::memory::Order;
use crate::resize::observed::Poll;

/// A moment so many seconds later.
pub(super) fn later(seconds: u64) -> Now {
    Now {
        elapsed: secs(AT + seconds),
        service: now().service + TimeDelta::seconds(seconds as i64),
    }
}

/// Polls so many seconds later: the status, the type, and how long after the last start.
pub(super) type Polls = &'static [(u64, Status, bool, i64)];

pub(super) const OLD: bool = false;
pub(super) const NEW: bool = true;
/// The start time of an instance that runs for long.
pub(super) const LONG: i64 = -100_000;

pub(super) fn poll(state: &mut State, polls: Polls) {
    for (at, status, is_new, start) in polls {
        let seen = Observed {
            status: *status,
            shown: if *is_new { new() } else { Shown::Old },
            start_time: Some(now().service + TimeDelta::seconds(*start)),
            locks: Vec::new(),
        };
        state.observe(Poll::Instance(seen), later(*at));
    }
}

/// The memory that is expected after polls that follow a command.
type Row = (&'static str, fn(&mut State), Polls);

#[track_caller]
pub(super) fn assert_memories(rows: &[Row]) {
    for (index, (expected, change, polls)) in rows.iter().enumerate() {
        let mut state = run(Direction::Upgrade);
        (state.last, state.previous) = (None, None);
        change(&mut state);
        poll(&mut state, polls);
        let memory = state.memory.to_string().replace("1800010", "T");
        assert_eq!(memory, *expected, "{index}");
    }
}

use Status::{Running, Starting, Stopped, Stopping};

#[test]
fn a_poll_counts_failures_and_news() {
    let mut state = run(Direction::Upgrade);
    let failed = || Poll::Failed {
        reason: "503".into(),
        retry_after: Some(secs(7)),
    };
    state.observe(failed(), later(1));
    state.observe(failed(), later(2));
    assert_eq!((state.fresh, state.failures), (false, 2));
    assert_eq!(state.problem.as_deref(), Some("503"));
    assert_eq!(state.retry_after, secs(7));
    state.fresh = true;
    state.observe(Poll::Missing, later(3));
    state.observe(Poll::Missing, later(4));
    assert_eq!((state.fresh, state.missing), (false, 2));
    assert_eq!(
        (state.previous.clone(), state.problem.clone()),
        (None, None)
    );
    assert_eq!(state.retry_after, secs(0));
    poll(&mut state, &[(5, Running, OLD, LONG)]);
    assert_eq!((state.fresh, state.missing, state.failures), (true, 0, 0));
    assert_eq!((state.polled, state.changed), (secs(AT + 5), secs(AT)));
    poll(&mut state, &[(15, Stopping, OLD, LONG)]);
    assert_eq!((state.gap, state.changed), (false, secs(AT + 15)));
    poll(&mut state, &[(26, Stopping, OLD, 20)]);
    assert_eq!((state.gap, state.changed), (true, secs(AT + 15)));
    poll(&mut state, &[(27, Stopping, NEW, 10)]);
    assert_eq!((state.gap, state.changed), (true, secs(AT + 27)));
    assert_eq!(state.newest_start, Some(later(20).service));
    (state.last, state.doubted) = (None, true);
    poll(&mut state, &[(28, Stopping, NEW, 10)]);
    assert_eq!(state.changed, secs(AT + 28));
    // A poll before a rejection may have been stale.
    (state.last, state.doubted) = (state.previous.clone(), true);
    poll(&mut state, &[(29, Stopping, NEW, 10)]);
    assert_eq!((state.previous.clone(), state.doubted), (None, false));
}

#[test]
fn an_instance_that_was_not_touched_is_as_its_user_wants_it() {
    let stopped: Polls = &[(1, Stopped, OLD, LONG), (2, Stopped, OLD, LONG)];
    let up: Polls = &[(1, Running, OLD, LONG), (2, Running, OLD, LONG)];
    assert_memories(&[
        ("stopped,unsent,idle,-,-", |_| {}, stopped),
        ("running,unsent,idle,-,-", |it| it.memory.runs = false, up),
        (
            "running,unsent,idle,-,-",
            |_| {},
            &[(1, Stopping, OLD, LONG), (2, Stopping, OLD, LONG)],
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| (it.memory.runs, it.resumed) = (false, true),
            up,
        ),
        (
            "stopped,possible,idle,-,-",
            |it| (it.memory.runs, it.memory.order) = (false, Order::Possible),
            up,
        ),
        (
            "stopped,possible,idle,-,-",
            |it| it.memory.order = Order::Possible,
            stopped,
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| it.memory.power = Power::StartedByUser,
            stopped,
        ),
    ]);
}

#[test]
fn a_stop_has_its_effect_or_a_user_has_started_the_instance() {
    let up: Polls = &[(1, Running, NEW, LONG), (2, Running, NEW, LONG)];
    let down: Polls = &[(1, Stopping, OLD, LONG), (2, Stopped, OLD, LONG)];
    let started: Polls = &[(8, Running, OLD, 5), (9, Running, OLD, 5)];
    let restopped: Polls = &[(8, Stopping, OLD, 5), (9, Stopping, OLD, 5)];
    assert_memories(&[
        (
            "running,unsent,idle,-,up.1799910000",
            |it| it.memory.power = Power::StopPlanned,
            up,
        ),
        (
            "running,unsent,down,-,-",
            |it| it.memory.power = Power::StopPlanned,
            down,
        ),
        (
            "running,unsent,idle,-,up.1799910000",
            |it| it.memory.power = Power::Stopping(sent(0, true)),
            up,
        ),
        (
            "running,unsent,stopping.T000a,-,up.1799910000",
            |it| command(it, 0, Power::Stopping, true),
            up,
        ),
        (
            "running,unsent,down.T000,-,-",
            |it| command(it, 0, Power::Stopping, true),
            down,
        ),
        (
            "running,unsent,user-started,-,-",
            |it| command(it, 0, Power::Stopping, true),
            started,
        ),
        (
            "running,unsent,stopping.T000as,-,-",
            |it| command(it, 0, Power::Stopping, true),
            &[(1, Stopping, OLD, LONG)],
        ),
        (
            "running,unsent,down.T000,-,-",
            |it| command(it, 0, Power::Stopping, true),
            &[(1, Stopping, OLD, 0), (2, Stopping, OLD, 0)],
        ),
        (
            "running,unsent,down.T000,-,-",
            |it| {
                command(it, 0, Power::Stopping, true);
                it.started_before = Some(later(5).service);
            },
            &[(8, Stopping, OLD, 5), (9, Stopping, OLD, 5)],
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| {
                command(it, 0, Power::Stopping, true);
                it.started_before = Some(later(4).service);
            },
            &[(8, Stopping, OLD, 5), (9, Stopping, OLD, 5)],
        ),
        (
            "running,unsent,user-started,-,-",
            |it| command(it, 0, Power::Stopping, true),
            &[
                (1, Stopping, OLD, LONG),
                (2, Starting, OLD, LONG),
                (3, Starting, OLD, LONG),
            ],
        ),
        (
            "running,unsent,stopping.T000a,-,-",
            |it| command(it, 0, Power::Stopping, true),
            &[(1, Starting, OLD, LONG), (2, Starting, OLD, LONG)],
        ),
        (
            "running,unsent,user-started,-,-",
            |it| command(it, 0, Power::Stopping, true),
            &[(1, Stopping, OLD, LONG), (12, Running, OLD, LONG)],
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| command(it, 0, Power::Stopping, true),
            restopped,
        ),
        (
            "running,unsent,user-started,-,-",
            |it| it.memory.power = Power::Stopped(Some(now().service)),
            started,
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| it.memory.power = Power::Stopped(Some(now().service)),
            restopped,
        ),
        (
            "running,unsent,user-started,-,-",
            |it| it.memory.power = Power::Stopped(None),
            &[(1, Starting, OLD, LONG), (2, Running, OLD, LONG)],
        ),
        (
            "running,unsent,down,-,-",
            |it| it.memory.power = Power::Stopped(None),
            &[(10, Running, OLD, LONG)],
        ),
        (
            "running,unsent,user-started,-,-",
            |it| it.memory.power = Power::Stopped(None),
            &[(11, Running, OLD, LONG)],
        ),
    ]);
}

#[test]
fn a_start_has_its_effect_or_a_user_has_stopped_the_instance() {
    let start = |it: &mut State| command(it, 0, Power::Starting, false);
    let mut failed = run(Direction::Upgrade);
    for is_failed in [false, true] {
        start(&mut failed);
        if is_failed {
            fail(&mut failed, 0);
        }
        poll(
            &mut failed,
            &[(1, Running, OLD, LONG), (2, Running, OLD, LONG)],
        );
        assert_eq!(
            (failed.memory.power, failed.recovered),
            (Power::Idle, is_failed)
        );
    }
    assert_memories(&[
        (
            "running,unsent,starting.T000,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[(1, Running, OLD, LONG)],
        ),
        (
            "running,unsent,starting.T000s,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[(1, Starting, OLD, LONG)],
        ),
        (
            "running,unsent,idle,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[(1, Starting, OLD, LONG), (2, Running, OLD, LONG)],
        ),
        (
            "running,unsent,starting.T000,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[(1, Stopped, OLD, LONG), (2, Stopped, OLD, LONG)],
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[(1, Stopped, OLD, 1), (2, Stopped, OLD, 1)],
        ),
        (
            "running,unsent,starting.T000s,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[
                (1, Starting, OLD, LONG),
                (4, Stopped, OLD, LONG),
                (5, Stopped, OLD, LONG),
            ],
        ),
        // The start has failed at the service, as far as anybody knows.
        (
            "running,unsent,starting.T000s,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[
                (1, Starting, OLD, LONG),
                (8, Stopped, OLD, LONG),
                (9, Stopped, OLD, LONG),
            ],
        ),
        (
            "running,unsent,starting.T000s,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[(1, Starting, OLD, 1), (5, Stopped, OLD, 1)],
        ),
        (
            "stopped,unsent,idle,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[
                (1, Starting, OLD, 1),
                (5, Stopped, OLD, 1),
                (6, Stopped, OLD, 1),
            ],
        ),
        (
            "running,unsent,starting.T000s,-,-",
            |it| command(it, 0, Power::Starting, false),
            &[
                (1, Starting, OLD, 1),
                (4, Stopped, OLD, 1),
                (5, Stopped, OLD, 1),
            ],
        ),
    ]);
}
