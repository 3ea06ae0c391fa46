//! The values that the builder of the order accepts, and the violations that it reports.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

use aliyun_ecs::operation::{DiskChange, ModifyPrepayInstanceSpecRequestBuilder};
use aliyun_ecs::types::{DiskCategory, ModifyMode, SystemDiskCategory};
use aliyun_ecs::{ModifyPrepayInstanceSpecRequest as Request, OperatorType};
use chrono::{DateTime, Utc};

fn base() -> ModifyPrepayInstanceSpecRequestBuilder {
    Request::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The violations, as `parameter value: problem`.
fn violations(builder: ModifyPrepayInstanceSpecRequestBuilder) -> Vec<String> {
    match builder.build() {
        Ok(_) => Vec::new(),
        Err(error) => error
            .violations()
            .iter()
            .map(|v| format!("{} {}: {}", v.parameter(), v.value(), v.problem()))
            .collect(),
    }
}

#[track_caller]
fn rejected(builder: ModifyPrepayInstanceSpecRequestBuilder, expected: &[&str]) {
    let found = violations(builder);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "no {expected:?} in {found:?}");
    }
}

#[test]
fn instance_ids_are_checked() {
    let id = |id: &str| Request::builder(id, "ecs.g5.xlarge");
    for good in ["i", "i-bp1_A9", &"a".repeat(64)] {
        rejected(id(good), &[]);
    }
    rejected(id(""), &["InstanceId : must not be empty"]);
    rejected(
        id("i-bp67acfmxazb4ph****"),
        &["masks the ids in its examples"],
    );
    rejected(id("i bp"), &["contains ' '; allowed are A-Z, a-z, 0-9"]);
    rejected(id("i-é"), &["contains 'é'"]);
    rejected(id(&"a".repeat(65)), &["has 65 characters; at most 64"]);
    rejected(id("i\n"), &["contains '\\n'"]);
}

#[test]
fn instance_types_are_checked_with_a_suggestion() {
    let of_type = |name: &str| Request::builder("i-1", name);
    for good in ["ecs.g5.xlarge", "ecs.c7a-x.4xlarge", "ecs.1"] {
        rejected(of_type(good), &[]);
    }
    rejected(of_type(""), &["must not be empty"]);
    rejected(of_type("g5.xlarge"), &["did you mean \"ecs.g5.xlarge\"?"]);
    rejected(
        of_type("ECS.G5.xlarge"),
        &["did you mean \"ecs.g5.xlarge\"?"],
    );
    rejected(
        of_type("ecs-g5.xlarge"),
        &["did you mean \"ecs.g5.xlarge\"?"],
    );
    rejected(of_type("ecs"), &["must begin with \"ecs.\""]);
    rejected(of_type("中文"), &["must begin with \"ecs.\", as in"]);
    rejected(of_type("ecs."), &["names no type"]);
    rejected(of_type("ecs.G5"), &["contains 'G'"]);
    rejected(of_type("ecs.g5 "), &["contains ' '"]);
}

#[test]
fn regions_and_tokens_are_checked() {
    for bad in [
        "",
        "CN-hangzhou",
        "cn hangzhou",
        "evil.example.com/#",
        "cn-hangzhou-",
        "-a",
        "cn_hangzhou",
    ] {
        assert_eq!(violations(base().region_id(bad)).len(), 1, "{bad:?}");
    }
    rejected(base().region_id("cn-hangzhou"), &[]);
    rejected(base().client_token("~".repeat(64)), &[]);
    rejected(base().client_token("a b"), &[]);
    rejected(
        base().client_token(""),
        &["leave it out to use a random one"],
    );
    rejected(base().client_token("a".repeat(65)), &["has 65 characters"]);
    rejected(base().client_token("tökén"), &["printable ASCII"]);
    rejected(base().client_token("a\tb"), &["contains '\\t'"]);
}

#[test]
fn the_client_token_is_generated_once_and_kept_by_clones() {
    let request = base().build().unwrap();
    assert_eq!(request.client_token().as_str().len(), 36);
    assert_eq!(request.clone().client_token(), request.client_token());
    assert_ne!(
        base().build().unwrap().client_token(),
        request.client_token()
    );
}

#[test]
fn times_are_rounded_up_to_the_minute_and_kept_within_four_digit_years() {
    let sent = |time: &str| {
        base()
            .reboot_time(at(time))
            .build()
            .unwrap()
            .reboot_time()
            .unwrap()
            .to_string()
    };
    assert_eq!(sent("2030-01-01T12:05:00Z"), "2030-01-01T12:05Z");
    assert_eq!(sent("2030-01-01T12:05:00.000000001Z"), "2030-01-01T12:06Z");
    assert_eq!(sent("2030-12-31T23:59:59Z"), "2031-01-01T00:00Z");
    assert_eq!(sent("2030-01-01T20:05:00+08:00"), "2030-01-01T12:05Z");
    assert_eq!(sent("2000-01-01T00:00:00Z"), "2000-01-01T00:00Z");
    for bad in [
        "1999-12-31T23:58:00Z",
        "-0001-01-01T00:00:00Z",
        "+10000-01-01T00:00:00Z",
        "9999-12-31T23:59:01Z",
    ] {
        rejected(base().reboot_time(at(bad)), &["RebootTime"]);
        rejected(base().end_time(at(bad)), &["EndTime"]);
    }
    rejected(
        base().end_time(DateTime::<Utc>::MAX_UTC),
        &["is not within the years 2000 to 9999"],
    );
}

#[test]
fn conflicting_parameters_are_rejected() {
    let reboot = at("2030-01-01T12:00:30Z");
    rejected(
        base().reboot_time(reboot).reboot_when_finished(true),
        &["contradicts RebootTime, 2030-01-01T12:01Z"],
    );
    rejected(base().reboot_time(reboot).reboot_when_finished(false), &[]);
    rejected(
        base()
            .reboot_time(reboot)
            .end_time(at("2030-01-01T12:01:00Z")),
        &["must be later than RebootTime"],
    );
    rejected(
        base()
            .reboot_time(reboot)
            .end_time(at("2030-01-01T12:02:00Z")),
        &[],
    );
    let disk = SystemDiskCategory::CloudSsd;
    rejected(
        base()
            .operator_type(OperatorType::Downgrade)
            .system_disk_category(disk.clone()),
        &["SystemDisk.Category cloud_ssd: is for an upgrade only"],
    );
    rejected(
        base()
            .operator_type(OperatorType::Upgrade)
            .system_disk_category(disk.clone()),
        &[],
    );
    rejected(base().system_disk_category(disk), &[]);
}

#[test]
fn disks_are_checked() {
    let essd = |id: &str| {
        DiskChange::new()
            .with_disk_id(id)
            .with_category(DiskCategory::CloudEssd)
    };
    rejected(base().disk(essd("d-1")).disk(essd("d-2")), &[]);
    rejected(
        base().disk(DiskChange::new().with_category(DiskCategory::CloudSsd)),
        &[],
    );
    rejected(
        base().disk(DiskChange::new().with_disk_id("d-1")),
        &["Disk.1.Category : is required along with Disk.1.DiskId \"d-1\""],
    );
    rejected(
        base().disk(essd("d-1")).disk(essd("d-1")),
        &["Disk.2.DiskId d-1: is a duplicate of Disk.1"],
    );
    rejected(base().disk(DiskChange::new()), &["Disk.1 : is empty"]);
    rejected(base().disk(essd("d-*")), &["masks the ids"]);
    let long = violations(base().disk(DiskChange::new().with_disk_id("d".repeat(70_000))));
    assert!(long.iter().all(|text| text.len() < 400), "{long:?}");
    rejected(
        base().disk(essd("")),
        &["Disk.1.DiskId : must not be empty"],
    );
}

#[test]
fn extra_parameters_cannot_override_known_ones() {
    rejected(
        base().extra_parameter("PromotionOptions.CouponNo", "c"),
        &[],
    );
    for (name, problem) in [
        ("InstanceId", "has a setter"),
        ("autopay", "has a setter"),
        ("Disk.3.Category", "has a setter"),
        ("SystemDisk.Category", "has a setter"),
        ("disk.1.DiskId", "has a setter"),
        ("signature", "is set by the client itself"),
        ("Signature", "is set by the client itself"),
        ("SecurityToken", "is set by the client itself"),
        ("", "has no parameter name"),
    ] {
        rejected(base().extra_parameter(name, "x"), &[problem]);
    }
    rejected(
        base()
            .extra_parameter("New", "1")
            .extra_parameter("New", "2"),
        &["is set twice"],
    );
}

#[test]
fn all_violations_are_reported_at_once_on_one_line() {
    let builder = Request::builder("i-****", "g5.large")
        .region_id("CN")
        .client_token("\n")
        .operator_type(OperatorType::from(""))
        .modify_mode(ModifyMode::from(""))
        .end_time(at("1970-01-01T00:00:00Z"))
        .extra_parameter("Action", "x".repeat(500));
    let error = builder.build().unwrap_err();
    let names: Vec<_> = error.violations().iter().map(|v| v.parameter()).collect();
    assert_eq!(
        names,
        [
            "RegionId",
            "InstanceId",
            "InstanceType",
            "OperatorType",
            "ClientToken",
            "EndTime",
            "ModifyMode",
            "Action"
        ]
    );
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.starts_with("invalid request: RegionId \"CN\" contains 'C'"),
        "{text}"
    );
    assert!(
        text.chars().count() < 1_200,
        "long values are shortened: {text}"
    );
}

#[test]
fn setters_take_values_or_options_and_getters_return_them() {
    let request = base()
        .set_operator_type(Some(OperatorType::Downgrade))
        .auto_pay(true)
        .set_auto_pay(None)
        .set_migrate_across_zone(Some(true))
        .reboot_when_finished(true)
        .modify_mode(ModifyMode::Online)
        .region_id("cn-beijing")
        .extra_parameter("New", "v")
        .build()
        .unwrap();
    assert_eq!(request.operator_type(), Some(&OperatorType::Downgrade));
    assert_eq!(request.auto_pay(), None);
    assert_eq!(request.migrate_across_zone(), Some(true));
    assert_eq!(request.reboot_when_finished(), Some(true));
    assert_eq!(request.modify_mode(), Some(&ModifyMode::Online));
    assert_eq!(request.region_id().unwrap().as_str(), "cn-beijing");
    assert_eq!(request.instance_id().as_str(), "i-bp67acfmxazb4ph1a2b3");
    assert_eq!(request.instance_type().as_str(), "ecs.g5.xlarge");
    assert_eq!(
        (request.end_time(), request.system_disk_category()),
        (None, None)
    );
    assert_eq!(
        request.extra_parameters(),
        [("New".to_owned(), "v".to_owned())]
    );
    assert!(request.disks().is_empty());
}
