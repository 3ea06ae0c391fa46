//! Failures between this machine and the service.

use std::error::Error as StdError;

use super::{OneLine, Origin, Outcome};

/// The request could not be sent, or its answer did not arrive whole.
///
/// Returned by [`HttpTransport`](crate::transport::HttpTransport) and, as
/// [`ErrorKind::Transport`](super::ErrorKind::Transport), by calls. Its text never holds a URL, a header or a body.
///
/// ```
/// use aliyun_ecs::transport::{TransportError, TransportErrorKind};
/// use aliyun_ecs::{Error, Outcome};
///
/// let refused = TransportError::new(TransportErrorKind::Connect, "nobody listens");
/// assert_eq!(Error::from(refused).outcome(), Outcome::NotApplied);
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{}{}", OneLine(message), Origin(*http_status, request_id.as_deref()))]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    http_status: Option<u16>,
    request_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of failure it was, and with it whether the request may have arrived.
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
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was made (name, route, refusal, TLS): the request was certainly never sent.
    Connect,
    /// The answer did not arrive within a time limit: the request may have been carried out.
    Timeout,
    /// The connection was reset or closed before the answer's headers: the request may have been carried out.
    Reset,
    /// The connection ended in the middle of the answer: the request may have been carried out.
    IncompleteBody,
    /// The answer is larger than the transport accepts: the request may have been carried out.
    BodyTooLarge,
    /// What came back is not HTTP: the request may have been carried out.
    Protocol,
    /// Anything else: the request may have been carried out.
    Other,
}

impl TransportError {
    /// An error of the given kind.
    ///
    /// `message` is shown to people: one line, and nothing secret in it.
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

    /// Adds what the answer's headers had told before it broke off: the status and, from
    /// `x-acs-request-id`, the request id.
    #[must_use]
    pub fn with_response(mut self, http_status: u16, request_id: Option<String>) -> Self {
        self.http_status = Some(http_status);
        self.request_id = request_id;
        self
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The HTTP status, where the answer's headers had arrived.
    pub fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    /// The request id, where the answer's headers had arrived.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Passes the texts that a server may have written through `clean`.
    pub(crate) fn cleaned(mut self, clean: impl Fn(&str) -> String) -> Self {
        self.request_id = self.request_id.as_deref().map(clean);
        self
    }

    /// Only a failed connect proves that the request never left.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.kind {
            TransportErrorKind::Connect => Outcome::NotApplied,
            _ => Outcome::Unknown,
        }
    }
}
