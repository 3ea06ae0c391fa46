//! Builds a `Resize`: the setters. `validation.rs` checks all settings together.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::key::ResumeKey;
use super::settings::{Accepted, Resize, Restart, StopPolicy};
use super::step::Direction;
use crate::operation::{
    DiskChange, ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecRequestBuilder,
};
use crate::types::SystemDiskCategory;

mod validation;

/// The shortest time between two polls of an instance.
const MIN_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Builds a [`Resize`].
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::{Restart, StopPolicy};
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///     .candidates(["ecs.g6.xlarge", "ecs.c6.xlarge"])
///     .region_id("cn-beijing")
///     .restart(Restart::WhenNeeded)
///     .stop_policy(StopPolicy::Deny)
///     .max_price(500)
///     .auto_pay(true)
///     .timeout(Duration::from_secs(3_600))
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build()`"]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(default = "ResizeBuilder::blank", deny_unknown_fields)
)]
pub struct ResizeBuilder {
    instance_id: String,
    instance_type: String,
    candidates: Vec<String>,
    region_id: Option<String>,
    client_token: Option<String>,
    #[cfg_attr(feature = "serde", serde(default = "ResizeBuilder::owns_tokens"))]
    own_token: bool,
    restart: Restart,
    stop_policy: StopPolicy,
    stop_first: bool,
    stop_again: bool,
    #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds::optional"))]
    force_stop_after: Option<Duration>,
    restart_on_failure: bool,
    max_price: Option<Decimal>,
    auto_pay: Option<bool>,
    migrate_across_zone: Option<bool>,
    end_time: Option<DateTime<Utc>>,
    system_disk_category: Option<SystemDiskCategory>,
    disks: Vec<DiskChange>,
    #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
    poll_interval: Duration,
    #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
    timeout: Duration,
    resume: Option<ResumeKey>,
    accepted: Option<Accepted>,
}

impl Resize {
    /// The intent to change the instance `instance_id` to the type `instance_type`.
    pub fn builder(
        instance_id: impl Into<String>,
        instance_type: impl Into<String>,
    ) -> ResizeBuilder {
        ResizeBuilder::new(instance_id.into(), instance_type.into())
    }

    /// The intent that a key was printed for, to resume it: with the instance, types, region and client token of the key.
    ///
    /// The key also holds the settings that limit the price (`max_price`, and the currency of an accepted plan), the payment
    /// (`auto_pay`) and the downtime (`restart`, `stop_policy`, `restart_on_failure`); a setter replaces them. Set
    /// `migrate_across_zone`, `end_time`, `system_disk_category` and `disk` again as in the first run: until the order is
    /// placed, [`build`](ResizeBuilder::build) rejects a resize without them. All others have their defaults: `stop_first`,
    /// `stop_again`, `force_stop_after`, `poll_interval` and `timeout`. To keep every setting, store the [`Resize`] as
    /// well, and use [`ResizeBuilder::resume_key`].
    pub fn resume(key: ResumeKey) -> ResizeBuilder {
        ResizeBuilder::resuming(key)
    }

    /// A builder with the same settings, client token included.
    pub fn to_builder(&self) -> ResizeBuilder {
        ResizeBuilder::from_resize(self)
    }
}

impl ResizeBuilder {
    fn new(instance_id: String, instance_type: String) -> Self {
        Self {
            instance_id,
            instance_type,
            candidates: Vec::new(),
            region_id: None,
            client_token: None,
            own_token: false,
            restart: Restart::default(),
            stop_policy: StopPolicy::default(),
            stop_first: false,
            stop_again: false,
            force_stop_after: None,
            restart_on_failure: true,
            max_price: None,
            auto_pay: None,
            migrate_across_zone: None,
            end_time: None,
            system_disk_category: None,
            disks: Vec::new(),
            poll_interval: MIN_POLL_INTERVAL,
            timeout: Duration::from_secs(30 * 60),
            resume: None,
            accepted: None,
        }
    }

    /// What a serialized resize leaves out has its default.
    #[cfg(feature = "serde")]
    fn blank() -> Self {
        Self::new(String::new(), String::new())
    }

    /// A client token that was written by hand may have been used before.
    #[cfg(feature = "serde")]
    fn owns_tokens() -> bool {
        true
    }

    fn resuming(key: ResumeKey) -> Self {
        let mut types = key.candidates().map(ToString::to_string);
        let first = types.next().unwrap_or_default();
        let terms = &key.terms;
        Self {
            restart: terms.restart,
            stop_policy: terms.stop_policy,
            restart_on_failure: !terms.stays_stopped,
            max_price: terms.max_price,
            auto_pay: terms.auto_pay,
            accepted: terms.accepted.clone().map(|currency| Accepted {
                from: key.from().clone(),
                direction: Some(key.direction()),
                currency,
            }),
            candidates: types.collect(),
            region_id: Some(key.region_id().to_string()),
            client_token: Some(key.client_token().to_string()),
            resume: Some(key.clone()),
            ..Self::new(key.instance_id().to_string(), first)
        }
    }

    /// Resumes from this key with the settings of this builder. Instance, types, region and client token become those
    /// of the key. So do a maximum price, `auto_pay` and an accepted plan that this builder does not have. Default: none,
    /// the resize begins from the start.
    ///
    /// For a [`Resize`] that was stored with its last key:
    ///
    /// ```
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::ResumeKey;
    ///
    /// # let stored = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").max_price(500).build()?;
    /// # let key = "i-bp67acfmxazb4ph1a2b3/cn-hangzhou/ecs.g5.large/ecs.g5.xlarge/upgrade/running,possible,idle,-,-/d91c9904/my-token";
    /// # let key: ResumeKey = key.parse()?;
    /// let resize = stored.to_builder().resume_key(key).build()?;
    /// assert_eq!(resize.max_price(), Some(500.into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume_key(self, key: ResumeKey) -> Self {
        let resumed = Self::resuming(key);
        Self {
            instance_id: resumed.instance_id,
            instance_type: resumed.instance_type,
            candidates: resumed.candidates,
            region_id: resumed.region_id,
            client_token: resumed.client_token,
            own_token: resumed.own_token,
            resume: resumed.resume,
            max_price: self.max_price.or(resumed.max_price),
            auto_pay: self.auto_pay.or(resumed.auto_pay),
            accepted: self.accepted.or(resumed.accepted),
            ..self
        }
    }

    fn from_resize(resize: &Resize) -> Self {
        Self {
            instance_id: resize.instance_id.to_string(),
            instance_type: resize.instance_type.to_string(),
            candidates: resize.candidates.iter().map(ToString::to_string).collect(),
            region_id: resize.region_id.as_ref().map(ToString::to_string),
            client_token: Some(resize.client_token.to_string()),
            own_token: resize.own_token,
            restart: resize.restart,
            stop_policy: resize.stop_policy,
            stop_first: resize.stop_first,
            stop_again: resize.stop_again,
            force_stop_after: resize.force_stop_after,
            restart_on_failure: resize.restart_on_failure,
            max_price: resize.max_price,
            auto_pay: resize.auto_pay,
            migrate_across_zone: resize.migrate_across_zone,
            end_time: resize.end_time.map(|time| time.to_datetime()),
            system_disk_category: resize.system_disk_category.clone(),
            disks: resize.disks.clone(),
            poll_interval: resize.poll_interval,
            timeout: resize.timeout,
            resume: resize.resume.clone(),
            accepted: resize.accepted.clone(),
        }
    }

    /// The order that these settings place. Every violation of it is found before the first step: by `build` what holds
    /// for both directions, by the checks of a plan the rest.
    pub(super) fn order(
        &self,
        to: &str,
        direction: Option<Direction>,
        runs: bool,
    ) -> ModifyPrepayInstanceSpecRequestBuilder {
        // An instance that is stopped is not restarted.
        let reboot_time = match self.restart {
            Restart::At(time) if runs => Some(time),
            Restart::At(_) | Restart::Never | Restart::WhenNeeded => None,
        };
        let mut order = ModifyPrepayInstanceSpecRequest::builder(&*self.instance_id, to)
            .set_region_id(self.region_id.clone())
            .set_client_token(self.client_token.clone())
            .set_operator_type(direction.map(Direction::operator_type))
            .set_auto_pay(self.auto_pay)
            .set_migrate_across_zone(self.migrate_across_zone)
            .set_system_disk_category(self.system_disk_category.clone())
            .set_end_time(self.end_time)
            .set_reboot_time(reboot_time);
        for disk in &self.disks {
            order = order.disk(disk.clone());
        }
        order
    }

    /// Further types that the instance may become, tried in this order where the one before is sold out or not
    /// offered. Default: none.
    ///
    /// The checks skip such types before the order. If an order itself is rejected because its type is sold out, the next
    /// type is ordered under the same client token, so that the service never accepts two orders. Whether it remembers
    /// the token of a rejected order is not documented; if it does, the run fails with `IdempotenceParamNotMatch`.
    pub fn candidates<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.candidates = types.into_iter().map(Into::into).collect();
        self
    }

    /// The region that the instance is in. Default: the client's region, or that of the key that is resumed.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// When the instance restarts. Default: [`Restart::WhenNeeded`]. Any other value contradicts
    /// [`stop_first`](Self::stop_first).
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Whether a running instance may be stopped where the change needs it. Default: [`StopPolicy::Allow`].
    /// [`StopPolicy::Deny`] contradicts [`stop_first`](Self::stop_first).
    pub fn stop_policy(mut self, policy: StopPolicy) -> Self {
        self.stop_policy = policy;
        self
    }

    /// Whether an upgrade, too, stops the instance before the order and starts it afterwards. Default: `false`.
    ///
    /// Some upgrades need it, for instance on dedicated hosts. Without this setting, the resize stops the instance
    /// once the service has rejected the order for this reason (`InvalidStatus.NotStopped`).
    ///
    /// [`build`](Self::build) rejects it together with a setting that rules out a stop: [`StopPolicy::Deny`],
    /// [`Restart::Never`] or [`Restart::At`]. With [`auto_pay(false)`](Self::auto_pay), the instance is stopped for the
    /// order and started again at once: the type takes effect with a restart after the payment.
    pub fn stop_first(mut self, stop_first: bool) -> Self {
        self.stop_first = stop_first;
        self
    }

    /// Whether the resize may stop the instance again after a user has started it in the middle of the resize.
    /// Default: `false`, such a resize fails.
    pub fn stop_again(mut self, stop_again: bool) -> Self {
        self.stop_again = stop_again;
        self
    }

    /// Cuts the power (`ForceStop`) where the instance has not stopped this long after the stop was accepted; **what
    /// was not written to disk is lost**. A resumed run counts from its own begin. Default: never.
    pub fn force_stop_after(mut self, after: Duration) -> Self {
        self.force_stop_after = Some(after);
        self
    }

    /// Whether an instance that the resize has stopped is started again when the resize fails. Default: `true`. An
    /// order that is not carried out after 5 minutes counts as a failure if the instance was stopped for it. With
    /// `false`, the instance stays stopped until the order is carried out or the run ends.
    pub fn restart_on_failure(mut self, restart: bool) -> Self {
        self.restart_on_failure = restart;
        self
    }

    /// The most that the order may cost, in the account's currency; checked right before the order. Default: any price.
    ///
    /// A downgrade is refunded, and passes. An order that also changes a [`disk`](Self::disk) has no price to compare,
    /// so that nothing is ordered.
    pub fn max_price(mut self, max_price: impl Into<Decimal>) -> Self {
        self.max_price = Some(max_price.into());
        self
    }

    /// Whether an upgrade is paid at once (`AutoPay`). Default of the service: `true`.
    ///
    /// With `false` the resize ends with [`AwaitingPayment`](super::Completion::AwaitingPayment); resume it after
    /// paying in the console.
    pub fn auto_pay(mut self, auto_pay: bool) -> Self {
        self.auto_pay = Some(auto_pay);
        self
    }

    /// The client token of the order. Default: a random UUID, or the token of the key that is resumed.
    ///
    /// A token that an earlier run has used orders nothing twice. But without its [resume key](ResumeKey) the run
    /// cannot know what the earlier one did to the instance, for instance that it has stopped it: prefer the key.
    pub fn client_token(mut self, client_token: impl Into<String>) -> Self {
        self.client_token = Some(client_token.into());
        self.own_token = true;
        self
    }

    /// Whether the instance may move to another cluster (`MigrateAcrossZone`). Default of the service: `false`.
    pub fn migrate_across_zone(mut self, migrate: bool) -> Self {
        self.migrate_across_zone = Some(migrate);
        self
    }

    /// When the change ends and the old type returns (`EndTime`), rounded up to the minute; later than
    /// [`Restart::At`]. Default: never.
    pub fn end_time(mut self, end_time: DateTime<Utc>) -> Self {
        self.end_time = Some(end_time);
        self
    }

    /// The category that the system disk is changed to by the same order (`SystemDisk.Category`). Default: as it is.
    ///
    /// The quote covers it. It is for upgrades only: with a downgrade, the check
    /// [`Order`](super::CheckKind::Order) blocks the resize.
    pub fn system_disk_category(mut self, category: impl Into<SystemDiskCategory>) -> Self {
        self.system_disk_category = Some(category.into());
        self
    }

    /// A data disk that is changed by the same order (`Disk.N`). Default: none.
    ///
    /// The quote of the service does not cover it. So the price of the order is unknown: its plan cannot be
    /// [accepted](super::ResizePlan::accept), and it is not placed with a [`max_price`](Self::max_price).
    pub fn disk(mut self, disk: DiskChange) -> Self {
        self.disks.push(disk);
        self
    }

    /// The shortest time between two polls of the instance, at least 1 s. It grows to 5 s where a step takes more
    /// than a minute. Default: 1 s.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// The timeout of a run. Default: 30 minutes. A run that has not ordered ends 10 s before it (a quarter of a timeout
    /// of less than 40 s), so that no stop or order comes too late. Starting the instance again after a failure may take 2
    /// minutes more.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}
