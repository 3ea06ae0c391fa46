//! Errors: what failed, and whether an order may exist.
//!
//! Check [`Error::outcome`] first wherever money is involved. Then match on [`Error::category`] or
//! [`Error::code`].
//!
//! The guides explain [what to match on](crate::guide::errors) and [what to do about an error
//! text](crate::guide::troubleshooting). [`codes`] lists every error code.

mod call;
mod code;
mod config;
mod credentials;
mod decode;
pub mod documented;
#[cfg(feature = "serde")]
mod json;
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
pub(crate) use code::{Correction, RetryClass};
pub(crate) use validation::Violations;

use crate::types::{ClientToken, OneLine};

/// The error of a failed call.
///
/// [`outcome`](Self::outcome) says whether the request may have taken effect anyway, and
/// [`kind`](Self::kind) says what failed.
///
/// `{}` prints one line without the causes. `{:?}` prints the same line followed by its causes, so that a `main` that
/// returns the error prints a readable message. `{:#?}` prints the fields. [`source`](StdError::source) returns the
/// first cause.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::{Error, ErrorCategory, ErrorCode, ModifyPrepayInstanceSpecRequest, Outcome};
///
/// # simulator.sold_out("ecs.g5.xlarge");
/// let request =
///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///         .build()?;
/// let error: Error = client.modify_prepay_instance_spec(request).await.unwrap_err();
///
/// // The type is sold out:
/// assert_eq!(error.outcome(), Outcome::NotApplied);
/// assert_eq!(error.category(), ErrorCategory::Stock);
/// assert_eq!(error.code(), Some(&ErrorCode::OperationDeniedNoStock));
/// println!("{error}, after {} attempts in {:?}", error.attempts(), error.elapsed());
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    call: CallContext,
}

/// What failed.
///
/// ```
/// use aliyun_ecs::Error;
/// use aliyun_ecs::error::ErrorKind;
///
/// fn advice(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::Validation(_) => "fix the request",
///         ErrorKind::Credentials(_) => "check the credentials",
///         ErrorKind::Transport(_) | ErrorKind::Decode(_) => "check the network",
///         ErrorKind::Service(error) => error.code().description(),
///         _ => "see the error's text",
///     }
/// }
/// ```
#[derive(Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", content = "details", rename_all = "snake_case")
)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "`Error` boxes it")]
pub enum ErrorKind {
    /// The request is invalid. Nothing was sent.
    Validation(ValidationError),
    /// The provider returned no credentials. This attempt sent nothing; an earlier attempt of the call may
    /// have sent the request.
    Credentials(CredentialsError),
    /// The request was not sent, or no complete response arrived. Unless the kind is
    /// [`Connect`](TransportErrorKind::Connect), the request may have taken effect.
    Transport(TransportError),
    /// The response is neither the operation's response nor an error of the service. The request may have
    /// taken effect.
    Decode(DecodeError),
    /// The service returned an error. The request had no effect, unless the service failed while it
    /// processed the request, or an earlier attempt of the call took effect.
    Service(ServiceError),
}

/// Whether a failed call may have taken effect. There is no third case, so that a `match` has to decide on both.
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
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Outcome {
    /// The request certainly had no effect: no order was placed.
    #[default]
    NotApplied,
    /// The request may have taken effect: the order may exist. A request with a client token can safely be
    /// sent again; the service then returns the id of the existing order.
    Unknown,
}

impl Outcome {
    /// The stable name for logs, metrics and stored data: `not_applied` or `unknown`.
    ///
    /// ```
    /// assert_eq!(aliyun_ecs::Outcome::NotApplied.as_str(), "not_applied");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplied => "not_applied",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Error {
    /// What failed.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The category of the failure: who can do something about it.
    ///
    /// An error of the service has the category of its code. For the other kinds it is
    /// [`Validation`](ErrorCategory::Validation), [`Auth`](ErrorCategory::Auth) for credentials,
    /// [`Throttling`](ErrorCategory::Throttling) for a 429 from a gateway and for the client's own rate limit, and
    /// otherwise [`Network`](ErrorCategory::Network).
    pub fn category(&self) -> ErrorCategory {
        match self.kind() {
            ErrorKind::Validation(_) => ErrorCategory::Validation,
            ErrorKind::Credentials(_) => ErrorCategory::Auth,
            ErrorKind::Service(error) => error.category(),
            ErrorKind::Transport(error) if error.kind() == TransportErrorKind::RateLimit => {
                ErrorCategory::Throttling
            }
            ErrorKind::Decode(_) if self.is_throttling() => ErrorCategory::Throttling,
            ErrorKind::Transport(_) | ErrorKind::Decode(_) => ErrorCategory::Network,
        }
    }

    /// The service's error code, if the service returned an error.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.service().map(ServiceError::code)
    }

    /// The service's error, if the service returned one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self.kind() {
            ErrorKind::Service(error) => Some(error),
            _ => None,
        }
    }

    /// The HTTP status of the last attempt, if its response head arrived.
    pub fn http_status(&self) -> Option<u16> {
        match self.kind() {
            ErrorKind::Validation(_) | ErrorKind::Credentials(_) => None,
            ErrorKind::Transport(error) => error.http_status(),
            ErrorKind::Decode(error) => Some(error.http_status()),
            ErrorKind::Service(error) => Some(error.http_status()),
        }
    }

    /// The request id of the last attempt, from the response body or the header `x-acs-request-id`.
    pub fn request_id(&self) -> Option<&str> {
        match self.kind() {
            ErrorKind::Validation(_) | ErrorKind::Credentials(_) => None,
            ErrorKind::Transport(error) => error.request_id(),
            ErrorKind::Decode(error) => error.request_id(),
            ErrorKind::Service(error) => error.request_id(),
        }
    }

    /// The client token that every attempt of the call carried.
    pub fn client_token(&self) -> Option<&ClientToken> {
        self.0.call.client_token.as_ref()
    }

    /// Whether the call may have taken effect, considering all of its attempts.
    ///
    /// Once the outcome of one attempt is unknown, it stays unknown: a later error response does not make it
    /// [`Outcome::NotApplied`]. A call that only reads has no effect and is always [`Outcome::NotApplied`].
    ///
    /// # What to do
    ///
    /// On [`Outcome::Unknown`], send the same request again: with the same client token the service never
    /// places a second order. Without a client token, check the resource first.
    pub fn outcome(&self) -> Outcome {
        match &self.0.call {
            call if call.effect == Effect::Read => Outcome::NotApplied,
            call if call.ambiguous => Outcome::Unknown,
            _ => self.attempt_outcome(),
        }
    }

    /// The number of attempts that were started.
    pub fn attempts(&self) -> u32 {
        self.0.call.attempts
    }

    /// How long the call took, including the waits between attempts.
    pub fn elapsed(&self) -> Duration {
        self.0.call.elapsed
    }

    /// How long the service asked to wait (`x-acs-retry-after`, `Retry-After`), at most 60 s.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.call.retry_after
    }

    /// A timeout ended the call.
    ///
    /// # What to do
    ///
    /// If the [`outcome`](Self::outcome) is unknown, send the same request again: its client token makes that safe.
    pub fn is_timeout(&self) -> bool {
        match self.kind() {
            ErrorKind::Transport(error) => error.kind() == TransportErrorKind::Timeout,
            ErrorKind::Credentials(error) => error.kind() == CredentialsErrorKind::Timeout,
            ErrorKind::Validation(_) | ErrorKind::Decode(_) | ErrorKind::Service(_) => false,
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

    /// The same request may succeed if it is sent again, and sending it again is safe.
    ///
    /// # What to do
    ///
    /// Send it again later: the call has already used its own attempts.
    pub fn is_retryable(&self) -> bool {
        match self.outcome() {
            // The response to the retry shows whether the first request took effect.
            Outcome::Unknown => self.client_token().is_some(),
            Outcome::NotApplied => self.retry_class().is_retryable(),
        }
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match self.kind() {
            ErrorKind::Validation(_) => RetryClass::Never,
            ErrorKind::Credentials(error) => error.retry_class(),
            ErrorKind::Transport(error) => error.retry_class(),
            ErrorKind::Decode(error) => error.retry_class(),
            ErrorKind::Service(error) => error.retry_class(),
        }
    }

    /// The outcome of the last attempt alone.
    pub(crate) fn attempt_outcome(&self) -> Outcome {
        match self.kind() {
            ErrorKind::Validation(_) | ErrorKind::Credentials(_) => Outcome::NotApplied,
            ErrorKind::Transport(error) => error.outcome(),
            ErrorKind::Decode(error) => error.outcome(),
            ErrorKind::Service(error) => error.outcome(),
        }
    }

    /// Sets the client token, for tests of your own code. Errors of calls have that of the request.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use aliyun_ecs::error::{Error, TransportError, TransportErrorKind};
    /// use aliyun_ecs::types::ClientToken;
    ///
    /// let error = Error::from(TransportError::new(TransportErrorKind::Reset, "connection closed"))
    ///     .with_client_token(ClientToken::random())
    ///     .with_attempts(3, Duration::from_secs(4))
    ///     .with_retry_after(Duration::from_secs(30));
    /// assert!(error.is_retryable()); // the client token makes that safe
    /// ```
    #[must_use]
    pub fn with_client_token(mut self, client_token: ClientToken) -> Self {
        self.0.call.client_token = Some(client_token);
        self
    }

    /// Sets the number of attempts and the duration of the call, for tests of your own code.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.call.attempts = attempts;
        self.0.call.elapsed = elapsed;
        self
    }

    /// Sets how long the service asked to wait, for tests of your own code.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.call.retry_after = Some(retry_after);
        self
    }

    /// Adds the facts of the whole call.
    pub(crate) fn with_call(mut self, call: CallContext) -> Self {
        self.0.call = call;
        self
    }

    /// Adds what the decoder does not know: the operation, and whether the response has an `x-acs-retry-after`.
    pub(crate) fn complete(&mut self, action: &str, asks_to_wait: bool) {
        match &mut self.0.kind {
            ErrorKind::Service(error) => error.complete(action, asks_to_wait),
            ErrorKind::Decode(error) => error.complete(asks_to_wait),
            ErrorKind::Validation(_) | ErrorKind::Credentials(_) | ErrorKind::Transport(_) => {}
        }
    }

    /// What failed, without what to do about an unknown outcome.
    pub(crate) fn reason(&self) -> Reason<'_> {
        Reason(self)
    }

    /// A stable name for logs: the service's code, or what failed.
    pub(crate) fn type_name(&self) -> &str {
        match self.kind() {
            ErrorKind::Validation(_) => "validation",
            ErrorKind::Credentials(_) => "credentials",
            ErrorKind::Transport(error) => error.kind().as_str(),
            ErrorKind::Decode(_) => "decode",
            ErrorKind::Service(error) => error.code().as_str(),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Validation(error) => error.fmt(f),
            Self::Credentials(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
            Self::Service(error) => error.fmt(f),
        }
    }
}

/// The first part of an error's line: what failed, and why it was not retried.
pub(crate) struct Reason<'a>(&'a Error);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = &self.0.0.call;
        self.0.kind().fmt(f)?;
        if call.out_of_budget {
            f.write_str("; not retried: retry budget exhausted")?;
        }
        if let Some(skew) = call.clock_off {
            write!(
                f,
                "; not retried: this machine's clock and the response's Date differ by {} h, and at most 24 h are \
                 corrected; set the clock",
                skew.num_hours().abs()
            )?;
        }
        match call.meant_region {
            Some(region) => write!(f, "; unknown region, did you mean {region}?"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason().fmt(f)?;
        if self.outcome() == Outcome::NotApplied {
            return Ok(());
        }
        f.write_str(match self.0.call.effect {
            Effect::Order => "; outcome unknown: the order may exist",
            Effect::Read | Effect::Change => "; outcome unknown: the change may have been made",
        })?;
        match self.client_token() {
            Some(token) => write!(
                f,
                ", and sending the same request again is safe (client token {token})"
            ),
            None => f.write_str("; check the resource before retrying"),
        }
    }
}

/// `{:?}` prints the line of `{}` and its causes. `{:#?}` prints the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("Error")
                .field("kind", self.kind())
                .field("call", &self.0.call)
                .finish();
        }
        write_with_causes(f, self)
    }
}

/// Writes the line of `error` and those of its causes.
fn write_with_causes(f: &mut fmt::Formatter<'_>, error: &dyn StdError) -> fmt::Result {
    write!(f, "{error}")?;
    let mut cause = error.source();
    if cause.is_some() {
        f.write_str("; caused by")?;
    }
    while let Some(error) = cause {
        write!(f, ": {}", OneLine(&error.to_string()))?;
        cause = error.source();
    }
    Ok(())
}

impl StdError for Error {
    /// The cause of the failure. The line of `{}` never includes it.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.kind() {
            ErrorKind::Validation(error) => error.source(),
            ErrorKind::Credentials(error) => error.source(),
            ErrorKind::Transport(error) => error.source(),
            ErrorKind::Decode(error) => error.source(),
            ErrorKind::Service(error) => error.source(),
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            call: CallContext::EMPTY,
        }))
    }
}

macro_rules! from {
    ($($kind:ident($error:ident))*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                ErrorKind::$kind(error).into()
            }
        }
    )*};
}

from! {
    Validation(ValidationError)
    Credentials(CredentialsError)
    Transport(TransportError)
    Decode(DecodeError)
    Service(ServiceError)
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
        assert!(size_of::<Error>() <= 8, "{}", size_of::<Error>());
    }

    #[test]
    fn debug_prints_one_line_with_the_causes_and_alternate_debug_the_fields() {
        let cause = TransportError::new(TransportErrorKind::Other, "reset\nby peer")
            .with_source(std::io::Error::other("os error 104"));
        let error = TransportError::new(TransportErrorKind::Reset, "connection to H closed");
        let error = Error::from(error.with_source(cause));
        assert_eq!(
            format!("{error:?}"),
            "connection to H closed; outcome unknown: the change may have been made; check the \
             resource before retrying; caused by: reset by peer: os error 104"
        );
        let fields = format!("{error:#?}");
        assert!(
            fields.starts_with("Error {\n    kind: Transport("),
            "{fields}"
        );
        let plain = Error::from(ServiceError::new(400, "Forbidden", "no"));
        assert_eq!(format!("{plain:?}"), plain.to_string());
    }

    #[test]
    fn every_kind_has_a_category_and_the_context_of_its_call() {
        let kinds: [(Error, ErrorCategory); 6] = [
            (
                ValidationError::single("P", "v", "is wrong").into(),
                ErrorCategory::Validation,
            ),
            (
                CredentialsError::failed("p", "m").into(),
                ErrorCategory::Auth,
            ),
            (
                TransportError::new(TransportErrorKind::Reset, "m").into(),
                ErrorCategory::Network,
            ),
            (
                DecodeError::new("m", 429, None, String::new()).into(),
                ErrorCategory::Throttling,
            ),
            (
                DecodeError::new("m", 502, None, String::new()).into(),
                ErrorCategory::Network,
            ),
            (
                ServiceError::new(400, "Account.Arrearage", "m").into(),
                ErrorCategory::Billing,
            ),
        ];
        for (error, category) in kinds {
            assert_eq!(error.category(), category, "{error}");
            let error = error.with_call(CallContext {
                client_token: ClientToken::new("t-1").ok(),
                attempts: 3,
                ..CallContext::EMPTY
            });
            let token = error.client_token().map(ClientToken::as_str);
            assert_eq!((token, error.attempts()), (Some("t-1"), 3), "{error}");
        }
    }

    #[test]
    fn untrusted_text_is_shown_on_one_line() {
        let error = ServiceError::new(400, "A\nB", "one\r\ntwo\u{2028}three");
        assert_eq!(
            Error::from(error).to_string(),
            "A B: one  two three (HTTP 400)"
        );
    }

    #[test]
    fn an_ambiguous_attempt_outweighs_a_later_rejection() {
        let rejected = || ServiceError::new(400, "LastOrderProcessing", "wait");
        assert_eq!(Error::from(rejected()).outcome(), Outcome::NotApplied);
        let error = Error::from(rejected()).with_call(CallContext {
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
