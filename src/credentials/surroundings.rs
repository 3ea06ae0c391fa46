//! Everything outside the process that providers look at, so that tests can bring their own.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::ecs_ram_role::Metadata;
use super::{CredentialsError, env};
use crate::clock::{Clock, SystemClock};
use crate::transport::{HttpTransport, Reach, ReqwestTransport};

type ReadVariable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The environment, the clock and the network, as one set of providers shares them.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) variables: Arc<ReadVariable>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The instance metadata service; keeps its session token.
    pub(super) metadata: Arc<Metadata>,
    internet: Lazy,
    direct: Lazy,
    /// Files that a warning was written for.
    warned: Arc<Mutex<HashSet<PathBuf>>>,
}

/// A transport that is made when it is first needed: making one loads certificates.
type Lazy = Arc<OnceLock<Arc<dyn HttpTransport>>>;

impl Surroundings {
    /// The variable's value, without white space around it; an empty one counts as absent.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = (self.variables)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
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
        let (lazy, connect_timeout, reach) = if uri.scheme() == Some(&http::uri::Scheme::HTTP) {
            (&self.direct, Duration::from_secs(1), Reach::Loopback)
        } else {
            (&self.internet, Duration::from_secs(5), Reach::Internet)
        };
        if let Some(transport) = lazy.get() {
            return Ok(Arc::clone(transport));
        }
        let transport = ReqwestTransport::build(connect_timeout, reach)
            .map_err(|error| CredentialsError::failed(provider, error.to_string()))?;
        Ok(Arc::clone(lazy.get_or_init(|| Arc::new(transport))))
    }
}

impl Default for Surroundings {
    /// The process's own.
    fn default() -> Self {
        Self {
            variables: Arc::new(env::var),
            clock: Arc::new(SystemClock::new()),
            metadata: Arc::default(),
            internet: Lazy::default(),
            direct: Lazy::default(),
            warned: Arc::default(),
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}
