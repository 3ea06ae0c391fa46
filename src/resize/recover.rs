//! After a failure: the instance that was stopped for an order is started again.

use std::time::Duration;

use super::assess;
use super::error::{OrderState, Progress, Recovery, ResizeError};
use super::event::{ResizeEvent, Step};
use super::key::Direction;
use super::poll::Poll;
use super::run::{Run, power};
use crate::types::InstanceStatus;

/// How long a failed run may take to start the instance again.
const LIMIT: Duration = Duration::from_secs(120);

impl<F: FnMut(&ResizeEvent) + Send> Run<'_, F> {
    /// The error, with what had been done; an instance that was stopped for nothing is started again.
    pub(super) async fn fail(&mut self, error: ResizeError) -> ResizeError {
        let recovery = self.recover(&error).await;
        // What an order has begun, or a stop, is still to be finished.
        if self.order == OrderState::NotPlaced && !matches!(recovery, Recovery::LeftStopped(_)) {
            self.resize.remember(None);
        }
        let done = |step: &Step| self.done.contains(step);
        let (done, left) = self.steps.iter().copied().partition(done);
        error.with_progress(Progress {
            done,
            left,
            order: self.order.clone(),
            recovery,
            resume_key: self.resize.key(self.before.clone()),
        })
    }

    async fn recover(&mut self, error: &ResizeError) -> Recovery {
        let stopped_for_order =
            self.before.direction == Direction::Downgrade && self.before.was_running;
        let (status, shown) = &self.seen;
        let is_down = matches!(
            status,
            Some(InstanceStatus::Stopping | InstanceStatus::Stopped)
        );
        if !stopped_for_order || !(is_down || self.stopped && !shown) {
            return Recovery::NotNeeded;
        }
        let left = |why: &str| Recovery::LeftStopped(why.into());
        if *shown {
            return left("the order is through, but the start is not; resume to try again");
        }
        if self.order != OrderState::NotPlaced {
            return left("a start before the order is through could miss it; resume to finish");
        }
        if !self.resize.restart_on_failure {
            return left("it was not to be started after a failure");
        }
        self.emit(&ResizeEvent::Recovering {
            problem: error.kind().to_string(),
        });
        self.start_again().await
    }

    async fn start_again(&self) -> Recovery {
        let clock = self.client.clock();
        let began = clock.elapsed();
        let mut poll = Poll::new(self.resize.poll_interval);
        let mut why = "it did not stop in time to be started".to_owned();
        let mut told = false;
        loop {
            let left = LIMIT.saturating_sub(clock.elapsed().saturating_sub(began));
            match assess::find(self.client, self.resize, left).await {
                Ok(Some(instance)) => match instance.status {
                    // A stop that was accepted would have shown by now.
                    Some(InstanceStatus::Running) if told || !self.has_sent(Step::Stop) => {
                        return Recovery::Started;
                    }
                    Some(InstanceStatus::Starting) => told = true,
                    Some(InstanceStatus::Stopped) => {
                        match power(self.client, self.resize, Step::Start, left).await.1 {
                            Ok(()) => told = true,
                            Err(error) => why = error.to_string(),
                        }
                    }
                    _ => {}
                },
                Ok(None) => why = "it is not listed any more".into(),
                Err(error) => why = error.to_string(),
            }
            let wait = poll.next(None);
            if wait >= left {
                return if told {
                    Recovery::Started
                } else {
                    Recovery::LeftStopped(why)
                };
            }
            clock.sleep(wait).await;
        }
    }
}
