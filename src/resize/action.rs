//! What a resize does next, and why it fails.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::error::Recovery;
use super::intent::{Command, NoStop};
use super::report::Completion;
use super::step::Step;
use crate::types::LockReason;

/// A moment: on the client's steady clock, and as the service's time of day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Now {
    pub(super) elapsed: Duration,
    pub(super) service: DateTime<Utc>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// Make all checks (again).
    Check,
    /// Read the price (again).
    Quote,
    Send(Command),
    /// Poll the instance at this time of the steady clock.
    Wait {
        step: Step,
        reason: String,
        until: Duration,
    },
    /// The run ends without a failure.
    Finish(Completion),
    /// The run fails from now on: it starts the instance again if it has stopped it.
    Fail(Cause),
    /// The failed run ends.
    End(Recovery),
}

/// Why a run fails.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cause {
    TimedOut {
        waiting_for: String,
        last_error: Option<String>,
    },
    NotFound,
    Locked(Vec<LockReason>),
    Superseded(String),
    NeedsStop(NoStop),
    /// The order is not carried out for so long.
    OrderPending(Duration),
    Cancelled,
    /// For the error that the driver holds: of a call, a check or the price.
    Rejected,
}
