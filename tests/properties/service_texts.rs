//! No value in a successful response can add or alter a line of a plan, an event, a report or an error.

use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aliyun_ecs::clock::Clock;
use aliyun_ecs::resize::FleetOptions;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, Client, Credentials, Resize, RetryConfig};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{any_text, config, ready};

const SMALL: &str = "ecs.g5.large";
const LARGE: &str = "ecs.g5.xlarge";

/// A clock that advances only by its sleeps.
#[derive(Debug, Clone, Default)]
struct Time(Arc<Mutex<Duration>>);

impl Clock for Time {
    fn now(&self) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-01-05T08:00:00Z".parse().unwrap();
        start + TimeDelta::from_std(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.0.lock().unwrap() += duration;
        Box::pin(std::future::ready(()))
    }
}

/// A service with one instance. A text that is `None` is replaced by a usual value.
#[derive(Debug, Clone)]
struct Service {
    texts: Arc<Vec<Option<String>>>,
    time: Time,
    /// Whether the change is ordered, and when the instance was restarted.
    state: Arc<Mutex<(bool, Option<Duration>)>>,
}

impl Service {
    fn client(texts: Vec<Option<String>>) -> Client {
        let time = Time::default();
        let service = Self {
            texts: Arc::new(texts),
            time: time.clone(),
            state: Arc::default(),
        };
        let builder = Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
            .clock(time)
            .retry(RetryConfig::disabled());
        builder.transport(service).build().unwrap()
    }

    fn text(&self, index: usize, usual: &str) -> String {
        let text = self.texts.get(index).cloned().flatten();
        text.unwrap_or_else(|| usual.to_owned())
    }

    fn response(&self, action: &str) -> Value {
        let mut state = self.state.lock().unwrap();
        let mut body = match action {
            "DescribeInstances" => {
                json!({"TotalCount": 1, "Instances": {"Instance": [self.instance(&state)]}})
            }
            "DescribeResourcesModification" => {
                let resource = |value: String, stock: String| {
                    json!({"Value": value, "Status": self.text(1, "Available"), "StatusCategory": stock,
                        "Unit": self.text(2, "")})
                };
                let resources = [
                    resource(LARGE.to_owned(), self.text(3, "WithStock")),
                    resource(self.text(4, "ecs.g5.2xlarge"), "WithStock".to_owned()),
                ];
                let resources = json!([{"Type": self.text(5, "InstanceType"),
                    "SupportedResources": {"SupportedResource": resources}}]);
                json!({"AvailableZones": {"AvailableZone": [{"ZoneId": self.text(6, "cn-hangzhou-e"),
                    "Status": self.text(7, "Available"), "StatusCategory": self.text(8, "WithStock"),
                    "AvailableResources": {"AvailableResource": resources}}]}})
            }
            "DescribeInstanceModificationPrice" => json!({"PriceInfo": {
                "Price": {"TradePrice": 104, "OriginalPrice": 120, "Currency": self.text(9, "CNY")},
                "Rules": {"Rule": [{"RuleId": 1, "Description": self.text(10, "a discount")}]},
            }}),
            "DescribeInstanceTypes" => {
                let described = |name: &str, cores: u32| {
                    json!({"InstanceTypeId": name, "InstanceTypeFamily": self.text(11, "ecs.g5"), "CpuCoreCount": cores,
                        "MemorySize": cores * 4, "NvmeSupport": self.text(12, "unsupported"),
                        "CpuArchitecture": self.text(13, "X86"), "LocalStorageCategory": self.text(14, "")})
                };
                json!({"InstanceTypes": {"InstanceType": [described(SMALL, 2), described(LARGE, 4)]}})
            }
            "DescribeDisks" => json!({"Disks": {"Disk": [
                {"DiskId": self.text(15, "d-1"), "DiskName": self.text(16, "system"), "Category": self.text(17, "cloud_ssd"),
                    "Type": self.text(18, "system"), "Status": self.text(19, "In_use"), "Device": self.text(20, "/dev/xvda")},
            ]}}),
            "ModifyPrepayInstanceSpec" => {
                state.0 = true;
                json!({"OrderId": self.text(21, "1111111111111111")})
            }
            "RebootInstance" => {
                state.1 = Some(self.time.elapsed());
                json!({})
            }
            other => json!({"Code": self.text(22, "InvalidAction.NotFound"), "Message": other}),
        };
        body["RequestId"] = self.text(23, "REQ-1").into();
        body
    }

    fn instance(&self, (ordered, restarted): &(bool, Option<Duration>)) -> Value {
        let since = restarted.map(|at| self.time.elapsed() - at);
        let status = match since.map(|since| since.as_secs()) {
            Some(0..10) => "Stopping",
            Some(10..20) => "Starting",
            _ => "Running",
        };
        let started = match since.map(|since| since.as_secs()) {
            Some(20..) => self.time.now().format("%Y-%m-%dT%H:%MZ").to_string(),
            _ => "2025-12-01T08:00Z".to_owned(),
        };
        let locks = match self.texts.get(24).cloned().flatten() {
            Some(lock) => json!([{"LockReason": lock}]),
            None => json!([]),
        };
        json!({
            "InstanceId": "i-1", "InstanceName": self.text(0, "web"), "Status": self.text(25, status),
            "InstanceType": if *ordered { LARGE } else { SMALL }, "InstanceChargeType": self.text(26, "PrePaid"),
            "ZoneId": self.text(27, "cn-hangzhou-e"), "RegionId": self.text(28, "cn-hangzhou"),
            "InstanceTypeFamily": self.text(29, "ecs.g5"), "OSType": self.text(30, "linux"),
            "OSName": self.text(31, "Debian 13"), "ImageId": self.text(32, "debian_13.vhd"),
            "SaleCycle": self.text(33, "month"), "InstanceNetworkType": self.text(34, "vpc"),
            "StoppedMode": self.text(35, "Not-applicable"), "StartTime": started,
            "ExpiredTime": "2030-01-01T16:00Z", "CreationTime": "2020-01-01T04:04Z",
            "DedicatedHostAttribute": {"DedicatedHostId": self.text(36, "")},
            "OperationLocks": {"LockReason": locks},
            "Tags": {"Tag": [{"TagKey": self.text(37, "team"), "TagValue": self.text(38, "a")}]},
        })
    }
}

const TEXTS: usize = 39;

impl HttpTransport for Service {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let form = String::from_utf8_lossy(request.body()).into_owned();
        let query = request.uri().query().unwrap_or_default();
        let action = format!("{form}&{query}")
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action=").map(str::to_owned));
        let body = self.response(&action.unwrap()).to_string();
        let response = http::Response::new(body.into_bytes().into());
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// Characters that would add a line, reverse its order or be invisible in it.
const MARKS: [&str; 10] = [
    "\nprice         0.01 CNY",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{1b}[2K",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{7f}",
];

fn hostile() -> impl Strategy<Value = String> {
    let marked = ("[a-z]{0,8}", select(&MARKS[..]), "[a-z]{0,8}");
    prop_oneof![any_text(), marked.prop_map(|(a, mark, b)| a + mark + &b)]
}

/// Whether no character breaks the line, controls a terminal, or is invisible.
fn is_harmless(line: &str) -> bool {
    !line.contains(|c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}')
    })
}

/// `lines`: the number of lines that `Display` has.
fn check(value: &(impl Display + Debug), lines: usize) -> Result<(), TestCaseError> {
    let text = value.to_string();
    for line in text.split('\n') {
        prop_assert!(is_harmless(line), "{text:?}");
    }
    prop_assert_eq!(text.split('\n').count(), lines, "{:?}", text);
    let debug = format!("{value:?}");
    prop_assert!(debug.split('\n').all(is_harmless), "{debug:?}");
    for line in format!("{value:#?}").lines() {
        prop_assert!(is_harmless(line), "{line:?}");
    }
    Ok(())
}

/// JSON is one line, and the texts of this crate in it are harmless. Fields of the service keep their values.
fn check_json(value: &impl Serialize) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(value).unwrap();
    prop_assert!(!json.contains(['\n', '\r', '\u{1b}']), "{json:?}");
    let mut values = vec![("", serde_json::to_value(value).unwrap())];
    while let Some((name, value)) = values.pop() {
        match value {
            Value::String(text) if OWN_TEXTS.contains(&name) => {
                prop_assert!(is_harmless(&text), "{name}: {text:?} in {json}");
            }
            Value::Array(items) => values.extend(items.into_iter().map(|item| (name, item))),
            Value::Object(fields) => values.extend(fields.into_iter().map(|(name, value)| {
                let known = OWN_TEXTS.iter().find(|known| **known == name);
                (known.copied().unwrap_or_default(), value)
            })),
            _ => {}
        }
    }
    Ok(())
}

/// The fields of JSON that contain sentences of this crate.
const OWN_TEXTS: [&str; 8] = [
    "message", "problem", "error", "reason", "text", "blocked", "warning", "unknown",
];

/// Plans and runs a resize, alone and in a fleet, and checks all texts. Returns whether it finished.
fn run(texts: Vec<Option<String>>) -> Result<bool, TestCaseError> {
    let resize = || {
        let resize = Resize::builder("i-1", LARGE)
            .client_token("token")
            .max_price(500);
        resize.build().unwrap()
    };
    let client = Service::client(texts.clone());
    match ready(client.plan_resize(&resize())) {
        Ok(plan) => {
            let text = plan.to_string();
            check(&plan, text.split('\n').count())?;
            prop_assert_eq!(text.matches("\nprice").count(), 1, "{}", text);
            check_json(&plan)?;
            for item in plan.checks() {
                check(item, 1)?;
            }
        }
        Err(error) => check(&error, 1)?,
    }

    let mut run = client.resize(resize());
    while let Some(event) = ready(run.next()) {
        check(&event, 1)?;
        check_json(&event)?;
    }
    match ready(run.into_future()) {
        Ok(report) => {
            check(&report, 1)?;
            check_json(&report)?;
        }
        Err(error) => {
            check(&error, 1)?;
            check_json(&error)?;
        }
    }

    let mut fleet = Service::client(texts).resize_many([resize()], FleetOptions::default());
    while let Some((_, event)) = ready(fleet.next()) {
        check(&event, 1)?;
    }
    let report = ready(fleet.into_future());
    let unfinished = report.failed().len() + report.cancelled().len() + report.not_begun().len();
    check(&report, 1 + unfinished)?;
    Ok(report.is_success())
}

#[test]
fn no_text_of_a_success_can_forge_a_line() {
    assert!(run(Vec::new()).unwrap());
    let text = format!("x{}x", MARKS.concat());
    let mut finished = 0;
    for index in 0..TEXTS {
        let mut texts = vec![None; TEXTS];
        texts[index] = Some(text.clone());
        let result = run(texts);
        assert!(result.is_ok(), "text {index}: {result:?}");
        finished += usize::from(result.is_ok_and(|is_success| is_success));
    }
    assert!(finished > TEXTS / 2, "only {finished} reached the end");
}

proptest! {
    #![proptest_config(Config { cases: config().cases / 4, ..config() })]

    #[test]
    fn texts_of_a_success_together_cannot_forge_a_line(
        texts in prop::collection::vec(prop::option::weighted(0.1, hostile()), TEXTS),
    ) {
        run(texts)?;
    }
}
