//! One call, from operation to answer: deadline, attempts, spans.

mod nonce;
mod paginator;
mod retry;

pub use paginator::Paginator;

use std::borrow::Cow;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Response, Uri};
use tracing::{Instrument, Span, field};
use uuid::Uuid;

use self::nonce::Nonces;
use self::retry::{Budget, RetryAction};
use crate::clock::{self, within};
use crate::config::{CallOptions, Config, RetryConfig, SignatureVersion};
use crate::credentials::Credentials;
use crate::error::{
    CallContext, Correction, CredentialsError, Effect, Error, ErrorCode, Outcome, RetryClass,
    ValidationError,
};
use crate::operation::{Operation, Sealed};
use crate::protocol::{
    ECS_VERSION, Redactor, SignedRequest, SigningInput, SortedParams, decode, headers_v1,
    headers_v3, request_id,
};
use crate::transport::exchange;
use crate::types::{ClientToken, RegionId};

/// Less time than this is no use to an attempt.
const MIN_ATTEMPT_TIME: Duration = Duration::from_millis(100);

/// A client's settings and what its calls share.
#[derive(Debug)]
pub(crate) struct Runtime {
    config: Config,
    /// What all requests have in common.
    headers: HeaderMap,
    budget: Budget,
    nonces: Nonces,
}

/// One call in progress.
struct Call<'a> {
    action: &'a str,
    params: SortedParams<'a>,
    uri: Uri,
    effect: Effect,
    client_token: Option<&'a ClientToken>,
    retry: RetryConfig,
    timeout: Duration,
    started: Duration,
    // From here on, what its attempts have come to.
    /// What is left of the timeout, as of the last wait.
    remaining: Duration,
    attempts: u32,
    retries: u32,
    /// One of them may have been carried out.
    ambiguous: bool,
    /// The retry that tells whether it was has been made.
    confirmed: bool,
    corrections: Vec<Correction>,
}

/// The answer to an attempt, and what the attempt was made with.
struct AttemptResponse {
    response: Response<Bytes>,
    credentials: Credentials,
    signature: String,
    time: DateTime<Utc>,
    span: Span,
}

/// Why an attempt failed, and what its answer asked for.
struct Failure {
    error: Error,
    retry_after: Option<Duration>,
    credentials: Option<Credentials>,
    /// The answer told how far the clock is off, so that a new timestamp may be accepted.
    clock_learned: bool,
}

impl<E: Into<Error>> From<E> for Failure {
    /// A failure without an answer.
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            retry_after: None,
            credentials: None,
            clock_learned: false,
        }
    }
}

impl Runtime {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn new(config: Config) -> Self {
        let (wants_xml, user_agent) = (config.wants_xml(), config.user_agent.clone());
        Self {
            headers: match config.signature_version {
                SignatureVersion::V1 => headers_v1(wants_xml, user_agent),
                SignatureVersion::V3 => headers_v3(wants_xml, user_agent),
            },
            config,
            budget: Budget::new(),
            nonces: Nonces::new(),
        }
    }

    /// The time of day, with what the service has taught about this machine's clock.
    pub(crate) fn service_time(&self) -> DateTime<Utc> {
        self.config.skew.correct(self.config.clock.now())
    }

    /// Sends `operation` until it is answered, refused for good, or out of time.
    ///
    /// Compiled for every operation, as [`read`](Self::read) is; all that they call is compiled once.
    pub(crate) async fn call<O: Operation>(
        &self,
        operation: &O,
        options: CallOptions,
    ) -> Result<O::Response, Error> {
        let region = operation.region_id().unwrap_or(&self.config.region);
        let begun = self.begin(operation, region, options);
        let mut call = begun.map_err(|error| {
            error.with_call(CallContext {
                effect: operation.effect(),
                client_token: operation.client_token().cloned(),
                ..CallContext::EMPTY
            })
        })?;
        let span = tracing::debug_span!("call", action = call.action, region = region.as_str());
        let attempts = async {
            loop {
                let response = self.attempt(&mut call).await;
                match response.and_then(|response| self.read::<O>(&call, response)) {
                    Ok(response) => {
                        self.budget.give(call.retries > 0);
                        return Ok(response);
                    }
                    Err(failure) => self.recover(&mut call, failure).await?,
                }
            }
        };
        // Pinned in its place: a span would hold it a second time, and it is large.
        pin!(attempts).instrument(span).await
    }

    fn begin<'a>(
        &self,
        operation: &'a dyn Sealed,
        region: &'a RegionId,
        options: CallOptions,
    ) -> Result<Call<'a>, Error> {
        operation.check()?;
        let timeout = options.timeout.unwrap_or(self.config.timeout);
        if timeout.is_zero() {
            let problem = "must be greater than zero";
            return Err(ValidationError::single("timeout", "0s", problem).into());
        }
        Ok(Call {
            action: operation.action(),
            params: operation.params(region).sorted(),
            uri: match *region == self.config.region {
                true => self.config.uri.clone(),
                false => self.config.endpoint.uri(region)?,
            },
            effect: operation.effect(),
            client_token: operation.client_token(),
            retry: options.retry.unwrap_or(self.config.retry),
            timeout,
            started: self.config.clock.elapsed(),
            remaining: timeout,
            attempts: 0,
            retries: 0,
            ambiguous: false,
            confirmed: false,
            corrections: Vec::new(),
        })
    }

    async fn attempt(&self, call: &mut Call<'_>) -> Result<AttemptResponse, Failure> {
        let span = tracing::debug_span!(
            "attempt",
            number = call.attempts + 1,
            status = field::Empty,
            code = field::Empty,
            request_id = field::Empty,
        );
        let sent = pin!(self.send(call, &span));
        sent.instrument(span.clone()).await
    }

    /// Signs and sends once, with the credentials, the time and a nonce of this very attempt.
    async fn send(&self, call: &mut Call<'_>, span: &Span) -> Result<AttemptResponse, Failure> {
        let config = &self.config;
        let clock = &*config.clock;
        let mut now = clock.now();
        let credentials = match config.credentials.cached(now) {
            Some(credentials) => credentials,
            None => {
                let limit = call.remaining;
                let fetched = within(clock, limit, config.credentials.get()).await;
                now = clock.now();
                call.remaining = self.remaining(call);
                // An attempt without time could only leave an order in doubt.
                let in_time = fetched.filter(|it| it.is_err() || !call.remaining.is_zero());
                in_time.ok_or_else(|| credentials_timed_out(call, limit))??
            }
        };
        let time = self.config.skew.correct(now);
        let SignedRequest { request, signature } = self.sign(call, &credentials, time)?;
        call.attempts = call.attempts.saturating_add(1);
        let timeout = call.remaining.min(config.attempt_timeout);
        let origin = || match timeout == config.attempt_timeout {
            true => " (attempt_timeout)".to_owned(),
            false => format!(" (the rest of the call's timeout of {:?})", call.timeout),
        };
        let response = exchange(&*config.transport, clock, timeout, origin, request)
            .await
            .map_err(|error| {
                let secrets = secrets(&credentials, &signature);
                error.cleaned(|text| Redactor::new(&secrets).clean(text, 128))
            })
            .inspect_err(|error| record(span, error.http_status(), None, error.request_id()))?;
        Ok(AttemptResponse {
            response,
            credentials,
            signature,
            time,
            span: span.clone(),
        })
    }

    fn read<O: Operation>(
        &self,
        call: &Call<'_>,
        received: AttemptResponse,
    ) -> Result<O::Response, Failure> {
        let secrets = secrets(&received.credentials, &received.signature);
        let redactor = Redactor::new(&secrets);
        let read = decode(&received.response, &redactor, O::read).or_else(|error| {
            let response = error.service().and_then(O::from_error);
            response.ok_or(error)
        });
        received.span.in_scope(|| match read {
            Ok(response) => {
                received.note_success(&redactor);
                Ok(response)
            }
            Err(error) => Err(self.failure(call, &received, error)),
        })
    }

    /// What the error that an answer holds, and its headers, ask for.
    fn failure(&self, call: &Call<'_>, response: &AttemptResponse, mut error: Error) -> Failure {
        if let Some(service) = error.service_mut() {
            service.action = Cow::Owned(call.action.to_owned());
        }
        let code = error.code().map(ErrorCode::as_str);
        record(
            &response.span,
            error.http_status(),
            code,
            error.request_id(),
        );
        let headers = response.response.headers();
        let now = self.config.clock.now();
        Failure {
            retry_after: retry::retry_after(headers, self.config.skew.correct(now)),
            clock_learned: error.retry_class() == RetryClass::StaleClock
                && self.config.skew.learn(headers, now, response.time),
            credentials: Some(response.credentials.clone()),
            error,
        }
    }

    /// Returns when it is time for another attempt; if there is to be none, with the call's error.
    async fn recover(&self, call: &mut Call<'_>, failure: Failure) -> Result<(), Error> {
        let repeatable = call.effect == Effect::Read || call.client_token.is_some();
        call.ambiguous |= failure.error.attempt_outcome() == Outcome::Unknown;
        let wait = match retry::classify(&failure.error, repeatable, call.ambiguous) {
            RetryAction::Stop => None,
            RetryAction::Retry(pace) => {
                let (retry_after, jitter) = (failure.retry_after, clock::jitter());
                Some(retry::delay(
                    &call.retry,
                    pace,
                    call.retries,
                    retry_after,
                    jitter,
                ))
            }
            RetryAction::Mend(remedy) if call.corrections.contains(&remedy) => None,
            RetryAction::Mend(remedy) => {
                call.corrections.push(remedy);
                let corrections = self.apply_correction(remedy, &failure, call).await;
                corrections.then_some(Duration::ZERO)
            }
        };
        let wait = wait.filter(|wait| {
            call.attempts < call.retry.max_attempts
                && wait.saturating_add(MIN_ATTEMPT_TIME) < self.remaining(call)
        });
        // The retry that tells what became of an order is never saved on.
        let must_confirm = call.ambiguous
            && call.client_token.is_some()
            && !std::mem::replace(&mut call.confirmed, call.ambiguous);
        let out_of_budget = wait.is_some() && !self.budget.take() && !must_confirm;
        let Some(wait) = wait.filter(|_| !out_of_budget) else {
            return Err(self.fail(call, failure, out_of_budget));
        };
        call.retries += 1;
        let (wait_ms, attempts) = (wait.as_millis() as u64, call.attempts);
        tracing::debug!(wait_ms, attempts, "trying again");
        if !wait.is_zero() {
            self.config.clock.sleep(wait).await;
        }
        // A sleep may take longer than asked; an attempt without time could only spoil what is known.
        call.remaining = self.remaining(call);
        if call.remaining.is_zero() {
            return Err(self.fail(call, failure, out_of_budget));
        }
        Ok(())
    }

    fn fail(&self, call: &Call<'_>, failure: Failure, out_of_budget: bool) -> Error {
        failure.error.with_call(CallContext {
            effect: call.effect,
            client_token: call.client_token.cloned(),
            attempts: call.attempts,
            elapsed: self.elapsed(call),
            ambiguous: call.ambiguous,
            retry_after: failure.retry_after,
            out_of_budget,
        })
    }

    fn sign(
        &self,
        call: &Call<'_>,
        credentials: &Credentials,
        time: DateTime<Utc>,
    ) -> Result<SignedRequest, Error> {
        let mut nonce = Uuid::encode_buffer();
        let unsigned = SigningInput {
            uri: &call.uri,
            action: call.action,
            version: ECS_VERSION,
            params: &call.params,
            wants_xml: self.config.wants_xml(),
            headers: &self.headers,
            access_key_id: credentials.access_key_id(),
            key: credentials.signing_key()?,
            security_token: credentials.security_token(),
            time,
            nonce: self.nonces.next(time).hyphenated().encode_lower(&mut nonce),
        };
        match self.config.signature_version {
            SignatureVersion::V1 => Ok(unsigned.sign_v1()),
            SignatureVersion::V3 => unsigned.sign_v3(),
        }
    }

    /// Whether the next attempt will differ in what was refused.
    async fn apply_correction(
        &self,
        remedy: Correction,
        failure: &Failure,
        call: &Call<'_>,
    ) -> bool {
        let cache = &self.config.credentials;
        match remedy {
            Correction::Nonce => true,
            Correction::Clock => failure.clock_learned,
            Correction::Credentials => {
                if let Some(refused) = &failure.credentials {
                    cache.invalidate(refused);
                }
                true
            }
            Correction::RotatedKeys => match &failure.credentials {
                Some(refused) => {
                    cache.invalidate(refused);
                    let clock = &*self.config.clock;
                    let fetched = within(clock, self.remaining(call), cache.get()).await;
                    matches!(fetched, Some(Ok(keys)) if !keys.equals(refused))
                }
                None => false,
            },
        }
    }

    fn elapsed(&self, call: &Call<'_>) -> Duration {
        self.config.clock.elapsed().saturating_sub(call.started)
    }

    fn remaining(&self, call: &Call<'_>) -> Duration {
        call.timeout.saturating_sub(self.elapsed(call))
    }
}

impl AttemptResponse {
    fn note_success(&self, redactor: &Redactor<'_>) {
        let clean = || Some(redactor.clean(request_id(&self.response)?, 128));
        let id = (!self.span.is_disabled()).then(clean).flatten();
        record(
            &self.span,
            Some(self.response.status().as_u16()),
            None,
            id.as_deref(),
        );
    }
}

/// What an answer must not show.
fn secrets<'a>(credentials: &'a Credentials, signature: &'a str) -> [&'a str; 3] {
    [
        credentials.access_key_secret(),
        credentials.security_token().unwrap_or_default(),
        signature,
    ]
}

/// Notes in the attempt's span what came back: these fields and no others.
fn record(span: &Span, status: Option<u16>, code: Option<&str>, request_id: Option<&str>) {
    span.record("status", status);
    span.record("code", code);
    span.record("request_id", request_id);
    tracing::debug!("attempt ended");
}

fn credentials_timed_out(call: &Call<'_>, limit: Duration) -> CredentialsError {
    let message = format!(
        "no response within {limit:?} (the rest of the call's timeout of {:?})",
        call.timeout
    );
    CredentialsError::timeout("the provider", message)
}
