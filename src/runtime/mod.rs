//! One call, from operation to answer: deadline, attempts, spans.

mod listing;
mod retry;
mod skew;

pub use listing::Listing;

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{Instrument, Span, field};
use uuid::Uuid;

use self::retry::{Budget, Remedy, Verdict};
use self::skew::ClockSkew;
use crate::clock::{self, within};
use crate::config::{CallOptions, Config, ResponseFormat, RetryConfig, SignatureVersion};
use crate::credentials::Credentials;
use crate::endpoint::Origin;
use crate::error::{
    CallContext, CredentialsError, Effect, Error, ErrorCode, Outcome, RetryClass, TransportError,
    TransportErrorKind,
};
use crate::operation::Operation;
use crate::protocol::{ECS_VERSION, Params, Redactor, Unsigned, decode, request_id};
use crate::transport::AnswerHead;
use crate::types::ClientToken;

/// Less time than this is no use to an attempt.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(100);

/// A client's settings and what its calls share.
#[derive(Debug)]
pub(crate) struct Runtime {
    config: Config,
    skew: ClockSkew,
    budget: Budget,
}

/// One call in progress: what stays the same from attempt to attempt.
struct Call<'a> {
    action: &'a str,
    params: Params<'a>,
    origin: Origin,
    effect: Effect,
    client_token: Option<&'a ClientToken>,
    retry: RetryConfig,
    timeout: Duration,
    started: Duration,
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
        Self {
            config,
            skew: ClockSkew::default(),
            budget: Budget::new(),
        }
    }

    /// The time of day, with what the service has taught about this machine's clock.
    pub(crate) fn service_time(&self) -> DateTime<Utc> {
        self.skew.correct(self.config.clock.now())
    }

    /// Sends `operation` until it is answered, refused for good, or out of time.
    pub(crate) async fn call<O: Operation>(
        &self,
        operation: &O,
        options: CallOptions,
    ) -> Result<O::Response, Error> {
        operation.check()?;
        let region = operation.region_id().unwrap_or(&self.config.region);
        let call = Call {
            action: operation.action(),
            params: operation.params(region),
            origin: self.config.endpoint.origin(region)?,
            effect: operation.effect(),
            client_token: operation.client_token(),
            retry: options.retry.unwrap_or(self.config.retry),
            timeout: options.timeout.unwrap_or(self.config.timeout),
            started: self.config.clock.elapsed(),
        };
        let span = tracing::debug_span!("call", action = call.action, region = region.as_str());
        self.run::<O>(call).instrument(span).await
    }

    async fn run<O: Operation>(&self, call: Call<'_>) -> Result<O::Response, Error> {
        let repeatable = call.effect == Effect::Read || call.client_token.is_some();
        let mut attempts = 0;
        let mut retries = 0;
        let mut ambiguous = false;
        let mut paid = false;
        let mut mended = Vec::new();
        loop {
            let span = tracing::debug_span!(
                "attempt",
                number = attempts + 1,
                status = field::Empty,
                code = field::Empty,
                request_id = field::Empty,
            );
            let failure = match self
                .attempt::<O>(&call, &mut attempts)
                .instrument(span)
                .await
            {
                Ok(response) => {
                    self.budget.give(retries > 0);
                    return Ok(response);
                }
                Err(failure) => failure,
            };
            ambiguous |= failure.error.attempt_outcome() == Outcome::Unknown;
            let wait = match retry::classify(&failure.error, repeatable, ambiguous) {
                Verdict::Stop => None,
                Verdict::Retry(pace) => {
                    let (hint, jitter) = (failure.retry_after, clock::jitter());
                    Some(retry::delay(&call.retry, pace, retries, hint, jitter))
                }
                Verdict::Mend(remedy) if mended.contains(&remedy) => None,
                Verdict::Mend(remedy) => {
                    mended.push(remedy);
                    let mended = self.mend(remedy, &failure, &call).await;
                    mended.then_some(Duration::ZERO)
                }
            };
            let wait = wait.filter(|wait| {
                attempts < call.retry.max_attempts
                    && wait.saturating_add(SHORTEST_ATTEMPT) < self.remaining(&call)
            });
            // The retry that tells what became of an order is never saved on.
            let owed = ambiguous
                && call.client_token.is_some()
                && !std::mem::replace(&mut paid, ambiguous);
            let out_of_budget = wait.is_some() && !self.budget.take() && !owed;
            let fail = |failure: Failure| {
                Err(failure.error.with_call(CallContext {
                    effect: call.effect,
                    client_token: call.client_token.cloned(),
                    attempts,
                    elapsed: self.elapsed(&call),
                    ambiguous,
                    retry_after: failure.retry_after,
                    out_of_budget,
                }))
            };
            let Some(wait) = wait.filter(|_| !out_of_budget) else {
                return fail(failure);
            };
            retries += 1;
            tracing::debug!(wait_ms = wait.as_millis() as u64, attempts, "trying again");
            if !wait.is_zero() {
                self.config.clock.sleep(wait).await;
            }
            // A sleep may take longer than asked; an attempt without time could only spoil what is known.
            if self.remaining(&call).is_zero() {
                return fail(failure);
            }
        }
    }

    /// Signs and sends once, with the credentials, the time and a nonce of this very attempt.
    async fn attempt<O: Operation>(
        &self,
        call: &Call<'_>,
        attempts: &mut u32,
    ) -> Result<O::Response, Failure> {
        let config = &self.config;
        let clock = &*config.clock;
        let limit = self.remaining(call);
        let credentials = within(clock, limit, config.credentials.get())
            .await
            .ok_or_else(|| late_credentials(call, limit))??;
        credentials.check()?;
        let time = self.service_time();
        let nonce = Uuid::new_v4().to_string();
        let unsigned = Unsigned {
            scheme: call.origin.scheme.as_str(),
            authority: call.origin.authority.as_str(),
            action: call.action,
            version: ECS_VERSION,
            params: &call.params,
            wants_xml: config.response_format == ResponseFormat::Xml,
            user_agent: &config.user_agent,
            access_key_id: credentials.access_key_id(),
            access_key_secret: credentials.access_key_secret(),
            security_token: credentials.security_token(),
            time,
            nonce: &nonce,
        };
        let mut signed = match config.signature_version {
            SignatureVersion::V1 => unsigned.sign_v1()?,
            SignatureVersion::V3 => unsigned.sign_v3()?,
        };

        let redactor = Redactor::new([
            credentials.access_key_secret(),
            credentials.security_token().unwrap_or_default(),
            &signed.signature,
        ]);

        let head = AnswerHead::default();
        signed.request.extensions_mut().insert(head.clone());
        *attempts = attempts.saturating_add(1);
        let limit = self.remaining(call).min(config.attempt_timeout);
        let answer = within(clock, limit, config.transport.send(signed.request))
            .await
            .ok_or_else(|| head.told_by(late_answer(call, limit, config.attempt_timeout)))
            .and_then(|sent| sent)
            .map_err(|error| error.cleaned(|text| redactor.clean(text, 128)))
            .inspect_err(|error| record(error.http_status(), None, error.request_id()))?;

        decode(&answer, &redactor, O::read)
            .or_else(|error| match error.service().and_then(O::read_refusal) {
                Some(response) => Ok(response),
                None => Err(error),
            })
            .inspect(|_| {
                let clean = || Some(redactor.clean(request_id(&answer)?, 128));
                let id = (!Span::current().is_disabled()).then(clean).flatten();
                record(Some(answer.status().as_u16()), None, id.as_deref());
            })
            .map_err(|mut error| {
                if let Error::Service(service) = &mut error {
                    service.action = Cow::Owned(call.action.to_owned());
                }
                let code = error.code().map(ErrorCode::as_str);
                record(error.http_status(), code, error.request_id());
                let now = clock.now();
                Failure {
                    retry_after: retry::hint(answer.headers(), self.skew.correct(now)),
                    clock_learned: error.retry_class() == RetryClass::StaleClock
                        && self.skew.learn(answer.headers(), now, time),
                    credentials: Some(credentials.clone()),
                    error,
                }
            })
    }

    /// Whether the next attempt will differ in what was refused.
    async fn mend(&self, remedy: Remedy, failure: &Failure, call: &Call<'_>) -> bool {
        let cache = &self.config.credentials;
        match remedy {
            Remedy::Nonce => true,
            Remedy::Clock => failure.clock_learned,
            Remedy::Credentials => {
                if let Some(refused) = &failure.credentials {
                    cache.forget(refused);
                }
                true
            }
            Remedy::RotatedKeys => match &failure.credentials {
                Some(refused) => {
                    cache.forget(refused);
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

/// Notes in the attempt's span what came back: these fields and no others.
fn record(status: Option<u16>, code: Option<&str>, request_id: Option<&str>) {
    let span = Span::current();
    span.record("status", status);
    span.record("code", code);
    span.record("request_id", request_id);
    tracing::debug!("attempt ended");
}

fn late_credentials(call: &Call<'_>, limit: Duration) -> CredentialsError {
    let message = format!(
        "none within {limit:?}, what was left of the call's {:?}",
        call.timeout
    );
    CredentialsError::timeout("the provider", message)
}

fn late_answer(call: &Call<'_>, limit: Duration, attempt_timeout: Duration) -> TransportError {
    let host = &call.origin.authority;
    let which = match limit {
        limit if limit == attempt_timeout => "the limit of an attempt".to_owned(),
        _ => format!("all that was left of the call's {:?}", call.timeout),
    };
    TransportError::new(
        TransportErrorKind::Timeout,
        format!("no whole answer from {host} within {limit:?}, {which}"),
    )
}
