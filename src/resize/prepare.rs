//! Makes a plan: reads the facts, and finds where the resize begins and which steps are left.

use std::time::Duration;

use super::checks;
use super::error::ResizeError;
use super::error_kind::ResizeErrorKind;
use super::facts::{Fact, Facts};
use super::memory::{Memory, Order, Power, Seen};
use super::plan::ResizePlan;
use super::quote::Quote;
use super::read::Reader;
use super::settings::{Resize, Restart};
use super::step::{Direction, Step};
use super::target::Target;
use crate::client::Client;
use crate::error::{Error, ValidationError};
use crate::operation::{Instance, InstanceTypeInfo};
use crate::types::{InstanceStatus, InstanceType, InvalidValue};

/// Reads everything that a plan shows, and changes nothing.
pub(super) async fn plan(client: &Client, resize: &Resize) -> Result<ResizePlan, ResizeError> {
    read(client, resize, Duration::MAX, Purpose::Plan)
        .await
        .map_err(|kind| {
            let region = resize.region_id.as_ref().unwrap_or(client.region());
            let error = ResizeError::new(kind, resize.instance_id.clone(), region.clone());
            let error = error.with_client_token(resize.client_token.clone());
            match resize.resume.as_ref().filter(|key| key.may_have_changed()) {
                Some(key) => error.with_progress(key.progress()),
                None => error,
            }
        })
}

/// Reads what can stop a run, and changes nothing.
///
/// A run calls it before its first step, and again before it stops the instance or orders where much time has passed
/// since. An error means that the facts could not be read; a change that cannot work is a plan that is
/// [blocked](ResizePlan::blocked).
pub(super) async fn prepare(
    client: &Client,
    resize: &Resize,
    timeout: Duration,
) -> Result<ResizePlan, ResizeErrorKind> {
    read(client, resize, timeout, Purpose::Run).await
}

/// The price of a change to this type, if it is allowed.
pub(super) async fn quote(
    client: &Client,
    resize: &Resize,
    to: &InstanceType,
    timeout: Duration,
) -> Result<Quote, ResizeErrorKind> {
    let quote = Reader::new(client, resize, timeout).quote(to).await;
    let quote = quote.map_err(|error| failed("reading the price", error))?;
    let quote = quote.map_err(ResizeErrorKind::PriceUnknown)?;
    if let Some(max_price) = resize.max_price {
        quote.check(max_price)?;
    }
    Ok(quote)
}

fn failed(doing: &'static str, error: Error) -> ResizeErrorKind {
    ResizeErrorKind::Call { doing, error }
}

fn has_type(instance: &Instance, wanted: &InstanceType) -> bool {
    instance.instance_type.eq_ignore_ascii_case(wanted.as_str())
}

/// A plan shows everything; a run reads only what can block it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Plan,
    Run,
}

async fn read(
    client: &Client,
    resize: &Resize,
    timeout: Duration,
    purpose: Purpose,
) -> Result<ResizePlan, ResizeErrorKind> {
    let reader = Reader::new(client, resize, timeout);
    let instance = reader
        .instance()
        .await
        .map_err(|error| failed("reading the instance", error))?;
    let not_found =
        || ResizeErrorKind::NotFound(resize.instance_id.clone(), reader.region().clone());
    let instance = instance.ok_or_else(not_found)?;
    let start = Start::new(&reader, resize, &instance).await?;
    let steps = start.steps(resize, &instance);
    let orders = steps.contains(&Step::Order);
    let types = match purpose {
        Purpose::Plan if start.target != Target::Current => start.types(&reader).await,
        Purpose::Plan | Purpose::Run => Fact::NotNeeded,
    };
    let disks = if orders || start.target == Target::AfterDiskChange {
        match reader.disks().await {
            Ok(disks) => Fact::Known(disks),
            Err(error) => Fact::Unknown(error.to_string()),
        }
    } else {
        Fact::NotNeeded
    };
    let no_stop = steps.contains(&Step::Stop).then(|| resize.no_stop());
    let mut facts = Facts {
        resize: resize.clone(),
        region_id: reader.region().clone(),
        now: client.service_time(),
        no_stop: no_stop.flatten().map(|no_stop| no_stop.to_string()),
        orders,
        was_running: start.memory.runs,
        restarts: steps.contains(&Step::Restart) || steps.contains(&Step::Start),
        from: start.memory.from,
        to: start.to,
        target: start.target,
        instance,
        types,
        disks,
        quote: Fact::NotNeeded,
    };
    // A downgrade is refunded, but the disks that it changes may cost more.
    let charges = start.memory.direction == Direction::Upgrade || !resize.disks.is_empty();
    let is_shown = match purpose {
        Purpose::Plan => true,
        // The service may not quote a change that a check blocks: the run ends with the error of the check.
        Purpose::Run => resize.max_price.is_some() && checks::blocked(&facts).is_none(),
    };
    if orders && charges && is_shown {
        facts.quote = match reader.quote(&facts.to).await {
            Ok(Ok(quote)) => Fact::Known(quote),
            Ok(Err(why)) => Fact::Unknown(why),
            // A run retries; a plan shows what was read.
            Err(error) if purpose == Purpose::Run => {
                return Err(failed("reading the price", error));
            }
            Err(error) => Fact::Unknown(error.to_string()),
        };
    }
    Ok(ResizePlan::from_facts(facts, steps))
}

/// Where a resize begins, or where the run that it resumes has begun.
struct Start {
    memory: Memory,
    to: InstanceType,
    target: Target,
}

impl Start {
    async fn new(
        reader: &Reader<'_>,
        resize: &Resize,
        instance: &Instance,
    ) -> Result<Self, ResizeErrorKind> {
        if let Some(key) = resize.resume.as_ref().filter(|key| key.may_have_changed()) {
            let is = |name: &InstanceType| has_type(instance, name);
            let found = key.candidates().find(|candidate| is(candidate));
            if found.is_none() && (!is(key.from()) || key.memory.seen != Seen::Nothing) {
                return Err(ResizeErrorKind::Superseded {
                    found: instance.instance_type.clone(),
                    from: key.from().clone(),
                    to: key.to.clone(),
                });
            }
            return Ok(Self {
                memory: key.memory.clone(),
                to: found.unwrap_or(&key.to).clone(),
                target: Target::Available(key.direction()),
            });
        }
        let current = &instance.instance_type;
        let from = InstanceType::new(current.as_str())
            .map_err(|invalid| failed("reading the instance", unknown_type(&invalid)))?;
        let (to, target) = reader
            .target(current)
            .await
            .map_err(|error| failed("reading what the instance can become", error))?;
        let memory = Memory {
            from,
            direction: match target {
                Target::Available(direction) => direction,
                _ => Direction::Upgrade,
            },
            runs: !is_stopped(instance),
            order: Order::None,
            power: Power::Idle,
            restart: None,
            seen: Seen::Nothing,
        };
        Ok(Self { memory, to, target })
    }

    /// What the service reports on the old and the new type.
    async fn types(&self, reader: &Reader<'_>) -> Fact<[Option<InstanceTypeInfo>; 2]> {
        let (from, to) = (self.memory.from.as_str(), self.to.as_str());
        let types = match reader.types(&[from, to]).await {
            Ok(types) => types,
            Err(error) => return Fact::Unknown(error.to_string()),
        };
        let find = |name: &str| {
            let mut types = types.iter();
            let found = types.find(|info| info.instance_type.eq_ignore_ascii_case(name));
            found.cloned()
        };
        Fact::Known([find(from), find(to)])
    }

    /// The steps that are left.
    fn steps(&self, resize: &Resize, instance: &Instance) -> Vec<Step> {
        let Target::Available(direction) = self.target else {
            return Vec::new();
        };
        let is_stopped = is_stopped(instance);
        let stops = direction == Direction::Downgrade || resize.stop_first;
        let mut steps = Vec::new();
        let mut unpaid = false;
        if !has_type(instance, &self.to) {
            if stops && !is_stopped {
                steps.push(Step::Stop);
            }
            steps.push(Step::Order);
            unpaid = direction == Direction::Upgrade && resize.auto_pay == Some(false);
            if !unpaid {
                steps.push(Step::AwaitChange);
            }
        }
        if !self.memory.runs || resize.restart != Restart::WhenNeeded {
            return steps;
        }
        match (steps.contains(&Step::Order) || is_stopped, stops) {
            (true, true) => steps.push(Step::Start),
            _ if unpaid => {}
            (_, false) if is_stopped => {}
            _ if self.memory.seen.is_proved_by(instance.start_time) => {}
            _ => steps.push(Step::Restart),
        }
        steps
    }
}

fn is_stopped(instance: &Instance) -> bool {
    matches!(
        instance.status,
        Some(InstanceStatus::Stopped | InstanceStatus::Stopping)
    )
}

fn unknown_type(invalid: &InvalidValue) -> Error {
    ValidationError::single("InstanceType", invalid.value(), invalid.problem()).into()
}
