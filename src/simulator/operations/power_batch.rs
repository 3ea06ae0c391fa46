//! `StartInstances`, `StopInstances` and `RebootInstances`: the power operations for up to 100 instances.

use serde_json::{Value, json};

use super::describe_regions;
use super::power::Command;
use crate::simulator::errors::{self, Rejection};
use crate::simulator::request::Incoming;
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::World;

const MAX_INSTANCES: usize = 100;

pub(in crate::simulator) fn start_instances(world: &mut World, incoming: &Incoming) -> Outcome {
    incoming.only(world, &["InstanceId.N", "BatchOptimization", "DryRun"])?;
    all(world, incoming, Command::start(incoming)?)
}

pub(in crate::simulator) fn stop_instances(world: &mut World, incoming: &Incoming) -> Outcome {
    let parameters = [
        "InstanceId.N",
        "BatchOptimization",
        "ForceStop",
        "StoppedMode",
        "DryRun",
    ];
    incoming.only(world, &parameters)?;
    all(world, incoming, Command::stop(incoming)?)
}

pub(in crate::simulator) fn reboot_instances(world: &mut World, incoming: &Incoming) -> Outcome {
    let parameters = ["InstanceId.N", "BatchOptimization", "ForceReboot", "DryRun"];
    incoming.only(world, &parameters)?;
    let force = incoming.boolean("ForceReboot")?.unwrap_or(false);
    all(world, incoming, Command::Reboot { force })
}

/// With `AllTogether`, the default, a rejection for one instance rejects the command for all. With `SuccessFirst` each
/// instance has its own result.
fn all(world: &mut World, incoming: &Incoming, command: Command) -> Outcome {
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::REGION_NOT_FOUND);
    }
    let ids = incoming.list("InstanceId");
    if ids.is_empty() {
        return Err(Rejection::missing("InstanceId"));
    }
    if ids.len() > MAX_INSTANCES {
        return Err(errors::TOO_MANY_IDS);
    }
    let together = match incoming.given("BatchOptimization").unwrap_or("AllTogether") {
        "AllTogether" => true,
        "SuccessFirst" => false,
        _ => return Err(Rejection::invalid("BatchOptimization")),
    };
    let check = |world: &World, id: &str| match region_id == world.region_id {
        true => command.check(world, id),
        false => Err(errors::INSTANCE_NOT_FOUND),
    };
    if together {
        ids.iter().try_for_each(|id| check(world, id))?;
    }
    if incoming.boolean("DryRun")? == Some(true) {
        return Err(errors::DRY_RUN);
    }
    let mut responses: Vec<Value> = Vec::new();
    for id in ids {
        let status = |world: &World| {
            let instance = world.instances.get(id);
            instance.map_or("", |instance| instance.status.as_str())
        };
        let previous = status(world);
        let (code, message) = match check(world, id) {
            Ok(()) => {
                command.apply(world, id);
                ("200".to_owned(), "success".to_owned())
            }
            Err(rejection) => (rejection.code.into_owned(), rejection.message.into_owned()),
        };
        responses.push(json!({
            "Code": code,
            "CurrentStatus": status(world),
            "InstanceId": id,
            "Message": message,
            "PreviousStatus": previous,
        }));
    }
    let responses = json!({ "InstanceResponse": responses });
    Ok(fields([("InstanceResponses", responses)]))
}
