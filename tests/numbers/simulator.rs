//! The simulator's settings: with each of them it still responds.

use std::time::Duration;

use aliyun_ecs::operation::*;
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance, Simulator};
use aliyun_ecs::{CallOptions, ErrorKind, ModifyPrepayInstanceSpecRequest, RetryConfig};
use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::values::{DECIMALS, DURATIONS, TIMES, check, texts};

const ID: &str = "i-test";
const SMALL: &str = "ecs.g5.large";
const LARGE: &str = "ecs.g5.xlarge";

async fn simulator() -> Simulator {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new(ID, SMALL));
    simulator
}

/// Calls every operation once. Each gets a response of the simulator; no connection ends early.
async fn responses(simulator: &Simulator, of: &str) {
    let client = simulator
        .client_builder()
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    let price = DescribeInstanceModificationPriceRequest::builder(ID).instance_type(LARGE);
    let order = ModifyPrepayInstanceSpecRequest::builder(ID, LARGE);
    let results = [
        client
            .describe_instances(DescribeInstancesRequest::builder().build().unwrap())
            .await
            .err(),
        client
            .describe_instance_types(DescribeInstanceTypesRequest::builder().build().unwrap())
            .await
            .err(),
        client
            .describe_resources_modification(
                DescribeResourcesModificationRequest::builder(ID)
                    .build()
                    .unwrap(),
            )
            .await
            .err(),
        client
            .describe_instance_modification_price(price.build().unwrap())
            .await
            .err(),
        client
            .modify_prepay_instance_spec(order.build().unwrap())
            .await
            .err(),
        client
            .reboot_instance(RebootInstanceRequest::builder(ID).build().unwrap())
            .await
            .err(),
        client
            .stop_instance(StopInstanceRequest::builder(ID).build().unwrap())
            .await
            .err(),
        client
            .start_instance(StartInstanceRequest::builder(ID).build().unwrap())
            .await
            .err(),
        client
            .describe_disks(DescribeDisksRequest::builder().build().unwrap())
            .await
            .err(),
        client
            .describe_regions(DescribeRegionsRequest::builder().build().unwrap())
            .await
            .err(),
    ];
    for error in results.into_iter().flatten() {
        check(&error, of);
        assert!(
            !matches!(error.kind(), ErrorKind::Transport(_)),
            "{of}: {error}"
        );
    }
}

#[tokio::test]
async fn the_simulator_responds_at_every_duration() {
    for duration in DURATIONS {
        let simulator = Simulator::builder()
            .order_processing(duration)
            .transition(duration)
            .start()
            .await
            .unwrap();
        simulator.add_instance(SimulatedInstance::new(ID, SMALL));
        responses(&simulator, "order_processing and transition").await;
        simulator.advance(duration);
        responses(&simulator, "advance").await;
        simulator.advance(duration);
    }
    for offset in [TimeDelta::MIN, TimeDelta::zero(), TimeDelta::MAX] {
        let simulator = simulator().await;
        simulator.set_clock_offset(offset);
        responses(&simulator, "set_clock_offset").await;
        simulator.advance(Duration::MAX);
        responses(&simulator, "advance").await;
    }
}

#[tokio::test]
async fn the_simulator_responds_at_every_number_and_time() {
    for number in [0, u32::MAX] {
        let simulator = simulator().await;
        simulator.add_instance_type(LARGE, number, number);
        simulator.add_instance_type(SMALL, u32::MAX, number);
        simulator.set_vcpu_quota(number);
        simulator
            .add_instance(SimulatedInstance::new("i-other", SMALL).with_downgrades_used(number));
        responses(&simulator, "sizes").await;
    }
    for original in DECIMALS {
        for discount in DECIMALS {
            let simulator = simulator().await;
            simulator.set_price(LARGE, original, discount);
            responses(&simulator, "set_price").await;
        }
    }
    for time in TIMES {
        let simulator = simulator().await;
        simulator.add_instance(SimulatedInstance::new(ID, SMALL).started_at(time));
        responses(&simulator, "started_at").await;
    }
    let all = [
        InstanceStatus::Pending,
        InstanceStatus::Starting,
        InstanceStatus::Running,
        InstanceStatus::Stopping,
        InstanceStatus::Stopped,
    ];
    for status in all {
        let simulator = simulator().await;
        simulator.add_instance(SimulatedInstance::new(ID, SMALL).with_status(status));
        responses(&simulator, "with_status").await;
    }
}

#[tokio::test]
async fn the_simulator_responds_with_every_string() {
    let simulator = simulator().await;
    for text in texts() {
        simulator.add_instance(SimulatedInstance::new(&*text, &*text).locked(&*text));
        simulator.add_instance_type(&*text, 1, 1);
        simulator.sold_out(&*text);
        simulator.restock(&text);
        simulator.not_offered(&*text);
        simulator.set_price(&*text, Decimal::ONE, Decimal::ONE);
        assert!(!simulator.pay_order(&text) && !simulator.cancel_order(&text));
        assert!(simulator.instance(&text).is_some());
        simulator.fail_next(Fault::service_error(400, &*text, &*text).on(&*text));
    }
    responses(&simulator, "texts").await;
    for text in texts() {
        let builder = Simulator::builder().region(&*text).security_token(&*text);
        let simulator = builder.start().await.unwrap();
        simulator.add_instance(SimulatedInstance::new(ID, SMALL));
        match simulator.client_builder().build() {
            Ok(_) => responses(&simulator, "region").await,
            Err(error) => check(&error, "region"),
        }
    }
}

#[tokio::test]
async fn every_fault_occurs_as_often_as_configured() {
    let texts = texts();
    for status in [0, 99, 200, 204, 304, 599, 999, u16::MAX] {
        let text = &*texts[usize::from(status) % texts.len()];
        for fault in [
            Fault::service_error(status, text, text),
            Fault::response(status, text, text),
            Fault::gateway_html(status),
            Fault::empty_body(status),
            Fault::truncated(),
            Fault::throttled(Duration::MAX),
            Fault::empty_body(503)
                .header(text, text)
                .header("x-acs-retry-after", text),
        ] {
            let simulator = simulator().await;
            simulator.fail_next(fault.clone().times(0));
            simulator.fail_next(fault.times(usize::MAX));
            responses(&simulator, "fault").await;
            responses(&simulator, "fault").await;
        }
    }
}

#[tokio::test]
async fn a_response_that_is_delayed_for_ever_ends_with_the_call() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::delay(Duration::MAX));
    let client = simulator.client_builder().build().unwrap();
    let order = ModifyPrepayInstanceSpecRequest::builder(ID, LARGE)
        .build()
        .unwrap();
    let options = CallOptions::default().with_timeout(Duration::from_millis(300));
    let error = client.call(order.clone(), options).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    // The order was placed: the same request returns its id.
    let response = client.modify_prepay_instance_spec(order).await.unwrap();
    assert_eq!(
        response.order_id.as_deref(),
        Some(simulator.orders()[0].order_id())
    );
}
