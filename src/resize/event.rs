//! What a run reports while it is in progress.

use std::fmt;
use std::time::Duration;

use super::key::ResumeKey;
use super::quote::Quote;
use super::report::ResizeReport;
use super::step::{Direction, Step};
use crate::types::{InstanceId, InstanceType, OneLine, RegionId, write_line};

/// Something happened in a resize. `Display` is one line for logs.
///
/// Store the [key](Self::resume_key) of each event before you poll the run again: an event that announces an order,
/// a stop, a start or a restart comes before the request is sent.
///
/// ```
/// # use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::builder().transition(Duration::from_millis(20)).start().await?;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator
/// #     .client_builder()
/// #     .clock(FastClock::new(100))
/// #     .attempt_timeout(Duration::from_secs(1_500))
/// #     .timeout(Duration::from_secs(6_000))
/// #     .build()?;
/// use aliyun_ecs::Resize;
/// use aliyun_ecs::resize::ResizeEventKind;
///
/// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
/// let mut run = client.resize(resize);
/// while let Some(event) = run.next().await {
///     let key = event.resume_key().to_string(); // store it
///     if let ResizeEventKind::Ordered { order_id } = event.kind() {
///         println!("{}: order {order_id:?}", event.instance_id());
///     }
///     # assert!(key.starts_with("i-bp67acfmxazb4ph1a2b3/"));
/// }
/// let report = run.await?;
/// # assert!(report.restarted());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResizeEvent {
    key: ResumeKey,
    kind: ResizeEventKind,
}

/// What happened.
///
/// ```
/// use aliyun_ecs::resize::{ResizeEvent, ResizeEventKind, Step};
///
/// /// Whether the request that is sent next interrupts the service of the instance.
/// fn interrupts(event: &ResizeEvent) -> bool {
///     match event.kind() {
///         ResizeEventKind::Requesting { step, .. } => matches!(step, Step::Stop | Step::Restart),
///         _ => false,
///     }
/// }
///
/// /// What a status page shows as the current step.
/// fn current_step(event: &ResizeEvent) -> &'static str {
///     event.kind().step().map_or("-", Step::as_str)
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", content = "details", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ResizeEventKind {
    /// The first event: this run has not changed anything yet.
    Started {
        /// The type before the change.
        from: InstanceType,
        /// The type that the instance is to become.
        to: InstanceType,
        /// Which way the type changes.
        direction: Direction,
        /// The steps to take.
        steps: Vec<Step>,
        /// What an upgrade costs, if that was read.
        quote: Option<Quote>,
        /// Whether this run resumes an earlier one.
        resumed: bool,
    },
    /// A step begins, or was already done when its turn came. Do not compute progress from the numbers: in a run that is
    /// resumed or cancelled, they can go back or repeat.
    StepStarted {
        /// The step.
        step: Step,
        /// Its number, from 1.
        number: usize,
        /// The number of steps. It changes where a user stops or starts the instance meanwhile.
        of: usize,
    },
    /// The request of this step is sent when the run is polled again.
    Requesting {
        /// [`Order`](Step::Order), [`Stop`](Step::Stop), [`Start`](Step::Start) or [`Restart`](Step::Restart).
        step: Step,
        /// Whether the stop cuts the power ([`force_stop_after`](super::ResizeBuilder::force_stop_after)).
        forced: bool,
        /// The price that was quoted for the order, if this is one and the price was read: it is wherever
        /// [`max_price`](super::ResizeBuilder::max_price) is set.
        quote: Option<Quote>,
    },
    /// The service accepted the order. There is no such event if no response to the order was received and the
    /// order was carried out before the next poll.
    Ordered {
        /// The id of the order, if the service returned one.
        order_id: Option<String>,
    },
    /// The service accepted the stop, start or restart.
    Accepted {
        /// The step.
        step: Step,
    },
    /// The run waits for the next poll of the instance.
    Waiting {
        /// The step.
        step: Step,
        /// What it waits for.
        reason: String,
        /// How long the step has taken so far.
        #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
        since: Duration,
        /// The time until the next poll.
        #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
        next_poll: Duration,
    },
    /// A step is done.
    StepFinished {
        /// The step.
        step: Step,
        /// How long it took.
        #[cfg_attr(feature = "serde", serde(with = "crate::types::seconds"))]
        elapsed: Duration,
    },
    /// The resize failed after it may have stopped or restarted the instance: it makes sure that the instance runs again.
    Recovering {
        /// What failed.
        problem: String,
    },
    /// The last event of a resize that succeeded.
    Finished(Box<ResizeReport>),
    /// The last event of a resize that failed.
    Failed {
        /// The text of the error.
        error: String,
    },
}

impl ResizeEvent {
    /// An event, for tests of your own code.
    pub fn new(resume_key: ResumeKey, kind: ResizeEventKind) -> Self {
        Self {
            key: resume_key,
            kind,
        }
    }

    /// What happened.
    pub fn kind(&self) -> &ResizeEventKind {
        &self.kind
    }

    /// The instance.
    pub fn instance_id(&self) -> &InstanceId {
        self.key.instance_id()
    }

    /// The region of the instance.
    pub fn region_id(&self) -> &RegionId {
        self.key.region_id()
    }

    /// The key that is enough to resume the resize from here.
    pub fn resume_key(&self) -> &ResumeKey {
        &self.key
    }
}

impl ResizeEventKind {
    /// The stable name, for instance `step_started`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::StepStarted { .. } => "step_started",
            Self::Requesting { .. } => "requesting",
            Self::Ordered { .. } => "ordered",
            Self::Accepted { .. } => "accepted",
            Self::Waiting { .. } => "waiting",
            Self::StepFinished { .. } => "step_finished",
            Self::Recovering { .. } => "recovering",
            Self::Finished(_) => "finished",
            Self::Failed { .. } => "failed",
        }
    }

    /// The step that it is about. `None` for an event about the whole resize: the first one, those of an end, and
    /// [`Recovering`](Self::Recovering).
    pub fn step(&self) -> Option<Step> {
        match self {
            Self::StepStarted { step, .. }
            | Self::Requesting { step, .. }
            | Self::Accepted { step }
            | Self::Waiting { step, .. }
            | Self::StepFinished { step, .. } => Some(*step),
            Self::Ordered { .. } => Some(Step::Order),
            Self::Started { .. }
            | Self::Recovering { .. }
            | Self::Finished(_)
            | Self::Failed { .. } => None,
        }
    }
}

impl fmt::Display for ResizeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.instance_id())?;
        match &self.kind {
            ResizeEventKind::Started { from, to, .. } if from == to => {
                write!(f, "the instance has the type {to} already")
            }
            ResizeEventKind::Started {
                from,
                to,
                direction,
                resumed,
                ..
            } => {
                let verb = if *resumed { "resuming" } else { "starting" };
                write!(
                    f,
                    "{verb} the {direction} from {from} to {to}; resume key {}",
                    self.key
                )
            }
            ResizeEventKind::StepStarted { step, number, of } => {
                write!(f, "step {number} of {of}: {step}")
            }
            ResizeEventKind::Requesting {
                step, forced: true, ..
            } => {
                write!(f, "sending the request to {step} by cutting its power")
            }
            ResizeEventKind::Requesting {
                step,
                forced: false,
                ..
            } => write!(f, "sending the request to {step}"),
            ResizeEventKind::Ordered { order_id } => match order_id {
                Some(order_id) => write!(f, "order {} accepted", OneLine(order_id)),
                None => f.write_str("order accepted, without an id"),
            },
            ResizeEventKind::Accepted { step } => write!(f, "request to {step} accepted"),
            ResizeEventKind::Waiting {
                step,
                reason,
                since,
                next_poll,
            } => write_line(
                f,
                format_args!(
                    "{step}: {reason}, for {} s; next poll in {:.1} s",
                    since.as_secs(),
                    next_poll.as_secs_f32()
                ),
            ),
            ResizeEventKind::StepFinished { step, elapsed } => {
                write!(f, "done in {} s: {step}", elapsed.as_secs())
            }
            ResizeEventKind::Recovering { problem } => {
                write!(
                    f,
                    "making sure that the instance runs again after a failure: {}",
                    OneLine(problem)
                )
            }
            ResizeEventKind::Finished(report) => report.fmt(f),
            ResizeEventKind::Failed { error } => write!(f, "failed: {}", OneLine(error)),
        }
    }
}
