//! The run: each turn looks at the instance and takes the next step.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Resize;
use super::assess::{self, Assessment, assess, failed, has_type};
use super::error::{OrderState, Progress, Recovery, ResizeError, ResizeErrorKind};
use super::event::{Ending, ResizeEvent, ResizeReport, Step};
use super::key::{Before, Direction};
use super::poll::Poll;
use super::turn::Next;
use crate::client::Client;
use crate::error::{Error, ErrorCode, Outcome};
use crate::operation::{
    Instance, ModifyPrepayInstanceSpecRequest, RebootInstanceRequest, StartInstanceRequest,
    StopInstanceRequest,
};
use crate::types::InstanceStatus;

/// This many looks in a row may not find the instance.
const MISSES: u32 = 3;

pub(super) async fn run(
    client: &Client,
    resize: &Resize,
    on_event: impl FnMut(&ResizeEvent) + Send,
) -> Result<ResizeReport, ResizeError> {
    let started = client.clock().elapsed();
    let resumed = resize.before().is_some();
    let mut poll = Poll::new(resize.poll_interval);
    let Assessment {
        instance,
        before,
        steps,
    } = loop {
        let left = left(client, resize, started);
        match assess(client, resize, left).await {
            Err(error) if error.call_error().is_some_and(is_passing) => {
                let wait = poll.next(error.call_error().and_then(Error::retry_after));
                if wait >= left {
                    return Err(resumable(resize, error));
                }
                client.clock().sleep(wait).await;
            }
            Err(error) => return Err(resumable(resize, error)),
            Ok(assessment) => break assessment,
        }
    };
    let shown = has_type(&instance, &resize.instance_type);
    let order = match (resumed, shown) {
        (false, _) => OrderState::NotPlaced,
        (true, false) => OrderState::Possible,
        (true, true) => OrderState::Placed(None),
    };
    let mut run = Run {
        client,
        resize,
        on_event,
        started,
        order,
        old_start: before.started,
        before,
        steps,
        done: Vec::new(),
        current: None,
        poll,
        misses: 0,
        sent: None,
        stopped: false,
        seen: (None, false),
        cycled: false,
        restarted: false,
        was_stopped: false,
    };
    run.emit(&ResizeEvent::Started {
        from: run.before.from.clone(),
        to: resize.instance_type.clone(),
        direction: run.before.direction,
        steps: run.steps.clone(),
        resume_key: resize.key(run.before.clone()),
        resumed,
    });
    let ended = if shown && run.before.from == resize.instance_type {
        Ok(Ending::AlreadyThatType)
    } else {
        run.turns(Some(instance)).await
    };
    match ended {
        Ok(ending) => Ok(run.finish(ending)),
        Err(error) => Err(run.fail(error).await),
    }
}

/// The error of a run that has not begun; if an earlier one had, what is known of that.
fn resumable(resize: &Resize, error: ResizeError) -> ResizeError {
    match resize.resume_key() {
        None => error,
        Some(resume_key) => error.with_progress(Progress {
            done: Vec::new(),
            left: Vec::new(),
            order: OrderState::Possible,
            recovery: Recovery::NotNeeded,
            resume_key,
        }),
    }
}

/// One run in progress.
pub(super) struct Run<'a, F> {
    pub(super) client: &'a Client,
    pub(super) resize: &'a Resize,
    on_event: F,
    started: Duration,
    pub(super) before: Before,
    pub(super) steps: Vec<Step>,
    pub(super) done: Vec<Step>,
    /// The step that is being taken, and since when.
    current: Option<(Step, Duration)>,
    poll: Poll,
    misses: u32,
    pub(super) order: OrderState,
    /// The last power command that may have been accepted, and when.
    pub(super) sent: Option<(Step, Duration)>,
    /// This run may have stopped the instance.
    pub(super) stopped: bool,
    /// The state that was last seen, and whether the new type was shown.
    pub(super) seen: (Option<InstanceStatus>, bool),
    /// The instance was seen on its way down or up with the new type.
    pub(super) cycled: bool,
    /// The instance was seen stopped with the new type.
    pub(super) was_stopped: bool,
    /// The last start time that was seen with the old type.
    pub(super) old_start: Option<DateTime<Utc>>,
    restarted: bool,
}

impl<F: FnMut(&ResizeEvent) + Send> Run<'_, F> {
    async fn turns(&mut self, mut seen: Option<Instance>) -> Result<Ending, ResizeError> {
        loop {
            let instance = match seen.take() {
                Some(instance) => instance,
                None => match self.look().await? {
                    Some(instance) => instance,
                    None => continue,
                },
            };
            if !instance.locks.is_empty() {
                return Err(ResizeErrorKind::Locked(instance.locks).into());
            }
            self.observe(&instance);
            match self.next(&instance) {
                Next::End(ending) => return Ok(ending),
                Next::Wait(step, reason) => {
                    self.enter(step);
                    self.pause(reason, None).await?;
                }
                Next::Do(step) => {
                    self.enter(step);
                    let outcome = match step {
                        Step::Order => self.place_order().await,
                        Step::Stop | Step::Restart | Step::Start | Step::Change => {
                            self.switch(step).await
                        }
                    };
                    if let Err(error) = outcome {
                        let passing = error.call_error().filter(|error| is_passing(error));
                        let Some(problem) = passing else {
                            return Err(error);
                        };
                        let hint = problem.retry_after();
                        self.pause(problem.to_string(), hint).await?;
                    } else if step == Step::Order && self.awaits_payment() {
                        return Ok(Ending::AwaitingPayment);
                    } else {
                        self.pause("accepted".into(), None).await?;
                    }
                }
            }
        }
    }

    /// The instance, unless it cannot be looked at for the moment.
    async fn look(&mut self) -> Result<Option<Instance>, ResizeError> {
        match assess::find(self.client, self.resize, self.left()).await {
            Ok(Some(instance)) => {
                self.misses = 0;
                Ok(Some(instance))
            }
            Ok(None) => {
                self.misses += 1;
                if self.misses >= MISSES {
                    let region = self.resize.region_id.as_ref();
                    let region = region.unwrap_or(self.client.region()).clone();
                    let id = self.resize.instance_id.clone();
                    return Err(ResizeErrorKind::NotFound(id, region).into());
                }
                self.pause("the instance is not listed".into(), None)
                    .await?;
                Ok(None)
            }
            Err(error) if is_passing(&error) => {
                self.pause(error.to_string(), error.retry_after()).await?;
                Ok(None)
            }
            Err(error) => Err(failed("looking at the instance", error)),
        }
    }

    /// Stops, restarts or starts the instance.
    async fn switch(&mut self, step: Step) -> Result<(), ResizeError> {
        if step == Step::Stop {
            if let Some(why) = self.resize.no_stop() {
                return Err(ResizeErrorKind::NeedsStop(why).into());
            }
            if !self.before.was_running {
                let why = "its owner has started it after this resize began";
                return Err(ResizeErrorKind::NeedsStop(why).into());
            }
            self.resize.remember(Some(self.before.clone()));
        }
        let (doing, outcome) = power(self.client, self.resize, step, self.left()).await;
        let taken = match &outcome {
            Ok(()) => true,
            Err(error) => error.outcome() == Outcome::Unknown,
        };
        if taken {
            self.sent = Some((step, self.client.clock().elapsed()));
            self.stopped |= step == Step::Stop;
            self.restarted |= step != Step::Stop;
        }
        outcome.map_err(|error| failed(doing, error))
    }

    /// Checks the price, then orders with the token of the resize.
    async fn place_order(&mut self) -> Result<(), ResizeError> {
        let resize = self.resize;
        if let (Some(max_price), Direction::Upgrade) = (resize.max_price, self.before.direction) {
            let quote = assess::quote(self.client, resize, self.left())
                .await
                .map_err(|error| failed("asking the price", error))?
                .ok_or(ResizeErrorKind::PriceUnknown)?;
            if quote.price > max_price {
                return Err(ResizeErrorKind::PriceTooHigh { quote, max_price }.into());
            }
        }
        resize.remember(Some(self.before.clone()));
        let (id, to) = (resize.instance_id.as_str(), resize.instance_type.as_str());
        let reboot_time = resize.reboot_time.map(|time| time.to_datetime());
        let mut request = ModifyPrepayInstanceSpecRequest::builder(id, to)
            .client_token(resize.client_token.as_str())
            .operator_type(self.before.direction.operator_type())
            .auto_pay(resize.auto_pay)
            .migrate_across_zone(resize.migrate_across_zone)
            .reboot_time(reboot_time.filter(|_| self.before.was_running));
        if let Some(region_id) = &resize.region_id {
            request = request.region_id(region_id.as_str());
        }
        const DOING: &str = "ordering";
        let request = request
            .build()
            .map_err(|error| failed(DOING, error.into()))?;
        match self.client.call_within(request, self.left()).await {
            Ok(response) => {
                let order_id = response.order_id().map(str::to_owned);
                self.order = OrderState::Placed(order_id.clone());
                self.emit(&ResizeEvent::Ordered { order_id });
                Ok(())
            }
            Err(error) => {
                if error.outcome() == Outcome::Unknown {
                    self.order = OrderState::Possible;
                }
                Err(failed(DOING, error))
            }
        }
    }

    pub(super) fn awaits_payment(&self) -> bool {
        matches!(self.order, OrderState::Placed(_))
            && self.before.direction == Direction::Upgrade
            && self.resize.auto_pay == Some(false)
    }

    /// Goes over to a step, if it is not the one that is being taken.
    fn enter(&mut self, step: Step) {
        if self.current.is_some_and(|(current, _)| current == step) {
            return;
        }
        self.leave();
        self.poll = Poll::new(self.resize.poll_interval);
        self.current = Some((step, self.client.clock().elapsed()));
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
        let number = self.steps.iter().position(|known| *known == step);
        self.emit(&ResizeEvent::StepStarted {
            step,
            number: number.unwrap_or_default() + 1,
            of: self.steps.len(),
        });
    }

    /// The step that is being taken is done.
    fn leave(&mut self) {
        if let Some((step, since)) = self.current.take() {
            let took = self.client.clock().elapsed().saturating_sub(since);
            if !self.done.contains(&step) {
                self.done.push(step);
            }
            self.emit(&ResizeEvent::StepFinished { step, took });
        }
    }

    /// Waits for the next look, or fails where the deadline comes first.
    async fn pause(&mut self, reason: String, hint: Option<Duration>) -> Result<(), ResizeError> {
        let clock = self.client.clock();
        let (step, since) = self.current.unwrap_or((Step::Order, self.started));
        let since = clock.elapsed().saturating_sub(since);
        let wait = self.poll.next(hint);
        if wait >= self.left() {
            return Err(ResizeErrorKind::Deadline {
                timeout: self.resize.timeout,
                waiting_for: reason,
                since,
            }
            .into());
        }
        self.emit(&ResizeEvent::Waiting {
            step,
            reason,
            since,
            next_look: wait,
        });
        clock.sleep(wait).await;
        Ok(())
    }

    fn finish(&mut self, ending: Ending) -> ResizeReport {
        self.leave();
        // What is left to do needs the memory of how it was before.
        if ending == Ending::InEffect {
            self.resize.remember(None);
        }
        let report = ResizeReport {
            order_id: match &self.order {
                OrderState::Placed(order_id) => order_id.clone(),
                OrderState::NotPlaced | OrderState::Possible => None,
            },
            from: self.before.from.clone(),
            to: self.resize.instance_type.clone(),
            took: self.client.clock().elapsed().saturating_sub(self.started),
            restarted: self.restarted,
            ending,
        };
        self.emit(&ResizeEvent::Finished(report.clone()));
        report
    }

    fn left(&self) -> Duration {
        left(self.client, self.resize, self.started)
    }

    pub(super) fn emit(&mut self, event: &ResizeEvent) {
        tracing::debug!(instance = self.resize.instance_id.as_str(), %event, "resize");
        (self.on_event)(event);
    }
}

/// Sends the power command of a step; says what was being done, for errors.
pub(super) async fn power(
    client: &Client,
    resize: &Resize,
    step: Step,
    limit: Duration,
) -> (&'static str, Result<(), Error>) {
    let id = resize.instance_id.as_str();
    let region = resize
        .region_id
        .as_ref()
        .unwrap_or(client.region())
        .as_str();
    macro_rules! send {
        ($request:ident) => {
            match $request::builder(id).region_id(region).build() {
                Ok(request) => client.call_within(request, limit).await.map(drop),
                Err(error) => Err(error.into()),
            }
        };
    }
    match step {
        Step::Stop => ("stopping the instance", send!(StopInstanceRequest)),
        Step::Start => ("starting the instance", send!(StartInstanceRequest)),
        _ => ("restarting the instance", send!(RebootInstanceRequest)),
    }
}

/// Whether a failure may be over by the next look.
fn is_passing(error: &Error) -> bool {
    let code = error.code();
    let busy = [
        ErrorCode::LastOrderProcessing,
        ErrorCode::IncorrectInstanceStatus,
        ErrorCode::InvalidInstanceStatus,
        ErrorCode::InstanceNotReady,
        ErrorCode::OperationConflict,
    ];
    error.is_retryable()
        || error.outcome() == Outcome::Unknown
        || error.is_throttling()
        || code.is_some_and(|code| busy.contains(code))
}

fn left(client: &Client, resize: &Resize, started: Duration) -> Duration {
    let elapsed = client.clock().elapsed().saturating_sub(started);
    resize.timeout.saturating_sub(elapsed)
}
