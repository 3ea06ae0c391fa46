//! Requests: parameters, signatures and headers.

use aliyun_ecs::operation::DiskChange;
use aliyun_ecs::simulator::{ReceivedSignature, Simulator};
use aliyun_ecs::transport::HttpTransport;
use aliyun_ecs::types::{DiskCategory, ModifyMode, PerformanceLevel, SystemDiskCategory};
use aliyun_ecs::{
    CallOptions, Client, Credentials, ErrorKind, ModifyPrepayInstanceSpecRequest, OperatorType,
    ResponseFormat, RpcRequest, SignatureVersion,
};
use bytes::Bytes;
use serde_json::Value;

use crate::support::{Server, order, request};

const UNUSUAL: [&str; 42] = [
    "",
    " ",
    "  ",
    "a b",
    " lead",
    "trail ",
    "+",
    "a+b",
    "*",
    "****",
    "~",
    "-_.~",
    "%",
    "%20",
    "%2F",
    "100%",
    "&",
    "a&b=c",
    "=",
    "==",
    "?",
    "#",
    "/",
    "//",
    "\\",
    "\"",
    "'",
    "<>",
    "{\"a\":[1]}",
    "[]",
    ";",
    ":",
    "@",
    "!$()",
    ",",
    "|",
    "^`",
    "中文",
    "é",
    "\u{1F600}",
    "line\nbreak\r\n",
    "\t\u{0}\u{7f}",
];

#[tokio::test]
async fn unusual_values_are_encoded_and_signed_correctly_in_both_versions() {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        for format in [ResponseFormat::Json, ResponseFormat::Xml] {
            let simulator = Simulator::builder().ignore_unknown_parameters();
            let simulator = simulator.start().await.unwrap();
            let builder = simulator.client_builder().signature_version(version);
            let client = builder.response_format(format).build().unwrap();
            for value in UNUSUAL {
                let request = RpcRequest::<Value>::new("DescribeRegions")
                    .param("Tag.1.Value", value)
                    .param("Tag.1.Key", "key")
                    .read_only();
                client.call(request, CallOptions::default()).await.unwrap();
                let seen = simulator.requests().pop().unwrap();
                assert!(seen.verified(), "{value:?}");
                assert_eq!(seen.parameter("Tag.1.Value"), Some(value));
            }
            assert_eq!(simulator.requests().len(), UNUSUAL.len());
        }
    }
}

#[tokio::test]
async fn unusual_parameter_names_are_encoded_and_signed_correctly() {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let simulator = Simulator::builder().ignore_unknown_parameters();
        let simulator = simulator.start().await.unwrap();
        let client = simulator
            .client_builder()
            .signature_version(version)
            .build()
            .unwrap();
        let names = ["a b", "中", "A.1.b", "~", "z*", "Zz", "a", "_"];
        let request = names.iter().fold(
            RpcRequest::<Value>::new("DescribeRegions"),
            |request, name| request.param(*name, "1"),
        );
        client
            .call(request.read_only(), CallOptions::default())
            .await
            .unwrap();
        let seen = simulator.requests().pop().unwrap();
        assert!(seen.verified() && names.iter().all(|name| seen.parameter(name) == Some("1")));
    }
}

fn full_request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g6.large")
        .region_id("cn-beijing")
        .operator_type(OperatorType::Upgrade)
        .client_token("token")
        .auto_pay(false)
        .migrate_across_zone(true)
        .system_disk_category(SystemDiskCategory::CloudSsd)
        .reboot_time(
            "2030-01-01T00:00:01Z"
                .parse::<chrono::DateTime<_>>()
                .unwrap(),
        )
        .end_time(
            "2031-01-01T00:00:00Z"
                .parse::<chrono::DateTime<_>>()
                .unwrap(),
        )
        .reboot_when_finished(false)
        .modify_mode(ModifyMode::from("Sideways"))
        .disk(
            DiskChange::new()
                .with_disk_id("d-1")
                .with_category(DiskCategory::CloudEssd),
        )
        .disk(DiskChange::new().with_performance_level(PerformanceLevel::Pl1))
        .extra_parameter("PromotionOptions.CouponNo", "c 1")
        .build()
        .unwrap()
}

const FULL: [(&str, &str); 16] = [
    ("AutoPay", "false"),
    ("ClientToken", "token"),
    ("Disk.1.Category", "cloud_essd"),
    ("Disk.1.DiskId", "d-1"),
    ("Disk.2.PerformanceLevel", "PL1"),
    ("EndTime", "2031-01-01T00:00Z"),
    ("InstanceId", "i-1"),
    ("InstanceType", "ecs.g6.large"),
    ("MigrateAcrossZone", "true"),
    ("ModifyMode", "Sideways"),
    ("OperatorType", "upgrade"),
    ("PromotionOptions.CouponNo", "c 1"),
    ("RebootTime", "2030-01-01T00:01Z"),
    ("RebootWhenFinished", "false"),
    ("RegionId", "cn-beijing"),
    ("SystemDisk.Category", "cloud_ssd"),
];

#[tokio::test]
async fn every_parameter_is_sent_under_the_apis_name() {
    let simulator = Simulator::start().await;
    for (version, received) in [
        (SignatureVersion::V1, ReceivedSignature::V1),
        (SignatureVersion::V3, ReceivedSignature::V3),
    ] {
        let client = simulator
            .client_builder()
            .signature_version(version)
            .build()
            .unwrap();
        client
            .modify_prepay_instance_spec(full_request())
            .await
            .unwrap_err();
        let seen = simulator.requests().pop().unwrap();
        assert!(seen.verified());
        assert_eq!(seen.signature(), received);
        assert_eq!(seen.action(), "ModifyPrepayInstanceSpec");
        let common = |name: &str| {
            ["Action", "Version", "Format", "Timestamp", "AccessKeyId"].contains(&name)
                || name.starts_with("Signature")
        };
        let own: Vec<_> = seen
            .parameters()
            .iter()
            .filter(|(name, _)| !common(name))
            .collect();
        let own: Vec<_> = own
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(own, FULL);
    }
}

#[tokio::test]
async fn unset_parameters_are_not_sent_and_the_region_defaults_to_the_clients() {
    let server = Server::start([order("1")]).await;
    let request = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g6.large")
        .build()
        .unwrap();
    let token = request.client_token().to_string();
    server
        .client()
        .modify_prepay_instance_spec(request)
        .await
        .unwrap();
    let seen = server.seen();
    let mut names: Vec<_> = seen[0]
        .body
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "AccessKeyId",
            "Action",
            "ClientToken",
            "Format",
            "InstanceId",
            "InstanceType",
            "RegionId",
            "Signature",
            "SignatureMethod",
            "SignatureNonce",
            "SignatureVersion",
            "Timestamp",
            "Version",
        ]
    );
    assert_eq!(seen[0].param("RegionId").as_deref(), Some("cn-hangzhou"));
    assert_eq!(seen[0].param("ClientToken"), Some(token));
}

#[tokio::test]
async fn version_1_sends_no_parameters_in_the_url() {
    let server = Server::start([order("1")]).await;
    server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.target, "/");
    assert_eq!(
        seen.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        seen.header("user-agent"),
        Some(concat!("aliyun-ecs/", env!("CARGO_PKG_VERSION")))
    );
}

#[tokio::test]
async fn version_3_sends_only_the_operations_parameters_in_the_query() {
    let server = Server::start([order("1")]).await;
    let client = server
        .builder()
        .signature_version(SignatureVersion::V3)
        .build()
        .unwrap();
    client.modify_prepay_instance_spec(request()).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(
        seen.target,
        "/?ClientToken=token-1&InstanceId=i-bp67acfmxazb4ph1a2b3&InstanceType=ecs.g5.xlarge&RegionId=cn-hangzhou"
    );
    assert_eq!(seen.body, "");
    assert_eq!(seen.header("host"), server.endpoint.strip_prefix("http://"));
    assert_eq!(seen.header("content-length"), Some("0"));
    let authorization = seen.header("authorization").unwrap();
    assert!(
        !authorization.contains("user-agent") && !authorization.contains("accept"),
        "{authorization}"
    );
}

#[tokio::test]
async fn temporary_credentials_are_sent_and_signed_in_both_versions() {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let simulator = Simulator::builder()
            .security_token("tok+en/=")
            .start()
            .await
            .unwrap();
        let client = simulator
            .client_builder()
            .signature_version(version)
            .build()
            .unwrap();
        let read = || RpcRequest::<Value>::new("DescribeRegions").read_only();
        client.call(read(), CallOptions::default()).await.unwrap();
        assert!(simulator.requests()[0].verified());
        if version == SignatureVersion::V3 {
            let signed = simulator.requests()[0]
                .header("x-acs-accesskey-id")
                .map(str::to_owned);
            assert_eq!(signed.as_deref(), Some(simulator.access_key_id()));
        }

        let keys = Credentials::new(simulator.access_key_id(), simulator.access_key_secret());
        let builder = simulator.client_builder().signature_version(version);
        let error = builder
            .credentials(keys)
            .build()
            .unwrap()
            .call(read(), CallOptions::default())
            .await;
        assert_eq!(
            error.unwrap_err().code().unwrap().as_str(),
            "MissingSecurityToken"
        );
    }
}

#[tokio::test]
async fn credentials_that_are_invalid_in_a_header_are_an_error() {
    let server = Server::start([]).await;
    for keys in [
        Credentials::new("id\n", "s"),
        Credentials::new("id", "s").with_security_token("to\r\nken"),
    ] {
        let builder = server.builder().signature_version(SignatureVersion::V3);
        let client = builder.credentials(keys).build().unwrap();
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Credentials(_)),
            "{error:?}"
        );
        assert!(error.to_string().contains("line breaks"), "{error}");
    }
}

#[tokio::test]
async fn a_query_that_is_too_long_for_a_url_is_rejected() {
    let server = Server::start([]).await;
    let client = server
        .builder()
        .signature_version(SignatureVersion::V3)
        .build()
        .unwrap();
    let request = RpcRequest::<Value>::new("DescribeDisks").param("Filter", "x".repeat(70_000));
    let error = client
        .call(request, CallOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Validation(_)) && error.to_string().contains("V1"),
        "{error}"
    );
}

#[tokio::test]
async fn an_invalid_generic_request_is_rejected_before_it_is_sent() {
    let server = Server::start([]).await;
    let new = RpcRequest::<Value>::new;
    for (parameter, request) in [
        ("Action", new("")),
        ("Action", new("Describe Disks")),
        ("Signature", new("DescribeDisks").param("Signature", "x")),
        (
            "Action",
            new("DescribeDisks").param("Action", "StopInstance"),
        ),
        ("ClientToken", new("DescribeDisks").client_token("中")),
        (
            "RegionId",
            new("DescribeDisks").param("RegionId", "evil.example/#"),
        ),
        ("", new("DescribeDisks").param("", "x")),
    ] {
        let error = server
            .client()
            .call(request, CallOptions::default())
            .await
            .unwrap_err();
        let ErrorKind::Validation(error) = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(error.violations()[0].parameter(), parameter);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn build_rejects_invalid_settings() {
    let base = || {
        Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
    };
    let zero = std::time::Duration::ZERO;
    for (setting, builder) in [
        ("region", base().region("")),
        ("region", base().region("cn hangzhou")),
        ("region", base().region("evil.example.com/#")),
        ("endpoint", base().endpoint("")),
        ("endpoint", base().endpoint("http://ecs.aliyuncs.com")),
        ("endpoint", base().endpoint("https://user@ecs.aliyuncs.com")),
        ("timeout", base().timeout(zero)),
        ("attempt_timeout", base().attempt_timeout(zero)),
        ("connect_timeout", base().connect_timeout(zero)),
        (
            "endpoint",
            base().endpoint("https://id:pa55word@ecs.aliyuncs.com"),
        ),
        ("user_agent_suffix", base().user_agent_suffix("a\nb")),
        ("user_agent_suffix", base().user_agent_suffix("é".repeat(9))),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.setting(), setting, "{error}");
        assert!(
            !format!("{error} {error:?}").contains("pa55word"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_debug_output_of_a_transport_does_not_change() {
    let server = Server::start([order("1")]).await;
    let transport = crate::http::plain();
    let before = format!("{transport:?}");
    let request = http::Request::post(format!("{}/?a=b", server.endpoint));
    let sent = transport.send(request.body(Bytes::new()).unwrap()).await;
    assert_eq!(sent.unwrap().status(), 200);
    assert_eq!(format!("{transport:?}"), before);
}
