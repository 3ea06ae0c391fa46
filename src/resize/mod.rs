//! The whole change of type, not one call of it: plan, price, stop, order, wait, restart, verify.
//!
//! The [guide](crate::guide::resize) shows how to run one, and how to go on with it after a crash.
//!
//! ```no_run
//! use aliyun_ecs::{Client, Resize};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from_env()?;
//! let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
//! println!("{}", client.plan_resize(&resize).await?);
//! let report = client.resize(&resize, |event| println!("{event}")).await?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod assess;
mod error;
mod event;
mod key;
mod plan;
mod poll;
mod recover;
mod run;
mod turn;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

pub use error::{OrderState, Progress, Recovery, ResizeError, ResizeErrorKind};
pub use event::{Completion, ResizeEvent, ResizeReport, Step};
pub use key::{Direction, ResumeKey};
pub use plan::{Quote, ResizePlan, Warning};

use crate::client::Client;
use crate::error::{ValidationError, Violations};
use crate::types::{ClientToken, InstanceId, InstanceType, MinuteTime, RegionId};
use key::{Before, Power};

/// The shortest time between two looks at an instance.
const MIN_POLL_INTERVAL: Duration = Duration::from_secs(1);

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
pub enum Restart {
    /// As soon as the new type is shown, if the instance ran before. One that its owner has stopped stays stopped.
    #[default]
    WhenNeeded,
    /// Not by the resize: the type takes effect with the owner's next restart. Rules out the downgrade of a running
    /// instance, which has to be stopped.
    Never,
    /// By the service, at this time (`RebootTime`), rounded up to the minute. Rules out the downgrade of a running
    /// instance as well.
    At(DateTime<Utc>),
}

/// Whether a running instance may be stopped for a downgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopPolicy {
    /// It is stopped, and started again after the order.
    #[default]
    Allow,
    /// The downgrade of a running instance is refused.
    Deny,
}

/// The intent to change the type of a subscription instance.
///
/// It has one client token: however often it is run, it orders once. Clones share what runs of it have learned.
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
/// println!("{}", client.plan_resize(&resize).await?);
/// let report = client.resize(&resize, |event| println!("{event}")).await?;
/// println!("{report}");
/// # assert!(report.restarted());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Resize {
    instance_id: InstanceId,
    instance_type: InstanceType,
    region_id: Option<RegionId>,
    client_token: ClientToken,
    restart: Restart,
    reboot_time: Option<MinuteTime>,
    stop_for_downgrade: StopPolicy,
    restart_on_failure: bool,
    max_price: Option<Decimal>,
    auto_pay: Option<bool>,
    migrate_across_zone: Option<bool>,
    poll_interval: Duration,
    timeout: Duration,
    before: Memory,
}

/// What the instance was before anything was done to it, once something may have been.
#[derive(Clone)]
struct Memory(Arc<Mutex<Option<Before>>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Option<Before>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

impl Resize {
    /// The intent that the instance `instance_id` becomes of the type `instance_type`.
    pub fn builder(
        instance_id: impl Into<String>,
        instance_type: impl Into<String>,
    ) -> ResizeBuilder {
        ResizeBuilder {
            instance_id: instance_id.into(),
            instance_type: instance_type.into(),
            ..Default::default()
        }
    }

    /// The intent that a key was printed for, to go on with it.
    ///
    /// All settings must be those of the first run: the service refuses another order under the same token.
    pub fn resume(key: ResumeKey) -> ResizeBuilder {
        Self::builder(key.instance_id.as_str(), key.to.as_str()).resume(key)
    }

    /// The instance.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The type that it is to become.
    pub fn instance_type(&self) -> &InstanceType {
        &self.instance_type
    }

    /// The client token of its order.
    pub fn client_token(&self) -> &ClientToken {
        &self.client_token
    }

    /// What resumes this in another process, once a run has begun to change something (or it was itself resumed).
    pub fn resume_key(&self) -> Option<ResumeKey> {
        self.before().map(|before| self.key(before))
    }

    fn key(&self, before: Before) -> ResumeKey {
        ResumeKey {
            instance_id: self.instance_id.clone(),
            to: self.instance_type.clone(),
            token: self.client_token.clone(),
            before,
        }
    }

    fn before(&self) -> Option<Before> {
        self.before.lock().clone()
    }

    fn remember(&self, before: Option<Before>) {
        *self.before.lock() = before;
    }

    /// Why the instance may not be stopped, if it may not.
    fn no_stop(&self, before: &Before) -> Option<&'static str> {
        match (self.stop_for_downgrade, self.restart) {
            _ if before.power == Power::Stopped => {
                Some("its owner, who had stopped it, has started it since")
            }
            (StopPolicy::Deny, _) => {
                Some("stopping it is not allowed: stop it yourself, or allow it")
            }
            (_, Restart::Never) => {
                Some("it is not to be restarted: stop it yourself, or allow a restart")
            }
            (_, Restart::At(_)) => {
                Some("it is to be restarted at a set time only: stop it yourself, or allow it now")
            }
            (StopPolicy::Allow, Restart::WhenNeeded) => None,
        }
    }
}

impl Client {
    /// Looks at everything that a resize depends on, and changes nothing.
    ///
    /// Show the plan to whoever decides: its `Display` says what would be done, what it costs and what it means.
    ///
    /// # Errors
    ///
    /// What cannot work is refused with its [`kind`](ResizeError::kind).
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::Step;
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let plan = client.plan_resize(&resize).await?;
    /// assert_eq!(plan.steps(), [Step::Order, Step::AwaitChange, Step::Restart]);
    /// # assert!(simulator.orders().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plan_resize(&self, resize: &Resize) -> Result<ResizePlan, ResizeError> {
        plan::plan(self, resize).await
    }

    /// Changes the type of an instance, all the way until it is in effect.
    ///
    /// Each turn looks at the instance and takes the next step, so that calling this again with the same
    /// [`Resize`] after a failure, or in another process with one built with
    /// [`resume`](ResizeBuilder::resume), goes on where it was, and orders once. `on_event` hears of every step;
    /// keep the key of the first event, and each that [follows it](ResizeEvent::KeyChanged), to be able to resume
    /// after a crash. Do not run the same resize twice at a time.
    ///
    /// The new type counts as in effect only once the instance was seen to start after it showed that type.
    ///
    /// Dropping the future stops at the next wait, wherever the instance is then; resume to finish.
    ///
    /// # Errors
    ///
    /// [`ResizeError::progress`] says what was done, whether there is an order, and holds the key to resume. After a
    /// failure, an instance that the resize has stopped is started again, for which the call takes about 2 minutes
    /// longer than its [`timeout`](ResizeBuilder::timeout). It stays stopped while an order is being carried out, which
    /// a start could miss; [`Progress::recovery`] and the error's text say so.
    ///
    /// # Example
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
    /// use aliyun_ecs::resize::Completion;
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let report = client.resize(&resize, |event| println!("{event}")).await?;
    /// assert_eq!(report.completion(), Completion::InEffect);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resize(
        &self,
        resize: &Resize,
        on_event: impl FnMut(&ResizeEvent) + Send,
    ) -> Result<ResizeReport, ResizeError> {
        run::run(self, resize, on_event).await
    }
}

/// Builds a [`Resize`].
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::{Restart, StopPolicy};
/// use rust_decimal::Decimal;
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///     .region_id("cn-beijing")
///     .restart(Restart::WhenNeeded)
///     .stop_for_downgrade(StopPolicy::Deny)
///     .max_price(Decimal::from(500))
///     .auto_pay(true)
///     .poll_interval(Duration::from_secs(5))
///     .timeout(Duration::from_secs(3_600))
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct ResizeBuilder {
    instance_id: String,
    instance_type: String,
    region_id: Option<String>,
    client_token: Option<String>,
    restart: Restart,
    stop_for_downgrade: StopPolicy,
    leave_stopped: bool,
    max_price: Option<Decimal>,
    auto_pay: Option<bool>,
    migrate_across_zone: Option<bool>,
    poll_interval: Option<Duration>,
    timeout: Option<Duration>,
    resume: Option<ResumeKey>,
}

impl ResizeBuilder {
    /// The region that the instance is in. Default: the client's region.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// When the instance restarts. Default: [`Restart::WhenNeeded`].
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Whether a running instance may be stopped for a downgrade. Default: [`StopPolicy::Allow`].
    pub fn stop_for_downgrade(mut self, mode: StopPolicy) -> Self {
        self.stop_for_downgrade = mode;
        self
    }

    /// Whether an instance that the resize has stopped is started again when it fails. Default: `true`.
    pub fn restart_on_failure(mut self, restart: bool) -> Self {
        self.leave_stopped = !restart;
        self
    }

    /// The most that an upgrade may cost, in the account's currency; checked right before ordering.
    /// Default: any price.
    pub fn max_price(mut self, max_price: impl Into<Option<Decimal>>) -> Self {
        self.max_price = max_price.into();
        self
    }

    /// Whether an upgrade is paid at once (`AutoPay`). Default of the service: `true`.
    ///
    /// With `false` the resize ends with [`Completion::AwaitingPayment`]; resume it after paying in the console.
    pub fn auto_pay(mut self, auto_pay: impl Into<Option<bool>>) -> Self {
        self.auto_pay = auto_pay.into();
        self
    }

    /// The client token of the order. Default: a fresh random UUID, or that of the key that is
    /// [resumed](Self::resume).
    pub fn client_token(mut self, client_token: impl Into<String>) -> Self {
        self.client_token = Some(client_token.into());
        self
    }

    /// Whether the instance may move to another cluster (`MigrateAcrossZone`). Default of the service: `false`.
    pub fn migrate_across_zone(mut self, migrate: impl Into<Option<bool>>) -> Self {
        self.migrate_across_zone = migrate.into();
        self
    }

    /// The time between two looks at the instance, at least 1 s; it grows to the fivefold. Default: 2 s.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = Some(interval);
        self
    }

    /// The limit of a run. Default: 30 minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Goes on with an earlier run. All other settings must be those of that run: the service refuses another order
    /// under the same token.
    pub fn resume(mut self, key: ResumeKey) -> Self {
        self.resume = Some(key);
        self
    }

    /// Checks everything. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(self) -> Result<Resize, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_id = violations.check("InstanceId", InstanceId::new(self.instance_id));
        let instance_type = violations.check("InstanceType", InstanceType::new(self.instance_type));
        let resumed = self.resume.as_ref().map(|key| key.token.clone());
        let client_token = match (self.client_token, resumed) {
            (Some(own), Some(token)) if own != token.as_str() => {
                violations.add("ClientToken", &own, "is not the token of the resume key");
                None
            }
            (_, Some(token)) => Some(token),
            (Some(own), None) => violations.check("ClientToken", ClientToken::new(own)),
            (None, None) => Some(ClientToken::random()),
        };
        if let (Some(key), Some(id), Some(to)) = (&self.resume, &instance_id, &instance_type)
            && (key.instance_id != *id || key.to != *to)
        {
            let problem = format!("is the key of {} becoming {}", key.instance_id, key.to);
            violations.add("resume", &key.to_string(), problem);
        }
        let reboot_time = match self.restart {
            Restart::At(time) => violations.check("RebootTime", MinuteTime::new(time)),
            Restart::WhenNeeded | Restart::Never => None,
        };
        if let Some(price) = self.max_price.filter(Decimal::is_sign_negative) {
            violations.add("max_price", &price.to_string(), "must not be negative");
        }
        let poll_interval = self.poll_interval.unwrap_or(Duration::from_secs(2));
        if poll_interval < MIN_POLL_INTERVAL {
            violations.add(
                "poll_interval",
                &format!("{poll_interval:?}"),
                "must be at least 1 s",
            );
        }
        let timeout = self.timeout.unwrap_or(Duration::from_secs(30 * 60));
        if timeout.is_zero() {
            violations.add("timeout", "0", "must be longer than zero");
        }
        let (Some(instance_id), Some(instance_type), Some(client_token)) =
            (instance_id, instance_type, client_token)
        else {
            return Err(violations.into_error());
        };
        violations.into_result()?;
        Ok(Resize {
            instance_id,
            instance_type,
            region_id,
            client_token,
            restart: self.restart,
            reboot_time,
            stop_for_downgrade: self.stop_for_downgrade,
            restart_on_failure: !self.leave_stopped,
            max_price: self.max_price,
            auto_pay: self.auto_pay,
            migrate_across_zone: self.migrate_across_zone,
            poll_interval,
            timeout,
            before: Memory(Arc::new(Mutex::new(self.resume.map(|key| key.before)))),
        })
    }
}
