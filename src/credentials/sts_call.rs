//! A call of STS, with retries.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request};
use uuid::Uuid;

use super::exchange::{self, RawCredentials, exchange, no_response, read_response, wipe};
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError};
use crate::clock::{self, SkewUpdate};
use crate::error::{Correction, RetryClass};
use crate::protocol::{Fields, Redactor, Target, decode};

/// The maximum number of attempts, as for the calls of a client.
const MAX_ATTEMPTS: u32 = 3;

/// A call that assumes a role. It is idempotent.
pub(super) struct StsCall<'a> {
    pub(super) config: &'a ProviderConfig,
    pub(super) provider: &'static str,
    pub(super) action: &'static str,
    /// Secrets that must not appear in an error.
    pub(super) secrets: &'a [&'a str],
}

/// The request of one attempt.
pub(super) struct StsRequest {
    pub(super) request: Request<Bytes>,
    /// The signature, which must not appear in an error.
    pub(super) signature: String,
}

#[derive(Default)]
struct StsResponse {
    credentials: Option<RawCredentials>,
}

impl Fields for StsResponse {
    fn field(&mut self, name: &str) -> Target<'_> {
        match name {
            "Credentials" => Target::Object(&mut self.credentials),
            _ => Target::Unread,
        }
    }
}

/// Why an attempt failed.
struct Failure {
    class: RetryClass,
    headers: HeaderMap,
    error: CredentialsError,
}

impl StsCall<'_> {
    /// Sends the request that `build` makes for the time and the nonce of each attempt, until one succeeds.
    pub(super) async fn send(
        &self,
        build: &(dyn Fn(DateTime<Utc>, &str) -> StsRequest + Sync),
    ) -> Result<Credentials, CredentialsError> {
        let config = self.config;
        let mut corrections = Vec::new();
        for attempts in 1.. {
            let time = config.now();
            let request = build(time, &Uuid::new_v4().to_string());
            let failure = match self.attempt(request).await {
                Ok(credentials) => return Ok(credentials),
                Err(failure) => failure,
            };
            let action = decide(failure.class, attempts, &corrections, clock::jitter());
            let wait = match action {
                RetryAction::GiveUp => return Err(failure.error.after(attempts)),
                RetryAction::Retry { after } => after,
                RetryAction::Correct(correction) => {
                    let learn = || {
                        config
                            .skew
                            .learn(&failure.headers, config.clock.now(), time)
                    };
                    if correction == Correction::Clock && learn() != SkewUpdate::Corrected {
                        return Err(failure.error.after(attempts));
                    }
                    corrections.push(correction);
                    Duration::ZERO
                }
            };
            tracing::debug!(
                provider = self.provider,
                attempts,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                error = %failure.error,
                "retrying a call of STS"
            );
            if !wait.is_zero() {
                config.clock.sleep(wait).await;
            }
        }
        Err(self.failed("no attempt was made"))
    }

    async fn attempt(&self, request: StsRequest) -> Result<Credentials, Failure> {
        let StsRequest { request, signature } = request;
        let secrets: Vec<_> = self.secrets.iter().copied().chain([&*signature]).collect();
        let redactor = Redactor::new(&secrets);
        let failed = |class, error| Failure {
            class,
            headers: HeaderMap::new(),
            error,
        };
        let sent = exchange(self.config, self.provider, request, exchange::TIMEOUT).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let error = error.redacted(|text| redactor.redact(text, 128));
                return Err(failed(
                    RetryClass::Transient,
                    no_response(self.provider, error),
                ));
            }
            Err(error) => return Err(failed(RetryClass::Never, error)),
        };
        let (status, action) = (response.status(), self.action);
        let mut content = StsResponse::default();
        let decoded = decode(&response, &redactor, |raw| raw.read_into(&mut content));
        // An error can have any status, 200 as well.
        let (class, message) = match decoded {
            Err(error) if error.service().is_some() => (
                error.retry_class(),
                format!("STS rejected {action}: {error}"),
            ),
            Err(error) if !status.is_success() => (
                error.retry_class(),
                format!(
                    "STS returned HTTP {status} without an error code for {action}: try again later"
                ),
            ),
            // The error itself is not used: it quotes the body, which contains the new credentials.
            Err(error) => {
                let read = read_response::<StsResponse>(self.provider, "STS", response.into_body());
                let missing = || self.failed("the response of STS has no Credentials");
                let error_of_body = read.err().unwrap_or_else(missing);
                return Err(failed(error.retry_class(), error_of_body));
            }
            Ok(()) => {
                wipe(response.into_body());
                let missing = || self.failed("the response of STS has no Credentials");
                let credentials = content.credentials.ok_or_else(missing);
                return credentials
                    .and_then(|credentials| credentials.into_credentials(self.provider, "STS"))
                    .map_err(|error| failed(RetryClass::Transient, error));
            }
        };
        Err(Failure {
            class,
            headers: response.headers().clone(),
            error: self.failed(message),
        })
    }

    fn failed(&self, message: impl Into<String>) -> CredentialsError {
        CredentialsError::failed(self.provider, message)
    }
}

/// What follows a failed attempt.
#[derive(Debug, PartialEq)]
enum RetryAction {
    GiveUp,
    Retry { after: Duration },
    Correct(Correction),
}

/// Decides after the attempt number `attempts` (from 1), with `jitter` in 0..1.
///
/// Each correction is made once. The credentials of the source are not corrected: their provider does that.
fn decide(
    class: RetryClass,
    attempts: u32,
    corrections: &[Correction],
    jitter: f64,
) -> RetryAction {
    match class.correction() {
        _ if attempts >= MAX_ATTEMPTS => RetryAction::GiveUp,
        Some(correction @ (Correction::Clock | Correction::Nonce)) => {
            match corrections.contains(&correction) {
                true => RetryAction::GiveUp,
                false => RetryAction::Correct(correction),
            }
        }
        Some(Correction::Credentials | Correction::RotatedKeys) => RetryAction::GiveUp,
        None if class.is_retryable() => RetryAction::Retry {
            after: backoff(class, attempts, jitter),
        },
        None => RetryAction::GiveUp,
    }
}

/// Exponential backoff with full jitter, which starts higher if the service throttles.
fn backoff(class: RetryClass, attempts: u32, jitter: f64) -> Duration {
    let base = match class {
        RetryClass::Throttling | RetryClass::InProgress => Duration::from_secs(1),
        _ => Duration::from_millis(100),
    };
    let bound = base.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    bound.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_decided_by_class_attempts_and_corrections() {
        use RetryAction::{Correct, GiveUp, Retry};
        let after = |millis| Retry {
            after: Duration::from_millis(millis),
        };
        let clock = &[Correction::Clock][..];
        for (class, attempts, corrections, expected) in [
            (RetryClass::Transient, 1, &[][..], after(50)),
            (RetryClass::Transient, 2, &[], after(100)),
            (RetryClass::Transient, 3, &[], GiveUp),
            (RetryClass::Throttling, 1, &[], after(500)),
            (RetryClass::Throttling, 2, &[], after(1000)),
            (RetryClass::StaleClock, 1, &[], Correct(Correction::Clock)),
            (RetryClass::StaleClock, 2, clock, GiveUp),
            (RetryClass::NonceUsed, 2, clock, Correct(Correction::Nonce)),
            (RetryClass::NonceUsed, 3, &[], GiveUp),
            (RetryClass::ExpiredCredentials, 1, &[], GiveUp),
            (RetryClass::KeyRejected, 1, &[], GiveUp),
            (RetryClass::Never, 1, &[], GiveUp),
            (RetryClass::Busy, 1, &[], GiveUp),
        ] {
            let action = decide(class, attempts, corrections, 0.5);
            assert_eq!(action, expected, "{class:?} {attempts}");
        }
    }
}
