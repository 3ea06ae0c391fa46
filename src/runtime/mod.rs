//! One call: the loop that sends a request until it succeeds, fails permanently, or times out.

mod attempt;
mod budget;
mod nonce;
mod paginator;
mod rate;
mod report;
mod retry;

pub use paginator::Paginator;

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Uri};
use tracing::Instrument;

use self::attempt::AttemptResponse;
use self::budget::Budget;
use self::nonce::Nonces;
use self::rate::RateLimiter;
use self::report::Attempt;
use self::retry::{Failure, History, Retry, RetryAction, decide};
use crate::clock::{self, SkewUpdate, within};
use crate::config::{CallOptions, Config, RetryConfig, SignatureVersion};
use crate::endpoint;
use crate::error::{CallContext, Correction, Effect, Error, ValidationError};
use crate::operation::{Operation, Sealed};
use crate::protocol::{SortedParams, headers_v1, headers_v3};
use crate::types::{ClientToken, RegionId};

/// A client's settings and the state that its calls share.
#[derive(Debug)]
pub(crate) struct Runtime {
    config: Config,
    headers: Headers,
    shared: Arc<Shared>,
}

/// The state that the calls of a client share, for all regions.
#[derive(Debug)]
struct Shared {
    budget: Budget,
    nonces: Nonces,
    rate: Option<RateLimiter>,
}

/// The headers that all requests share.
#[derive(Debug, Clone)]
struct Headers {
    read: HeaderMap,
    /// With `connection: close`, so that the transport sends each write on a new connection. On a reused connection,
    /// the leftover response of an earlier request could be mistaken for the response to the write.
    write: HeaderMap,
}

impl Headers {
    fn new(read: HeaderMap) -> Self {
        let mut write = read.clone();
        write.insert(CONNECTION, HeaderValue::from_static("close"));
        Self { read, write }
    }

    fn of(&self, effect: Effect) -> &HeaderMap {
        match effect {
            Effect::Read => &self.read,
            Effect::Change | Effect::Order => &self.write,
        }
    }
}

/// One call in progress.
struct Call<'a> {
    action: &'a str,
    region: &'a RegionId,
    params: SortedParams<'a>,
    uri: Cow<'a, Uri>,
    client_token: Option<&'a ClientToken>,
    retry: RetryConfig,
    timeout: Duration,
    started: Duration,
    /// The rest of the timeout, as of the last wait.
    remaining: Duration,
    history: History,
    /// The failure of the last attempt, until it is decided what follows.
    failure: Option<Failure>,
}

impl Call<'_> {
    fn host(&self) -> &str {
        self.uri.authority().map_or("", |host| host.as_str())
    }
}

/// A response, and the facts of the call that received it.
pub(crate) struct Completed<T> {
    pub(crate) response: T,
    pub(crate) http_status: u16,
    pub(crate) attempts: u32,
    /// When the call was started ([`Clock::elapsed`](crate::clock::Clock::elapsed)).
    pub(crate) started: Duration,
}

impl Runtime {
    pub(crate) fn new(config: Config) -> Self {
        let (wants_xml, user_agent) = (config.wants_xml(), config.user_agent.clone());
        Self {
            headers: Headers::new(match config.signature_version {
                SignatureVersion::V1 => headers_v1(wants_xml, user_agent),
                SignatureVersion::V3 => headers_v3(wants_xml, user_agent),
            }),
            shared: Arc::new(Shared {
                budget: Budget::new(),
                nonces: Nonces::new(),
                rate: config.request_interval.map(RateLimiter::new),
            }),
            config,
        }
    }

    /// The same runtime with another default region: transport, credentials, retry budget and clock skew are shared.
    pub(crate) fn with_region(&self, region: RegionId, uri: Uri) -> Self {
        Self {
            config: Config {
                region,
                uri,
                ..self.config.clone()
            },
            headers: self.headers.clone(),
            shared: Arc::clone(&self.shared),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The current time, corrected by the learned clock skew.
    pub(crate) fn service_time(&self) -> DateTime<Utc> {
        self.config.skew.correct(self.config.clock.now())
    }

    /// Sends `operation` until it succeeds, fails permanently, or times out.
    ///
    /// Generic over the operation, like [`read`](Self::read), and so compiled for each. Everything that they call is
    /// compiled once.
    pub(crate) async fn call<O: Operation>(
        &self,
        operation: &O,
        options: CallOptions,
    ) -> Result<Completed<O::Response>, Error> {
        let region = operation.region_id().unwrap_or(&self.config.region);
        let mut call = self.begin(operation, region, options)?;
        let span = self.call_span(&call);
        loop {
            // Pinned, because the future is large and the span would store it a second time.
            let (attempt, received) = pin!(self.receive(&mut call))
                .instrument(span.clone())
                .await?;
            match span.in_scope(|| self.read::<O>(&call, &attempt, &received)) {
                Ok(response) => {
                    return Ok(Completed {
                        response,
                        http_status: received.http_status(),
                        attempts: call.history.attempts,
                        started: call.started,
                    });
                }
                Err(failure) => call.failure = Some(failure),
            }
        }
    }

    fn begin<'a>(
        &'a self,
        operation: &'a dyn Sealed,
        region: &'a RegionId,
        options: CallOptions,
    ) -> Result<Call<'a>, Error> {
        let (effect, client_token) = (operation.effect(), operation.client_token());
        let timeout = options.timeout.unwrap_or(self.config.timeout);
        let valid = operation.check().and_then(|()| match timeout.is_zero() {
            true => Err(ValidationError::single(
                "timeout",
                "0s",
                "must be greater than zero",
            )),
            false => Ok(()),
        });
        let uri = valid.and_then(|()| match *region == self.config.region {
            true => Ok(Cow::Borrowed(&self.config.uri)),
            false => self.config.endpoint.uri(region).map(Cow::Owned),
        });
        let uri = uri.map_err(|error| {
            Error::from(error).with_call(CallContext {
                effect,
                client_token: client_token.cloned(),
                ..CallContext::EMPTY
            })
        })?;
        Ok(Call {
            action: operation.action(),
            region,
            params: operation.params(region).sorted(),
            uri,
            client_token,
            retry: options.retry.unwrap_or(self.config.retry),
            timeout,
            started: self.config.clock.elapsed(),
            remaining: timeout,
            history: History::new(effect, client_token.is_some()),
            failure: None,
        })
    }

    /// Makes attempts until a response arrives.
    async fn receive(&self, call: &mut Call<'_>) -> Result<(Attempt, AttemptResponse), Error> {
        loop {
            if let Some(failure) = call.failure.take()
                && let Some(error) = self.retry(call, failure).await
            {
                self.report_call(call, Err(&error));
                return Err(error);
            }
            let attempt = self.begin_attempt(call);
            let span = attempt.span.clone();
            let sent = pin!(self.send(call)).instrument(span).await;
            match sent {
                Ok(received) => return Ok((attempt, received)),
                Err(failure) => {
                    self.report_attempt(call, &attempt, Err(&failure.error));
                    call.failure = Some(failure);
                }
            }
        }
    }

    /// Returns `None` when it is time for the next attempt, or the error of the call.
    async fn retry(&self, call: &mut Call<'_>, failure: Failure) -> Option<Error> {
        call.history.record(&failure);
        let (remaining, jitter) = (self.remaining(call), clock::jitter());
        let retry = match decide(&failure, &call.history, &call.retry, remaining, jitter) {
            RetryAction::GiveUp => return Some(self.fail(call, failure, false)),
            RetryAction::Retry(retry) => retry,
        };
        let in_budget = self.shared.budget.take();
        if !in_budget && !retry.must_confirm {
            return Some(self.fail(call, failure, true));
        }
        if !self.apply_correction(call, &failure, retry).await {
            if in_budget {
                self.shared.budget.refund();
            }
            return Some(self.fail(call, failure, false));
        }
        call.history.record_retry(retry);
        self.report_retry(call, &failure, retry);
        if !retry.after.is_zero() {
            self.config.clock.sleep(retry.after).await;
        }
        // A sleep can take longer than requested. An attempt without any time left could only make the outcome unknown.
        call.remaining = self.remaining(call);
        let is_late = call.remaining.is_zero();
        is_late.then(|| self.fail(call, failure, false))
    }

    /// Applies a correction. Returns `false` if the next attempt would be rejected for the same reason.
    async fn apply_correction(&self, call: &Call<'_>, failure: &Failure, retry: Retry) -> bool {
        match (retry.correction, &failure.credentials) {
            (Some(Correction::RotatedKeys), Some(rejected)) => {
                let credentials = self.config.credentials.get();
                let timeout = self.remaining(call);
                let fetched = within(&*self.config.clock, timeout, pin!(credentials)).await;
                matches!(fetched, Some(Ok(other)) if !other.equals(rejected))
            }
            (Some(Correction::RotatedKeys), None) => false,
            // Reading the response has corrected the signing time and invalidated expired credentials, and every
            // attempt has a new nonce.
            (Some(Correction::Clock | Correction::Nonce | Correction::Credentials) | None, _) => {
                true
            }
        }
    }

    fn fail(&self, call: &Call<'_>, failure: Failure, out_of_budget: bool) -> Error {
        failure.error.with_call(CallContext {
            retry_after: failure.retry_after,
            out_of_budget,
            clock_off: match failure.clock {
                SkewUpdate::TooFar(skew) => Some(skew),
                SkewUpdate::Unchanged | SkewUpdate::Corrected => None,
            },
            ..self.context(call)
        })
    }

    fn context(&self, call: &Call<'_>) -> CallContext {
        CallContext {
            effect: call.history.effect,
            client_token: call.client_token.cloned(),
            attempts: call.history.attempts,
            elapsed: self.elapsed(call),
            ambiguous: call.history.ambiguous,
            meant_region: endpoint::did_you_mean(call.region.as_str()),
            ..CallContext::EMPTY
        }
    }

    fn elapsed(&self, call: &Call<'_>) -> Duration {
        self.elapsed_since(call.started)
    }

    fn elapsed_since(&self, started: Duration) -> Duration {
        self.config.clock.elapsed().saturating_sub(started)
    }

    fn remaining(&self, call: &Call<'_>) -> Duration {
        call.timeout.saturating_sub(self.elapsed(call))
    }
}
