//! Many resizes in one process.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use aliyun_ecs::resize::{
    FleetEvent, FleetOptions, FleetReport, FleetRun, MaxFailures, ResizeErrorKind, ResumeKey,
};
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Resize};
use rust_decimal::Decimal;

use crate::support::{LARGE, SMALL};

/// A simulator with this many running instances, `i-0` and so on, whose time passes a thousand times as fast.
async fn fleet(instances: usize) -> (Simulator, Client) {
    let simulator = Simulator::builder()
        .transition(Duration::from_secs(5))
        .order_processing(Duration::from_secs(5))
        .speed(1_000)
        .start()
        .await
        .unwrap();
    for number in 0..instances {
        simulator.add_instance(SimulatedInstance::new(id(number), SMALL).running());
    }
    let client = simulator.client_builder().build().unwrap();
    (simulator, client)
}

/// A long timeout: on a busy machine, delays count a thousandfold.
const TIMEOUT: Duration = Duration::from_secs(100_000);

fn id(number: usize) -> String {
    format!("i-{number}")
}

fn resize(number: usize) -> Resize {
    let resize = Resize::builder(id(number), LARGE).max_price(10_000);
    resize.timeout(TIMEOUT).build().unwrap()
}

fn options(concurrency: usize, max_failures: MaxFailures) -> FleetOptions {
    FleetOptions::default()
        .with_concurrency(concurrency)
        .with_max_failures(max_failures)
}

/// Drives the fleet to its end, and returns the largest number of resizes that ran concurrently.
async fn drive(mut fleet: FleetRun) -> (usize, FleetReport) {
    let (mut running, mut most) = (BTreeSet::new(), 0);
    while let Some((id, event)) = fleet.next().await {
        match event {
            FleetEvent::Resize(event) if event.kind().as_str() == "finished" => running.remove(&id),
            FleetEvent::Resize(_) => running.insert(id),
            _ => running.remove(&id),
        };
        most = most.max(running.len());
    }
    (most, fleet.await)
}

#[tokio::test]
async fn every_instance_is_changed_within_the_maximum_concurrency() {
    let (simulator, client) = fleet(12).await;
    let fleet = client.resize_many((0..12).map(resize), options(3, MaxFailures::Count(0)));
    let (most, report) = drive(fleet).await;
    assert!(report.is_success(), "{report}");
    assert_eq!((most, report.finished().len()), (3, 12));
    assert_eq!(simulator.orders().len(), 12);
    let [total] = &report.total_price()[..] else {
        panic!("{report}");
    };
    assert_eq!(total.currency, "CNY");
    assert!(
        report
            .to_string()
            .starts_with("12 of 12 finished, 0 failed, 0 cancelled, 0 not begun; ordered for "),
        "{report}"
    );
}

#[tokio::test]
async fn after_a_failure_no_further_resize_begins() {
    let (simulator, client) = fleet(6).await;
    let rejected = Fault::service_error(403, "Forbidden.RAM", "not you");
    simulator.fail_next(rejected.on("ModifyPrepayInstanceSpec"));
    let fleet = client.resize_many((0..6).map(resize), options(1, MaxFailures::Count(0)));
    let (_, report) = drive(fleet).await;
    assert_eq!((report.finished().len(), report.failed().len()), (0, 1));
    assert_eq!(report.not_begun().len(), 5);
    assert!(!report.is_success());
    let text = report.to_string();
    assert!(
        text.contains("\ni-0: ") && text.contains("Forbidden.RAM"),
        "{text}"
    );
    assert!(text.ends_with("\ni-5: not begun"), "{text}");
}

#[tokio::test]
async fn failures_within_the_maximum_are_tolerated() {
    let (simulator, client) = fleet(8).await;
    let rejected = Fault::service_error(403, "Forbidden.RAM", "not you").times(2);
    simulator.fail_next(rejected.on("ModifyPrepayInstanceSpec"));
    let fleet = client.resize_many((0..8).map(resize), options(2, MaxFailures::Percent(25)));
    let (_, report) = drive(fleet).await;
    assert_eq!(
        (report.finished().len(), report.failed().len()),
        (6, 2),
        "{report}"
    );
    assert_eq!(report.not_begun().len(), 0);
}

#[tokio::test]
async fn a_cancelled_fleet_leaves_no_instance_stopped_and_begins_no_further_resize() {
    let (simulator, client) = fleet(0).await;
    for number in 0..9 {
        simulator.add_instance(SimulatedInstance::new(id(number), LARGE).running());
    }
    let down = (0..9).map(|number| {
        Resize::builder(id(number), SMALL)
            .timeout(TIMEOUT)
            .build()
            .unwrap()
    });
    let mut fleet = client.resize_many(down, options(3, MaxFailures::Count(0)));
    let cancel = fleet.cancel_handle();
    while let Some((_, event)) = fleet.next().await {
        // One is stopped, or about to be.
        if let FleetEvent::Resize(event) = event
            && event.to_string().contains("stop")
        {
            cancel.cancel();
        }
    }
    let report = fleet.await;
    assert_eq!(report.not_begun().len(), 6, "{report}");
    assert!(
        report.failed().is_empty() && !report.is_success(),
        "{report}"
    );
    for (id, error) in report.cancelled() {
        assert!(
            matches!(error.kind(), ResizeErrorKind::Cancelled),
            "{id}: {error}"
        );
    }
    for number in 0..9 {
        let instance = simulator.instance(&id(number)).unwrap();
        assert_eq!(instance.status().as_str(), "Running", "{report}");
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_cancel_wakes_a_fleet_that_waits() {
    let (_simulator, client) = fleet(1).await;
    let mut fleet = client.resize_many([resize(0)], options(1, MaxFailures::Count(0)));
    let cancel = fleet.cancel_handle();
    while let Some((_, FleetEvent::Resize(event))) = fleet.next().await {
        if event.kind().as_str() == "waiting" {
            break;
        }
    }
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    while pin!(fleet.next()).poll(&mut context).is_ready() {}
    woken.0.store(false, Ordering::SeqCst);
    cancel.cancel();
    assert!(woken.0.load(Ordering::SeqCst));
}

#[tokio::test]
async fn orders_of_a_cancelled_fleet_are_part_of_its_total_price() {
    let (simulator, client) = fleet(4).await;
    let mut fleet = client.resize_many((0..4).map(resize), options(2, MaxFailures::Count(0)));
    let cancel = fleet.cancel_handle();
    while let Some((_, event)) = fleet.next().await {
        if let FleetEvent::Resize(event) = event
            && event.kind().as_str() == "ordered"
        {
            cancel.cancel();
        }
    }
    let report = fleet.await;
    assert!(!report.cancelled().is_empty(), "{report}");
    let charged: Decimal = simulator.orders().iter().map(|order| order.price()).sum();
    let totals: Vec<_> = report.total_price().iter().map(|it| it.price).collect();
    assert_eq!(totals, [charged], "{report}");
}

#[tokio::test]
async fn resizes_of_one_instance_run_one_after_the_other() {
    let (simulator, client) = fleet(1).await;
    let up = resize(0);
    let down = Resize::builder(id(0), SMALL)
        .timeout(TIMEOUT)
        .build()
        .unwrap();
    let fleet = client.resize_many([up, down], options(5, MaxFailures::Count(0)));
    let (most, report) = drive(fleet).await;
    assert!(report.is_success(), "{report}");
    assert_eq!(most, 1);
    let instance = simulator.instance(&id(0)).unwrap();
    assert_eq!(
        (instance.effective_type(), simulator.orders().len()),
        (SMALL, 2)
    );
}

#[tokio::test]
async fn a_fleet_that_dies_is_resumed_from_its_keys() {
    for events in [1, 7, 20, 40] {
        let (simulator, client) = fleet(6).await;
        let mut waiting: BTreeMap<String, Resize> =
            (0..6).map(|number| (id(number), resize(number))).collect();
        let mut keys: BTreeMap<String, ResumeKey> = BTreeMap::new();
        let mut fleet =
            client.resize_many(waiting.values().cloned(), options(4, MaxFailures::Count(0)));
        for _ in 0..events {
            let Some((id, FleetEvent::Resize(event))) = fleet.next().await else {
                break;
            };
            keys.insert(id.to_string(), event.resume_key().clone());
        }
        drop(fleet);
        waiting.retain(|id, _| !keys.contains_key(id));
        let resumed = keys
            .into_values()
            .map(|key| Resize::resume(key).timeout(TIMEOUT).build().unwrap());
        let again = resumed.chain(waiting.into_values());
        let fleet = client.resize_many(again, options(4, MaxFailures::Count(0)));
        let (_, report) = drive(fleet).await;
        assert!(report.is_success(), "{events}: {report}");
        assert_eq!(simulator.orders().len(), 6, "{events}");
        for number in 0..6 {
            let instance = simulator.instance(&id(number)).unwrap();
            assert_eq!(instance.effective_type(), LARGE, "{events}");
        }
    }
}
