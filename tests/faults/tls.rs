//! Failures of TLS: a client or a server without TLS, invalid certificates, interrupted handshakes and connections.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aliyun_ecs::ClientBuilder;
use aliyun_ecs::Outcome::{NotApplied, Unknown};
use aliyun_ecs::error::TransportErrorKind::{Connect, IncompleteBody, Protocol, Reset, Timeout};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::calls::{Operation, Row, cases, client};
use crate::http::{Transport, transport};
use crate::matrix::{BODY, CAREFUL, HEAD, ID, SAFE, row};
use crate::support::{Accept, Server, Step, Wire, order};

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Accept for TlsAcceptor {
    type Stream = TlsStream<TcpStream>;

    fn scheme(&self) -> &'static str {
        "https"
    }

    async fn accept(&self, stream: TcpStream) -> std::io::Result<Self::Stream> {
        Self::accept(self, stream).await
    }
}

/// The certificate authority that the clients of the test trust.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        Self {
            root: root.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// An acceptor with a certificate for `host`, valid from the start of the year `first` to the start of `last`.
    pub(crate) fn acceptor(&self, host: &str, first: i32, last: i32) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(first, 1, 1);
        params.not_after = date_time_ymd(last, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// A transport that trusts only this authority; `limit` is the connect timeout.
    pub(crate) fn transport(&self, limit: Duration) -> Transport {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        transport(roots, limit)
    }
}

/// How a server treats connections.
pub(crate) enum Port {
    /// TLS, with this certificate.
    Tls(TlsAcceptor, Step),
    /// A TLS port that receives plain HTTP.
    TlsAddressedInPlain(TlsAcceptor),
    /// A plain port that receives TLS.
    PlainAddressedInTls,
    /// Accepts connections and ends them in this way.
    NoHandshake(Completion),
}

#[derive(Clone, Copy)]
pub(crate) enum Completion {
    Close,
    Reset,
    Silence,
}

#[rustfmt::skip]
pub(crate) fn table(authority: &Authority) -> Vec<(Row, Port)> {
    use Port::*;
    use Step::{RawThenClose, RawThenCutOff, RawThenReset};
    let cert = |host| authority.acceptor(host, 2000, 4000);
    let good = || cert("127.0.0.1");
    let here = "127.0.0.1";
    let half = format!("{HEAD}content-length: 99\r\n\r\n{BODY}").into_bytes();
    // Only the close notification of TLS marks the end of this body.
    let open_end = format!("{HEAD}connection: close\r\n\r\n{BODY}").into_bytes();
    let refused = |name, port| (Row { arrives: false, ..row(name, order("1"), Connect, SAFE, NotApplied, None).0 }, port);
    let broken = |name, kind, step: Step, head| (row(name, order("1"), kind, CAREFUL, Unknown, head).0, Tls(good(), step));
    vec![
        refused("a certificate for another host",         Tls(cert("ecs.other.example"), order("1"))),
        refused("a certificate for another address",      Tls(cert("127.0.0.2"), order("1"))),
        refused("an expired certificate",                 Tls(authority.acceptor(here, 2000, 2020), order("1"))),
        refused("a certificate from the future",          Tls(authority.acceptor(here, 3000, 4000), order("1"))),
        refused("a certificate of an unknown issuer",     Tls(Authority::new().acceptor(here, 2000, 4000), order("1"))),
        refused("TLS to a plain port",                    PlainAddressedInTls),
        refused("closed in the handshake",                NoHandshake(Completion::Close)),
        refused("reset in the handshake",                 NoHandshake(Completion::Reset)),
        refused("silence in the handshake",               NoHandshake(Completion::Silence)),
        (Row { arrives: false, ..row("plain to a TLS port", order("1"), Protocol, CAREFUL, Unknown, None).0 }, TlsAddressedInPlain(good())),
        broken("reset over TLS",                        Reset,    RawThenReset(vec![]),            None),
        broken("closed over TLS",                       Reset,    RawThenClose(vec![]),            None),
        broken("cut off over TLS",                      Reset,    RawThenCutOff(vec![]),           None),
        broken("reset over TLS within the body",          IncompleteBody, RawThenReset(half.clone()),      ID),
        broken("closed over TLS within the body",         IncompleteBody, RawThenClose(half.clone()),      ID),
        broken("cut off over TLS within the body",        IncompleteBody, RawThenCutOff(half.clone()),     ID),
        broken("cut off where only TLS could end a body", IncompleteBody, RawThenCutOff(open_end),         ID),
        broken("silence over TLS within the body",        Timeout,  Step::RawThenSilence(half),      ID),
    ]
}

/// A running server and its endpoint.
pub(crate) struct Endpoint {
    pub(crate) server: Server,
    endpoint: String,
    /// The number of connections of a server without TLS.
    mute: Option<Arc<AtomicUsize>>,
}

impl Port {
    pub(crate) async fn open(&self) -> Endpoint {
        let server = match self {
            Self::Tls(acceptor, step) => {
                Server::start_with(vec![step.clone(); 4], acceptor.clone()).await
            }
            Self::TlsAddressedInPlain(acceptor) => Server::start_with([], acceptor.clone()).await,
            Self::PlainAddressedInTls | Self::NoHandshake(_) => Server::start([]).await,
        };
        let (endpoint, mute) = match self {
            Self::Tls(..) => (server.endpoint.clone(), None),
            Self::TlsAddressedInPlain(_) => (server.endpoint.replace("https", "http"), None),
            Self::PlainAddressedInTls => without_tls(None).await,
            Self::NoHandshake(completion) => without_tls(Some(*completion)).await,
        };
        Endpoint {
            server,
            endpoint,
            mute,
        }
    }
}

impl Endpoint {
    pub(crate) fn builder(&self, authority: &Authority, port: &Port) -> ClientBuilder {
        // Only silence lasts until the connect timeout.
        let limit = match port {
            Port::NoHandshake(Completion::Silence) => Duration::from_millis(20),
            _ => Duration::from_secs(60),
        };
        self.server
            .builder()
            .endpoint(&self.endpoint)
            .transport(authority.transport(limit))
    }

    fn connections(&self) -> usize {
        match &self.mute {
            Some(count) => count.load(Ordering::Relaxed),
            None => self.server.connections(),
        }
    }
}

/// An endpoint without TLS: it ends connections, or responds like an HTTP server that receives garbage.
async fn without_tls(completion: Option<Completion>) -> (String, Option<Arc<AtomicUsize>>) {
    const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::Relaxed);
            match completion {
                Some(Completion::Close) => stream.shutdown().await.unwrap(),
                Some(Completion::Reset) => stream.set_zero_linger().unwrap(),
                Some(Completion::Silence) => kept.push(stream),
                None => {
                    let mut hello = vec![0; 4_096];
                    let read = stream.read(&mut hello).await.unwrap();
                    assert!(!String::from_utf8_lossy(&hello[..read]).contains("Action"));
                    stream.write_all(BAD_REQUEST).await.unwrap();
                }
            }
        }
    });
    (endpoint, Some(count))
}

#[tokio::test]
async fn tls_failures_have_the_expected_error() {
    let authority = Authority::new();
    for (row, port) in table(&authority) {
        for (version, operation) in cases() {
            let endpoint = port.open().await;
            let client = client(endpoint.builder(&authority, &port), version);
            let error = operation.call(&client).await.unwrap_err();
            row.check(&endpoint.server, operation, &error, &format!("{version:?}"));
            let attempts = row.attempts[operation as usize] as usize;
            assert_eq!(
                endpoint.connections(),
                attempts,
                "{}: each attempt connects",
                row.name
            );
        }
    }
}

#[tokio::test]
async fn a_default_client_rejects_a_self_signed_certificate() {
    let acceptor = Authority::new().acceptor("127.0.0.1", 2000, 4000);
    let server = Server::start_with([order("1")], acceptor).await;
    // On a machine without certificates, such a client cannot be built.
    if let Ok(client) = server.builder().build() {
        let error = Operation::Order.call(&client).await.unwrap_err();
        assert_eq!(error.outcome(), NotApplied, "{error:?}");
        assert!(server.seen().is_empty());
    }
}

#[tokio::test]
async fn with_a_valid_certificate_calls_succeed_and_reads_reuse_the_connection() {
    let authority = Authority::new();
    for (version, operation) in cases() {
        let acceptor = authority.acceptor("127.0.0.1", 2000, 4000);
        let server = Server::start_with([order("1"), order("2")], acceptor).await;
        let limit = Duration::from_secs(60);
        let client = client(
            server.builder().transport(authority.transport(limit)),
            version,
        );
        assert_eq!(operation.call(&client).await.unwrap(), "1");
        assert_eq!(operation.call(&client).await.unwrap(), "2");
        let connections = match operation {
            Operation::Read => 1,
            Operation::Order | Operation::Stop => 2,
        };
        assert_eq!((server.connections(), server.nonces()), (connections, 2));
    }
}

#[tokio::test]
async fn the_error_chain_names_the_problem_with_the_certificate() {
    let authority = Authority::new();
    for (acceptor, cause) in [
        (
            authority.acceptor("ecs.other.example", 2000, 4000),
            "ecs.other.example",
        ),
        (authority.acceptor("127.0.0.1", 2000, 2020), "expired"),
    ] {
        let server = Server::start_with([], acceptor).await;
        let transport = authority.transport(Duration::from_secs(60));
        let client = server.builder().transport(transport).build().unwrap();
        let error = Operation::Read.call(&client).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("TLS handshake with 127.0.0.1:"), "{text}");
        let mut chain = String::new();
        let mut next = error.source();
        while let Some(error) = next {
            chain.push_str(&format!("{error}\n"));
            next = error.source();
        }
        assert!(chain.contains(cause), "{chain}");
    }
}
