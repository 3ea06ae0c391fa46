//! The driver of a run: carries out what the state machine decides, and reports it.

use std::time::Duration;

use tracing::{Instrument, debug, info, warn};

use super::calls::{self, Calls, is_transient};
use super::error::{Progress, Recovery, ResizeError};
use super::error_kind::ResizeErrorKind;
use super::event::{ResizeEvent, ResizeEventKind};
use super::intent::{Command, Intent};
use super::key::ResumeKey;
use super::memory::{Memory, Order, Power, Seen};
use super::observed::{Observed, Poll};
use super::plan::ResizePlan;
use super::prepare;
use super::quote::Quote;
use super::record::Outcome;
use super::report::{Completion, ResizeReport};
use super::run::{CancelHandle, Events};
use super::settings::Resize;
use super::state::{Action, Cause, Now, State};
use super::step::{Direction, Step};
use super::tracker::Tracker;
use crate::client::Client;
use crate::clock::{jitter, within};
use crate::operation::Instance;
use crate::types::{InstanceStatus, RegionId};

/// So many requests may be sent at once: the checks and the order. From then on it is one a second on average.
const BURST: u32 = 10;

/// What a call may take at the end of a recovery.
const LAST_CALL: Duration = Duration::from_secs(5);

/// A poll is too old to act by after this time: the holder of the run took long to poll it again.
const STALE: Duration = Duration::from_secs(15);

/// Drives a run to its end.
pub(super) async fn drive(
    client: Client,
    resize: Resize,
    events: Events,
    cancel: CancelHandle,
) -> Result<ResizeReport, ResizeError> {
    let region = resize.region_id.as_ref().unwrap_or(client.region()).clone();
    let span = tracing::info_span!(
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
    /// The error for `Cause::Refused`.
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
                let error =
                    ResizeError::new(kind, self.resize.instance_id.clone(), self.region.clone());
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

    /// Makes the checks, or takes up what the key says; the first event.
    async fn begin(&mut self) -> Result<State, ResizeErrorKind> {
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
        loop {
            if self.cancel.is_cancelled() {
                return Err(ResizeErrorKind::Cancelled);
            }
            let left = deadline.saturating_sub(self.now().elapsed);
            let error = match self.prepare(&[], left).await {
                Err(ResizeErrorKind::Call { error, doing }) if is_transient(&error) => {
                    (error, doing)
                }
                result => return result,
            };
            let pace = self.pace(self.now().elapsed + self.resize.poll_interval);
            let wait = pace
                .saturating_sub(self.now().elapsed)
                .max(error.0.retry_after().unwrap_or_default());
            if wait >= deadline.saturating_sub(self.now().elapsed) {
                return Err(ResizeErrorKind::Call {
                    error: error.0,
                    doing: error.1,
                });
            }
            debug!(error = %error.0, "checks failed for the moment");
            within(self.client.clock(), wait, self.cancel.cancelled()).await;
        }
    }

    /// All checks, with the candidates that are not excluded. Blocks where a check does.
    async fn prepare(
        &mut self,
        sold_out: &[String],
        timeout: Duration,
    ) -> Result<ResizePlan, ResizeErrorKind> {
        if timeout.is_zero() {
            return Err(ResizeErrorKind::TimedOut {
                timeout: self.resize.timeout,
                waiting_for: "making the checks".into(),
                since: self.tracker.since(self.now().elapsed),
            });
        }
        // The instance, the types that it can become, its disks, the price.
        self.requests += 5;
        let mut resize = self.resize.clone();
        resize.resume = None;
        let mut types = self
            .resize
            .candidates()
            .filter(|it| !sold_out.iter().any(|out| out == it.as_str()));
        if let Some(first) = types.next() {
            resize.instance_type = first.clone();
            resize.candidates = types.cloned().collect();
        }
        let plan = prepare::prepare(&self.client, &resize, timeout).await?;
        match plan.blocked() {
            Some(kind) => Err(kind),
            None => Ok(plan),
        }
    }

    /// The checks again, right before a stop or an order.
    async fn check(&mut self, state: &mut State) {
        let sold_out = state.sold_out.clone();
        match self.prepare(&sold_out, self.left(state)).await {
            Ok(plan) => {
                let now = self.now();
                if plan.direction().is_some() {
                    let direction = plan.direction().unwrap_or(state.memory.direction);
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
    async fn read_quote(&mut self, state: &mut State) {
        self.requests += 1;
        let quote = prepare::quote(&self.client, &self.resize, &state.to, self.left(state)).await;
        let now = self.now();
        match quote {
            Ok(quote) => {
                self.quote = Some(quote);
                state.record_quote(true, now);
            }
            Err(kind) if matches!(&kind, ResizeErrorKind::Call { error, .. } if is_transient(error)) =>
            {
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
            ResizeErrorKind::Call { error, .. } if is_transient(&error) => {
                state.record_failure(error.to_string(), error.retry_after());
            }
            kind => {
                self.error = Some(kind);
                self.fail(state, Cause::Refused).await;
            }
        }
    }

    /// Announces a command, sends it, and takes in the outcome.
    async fn send(&mut self, state: &mut State, command: Command) {
        self.enter(state, command.step()).await;
        let forced = command == Command::ForceStop;
        let memory = state.memory_with(command, self.now());
        let event = ResizeEventKind::Requesting {
            step: command.step(),
            forced,
        };
        self.events
            .emit(ResizeEvent::new(self.key(state, memory), event))
            .await;
        // The holder may have taken its time.
        if self.now().elapsed.saturating_sub(state.polled) > STALE {
            self.poll(state).await;
        }
        let now = self.now();
        let cancelled = self.cancel.is_cancelled() && state.failed.is_none();
        if cancelled || state.next(now) != Action::Send(command) {
            return;
        }
        state.send(command, now);
        self.requests += 1;
        let timeout = self.left(state);
        let result = match command {
            Command::Order => {
                let memory = &state.memory;
                self.calls()
                    .order(&state.to, memory.direction, memory.runs, timeout)
                    .await
            }
            _ => self.calls().power(command, timeout).await.map(|()| None),
        };
        let now = self.now();
        match result {
            Ok(order_id) => {
                state.record(command, Outcome::Accepted(order_id.clone()), now);
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
        let end = match state.failed {
            None => state.intent.deadline,
            Some(_) => state.recovery_ends(),
        };
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
            None => _ = within(self.client.clock(), wait, self.cancel.cancelled()).await,
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
                    reason: error.to_string(),
                    retry_after: error.retry_after(),
                };
                if !is_transient(&error) && state.failed.is_none() {
                    self.error = Some(ResizeErrorKind::Call {
                        doing: "polling the instance",
                        error,
                    });
                    self.fail(state, Cause::Refused).await;
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

    async fn recovering(&mut self, state: &State) {
        if state.may_be_down() && state.intent.restart_on_failure {
            let problem = self
                .cause(state)
                .map_or_else(|kind| kind.to_string(), str::to_owned);
            self.emit(state, ResizeEventKind::Recovering { problem })
                .await;
        }
    }

    /// The kind of the failure, or the text of the one that the driver holds.
    fn cause(&self, state: &State) -> Result<&'static str, ResizeErrorKind> {
        let Some((cause, at)) = &state.failed else {
            return Ok("unknown");
        };
        Err(match cause {
            Cause::TimedOut(waiting_for) => ResizeErrorKind::TimedOut {
                timeout: self.resize.timeout,
                waiting_for: waiting_for.clone(),
                since: self.tracker.since(*at),
            },
            Cause::NotFound => {
                ResizeErrorKind::NotFound(self.resize.instance_id.clone(), self.region.clone())
            }
            Cause::Locked(reasons) => ResizeErrorKind::Locked(reasons.clone()),
            Cause::Superseded(found) => ResizeErrorKind::Superseded {
                found: found.clone(),
                from: state.memory.from.clone(),
                to: state.to.clone(),
            },
            Cause::NeedsStop(no_stop) => ResizeErrorKind::NeedsStop(no_stop.to_string()),
            Cause::Cancelled => ResizeErrorKind::Cancelled,
            Cause::Refused => return Ok("a call failed"),
        })
    }

    async fn enter(&mut self, state: &State, step: Step) {
        let now = self.now().elapsed;
        for event in self.tracker.enter(step, |step| state.is_done(step), now) {
            self.emit(state, event).await;
        }
    }

    async fn leave(&mut self, state: &State, in_effect: bool) {
        let now = self.now().elapsed;
        let is_done = |step: Step| match step {
            Step::Restart | Step::Start => in_effect,
            step => state.is_done(step),
        };
        let mut events = self.tracker.leave(is_done, now);
        events.extend(self.tracker.pass(None, is_done, now));
        for event in events {
            self.emit(state, event).await;
        }
    }

    async fn finish(&mut self, state: &State, completion: Completion) -> ResizeReport {
        self.leave(state, completion == Completion::InEffect).await;
        let report = ResizeReport {
            resume_key: self.key(state, state.memory.clone()),
            completion,
            order_id: match &state.memory.order {
                Order::Placed(order_id) => order_id.clone(),
                Order::None | Order::Possible => None,
            },
            quote: self
                .quote
                .take()
                .filter(|_| matches!(state.memory.order, Order::Placed(_))),
            elapsed: self.now().elapsed.saturating_sub(self.started),
            steps: std::mem::take(&mut self.tracker.done),
            restarted: self.restarted,
        };
        let event = ResizeEventKind::Finished(Box::new(report.clone()));
        self.emit_key(report.resume_key.clone(), event).await;
        report
    }

    async fn end(&mut self, state: &State, recovery: Recovery) -> ResizeError {
        self.leave(state, state.in_effect()).await;
        let kind = match self.cause(state) {
            Err(kind) => kind,
            Ok(_) => self.error.take().unwrap_or(ResizeErrorKind::Cancelled),
        };
        let done = |step: &Step| self.tracker.is_finished(*step);
        let (done, left) = self.tracker.steps.iter().copied().partition(done);
        let key = self.key(state, state.memory.clone());
        let error = ResizeError::new(kind, self.resize.instance_id.clone(), self.region.clone());
        let error = error.with_progress(Progress {
            done,
            left,
            order: state.memory.order.state(),
            recovery,
            resume_key: key.clone(),
        });
        self.emit_key(
            key,
            ResizeEventKind::Failed {
                error: error.to_string(),
            },
        )
        .await;
        error
    }

    fn key(&self, state: &State, memory: Memory) -> ResumeKey {
        ResumeKey {
            instance_id: self.resize.instance_id.clone(),
            region_id: self.region.clone(),
            to: state.to.clone(),
            others: self
                .resize
                .candidates()
                .filter(|it| **it != state.to)
                .cloned()
                .collect(),
            token: self.resize.client_token.clone(),
            memory,
        }
    }

    async fn emit(&self, state: &State, kind: ResizeEventKind) {
        self.emit_key(self.key(state, state.memory_ahead()), kind)
            .await;
    }

    async fn emit_key(&self, key: ResumeKey, kind: ResizeEventKind) {
        let event = ResizeEvent::new(key, kind);
        log(&event);
        self.events.emit(event).await;
    }
}

/// INFO for what costs money or interrupts the instance, WARN for failures.
fn log(event: &ResizeEvent) {
    match event.kind() {
        ResizeEventKind::Ordered { order_id } => {
            info!(aliyun.order_id = order_id, "order placed")
        }
        ResizeEventKind::Accepted { step: Step::Stop } => info!("instance stop accepted"),
        ResizeEventKind::Accepted { step: Step::Start } => info!("instance start accepted"),
        ResizeEventKind::Accepted { .. } => info!("instance restart accepted"),
        ResizeEventKind::StepFinished {
            step: Step::Stop, ..
        } => info!("instance stopped"),
        ResizeEventKind::StepFinished {
            step: Step::Start, ..
        } => info!("instance started"),
        ResizeEventKind::StepFinished {
            step: Step::Restart,
            ..
        } => info!("instance restarted"),
        ResizeEventKind::Finished(report) => {
            info!(
                completion = report.completion().as_str(),
                aliyun.order_id = report.order_id(),
                duration_ms = u64::try_from(report.elapsed().as_millis()).unwrap_or(u64::MAX),
                "resize finished"
            );
        }
        ResizeEventKind::Recovering { problem } => {
            warn!(
                error = problem,
                "resize failed, starting the instance again"
            )
        }
        ResizeEventKind::Failed { error } => warn!(error, "resize failed"),
        _ => debug!(%event, "resize event"),
    }
}
