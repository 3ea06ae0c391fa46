//! After a failure: an instance that was stopped by the resize is started again.

use std::time::Duration;

use super::assess;
use super::error::{OrderState, Progress, Recovery, ResizeError, ResizeErrorKind};
use super::event::ResizeEvent;
use super::key::Power;
use super::run::{Run, is_transient};
use super::step::Step;
use super::turn::Command;
use crate::types::InstanceStatus;

/// How long a failed run may take to start the instance again.
const LIMIT: Duration = Duration::from_secs(120);

/// What a call may take at the end of that.
const LAST_CALL: Duration = Duration::from_secs(5);

impl<F: FnMut(&ResizeEvent) + Send> Run<'_, F> {
    /// The error, with what had been done; an instance that the resize has stopped is started again.
    pub(super) async fn fail(&mut self, error: ResizeError) -> ResizeError {
        self.leave();
        let recovery = self.recover(&error).await;
        self.publish();
        // An order, and what follows from it, may have shown only now.
        let done = |step: &Step| self.done.contains(step) || self.is_done(*step);
        let (done, left) = self.steps.iter().copied().partition(done);
        error.with_progress(Progress {
            done,
            left,
            order: self.order.clone(),
            recovery,
            resume_key: self.resize.key(self.client, self.before.clone()),
        })
    }

    async fn recover(&mut self, error: &ResizeError) -> Recovery {
        let may_be_down = match self.status {
            Some(InstanceStatus::Stopped | InstanceStatus::Stopping) | None => true,
            // A stop that is still to show.
            Some(_) => self.awaits(Command::Stop),
        };
        if self.before.power != Power::StoppedByUs || !may_be_down {
            return Recovery::NotNeeded;
        }
        if !self.resize.restart_on_failure {
            let why = "it was not to be started after a failure";
            return match &self.status {
                Some(InstanceStatus::Stopped)
                    if !self.awaits(Command::Restart) && !self.awaits(Command::Start) =>
                {
                    Recovery::LeftStopped(why.into())
                }
                Some(status) => Recovery::Unknown(format!("it was {status} when last seen; {why}")),
                None => Recovery::Unknown(format!("it was not seen since it was told; {why}")),
            };
        }
        self.emit(&ResizeEvent::Recovering {
            problem: error.kind().to_string(),
        });
        // An order that was overtaken is not under way any more.
        let overtaken = matches!(error.kind(), ResizeErrorKind::Superseded { .. });
        self.start_again(!overtaken).await
    }

    /// Starts the instance as soon as it is stopped, but not while that could miss an order.
    async fn start_again(&mut self, respect_order: bool) -> Recovery {
        let until = self.client.clock().elapsed().saturating_add(LIMIT);
        self.poll.restart();
        // Whether it was seen down since, and whether the last look found it stopped.
        let mut was_down = false;
        let mut is_down = self.status == Some(InstanceStatus::Stopped);
        let mut why = "its stop may yet be carried out".to_owned();
        loop {
            let mut retry_after = None;
            let left = assess::left(self.client, until).max(LAST_CALL);
            self.poll.count(1);
            match assess::find(self.client, self.resize, left).await {
                Ok(Some(instance)) => {
                    self.observe(&instance);
                    is_down = instance.status == Some(InstanceStatus::Stopped);
                    match instance.status {
                        Some(InstanceStatus::Running) if was_down => {
                            self.learn(|before| before.power = Power::Running);
                            return Recovery::Started;
                        }
                        // A stop that was accepted would have shown by now.
                        Some(InstanceStatus::Running) if !self.awaits(Command::Stop) => {
                            return Recovery::NotNeeded;
                        }
                        Some(InstanceStatus::Stopped)
                            if respect_order && self.could_miss_the_order() =>
                        {
                            was_down = true;
                            why = "a start before the order is through could miss it; resume to finish"
                                .into();
                        }
                        Some(InstanceStatus::Stopped) => {
                            was_down = true;
                            match self
                                .start(assess::left(self.client, until).max(LAST_CALL))
                                .await
                            {
                                Ok(told) => why = told,
                                Err(refused) => return refused,
                            }
                        }
                        Some(InstanceStatus::Running) | None => {}
                        Some(status) => {
                            was_down = true;
                            why = format!("it is {status}");
                        }
                    }
                }
                Ok(None) => why = "it is not listed any more".into(),
                Err(error) => {
                    why = error.to_string();
                    retry_after = error.retry_after();
                }
            }
            let wait = self.poll.next(retry_after);
            if wait >= assess::left(self.client, until) {
                return match is_down && !self.awaits(Command::Start) {
                    true => Recovery::LeftStopped(why),
                    false => Recovery::Unknown(why),
                };
            }
            self.publish();
            self.client.clock().sleep(wait).await;
        }
    }

    /// Whether an order is on its way that a start now could miss.
    fn could_miss_the_order(&self) -> bool {
        match self.order {
            _ if self.shown => false,
            OrderState::NotPlaced => false,
            OrderState::Unknown => self.order_is_busy || self.may_yet_show(),
            OrderState::Placed(_) => true,
        }
    }

    /// Tells the service to start the instance, unless it has been told; says what is waited for.
    async fn start(&mut self, limit: Duration) -> Result<String, Recovery> {
        if !self.awaits(Command::Start) {
            match self.send(Command::Start, limit).await {
                Ok(()) => {}
                Err(error) if is_transient(&error) => return Ok(error.to_string()),
                Err(error) => {
                    let why = format!("its start was refused ({error})");
                    return Err(Recovery::LeftStopped(why));
                }
            }
        }
        Ok("its start was accepted, and it does not run yet".into())
    }
}
