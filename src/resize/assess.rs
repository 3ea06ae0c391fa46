//! What a resize depends on: the instance, what it can become, and what that costs.

use std::time::Duration;

use super::error::{ResizeError, ResizeErrorKind};
use super::key::{Before, Power, Seen};
use super::quote::Quote;
use super::step::{Direction, Step};
use super::{Resize, plan};
use crate::client::Client;
use crate::error::Error;
use crate::operation::{DescribeInstancesRequest, Instance};
use crate::types::{InstanceStatus, InstanceType};

/// What is known before the first step.
pub(super) struct Assessment {
    pub(super) instance: Instance,
    pub(super) before: Before,
    pub(super) steps: Vec<Step>,
}

/// Reads the instance and what can stop the run.
pub(super) async fn assess(
    client: &Client,
    resize: &Resize,
    deadline: Duration,
) -> Result<Assessment, ResizeError> {
    let timeout = in_time(client, resize, deadline)?;
    let plan = plan::prepare(client, resize, timeout).await?;
    if let Some(kind) = plan.blocked() {
        return Err(kind.into());
    }
    in_time(client, resize, deadline)?;
    let instance = plan.instance().clone();
    let before = match resize.before() {
        Some(mut before) => {
            before.detect_user_stop(instance.status.as_ref());
            before
        }
        None => Before {
            from: plan.from().clone(),
            direction: plan.direction().unwrap_or(Direction::Upgrade),
            power: match instance.status {
                Some(InstanceStatus::Stopped | InstanceStatus::Stopping) => Power::Stopped,
                _ => Power::Running,
            },
            seen: Seen::Nothing,
        },
    };
    Ok(Assessment {
        instance,
        before,
        steps: plan.steps().to_vec(),
    })
}

pub(super) fn invalid_type(invalid: &crate::types::InvalidValue) -> Error {
    crate::error::ValidationError::single("InstanceType", invalid.value(), invalid.problem()).into()
}

pub(super) fn failed(doing: &'static str, error: Error) -> ResizeError {
    ResizeErrorKind::Call { doing, error }.into()
}

/// The instance as it is now, if it can be seen.
pub(super) async fn find(
    client: &Client,
    resize: &Resize,
    limit: Duration,
) -> Result<Option<Instance>, Error> {
    let mut request = DescribeInstancesRequest::builder()
        .instance_ids([resize.instance_id.as_str()])
        // Without this the service does not say whether the operating system supports NVMe.
        .additional_attributes(["CURRENT_OS_NVME_SUPPORTED"]);
    if let Some(region_id) = &resize.region_id {
        request = request.region_id(region_id.as_str());
    }
    let response = client.call_within(request.build()?, limit).await?;
    let mut instances = response.instances.into_iter();
    Ok(instances.find(|it| it.instance_id == resize.instance_id.as_str()))
}

/// What is left until a time of the client's steady clock.
pub(super) fn left(client: &Client, deadline: Duration) -> Duration {
    deadline.saturating_sub(client.clock().elapsed())
}

/// What is left of the time, if anything.
fn in_time(client: &Client, resize: &Resize, deadline: Duration) -> Result<Duration, ResizeError> {
    let left = left(client, deadline);
    if left.is_zero() {
        return Err(ResizeErrorKind::TimedOut {
            timeout: resize.timeout,
            waiting_for: "looking at the instance was not over".into(),
            since: client
                .clock()
                .elapsed()
                .saturating_sub(deadline.saturating_sub(resize.timeout)),
        }
        .into());
    }
    Ok(left)
}

/// Another change has come between: a token that was meant for the old type must not be sent for it again.
pub(super) fn overtaken(
    resize: &Resize,
    before: &Before,
    instance: &Instance,
) -> Option<ResizeErrorKind> {
    // Once the new type was seen, the order was carried out: the old one is another change.
    let is_waiting = before.seen == Seen::Nothing && has_type(instance, &before.from);
    let is_known = is_waiting || has_type(instance, &resize.instance_type);
    (!is_known).then(|| ResizeErrorKind::Superseded {
        found: instance.instance_type.clone(),
        from: before.from.clone(),
        to: resize.instance_type.clone(),
    })
}

pub(super) fn has_type(instance: &Instance, wanted: &InstanceType) -> bool {
    instance.instance_type.eq_ignore_ascii_case(wanted.as_str())
}

/// What the upgrade costs.
pub(super) async fn quote(
    client: &Client,
    resize: &Resize,
    limit: Duration,
) -> Result<Result<Quote, String>, Error> {
    let reader = super::read::Reader::new(client, resize, limit);
    reader.quote(&resize.instance_type).await
}
