//! Failures between this machine and the service.

use std::error::Error as StdError;
use std::fmt;

use super::{OneLine, Origin, Outcome, RetryClass};

/// The request was not sent, or no complete response arrived.
///
/// Returned by [`HttpTransport`](crate::transport::HttpTransport) and, as
/// [`ErrorKind::Transport`](super::ErrorKind::Transport), by calls. Its text never contains a URL, a header or a body.
///
/// ```
/// use aliyun_ecs::transport::{TransportError, TransportErrorKind};
/// use aliyun_ecs::{Error, Outcome};
///
/// let error = TransportError::new(TransportErrorKind::Connect, "connection refused");
/// assert_eq!(Error::from(error).outcome(), Outcome::NotApplied);
/// ```
#[derive(Debug, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[error("{}{}", OneLine(message), Origin(*http_status, request_id.as_deref()))]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    http_status: Option<u16>,
    request_id: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of a [`TransportError`], which says whether the request may have been sent.
///
/// ```
/// use aliyun_ecs::Error;
/// use aliyun_ecs::error::{ErrorKind, TransportErrorKind};
///
/// fn is_offline(error: &Error) -> bool {
///     matches!(error.kind(), ErrorKind::Transport(error) if error.kind() == TransportErrorKind::Connect)
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was established (DNS, routing, connection refused, TLS). The request was certainly not sent.
    Connect,
    /// The client's own [`max_requests_per_second`](crate::ClientBuilder::max_requests_per_second) left no time for the
    /// request within its timeout. It was not sent.
    RateLimit,
    /// The response did not arrive within a timeout. The request may have taken effect.
    Timeout,
    /// The connection was reset or closed before the response head. The request may have taken effect.
    Reset,
    /// The connection ended before the end of the response. The request may have taken effect.
    IncompleteBody,
    /// The response body is larger than 8 MiB. The request may have taken effect.
    BodyTooLarge,
    /// The response is not valid HTTP. The request may have taken effect.
    Protocol,
    /// Any other failure. The request may have taken effect.
    Other,
}

impl TransportErrorKind {
    /// The stable name for logs, metrics and stored data, in snake case: `connect`, `timeout`, `incomplete_body`, …
    ///
    /// ```
    /// use aliyun_ecs::transport::TransportErrorKind;
    ///
    /// assert_eq!(TransportErrorKind::BodyTooLarge.as_str(), "body_too_large");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::RateLimit => "rate_limit",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::IncompleteBody => "incomplete_body",
            Self::BodyTooLarge => "body_too_large",
            Self::Protocol => "protocol",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl TransportError {
    /// An error of the given kind.
    ///
    /// `message` is shown to users: one line, without secrets.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            http_status: None,
            request_id: None,
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds what the response head contained: the status and, from `x-acs-request-id`, the request id.
    #[must_use]
    pub fn with_response(mut self, http_status: u16, request_id: Option<String>) -> Self {
        self.http_status = Some(http_status);
        self.request_id = request_id;
        self
    }

    /// The kind of the failure.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The HTTP status, if the response head arrived.
    pub fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    /// The request id, if the response head arrived.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Applies `redact` to the texts that came from a server.
    pub(crate) fn redacted(mut self, redact: impl Fn(&str) -> String) -> Self {
        self.request_id = self.request_id.as_deref().map(redact);
        self
    }

    /// Whether the failure proves that the request was not sent.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.kind {
            TransportErrorKind::Connect | TransportErrorKind::RateLimit => Outcome::NotApplied,
            _ => Outcome::Unknown,
        }
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match self.kind {
            TransportErrorKind::RateLimit => RetryClass::AnotherCall,
            _ => RetryClass::Transient,
        }
    }
}
