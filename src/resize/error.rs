//! Why a resize failed, what it had done by then, and how to resume it.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::calls::is_transient;
use super::error_kind::{Listed, ResizeErrorKind};
use super::key::ResumeKey;
use super::quote::Quote;
use super::step::Step;
use crate::error::{Error, ErrorCategory, ErrorCode, Outcome};
use crate::types::{ClientToken, InstanceId, OneLine, RegionId};

/// A resize, or its plan, failed.
///
/// [`kind`](Self::kind) says why, [`progress`](Self::progress) what the run had done by then. `{}` is one line with
/// both, `{:?}` the same line and the causes, `{:#?}` the structure.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::ResizeErrorKind;
///
/// # simulator.sold_out("ecs.g5.xlarge");
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let error = client.resize(resize).await.unwrap_err();
/// match error.kind() {
///     ResizeErrorKind::SoldOut { alternatives, .. } => println!("instead, take one of {alternatives:?}"),
///     _ => println!("{error}"),
/// }
/// if let Some(key) = error.resume_key() {
///     println!("to resume: {key}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct ResizeError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ResizeErrorKind,
    instance_id: InstanceId,
    region_id: RegionId,
    client_token: Option<ClientToken>,
    progress: Option<Progress>,
}

/// What a run had done when it failed, including the attempt to start the instance again.
///
/// ```
/// use aliyun_ecs::resize::{OrderState, Progress, ResumeKey};
///
/// // For tests of your own code:
/// # let printed = "i-bp67acfmxazb4ph1a2b3/cn-hangzhou/ecs.g5.large/ecs.g5.xlarge/upgrade/running,possible,idle,-,-/d91c9904/my-token";
/// let key: ResumeKey = printed.parse()?;
/// let progress = Progress::new(key, OrderState::Unknown);
/// assert!(progress.done.is_empty());
/// # Ok::<(), aliyun_ecs::types::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Progress {
    /// The steps that were completed.
    pub done: Vec<Step>,
    /// The steps that were not completed.
    pub left: Vec<Step>,
    /// Whether there is an order.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub order: OrderState,
    /// The price that was quoted right before the order, if there is or may be one and this run has read it.
    pub quote: Option<Quote>,
    /// The state of an instance that the resize had stopped or restarted.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub recovery: Recovery,
    /// The key to resume the resize.
    pub resume_key: ResumeKey,
}

/// Whether an order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "order", content = "order_id", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum OrderState {
    /// The resize has certainly not placed one.
    NotPlaced,
    /// It may have placed one: a request has an unknown outcome, or an earlier run may have sent it.
    Unknown,
    /// It has placed one, with this id if the service returned one.
    Placed(Option<String>),
}

impl OrderState {
    /// The stable name: `not_placed`, `unknown` or `placed`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotPlaced => "not_placed",
            Self::Unknown => "unknown",
            Self::Placed(_) => "placed",
        }
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPlaced => f.pad("no order was placed"),
            Self::Unknown => f.pad("an order may exist"),
            Self::Placed(None) => f.pad("the order was placed"),
            Self::Placed(Some(order_id)) => write!(f, "order {} was placed", OneLine(order_id)),
        }
    }
}

/// The state of an instance that a failed resize had stopped or restarted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(
        tag = "recovery",
        content = "recovery_reason",
        rename_all = "snake_case"
    )
)]
#[non_exhaustive]
pub enum Recovery {
    /// The resize has neither stopped nor restarted it, or it runs again.
    NotNeeded,
    /// The resize has started it again, and it runs.
    Started,
    /// It is still stopped, for this reason.
    LeftStopped(String),
    /// It may be stopped, or still be restarting, for this reason.
    Unknown(String),
}

impl Recovery {
    /// The stable name: `not_needed`, `started`, `left_stopped` or `unknown`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotNeeded => "not_needed",
            Self::Started => "started",
            Self::LeftStopped(_) => "left_stopped",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.pad("the instance was not left stopped"),
            Self::Started => f.pad("the instance was started again"),
            Self::LeftStopped(why) => write!(f, "THE INSTANCE IS STOPPED: {}", OneLine(why)),
            Self::Unknown(why) => write!(f, "THE INSTANCE MAY BE STOPPED: {}", OneLine(why)),
        }
    }
}

impl Progress {
    /// Nothing is done and nothing is left, for tests of your own code.
    pub fn new(resume_key: ResumeKey, order: OrderState) -> Self {
        Self {
            done: Vec::new(),
            left: Vec::new(),
            order,
            quote: None,
            recovery: Recovery::NotNeeded,
            resume_key,
        }
    }
}

impl ResizeError {
    /// An error of this kind, before the run has done anything. For tests of your own code.
    pub fn new(kind: ResizeErrorKind, instance_id: InstanceId, region_id: RegionId) -> Self {
        Self(Box::new(Inner {
            kind,
            instance_id,
            region_id,
            client_token: None,
            progress: None,
        }))
    }

    /// Adds what the run had done.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.0.progress = Some(progress);
        self
    }

    /// Sets the client token of the resize. Progress has it as well.
    #[must_use]
    pub fn with_client_token(mut self, client_token: ClientToken) -> Self {
        self.0.client_token = Some(client_token);
        self
    }

    /// Why it failed.
    pub fn kind(&self) -> &ResizeErrorKind {
        &self.0.kind
    }

    /// The instance.
    pub fn instance_id(&self) -> &InstanceId {
        &self.0.instance_id
    }

    /// The region of the instance.
    pub fn region_id(&self) -> &RegionId {
        &self.0.region_id
    }

    /// What the run had done; `None` where it had not begun: nothing was ordered, and nothing was stopped.
    pub fn progress(&self) -> Option<&Progress> {
        self.0.progress.as_ref()
    }

    /// The key to resume the resize, if it had begun.
    pub fn resume_key(&self) -> Option<&ResumeKey> {
        self.progress().map(|progress| &progress.resume_key)
    }

    /// The error of the failed call, if a call failed.
    pub fn call_error(&self) -> Option<&Error> {
        match self.kind() {
            ResizeErrorKind::Call { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The category of the failure: that of the failed call, or of the kind.
    ///
    /// A check that finds what the service would reject has the category of the service's code for it: an ended
    /// subscription is [`Billing`](ErrorCategory::Billing) both ways.
    pub fn category(&self) -> ErrorCategory {
        match (self.kind(), self.kind().code_of_service()) {
            (ResizeErrorKind::Call { error, .. }, _) => error.category(),
            (ResizeErrorKind::TimedOut { .. }, _) => ErrorCategory::Network,
            (_, Some(code)) => code.category(),
            (_, None) => ErrorCategory::State,
        }
    }

    /// Whether an order may exist: [`Outcome::NotApplied`] if certainly none was placed, otherwise
    /// [`Outcome::Unknown`].
    ///
    /// It is `Unknown` as well if the order certainly exists, for instance if the run was cancelled after its order:
    /// [`order`](Progress::order) of the [`progress`](Self::progress) distinguishes the two.
    pub fn outcome(&self) -> Outcome {
        match self.progress().map(|progress| &progress.order) {
            None | Some(OrderState::NotPlaced) => Outcome::NotApplied,
            Some(OrderState::Unknown | OrderState::Placed(_)) => Outcome::Unknown,
        }
    }

    /// The service's error code, if it rejected a call.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.call_error().and_then(Error::code)
    }

    /// The request id of the failed call, if a call failed and has one.
    pub fn request_id(&self) -> Option<&str> {
        self.call_error().and_then(Error::request_id)
    }

    /// The client token of the resize. Every error of this crate has one.
    pub fn client_token(&self) -> Option<&ClientToken> {
        let of_key = || self.resume_key().map(ResumeKey::client_token);
        self.0.client_token.as_ref().or_else(of_key)
    }

    /// The timeout of the run, or of the failed call, is over.
    pub fn is_timeout(&self) -> bool {
        match self.kind() {
            ResizeErrorKind::TimedOut { .. } => true,
            ResizeErrorKind::Call { error, .. } => error.is_timeout(),
            _ => false,
        }
    }

    /// Whether the same resize may succeed soon, with nothing else changed: resume it, or run it again if it had not
    /// begun. It is `false` for a type that is sold out, which may be in stock much later or never, for an order that is
    /// not carried out, which you have to look at first, and for a run that was cancelled.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ResizeErrorKind::TimedOut { .. } => true,
            ResizeErrorKind::Call { error, .. } => error.is_retryable() || is_transient(error),
            _ => false,
        }
    }

    /// How long the service asked to wait, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.call_error().and_then(Error::retry_after)
    }
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "resize of {} in {}: {}",
            self.0.instance_id, self.0.region_id, self.0.kind
        )?;
        let Some(progress) = &self.0.progress else {
            return f.write_str("; nothing was changed");
        };
        for (word, steps) in [("done", &progress.done), ("not done", &progress.left)] {
            if !steps.is_empty() {
                write!(f, "; {word}: {}", Listed(steps))?;
            }
        }
        write!(f, "; {}", progress.order)?;
        match &progress.recovery {
            Recovery::NotNeeded => {}
            recovery => write!(f, "; {recovery}")?,
        }
        let key = &progress.resume_key;
        match self.0.kind {
            ResizeErrorKind::Superseded { .. } => {
                write!(f, "; client token {}", key.client_token())
            }
            // The key ends with the client token.
            _ => write!(f, "; to continue, resume with {key}"),
        }
    }
}

impl fmt::Debug for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.0.fmt(f);
        }
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for ResizeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.call_error().and_then(StdError::source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ServiceError;
    use crate::types::{ChargeType, InstanceType};

    fn error(kind: ResizeErrorKind) -> ResizeError {
        let instance_id = InstanceId::new("i-1").unwrap();
        ResizeError::new(kind, instance_id, RegionId::new("cn-hangzhou").unwrap())
    }

    fn rejection(code: &str) -> ResizeError {
        let service = ServiceError::new(400, code, "no").with_request_id("r");
        error(ResizeErrorKind::Call {
            doing: "order",
            error: service.into(),
        })
    }

    #[test]
    fn a_check_and_an_order_that_is_rejected_for_the_same_reason_have_one_category() {
        let wanted = || InstanceType::new("ecs.g5.xlarge").unwrap();
        let (id, region) = (InstanceId::new("i-1"), RegionId::new("cn-hangzhou"));
        let alternatives = Vec::new();
        let cases = [
            (
                ResizeErrorKind::NotFound(id.unwrap(), region.unwrap()),
                "InvalidInstanceId.NotFound",
            ),
            (
                ResizeErrorKind::NotASubscription(ChargeType::PostPaid),
                "InvalidBillingMethod.ValueNotSupported",
            ),
            (
                ResizeErrorKind::Expired(chrono::DateTime::UNIX_EPOCH),
                "InvalidInstance.PreInstanceExpired",
            ),
            (
                ResizeErrorKind::Locked(Vec::new()),
                "InstanceLockedForSecurity",
            ),
            (
                ResizeErrorKind::Unsupported {
                    wanted: wanted(),
                    alternatives: alternatives.clone(),
                },
                "InvalidInstanceType.NotSupported",
            ),
            (
                ResizeErrorKind::SoldOut {
                    wanted: wanted(),
                    alternatives,
                },
                "OperationDenied.NoStock",
            ),
            (
                ResizeErrorKind::NoSuchType {
                    wanted: wanted(),
                    did_you_mean: None,
                },
                "InvalidInstanceType.ValueNotSupported",
            ),
            (
                ResizeErrorKind::Disks("local disks".into()),
                "OperationDenied.LocalDiskUnsupported",
            ),
            (
                ResizeErrorKind::NeedsStop("it must not".into()),
                "InvalidStatus.NotStopped",
            ),
        ];
        for (kind, code) in cases {
            let (check, order) = (error(kind), rejection(code));
            assert!(order.code().is_some_and(|known| *known == code));
            assert_eq!(check.category(), order.category(), "{check}");
            assert_eq!(check.is_retryable(), order.is_retryable(), "{check}");
        }
    }

    #[test]
    fn a_rejection_that_a_resize_waits_out_is_retryable() {
        for (code, is_retryable) in [
            ("IncorrectInstanceStatus", true),
            ("Throttling", true),
            ("InternalError", true),
            ("OperationDenied.NoStock", false),
            ("Forbidden.RAM", false),
        ] {
            assert_eq!(rejection(code).is_retryable(), is_retryable, "{code}");
        }
    }

    #[test]
    fn states_of_orders_and_instances_read_as_parts_of_a_sentence() {
        let placed = OrderState::Placed(Some("17".into()));
        assert_eq!(placed.to_string(), "order 17 was placed");
        assert_eq!(OrderState::NotPlaced.to_string(), "no order was placed");
        let stopped = Recovery::LeftStopped("no stock".into());
        assert_eq!(stopped.to_string(), "THE INSTANCE IS STOPPED: no stock");
        assert_eq!(Recovery::NotNeeded.as_str(), "not_needed");
    }
}
