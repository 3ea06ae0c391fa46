//! Reports of a call: spans, log events and the observer.
//!
//! Field names are those of OpenTelemetry's semantic conventions where there is one. The guide `observability` lists
//! all of them.

use std::time::Duration;

use tracing::{Span, field};

use super::attempt::AttemptResponse;
use super::retry::{Failure, Retry};
use super::{Call, Runtime};
use crate::error::{Effect, Error};
use crate::observe::{AttemptInfo, CallInfo};

/// An attempt in progress.
pub(super) struct Attempt {
    pub(super) span: Span,
    /// `None` if the attempt is not reported.
    started: Option<Duration>,
}

impl Runtime {
    pub(super) fn call_span(&self, call: &Call<'_>) -> Span {
        tracing::debug_span!(
            "call",
            rpc.system = "alibaba-cloud",
            rpc.service = "ECS",
            rpc.method = call.action,
            cloud.region = call.region.as_str(),
            server.address = call.host(),
        )
    }

    pub(super) fn begin_attempt(&self, call: &Call<'_>) -> Attempt {
        let span = tracing::debug_span!(
            "attempt",
            http.request.resend_count = call.history.attempts,
            http.response.status_code = field::Empty,
            "error.type" = field::Empty,
            aliyun.request_id = field::Empty,
        );
        let is_reported = !span.is_disabled() || self.config.observer.is_some();
        Attempt {
            span,
            started: is_reported.then(|| self.config.clock.elapsed()),
        }
    }

    pub(super) fn report_attempt(
        &self,
        call: &Call<'_>,
        attempt: &Attempt,
        result: Result<&AttemptResponse, &Error>,
    ) {
        let Some(started) = attempt.started else {
            return;
        };
        let elapsed = self.config.clock.elapsed().saturating_sub(started);
        let error = result.err();
        let (http_status, request_id) = match result {
            Ok(received) => (Some(received.http_status()), received.request_id()),
            Err(error) => (error.http_status(), error.request_id()),
        };
        let error_type = error.map(Error::type_name);
        let span = &attempt.span;
        span.record("http.response.status_code", http_status);
        if let Some(error_type) = error_type {
            span.record("error.type", error_type);
        }
        span.record("aliyun.request_id", request_id);
        span.in_scope(|| {
            tracing::debug!(
                duration_ms = millis(elapsed),
                http.response.status_code = http_status,
                "error.type" = error_type,
                aliyun.request_id = request_id,
                "attempt ended"
            );
        });
        if let Some(observer) = &self.config.observer {
            observer.on_attempt(&AttemptInfo {
                action: call.action,
                region: call.region,
                host: call.host(),
                number: call.history.attempts.max(1),
                elapsed,
                http_status,
                code: error.and_then(Error::code),
                request_id,
                outcome: error.map(Error::attempt_outcome),
                error,
            });
        }
    }

    pub(super) fn report_retry(&self, call: &Call<'_>, failure: &Failure, retry: Retry) {
        tracing::warn!(
            rpc.method = call.action,
            attempts = call.history.attempts,
            wait_ms = millis(retry.after),
            "error.type" = failure.error.type_name(),
            // Advice about the outcome would contradict the retry.
            error = %failure.error.reason(),
            "retrying"
        );
    }

    pub(super) fn report_call(&self, call: &Call<'_>, result: Result<&AttemptResponse, &Error>) {
        let token = call.client_token.map(|token| token.as_str());
        let attempts = call.history.attempts;
        match result {
            Ok(received) => {
                let message = match call.history.effect {
                    Effect::Read => None,
                    Effect::Change => Some("change accepted"),
                    Effect::Order => Some("order accepted"),
                };
                if let Some(message) = message {
                    tracing::info!(
                        rpc.method = call.action,
                        cloud.region = call.region.as_str(),
                        aliyun.client_token = token,
                        aliyun.request_id = received.request_id(),
                        attempts,
                        "{message}"
                    );
                }
            }
            Err(error) => tracing::warn!(
                rpc.method = call.action,
                cloud.region = call.region.as_str(),
                aliyun.client_token = token,
                aliyun.request_id = error.request_id(),
                attempts,
                duration_ms = millis(error.elapsed()),
                "error.type" = error.type_name(),
                outcome = error.outcome().as_str(),
                error = %error,
                "call failed"
            ),
        }
        if let Some(observer) = &self.config.observer {
            let error = result.err();
            observer.on_call(&CallInfo {
                action: call.action,
                region: call.region,
                host: call.host(),
                attempts,
                elapsed: self.elapsed(call),
                client_token: call.client_token,
                request_id: match result {
                    Ok(received) => received.request_id(),
                    Err(error) => error.request_id(),
                },
                error,
            });
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
