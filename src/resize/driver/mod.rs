//! The driver of a run: carries out what the state machine decides.
//!
//! `preparation.rs` makes the checks and reads the price, `reporting.rs` emits the events and makes the report.

mod preparation;
mod reporting;

use std::pin::pin;
use std::time::Duration;

use tracing::{Instrument, warn};

use super::action::{Action, Cause, Now};
use super::calls::{self, Calls, may_pass};
use super::cancel::CancelHandle;
use super::error::ResizeError;
use super::error_kind::ResizeErrorKind;
use super::event::{ResizeEvent, ResizeEventKind};
use super::intent::Command;
use super::memory::Order;
use super::observed::{Observed, Poll};
use super::quote::Quote;
use super::record::Outcome;
use super::report::ResizeReport;
use super::run::Events;
use super::settings::Resize;
use super::state::State;
use super::step::Step;
use super::tracker::Tracker;
use crate::client::Client;
use crate::clock::{jitter, within};
use crate::operation::Instance;
use crate::types::RegionId;

/// This many requests may be sent at once: the checks and the order. From then on it is one a second on average.
const BURST: u32 = 10;

/// What a call may take at the end of a recovery.
const LAST_CALL: Duration = Duration::from_secs(5);

/// A poll is too old to act by after this time: the consumer of the run took long to poll it again.
const STALE: Duration = Duration::from_secs(15);

/// Drives a run to its end.
pub(super) async fn drive(
    client: Client,
    resize: Resize,
    events: Events,
    cancel: CancelHandle,
) -> Result<ResizeReport, ResizeError> {
    let region = resize.region_id.as_ref().unwrap_or(client.region()).clone();
    // As severe as its most severe event: a filter that shows an event shows its span as well.
    let span = tracing::warn_span!(
        "resize",
        aliyun.instance_id = resize.instance_id.as_str(),
        cloud.region = region.as_str(),
        aliyun.client_token = resize.client_token.as_str(),
    );
    let driver = Driver {
        started: client.clock().elapsed(),
        tracker: Tracker::new(Vec::new(), client.clock().elapsed()),
        client,
        resize,
        region,
        events,
        cancel,
        requests: 0,
        error: None,
        quote: None,
        restarted: false,
    };
    driver.run().instrument(span).await
}

struct Driver {
    client: Client,
    resize: Resize,
    region: RegionId,
    events: Events,
    cancel: CancelHandle,
    started: Duration,
    tracker: Tracker,
    /// How many requests were sent.
    requests: u32,
    /// The error for `Cause::Rejected`.
    error: Option<ResizeErrorKind>,
    /// The price that was read last.
    quote: Option<Quote>,
    restarted: bool,
}

impl Driver {
    async fn run(mut self) -> Result<ResizeReport, ResizeError> {
        let mut state = match self.begin().await {
            Ok(state) => state,
            Err(kind) => {
                let error = self.error(kind);
                warn!(%error, "resize failed");
                return Err(error);
            }
        };
        loop {
            let now = self.now();
            if self.cancel.is_cancelled() {
                self.fail(&mut state, Cause::Cancelled).await;
            }
            match state.next(now) {
                Action::Check => self.check(&mut state).await,
                Action::Quote => self.read_quote(&mut state).await,
                Action::Send(command) => self.send(&mut state, command).await,
                Action::Wait {
                    step,
                    reason,
                    until,
                } => self.wait(&mut state, step, reason, until).await,
                Action::Fail(cause) => self.fail(&mut state, cause).await,
                Action::Finish(completion) => return Ok(self.finish(&state, completion).await),
                Action::End(recovery) => return Err(self.end(&state, recovery).await),
            }
        }
    }

    fn error(&self, kind: ResizeErrorKind) -> ResizeError {
        ResizeError::new(kind, self.resize.instance_id.clone(), self.region.clone())
            .with_client_token(self.resize.client_token.clone())
    }

    fn now(&self) -> Now {
        Now {
            elapsed: self.client.clock().elapsed(),
            service: self.client.service_time(),
        }
    }

    fn calls(&self) -> Calls<'_> {
        Calls {
            client: &self.client,
            resize: &self.resize,
            region: &self.region,
        }
    }

    /// The time for a call: until the deadline, or the end of the recovery.
    fn left(&self, state: &State) -> Duration {
        let now = self.now().elapsed;
        match state.failed {
            None => state.intent.deadline.saturating_sub(now),
            Some(_) => state.recovery_ends().saturating_sub(now).max(LAST_CALL),
        }
    }

    /// Announces a command, sends it, and takes in the outcome.
    async fn send(&mut self, state: &mut State, command: Command) {
        self.enter(state, command.step()).await;
        let forced = command == Command::ForceStop;
        let memory = state.memory_with(command, self.now());
        let quote = self.quote.clone().filter(|_| command == Command::Order);
        let event = ResizeEventKind::Requesting {
            step: command.step(),
            forced,
            quote: quote.clone(),
        };
        self.events
            .emit(ResizeEvent::new(self.key(state, memory), event))
            .await;
        // The consumer may have taken long.
        if self.now().elapsed.saturating_sub(state.polled) > STALE {
            self.poll(state).await;
        }
        match state.next(self.now()) {
            Action::Check => self.check(state).await,
            Action::Quote => self.read_quote(state).await,
            _ => {}
        }
        let now = self.now();
        let cancelled = self.cancel.is_cancelled() && state.failed.is_none();
        // Another price is announced first.
        let is_announced = command != Command::Order || self.quote == quote;
        if cancelled || !is_announced || state.next(now) != Action::Send(command) {
            return;
        }
        let repeats =
            command == Command::Order && state.resumed && state.memory.order == Order::Possible;
        state.send(command, now);
        self.requests += 1;
        let timeout = self.left(state);
        let sent = self
            .calls()
            .send(command, &state.to, &state.memory, timeout)
            .await;
        let now = self.now();
        match sent {
            Ok(order_id) => {
                state.record(command, Outcome::Accepted(order_id.clone()), now);
                if repeats {
                    // An earlier run may have placed it, at another price.
                    self.quote = None;
                }
                self.restarted |= matches!(command, Command::Start | Command::Restart);
                let event = match command {
                    Command::Order => ResizeEventKind::Ordered { order_id },
                    _ => ResizeEventKind::Accepted {
                        step: command.step(),
                    },
                };
                self.emit(state, event).await;
            }
            Err(error) => {
                let has_candidate = state.sold_out.len() < self.resize.candidates.len();
                let outcome = calls::outcome(&error, has_candidate);
                let failed = state.failed.is_some();
                state.record(command, outcome, now);
                if state.failed.is_some() && !failed {
                    self.error = Some(ResizeErrorKind::Call {
                        doing: command.doing(),
                        error,
                    });
                    self.recovering(state).await;
                }
            }
        }
    }

    async fn wait(&mut self, state: &mut State, step: Step, reason: String, until: Duration) {
        self.enter(state, step).await;
        let now = self.now().elapsed;
        let spread = until.saturating_sub(now).mul_f64(0.25 * jitter());
        let end = state.ends();
        let until = self.pace(until.saturating_add(spread)).min(end);
        let event = ResizeEventKind::Waiting {
            step,
            reason,
            since: self.tracker.since(now),
            next_poll: until.saturating_sub(now),
        };
        self.emit(state, event).await;
        let wait = until.saturating_sub(self.now().elapsed);
        match state.failed {
            None => _ = within(self.client.clock(), wait, pin!(self.cancel.cancelled())).await,
            Some(_) => self.client.clock().sleep(wait).await,
        }
        let cancelled = self.cancel.is_cancelled() && state.failed.is_none();
        if !cancelled && self.now().elapsed < end {
            self.poll(state).await;
        }
    }

    /// Polls the instance once.
    async fn poll(&mut self, state: &mut State) {
        self.requests += 1;
        let found = self.calls().find(self.left(state)).await;
        let poll = match found {
            Ok(Some(instance)) => Poll::Instance(self.observed(state, &instance)),
            Ok(None) => Poll::Missing,
            Err(error) => {
                let failed = Poll::Failed {
                    reason: error.reason().to_string(),
                    retry_after: error.retry_after(),
                };
                if !may_pass(&error) && state.failed.is_none() {
                    self.error = Some(ResizeErrorKind::Call {
                        doing: "polling the instance",
                        error,
                    });
                    self.fail(state, Cause::Rejected).await;
                }
                failed
            }
        };
        state.observe(poll, self.now());
    }

    fn observed(&self, state: &State, instance: &Instance) -> Observed {
        Observed::new(instance, &state.memory.from, self.resize.candidates())
    }

    /// The earliest time for the next poll: one request a second on average.
    fn pace(&self, until: Duration) -> Duration {
        let paced = Duration::from_secs(self.requests.saturating_sub(BURST).into());
        until.max(self.started.saturating_add(paced))
    }

    /// The run fails from now on.
    async fn fail(&mut self, state: &mut State, cause: Cause) {
        if state.failed.is_none() {
            state.fail(cause, self.now());
            self.recovering(state).await;
        }
    }
}
