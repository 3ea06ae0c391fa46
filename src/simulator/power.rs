//! `StartInstance`, `StopInstance` and `RebootInstance`: accepted at once, done after a while.

use chrono::{DateTime, Utc};
use serde_json::Map;

use super::errors::{self, Rejection};
use super::request::Incoming;
use super::response::Outcome;
use super::state::{InstanceStatus, State};

pub(super) fn start_instance(state: &mut State, incoming: &Incoming) -> Outcome {
    let transition = [InstanceStatus::Starting, InstanceStatus::Running];
    change(
        state,
        incoming,
        InstanceStatus::Stopped,
        errors::START_EXPIRED,
        &transition,
    )
}

pub(super) fn stop_instance(state: &mut State, incoming: &Incoming) -> Outcome {
    let transition = [InstanceStatus::Stopping, InstanceStatus::Stopped];
    change(
        state,
        incoming,
        InstanceStatus::Running,
        errors::POWER_EXPIRED,
        &transition,
    )
}

pub(super) fn reboot_instance(state: &mut State, incoming: &Incoming) -> Outcome {
    // For a while it still shows the old `Running`.
    let transition = [
        InstanceStatus::Running,
        InstanceStatus::Stopping,
        InstanceStatus::Starting,
        InstanceStatus::Running,
    ];
    change(
        state,
        incoming,
        InstanceStatus::Running,
        errors::POWER_EXPIRED,
        &transition,
    )
}

/// Takes an instance in the state `from` through `states`: the first at once, each other one a transition later.
fn change(
    state: &mut State,
    incoming: &Incoming,
    from: InstanceStatus,
    expired: Rejection,
    states: &[InstanceStatus],
) -> Outcome {
    let instance_id = incoming.required("InstanceId")?;
    let dry_run = incoming
        .given("DryRun")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let (now, transition) = (state.now(), state.transition);
    let instance = state
        .instances
        .get_mut(instance_id)
        .ok_or(errors::INSTANCE_NOT_FOUND)?;
    match instance.lock_reason() {
        Some("security") => return Err(errors::LOCKED_FOR_SECURITY),
        Some(_) => return Err(errors::POWER_LOCKED),
        None if instance.expired => return Err(expired),
        None if instance.status != from || !instance.path.is_empty() => {
            return Err(errors::STATUS);
        }
        None if dry_run => return Err(errors::DRY_RUN),
        None => {}
    }
    let mut time = now;
    for (index, status) in states.iter().enumerate() {
        if index == 0 {
            instance.status = *status;
        } else {
            time = time
                .checked_add_signed(transition)
                .unwrap_or(DateTime::<Utc>::MAX_UTC);
            instance.path.push_back((time, *status));
        }
    }
    Ok(Map::new())
}
