//! The kinds of failures of a resize.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::checks::Check;
use super::quote::Quote;
use super::step::Minute;
use crate::error::{Error, ErrorCode};
use crate::types::{ChargeType, InstanceId, InstanceType, LockReason, OneLine, RegionId};

/// Why a resize failed.
#[derive(Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", content = "details", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ResizeErrorKind {
    /// There is no such instance in the region, or the caller may not see it: the service does not distinguish the two.
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
    /// A check of the plan blocks the change. Checks of [`Client::plan_resize`](crate::Client::plan_resize) have
    /// specific kinds; this one is for plans that a test has built.
    Blocked(Check),
    /// Another change came between: the instance has another type, or the old one again after the change.
    Superseded {
        /// The type that the instance has now.
        found: String,
        /// The type before the resize.
        from: InstanceType,
        /// The type that the resize was to change it to.
        to: InstanceType,
    },
    /// The order is not carried out at the end of the timeout, or after 5 minutes in which the instance was stopped for
    /// it. If the order is only slow, resume. If the balance was too low, cancel the order in the console (Expenses,
    /// Orders), and build a new resize.
    OrderPending {
        /// The time since the order was placed. In a resumed run: since the run learned of it.
        #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
        since: Duration,
    },
    /// The timeout of the run is over.
    TimedOut {
        /// The timeout.
        #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
        timeout: Duration,
        /// What the run waited for at the end.
        waiting_for: String,
        /// How long the last step had taken by then.
        #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
        since: Duration,
        /// Why the last call failed, if the run waited because a call had failed.
        last_error: Option<String>,
    },
    /// The run was cancelled by its [`CancelHandle`](super::CancelHandle).
    Cancelled,
    /// A call failed. [`ResizeError::is_retryable`](super::ResizeError::is_retryable) says whether the resize may
    /// succeed later.
    Call {
        /// What the call was for.
        doing: &'static str,
        /// Why it failed.
        error: Error,
    },
}

impl ResizeErrorKind {
    /// The stable name, for instance `price_too_high`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotFound(..) => "not_found",
            Self::NotASubscription(_) => "not_a_subscription",
            Self::Expired(_) => "expired",
            Self::Locked(_) => "locked",
            Self::Unsupported { .. } => "unsupported",
            Self::SoldOut { .. } => "sold_out",
            Self::NoSuchType { .. } => "no_such_type",
            Self::Disks(_) => "disks",
            Self::NeedsStop(_) => "needs_stop",
            Self::PriceTooHigh { .. } => "price_too_high",
            Self::PriceUnknown(_) => "price_unknown",
            Self::PlanOutdated(_) => "plan_outdated",
            Self::Blocked(_) => "blocked",
            Self::Superseded { .. } => "superseded",
            Self::OrderPending { .. } => "order_pending",
            Self::TimedOut { .. } => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Call { .. } => "call",
        }
    }

    /// The code of the service for the same condition.
    pub(super) fn code_of_service(&self) -> Option<ErrorCode> {
        match self {
            Self::NotFound(..) => Some(ErrorCode::InvalidInstanceIdNotFound),
            Self::NotASubscription(_) => Some(ErrorCode::InvalidBillingMethodValueNotSupported),
            Self::Expired(_) => Some(ErrorCode::InvalidInstancePreInstanceExpired),
            Self::Locked(_) => Some(ErrorCode::InstanceLockedForSecurity),
            Self::Unsupported { .. } => Some(ErrorCode::InvalidInstanceTypeNotSupported),
            Self::SoldOut { .. } => Some(ErrorCode::OperationDeniedNoStock),
            Self::NoSuchType { .. } => Some(ErrorCode::InvalidInstanceTypeValueNotSupported),
            Self::Disks(_) => Some(ErrorCode::InvalidInstanceTypeNotSupportDiskCategory),
            Self::NeedsStop(_) => Some(ErrorCode::InvalidStatusNotStopped),
            Self::OrderPending { .. } => Some(ErrorCode::InvalidInstanceUnpaidOrder),
            // These are about the settings of the resize, which the service does not know, or about this run.
            Self::PriceTooHigh { .. } | Self::PriceUnknown(_) | Self::PlanOutdated(_) => None,
            Self::Blocked(_) | Self::Superseded { .. } => None,
            Self::TimedOut { .. } | Self::Cancelled | Self::Call { .. } => None,
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
                "the instance is paid for as {}, not by subscription; use ModifyInstanceSpec for it",
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
                    "the instance has become {to} and is {} again; build a new resize to change it once more",
                    OneLine(found)
                )
            }
            Self::Superseded { found, from, to } => write!(
                f,
                "the instance has become {} meanwhile, neither {from} nor {to}; build a new resize",
                OneLine(found)
            ),
            Self::OrderPending { since } => write!(
                f,
                "the order is not carried out after {} s, and may be unpaid, for instance because the balance is too low: \
                 check it in the console under Expenses, Orders; if it is abnormal, cancel it and build a new resize",
                since.as_secs()
            ),
            Self::TimedOut {
                timeout,
                waiting_for,
                since,
                last_error,
            } => {
                write!(
                    f,
                    "timed out after {} s (timeout) while {}, for {} s",
                    timeout.as_secs(),
                    OneLine(waiting_for),
                    since.as_secs()
                )?;
                match last_error {
                    Some(error) => write!(f, ": last error: {}", OneLine(error)),
                    None => Ok(()),
                }
            }
            Self::Cancelled => f.write_str("cancelled"),
            Self::Call { doing, error } => {
                write!(f, "{doing} failed: {}", error.reason())?;
                let code = error.code();
                let code = code.filter(|code| !matches!(code, ErrorCode::Unknown(_)));
                match code {
                    Some(code) => write!(f, "; {}", code.description()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Items, separated by commas.
pub(super) struct Listed<'a, T>(pub(super) &'a [T]);

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
            [] => f.write_str(", and no type of the same size is available"),
            alternatives => write!(
                f,
                "; available types of the same size: {}",
                Listed(alternatives)
            ),
        }
    }
}
