//! The facts of a whole call, which its error carries.

use std::time::Duration;

use chrono::TimeDelta;

use crate::types::ClientToken;

/// The facts of a call. Every error that a call returns has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CallContext {
    pub(crate) effect: Effect,
    pub(crate) client_token: Option<ClientToken>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// An attempt of this call may have been applied.
    pub(crate) ambiguous: bool,
    pub(crate) retry_after: Option<Duration>,
    /// It was not retried because the client's retry budget is exhausted.
    pub(crate) out_of_budget: bool,
    /// It was not retried because this machine's clock is further off than can be corrected.
    pub(crate) clock_off: Option<TimeDelta>,
    /// The region that the region of the call is probably a misspelling of.
    pub(crate) meant_region: Option<&'static str>,
}

impl CallContext {
    pub(crate) const EMPTY: Self = Self {
        effect: Effect::Change,
        client_token: None,
        attempts: 0,
        elapsed: Duration::ZERO,
        ambiguous: false,
        retry_after: None,
        out_of_budget: false,
        clock_off: None,
        meant_region: None,
    };
}

/// What a request does. It decides what an unknown outcome means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// It changes nothing, so that sending it again is always safe.
    Read,
    /// It changes something.
    #[default]
    Change,
    /// It places an order.
    Order,
}
