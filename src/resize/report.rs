//! How a resize ended that did not fail.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::key::ResumeKey;
use super::quote::Quote;
use super::step::{Minute, Step};
use crate::types::{InstanceId, InstanceType, OneLine, RegionId};

/// How a resize ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "completion", content = "restarts_at", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Completion {
    /// The instance runs with the new type.
    InEffect,
    /// The instance already had the type when nothing was known of an earlier run: nothing was done. If it was changed
    /// a short while ago, it may still need a restart.
    AlreadyThatType,
    /// The service accepted the restart, or may have accepted it (the responses were lost), and nothing proves that it
    /// took place: no poll has shown it, and the start time of the instance is missing or has not changed. The new type
    /// is in effect if the instance has restarted.
    RestartUnconfirmed,
    /// The type is paid for and shown, and takes effect with the next restart through the API or the console.
    PendingRestart,
    /// The instance is stopped by a user, as far as this run knows, and takes on the type with the next start. A run that
    /// was not resumed from the key of an earlier one does not know whether that one has stopped the instance.
    PendingStart,
    /// The instance is stopped, and the client token was chosen by the caller, so that an earlier run may have stopped
    /// it: start it unless a user has stopped it. It takes on the type with the next start.
    StoppedBefore,
    /// The service restarts the instance at this time.
    RestartsAt(DateTime<Utc>),
    /// The order was not to be paid at once, and is not carried out: pay it in the console and resume. An order that
    /// was paid meanwhile may still be carried out.
    AwaitingPayment,
}

impl Completion {
    /// The stable name, for instance `in_effect`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InEffect => "in_effect",
            Self::AlreadyThatType => "already_that_type",
            Self::RestartUnconfirmed => "restart_unconfirmed",
            Self::PendingRestart => "pending_restart",
            Self::PendingStart => "pending_start",
            Self::StoppedBefore => "stopped_before",
            Self::RestartsAt(_) => "restarts_at",
            Self::AwaitingPayment => "awaiting_payment",
        }
    }
}

impl fmt::Display for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InEffect => "the new type is in effect and the instance runs",
            Self::AlreadyThatType => "the instance has that type already; nothing was done",
            Self::RestartUnconfirmed => {
                "the restart was sent but is not confirmed; the new type is in effect if the instance has restarted"
            }
            Self::PendingRestart => {
                "the new type takes effect with a restart through the API or the console"
            }
            Self::PendingStart => {
                "the instance is stopped and takes on the new type when it is started"
            }
            Self::StoppedBefore => {
                "THE INSTANCE IS STOPPED, perhaps by an earlier run with this client token; it takes on the new type \
                 when it is started"
            }
            Self::RestartsAt(time) => {
                return write!(f, "the service restarts the instance at {}", Minute(*time));
            }
            Self::AwaitingPayment => {
                "the order is not carried out: pay it in the console if it is not paid, then resume"
            }
        })
    }
}

/// What a resize has done.
///
/// ```
/// use aliyun_ecs::resize::{Completion, ResizeReport, ResumeKey};
///
/// fn what_is_left(report: &ResizeReport) -> Option<&'static str> {
///     match report.completion() {
///         Completion::InEffect | Completion::AlreadyThatType => None,
///         Completion::PendingRestart => Some("restart it through the API"),
///         Completion::PendingStart => Some("start it"),
///         Completion::AwaitingPayment => Some("pay the order, then resume"),
///         _ => Some("see the report"),
///     }
/// }
///
/// // For tests of your own code:
/// # let printed = "i-bp67acfmxazb4ph1a2b3/cn-hangzhou/ecs.g5.large/ecs.g5.xlarge/upgrade/running,possible,idle,-,-/d91c9904/my-token";
/// let key: ResumeKey = printed.parse()?;
/// let report = ResizeReport::new(key, Completion::PendingStart).with_order_id("231456789012345");
/// assert_eq!(what_is_left(&report), Some("start it"));
/// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResizeReport {
    pub(super) resume_key: ResumeKey,
    pub(super) completion: Completion,
    pub(super) order_id: Option<String>,
    pub(super) quote: Option<Quote>,
    pub(super) elapsed: Duration,
    pub(super) steps: Vec<(Step, Duration)>,
    pub(super) restarted: bool,
}

impl ResizeReport {
    /// A report without an order and without steps, for tests of your own code.
    pub fn new(resume_key: ResumeKey, completion: Completion) -> Self {
        Self {
            resume_key,
            completion,
            order_id: None,
            quote: None,
            elapsed: Duration::ZERO,
            steps: Vec::new(),
            restarted: false,
        }
    }

    /// Sets the id of the order.
    #[must_use]
    pub fn with_order_id(mut self, order_id: impl Into<String>) -> Self {
        self.order_id = Some(order_id.into());
        self
    }

    /// Sets the price that was quoted right before the order.
    #[must_use]
    pub fn with_quote(mut self, quote: Quote) -> Self {
        self.quote = Some(quote);
        self
    }

    /// Adds a step that was done.
    #[must_use]
    pub fn with_step(mut self, step: Step, elapsed: Duration) -> Self {
        self.steps.push((step, elapsed));
        self.elapsed += elapsed;
        self
    }

    /// Sets whether the service accepted a restart or start.
    #[must_use]
    pub fn with_restarted(mut self, restarted: bool) -> Self {
        self.restarted = restarted;
        self
    }

    /// The instance.
    pub fn instance_id(&self) -> &InstanceId {
        self.resume_key.instance_id()
    }

    /// The region of the instance.
    pub fn region_id(&self) -> &RegionId {
        self.resume_key.region_id()
    }

    /// How it ended: with the type in effect, or with what is left to do.
    pub fn completion(&self) -> Completion {
        self.completion
    }

    /// The id of the order. `None` where nothing was ordered, where the service returned no id, or where no
    /// response to the order was received and the order was carried out before the next poll. The last case has no
    /// [`Ordered`](super::ResizeEventKind::Ordered) event either.
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }

    /// The price of the order as it was quoted right before: read where [`max_price`](super::ResizeBuilder::max_price)
    /// is set. The service charges it for an upgrade that is paid.
    pub fn quote(&self) -> Option<&Quote> {
        self.quote.as_ref()
    }

    /// The type before the change.
    pub fn from(&self) -> &InstanceType {
        self.resume_key.from()
    }

    /// The type that the instance has now, or has been ordered.
    pub fn to(&self) -> &InstanceType {
        self.resume_key.instance_type()
    }

    /// How long this run took.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The steps that this run has done, and how long each took.
    pub fn steps(&self) -> &[(Step, Duration)] {
        &self.steps
    }

    /// Whether the service accepted a restart or start of this run.
    pub fn restarted(&self) -> bool {
        self.restarted
    }

    /// The key to resume the resize, for instance after a payment.
    pub fn resume_key(&self) -> &ResumeKey {
        &self.resume_key
    }
}

impl fmt::Display for ResizeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs();
        write!(
            f,
            "{} to {} in {seconds} s: {}",
            self.from(),
            self.to(),
            self.completion
        )?;
        if let Some(order_id) = &self.order_id {
            write!(f, " (order {}", OneLine(order_id))?;
            match &self.quote {
                Some(quote) => write!(f, ", {quote})")?,
                None => f.write_str(")")?,
            }
        }
        Ok(())
    }
}
