//! How many resizes of a fleet run concurrently, and how many may fail.

use std::fmt;
use std::str::FromStr;

use crate::types::InvalidValue;

/// How a fleet of resizes runs.
///
/// ```
/// use aliyun_ecs::resize::{FleetOptions, MaxFailures};
///
/// let options = FleetOptions::default()
///     .with_concurrency(50)
///     .with_max_failures(MaxFailures::Percent(5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct FleetOptions {
    pub(super) concurrency: usize,
    pub(super) max_failures: MaxFailures,
}

impl FleetOptions {
    /// The number of resizes that run concurrently. 0 counts as 1. Default: 10.
    ///
    /// The service limits calls per account and minute: limit the client's rate as well, with
    /// [`ClientBuilder::max_requests_per_second`](crate::ClientBuilder::max_requests_per_second).
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// How many resizes may fail. After one more failure, no further resize begins; those that have begun continue.
    /// Default: none may fail.
    #[must_use]
    pub fn with_max_failures(mut self, max_failures: MaxFailures) -> Self {
        self.max_failures = max_failures;
        self
    }
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            concurrency: 10,
            max_failures: MaxFailures::Count(0),
        }
    }
}

/// How many resizes of a fleet may fail. After one more failure, no further resize begins; those that have begun
/// continue.
///
/// Written as `5`, `10%` or `unlimited`.
///
/// ```
/// use aliyun_ecs::resize::MaxFailures;
///
/// assert_eq!("10%".parse(), Ok(MaxFailures::Percent(10)));
/// assert_eq!(MaxFailures::Count(5).to_string(), "5");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "String", try_from = "String")
)]
#[non_exhaustive]
pub enum MaxFailures {
    /// This many.
    Count(usize),
    /// This percentage of all resizes of the fleet, rounded down: of fewer than 20 resizes, 5 % are none.
    Percent(u8),
    /// Any number.
    Unlimited,
}

impl MaxFailures {
    pub(super) fn allows(self, failures: usize, of: usize) -> bool {
        match self {
            Self::Count(max) => failures <= max,
            Self::Percent(percent) => failures <= of.saturating_mul(percent.into()) / 100,
            Self::Unlimited => true,
        }
    }
}

impl fmt::Display for MaxFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

impl FromStr for MaxFailures {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let parsed = match text.strip_suffix('%') {
            None if text == "unlimited" => Some(Self::Unlimited),
            None => text.parse().ok().map(Self::Count),
            Some(percent) => percent.parse().ok().map(Self::Percent),
        };
        parsed
            .filter(|max| !matches!(max, Self::Percent(101..)))
            .ok_or_else(|| {
                InvalidValue::new(
                    text,
                    "must be a number such as 5, a share from 0% to 100%, or \"unlimited\"",
                )
            })
    }
}

impl TryFrom<String> for MaxFailures {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<MaxFailures> for String {
    fn from(max: MaxFailures) -> Self {
        max.to_string()
    }
}
