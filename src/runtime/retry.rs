//! Whether and when a call retries: pure functions.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::clock::{SkewUpdate, parse_http_date};
use crate::config::RetryConfig;
use crate::credentials::Credentials;
use crate::error::{Correction, Effect, Error, Outcome, RetryClass};

/// The maximum wait that the service can request.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);
/// The initial backoff if the service throttles or still processes the order: its limits are per minute.
const SLOW_BACKOFF: Duration = Duration::from_secs(1);
/// An attempt with less time than this is not started.
const MIN_ATTEMPT_TIME: Duration = Duration::from_millis(100);

/// Why an attempt failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// How long the service asked to wait.
    pub(super) retry_after: Option<Duration>,
    /// The credentials that the attempt used, if a response arrived.
    pub(super) credentials: Option<Credentials>,
    /// How the response changed the correction of this machine's clock.
    pub(super) clock: SkewUpdate,
}

impl<E: Into<Error>> From<E> for Failure {
    /// A failure without a response.
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            retry_after: None,
            credentials: None,
            clock: SkewUpdate::Unchanged,
        }
    }
}

/// The attempts of a call so far.
#[derive(Debug)]
pub(super) struct History {
    pub(super) effect: Effect,
    pub(super) has_token: bool,
    pub(super) attempts: u32,
    pub(super) retries: u32,
    /// One of the attempts may have been applied.
    pub(super) ambiguous: bool,
    /// The one retry that confirms the outcome of such an attempt was made.
    confirmed: bool,
    corrections: Vec<Correction>,
}

impl History {
    pub(super) fn new(effect: Effect, has_token: bool) -> Self {
        Self {
            effect,
            has_token,
            attempts: 0,
            retries: 0,
            ambiguous: false,
            confirmed: false,
            corrections: Vec::new(),
        }
    }

    /// Records a failed attempt.
    pub(super) fn record(&mut self, failure: &Failure) {
        self.ambiguous |= failure.error.attempt_outcome() == Outcome::Unknown;
    }

    /// Records that a retry follows.
    pub(super) fn record_retry(&mut self, retry: Retry) {
        self.retries += 1;
        self.confirmed |= self.ambiguous;
        self.corrections.extend(retry.correction);
    }

    /// Whether the request may be sent again although an earlier one may have been applied.
    fn is_repeatable(&self) -> bool {
        self.effect == Effect::Read || self.has_token
    }
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryAction {
    GiveUp,
    Retry(Retry),
}

/// How to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Retry {
    /// How long to wait before the retry.
    pub(super) after: Duration,
    /// What to correct before the retry. Each correction is made once per call.
    pub(super) correction: Option<Correction>,
    /// The retry shows whether a write took effect. It is made even if the retry budget is exhausted.
    pub(super) must_confirm: bool,
}

/// How long to wait between retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backoff {
    Normal,
    Slow,
}

/// Decides whether a failed attempt is followed by another one.
///
/// `history` includes the failed attempt. `remaining` is the rest of the call's timeout; `jitter` is in 0..1.
pub(super) fn decide(
    failure: &Failure,
    history: &History,
    config: &RetryConfig,
    remaining: Duration,
    jitter: f64,
) -> RetryAction {
    let may_be_applied = failure.error.attempt_outcome() == Outcome::Unknown;
    if history.attempts >= config.max_attempts || (may_be_applied && !history.is_repeatable()) {
        return RetryAction::GiveUp;
    }
    let class = failure.error.retry_class();
    let correction = class.correction();
    let after = match correction {
        Some(correction) if history.corrections.contains(&correction) => {
            return RetryAction::GiveUp;
        }
        Some(Correction::Clock) if failure.clock != SkewUpdate::Corrected => {
            return RetryAction::GiveUp;
        }
        Some(_) => Duration::ZERO,
        None => match backoff(class, may_be_applied, history) {
            Some(backoff) => delay(
                config,
                backoff,
                history.retries,
                failure.retry_after,
                jitter,
            ),
            None => return RetryAction::GiveUp,
        },
    };
    if after.saturating_add(MIN_ATTEMPT_TIME) >= remaining {
        return RetryAction::GiveUp;
    }
    RetryAction::Retry(Retry {
        after,
        correction,
        must_confirm: history.ambiguous && history.has_token && !history.confirmed,
    })
}

/// The backoff of an error that needs no correction; `None` if it is not retried.
fn backoff(class: RetryClass, may_be_applied: bool, history: &History) -> Option<Backoff> {
    match class {
        // The order that is being processed may be that of an earlier attempt.
        RetryClass::AfterAmbiguous => history.ambiguous.then_some(Backoff::Slow),
        RetryClass::Throttling | RetryClass::InProgress => Some(Backoff::Slow),
        RetryClass::AnotherCall => None,
        class if class.is_retryable() => Some(Backoff::Normal),
        // The response is not proven to come from the service: one retry gets the response of the service.
        _ if may_be_applied && !history.confirmed => Some(Backoff::Normal),
        _ => None,
    }
}

/// The wait before retry number `retry`, from 0.
fn delay(
    config: &RetryConfig,
    backoff: Backoff,
    retry: u32,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Duration {
    if let Some(retry_after) = retry_after {
        return retry_after;
    }
    let initial = match backoff {
        Backoff::Normal => config.initial_backoff,
        Backoff::Slow => config.initial_backoff.max(SLOW_BACKOFF),
    };
    let factor = 2_u32.saturating_pow(retry);
    let bound = initial.saturating_mul(factor).min(config.max_backoff);
    // The conversion only fails for extremely long durations.
    Duration::try_from_secs_f64(bound.as_secs_f64() * jitter).unwrap_or(bound)
}

/// How long the service asks to wait: `x-acs-retry-after` in milliseconds, otherwise `Retry-After` in seconds or as
/// a date. At most 60 s.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let standard = || {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        match text.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => (parse_http_date(text)? - now).to_std().ok(),
        }
    };
    vendor_retry_after(headers)
        .or_else(standard)
        .map(|retry_after| retry_after.min(MAX_RETRY_AFTER))
}

/// The value of `x-acs-retry-after`. The service sets it when it throttles.
pub(super) fn vendor_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("x-acs-retry-after")?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
