//! Classifies the errors of HTTP clients by their causes.

use std::error::Error as StdError;
use std::io;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::{TransportError, TransportErrorKind};

/// Whether a feature of this crate enables TLS. Without one, another crate may still enable it in reqwest.
const HAS_TLS: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

/// What an HTTP client reports about its error.
pub(super) struct Reported {
    /// There was no connection yet.
    pub(super) connecting: bool,
    /// The host has no address.
    pub(super) unresolved: bool,
    /// The client cannot send such a request.
    pub(super) unsendable: bool,
    /// A timeout of the client itself.
    pub(super) timed_out: bool,
    /// The proxy that requests to this host pass, if it is known.
    pub(super) proxy: Option<String>,
}

/// The proxy that the environment names for requests to `uri`: its host and port, without a user name or password.
pub(super) fn proxy_of(uri: &Uri) -> Option<String> {
    let proxy = Matcher::from_env().intercept(uri)?;
    let host = proxy.uri().host()?;
    Some(match proxy.uri().port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// The failure of an exchange with `host`. `broken` is the kind of a connection that ends early.
pub(super) fn transport_error<E: StdError + Send + Sync + 'static>(
    error: E,
    reported: Reported,
    host: &str,
    broken: TransportErrorKind,
) -> TransportError {
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
    let (kind, message) = if reported.connecting {
        (
            TransportErrorKind::Connect,
            connect_message(&reported, &error, io_kind, host),
        )
    } else if reported.unsendable {
        (
            TransportErrorKind::Connect,
            format!("failed to build the request to {host}"),
        )
    } else if reported.timed_out || io_kind == Some(io::ErrorKind::TimedOut) {
        (
            TransportErrorKind::Timeout,
            format!("request to {host} timed out (timeout of the HTTP client)"),
        )
    } else if is_parse {
        (
            TransportErrorKind::Protocol,
            format!("response from {host} is not valid HTTP, or its headers are too large"),
        )
    } else if broken == TransportErrorKind::IncompleteBody {
        (broken, format!("response from {host} ended prematurely"))
    } else if is_broken {
        (
            broken,
            format!("connection to {host} closed before a response was received"),
        )
    } else {
        (
            TransportErrorKind::Other,
            format!("request to {host} failed{}", reason(&error)),
        )
    };
    TransportError::new(kind, message).with_source(error)
}

/// Describes the cause that a user can act on, and whether it concerns the server or a proxy.
fn connect_message(
    reported: &Reported,
    error: &(dyn StdError + 'static),
    io_kind: Option<io::ErrorKind>,
    host: &str,
) -> String {
    const SETTINGS: &str = "check HTTPS_PROXY and NO_PROXY";
    let proxy = match &reported.proxy {
        Some(proxy) => format!("proxy {proxy}"),
        None => "the proxy".to_owned(),
    };
    let tunnel = tunnel_error(error);
    match tunnel.as_deref() {
        Some("proxy authorization required") => {
            return format!(
                "{proxy} rejected the tunnel to {host}: 407 Proxy Authentication Required; \
                 put a user name and a password that it accepts into HTTPS_PROXY"
            );
        }
        Some("unsuccessful") => {
            return format!(
                "{proxy} rejected the tunnel to {host} (its response is not 200, but for instance 403 Forbidden); \
                 let it allow this host, or list the host in NO_PROXY"
            );
        }
        Some("failed to create underlying connection") | None => {}
        Some(problem) => {
            return format!("{proxy} closed the tunnel to {host} ({problem}); {SETTINGS}");
        }
    }
    if let Some(scheme) = chain(error).find_map(|it| {
        let text = it.to_string();
        text.strip_prefix("unsupported scheme ").map(str::to_owned)
    }) {
        return format!(
            "{proxy} cannot be used: {scheme}:// is not supported; use a proxy of http://, \
             or enable the feature `socks` of reqwest and use ReqwestTransport"
        );
    }
    // With a tunnel, or with a request that is sent to a proxy, the proxy is the only peer.
    let is_proxy = tunnel.is_some() || reported.proxy.is_some();
    let (peer, hint) = match is_proxy {
        true => (proxy, format!("; {SETTINGS}")),
        false => (host.to_owned(), String::new()),
    };
    match io_kind {
        _ if reported.timed_out || io_kind == Some(io::ErrorKind::TimedOut) => {
            format!("connection to {peer} timed out (connect_timeout){hint}")
        }
        _ if reported.unresolved || chain(error).any(|it| it.to_string() == "dns error") => {
            format!("failed to resolve {peer}{hint}")
        }
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("failed to connect to {peer}: connection refused{hint}")
        }
        None if !HAS_TLS => format!(
            "failed to connect to {peer}: this program has no TLS; enable a feature of `aliyun-ecs` that \
             brings it, such as `rustls`, or set a transport of your own"
        ),
        Some(io::ErrorKind::InvalidData) => format!(
            "TLS handshake with {peer} failed{}: its certificate is not trusted, or it does not use TLS{hint}",
            reason(error)
        ),
        _ => format!("failed to connect to {peer}{}{hint}", reason(error)),
    }
}

/// Why the tunnel through a proxy failed. The type of this error is private, so its text is parsed.
fn tunnel_error(error: &(dyn StdError + 'static)) -> Option<String> {
    chain(error).find_map(|it| Some(it.to_string().strip_prefix("tunnel error: ")?.to_owned()))
}

/// The innermost cause, in parentheses.
fn reason(error: &(dyn StdError + 'static)) -> String {
    match chain(error).last() {
        Some(cause) if !std::ptr::addr_eq(cause, error) => format!(" ({cause})"),
        _ => String::new(),
    }
}

/// An error and its causes.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        (**error).source()
    })
}

/// TLS failures are wrapped in a second I/O error.
fn innermost_kind(error: &io::Error) -> io::ErrorKind {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(inner) => innermost_kind(inner),
        None => error.kind(),
    }
}

/// The first of an error and its causes that is an `E`.
fn find_source<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|it| it.downcast_ref())
}
