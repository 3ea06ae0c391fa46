//! Keeps credentials while they are good, and fetches new ones once for everybody.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::clock::{self, Clock};

/// Credentials without an expiry are asked for again after this time, so that a rotated key file is noticed.
const RECHECK: TimeDelta = TimeDelta::minutes(5);
/// The longest time before the expiry at which a refresh starts (half as much again with jitter).
const MAX_SLACK: TimeDelta = TimeDelta::minutes(10);
/// After a failed refresh, credentials that are still valid are served this long before the next try.
const BACK_OFF: TimeDelta = TimeDelta::seconds(10);

/// A provider's credentials, refreshed early and by one caller at a time.
#[derive(Debug)]
pub(crate) struct CredentialsCache {
    provider: Box<dyn ProvideCredentials>,
    clock: Arc<dyn Clock>,
    entry: RwLock<Option<Entry>>,
    refreshing: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Entry {
    credentials: Credentials,
    refresh_at: DateTime<Utc>,
}

impl Entry {
    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.credentials.expiration().is_none_or(|end| now < end)
    }
}

impl CredentialsCache {
    pub(crate) fn new(provider: Box<dyn ProvideCredentials>, clock: Arc<dyn Clock>) -> Self {
        Self {
            provider,
            clock,
            entry: RwLock::new(None),
            refreshing: Mutex::new(()),
        }
    }

    /// Good credentials: the ones in hand, or fresh ones.
    pub(crate) async fn get(&self) -> Result<Credentials, CredentialsError> {
        if let Some(credentials) = self.fresh() {
            return Ok(credentials);
        }
        let _turn = match self.refreshing.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                // Somebody else is refreshing: what is still valid will do meanwhile.
                if let Some(entry) = self.valid() {
                    return Ok(entry.credentials);
                }
                self.refreshing.lock().await
            }
        };
        if let Some(credentials) = self.fresh() {
            return Ok(credentials);
        }
        match self.provider.provide_credentials().await {
            Ok(credentials) => {
                let refresh_at =
                    refresh_at(self.clock.now(), credentials.expiration(), clock::jitter());
                self.store(Entry {
                    credentials: credentials.clone(),
                    refresh_at,
                });
                Ok(credentials)
            }
            Err(error) => match self.valid() {
                Some(mut entry) => {
                    tracing::warn!(%error, "credentials not refreshed; the old ones are still valid");
                    entry.refresh_at = self.clock.now() + BACK_OFF;
                    let credentials = entry.credentials.clone();
                    self.store(entry);
                    Ok(credentials)
                }
                None => Err(error),
            },
        }
    }

    /// Forgets `refused`, which the service did not accept, so that the next caller fetches new ones.
    pub(crate) fn forget(&self, refused: &Credentials) {
        let mut entry = self.entry.write().unwrap_or_else(PoisonError::into_inner);
        if entry
            .as_ref()
            .is_some_and(|entry| entry.credentials.is_same(refused))
        {
            *entry = None;
        }
    }

    fn fresh(&self) -> Option<Credentials> {
        let now = self.clock.now();
        let entry = self.entry.read().unwrap_or_else(PoisonError::into_inner);
        entry
            .as_ref()
            .filter(|entry| now < entry.refresh_at)
            .map(|entry| entry.credentials.clone())
    }

    fn valid(&self) -> Option<Entry> {
        let now = self.clock.now();
        let entry = self.entry.read().unwrap_or_else(PoisonError::into_inner);
        entry.clone().filter(|entry| entry.is_valid(now))
    }

    fn store(&self, entry: Entry) {
        *self.entry.write().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }
}

/// When to refresh: a quarter of the remaining life before the end, at most [`MAX_SLACK`], and up
/// to half as much earlier (`jitter` in 0..1), so that a fleet does not refresh all at once.
fn refresh_at(now: DateTime<Utc>, expiration: Option<DateTime<Utc>>, jitter: f64) -> DateTime<Utc> {
    let Some(end) = expiration else {
        return now + RECHECK;
    };
    let slack = ((end - now) / 4).clamp(TimeDelta::zero(), MAX_SLACK);
    let slack = slack.to_std().unwrap_or_default();
    let slack: Duration = slack.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0);
    end.checked_sub_signed(TimeDelta::from_std(slack).unwrap_or_default())
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_starts_early_in_proportion_to_the_life_that_is_left() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let hour = now + TimeDelta::hours(1);
        assert_eq!(
            refresh_at(now, Some(hour), 0.0),
            hour - TimeDelta::minutes(10)
        );
        assert_eq!(
            refresh_at(now, Some(hour), 1.0),
            hour - TimeDelta::minutes(15)
        );
        let minute = now + TimeDelta::minutes(1);
        assert_eq!(
            refresh_at(now, Some(minute), 0.0),
            minute - TimeDelta::seconds(15)
        );
        assert_eq!(refresh_at(now, None, 0.5), now + RECHECK);
        assert!(refresh_at(now, Some(DateTime::<Utc>::MAX_UTC), 1.0) < DateTime::<Utc>::MAX_UTC);
    }
}
