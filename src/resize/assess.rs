//! What a resize depends on: the instance, what it can become, and what that costs.

use std::time::Duration;

use super::error::{ResizeError, ResizeErrorKind};
use super::key::{Before, Power, Seen};
use super::plan::Quote;
use super::step::{Direction, Step};
use super::{Resize, Restart};
use crate::client::Client;
use crate::error::Error;
use crate::operation::{
    DescribeInstanceModificationPriceRequest, DescribeInstancesRequest,
    DescribeResourcesModificationRequest, DescribeResourcesModificationResponse, Instance,
};
use crate::types::{ChargeType, InstanceStatus, InstanceType, ModificationType};

/// What is known before the first step.
pub(super) struct Assessment {
    pub(super) instance: Instance,
    pub(super) before: Before,
    pub(super) steps: Vec<Step>,
}

/// Looks at the instance and refuses what cannot work.
pub(super) async fn assess(
    client: &Client,
    resize: &Resize,
    deadline: Duration,
) -> Result<Assessment, ResizeError> {
    let instance = find(client, resize, in_time(client, resize, deadline)?)
        .await
        .map_err(|error| failed("looking at the instance", error))?
        .ok_or_else(|| not_found(client, resize))?;
    let shown = has_type(&instance, &resize.instance_type);
    let before = match resize.before() {
        Some(mut before) => {
            before.detect_user_stop(instance.status.as_ref());
            before
        }
        None => {
            if !shown {
                check(client, &instance)?;
            }
            let (direction, from) = if shown {
                (Direction::Upgrade, resize.instance_type.clone())
            } else {
                let from = InstanceType::new(&*instance.instance_type).map_err(|invalid| {
                    failed(
                        "looking at the instance",
                        Error::from(invalid_type(&invalid)),
                    )
                })?;
                (find_direction(client, resize, deadline).await?, from)
            };
            Before {
                from,
                direction,
                power: match instance.status {
                    Some(InstanceStatus::Stopped | InstanceStatus::Stopping) => Power::Stopped,
                    _ => Power::Running,
                },
                seen: Seen::Nothing,
            }
        }
    };
    let steps = steps(resize, &instance, &before);
    if steps.contains(&Step::Stop)
        && let Some(why) = resize.no_stop(&before)
    {
        return Err(ResizeErrorKind::NeedsStop(why).into());
    }
    in_time(client, resize, deadline)?;
    Ok(Assessment {
        instance,
        before,
        steps,
    })
}

fn invalid_type(invalid: &crate::types::InvalidValue) -> crate::error::ValidationError {
    crate::error::ValidationError::single("InstanceType", invalid.value(), invalid.problem())
}

fn not_found(client: &Client, resize: &Resize) -> ResizeError {
    let region = resize.region_id.as_ref().unwrap_or(client.region());
    ResizeErrorKind::NotFound(resize.instance_id.clone(), region.clone()).into()
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

/// Whether the instance can be changed at all, whatever the target.
fn check(client: &Client, instance: &Instance) -> Result<(), ResizeErrorKind> {
    match &instance.charge_type {
        None | Some(ChargeType::PrePaid) => {}
        Some(other) => return Err(ResizeErrorKind::NotASubscription(other.clone())),
    }
    let now = client.service_time();
    if let Some(end) = instance.expired_time.filter(|end| *end <= now) {
        return Err(ResizeErrorKind::Expired(end));
    }
    if !instance.operation_locks.is_empty() {
        return Err(ResizeErrorKind::Locked(instance.operation_locks.clone()));
    }
    Ok(())
}

/// Finds the target among what the instance can become.
async fn find_direction(
    client: &Client,
    resize: &Resize,
    deadline: Duration,
) -> Result<Direction, ResizeError> {
    let mut listed = false;
    let mut available = Vec::new();
    for (direction, kind) in [
        (Direction::Upgrade, ModificationType::Upgrade),
        (Direction::Downgrade, ModificationType::Downgrade),
    ] {
        let targets = targets(client, resize, kind, in_time(client, resize, deadline)?)
            .await
            .map_err(|error| failed("asking what the instance can become", error))?;
        let mut found = targets.find(resize.instance_type.as_str()).peekable();
        listed |= found.peek().is_some();
        if found.any(|target| target.is_available()) {
            return Ok(direction);
        }
        let others = targets.resources().filter(|target| target.is_available());
        available.extend(others.map(|target| target.value.clone()));
    }
    let wanted = resize.instance_type.clone();
    let alternatives = alternatives(&wanted, available);
    Err(if listed {
        ResizeErrorKind::SoldOut {
            wanted,
            alternatives,
        }
    } else {
        ResizeErrorKind::Unsupported {
            wanted,
            alternatives,
        }
    }
    .into())
}

async fn targets(
    client: &Client,
    resize: &Resize,
    kind: ModificationType,
    limit: Duration,
) -> Result<DescribeResourcesModificationResponse, Error> {
    let mut request = DescribeResourcesModificationRequest::builder(resize.instance_id.as_str())
        .operation_type(kind)
        .migrate_across_zone(resize.migrate_across_zone);
    if let Some(region_id) = &resize.region_id {
        request = request.region_id(region_id.as_str());
    }
    client.call_within(request.build()?, limit).await
}

/// The types with the size of `wanted`, the most alike in name first.
fn alternatives(wanted: &InstanceType, mut available: Vec<String>) -> Vec<String> {
    let size = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let alike = |name: &str| {
        let pairs = name.bytes().zip(wanted.as_str().bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    available.retain(|name| size(name) == size(wanted.as_str()));
    available.sort_unstable_by_key(|name| (std::cmp::Reverse(alike(name)), name.clone()));
    available.dedup();
    available.truncate(5);
    available
}

/// The steps that are left.
fn steps(resize: &Resize, instance: &Instance, before: &Before) -> Vec<Step> {
    let stopped = matches!(
        instance.status,
        Some(InstanceStatus::Stopped | InstanceStatus::Stopping)
    );
    let downgrade = before.direction == Direction::Downgrade;
    let mut steps = Vec::new();
    if !has_type(instance, &resize.instance_type) {
        if downgrade && !stopped {
            steps.push(Step::Stop);
        }
        steps.push(Step::Order);
        if !downgrade && resize.auto_pay == Some(false) {
            return steps;
        }
        steps.push(Step::AwaitChange);
    } else if before.from == resize.instance_type {
        return steps;
    }
    if !before.was_running() || resize.restart != Restart::WhenNeeded {
        return steps;
    }
    match (steps.contains(&Step::Order) || stopped, downgrade) {
        (true, true) => steps.push(Step::Start),
        (_, false) if stopped => {}
        _ if before.seen.proves(instance.start_time) => {}
        _ => steps.push(Step::Restart),
    }
    steps
}

/// What the upgrade costs, if the service tells.
pub(super) async fn quote(
    client: &Client,
    resize: &Resize,
    limit: Duration,
) -> Result<Option<Quote>, Error> {
    let mut request =
        DescribeInstanceModificationPriceRequest::builder(resize.instance_id.as_str())
            .instance_type(resize.instance_type.as_str());
    if let Some(region_id) = &resize.region_id {
        request = request.region_id(region_id.as_str());
    }
    let response = client.call_within(request.build()?, limit).await?;
    Ok(response.price.trade.map(|price| Quote {
        price,
        original: response.price.original,
        currency: response.price.currency.unwrap_or_default(),
    }))
}
