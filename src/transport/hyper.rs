//! A small transport: hyper-util's client with TLS by rustls, without reqwest.

use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Scheme};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::failure::{Reported, proxy_of, transport_error};
use super::{
    ConnectionScope, HttpTransport, POOL_IDLE_TIMEOUT, ResponseBody, TransportError,
    TransportErrorKind, is_single_use, tls,
};
use crate::BoxFuture;
use crate::clock::{SystemClock, within};
use crate::error::ConfigError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// To the server, or to the proxy in front of it.
type Link = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Sends requests with hyper-util's client: about 30 crates less than reqwest, and less CPU time for each call.
///
/// It reuses connections and follows no redirects. For HTTPS it honors the proxy variables of the environment
/// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) with proxies of `http://` and `https://`; plain HTTP uses no proxy.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::transport::HyperTransport;
///
/// let client = Client::builder().region("cn-hangzhou").transport(HyperTransport::new()?).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct HyperTransport {
    pooled: Client<Connector, Full<Bytes>>,
    /// For requests with `connection: close`: never finds an idle connection.
    unpooled: Client<Connector, Full<Bytes>>,
}

impl HyperTransport {
    /// A transport with its own connection pool and a connect timeout of 5 s.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if TLS cannot be set up: the machine has no certificates, or there is no crypto provider
    /// (see the features `rustls`, `aws-lc` and `rustls-no-provider`).
    pub fn new() -> Result<Self, ConfigError> {
        Self::build(Duration::from_secs(5), ConnectionScope::Internet)
    }

    /// A transport with your own TLS settings, for instance other trusted certificates. Their ALPN protocols are
    /// ignored.
    pub fn with_tls_config(mut config: ClientConfig, connect_timeout: Duration) -> Self {
        config.alpn_protocols.clear();
        Self::with(config.into(), connect_timeout, ConnectionScope::Internet)
    }

    pub(crate) fn build(timeout: Duration, scope: ConnectionScope) -> Result<Self, ConfigError> {
        Ok(Self::with(tls::config(scope)?, timeout, scope))
    }

    fn with(tls: Arc<ClientConfig>, timeout: Duration, scope: ConnectionScope) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(15)));
        let proxies = (scope == ConnectionScope::Internet).then(|| Arc::new(Matcher::from_env()));
        let connector = Connector {
            tcp,
            tls,
            proxies,
            timeout,
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT);
        Self {
            pooled: builder.build(connector.clone()),
            unpooled: builder.pool_max_idle_per_host(0).build(connector),
        }
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}

impl HttpTransport for HyperTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let client = match is_single_use(request.headers()) {
            true => &self.unpooled,
            false => &self.pooled,
        };
        let uri = request.uri().clone();
        let response = client.request(request.map(Full::new));
        Box::pin(async move {
            let host = uri.authority().map_or("", Authority::as_str);
            let response = response.await.map_err(|error| failure(error, host, &uri))?;
            Ok(response.map(ResponseBody::new))
        })
    }
}

fn failure(error: Error, host: &str, uri: &Uri) -> TransportError {
    let reported = Reported {
        connecting: error.is_connect(),
        // The type of this error is private.
        unresolved: error
            .source()
            .is_some_and(|cause| cause.to_string() == "dns error"),
        unsendable: false,
        timed_out: false,
        // Only tunnels use a proxy.
        proxy: (error.is_connect() && uri.scheme() == Some(&Scheme::HTTPS))
            .then(|| proxy_of(uri))
            .flatten(),
    };
    transport_error(error, reported, host, TransportErrorKind::Reset)
}

/// Connects by TCP or through a proxy's tunnel, with TLS for `https`.
#[derive(Clone)]
struct Connector {
    tcp: HttpConnector,
    tls: Arc<ClientConfig>,
    proxies: Option<Arc<Matcher>>,
    timeout: Duration,
}

impl Connector {
    async fn connect(mut self, uri: Uri) -> Result<MaybeHttpsStream<Link>, BoxError> {
        if uri.scheme() != Some(&Scheme::HTTPS) {
            let tcp = self.tcp.call(uri).await?;
            return Ok(MaybeHttpsStream::Http(Link::Http(tcp)));
        }
        let name = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(name.to_owned())?;
        let link = match self
            .proxies
            .as_ref()
            .and_then(|proxies| proxies.intercept(&uri))
        {
            None => Link::Http(self.tcp.call(uri).await?),
            Some(proxy) => {
                let to_proxy = HttpsConnector::from((self.tcp, Arc::clone(&self.tls)));
                let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
                if let Some(credentials) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                tunnel.call(uri).await?
            }
        };
        let tls = TlsConnector::from(self.tls).connect(name, TokioIo::new(link));
        Ok(tls.await?.into())
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Link>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (timeout, connection) = (self.timeout, self.clone().connect(uri));
        Box::pin(async move {
            let connected = within(&SystemClock::new(), timeout, pin!(connection)).await;
            connected.unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}
