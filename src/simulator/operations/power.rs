//! `StartInstance`, `StopInstance` and `RebootInstance`: accepted at once, completed later.

use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance::InstanceStatus;
use crate::simulator::request::Incoming;
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::{Event, World, later};

/// A power operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Start,
    Stop { force: bool },
    Reboot { force: bool },
}

impl Command {
    /// Reads the options that the single and the batch operation share.
    pub(super) fn start(incoming: &Incoming) -> Result<Self, Rejection> {
        incoming.boolean("InitLocalDisk")?;
        Ok(Self::Start)
    }

    pub(super) fn stop(incoming: &Incoming) -> Result<Self, Rejection> {
        incoming.boolean("ConfirmStop")?;
        match incoming.given("StoppedMode") {
            // A subscription instance ignores it.
            None | Some("StopCharging" | "KeepCharging") => {}
            Some(_) => return Err(Rejection::invalid("StoppedMode")),
        }
        let force = incoming.boolean("ForceStop")?.unwrap_or(false);
        Ok(Self::Stop { force })
    }

    pub(super) fn reboot(incoming: &Incoming) -> Result<Self, Rejection> {
        let force = incoming.boolean("ForceStop")?.unwrap_or(false);
        Ok(Self::Reboot { force })
    }

    /// Checks whether an instance accepts the command.
    pub(super) fn check(self, world: &World, instance_id: &str) -> Result<(), Rejection> {
        let instance = world.instances.get(instance_id);
        let instance = instance.ok_or(errors::INSTANCE_NOT_FOUND)?;
        let expired = match self {
            Self::Start => errors::START_EXPIRED,
            Self::Stop { .. } | Self::Reboot { .. } => errors::POWER_EXPIRED,
        };
        let hanging = instance.status == InstanceStatus::Stopping && instance.path.is_empty();
        let accepted = match self {
            Self::Start => instance.status == InstanceStatus::Stopped,
            // A stop that the guest ignores can be forced.
            Self::Stop { force } => {
                instance.status == InstanceStatus::Running || (force && hanging)
            }
            Self::Reboot { .. } => instance.status == InstanceStatus::Running,
        };
        match instance.lock_reason() {
            Some("security") => Err(errors::LOCKED_FOR_SECURITY),
            Some(_) => Err(errors::POWER_LOCKED),
            None if instance.expired => Err(expired),
            None if !accepted || !instance.path.is_empty() => Err(errors::STATUS),
            None => Ok(()),
        }
    }

    /// Executes a command that was checked before.
    pub(super) fn apply(self, world: &mut World, instance_id: &str) {
        use InstanceStatus::{Running, Starting, Stopped, Stopping};
        let (now, transition) = (world.now(), world.transition());
        let Some(instance) = world.instances.change(instance_id, now) else {
            return;
        };
        // The first status is reached at once, each following one after a transition.
        let path: &[InstanceStatus] = match self {
            Self::Start => &[Starting, Running],
            Self::Stop { force: false } | Self::Reboot { force: false }
                if instance.ignores_stop =>
            {
                &[Stopping]
            }
            Self::Stop { .. } => &[Stopping, Stopped],
            Self::Reboot { .. } if instance.hides_reboots => &[Running, Running],
            // It shows the old `Running` for a while.
            Self::Reboot { .. } => &[Running, Stopping, Starting, Running],
        };
        let mut due = Vec::new();
        let mut time = now;
        for (index, status) in path.iter().enumerate() {
            if index == 0 {
                instance.status = *status;
            } else {
                time = later(time, transition);
                instance.path.push_back((time, *status));
                due.push(time);
            }
        }
        for time in due {
            world.schedule(time, Event::Instance(instance_id.to_owned()));
        }
    }
}

pub(in crate::simulator) fn start_instance(world: &mut World, incoming: &Incoming) -> Outcome {
    incoming.only(world, &["InstanceId", "InitLocalDisk", "DryRun"])?;
    one(world, incoming, Command::start(incoming)?)
}

pub(in crate::simulator) fn stop_instance(world: &mut World, incoming: &Incoming) -> Outcome {
    let parameters = [
        "InstanceId",
        "ForceStop",
        "StoppedMode",
        "ConfirmStop",
        "DryRun",
    ];
    incoming.only(world, &parameters)?;
    one(world, incoming, Command::stop(incoming)?)
}

pub(in crate::simulator) fn reboot_instance(world: &mut World, incoming: &Incoming) -> Outcome {
    incoming.only(world, &["InstanceId", "ForceStop", "DryRun"])?;
    one(world, incoming, Command::reboot(incoming)?)
}

fn one(world: &mut World, incoming: &Incoming, command: Command) -> Outcome {
    let instance_id = incoming.required("InstanceId")?;
    let dry_run = incoming.boolean("DryRun")? == Some(true);
    command.check(world, instance_id)?;
    if dry_run {
        return Err(errors::DRY_RUN);
    }
    command.apply(world, instance_id);
    Ok(fields([]))
}
