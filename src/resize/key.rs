//! The resume key: what a new process cannot read from the cloud.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::types::{ClientToken, InstanceId, InstanceType, InvalidValue, OperatorType};

/// What has to be kept to go on with a resize in another process: the client token, and what the instance was before.
///
/// The cloud does not tell whether a stopped instance was stopped by the resize, which has to start it again, or by its
/// owner, who wants it to stay so. The key does. It holds no secret, prints as one line without spaces (as long as the
/// token has none) and is read back by [`str::parse`].
///
/// ```
/// use aliyun_ecs::resize::ResumeKey;
///
/// let printed = "i-bp67acfmxazb4ph1a2b3/ecs.g5.large/ecs.g5.xlarge/upgrade/running/1577851500/my-token";
/// let key: ResumeKey = printed.parse()?;
/// assert_eq!(key.client_token().as_str(), "my-token");
/// assert_eq!(key.to_string(), printed);
/// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeKey {
    pub(super) instance_id: InstanceId,
    pub(super) to: InstanceType,
    pub(super) token: ClientToken,
    pub(super) before: Before,
}

/// What an instance was before anything was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) from: InstanceType,
    pub(super) direction: Direction,
    pub(super) was_running: bool,
    pub(super) started: Option<DateTime<Utc>>,
}

/// Which way a type changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To a larger type: the difference is charged.
    Upgrade,
    /// To a smaller type: the difference is refunded, and the instance has to be stopped for the order.
    Downgrade,
}

impl Direction {
    /// As the order sends it.
    pub(super) fn operator_type(self) -> OperatorType {
        match self {
            Self::Upgrade => OperatorType::Upgrade,
            Self::Downgrade => OperatorType::Downgrade,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        })
    }
}

impl ResumeKey {
    /// The instance that the key is for.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The type that the instance is to become.
    pub fn instance_type(&self) -> &InstanceType {
        &self.to
    }

    /// The client token of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.token
    }

    /// Whether the instance ran before anything was done to it.
    pub fn was_running(&self) -> bool {
        self.before.was_running
    }
}

impl fmt::Display for ResumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Before {
            from,
            direction,
            was_running,
            started,
        } = &self.before;
        let power = if *was_running { "running" } else { "stopped" };
        write!(
            f,
            "{}/{from}/{}/{direction}/{power}/",
            self.instance_id, self.to
        )?;
        match started {
            Some(time) => write!(f, "{}/", time.timestamp())?,
            None => f.write_str("-/")?,
        }
        write!(f, "{}", self.token)
    }
}

impl FromStr for ResumeKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let problem = |problem: &'static str| InvalidValue::new(text, problem);
        let parts: Vec<&str> = text.splitn(7, '/').collect();
        let [instance_id, from, to, direction, power, started, token] = parts[..] else {
            return Err(problem(
                "is no resume key: give it whole, as it was printed",
            ));
        };
        Ok(Self {
            instance_id: InstanceId::new(instance_id)?,
            to: InstanceType::new(to)?,
            token: ClientToken::new(token)?,
            before: Before {
                from: InstanceType::new(from)?,
                direction: match direction {
                    "upgrade" => Direction::Upgrade,
                    "downgrade" => Direction::Downgrade,
                    _ => return Err(problem("is no resume key: it has no direction")),
                },
                was_running: match power {
                    "running" => true,
                    "stopped" => false,
                    _ => return Err(problem("is no resume key: it does not say what ran")),
                },
                started: match started {
                    "-" => None,
                    seconds => Some(
                        seconds
                            .parse()
                            .ok()
                            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
                            .ok_or_else(|| problem("is no resume key: its time is malformed"))?,
                    ),
                },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_printed() {
        for text in [
            "i-1/ecs.g5.large/ecs.g5.xlarge/upgrade/running/1577851500/token",
            "i-1/ecs.g5.xlarge/ecs.g5.large/downgrade/stopped/-/a token/with/slashes",
        ] {
            assert_eq!(text.parse::<ResumeKey>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_part_of_a_key_is_refused() {
        let whole = "i-1/ecs.g5.large/ecs.g5.xlarge/upgrade/running/1577851500/token";
        for (at, _) in whole.match_indices('/') {
            assert!(whole[..at].parse::<ResumeKey>().is_err());
            assert!(whole[at + 1..].parse::<ResumeKey>().is_err());
        }
        assert!("my-token".parse::<ResumeKey>().is_err());
    }
}
