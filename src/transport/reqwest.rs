//! The default transport, on reqwest.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::uri::Authority;
use http_body::{Body, Frame, SizeHint};
use reqwest::Url;
use reqwest::redirect::Policy;

use super::failure::{Reported, proxy_of, transport_error};
use super::{
    ConnectionScope, HttpTransport, POOL_IDLE_TIMEOUT, ResponseBody, TransportError,
    TransportErrorKind, is_single_use,
};
use crate::BoxFuture;
use crate::error::ConfigError;

/// Sends requests with reqwest. It does not follow redirects.
///
/// Reads reuse connections. A request with the header `connection: close`, which the client sets on every write, is
/// sent on a new connection that is closed afterwards.
///
/// The proxy variables of the environment (`HTTPS_PROXY`, `NO_PROXY`, …) are honored.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::transport::ReqwestTransport;
///
/// let transport = ReqwestTransport::new()?; // one connection pool for several clients
/// let east = Client::builder().region("cn-hangzhou").transport(transport.clone()).build()?;
/// let north = Client::builder().region("cn-beijing").transport(transport).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport {
    /// Reuses connections.
    pooled: reqwest::Client,
    /// Opens a connection for each request.
    single_use: reqwest::Client,
    /// Whether the client is known to use the proxies of the environment.
    uses_environment: bool,
    /// The URL of the last request, without its query. It is kept because reqwest requires a parsed URL, and parsing
    /// costs about as much as signing.
    base: Arc<RwLock<Option<Url>>>,
}

impl ReqwestTransport {
    /// A transport with its own connection pool and a connect timeout of 5 s.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if TLS cannot be set up: the machine has no certificates, or the feature `rustls-no-provider`
    /// is enabled and no crypto provider is installed.
    pub fn new() -> Result<Self, ConfigError> {
        Self::build(Duration::from_secs(5), ConnectionScope::Internet)
    }

    pub(crate) fn build(
        connect_timeout: Duration,
        scope: ConnectionScope,
    ) -> Result<Self, ConfigError> {
        let builder = || {
            let builder = reqwest::Client::builder()
                .redirect(Policy::none())
                .referer(false)
                // The caller decides about retries. Without retries, reqwest keeps no copies of requests.
                .retry(reqwest::retry::never().max_retries_per_request(0))
                .connect_timeout(connect_timeout);
            let builder = match scope {
                ConnectionScope::Internet | ConnectionScope::Plaintext => builder,
                ConnectionScope::Loopback => builder.no_proxy(),
            };
            #[cfg(all(feature = "__rustls", not(feature = "native-tls")))]
            let builder = builder.tls_backend_preconfigured((*super::tls::config(scope)?).clone());
            Ok(builder)
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| {
                ConfigError::new("transport", "failed to set up TLS").with_source(error)
            })
        };
        Ok(Self {
            pooled: build(builder()?.pool_idle_timeout(POOL_IDLE_TIMEOUT))?,
            single_use: build(builder()?.pool_max_idle_per_host(0))?,
            uses_environment: scope != ConnectionScope::Loopback,
            base: Arc::default(),
        })
    }

    /// The URL of a request.
    fn url(&self, uri: &Uri) -> Result<Url, <Url as FromStr>::Err> {
        let is_base = |url: &&Url| {
            uri.scheme_str() == Some(url.scheme())
                && uri.authority().map(Authority::as_str) == Some(url.authority())
                && uri.path() == url.path()
        };
        let last = self.base.read().unwrap_or_else(PoisonError::into_inner);
        let known = last.as_ref().filter(is_base).cloned();
        drop(last);
        let mut url = match known {
            Some(url) => url,
            None => {
                let mut url = Url::parse(&uri.to_string())?;
                url.set_query(None);
                let mut last = self.base.write().unwrap_or_else(PoisonError::into_inner);
                last.insert(url).clone()
            }
        };
        url.set_query(uri.query());
        Ok(url)
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

impl From<reqwest::Client> for ReqwestTransport {
    /// Uses your own client, with its TLS settings, proxies and connection pool.
    ///
    /// Enable a TLS feature of reqwest in your program: this crate configures TLS for its own clients only. Without
    /// one, and with this crate's `rustls`, reqwest panics when it builds a client: it finds no crypto provider.
    ///
    /// Build it with
    ///
    /// - `redirect(Policy::none())`: a redirected request could carry its signature to another host;
    /// - `pool_max_idle_per_host(0)`: your client also sends writes, and on a reused connection the leftover response of an earlier request could be mistaken for the response to an order;
    /// - `retry(reqwest::retry::never().max_retries_per_request(0))`, so that it keeps no copies of requests.
    ///
    /// Its own timeouts end an attempt if they are shorter than those of the call.
    ///
    /// With `connection_verbose(true)` it logs, at TRACE, every byte that is sent and received, including credentials
    /// and signatures. Nothing else that this crate's dependencies log contains them.
    fn from(client: reqwest::Client) -> Self {
        Self {
            pooled: client.clone(),
            single_use: client,
            uses_environment: false,
            base: Arc::default(),
        }
    }
}

impl HttpTransport for ReqwestTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let (parts, body) = request.into_parts();
        let (uri, uses_environment) = (parts.uri, self.uses_environment);
        let client = match is_single_use(&parts.headers) {
            true => &self.single_use,
            false => &self.pooled,
        };
        let sent = self.url(&uri).map(|url| {
            let mut request = reqwest::Request::new(parts.method, url);
            *request.version_mut() = parts.version;
            *request.headers_mut() = parts.headers;
            *request.body_mut() = Some(body.into());
            client.execute(request)
        });
        Box::pin(async move {
            let name = uri.authority().map_or("", Authority::as_str);
            let sent = sent.map_err(|error| {
                let message = format!("failed to build the request to {name}");
                TransportError::new(TransportErrorKind::Connect, message).with_source(error)
            })?;
            let response = sent.await.map_err(|error| {
                let uri = uses_environment.then_some(&uri);
                failure(error, name, uri, TransportErrorKind::Reset)
            })?;
            let response: http::Response<reqwest::Body> = response.into();
            let host = uri.into_parts().authority;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_request_does_not_depend_on_the_request_before() {
        let scope = ConnectionScope::Loopback;
        let transport = ReqwestTransport::build(Duration::from_secs(5), scope).unwrap();
        for text in [
            "http://a.example/",
            "http://a.example/?B=1%2F2&C=~",
            "http://a.example/?D",
            "http://a.example/",
            "http://a.example:81/?B=1",
            "https://a.example/",
            "https://b.example/?B=1",
            "https://b.example/path?B=1",
            "https://b.example/?B=1",
        ] {
            let url = transport.url(&text.parse().unwrap()).unwrap();
            assert_eq!(url, Url::parse(text).unwrap());
        }
    }
}
