//! TLS by rustls: one configuration per process, which all clients share.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::ConnectionScope;
use crate::error::ConfigError;

/// With the platform's certificates. Loading them takes milliseconds and 200 KiB, so it happens once.
static PLATFORM: OnceLock<Arc<ClientConfig>> = OnceLock::new();
/// Without certificates: no server is trusted. A minimal container may have none to load.
static EMPTY: OnceLock<Arc<ClientConfig>> = OnceLock::new();

/// The configuration for a scope: certificates, crypto provider and session cache.
///
/// # Errors
///
/// [`ConfigError`] if the machine has no certificates, or if no crypto provider is installed and no feature provides
/// one. Errors are not cached.
pub(crate) fn config(scope: ConnectionScope) -> Result<Arc<ClientConfig>, ConfigError> {
    let (cell, has_roots) = match scope {
        ConnectionScope::Internet => (&PLATFORM, true),
        ConnectionScope::Plaintext | ConnectionScope::Loopback => (&EMPTY, false),
    };
    if let Some(config) = cell.get() {
        return Ok(Arc::clone(config));
    }
    let config = build(has_roots, provider()?)
        .map_err(|error| ConfigError::new("transport", problem(&error)).with_source(error))?;
    // If two threads get here, both use the configuration that was stored first.
    Ok(Arc::clone(cell.get_or_init(|| Arc::new(config))))
}

fn build(has_roots: bool, provider: Arc<CryptoProvider>) -> Result<ClientConfig, rustls::Error> {
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = if has_roots {
        builder.with_platform_verifier()?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

/// Why TLS could not be set up, in terms that a user can act on.
fn problem(error: &rustls::Error) -> String {
    // The verifier has no specific error for this.
    if !error.to_string().contains("No CA certificates") {
        return format!("failed to set up TLS ({error})");
    }
    let unreadable = unreadable_certificates()
        .map(|it| format!(" ({it})"))
        .unwrap_or_default();
    format!(
        "failed to set up TLS: no CA certificates were found on this system{unreadable}; install them \
         (often the package `ca-certificates`), or point SSL_CERT_FILE to a readable PEM file"
    )
}

/// Why certificates that exist cannot be read, which the verifier only logs.
fn unreadable_certificates() -> Option<String> {
    #[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
    return Some(
        rustls_native_certs::load_native_certs()
            .errors
            .first()?
            .to_string(),
    );
    #[cfg(not(all(unix, not(target_os = "android"), not(target_vendor = "apple"))))]
    None
}

/// The provider that the application installed, otherwise that of the features.
fn provider() -> Result<Arc<CryptoProvider>, ConfigError> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Ok(Arc::clone(installed));
    }
    #[cfg(feature = "aws-lc")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "rustls", not(feature = "aws-lc")))]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "rustls", feature = "aws-lc")))]
    Err(ConfigError::new(
        "transport",
        "needs a crypto provider for TLS: enable the feature `rustls` or `aws-lc`, or call `install_default()` \
         of a provider before building a client",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_clients_of_a_scope_share_one_configuration() {
        let of = |scope| config(scope).unwrap();
        let plaintext = of(ConnectionScope::Plaintext);
        assert!(Arc::ptr_eq(&plaintext, &of(ConnectionScope::Loopback)));
        // A minimal container has no certificates.
        if let Ok(internet) = config(ConnectionScope::Internet) {
            assert!(Arc::ptr_eq(&internet, &of(ConnectionScope::Internet)));
            assert!(!Arc::ptr_eq(&internet, &plaintext));
        }
    }
}
