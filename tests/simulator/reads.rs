//! The reads: filters, pages, and the fields of the documented examples.

use aliyun_ecs::simulator::{
    SimulatedDisk, SimulatedImage, SimulatedInstance, SimulatedInstanceType, Simulator,
};
use serde_json::{Value, json};

use super::call::{Call, RawResponse};

fn call(action: &str) -> Call {
    Call::v1(action).with("RegionId", "cn-hangzhou")
}

/// Three instances that differ in everything.
async fn simulator() -> Simulator {
    let simulator = Simulator::start().await;
    simulator.add_instance(
        SimulatedInstance::new("i-1", "ecs.g5.large")
            .with_name("web-1")
            .with_tag("env", "test")
            .with_tag("team", "a"),
    );
    simulator.add_instance(
        SimulatedInstance::new("i-2", "ecs.c6.large")
            .stopped()
            .with_name("web-2")
            .with_tag("env", "prod")
            .with_zone("cn-hangzhou-h")
            .with_vpc("vpc-2", "vsw-2")
            .with_security_groups(["sg-1", "sg-2"])
            .with_resource_group("rg-2")
            .with_image("m-2"),
    );
    simulator.add_instance(
        SimulatedInstance::new("i-3", "ecs.g5.xlarge")
            .pay_as_you_go()
            .locked("security")
            .with_name("db"),
    );
    simulator
}

/// The ids of a list of instances.
fn ids(response: &RawResponse) -> Vec<String> {
    let instances = &response.json()["Instances"]["Instance"];
    let list = instances
        .as_array()
        .unwrap_or_else(|| panic!("{}", response.body));
    let id = |instance: &Value| instance["InstanceId"].as_str().unwrap().to_owned();
    list.iter().map(id).collect()
}

/// Parameters, and the ids that they select.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[tokio::test]
async fn every_filter_is_honored() {
    let simulator = simulator().await;
    let many = serde_json::to_string(&vec!["i-1"; 100]).unwrap();
    let rows: [Row<'_>; 37] = [
        (&[], &["i-1", "i-2", "i-3"]),
        (&[("InstanceIds", r#"["i-3","i-1"]"#)], &["i-1", "i-3"]),
        (&[("InstanceIds", "[]")], &[]),
        (&[("InstanceIds", &many)], &["i-1"]),
        (&[("InstanceName", "web-1")], &["i-1"]),
        (&[("InstanceName", "web")], &[]),
        (&[("InstanceName", "web*")], &["i-1", "i-2"]),
        (&[("InstanceName", "*b*")], &["i-1", "i-2", "i-3"]),
        (&[("Tag.1.Key", "env")], &["i-1", "i-2"]),
        (&[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")], &["i-2"]),
        (&[("Tag.1.Key", "env"), ("Tag.1.Value", "")], &[]),
        (&[("Tag.1.Key", "env"), ("Tag.2.Key", "team")], &["i-1"]),
        (&[("VpcId", "vpc-2")], &["i-2"]),
        (&[("VSwitchId", "vsw-2")], &["i-2"]),
        (&[("ZoneId", "cn-hangzhou-h")], &["i-2"]),
        (&[("InstanceType", "ecs.g5.large")], &["i-1"]),
        (&[("InstanceTypeFamily", "ecs.g5")], &["i-1", "i-3"]),
        (&[("LockReason", "security")], &["i-3"]),
        (&[("LockReason", "financial")], &[]),
        (&[("SecurityGroupId", "sg-2")], &["i-2"]),
        (&[("ResourceGroupId", "rg-2")], &["i-2"]),
        (&[("Status", "Stopped")], &["i-2"]),
        (&[("InstanceChargeType", "PostPaid")], &["i-3"]),
        (&[("InstanceNetworkType", "vpc")], &["i-1", "i-2", "i-3"]),
        (&[("InstanceNetworkType", "classic")], &[]),
        (&[("InternetChargeType", "PayByBandwidth")], &[]),
        (&[("ImageId", "m-2")], &["i-2"]),
        (&[("KeyPairName", "key")], &[]),
        (&[("IoOptimized", "TRUE")], &["i-1", "i-2", "i-3"]),
        (&[("IoOptimized", "0")], &[]),
        (
            &[("PrivateIpAddresses", r#"["172.16.0.10"]"#)],
            &["i-1", "i-2", "i-3"],
        ),
        (&[("PublicIpAddresses", r#"["1.2.3.4"]"#)], &[]),
        (&[("EipAddresses", r#"["1.2.3.4"]"#)], &[]),
        (
            &[
                ("Filter.1.Key", "CreationStartTime"),
                ("Filter.1.Value", "2999-01-01T00:00Z"),
            ],
            &[],
        ),
        (
            &[
                ("Filter.3.Key", "ExpiredStartTime"),
                ("Filter.3.Value", "2020-01-01T00:00Z"),
            ],
            &["i-1", "i-2", "i-3"],
        ),
        (
            &[
                ("Filter.1.Key", "ExpiredEndTime"),
                ("Filter.1.Value", "2020-01-01T00:00Z"),
            ],
            &[],
        ),
        (&[("RegionId", "cn-beijing")], &[]),
    ];
    for (parameters, expected) in rows {
        let request = parameters
            .iter()
            .fold(call("DescribeInstances"), |call, (name, value)| {
                call.with(name, value)
            });
        let response = request.send(&simulator).await;
        assert_eq!(ids(&response), expected, "{parameters:?}");
        assert_eq!(response.json()["TotalCount"], expected.len());
    }
}

#[tokio::test]
async fn filters_that_are_not_simulated_are_rejected() {
    let simulator = simulator().await;
    let rows = [
        ("DescribeInstances", "HpcClusterId"),
        ("DescribeInstances", "Ipv6Address.1"),
        ("DescribeInstances", "InstanceNmae"),
        ("DescribeInstances", "Tags.1.Key"),
        ("DescribeInstanceTypes", "MinimumGPUAmount"),
        ("DescribeInstanceStatus", "ClusterId"),
        ("DescribeInstanceModificationPrice", "DataDisk.1.Size"),
        ("DescribeResourcesModification", "Tag.1.Key"),
        ("DescribeDisks", "SnapshotId"),
        ("DescribeImages", "Tag.1.Key"),
        ("ModifyPrepayInstanceSpec", "CouponNo"),
        ("StopInstance", "Hibernate"),
    ];
    for (action, parameter) in rows {
        let response = call(action).with(parameter, "1").send(&simulator).await;
        let message = format!("The simulator does not simulate the parameter \"{parameter}\"");
        response.rejected(400, "Simulator.ParameterNotSimulated", &message);
    }
    let lenient = Simulator::builder().ignore_unknown_parameters();
    let lenient = lenient.start().await.unwrap();
    let request = call("DescribeInstances").with("HpcClusterId", "1");
    assert_eq!(request.send(&lenient).await.status, 200);
}

#[tokio::test]
async fn values_that_do_not_exist_are_documented_errors() {
    let simulator = simulator().await;
    let many = serde_json::to_string(&vec!["i-1"; 101]).unwrap();
    let rows = [
        (
            "DescribeInstances",
            "RegionId",
            "mars-1",
            404,
            "InvalidRegionId.NotFound",
        ),
        (
            "DescribeInstances",
            "Status",
            "Asleep",
            404,
            "InvalidStatus.NotFound",
        ),
        (
            "DescribeInstances",
            "LockReason",
            "x",
            404,
            "InvalidLockReason.NotFound",
        ),
        (
            "DescribeInstances",
            "InstanceNetworkType",
            "x",
            404,
            "InvalidNetworkType.NotFound",
        ),
        (
            "DescribeInstances",
            "InstanceChargeType",
            "Free",
            404,
            "InvalidInstanceChargeType.NotFound",
        ),
        (
            "DescribeInstances",
            "InternetChargeType",
            "x",
            404,
            "InvalidInternetChargeType.ValueNotSupported",
        ),
        (
            "DescribeInstances",
            "Filter.1.Key",
            "x",
            404,
            "InvalidFilterKey.NotFound",
        ),
        (
            "DescribeInstances",
            "Tag.1.Value",
            "x",
            400,
            "InvalidTag.Mismatch",
        ),
        (
            "DescribeInstances",
            "InstanceIds",
            &many,
            400,
            "InvalidParameter",
        ),
        (
            "DescribeInstances",
            "InstanceIds",
            "i-1",
            400,
            "InvalidParameter",
        ),
        (
            "DescribeInstances",
            "IoOptimized",
            "maybe",
            400,
            "InvalidParameter",
        ),
        (
            "DescribeRegions",
            "AcceptLanguage",
            "tlh",
            404,
            "InvalidAcceptLanguage.NotFound",
        ),
        (
            "DescribeRegions",
            "ResourceType",
            "x",
            404,
            "InvalidResourceType.NotFound",
        ),
        (
            "DescribeRegions",
            "InstanceChargeType",
            "x",
            403,
            "Invalid.InstanceChargeType",
        ),
        (
            "DescribeInstances",
            "DryRun",
            "True",
            400,
            "DryRunOperation",
        ),
        ("DescribeInstances", "DryRun", "1", 400, "DryRunOperation"),
    ];
    for (action, name, value, status, code) in rows {
        let response = call(action).with(name, value).send(&simulator).await;
        response.rejected(status, code, "");
    }
    let stop = Call::v1("StopInstance").with("InstanceId", "i-1");
    let response = stop.with("ForceStop", "maybe").send(&simulator).await;
    response.rejected(
        400,
        "InvalidParameter",
        "The specified parameter \"ForceStop\"",
    );
    let statuses = (1..=101).fold(call("DescribeInstanceStatus"), |call, number| {
        call.with(&format!("InstanceId.{number}"), "i-1")
    });
    let response = statuses.send(&simulator).await;
    response.rejected(403, "InvalidParameter.TooManyInstanceIds", "Instance ids");
}

#[tokio::test]
async fn an_instance_has_every_field_of_the_examples() {
    let simulator = simulator().await;
    let request = call("DescribeInstances").with("InstanceIds", r#"["i-1"]"#);
    let instance = request.send(&simulator).await.json()["Instances"]["Instance"][0].take();
    let examples: Value =
        serde_json::from_str(include_str!("../data/companion_examples.json")).unwrap();
    let example = &examples["DescribeInstances"]["json"][0]["Instances"]["Instance"][0];
    for (name, value) in example.as_object().unwrap() {
        let own = instance.get(name).unwrap_or_else(|| panic!("no {name}"));
        let kind = std::mem::discriminant;
        assert_eq!(kind(own), kind(value), "{name}: {own}");
    }
    assert_eq!(instance["VpcAttributes"]["VpcId"], "vpc-simulated");
    assert_eq!(
        instance["Tags"]["Tag"][0],
        json!({"TagKey": "env", "TagValue": "test"})
    );
    assert_eq!(instance["ImageOptions"], json!({}));

    let request =
        call("DescribeInstances").with("AdditionalAttributes.1", "CURRENT_OS_NVME_SUPPORTED");
    let response = request.send(&simulator).await.json();
    let options = &response["Instances"]["Instance"][0]["ImageOptions"];
    assert_eq!(options["CurrentOSNVMeSupported"], true);

    // The end of a subscription does not move with the time of the read.
    let expires = instance["ExpiredTime"].clone();
    simulator.advance_world(std::time::Duration::from_secs(7_200));
    let later = call("DescribeInstances").send(&simulator).await.json();
    assert_eq!(later["Instances"]["Instance"][0]["ExpiredTime"], expires);
}

#[tokio::test]
async fn the_request_id_comes_first() {
    let simulator = simulator().await;
    let json = call("DescribeInstances").send(&simulator).await.body;
    assert!(json.starts_with("{\"RequestId\":\""), "{json}");
    let xml = call("DescribeInstances").without("Format");
    let xml = xml.send(&simulator).await.body;
    assert!(
        xml.contains("<DescribeInstancesResponse><RequestId>"),
        "{xml}"
    );
    let start = Call::v1("StopInstance").with("InstanceId", "i-1");
    let body = start.send(&simulator).await.json();
    assert_eq!(body.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn region_endpoints_point_to_the_simulator() {
    let simulator = simulator().await;
    let request = call("DescribeRegions").with("AcceptLanguage", "en-US");
    let regions = request.send(&simulator).await.json()["Regions"]["Region"].clone();
    for region in regions.as_array().unwrap() {
        let endpoint = format!("http://{}", region["RegionEndpoint"].as_str().unwrap());
        assert_eq!(endpoint, simulator.endpoint());
    }
    assert_eq!(regions[2]["LocalName"], "China (Hangzhou)");
}

#[tokio::test]
async fn prices_are_numbers_or_strings() {
    let quote = || {
        call("DescribeInstanceModificationPrice")
            .with("InstanceId", "i-1")
            .with("InstanceType", "ecs.g5.xlarge")
    };
    let numbers = Simulator::start().await;
    let strings = Simulator::builder().prices_as_strings();
    let strings = strings.start().await.unwrap();
    for (simulator, prices) in [
        (&numbers, json!([175.2, 61.32, 113.88])),
        (&strings, json!(["175.200", "61.320", "113.880"])),
    ] {
        simulator.add_instance(SimulatedInstance::new("i-1", "ecs.g5.large"));
        let (original, discount) = ("175.2".parse(), "61.32".parse());
        let (original, discount): (rust_decimal::Decimal, rust_decimal::Decimal) =
            (original.unwrap(), discount.unwrap());
        simulator.set_price("ecs.g5.xlarge", original, discount);
        let price = quote().send(simulator).await.json()["PriceInfo"]["Price"].clone();
        let own = json!([
            price["OriginalPrice"],
            price["DiscountPrice"],
            price["TradePrice"]
        ]);
        assert_eq!(own, prices);
        let detail = &price["DetailInfos"]["DetailInfo"][0];
        assert_eq!(detail["TradePrice"], prices[2]);
    }
}

#[tokio::test]
async fn a_marketplace_image_adds_to_the_price() {
    let simulator = simulator().await;
    simulator.add_image(SimulatedImage::new("m-2").from_marketplace(30));
    simulator.set_price("ecs.c6.xlarge", 100, 0);
    let request = call("DescribeInstanceModificationPrice")
        .with("InstanceId", "i-2")
        .with("InstanceType", "ecs.c6.xlarge");
    let info = request.send(&simulator).await.json()["PriceInfo"].take();
    let image = &info["RelatedPrice"]["MarketplaceImagePrice"];
    assert_eq!(
        (&info["Price"]["TradePrice"], &image["TradePrice"]),
        (&json!(100.0), &json!(30.0))
    );
    let order = Call::change()
        .with("InstanceId", "i-2")
        .with("InstanceType", "ecs.c6.xlarge");
    assert_eq!(order.send(&simulator).await.status, 200);
    assert_eq!(
        simulator.orders()[0].price(),
        rust_decimal::Decimal::from(130)
    );
}

#[tokio::test]
async fn the_price_decides_the_direction() {
    let simulator = simulator().await;
    let dear = SimulatedInstanceType::new("ecs.dear.large", 1, 1).with_monthly_price(9_999);
    simulator.define_instance_type(dear);
    let order = Call::change().with("InstanceType", "ecs.dear.large");
    assert_eq!(
        order
            .with("OperatorType", "upgrade")
            .send(&simulator)
            .await
            .status,
        200
    );
    let listed = call("DescribeResourcesModification")
        .with("ResourceId", "i-2")
        .with("DestinationResource", "InstanceType");
    assert!(
        listed
            .send(&simulator)
            .await
            .body
            .contains("ecs.dear.large")
    );
}

#[tokio::test]
async fn status_and_attributes_of_instances_can_be_read() {
    let simulator = simulator().await;
    let request = call("DescribeInstanceStatus")
        .with("InstanceId.1", "i-2")
        .with("InstanceId.2", "i-9");
    let json = request.send(&simulator).await.json();
    let statuses = json!([{"InstanceId": "i-2", "Status": "Stopped"}]);
    assert_eq!(json["InstanceStatuses"]["InstanceStatus"], statuses);
    let paged = call("DescribeInstanceStatus")
        .with("PageSize", "2")
        .with("PageNumber", "2");
    let json = paged.send(&simulator).await.json();
    assert_eq!(
        (&json["TotalCount"], &json["PageNumber"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        json["InstanceStatuses"]["InstanceStatus"][0]["InstanceId"],
        "i-3"
    );

    let attribute = |id: &str| Call::v1("DescribeInstanceAttribute").with("InstanceId", id);
    let json = attribute("i-2").send(&simulator).await.json();
    assert_eq!(
        (&json["InstanceName"], &json["IoOptimized"]),
        (&json!("web-2"), &json!("optimized"))
    );
    let response = attribute("i-9").send(&simulator).await;
    response.rejected(
        404,
        "InvalidInstanceId.NotFound",
        "The specified InstanceId",
    );
}

#[tokio::test]
async fn disks_can_be_read_and_limit_the_targets() {
    let simulator = simulator().await;
    simulator.define_instance_type(SimulatedInstanceType::new("ecs.g7.xlarge", 4, 16));
    simulator.add_instance(
        SimulatedInstance::new("i-1", "ecs.g5.large")
            .with_system_disk("cloud_essd")
            .with_disk(SimulatedDisk::new("d-1", "cloud_ssd")),
    );
    let disks = call("DescribeDisks")
        .with("InstanceId", "i-1")
        .send(&simulator)
        .await
        .json();
    let list: Vec<(&str, &str)> = disks["Disks"]["Disk"]
        .as_array()
        .unwrap()
        .iter()
        .map(|disk| {
            (
                disk["Type"].as_str().unwrap(),
                disk["Category"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(list, [("system", "cloud_essd"), ("data", "cloud_ssd")]);

    let targets = || {
        call("DescribeResourcesModification")
            .with("ResourceId", "i-1")
            .with("InstanceType", "ecs.g7.xlarge")
    };
    let types = targets().with("DestinationResource", "InstanceType");
    let json = types
        .with("Conditions.1", "DiskCategory")
        .send(&simulator)
        .await
        .json();
    let resources = &json["AvailableZones"]["AvailableZone"][0]["AvailableResources"];
    let resources = &resources["AvailableResource"][0];
    assert_eq!(
        resources["SupportedResources"]["SupportedResource"],
        json!([])
    );
    let conditional = &resources["ConditionSupportedResources"]["ConditionSupportedResource"][0];
    assert_eq!(conditional["Value"], "ecs.g7.xlarge");
    let disks = targets().with("DestinationResource", "SystemDisk");
    let json = disks.send(&simulator).await.json();
    let resources = &json["AvailableZones"]["AvailableZone"][0]["AvailableResources"];
    let supported = &resources["AvailableResource"][0]["SupportedResources"];
    assert_eq!(supported["SupportedResource"][0]["Value"], "cloud_essd");

    // A disk can be changed along with the type.
    let order = Call::change()
        .with("Disk.1.DiskId", "d-1")
        .with("Disk.1.Category", "cloud_essd")
        .with("Disk.1.PerformanceLevel", "PL0");
    assert_eq!(order.send(&simulator).await.status, 200);
    let instance = simulator.instance("i-1").unwrap();
    let disk = &instance.disks()[1];
    assert_eq!(
        (disk.category(), disk.performance_level()),
        ("cloud_essd", "PL0")
    );
}

#[tokio::test]
async fn images_report_nvme_support() {
    let simulator = simulator().await;
    simulator.define_instance_type(SimulatedInstanceType::new("ecs.g8i.large", 2, 8));
    simulator.add_image(SimulatedImage::new("m-2").windows().without_nvme());
    let image = || call("DescribeImages").with("ImageId", "m-2");
    let json = image().send(&simulator).await.json()["Images"]["Image"][0].take();
    assert_eq!(
        (&json["OSType"], &json["Features"]["NvmeSupport"]),
        (&json!("windows"), &json!("unsupported"))
    );
    let fitting = image()
        .with("InstanceType", "ecs.g8i.large")
        .send(&simulator)
        .await;
    assert_eq!(fitting.json()["TotalCount"], 0);
}

#[tokio::test]
async fn batch_power_operations_succeed_together_or_individually() {
    let simulator = simulator().await;
    let stop = || {
        call("StopInstances")
            .with("InstanceId.1", "i-1")
            .with("InstanceId.2", "i-2")
    };
    let together = stop().send(&simulator).await;
    together.rejected(403, "IncorrectInstanceStatus", "The current status");
    assert_eq!(
        simulator.instance("i-1").unwrap().status().as_str(),
        "Running"
    );
    let each = stop()
        .with("BatchOptimization", "SuccessFirst")
        .send(&simulator)
        .await
        .json();
    let results = &each["InstanceResponses"]["InstanceResponse"];
    assert_eq!(
        (&results[0]["Code"], &results[0]["CurrentStatus"]),
        (&json!("200"), &json!("Stopping"))
    );
    assert_eq!(results[1]["Code"], "IncorrectInstanceStatus");
    let start = call("StartInstances")
        .with("InstanceId.1", "i-2")
        .send(&simulator)
        .await
        .json();
    let result = &start["InstanceResponses"]["InstanceResponse"][0];
    assert_eq!(
        (&result["PreviousStatus"], &result["CurrentStatus"]),
        (&json!("Stopped"), &json!("Starting"))
    );
    call("RebootInstances")
        .send(&simulator)
        .await
        .rejected(400, "MissingParameter", "");
}

#[tokio::test]
async fn the_pay_as_you_go_operation_is_rejected_for_subscription_instances() {
    let simulator = simulator().await;
    let call = |id: &str| {
        Call::v1("ModifyInstanceSpec")
            .with("InstanceId", id)
            .with("InstanceType", "ecs.g6.large")
    };
    let message = "The operation is not permitted due to charge type of the instance.";
    call("i-1")
        .send(&simulator)
        .await
        .rejected(403, "ChargeTypeViolation", message);
    let message = "The specified Instance status is not stopped.";
    let response = call("i-3").send(&simulator).await;
    response.rejected(400, "InvalidInstanceStatus.NotStopped", message);
}

#[tokio::test]
async fn both_wordings_of_a_wrong_signature_are_available() {
    let newer = Simulator::builder().canonical_request_in_signature_errors();
    let newer = newer.start().await.unwrap();
    let older = Simulator::start().await;
    let start = "Specified signature is not matched with our calculation. ";
    let wrong = |mut call: Call| {
        call.secret = "wrong".to_owned();
        call
    };
    for (simulator, call, facts) in [
        (
            &older,
            Call::v1("DescribeRegions"),
            "server string to sign is:POST&%2F&",
        ),
        (
            &older,
            Call::v3("DescribeRegions"),
            "server string to sign is:ACS3-HMAC-SHA256\n",
        ),
        (
            &newer,
            Call::v3("DescribeRegions"),
            "server StringToSign is [ACS3-HMAC-SHA256\n",
        ),
    ] {
        let response = wrong(call).send(simulator).await;
        response.rejected(400, "SignatureDoesNotMatch", &format!("{start}{facts}"));
    }
    let response = wrong(Call::v3("DescribeRegions")).send(&newer).await;
    assert!(
        response
            .text("Message")
            .contains("] server CanonicalRequest is [POST\n/\n")
    );
}
