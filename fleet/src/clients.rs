//! The clients: one for each profile (account) and region.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::ProfileProvider;
use aliyun_ecs::{BoxFuture, Client};
use chrono::{DateTime, Utc};

use crate::Error;
use crate::options::ServiceOptions;

type Account = (Option<String>, Option<String>);

#[derive(Debug, Clone)]
pub(crate) struct Clients {
    options: ServiceOptions,
    clients: Arc<Mutex<HashMap<Account, Client>>>,
}

impl Clients {
    pub(crate) fn new(options: ServiceOptions) -> Self {
        Self {
            options,
            clients: Arc::default(),
        }
    }

    /// The client of a profile; without one, of the default credentials. The region is that of requests without one.
    pub(crate) fn get(&self, profile: Option<&str>, region: Option<&str>) -> Result<Client, Error> {
        let account = (profile.map(str::to_owned), region.map(str::to_owned));
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&account) {
            return Ok(client.clone());
        }
        let client = self.build(profile, region)?;
        clients.insert(account, client.clone());
        Ok(client)
    }

    fn build(&self, profile: Option<&str>, region: Option<&str>) -> Result<Client, Error> {
        let mut builder = Client::builder();
        if let Some(region) = region {
            builder = builder.region(region);
        }
        if let Some(profile) = profile {
            builder = builder.credentials(ProfileProvider::new().profile(profile));
        }
        if let Some(endpoint) = &self.options.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(rate) = self.options.rate {
            builder = builder.max_requests_per_second(rate);
        }
        let speed = self.options.speed;
        if speed > 1 {
            // Timeouts stay the usual ones in real time.
            builder = builder
                .clock(Faster(SystemClock::new(), speed))
                .attempt_timeout(Duration::from_secs(15).saturating_mul(speed))
                .timeout(Duration::from_secs(60).saturating_mul(speed));
        }
        Ok(builder.build()?)
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
