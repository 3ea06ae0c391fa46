//! The HTTP client of tests that send requests of their own.

/// A bare client without proxies. The `rustls` feature of this crate brings no crypto provider to it.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    #[cfg(feature = "rustls")]
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
