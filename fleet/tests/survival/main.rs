//! Workers are killed and suspended, and the database becomes unavailable: each instance is ordered once, and runs at
//! the end.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, with processes in real time"
)]

mod accounts;
mod database;
mod inputs;
mod metrics;
mod outcomes;
mod world;

use std::collections::HashSet;
use std::io::Write;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rust_decimal::Decimal;

use database::Database;
use world::{World, check_orders};

/// How long the resizes of a test may take on a busy machine. On two quiet cores, those of 500 take about a minute.
const DEADLINE: Duration = Duration::from_secs(300);

fn workers_are_killed(database: Database, instances: usize) {
    let world = World::new(&database, instances);
    world.plan();
    // Cheaper than planned.
    world
        .simulator
        .set_price("ecs.g5.xlarge", Decimal::from(77), Decimal::ZERO);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut workers: Vec<_> = (0..4).map(|_| world.worker(25)).collect();
    let (begun, mut kills) = (Instant::now(), 0);
    while world.open() > 0 {
        assert!(begun.elapsed() < DEADLINE, "{}", world.status());
        world.check_totals();
        std::thread::sleep(Duration::from_millis(400 + next(800)));
        let victim = usize::try_from(next(4)).unwrap();
        workers[victim].signal(Signal::SIGKILL);
        kills += 1;
        workers[victim] = world.worker(25);
    }
    for worker in &mut workers {
        assert!(worker.wait().success());
    }
    // Only a restart may happen twice, if a worker was killed right after it.
    assert_eq!(world.accepted("StopInstance").len(), instances / 2);
    assert_eq!(world.accepted("StartInstance").len(), instances / 2);
    let restarts = world.accepted("RebootInstance").len();
    println!(
        "{instances} instances, {kills} kills, {restarts} restarts, {:?}",
        begun.elapsed()
    );
    assert!(kills > 3);
    world.check();
}

#[test]
fn killed_workers_lose_nothing_and_order_nothing_twice() {
    workers_are_killed(Database::sqlite(), 500);
}

#[cfg(feature = "postgres")]
#[test]
fn killed_workers_lose_nothing_and_order_nothing_twice_on_postgres() {
    let Some(database) = Database::postgres() else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    workers_are_killed(database, 500);
}

fn a_suspended_worker_does_no_harm(database: Database) {
    let world = World::new(&database, 12);
    world.plan();
    let mut first = world.worker(12);
    // In the middle: some instances are stopped, some ordered.
    world.wait_until("instances are stopped", || world.stopped() >= 4);
    first.suspend();
    // Not within a request, which could arrive late, nor within a write, which locks SQLite.
    while !(world.has_all_outcomes() && database.is_free()) {
        first.signal(Signal::SIGCONT);
        std::thread::sleep(Duration::from_millis(20));
        first.suspend();
    }
    let restarted = world.accepted("RebootInstance");
    let mut second = world.worker(12);
    assert!(second.wait().success(), "{}", world.status());
    world.check();
    let changes = world.changes().len();
    first.signal(Signal::SIGCONT);
    assert!(first.wait().success());
    assert_eq!(
        world.changes().len(),
        changes,
        "{:?}",
        &world.changes()[changes..]
    );
    world.check();
    // The worker that took over cannot know whether the restart of the other one has had its effect.
    world.check_interruptions_except(&restarted);
}

#[test]
fn a_worker_that_is_suspended_for_longer_than_its_lease_does_no_harm() {
    a_suspended_worker_does_no_harm(Database::sqlite());
}

#[cfg(feature = "postgres")]
#[test]
fn a_worker_that_is_suspended_for_longer_than_its_lease_does_no_harm_on_postgres() {
    match Database::postgres() {
        Some(database) => a_suspended_worker_does_no_harm(database),
        None => println!("skipped: PostgreSQL is not installed"),
    }
}

#[test]
fn workers_wait_while_the_database_is_locked() {
    let database = Database::sqlite();
    let world = World::new(&database, 12);
    world.plan();
    let mut workers: Vec<_> = (0..2).map(|_| world.worker(6)).collect();
    world.wait_until("instances are stopped", || world.stopped() >= 4);
    let lock = database.lock();
    let changes = world.changes().len();
    // Longer than the lease and than the timeout for locks.
    std::thread::sleep(Duration::from_secs(8));
    // What was stored before the lock may be sent: one change for each resize that ran.
    let sent = world.changes().len() - changes;
    assert!(sent <= 12, "{sent} changes were sent without the store");
    let settled = world.changes().len();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(world.changes().len(), settled);
    drop(lock);
    for worker in &mut workers {
        assert!(worker.wait().success(), "{}", world.status());
    }
    world.check();
    world.check_interruptions();
}

#[cfg(feature = "postgres")]
#[test]
fn workers_wait_while_postgres_is_down() {
    let Some(mut database) = Database::postgres() else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    let world = World::new(&database, 12);
    world.plan();
    let mut workers: Vec<_> = (0..2).map(|_| world.worker(6)).collect();
    world.wait_until("instances are stopped", || world.stopped() >= 4);
    database.stop();
    std::thread::sleep(Duration::from_secs(5));
    database.start();
    for worker in &mut workers {
        assert!(worker.wait().success(), "{}", world.status());
    }
    world.check();
    world.check_interruptions();
}

#[test]
fn a_cancelled_fleet_leaves_no_instance_stopped() {
    let database = Database::sqlite();
    let world = World::new(&database, 20);
    world.plan();
    let mut worker = world.worker(6);
    world.wait_until("instances are stopped", || world.stopped() >= 2);
    let printed = world.fleet(&["cancel"]);
    assert!(printed.contains("cancelled before they began"), "{printed}");
    worker.wait();
    assert_eq!(world.stopped(), 0);
    let report = world.report();
    assert!(
        report["groups"]["cancelled"].as_u64() >= Some(8),
        "{}",
        report["groups"]
    );
    assert!(world.simulator.orders().len() < 20);
    check_orders(&report, &[&world.simulator]);
}

#[test]
fn a_reader_that_does_not_read_blocks_neither_resizes_nor_signals() {
    let database = Database::sqlite();
    let world = World::new(&database, 8);
    world.plan();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let output = writer.try_clone().unwrap();
    // Fills the pipe, and ends with the reader.
    std::thread::spawn(move || writer.write_all(&[b'\n'; 4 << 20]));
    let mut worker = world.worker_to(output, &["--concurrency", "8"]);
    world.wait_until("all have ended", || world.open() == 0);
    world.check();
    // The last lines still wait for the reader.
    for _ in 0..2 {
        worker.signal(Signal::SIGTERM);
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(worker.wait().code(), Some(130));
    drop(reader);
}

#[test]
fn no_further_resize_begins_after_too_many_failures() {
    let database = Database::sqlite();
    let world = World::new(&database, 20);
    world.plan();
    // The price rises after the plans were accepted.
    world
        .simulator
        .set_price("ecs.g5.xlarge", Decimal::from(9_000), Decimal::ZERO);
    let mut worker = world.worker_with(&["--concurrency", "2"]);
    assert!(!worker.wait().success());
    let halted = "too many have failed (max_failures 0); see `fleet report`";
    assert_eq!(world.log().matches(halted).count(), 1, "{}", world.log());
    let report = world.report();
    let count = |group: &str| report["groups"][group].as_u64().unwrap_or(0);
    assert!(
        count("failed") >= 1 && count("not_begun") >= 10,
        "{}",
        report["groups"]
    );
    let orders = world.simulator.orders();
    let upgrades = orders
        .iter()
        .filter(|order| order.to_type() == "ecs.g5.xlarge")
        .count();
    assert_eq!(
        upgrades, 0,
        "none is ordered at another price than that of its plan"
    );
    check_orders(&report, &[&world.simulator]);
    // With the old price, and failures allowed, the same plans are carried out.
    world
        .simulator
        .set_price("ecs.g5.xlarge", world::PRICE, Decimal::ZERO);
    let mut worker = world.worker_with(&["--concurrency", "5", "--retry-failed"]);
    assert!(worker.wait().success(), "{}", world.status());
    world.check();
    assert_eq!(world.log().matches(halted).count(), 1);
}

#[test]
fn the_report_has_the_prices_of_orders_whose_worker_was_killed() {
    let database = Database::sqlite();
    let world = World::new(&database, 12);
    world.plan();
    world
        .simulator
        .set_price("ecs.g5.xlarge", Decimal::from(77), Decimal::ZERO);
    let mut first = world.worker(12);
    world.wait_until("some are ordered", || world.simulator.orders().len() >= 4);
    first.signal(Signal::SIGKILL);
    world.check_totals();
    let mut second = world.worker(12);
    assert!(second.wait().success(), "{}", world.status());
    world.check();
}

#[test]
fn a_percentage_of_the_resizes_may_fail() {
    let database = Database::sqlite();
    let world = World::new(&database, 20);
    world.plan();
    world
        .simulator
        .set_price("ecs.g5.xlarge", Decimal::from(9_000), Decimal::ZERO);
    let mut worker = world.worker_with(&["--concurrency", "1", "--max-failures", "10%"]);
    assert!(!worker.wait().success());
    let report = world.report();
    // Two of twenty may fail. Every second resize fails.
    assert_eq!(report["groups"]["failed"], 3, "{}", report["groups"]);
    assert!(report["groups"]["not_begun"].as_u64() >= Some(10));
}

#[test]
fn of_concurrent_plans_for_the_same_instances_one_is_stored() {
    let database = Database::sqlite();
    let world = World::new(&database, 4);
    let results: Vec<_> = std::thread::scope(|scope| {
        let plans: Vec<_> = (0..3).map(|_| scope.spawn(|| world.try_plan())).collect();
        plans.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    for error in errors {
        assert!(error.contains("has a resize that has not ended"), "{error}");
    }
}

#[test]
fn a_second_plan_for_an_instance_under_way_is_rejected() {
    let database = Database::sqlite();
    let world = World::new(&database, 2);
    world.plan();
    let error = world.try_plan().unwrap_err();
    assert!(error.contains("has a resize that has not ended"), "{error}");
    let ids: HashSet<_> = world
        .simulator
        .orders()
        .iter()
        .map(|it| it.instance_id().to_owned())
        .collect();
    assert!(ids.is_empty());
}
