//! The rules of `ModifyPrepayInstanceSpec`.

use aliyun_ecs::simulator::{InstanceStatus, OrderKind, SimulatedInstance, Simulator};
use std::time::Duration;

use super::call::Call;

fn instance() -> SimulatedInstance {
    SimulatedInstance::new("i-1", "ecs.g5.large")
}

async fn simulator_with(instance: SimulatedInstance) -> Simulator {
    let simulator = Simulator::start().await;
    simulator.add_instance(instance);
    simulator
}

/// Asserts that a request was rejected and placed no order.
#[track_caller]
fn assert_rejected(
    simulator: &Simulator,
    response: &super::call::RawResponse,
    status: u16,
    code: &str,
    message: &str,
) {
    response.rejected(status, code, message);
    assert!(simulator.orders().is_empty());
    let last = simulator.requests().pop().unwrap();
    assert_eq!(
        (last.http_status(), last.error_code()),
        (status, Some(code))
    );
}

#[tokio::test]
async fn an_upgrade_is_paid_and_shown_but_not_in_effect() {
    for v3 in [false, true] {
        let simulator = simulator_with(instance()).await;
        let mut call = Call::change().with("ClientToken", "token");
        if v3 {
            call.parameters
                .insert("OperatorType".to_owned(), "upgrade".to_owned());
            let parameters = std::mem::take(&mut call.parameters);
            call = Call::v3("ModifyPrepayInstanceSpec");
            call.parameters = parameters;
        }
        let response = call.send(&simulator).await;
        assert_eq!(response.status, 200, "{}", response.body);
        let order_id = response.text("OrderId");
        assert!(order_id.len() == 15 && order_id.bytes().all(|byte| byte.is_ascii_digit()));
        let request_id = response.text("RequestId");
        assert_eq!(
            (request_id.len(), request_id.to_uppercase()),
            (36, request_id.clone())
        );

        let [order] = simulator.orders().try_into().unwrap();
        assert_eq!(
            (order.order_id(), order.instance_id()),
            (order_id.as_str(), "i-1")
        );
        assert_eq!(
            (order.from_type(), order.to_type()),
            ("ecs.g5.large", "ecs.g5.xlarge")
        );
        assert_eq!(
            (order.kind(), order.client_token()),
            (OrderKind::Upgrade, Some("token"))
        );
        assert!(order.paid() && order.processed() && !order.cancelled());
        let instance = simulator.instance("i-1").unwrap();
        assert_eq!(instance.instance_type(), "ecs.g5.xlarge");
        assert_eq!(instance.effective_type(), "ecs.g5.large");
    }
}

#[tokio::test]
async fn the_response_to_an_order_can_be_xml() {
    let simulator = simulator_with(instance()).await;
    let body = Call::change().without("Format").send(&simulator).await.body;
    let order_id = simulator.orders()[0].order_id().to_owned();
    assert!(
        body.contains("<ModifyPrepayInstanceSpecResponse>") && body.contains("<RequestId>"),
        "{body}"
    );
    assert!(
        body.contains(&format!("<OrderId>{order_id}</OrderId>")),
        "{body}"
    );
}

#[tokio::test]
async fn errors_name_missing_and_empty_mandatory_parameters() {
    let simulator = simulator_with(instance()).await;
    for name in ["RegionId", "InstanceId", "InstanceType"] {
        for call in [Call::change().without(name), Call::change().with(name, "")] {
            let message = format!(
                "The input parameter \"{name}\" that is mandatory for processing this request is not supplied"
            );
            let response = call.send(&simulator).await;
            assert_rejected(&simulator, &response, 400, "MissingParameter", &message);
        }
    }
}

#[tokio::test]
async fn malformed_values_are_rejected() {
    let simulator = simulator_with(instance()).await;
    for (name, value) in [
        ("AutoPay", "yes"),
        ("RebootWhenFinished", "2"),
        ("MigrateAcrossZone", "no"),
        ("OperatorType", "Upgrade"),
        ("EndTime", "2018-01-01T12:05:00Z"),
        ("EndTime", "2018-01-01T12:05Z"),
    ] {
        let response = Call::change().with(name, value).send(&simulator).await;
        let message = format!("The specified parameter \"{name}\" is not valid.");
        assert_rejected(&simulator, &response, 400, "InvalidParameter", &message);
    }
    for token in ["é", &"x".repeat(65)] {
        let response = Call::change()
            .with("ClientToken", token)
            .send(&simulator)
            .await;
        let code = "InvalidClientToken.ValueNotSupported";
        assert_rejected(
            &simulator,
            &response,
            400,
            code,
            "The ClientToken provided is invalid.",
        );
    }
    let response = Call::change()
        .with("RebootTime", "2018-01-01 12:05")
        .send(&simulator)
        .await;
    let message = "The specified rebootTime is not valid.";
    assert_rejected(
        &simulator,
        &response,
        400,
        "InvalidRebootTime.MalFormed",
        message,
    );
    let response = Call::change()
        .with("RebootTime", "2018-01-01T12:05Z")
        .send(&simulator)
        .await;
    let message = "The specified RebootTime is not valid.";
    assert_rejected(
        &simulator,
        &response,
        400,
        "InvalidRebootTime.ValueNotSupported",
        message,
    );
}

#[tokio::test]
async fn unknown_regions_instances_and_types_are_rejected() {
    let simulator = simulator_with(instance()).await;
    let response = Call::change()
        .with("RegionId", "mars-1")
        .send(&simulator)
        .await;
    let message = "The specified RegionId does not exist.";
    assert_rejected(
        &simulator,
        &response,
        404,
        "InvalidRegionId.NotFound",
        message,
    );
    let elsewhere = Call::change().with("RegionId", "cn-beijing");
    for call in [elsewhere, Call::change().with("InstanceId", "i-2")] {
        let response = call.send(&simulator).await;
        let message = "The specified InstanceId does not exist.";
        assert_rejected(
            &simulator,
            &response,
            404,
            "InvalidInstanceId.NotFound",
            message,
        );
    }
    let response = Call::change()
        .with("InstanceType", "ecs.g5.huge")
        .send(&simulator)
        .await;
    let message = "The specified InstanceType does not exist or beyond the permitted range.";
    assert_rejected(
        &simulator,
        &response,
        400,
        "InvalidInstanceType.ValueNotSupported",
        message,
    );
}

#[tokio::test]
async fn instances_that_cannot_be_changed_are_rejected() {
    let billing =
        "The operation is not permitted due to an invalid billing method of the instance.";
    let status = "The current status of the resource does not support this operation.";
    let security =
        "The specified operation is denied as your instance is locked for security reasons.";
    let rows = [
        (
            instance().pay_as_you_go(),
            400,
            "InvalidBillingMethod.ValueNotSupported",
            billing,
        ),
        (
            instance().expired(),
            403,
            "InvalidInstance.PreInstanceExpired",
            "Instance business status is not Expired",
        ),
        (
            instance().locked("security"),
            403,
            "InstanceLockedForSecurity",
            security,
        ),
        (
            instance().locked("financial"),
            403,
            "OperationDenied",
            "The specified operation is denied",
        ),
        (
            instance().unpaid_order(),
            400,
            "InvalidInstance.UnpaidOrder",
            "The specified Instance has unpaid order.",
        ),
        (
            instance().with_status(InstanceStatus::Stopping),
            403,
            "IncorrectInstanceStatus",
            status,
        ),
        (
            instance().with_status(InstanceStatus::Starting),
            403,
            "IncorrectInstanceStatus",
            status,
        ),
        (
            instance().with_status(InstanceStatus::Pending),
            403,
            "IncorrectInstanceStatus",
            status,
        ),
    ];
    for (instance, http_status, code, message) in rows {
        let simulator = simulator_with(instance).await;
        let response = Call::change().send(&simulator).await;
        assert_rejected(&simulator, &response, http_status, code, message);
    }
}

#[tokio::test]
async fn targets_that_do_not_fit_are_rejected() {
    let simulator = simulator_with(instance()).await;
    let response = Call::change()
        .with("InstanceType", "ecs.g5.large")
        .send(&simulator)
        .await;
    assert_rejected(
        &simulator,
        &response,
        400,
        "InvalidInstanceType.ValueNotSupported",
        "The specified",
    );
    let response = Call::change()
        .with("OperatorType", "downgrade")
        .send(&simulator)
        .await;
    let message = "The specified parameter \"OperatorType\" is not valid.";
    assert_rejected(&simulator, &response, 400, "InvalidParameter", message);

    simulator.sold_out("ecs.g5.xlarge");
    let response = Call::change()
        .with("ClientToken", "t")
        .send(&simulator)
        .await;
    let message = "The resource is out of stock in the specified zone. Please try other types";
    assert_rejected(
        &simulator,
        &response,
        403,
        "OperationDenied.NoStock",
        message,
    );
    // A rejected request does not use up its client token.
    let other = Call::change()
        .with("InstanceType", "ecs.g5.2xlarge")
        .with("ClientToken", "t");
    assert_eq!(other.send(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_downgrade_needs_a_stopped_instance_and_an_unused_downgrade() {
    let downgrade = || Call::change().with("InstanceType", "ecs.c6.large");
    let simulator = simulator_with(instance().running()).await;
    let response = downgrade().send(&simulator).await;
    let message = "Instance status must be stopped.";
    assert_rejected(
        &simulator,
        &response,
        400,
        "InvalidStatus.NotStopped",
        message,
    );
    let response = downgrade()
        .with("OperatorType", "upgrade")
        .send(&simulator)
        .await;
    assert_rejected(
        &simulator,
        &response,
        400,
        "InvalidParameter",
        "The specified parameter",
    );

    let simulator = simulator_with(instance().stopped().with_downgrades_used(3)).await;
    let response = downgrade().send(&simulator).await;
    let message = "Quota of instance downgrade is exceed.";
    assert_rejected(
        &simulator,
        &response,
        400,
        "InstanceDowngrade.QuotaExceed",
        message,
    );

    let simulator = simulator_with(instance().stopped().with_downgrades_used(2)).await;
    let call = downgrade()
        .with("OperatorType", "downgrade")
        .with("AutoPay", "false");
    assert_eq!(call.send(&simulator).await.status, 200);
    let [order] = simulator.orders().try_into().unwrap();
    assert!(order.paid() && order.kind() == OrderKind::Downgrade);
    let instance = simulator.instance("i-1").unwrap();
    assert_eq!(
        (instance.instance_type(), instance.downgrades_used()),
        ("ecs.c6.large", 3)
    );
}

#[tokio::test]
async fn types_with_one_price_can_be_ordered_in_either_direction() {
    for (operator, kind) in [
        ("upgrade", OrderKind::Upgrade),
        ("downgrade", OrderKind::Downgrade),
    ] {
        let simulator = simulator_with(instance().stopped()).await;
        let call = Call::change().with("InstanceType", "ecs.g6.large");
        assert_eq!(
            call.with("OperatorType", operator)
                .send(&simulator)
                .await
                .status,
            200
        );
        assert_eq!(simulator.orders()[0].kind(), kind);
    }
}

#[tokio::test]
async fn one_token_places_one_order() {
    let simulator = simulator_with(instance()).await;
    let call = || Call::change().with("ClientToken", "token");
    let (first, second) = (call().send(&simulator).await, call().send(&simulator).await);
    assert_eq!((first.status, second.status), (200, 200), "{}", second.body);
    assert_eq!(first.text("OrderId"), second.text("OrderId"));
    assert_ne!(first.text("RequestId"), second.text("RequestId"));
    assert_eq!(simulator.orders().len(), 1);

    let other = call()
        .with("InstanceType", "ecs.g5.2xlarge")
        .send(&simulator)
        .await;
    let message =
        "Request uses a client token in a previous request but is not identical to that request.";
    other.rejected(400, "IdempotenceParamNotMatch", message);
    let added = call().with("AutoPay", "true").send(&simulator).await;
    added.rejected(400, "IdempotenceParamNotMatch", message);
    let case = call()
        .with("InstanceType", "ecs.g5.2xlarge")
        .with("ClientToken", "Token");
    assert_ne!(
        case.send(&simulator).await.text("OrderId"),
        first.text("OrderId")
    );
    assert_eq!(simulator.orders().len(), 2);
}

#[tokio::test]
async fn an_unpaid_order_blocks_the_next_until_it_is_paid_or_cancelled() {
    let simulator = simulator_with(instance()).await;
    let call = || {
        Call::change()
            .with("AutoPay", "False")
            .with("ClientToken", "token")
    };
    let order_id = call().send(&simulator).await.text("OrderId");
    assert!(!simulator.orders()[0].paid());
    assert_eq!(
        simulator.instance("i-1").unwrap().instance_type(),
        "ecs.g5.large"
    );
    let message = "The specified Instance has unpaid order.";
    Call::change()
        .send(&simulator)
        .await
        .rejected(400, "InvalidInstance.UnpaidOrder", message);
    assert_eq!(call().send(&simulator).await.text("OrderId"), order_id);

    assert!(!simulator.pay_order("1") && simulator.cancel_order(&order_id));
    assert!(!simulator.pay_order(&order_id));
    assert!(simulator.orders()[0].cancelled() && !simulator.orders()[0].paid());
    let again = Call::change()
        .with("AutoPay", "false")
        .send(&simulator)
        .await
        .text("OrderId");
    assert_ne!(again, order_id);
    assert!(simulator.pay_order(&again) && simulator.orders()[1].paid());
    assert_eq!(
        simulator.instance("i-1").unwrap().instance_type(),
        "ecs.g5.xlarge"
    );
}

#[tokio::test]
async fn an_order_in_processing_blocks_the_next() {
    let builder = Simulator::builder().order_processing(Duration::from_secs(10));
    let simulator = builder.region("cn-beijing").start().await.unwrap();
    simulator.add_instance(instance());
    let call = || Call::change().with("RegionId", "cn-beijing");
    let first = call()
        .with("RebootWhenFinished", "true")
        .with("ClientToken", "t");
    assert_eq!(first.send(&simulator).await.status, 200);
    let message = "The previous order is still processing, please try again later.";
    let next = || call().with("InstanceType", "ecs.g5.2xlarge");
    next()
        .send(&simulator)
        .await
        .rejected(400, "LastOrderProcessing", message);
    let waiting = simulator.instance("i-1").unwrap();
    assert_eq!(
        (waiting.instance_type(), waiting.effective_type()),
        ("ecs.g5.large", "ecs.g5.large")
    );

    simulator.advance(Duration::from_secs(10));
    let done = simulator.instance("i-1").unwrap();
    assert_eq!(
        (done.instance_type(), done.effective_type()),
        ("ecs.g5.xlarge", "ecs.g5.xlarge")
    );
    assert_eq!(next().send(&simulator).await.status, 200);
}

#[tokio::test]
async fn only_a_running_instance_is_restarted_when_finished() {
    let simulator = simulator_with(instance().stopped()).await;
    let call = Call::change().with("RebootWhenFinished", "True");
    assert_eq!(call.send(&simulator).await.status, 200);
    let instance = simulator.instance("i-1").unwrap();
    assert_eq!(instance.instance_type(), "ecs.g5.xlarge");
    assert_eq!(instance.effective_type(), "ecs.g5.large");
}

#[tokio::test]
async fn a_change_takes_effect_at_the_reboot_time() {
    let simulator = simulator_with(instance()).await;
    let call = Call::change().with("RebootTime", "2999-01-01T12:05Z");
    assert_eq!(call.send(&simulator).await.status, 200);
    assert_eq!(
        simulator.instance("i-1").unwrap().effective_type(),
        "ecs.g5.large"
    );
    simulator.advance(Duration::from_secs(1_000 * 366 * 86_400));
    assert_eq!(
        simulator.instance("i-1").unwrap().effective_type(),
        "ecs.g5.xlarge"
    );
}

#[tokio::test]
async fn instance_types_can_be_added() {
    let simulator = simulator_with(instance()).await;
    simulator.add_instance_type("ecs.own.large", 64, 1_024);
    let types = simulator.instance_types();
    let own = types
        .iter()
        .find(|known| known.name() == "ecs.own.large")
        .unwrap();
    assert_eq!((own.vcpus(), own.memory_gib()), (64, 1_024));
    assert!(
        types
            .iter()
            .any(|known| known.name() == "ecs.r6.4xlarge" && known.memory_gib() == 128)
    );
    let call = Call::change().with("InstanceType", "ecs.own.large");
    assert_eq!(call.send(&simulator).await.status, 200);
}
