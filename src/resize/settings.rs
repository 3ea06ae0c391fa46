//! `Resize`: what is to be changed, and the settings of the change. Plain data.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::key::ResumeKey;
use super::quote::Quote;
use super::step::{Direction, Minute};
use crate::operation::DiskChange;
use crate::types::{
    ClientToken, InstanceId, InstanceType, MinuteTime, RegionId, SystemDiskCategory,
};

/// When the instance restarts so that the new type takes effect.
///
/// ```
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::Restart;
/// use chrono::{DateTime, Utc};
///
/// let night: DateTime<Utc> = "2030-01-31T18:00:00Z".parse()?;
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///     .restart(Restart::At(night))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Restart {
    /// As soon as the instance shows the new type, if it ran before. An instance that a user has stopped stays stopped.
    #[default]
    WhenNeeded,
    /// Not by the resize: the type takes effect with the user's next restart. Rules out a change that needs the
    /// instance stopped while it runs.
    Never,
    /// By the service at this time (`RebootTime`), rounded up to the minute. Rules out a change that needs the
    /// instance stopped while it runs.
    At(DateTime<Utc>),
}

impl Restart {
    /// The stable name: `when_needed`, `never` or `at`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WhenNeeded => "when_needed",
            Self::Never => "never",
            Self::At(_) => "at",
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WhenNeeded => f.pad("when needed"),
            Self::Never => f.pad("never"),
            Self::At(time) => write!(f, "at {}", Minute(*time)),
        }
    }
}

/// Whether the resize may stop a running instance where the change needs it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum StopPolicy {
    /// The resize stops the instance, and starts it again after the order.
    #[default]
    Allow,
    /// The resize fails before it changes anything.
    Deny,
}

impl StopPolicy {
    /// The stable name: `allow` or `deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for StopPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The intent to change the type of a subscription instance, with all settings of the change. Plain data.
///
/// It has one client token: even if it is run several times, it orders once. But only a run that is
/// [resumed](Resize::resume) from the last key of the earlier one knows what that one stopped, and whether it must restart.
///
/// ```
/// # use std::time::Duration;
/// # use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::builder().transition(Duration::from_millis(20)).start().await?;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator
/// #     .client_builder()
/// #     .clock(FastClock::new(100))
/// #     .attempt_timeout(Duration::from_secs(1_500))
/// #     .timeout(Duration::from_secs(6_000))
/// #     .build()?;
/// use aliyun_ecs::Resize;
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let report = client.resize(resize).await?;
/// println!("{report}");
/// # assert!(report.restarted());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Resize {
    pub(super) instance_id: InstanceId,
    pub(super) instance_type: InstanceType,
    /// The types that the instance may become where `instance_type` is not available, the preferred one first.
    pub(super) candidates: Vec<InstanceType>,
    pub(super) region_id: Option<RegionId>,
    pub(super) client_token: ClientToken,
    /// The token was chosen by the caller, so that an earlier run may have used it.
    pub(super) own_token: bool,
    pub(super) restart: Restart,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) reboot_time: Option<MinuteTime>,
    pub(super) stop_policy: StopPolicy,
    pub(super) stop_first: bool,
    pub(super) stop_again: bool,
    #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds::optional"))]
    pub(super) force_stop_after: Option<Duration>,
    pub(super) restart_on_failure: bool,
    pub(super) max_price: Option<Decimal>,
    pub(super) auto_pay: Option<bool>,
    pub(super) migrate_across_zone: Option<bool>,
    pub(super) end_time: Option<MinuteTime>,
    pub(super) system_disk_category: Option<SystemDiskCategory>,
    pub(super) disks: Vec<DiskChange>,
    #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
    pub(super) poll_interval: Duration,
    #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
    pub(super) timeout: Duration,
    pub(super) resume: Option<ResumeKey>,
    /// What an accepted plan said, to which a run keeps.
    pub(super) accepted: Option<Accepted>,
}

/// What a person has confirmed by accepting a plan, apart from the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Accepted {
    /// The type before the change.
    pub(super) from: InstanceType,
    /// `None` if the instance had the type already.
    pub(super) direction: Option<Direction>,
    /// The currency of the quote.
    pub(super) currency: Option<String>,
}

impl Resize {
    /// The instance.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The type that the instance is to become: the first candidate.
    pub fn instance_type(&self) -> &InstanceType {
        &self.instance_type
    }

    /// The types that the instance may become, the preferred one first: [`instance_type`](Self::instance_type), then
    /// those of [`ResizeBuilder::candidates`](super::ResizeBuilder::candidates).
    pub fn candidates(&self) -> impl Iterator<Item = &InstanceType> {
        std::iter::once(&self.instance_type).chain(&self.candidates)
    }

    /// The region that the instance is in, if one was set; else it is the client's.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// The client token of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.client_token
    }

    /// The most that the order may cost, if a maximum was set.
    pub fn max_price(&self) -> Option<Decimal> {
        self.max_price
    }

    /// The key that this resumes, if it does.
    pub fn resume_key(&self) -> Option<&ResumeKey> {
        self.resume.as_ref()
    }

    /// The disks that the order changes along with the type, if it does.
    ///
    /// No documentation says that `DescribeInstanceModificationPrice` can quote a change of `Disk.N`.
    pub(super) fn changed_disks(&self) -> Option<String> {
        let mut names = Vec::new();
        for (number, disk) in (1..).zip(&self.disks) {
            names.push(match disk.disk_id() {
                Some(id) => id.to_owned(),
                None => format!("Disk.{number}"),
            });
        }
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The quote, unless a plan in another currency was accepted.
    pub(super) fn in_accepted_currency(&self, quote: Quote) -> Result<Quote, String> {
        let accepted = self.accepted.as_ref().and_then(|it| it.currency.as_ref());
        match accepted.filter(|accepted| **accepted != quote.currency) {
            Some(accepted) => Err(format!(
                "the price is quoted in {}, and the accepted plan was quoted in {accepted}",
                quote.currency
            )),
            None => Ok(quote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_a_stable_name_and_a_text_for_people() {
        let night = Restart::At(DateTime::UNIX_EPOCH);
        for (restart, name, text) in [
            (Restart::WhenNeeded, "when_needed", "when needed"),
            (Restart::Never, "never", "never"),
            (night, "at", "at 1970-01-01 00:00 UTC"),
        ] {
            assert_eq!((restart.as_str(), &*restart.to_string()), (name, text));
        }
        assert_eq!(StopPolicy::Allow.to_string(), "allow");
        assert_eq!(format!("{:>5}", StopPolicy::Deny), " deny");
    }
}
