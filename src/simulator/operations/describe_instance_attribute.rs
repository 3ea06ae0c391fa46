//! `DescribeInstanceAttribute`: one instance.

use super::instance_view;
use crate::simulator::errors;
use crate::simulator::request::Incoming;
use crate::simulator::response::Outcome;
use crate::simulator::world::World;

pub(in crate::simulator) fn describe_instance_attribute(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(world, &["InstanceId"])?;
    let instance_id = incoming.required("InstanceId")?;
    let instance = world.instances.seen(instance_id, world.now());
    let instance = instance.ok_or(errors::INSTANCE_NOT_FOUND)?;
    Ok(instance_view::attribute(world, instance))
}
