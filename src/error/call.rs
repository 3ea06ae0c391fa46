//! What is known of the whole call when it fails.

use std::time::Duration;

use crate::types::ClientToken;

/// Kept in every error that a call returns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CallContext {
    pub(crate) effect: Effect,
    pub(crate) client_token: Option<ClientToken>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// An earlier attempt of this call ended without a certain answer.
    pub(crate) ambiguous: bool,
    pub(crate) retry_after: Option<Duration>,
    /// It would have been tried again, had the client's retries not been used up.
    pub(crate) out_of_budget: bool,
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
    };
}

/// What a request does when it is carried out; decides what an unknown outcome means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// Nothing: repeating it is always safe.
    Read,
    /// It changes something.
    #[default]
    Change,
    /// It places an order.
    Order,
}
