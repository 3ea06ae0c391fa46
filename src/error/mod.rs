//! Errors: what failed, in the service's own words, and whether the order may exist.
//!
//! Match on what you act upon: [`Error::outcome`] first wherever money is involved, then
//! [`Error::code`] or its [`category`](ErrorCode::category).
//!
//! There are guides on [what to match on](crate::guide::errors) and [from the text of an error to what to
//! do](crate::guide::troubleshooting), and a page of [all codes](codes).

mod call;
mod code;
mod config;
mod credentials;
mod decode;
pub mod documented;
mod service;
mod transport;
mod validation;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use code::{ErrorCategory, ErrorCode, UnknownCode, codes};
pub use config::ConfigError;
pub use credentials::{CredentialsError, CredentialsErrorKind};
pub use decode::DecodeError;
pub use documented::DocumentedError;
pub use service::{AccessDeniedDetail, ServiceError};
pub use transport::{TransportError, TransportErrorKind};
pub use validation::{ValidationError, Violation};

pub(crate) use call::{CallContext, Effect};
pub(crate) use code::RetryClass;
pub(crate) use validation::Violations;

use crate::types::{ClientToken, OneLine};

/// A call failed.
///
/// [`outcome`](Self::outcome) says whether the request may have been carried out all the same.
/// The text is one line; the cause is in [`source`](StdError::source), never in the text.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::{Error, ErrorCode, ModifyPrepayInstanceSpecRequest, Outcome};
///
/// # simulator.sold_out("ecs.g5.xlarge");
/// let request =
///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///         .build()?;
/// let error: Error = client.modify_prepay_instance_spec(request).await.unwrap_err();
///
/// // The type is sold out:
/// assert_eq!(error.outcome(), Outcome::NotApplied);
/// assert_eq!(error.code(), Some(&ErrorCode::OperationDeniedNoStock));
/// println!("{error}, after {} attempts in {:?}", error.attempts(), error.elapsed());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The request is invalid. Nothing was sent.
    Validation(ValidationError),
    /// No credentials could be had. Nothing was sent by this attempt; an earlier one may have been.
    Credentials(Box<CredentialsError>),
    /// The request could not be sent or its answer did not arrive: it may have been carried out
    /// unless the kind is [`Connect`](TransportErrorKind::Connect).
    Transport(Box<TransportError>),
    /// The answer could not be understood: with a 2xx or 5xx status the request may have been carried out.
    Decode(Box<DecodeError>),
    /// The service refused: it was not carried out, unless the service itself failed on it or an
    /// earlier attempt of the same call had got through.
    Service(Box<ServiceError>),
}

/// Whether a failed call may have had its effect.
///
/// ```
/// use aliyun_ecs::{Error, Outcome};
///
/// fn may_order_again(error: &Error) -> bool {
///     match error.outcome() {
///         Outcome::NotApplied => true,
///         Outcome::Unknown => false, // send the same request again instead
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Outcome {
    /// Certainly not carried out: no order was placed.
    #[default]
    NotApplied,
    /// It may have been carried out: the order may exist. With a client token, sending the same
    /// request again is safe and brings the order's own id.
    Unknown,
}

impl Error {
    /// The service's error code, if the service answered with an error.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.service().map(ServiceError::code)
    }

    /// The service's error answer, if there is one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// The HTTP status of the last answer, if its headers arrived.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Validation(_) | Self::Credentials(_) => None,
            Self::Transport(error) => error.http_status(),
            Self::Decode(error) => Some(error.http_status()),
            Self::Service(error) => Some(error.http_status()),
        }
    }

    /// The service's id of the last attempt, wherever it was found: body or header.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Validation(_) | Self::Credentials(_) => None,
            Self::Transport(error) => error.request_id(),
            Self::Decode(error) => error.request_id(),
            Self::Service(error) => error.request_id(),
        }
    }

    /// The token that every attempt of the call carried; send the same request again to learn
    /// what became of it.
    pub fn client_token(&self) -> Option<&ClientToken> {
        self.call().client_token.as_ref()
    }

    /// Whether the call may have had its effect, all its attempts taken together: once one
    /// attempt ended unknown, a later refusal does not make it [`Outcome::NotApplied`].
    ///
    /// A call that only reads has no effect and is always [`Outcome::NotApplied`].
    pub fn outcome(&self) -> Outcome {
        match self.call() {
            call if call.effect == Effect::Read => Outcome::NotApplied,
            call if call.ambiguous => Outcome::Unknown,
            _ => self.attempt_outcome(),
        }
    }

    /// How many attempts were sent or tried to be sent.
    pub fn attempts(&self) -> u32 {
        self.call().attempts
    }

    /// How long the call took, waits between attempts included.
    pub fn elapsed(&self) -> Duration {
        self.call().elapsed
    }

    /// How long the service asked to wait (`x-acs-retry-after`, `Retry-After`), if it did; at most 60 s.
    pub fn retry_after(&self) -> Option<Duration> {
        self.call().retry_after
    }

    /// A time limit ended the call.
    ///
    /// # What to do
    ///
    /// If the [`outcome`](Self::outcome) is unknown, send the same request again: its client token makes that safe.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Transport(error) => error.kind() == TransportErrorKind::Timeout,
            Self::Credentials(error) => error.kind() == CredentialsErrorKind::Timeout,
            Self::Validation(_) | Self::Decode(_) | Self::Service(_) => false,
        }
    }

    /// The service limits the rate of calls.
    ///
    /// # What to do
    ///
    /// Wait for [`retry_after`](Self::retry_after), or until the next full minute: the limits are per minute.
    pub fn is_throttling(&self) -> bool {
        self.retry_class() == RetryClass::Throttling
    }

    /// Sending the same request again may succeed, and is safe.
    ///
    /// # What to do
    ///
    /// Send it again, later: the call itself has already used up its own attempts.
    pub fn is_retryable(&self) -> bool {
        match self.outcome() {
            // It tells what became of the first one.
            Outcome::Unknown => self.client_token().is_some(),
            Outcome::NotApplied => {
                !matches!(self.retry_class(), RetryClass::Never | RetryClass::Later)
            }
        }
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match self {
            Self::Validation(_) | Self::Credentials(_) => RetryClass::Never,
            Self::Transport(_) => RetryClass::Transient,
            Self::Decode(error) => error.retry_class(),
            Self::Service(error) => error.retry_class(),
        }
    }

    /// The outcome of the last attempt alone.
    pub(crate) fn attempt_outcome(&self) -> Outcome {
        match self {
            Self::Validation(_) | Self::Credentials(_) => Outcome::NotApplied,
            Self::Transport(error) => error.outcome(),
            Self::Decode(error) => error.outcome(),
            Self::Service(error) => error.outcome(),
        }
    }

    fn call(&self) -> &CallContext {
        let call = match self {
            Self::Validation(_) => None,
            Self::Credentials(error) => error.call.as_deref(),
            Self::Transport(error) => error.call.as_deref(),
            Self::Decode(error) => error.call.as_deref(),
            Self::Service(error) => error.call.as_deref(),
        };
        call.unwrap_or(&CallContext::EMPTY)
    }

    pub(crate) fn with_call(mut self, call: CallContext) -> Self {
        let call = Some(Box::new(call));
        match &mut self {
            Self::Validation(_) => {}
            Self::Credentials(error) => error.call = call,
            Self::Transport(error) => error.call = call,
            Self::Decode(error) => error.call = call,
            Self::Service(error) => error.call = call,
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Validation(error) => error.fmt(f)?,
            Self::Credentials(error) => error.fmt(f)?,
            Self::Transport(error) => error.fmt(f)?,
            Self::Decode(error) => error.fmt(f)?,
            Self::Service(error) => error.fmt(f)?,
        }
        if self.call().out_of_budget {
            f.write_str("; not tried again: the retries of this client are used up for now")?;
        }
        if self.outcome() == Outcome::NotApplied {
            return Ok(());
        }
        f.write_str(match self.call().effect {
            Effect::Order => "; outcome unknown: the order may exist",
            Effect::Read | Effect::Change => "; outcome unknown: the change may have been made",
        })?;
        match self.client_token() {
            Some(token) => write!(
                f,
                ", and sending the same request again is safe (client token {token})"
            ),
            None => f.write_str(", so look before sending it again"),
        }
    }
}

impl StdError for Error {
    /// The cause of the variant's own error, whose text this error already shows.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Validation(error) => error.source(),
            Self::Credentials(error) => error.source(),
            Self::Transport(error) => error.source(),
            Self::Decode(error) => error.source(),
            Self::Service(error) => error.source(),
        }
    }
}

impl From<ValidationError> for Error {
    fn from(error: ValidationError) -> Self {
        Self::Validation(error)
    }
}

impl From<CredentialsError> for Error {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(Box::new(error))
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(Box::new(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

/// ` (HTTP 403, request id …)`, as far as it is known.
struct Origin<'a>(Option<u16>, Option<&'a str>);

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1.map(OneLine)) {
            (Some(status), Some(id)) => write!(f, " (HTTP {status}, request id {id})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            (None, Some(id)) => write!(f, " (request id {id})"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_enough_to_return_by_value() {
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
    }

    #[test]
    fn foreign_text_stays_on_one_line() {
        let error = ServiceError::new(400, "A\nB", "one\r\ntwo\u{2028}three");
        assert_eq!(
            Error::from(error).to_string(),
            "A B: one  two three (HTTP 400)"
        );
    }

    #[test]
    fn an_ambiguous_attempt_outweighs_a_later_refusal() {
        let refused = || ServiceError::new(400, "LastOrderProcessing", "wait");
        assert_eq!(Error::from(refused()).outcome(), Outcome::NotApplied);
        let error = Error::from(refused()).with_call(CallContext {
            ambiguous: true,
            effect: Effect::Order,
            client_token: ClientToken::new("t-1").ok(),
            ..CallContext::EMPTY
        });
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(
            error.to_string(),
            "LastOrderProcessing: wait (HTTP 400); outcome unknown: the order may exist, \
             and sending the same request again is safe (client token t-1)"
        );
    }
}
