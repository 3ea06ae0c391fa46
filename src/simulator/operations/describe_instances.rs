//! `DescribeInstances`: the instances, filtered and paged. A filter that is not simulated is rejected.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::describe_regions;
use super::instance_view;
use super::page::{Page, Sizes};
use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::request::{Incoming, parse_time};
use crate::simulator::response::Outcome;
use crate::simulator::world::World;

const SIZES: Sizes = Sizes {
    default: 10,
    least: 10,
    most: 100,
};

const PARAMETERS: [&str; 30] = [
    "AdditionalAttributes.N",
    "DryRun",
    "EipAddresses",
    "Filter.N.Key",
    "Filter.N.Value",
    "ImageId",
    "InnerIpAddresses",
    "InstanceChargeType",
    "InstanceIds",
    "InstanceName",
    "InstanceNetworkType",
    "InstanceType",
    "InstanceTypeFamily",
    "InternetChargeType",
    "IoOptimized",
    "KeyPairName",
    "LockReason",
    "MaxResults",
    "NextToken",
    "PageNumber",
    "PageSize",
    "PrivateIpAddresses",
    "PublicIpAddresses",
    "ResourceGroupId",
    "SecurityGroupId",
    "Status",
    "Tag.N.Key",
    "Tag.N.Value",
    "VSwitchId",
    "VpcId",
];

const MAX_IDS: usize = 100;
const MAX_TAGS: usize = 20;

pub(in crate::simulator) fn describe_instances(world: &mut World, incoming: &Incoming) -> Outcome {
    let parameters = [&PARAMETERS[..], &["ZoneId"]].concat();
    incoming.only(world, &parameters)?;
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::REGION_NOT_FOUND);
    }
    let filter = Filter::parse(incoming)?;
    let attributes = incoming.list("AdditionalAttributes");
    let page = Page::of(incoming, &SIZES)?;
    if incoming.boolean("DryRun")? == Some(true) {
        return Err(errors::DRY_RUN);
    }
    let here = region_id == world.region_id;
    let all = world.instances.all_seen(world.now());
    let found: Vec<&SimulatedInstance> = all
        .filter(|_| here)
        .filter(|instance| filter.matches(world, instance))
        .collect();
    let (items, mut fields) = page.write(&found, |instance| {
        instance_view::in_list(world, instance, &attributes)
    });
    fields.insert("TotalCount".to_owned(), json!(found.len()));
    fields.insert("Instances".to_owned(), json!({ "Instance": items }));
    Ok(fields)
}

/// The filters of a request.
struct Filter<'a> {
    incoming: &'a Incoming,
    ids: Option<Vec<String>>,
    tags: Vec<(&'a str, Option<&'a str>)>,
    io_optimized: Option<bool>,
    private_ips: Option<Vec<String>>,
    /// Of the public address, an elastic one or an address of the classic network: only the first exists here.
    public_ips: Option<Vec<String>>,
    no_ips: bool,
    times: Vec<(TimeFilter, DateTime<Utc>)>,
}

#[derive(Clone, Copy)]
enum TimeFilter {
    CreatedAfter,
    CreatedBefore,
    ExpiresAfter,
    ExpiresBefore,
}

impl<'a> Filter<'a> {
    fn parse(incoming: &'a Incoming) -> Result<Self, Rejection> {
        let one_of = |name, values: &[&str], rejection| match incoming.given(name) {
            Some(value) if !values.contains(&value) => Err(rejection),
            _ => Ok(()),
        };
        let statuses = ["Pending", "Starting", "Running", "Stopping", "Stopped"];
        one_of("Status", &statuses, errors::STATUS_NOT_FOUND)?;
        one_of(
            "InstanceChargeType",
            &["PrePaid", "PostPaid"],
            errors::CHARGE_TYPE,
        )?;
        one_of(
            "InstanceNetworkType",
            &["vpc", "classic"],
            errors::NETWORK_TYPE,
        )?;
        one_of(
            "InternetChargeType",
            &["PayByTraffic", "PayByBandwidth"],
            errors::INTERNET_CHARGE_TYPE,
        )?;
        let reasons = [
            "financial",
            "security",
            "Recycling",
            "dedicatedhostfinancial",
            "refunded",
        ];
        one_of("LockReason", &reasons, errors::LOCK_REASON)?;
        let list = |name: &str| match incoming.json_list(name)? {
            Some(list) if list.len() > MAX_IDS => Err(Rejection::invalid(name)),
            list => Ok(list),
        };
        let no_ips = ["EipAddresses", "InnerIpAddresses"];
        Ok(Self {
            incoming,
            ids: list("InstanceIds")?,
            tags: tags(incoming)?,
            io_optimized: incoming.boolean("IoOptimized")?,
            private_ips: list("PrivateIpAddresses")?,
            public_ips: list("PublicIpAddresses")?,
            no_ips: no_ips.iter().any(|name| incoming.given(name).is_some()),
            times: times(incoming)?,
        })
    }

    fn matches(&self, world: &World, instance: &SimulatedInstance) -> bool {
        let given = |name| self.incoming.given(name);
        let same = |name, value: &str| given(name).is_none_or(|wanted| wanted == value);
        let listed = |list: &Option<Vec<String>>, value: &String| {
            list.as_ref().is_none_or(|list| list.contains(value))
        };
        let known = world.types.get(&instance.instance_type);
        let group = |wanted| instance.security_group_ids.iter().any(|id| id == wanted);
        listed(&self.ids, &instance.instance_id)
            && given("InstanceName").is_none_or(|pattern| wildcard(pattern, &instance.name))
            && self.tags.iter().all(|(key, value)| {
                let own = instance.tags.get(*key);
                own.is_some_and(|own| value.is_none_or(|value| own == value))
            })
            && same("Status", instance.status.as_str())
            && same("InstanceType", &instance.instance_type)
            && same(
                "InstanceTypeFamily",
                known.map_or("", |known| known.family()),
            )
            && same("InstanceChargeType", instance.charge_type())
            && same("InstanceNetworkType", "vpc")
            && same("InternetChargeType", "PayByTraffic")
            && same("ImageId", &instance.image_id)
            && same("KeyPairName", &instance.key_pair_name)
            && same("ResourceGroupId", &instance.resource_group_id)
            && same("VSwitchId", &instance.vswitch_id)
            && same("VpcId", &instance.vpc_id)
            && same("ZoneId", &instance.zone_id)
            && same("LockReason", instance.lock_reason().unwrap_or_default())
            && given("SecurityGroupId").is_none_or(group)
            && self.io_optimized != Some(false)
            && listed(&self.private_ips, &instance.private_ip)
            && listed(&self.public_ips, &instance.public_ip)
            && !self.no_ips
            && self.times.iter().all(|filter| in_time(*filter, instance))
    }
}

fn tags(incoming: &Incoming) -> Result<Vec<(&str, Option<&str>)>, Rejection> {
    let given = incoming.structures("Tag", ["Key", "Value"]);
    if given.len() > MAX_TAGS {
        return Err(errors::TAG_COUNT);
    }
    let tag = |[key, value]: [Option<_>; 2]| Ok((key.ok_or(errors::TAG_MISMATCH)?, value));
    given.into_iter().map(tag).collect()
}

fn times(incoming: &Incoming) -> Result<Vec<(TimeFilter, DateTime<Utc>)>, Rejection> {
    let given = incoming.structures("Filter", ["Key", "Value"]);
    let filter = |[key, value]: [Option<&str>; 2]| {
        let kind = match key {
            Some("CreationStartTime") => TimeFilter::CreatedAfter,
            Some("CreationEndTime") => TimeFilter::CreatedBefore,
            Some("ExpiredStartTime") => TimeFilter::ExpiresAfter,
            Some("ExpiredEndTime") => TimeFilter::ExpiresBefore,
            _ => return Err(errors::FILTER_KEY),
        };
        let time = value.and_then(|value| {
            parse_time(value, "%Y-%m-%dT%H:%MZ").or(parse_time(value, "%Y-%m-%dT%H:%M:%SZ"))
        });
        Ok((
            kind,
            time.ok_or_else(|| Rejection::invalid("Filter.N.Value"))?,
        ))
    };
    given.into_iter().map(filter).collect()
}

fn in_time((filter, time): (TimeFilter, DateTime<Utc>), instance: &SimulatedInstance) -> bool {
    match filter {
        TimeFilter::CreatedAfter => instance.creation_time.is_some_and(|at| at >= time),
        TimeFilter::CreatedBefore => instance.creation_time.is_some_and(|at| at <= time),
        TimeFilter::ExpiresAfter => instance.expired_time.is_some_and(|at| at >= time),
        TimeFilter::ExpiresBefore => instance.expired_time.is_some_and(|at| at <= time),
    }
}

/// Whether the text matches the pattern, in which `*` matches any characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn a_star_matches_any_characters() {
        let rows = [
            ("web-1", "web-1", true),
            ("web-1", "web-10", false),
            ("web-*", "web-10", true),
            ("*-10", "web-10", true),
            ("*", "", true),
            ("w*b*1*", "web-10", true),
            ("w*b*1", "web-10", false),
            ("a*a", "a", false),
            ("", "web", false),
        ];
        for (pattern, text, matches) in rows {
            assert_eq!(wildcard(pattern, text), matches, "{pattern} {text}");
        }
    }
}
