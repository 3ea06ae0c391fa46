//! `ModifyInstanceSpec`: for pay-as-you-go instances only, and rejected for subscription instances.

use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance::InstanceStatus;
use crate::simulator::request::Incoming;
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::World;

const PARAMETERS: [&str; 6] = [
    "AllowMigrateAcrossZone",
    "Async",
    "ClientToken",
    "DryRun",
    "InstanceId",
    "InstanceType",
];

pub(in crate::simulator) fn modify_instance_spec(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(world, &PARAMETERS)?;
    let instance_id = incoming.required("InstanceId")?;
    let target = incoming.required("InstanceType")?;
    for name in ["AllowMigrateAcrossZone", "Async"] {
        incoming.boolean(name)?;
    }
    let dry_run = incoming.boolean("DryRun")? == Some(true);
    let instance = world.instances.get(instance_id);
    let instance = instance.ok_or(errors::INSTANCE_NOT_FOUND)?;
    let target = world.types.get(target).ok_or(errors::TYPE_UNKNOWN)?;
    if !instance.pay_as_you_go {
        return Err(errors::PREPAID);
    }
    if instance.instance_type == target.name {
        return Err(Rejection::invalid("InstanceType"));
    }
    if instance.status != InstanceStatus::Stopped {
        return Err(errors::SPEC_NOT_STOPPED);
    }
    if world.sold_out.contains(&target.name) {
        return Err(errors::NO_STOCK);
    }
    if dry_run {
        return Err(errors::DRY_RUN);
    }
    let (now, target) = (world.now(), target.name.clone());
    if let Some(instance) = world.instances.change(instance_id, now) {
        instance.instance_type = target;
    }
    Ok(fields([]))
}
