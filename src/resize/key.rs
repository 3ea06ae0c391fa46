//! The resume key: what a new process cannot read from the cloud.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::step::{Direction, Step};
use crate::types::{ClientToken, InstanceId, InstanceStatus, InstanceType, InvalidValue, RegionId};

/// What has to be kept to go on with a resize in another process: the client token, and what the instance was before.
///
/// The cloud does not tell whether a stopped instance was stopped by the resize, which has to start it again, or by its
/// owner, who wants it to stay so; nor whether an instance that shows the new type was restarted since. The key does.
/// It holds no secret, prints as one line without spaces (as long as the token has none) and is read back by
/// [`str::parse`], which refuses one that is not whole: with another token, a second order would be placed.
///
/// Of several keys of a resize, the last one knows most. With an earlier one the resize ends as well, but may restart
/// the instance once more, to be sure that the new type is in effect, and takes a stop by the owner for its own where it
/// was to stop the instance itself. Use none once the instance has been changed by other means: how long the service
/// remembers the token is not documented, and the first key does not know that the order is through.
///
/// ```
/// use aliyun_ecs::resize::ResumeKey;
///
/// let printed = "i-bp67acfmxazb4ph1a2b3/ecs.g5.large/ecs.g5.xlarge/upgrade/running/-/62865bbf/my-token";
/// let key: ResumeKey = printed.parse()?;
/// assert_eq!(key.client_token().as_str(), "my-token");
/// assert_eq!(key.to_string(), printed);
/// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeKey {
    pub(super) instance_id: InstanceId,
    pub(super) region_id: RegionId,
    pub(super) to: InstanceType,
    pub(super) token: ClientToken,
    pub(super) before: Before,
}

/// What an instance was before anything was done to it, and what was seen of the new type since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) from: InstanceType,
    pub(super) direction: Direction,
    pub(super) power: Power,
    pub(super) seen: Seen,
}

impl Before {
    /// Whether the instance ran before anything was done to it.
    pub(super) fn was_running(&self) -> bool {
        self.power != Power::Stopped
    }

    /// A downgrade needs the instance stopped: what this resize has not stopped, its owner has. Says whether that is new.
    pub(super) fn detect_user_stop(&mut self, status: Option<&InstanceStatus>) -> bool {
        let by_user = self.direction == Direction::Downgrade
            && self.power == Power::Running
            && status == Some(&InstanceStatus::Stopped);
        if by_user {
            self.power = Power::Stopped;
        }
        by_user
    }

    /// What a run has to know that goes on after the steps to come were begun.
    pub(super) fn ahead<'a>(&self, mut to_come: impl Iterator<Item = &'a Step>) -> Self {
        let mut ahead = self.clone();
        if self.power == Power::Running && to_come.any(|step| *step == Step::Stop) {
            ahead.power = Power::StoppedByUs;
        }
        ahead
    }
}

/// Who wants the instance to run or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    /// It ran before, and this resize has not taken it down, or not left it so.
    Running,
    /// It ran before, and this resize has taken it down, or is about to: it is to run again.
    StoppedByUs,
    /// Its owner has stopped it.
    Stopped,
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::StoppedByUs => "halted",
            Self::Stopped => "stopped",
        })
    }
}

impl FromStr for Power {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "running" => Ok(Self::Running),
            "halted" => Ok(Self::StoppedByUs),
            "stopped" => Ok(Self::Stopped),
            _ => Err("is no resume key: it does not say what ran"),
        }
    }
}

/// What was seen of the instance since it shows the new type, by which a later restart is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing that would tell.
    Nothing,
    /// It ran, started at this time if that is known: the type is in effect after a later start.
    Running(Option<DateTime<Utc>>),
    /// It was down: the type is in effect as soon as it runs.
    Down,
}

impl Seen {
    /// Whether an instance that runs, started at this time, has started since it shows the new type.
    pub(super) fn proves(self, start_time: Option<DateTime<Utc>>) -> bool {
        match self {
            Self::Down => true,
            Self::Running(Some(old)) => start_time.is_some_and(|new| new > old),
            Self::Running(None) | Self::Nothing => false,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("-"),
            Self::Running(Some(started)) => write!(f, "{}", started.timestamp()),
            Self::Running(None) => f.write_str("up"),
            Self::Down => f.write_str("down"),
        }
    }
}

impl FromStr for Seen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "-" => Ok(Self::Nothing),
            "up" => Ok(Self::Running(None)),
            "down" => Ok(Self::Down),
            seconds => seconds
                .parse()
                .ok()
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
                .map(|started| Self::Running(Some(started)))
                .ok_or("is no resume key: its time is malformed"),
        }
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

    /// The types that the instance may become, the preferred one first.
    pub fn candidates(&self) -> impl Iterator<Item = &InstanceType> {
        std::iter::once(&self.to)
    }

    /// The region of the instance.
    pub fn region_id(&self) -> &RegionId {
        &self.region_id
    }

    /// The client token of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.token
    }

    /// Whether the instance ran before anything was done to it.
    pub fn was_running(&self) -> bool {
        self.before.was_running()
    }
}

impl ResumeKey {
    /// All but the token, and what tells whether the key is whole.
    fn parts(&self) -> (String, String) {
        let Before {
            from,
            direction,
            power,
            seen,
        } = &self.before;
        let head = format!(
            "{}/{}/{from}/{}/{direction}/{power}/{seen}",
            self.instance_id, self.region_id, self.to
        );
        let digest = Sha256::digest(format!("{head}/{}", self.token));
        let check = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
        (head, check.collect())
    }
}

impl fmt::Display for ResumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, check) = self.parts();
        write!(f, "{head}/{check}/{}", self.token)
    }
}

impl FromStr for ResumeKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let problem = |problem: &'static str| InvalidValue::new(text, problem);
        // The token comes last: it may have slashes.
        let line = text.trim_start().trim_end_matches(['\r', '\n']);
        let parts: Vec<&str> = line.splitn(9, '/').collect();
        let [
            instance_id,
            region_id,
            from,
            to,
            direction,
            power,
            seen,
            check,
            token,
        ] = parts[..]
        else {
            return Err(problem(
                "is no resume key: give it whole, as it was printed",
            ));
        };
        let key = Self {
            instance_id: InstanceId::new(instance_id)?,
            region_id: RegionId::new(region_id)?,
            to: InstanceType::new(to)?,
            token: ClientToken::new(token)?,
            before: Before {
                from: InstanceType::new(from)?,
                direction: match direction {
                    "upgrade" => Direction::Upgrade,
                    "downgrade" => Direction::Downgrade,
                    _ => return Err(problem("is no resume key: it has no direction")),
                },
                power: power.parse().map_err(problem)?,
                seen: seen.parse().map_err(problem)?,
            },
        };
        if key.parts().1 != check {
            return Err(problem(
                "is not the resume key as it was printed: copy it whole",
            ));
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(token: &str, seen: Seen) -> ResumeKey {
        ResumeKey {
            instance_id: InstanceId::new("i-1").unwrap(),
            region_id: RegionId::new("cn-hangzhou").unwrap(),
            to: InstanceType::new("ecs.g5.large").unwrap(),
            token: ClientToken::new(token).unwrap(),
            before: Before {
                from: InstanceType::new("ecs.g5.xlarge").unwrap(),
                direction: Direction::Downgrade,
                power: Power::StoppedByUs,
                seen,
            },
        }
    }

    #[test]
    fn a_key_is_read_back_as_it_was_printed() {
        let started = DateTime::from_timestamp(1_577_851_500, 0);
        let running = [started, None].map(Seen::Running);
        for seen in [Seen::Nothing, Seen::Down].into_iter().chain(running) {
            for token in ["token", "a token/with/slashes"] {
                let key = key(token, seen);
                assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
    }

    #[test]
    fn a_line_break_after_a_key_is_no_part_of_it() {
        let key = key("token ", Seen::Nothing);
        assert_eq!(format!(" {key}\r\n").parse(), Ok(key));
    }

    #[test]
    fn a_key_that_is_not_whole_is_refused() {
        let whole = key("my/token-1", Seen::Down).to_string();
        for at in 1..whole.len() {
            assert!(whole[..at].parse::<ResumeKey>().is_err(), "{at}");
            assert!(whole[at..].parse::<ResumeKey>().is_err(), "{at}");
        }
        for wrong in [
            whole.replace("token", "tokem"),
            whole.replace("halted", "stopped"),
        ] {
            let error = wrong.parse::<ResumeKey>().unwrap_err();
            assert!(error.to_string().contains("copy it whole"), "{error}");
        }
        assert!("my-token".parse::<ResumeKey>().is_err());
    }
}
