//! `DescribeDisks`: the disks of the instances, with the parameters that a resize uses.

use serde_json::{Value, json};

use super::describe_regions;
use super::instance_view::minute;
use super::page::{Page, Sizes};
use crate::simulator::disk::SimulatedDisk;
use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::request::Incoming;
use crate::simulator::response::Outcome;
use crate::simulator::world::World;

const SIZES: Sizes = Sizes {
    default: 10,
    least: 10,
    most: 100,
};

const PARAMETERS: [&str; 11] = [
    "Category",
    "DiskIds",
    "DiskType",
    "DryRun",
    "InstanceId",
    "MaxResults",
    "NextToken",
    "PageNumber",
    "PageSize",
    "Status",
    "ZoneId",
];

const MAX_IDS: usize = 100;

pub(in crate::simulator) fn describe_disks(world: &mut World, incoming: &Incoming) -> Outcome {
    incoming.only(world, &PARAMETERS)?;
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::REGION_NOT_FOUND);
    }
    let ids = incoming.json_list("DiskIds")?;
    if ids.as_ref().is_some_and(|ids| ids.len() > MAX_IDS) {
        return Err(Rejection::invalid("DiskIds"));
    }
    let system = match incoming.given("DiskType").unwrap_or("all") {
        "all" => None,
        "system" => Some(true),
        "data" => Some(false),
        _ => return Err(Rejection::invalid("DiskType")),
    };
    let page = Page::of(incoming, &SIZES)?;
    if incoming.boolean("DryRun")? == Some(true) {
        return Err(errors::DRY_RUN);
    }
    let same = |name, value: &str| incoming.given(name).is_none_or(|wanted| wanted == value);
    let here = region_id == world.region_id;
    let instances = world.instances.all_seen(world.now());
    let found: Vec<(&SimulatedInstance, usize, &SimulatedDisk)> = instances
        .filter(|_| here)
        .flat_map(|instance| {
            let disks = instance.disks.iter().enumerate();
            disks.map(move |(index, disk)| (instance, index, disk))
        })
        .filter(|(instance, _, disk)| {
            ids.as_ref().is_none_or(|ids| ids.contains(&disk.disk_id))
                && system.is_none_or(|system| system == disk.system)
                && same("InstanceId", &instance.instance_id)
                && same("Category", &disk.category)
                && same("ZoneId", &instance.zone_id)
                // Every disk is attached.
                && ["In_use", "All"].iter().any(|status| same("Status", status))
        })
        .collect();
    let (items, mut fields) = page.write(&found, |(instance, index, disk)| {
        describe(world, instance, *index, disk)
    });
    fields.insert("TotalCount".to_owned(), json!(found.len()));
    fields.insert("Disks".to_owned(), json!({ "Disk": items }));
    Ok(fields)
}

fn describe(
    world: &World,
    instance: &SimulatedInstance,
    index: usize,
    disk: &SimulatedDisk,
) -> Value {
    let letter = u8::try_from(index).map_or('z', |index| char::from(b'a'.saturating_add(index)));
    json!({
        "AttachedTime": minute(instance.creation_time),
        "AutoSnapshotPolicyId": "",
        "Category": disk.category,
        "CreationTime": minute(instance.creation_time),
        "DeleteAutoSnapshot": true,
        "DeleteWithInstance": true,
        "Description": "",
        "DetachedTime": "",
        "Device": format!("/dev/xvd{letter}"),
        "DiskChargeType": instance.charge_type(),
        "DiskId": disk.disk_id,
        "DiskName": "",
        "EnableAutoSnapshot": false,
        "EnableAutomatedSnapshotPolicy": false,
        "Encrypted": false,
        "ExpiredTime": minute(instance.expired_time),
        "ImageId": instance.image_id,
        "InstanceId": instance.instance_id,
        "KMSKeyId": "",
        "MultiAttach": "Disabled",
        "OperationLocks": {"OperationLock": []},
        "PerformanceLevel": disk.performance_level,
        "Portable": !disk.system,
        "ProductCode": "",
        "RegionId": world.region_id,
        "ResourceGroupId": instance.resource_group_id,
        "SerialNumber": "",
        "Size": disk.size_gib,
        "SourceSnapshotId": "",
        "Status": "In_use",
        "Tags": {"Tag": []},
        "Type": if disk.system { "system" } else { "data" },
        "ZoneId": instance.zone_id,
    })
}
