//! Caches credentials, and refreshes them early, once for all callers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::clock::{self, Clock, ClockSkew};

/// Credentials without an expiry are loaded again after this time, so that a rotated key is noticed.
const RECHECK: TimeDelta = TimeDelta::minutes(5);
/// A refresh starts at most this long before the expiry (up to one and a half times as long with jitter).
const MAX_SLACK: TimeDelta = TimeDelta::minutes(10);
/// After a failed refresh, credentials that are still valid are used this long before the next refresh.
const BACKOFF: TimeDelta = TimeDelta::seconds(10);

/// The credentials of a provider, refreshed early and by one caller at a time.
///
/// The refresh runs in the future of one caller. When that future is dropped, the next caller refreshes; nothing
/// is spawned.
#[derive(Debug)]
pub(crate) struct CredentialsCache {
    provider: Box<dyn ProvideCredentials>,
    clock: Arc<dyn Clock>,
    /// Expiries are compared with the service's time.
    skew: Arc<ClockSkew>,
    entry: RwLock<Option<Entry>>,
    /// Held by the caller that refreshes; contains the error of the last refresh that failed.
    refreshing: Mutex<Option<CredentialsError>>,
    /// The number of refreshes that failed without valid credentials left.
    failures: AtomicU64,
}

#[derive(Debug, Clone)]
struct Entry {
    credentials: Credentials,
    refresh_at: DateTime<Utc>,
}

impl CredentialsCache {
    pub(crate) fn new(
        provider: Box<dyn ProvideCredentials>,
        clock: Arc<dyn Clock>,
        skew: Arc<ClockSkew>,
    ) -> Self {
        Self {
            provider,
            clock,
            skew,
            entry: RwLock::default(),
            refreshing: Mutex::default(),
            failures: AtomicU64::new(0),
        }
    }

    /// The cached credentials, or new ones.
    pub(crate) async fn get(&self) -> Result<Credentials, CredentialsError> {
        if let Some(credentials) = self.cached(self.clock.now()) {
            return Ok(credentials);
        }
        let failures = self.failures.load(Ordering::Acquire);
        let mut turn = match self.refreshing.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                // Another caller is refreshing: use credentials that are still valid.
                if let Some(entry) = self.valid() {
                    return Ok(entry.credentials);
                }
                self.refreshing.lock().await
            }
        };
        if let Some(credentials) = self.cached(self.clock.now()) {
            return Ok(credentials);
        }
        // A refresh that failed while this caller waited is also its result. Later callers refresh again.
        if let Some(error) = turn.as_ref()
            && self.failures.load(Ordering::Acquire) != failures
        {
            return Err(error.share());
        }
        let fetched = self.provider.provide_credentials().await;
        let now = self.skew.correct(self.clock.now());
        match fetched {
            Ok(credentials) => {
                let refresh_at = refresh_at(now, credentials.expiration(), clock::jitter());
                *turn = None;
                self.store(Entry {
                    credentials: credentials.clone(),
                    refresh_at,
                });
                Ok(credentials)
            }
            Err(error) => match self.valid() {
                Some(mut entry) => {
                    tracing::warn!(%error, "failed to refresh credentials: using the current ones, which are still valid");
                    let end = entry.credentials.expiration();
                    entry.refresh_at = (now + BACKOFF).min(end.unwrap_or(DateTime::<Utc>::MAX_UTC));
                    let credentials = entry.credentials.clone();
                    self.store(entry);
                    Ok(credentials)
                }
                None => {
                    *turn = Some(error.share());
                    self.failures.fetch_add(1, Ordering::AcqRel);
                    Err(error)
                }
            },
        }
    }

    /// Removes `rejected`, which the service did not accept, so that the next caller loads new ones.
    pub(crate) fn invalidate(&self, rejected: &Credentials) {
        let mut entry = self.entry.write().unwrap_or_else(PoisonError::into_inner);
        if entry
            .as_ref()
            .is_some_and(|entry| entry.credentials.is_same(rejected))
        {
            *entry = None;
        }
    }

    /// The cached credentials, if they need no refresh at the local time `now`.
    pub(crate) fn cached(&self, now: DateTime<Utc>) -> Option<Credentials> {
        let now = self.skew.correct(now);
        let entry = self.entry.read().unwrap_or_else(PoisonError::into_inner);
        entry
            .as_ref()
            .filter(|entry| now < entry.refresh_at)
            .map(|entry| entry.credentials.clone())
    }

    fn valid(&self) -> Option<Entry> {
        let now = self.skew.correct(self.clock.now());
        let entry = self.entry.read().unwrap_or_else(PoisonError::into_inner);
        let is_valid = |entry: &Entry| entry.credentials.expiration().is_none_or(|end| now < end);
        entry.clone().filter(is_valid)
    }

    fn store(&self, entry: Entry) {
        *self.entry.write().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }
}

/// When to refresh: a quarter of the remaining lifetime before the expiry, at most [`MAX_SLACK`], and up to half as
/// much earlier (`jitter` in 0..1), so that a fleet does not refresh all at once.
///
/// Credentials that seem to have expired already are used for [`BACKOFF`]: the local clock may be wrong.
fn refresh_at(now: DateTime<Utc>, expiration: Option<DateTime<Utc>>, jitter: f64) -> DateTime<Utc> {
    let after = |wait| {
        now.checked_add_signed(wait)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    };
    let Some(end) = expiration else {
        return after(RECHECK);
    };
    if end <= now {
        return after(BACKOFF);
    }
    let slack = ((end - now) / 4).min(MAX_SLACK);
    let slack = slack.to_std().unwrap_or_default();
    let slack: Duration = slack.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0);
    end.checked_sub_signed(TimeDelta::from_std(slack).unwrap_or_default())
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex as StdMutex;

    use super::*;
    use crate::BoxFuture;
    use crate::clock::SkewUpdate;
    use crate::credentials::testing::ManualClock;

    /// Returns these credentials or failures (`None`) in order, then never completes.
    #[derive(Debug, Default)]
    struct Script {
        responses: StdMutex<Vec<Option<Credentials>>>,
        started: AtomicU64,
        finished: AtomicU64,
    }

    impl ProvideCredentials for Script {
        fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
            self.started.fetch_add(1, Ordering::Relaxed);
            Box::pin(async {
                // Lets every other task start and wait.
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                let response = self.responses.lock().unwrap().pop();
                self.finished.fetch_add(1, Ordering::Relaxed);
                match response {
                    Some(Some(credentials)) => Ok(credentials),
                    Some(None) => Err(CredentialsError::failed("script", "it is broken")),
                    None => pending().await,
                }
            })
        }
    }

    fn temporary(clock: &ManualClock, id: &str, lifetime: TimeDelta) -> Option<Credentials> {
        let credentials = Credentials::new(id, "secret").with_security_token("token");
        Some(credentials.with_expiration(clock.now() + lifetime))
    }

    fn cache(
        clock: &ManualClock,
        mut responses: Vec<Option<Credentials>>,
    ) -> (Arc<CredentialsCache>, Arc<Script>) {
        responses.reverse();
        let script = Arc::new(Script {
            responses: StdMutex::new(responses),
            ..Script::default()
        });
        let provider = Box::new(Arc::clone(&script));
        let cache = CredentialsCache::new(provider, Arc::new(clock.clone()), Arc::default());
        (Arc::new(cache), script)
    }

    async fn stampede(cache: &Arc<CredentialsCache>) -> Vec<Result<Credentials, CredentialsError>> {
        let callers: Vec<_> = (0..1_000)
            .map(|_| {
                let cache = Arc::clone(cache);
                tokio::spawn(async move { cache.get().await })
            })
            .collect();
        let mut responses = Vec::new();
        for caller in callers {
            responses.push(caller.await.unwrap());
        }
        responses
    }

    #[tokio::test]
    async fn a_thousand_cold_callers_share_one_fetch() {
        let clock = ManualClock::default();
        let (cache, script) = cache(&clock, vec![temporary(&clock, "a", TimeDelta::hours(1))]);
        for response in stampede(&cache).await {
            assert_eq!(response.unwrap().access_key_id(), "a");
        }
        assert_eq!(script.started.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_not_cached() {
        let clock = ManualClock::default();
        let responses = vec![None, temporary(&clock, "a", TimeDelta::hours(1))];
        let (cache, script) = cache(&clock, responses);
        assert!(stampede(&cache).await.iter().all(Result::is_err));
        assert_eq!(script.started.load(Ordering::Relaxed), 1);
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
    }

    #[tokio::test]
    async fn a_refresh_starts_early_and_other_callers_use_the_current_ones_meanwhile() {
        let clock = ManualClock::default();
        let hour = TimeDelta::hours(1);
        let responses = vec![
            temporary(&clock, "a", hour),
            temporary(&clock, "b", hour * 2),
        ];
        let (cache, script) = cache(&clock, responses);
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        clock.advance(TimeDelta::minutes(44));
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        assert_eq!(script.started.load(Ordering::Relaxed), 1);
        clock.advance(TimeDelta::minutes(7));
        let ids: Vec<_> = stampede(&cache)
            .await
            .into_iter()
            .map(|response| response.unwrap().access_key_id().to_owned())
            .collect();
        assert_eq!(
            ids.iter().filter(|id| *id == "b").count(),
            1,
            "the caller that refreshed"
        );
        assert_eq!(script.started.load(Ordering::Relaxed), 2);
        assert_eq!(cache.get().await.unwrap().access_key_id(), "b");
    }

    #[tokio::test]
    async fn a_failed_refresh_keeps_valid_credentials_and_backs_off() {
        let clock = ManualClock::default();
        let responses = vec![
            temporary(&clock, "a", TimeDelta::hours(1)),
            None,
            None,
            None,
            None,
        ];
        let (cache, script) = cache(&clock, responses);
        cache.get().await.unwrap();
        clock.advance(TimeDelta::minutes(52));
        for _ in 0..5 {
            assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        }
        assert_eq!(
            script.started.load(Ordering::Relaxed),
            2,
            "one refresh, then a backoff"
        );
        clock.advance(TimeDelta::seconds(11));
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        assert_eq!(script.started.load(Ordering::Relaxed), 3);
        clock.advance(TimeDelta::seconds(7 * 60 + 45));
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        clock.advance(TimeDelta::seconds(5));
        assert!(
            cache.get().await.is_err(),
            "expired, although the backoff has not ended"
        );
    }

    #[tokio::test]
    async fn a_caller_that_is_dropped_during_a_refresh_does_not_affect_others() {
        let clock = ManualClock::default();
        let (cache, script) = cache(&clock, vec![temporary(&clock, "a", TimeDelta::hours(1))]);
        let leader = tokio::spawn({
            let cache = Arc::clone(&cache);
            async move { cache.get().await }
        });
        while script.started.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let waiter = tokio::spawn({
            let cache = Arc::clone(&cache);
            async move { cache.get().await }
        });
        tokio::task::yield_now().await;
        leader.abort();
        assert_eq!(waiter.await.unwrap().unwrap().access_key_id(), "a");
        assert_eq!(script.started.load(Ordering::Relaxed), 2);
        assert_eq!(script.finished.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn rejected_credentials_are_replaced_once_even_if_reported_several_times() {
        let clock = ManualClock::default();
        let hour = TimeDelta::hours(1);
        let responses = vec![temporary(&clock, "a", hour), temporary(&clock, "b", hour)];
        let (cache, script) = cache(&clock, responses);
        let rejected = cache.get().await.unwrap();
        cache.invalidate(&rejected);
        assert_eq!(cache.get().await.unwrap().access_key_id(), "b");
        cache.invalidate(&rejected);
        assert_eq!(cache.get().await.unwrap().access_key_id(), "b");
        assert_eq!(script.started.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn expiries_are_compared_with_the_services_time() {
        let clock = ManualClock::default();
        let ahead = TimeDelta::hours(3);
        let responses = vec![
            temporary(&clock, "a", ahead + TimeDelta::hours(1)),
            temporary(&clock, "b", ahead + TimeDelta::hours(2)),
        ];
        let (cache, script) = cache(&clock, responses);
        let date = (clock.now() + ahead).to_rfc2822();
        let headers = [(http::header::DATE, date.parse().unwrap())];
        let headers = headers.into_iter().collect();
        let update = cache.skew.learn(&headers, clock.now(), clock.now());
        assert_eq!(update, SkewUpdate::Corrected);
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        clock.advance(TimeDelta::minutes(44));
        assert_eq!(cache.get().await.unwrap().access_key_id(), "a");
        clock.advance(TimeDelta::minutes(7));
        assert_eq!(cache.get().await.unwrap().access_key_id(), "b");
        assert_eq!(script.started.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_refresh_starts_early_in_proportion_to_the_remaining_lifetime() {
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
        assert_eq!(refresh_at(hour, Some(now), 0.0), hour + BACKOFF);
        assert_eq!(refresh_at(now, None, 0.5), now + RECHECK);
        assert!(refresh_at(now, Some(DateTime::<Utc>::MAX_UTC), 1.0) < DateTime::<Utc>::MAX_UTC);
    }
}
