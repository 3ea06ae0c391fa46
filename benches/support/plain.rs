//! `DescribeInstances` decoded with plain serde: the same fields and types as the crate's `Instance`.

use std::time::Instant;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::{median, spread};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawResponse {
    pub(crate) request_id: String,
    pub(crate) next_token: Option<String>,
    pub(crate) total_count: Option<u64>,
    pub(crate) instances: Instances,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Instances {
    pub(crate) instance: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Instance {
    pub(crate) instance_id: String,
    pub(crate) instance_name: Option<String>,
    pub(crate) region_id: Option<String>,
    pub(crate) zone_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) instance_type: String,
    pub(crate) instance_type_family: Option<String>,
    pub(crate) cpu: Option<u32>,
    pub(crate) memory: Option<u64>,
    pub(crate) instance_charge_type: Option<String>,
    pub(crate) sale_cycle: Option<String>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) creation_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) start_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) expired_time: Option<DateTime<Utc>>,
    pub(crate) instance_network_type: Option<String>,
    pub(crate) io_optimized: Option<bool>,
    #[serde(rename = "OSType")]
    pub(crate) os_type: Option<String>,
    #[serde(rename = "OSName")]
    pub(crate) os_name: Option<String>,
    pub(crate) deletion_protection: Option<bool>,
    pub(crate) stopped_mode: Option<String>,
    #[serde(default)]
    pub(crate) operation_locks: Locks,
    #[serde(default)]
    pub(crate) tags: Tags,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Locks {
    #[serde(default)]
    pub(crate) lock_reason: Vec<Lock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Lock {
    pub(crate) lock_reason: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tags {
    #[serde(default)]
    pub(crate) tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) tag_key: String,
    pub(crate) tag_value: Option<String>,
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let time = |text: String| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%MZ");
    let time = text.map(time).transpose();
    time.map(|time| time.map(|time| time.and_utc()))
        .map_err(serde::de::Error::custom)
}

pub(crate) fn from_json(body: &[u8]) -> RawResponse {
    serde_json::from_slice(body).expect("a response")
}

pub(crate) fn from_xml(body: &[u8]) -> RawResponse {
    let text = std::str::from_utf8(body).expect("UTF-8");
    quick_xml::de::from_str(text).expect("a response")
}

/// Prints the ratio of the crate to plain serde, measured alternately.
pub(crate) fn print_ratios(
    [json, xml]: [&[u8]; 2],
    read_json: impl Fn() -> usize,
    read_xml: impl Fn() -> usize,
) {
    let seconds = |work: &dyn Fn() -> usize| {
        #[allow(clippy::disallowed_methods, reason = "a bench reads clocks")]
        let start = Instant::now();
        assert_eq!(work(), 100);
        start.elapsed().as_secs_f64()
    };
    let ratio = |ours: &dyn Fn() -> usize, plain: &dyn Fn() -> usize| {
        let run = || {
            let turn = |_| (seconds(ours), seconds(plain));
            let (ours, plain): (Vec<_>, Vec<_>) = (0..200).map(turn).unzip();
            median(ours) / median(plain)
        };
        spread(&(0..5).map(|_| run()).collect::<Vec<_>>())
    };
    println!("100 instances against plain serde, 5 runs of 200 each:");
    let plain_json = || from_json(json).instances.instance.len();
    println!("  JSON: ratio {}", ratio(&read_json, &plain_json));
    let plain_xml = || from_xml(xml).instances.instance.len();
    println!("  XML: ratio {}", ratio(&read_xml, &plain_xml));
}
