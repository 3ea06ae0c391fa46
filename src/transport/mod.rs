//! HTTP: what sends requests, which you may replace.

mod reqwest;

use std::fmt::Debug;

use bytes::Bytes;

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
/// - stops when its future is dropped: the caller enforces the time limits that way.
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
