//! Why a resize was refused or failed, what had been done by then, and how to go on.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Resize;
use super::checks::Check;
use super::event::Minute;
use super::key::{Power, ResumeKey};
use super::quote::Quote;
use super::step::Step;
use crate::client::Client;
use crate::error::Error;
use crate::types::{ChargeType, InstanceId, InstanceType, LockReason, OneLine, RegionId};

/// A resize was refused or failed.
///
/// [`kind`](Self::kind) says why, [`progress`](Self::progress) what had been done. The text is one line and says both.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::ResizeErrorKind;
///
/// # simulator.sold_out("ecs.g5.xlarge");
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let error = client.plan_resize(&resize).await.unwrap_err();
/// match error.kind() {
///     ResizeErrorKind::SoldOut { alternatives, .. } => println!("instead, take one of {alternatives:?}"),
///     _ => println!("{error}"),
/// }
/// if let Some(progress) = error.progress() {
///     println!("to go on: {}", progress.resume_key);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ResizeError {
    kind: Box<ResizeErrorKind>,
    progress: Option<Box<Progress>>,
}

/// Why a resize was refused or failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResizeErrorKind {
    /// There is no such instance in the region, or the caller may not see it: the service does not tell these apart.
    NotFound(InstanceId, RegionId),
    /// The instance is not paid for by subscription. Pay-as-you-go instances change by `ModifyInstanceSpec`.
    NotASubscription(ChargeType),
    /// The subscription has ended: renew it first.
    Expired(DateTime<Utc>),
    /// The instance is locked, for these reasons.
    Locked(Vec<LockReason>),
    /// The instance cannot become this type.
    Unsupported {
        /// The type.
        wanted: InstanceType,
        /// Types of the same size that it can become, the most alike first.
        alternatives: Vec<String>,
    },
    /// The type is sold out.
    SoldOut {
        /// The type.
        wanted: InstanceType,
        /// Types of the same size that it can become, the most alike first.
        alternatives: Vec<String>,
    },
    /// The service has no such type.
    NoSuchType {
        /// The type.
        wanted: InstanceType,
        /// The type that was probably meant: its name differs by one or two typing errors.
        did_you_mean: Option<String>,
    },
    /// The disks of the instance do not allow the change, for this reason.
    Disks(String),
    /// The change needs the instance stopped, which is ruled out for this reason.
    NeedsStop(String),
    /// The change costs more than allowed.
    PriceTooHigh {
        /// What it costs.
        quote: Quote,
        /// What it may cost.
        max_price: Decimal,
    },
    /// There is no price to compare with `max_price`, for this reason.
    PriceUnknown(String),
    /// The accepted plan does not describe the change any more, for this reason. Make a new plan.
    PlanOutdated(String),
    /// A check of the plan blocks the change. Checks of [`Client::plan_resize`](crate::Client::plan_resize) have kinds
    /// of their own; this one is for plans that a test has built.
    Blocked(Check),
    /// The instance has become of another type since the resize began, or of the old one again after it was through.
    Superseded {
        /// The type that it has now.
        found: String,
        /// The type that it had.
        from: InstanceType,
        /// The type that it was to become.
        to: InstanceType,
    },
    /// The overall deadline was reached.
    TimedOut {
        /// The deadline.
        timeout: Duration,
        /// What was waited for at the end.
        waiting_for: String,
        /// How long the step had taken by then.
        since: Duration,
    },
    /// A call failed for good.
    Call {
        /// What it was for.
        doing: &'static str,
        /// Why it failed.
        error: Error,
    },
}

/// What was done by the time a resize failed, starting the instance again included.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The steps that were done.
    pub done: Vec<Step>,
    /// The steps that were not done, or not wholly.
    pub left: Vec<Step>,
    /// Whether there is an order.
    pub order: OrderState,
    /// Whether the instance was started again.
    pub recovery: Recovery,
    /// What resumes the resize.
    pub resume_key: ResumeKey,
}

/// Whether an order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderState {
    /// Certainly not by this run.
    NotPlaced,
    /// It may have been: by an attempt without a certain answer, or by the run that is being resumed.
    Unknown,
    /// It was, with this id if the service gave one.
    Placed(Option<String>),
}

/// What became of an instance that was stopped for an order, when the resize failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// It is not stopped, or was not stopped by the resize.
    NotNeeded,
    /// It was started again.
    Started,
    /// It is still stopped, for this reason.
    LeftStopped(String),
    /// It may be stopped, for this reason.
    Unknown(String),
}

impl ResizeError {
    /// Of a run or a plan that could not begin; if an earlier run had, with what is known of that.
    pub(super) fn before_beginning(self, client: &Client, resize: &Resize) -> Self {
        let Some(before) = resize.before() else {
            return self;
        };
        let seen_up = matches!(*self.kind, ResizeErrorKind::NeedsStop(_));
        let recovery = match before.power {
            Power::StoppedByUs if !seen_up => Recovery::Unknown(
                "an earlier run may have stopped it; look, and resume or start it".into(),
            ),
            Power::StoppedByUs | Power::Running | Power::Stopped => Recovery::NotNeeded,
        };
        self.with_progress(Progress {
            done: Vec::new(),
            left: Vec::new(),
            order: OrderState::Unknown,
            recovery,
            resume_key: resize.key(client, before),
        })
    }

    pub(super) fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Why.
    pub fn kind(&self) -> &ResizeErrorKind {
        &self.kind
    }

    /// What had been done; `None` where nothing was begun, so that nothing was ordered and nothing was stopped.
    pub fn progress(&self) -> Option<&Progress> {
        self.progress.as_deref()
    }

    /// The failed call's error, if a call failed.
    pub fn call_error(&self) -> Option<&Error> {
        match &*self.kind {
            ResizeErrorKind::Call { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<ResizeErrorKind> for ResizeError {
    fn from(kind: ResizeErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            progress: None,
        }
    }
}

impl fmt::Display for ResizeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(instance_id, region_id) => write!(
                f,
                "there is no instance {instance_id} in {region_id}, or the caller may not see it (ecs:DescribeInstances)"
            ),
            Self::NotASubscription(charge_type) => write!(
                f,
                "the instance is paid for as {}, not by subscription; such instances are changed by ModifyInstanceSpec",
                OneLine(charge_type.as_str())
            ),
            Self::Expired(time) => write!(
                f,
                "the subscription ended on {}; renew the instance first",
                Minute(*time)
            ),
            Self::Locked(reasons) => write!(
                f,
                "the instance is locked ({}); resolve that in the console first",
                Listed(reasons)
            ),
            Self::Unsupported {
                wanted,
                alternatives,
            } => {
                write!(
                    f,
                    "this instance cannot become {wanted}{}",
                    Alternatives(alternatives)
                )
            }
            Self::SoldOut {
                wanted,
                alternatives,
            } => {
                write!(f, "{wanted} is sold out{}", Alternatives(alternatives))
            }
            Self::NoSuchType {
                wanted,
                did_you_mean,
            } => {
                write!(f, "no such instance type: {wanted}")?;
                match did_you_mean {
                    Some(meant) => write!(f, "; did you mean {}?", OneLine(meant)),
                    None => Ok(()),
                }
            }
            Self::Disks(why) => write!(f, "{}", OneLine(why)),
            Self::NeedsStop(why) => {
                write!(
                    f,
                    "the change needs the instance stopped, but {}",
                    OneLine(why)
                )
            }
            Self::PriceTooHigh { quote, max_price } => {
                write!(
                    f,
                    "the change costs {quote}, more than allowed (max_price {max_price})"
                )
            }
            Self::PriceUnknown(why) => {
                write!(f, "no price to compare with max_price: {}", OneLine(why))
            }
            Self::PlanOutdated(why) => {
                write!(
                    f,
                    "the accepted plan is outdated: {}; make a new plan",
                    OneLine(why)
                )
            }
            Self::Blocked(check) => write!(f, "{}", OneLine(&check.to_string())),
            Self::Superseded { found, from, to } if from.as_str().eq_ignore_ascii_case(found) => {
                write!(
                    f,
                    "the instance has become {to} and is {} again; build a new resize if it is to become {to} once more",
                    OneLine(found)
                )
            }
            Self::Superseded { found, from, to } => write!(
                f,
                "the instance has become {} meanwhile, neither {from} nor {to}; build a new resize for what it is to become now",
                OneLine(found)
            ),
            Self::TimedOut {
                timeout,
                waiting_for,
                since,
            } => write!(
                f,
                "not finished within {} s; at the end, {}, for {} s",
                timeout.as_secs(),
                OneLine(waiting_for),
                since.as_secs()
            ),
            Self::Call { doing, error } => write!(f, "{doing} failed: {error}"),
        }
    }
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        let Some(progress) = &self.progress else {
            return f.write_str("; nothing was changed");
        };
        for (word, steps) in [("done", &progress.done), ("not done", &progress.left)] {
            if !steps.is_empty() {
                write!(f, "; {word}: {}", Listed(steps))?;
            }
        }
        match &progress.order {
            OrderState::NotPlaced => f.write_str("; no order was placed")?,
            OrderState::Unknown => f.write_str("; an order may exist")?,
            OrderState::Placed(None) => f.write_str("; the order was placed")?,
            OrderState::Placed(Some(order_id)) => {
                write!(f, "; order {} was placed", OneLine(order_id))?
            }
        }
        match &progress.recovery {
            Recovery::NotNeeded => {}
            Recovery::Started => f.write_str("; the instance was started again")?,
            Recovery::LeftStopped(why) => write!(f, "; THE INSTANCE IS STOPPED: {}", OneLine(why))?,
            Recovery::Unknown(why) => write!(f, "; THE INSTANCE MAY BE STOPPED: {}", OneLine(why))?,
        }
        let key = &progress.resume_key;
        if let ResizeErrorKind::Superseded { .. } = *self.kind {
            return write!(f, "; client token {}", key.client_token());
        }
        write!(
            f,
            "; to go on, resume with {key} (client token {})",
            key.client_token()
        )
    }
}

impl StdError for ResizeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.call_error().and_then(StdError::source)
    }
}

/// `a, b and so on`, separated by commas.
struct Listed<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", OneLine(&item.to_string()))?;
        }
        Ok(())
    }
}

struct Alternatives<'a>(&'a [String]);

impl fmt::Display for Alternatives<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("; nothing else of its size is available"),
            alternatives => write!(f, "; available in the same size: {}", Listed(alternatives)),
        }
    }
}
