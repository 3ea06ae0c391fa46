//! The HTTP clients of the tests: the transport under test, and a bare reqwest.

#![allow(dead_code, reason = "shared by several suites")]

use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

#[cfg(not(feature = "reqwest"))]
pub(crate) use aliyun_ecs::transport::HyperTransport as Transport;
#[cfg(feature = "reqwest")]
pub(crate) use aliyun_ecs::transport::ReqwestTransport as Transport;

/// The transport of the features that the suite is built with. It trusts `roots` and uses no proxy for loopback.
pub(crate) fn transport(roots: RootCertStore, connect_timeout: Duration) -> Transport {
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[cfg(not(feature = "reqwest"))]
    return Transport::with_tls_config(config, connect_timeout);
    #[cfg(feature = "reqwest")]
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(config)
        .connect_timeout(connect_timeout)
        .build()
        .unwrap()
        .into()
}

/// The same for plain HTTP.
pub(crate) fn plain() -> Transport {
    transport(RootCertStore::empty(), Duration::from_secs(60))
}

/// A bare client without proxies. The feature `rustls` of this crate brings no crypto provider to it.
#[cfg(feature = "reqwest")]
pub(crate) fn builder() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
