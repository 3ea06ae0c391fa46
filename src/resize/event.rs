//! What a resize is doing: steps, events and the final report.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};

use super::key::ResumeKey;
use super::step::{Direction, Step};
use crate::types::{InstanceType, OneLine, write_line};

/// Something happened in a resize. `Display` is one line, fit for logs.
///
/// ```
/// use aliyun_ecs::resize::{ResizeEvent, ResumeKey};
///
/// /// What a closure of `Client::resize` may do: remember the newest key, log the rest.
/// fn hear(event: &ResizeEvent, newest: &mut Option<ResumeKey>) {
///     match event {
///         ResizeEvent::Started { resume_key, .. } | ResizeEvent::KeyChanged { resume_key } => {
///             *newest = Some(resume_key.clone());
///         }
///         other => println!("{other}"),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ResizeEvent {
    /// The first event: nothing has been changed by this run yet. Keep the key.
    Started {
        /// The type that the instance had before.
        from: InstanceType,
        /// The type that it is to become.
        to: InstanceType,
        /// Which way the type changes.
        direction: Direction,
        /// The steps that are left.
        steps: Vec<Step>,
        /// What to keep to go on after a crash, until [`KeyChanged`](Self::KeyChanged) gives another.
        resume_key: ResumeKey,
        /// Whether this goes on with an earlier run.
        resumed: bool,
    },
    /// A step begins, or was found done when it was due.
    StepStarted {
        /// The step.
        step: Step,
        /// Its number, from 1.
        number: usize,
        /// How many there are: fewer or more than at first if the owner stops or starts the instance meanwhile.
        of: usize,
    },
    /// The service has taken the order.
    Ordered {
        /// The order's id, if the service gave one.
        order_id: Option<String>,
    },
    /// The instance is looked at again after a while.
    Waiting {
        /// The step.
        step: Step,
        /// What is waited for.
        reason: String,
        /// How long this step has taken so far.
        since: Duration,
        /// When it is looked at again.
        next_poll: Duration,
    },
    /// A step is done.
    StepFinished {
        /// The step.
        step: Step,
        /// How long it took.
        elapsed: Duration,
    },
    /// The resume key has changed: keep this one instead of the one before, which knows less.
    KeyChanged {
        /// What to keep from now on.
        resume_key: ResumeKey,
    },
    /// The resize failed after it had stopped the instance, and sees to it now that the instance runs again.
    Recovering {
        /// What failed.
        problem: String,
    },
    /// The last event of a resize that did not fail.
    Finished(ResizeReport),
}

impl ResizeEvent {
    /// The resume key to keep from now on, if this event gives one out.
    pub fn resume_key(&self) -> Option<&ResumeKey> {
        match self {
            Self::Started { resume_key, .. } | Self::KeyChanged { resume_key } => Some(resume_key),
            _ => None,
        }
    }
}

impl fmt::Display for ResizeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started {
                from,
                to,
                direction,
                resume_key,
                resumed,
                ..
            } => {
                let how = if *resumed {
                    "going on with"
                } else {
                    "beginning"
                };
                match from == to {
                    true => write!(f, "looking at the instance, which is {to} already"),
                    false => write!(
                        f,
                        "{how} the {direction} from {from} to {to}; resume key {resume_key}"
                    ),
                }
            }
            Self::StepStarted { step, number, of } => write!(f, "step {number} of {of}: {step}"),
            Self::Waiting {
                step,
                reason,
                since,
                next_poll,
            } => write!(
                f,
                "{step}: {}, for {} s; next look in {} s",
                OneLine(reason),
                since.as_secs(),
                next_poll.as_secs()
            ),
            Self::Ordered { order_id } => {
                let order_id = order_id.as_deref().unwrap_or("without an id");
                write!(f, "ordered: {}", OneLine(order_id))
            }
            Self::StepFinished { step, elapsed } => {
                write!(f, "done in {} s: {step}", elapsed.as_secs())
            }
            Self::KeyChanged { resume_key } => write!(f, "from now on, resume key {resume_key}"),
            Self::Recovering { problem } => {
                write!(
                    f,
                    "seeing to it that the instance runs again after a failure: {}",
                    OneLine(problem)
                )
            }
            Self::Finished(report) => report.fmt(f),
        }
    }
}

/// How a resize ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// The instance runs with the new type.
    InEffect,
    /// The instance already had the type when nothing was known of an earlier run: nothing was done. If it was changed
    /// a short while ago, it may still need a restart.
    AlreadyThatType,
    /// The type is paid for and shown, and takes effect with the next restart through the API or the console.
    PendingRestart,
    /// The instance is stopped by its owner, and takes on the type with the next start.
    PendingStart,
    /// The service restarts the instance at this time.
    RestartsAt(DateTime<Utc>),
    /// The order was not to be paid at once, and is not through: pay it in the console and resume. One that was paid
    /// meanwhile may still be carried out.
    AwaitingPayment,
}

impl fmt::Display for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InEffect => "the new type is in effect and the instance runs",
            Self::AlreadyThatType => "the instance has that type already; nothing was done",
            Self::PendingRestart => {
                "the new type takes effect with a restart through the API or the console"
            }
            Self::PendingStart => {
                "the instance is stopped and takes on the new type when it is started"
            }
            Self::RestartsAt(time) => {
                return write!(
                    f,
                    "the service restarts the instance at {}",
                    Minute(*time)
                );
            }
            Self::AwaitingPayment => {
                "the order is not through: pay it in the console if that is still to be done, then resume"
            }
        })
    }
}

/// What a resize has done.
///
/// ```
/// use aliyun_ecs::resize::{Completion, ResizeReport};
///
/// fn what_is_left(report: &ResizeReport) -> Option<&'static str> {
///     match report.completion() {
///         Completion::InEffect | Completion::AlreadyThatType => None,
///         Completion::PendingRestart => Some("restart it through the API"),
///         Completion::PendingStart => Some("start it"),
///         Completion::AwaitingPayment => Some("pay the order, then resume"),
///         _ => Some("see the report"),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResizeReport {
    pub(super) order_id: Option<String>,
    pub(super) from: InstanceType,
    pub(super) to: InstanceType,
    pub(super) elapsed: Duration,
    pub(super) restarted: bool,
    pub(super) completion: Completion,
}

impl ResizeReport {
    /// The order's id; `None` where nothing was ordered, or by an earlier run, or where the service gave none.
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }

    /// The type that the instance had.
    pub fn from(&self) -> &InstanceType {
        &self.from
    }

    /// The type that it has now, or has been ordered.
    pub fn to(&self) -> &InstanceType {
        &self.to
    }

    /// How long this run took.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether this run has told the service to restart the instance, or to start it again.
    pub fn restarted(&self) -> bool {
        self.restarted
    }

    /// How it ended: with the type in effect, or what is left to do.
    pub fn completion(&self) -> Completion {
        self.completion
    }
}

impl fmt::Display for ResizeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to, seconds) = (&self.from, &self.to, self.elapsed.as_secs());
        let completion = &self.completion;
        let order = match &self.order_id {
            Some(order_id) => format!(" (order {order_id})"),
            None => String::new(),
        };
        write_line(
            f,
            format_args!("{from} to {to} in {seconds} s: {completion}{order}"),
        )
    }
}

/// A time for people.
pub(super) struct Minute(pub(super) DateTime<Utc>);

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, hour, minute) = (self.0.date_naive(), self.0.hour(), self.0.minute());
        write!(f, "{date} {hour:02}:{minute:02} UTC")
    }
}
