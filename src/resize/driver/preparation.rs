//! What a run reads before it acts: the checks and the price.

use std::pin::pin;
use std::time::Duration;

use tracing::debug;

use super::Driver;
use crate::clock::within;
use crate::error::{Error, ErrorKind, TransportErrorKind};
use crate::resize::action::Cause;
use crate::resize::calls::{is_transient, may_pass};
use crate::resize::error_kind::ResizeErrorKind;
use crate::resize::event::ResizeEventKind;
use crate::resize::intent::Intent;
use crate::resize::memory::{Memory, Order, Power, Seen};
use crate::resize::observed::Poll;
use crate::resize::plan::ResizePlan;
use crate::resize::prepare;
use crate::resize::state::State;
use crate::resize::step::Direction;
use crate::types::InstanceStatus;

/// An outage ends a run after this time while it makes its first checks: nothing has begun that it has to finish. A
/// shorter one does not end a fleet.
const MAX_OUTAGE: Duration = Duration::from_secs(300);

/// Whether the rate of the client delayed the request too much.
fn is_own_rate_limit(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport(error) if error.kind() == TransportErrorKind::RateLimit)
}

impl Driver {
    /// Makes the checks, or takes up what the key says; the first event.
    pub(super) async fn begin(&mut self) -> Result<State, ResizeErrorKind> {
        let intent = Intent::new(&self.resize, self.started);
        let resumed = self
            .resize
            .resume
            .clone()
            .filter(|key| key.may_have_changed() || !key.was_running());
        let now = self.now();
        let state = match &resumed {
            Some(key) => {
                let state = State::new(intent, key.memory.clone(), key.to.clone(), true, now);
                self.tracker.steps = state.steps();
                state
            }
            None => {
                let plan = self.prepare_patiently(intent.deadline).await?;
                self.tracker.steps = plan.steps().to_vec();
                let instance = plan.instance();
                let memory = Memory {
                    from: plan.from().clone(),
                    direction: plan.direction().unwrap_or(Direction::Upgrade),
                    runs: !matches!(
                        instance.status,
                        Some(InstanceStatus::Stopped | InstanceStatus::Stopping)
                    ),
                    order: Order::None,
                    power: Power::Idle,
                    restart: None,
                    seen: Seen::Nothing,
                };
                let mut state = State::new(intent, memory, plan.to().clone(), false, now);
                let now = self.now();
                state.record_check(plan.to().clone(), state.memory.direction, now);
                self.quote = plan.quote().cloned();
                let seen = self.observed(&state, plan.instance());
                state.observe(Poll::Instance(seen), now);
                state
            }
        };
        let started = ResizeEventKind::Started {
            from: state.memory.from.clone(),
            to: state.to.clone(),
            direction: state.memory.direction,
            steps: self.tracker.steps.clone(),
            quote: self.quote.clone(),
            resumed: self.resize.resume.is_some(),
        };
        self.emit(&state, started).await;
        Ok(state)
    }

    /// The checks before the first step, again while they fail for the moment.
    async fn prepare_patiently(
        &mut self,
        deadline: Duration,
    ) -> Result<ResizePlan, ResizeErrorKind> {
        let mut outage_ends = None;
        loop {
            if self.cancel.is_cancelled() {
                return Err(ResizeErrorKind::Cancelled);
            }
            let left = deadline.saturating_sub(self.now().elapsed);
            let (error, doing) = match self.prepare(&[], left).await {
                Err(ResizeErrorKind::Call { error, doing }) if is_transient(&error) => {
                    (error, doing)
                }
                result => return result,
            };
            let now = self.now().elapsed;
            let end = if error.is_throttling() {
                // The service responds: there is no outage any more.
                outage_ends = None;
                deadline
            } else if is_own_rate_limit(&error) {
                deadline
            } else {
                deadline.min(*outage_ends.get_or_insert(now.saturating_add(MAX_OUTAGE)))
            };
            let pace = self.pace(now.saturating_add(self.resize.poll_interval));
            let wait = pace
                .saturating_sub(now)
                .max(error.retry_after().unwrap_or_default());
            if wait >= end.saturating_sub(now) {
                return Err(ResizeErrorKind::Call { error, doing });
            }
            debug!(%error, "checks failed for the moment");
            within(self.client.clock(), wait, pin!(self.cancel.cancelled())).await;
        }
    }

    /// All checks, with the candidates that are not excluded. Blocks where a check does.
    async fn prepare(
        &mut self,
        excluded: &[String],
        timeout: Duration,
    ) -> Result<ResizePlan, ResizeErrorKind> {
        if timeout.is_zero() {
            return Err(ResizeErrorKind::TimedOut {
                timeout: self.resize.timeout,
                waiting_for: "making the checks".into(),
                last_error: None,
                since: self.tracker.since(self.now().elapsed),
            });
        }
        // The instance, the types that it can become, its disks, the price.
        self.requests += 5;
        let mut resize = self.resize.clone();
        resize.resume = None;
        let mut types: Vec<_> = resize.candidates().cloned().collect();
        types.retain(|it| !excluded.iter().any(|out| out == it.as_str()));
        if !types.is_empty() {
            resize.instance_type = types.remove(0);
            resize.candidates = types;
        }
        let plan = prepare::prepare(&self.client, &resize, timeout).await?;
        match plan.blocked() {
            Some(kind) => Err(kind),
            None => Ok(plan),
        }
    }

    /// The checks again, right before a stop or an order.
    pub(super) async fn check(&mut self, state: &mut State) {
        let mut excluded = state.sold_out.clone();
        if state.memory.order != Order::None {
            // The order that may exist is for this type.
            let others = self.resize.candidates().filter(|it| **it != state.to);
            excluded.extend(others.map(ToString::to_string));
        }
        match self.prepare(&excluded, self.left(state)).await {
            Ok(plan) => {
                let now = self.now();
                if let Some(direction) = plan.direction() {
                    state.record_check(plan.to().clone(), direction, now);
                }
                self.quote = plan.quote().cloned();
                let seen = self.observed(state, plan.instance());
                state.observe(Poll::Instance(seen), now);
            }
            Err(kind) => self.read_failed(state, kind).await,
        }
    }

    /// The price again, right before an order.
    pub(super) async fn read_quote(&mut self, state: &mut State) {
        self.requests += 1;
        let quote = prepare::quote(&self.client, &self.resize, &state.to, self.left(state)).await;
        let now = self.now();
        match quote {
            Ok(quote) => {
                self.quote = Some(quote);
                state.record_quote(true, now);
            }
            Err(kind) if matches!(&kind, ResizeErrorKind::Call { error, .. } if may_pass(error)) => {
                self.read_failed(state, kind).await;
            }
            Err(kind) => {
                self.error = Some(kind);
                state.record_quote(false, now);
            }
        }
    }

    /// Checks or the price could not be read, or they forbid the change.
    async fn read_failed(&mut self, state: &mut State, kind: ResizeErrorKind) {
        match kind {
            ResizeErrorKind::Call { error, .. } if may_pass(&error) => {
                state.record_failure(error.reason().to_string(), error.retry_after());
            }
            kind => {
                self.error = Some(kind);
                self.fail(state, Cause::Rejected).await;
            }
        }
    }
}
