//! The default transport, on reqwest.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Uri;
use http::uri::{Authority, Scheme};
use reqwest::Url;
use reqwest::redirect::Policy;

use super::{
    AnswerHead, ConnectionScope, HttpTransport, TransportError, TransportErrorKind, request_id,
};
use crate::BoxFuture;
use crate::error::ConfigError;

/// The largest body that is accepted: 8 MiB.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// Room for a query in the copies of a URL, so that few of them have to grow.
const ROOM: usize = 512;

/// Whether a feature of this crate brings TLS. Without one, another crate may still bring it to reqwest.
const HAS_TLS: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

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
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    /// The place of the first request, and its URL with a filler in place of its query.
    usual: OnceLock<(Scheme, Authority, Url)>,
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
        builder.build().map(Self::from).map_err(|error| {
            ConfigError::new("transport", "failed to set up TLS").with_source(error)
        })
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("client", &self.client)
            .finish_non_exhaustive()
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
            usual: OnceLock::new(),
        }
    }
}

impl HttpTransport for ReqwestTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        self.exchange(request, None)
    }

    fn send_noting<'a>(
        &'a self,
        request: http::Request<Bytes>,
        head: &'a AnswerHead,
    ) -> BoxFuture<'a, Result<http::Response<Bytes>, TransportError>> {
        self.exchange(request, Some(head))
    }
}

impl ReqwestTransport {
    fn exchange<'a>(
        &self,
        request: http::Request<Bytes>,
        head: Option<&'a AnswerHead>,
    ) -> BoxFuture<'a, Result<http::Response<Bytes>, TransportError>> {
        let (parts, body) = request.into_parts();
        let host = parts.uri.authority().cloned();
        let sent = self.url(&parts.uri).map(|url| {
            let mut request = reqwest::Request::new(parts.method, url);
            *request.version_mut() = parts.version;
            *request.headers_mut() = parts.headers;
            *request.body_mut() = Some(body.into());
            self.client.execute(request)
        });
        Box::pin(async move {
            let host = host.as_ref().map_or("", |host| host.as_str());
            let sent = sent.map_err(|error| {
                let message = format!("the request to {host} cannot be sent by reqwest");
                TransportError::new(TransportErrorKind::Connect, message).with_source(error)
            })?;
            let response = sent
                .await
                .map_err(|error| refine(error, host, TransportErrorKind::Reset))?;
            if let Some(head) = head {
                head.note(response.status().as_u16(), response.headers());
            }
            collect(response, host).await
        })
    }

    /// The URL as reqwest wants it. A client's requests go to one place, whose URL is parsed once.
    fn url(&self, uri: &Uri) -> Result<Url, <Url as std::str::FromStr>::Err> {
        let place = uri.scheme_str().zip(uri.authority().map(Authority::as_str));
        let place = place.filter(|_| uri.path() == "/");
        if let Some((scheme, authority, url)) = self.usual.get()
            && Some((scheme.as_str(), authority.as_str())) == place
            && uri.query().is_some() == url.query().is_some()
        {
            let mut url = url.clone();
            // Setting none takes as long as cloning.
            if let Some(query) = uri.query() {
                url.set_query(Some(query));
            }
            return Ok(url);
        }
        let url = Url::parse(&uri.to_string())?;
        if let (Some(_), Some(scheme), Some(authority)) = (place, uri.scheme(), uri.authority()) {
            let mut place = url.clone();
            place.set_query(uri.query().map(|_| "-".repeat(ROOM)).as_deref());
            self.usual
                .get_or_init(|| (scheme.clone(), authority.clone(), place));
        }
        Ok(url)
    }
}

/// Reads the body, counting it against the cap as it arrives.
async fn collect(
    mut response: reqwest::Response,
    host: &str,
) -> Result<http::Response<Bytes>, TransportError> {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = std::mem::take(response.headers_mut());
    let status = head.status().as_u16();
    let request_id = || request_id(head.headers());
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    let mut body = Bytes::new();
    loop {
        if announced.max(body.len()) > MAX_BODY {
            return Err(TransportError::new(
                TransportErrorKind::BodyTooLarge,
                format!("the answer of {host} is larger than {} MiB", MAX_BODY >> 20),
            )
            .with_response(status, request_id()));
        }
        match response.chunk().await {
            // Most answers come in one, which is not copied.
            Ok(Some(chunk)) if body.is_empty() => body = chunk,
            Ok(Some(chunk)) => {
                let mut longer = BytesMut::from(body);
                longer.extend_from_slice(&chunk);
                body = longer.freeze();
            }
            Ok(None) => break,
            Err(error) => {
                return Err(refine(error, host, TransportErrorKind::IncompleteBody)
                    .with_response(status, request_id()));
            }
        }
    }
    Ok(head.map(|()| body))
}

/// Names the failure more exactly than reqwest does, and strips the URL from its text.
fn refine(error: reqwest::Error, host: &str, broken: TransportErrorKind) -> TransportError {
    let error = error.without_url();
    let io_kind = find_source::<io::Error>(&error).map(innermost_kind);
    let hyper = find_source::<hyper::Error>(&error);
    let is_parse = hyper.is_some_and(hyper::Error::is_parse);
    let is_broken = hyper
        .is_some_and(|e| e.is_incomplete_message() || e.is_closed() || e.is_canceled())
        || matches!(
            io_kind,
            Some(
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        );
    let (kind, message) = if error.is_connect() {
        (
            TransportErrorKind::Connect,
            connect_message(&error, io_kind, host),
        )
    } else if error.is_builder() {
        (
            TransportErrorKind::Connect,
            format!("the request to {host} cannot be sent by reqwest"),
        )
    } else if error.is_timeout() || io_kind == Some(io::ErrorKind::TimedOut) {
        (
            TransportErrorKind::Timeout,
            format!("{host} did not answer within the HTTP client's own limit"),
        )
    } else if is_parse {
        (
            TransportErrorKind::Protocol,
            format!("the answer of {host} is no HTTP, or its headers are too large"),
        )
    } else if broken == TransportErrorKind::IncompleteBody {
        (broken, format!("the answer of {host} broke off"))
    } else if is_broken {
        (
            broken,
            format!("{host} closed the connection before it answered"),
        )
    } else {
        (
            TransportErrorKind::Other,
            format!("the exchange with {host} failed"),
        )
    };
    TransportError::new(kind, message).with_source(error)
}

fn connect_message(error: &reqwest::Error, io_kind: Option<io::ErrorKind>, host: &str) -> String {
    match io_kind {
        _ if error.is_timeout() => {
            format!("no connection to {host} within the limit for connecting")
        }
        _ if error.is_dns() => format!("the name of {host} cannot be resolved"),
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("the connection to {host}, or to the proxy on the way, was refused")
        }
        None if !HAS_TLS => format!(
            "no connection to {host}: this program has no TLS; enable a feature of `aliyun-ecs` that \
             brings it, such as `rustls`, or give the client a transport of your own"
        ),
        Some(io::ErrorKind::InvalidData) => format!(
            "no TLS connection to {host}: its certificate is not to be trusted, or it does not speak TLS"
        ),
        _ => format!("no connection to {host}"),
    }
}

/// TLS failures come wrapped in one I/O error more.
fn innermost_kind(error: &io::Error) -> io::ErrorKind {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(inner) => innermost_kind(inner),
        None => error.kind(),
    }
}

fn find_source<E: StdError + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
