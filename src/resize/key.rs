//! The resume key: what a new process needs to resume a resize.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::error::{OrderState, Progress, Recovery};
use super::memory::{Memory, Order, Power, Seen};
use super::step::Direction;
use super::terms::Terms;
use crate::types::{ClientToken, InstanceId, InstanceType, InvalidValue, RegionId};

/// What to store to resume a resize in another process: the client token, what the run did and saw, and the settings that
/// limit what it may do.
///
/// The service does not report whether a stopped instance was stopped by the resize, which has to start it again, or by
/// a user, who wants it to stay stopped; nor whether an instance that shows the new type was restarted since. The key
/// holds both, and the settings that decide about money and downtime; see [`Resize::resume`](super::Resize::resume). It
/// has no secret, prints as one line without spaces (unless the token has some), and is read back by
/// [`str::parse`], which rejects a key that is not complete: with another token, a second order would be placed.
///
/// Store the key of each event before you poll the run again, and resume from the last one. Where a run is killed before
/// it learns the outcome of a stop or start, or the response is lost, and a user stops or starts the instance at that
/// moment, nothing distinguishes the two: the resize assumes that the stop or start is its own, and its
/// [`Waiting`](super::ResizeEventKind::Waiting) events say that this is not known. Resuming from an older key completes
/// as well, and orders nothing twice. But it may restart the instance again, and may assume that a later stop by a user
/// is its own. Use no key once the instance has been changed by other means: how long the service remembers a client
/// token is not documented.
///
/// ```
/// use aliyun_ecs::resize::ResumeKey;
///
/// let printed = "i-bp67acfmxazb4ph1a2b3/cn-hangzhou/ecs.g5.large/ecs.g5.xlarge/upgrade/running,possible,idle,-,-/d91c9904/my-token";
/// let key: ResumeKey = printed.parse()?;
/// assert_eq!(key.client_token().as_str(), "my-token");
/// assert_eq!(key.to_string(), printed);
/// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeKey {
    pub(super) instance_id: InstanceId,
    pub(super) region_id: RegionId,
    /// The type that is, or was last, to be ordered.
    pub(super) to: InstanceType,
    /// The other candidates.
    pub(super) others: Vec<InstanceType>,
    pub(super) token: ClientToken,
    pub(super) memory: Memory,
    pub(super) terms: Terms,
}

impl ResumeKey {
    /// The key of a resize that has not changed anything yet, for tests of your own code. A run gives out its own keys.
    pub fn new(
        instance_id: InstanceId,
        region_id: RegionId,
        from: InstanceType,
        to: InstanceType,
        token: ClientToken,
    ) -> Self {
        Self {
            instance_id,
            region_id,
            to,
            others: Vec::new(),
            token,
            memory: Memory {
                from,
                direction: Direction::Upgrade,
                runs: true,
                order: Order::None,
                power: Power::Idle,
                restart: None,
                seen: Seen::Nothing,
            },
            terms: Terms::default(),
        }
    }

    /// The instance that the key is for.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The region of the instance.
    pub fn region_id(&self) -> &RegionId {
        &self.region_id
    }

    /// The type that the instance had before the resize.
    pub fn from(&self) -> &InstanceType {
        &self.memory.from
    }

    /// The type that the instance is to become.
    pub fn instance_type(&self) -> &InstanceType {
        &self.to
    }

    /// The types that the instance may become, [`instance_type`](Self::instance_type) first.
    pub fn candidates(&self) -> impl Iterator<Item = &InstanceType> {
        std::iter::once(&self.to).chain(&self.others)
    }

    /// Which way the type changes.
    pub fn direction(&self) -> Direction {
        self.memory.direction
    }

    /// The client token of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.token
    }

    /// Whether the instance is to run at the end: it ran before, and no user has stopped it since.
    pub fn was_running(&self) -> bool {
        self.memory.runs
    }

    /// Whether a request that changes the instance may have been sent: an order, stop, start or restart.
    pub fn may_have_changed(&self) -> bool {
        !self.memory.is_untouched()
    }

    /// Whether there is an order, as far as the key knows. It is [`OrderState::Unknown`] from the first event on, since
    /// an event after the one that gave out the key may have placed it.
    pub fn order(&self) -> OrderState {
        self.memory.order.state()
    }

    /// Whether there is an order for certain, so that none is sent again.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self.memory.order, Order::Placed(_))
    }

    /// What the earlier run may have done, as far as the key knows.
    pub(super) fn progress(&self) -> Progress {
        let recovery = match self.memory.power {
            Power::Idle | Power::StartedByUser => Recovery::NotNeeded,
            _ => Recovery::Unknown("an earlier run may have stopped it".into()),
        };
        Progress {
            recovery,
            ..Progress::new(self.clone(), self.order())
        }
    }

    /// All but the token, and the checksum.
    fn parts(&self) -> (String, String) {
        let mut head = format!(
            "{}/{}/{}/{}",
            self.instance_id,
            self.region_id,
            self.from(),
            self.to
        );
        for other in &self.others {
            head = format!("{head}+{other}");
        }
        let mut head = format!("{head}/{}/{}", self.direction(), self.memory);
        if self.terms != Terms::default() {
            head = format!("{head};{}", self.terms);
        }
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
        let incomplete = || InvalidValue::new(text, "is not a complete resume key: copy all of it");
        // The token comes last: it may contain slashes.
        let line = text.trim_start().trim_end_matches(['\r', '\n']);
        let parts: Vec<&str> = line.splitn(8, '/').collect();
        let [
            instance_id,
            region_id,
            from,
            to,
            direction,
            memory,
            check,
            token,
        ] = parts[..]
        else {
            return Err(incomplete());
        };
        let mut types = to.split('+').map(InstanceType::new);
        let (memory, terms) = match memory.split_once(';') {
            Some((memory, terms)) => (memory, Terms::parse(terms).ok_or_else(incomplete)?),
            None => (memory, Terms::default()),
        };
        let direction = match direction {
            "upgrade" => Direction::Upgrade,
            "downgrade" => Direction::Downgrade,
            _ => return Err(incomplete()),
        };
        let key = Self {
            instance_id: InstanceId::new(instance_id)?,
            region_id: RegionId::new(region_id)?,
            to: types.next().ok_or_else(incomplete)??,
            others: types.collect::<Result<_, _>>()?,
            token: ClientToken::new(token)?,
            memory: Memory::parse(InstanceType::new(from)?, direction, memory)
                .ok_or_else(incomplete)?,
            terms,
        };
        match key.parts().1 == check {
            true => Ok(key),
            false => Err(InvalidValue::new(
                text,
                "is not a resume key as it was printed: copy all of it",
            )),
        }
    }
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
