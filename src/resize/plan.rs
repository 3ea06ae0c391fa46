//! The plan: what a resize would do, what it costs and what it means; only reads.

use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;

use super::assess::{Assessment, assess, overtaken, quote};
use super::error::{ResizeError, ResizeErrorKind};
use super::event::Minute;
use super::key::{Before, ResumeKey};
use super::step::{Direction, Step};
use super::{Resize, Restart};
use crate::client::Client;
use crate::operation::{DescribeInstanceTypesRequest, Instance, InstanceTypeInfo};
use crate::types::{ClientToken, InstanceStatus, InstanceType, NvmeSupport, OneLine};

/// What a change costs until the subscription ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quote {
    /// What is charged.
    pub price: Decimal,
    /// The price before reductions.
    pub original: Option<Decimal>,
    /// For instance `CNY`; empty where the service did not say.
    pub currency: String,
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Money(self.price), OneLine(&self.currency))
    }
}

/// An amount without trailing zeros, but with two places at least.
struct Money(Decimal);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.0.normalize();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        amount.fmt(f)
    }
}

/// Something to know before saying yes. `Display` is what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The price of an upgrade is above the limit: the resize will refuse to order.
    OverLimit(Decimal),
    /// The price could not be asked, for this reason.
    PriceUnknown(String),
    /// The change is not in effect at the end of the resize, because nothing restarts the instance.
    NotInEffect,
    /// What a refund leaves out.
    Refund,
    /// The order waits to be paid.
    Unpaid,
    /// The instance may move to another cluster.
    Migration,
    /// The type takes enterprise SSDs only.
    EnterpriseSsdOnly,
    /// Disks are attached by NVMe, which the operating system may not be ready for.
    Nvme(String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OverLimit(limit) => {
                return write!(f, "the price is above the limit of {limit}: nothing will be ordered");
            }
            Self::PriceUnknown(why) => { return write!(f, "the price could not be asked: {}", OneLine(why)); }
            Self::NotInEffect => {
                "the new type takes effect only with a restart through the API or the console, which is left to you"
            }
            Self::Refund => {
                "no price is told for a downgrade; the difference is refunded without vouchers, and refunds are limited in number"
            }
            Self::Unpaid => {
                "the order waits to be paid in the console, and blocks other changes until it is paid or cancelled"
            }
            Self::Migration => {
                "the instance may move to another cluster: disk names (xvda to vda), licence codes and classic-network addresses may change"
            }
            Self::EnterpriseSsdOnly => {
                "types of this generation take enterprise SSD (ESSD) disks only"
            }
            Self::Nvme(what) => {
                return write!(f, "{what}: install the NVMe driver first, else it may not start");
            }
        })
    }
}

/// What a resize would do. Its `Display` is what a person reads before saying yes.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::Resize;
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let plan = client.plan_resize(&resize).await?;
/// println!("{plan}");
/// if let Some(quote) = plan.quote() {
///     println!("{} {} until the subscription ends", quote.price, quote.currency);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResizePlan {
    instance: Instance,
    region_id: String,
    to: InstanceType,
    sizes: [Option<String>; 2],
    key: ResumeKey,
    quote: Option<Quote>,
    steps: Vec<Step>,
    restart: Restart,
    warnings: Vec<Warning>,
}

impl ResizePlan {
    /// The instance as it is now.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The type before the change.
    pub fn from(&self) -> &InstanceType {
        &self.key.before.from
    }

    /// The type after it.
    pub fn to(&self) -> &InstanceType {
        &self.to
    }

    /// Which way the type changes; `None` if the instance has it already.
    pub fn direction(&self) -> Option<Direction> {
        (!self.steps.is_empty() || self.key.before.from != self.to)
            .then_some(self.key.before.direction)
    }

    /// What an upgrade costs; `None` for a downgrade, whose price the service does not tell.
    pub fn quote(&self) -> Option<&Quote> {
        self.quote.as_ref()
    }

    /// What is to be done; nothing if the instance has the type already.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What to know before saying yes.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The client token of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.key.token
    }

    /// What resumes the resize if the process dies. The first event of the run has a fresher one.
    pub fn resume_key(&self) -> &ResumeKey {
        &self.key
    }

    /// Whether a check blocks the change: nothing would be stopped or ordered.
    pub fn is_blocked(&self) -> bool {
        self.blocked().is_some()
    }

    /// Why nothing may be stopped or ordered, where a check blocks the change.
    pub(super) fn blocked(&self) -> Option<ResizeErrorKind> {
        self.warnings.iter().find_map(|warning| match warning {
            Warning::OverLimit(max_price) => Some(ResizeErrorKind::PriceTooHigh {
                quote: self.quote.clone()?,
                max_price: *max_price,
            }),
            _ => None,
        })
    }

    fn interruption(&self) -> String {
        if self.steps.contains(&Step::Stop) {
            "stopped from before the order until it is started again, some minutes".into()
        } else if self.steps.contains(&Step::Start) {
            "stopped until it is started again, some minutes".into()
        } else if self.steps.contains(&Step::Restart) {
            "one restart".into()
        } else if let Restart::At(time) = self.restart
            && self.key.before.was_running()
        {
            format!("one restart, by the service, at {}", Minute(time))
        } else {
            "none now".into()
        }
    }
}

impl fmt::Display for ResizePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instance = &self.instance;
        let name = OneLine(instance.instance_name.as_deref().unwrap_or_default());
        let status = OneLine(instance.status.as_ref().map_or("", InstanceStatus::as_str));
        let zone = OneLine(instance.zone_id.as_deref().unwrap_or(&self.region_id));
        writeln!(
            f,
            "instance      {}  {name}  {status} in {zone}",
            instance.instance_id
        )?;
        let Some(direction) = self.direction() else {
            return write!(f, "change        none: it is {} already", self.to);
        };
        let width = self.from().as_str().len().max(self.to.as_str().len());
        let [from_size, to_size] = self
            .sizes
            .each_ref()
            .map(|size| size.as_deref().unwrap_or(""));
        writeln!(
            f,
            "{direction:<12}  from  {:width$}  {from_size}",
            self.from().as_str()
        )?;
        writeln!(
            f,
            "              to    {:width$}  {to_size}",
            self.to.as_str()
        )?;
        match &self.quote {
            None if direction == Direction::Downgrade => {
                writeln!(
                    f,
                    "price         not told for a downgrade: the difference is refunded"
                )?;
            }
            None => writeln!(f, "price         not asked")?,
            Some(quote) => {
                write!(f, "price         {quote}")?;
                if let Some(original) = quote.original.filter(|original| *original != quote.price) {
                    write!(f, " (reduced from {})", Money(original))?;
                }
                match instance.expired_time {
                    Some(end) => writeln!(f, ", until {}", end.date_naive())?,
                    None => writeln!(f)?,
                }
            }
        }
        for (step, number) in self.steps.iter().zip(1..) {
            let head = if number == 1 { "steps" } else { "" };
            writeln!(f, "{head:<12}  {number}. {step}")?;
        }
        writeln!(f, "interruption  {}", self.interruption())?;
        for (index, warning) in self.warnings.iter().enumerate() {
            let head = if index == 0 { "warnings" } else { "" };
            writeln!(f, "{head:<12}  - {warning}")?;
        }
        write!(f, "resume key    {}", self.key)
    }
}

/// Gathers everything that a change depends on, and changes nothing.
///
/// A run calls it before its first step, and again before it stops the instance or orders where much time has passed
/// since. An error means that the facts could not be read; a change that cannot work is a plan that is blocked
/// ([`ResizePlan::blocked`]). The run uses the plan's instance, types, direction, quote and steps.
pub(super) async fn prepare(
    client: &Client,
    resize: &Resize,
    timeout: Duration,
) -> Result<ResizePlan, ResizeError> {
    let limit = client.clock().elapsed().saturating_add(timeout);
    let Assessment {
        instance,
        before,
        steps,
    } = assess(client, resize, limit)
        .await
        .map_err(|error| error.before_beginning(client, resize))?;
    if resize.before().is_some()
        && let Some(kind) = overtaken(resize, &before, &instance)
    {
        return Err(ResizeError::from(kind).before_beginning(client, resize));
    }
    let orders = steps.contains(&Step::Order);
    let mut warnings = Vec::new();
    let mut quoted = None;
    if orders && before.direction == Direction::Upgrade {
        match quote(client, resize, timeout).await {
            Ok(Some(quote)) => {
                let exceeded = resize.max_price.filter(|most| quote.price > *most);
                warnings.extend(exceeded.map(Warning::OverLimit));
                quoted = Some(quote);
            }
            Ok(None) => warnings.push(Warning::PriceUnknown("the service told none".into())),
            Err(error) => warnings.push(Warning::PriceUnknown(error.to_string())),
        }
    }
    // Sizes and drivers are good to know, and no reason to fail.
    let types = [before.from.as_str(), resize.instance_type.as_str()];
    let request = DescribeInstanceTypesRequest::builder().instance_types(types);
    let request = request.build().ok();
    let details = match request {
        Some(request) => client.call_within(request, timeout).await.ok(),
        None => None,
    };
    let details = details
        .map(|response| response.instance_types)
        .unwrap_or_default();
    let detail = |name: &str| {
        details
            .iter()
            .find(|it| it.instance_type.eq_ignore_ascii_case(name))
    };
    let details = types.map(detail);
    if orders {
        warnings.extend(warn(resize, &instance, &before, &steps, details));
    }
    let region_id = resize.region_id.as_ref().unwrap_or(client.region());
    Ok(ResizePlan {
        region_id: region_id.to_string(),
        instance,
        to: resize.instance_type.clone(),
        sizes: details.map(|detail| detail.and_then(size)),
        key: resize.key(client, before.ahead(steps.iter())),
        quote: quoted,
        steps,
        restart: match resize.reboot_time {
            Some(time) => Restart::At(time.to_datetime()),
            None => resize.restart,
        },
        warnings,
    })
}

fn size(detail: &InstanceTypeInfo) -> Option<String> {
    let memory = detail.memory_gib?.normalize();
    Some(format!("{} vCPU  {memory} GiB", detail.cpu_core_count?))
}

fn warn(
    resize: &Resize,
    instance: &Instance,
    before: &Before,
    steps: &[Step],
    [from, to]: [Option<&InstanceTypeInfo>; 2],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let restarts = steps.contains(&Step::Restart) || steps.contains(&Step::Start);
    if before.direction == Direction::Downgrade {
        warnings.push(Warning::Refund);
    } else if resize.auto_pay == Some(false) {
        warnings.push(Warning::Unpaid);
    }
    let by_service = matches!(resize.restart, Restart::At(_)) && before.was_running();
    if !restarts && !by_service {
        warnings.push(Warning::NotInEffect);
    }
    if resize.migrate_across_zone == Some(true) {
        warnings.push(Warning::Migration);
    }
    let generation = |name: &InstanceType| {
        let digits = name.as_str().trim_start_matches("ecs.").chars();
        let digit = digits.filter_map(|c| c.to_digit(10)).next();
        digit.unwrap_or_default()
    };
    if generation(&resize.instance_type) >= 7 && generation(&before.from) < 7 {
        warnings.push(Warning::EnterpriseSsdOnly);
    }
    let windows = instance
        .os_type
        .as_deref()
        .is_some_and(|os| os.eq_ignore_ascii_case("windows"));
    let nvme = |detail: Option<&InstanceTypeInfo>| detail.and_then(|it| it.nvme_support.clone());
    let (old, new) = (nvme(from), nvme(to));
    if windows && old.is_some() && new.is_some() && old != new {
        warnings.push(Warning::Nvme(
            "this is Windows, and NVMe differs between the types".into(),
        ));
    } else if new == Some(NvmeSupport::Required) && instance.os_supports_nvme == Some(false) {
        warnings.push(Warning::Nvme(
            "the type needs NVMe, which the image lacks".into(),
        ));
    }
    warnings
}
