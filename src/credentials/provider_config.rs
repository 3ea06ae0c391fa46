//! Everything outside the process that providers look at, so that tests can bring their own.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderValue;

use super::CredentialsError;
use super::env::Environment;
use crate::clock::{Clock, SystemClock};
use crate::transport::{ConnectionScope, HttpTransport, default_transport};

/// The environment, the clock and the network, as one set of providers shares them.
#[derive(Clone)]
pub(crate) struct ProviderConfig {
    pub(super) environment: Environment,
    pub(crate) clock: Arc<dyn Clock>,
    pub(super) metadata: Arc<MetadataSession>,
    internet: Lazy,
    direct: Lazy,
    /// Files that a warning was written for.
    warned: Arc<Mutex<HashSet<PathBuf>>>,
}

/// A transport that is made when it is first needed: making one loads certificates.
type Lazy = Arc<OnceLock<Arc<dyn HttpTransport>>>;

/// The place of the instance metadata service, and the token that it gave.
pub(super) struct MetadataSession {
    pub(super) endpoint: String,
    pub(super) token: Mutex<Option<MetadataToken>>,
}

#[derive(Clone)]
pub(super) struct MetadataToken {
    pub(super) header: HeaderValue,
    /// By the clock's steady time.
    pub(super) until: Duration,
}

impl MetadataSession {
    pub(super) fn at(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            token: Mutex::default(),
        }
    }
}

impl ProviderConfig {
    /// A variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name)
    }

    /// Whether a switch is on: `true` in any case.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A path below the user's home folder.
    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        let home = self
            .variable("HOME")
            .or_else(|| self.variable("USERPROFILE"))?;
        Some(PathBuf::from(home).join(path))
    }

    /// Whether this is the first time that `file` gives reason for a warning.
    pub(super) fn warns_first(&self, file: &std::path::Path) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warned.insert(file.to_owned())
    }

    /// Uses `transport` for everything but plain HTTP.
    pub(crate) fn with_transport(mut self, transport: Arc<dyn HttpTransport>) -> Self {
        self.internet = Arc::new(OnceLock::from(transport));
        self
    }

    /// The transport that reaches `uri`: plain HTTP, which stays on this machine, never passes a proxy.
    pub(super) fn transport(
        &self,
        provider: &'static str,
        uri: &http::Uri,
    ) -> Result<Arc<dyn HttpTransport>, CredentialsError> {
        let (lazy, connect_timeout, scope) = if uri.scheme() == Some(&http::uri::Scheme::HTTP) {
            (
                &self.direct,
                Duration::from_secs(1),
                ConnectionScope::Loopback,
            )
        } else {
            (
                &self.internet,
                Duration::from_secs(5),
                ConnectionScope::Internet,
            )
        };
        if let Some(transport) = lazy.get() {
            return Ok(Arc::clone(transport));
        }
        let transport = default_transport(connect_timeout, scope)
            .map_err(|error| CredentialsError::failed(provider, error.to_string()))?;
        Ok(Arc::clone(lazy.get_or_init(|| transport)))
    }
}

impl Default for ProviderConfig {
    /// The process's own.
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            clock: Arc::new(SystemClock::new()),
            metadata: Arc::new(MetadataSession::at("http://100.100.100.200")),
            internet: Lazy::default(),
            direct: Lazy::default(),
            warned: Arc::default(),
        }
    }
}

impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderConfig")
    }
}
