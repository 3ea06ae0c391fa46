//! The text of a plan, and the limits that an accepted plan sets.

use std::error::Error;

use aliyun_ecs::operation::DiskChange;
use aliyun_ecs::resize::{
    Check, CheckKind, CheckResult, Completion, Direction, ResizeErrorKind, ResizePlan, Restart,
    Step,
};
use aliyun_ecs::simulator::{Fault, SimulatedImage, SimulatedInstance};
use aliyun_ecs::types::{DiskCategory, MinuteTime, SystemDiskCategory};
use aliyun_ecs::{Client, Credentials, Resize, RetryConfig};
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, to};

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

/// The plan of an instance with one ESSD disk.
async fn plan(rig: &Rig, resize: &Resize) -> ResizePlan {
    plan_with_disk(rig, resize, "cloud_essd").await
}

async fn plan_with_disk(rig: &Rig, resize: &Resize, category: &str) -> ResizePlan {
    has_disk(rig, category);
    rig.client.plan_resize(resize).await.unwrap()
}

/// The next `DescribeDisks` returns one disk of this category.
fn has_disk(rig: &Rig, category: &str) {
    let disk = format!(r#"{{"DiskId": "d-1", "Category": "{category}", "Type": "system"}}"#);
    let body = format!(r#"{{"RequestId": "R", "Disks": {{"Disk": [{disk}]}}}}"#);
    let response = Fault::response(200, "application/json", body);
    rig.simulator.fail_next(response.on("DescribeDisks"));
}

/// The result of one check: `passed`, `warning`, `blocked` or `unknown`, and its text.
fn result(plan: &ResizePlan, kind: CheckKind) -> (&'static str, &str) {
    let check = plan.checks().iter().find(|check| check.kind == kind);
    let check: &Check = check.unwrap_or_else(|| panic!("{kind} is missing: {plan}"));
    (
        check.result.as_str(),
        check.result.text().unwrap_or_default(),
    )
}

/// The checks that did not pass.
fn remarks(plan: &ResizePlan) -> Vec<CheckKind> {
    let checks = plan.checks().iter();
    let found = checks.filter(|check| check.result != CheckResult::Passed);
    found.map(|check| check.kind).collect()
}

#[track_caller]
fn assert_no_price_was_read(rig: &Rig) {
    let requests = rig.simulator.requests();
    let mut actions = requests.iter().map(|it| it.action());
    assert!(actions.all(|action| action != "DescribeInstanceModificationPrice"));
}

#[tokio::test]
async fn the_plan_of_an_upgrade_is_one_aligned_screen() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_price(LARGE, cents(17_520), cents(6_132));
    let intent = to(LARGE).client_token("token").build().unwrap();
    let plan = plan(&rig, &intent).await;
    assert_eq!(plan.quote().unwrap().to_string(), "113.88 CNY");
    assert_eq!(plan.direction(), Some(Direction::Upgrade));
    assert_eq!(plan.instance().instance_id, ID);
    assert_eq!(remarks(&plan), []);
    let text = plan.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "instance      i-test  simulated-i-test  Running in cn-hangzhou-e",
            "upgrade       from  ecs.g5.large   2 vCPU  8 GiB",
            "              to    ecs.g5.xlarge  4 vCPU  16 GiB",
        ]
    );
    assert!(
        lines[3].starts_with("price         113.88 CNY (reduced from 175.20), until 20"),
        "{text}"
    );
    assert_eq!(
        lines[4..],
        [
            "steps         1. order the change",
            "              2. wait until the new type is shown",
            "              3. restart the instance",
            "interruption  one restart",
            "checks        15 passed",
            "client token  token",
        ]
    );
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn the_plan_of_a_downgrade_has_no_price() {
    let rig = Rig::running(LARGE).await;
    let plan = plan(&rig, &resize(SMALL)).await;
    assert_eq!(
        plan.steps(),
        [Step::Stop, Step::Order, Step::AwaitChange, Step::Start]
    );
    assert_eq!(plan.quote(), None);
    assert_eq!(remarks(&plan), [CheckKind::Refund]);
    assert!(
        plan.to_string()
            .contains("\nprice         not quoted for a downgrade"),
        "{plan}"
    );
    assert_no_price_was_read(&rig);
}

#[tokio::test]
async fn the_plan_for_the_current_type_has_no_steps() {
    let rig = Rig::running(LARGE).await;
    let plan = plan(&rig, &resize(LARGE)).await;
    assert_eq!((plan.steps(), plan.direction()), (&[][..], None));
    assert_eq!(plan.checks(), []);
    assert!(
        plan.to_string()
            .ends_with("none: it is ecs.g5.xlarge already")
    );
    assert!(plan.accept().is_ok());
}

#[tokio::test]
async fn an_accepted_plan_without_steps_orders_nothing_if_the_type_changes_before_its_run() {
    for now in [SMALL, "ecs.g5.2xlarge"] {
        let rig = Rig::running(LARGE).await;
        let intent = to(LARGE).candidates(["ecs.g6.xlarge", "ecs.g5.4xlarge"]);
        let plan = plan(&rig, &intent.build().unwrap()).await;
        let accepted = plan.accept().unwrap();
        assert_eq!(accepted.candidates().count(), 1);
        let (result, events) = rig.run(&accepted).await;
        assert_eq!(
            result.unwrap().completion(),
            Completion::AlreadyThatType,
            "it keeps to the plan"
        );
        let key = events[0].resume_key().clone();
        rig.simulator
            .add_instance(SimulatedInstance::new(ID, now).running());
        for outdated in [accepted, Resize::resume(key).build().unwrap()] {
            let error = rig.error_of(&outdated).await;
            assert!(
                matches!(error.kind(), ResizeErrorKind::PlanOutdated(_)),
                "{error}"
            );
        }
        assert!(rig.changes().is_empty());
    }
}

#[tokio::test]
async fn accepting_a_plan_binds_its_price_and_its_token() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_price(LARGE, cents(10_400), cents(0));
    let intent = to(LARGE).max_price(cents(50_000)).build().unwrap();
    let accepted = plan(&rig, &intent).await.accept().unwrap();
    assert_eq!(accepted.max_price(), Some(cents(10_400)));
    assert_eq!(accepted.client_token(), intent.client_token());
    // The price rises by a cent.
    rig.simulator.set_price(LARGE, cents(10_401), cents(0));
    let again = plan(&rig, &accepted).await;
    assert_eq!(result(&again, CheckKind::Price).0, "blocked", "{again}");
    let error = again.accept().unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceTooHigh { max_price, .. } if *max_price == cents(10_400)),
        "{error}"
    );
    // It falls again.
    rig.simulator.set_price(LARGE, cents(10_400), cents(0));
    assert_eq!(remarks(&plan(&rig, &accepted).await), []);
}

#[tokio::test]
async fn an_accepted_plan_is_outdated_once_the_instance_has_another_type() {
    let rig = Rig::running(SMALL).await;
    let accepted = plan(&rig, &resize(LARGE)).await.accept().unwrap();
    rig.simulator
        .add_instance(SimulatedInstance::new(ID, "ecs.g5.2xlarge").running());
    let again = plan(&rig, &accepted).await;
    let error = again.accept().unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::PlanOutdated(_)),
        "{error}"
    );
    assert!(error.to_string().contains("ecs.g5.2xlarge"), "{error}");
}

#[tokio::test]
async fn the_price_of_a_marketplace_image_counts() {
    let instance = SimulatedInstance::new(ID, SMALL)
        .running()
        .with_image("m-1");
    let rig = Rig::with(instance).await;
    rig.simulator
        .add_image(SimulatedImage::new("m-1").from_marketplace(5_600));
    rig.simulator.set_price(LARGE, cents(10_000), cents(0));
    let intent = to(LARGE).max_price(cents(20_000)).build().unwrap();
    let plan = plan(&rig, &intent).await;
    let (found, why) = result(&plan, CheckKind::Price);
    assert!(found == "blocked" && why.contains("5700.00 CNY"), "{plan}");
    let line = "\nprice         5700.00 CNY, of which 5600.00 for the marketplace image, until ";
    assert!(plan.to_string().contains(line), "{plan}");
}

#[tokio::test]
async fn a_plan_without_a_price_cannot_be_accepted() {
    let rig = Rig::running(SMALL).await;
    let fault = Fault::service_error(400, "PriceNotFound", "No price.");
    rig.simulator
        .fail_next(fault.on("DescribeInstanceModificationPrice"));
    let plan = plan(&rig, &resize(LARGE)).await;
    let (found, why) = result(&plan, CheckKind::Price);
    assert!(found == "unknown" && why.contains("No price."), "{plan}");
    assert!(
        plan.to_string().contains("\nprice         unknown\n"),
        "{plan}"
    );
    let error = plan.accept().unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceUnknown(why) if why.contains("No price.")),
        "{error}"
    );
}

#[tokio::test]
async fn a_plan_that_changes_disks_has_no_price_and_cannot_be_accepted() {
    let disk = DiskChange::new()
        .with_disk_id("d-1")
        .with_category(DiskCategory::CloudEssd);
    let unnamed = DiskChange::new().with_category(DiskCategory::CloudEssd);
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let intent = to(target).disk(disk.clone()).disk(unnamed.clone());
        let plan = plan(&rig, &intent.build().unwrap()).await;
        assert_eq!(plan.quote(), None);
        let (found, why) = result(&plan, CheckKind::Price);
        let disks = "no price: the order also changes disks (d-1, Disk.2)";
        assert!(found == "unknown" && why.starts_with(disks), "{plan}");
        let text = plan.to_string();
        assert!(text.contains("\nprice         unknown\n"), "{text}");
        let error = plan.accept().unwrap_err();
        assert!(
            matches!(error.kind(), ResizeErrorKind::PriceUnknown(why) if why.contains("d-1")),
            "{error}"
        );
        assert_no_price_was_read(&rig);
    }
}

#[tokio::test]
async fn the_quote_covers_the_category_of_the_system_disk() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).system_disk_category(SystemDiskCategory::CloudSsd);
    let accepted = plan(&rig, &intent.build().unwrap()).await.accept().unwrap();
    rig.report_of(&accepted).await;
    let requests = rig.simulator.requests();
    let sent = |action: &str| {
        let requests = requests.iter().filter(|it| it.action() == action);
        let found = requests.map(|it| it.parameter("SystemDisk.Category"));
        found.collect::<Vec<_>>()
    };
    assert_eq!(sent("ModifyPrepayInstanceSpec"), [Some("cloud_ssd")]);
    let quoted = sent("DescribeInstanceModificationPrice");
    assert!(quoted.len() >= 2);
    assert!(quoted.iter().all(|it| *it == Some("cloud_ssd")));
}

#[tokio::test]
async fn a_blocked_plan_says_why_and_cannot_be_accepted() {
    let rig = Rig::with(
        SimulatedInstance::new(ID, SMALL)
            .running()
            .locked("security"),
    )
    .await;
    rig.simulator.sold_out(LARGE);
    let plan = plan(&rig, &resize(LARGE)).await;
    assert!(plan.is_blocked());
    assert_eq!(remarks(&plan), [CheckKind::Locks, CheckKind::Target]);
    assert_eq!((plan.steps(), plan.direction()), (&[][..], None));
    let text = plan.to_string();
    assert!(
        text.contains("\nBLOCKED       - the instance is locked (security)")
            && text.contains("\n              - ecs.g5.xlarge is sold out"),
        "{text}"
    );
    let error = plan.accept().unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::Locked(_)),
        "{error}"
    );
    assert!(error.to_string().ends_with("nothing was changed"));
}

#[tokio::test]
async fn the_first_candidate_in_stock_is_planned() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.sold_out(LARGE);
    rig.simulator.add_instance_type("ecs.g5.2xlarge", 8, 32);
    let candidates = ["ecs.g6.xlarge", "ecs.g5.2xlarge"];
    rig.simulator.sold_out(candidates[0]);
    let intent = to(LARGE).candidates(candidates).build().unwrap();
    let planned = plan(&rig, &intent).await;
    assert_eq!(planned.to().as_str(), "ecs.g5.2xlarge", "{planned}");
    let accepted = planned.accept().unwrap();
    assert_eq!(accepted.instance_type().as_str(), "ecs.g5.2xlarge");
    // What was accepted is one type.
    rig.simulator.sold_out("ecs.g5.2xlarge");
    let error = plan(&rig, &accepted).await.accept().unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::SoldOut { wanted, .. } if wanted.as_str() == "ecs.g5.2xlarge"),
        "{error}"
    );
}

#[tokio::test]
async fn a_misspelled_type_gets_a_suggestion() {
    let rig = Rig::running(SMALL).await;
    for (misspelled, meant) in [
        ("ecs.g5.xlrge", Some("ecs.g5.xlarge")),
        ("ecs.g5.lareg", Some("ecs.g5.large")),
        ("ecs.zz99.giant", None),
    ] {
        let plan = plan(&rig, &resize(misspelled)).await;
        let error = plan.accept().unwrap_err();
        let ResizeErrorKind::NoSuchType { did_you_mean, .. } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!(did_you_mean.as_deref(), meant);
        let suggestion = meant
            .map(|meant| format!("no such instance type: {misspelled}; did you mean {meant}?"));
        assert!(
            error.to_string().contains(&suggestion.unwrap_or_default()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_type_that_exists_and_is_not_offered_gets_alternatives() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.not_offered(LARGE);
    rig.simulator.add_instance_type("ecs.g5ne.xlarge", 4, 16);
    let error = plan(&rig, &resize(LARGE)).await.accept().unwrap_err();
    let ResizeErrorKind::Unsupported { alternatives, .. } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(alternatives[0], "ecs.g5ne.xlarge");
}

#[tokio::test]
async fn checks_warn_of_what_the_change_brings_along() {
    let instance = SimulatedInstance::new(ID, SMALL).running().windows();
    let rig = Rig::with(instance.with_system_disk("cloud_essd")).await;
    rig.simulator.add_instance_type("ecs.g8i.xlarge", 4, 16);
    rig.simulator
        .set_price("ecs.g8i.xlarge", cents(2_000), cents(0));
    let intent = to("ecs.g8i.xlarge")
        .restart(Restart::Never)
        .migrate_across_zone(true)
        .auto_pay(false)
        .build()
        .unwrap();
    let plan = plan(&rig, &intent).await;
    for kind in [
        CheckKind::Nvme,
        CheckKind::Restart,
        CheckKind::Payment,
        CheckKind::Migration,
    ] {
        assert_eq!(result(&plan, kind).0, "warning", "{kind}: {plan}");
    }
    assert_eq!(plan.steps(), [Step::Order]);
    assert_eq!(plan.quote().unwrap().to_string(), "20.00 CNY");
    let text = plan.to_string();
    assert!(text.contains("\nwarnings      - "), "{text}");
}

#[tokio::test]
async fn reads_that_are_not_permitted_leave_checks_unknown() {
    let rig = Rig::running(SMALL).await;
    let forbidden = Fault::service_error(403, "Forbidden.RAM", "User not authorized.");
    for action in ["DescribeDisks", "DescribeInstanceTypes"] {
        rig.simulator.fail_next(forbidden.clone().on(action));
    }
    let plan = rig.client.plan_resize(&resize(LARGE)).await.unwrap();
    for kind in [CheckKind::LocalDisks, CheckKind::Disks, CheckKind::Nvme] {
        let (found, why) = result(&plan, kind);
        assert!(
            found == "unknown" && why.contains("Forbidden.RAM"),
            "{kind}: {plan}"
        );
    }
    assert!(plan.to_string().contains("\nunknown       - "), "{plan}");
    assert!(plan.accept().is_ok());
}

#[tokio::test]
async fn disks_that_the_target_does_not_take_block_the_plan() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.add_instance_type("ecs.g6e.xlarge", 4, 16);
    rig.simulator.add_instance_type("ecs.g8i.xlarge", 4, 16);
    // The service supports this family, but offers it only after a change of disks.
    let by_service = plan_with_disk(&rig, &resize("ecs.g8i.xlarge"), "cloud_efficiency").await;
    let (found, why) = result(&by_service, CheckKind::Target);
    assert_eq!(found, "blocked", "{by_service}");
    assert!(why.contains("d-1 (cloud_efficiency)"), "{why}");
    assert!(matches!(
        by_service.accept().unwrap_err().kind(),
        ResizeErrorKind::Disks(_)
    ));
    // The documentation describes this family.
    let intent = resize("ecs.g6e.xlarge");
    let blocked = plan_with_disk(&rig, &intent, "cloud_efficiency").await;
    let (found, why) = result(&blocked, CheckKind::Disks);
    assert_eq!(found, "blocked", "{blocked}");
    assert!(why.contains("d-1 (cloud_efficiency)"), "{why}");
    assert!(matches!(
        blocked.accept().unwrap_err().kind(),
        ResizeErrorKind::Disks(_)
    ));
    let essd = plan_with_disk(&rig, &intent, "cloud_essd").await;
    assert_eq!(result(&essd, CheckKind::Disks).0, "passed");
    let local = plan_with_disk(&rig, &intent, "local_ssd_pro").await;
    assert_eq!(result(&local, CheckKind::LocalDisks).0, "blocked");
    // The order changes the disk as well.
    let change = DiskChange::new()
        .with_disk_id("d-1")
        .with_category(DiskCategory::CloudEssd);
    let intent = to("ecs.g6e.xlarge").disk(change).build().unwrap();
    let changed = plan_with_disk(&rig, &intent, "cloud_efficiency").await;
    assert_eq!(result(&changed, CheckKind::Disks).0, "passed");
}

#[tokio::test]
async fn a_plan_names_the_minute_of_the_restart_that_is_ordered() {
    let rig = Rig::running(SMALL).await;
    let time = "2099-01-01T10:00:30Z".parse().unwrap();
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let sent = MinuteTime::new(time).unwrap().to_datetime();
    let text = plan(&rig, &intent).await.to_string();
    let sent = sent.format("%Y-%m-%d %H:%M UTC").to_string();
    assert!(text.contains(&sent), "{sent}: {text}");
}

#[tokio::test]
async fn a_stopped_instance_is_not_restarted_at_a_set_time() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let time = "2099-01-01T10:00:00Z".parse().unwrap();
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let plan = plan(&rig, &intent).await;
    assert_eq!(result(&plan, CheckKind::Restart).0, "warning", "{plan}");
}

#[tokio::test]
async fn an_upgrade_that_stops_first_says_so() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).stop_first(true).build().unwrap();
    let plan = plan(&rig, &intent).await;
    assert_eq!(
        plan.steps(),
        [Step::Stop, Step::Order, Step::AwaitChange, Step::Start]
    );
    assert!(plan.to_string().contains("stopped from before the order"));
}

#[tokio::test]
async fn a_stop_that_is_ruled_out_blocks_a_downgrade() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).restart(Restart::Never).build().unwrap();
    let plan = plan(&rig, &intent).await;
    assert_eq!(result(&plan, CheckKind::Stop).0, "blocked", "{plan}");
    assert!(matches!(
        plan.accept().unwrap_err().kind(),
        ResizeErrorKind::NeedsStop(_)
    ));
}

#[tokio::test]
async fn an_instance_that_does_not_exist_has_no_plan() {
    let rig = Rig::running(SMALL).await;
    let intent = Resize::builder("i-other", LARGE).build().unwrap();
    let error = rig.client.plan_resize(&intent).await.unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::NotFound(..)),
        "{error}"
    );
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
    assert!(text.contains(": reading the instance failed: "), "{text}");
    assert!(error.source().is_some(), "{text}");
}
