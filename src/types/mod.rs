//! The values in requests and responses: validated newtypes and wire enums.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Timelike, Utc};
use uuid::Uuid;

/// Why a string is not a valid value of a type in this module.
///
/// ```
/// use aliyun_ecs::types::InstanceType;
///
/// let error = "g5.xlarge".parse::<InstanceType>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#""g5.xlarge" must begin with "ecs."; did you mean "ecs.g5.xlarge"?"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} {problem}")]
pub struct InvalidValue {
    value: String,
    problem: Cow<'static, str>,
}

impl InvalidValue {
    pub(crate) fn new(value: &str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self {
            value: shown(value).into_owned(),
            problem: problem.into(),
        }
    }

    /// The rejected string, shortened if it is long, and not shown if it may be a secret.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is wrong and what is expected, as the rest of a sentence that begins with the value.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// A string newtype: private content, checked by `$check`, convertible from strings and back.
macro_rules! text_newtype {
    ($(#[$meta:meta])* $name:ident, $check:path) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(try_from = "String")
        )]
        pub struct $name(String);

        impl $name {
            /// Validates `value`.
            ///
            /// # Errors
            ///
            /// [`InvalidValue`] describes the violated rule.
            pub fn new(value: impl Into<String>) -> Result<Self, InvalidValue> {
                let value = value.into();
                match $check(&value) {
                    Ok(()) => Ok(Self(value)),
                    Err(problem) => Err(InvalidValue::new(&value, problem)),
                }
            }

            /// The string as it is sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(value: &str) -> Result<Self, InvalidValue> {
                Self::new(value)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidValue;

            fn try_from(value: String) -> Result<Self, InvalidValue> {
                Self::new(value)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidValue;

            fn try_from(value: &str) -> Result<Self, InvalidValue> {
                Self::new(value)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

type Problem = Cow<'static, str>;

text_newtype! {
    /// The id of an instance (`InstanceId`), for instance `i-bp67acfmxazb4ph1a2b3`.
    ///
    /// 1 to 64 characters: `A-Z`, `a-z`, `0-9`, `-` and `_`.
    ///
    /// ```
    /// use aliyun_ecs::types::InstanceId;
    ///
    /// let id: InstanceId = "i-bp67acfmxazb4ph1a2b3".parse()?;
    /// assert_eq!(id.as_str(), "i-bp67acfmxazb4ph1a2b3");
    /// // The official documentation masks the ids in its examples:
    /// assert!(InstanceId::new("i-bp67acfmxazb4ph****").is_err());
    /// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
    /// ```
    InstanceId, check_resource_id
}

text_newtype! {
    /// The id of a disk (`Disk.N.DiskId`), for instance `d-bp67acfmxazb4ph1a2b3`.
    ///
    /// 1 to 64 characters: `A-Z`, `a-z`, `0-9`, `-` and `_`.
    DiskId, check_resource_id
}

fn check_resource_id(value: &str) -> Result<(), Problem> {
    if value.is_empty() {
        return Err("must not be empty".into());
    }
    if value.contains('*') {
        return Err(
            "contains `*`: the official documentation masks the ids in its examples; use the full id"
                .into(),
        );
    }
    check_chars(value, 64, "A-Z, a-z, 0-9, `-` and `_`", |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
    })
}

text_newtype! {
    /// The name of an instance type (`InstanceType`), for instance `ecs.g5.xlarge`.
    ///
    /// `ecs.`, then lower-case letters, digits, `-` and `.`; at most 128 characters.
    ///
    /// ```
    /// use aliyun_ecs::types::InstanceType;
    ///
    /// assert!(InstanceType::new("ecs.g5.xlarge").is_ok());
    /// assert!(InstanceType::new("g5.xlarge").is_err());
    /// ```
    InstanceType, check_instance_type
}

fn check_instance_type(value: &str) -> Result<(), Problem> {
    if value.is_empty() {
        return Err("must not be empty".into());
    }
    if !value.starts_with("ecs.") {
        let lower = value.trim().to_ascii_lowercase();
        let meant = match lower.strip_prefix("ecs") {
            Some(rest) => format!("ecs.{}", rest.trim_start_matches(['.', '-', '_'])),
            None => format!("ecs.{lower}"),
        };
        return Err(
            if check_instance_type(&meant).is_ok() && !may_be_secret(value) {
                format!("must begin with \"ecs.\"; did you mean {meant:?}?").into()
            } else {
                "must begin with \"ecs.\", as in \"ecs.g5.xlarge\"".into()
            },
        );
    }
    if value.len() == "ecs.".len() {
        return Err("names no type after \"ecs.\"; an example is \"ecs.g5.xlarge\"".into());
    }
    check_chars(
        value,
        128,
        "lower-case letters, digits, `-` and `.` after \"ecs.\"",
        |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'),
    )
}

text_newtype! {
    /// The id of a region (`RegionId`), for instance `cn-hangzhou`.
    ///
    /// 1 to 63 characters: `a-z`, `0-9` and, except at either end, `-`. It becomes part of a host name.
    ///
    /// ```
    /// use aliyun_ecs::types::RegionId;
    ///
    /// assert!(RegionId::new("cn-hangzhou").is_ok());
    /// assert!(RegionId::new("Hangzhou").is_err());
    /// ```
    RegionId, check_region_id
}

fn check_region_id(value: &str) -> Result<(), Problem> {
    if value.is_empty() {
        return Err("must not be empty; an example is \"cn-hangzhou\"".into());
    }
    check_chars(
        value,
        63,
        "a-z, 0-9 and `-`, as in \"cn-hangzhou\"",
        |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'),
    )?;
    if value.starts_with('-') || value.ends_with('-') {
        return Err("must not begin or end with `-`: it becomes part of a host name".into());
    }
    Ok(())
}

text_newtype! {
    /// The idempotency token of a write (`ClientToken`).
    ///
    /// 1 to 64 printable ASCII characters, case-sensitive. The service returns the same response to requests with the
    /// same token and the same parameters, so a request can be retried without ordering twice.
    ///
    /// ```
    /// use aliyun_ecs::types::ClientToken;
    ///
    /// assert_ne!(ClientToken::random(), ClientToken::random());
    /// let own = ClientToken::new("order-4711")?;
    /// assert_eq!(own.as_str(), "order-4711");
    /// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
    /// ```
    ClientToken, check_client_token
}

impl ClientToken {
    /// A new token: a random UUID (version 4) in its hyphenated form.
    pub fn random() -> Self {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
        Self(text.to_owned())
    }
}

fn check_client_token(value: &str) -> Result<(), Problem> {
    if value.is_empty() {
        return Err("must not be empty; leave it out to use a random one".into());
    }
    check_chars(value, 64, "printable ASCII characters", |byte| {
        matches!(byte, b' '..=b'~')
    })
}

/// Checks the characters first, because that error is more specific, then the length. Only ASCII is allowed.
fn check_chars(value: &str, max: usize, allowed: &str, ok: fn(u8) -> bool) -> Result<(), Problem> {
    if let Some(at) = value.bytes().position(|byte| !ok(byte)) {
        let other = value.get(at..).and_then(|rest| rest.chars().next());
        let other = other.unwrap_or(char::REPLACEMENT_CHARACTER);
        return Err(format!("contains {other:?}; allowed are {allowed}").into());
    }
    if value.len() > max {
        return Err(format!("has {} characters; at most {max} are allowed", value.len()).into());
    }
    Ok(())
}

/// A point in time to the minute, as `RebootTime` and `EndTime` are sent: `yyyy-MM-ddTHH:mmZ`, UTC.
///
/// Seconds are rounded *up* to the next full minute, so that nothing happens early.
///
/// ```
/// use aliyun_ecs::types::MinuteTime;
///
/// let time = "2027-01-31T23:59:01Z".parse::<chrono::DateTime<chrono::Utc>>()?;
/// assert_eq!(MinuteTime::new(time)?.to_string(), "2027-02-01T00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "DateTime<Utc>")
)]
pub struct MinuteTime(DateTime<Utc>);

impl MinuteTime {
    /// Rounds `time` up to a full minute.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] if the year is not within 2000 to 9999.
    pub fn new(time: DateTime<Utc>) -> Result<Self, InvalidValue> {
        Self::rounded_up(time)
            .filter(|rounded| (2000..=9999).contains(&rounded.0.year()))
            .ok_or_else(|| {
                InvalidValue::new(&format!("{time:?}"), "is not within the years 2000 to 9999")
            })
    }

    fn rounded_up(time: DateTime<Utc>) -> Option<Self> {
        let floor = time.trunc_subsecs(0).with_second(0)?;
        if floor == time {
            return Some(Self(floor));
        }
        floor.checked_add_signed(TimeDelta::minutes(1)).map(Self)
    }

    /// The time, with zero seconds.
    pub fn to_datetime(self) -> DateTime<Utc> {
        self.0
    }
}

impl TryFrom<DateTime<Utc>> for MinuteTime {
    type Error = InvalidValue;

    fn try_from(time: DateTime<Utc>) -> Result<Self, InvalidValue> {
        Self::new(time)
    }
}

impl fmt::Display for MinuteTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.0.hour(), self.0.minute());
        write!(f, "{}T{hour:02}:{minute:02}Z", self.0.date_naive())
    }
}

/// A value of a wire enum that this version of the crate does not know.
///
/// It has no public constructor. Compare with the enum's `as_str()`, so that your code keeps working when a later version
/// has a variant for the value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(String);

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An enum of the API: known values by name (compared without regard to case), any other value as it was received.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $wire:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "String"))]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* #[doc = concat!("\n\nOn the wire: `", $wire, "`.")] $variant, )+
            /// A value that this version does not know. It is sent and displayed as it is.
            Other(UnknownValue),
        }

        impl $name {
            /// The string as it is sent.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $wire, )+
                    Self::Other(UnknownValue(text)) => text,
                }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $( if text.eq_ignore_ascii_case($wire) { return Self::$variant; } )+
                Self::Other(UnknownValue(text.to_owned()))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

wire_enum! {
    /// The direction of a change (`OperatorType`).
    ///
    /// ```
    /// use aliyun_ecs::OperatorType;
    ///
    /// // All enums of this module keep values that they do not know.
    /// assert_eq!(OperatorType::from("UPGRADE"), OperatorType::Upgrade);
    /// assert_eq!(OperatorType::Upgrade.as_str(), "upgrade");
    /// assert_eq!(OperatorType::from("sidegrade").to_string(), "sidegrade");
    /// ```
    OperatorType {
        /// To a type with a higher price; the difference is charged.
        Upgrade = "upgrade",
        /// To a type with a lower price; the instance must be stopped, and the difference is refunded.
        Downgrade = "downgrade",
    }
}

wire_enum! {
    /// The category of the system disk after the change (`SystemDisk.Category`).
    SystemDiskCategory {
        /// Ultra disk.
        CloudEfficiency = "cloud_efficiency",
        /// Standard SSD.
        CloudSsd = "cloud_ssd",
    }
}

wire_enum! {
    /// The category of a disk (`Disk.N.Category`).
    DiskCategory {
        /// Basic disk, a retired category.
        Cloud = "cloud",
        /// Ultra disk.
        CloudEfficiency = "cloud_efficiency",
        /// Standard SSD.
        CloudSsd = "cloud_ssd",
        /// Enterprise SSD.
        CloudEssd = "cloud_essd",
        /// Enterprise SSD with automatic performance.
        CloudAuto = "cloud_auto",
        /// Entry-level enterprise SSD.
        CloudEssdEntry = "cloud_essd_entry",
    }
}

wire_enum! {
    /// The performance level of an enterprise SSD (`Disk.N.PerformanceLevel`).
    PerformanceLevel {
        /// Level 0.
        Pl0 = "PL0",
        /// Level 1.
        Pl1 = "PL1",
        /// Level 2.
        Pl2 = "PL2",
        /// Level 3.
        Pl3 = "PL3",
    }
}

wire_enum! {
    /// Whether a disk holds the operating system (`Type` of `DescribeDisks`).
    DiskKind {
        /// The system disk.
        System = "system",
        /// A data disk.
        Data = "data",
    }
}

wire_enum! {
    /// Whether the instance keeps running while its type changes (`ModifyMode`).
    ModifyMode {
        /// The instance keeps running.
        Online = "Online",
        /// The change takes effect with a restart.
        Offline = "Offline",
    }
}

mod instance;
#[cfg(feature = "serde")]
pub(crate) mod seconds;
mod text;

pub use instance::*;

pub(crate) use text::{
    NOT_SHOWN, OneLine, Setting, may_be_secret, one_line, shorten, shown, write_line,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_enums_keep_unknown_values() {
        let mode = ModifyMode::from("Sideways");
        assert_eq!(mode.as_str(), "Sideways");
        assert_eq!(ModifyMode::from("ONLINE"), ModifyMode::Online);
    }
}
