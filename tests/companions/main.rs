//! The operations around a change of type, over HTTP: what is sent, and how responses are decoded.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "this is all test code, and a variable asks to write the expected results"
)]

mod responses;

use std::time::Duration;

use aliyun_ecs::error::{DecodeError, Error};
use aliyun_ecs::operation::*;
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance, Simulator};
use aliyun_ecs::types::{
    self, ChargeType, DestinationResource, LockReason, ModificationType, NvmeSupport,
};
use aliyun_ecs::{CallOptions, Client, ErrorCode, ErrorKind, Outcome, ResponseFormat, RetryConfig};
use rust_decimal::Decimal;

const ID: &str = "i-test";

async fn simulator() -> (Simulator, Client) {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large").running());
    let client = simulator.client_builder().build().unwrap();
    (simulator, client)
}

/// The documented examples of an operation, in this format.
fn examples(action: &str, format: &str) -> Vec<String> {
    let examples: serde_json::Value =
        serde_json::from_str(include_str!("../data/companion_examples.json")).unwrap();
    let of_format = examples[action][format].as_array().unwrap().iter();
    let text = |example: &serde_json::Value| match example.as_str() {
        Some(text) => text.to_owned(),
        None => example.to_string(),
    };
    of_format.map(text).collect()
}

/// The response of the operation for `body`.
async fn read<O: Operation>(operation: O, body: &str) -> Result<O::Response, Error> {
    let (simulator, client) = simulator().await;
    let media = if body.starts_with('<') {
        "text/xml"
    } else {
        "application/json"
    };
    let fault = Fault::response(200, media, body).header("x-acs-request-id", "req-header");
    simulator.fail_next(fault);
    client.call(operation, once()).await
}

fn once() -> CallOptions {
    CallOptions::default().with_retry(RetryConfig::disabled())
}

fn all_instances() -> DescribeInstancesRequest {
    DescribeInstancesRequest::builder().build().unwrap()
}

fn all_types() -> DescribeInstanceTypesRequest {
    DescribeInstanceTypesRequest::builder().build().unwrap()
}

#[tokio::test]
async fn documented_instances_are_decoded() {
    let bodies = examples("DescribeInstances", "json");
    let full = read(all_instances(), &bodies[0]).await.unwrap();
    assert_eq!((full.total_count, full.next_token), (Some(1), None));
    let instance = &full.instances[0];
    assert_eq!(instance.instance_id, "i-bp1example0000000001");
    assert_eq!(instance.instance_type, "ecs.g5.large");
    assert_eq!(instance.status, Some(types::InstanceStatus::Running));
    assert_eq!(instance.charge_type, Some(ChargeType::PrePaid));
    assert_eq!((instance.cpu, instance.memory_mib), (Some(2), Some(8192)));
    assert_eq!(
        instance.start_time.unwrap().to_rfc3339(),
        "2020-01-01T04:05:00+00:00"
    );
    assert_eq!(instance.tags, [("env".to_owned(), "test".to_owned())]);
    assert!(instance.operation_locks.is_empty());

    let quoted = read(all_instances(), &bodies[2]).await.unwrap();
    assert_eq!((quoted.total_count, quoted.instances.len()), (Some(1), 0));

    let locked = read(all_instances(), &bodies[3]).await.unwrap();
    assert_eq!(locked.request_id, "req-header");
    assert_eq!(locked.instances[0].operation_locks, [LockReason::Financial]);

    let xml = read(all_instances(), &examples("DescribeInstances", "xml")[0])
        .await
        .unwrap();
    assert_eq!(
        xml.instances[0].expired_time.unwrap().timestamp(),
        1_893_513_600
    );
    assert_eq!(xml.instances[0].memory_mib, Some(8192));
}

#[tokio::test]
async fn missing_null_and_empty_lists_are_empty() {
    for body in [
        r#"{"RequestId":"r"}"#,
        r#"{"RequestId":"r","Instances":null}"#,
        r#"{"RequestId":"r","Instances":{}}"#,
        r#"{"RequestId":"r","Instances":{"Instance":null}}"#,
        r#"{"RequestId":"r","Instances":{"Instance":[]}}"#,
        "<DescribeInstancesResponse><RequestId>r</RequestId><Instances/></DescribeInstancesResponse>",
        "<DescribeInstancesResponse><RequestId>r</RequestId><Instances>\n</Instances></DescribeInstancesResponse>",
    ] {
        let response = read(all_instances(), body).await.unwrap();
        assert!(response.instances.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn prices_are_exact_as_numbers_and_strings_in_json_and_xml() {
    let request = || {
        DescribeInstanceModificationPriceRequest::builder(ID)
            .instance_type("ecs.g5.xlarge")
            .build()
            .unwrap()
    };
    let action = "DescribeInstanceModificationPrice";
    let bodies = [examples(action, "json"), examples(action, "xml")].concat();
    assert_eq!(bodies.len(), 3);
    for body in bodies {
        let response = read(request(), &body).await.unwrap();
        assert_eq!(response.price.trade, Some(Decimal::new(11388, 2)), "{body}");
        assert_eq!(response.price.discount, Some(Decimal::new(6132, 2)));
        assert_eq!(response.price.currency.as_deref(), Some("CNY"));
        assert_eq!(response.rules[0].rule_id, Some(1_234_567_890));
    }
    let error = read(request(), r#"{"RequestId":"r"}"#).await.unwrap_err();
    assert!(error.to_string().contains("it has no PriceInfo"), "{error}");
}

#[tokio::test]
async fn documented_targets_types_and_regions_are_decoded() {
    let targets = || {
        DescribeResourcesModificationRequest::builder(ID)
            .build()
            .unwrap()
    };
    for (format, stocked) in [
        ("json", Some(types::StockCategory::WithStock)),
        ("xml", None),
    ] {
        let bodies = examples("DescribeResourcesModification", format);
        let response = read(targets(), &bodies[0]).await.unwrap();
        let found: Vec<_> = response.find("ECS.G5.XLARGE").collect();
        assert_eq!((found.len(), found[0].stock.clone()), (1, stocked));
        assert!(found[0].is_available());
        assert!(response.find("ecs.g5.2xlarge").all(|it| !it.is_available()));
    }
    for format in ["json", "xml"] {
        let body = &examples("DescribeInstanceTypes", format)[0];
        let mut response = read(all_types(), body).await.unwrap();
        let detail = response.instance_types.remove(0);
        assert_eq!(detail.memory_gib, Some(Decimal::from(8)));
        assert_eq!(detail.local_storage_category, None);

        let request = DescribeRegionsRequest::builder().build().unwrap();
        let response = read(request, &examples("DescribeRegions", format)[0])
            .await
            .unwrap();
        assert_eq!(response.regions[0].region_id, "cn-qingdao");
    }
}

#[tokio::test]
async fn start_stop_and_reboot_pass_through_transitional_states() {
    let (simulator, client) = simulator().await;
    let status = || simulator.instance(ID).unwrap().status();
    let pass = || simulator.advance(Duration::from_secs(1));

    let request = RebootInstanceRequest::builder(ID).build().unwrap();
    client.reboot_instance(request).await.unwrap();
    assert_eq!(status(), InstanceStatus::Running);
    simulator.advance(Duration::from_millis(250));
    assert_eq!(status(), InstanceStatus::Stopping);
    pass();
    assert_eq!(status(), InstanceStatus::Running);

    let request = StopInstanceRequest::builder(ID)
        .force_stop(true)
        .build()
        .unwrap();
    client.stop_instance(request).await.unwrap();
    assert_eq!(status(), InstanceStatus::Stopping);
    pass();
    assert_eq!(status(), InstanceStatus::Stopped);

    let request = StartInstanceRequest::builder(ID).build().unwrap();
    client.start_instance(request.clone()).await.unwrap();
    assert_eq!(status(), InstanceStatus::Starting);
    pass();
    let error = client.start_instance(request).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::IncorrectInstanceStatus));
    assert!(
        error
            .code()
            .unwrap()
            .description()
            .contains("Running or Stopped")
    );
}

#[tokio::test]
async fn a_dry_run_that_passes_is_a_success_in_json_and_xml() {
    for format in [ResponseFormat::Json, ResponseFormat::Xml] {
        let (simulator, _) = simulator().await;
        let client = simulator
            .client_builder()
            .response_format(format)
            .build()
            .unwrap();
        let request = StopInstanceRequest::builder(ID)
            .dry_run(true)
            .build()
            .unwrap();
        let response = client.stop_instance(request).await.unwrap();
        assert!(response.is_dry_run && !response.request_id.is_empty());
        let request = RebootInstanceRequest::builder(ID)
            .dry_run(true)
            .build()
            .unwrap();
        assert!(client.reboot_instance(request).await.unwrap().is_dry_run);
        let request = DescribeInstancesRequest::builder()
            .dry_run(true)
            .build()
            .unwrap();
        assert!(client.describe_instances(request).await.unwrap().is_dry_run);
        assert_eq!(
            simulator.instance(ID).unwrap().status(),
            InstanceStatus::Running
        );
        let request = StartInstanceRequest::builder(ID)
            .dry_run(true)
            .build()
            .unwrap();
        let error = client.start_instance(request).await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::IncorrectInstanceStatus));
    }
}

#[tokio::test]
async fn a_stop_with_an_unknown_outcome_is_not_retried_but_a_dry_run_is() {
    let (simulator, client) = simulator().await;
    simulator.fail_next(Fault::lost_response().on("StopInstance"));
    let request = StopInstanceRequest::builder(ID);
    let error = client
        .stop_instance(request.clone().build().unwrap())
        .await
        .unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    assert!(
        error
            .to_string()
            .ends_with("check the resource before retrying"),
        "{error}"
    );

    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large").running());
    simulator.fail_next(Fault::lost_response().on("StopInstance"));
    let request = request.dry_run(true).build().unwrap();
    assert!(client.stop_instance(request).await.unwrap().is_dry_run);
}

#[tokio::test]
async fn a_paginator_fetches_every_page() {
    let (simulator, client) = simulator().await;
    for number in 0..234 {
        let id = format!("i-{number:03}");
        simulator.add_instance(SimulatedInstance::new(id, "ecs.g5.large"));
    }
    let all = client
        .list_instances(all_instances())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 235);
    let asked = simulator.requests();
    let sizes: Vec<_> = asked
        .iter()
        .map(|it| it.parameter("MaxResults").unwrap())
        .collect();
    assert_eq!(sizes, ["100", "100", "100"]);

    let request = DescribeInstanceTypesRequest::builder()
        .max_results(4)
        .build()
        .unwrap();
    let types = client
        .list_instance_types(request)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(types.len(), simulator.instance_types().len());
    assert_eq!(types[0].nvme_support, Some(NvmeSupport::Unsupported));
}

#[tokio::test]
async fn a_paginator_that_ends_early_returns_an_error() {
    let page = |token: &str, total: u32| {
        let body = format!(
            r#"{{"RequestId":"r","TotalCount":{total},"NextToken":"{token}","Instances":{{"Instance":[{{"InstanceId":"i-1"}}]}}}}"#
        );
        Fault::response(200, "application/json", body)
    };
    for (pages, problem) in [
        (
            [page("a", 2), page("a", 2)],
            "page token \"a\" was returned twice",
        ),
        ([page("a", 3), page("", 3)], "ends after 2 of 3 items"),
    ] {
        let (simulator, client) = simulator().await;
        pages.into_iter().for_each(|page| simulator.fail_next(page));
        let mut paginator = client.list_instances(all_instances());
        assert!(paginator.next().await.unwrap().is_ok());
        let mut last = paginator.next().await.unwrap();
        if last.is_ok() {
            last = paginator.next().await.unwrap();
        }
        let error = last.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Decode(it) if DecodeError::http_status(it) == 200)
        );
        assert_eq!(error.outcome(), Outcome::NotApplied);
        assert_eq!(error.attempts(), 1);
        assert!(error.to_string().contains(problem), "{error}");
        assert!(paginator.next().await.is_none());
    }
}

#[tokio::test]
async fn filters_are_sent_under_their_wire_names() {
    let builder = Simulator::builder().ignore_unknown_parameters();
    let simulator = builder.start().await.unwrap();
    let client = simulator.client_builder().build().unwrap();
    let time = "2026-01-01T00:00:30Z".parse().unwrap();
    let request = DescribeInstancesRequest::builder()
        .instance_ids([ID, "i-2"])
        .status(types::InstanceStatus::Running)
        .tag("env", "")
        .expires_before(time)
        .private_ip_addresses(["10.0.0.1"])
        .ipv6_addresses(["::1", "::2"])
        .build()
        .unwrap();
    client.describe_instances(request).await.unwrap();
    let sent = simulator.requests().remove(0);
    for (name, value) in [
        ("RegionId", "cn-hangzhou"),
        ("InstanceIds", r#"["i-test","i-2"]"#),
        ("Status", "Running"),
        ("Tag.1.Key", "env"),
        ("Tag.1.Value", ""),
        ("Filter.4.Key", "ExpiredEndTime"),
        ("Filter.4.Value", "2026-01-01T00:01Z"),
        ("PrivateIpAddresses", r#"["10.0.0.1"]"#),
        ("Ipv6Address.2", "::2"),
    ] {
        assert_eq!(sent.parameter(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn every_violation_is_reported_at_once() {
    let named = |error: aliyun_ecs::ValidationError| {
        let violations = error.violations().iter();
        violations
            .map(|it| it.parameter().to_owned())
            .collect::<Vec<_>>()
    };
    let error = DescribeInstancesRequest::builder()
        .region_id("")
        .instance_ids(["i-*"])
        .tag("", "x")
        .vpc_id("")
        .build()
        .unwrap_err();
    assert_eq!(
        named(error),
        ["RegionId", "InstanceIds", "Tag.1.Key", "VpcId"]
    );
    let error = DescribeResourcesModificationRequest::builder("")
        .destination_resource(DestinationResource::SystemDisk)
        .cores(2)
        .build()
        .unwrap_err();
    assert_eq!(named(error), ["ResourceId", "InstanceType", "Cores"]);
    let error = DescribeResourcesModificationRequest::builder(ID)
        .operation_type(ModificationType::Upgrade)
        .instance_type("ecs.g5.large")
        .memory_gib(8)
        .build()
        .unwrap_err();
    assert_eq!(named(error), ["Memory"]);
    let disk = DataDisk::new("").with_size_gib(460);
    let error = DescribeInstanceModificationPriceRequest::builder(ID)
        .data_disk(disk)
        .build()
        .unwrap_err();
    assert_eq!(named(error), ["DataDisk.1.Category"]);
    let error = DescribeInstanceModificationPriceRequest::builder(ID)
        .build()
        .unwrap_err();
    assert_eq!(named(error), ["InstanceType"]);
    let error = DescribeInstanceTypesRequest::builder()
        .instance_types(["g5.large"])
        .cpu_architectures(["a", ""])
        .build()
        .unwrap_err();
    assert_eq!(named(error), ["InstanceTypes.1", "CpuArchitectures.2"]);
    assert_eq!(
        named(StopInstanceRequest::builder("").build().unwrap_err()),
        ["InstanceId"]
    );
}
