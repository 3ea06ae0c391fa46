//! The clients: one for each profile, because the service limits the requests of an account in all regions together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::ProfileProvider;
use aliyun_ecs::{BoxFuture, Client, ConfigError};
use chrono::{DateTime, Utc};

use crate::Error;
use crate::metrics::Metrics;
use crate::options::ServiceOptions;

#[derive(Debug, Clone)]
pub(crate) struct Clients {
    options: ServiceOptions,
    metrics: Option<Metrics>,
    accounts: Arc<Mutex<HashMap<Option<String>, Account>>>,
}

#[derive(Debug)]
struct Account {
    client: Client,
    /// Whether the region of the client is that of the environment.
    has_default_region: bool,
}

impl Clients {
    /// Fails if no client can have these options. Otherwise each resize would fail for this reason.
    pub(crate) fn new(options: ServiceOptions, metrics: Option<Metrics>) -> Result<Self, Error> {
        let clients = Self {
            options,
            metrics,
            accounts: Arc::default(),
        };
        clients.build(None, Some("cn-hangzhou"))?;
        Ok(clients)
    }

    /// The client for a profile and a region. Default: the default credentials, and the region of the environment. All
    /// clients of a profile share their rate, credentials and connections.
    pub(crate) fn get(&self, profile: Option<&str>, region: Option<&str>) -> Result<Client, Error> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let name = profile.map(str::to_owned);
        if !accounts.contains_key(&name) {
            let account = match (self.build(profile, None), region) {
                (Err(_), Some(region)) => Account {
                    client: self.build(profile, Some(region))?,
                    has_default_region: false,
                },
                (client, _) => Account {
                    client: client?,
                    has_default_region: true,
                },
            };
            accounts.insert(name.clone(), account);
        }
        Ok(match (accounts.get(&name), region) {
            (Some(account), Some(region)) => account.client.with_region(region)?,
            (Some(account), None) if account.has_default_region => account.client.clone(),
            // This fails with an error that the region is missing.
            _ => self.build(profile, region)?,
        })
    }

    fn build(&self, profile: Option<&str>, region: Option<&str>) -> Result<Client, ConfigError> {
        let (options, speed) = (&self.options, self.options.speed.max(1));
        let mut builder = Client::builder();
        if let Some(region) = region {
            builder = builder.region(region);
        }
        if let Some(profile) = profile {
            builder = builder.credentials(ProfileProvider::new().profile(profile));
        }
        if let Some(endpoint) = &options.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(rate) = options.rate {
            builder = builder.max_requests_per_second(rate / f64::from(speed));
        }
        if let Some(metrics) = &self.metrics {
            builder = builder.observer(metrics.clone());
        }
        if speed > 1 {
            // Timeouts keep their default length in real time.
            builder = builder
                .clock(Faster(SystemClock::new(), speed))
                .attempt_timeout(Duration::from_secs(15).saturating_mul(speed))
                .timeout(Duration::from_secs(60).saturating_mul(speed));
        }
        builder.build()
    }
}

/// A clock for simulators that run faster than real time.
#[derive(Debug)]
struct Faster(SystemClock, u32);

impl Clock for Faster {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed().saturating_mul(self.1)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.0.sleep(duration / self.1.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(rate: f64) -> ServiceOptions {
        ServiceOptions {
            endpoint: Some("http://127.0.0.1:1".into()),
            rate: Some(rate),
            speed: 1,
        }
    }

    #[tokio::test]
    async fn wrong_options_are_rejected_before_anything_runs() {
        let error = Clients::new(options(0.0), None).unwrap_err().to_string();
        assert!(error.contains("max_requests_per_second"), "{error}");
    }

    #[tokio::test]
    async fn the_regions_of_a_profile_share_one_client() {
        let clients = Clients::new(options(5.0), None).unwrap();
        for profile in [None, Some("a"), Some("b")] {
            for region in ["cn-beijing", "cn-hangzhou"] {
                let client = clients.get(profile, Some(region)).unwrap();
                assert_eq!(client.region().as_str(), region);
            }
        }
        assert_eq!(clients.accounts.lock().unwrap().len(), 3);
        assert!(clients.get(Some("a"), Some("no region")).is_err());
    }
}
