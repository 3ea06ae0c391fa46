//! The default transport, on reqwest.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::uri::Authority;
use http_body::{Body, Frame, SizeHint};
use reqwest::Url;
use reqwest::redirect::Policy;

use super::failure::{Reported, proxy_of, transport_error};
use super::{ConnectionScope, HttpTransport, ResponseBody, TransportError, TransportErrorKind};
use crate::BoxFuture;
use crate::error::ConfigError;

/// Sends requests with reqwest: connections are reused, redirects are not followed, bodies end at 8 MiB.
///
/// The proxy variables of the environment (`HTTPS_PROXY`, `NO_PROXY`, …) are honoured.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::transport::ReqwestTransport;
///
/// let transport = ReqwestTransport::new()?; // one pool of connections for two regions
/// let east = Client::builder().region("cn-hangzhou").transport(transport.clone()).build()?;
/// let north = Client::builder().region("cn-beijing").transport(transport).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    /// Whether the client is known to use the proxies of the environment.
    uses_environment: bool,
}

impl ReqwestTransport {
    /// A transport of its own connection pool, with a connect limit of 5 s.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if TLS cannot be set up: no certificates on the machine, or no crypto
    /// provider installed with the feature `rustls-no-provider`.
    pub fn new() -> Result<Self, ConfigError> {
        Self::build(Duration::from_secs(5), ConnectionScope::Internet)
    }

    pub(crate) fn build(
        connect_timeout: Duration,
        scope: ConnectionScope,
    ) -> Result<Self, ConfigError> {
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .referer(false)
            // Whether a request may be repeated is for the caller to know; with no retries, no copies are kept.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(Duration::from_secs(30));
        let builder = match scope {
            ConnectionScope::Internet | ConnectionScope::Plaintext => builder,
            ConnectionScope::Loopback => builder.no_proxy(),
        };
        #[cfg(all(feature = "__rustls", not(feature = "native-tls")))]
        let builder = builder.tls_backend_preconfigured((*super::tls::config(scope)?).clone());
        let uses_environment = scope != ConnectionScope::Loopback;
        let with = |client| Self {
            client,
            uses_environment,
        };
        builder.build().map(with).map_err(|error| {
            ConfigError::new("transport", "failed to set up TLS").with_source(error)
        })
    }
}

impl From<reqwest::Client> for ReqwestTransport {
    /// Uses your own client, with its TLS, proxies and pool.
    ///
    /// Enable a TLS feature of reqwest in your program: this crate configures TLS for its own clients only. Without
    /// one, and with this crate's `rustls`, reqwest panics when it builds a client: it finds no crypto provider.
    ///
    /// Build it with `redirect(Policy::none())`: a redirected request could carry its
    /// signature to another host. With `retry(reqwest::retry::never().max_retries_per_request(0))` it keeps no copies
    /// of requests for retries of its own. Time limits of its own end an attempt if they are shorter than the call's.
    ///
    /// With `connection_verbose(true)` it logs, at TRACE, every byte that is sent and received: keys,
    /// security tokens and signatures among them. Nothing else that this crate's dependencies log shows them.
    fn from(client: reqwest::Client) -> Self {
        Self {
            client,
            uses_environment: false,
        }
    }
}

impl HttpTransport for ReqwestTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let (parts, body) = request.into_parts();
        let host = parts.uri.authority().cloned();
        let uri = self.uses_environment.then(|| parts.uri.clone());
        let sent = Url::parse(&parts.uri.to_string()).map(|url| {
            let mut request = reqwest::Request::new(parts.method, url);
            *request.version_mut() = parts.version;
            *request.headers_mut() = parts.headers;
            *request.body_mut() = Some(body.into());
            self.client.execute(request)
        });
        Box::pin(async move {
            let name = host.as_ref().map_or("", Authority::as_str);
            let sent = sent.map_err(|error| {
                let message = format!("failed to build the request to {name}");
                TransportError::new(TransportErrorKind::Connect, message).with_source(error)
            })?;
            let response = sent
                .await
                .map_err(|error| failure(error, name, uri.as_ref(), TransportErrorKind::Reset))?;
            let response: http::Response<reqwest::Body> = response.into();
            Ok(response.map(|body| ResponseBody::new(ReqwestBody { body, host })))
        })
    }
}

/// reqwest's body, with errors that name the failure.
struct ReqwestBody {
    body: reqwest::Body,
    host: Option<Authority>,
}

impl Body for ReqwestBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let host = self.host.as_ref().map_or("", Authority::as_str);
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|error| failure(error, host, None, TransportErrorKind::IncompleteBody))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The failure, without the URL in its text.
///
/// `uri` is that of a request that may pass a proxy of the environment.
fn failure(
    error: reqwest::Error,
    host: &str,
    uri: Option<&Uri>,
    broken: TransportErrorKind,
) -> TransportError {
    let reported = Reported {
        connecting: error.is_connect(),
        unresolved: error.is_dns(),
        unsendable: error.is_builder(),
        timed_out: error.is_timeout(),
        proxy: uri.filter(|_| error.is_connect()).and_then(proxy_of),
    };
    transport_error(error.without_url(), reported, host, broken)
}
