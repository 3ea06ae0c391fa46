//! `ModifyPrepayInstanceSpec`, with its documented rules.
//!
//! `SystemDisk.Category` only has an effect for a change from a retired type, and no simulated type is retired.
//! `MigrateAcrossZone` and `ModifyMode` have no visible effect. These three are validated, but have no effect.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use std::cmp::Ordering;

use super::describe_instance_modification_price::quote;
use super::describe_regions;
use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance::{InstanceStatus, SimulatedInstance};
use crate::simulator::orders::{
    DiskChange, IdempotencyRecord, OrderKind, OrderStatus, SimulatedOrder,
};
use crate::simulator::request::{Incoming, Parameters, parse_time};
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::World;

const CLIENT_TOKEN_LENGTH: usize = 64;

const PARAMETERS: [&str; 14] = [
    "AutoPay",
    "ClientToken",
    "Disk.N.Category",
    "Disk.N.DiskId",
    "Disk.N.PerformanceLevel",
    "EndTime",
    "InstanceId",
    "InstanceType",
    "MigrateAcrossZone",
    "ModifyMode",
    "OperatorType",
    "RebootTime",
    "RebootWhenFinished",
    "SystemDisk.Category",
];

/// What may differ between two requests with the same client token.
const NOT_COMPARED: [&str; 12] = [
    "AccessKeyId",
    "Action",
    "ClientToken",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// A well-formed request.
struct Change<'a> {
    region_id: &'a str,
    instance_id: &'a str,
    instance_type: &'a str,
    client_token: Option<&'a str>,
    operator_type: Option<OrderKind>,
    auto_pay: bool,
    reboot_when_finished: bool,
    reboot_time: Option<DateTime<Utc>>,
    end_time: Option<DateTime<Utc>>,
    disks: Vec<DiskChange>,
    /// The parameters that idempotency compares.
    compared: Parameters,
}

pub(in crate::simulator) fn modify_prepay_instance_spec(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(world, &PARAMETERS)?;
    let change = Change::parse(incoming)?;
    let order_id = match ordered_before(world, &change)? {
        Some(order_id) => order_id,
        None => {
            let kind = check(world, &change)?;
            place(world, change, kind)
        }
    };
    Ok(fields([("OrderId", json!(order_id))]))
}

impl<'a> Change<'a> {
    fn parse(incoming: &'a Incoming) -> Result<Self, Rejection> {
        let time = |name, rejection| match incoming.given(name) {
            None => Ok(None),
            Some(text) => parse_time(text, "%Y-%m-%dT%H:%MZ")
                .map(Some)
                .ok_or(rejection),
        };
        let region_id = incoming.required("RegionId")?;
        let instance_id = incoming.required("InstanceId")?;
        let instance_type = incoming.required("InstanceType")?;
        let client_token = incoming.given("ClientToken");
        if client_token.is_some_and(|token| !token.is_ascii() || token.len() > CLIENT_TOKEN_LENGTH)
        {
            return Err(errors::CLIENT_TOKEN);
        }
        let operator_type = match incoming.given("OperatorType") {
            None => None,
            Some("upgrade") => Some(OrderKind::Upgrade),
            Some("downgrade") => Some(OrderKind::Downgrade),
            Some(_) => return Err(Rejection::invalid("OperatorType")),
        };
        let one_of = |name: &str, values: &[&str]| match incoming.given(name) {
            Some(value) if !values.contains(&value) => Err(Rejection::invalid(name)),
            _ => Ok(()),
        };
        one_of("SystemDisk.Category", &["cloud_efficiency", "cloud_ssd"])?;
        one_of("ModifyMode", &["Online", "Offline"])?;
        incoming.boolean("MigrateAcrossZone")?;
        let compared = incoming.parameters.iter();
        let compared = compared.filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str()));
        Ok(Self {
            region_id,
            instance_id,
            instance_type,
            client_token,
            operator_type,
            auto_pay: incoming.boolean("AutoPay")?.unwrap_or(true),
            reboot_when_finished: incoming.boolean("RebootWhenFinished")?.unwrap_or(false),
            reboot_time: time("RebootTime", errors::REBOOT_TIME_FORM)?,
            end_time: time("EndTime", Rejection::invalid("EndTime"))?,
            disks: disks(incoming)?,
            compared: compared.cloned().collect(),
        })
    }
}

fn disks(incoming: &Incoming) -> Result<Vec<DiskChange>, Rejection> {
    let given = incoming.structures("Disk", ["DiskId", "Category", "PerformanceLevel"]);
    let disk = |[disk_id, category, level]: [Option<&str>; 3]| {
        Ok(DiskChange {
            disk_id: disk_id
                .ok_or_else(|| Rejection::invalid("Disk.1.DiskId"))?
                .to_owned(),
            category: category.ok_or(errors::DISK_CATEGORY_MISSING)?.to_owned(),
            performance_level: level.unwrap_or_default().to_owned(),
        })
    };
    given.into_iter().map(disk).collect()
}

/// The existing order for the client token of the request.
fn ordered_before(world: &World, change: &Change<'_>) -> Result<Option<String>, Rejection> {
    let token = change.client_token;
    match token.and_then(|token| world.idempotency.get(token)) {
        None => Ok(None),
        Some(known) if known.parameters == change.compared => Ok(Some(known.order_id.clone())),
        Some(_) => Err(errors::IDEMPOTENCE),
    }
}

fn check(world: &World, change: &Change<'_>) -> Result<OrderKind, Rejection> {
    let now = world.now();
    if change.reboot_time.is_some_and(|time| time < now) {
        return Err(errors::REBOOT_TIME_PAST);
    }
    if change.end_time.is_some_and(|time| time < now) {
        return Err(Rejection::invalid("EndTime"));
    }
    if !describe_regions::is_known_to(world, change.region_id) {
        return Err(errors::REGION_NOT_FOUND);
    }
    let here = change.region_id == world.region_id;
    let instance = world.instances.get(change.instance_id).filter(|_| here);
    let instance = instance.ok_or(errors::INSTANCE_NOT_FOUND)?;
    let target = world.types.get(change.instance_type);
    let target = target.ok_or(errors::TYPE_UNKNOWN)?;
    check_instance(world, instance)?;
    if target.name == instance.instance_type {
        return Err(errors::SAME_TYPE);
    }
    let current = world.types.get(&instance.instance_type);
    // An upgrade is a change to a type with a higher price.
    let kind = match Some(target.monthly()).cmp(&current.map(|current| current.monthly())) {
        Ordering::Greater => OrderKind::Upgrade,
        Ordering::Less => OrderKind::Downgrade,
        // The prices are equal, so the caller decides.
        Ordering::Equal => change.operator_type.unwrap_or(OrderKind::Upgrade),
    };
    if change.operator_type.is_some_and(|named| named != kind) {
        // No row documents this case. This code is for any parameter.
        return Err(Rejection::invalid("OperatorType"));
    }
    if kind == OrderKind::Downgrade && instance.status != InstanceStatus::Stopped {
        return Err(errors::NOT_STOPPED);
    }
    if kind == OrderKind::Downgrade
        && instance.downgrades_in_month(now) >= world.settings.downgrades_per_month
    {
        return Err(errors::DOWNGRADE_QUOTA);
    }
    if world.not_offered.contains(&target.name) {
        return Err(errors::TYPE_NOT_OFFERED);
    }
    if world.sold_out.contains(&target.name) {
        return Err(errors::NO_STOCK);
    }
    let vcpus = || u64::from(target.vcpus) + other_vcpus(world, instance);
    if kind == OrderKind::Upgrade
        && let Some(quota) = world.settings.vcpu_quota
        && vcpus() > u64::from(quota)
    {
        return Err(errors::VCPU_QUOTA);
    }
    Ok(kind)
}

/// The vCPUs of all other instances.
fn other_vcpus(world: &World, instance: &SimulatedInstance) -> u64 {
    let others = world.instances.values();
    let others = others.filter(|other| other.instance_id != instance.instance_id);
    others
        .filter_map(|other| world.types.get(&other.instance_type))
        .map(|known| u64::from(known.vcpus))
        .sum()
}

/// Whether the instance can be changed at all, regardless of the target.
fn check_instance(world: &World, instance: &SimulatedInstance) -> Result<(), Rejection> {
    match instance.lock_reason() {
        _ if instance.pay_as_you_go => Err(errors::PAY_AS_YOU_GO),
        _ if instance.expired => Err(errors::EXPIRED),
        Some("security") => Err(errors::LOCKED_FOR_SECURITY),
        Some(_) => Err(errors::LOCKED),
        None if instance.unpaid_order => Err(errors::UNPAID_ORDER),
        None if world.is_processing(&instance.instance_id) => Err(errors::LAST_ORDER),
        None if instance.temporary.is_some() => Err(errors::TEMPORARY_UPGRADE),
        None if !instance.status.is_stable() => Err(errors::STATUS),
        None => Ok(()),
    }
}

fn place(world: &mut World, change: Change<'_>, kind: OrderKind) -> String {
    let now = world.now();
    let instance = world.instances.get(change.instance_id);
    let from_type = instance.map(|it| it.instance_type.clone());
    let mut price = match (kind, instance, world.types.get(change.instance_type)) {
        (OrderKind::Upgrade, Some(instance), Some(target)) => {
            quote(world, instance, target).trade()
        }
        _ => Decimal::ZERO,
    };
    // `DescribeInstanceModificationPrice` does not quote them.
    for changed in &change.disks {
        let mut disks = instance.iter().flat_map(|instance| &instance.disks);
        if let Some(disk) = disks.find(|disk| disk.disk_id == changed.disk_id) {
            price = price.saturating_add(disk.price_of(changed));
        }
    }
    let at_reboot_time = change.reboot_time.map(|time| world.reached_at(time));
    let restart_at = change
        .reboot_when_finished
        .then_some(now)
        .or(at_reboot_time);
    let order = SimulatedOrder {
        order_id: String::new(),
        instance_id: change.instance_id.to_owned(),
        from_type: from_type.unwrap_or_default(),
        to_type: change.instance_type.to_owned(),
        kind,
        client_token: change.client_token.map(str::to_owned),
        status: OrderStatus::Unpaid,
        price,
        fails: false,
        processed_at: None,
        restart_at,
        end_at: change.end_time.map(|time| world.reached_at(time)),
        disks: change.disks,
    };
    let order_id = world.place(order, change.auto_pay);
    if let Some(token) = change.client_token {
        let record = IdempotencyRecord {
            parameters: change.compared,
            order_id: order_id.clone(),
        };
        world.idempotency.insert(token.to_owned(), record);
    }
    order_id
}
