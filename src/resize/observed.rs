//! What one poll shows of an instance, as far as a resize decides by it.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};

use crate::operation::Instance;
use crate::types::{InstanceStatus, InstanceType, LockReason};

/// The result of one poll.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Poll {
    Instance(Observed),
    /// The service does not list the instance.
    Missing,
    /// The poll failed, for this reason; the service may have asked to wait.
    Failed {
        reason: String,
        retry_after: Option<Duration>,
    },
}

/// An instance as a poll shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observed {
    pub(super) status: Status,
    pub(super) shown: Shown,
    pub(super) start_time: Option<DateTime<Utc>>,
    pub(super) locks: Vec<LockReason>,
}

/// The power state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Stopping,
    Stopped,
    Starting,
    /// Any other, or none.
    Other,
}

/// The type that the instance shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// The one before the change.
    Old,
    /// This candidate.
    New(InstanceType),
    /// Another.
    Other(String),
}

impl Observed {
    pub(super) fn new<'a>(
        instance: &Instance,
        from: &InstanceType,
        candidates: impl IntoIterator<Item = &'a InstanceType>,
    ) -> Self {
        let is = |name: &InstanceType| instance.instance_type.eq_ignore_ascii_case(name.as_str());
        let new = candidates.into_iter().find(|candidate| is(candidate));
        Self {
            status: match &instance.status {
                Some(InstanceStatus::Running) => Status::Running,
                Some(InstanceStatus::Stopping) => Status::Stopping,
                Some(InstanceStatus::Stopped) => Status::Stopped,
                Some(InstanceStatus::Starting) => Status::Starting,
                _ => Status::Other,
            },
            shown: match new {
                Some(candidate) => Shown::New(candidate.clone()),
                None if is(from) => Shown::Old,
                None => Shown::Other(instance.instance_type.clone()),
            },
            // Keys hold whole seconds.
            start_time: instance.start_time.map(|time| time.trunc_subsecs(0)),
            locks: instance.operation_locks.clone(),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.status == Status::Running
    }

    pub(super) fn is_down(&self) -> bool {
        matches!(self.status, Status::Stopping | Status::Stopped)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.status == Status::Stopped
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(self.shown, Shown::New(_))
    }
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Starting => "Starting",
            Self::Other => "in transition",
        }
    }
}
