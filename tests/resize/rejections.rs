//! A resize that cannot work fails before anything is changed.

use std::time::Duration;

use aliyun_ecs::operation::DiskChange;
use aliyun_ecs::resize::{
    Completion, OrderState, ResizeError, ResizeErrorKind, ResizeEventKind, ResizeReport, Restart,
    StopPolicy,
};
use aliyun_ecs::simulator::{Fault, SimulatedDisk, SimulatedInstance};
use aliyun_ecs::types::{ChargeType, DiskCategory, LockReason, SystemDiskCategory};
use aliyun_ecs::{ErrorCode, ErrorKind, Resize};
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

#[tokio::test]
async fn no_request_is_sent_for_an_instance_that_cannot_be_changed() {
    let instance = || SimulatedInstance::new(ID, SMALL);
    type Matches = fn(&ResizeErrorKind) -> bool;
    let cases: [(SimulatedInstance, Matches); 4] = [
        (SimulatedInstance::new("i-other", SMALL), |kind| {
            matches!(kind, ResizeErrorKind::NotFound(..))
        }),
        (instance().pay_as_you_go(), |kind| {
            matches!(
                kind,
                ResizeErrorKind::NotASubscription(ChargeType::PostPaid)
            )
        }),
        (instance().expired(), |kind| {
            matches!(kind, ResizeErrorKind::Expired(_))
        }),
        (
            instance().locked("security"),
            |kind| matches!(kind, ResizeErrorKind::Locked(reasons) if *reasons == [LockReason::Security]),
        ),
    ];
    for (instance, matches) in cases {
        let rig = Rig::with(instance).await;
        let error = rig.error_of(&resize(LARGE)).await;
        assert!(matches(error.kind()), "{error}");
        let text = error.to_string();
        assert!(text.ends_with("; nothing was changed"), "{text}");
        assert!(error.progress().is_none());
        assert!(rig.changes().is_empty());
    }
}

#[tokio::test]
async fn a_type_that_is_sold_out_comes_with_alternatives_and_can_be_ordered_once_restocked() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.sold_out(LARGE);
    rig.simulator.not_offered("ecs.g6.xlarge");
    let error = rig.error_of(&resize(LARGE)).await;
    let ResizeErrorKind::SoldOut { alternatives, .. } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(*alternatives, ["ecs.c6.xlarge", "ecs.r6.xlarge"]);
    let error = rig.error_of(&resize("ecs.g6.xlarge")).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::Unsupported { .. }),
        "{error}"
    );
    rig.simulator.restock(LARGE);
    rig.report_of(&resize(LARGE)).await;
}

#[tokio::test]
async fn a_downgrade_of_an_instance_that_must_not_be_stopped_fails() {
    let rig = Rig::running(LARGE).await;
    let time = "2099-01-01T00:00:00Z".parse().unwrap();
    for intent in [
        to(SMALL).stop_policy(StopPolicy::Deny),
        to(SMALL).restart(Restart::Never),
        to(SMALL).restart(Restart::At(time)),
    ] {
        let error = rig.error_of(&intent.build().unwrap()).await;
        assert!(
            matches!(error.kind(), ResizeErrorKind::NeedsStop(_)),
            "{error}"
        );
    }
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn an_order_that_is_invalid_for_a_downgrade_is_found_before_the_stop() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).system_disk_category(SystemDiskCategory::CloudSsd);
    let intent = intent.build().unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    for error in [plan.accept().unwrap_err(), rig.error_of(&intent).await] {
        let ResizeErrorKind::Call { error: cause, .. } = error.kind() else {
            panic!("{error}");
        };
        let ErrorKind::Validation(invalid) = cause.kind() else {
            panic!("{error}");
        };
        assert_eq!(invalid.violations()[0].parameter(), "SystemDisk.Category");
        let text = error.to_string();
        assert!(text.ends_with("; nothing was changed"), "{text}");
    }
    assert!(rig.changes().is_empty());
}

#[test]
fn a_stop_before_the_order_cannot_be_set_together_with_a_setting_that_rules_it_out() {
    let night = "2099-01-01T00:00:00Z".parse().unwrap();
    let stops = || to(LARGE).stop_first(true);
    for (settings, name) in [
        (stops().stop_policy(StopPolicy::Deny), "`Deny`"),
        (stops().restart(Restart::Never), "`Never`"),
        (stops().restart(Restart::At(night)), "`At`"),
    ] {
        let error = settings.build().unwrap_err();
        let violations: Vec<_> = error.violations().iter().collect();
        assert_eq!(violations.len(), 1, "{error}");
        assert_eq!(violations[0].parameter(), "stop_first");
        assert!(violations[0].problem().contains(name), "{error}");
    }
    assert!(stops().build().is_ok());
    assert!(to(LARGE).restart(Restart::Never).build().is_ok());
}

#[test]
fn an_order_that_is_invalid_for_both_directions_cannot_be_built() {
    let night = "2099-01-01T00:00:00Z".parse().unwrap();
    let error = to("g5.large")
        .restart(Restart::At(night))
        .end_time(night)
        .disk(DiskChange::new().with_disk_id("d-1"))
        .build()
        .unwrap_err();
    let violations = error.violations().iter();
    let parameters: Vec<_> = violations.map(|it| it.parameter()).collect();
    assert_eq!(
        parameters,
        ["InstanceType", "Disk.1.Category", "EndTime"],
        "{error}"
    );
    let later = night + Duration::from_secs(3_600);
    let settings = to(LARGE).restart(Restart::At(night)).end_time(later);
    assert!(settings.build().is_ok());
}

#[tokio::test]
async fn a_price_above_the_maximum_is_not_paid() {
    let rig = Rig::running(SMALL).await;
    rig.simulator
        .set_price(LARGE, Decimal::new(10_001, 2), Decimal::ZERO);
    let limited = |cents| to(LARGE).max_price(Decimal::new(cents, 2)).build().unwrap();
    let error = rig.error_of(&limited(10_000)).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceTooHigh { .. }),
        "{error}"
    );
    assert!(rig.simulator.orders().is_empty());
    rig.report_of(&limited(10_001)).await;
}

#[tokio::test]
async fn what_blocks_a_change_has_the_same_kind_with_and_without_a_maximum() {
    let small = || SimulatedInstance::new(ID, SMALL).running();
    let with_disk = |category| small().with_disk(SimulatedDisk::new("d-1", category));
    let old_system_disk = || small().with_system_disk("cloud_efficiency");
    let cases = [
        (small().expired(), LARGE, "expired"),
        (small().pay_as_you_go(), LARGE, "not_a_subscription"),
        (small().locked("security"), LARGE, "locked"),
        (small(), "ecs.c6.xlarge", "sold_out"),
        (small(), "ecs.g6.xlarge", "unsupported"),
        (small(), "ecs.g5.xlrge", "no_such_type"),
        // The service offers it after a change of disks only, and the documentation says so.
        (old_system_disk(), "ecs.g8i.xlarge", "disks"),
        (old_system_disk(), "ecs.g6e.xlarge", "disks"),
        (with_disk("local_ssd_pro"), LARGE, "disks"),
        (
            SimulatedInstance::new(ID, LARGE).running(),
            SMALL,
            "needs_stop",
        ),
    ];
    for (instance, target, kind) in cases {
        let rig = Rig::with(instance).await;
        rig.simulator.sold_out("ecs.c6.xlarge");
        rig.simulator.not_offered("ecs.g6.xlarge");
        for family in ["g6e", "g8i"] {
            let name = format!("ecs.{family}.xlarge");
            rig.simulator.add_instance_type(name, 4, 16);
        }
        let without = to(target).stop_policy(StopPolicy::Deny);
        let limited = without.clone().max_price(Decimal::from(500));
        for intent in [without.build().unwrap(), limited.build().unwrap()] {
            let plan = rig.client.plan_resize(&intent).await.unwrap();
            rig.simulator.clear_requests();
            for error in [plan.accept().unwrap_err(), rig.error_of(&intent).await] {
                assert_eq!(error.kind().as_str(), kind, "{error}");
            }
            let requests = rig.simulator.requests();
            let mut actions = requests.iter().map(|it| it.action());
            assert!(actions.all(|action| action != "DescribeInstanceModificationPrice"));
        }
    }
}

#[tokio::test]
async fn an_accepted_plan_of_a_subscription_that_has_ended_since_fails_as_expired() {
    let rig = Rig::running(SMALL).await;
    let plan = rig.client.plan_resize(&resize(LARGE)).await.unwrap();
    let expired = SimulatedInstance::new(ID, SMALL).running().expired();
    rig.simulator.add_instance(expired);
    let error = rig.error_of(&plan.accept().unwrap()).await;
    assert_eq!(error.kind().as_str(), "expired", "{error}");
}

#[tokio::test]
async fn a_maximum_without_a_price_orders_nothing() {
    let rig = Rig::running(SMALL).await;
    let body = r#"{"RequestId":"r","PriceInfo":{"Price":{"Currency":"CNY"}}}"#;
    let fault = Fault::response(200, "application/json", body);
    rig.simulator
        .fail_next(fault.on("DescribeInstanceModificationPrice"));
    let intent = to(LARGE).max_price(Decimal::MAX).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceUnknown(_)),
        "{error}"
    );
    assert!(rig.simulator.orders().is_empty());
}

#[tokio::test]
async fn a_maximum_rules_out_an_order_that_also_changes_disks() {
    let disk = || {
        DiskChange::new()
            .with_disk_id("d-1")
            .with_category(DiskCategory::CloudEssd)
    };
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let instance = SimulatedInstance::new(ID, from).running();
        let instance = instance.with_disk(SimulatedDisk::new("d-1", "cloud_efficiency"));
        let rig = Rig::with(instance).await;
        let intent = to(target).disk(disk()).max_price(Decimal::MAX);
        let error = rig.error_of(&intent.build().unwrap()).await;
        assert!(
            matches!(error.kind(), ResizeErrorKind::PriceUnknown(why) if why.contains("(d-1)")),
            "{error}"
        );
        assert!(rig.changes().is_empty());
        // At any price, it costs more than the change of the type alone.
        rig.report_of(&to(target).disk(disk()).build().unwrap())
            .await;
        let with_disk = rig.simulator.orders()[0].price();
        let rig = Rig::running(from).await;
        rig.report_of(&resize(target)).await;
        assert!(with_disk > rig.simulator.orders()[0].price());
    }
}

/// Raises the price above the maximum as soon as an order may exist.
async fn run_while_the_price_rises(rig: &Rig, fault: Fault) -> Result<ResizeReport, ResizeError> {
    let hundred = Decimal::ONE_HUNDRED;
    rig.simulator.set_price(LARGE, hundred, Decimal::ZERO);
    rig.simulator
        .fail_next(fault.on("ModifyPrepayInstanceSpec").times(1000));
    let intent = to(LARGE).max_price(hundred).build().unwrap();
    let result = rig.run_with(&intent, |event| {
        if let ResizeEventKind::Waiting { .. } = event.kind() {
            rig.simulator
                .set_price(LARGE, hundred + Decimal::ONE, Decimal::ZERO);
        }
    });
    result.await.0
}

#[tokio::test]
async fn a_maximum_does_not_fail_a_run_whose_order_exists() {
    let rig = Rig::running(SMALL).await;
    let report = run_while_the_price_rises(&rig, Fault::lost_response()).await;
    assert_eq!(report.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn max_price_is_enforced_if_an_order_may_exist_but_is_not_visible() {
    let rig = Rig::running(SMALL).await;
    let report = run_while_the_price_rises(&rig, Fault::gateway_html(502)).await;
    let error = report.unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceTooHigh { .. }),
        "{error}"
    );
    assert_eq!(error.progress().unwrap().order, OrderState::Unknown);
    assert!(rig.simulator.orders().is_empty());
}

#[tokio::test]
async fn a_maximum_does_not_fail_a_resumed_run_whose_order_is_slow() {
    let builder = slow().order_processing(Duration::from_secs(15 * 60));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let hundred = Decimal::ONE_HUNDRED;
    rig.simulator.set_price(LARGE, hundred, Decimal::ZERO);
    let intent = to(LARGE).max_price(hundred);
    let intent = intent.timeout(Duration::from_secs(30)).build().unwrap();
    let error = rig.error_of(&intent).await;
    rig.simulator
        .set_price(LARGE, hundred + hundred, Decimal::ZERO);
    let resumed = Resize::resume(error.resume_key().unwrap().clone());
    let report = rig
        .report_of(&resumed.max_price(hundred).build().unwrap())
        .await;
    assert_eq!(report.completion(), Completion::InEffect);
}

#[tokio::test]
async fn a_quota_and_an_unpaid_order_end_the_run_with_the_code_of_the_service() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_vcpu_quota(3);
    let error = rig.error_of(&resize(LARGE)).await;
    assert_eq!(error.code(), Some(&ErrorCode::QuotaExceedElasticQuota));

    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).unpaid_order()).await;
    let error = rig.error_of(&resize(LARGE)).await;
    assert_eq!(error.code(), Some(&ErrorCode::InvalidInstanceUnpaidOrder));
    assert_eq!(error.progress().unwrap().order, OrderState::NotPlaced);
}

#[tokio::test]
async fn a_resumed_run_does_not_undo_a_later_change_to_a_third_type() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).restart(Restart::Never).build().unwrap();
    let report = rig.report_of(&intent).await;
    assert_eq!(report.completion(), Completion::PendingRestart);
    rig.simulator
        .add_instance(SimulatedInstance::new(ID, "ecs.g5.2xlarge"));
    let resumed = Resize::resume(report.resume_key().clone());
    let error = rig.error_of(&resumed.build().unwrap()).await;
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"], "{error}");
    assert!(
        matches!(error.kind(), ResizeErrorKind::Superseded { found, .. } if found == "ecs.g5.2xlarge"),
        "{error}"
    );
    assert!(!error.to_string().contains("to continue, resume"));
}

#[tokio::test]
async fn a_resumed_run_does_not_undo_a_change_back() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        // By a service that remembers the token, and by one that has forgotten it.
        for forgotten in [false, true] {
            let mut rig = Rig::running(from).await;
            let report = rig.report_of(&resize(target)).await;
            if forgotten {
                rig = Rig::running(from).await;
            } else {
                rig.simulator.add_instance(SimulatedInstance::new(ID, from));
            }
            let changes = rig.changes();
            let resumed = Resize::resume(report.resume_key().clone());
            let error = rig.error_of(&resumed.build().unwrap()).await;
            assert!(
                matches!(error.kind(), ResizeErrorKind::Superseded { found, .. } if found == from),
                "{error}"
            );
            assert_eq!(rig.changes(), changes);
        }
    }
}

#[tokio::test]
async fn a_run_resumed_from_its_key_alone_keeps_to_the_accepted_price_the_payment_and_the_downtime()
{
    let rig = Rig::running(SMALL).await;
    let hundred = Decimal::ONE_HUNDRED;
    rig.simulator.set_price(LARGE, hundred, Decimal::ZERO);
    let intent = to(LARGE)
        .auto_pay(false)
        .restart(Restart::Never)
        .stop_policy(StopPolicy::Deny)
        .restart_on_failure(false)
        .build()
        .unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    let accepted = plan.accept().unwrap();
    let mut run = rig.client.resize(accepted.clone());
    let key = loop {
        let event = run.next().await.unwrap();
        if let ResizeEventKind::Requesting { .. } = event.kind() {
            break event.resume_key().to_string();
        }
    };
    drop(run);
    rig.simulator
        .set_price(LARGE, hundred * hundred, Decimal::ZERO);

    let resumed = Resize::resume(key.parse().unwrap()).build().unwrap();
    let stored = accepted.to_builder().resume_key(key.parse().unwrap());
    assert_eq!(resumed, stored.build().unwrap(), "no setting is lost");
    let error = rig.error_of(&resumed).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceTooHigh { max_price, .. } if *max_price == hundred),
        "{error}"
    );
    let unlimited = resize(LARGE).to_builder().resume_key(key.parse().unwrap());
    rig.error_of(&unlimited.build().unwrap()).await;
    assert!(rig.simulator.orders().is_empty());

    let higher = Resize::resume(key.parse().unwrap()).max_price(hundred * hundred);
    let report = rig.report_of(&higher.build().unwrap()).await;
    assert_eq!(report.completion(), Completion::AwaitingPayment);
}

#[tokio::test]
async fn a_run_resumed_from_its_key_alone_needs_the_other_parameters_of_its_order() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).migrate_across_zone(true).build().unwrap();
    let mut run = rig.client.resize(intent);
    let key = run.next().await.unwrap().resume_key().clone();
    let error = Resize::resume(key.clone()).build().unwrap_err();
    assert_eq!(
        error.violations()[0].parameter(),
        "migrate_across_zone",
        "{error}"
    );
    let same = Resize::resume(key).migrate_across_zone(true);
    assert!(same.build().is_ok());
}
