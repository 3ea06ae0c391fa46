//! HTTP: what sends requests, which you may replace.

mod reqwest;

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderMap;

pub use self::reqwest::ReqwestTransport;
use crate::BoxFuture;
pub use crate::error::{TransportError, TransportErrorKind};

pub(crate) use self::reqwest::Reach;

/// Sends one HTTP request and collects the answer.
///
/// Implement it to bring an HTTP client of your own. An implementation
/// - sends the request once: it neither retries nor follows redirects, since a request may be a paid order;
/// - returns every answer whose body arrived whole, whatever its status;
/// - bounds the size of the body that it accepts;
/// - reports a failure as [`TransportErrorKind::Connect`] only if the request certainly never left;
/// - stops when its future is dropped: the caller enforces the time limits that way;
/// - may note the answer's head in the request's [`AnswerHead`], which outlives that future.
///
/// ```
/// use aliyun_ecs::transport::{HttpTransport, ReqwestTransport, TransportError};
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
}

/// An answer's status and request id, noted before its body is there.
///
/// The caller puts one into the extensions of every request. A transport that notes the head in it
/// lets an attempt whose time ended amid the body still say how its answer began.
///
/// ```
/// use aliyun_ecs::transport::AnswerHead;
/// use bytes::Bytes;
///
/// /// In a transport of your own, as soon as the headers of `answer` are there.
/// fn note<B>(request: &http::Request<Bytes>, answer: &http::Response<B>) {
///     if let Some(head) = request.extensions().get::<AnswerHead>() {
///         head.note(answer.status().as_u16(), answer.headers());
///     }
/// }
/// # note(&http::Request::new(Bytes::new()), &http::Response::new(()));
/// ```
#[derive(Debug, Clone, Default)]
pub struct AnswerHead(Arc<OnceLock<(u16, Option<String>)>>);

impl AnswerHead {
    /// Notes how an answer begins; only the first note counts.
    pub fn note(&self, http_status: u16, headers: &HeaderMap) {
        // A second head would be a second answer to one request.
        let _ = self.0.set((http_status, request_id(headers)));
    }

    /// The error of an attempt that ended without a whole answer, with what its head had told.
    pub(crate) fn told_by(&self, error: TransportError) -> TransportError {
        match self.0.get() {
            Some((http_status, request_id)) => {
                error.with_response(*http_status, request_id.clone())
            }
            None => error,
        }
    }
}

/// The request id of an answer's headers.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-acs-request-id")?;
    id.to_str().ok().map(str::to_owned)
}
