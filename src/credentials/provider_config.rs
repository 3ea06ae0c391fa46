//! The environment, clock and network of the providers, which tests replace.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::CredentialsError;
use super::env::{Environment, PREFIXES};
use super::metadata::MetadataSession;
use crate::clock::{Clock, ClockSkew, SystemClock};
use crate::transport::{ConnectionScope, HttpTransport, default_transport};

/// Names the profile in both files. The CLI reads it with all prefixes.
pub(super) const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";

/// The environment, the clock and the network that a set of providers shares.
#[derive(Clone)]
pub(crate) struct ProviderConfig {
    pub(super) environment: Environment,
    pub(crate) clock: Arc<dyn Clock>,
    /// The learned clock skew, which the client shares with its default chain.
    pub(crate) skew: Arc<ClockSkew>,
    pub(super) metadata: Arc<MetadataSession>,
    internet: Lazy,
    direct: Lazy,
    /// The files that a warning was logged for.
    warned: Arc<Mutex<Vec<PathBuf>>>,
}

/// A transport that is built when it is first needed, since that loads certificates.
type Lazy = Arc<OnceLock<Arc<dyn HttpTransport>>>;

impl ProviderConfig {
    /// The current time, corrected by the learned clock skew.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.skew.correct(self.clock.now())
    }

    /// A variable of the environment, without white space around it; an empty one counts as absent.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name)
    }

    /// Whether a switch is on: `true` in upper or lower case.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The profile that the environment names.
    ///
    /// The CLI and the SDKs disagree on which variable comes first, so two different names are an error.
    pub(super) fn profile_name(&self) -> Result<Option<String>, String> {
        let mut found: Option<(String, String)> = None;
        for prefix in PREFIXES {
            let variable = format!("{prefix}PROFILE");
            let Some(name) = self.variable(&variable) else {
                continue;
            };
            match &found {
                Some((first, other)) if *other != name => {
                    return Err(format!(
                        "{first} and {variable} name different profiles ({other:?} and {name:?}): unset one of them"
                    ));
                }
                Some(_) => {}
                None => found = Some((variable, name)),
            }
        }
        Ok(found.map(|(_, name)| name))
    }

    /// A path below the user's home directory.
    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        let home = self
            .variable("HOME")
            .or_else(|| self.variable("USERPROFILE"))?;
        Some(PathBuf::from(home).join(path))
    }

    /// Whether this is the first warning about `file`.
    pub(super) fn is_first_warning(&self, file: &std::path::Path) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !warned.iter().any(|known| known == file);
        if is_first {
            warned.push(file.to_owned());
        }
        is_first
    }

    /// Uses `transport` for HTTPS.
    pub(crate) fn with_transport(mut self, transport: Arc<dyn HttpTransport>) -> Self {
        self.internet = Arc::new(OnceLock::from(transport));
        self
    }

    /// The transport for `uri`. Plain HTTP, which stays on this machine, never uses a proxy.
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
    /// The environment, clock and network of the process.
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            clock: Arc::new(SystemClock::new()),
            skew: Arc::default(),
            metadata: MetadataSession::of_instance(),
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

/// Generates the setter of a provider for the transport in its [`ProviderConfig`], its field `config`.
macro_rules! transport_setter {
    () => {
        /// Sends HTTPS requests with this transport. Default: a
        /// [`ReqwestTransport`](crate::transport::ReqwestTransport).
        #[must_use]
        pub fn transport(
            mut self,
            transport: impl crate::transport::HttpTransport + 'static,
        ) -> Self {
            self.config = self.config.with_transport(std::sync::Arc::new(transport));
            self
        }
    };
}

pub(super) use transport_setter;
