//! What a plan says.

use aliyun_ecs::Resize;
use aliyun_ecs::resize::{Direction, Restart, Step, Warning};
use aliyun_ecs::simulator::SimulatedInstance;
use aliyun_ecs::types::MinuteTime;
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
        [Step::Stop, Step::Order, Step::Change, Step::Start]
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
