//! What cannot work is refused before anything is changed.

use std::time::Duration;

use aliyun_ecs::resize::{
    Completion, ResizeError, ResizeErrorKind, ResizeEvent, ResizeReport, Restart, StopPolicy,
};
use aliyun_ecs::simulator::{Fault, SimulatedInstance};
use aliyun_ecs::types::{ChargeType, LockReason};
use aliyun_ecs::{ErrorCode, Resize};
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

/// Refused by the plan and by the run, without a change.
async fn refused(instance: SimulatedInstance, target: &str, matches: fn(&ResizeErrorKind) -> bool) {
    let rig = Rig::with(instance).await;
    let planned = rig.client.plan_resize(&resize(target)).await.unwrap_err();
    let run = rig.refused(&resize(target)).await;
    assert_eq!(planned.to_string(), run.to_string());
    assert!(matches(planned.kind()) && matches(run.kind()), "{run}");
    assert!(run.to_string().ends_with("; nothing was changed"), "{run}");
    assert!(run.progress().is_none());
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn an_instance_that_is_not_there_may_not_be_allowed() {
    let other = SimulatedInstance::new("i-other", SMALL);
    refused(other, LARGE, |kind| {
        matches!(kind, ResizeErrorKind::NotFound(..)) && kind.to_string().contains("may not see it")
    })
    .await;
}

#[tokio::test]
async fn a_pay_as_you_go_instance_is_told_its_operation() {
    let instance = SimulatedInstance::new(ID, SMALL).pay_as_you_go();
    refused(instance, LARGE, |kind| {
        matches!(
            kind,
            ResizeErrorKind::NotASubscription(ChargeType::PostPaid)
        ) && kind.to_string().contains("ModifyInstanceSpec")
    })
    .await;
}

#[tokio::test]
async fn an_expired_instance_is_to_be_renewed_first() {
    let instance = SimulatedInstance::new(ID, SMALL).expired();
    refused(instance, LARGE, |kind| {
        matches!(kind, ResizeErrorKind::Expired(_)) && kind.to_string().contains("renew")
    })
    .await;
}

#[tokio::test]
async fn a_locked_instance_is_refused_with_the_reason() {
    let instance = SimulatedInstance::new(ID, SMALL).locked("security");
    refused(instance, LARGE, |kind| {
        matches!(kind, ResizeErrorKind::Locked(reasons) if *reasons == [LockReason::Security])
    })
    .await;
}

#[tokio::test]
async fn sold_out_and_unsupported_are_told_apart_and_name_what_can_be_had() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.sold_out(LARGE);
    rig.simulator.not_offered("ecs.g6.xlarge");
    let error = rig.refused(&resize(LARGE)).await;
    let ResizeErrorKind::SoldOut { alternatives, .. } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(*alternatives, ["ecs.c6.xlarge", "ecs.r6.xlarge"]);
    let text =
        "ecs.g5.xlarge is sold out; of the same size are to be had: ecs.c6.xlarge, ecs.r6.xlarge;";
    assert!(error.to_string().starts_with(text), "{error}");
    let error = rig.refused(&resize("ecs.g6.xlarge")).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::Unsupported { alternatives, .. }
        if alternatives[0] == "ecs.c6.xlarge")
    );
    rig.simulator.restock(LARGE);
    let error = rig.refused(&resize("ecs.g6.xlarge")).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::Unsupported { alternatives, .. }
        if *alternatives == [LARGE, "ecs.c6.xlarge", "ecs.r6.xlarge"]),
        "{error}"
    );
    rig.finished(&resize(LARGE)).await;
}

#[tokio::test]
async fn a_downgrade_of_what_may_not_be_stopped_is_refused() {
    let rig = Rig::running(LARGE).await;
    let time = "2099-01-01T00:00:00Z".parse().unwrap();
    for intent in [
        to(SMALL).stop_for_downgrade(StopPolicy::Deny),
        to(SMALL).restart(Restart::Never),
        to(SMALL).restart(Restart::At(time)),
    ] {
        let error = rig.refused(&intent.build().unwrap()).await;
        assert!(
            matches!(error.kind(), ResizeErrorKind::NeedsStop(_)),
            "{error}"
        );
    }
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn a_price_above_the_limit_is_not_paid() {
    let rig = Rig::running(SMALL).await;
    rig.simulator
        .set_price(LARGE, Decimal::new(10_001, 2), Decimal::ZERO);
    let limited = |cents| to(LARGE).max_price(Decimal::new(cents, 2)).build().unwrap();
    let error = rig.refused(&limited(10_000)).await;
    assert!(matches!(error.kind(), ResizeErrorKind::PriceTooHigh { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("the change costs 100.01 CNY, more than the limit of 100.00"),
        "{text}"
    );
    assert!(text.contains("no order was placed"), "{text}");
    assert!(rig.simulator.orders().is_empty());
    rig.finished(&limited(10_001)).await;
}

#[tokio::test]
async fn a_limit_without_a_price_orders_nothing() {
    let rig = Rig::running(SMALL).await;
    let body = r#"{"RequestId":"r","PriceInfo":{"Price":{"Currency":"CNY"}}}"#;
    let fault = Fault::response(200, "application/json", body);
    rig.simulator
        .fail_next(fault.on("DescribeInstanceModificationPrice"));
    let error = rig
        .refused(&to(LARGE).max_price(Decimal::MAX).build().unwrap())
        .await;
    assert!(matches!(error.kind(), ResizeErrorKind::PriceUnknown));
    assert!(rig.simulator.orders().is_empty());
}

/// Raises the price above the limit of 100.00 as soon as an order may exist.
async fn run_while_the_price_rises(rig: &Rig, fault: Fault) -> Result<ResizeReport, ResizeError> {
    rig.simulator
        .set_price(LARGE, Decimal::new(10_000, 2), Decimal::ZERO);
    // All attempts of the first call.
    rig.simulator
        .fail_next(fault.on("ModifyPrepayInstanceSpec").times(4));
    let intent = to(LARGE).max_price(Decimal::ONE_HUNDRED).build().unwrap();
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { .. } = event {
            rig.simulator
                .set_price(LARGE, Decimal::new(10_001, 2), Decimal::ZERO);
        }
    });
    result.await
}

#[tokio::test]
async fn a_price_limit_does_not_fail_a_run_whose_order_exists() {
    let rig = Rig::running(SMALL).await;
    let report = run_while_the_price_rises(&rig, Fault::lost_response()).await;
    assert_eq!(report.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn a_price_limit_holds_where_an_order_may_exist_but_does_not_show() {
    let rig = Rig::running(SMALL).await;
    let report = run_while_the_price_rises(&rig, Fault::gateway_html(502)).await;
    let error = report.unwrap_err();
    assert!(matches!(error.kind(), ResizeErrorKind::PriceTooHigh { .. }));
    assert!(error.to_string().contains("an order may exist"), "{error}");
    assert!(rig.simulator.orders().is_empty());
}

#[tokio::test]
async fn a_quota_and_an_unpaid_order_are_the_services_own_refusals() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_vcpu_quota(3);
    let error = rig.refused(&resize(LARGE)).await;
    let code = error.call_error().and_then(|error| error.code());
    assert_eq!(code, Some(&ErrorCode::QuotaExceedElasticQuota));

    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).unpaid_order()).await;
    let error = rig.refused(&resize(LARGE)).await;
    let code = error.call_error().and_then(|error| error.code());
    assert_eq!(code, Some(&ErrorCode::InvalidInstanceUnpaidOrder));
    assert!(error.to_string().contains("no order was placed"), "{error}");
}

#[tokio::test]
async fn an_intent_reports_every_violation_at_once() {
    let error = to("g5.large")
        .region_id("")
        .max_price(Decimal::NEGATIVE_ONE)
        .poll_interval(Duration::from_millis(999))
        .timeout(Duration::ZERO)
        .client_token("")
        .build()
        .unwrap_err();
    let named: Vec<_> = error.violations().iter().map(|it| it.parameter()).collect();
    assert_eq!(
        named,
        [
            "RegionId",
            "InstanceType",
            "ClientToken",
            "max_price",
            "poll_interval",
            "timeout"
        ]
    );
}

#[tokio::test]
async fn a_price_limit_does_not_fail_a_resumed_run_whose_order_is_slow() {
    let builder = slow().order_processing(Duration::from_secs(15 * 60));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let hundred = Decimal::ONE_HUNDRED;
    rig.simulator.set_price(LARGE, hundred, Decimal::ZERO);
    let intent = to(LARGE).max_price(hundred);
    let intent = intent.timeout(Duration::from_secs(30)).build().unwrap();
    let error = rig.refused(&intent).await;
    rig.simulator
        .set_price(LARGE, hundred + hundred, Decimal::ZERO);
    let resumed = Resize::resume(error.progress().unwrap().resume_key.clone());
    let report = rig
        .finished(&resumed.max_price(hundred).build().unwrap())
        .await;
    assert_eq!(report.completion(), Completion::InEffect);
}

#[tokio::test]
async fn an_instance_of_a_third_type_is_not_ordered_back_by_an_old_intent() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).restart(Restart::Never);
    let intent = intent.timeout(Duration::from_secs(60)).build().unwrap();
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::PendingRestart
    );
    rig.simulator
        .add_instance(SimulatedInstance::new(ID, "ecs.g5.2xlarge"));
    let error = rig.refused(&intent).await;
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"], "{error}");
    assert!(matches!(error.kind(), ResizeErrorKind::Superseded { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("the instance has become ecs.g5.2xlarge meanwhile, neither ecs.g5.large"),
        "{text}"
    );
    assert!(!text.contains("to go on, resume"), "{text}");
    let planned = rig.client.plan_resize(&intent).await.unwrap_err();
    assert!(matches!(planned.kind(), ResizeErrorKind::Superseded { .. }));
}

#[tokio::test]
async fn a_change_back_after_the_order_was_through_is_not_undone_by_an_old_key() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        // By a service that remembers the token, and by one that has forgotten it.
        for forgotten in [false, true] {
            let mut rig = Rig::running(from).await;
            let mut last = None;
            let intent = resize(target);
            let report = rig.client.resize(&intent, |event| {
                if let ResizeEvent::KeyChanged { resume_key } = event {
                    last = Some(resume_key.clone());
                }
            });
            report.await.unwrap();
            if forgotten {
                rig = Rig::running(from).await;
            } else {
                rig.simulator.add_instance(SimulatedInstance::new(ID, from));
            }
            let changes = rig.changes();
            let resumed = Resize::resume(last.unwrap()).build().unwrap();
            let error = rig.refused(&resumed).await;
            assert!(matches!(error.kind(), ResizeErrorKind::Superseded { .. }));
            let text = error.to_string();
            assert!(text.contains(&format!("and is {from} again")), "{text}");
            assert_eq!(rig.changes(), changes);
        }
    }
}

#[tokio::test]
async fn a_change_back_is_not_undone_by_running_the_same_intent_again() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).restart(Restart::Never).build().unwrap();
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::PendingRestart
    );
    rig.simulator
        .add_instance(SimulatedInstance::new(ID, SMALL));
    let error = rig.refused(&intent).await;
    assert!(matches!(error.kind(), ResizeErrorKind::Superseded { .. }));
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
}
