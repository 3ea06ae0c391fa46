//! What the gateway checks before any rule of the operation.

use aliyun_ecs::simulator::{ReceivedSignature, Simulator};
use chrono::TimeDelta;
use std::time::Duration;

use super::call::{Call, stamp};

fn both(action: &str) -> [Call; 2] {
    [Call::v1(action), Call::v3(action)]
}

#[tokio::test]
async fn both_schemes_are_accepted_and_recorded() {
    let simulator = Simulator::start().await;
    for call in both("DescribeInstances") {
        let call = call.with("RegionId", "cn-hangzhou");
        let call = call.with("InstanceName", "en-US a+b*~/中文");
        let response = call.send(&simulator).await;
        assert_eq!(response.status, 200, "{}", response.body);
        let content_type = response.header("content-type");
        assert_eq!(content_type, "application/json;charset=utf-8");
    }
    let [v1, v3] = simulator.requests().try_into().unwrap();
    assert_eq!(
        (v1.signature(), v3.signature()),
        (ReceivedSignature::V1, ReceivedSignature::V3)
    );
    for request in [v1, v3] {
        assert!(request.verified());
        assert_eq!(
            (request.method(), request.action()),
            ("POST", "DescribeInstances")
        );
        let name = request.parameter("InstanceName");
        assert_eq!(name, Some("en-US a+b*~/中文"));
        assert_eq!((request.http_status(), request.error_code()), (200, None));
    }
}

#[tokio::test]
async fn v1_may_be_a_get_with_everything_in_the_query() {
    let simulator = Simulator::start().await;
    let mut call = Call::v1("DescribeInstances").with("InstanceName", "a b");
    call.method = reqwest::Method::GET;
    let call = call.with("RegionId", "cn-hangzhou");
    assert_eq!(call.send(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_v3_signature_covers_the_body() {
    let simulator = Simulator::start().await;
    let mut call = Call::v3("DescribeRegions");
    call.body = "{}";
    assert_eq!(call.send(&simulator).await.status, 200);

    let mut call = Call::v3("DescribeRegions").common("x-acs-content-sha256", &"0".repeat(64));
    call.body = "{}";
    call.send(&simulator)
        .await
        .rejected(400, "SignatureDoesNotMatch", "Specified signature");
    let empty = Call::v3("DescribeRegions")
        .common("x-acs-content-sha256", &"0".repeat(64))
        .tampered(
            "authorization",
            "ACS3-HMAC-SHA256 Credential=simulator-access-key-id,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=",
        );
    empty
        .send(&simulator)
        .await
        .rejected(400, "SignatureDoesNotMatch", "Specified signature");
}

#[tokio::test]
async fn v1_defaults_to_xml_and_v3_prefers_format_to_accept() {
    let simulator = Simulator::start().await;
    let xml = [
        Call::v1("DescribeRegions").without("Format"),
        Call::v1("DescribeRegions").common("Format", "xml"),
        Call::v3("DescribeRegions").unsigned("accept", "application/xml"),
        Call::v3("DescribeRegions")
            .with("Format", "XML")
            .unsigned("accept", "application/json"),
    ];
    for call in xml {
        let response = call.send(&simulator).await;
        assert_eq!(response.header("content-type"), "text/xml;charset=utf-8");
        let body = response.body;
        assert!(
            body.contains("<DescribeRegionsResponse>") && body.contains("<RequestId>"),
            "{body}"
        );
        assert!(body.contains("</Region><Region>") && body.ends_with("</DescribeRegionsResponse>"));
    }
    let json = Call::v3("DescribeRegions").with("Format", "json");
    let response = json
        .unsigned("accept", "application/xml")
        .send(&simulator)
        .await;
    assert_eq!(
        response.text("RequestId"),
        response.header("x-acs-request-id")
    );

    let wrong = Call::v1("NoSuch<Action>")
        .common("Format", "XML")
        .send(&simulator)
        .await;
    assert!(
        wrong.body.contains("<Error>") && wrong.body.contains("<HostId>127.0.0.1:"),
        "{}",
        wrong.body
    );
    assert!(
        wrong.body.contains("<Code>InvalidApi.NotFound</Code>"),
        "{}",
        wrong.body
    );
    let yaml = Call::v1("DescribeRegions")
        .common("Format", "YAML")
        .send(&simulator)
        .await;
    assert!(
        yaml.body.contains("<Code>InvalidParameter.Format</Code>"),
        "{}",
        yaml.body
    );
    assert_eq!(yaml.status, 400);
}

#[tokio::test]
async fn errors_name_missing_common_parameters() {
    let simulator = Simulator::start().await;
    for (sent, named) in [
        ("Action", "Action"),
        ("Version", "Version"),
        ("AccessKeyId", "AccessKeyId"),
        ("Timestamp", "TimeStamp"),
        ("SignatureNonce", "SignatureNonce"),
        ("SignatureMethod", "SignatureMethod"),
        ("SignatureVersion", "SignatureVersion"),
    ] {
        let message = format!(
            "The input parameter \"{named}\" that is mandatory for processing this request is not supplied"
        );
        let response = Call::v1("DescribeRegions")
            .without(sent)
            .send(&simulator)
            .await;
        response.rejected(400, "MissingParameter", &message);
    }
    let unsigned = Call::v1("DescribeRegions")
        .tampered("Signature", "")
        .send(&simulator)
        .await;
    unsigned.rejected(400, "MissingParameter", "The input parameter \"Signature\"");
    for (sent, named) in [
        ("x-acs-action", "Action"),
        ("x-acs-version", "Version"),
        ("x-acs-date", "TimeStamp"),
        ("x-acs-signature-nonce", "SignatureNonce"),
    ] {
        let response = Call::v3("DescribeRegions")
            .without(sent)
            .send(&simulator)
            .await;
        response.rejected(
            400,
            "MissingParameter",
            &format!("The input parameter \"{named}\""),
        );
    }
}

#[tokio::test]
async fn a_wrong_secret_or_a_changed_parameter_does_not_match() {
    let simulator = Simulator::start().await;
    for mut call in both("DescribeRegions") {
        call.secret = "wrong".to_owned();
        let message =
            "Specified signature is not matched with our calculation. server string to sign is:";
        call.send(&simulator)
            .await
            .rejected(400, "SignatureDoesNotMatch", message);
    }
    let echo = Call::v1("DescribeRegions")
        .tampered("Format", "json")
        .send(&simulator)
        .await;
    assert!(
        echo.text("Message")
            .contains("is:POST&%2F&AccessKeyId%3Dsimulator-access-key-id%26Action")
    );
    let later = Call::v3("DescribeRegions").tampered("x-acs-version", "2014-05-27");
    later
        .send(&simulator)
        .await
        .rejected(400, "InvalidVersion", "Specified parameter Version");
    let other = Call::v3("DescribeRegions").tampered("x-acs-action", "ModifyPrepayInstanceSpec");
    other
        .send(&simulator)
        .await
        .rejected(400, "SignatureDoesNotMatch", "Specified signature");
    assert!(
        simulator
            .requests()
            .iter()
            .all(|request| !request.verified())
    );
}

#[tokio::test]
async fn v3_signs_every_x_acs_header() {
    let simulator = Simulator::start().await;
    let message = "The request signature does not conform to Aliyun standards.";
    let call = Call::v3("DescribeRegions").unsigned("x-acs-retry-attempts", "1");
    call.send(&simulator)
        .await
        .rejected(400, "IncompleteSignature", message);
    let call =
        Call::v3("DescribeRegions").tampered("authorization", "ACS3-HMAC-SHA256 Credential=a");
    call.send(&simulator)
        .await
        .rejected(400, "IncompleteSignature", message);
    let call = Call::v3("DescribeRegions").common("x-acs-retry-attempts", "1");
    assert_eq!(call.send(&simulator).await.status, 200);
    let call = Call::v3("DescribeRegions").unsigned("accept", "*/*");
    assert_eq!(call.send(&simulator).await.status, 200);
}

#[tokio::test]
async fn unknown_algorithms_versions_and_methods_are_rejected() {
    let simulator = Simulator::start().await;
    let call = Call::v1("DescribeRegions").common("SignatureMethod", "HMAC-MD5");
    call.send(&simulator).await.rejected(
        400,
        "InvalidSignatureMethod",
        "Specified signature method",
    );
    let call = Call::v3("DescribeRegions").tampered("authorization", "Basic dGVzdA==");
    call.send(&simulator).await.rejected(
        400,
        "InvalidSignatureMethod",
        "Specified signature method",
    );
    let call = Call::v1("DescribeRegions").common("SignatureVersion", "2.0");
    call.send(&simulator)
        .await
        .rejected(400, "InvalidSignatureVersion", "Specified parameter");
    let call = Call::v1("DescribeRegions").common("Version", "2014-05-27");
    let message = "Specified parameter Version is not valid.";
    call.send(&simulator)
        .await
        .rejected(400, "InvalidVersion", message);
    let mut call = Call::v1("DescribeRegions");
    call.method = reqwest::Method::PUT;
    call.send(&simulator)
        .await
        .rejected(403, "UnsupportedHTTPMethod", "This HTTP method");
}

#[tokio::test]
async fn unknown_actions_and_paths_are_not_found() {
    let simulator = Simulator::start().await;
    for call in both("describeregions") {
        let message = "Specified api is not found, please check your url and method.";
        call.send(&simulator)
            .await
            .rejected(404, "InvalidApi.NotFound", message);
    }
    let mut call = Call::v1("DescribeRegions");
    call.path = "/else";
    call.send(&simulator)
        .await
        .rejected(404, "InvalidApi.NotFound", "Specified api");
}

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let simulator = Simulator::start().await;
    let message = "Specified access key is not found.";
    let call = Call::v1("DescribeRegions").common("AccessKeyId", "other");
    call.send(&simulator)
        .await
        .rejected(404, "InvalidAccessKeyId.NotFound", message);
}

#[tokio::test]
async fn the_security_token_must_match_the_access_key() {
    let simulator = Simulator::builder()
        .security_token("a/token+=")
        .start()
        .await
        .unwrap();
    let good = [
        Call::v1("DescribeRegions").common("SecurityToken", "a/token+="),
        Call::v3("DescribeRegions").common("x-acs-security-token", "a/token+="),
    ];
    for call in good {
        assert_eq!(call.send(&simulator).await.status, 200);
    }
    let wrong = [
        Call::v1("DescribeRegions").common("SecurityToken", "other"),
        Call::v3("DescribeRegions").common("x-acs-security-token", "other"),
    ];
    for call in wrong {
        let message = "Specified SecurityToken mismatch with the AccessKey.";
        let code = "InvalidSecurityToken.MismatchWithAccessKey";
        call.send(&simulator).await.rejected(400, code, message);
    }
    for call in both("DescribeRegions") {
        let message = "SecurityToken is mandatory for this action.";
        call.send(&simulator)
            .await
            .rejected(400, "MissingSecurityToken", message);
    }
    let without = Simulator::start().await;
    let call = Call::v1("DescribeRegions").common("SecurityToken", "any");
    let code = "InvalidSecurityToken.MismatchWithAccessKey";
    call.send(&without)
        .await
        .rejected(400, code, "Specified SecurityToken");
}

#[tokio::test]
async fn timestamps_may_differ_by_15_minutes() {
    let simulator = Simulator::start().await;
    for minutes in [-14, 14] {
        simulator.set_clock_offset(TimeDelta::minutes(minutes));
        for call in both("DescribeRegions") {
            assert_eq!(call.send(&simulator).await.status, 200);
        }
    }
    for minutes in [-16, 16] {
        simulator.set_clock_offset(TimeDelta::minutes(minutes));
        for call in both("DescribeRegions") {
            let message = "Specified time stamp or date value is expired.";
            call.send(&simulator)
                .await
                .rejected(400, "InvalidTimeStamp.Expired", message);
        }
    }
    for text in [
        "2018-01-01 00:00:00",
        "2018-1-1T1:5:0Z",
        "2018-01-01T12:05Z",
    ] {
        let response = Call::v1("DescribeRegions")
            .common("Timestamp", text)
            .send(&simulator)
            .await;
        let message = "Specified time stamp or date value is not well formatted.";
        response.rejected(400, "InvalidTimeStamp.Format", message);
    }
}

#[tokio::test]
async fn the_date_header_shows_the_gateways_clock() {
    let simulator = Simulator::start().await;
    simulator.set_clock_offset(TimeDelta::days(20_000));
    let response = Call::v1("DescribeRegions").send(&simulator).await;
    response.rejected(400, "InvalidTimeStamp.Expired", "Specified");
    let date = response.header("date");
    let (date, year) = (
        date.to_owned(),
        date.split(' ').nth(3).unwrap().parse::<u32>().unwrap(),
    );
    assert!(date.ends_with(" GMT") && year > 2070, "{date}");
    simulator.advance(Duration::MAX);
    assert_eq!(
        Call::v1("DescribeRegions").send(&simulator).await.status,
        400
    );
}

#[tokio::test]
async fn a_nonce_is_accepted_once_in_15_minutes() {
    let simulator = Simulator::start().await;
    simulator.set_clock_offset(TimeDelta::minutes(-14));
    let call = || Call::v1("DescribeRegions").common("SignatureNonce", "once");
    assert_eq!(call().send(&simulator).await.status, 200);
    let message = "The request signature nonce has been used.";
    call()
        .send(&simulator)
        .await
        .rejected(400, "SignatureNonceUsed", message);
    let v3 = Call::v3("DescribeRegions").common("x-acs-signature-nonce", "once");
    v3.send(&simulator)
        .await
        .rejected(400, "SignatureNonceUsed", message);
    simulator.advance(Duration::from_secs(14 * 60));
    call()
        .send(&simulator)
        .await
        .rejected(400, "SignatureNonceUsed", message);
    simulator.advance(Duration::from_secs(2 * 60));
    assert_eq!(call().send(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_request_with_a_wrong_signature_does_not_use_its_nonce() {
    let simulator = Simulator::start().await;
    let mut wrong = Call::v1("DescribeRegions").common("SignatureNonce", "kept");
    wrong.secret = "wrong".to_owned();
    assert_eq!(wrong.send(&simulator).await.status, 400);
    let right = Call::v1("DescribeRegions").common("SignatureNonce", "kept");
    assert_eq!(right.send(&simulator).await.status, 200);
}

#[tokio::test]
async fn no_secret_token_or_signature_is_recorded_or_shown() {
    let simulator = Simulator::builder()
        .security_token("hush-token")
        .start()
        .await
        .unwrap();
    let v1 = Call::v1("DescribeRegions").common("SecurityToken", "hush-token");
    let v3 = Call::v3("DescribeRegions").common("x-acs-security-token", "hush-token");
    for call in [v1, v3] {
        assert_eq!(call.send(&simulator).await.status, 200);
    }
    let [v1, v3] = simulator.requests().try_into().unwrap();
    assert_eq!(v1.parameter("Signature"), Some("[redacted]"));
    assert_eq!(v3.header("Authorization"), Some("[redacted]"));
    for shown in [
        format!("{v1:?}"),
        format!("{v3:?}"),
        format!("{simulator:?}"),
    ] {
        assert!(!shown.contains("hush-token") && !shown.contains(simulator.access_key_secret()));
        assert!(!shown.contains("Credential="));
    }
    assert_eq!(v1.parameter("Timestamp").map(str::len), Some(stamp().len()));
}
