//! Recorded and documented response bodies, decoded value for value.
//!
//! The bodies are in `tests/data/responses/`; their names contain the operation, a description and the HTTP status.
//! `decoded.txt` contains the expected values. Update it with `UPDATE_DECODED=1 cargo test --test companions recorded`
//! and review the difference.

use std::fmt::{Debug, Write};
use std::fs;
use std::path::PathBuf;

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/responses")
}

/// The values that are present, one per line, or the error.
async fn decoded<O: Operation<Response: Debug>>(
    operation: O,
    (status, body): (u16, String),
) -> String {
    let (simulator, client) = simulator().await;
    let media = match body.starts_with('<') {
        true => "text/xml",
        false => "application/json",
    };
    let fault = Fault::response(status, media, body).header("x-acs-request-id", "req-header");
    simulator.fail_next(fault);
    match client.call(operation, once()).await {
        Ok(response) => {
            let text = format!("{response:#?}");
            let is_set = |line: &&str| !line.ends_with(": None,") && !line.ends_with(": [],");
            let lines: Vec<_> = text.lines().filter(is_set).collect();
            one_line_each(&lines.join("\n"))
        }
        Err(error) => match error.service() {
            Some(service) => format!("{}: {}", service.code(), service.message()),
            None => "not decoded".to_owned(),
        },
    }
}

/// `Some(1)` on one line.
fn one_line_each(text: &str) -> String {
    let mut found = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        found.push_str(line);
        if line.ends_with("Some(") {
            let value = lines.next().unwrap_or_default().trim();
            found.push_str(value.trim_end_matches(','));
            if !value.ends_with('{') {
                found.push_str(lines.next().unwrap_or_default().trim());
            }
        }
        found.push('\n');
    }
    found
}

async fn decode(action: &str, body: (u16, String)) -> String {
    match action {
        "DescribeInstances" => decoded(all_instances(), body).await,
        "DescribeInstanceTypes" => decoded(all_types(), body).await,
        "DescribeInstanceModificationPrice" => {
            let request = DescribeInstanceModificationPriceRequest::builder(ID);
            let request = request.instance_type("ecs.g5.xlarge").build().unwrap();
            decoded(request, body).await
        }
        "DescribeResourcesModification" => {
            let request = DescribeResourcesModificationRequest::builder(ID);
            decoded(request.build().unwrap(), body).await
        }
        "ModifyPrepayInstanceSpec" => {
            let request = ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.xlarge");
            let request = request.client_token("token").build().unwrap();
            decoded(request, body).await
        }
        "StartInstance" => {
            let request = StartInstanceRequest::builder(ID).build().unwrap();
            decoded(request, body).await
        }
        "StopInstance" => {
            let request = StopInstanceRequest::builder(ID).build().unwrap();
            decoded(request, body).await
        }
        "RebootInstance" => {
            let request = RebootInstanceRequest::builder(ID).build().unwrap();
            decoded(request, body).await
        }
        other => panic!("no such operation: {other}"),
    }
}

#[tokio::test]
async fn recorded_responses_are_decoded_value_for_value() {
    let entries = fs::read_dir(folder()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json") || name.ends_with(".xml"))
        .collect();
    names.sort();
    let mut found = String::new();
    for name in names {
        let stem = name.split('.').next().unwrap();
        let [action, _, status] = stem.split("__").collect::<Vec<_>>()[..] else {
            panic!("{name}: operation__what__status");
        };
        let body = fs::read_to_string(folder().join(&name)).unwrap();
        let text = decode(action, (status.parse().unwrap(), body)).await;
        writeln!(found, "## {name}\n{text}").unwrap();
    }
    let path = folder().join("decoded.txt");
    if std::env::var_os("UPDATE_DECODED").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (found, expected) in found.split("## ").zip(expected.split("## ")) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "a body is missing");
}

#[tokio::test]
async fn lock_reasons_are_read_from_objects_strings_and_a_single_string() {
    for locks in [
        r#"{"LockReason":[{"LockReason":"security","LockMsg":"x"}]}"#,
        r#"{"LockReason":["security"]}"#,
        r#"{"LockReason":"security"}"#,
        r#"{"LockReason":{"LockReason":"security"}}"#,
        r#"[{"LockReason":"security"}]"#,
        r#"{"LockReason":[null,{"LockReason":"security"},{"LockReason":""}]}"#,
    ] {
        let body = format!(
            r#"{{"RequestId":"r","Instances":{{"Instance":[{{"InstanceId":"i-1","OperationLocks":{locks}}}]}}}}"#
        );
        let response = read(all_instances(), &body).await.unwrap();
        assert_eq!(
            response.instances[0].operation_locks,
            [LockReason::Security],
            "{locks}"
        );
    }
    for locks in [
        "<LockReason><LockReason>security</LockReason></LockReason>",
        "<LockReason>security</LockReason>",
    ] {
        let body = format!(
            "<R><RequestId>r</RequestId><Instances><Instance><InstanceId>i-1</InstanceId>\
             <OperationLocks>{locks}</OperationLocks></Instance></Instances></R>"
        );
        let response = read(all_instances(), &body).await.unwrap();
        assert_eq!(
            response.instances[0].operation_locks,
            [LockReason::Security],
            "{locks}"
        );
    }
}

#[tokio::test]
async fn decimals_are_exact_with_and_without_an_exponent() {
    for (text, expected) in [
        ("175.200", "175.200"),
        ("-3", "-3"),
        (
            "12345678901234567890.12345678",
            "12345678901234567890.12345678",
        ),
        ("1.1e-13", "0.00000000000011"),
        ("1.1E-13", "0.00000000000011"),
        ("1.752e2", "175.2"),
        ("5e+3", "5000"),
        ("\"2.5e1\"", "25"),
        ("-1e-1", "-0.1"),
        ("0e0", "0"),
    ] {
        let body =
            format!(r#"{{"RequestId":"r","PriceInfo":{{"Price":{{"TradePrice":{text}}}}}}}"#);
        let request = DescribeInstanceModificationPriceRequest::builder(ID);
        let request = request.instance_type("ecs.g5.xlarge").build().unwrap();
        let price = read(request, &body).await.unwrap().price;
        assert_eq!(price.trade.unwrap().to_string(), expected, "{text}");
    }
    let body = r#"{"RequestId":"r","PriceInfo":{"Price":{"TradePrice":"free"}}}"#;
    let request = DescribeInstanceModificationPriceRequest::builder(ID);
    let request = request.instance_type("ecs.g5.xlarge").build().unwrap();
    let error = read(request, body).await.unwrap_err().to_string();
    assert!(
        error.contains("\"free\" is not a decimal number"),
        "{error}"
    );
}

#[tokio::test]
async fn times_have_minutes_or_seconds() {
    for (text, seconds) in [
        ("2020-01-01T04:05Z", 1_577_851_500),
        ("2020-01-01T04:05:07Z", 1_577_851_507),
    ] {
        let body = format!(
            r#"{{"RequestId":"r","Instances":{{"Instance":[{{"InstanceId":"i-1","StartTime":"{text}"}}]}}}}"#
        );
        let response = read(all_instances(), &body).await.unwrap();
        let time = response.instances[0].start_time.unwrap();
        assert_eq!(time.timestamp(), seconds);
    }
    let body = r#"{"RequestId":"r","Instances":{"Instance":[{"InstanceId":"i-1","StartTime":"yesterday"}]}}"#;
    let error = read(all_instances(), body).await.unwrap_err().to_string();
    assert!(error.contains("\"yesterday\" is not a time"), "{error}");
}

#[tokio::test]
async fn the_disks_of_an_instance_are_read_and_the_filters_sent() {
    let body = r#"{"RequestId":"r","TotalCount":2,"NextToken":"","Disks":{"Disk":[
        {"DiskId":"d-1","Type":"system","Category":"cloud_essd","PerformanceLevel":"PL1","Size":40,"Device":"/dev/xvda",
         "Status":"In_use","InstanceId":"i-test","DiskChargeType":"PrePaid","Encrypted":false,"Portable":false},
        {"DiskId":"d-2","Type":"data","Category":"cloud_new","Size":100,"Device":"/dev/xvdb"}]}}"#;
    let request = DescribeDisksRequest::builder()
        .instance_id(ID)
        .disk_type(types::DiskKind::Data)
        .disk_ids(["d-1", "d-2"])
        .build()
        .unwrap();
    assert_eq!(request.disk_ids().unwrap(), ["d-1", "d-2"]);
    let (simulator, client) = simulator().await;
    simulator.fail_next(Fault::response(200, "application/json", body));
    let response = client.call(request, once()).await.unwrap();
    assert_eq!(
        (response.total_count, response.next_token.as_deref()),
        (Some(2), None)
    );
    let [system, data] = &response.disks[..] else {
        panic!("{response:?}");
    };
    assert_eq!(system.kind, Some(types::DiskKind::System));
    assert_eq!(system.category, Some(types::DiskCategory::CloudEssd));
    assert_eq!(system.performance_level, Some(types::PerformanceLevel::Pl1));
    assert_eq!((system.size_gib, system.encrypted), (Some(40), Some(false)));
    assert_eq!(data.category.as_ref().unwrap().as_str(), "cloud_new");
    assert_eq!(data.device.as_deref(), Some("/dev/xvdb"));
    let sent = &simulator.requests()[0];
    for (name, value) in [
        ("Action", "DescribeDisks"),
        ("InstanceId", ID),
        ("DiskType", "data"),
        ("DiskIds", r#"["d-1","d-2"]"#),
    ] {
        assert_eq!(sent.parameter(name), Some(value));
    }
    let error = read(
        DescribeDisksRequest::builder().build().unwrap(),
        r#"{"RequestId":"r","Disks":{"Disk":[{"Size":1}]}}"#,
    );
    let error = error.await.unwrap_err().to_string();
    assert!(error.contains("a disk has no DiskId"), "{error}");
}
