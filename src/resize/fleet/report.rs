//! What a fleet reports: its events and its results.

use std::fmt;
use std::sync::Arc;

use crate::resize::error::{OrderState, ResizeError};
use crate::resize::error_kind::ResizeErrorKind;
use crate::resize::event::ResizeEvent;
use crate::resize::quote::Quote;
use crate::resize::report::{Completion, ResizeReport};
use crate::resize::settings::Resize;
use crate::types::InstanceId;

/// Something happened to an instance of a fleet.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "most events are of this variant, and one exists at a time"
)]
pub enum FleetEvent {
    /// An event of its resize. Store its [key](ResizeEvent::resume_key) before the fleet is polled again.
    Resize(ResizeEvent),
    /// Its resize has failed or was cancelled.
    Failed(Arc<ResizeError>),
}

impl fmt::Display for FleetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resize(event) => event.fmt(f),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// The results of a fleet.
#[derive(Debug, Clone, Default)]
pub struct FleetReport {
    pub(super) total: usize,
    pub(super) finished: Vec<ResizeReport>,
    pub(super) failed: Vec<(InstanceId, Arc<ResizeError>)>,
    pub(super) cancelled: Vec<(InstanceId, Arc<ResizeError>)>,
    pub(super) not_begun: Vec<Resize>,
}

impl FleetReport {
    /// The report of an empty fleet, for tests of your own code.
    ///
    /// ```
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::FleetReport;
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let report = FleetReport::new().with_not_begun(resize);
    /// assert!(!report.is_success());
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resize that ended without an error.
    #[must_use]
    pub fn with_finished(mut self, report: ResizeReport) -> Self {
        self.total += 1;
        self.finished.push(report);
        self
    }

    /// Adds a resize that failed or, if that is what the error says, was cancelled.
    #[must_use]
    pub fn with_failed(mut self, error: ResizeError) -> Self {
        self.total += 1;
        self.add_error(Arc::new(error));
        self
    }

    pub(super) fn add_error(&mut self, error: Arc<ResizeError>) {
        let group = match error.kind() {
            ResizeErrorKind::Cancelled => &mut self.cancelled,
            _ => &mut self.failed,
        };
        group.push((error.instance_id().clone(), error));
    }

    /// Adds a resize that was not begun.
    #[must_use]
    pub fn with_not_begun(mut self, resize: Resize) -> Self {
        self.total += 1;
        self.not_begun.push(resize);
        self
    }

    /// The resizes that ended without an error, in the order in which they ended.
    pub fn finished(&self) -> &[ResizeReport] {
        &self.finished
    }

    /// The resizes that failed, with their instances. [`ResizeError::resume_key`] resumes one that had begun to change
    /// something.
    pub fn failed(&self) -> &[(InstanceId, Arc<ResizeError>)] {
        &self.failed
    }

    /// The resizes that were under way when the fleet was cancelled, with their instances. [`ResizeError::resume_key`]
    /// resumes one.
    pub fn cancelled(&self) -> &[(InstanceId, Arc<ResizeError>)] {
        &self.cancelled
    }

    /// The resizes that were not begun, because the fleet was cancelled or too many others had failed.
    pub fn not_begun(&self) -> &[Resize] {
        &self.not_begun
    }

    /// Whether every resize ended without an error.
    pub fn is_success(&self) -> bool {
        self.finished.len() == self.total
    }

    /// The total price of the orders that were placed, by currency, as far as their prices were read. It includes
    /// orders of resizes that failed or were cancelled later, but no orders that only may exist.
    pub fn total_price(&self) -> Vec<Quote> {
        let mut totals: Vec<Quote> = Vec::new();
        let finished = self.finished.iter().filter_map(ResizeReport::quote);
        let ended = self.failed.iter().chain(&self.cancelled);
        let ended = ended.filter_map(|(_, error)| {
            let progress = error.progress()?;
            let placed = matches!(progress.order, OrderState::Placed(_));
            progress.quote.as_ref().filter(|_| placed)
        });
        for quote in finished.chain(ended) {
            let at = totals.partition_point(|total| total.currency < quote.currency);
            match totals.get_mut(at) {
                Some(total) if total.currency == quote.currency => {
                    total.price = total.price.saturating_add(quote.price);
                }
                _ => totals.insert(at, Quote::new(quote.price, &*quote.currency)),
            }
        }
        totals
    }
}

impl fmt::Display for FleetReport {
    /// One line of totals, and one for each instance that needs attention.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} finished, {} failed, {} cancelled, {} not begun",
            self.finished.len(),
            self.total,
            self.failed.len(),
            self.cancelled.len(),
            self.not_begun.len()
        )?;
        for total in self.total_price() {
            write!(f, "; ordered for {total}")?;
        }
        for report in &self.finished {
            if let Completion::InEffect | Completion::AlreadyThatType = report.completion() {
                continue;
            }
            write!(f, "\n{}: {report}", report.instance_id())?;
        }
        for (instance_id, error) in self.failed.iter().chain(&self.cancelled) {
            write!(f, "\n{instance_id}: {error}")?;
        }
        for resize in &self.not_begun {
            write!(f, "\n{}: not begun", resize.instance_id())?;
        }
        Ok(())
    }
}
