//! What the report says of an order, and what may be planned or retried afterwards.

use aliyun_ecs::simulator::{Fault, SimulatedInstance};
use rust_decimal::Decimal;

use crate::database::Database;
use crate::world::World;

/// The instance that a world upgrades, if it has two.
const UPGRADED: &str = "i-fleet0001";
const DOWNGRADED: &str = "i-fleet0000";

#[test]
fn a_resize_whose_price_has_risen_has_certainly_ordered_nothing_and_a_new_plan_replaces_it() {
    let database = Database::sqlite();
    let world = World::new(&database, 2);
    world.plan();
    world
        .simulator
        .set_price("ecs.g5.xlarge", 200, Decimal::ZERO);
    assert!(!world.worker(2).wait().success());
    let report = world.report();
    let failed = &report["jobs"][1];
    assert_eq!(
        (&failed["outcome"], &failed["order_state"]),
        (&"price_too_high".into(), &"not_placed".into())
    );
    assert_eq!(report["may_be_ordered"], serde_json::json!({}));

    // Wrong options are rejected before anything is reopened.
    let arguments = ["--retry-failed", "--rate", "0"];
    assert!(!world.worker_with(&arguments).wait().success());
    assert_eq!(world.open(), 0);

    world.try_plan().unwrap();
    // The new plan has the instance, so the old one is not retried.
    let arguments = ["--retry-failed", "--max-failures", "1"];
    world.worker_with(&arguments).wait();
    let report = world.report();
    assert_eq!(report["ordered"]["CNY"], "200.0", "{report}");
    assert_eq!(world.simulator.orders().len(), 2);
}

#[test]
fn a_type_that_somebody_else_has_set_is_not_reported_as_ordered() {
    let database = Database::sqlite();
    let world = World::new(&database, 2);
    world.plan();
    let changed = SimulatedInstance::new(UPGRADED, "ecs.g5.xlarge").running();
    world.simulator.add_instance(changed);
    assert!(world.worker(2).wait().success());
    let report = world.report();
    assert_eq!(report["jobs"][1]["outcome"], "already_that_type");
    assert_eq!(report["jobs"][1]["order_state"], "not_placed");
    assert_eq!(report["ordered"], serde_json::json!({}));
    assert_eq!(world.accepted("RebootInstance"), [""; 0]);
}

#[test]
fn the_maximum_price_of_a_downgrade_is_not_reported_as_its_price() {
    let database = Database::sqlite();
    let world = World::new(&database, 1);
    let csv = format!("instance_id,instance_type,max_price\n{DOWNGRADED},ecs.g5.large,500\n");
    std::fs::write(database.folder().join("instances.csv"), csv).unwrap();
    world.plan();
    assert!(world.worker(1).wait().success());
    let report = world.report();
    assert_eq!(report["ordered"], serde_json::json!({}));
    world.check();
}

#[test]
fn a_cancelled_resize_that_leaves_its_instance_stopped_has_failed() {
    let database = Database::sqlite();
    let world = World::new(&database, 1);
    world.plan();
    let fault = Fault::close_before_response().on("StartInstance");
    world.simulator.fail_next(fault.times(usize::MAX));
    let mut worker = world.worker(1);
    world.wait_until("it is ordered", || !world.simulator.orders().is_empty());
    world.fleet(&["cancel"]);
    assert!(!worker.wait().success());
    let job = &world.report()["jobs"][0];
    assert_eq!(job["group"], "failed", "{job}");
    assert!(
        job["message"].as_str().unwrap().contains("STOPPED"),
        "{job}"
    );

    world.simulator.clear_faults();
    assert!(world.worker_with(&["--retry-failed"]).wait().success());
    world.check();
}
