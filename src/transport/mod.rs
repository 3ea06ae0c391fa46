//! The HTTP transport, which can be replaced.

mod body;
#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod failure;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "reqwest")]
mod reqwest;
pub mod testing;
#[cfg(any(
    feature = "hyper",
    all(feature = "reqwest", feature = "__rustls", not(feature = "native-tls"))
))]
mod tls;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use self::body::ResponseBody;
#[cfg(feature = "hyper")]
pub use self::hyper::HyperTransport;
#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestTransport;
use crate::BoxFuture;
use crate::error::ConfigError;
pub use crate::error::{TransportError, TransportErrorKind};

pub(crate) use self::body::exchange;

/// Idle connections are closed after 8 s. The service closes them after 25 s by its own `Keep-Alive` header, and after
/// about 10 s according to reports: a request on a connection that the service has just closed is lost.
#[cfg(any(feature = "reqwest", feature = "hyper"))]
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(8);

/// Whether the request requires a new connection.
#[cfg(any(feature = "reqwest", feature = "hyper"))]
fn is_single_use(headers: &http::HeaderMap) -> bool {
    headers
        .get(http::header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// Sends one HTTP request and returns the response.
///
/// Implement it to use an HTTP client of your own. An implementation
///
/// - sends the request once: it neither retries nor follows redirects, since a request may place a paid order;
/// - returns every response, whatever its status;
/// - returns as soon as the response head has arrived, with a body that is still being received ([`ResponseBody::new`]), or returns the whole body;
/// - sends a request that has the header `connection: close` on a new connection. The client sets it on writes: on a reused connection, the leftover response of an earlier request could be mistaken for the response to this one;
/// - reports a failure as [`TransportErrorKind::Connect`] only if the request certainly was not sent;
/// - stops when its future is dropped.
///
/// The client enforces the timeouts and the maximum body size of 8 MiB, so a transport needs neither.
///
/// `Arc<dyn HttpTransport>` and `Box<dyn HttpTransport>` are transports too: use them for a transport that is chosen at
/// run time.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use aliyun_ecs::transport::{HttpTransport, ReqwestTransport, ResponseBody, TransportError};
/// use aliyun_ecs::{BoxFuture, Client};
/// use bytes::Bytes;
///
/// /// Counts the requests and passes them on to reqwest.
/// #[derive(Debug)]
/// struct Counting(ReqwestTransport, AtomicU64);
///
/// impl HttpTransport for Counting {
///     fn send(
///         &self,
///         request: http::Request<Bytes>,
///     ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
///         self.1.fetch_add(1, Ordering::Relaxed);
///         self.0.send(request)
///     }
/// }
///
/// let transport = Counting(ReqwestTransport::new()?, AtomicU64::new(0));
/// let client = Client::builder().region("cn-hangzhou").transport(transport).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
pub trait HttpTransport: Debug + Send + Sync {
    /// Sends `request`, whose URI is absolute, and returns when the response head has arrived.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if no response head arrived.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>>;
}

impl<T: HttpTransport + ?Sized> HttpTransport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        (**self).send(request)
    }
}

impl<T: HttpTransport + ?Sized> HttpTransport for Box<T> {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        (**self).send(request)
    }
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

/// The transport of a client for which no [`transport`](crate::ClientBuilder::transport) was set.
pub(crate) fn default_transport(
    connect_timeout: Duration,
    scope: ConnectionScope,
) -> Result<Arc<dyn HttpTransport>, ConfigError> {
    #[cfg(feature = "reqwest")]
    return Ok(Arc::new(ReqwestTransport::build(connect_timeout, scope)?));
    #[cfg(all(feature = "hyper", not(feature = "reqwest")))]
    return Ok(Arc::new(HyperTransport::build(connect_timeout, scope)?));
    #[cfg(not(any(feature = "reqwest", feature = "hyper")))]
    {
        let _ = (connect_timeout, scope);
        Err(ConfigError::new(
            "transport",
            "is not set: set it, or enable the feature `reqwest` or `hyper`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::testing::CannedTransport;
    use super::*;
    use crate::operation::DescribeRegionsRequest;
    use crate::{Client, Credentials};

    /// Adds a header to every request.
    #[derive(Debug)]
    struct Traced<T>(T);

    impl<T: HttpTransport> HttpTransport for Traced<T> {
        fn send(
            &self,
            mut request: http::Request<Bytes>,
        ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
            let trace = http::HeaderValue::from_static("trace-1");
            request.headers_mut().insert("x-trace", trace);
            self.0.send(request)
        }
    }

    async fn regions(transport: impl HttpTransport + 'static) -> String {
        let client = Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
            .transport(transport)
            .build()
            .unwrap();
        let request = DescribeRegionsRequest::builder().build().unwrap();
        client.describe_regions(request).await.unwrap().request_id
    }

    #[tokio::test]
    async fn a_transport_that_is_chosen_at_run_time_can_be_wrapped_and_passed_to_a_client() {
        let canned = CannedTransport::new();
        for request_id in ["r-1", "r-2", "r-3", "r-4"] {
            let body = format!(r#"{{"RequestId": "{request_id}", "Regions": {{"Region": []}}}}"#);
            let _ = canned.clone().json(200, body);
        }
        let shared: Arc<dyn HttpTransport> = Arc::new(canned.clone());
        let boxed = || -> Box<dyn HttpTransport> { Box::new(canned.clone()) };
        assert_eq!(regions(Arc::clone(&shared)).await, "r-1");
        assert_eq!(regions(Traced(shared)).await, "r-2");
        assert_eq!(regions(boxed()).await, "r-3");
        assert_eq!(regions(Traced(boxed())).await, "r-4");

        let requests = canned.requests();
        let traces: Vec<_> = requests.iter().map(|it| it.header("x-trace")).collect();
        assert_eq!(traces, [None, Some("trace-1"), None, Some("trace-1")]);
    }
}
