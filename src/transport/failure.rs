//! Names the failure of an exchange, by the causes of the HTTP client's error.

use std::error::Error as StdError;
use std::io;

use super::{TransportError, TransportErrorKind};

/// Whether a feature of this crate brings TLS. Without one, another crate may still bring it to reqwest.
const HAS_TLS: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

/// What the HTTP client reports about its error.
pub(super) struct Reported {
    /// There was no connection yet.
    pub(super) connecting: bool,
    /// The host has no address.
    pub(super) unresolved: bool,
    /// The client cannot send such a request.
    pub(super) unsendable: bool,
    /// A timeout of the client itself.
    pub(super) timed_out: bool,
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
            connect_message(&reported, io_kind, host),
        )
    } else if reported.unsendable {
        (
            TransportErrorKind::Connect,
            format!("the request to {host} cannot be sent by reqwest"),
        )
    } else if reported.timed_out || io_kind == Some(io::ErrorKind::TimedOut) {
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
        (broken, format!("response from {host} ended prematurely"))
    } else if is_broken {
        (
            broken,
            format!("connection to {host} closed before a response was received"),
        )
    } else {
        (
            TransportErrorKind::Other,
            format!("the exchange with {host} failed"),
        )
    };
    TransportError::new(kind, message).with_source(error)
}

fn connect_message(reported: &Reported, io_kind: Option<io::ErrorKind>, host: &str) -> String {
    match io_kind {
        _ if reported.timed_out || io_kind == Some(io::ErrorKind::TimedOut) => {
            format!("no connection to {host} within the limit for connecting")
        }
        _ if reported.unresolved => format!("the name of {host} cannot be resolved"),
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

/// The first of an error and its causes that is an `E`.
fn find_source<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
