//! The events of a run, and how it ends.

use tracing::{debug, field, info, warn};

use super::Driver;
use crate::resize::action::Cause;
use crate::resize::error::{Progress, Recovery, ResizeError};
use crate::resize::error_kind::ResizeErrorKind;
use crate::resize::event::{ResizeEvent, ResizeEventKind};
use crate::resize::key::ResumeKey;
use crate::resize::memory::{Memory, Order};
use crate::resize::quote::Quote;
use crate::resize::report::{Completion, ResizeReport};
use crate::resize::state::State;
use crate::resize::step::Step;
use crate::resize::terms::Terms;

/// The steps that put the type into effect.
const RESTARTS: [Step; 2] = [Step::Restart, Step::Start];

impl Driver {
    pub(super) async fn recovering(&mut self, state: &State) {
        if state.may_be_down() && state.intent.restart_on_failure {
            let kind = self.kind(state);
            let kind = kind.as_ref().or(self.error.as_ref());
            let problem = kind.map(ToString::to_string).unwrap_or_default();
            self.emit(state, ResizeEventKind::Recovering { problem })
                .await;
        }
    }

    /// The kind of the failure, unless it is that of the error that the driver holds.
    fn kind(&self, state: &State) -> Option<ResizeErrorKind> {
        let (cause, at) = state.failed.as_ref()?;
        Some(match cause {
            Cause::TimedOut {
                waiting_for,
                last_error,
            } => ResizeErrorKind::TimedOut {
                timeout: self.resize.timeout,
                waiting_for: waiting_for.clone(),
                last_error: last_error.clone(),
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
            Cause::OrderPending(since) => ResizeErrorKind::OrderPending { since: *since },
            Cause::Cancelled => ResizeErrorKind::Cancelled,
            Cause::Rejected => return None,
        })
    }

    pub(super) async fn enter(&mut self, state: &State, step: Step) {
        let now = self.now().elapsed;
        let events = self.tracker.enter(step, &|step| state.is_done(step), now);
        for event in events {
            self.emit(state, event).await;
        }
    }

    /// Leaves the last step; `restarted` are the steps of a restart that were done.
    async fn leave(&mut self, state: &State, restarted: &[Step]) {
        let now = self.now().elapsed;
        let events = self.tracker.end(
            &|step| match step {
                Step::Restart | Step::Start => restarted.contains(&step),
                step => state.is_done(step),
            },
            now,
        );
        for event in events {
            self.emit(state, event).await;
        }
    }

    pub(super) async fn finish(&mut self, state: &State, completion: Completion) -> ResizeReport {
        let restarted: &[Step] = match completion {
            Completion::InEffect => &RESTARTS,
            // Before the payment, an instance that was stopped for the order only runs again.
            Completion::AwaitingPayment => &[Step::Start],
            _ => &[],
        };
        self.leave(state, restarted).await;
        let report = ResizeReport {
            resume_key: self.key(state, state.memory.clone()),
            completion,
            order_id: match &state.memory.order {
                Order::Placed(order_id) => order_id.clone(),
                Order::None | Order::Possible => None,
            },
            quote: self.order_quote(state),
            elapsed: self.now().elapsed.saturating_sub(self.started),
            steps: std::mem::take(&mut self.tracker.done),
            restarted: self.restarted,
        };
        let event = ResizeEventKind::Finished(Box::new(report.clone()));
        self.emit_key(report.resume_key.clone(), event).await;
        report
    }

    pub(super) async fn end(&mut self, state: &State, recovery: Recovery) -> ResizeError {
        let restarted: &[Step] = match state.in_effect() {
            true => &RESTARTS,
            false => &[],
        };
        self.leave(state, restarted).await;
        let own = self.kind(state);
        // The driver holds an error for every rejection; without one, it is still a failure, and never a cancellation.
        let kind = own
            .or_else(|| self.error.take())
            .unwrap_or_else(|| ResizeErrorKind::TimedOut {
                timeout: self.resize.timeout,
                waiting_for: state.situation(self.now()),
                last_error: state.problem.clone(),
                since: self.tracker.since(self.now().elapsed),
            });
        let done = |step: &Step| self.tracker.is_finished(*step);
        let (done, left) = self.tracker.steps.iter().copied().partition(done);
        let key = self.key(state, state.memory.clone());
        let error = self.error(kind).with_progress(Progress {
            done,
            left,
            order: state.memory.order.state(),
            quote: self.order_quote(state),
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

    /// The price of an order that exists or may exist, unless an earlier run has placed it.
    fn order_quote(&mut self, state: &State) -> Option<Quote> {
        let by_this_run = state.accepted || !state.resumed;
        let is_its_price = match state.memory.order {
            Order::None => false,
            Order::Possible => true,
            Order::Placed(_) => by_this_run,
        };
        self.quote.take().filter(|_| is_its_price)
    }

    pub(super) fn key(&self, state: &State, memory: Memory) -> ResumeKey {
        let mut others: Vec<_> = self.resize.candidates().cloned().collect();
        others.retain(|it| *it != state.to);
        ResumeKey {
            instance_id: self.resize.instance_id.clone(),
            region_id: self.region.clone(),
            to: state.to.clone(),
            others,
            token: self.resize.client_token.clone(),
            memory,
            terms: Terms::of(&self.resize),
        }
    }

    pub(super) async fn emit(&self, state: &State, kind: ResizeEventKind) {
        self.emit_key(self.key(state, state.memory_ahead()), kind)
            .await;
    }

    async fn emit_key(&self, key: ResumeKey, kind: ResizeEventKind) {
        let event = ResizeEvent::new(key, kind);
        log(&event, self.quote.as_ref());
        self.events.emit(event).await;
    }
}

/// INFO for what costs money or interrupts the instance, WARN for failures.
fn log(event: &ResizeEvent, quote: Option<&Quote>) {
    let key = event.resume_key();
    let (from, to) = (key.from().as_str(), key.instance_type().as_str());
    match event.kind() {
        ResizeEventKind::Ordered { order_id } => info!(
            aliyun.instance_type.from = from,
            aliyun.instance_type.to = to,
            aliyun.order_id = order_id,
            aliyun.price = quote.map(|quote| field::display(quote.price)),
            aliyun.currency = quote.map(|quote| quote.currency.as_str()),
            "order placed"
        ),
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
                aliyun.instance_type.from = from,
                aliyun.instance_type.to = to,
                aliyun.order_id = report.order_id(),
                aliyun.price = report.quote().map(|quote| field::display(quote.price)),
                aliyun.currency = report.quote().map(|quote| quote.currency.as_str()),
                duration_ms = u64::try_from(report.elapsed().as_millis()).unwrap_or(u64::MAX),
                "resize finished"
            );
        }
        ResizeEventKind::Recovering { problem } => {
            warn!(
                error = problem,
                "resize failed, making sure that the instance runs again"
            )
        }
        ResizeEventKind::Failed { error } => warn!(error, "resize failed"),
        kind => debug!(
            kind = kind.as_str(),
            step = kind.step().map(Step::as_str),
            %event,
            "resize event"
        ),
    }
}
