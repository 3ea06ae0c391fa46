//! `DescribeInstances`: the instances, filtered and paged.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::errors::{self, Rejection};
use super::request::Incoming;
use super::response::Outcome;
use super::state::{SimulatedInstance, State};

/// The page size where none is asked for, which is the least with tokens as well.
const DEFAULT_SIZE: usize = 10;
const MAX_SIZE: usize = 100;

pub(super) fn describe_instances(state: &mut State, incoming: &Incoming) -> Outcome {
    let here = incoming.required("RegionId")? == state.region_id;
    let ids: Option<Vec<String>> = match incoming.given("InstanceIds") {
        None => None,
        Some(json) => {
            Some(serde_json::from_str(json).map_err(|_| Rejection::invalid("InstanceIds"))?)
        }
    };
    if incoming.given("DryRun") == Some("true") {
        return Err(errors::DRY_RUN);
    }
    let same = |name, value: &str| incoming.given(name).is_none_or(|wanted| wanted == value);
    let found: Vec<&SimulatedInstance> = state
        .instances
        .values()
        .filter(|_| here)
        .filter(|it| ids.as_ref().is_none_or(|ids| ids.contains(&it.instance_id)))
        .filter(|it| same("Status", &format!("{:?}", it.status)))
        .filter(|it| same("InstanceType", &it.instance_type))
        .filter(|it| same("InstanceChargeType", it.charge_type()))
        .collect();
    let page = Page::of(incoming)?;
    let items = found.iter().skip(page.start).take(page.size);
    let items: Vec<Value> = items.map(|it| describe(state, it)).collect();
    let end = page.start + items.len();
    let mut response = Map::from_iter([
        ("TotalCount".to_owned(), json!(found.len())),
        ("Instances".to_owned(), json!({ "Instance": items })),
    ]);
    if page.by_token {
        let more = end < found.len();
        let token = if more {
            format!("at-{end}")
        } else {
            String::new()
        };
        response.insert("NextToken".to_owned(), json!(token));
    } else {
        response.insert("PageNumber".to_owned(), json!(page.start / page.size + 1));
        response.insert("PageSize".to_owned(), json!(page.size));
    }
    Ok(response)
}

/// Which part of a list is asked for.
pub(super) struct Page {
    pub(super) start: usize,
    pub(super) size: usize,
    by_token: bool,
}

impl Page {
    fn of(incoming: &Incoming) -> Result<Self, Rejection> {
        if incoming
            .given("MaxResults")
            .or(incoming.given("NextToken"))
            .is_some()
        {
            return Self::by_token(incoming, DEFAULT_SIZE, DEFAULT_SIZE);
        }
        let size = incoming
            .number("PageSize", DEFAULT_SIZE)?
            .clamp(1, MAX_SIZE);
        let number = incoming.number("PageNumber", 1_usize)?;
        Ok(Self {
            start: number.saturating_sub(1).saturating_mul(size),
            size,
            by_token: false,
        })
    }

    pub(super) fn by_token(
        incoming: &Incoming,
        default: usize,
        least: usize,
    ) -> Result<Self, Rejection> {
        let start = match incoming.given("NextToken") {
            None => 0,
            Some(token) => token
                .strip_prefix("at-")
                .and_then(|start| start.parse().ok())
                .ok_or_else(|| Rejection::invalid("NextToken"))?,
        };
        let size = incoming.number("MaxResults", default)?;
        Ok(Self {
            start,
            size: size.clamp(least, MAX_SIZE),
            by_token: true,
        })
    }
}

fn describe(state: &State, instance: &SimulatedInstance) -> Value {
    let minute = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%MZ").to_string();
    let now = state.now();
    let distance = TimeDelta::days(if instance.expired { -2 } else { 300 });
    let expires = now.checked_add_signed(distance).unwrap_or(now);
    let known = state.types.get(&instance.instance_type);
    let operation_locks: Vec<Value> = instance
        .lock_reason()
        .map(|reason| json!({"LockReason": reason, "LockMsg": ""}))
        .into_iter()
        .collect();
    json!({
        "InstanceId": instance.instance_id,
        "InstanceName": format!("simulated-{}", instance.instance_id),
        "RegionId": state.region_id,
        "ZoneId": format!("{}-e", state.region_id),
        "Status": format!("{:?}", instance.status),
        "InstanceType": instance.instance_type,
        "InstanceTypeFamily": known.map(|known| known.family()),
        "Cpu": known.map(|known| known.vcpus),
        "Memory": known.map(|known| u64::from(known.memory_gib) * 1024),
        "InstanceChargeType": instance.charge_type(),
        "SaleCycle": if instance.pay_as_you_go { "" } else { "month" },
        "CreationTime": "2020-01-01T04:04Z",
        "StartTime": instance.start_time.map(minute).unwrap_or_default(),
        "ExpiredTime": minute(expires),
        "AutoReleaseTime": "",
        "InstanceNetworkType": "vpc",
        "IoOptimized": true,
        "OSType": if instance.windows { "windows" } else { "linux" },
        "ImageOptions": {"CurrentOSNVMeSupported": !instance.windows},
        "DeletionProtection": false,
        "StoppedMode": "Not-applicable",
        "OperationLocks": {"LockReason": operation_locks},
        "Tags": {"Tag": []},
    })
}
