//! What a command and its outcome change in the state of a resize.

use std::time::Duration;

use super::action::{Cause, Now};
use super::intent::{Command, Intent};
use super::memory::{Memory, Order, Power, Seen, Sent, is_order_id};
use super::observed::Observed;
use super::state::State;
use super::step::Direction;
use crate::types::InstanceType;

/// The outcome of a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// The service accepted it; an order has its id, if the service returned one.
    Accepted(Option<String>),
    /// The service may have accepted it.
    Unknown {
        reason: String,
        retry_after: Option<Duration>,
    },
    /// It was not carried out.
    Rejected(Rejection),
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rejection {
    pub(super) kind: RejectionKind,
    pub(super) reason: String,
    pub(super) retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RejectionKind {
    /// It may be accepted later.
    Transient,
    /// The instance has to be stopped for the order.
    NotStopped,
    /// The type is sold out or not offered, and there is another candidate.
    NextCandidate,
    /// The client token was used for another order.
    TokenReused,
    Permanent,
}

impl State {
    /// A run that has changed nothing yet.
    pub(super) fn new(
        intent: Intent,
        memory: Memory,
        to: InstanceType,
        resumed: bool,
        now: Now,
    ) -> Self {
        // Perhaps only just now: polls may still be stale.
        let is_starting = match memory.power {
            Power::Starting(sent) => sent.seen,
            Power::Restarting => memory.restart.is_some_and(|restart| restart.seen),
            _ => false,
        };
        let seen_starting = is_starting.then_some(now.elapsed);
        Self {
            intent,
            memory,
            to,
            resumed,
            started: now.elapsed,
            started_at: now.service,
            last: None,
            previous: None,
            doubted: false,
            newest_start: None,
            seen_starting,
            shown: None,
            fresh: false,
            polled: now.elapsed,
            missing: 0,
            failures: 0,
            rejections: 0,
            problem: None,
            retry_after: Duration::ZERO,
            changed: now.elapsed,
            gap: resumed,
            checked: None,
            quoted: None,
            too_expensive: false,
            ordered: None,
            accepted: false,
            probed: false,
            stop_demanded: false,
            sent: None,
            force_stopped: false,
            start_rejected: false,
            restarts: 0,
            glimpsed: false,
            sold_out: Vec::new(),
            started_before: None,
            before: None,
            recovered: false,
            failed: None,
        }
    }

    /// The checks were made: this is the candidate to order.
    pub(super) fn record_check(&mut self, to: InstanceType, direction: Direction, now: Now) {
        self.to = to;
        self.memory.direction = direction;
        self.checked = Some(now.elapsed);
        self.quoted = Some(now.elapsed);
    }

    /// The price was read: whether it allows the order.
    pub(super) fn record_quote(&mut self, allowed: bool, now: Now) {
        self.quoted = Some(now.elapsed);
        self.too_expensive = !allowed;
    }

    /// Checks or the price could not be read for the moment.
    pub(super) fn record_failure(&mut self, reason: String, retry_after: Option<Duration>) {
        self.fresh = false;
        self.failures += 1;
        self.problem = Some(reason);
        self.retry_after = retry_after.unwrap_or_default();
    }

    /// The run fails from now on, unless it does already.
    pub(super) fn fail(&mut self, cause: Cause, now: Now) {
        if self.failed.is_none() {
            self.failed = Some((cause, now.elapsed));
            self.changed = now.elapsed;
            self.retry_after = Duration::ZERO;
        }
    }

    /// A command is sent now: from here on it may have had its effect.
    pub(super) fn send(&mut self, command: Command, now: Now) {
        let sent = Sent::new(now.service);
        self.before = Some((self.memory.power, self.memory.restart));
        self.fresh = false;
        self.problem = None;
        match command {
            Command::Order => {
                self.probed = false;
                self.ordered = Some(now.elapsed);
            }
            Command::Stop => self.memory.power = Power::Stopping(sent),
            Command::ForceStop => self.force_stopped = true,
            Command::Start => self.memory.power = Power::Starting(sent),
            Command::Restart => {
                self.memory.power = Power::Restarting;
                self.memory.restart = Some(sent);
                (self.restarts, self.glimpsed) = (self.restarts + 1, false);
            }
        }
    }

    /// What the memory is once a command is sent: for the key that is given out before.
    pub(super) fn memory_with(&self, command: Command, now: Now) -> Memory {
        let mut ahead = self.clone();
        ahead.send(command, now);
        ahead.memory_ahead()
    }

    /// The memory for the key of an event, which also holds if the run continues after it.
    pub(super) fn memory_ahead(&self) -> Memory {
        let mut memory = self.memory.clone();
        let is_new = self.last.as_ref().is_some_and(Observed::is_new);
        if self.failed.is_none() && !is_new && memory.order == Order::None {
            let runs = memory.runs && self.fresh && self.last.as_ref().is_some_and(Observed::is_up);
            let may_stop = self.needs_stop() && self.intent.no_stop.is_none();
            if memory.power == Power::Idle && runs && may_stop {
                memory.power = Power::StopPlanned;
            }
            memory.order = Order::Possible;
        }
        memory
    }

    /// Takes in the outcome of the command that was sent last.
    pub(super) fn record(&mut self, command: Command, outcome: Outcome, now: Now) {
        let is_new = self.last.as_ref().is_some_and(Observed::is_new);
        let before = self.before.take();
        let started_before = self.newest_start;
        let is_power = !matches!(command, Command::Order | Command::ForceStop);
        if is_power && !matches!(outcome, Outcome::Rejected(_)) {
            // What was seen before says nothing about the effect.
            (self.last, self.previous, self.gap) = (None, None, false);
            (self.started_before, self.sent) = (started_before, Some(now.elapsed));
            (self.polled, self.changed) = (now.elapsed, now.elapsed);
        }
        match outcome {
            Outcome::Accepted(order_id) => {
                self.changed = now.elapsed;
                self.rejections = 0;
                match (command, &mut self.memory) {
                    (Command::Order, memory) => {
                        memory.order = Order::Placed(order_id.filter(|id| is_order_id(id)));
                        (self.ordered, self.accepted) = (Some(now.elapsed), true);
                    }
                    (
                        _,
                        Memory {
                            power: Power::Stopping(sent),
                            ..
                        },
                    ) => sent.accept(now.service),
                    (
                        _,
                        Memory {
                            power: Power::Starting(sent),
                            seen,
                            ..
                        },
                    ) => {
                        sent.accept(now.service);
                        // It was stopped, with the new type shown, when the start was accepted.
                        if is_new {
                            *seen = Seen::Down;
                        }
                    }
                    (
                        _,
                        Memory {
                            power: Power::Restarting,
                            restart: Some(sent),
                            seen,
                            ..
                        },
                    ) => {
                        sent.accept(now.service);
                        // It was running, with the new type shown, when the restart was accepted.
                        if is_new && *seen == Seen::Nothing {
                            *seen = Seen::Running(started_before);
                        }
                    }
                    _ => {}
                }
            }
            Outcome::Unknown {
                reason,
                retry_after,
            } => {
                if command == Command::Order {
                    self.memory.order = Order::Possible;
                    self.ordered = Some(now.elapsed);
                }
                self.rejections += 1;
                self.problem = Some(reason);
                self.retry_after = retry_after.unwrap_or_default();
            }
            Outcome::Rejected(rejection) => {
                self.probed = command == Command::Order && self.memory.order == Order::Possible;
                if let Some((power, restart)) = before
                    && is_power
                {
                    (self.memory.power, self.memory.restart) = (power, restart);
                    self.restarts -= u32::from(command == Command::Restart);
                }
                if matches!(command, Command::Stop | Command::Start) {
                    // Its state may not be the one that a poll has shown.
                    self.doubted = true;
                }
                self.reject(command, rejection, now);
            }
        }
    }

    fn reject(&mut self, command: Command, rejection: Rejection, now: Now) {
        self.rejections += 1;
        self.problem = Some(rejection.reason);
        self.retry_after = rejection.retry_after.unwrap_or_default();
        match (command, rejection.kind) {
            (_, RejectionKind::Transient) => {}
            // It is not known to be stopped, or an order that may exist does not.
            (Command::Order, RejectionKind::NotStopped) if self.needs_stop() => {}
            (Command::Order, RejectionKind::NotStopped) => match self.intent.no_stop {
                None => self.stop_demanded = true,
                Some(no_stop) => self.fail(Cause::NeedsStop(no_stop), now),
            },
            (Command::Order, RejectionKind::NextCandidate) if self.memory.order == Order::None => {
                self.sold_out.push(self.to.to_string());
                self.checked = None;
            }
            (Command::Order, RejectionKind::TokenReused) => {
                self.memory.order = Order::Possible;
                self.ordered = Some(now.elapsed);
                self.fail(Cause::Rejected, now);
            }
            // The power is not cut then; the stop continues.
            (Command::ForceStop, _) => {}
            _ => {
                self.start_rejected |= command == Command::Start;
                self.fail(Cause::Rejected, now);
            }
        }
    }
}
