//! Every builder accepts exactly what the predicates in this file accept. They are written from the documentation.

use std::time::Duration;

use aliyun_ecs::operation::*;
use aliyun_ecs::resize::{Restart, ResumeKey};
use aliyun_ecs::types::{
    DestinationResource, DiskCategory, ModificationType, ModifyMode, NvmeSupport, OperatorType,
    PerformanceLevel, StoppedMode, SystemDiskCategory,
};
use aliyun_ecs::{ModifyPrepayInstanceSpecRequest, Resize, RpcRequest};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::support::{Memory, any_text, config, ready};

// The predicates.

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_type(text: &str) -> bool {
    let is_good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    match text.strip_prefix("ecs.") {
        Some(rest) => (1..=124).contains(&rest.len()) && rest.bytes().all(is_good),
        None => false,
    }
}

fn is_region(text: &str) -> bool {
    let is_good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(is_good)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// The first full minute at or after the time, counted from 1970, if its year is within the accepted years.
fn minute(time: DateTime<Utc>) -> Option<i64> {
    let (seconds, nanos) = (time.timestamp(), time.timestamp_subsec_nanos());
    let is_full = seconds.rem_euclid(60) == 0 && nanos == 0;
    let minute = seconds.div_euclid(60) + i64::from(!is_full);
    // 2000-01-01T00:00Z and 9999-12-31T23:59Z.
    (15_778_080..=4_223_371_679)
        .contains(&minute)
        .then_some(minute)
}

fn all<T>(items: &[T], is_good: impl Fn(&T) -> bool) -> bool {
    items.iter().all(is_good)
}

fn is_some(text: impl AsRef<str>) -> bool {
    !text.as_ref().is_empty()
}

/// A resume key in its text form: the checksum is the beginning of the hash of the other parts.
fn key(head: &str, token: &str) -> String {
    let hash = Sha256::digest(format!("{head}/{token}"));
    let [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]];
    format!("{head}/{a:02x}{b:02x}{c:02x}{d:02x}/{token}")
}

// The strategies: about half of the values are valid.

fn id() -> BoxedStrategy<String> {
    prop_oneof![
        16 => "[A-Za-z0-9_-]{1,64}",
        1 => "[A-Za-z0-9_-]{64,66}",
        1 => "i-[a-z]{4}[*]{4}",
        1 => any_text(),
        1 => Just(String::new()),
    ]
    .boxed()
}

fn instance_type() -> BoxedStrategy<String> {
    prop_oneof![
        16 => "ecs\\.[a-z0-9.-]{1,20}",
        1 => "ecs\\.[a-z0-9.-]{122,126}",
        1 => "(ecs|ECS|ecs-)?\\.?[a-zA-Z0-9.]{0,9}",
        1 => any_text(),
    ]
    .boxed()
}

fn region() -> BoxedStrategy<Option<String>> {
    prop_oneof![
        4 => Just(None),
        4 => "[a-z0-9]{1,5}-[a-z0-9-]{0,20}[a-z0-9]".prop_map(Some),
        1 => "[a-z0-9-]{1,3}".prop_map(Some),
        1 => "[a-z]{61,65}".prop_map(Some),
        1 => any_text().prop_map(Some),
    ]
    .boxed()
}

fn token() -> BoxedStrategy<Option<String>> {
    prop_oneof![
        4 => Just(None),
        4 => "[ -~]{1,64}".prop_map(Some),
        1 => "[ -~]{64,66}".prop_map(Some),
        1 => any_text().prop_map(Some),
    ]
    .boxed()
}

/// A string that is only required to be non-empty.
fn text() -> BoxedStrategy<String> {
    prop_oneof![1 => Just(String::new()), 9 => any_text()].boxed()
}

fn texts(most: usize) -> BoxedStrategy<Vec<String>> {
    prop_oneof![
        1 => prop::collection::vec(text(), 0..4),
        4 => prop::collection::vec("[a-z]{1,3}", 0..=most + 2),
    ]
    .boxed()
}

fn named<T: From<String> + std::fmt::Debug + Clone + 'static>(
    known: &'static [&'static str],
) -> BoxedStrategy<Option<T>> {
    prop_oneof![
        4 => Just(None),
        4 => select(known).prop_map(|name| Some(T::from(name.to_owned()))),
        1 => text().prop_map(|name| Some(T::from(name))),
    ]
    .boxed()
}

fn time() -> BoxedStrategy<DateTime<Utc>> {
    let at = |(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap();
    let near = |seconds: i64| ((seconds - 120..seconds + 120), 0..2_u32).prop_map(at);
    prop_oneof![
        4 => (1_800_000_000..1_800_000_240_i64, 0..2_u32).prop_map(at),
        1 => near(946_684_800),
        1 => near(253_402_300_740),
        1 => (DateTime::<Utc>::MIN_UTC.timestamp()..=DateTime::<Utc>::MAX_UTC.timestamp(), 0..2_u32).prop_map(at),
    ]
    .boxed()
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    strategy: BoxedStrategy<T>,
) -> BoxedStrategy<Option<T>> {
    prop::option::weighted(0.3, strategy).boxed()
}

/// Numbers near the limits of page sizes.
fn size() -> BoxedStrategy<Option<u64>> {
    prop_oneof![4 => Just(None), 3 => (0..103_u64).prop_map(Some), 1 => any::<u64>().prop_map(Some)]
        .boxed()
}

const OPERATORS: &[&str] = &["upgrade", "downgrade", "Upgrade"];
const SYSTEM_DISKS: &[&str] = &["cloud_efficiency", "cloud_ssd", "cloud_essd"];
const DISKS: &[&str] = &[
    "cloud",
    "cloud_efficiency",
    "cloud_ssd",
    "cloud_essd",
    "cloud_auto",
];
const LEVELS: &[&str] = &["PL0", "PL1", "PL2", "PL3", "PL9"];

type Disk = (
    Option<String>,
    Option<DiskCategory>,
    Option<PerformanceLevel>,
);

fn disk() -> BoxedStrategy<Disk> {
    let id = prop_oneof![2 => "d-[ab]", 1 => id()].boxed();
    (prop::option::of(id), named(DISKS), named(LEVELS)).boxed()
}

fn are_disks(disks: &[Disk]) -> bool {
    let is_disk = |(index, (id, category, level)): (usize, &Disk)| {
        id.as_deref().is_none_or(is_id)
            && category
                .as_ref()
                .is_none_or(|category| !category.as_str().is_empty())
            && level
                .as_ref()
                .is_none_or(|level| !level.as_str().is_empty())
            && (id.is_none() || category.is_some())
            && (category.is_some() || level.is_some())
            && !disks[..index]
                .iter()
                .any(|(other, ..)| id.is_some() && other == id)
    };
    disks.iter().enumerate().all(is_disk)
}

const TAKEN: &[&str] = &[
    "regionid",
    "instanceid",
    "instancetype",
    "operatortype",
    "clienttoken",
    "autopay",
    "migrateacrosszone",
    "systemdisk.category",
    "reboottime",
    "endtime",
    "rebootwhenfinished",
    "modifymode",
    "accesskeyid",
    "action",
    "format",
    "securitytoken",
    "signature",
    "signaturemethod",
    "signaturenonce",
    "signaturetype",
    "signatureversion",
    "timestamp",
    "version",
];

fn extra() -> BoxedStrategy<Vec<(String, String)>> {
    let name = prop_oneof![
        4 => "[A-Z][a-z]{1,2}",
        1 => select(TAKEN).prop_map(str::to_owned),
        1 => select(&["Signature", "AutoPay", "Disk.1.DiskId", "disk.x", "DiskX", ""][..]).prop_map(str::to_owned),
        1 => any_text(),
    ];
    prop::collection::vec((name, any_text()), 0..3).boxed()
}

fn is_extra(extra: &[(String, String)]) -> bool {
    let is_good = |(index, (name, _)): (usize, &(String, String))| {
        let lower = name.to_ascii_lowercase();
        !name.is_empty()
            && !TAKEN.contains(&&*lower)
            && !lower.starts_with("disk.")
            && !extra[..index]
                .iter()
                .any(|(other, _)| other.to_ascii_lowercase() == lower)
    };
    extra.iter().enumerate().all(is_good)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn orders(
        (id, kind, region, token) in (id(), instance_type(), region(), token()),
        operator in named::<OperatorType>(OPERATORS),
        category in named::<SystemDiskCategory>(SYSTEM_DISKS),
        mode in named::<ModifyMode>(&["Online", "Offline"]),
        (reboot, end) in (maybe(time()), maybe(time())),
        flags in any::<[Option<bool>; 3]>(),
        disks in prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(disk(), 1..3)],
        extra in prop_oneof![2 => Just(Vec::new()), 1 => extra()],
    ) {
        let mut builder = ModifyPrepayInstanceSpecRequest::builder(&*id, &*kind)
            .set_region_id(region.clone())
            .set_client_token(token.clone())
            .set_operator_type(operator.clone())
            .set_system_disk_category(category.clone())
            .set_modify_mode(mode.clone())
            .set_reboot_time(reboot)
            .set_end_time(end)
            .set_auto_pay(flags[0])
            .set_migrate_across_zone(flags[1])
            .set_reboot_when_finished(flags[2]);
        for (id, category, level) in &disks {
            let mut disk = DiskChange::new();
            if let Some(id) = id {
                disk = disk.with_disk_id(id);
            }
            if let Some(category) = category {
                disk = disk.with_category(category.clone());
            }
            if let Some(level) = level {
                disk = disk.with_performance_level(level.clone());
            }
            builder = builder.disk(disk);
        }
        for (name, value) in &extra {
            builder = builder.extra_parameter(name, value);
        }
        let built = builder.build();

        let times_fit = match (reboot, end) {
            (None, None) => true,
            (Some(one), None) | (None, Some(one)) => minute(one).is_some(),
            (Some(reboot), Some(end)) => minute(reboot).is_some_and(|reboot| minute(end) > Some(reboot)),
        };
        let accepted = is_id(&id)
            && is_type(&kind)
            && region.as_deref().is_none_or(is_region)
            && token.as_deref().is_none_or(is_token)
            && operator.as_ref().is_none_or(|it| !it.as_str().is_empty())
            && category.as_ref().is_none_or(|it| !it.as_str().is_empty())
            && mode.as_ref().is_none_or(|it| !it.as_str().is_empty())
            && !(category.is_some() && operator == Some(OperatorType::Downgrade))
            && times_fit
            && !(reboot.is_some() && flags[2] == Some(true))
            && are_disks(&disks)
            && is_extra(&extra);
        prop_assert_eq!(built.is_ok(), accepted, "{:?}", built);
        if let Ok(request) = built {
            prop_assert!(is_token(request.client_token().as_str()));
            let sent = request.reboot_time().map(|time| time.to_datetime().timestamp() / 60);
            prop_assert_eq!(sent, reboot.and_then(minute));
        }
    }

    #[test]
    fn requests_for_instances(
        region in region(),
        ids in maybe(prop_oneof![prop::collection::vec(id(), 0..3), texts(100)].boxed()),
        tags in prop_oneof![9 => prop::collection::vec((text(), any_text()), 0..3),
            1 => prop::collection::vec(("[a-z]", Just(String::new())), 19..23)],
        results in size(),
        (next, name) in (maybe(text()), maybe(text())),
        (addresses, more) in (maybe(texts(100)), maybe(texts(3))),
        times in prop::collection::vec(time(), 0..2),
    ) {
        let mut builder = DescribeInstancesRequest::builder();
        if let Some(region) = &region {
            builder = builder.region_id(region);
        }
        if let Some(ids) = &ids {
            builder = builder.instance_ids(ids);
        }
        for (key, value) in &tags {
            builder = builder.tag(key, value);
        }
        if let Some(size) = results {
            builder = builder.max_results(size);
        }
        if let Some(next) = &next {
            builder = builder.next_token(next);
        }
        if let Some(name) = &name {
            builder = builder.instance_name(name);
        }
        if let Some(addresses) = &addresses {
            builder = builder.eip_addresses(addresses);
        }
        if let Some(more) = &more {
            builder = builder.ipv6_addresses(more);
        }
        for time in &times {
            builder = builder.created_after(*time);
        }
        let built = builder.build();

        let accepted = region.as_deref().is_none_or(is_region)
            && ids.as_ref().is_none_or(|ids| all(ids, |id| is_id(id)))
            && all(&tags, |(key, _)| !key.is_empty())
            && next.as_ref().is_none_or(is_some)
            && name.as_ref().is_none_or(is_some)
            && addresses.as_ref().is_none_or(|addresses| all(addresses, |text| is_some(text)))
            && more.as_ref().is_none_or(|more| all(more, |text| is_some(text)))
            && all(&times, |time| minute(*time).is_some());
        prop_assert_eq!(built.is_ok(), accepted, "{:?}", built);
    }

    #[test]
    fn requests_for_instance_types(
        region in region(),
        types in prop::collection::vec(instance_type(), 0..12),
        few in prop::collection::vec("ecs\\.[a-z]", 0..12),
        nvme in named::<NvmeSupport>(&["Required", "Unsupported"]),
        results in size(),
        family in maybe(text()),
        (families, architectures) in (maybe(texts(10)), maybe(texts(2))),
        memory in maybe(any::<i64>().prop_map(Decimal::from).boxed()),
    ) {
        let types = if types.len() > 2 { few } else { types };
        let mut builder = DescribeInstanceTypesRequest::builder()
            .instance_types(&types);
        if let Some(nvme) = &nvme {
            builder = builder.nvme_support(nvme.clone());
        }
        if let Some(region) = &region {
            builder = builder.region_id(region);
        }
        if let Some(size) = results {
            builder = builder.max_results(size);
        }
        if let Some(family) = &family {
            builder = builder.instance_type_family(family);
        }
        if let Some(families) = &families {
            builder = builder.instance_type_families(families);
        }
        if let Some(architectures) = &architectures {
            builder = builder.cpu_architectures(architectures);
        }
        if let Some(memory) = memory {
            builder = builder.minimum_memory_gib(memory);
        }
        let built = builder.build();

        let is_list = |list: &Option<Vec<String>>| {
            list.as_ref().is_none_or(|list| all(list, |text| is_some(text)))
        };
        let accepted = region.as_deref().is_none_or(is_region)
            && all(&types, |kind| is_type(kind))
            && nvme.as_ref().is_none_or(|it| !it.as_str().is_empty())
            && family.as_ref().is_none_or(is_some)
            && is_list(&families)
            && is_list(&architectures);
        prop_assert_eq!(built.is_ok(), accepted, "{:?}", built);
    }

    #[test]
    fn requests_for_modification_targets(
        (id, region) in (id(), region()),
        target in maybe(instance_type()),
        system_disks in any::<bool>(),
        kind in named::<ModificationType>(&["Upgrade", "Downgrade"]),
        cores in maybe(any::<u32>().boxed()),
        memory in maybe(any::<u32>().prop_map(Decimal::from).boxed()),
        zone in maybe(text()),
        conditions in maybe(texts(3)),
    ) {
        let mut builder = DescribeResourcesModificationRequest::builder(&*id);
        if let Some(kind) = &kind {
            builder = builder.operation_type(kind.clone());
        }
        if let Some(region) = &region {
            builder = builder.region_id(region);
        }
        if let Some(target) = &target {
            builder = builder.instance_type(target);
        }
        if system_disks {
            builder = builder.destination_resource(DestinationResource::SystemDisk);
        }
        if let Some(cores) = cores {
            builder = builder.cores(cores.into());
        }
        if let Some(memory) = memory {
            builder = builder.memory_gib(memory);
        }
        if let Some(zone) = &zone {
            builder = builder.zone_id(zone);
        }
        if let Some(conditions) = &conditions {
            builder = builder.conditions(conditions);
        }
        let built = builder.build();

        let sized = cores.is_some() || memory.is_some();
        let accepted = is_id(&id)
            && region.as_deref().is_none_or(is_region)
            && target.as_deref().is_none_or(is_type)
            && !(system_disks && target.is_none())
            && !(sized && (system_disks || target.is_some()))
            && kind.as_ref().is_none_or(|it| !it.as_str().is_empty())
            && zone.as_ref().is_none_or(is_some)
            && conditions.as_ref().is_none_or(|list| all(list, |text| is_some(text)));
        prop_assert_eq!(built.is_ok(), accepted, "{:?}", built);
    }

    #[test]
    fn requests_for_a_price(
        (id, region) in (id(), region()),
        target in maybe(instance_type()),
        category in named::<SystemDiskCategory>(SYSTEM_DISKS),
        disks in prop_oneof![
            9 => prop::collection::vec((named::<DiskCategory>(DISKS), prop::option::of(priced()), named::<PerformanceLevel>(LEVELS)), 0..3),
            1 => prop::collection::vec(Just((None, None, None)), 15..18),
        ],
    ) {
        // A disk always has a category.
        let disks: Vec<_> = disks
            .into_iter()
            .map(|(category, size, level)| (category.unwrap_or(DiskCategory::CloudSsd), size, level))
            .collect();
        let mut builder = DescribeInstanceModificationPriceRequest::builder(&*id).set_system_disk_category(category.clone());
        if let Some(region) = &region {
            builder = builder.region_id(region);
        }
        if let Some(target) = &target {
            builder = builder.instance_type(target);
        }
        for (category, size, level) in &disks {
            let mut disk = DataDisk::new(category.clone());
            if let Some(level) = level {
                disk = disk.with_performance_level(level.clone());
            }
            builder = builder.data_disk(match size {
                Some(size) => disk.with_size_gib((*size).into()),
                None => disk,
            });
        }
        let built = builder.build();

        let is_disk = |(category, _, level): &(DiskCategory, Option<u32>, Option<PerformanceLevel>)| {
            !category.as_str().is_empty() && level.as_ref().is_none_or(|level| !level.as_str().is_empty())
        };
        let accepted = is_id(&id)
            && region.as_deref().is_none_or(is_region)
            && target.as_deref().is_none_or(is_type)
            && category.as_ref().is_none_or(|it| !it.as_str().is_empty())
            && (target.is_some() || !disks.is_empty())
            && all(&disks, is_disk);
        prop_assert_eq!(built.is_ok(), accepted, "{:?}", built);
    }

    #[test]
    fn requests_for_regions(charge in maybe(text()), language in maybe(text())) {
        let mut builder = DescribeRegionsRequest::builder();
        if let Some(charge) = &charge {
            builder = builder.instance_charge_type(charge);
        }
        if let Some(language) = &language {
            builder = builder.accept_language(language);
        }
        let accepted = charge.as_ref().is_none_or(is_some) && language.as_ref().is_none_or(is_some);
        prop_assert_eq!(builder.build().is_ok(), accepted);
    }

    #[test]
    fn power_requests(
        (id, region) in (id(), region()),
        mode in named::<StoppedMode>(&["StopCharging", "KeepCharging"]),
        flags in any::<[bool; 3]>(),
    ) {
        let region = region.unwrap_or("cn-hangzhou".to_owned());
        let start = StartInstanceRequest::builder(&*id).region_id(&*region).dry_run(flags[0]).init_local_disk(flags[1]);
        let reboot = RebootInstanceRequest::builder(&*id).region_id(&*region).dry_run(flags[0]).force_stop(flags[2]);
        let mut stop = StopInstanceRequest::builder(&*id)
            .region_id(&*region)
            .force_stop(flags[0])
            .confirm_stop(flags[1])
            .hibernate(flags[2]);
        if let Some(mode) = &mode {
            stop = stop.stopped_mode(mode.clone());
        }
        let accepted = is_id(&id) && is_region(&region);
        prop_assert_eq!(start.build().is_ok(), accepted);
        prop_assert_eq!(reboot.build().is_ok(), accepted);
        let has_mode = mode.as_ref().is_none_or(|it| !it.as_str().is_empty());
        prop_assert_eq!(stop.build().is_ok(), accepted && has_mode);
    }

    #[test]
    fn generic_requests(
        action in prop_oneof![3 => "[A-Za-z0-9]{1,20}", 1 => any_text(), 1 => "[A-Za-z]{1,3}[ ./?]"],
        (region, token) in (region(), token()),
        extra in extra(),
    ) {
        const COMMON: &[&str] = &[
            "accesskeyid", "action", "format", "securitytoken", "signature", "signaturemethod", "signaturenonce",
            "signaturetype", "signatureversion", "timestamp", "version",
        ];
        let memory = Memory::default();
        memory.response(200, r#"{"RequestId":"R"}"#);
        let client = memory.builder().build().unwrap();
        let mut request = RpcRequest::<()>::new(&*action);
        for (name, value) in &extra {
            request = request.param(name, value);
        }
        if let Some(region) = &region {
            request = request.param("RegionId", region);
        }
        if let Some(token) = &token {
            request = request.client_token(token);
        }
        let accepted = !action.is_empty()
            && action.bytes().all(|b| b.is_ascii_alphanumeric())
            && region.as_deref().is_none_or(is_region)
            && token.as_deref().is_none_or(is_token)
            && all(&extra, |(name, _)| !name.is_empty() && !COMMON.contains(&&*name.to_ascii_lowercase()));
        let sent = ready(client.call(request, Default::default()));
        prop_assert_eq!(sent.is_ok(), accepted, "{:?}", sent);
    }

    #[test]
    fn resizes(
        (id, kind, region, token) in (id(), instance_type(), region(), token()),
        time in maybe(time()),
        price in maybe(any::<i64>().prop_map(|cents| Decimal::new(cents, 2)).boxed()),
        poll in maybe(prop_oneof![0..3_000_u64, Just(u64::MAX)].prop_map(Duration::from_millis).boxed()),
        timeout in maybe(prop_oneof![0..3_u64, Just(u64::MAX)].prop_map(Duration::from_secs).boxed()),
    ) {
        let mut builder = Resize::builder(&*id, &*kind);
        if let Some(price) = price {
            builder = builder.max_price(price);
        }
        if let Some(region) = &region {
            builder = builder.region_id(region);
        }
        if let Some(token) = &token {
            builder = builder.client_token(token);
        }
        if let Some(time) = time {
            builder = builder.restart(Restart::At(time));
        }
        if let Some(poll) = poll {
            builder = builder.poll_interval(poll);
        }
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        let built = builder.build();

        let accepted = is_id(&id)
            && is_type(&kind)
            && region.as_deref().is_none_or(is_region)
            && token.as_deref().is_none_or(is_token)
            && time.is_none_or(|time| minute(time).is_some())
            && price.is_none_or(|price| price >= Decimal::ZERO)
            && poll.is_none_or(|poll| poll >= Duration::from_secs(1))
            && timeout != Some(Duration::ZERO);
        prop_assert_eq!(built.is_ok(), accepted, "{:?}", built);
    }

    #[test]
    fn resume_keys(
        (id, from, to, token) in (id(), instance_type(), instance_type(), token()),
        way in select(&["upgrade", "downgrade", "sideways", ""][..]),
        power in select(&["running", "stopped", "", "Running"][..]),
        seen in prop_oneof![
            select(&["-", "up", "down", "", "up.+5", "up.05"][..]).prop_map(str::to_owned),
            any::<i32>().prop_map(|it| format!("up.{it}")),
            any::<i64>().prop_map(|it| format!("up.{it}")),
            any_text().prop_filter("a part", |it| !it.contains('/')),
        ],
        is_whole in prop::bool::weighted(0.9),
    ) {
        let token = token.unwrap_or("token".to_owned());
        let text = key(&format!("{id}/cn-hangzhou/{from}/{to}/{way}/{power},possible,idle,-,{seen}"), &token);
        // Another token than the one in the checksum.
        let text = if is_whole { text } else { text + "x" };
        let read = text.parse::<ResumeKey>();
        let years = DateTime::<Utc>::MIN_UTC.timestamp()..=DateTime::<Utc>::MAX_UTC.timestamp();
        let is_time = |text: &str| {
            text.parse::<i64>().is_ok_and(|seconds| years.contains(&seconds) && seconds.to_string() == text)
        };
        let accepted = is_whole
            && is_id(&id)
            && is_type(&from)
            && is_type(&to)
            && is_token(&token)
            && matches!(way, "upgrade" | "downgrade")
            && matches!(power, "running" | "stopped")
            && (matches!(&*seen, "-" | "up" | "down") || seen.strip_prefix("up.").is_some_and(is_time));
        prop_assert_eq!(read.is_ok(), accepted, "{:?}", read);
        if let Ok(key) = read {
            prop_assert_eq!(key.to_string().parse::<ResumeKey>(), Ok(key));
        }
    }
}

/// Sizes of disks, half of them at the limits.
fn priced() -> BoxedStrategy<u32> {
    let limits = select(
        &[
            0, 1, 4, 5, 19, 20, 460, 461, 1_260, 1_261, 2_000, 2_001, 32_768, 32_769,
        ][..],
    );
    prop_oneof![limits, any::<u32>()].boxed()
}
