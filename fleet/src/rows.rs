//! What the store keeps of a resize, and what its statements return.

use std::time::Duration;

/// A resize to store.
#[derive(Debug, Clone)]
pub(crate) struct NewJob {
    pub(crate) id: String,
    pub(crate) line: u64,
    pub(crate) instance_id: String,
    pub(crate) region_id: String,
    pub(crate) profile: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) from_type: String,
    pub(crate) to_type: String,
    /// The quote of the plan.
    pub(crate) price: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) never_stop: bool,
    pub(crate) resume_key: String,
    /// Set where nothing is left to do.
    pub(crate) outcome: Option<String>,
}

/// A row that a worker has claimed.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    pub(crate) epoch: i64,
    pub(crate) resume_key: String,
    pub(crate) region_id: String,
    pub(crate) profile: Option<String>,
    pub(crate) never_stop: bool,
    pub(crate) failures: i64,
    pub(crate) cancel: bool,
}

/// What a worker stores of an event before the run continues.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) resume_key: String,
    pub(crate) phase: String,
    pub(crate) message: String,
    pub(crate) order_state: &'static str,
    pub(crate) order_id: Option<String>,
    /// The price of an order that is about to be sent.
    pub(crate) quoted: Option<String>,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// `open` if it is to be resumed.
    pub(crate) state: &'static str,
    pub(crate) outcome: String,
    pub(crate) message: String,
    pub(crate) resume_key: Option<String>,
    pub(crate) order_state: Option<&'static str>,
    pub(crate) order_id: Option<String>,
    /// The price that was quoted right before the order, if this attempt has read it.
    pub(crate) quoted: Option<String>,
    /// How long to wait before it is resumed.
    pub(crate) pause: Duration,
}

/// The number of rows in a state and phase.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Count {
    pub(crate) state: String,
    pub(crate) phase: String,
    pub(crate) jobs: u64,
}

/// A row as reports show it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) instance_id: String,
    pub(crate) region_id: String,
    pub(crate) profile: Option<String>,
    pub(crate) from_type: String,
    pub(crate) to_type: String,
    pub(crate) price: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) state: String,
    pub(crate) phase: String,
    pub(crate) resume_key: String,
    pub(crate) outcome: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) order_state: String,
    pub(crate) order_id: Option<String>,
    pub(crate) begun: bool,
}

/// What `fleet cancel` has done.
#[derive(Debug, Default)]
pub(crate) struct Cancelled {
    /// How many had not begun, and have ended.
    pub(crate) ended: u64,
    /// How many have begun: workers are to end them.
    pub(crate) asked: u64,
    /// The instances without a resize that has not ended.
    pub(crate) unknown: Vec<String>,
}
