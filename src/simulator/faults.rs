//! Faults: what goes wrong with the next requests.

use serde_json::Map;
use std::time::Duration;

use super::errors::{self, Rejection};
use super::request::Incoming;
use super::response::{Format, Outcome, RawResponse};

/// Something that goes wrong with one request, see [`Simulator::fail_next`](super::Simulator::fail_next).
///
/// Unless its constructor says otherwise, the request is not carried out and the fault answers.
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::simulator::Fault;
///
/// let throttled_twice = Fault::throttled(Duration::from_millis(300)).times(2);
/// let ordered_and_silent = Fault::empty_body(200).after_processing();
/// let no_restart = Fault::service_error(403, "Forbidden.RAM", "not you").on("RebootInstance");
/// let slow = Fault::delay(Duration::from_secs(20));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until `Simulator::fail_next`"]
pub struct Fault {
    effect: Effect,
    carried_out: bool,
    delay: Duration,
    headers: Vec<(String, String)>,
    action: Option<String>,
    pub(super) times: usize,
}

#[derive(Debug, Clone)]
enum Effect {
    TrueAnswer,
    HalfTheAnswer,
    Refuse(Rejection),
    RawAnswer {
        http_status: u16,
        content_type: Option<String>,
        body: Vec<u8>,
    },
}

impl Fault {
    /// A service error, written in the format that the request asks for.
    ///
    /// A number that is no HTTP status is sent as 500, here and in the other constructors.
    pub fn service_error(
        http_status: u16,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Effect::Refuse(Rejection::new(
            http_status,
            code.into(),
            message.into(),
        )))
    }

    /// Any answer at all. It carries no `x-acs-request-id`, unless added by [`header`](Self::header).
    pub fn response(
        http_status: u16,
        content_type: impl Into<String>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let (content_type, body) = (Some(content_type.into()), body.into());
        Self::new(Effect::RawAnswer {
            http_status,
            content_type,
            body,
        })
    }

    /// The HTML page of a gateway that could not reach the service.
    pub fn gateway_html(http_status: u16) -> Self {
        let body = format!(
            "<html><head><title>{http_status}</title></head><body><center><h1>{http_status}</h1></center></body></html>"
        );
        Self::response(http_status, "text/html", body)
    }

    /// A status without a body.
    pub fn empty_body(http_status: u16) -> Self {
        Self::new(Effect::RawAnswer {
            http_status,
            content_type: None,
            body: Vec::new(),
        })
    }

    /// The request is carried out, and half of its true answer comes back.
    pub fn truncated() -> Self {
        Self::new(Effect::HalfTheAnswer).after_processing()
    }

    /// The request is carried out, and its true answer comes back this much later.
    pub fn delay(delay: Duration) -> Self {
        Self {
            delay,
            ..Self::new(Effect::TrueAnswer)
        }
        .after_processing()
    }

    /// `Throttling`, with the wait in the `x-acs-retry-after` header (milliseconds) if there is one.
    pub fn throttled(retry_after: impl Into<Option<Duration>>) -> Self {
        let fault = Self::new(Effect::Refuse(errors::THROTTLING));
        match retry_after.into() {
            Some(wait) => fault.header("x-acs-retry-after", wait.as_millis().to_string()),
            None => fault,
        }
    }

    /// The refusal of a request whose clock is off: `InvalidTimeStamp.Expired`.
    pub fn stale_clock() -> Self {
        Self::new(Effect::Refuse(errors::TIMESTAMP_EXPIRED))
    }

    /// The request is carried out, and a gateway's 504 page takes the place of its answer.
    pub fn lost_response() -> Self {
        Self::gateway_html(504).after_processing()
    }

    /// The request is carried out first; then the fault takes the place of the answer.
    pub fn after_processing(self) -> Self {
        Self {
            carried_out: true,
            ..self
        }
    }

    /// The fault meets this many requests in a row: none with 0, all with [`usize::MAX`]. Default: 1.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// The fault waits for requests of this action and lets others pass.
    pub fn on(self, action: impl Into<String>) -> Self {
        Self {
            action: Some(action.into()),
            ..self
        }
    }

    /// Whether a request of this action meets the fault.
    pub(super) fn meets(&self, action: &str) -> bool {
        self.action.as_deref().is_none_or(|own| own == action)
    }

    /// Adds a header to the answer. One that HTTP cannot carry is left out.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Nothing goes wrong.
    pub(super) fn none() -> Self {
        Self::new(Effect::TrueAnswer).after_processing()
    }

    fn new(effect: Effect) -> Self {
        let (carried_out, delay) = (false, Duration::ZERO);
        Self {
            effect,
            carried_out,
            delay,
            headers: Vec::new(),
            action: None,
            times: 1,
        }
    }

    /// What comes back for one request; `carry_out` is called if the fault lets it be carried out.
    pub(super) fn reply(
        self,
        incoming: &Incoming,
        format: Format,
        carry_out: impl FnOnce() -> Outcome,
    ) -> RawResponse {
        // Without `carried_out` the effect is never one that shows the outcome.
        let outcome = if self.carried_out {
            carry_out()
        } else {
            Ok(Map::new())
        };
        let reply = match self.effect {
            Effect::TrueAnswer => RawResponse::new(outcome, incoming, format),
            Effect::HalfTheAnswer => {
                let mut reply = RawResponse::new(outcome, incoming, format);
                reply.body.truncate(reply.body.len() / 2);
                reply
            }
            Effect::Refuse(rejection) => RawResponse::new(Err(rejection), incoming, format),
            Effect::RawAnswer {
                http_status,
                content_type,
                body,
            } => RawResponse::foreign(http_status, content_type, body),
        };
        RawResponse {
            headers: self.headers,
            delay: self.delay,
            ..reply
        }
    }
}
