//! What a plan says.

use std::error::Error;

use aliyun_ecs::resize::{Completion, Direction, Restart, Step, Warning};
use aliyun_ecs::simulator::SimulatedInstance;
use aliyun_ecs::types::MinuteTime;
use aliyun_ecs::{Client, Credentials, Resize, RetryConfig};
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, to};

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

#[tokio::test]
async fn the_plan_of_an_upgrade_is_one_aligned_screen() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_price(LARGE, cents(17_520), cents(6_132));
    let intent = to(LARGE).client_token("token").build().unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    assert_eq!(plan.quote().unwrap().to_string(), "113.88 CNY");
    assert_eq!(plan.direction(), Some(Direction::Upgrade));
    assert_eq!(plan.instance().instance_id, ID);
    assert!(plan.warnings().is_empty());
    let text = plan.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "instance      i-test  simulated-i-test  Running in cn-hangzhou-e"
    );
    assert_eq!(lines[1], "upgrade       from  ecs.g5.large   2 vCPU  8 GiB");
    assert_eq!(
        lines[2],
        "              to    ecs.g5.xlarge  4 vCPU  16 GiB"
    );
    assert!(lines[3].starts_with("price         113.88 CNY (reduced from 175.20), until 20"));
    assert_eq!(lines[4], "steps         1. order the change");
    assert_eq!(
        lines[5],
        "              2. wait until the new type is shown"
    );
    assert_eq!(lines[6], "              3. restart the instance");
    assert_eq!(lines[7], "interruption  one restart");
    assert!(
        lines[8].starts_with("resume key    i-test/ecs.g5.large/ecs.g5.xlarge/upgrade/running/")
    );
    assert!(lines[8].ends_with("/token"));
    assert_eq!(lines.len(), 9);
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn the_plan_of_a_downgrade_says_that_no_price_is_told() {
    let rig = Rig::running(LARGE).await;
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    assert_eq!(
        plan.steps(),
        [Step::Stop, Step::Order, Step::AwaitChange, Step::Start]
    );
    assert_eq!(
        (plan.quote(), plan.warnings()),
        (None, &[Warning::Refund][..])
    );
    assert!(
        plan.to_string()
            .contains("price         not told for a downgrade")
    );
    let asked = rig.simulator.requests();
    assert!(
        asked
            .iter()
            .all(|it| it.action() != "DescribeInstanceModificationPrice")
    );
}

#[tokio::test]
async fn the_plan_for_the_type_it_has_is_no_steps() {
    let rig = Rig::running(LARGE).await;
    let plan = rig.client.plan_resize(&resize(LARGE)).await.unwrap();
    assert_eq!((plan.steps(), plan.direction()), (&[][..], None));
    assert!(
        plan.to_string()
            .ends_with("none: it is ecs.g5.xlarge already")
    );
}

#[tokio::test]
async fn warnings_name_what_the_change_brings_along() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).running().windows()).await;
    rig.simulator.add_instance_type("ecs.g8i.xlarge", 4, 16);
    rig.simulator
        .set_price("ecs.g8i.xlarge", cents(2_000), cents(0));
    let intent = to("ecs.g8i.xlarge")
        .restart(Restart::Never)
        .migrate_across_zone(true)
        .auto_pay(false)
        .max_price(cents(1_999))
        .build()
        .unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    let [
        Warning::OverLimit(limit),
        Warning::Unpaid,
        Warning::NotInEffect,
        Warning::Migration,
        Warning::EnterpriseSsdOnly,
        Warning::Nvme(_),
    ] = plan.warnings()
    else {
        panic!("{:?}", plan.warnings());
    };
    assert_eq!(*limit, cents(1_999));
    let text = plan.to_string();
    let first = "warnings      - the price is above the limit of 19.99: nothing will be ordered";
    let second = "              - the order waits to be paid in the console";
    assert!(text.contains(&format!("\n{first}\n{second}")), "{text}");
    assert_eq!(plan.steps(), [Step::Order]);
    assert_eq!(plan.quote().unwrap().to_string(), "20.00 CNY");
}

#[tokio::test]
async fn a_price_that_cannot_be_asked_is_a_warning() {
    let rig = Rig::running(SMALL).await;
    let fault = aliyun_ecs::simulator::Fault::service_error(400, "PriceNotFound", "No price.");
    rig.simulator
        .fail_next(fault.on("DescribeInstanceModificationPrice"));
    let plan = rig.client.plan_resize(&resize(LARGE)).await.unwrap();
    assert!(matches!(plan.warnings(), [Warning::PriceUnknown(why)] if why.contains("No price.")));
    assert!(
        plan.to_string().contains("\nprice         not asked\n"),
        "{plan}"
    );
}

#[tokio::test]
async fn a_plan_without_payment_does_not_say_paid_at_once() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).auto_pay(false).build().unwrap();
    let text = rig.client.plan_resize(&intent).await.unwrap().to_string();
    assert!(!text.contains("paid for at once"), "{text}");
}

#[tokio::test]
async fn a_plan_names_the_minute_of_the_restart_that_is_ordered() {
    let rig = Rig::running(SMALL).await;
    let time = "2099-01-01T10:00:30Z".parse().unwrap();
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let sent = MinuteTime::new(time).unwrap().to_datetime();
    let text = rig.client.plan_resize(&intent).await.unwrap().to_string();
    let sent = sent.format("%Y-%m-%d %H:%M UTC").to_string();
    assert!(text.contains(&sent), "{sent}: {text}");
}

#[tokio::test]
async fn a_plan_that_restarts_nothing_says_so() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let time = "2099-01-01T10:00:00Z".parse().unwrap();
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    assert!(plan.warnings().contains(&Warning::NotInEffect), "{plan}");
}

#[tokio::test]
async fn a_plan_does_not_promise_a_stop_that_the_run_refuses() {
    let rig = Rig::with(SimulatedInstance::new(ID, LARGE).stopped()).await;
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    rig.simulator.add_instance(rig.instance().running());
    let resumed = Resize::resume(plan.resume_key().clone()).build().unwrap();
    let planned = rig.client.plan_resize(&resumed).await.unwrap_err();
    let run = rig.refused(&resumed).await;
    assert_eq!(planned.to_string(), run.to_string());
    assert!(run.to_string().contains("its owner, who had stopped it"));
}

#[tokio::test]
async fn warnings_of_a_generation_or_a_driver_come_only_where_it_is_news() {
    let warned = async |from: &str, instance: fn(SimulatedInstance) -> SimulatedInstance| {
        let rig = Rig::with(instance(SimulatedInstance::new(ID, from))).await;
        for name in ["ecs.g7.large", "ecs.g8i.xlarge", "ecs.g8i.large"] {
            let vcpus = if name.ends_with("xlarge") { 4 } else { 2 };
            rig.simulator.add_instance_type(name, vcpus, 4 * vcpus);
        }
        let plan = rig.client.plan_resize(&resize("ecs.g8i.xlarge")).await;
        plan.unwrap().warnings().to_vec()
    };
    let linux = SimulatedInstance::running;
    assert_eq!(warned(SMALL, linux).await, [Warning::EnterpriseSsdOnly]);
    assert_eq!(warned("ecs.g7.large", linux).await, []);
    let windows = SimulatedInstance::windows;
    // What the type that it has needs as well is no news, but the image lacks it.
    assert!(matches!(
        &warned("ecs.g8i.large", windows).await[..],
        [Warning::Nvme(why)] if why.contains("the image lacks")
    ));
    assert!(matches!(
        &warned("ecs.g7.large", windows).await[..],
        [Warning::Nvme(why)] if why.contains("Windows")
    ));
}

#[tokio::test]
async fn a_plan_does_not_promise_a_restart_of_what_its_owner_has_stopped() {
    let rig = Rig::running(SMALL).await;
    let plan = rig.client.plan_resize(&resize(LARGE)).await.unwrap();
    rig.simulator.add_instance(rig.instance().stopped());
    let resumed = Resize::resume(plan.resume_key().clone()).build().unwrap();
    let plan = rig.client.plan_resize(&resumed).await.unwrap();
    assert_eq!(plan.steps(), [Step::Order, Step::AwaitChange], "{plan}");
    let report = rig.finished(&resumed).await;
    assert_eq!(report.completion(), Completion::PendingStart);
}

#[tokio::test]
async fn a_price_at_the_limit_is_no_warning() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_price(LARGE, cents(2_000), cents(0));
    let intent = to(LARGE).max_price(cents(2_000)).build().unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    assert_eq!(plan.warnings(), []);
}

#[tokio::test]
async fn a_plan_that_does_not_reach_the_service_has_the_cause_as_its_source() {
    let client = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    let error = client.plan_resize(&resize(LARGE)).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("looking at the instance failed: "),
        "{text}"
    );
    assert!(error.source().is_some(), "{text}");
}
