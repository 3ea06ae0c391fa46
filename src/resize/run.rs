//! The run: each turn looks at the instance and takes the next step.

use std::fmt::Display;
use std::time::Duration;

use super::Resize;
use super::assess::{self, Assessment, assess, failed, has_type};
use super::error::{OrderState, ResizeError, ResizeErrorKind};
use super::event::{Completion, ResizeEvent, ResizeReport};
use super::key::{Before, Power};
use super::poll::Poll;
use super::step::{Direction, Step};
use super::turn::{Command, Next};
use crate::client::Client;
use crate::error::{Error, ErrorCode, Outcome};
use crate::operation::{
    Instance, ModifyPrepayInstanceSpecRequest, RebootInstanceRequest, StartInstanceRequest,
    StopInstanceRequest,
};
use crate::types::InstanceStatus;

/// This many looks in a row may not find the instance.
const MAX_NOT_FOUND: u32 = 3;

/// An order that exists shows within this time as a rule; the service needs 5 to 10 s.
const ORDER_SHOWS: Duration = Duration::from_secs(60);

pub(super) async fn run(
    client: &Client,
    resize: &Resize,
    on_event: impl FnMut(&ResizeEvent) + Send,
) -> Result<ResizeReport, ResizeError> {
    let started = client.clock().elapsed();
    let deadline = started.saturating_add(resize.timeout);
    let resumed = resize.before().is_some();
    let mut poll = Poll::new(resize.poll_interval);
    let Assessment {
        instance,
        before,
        steps,
    } = loop {
        match assess(client, resize, deadline).await {
            Err(error) if error.call_error().is_some_and(is_transient) => {
                // The instance, and at most two lists of what it can become.
                poll.count(3);
                let wait = poll.next(error.call_error().and_then(Error::retry_after));
                if wait >= assess::left(client, deadline) {
                    return Err(error.before_beginning(client, resize));
                }
                client.clock().sleep(wait).await;
            }
            Err(error) => return Err(error.before_beginning(client, resize)),
            Ok(assessment) => break assessment,
        }
    };
    let shown = has_type(&instance, &resize.instance_type);
    let order = match (resumed, shown) {
        (false, _) => OrderState::NotPlaced,
        (true, false) => OrderState::Unknown,
        (true, true) => OrderState::Placed(None),
    };
    let mut run = Run {
        client,
        resize,
        on_event,
        started,
        deadline,
        resumed,
        given: before.ahead(steps.iter()),
        before,
        steps,
        done: Vec::new(),
        current: None,
        poll,
        misses: 0,
        order,
        order_since: client.clock().elapsed(),
        order_is_busy: false,
        sent: Vec::new(),
        status: None,
        shown: false,
        in_effect: false,
    };
    run.emit(&ResizeEvent::Started {
        from: run.before.from.clone(),
        to: resize.instance_type.clone(),
        direction: run.before.direction,
        steps: run.steps.clone(),
        resume_key: resize.key(client, run.given.clone()),
        resumed,
    });
    let ended = if shown && run.before.from == resize.instance_type {
        Ok(Completion::AlreadyThatType)
    } else {
        run.turns(Some(instance)).await
    };
    match ended {
        Ok(completion) => Ok(run.finish(completion)),
        Err(error) => Err(run.fail(error).await),
    }
}

/// One run in progress.
pub(super) struct Run<'a, F> {
    pub(super) client: &'a Client,
    pub(super) resize: &'a Resize,
    on_event: F,
    started: Duration,
    /// When the run ends, on the client's steady clock.
    deadline: Duration,
    /// It goes on with an earlier run.
    pub(super) resumed: bool,
    pub(super) before: Before,
    /// What the last resume key that was given out says.
    given: Before,
    pub(super) steps: Vec<Step>,
    pub(super) done: Vec<Step>,
    /// The step that is being taken, and since when.
    current: Option<(Step, Duration)>,
    pub(super) poll: Poll,
    misses: u32,
    pub(super) order: OrderState,
    /// When that was learned last.
    order_since: Duration,
    /// The service says that an order is being carried out.
    pub(super) order_is_busy: bool,
    /// The commands that were accepted, or may have been, in the order of time.
    pub(super) sent: Vec<Sent>,
    /// The state that was last seen, if nothing was sent since.
    pub(super) status: Option<InstanceStatus>,
    /// The new type was shown when the instance was last seen.
    pub(super) shown: bool,
    /// It runs, and was started since it shows the new type.
    pub(super) in_effect: bool,
}

/// A command that has its effect, or may have.
pub(super) struct Sent {
    pub(super) command: Command,
    pub(super) at: Duration,
    pub(super) accepted: bool,
    /// Its effect was seen.
    pub(super) is_over: bool,
}

impl<F: FnMut(&ResizeEvent) + Send> Run<'_, F> {
    async fn turns(&mut self, mut seen: Option<Instance>) -> Result<Completion, ResizeError> {
        loop {
            let instance = match seen.take() {
                Some(instance) => instance,
                None => match self.look().await? {
                    Some(instance) => instance,
                    None => continue,
                },
            };
            self.observe(&instance);
            if !instance.operation_locks.is_empty() {
                return Err(ResizeErrorKind::Locked(instance.operation_locks).into());
            }
            if let Some(kind) = assess::overtaken(self.resize, &self.before, &instance) {
                return Err(kind.into());
            }
            match self.next() {
                Next::End(completion) => return Ok(completion),
                Next::Wait(step, reason) => {
                    self.enter(step);
                    self.pause(reason, None).await?;
                }
                Next::Order => {
                    self.enter(Step::Order);
                    self.order().await?;
                    if self.payment_is_due() {
                        return Ok(Completion::AwaitingPayment);
                    }
                }
                Next::Send(command) => {
                    self.enter(command.step());
                    self.check_time(command.step())?;
                    let outcome = self.switch(command).await;
                    self.settle(outcome).await?;
                }
            }
        }
    }

    /// Orders if the price allows it, and waits for the effect or until it can be tried again.
    async fn order(&mut self) -> Result<(), ResizeError> {
        if let Err(error) = self.check_price().await {
            let passes = error.call_error().is_some_and(is_transient);
            // The limit may be in the way of an order that exists already: it shows in time, if so.
            if self.order == OrderState::Unknown && !passes {
                let reason = error.kind().to_string();
                return self.pause(reason, None).await.map_err(|_| error);
            }
            return self.settle(Err(error)).await;
        }
        self.check_time(Step::Order)?;
        self.publish();
        let outcome = self.place_order().await;
        if outcome.is_ok() && self.payment_is_due() {
            return Ok(());
        }
        self.settle(outcome).await
    }

    /// Reading may have taken all the time there was.
    fn check_time(&self, next: impl Display) -> Result<(), ResizeError> {
        match self.left().is_zero() {
            true => Err(self.too_late(format!("it was time to {next}"))),
            false => Ok(()),
        }
    }

    /// Waits for the effect of a step, or until it can be tried again.
    async fn settle(&mut self, outcome: Result<(), ResizeError>) -> Result<(), ResizeError> {
        let Err(error) = outcome else {
            return self.pause("accepted".into(), None).await;
        };
        match error.call_error().filter(|error| is_transient(error)) {
            Some(problem) => self.pause(problem.to_string(), problem.retry_after()).await,
            None => Err(error),
        }
    }

    /// The instance, unless it cannot be looked at for the moment.
    async fn look(&mut self) -> Result<Option<Instance>, ResizeError> {
        self.check_time("look at the instance")?;
        self.poll.count(1);
        match assess::find(self.client, self.resize, self.left()).await {
            Ok(Some(instance)) => {
                self.misses = 0;
                Ok(Some(instance))
            }
            Ok(None) => {
                self.misses += 1;
                if self.misses >= MAX_NOT_FOUND {
                    let region = self.resize.region_id.as_ref();
                    let region = region.unwrap_or(self.client.region()).clone();
                    let id = self.resize.instance_id.clone();
                    return Err(ResizeErrorKind::NotFound(id, region).into());
                }
                self.pause("the instance is not listed".into(), None)
                    .await?;
                Ok(None)
            }
            Err(error) if is_transient(&error) => {
                self.pause(error.to_string(), error.retry_after()).await?;
                Ok(None)
            }
            Err(error) => Err(failed("looking at the instance", error)),
        }
    }

    /// Stops, restarts or starts the instance.
    async fn switch(&mut self, command: Command) -> Result<(), ResizeError> {
        let why = match command {
            Command::Stop if self.has_stopped() => Some("its owner has started it since"),
            Command::Stop => self.resize.no_stop(&self.before),
            Command::Restart | Command::Start => None,
        };
        if let Some(why) = why {
            return Err(ResizeErrorKind::NeedsStop(why.into()).into());
        }
        let power = self.before.power;
        self.learn(|before| before.power = Power::StoppedByUs);
        let outcome = self.send(command, self.left()).await;
        if let Err(error) = &outcome
            && error.outcome() == Outcome::NotApplied
            && !(command == Command::Stop && self.has_open_stop())
        {
            // A stop that is refused for good has not been sent by an earlier run either.
            let never = command == Command::Stop && !is_transient(error);
            self.before.power = if never { Power::Running } else { power };
        }
        outcome.map_err(|error| failed(command.doing(), error))
    }

    /// Whether a stop by this run may yet have its effect.
    fn has_open_stop(&self) -> bool {
        let mut sent = self.sent.iter();
        sent.any(|sent| sent.command == Command::Stop && !sent.is_over)
    }

    /// Whether a stop by this run has had its effect.
    fn has_stopped(&self) -> bool {
        let mut sent = self.sent.iter();
        sent.any(|sent| sent.command == Command::Stop && sent.is_over)
    }

    /// Refuses to order for more than the order may cost.
    async fn check_price(&mut self) -> Result<(), ResizeError> {
        let Some(max_price) = self.resize.max_price else {
            return Ok(());
        };
        if self.before.direction == Direction::Downgrade {
            return Ok(());
        }
        self.check_time("ask the price")?;
        self.poll.count(1);
        let quote = assess::quote(self.client, self.resize, self.left())
            .await
            .map_err(|error| failed("asking the price", error))?
            .map_err(ResizeErrorKind::PriceUnknown)?;
        match quote.price > max_price {
            true => Err(ResizeErrorKind::PriceTooHigh { quote, max_price }.into()),
            false => Ok(()),
        }
    }

    /// Orders with the token of the resize.
    async fn place_order(&mut self) -> Result<(), ResizeError> {
        let resize = self.resize;
        let (id, to) = (resize.instance_id.as_str(), resize.instance_type.as_str());
        let reboot_time = resize.reboot_time.map(|time| time.to_datetime());
        let mut request = ModifyPrepayInstanceSpecRequest::builder(id, to)
            .client_token(resize.client_token.as_str())
            .operator_type(self.before.direction.operator_type())
            .set_auto_pay(resize.auto_pay)
            .set_migrate_across_zone(resize.migrate_across_zone)
            .set_reboot_time(reboot_time.filter(|_| self.before.was_running()));
        if let Some(region_id) = &resize.region_id {
            request = request.region_id(region_id.as_str());
        }
        const DOING: &str = "ordering";
        let request = request
            .build()
            .map_err(|error| failed(DOING, error.into()))?;
        self.poll.count(1);
        let response = self.client.call_within(request, self.left()).await;
        let code = response.as_ref().err().and_then(Error::code);
        self.order_is_busy = code == Some(&ErrorCode::LastOrderProcessing);
        let is_spent = code.is_some_and(ErrorCode::token_reused);
        match response {
            Ok(response) => {
                let order_id = response.order_id;
                self.know_order(OrderState::Placed(order_id.clone()));
                self.emit(&ResizeEvent::Ordered { order_id });
                Ok(())
            }
            Err(error) => {
                if error.outcome() == Outcome::Unknown || is_spent {
                    self.know_order(OrderState::Unknown);
                }
                Err(failed(DOING, error))
            }
        }
    }

    /// Sends a command and keeps in mind that it may have its effect.
    pub(super) async fn send(&mut self, command: Command, limit: Duration) -> Result<(), Error> {
        self.publish();
        self.poll.count(1);
        let outcome = power(self.client, self.resize, command, limit).await;
        let unknown = |error: &Error| error.outcome() == Outcome::Unknown;
        if outcome.as_ref().err().is_none_or(unknown) {
            self.sent.push(Sent {
                command,
                at: self.client.clock().elapsed(),
                accepted: outcome.is_ok(),
                is_over: false,
            });
            // What was seen before tells nothing any more.
            self.status = None;
        }
        outcome
    }

    pub(super) fn know_order(&mut self, order: OrderState) {
        self.order = order;
        self.order_since = self.client.clock().elapsed();
    }

    /// Whether too little time has passed to tell from the instance whether there is an order.
    pub(super) fn may_yet_show(&self) -> bool {
        let known = self.client.clock().elapsed();
        known.saturating_sub(self.order_since) < ORDER_SHOWS
    }

    /// The order is placed and nobody has paid it.
    pub(super) fn payment_is_due(&self) -> bool {
        let unpaid = matches!(self.order, OrderState::Placed(_))
            && self.before.direction == Direction::Upgrade
            && self.resize.auto_pay == Some(false);
        // That of an earlier run may have been paid meanwhile.
        unpaid && !(self.resumed && self.may_yet_show())
    }

    /// Learns something that a later run has to know.
    pub(super) fn learn(&mut self, learn: impl FnOnce(&mut Before)) {
        learn(&mut self.before);
        if self.resize.before().is_some() {}
    }

    /// Gives out the resume key if it has changed: before anything is sent or waited for.
    pub(super) fn publish(&mut self) {
        let to_come = self.steps.iter().filter(|step| !self.done.contains(step));
        let ahead = self.before.ahead(to_come);
        if ahead != self.given {
            self.given = ahead.clone();
            self.emit(&ResizeEvent::KeyChanged {
                resume_key: self.resize.key(self.client, ahead),
            });
        }
    }

    /// Goes over to a step, if it is not the one that is being taken.
    fn enter(&mut self, step: Step) {
        if self.current.is_some_and(|(current, _)| current == step) {
            return;
        }
        self.leave();
        self.poll.restart();
        if !self.steps.contains(&step) {
            // A stop that is called for after all comes before the order.
            let at = if step == Step::Stop {
                0
            } else {
                self.steps.len()
            };
            self.steps.insert(at, step);
        }
        self.pass(Some(step));
        self.begin(step);
    }

    /// Tells of the steps up to one that were found done before they were begun, so that no number is left out.
    fn pass(&mut self, until: Option<Step>) {
        let steps = self.steps.iter().copied();
        let ahead = steps.take_while(|step| Some(*step) != until);
        let was_passed = |step: &Step| !self.done.contains(step) && self.is_done(*step);
        let passed: Vec<Step> = ahead
            .filter(|step| *step != Step::Stop && was_passed(step))
            .collect();
        for step in passed {
            self.begin(step);
            self.leave();
        }
    }

    fn begin(&mut self, step: Step) {
        self.current = Some((step, self.client.clock().elapsed()));
        let number = self.steps.iter().position(|known| *known == step);
        self.emit(&ResizeEvent::StepStarted {
            step,
            number: number.unwrap_or_default() + 1,
            of: self.steps.len(),
        });
    }

    /// Whether a step is done, going by what was seen last.
    pub(super) fn is_done(&self, step: Step) -> bool {
        let is_ordered = matches!(self.order, OrderState::Placed(_));
        match step {
            Step::Stop => is_ordered || self.shown || self.status == Some(InstanceStatus::Stopped),
            Step::Order => is_ordered,
            Step::AwaitChange => self.shown,
            Step::Restart | Step::Start => self.in_effect,
        }
    }

    /// Ends the step that is being taken; it is done if that was seen.
    pub(super) fn leave(&mut self) {
        let Some((step, since)) = self.current.take() else {
            return;
        };
        if !self.is_done(step) {
            return;
        }
        if !self.done.contains(&step) {
            self.done.push(step);
        }
        let elapsed = self.client.clock().elapsed().saturating_sub(since);
        self.emit(&ResizeEvent::StepFinished { step, elapsed });
    }

    /// Waits for the next look, or fails where the deadline comes first.
    async fn pause(
        &mut self,
        reason: String,
        retry_after: Option<Duration>,
    ) -> Result<(), ResizeError> {
        let clock = self.client.clock();
        self.publish();
        let wait = self.poll.next(retry_after);
        if wait >= self.left() {
            return Err(self.too_late(reason));
        }
        let (step, since) = self.current.unwrap_or((Step::Order, self.started));
        self.emit(&ResizeEvent::Waiting {
            step,
            reason,
            since: clock.elapsed().saturating_sub(since),
            next_poll: wait,
        });
        clock.sleep(wait).await;
        Ok(())
    }

    fn too_late(&self, waiting_for: String) -> ResizeError {
        let since = self.current.map_or(self.started, |(_, since)| since);
        ResizeErrorKind::TimedOut {
            timeout: self.resize.timeout,
            waiting_for,
            since: self.client.clock().elapsed().saturating_sub(since),
        }
        .into()
    }

    fn finish(&mut self, completion: Completion) -> ResizeReport {
        let in_effect = completion == Completion::InEffect;
        if in_effect && self.before.power == Power::StoppedByUs {
            self.learn(|before| before.power = Power::Running);
        }
        self.leave();
        self.pass(None);
        self.publish();
        let report = ResizeReport {
            order_id: match &self.order {
                OrderState::Placed(order_id) => order_id.clone(),
                OrderState::NotPlaced | OrderState::Unknown => None,
            },
            from: self.before.from.clone(),
            to: self.resize.instance_type.clone(),
            elapsed: self.client.clock().elapsed().saturating_sub(self.started),
            restarted: self.sent.iter().any(|sent| sent.command != Command::Stop),
            completion,
        };
        self.emit(&ResizeEvent::Finished(report.clone()));
        report
    }

    fn left(&self) -> Duration {
        assess::left(self.client, self.deadline)
    }

    pub(super) fn emit(&mut self, event: &ResizeEvent) {
        tracing::debug!(instance = self.resize.instance_id.as_str(), %event, "resize");
        (self.on_event)(event);
    }
}

impl Command {
    /// What is being done, for errors.
    fn doing(self) -> &'static str {
        match self {
            Self::Stop => "stopping the instance",
            Self::Restart => "restarting the instance",
            Self::Start => "starting the instance",
        }
    }
}

async fn power(
    client: &Client,
    resize: &Resize,
    command: Command,
    limit: Duration,
) -> Result<(), Error> {
    let id = resize.instance_id.as_str();
    let region = resize.region_id.as_ref().unwrap_or(client.region());
    macro_rules! send {
        ($request:ident) => {{
            let request = $request::builder(id).region_id(region.as_str()).build()?;
            client.call_within(request, limit).await.map(drop)
        }};
    }
    match command {
        Command::Stop => send!(StopInstanceRequest),
        Command::Restart => send!(RebootInstanceRequest),
        Command::Start => send!(StartInstanceRequest),
    }
}

/// Whether a failure may be over by the next look.
pub(super) fn is_transient(error: &Error) -> bool {
    let code = error.code();
    error.is_retryable()
        || error.outcome() == Outcome::Unknown
        || error.is_throttling()
        || code.is_some_and(ErrorCode::resize_may_wait)
}
