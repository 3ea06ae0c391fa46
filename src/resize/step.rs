//! The words of a resize: its steps, and which way the type changes.

use std::fmt;

use chrono::{DateTime, Timelike, Utc};

use crate::types::OperatorType;

/// One step of a resize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Step {
    /// Stop the instance, where the change needs it stopped.
    Stop,
    /// Order the change.
    Order,
    /// Wait until the instance shows the new type.
    AwaitChange,
    /// Restart the instance, so that the new type takes effect.
    Restart,
    /// Start the instance that was stopped for the order; the new type takes effect with it.
    Start,
}

impl Step {
    /// The stable name, for instance `await_change`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Order => "order",
            Self::AwaitChange => "await_change",
            Self::Restart => "restart",
            Self::Start => "start",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stop => "stop the instance",
            Self::Order => "order the change",
            Self::AwaitChange => "wait until the new type is shown",
            Self::Restart => "restart the instance",
            Self::Start => "start the instance",
        })
    }
}

/// Which way a type changes. There is no third way, so a `match` needs no other case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Direction {
    /// To a larger type: the difference is charged.
    Upgrade,
    /// To a smaller type: the difference is refunded, and the instance has to be stopped for the order.
    Downgrade,
}

impl Direction {
    /// `an` or `a`.
    pub(super) fn article(self) -> &'static str {
        match self {
            Self::Upgrade => "an",
            Self::Downgrade => "a",
        }
    }

    /// The stable name: `upgrade` or `downgrade`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        }
    }

    /// The value that the order sends.
    pub(super) fn operator_type(self) -> OperatorType {
        match self {
            Self::Upgrade => OperatorType::Upgrade,
            Self::Downgrade => OperatorType::Downgrade,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A time for people.
pub(super) struct Minute(pub(super) DateTime<Utc>);

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, hour, minute) = (self.0.date_naive(), self.0.hour(), self.0.minute());
        write!(f, "{date} {hour:02}:{minute:02} UTC")
    }
}
