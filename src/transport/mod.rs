//! HTTP: what sends requests, which you may replace.

#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(all(feature = "__rustls", not(feature = "native-tls")))]
mod tls;

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestTransport;
use crate::BoxFuture;
use crate::error::ConfigError;
pub use crate::error::{TransportError, TransportErrorKind};

/// Sends one HTTP request and collects the answer.
///
/// Implement it to bring an HTTP client of your own. An implementation
/// - sends the request once: it neither retries nor follows redirects, since a request may be a paid order;
/// - returns every answer whose body arrived whole, whatever its status;
/// - bounds the size of the body that it accepts;
/// - reports a failure as [`TransportErrorKind::Connect`] only if the request certainly never left;
/// - stops when its future is dropped: the caller enforces the time limits that way.
///
/// ```
/// use aliyun_ecs::transport::{AnswerHead, HttpTransport, ReqwestTransport, TransportError};
/// use aliyun_ecs::{BoxFuture, Client};
/// use bytes::Bytes;
///
/// /// Counts what is sent; reqwest sends it.
/// #[derive(Debug)]
/// struct Counting(ReqwestTransport, std::sync::atomic::AtomicU64);
///
/// impl HttpTransport for Counting {
///     fn send(
///         &self,
///         request: http::Request<Bytes>,
///     ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.send(request)
///     }
///
///     // So that the head of an answer is noted by what it wraps.
///     fn send_noting<'a>(
///         &'a self,
///         request: http::Request<Bytes>,
///         head: &'a AnswerHead,
///     ) -> BoxFuture<'a, Result<http::Response<Bytes>, TransportError>> {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.send_noting(request, head)
///     }
/// }
///
/// let transport = Counting(ReqwestTransport::new()?, Default::default());
/// let client = Client::builder().region("cn-hangzhou").transport(transport).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
pub trait HttpTransport: Debug + Send + Sync {
    /// Sends `request`, whose URI is absolute.
    ///
    /// # Errors
    ///
    /// [`TransportError`] when no whole answer arrived.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;

    /// Sends `request`, and notes in `head` how the answer begins as soon as that is known.
    ///
    /// This is what the client calls. Without an implementation of its own it is [`send`](Self::send), and an attempt
    /// whose time ends amid the answer's body cannot tell the answer's status and request id.
    ///
    /// # Errors
    ///
    /// As for `send`.
    fn send_noting<'a>(
        &'a self,
        request: http::Request<Bytes>,
        head: &'a AnswerHead,
    ) -> BoxFuture<'a, Result<http::Response<Bytes>, TransportError>> {
        let _ = head;
        self.send(request)
    }
}

/// An answer's status and request id, noted before its body is there.
///
/// ```
/// use aliyun_ecs::transport::AnswerHead;
///
/// /// In a transport of your own, as soon as the headers of `answer` are there.
/// fn note<B>(head: &AnswerHead, answer: &http::Response<B>) {
///     head.note(answer.status().as_u16(), answer.headers());
/// }
/// # note(&AnswerHead::default(), &http::Response::new(()));
/// ```
#[derive(Debug, Default)]
pub struct AnswerHead(OnceLock<(u16, Option<HeaderValue>)>);

impl AnswerHead {
    /// Notes how an answer begins; only the first note counts.
    pub fn note(&self, http_status: u16, headers: &HeaderMap) {
        // A second head would be a second answer to one request.
        let _ = self.0.set((http_status, headers.get(&REQUEST_ID).cloned()));
    }

    /// The error of an attempt that ended without a whole answer, with what its head had told.
    pub(crate) fn with_head(&self, error: TransportError) -> TransportError {
        match self.0.get() {
            Some((http_status, id)) => {
                error.with_response(*http_status, id.as_ref().and_then(text))
            }
            None => error,
        }
    }
}

/// The header that holds an answer's request id.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-acs-request-id");

fn text(id: &HeaderValue) -> Option<String> {
    id.to_str().ok().map(str::to_owned)
}

/// The request id of an answer's headers.
fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get(&REQUEST_ID).and_then(text)
}

/// Where the requests of a transport go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionScope {
    /// Anywhere, with TLS.
    Internet,
    /// Anywhere, without TLS. The platform's certificates are not loaded.
    Plaintext,
    /// This machine or the instance's metadata service: without TLS and without a proxy.
    Loopback,
}

/// The transport of a client that is given none.
#[cfg(feature = "reqwest")]
pub(crate) fn default_transport(
    connect_timeout: Duration,
    scope: ConnectionScope,
) -> Result<Arc<dyn HttpTransport>, ConfigError> {
    Ok(Arc::new(ReqwestTransport::build(connect_timeout, scope)?))
}

#[cfg(not(feature = "reqwest"))]
pub(crate) fn default_transport(
    _: Duration,
    _: ConnectionScope,
) -> Result<Arc<dyn HttpTransport>, ConfigError> {
    Err(ConfigError::new(
        "transport",
        "is not set: set it, or enable the feature `reqwest` or `hyper`",
    ))
}
