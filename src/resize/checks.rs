//! Checks before the first step: pure functions from [`Facts`] to results.
//!
//! Every check is one function that returns `Ok` with what a person should know, or `Err` with the error that a run
//! ends with. [`checks`] shows them all; [`blocked`] is the first error.

use std::fmt;

use super::error_kind::ResizeErrorKind;
use super::facts::{Fact, Facts};
use super::hardware::{self, CONVERT_FIRST};
use super::settings::Restart;
use super::step::Direction;
use super::target::Target;
use crate::types::{ChargeType, InstanceStatus, one_line};

/// One check of a plan.
///
/// ```
/// use aliyun_ecs::resize::{Check, CheckKind, CheckResult};
///
/// let check = Check::new(CheckKind::Disks, CheckResult::Warning("convert disk d-1 first".into()));
/// assert_eq!(check.to_string(), "disks: convert disk d-1 first");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Check {
    /// What was checked.
    pub kind: CheckKind,
    /// The result.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub result: CheckResult,
}

impl Check {
    /// A check with this result, for tests.
    pub fn new(kind: CheckKind, result: CheckResult) -> Self {
        Self { kind, result }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.kind,
            self.result.text().unwrap_or("passed")
        )
    }
}

/// The result of a check. The text is one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "result", content = "text", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum CheckResult {
    /// The check found no problem.
    Passed,
    /// The resize can run, but a person should know this first.
    Warning(String),
    /// The resize would fail. [`ResizePlan::accept`](super::ResizePlan::accept) and a run return this as their error.
    Blocked(String),
    /// It could not be found out, for instance because the caller has no permission for a read. The resize can run.
    Unknown(String),
}

impl CheckResult {
    /// The text; `None` for [`Passed`](Self::Passed).
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Warning(text) | Self::Blocked(text) | Self::Unknown(text) => Some(text),
        }
    }

    /// The texts of the service that the text quotes cannot add a line to it.
    fn on_one_line(self) -> Self {
        let line = |text: String| one_line(&text).into_owned();
        match self {
            Self::Passed => Self::Passed,
            Self::Warning(text) => Self::Warning(line(text)),
            Self::Blocked(text) => Self::Blocked(line(text)),
            Self::Unknown(text) => Self::Unknown(line(text)),
        }
    }

    /// `passed`, `warning`, `blocked` or `unknown`. Stable.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warning(_) => "warning",
            Self::Blocked(_) => "blocked",
            Self::Unknown(_) => "unknown",
        }
    }
}

macro_rules! check_kinds {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $check:expr;)*) => {
        /// What a check is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum CheckKind {
            $($(#[$meta])* $variant,)*
        }

        impl CheckKind {
            /// The name in snake case, for instance `charge_type`. Stable.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        /// Every check, in the order in which a plan shows them and a run is stopped by them.
        const ALL: &[(CheckKind, fn(&Facts) -> Finding)] = &[
            $((CheckKind::$variant, $check),)*
        ];
    };
}

check_kinds! {
    /// The instance is paid for by subscription.
    ChargeType = "charge_type", charge_type;
    /// The subscription has not expired.
    Expiry = "expiry", expiry;
    /// The instance is not locked.
    Locks = "locks", locks;
    /// The instance is running or stopped.
    Status = "status", status;
    /// The target type exists, the instance can become it, and it is in stock.
    Target = "target", target;
    /// The order is valid for the direction of the change.
    Order = "order", order;
    /// A stop that the change needs is allowed.
    Stop = "stop", stop;
    /// The instance has no local disks, which fix its type.
    LocalDisks = "local_disks", hardware::local_disks;
    /// The target takes the categories of the attached disks.
    Disks = "disks", hardware::disks;
    /// The price is known and not above `max_price`.
    Price = "price", price;
    /// The operating system supports NVMe where the target needs it.
    Nvme = "nvme", hardware::nvme;
    /// The new type takes effect at the end of the run.
    Restart = "restart", restart;
    /// An upgrade is paid at once.
    Payment = "payment", payment;
    /// What a refund leaves out, and how many downgrades are left.
    Refund = "refund", refund;
    /// Whether the instance may move to another cluster.
    Migration = "migration", migration;
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a check found, or the error that a run ends with.
pub(super) type Finding = Result<CheckResult, ResizeErrorKind>;

/// All checks that apply to the change.
pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    if !facts.is_open() {
        return Vec::new();
    }
    let results = ALL.iter().map(|(kind, check)| Check {
        kind: *kind,
        result: match check(facts) {
            Ok(result) => result.on_one_line(),
            Err(error) => CheckResult::Blocked(error.to_string()).on_one_line(),
        },
    });
    results.collect()
}

/// The error of the first check that blocks the change.
pub(super) fn blocked(facts: &Facts) -> Option<ResizeErrorKind> {
    if !facts.is_open() {
        return None;
    }
    ALL.iter().find_map(|(_, check)| check(facts).err())
}

use CheckResult::{Passed, Unknown, Warning};

fn charge_type(facts: &Facts) -> Finding {
    match &facts.instance.charge_type {
        Some(ChargeType::PrePaid) => Ok(Passed),
        None => Ok(Unknown("the service did not return the charge type".into())),
        Some(other) => Err(ResizeErrorKind::NotASubscription(other.clone())),
    }
}

fn expiry(facts: &Facts) -> Finding {
    match facts.instance.expired_time {
        None => Ok(Unknown(
            "the service did not return when the subscription ends".into(),
        )),
        Some(end) if end <= facts.now => Err(ResizeErrorKind::Expired(end)),
        Some(_) => Ok(Passed),
    }
}

fn locks(facts: &Facts) -> Finding {
    match &facts.instance.operation_locks[..] {
        [] => Ok(Passed),
        reasons => Err(ResizeErrorKind::Locked(reasons.to_vec())),
    }
}

fn status(facts: &Facts) -> Finding {
    Ok(match &facts.instance.status {
        Some(InstanceStatus::Running | InstanceStatus::Stopped) => Passed,
        Some(status) => Warning(format!(
            "the instance is {status}; the resize waits until it is Running or Stopped"
        )),
        None => Unknown("the service did not return the status".into()),
    })
}

fn target(facts: &Facts) -> Finding {
    let wanted = facts.to.clone();
    if let Some(why) = facts.outdated() {
        return Err(ResizeErrorKind::PlanOutdated(why));
    }
    match facts.target.clone() {
        Target::Current | Target::Available(_) => Ok(Passed),
        Target::AfterDiskChange => {
            let disks = facts.disks.known();
            let disks = disks.and_then(|disks| hardware::listed(disks, |_| true));
            let disks = disks.unwrap_or("others".into());
            Err(ResizeErrorKind::Disks(format!(
                "{wanted} needs disks of other categories, and the instance has {disks}; {CONVERT_FIRST}"
            )))
        }
        Target::SoldOut { alternatives } => Err(ResizeErrorKind::SoldOut {
            wanted,
            alternatives,
        }),
        Target::Unsupported { alternatives } => Err(ResizeErrorKind::Unsupported {
            wanted,
            alternatives,
        }),
        Target::NoSuchType { did_you_mean } => Err(ResizeErrorKind::NoSuchType {
            wanted,
            did_you_mean,
        }),
    }
}

fn order(facts: &Facts) -> Finding {
    let Some(direction) = facts.direction() else {
        return Ok(Passed);
    };
    let settings = facts.resize.to_builder();
    let order = settings.order(facts.to.as_str(), Some(direction), facts.was_running);
    match order.build() {
        Ok(_) => Ok(Passed),
        Err(error) => Err(ResizeErrorKind::Call {
            doing: "checking the order",
            error: error.into(),
        }),
    }
}

fn stop(facts: &Facts) -> Finding {
    match &facts.no_stop {
        Some(why) => Err(ResizeErrorKind::NeedsStop(why.clone())),
        None => Ok(Passed),
    }
}

fn price(facts: &Facts) -> Finding {
    let limit = facts.resize.max_price;
    match (&facts.quote, limit) {
        (Fact::NotNeeded, _) => Ok(Passed),
        (Fact::Unknown(why), Some(_)) => Err(ResizeErrorKind::PriceUnknown(why.clone())),
        (Fact::Unknown(why), None) => Ok(Unknown(format!("no price: {why}"))),
        (Fact::Known(quote), Some(max_price)) => quote.check(max_price).map(|()| Passed),
        (Fact::Known(_), None) => Ok(Passed),
    }
}

fn restart(facts: &Facts) -> Finding {
    let by_service = matches!(facts.resize.restart, Restart::At(_)) && facts.was_running;
    let by_run = facts.restarts && !is_unpaid(facts);
    Ok(match by_run || by_service || facts.direction().is_none() {
        true => Passed,
        false => Warning(
            "the new type takes effect only after you start or restart the instance through the API or the console"
                .into(),
        ),
    })
}

/// Whether the run ends before the order is carried out.
fn is_unpaid(facts: &Facts) -> bool {
    facts.direction() == Some(Direction::Upgrade) && facts.resize.auto_pay == Some(false)
}

fn payment(facts: &Facts) -> Finding {
    Ok(match is_unpaid(facts) {
        true => Warning(
            "the order waits to be paid in the console, and blocks other changes until it is paid or cancelled"
                .into(),
        ),
        false => Passed,
    })
}

fn refund(facts: &Facts) -> Finding {
    Ok(match facts.direction() {
        Some(Direction::Downgrade) => Warning(
            "the service does not quote downgrades: the difference is refunded, vouchers excluded; downgrades per \
             month are limited, and the console shows how many are left"
                .into(),
        ),
        _ => Passed,
    })
}

fn migration(facts: &Facts) -> Finding {
    Ok(match facts.resize.migrate_across_zone {
        Some(true) => Warning(
            "the instance may move to another cluster: disk names (xvda to vda), license codes and addresses in a \
             classic network may change"
                .into(),
        ),
        _ => Passed,
    })
}

#[cfg(test)]
#[path = "checks_tests.rs"]
pub(super) mod tests;
