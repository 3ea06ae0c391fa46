//! Test support: a clock, a home directory and a transport.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response, Uri};

use super::env::Environment;
use super::metadata::MetadataSession;
use super::provider_config::ProviderConfig;
use crate::BoxFuture;
use crate::clock::Clock;
use crate::transport::{
    ConnectionScope, HttpTransport, ResponseBody, TransportError, default_transport,
};

/// The time of the clock until it is advanced.
pub(crate) const START: &str = "2026-11-23T12:00:00Z";

/// Shorter sleeps are backoffs, which end at once. The others are timeouts.
const MIN_TIMEOUT: Duration = Duration::from_secs(2);

/// A clock that tests advance. A timeout never ends, or ends at once if the clock is impatient.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock {
    passed: Arc<Mutex<TimeDelta>>,
    is_impatient: bool,
}

impl ManualClock {
    /// Every timeout ends as soon as a future has to wait.
    pub(crate) fn impatient() -> Self {
        Self {
            is_impatient: true,
            ..Self::default()
        }
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.passed.lock().unwrap() += by;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self {
            passed: Arc::new(Mutex::new(TimeDelta::zero())),
            is_impatient: false,
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        START.parse::<DateTime<Utc>>().unwrap() + *self.passed.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.passed.lock().unwrap().to_std().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        match self.is_impatient || duration < MIN_TIMEOUT {
            true => Box::pin(std::future::ready(())),
            false => Box::pin(std::future::pending()),
        }
    }
}

/// A directory that is removed with this value.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("aliyun-ecs-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The header with the original host of a redirected request.
pub(crate) const ORIGINAL_HOST: &str = "x-original-host";

/// Sends every HTTPS request to the test server, over plain HTTP.
#[derive(Debug)]
pub(crate) struct RedirectTransport {
    server: Uri,
    transport: Arc<dyn HttpTransport>,
}

impl RedirectTransport {
    pub(crate) fn to(server: &str) -> Self {
        Self {
            server: server.parse().unwrap(),
            transport: default_transport(Duration::from_secs(5), ConnectionScope::Loopback)
                .unwrap(),
        }
    }
}

impl HttpTransport for RedirectTransport {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        assert_eq!(request.uri().scheme_str(), Some("https"));
        let meant = request.uri().authority().unwrap().to_string();
        request
            .headers_mut()
            .insert(ORIGINAL_HOST, meant.parse().unwrap());
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = self.server.scheme().cloned();
        parts.authority = self.server.authority().cloned();
        *request.uri_mut() = Uri::from_parts(parts).unwrap();
        self.transport.send(request)
    }
}

/// The configuration of a test. It uses nothing from this machine.
pub(crate) fn config(
    variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    clock: &ManualClock,
    metadata: &str,
) -> ProviderConfig {
    let variables: HashMap<String, String> = variables
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let mut config = ProviderConfig::default();
    config.environment = Environment::new(move |name| variables.get(name).cloned());
    config.clock = Arc::new(clock.clone());
    config.metadata = Arc::new(MetadataSession::at(metadata));
    config
}
