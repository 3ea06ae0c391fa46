//! The plan: what a resize would do, what it costs and what blocks it. `plan_text.rs` prints it.

use chrono::DateTime;

use super::checks::{self, Check, CheckResult};
use super::error::ResizeError;
use super::error_kind::ResizeErrorKind;
use super::facts::{Fact, Facts};
use super::quote::Quote;
use super::settings::{Accepted, Resize};
use super::step::{Direction, Step};
use super::target::Target;
use crate::operation::Instance;
use crate::types::{ChargeType, ClientToken, InstanceStatus, InstanceType, RegionId};

/// What a resize would do, made by [`Client::plan_resize`](crate::Client::plan_resize).
///
/// `Display` is what a person reads before confirming. [`accept`](Self::accept) turns the plan into a [`Resize`] that
/// keeps to it.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::CheckResult;
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let plan = client.plan_resize(&resize).await?;
/// for check in plan.checks() {
///     if let CheckResult::Warning(text) = &check.result {
///         println!("{}: {text}", check.kind);
///     }
/// }
/// if let Some(quote) = plan.quote() {
///     println!("{} {} until the subscription ends", quote.price, quote.currency);
/// }
/// let resize = plan.accept()?; // costs no more than the quote
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ResizePlan {
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub(super) facts: Facts,
    pub(super) steps: Vec<Step>,
    pub(super) checks: Vec<Check>,
}

impl ResizePlan {
    /// A plan to change a running subscription instance, for tests of code that shows or accepts plans.
    ///
    /// ```
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::{Direction, Quote, ResizePlan, Step};
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let (region, from) = ("cn-hangzhou".parse()?, "ecs.g5.large".parse()?);
    /// let plan = ResizePlan::new(resize, region, from, Direction::Upgrade)
    ///     .with_quote(Quote::new(104, "CNY"))
    ///     .with_steps([Step::Order, Step::AwaitChange, Step::Restart]);
    /// assert_eq!(plan.accept()?.max_price(), Some(104.into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        resize: Resize,
        region_id: RegionId,
        from: InstanceType,
        direction: Direction,
    ) -> Self {
        let now = DateTime::UNIX_EPOCH;
        let instance = Instance {
            instance_id: resize.instance_id.to_string(),
            instance_type: from.to_string(),
            status: Some(InstanceStatus::Running),
            charge_type: Some(ChargeType::PrePaid),
            ..Default::default()
        };
        let facts = Facts {
            to: resize.instance_type.clone(),
            resize,
            region_id,
            now,
            instance,
            from,
            target: Target::Available(direction),
            orders: true,
            no_stop: None,
            was_running: true,
            restarts: true,
            types: Fact::NotNeeded,
            disks: Fact::NotNeeded,
            quote: match direction {
                Direction::Upgrade => Fact::Unknown("the plan has none".into()),
                Direction::Downgrade => Fact::NotNeeded,
            },
        };
        Self {
            facts,
            steps: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Sets the quote, for tests.
    #[must_use]
    pub fn with_quote(mut self, quote: Quote) -> Self {
        self.facts.quote = Fact::Known(quote);
        self
    }

    /// Sets the steps, for tests.
    #[must_use]
    pub fn with_steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps = steps.into_iter().collect();
        self
    }

    /// Adds the result of a check, for tests.
    #[must_use]
    pub fn with_check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Sets the instance, for tests.
    #[must_use]
    pub fn with_instance(mut self, instance: Instance) -> Self {
        self.facts.instance = instance;
        self
    }

    pub(super) fn from_facts(facts: Facts, steps: Vec<Step>) -> Self {
        let checks = checks::checks(&facts);
        Self {
            facts,
            steps,
            checks,
        }
    }

    /// The instance as it is now.
    pub fn instance(&self) -> &Instance {
        &self.facts.instance
    }

    /// The region of the instance.
    pub fn region_id(&self) -> &RegionId {
        &self.facts.region_id
    }

    /// The type before the change.
    pub fn from(&self) -> &InstanceType {
        &self.facts.from
    }

    /// The type after the change: the first of the type and its
    /// [`candidates`](super::ResizeBuilder::candidates) that is available.
    pub fn to(&self) -> &InstanceType {
        &self.facts.to
    }

    /// Which way the type changes; `None` if the instance has the type already or cannot become it.
    pub fn direction(&self) -> Option<Direction> {
        self.facts.direction()
    }

    /// What an upgrade costs; `None` for a downgrade, which the service does not quote, where the order also changes
    /// disks, which the quote would not cover, and where the price could not be read.
    pub fn quote(&self) -> Option<&Quote> {
        self.facts.quote.known()
    }

    /// The steps of the resize; empty if the instance has the type already.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The results of all checks; empty if the instance has the type already.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether a check blocks the resize, so that [`accept`](Self::accept) fails.
    pub fn is_blocked(&self) -> bool {
        self.blocking().next().is_some()
    }

    /// Why a run must not begin, if it must not.
    pub(super) fn blocked(&self) -> Option<ResizeErrorKind> {
        checks::blocked(&self.facts)
    }

    fn blocking(&self) -> impl Iterator<Item = &Check> {
        let blocks = |check: &&Check| matches!(check.result, CheckResult::Blocked(_));
        self.checks.iter().filter(blocks)
    }

    /// The client token of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.facts.resize.client_token
    }

    /// The resize that keeps to this plan: the same client token, the type of the plan without other candidates, and
    /// the quoted price as its `max_price`.
    ///
    /// A run of it ends before the order if the price has risen, if it is quoted in another currency, if the instance
    /// has another type than in the plan, or if the change has become a downgrade instead of an upgrade. So a plan
    /// without steps binds as well: if the instance has another type by then, its run orders nothing.
    ///
    /// # Errors
    ///
    /// The error of the first check that [blocks](CheckResult::Blocked) the resize, and
    /// [`PriceUnknown`](ResizeErrorKind::PriceUnknown) if an upgrade has no quote or the order also changes
    /// [disks](super::ResizeBuilder::disk): a plan without a price cannot bind one. To order at any price, run the
    /// [`Resize`] that was planned.
    pub fn accept(&self) -> Result<Resize, ResizeError> {
        self.accepted().map_err(|kind| {
            let instance_id = self.facts.resize.instance_id.clone();
            ResizeError::new(kind, instance_id, self.facts.region_id.clone())
                .with_client_token(self.client_token().clone())
        })
    }

    fn accepted(&self) -> Result<Resize, ResizeErrorKind> {
        if let Some(kind) = self.blocked() {
            return Err(kind);
        }
        if let Some(check) = self.blocking().next() {
            return Err(ResizeErrorKind::Blocked(check.clone()));
        }
        let quote = match &self.facts.quote {
            Fact::Known(quote) => Some(quote),
            Fact::Unknown(why) => return Err(ResizeErrorKind::PriceUnknown(why.clone())),
            Fact::NotNeeded => None,
        };
        let mut resize = self.facts.resize.clone();
        resize.region_id = Some(self.facts.region_id.clone());
        resize.instance_type = self.facts.to.clone();
        resize.candidates = Vec::new();
        if let Some(quote) = quote {
            resize.max_price = Some(quote.price);
        }
        resize.accepted = Some(Accepted {
            from: self.facts.from.clone(),
            direction: self.direction(),
            currency: quote.map(|quote| quote.currency.clone()),
        });
        Ok(resize)
    }
}
