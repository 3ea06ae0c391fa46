//! `DescribeResourcesModification`: the types, or the system disks, that an instance can be changed to.
//!
//! Types with the instance's own price count as upgrades, as the orders count them.

use serde_json::{Map, Value, json};
use std::cmp::Ordering;

use super::describe_regions;
use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::instance_type::SimulatedInstanceType;
use crate::simulator::request::Incoming;
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::World;

const PARAMETERS: [&str; 9] = [
    "Conditions.N",
    "Cores",
    "DestinationResource",
    "InstanceType",
    "Memory",
    "MigrateAcrossZone",
    "OperationType",
    "ResourceId",
    "ZoneId",
];

pub(in crate::simulator) fn describe_resources_modification(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(world, &PARAMETERS)?;
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::MODIFICATION_REGION);
    }
    let instance = world
        .instances
        .seen(incoming.required("ResourceId")?, world.now())
        .filter(|_| region_id == world.region_id)
        .ok_or(errors::RESOURCE_NOT_FOUND)?;
    incoming.boolean("MigrateAcrossZone")?;
    let destination = incoming.given("DestinationResource");
    let resources = match destination.map(str::to_ascii_lowercase).as_deref() {
        None => return Err(errors::DESTINATION_MISSING),
        Some("instancetype") => types(world, incoming, instance)?,
        Some("systemdisk") => system_disks(world, incoming)?,
        Some(_) => return Err(errors::DESTINATION),
    };
    let zone = incoming.given("ZoneId").unwrap_or(&instance.zone_id);
    let zone = json!({
        "ZoneId": zone,
        "RegionId": world.region_id,
        "Status": "Available",
        "StatusCategory": "WithStock",
        "AvailableResources": {"AvailableResource": [resources]},
    });
    Ok(fields([(
        "AvailableZones",
        json!({ "AvailableZone": [zone] }),
    )]))
}

/// The types that the instance can be changed to. With the condition `DiskCategory`, those that do not support
/// one of its disks are listed apart.
fn types(
    world: &World,
    incoming: &Incoming,
    instance: &SimulatedInstance,
) -> Result<Value, Rejection> {
    let named = incoming.given("InstanceType");
    let by_size = incoming.given("Cores").or(incoming.given("Memory"));
    if named.is_some() && by_size.is_some() {
        return Err(errors::TYPE_AND_SIZE);
    }
    let wanted: &[Ordering] = match incoming.given("OperationType").unwrap_or("Upgrade") {
        "Upgrade" => &[Ordering::Greater, Ordering::Equal],
        "Downgrade" if !instance.pay_as_you_go => &[Ordering::Less],
        _ => return Err(errors::MODIFICATION_TYPE),
    };
    let conditions = incoming.list("Conditions");
    let conditions = match incoming.parameter("Conditions.0") {
        // The documented example counts from zero.
        Some(first) => [&[first], &*conditions].concat(),
        None => conditions,
    };
    if conditions
        .iter()
        .any(|condition| *condition != "DiskCategory")
    {
        return Err(errors::CONDITION);
    }
    let current = world.types.get(&instance.instance_type);
    let current = current.map(SimulatedInstanceType::monthly);
    let cores = incoming.number("Cores", 0_u32)?;
    let memory = incoming.number("Memory", 0.0_f64)?;
    let offered = world
        .types
        .values()
        .filter(|known| known.name != instance.instance_type)
        .filter(|known| !world.not_offered.contains(&known.name))
        .filter(|known| named.is_none_or(|named| named == known.name))
        .filter(|known| cores == 0 || cores == known.vcpus)
        .filter(|known| memory == 0.0 || memory == f64::from(known.memory_gib))
        .filter(|known| wanted.contains(&Some(known.monthly()).cmp(&current)));
    let fits = |known: &SimulatedInstanceType| {
        let mut disks = instance.disks.iter();
        conditions.is_empty() || disks.all(|disk| known.supports_disk(&disk.category))
    };
    let (supported, conditional): (Vec<_>, Vec<_>) = offered.partition(|known| fits(known));
    let list = |types: Vec<&SimulatedInstanceType>| -> Vec<Map<String, Value>> {
        types.iter().map(|known| resource(world, known)).collect()
    };
    let mut resources = json!({
        "Type": "InstanceType",
        "SupportedResources": {"SupportedResource": list(supported)},
    });
    if let (false, Some(resources)) = (conditions.is_empty(), resources.as_object_mut()) {
        let mut conditional = list(conditional);
        for resource in &mut conditional {
            let condition = json!({"Condition": [{"Key": "DiskCategory"}]});
            resource.insert("Conditions".to_owned(), condition);
        }
        resources.insert(
            "ConditionSupportedResources".to_owned(),
            json!({ "ConditionSupportedResource": conditional }),
        );
    }
    Ok(resources)
}

fn resource(world: &World, known: &SimulatedInstanceType) -> Map<String, Value> {
    let (status, stock) = match world.sold_out.contains(&known.name) {
        true => ("SoldOut", "WithoutStock"),
        false => ("Available", "WithStock"),
    };
    fields([
        ("Value", json!(known.name)),
        ("Status", json!(status)),
        ("StatusCategory", json!(stock)),
        ("Min", Value::Null),
        ("Max", Value::Null),
        ("Unit", Value::Null),
    ])
}

/// The system disks of a type.
fn system_disks(world: &World, incoming: &Incoming) -> Result<Value, Rejection> {
    if incoming.given("Cores").is_some() {
        return Err(errors::CORES);
    }
    if incoming.given("Memory").is_some() {
        return Err(errors::MEMORY);
    }
    let target = incoming.required("InstanceType")?;
    let target = world.types.get(target).ok_or(errors::DESTINATION)?;
    let disk = |category: &str| {
        json!({
            "Value": category,
            "Status": "Available",
            "StatusCategory": "WithStock",
            "Min": 20,
            "Max": 2048,
            "Unit": "GiB",
        })
    };
    let disks: Vec<Value> = target.disk_categories().map(disk).collect();
    Ok(json!({
        "Type": "SystemDisk",
        "SupportedResources": {"SupportedResource": disks},
    }))
}
