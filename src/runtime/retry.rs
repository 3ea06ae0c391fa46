//! Whether and when a call is tried again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::clock::parse_http_date;
use crate::config::RetryConfig;
use crate::error::{Correction, Error, Outcome, RetryClass};

/// The longest time that is waited because the service asks for it.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);
/// The first wait where the service throttles or is busy with the order: limits are counted by the minute.
const SLOW_BASE: Duration = Duration::from_secs(1);

/// What a failed attempt calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryAction {
    /// The call has failed.
    Stop,
    /// Another attempt after a wait.
    Retry(Backoff),
    /// Another attempt at once, after mending what was refused: once a call each.
    Mend(Correction),
}

/// How fast attempts follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backoff {
    Normal,
    Slow,
}

/// Judges the error of one attempt.
///
/// `repeatable`: the request only reads or carries a client token. `ambiguous`: this or an
/// earlier attempt of the call may have been carried out.
pub(super) fn classify(error: &Error, repeatable: bool, ambiguous: bool) -> RetryAction {
    if !repeatable && error.attempt_outcome() == Outcome::Unknown {
        return RetryAction::Stop;
    }
    let class = error.retry_class();
    if let Some(correction) = class.correction() {
        return RetryAction::Mend(correction);
    }
    match class {
        // It may be this call's own order that is being processed.
        RetryClass::AfterAmbiguous if !ambiguous => RetryAction::Stop,
        RetryClass::AfterAmbiguous | RetryClass::Throttling | RetryClass::InProgress => {
            RetryAction::Retry(Backoff::Slow)
        }
        class if class.is_retryable() => RetryAction::Retry(Backoff::Normal),
        _ => RetryAction::Stop,
    }
}

/// The wait before retry number `retry` (from 0), with `jitter` in 0..1.
pub(super) fn delay(
    config: &RetryConfig,
    pace: Backoff,
    retry: u32,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Duration {
    if let Some(retry_after) = retry_after {
        return retry_after;
    }
    let base = match pace {
        Backoff::Normal => config.initial_backoff,
        Backoff::Slow => config.initial_backoff.max(SLOW_BASE),
    };
    let factor = 2_u32.saturating_pow(retry);
    let bound = base.saturating_mul(factor).min(config.max_backoff);
    // Durations beyond f64's reach do not get here: the bound is what a user may want to wait.
    Duration::try_from_secs_f64(bound.as_secs_f64() * jitter).unwrap_or(bound)
}

/// What the service asks to wait: `x-acs-retry-after` in milliseconds, else `Retry-After` in
/// seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let own = text("x-acs-retry-after")
        .and_then(|text| text.parse().ok())
        .map(Duration::from_millis);
    let standard = || {
        let text = text(RETRY_AFTER.as_str())?;
        match text.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => (parse_http_date(text)? - now).to_std().ok(),
        }
    };
    own.or_else(standard)
        .map(|retry_after| retry_after.min(MAX_RETRY_AFTER))
}

/// What all retries of a client may spend together, so that an outage is not answered with a flood.
///
/// A retry takes 5 of at first 500; a call that succeeds gives back what its last retry took, or 1.
#[derive(Debug)]
pub(super) struct Budget {
    tokens: AtomicU32,
}

impl Budget {
    const FULL: u32 = 500;
    const RETRY: u32 = 5;

    pub(super) fn new() -> Self {
        Self {
            tokens: AtomicU32::new(Self::FULL),
        }
    }

    /// Whether another retry may be spent.
    pub(super) fn take(&self) -> bool {
        let take = |tokens: u32| tokens.checked_sub(Self::RETRY);
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }

    /// A call has succeeded, with or without retries.
    pub(super) fn give(&self, retried: bool) {
        let gain = if retried { Self::RETRY } else { 1 };
        let give = |tokens: u32| (tokens < Self::FULL).then(|| (tokens + gain).min(Self::FULL));
        // A full budget stays as it is.
        let _ = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, give);
    }
}
