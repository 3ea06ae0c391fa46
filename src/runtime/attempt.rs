//! One attempt of a call: credentials, signature, exchange, and what its response means.

use std::cell::OnceCell;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Response;
use uuid::Uuid;

use super::report::Attempt;
use super::retry::{Failure, retry_after, vendor_retry_after};
use super::{Call, Runtime};
use crate::clock::{SkewUpdate, within};
use crate::config::SignatureVersion;
use crate::credentials::Credentials;
use crate::error::{
    Correction, CredentialsError, Error, RetryClass, TransportError, TransportErrorKind,
};
use crate::operation::Operation;
use crate::protocol::{ECS_VERSION, Redactor, SignedRequest, SigningInput, decode, request_id};
use crate::transport::exchange;

/// The response to an attempt, and the credentials, signature and time of the attempt.
pub(super) struct AttemptResponse {
    response: Response<Bytes>,
    credentials: Credentials,
    signature: String,
    time: DateTime<Utc>,
    request_id: OnceCell<Option<String>>,
}

impl AttemptResponse {
    pub(super) fn http_status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The request id of the headers. It is redacted when it is first read, because redacting is expensive and few
    /// calls read it.
    pub(super) fn request_id(&self) -> Option<&str> {
        let redacted = || {
            let secrets = secrets(&self.credentials, &self.signature);
            Some(Redactor::new(&secrets).redact(request_id(&self.response)?, 128))
        };
        self.request_id.get_or_init(redacted).as_deref()
    }
}

impl Runtime {
    /// Signs and sends the request once, with the current credentials and time and a new nonce.
    pub(super) async fn send(&self, call: &mut Call<'_>) -> Result<AttemptResponse, Failure> {
        let config = &self.config;
        let clock = &*config.clock;
        self.wait_for_rate(call).await?;
        let mut now = clock.now();
        let credentials = match config.credentials.cached(now) {
            Some(credentials) => credentials,
            None => {
                let timeout = call.remaining;
                let fetched = within(clock, timeout, pin!(config.credentials.get())).await;
                now = clock.now();
                call.remaining = self.remaining(call);
                // An attempt without any time left could only make the outcome of an order unknown.
                let in_time = fetched.filter(|it| it.is_err() || !call.remaining.is_zero());
                in_time.ok_or_else(|| credentials_timed_out(call, timeout))??
            }
        };
        let time = config.skew.correct(now);
        let SignedRequest { request, signature } = self.sign(call, &credentials, time)?;
        call.history.attempts = call.history.attempts.saturating_add(1);
        let timeout = call.remaining.min(config.attempt_timeout);
        let origin = || match timeout == config.attempt_timeout {
            true => " (attempt_timeout)".to_owned(),
            false => format!(" (the rest of the call's timeout of {:?})", call.timeout),
        };
        let response = exchange(&*config.transport, clock, timeout, origin, request)
            .await
            .map_err(|error| {
                let secrets = secrets(&credentials, &signature);
                error.redacted(|text| Redactor::new(&secrets).redact(text, 128))
            })?;
        Ok(AttemptResponse {
            response,
            credentials,
            signature,
            time,
            request_id: OnceCell::new(),
        })
    }

    /// Waits for the next slot of the client's own rate.
    async fn wait_for_rate(&self, call: &mut Call<'_>) -> Result<(), TransportError> {
        let Some(rate) = &self.shared.rate else {
            return Ok(());
        };
        let clock = &*self.config.clock;
        let reserved = rate.reserve(clock.elapsed(), call.remaining);
        if let Ok(wait) = reserved
            && !wait.is_zero()
        {
            clock.sleep(wait).await;
            call.remaining = self.remaining(call);
        }
        match reserved {
            Ok(_) if !call.remaining.is_zero() => Ok(()),
            Ok(wait) | Err(wait) => {
                let message = format!(
                    "request to {} not sent: max_requests_per_second delays it by {wait:?}, and the call's timeout of \
                     {:?} ends before; send it later, or increase the rate or the timeout",
                    call.host(),
                    call.timeout
                );
                Err(TransportError::new(TransportErrorKind::RateLimit, message))
            }
        }
    }

    fn sign(
        &self,
        call: &Call<'_>,
        credentials: &Credentials,
        time: DateTime<Utc>,
    ) -> Result<SignedRequest, Error> {
        let mut nonce = Uuid::encode_buffer();
        let nonces = &self.shared.nonces;
        let input = SigningInput {
            uri: &call.uri,
            action: call.action,
            version: ECS_VERSION,
            params: &call.params,
            wants_xml: self.config.wants_xml(),
            headers: self.headers.of(call.history.effect),
            access_key_id: credentials.access_key_id(),
            key: credentials.signing_key()?,
            security_token: credentials.security_token(),
            time,
            nonce: nonces.next(time).hyphenated().encode_lower(&mut nonce),
        };
        match self.config.signature_version {
            SignatureVersion::V1 => Ok(input.sign_v1()),
            SignatureVersion::V3 => input.sign_v3(),
        }
    }

    /// Decodes the response of an attempt, which ends it.
    pub(super) fn read<O: Operation>(
        &self,
        call: &Call<'_>,
        attempt: &Attempt,
        received: &AttemptResponse,
    ) -> Result<O::Response, Failure> {
        let secrets = secrets(&received.credentials, &received.signature);
        let decoded = decode(&received.response, &Redactor::new(&secrets), O::read);
        let response = decoded.or_else(|error| {
            let response = error.service().and_then(O::from_error);
            response.ok_or_else(|| self.failure(call, received, error))
        });
        self.end_attempt(call, attempt, received, response.as_ref().err());
        response
    }

    fn end_attempt(
        &self,
        call: &Call<'_>,
        attempt: &Attempt,
        received: &AttemptResponse,
        failure: Option<&Failure>,
    ) {
        match failure {
            Some(failure) => self.report_attempt(call, attempt, Err(&failure.error)),
            None => {
                self.report_attempt(call, attempt, Ok(received));
                self.shared.budget.record_success(call.history.retries > 0);
                self.report_call(call, Ok(received));
            }
        }
    }

    /// The failure of an attempt whose response is an error, with the facts from its headers.
    fn failure(&self, call: &Call<'_>, received: &AttemptResponse, mut error: Error) -> Failure {
        let headers = received.response.headers();
        let asks_to_wait = vendor_retry_after(headers).is_some_and(|wait| !wait.is_zero());
        error.complete(call.action, asks_to_wait);
        let now = self.config.clock.now();
        let class = error.retry_class();
        if matches!(
            class.correction(),
            Some(Correction::Credentials | Correction::RotatedKeys)
        ) {
            self.config.credentials.invalidate(&received.credentials);
        }
        Failure {
            retry_after: retry_after(headers, self.config.skew.correct(now)),
            clock: match class {
                RetryClass::StaleClock => self.config.skew.learn(headers, now, received.time),
                _ => SkewUpdate::Unchanged,
            },
            credentials: Some(received.credentials.clone()),
            error,
        }
    }
}

/// What must not appear in texts from a response.
fn secrets<'a>(credentials: &'a Credentials, signature: &'a str) -> [&'a str; 4] {
    let id = Some(credentials.access_key_id()).filter(|_| credentials.is_swapped());
    [
        id.unwrap_or_default(),
        credentials.access_key_secret(),
        credentials.security_token().unwrap_or_default(),
        signature,
    ]
}

fn credentials_timed_out(call: &Call<'_>, timeout: Duration) -> CredentialsError {
    let message = format!(
        "no response within {timeout:?} (the rest of the call's timeout of {:?})",
        call.timeout
    );
    CredentialsError::timeout("the provider", message)
}
