//! Faults of the account, and instances that behave in unusual ways.

use std::time::Duration;

use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
use aliyun_ecs::simulator::{
    Fault, InstanceStatus, OrderStatus, SimulatedInstance, Simulator, SimulatorBuilder,
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;

const STEP: Duration = Duration::from_secs(10);

fn slow() -> SimulatorBuilder {
    Simulator::builder().transition(STEP).order_processing(STEP)
}

fn instance() -> SimulatedInstance {
    SimulatedInstance::new("i-1", "ecs.g5.large")
}

async fn simulator_with(instance: SimulatedInstance) -> Simulator {
    let simulator = slow().start().await.unwrap();
    simulator.add_instance(instance);
    simulator
}

fn power(action: &str) -> Call {
    Call::v1(action).with("InstanceId", "i-1")
}

async fn described(simulator: &Simulator) -> Value {
    let call = Call::v1("DescribeInstances").with("RegionId", "cn-hangzhou");
    call.send(simulator).await.json()["Instances"]["Instance"][0].clone()
}

#[tokio::test]
async fn an_order_can_stay_unpaid_although_it_pays_automatically() {
    let simulator = simulator_with(instance()).await;
    simulator.fail_next(Fault::unpaid_order());
    let call = || {
        Call::change()
            .with("AutoPay", "true")
            .with("ClientToken", "t")
    };
    let order_id = call().send(&simulator).await.text("OrderId");
    simulator.advance_world(STEP * 10);
    assert_eq!(simulator.orders()[0].status(), OrderStatus::Abnormal);
    assert_eq!(described(&simulator).await["InstanceType"], "ecs.g5.large");
    assert_eq!(call().send(&simulator).await.text("OrderId"), order_id);
    let blocked = Call::change().send(&simulator).await;
    blocked.rejected(400, "InvalidInstance.UnpaidOrder", "The specified");
    // It can only be cancelled.
    assert!(!simulator.pay_order(&order_id) && simulator.cancel_order(&order_id));
    assert_eq!(Call::change().send(&simulator).await.status, 200);
}

#[tokio::test]
async fn an_order_can_fail_after_it_was_accepted() {
    let simulator = simulator_with(instance()).await;
    simulator.fail_next(Fault::failed_order());
    let order_id = Call::change().send(&simulator).await.text("OrderId");
    assert_eq!(simulator.orders()[0].status(), OrderStatus::Processing);
    simulator.advance_world(STEP);
    assert_eq!(simulator.orders()[0].status(), OrderStatus::Failed);
    assert!(!simulator.fail_order(&order_id));
    assert_eq!(described(&simulator).await["InstanceType"], "ecs.g5.large");

    let second = Call::change().send(&simulator).await.text("OrderId");
    assert!(simulator.fail_order(&second));
    simulator.advance_world(STEP);
    assert_eq!(simulator.orders()[1].status(), OrderStatus::Failed);
    assert_eq!(described(&simulator).await["InstanceType"], "ecs.g5.large");
}

#[tokio::test]
async fn a_price_can_change_between_quote_and_order() {
    let simulator = simulator_with(instance()).await;
    simulator.set_price("ecs.g5.xlarge", 100, 20);
    simulator.fail_next(Fault::price_change(500, 0));
    // Both meet the same request: one the account, one the response.
    simulator.fail_next(Fault::trickle(Duration::from_millis(20)));
    let quote = || {
        Call::v1("DescribeInstanceModificationPrice")
            .with("RegionId", "cn-hangzhou")
            .with("InstanceId", "i-1")
            .with("InstanceType", "ecs.g5.xlarge")
    };
    let price = |json: Value| json["PriceInfo"]["Price"]["TradePrice"].as_f64();
    assert_eq!(price(quote().send(&simulator).await.json()), Some(80.0));
    assert_eq!(Call::change().send(&simulator).await.status, 200);
    assert_eq!(simulator.orders()[0].price(), Decimal::from(500));
    assert_eq!(price(quote().send(&simulator).await.json()), Some(500.0));
}

#[tokio::test]
async fn a_power_operation_can_conflict() {
    let simulator = simulator_with(instance().stopped()).await;
    simulator.fail_next(Fault::conflict().on("StartInstance").times(2));
    let message = "Request was denied due to conflict with a previous request";
    for _ in 0..2 {
        let response = power("StartInstance").send(&simulator).await;
        response.rejected(409, "InvalidOperation.Conflict", message);
    }
    assert_eq!(power("StartInstance").send(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_reboot_can_be_hidden() {
    let simulator = simulator_with(instance().hides_reboots()).await;
    let before = described(&simulator).await["StartTime"].clone();
    assert_eq!(power("RebootInstance").send(&simulator).await.status, 200);
    for _ in 0..40 {
        assert_eq!(described(&simulator).await["Status"], "Running");
        simulator.advance_world(STEP / 20);
    }
    assert_ne!(described(&simulator).await["StartTime"], before);
}

#[tokio::test]
async fn a_start_time_can_be_missing_or_stay_the_same() {
    let simulator = simulator_with(instance().hides_start_time()).await;
    assert_eq!(described(&simulator).await["StartTime"], "");

    let simulator = simulator_with(instance().keeps_start_time()).await;
    let before = described(&simulator).await["StartTime"].clone();
    assert_eq!(Call::change().send(&simulator).await.status, 200);
    simulator.advance_world(STEP);
    assert_eq!(power("RebootInstance").send(&simulator).await.status, 200);
    simulator.advance_world(STEP * 3);
    let instance = simulator.instance("i-1").unwrap();
    assert_eq!(instance.effective_type(), "ecs.g5.xlarge");
    assert_eq!(described(&simulator).await["StartTime"], before);
}

#[tokio::test]
async fn reads_can_show_an_older_state() {
    let builder = slow().read_lag(Duration::from_secs(5));
    let simulator = builder.start().await.unwrap();
    simulator.add_instance(instance());
    assert_eq!(power("StopInstance").send(&simulator).await.status, 200);
    let status = || async { described(&simulator).await["Status"].clone() };
    assert_eq!(status().await, "Running");
    simulator.advance_world(Duration::from_secs(6));
    assert_eq!(status().await, "Stopping");
    simulator.advance_world(Duration::from_secs(6));
    // Stopped for two seconds, which only writes know.
    assert_eq!(status().await, "Stopping");
    let stopped = simulator.instance("i-1").unwrap().status();
    assert_eq!(stopped, InstanceStatus::Stopped);
    assert_eq!(power("StartInstance").send(&simulator).await.status, 200);
    simulator.advance_world(Duration::from_secs(30));
    assert_eq!(status().await, "Running");
}

#[tokio::test]
async fn a_guest_can_ignore_a_stop_until_it_is_forced() {
    let simulator = simulator_with(instance().ignores_stop()).await;
    assert_eq!(power("StopInstance").send(&simulator).await.status, 200);
    simulator.advance_world(STEP * 100);
    assert_eq!(described(&simulator).await["Status"], "Stopping");
    let again = power("StopInstance").send(&simulator).await;
    again.rejected(403, "IncorrectInstanceStatus", "The current status");
    let forced = power("StopInstance").with("ForceStop", "True");
    assert_eq!(forced.send(&simulator).await.status, 200);
    simulator.advance_world(STEP);
    assert_eq!(described(&simulator).await["Status"], "Stopped");
}

#[tokio::test]
async fn downgrades_are_counted_by_month() {
    let simulator = simulator_with(instance().stopped().with_downgrades_used(3)).await;
    let downgrade = || Call::change().with("InstanceType", "ecs.c6.large");
    let response = downgrade().send(&simulator).await;
    response.rejected(400, "InstanceDowngrade.QuotaExceed", "Quota");
    simulator.advance_world(Duration::from_secs(32 * 86_400));
    assert_eq!(downgrade().send(&simulator).await.status, 200);
    assert_eq!(simulator.instance("i-1").unwrap().downgrades_used(), 1);
}

#[tokio::test]
async fn a_temporary_change_blocks_others_and_ends() {
    let simulator = simulator_with(instance()).await;
    let call = Call::change().with("EndTime", "2999-01-01T12:05Z");
    assert_eq!(call.send(&simulator).await.status, 200);
    simulator.advance_world(STEP);
    assert_eq!(described(&simulator).await["InstanceType"], "ecs.g5.xlarge");
    let other = Call::change().with("InstanceType", "ecs.g5.2xlarge");
    let response = other.send(&simulator).await;
    response.rejected(
        400,
        "InvalidAction.WithActiveElasticUpgrade",
        "The instance",
    );
    simulator.advance_world(Duration::from_secs(1_000 * 366 * 86_400));
    assert_eq!(described(&simulator).await["InstanceType"], "ecs.g5.large");
}

#[tokio::test]
async fn one_setting_speeds_up_simulator_and_client() {
    let hour = Duration::from_secs(3_600);
    let builder = Simulator::builder().order_processing(hour).speed(100_000);
    let simulator = builder.start().await.unwrap();
    simulator.add_instance(instance());
    let client = simulator.client_builder().build().unwrap();
    // The client waits for twelve of its seconds, and the order is processed within an hour of simulated time.
    simulator.fail_next(Fault::throttled(Duration::from_secs(12)));
    let request = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g5.xlarge");
    let response = client.modify_prepay_instance_spec(request.build().unwrap());
    response.await.unwrap();
    while !simulator.orders()[0].processed() {
        tokio::task::yield_now().await;
    }
    assert_eq!(described(&simulator).await["InstanceType"], "ecs.g5.xlarge");
}
