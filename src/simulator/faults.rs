//! Faults of the next requests.

use rust_decimal::Decimal;
use std::collections::VecDeque;
use std::time::Duration;

use super::errors::{self, Rejection};
use super::response::RawResponse;

/// A failure of a request, see [`Simulator::fail_next`](super::Simulator::fail_next).
///
/// There are faults of three kinds:
///
/// * Most decide the **response**: an error, a foreign page, a delay. The request is not processed, unless the constructor or [`after_processing`](Self::after_processing) specifies it.
/// * [`close_before_response`](Self::close_before_response), [`close_in_head`](Self::close_in_head),
///   [`close_in_body`](Self::close_in_body), [`reset`](Self::reset), [`trickle`](Self::trickle) and
///   [`duplicate`](Self::duplicate) act on the **connection**.
/// * [`unpaid_order`](Self::unpaid_order), [`failed_order`](Self::failed_order) and
///   [`price_change`](Self::price_change) act on the **account**, while the response looks like success. Each waits for the next order or quote. A fault of the account and one of another kind can apply to the same request.
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::simulator::Fault;
///
/// let throttled_twice = Fault::throttled(Duration::from_millis(300)).times(2);
/// let ordered_without_a_response = Fault::close_before_response().after_processing();
/// let no_restart = Fault::service_error(403, "Forbidden.RAM", "not you").on("RebootInstance");
/// let slow = Fault::delay(Duration::from_secs(20));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a fault does nothing until `Simulator::fail_next`"]
pub struct Fault {
    pub(super) effect: Effect,
    pub(super) after_processing: bool,
    pub(super) delay: Duration,
    pub(super) headers: Vec<(String, String)>,
    pub(super) action: Option<String>,
    pub(super) times: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// The service's own response.
    Nothing,
    /// Half of the service's own response.
    Truncate,
    Reject(Rejection),
    Respond {
        http_status: u16,
        content_type: Option<String>,
        body: Vec<u8>,
    },
    /// The service's own response, sent in an unusual way.
    Wire(WireFault),
    Order(OrderFault),
    Price(PriceFault),
}

/// What happens to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireFault {
    CloseBeforeResponse,
    CloseInHead,
    CloseInBody,
    Reset,
    /// The response takes this long from its first byte to its last.
    Trickle(Duration),
    Duplicate,
}

impl WireFault {
    pub(super) fn sends_status(self) -> bool {
        !matches!(
            self,
            Self::CloseBeforeResponse | Self::CloseInHead | Self::Reset
        )
    }
}

/// What happens to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderFault {
    Unpaid,
    Fails,
}

/// The price of a change to this type, after a quote for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PriceFault {
    pub(super) original: Decimal,
    pub(super) discount: Decimal,
}

impl Fault {
    /// A service error, written in the format that the request asks for.
    ///
    /// A number that is not the status of an HTTP response is sent as 500, here and in the other constructors.
    pub fn service_error(
        http_status: u16,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Effect::Reject(Rejection::new(
            http_status,
            code.into(),
            message.into(),
        )))
    }

    /// Any response. It has no `x-acs-request-id`, unless [`header`](Self::header) adds one.
    pub fn response(
        http_status: u16,
        content_type: impl Into<String>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let (content_type, body) = (Some(content_type.into()), body.into());
        Self::new(Effect::Respond {
            http_status,
            content_type,
            body,
        })
    }

    /// The HTML page of a gateway that failed to reach the service.
    pub fn gateway_html(http_status: u16) -> Self {
        let body = format!(
            "<html><head><title>{http_status}</title></head><body><center><h1>{http_status}</h1></center></body></html>"
        );
        Self::response(http_status, "text/html", body)
    }

    /// A status without a body.
    pub fn empty_body(http_status: u16) -> Self {
        Self::new(Effect::Respond {
            http_status,
            content_type: None,
            body: Vec::new(),
        })
    }

    /// The request is processed, and only the first half of the response body is sent, with a matching length.
    pub fn truncated() -> Self {
        Self::new(Effect::Truncate).after_processing()
    }

    /// The request is processed, and its response is delayed by this much real time.
    pub fn delay(delay: Duration) -> Self {
        Self {
            delay,
            ..Self::new(Effect::Nothing)
        }
        .after_processing()
    }

    /// `Throttling`, with the wait in the header `x-acs-retry-after` (milliseconds) if one is given.
    pub fn throttled(retry_after: impl Into<Option<Duration>>) -> Self {
        let fault = Self::new(Effect::Reject(errors::THROTTLING));
        match retry_after.into() {
            Some(wait) => fault.header("x-acs-retry-after", wait.as_millis().to_string()),
            None => fault,
        }
    }

    /// The error of a request with a wrong timestamp: `InvalidTimeStamp.Expired`.
    pub fn stale_clock() -> Self {
        Self::new(Effect::Reject(errors::TIMESTAMP_EXPIRED))
    }

    /// The error of a power operation that conflicts with another operation: HTTP 409,
    /// `InvalidOperation.Conflict`. Restrict it with [`on`](Self::on), for instance to `StartInstance`.
    pub fn conflict() -> Self {
        Self::new(Effect::Reject(errors::CONFLICT))
    }

    /// The request is processed, and a gateway's page with status 504 replaces the response.
    pub fn lost_response() -> Self {
        Self::gateway_html(504).after_processing()
    }

    /// The connection is closed before a byte of the response is sent.
    pub fn close_before_response() -> Self {
        Self::new(Effect::Wire(WireFault::CloseBeforeResponse))
    }

    /// The request is processed, and the connection is closed in the middle of the status line.
    pub fn close_in_head() -> Self {
        Self::new(Effect::Wire(WireFault::CloseInHead)).after_processing()
    }

    /// The request is processed, and the connection is closed in the middle of the response's body.
    pub fn close_in_body() -> Self {
        Self::new(Effect::Wire(WireFault::CloseInBody)).after_processing()
    }

    /// The connection is reset (TCP RST) before a byte of the response is sent.
    pub fn reset() -> Self {
        Self::new(Effect::Wire(WireFault::Reset))
    }

    /// The request is processed, and its response arrives in small pieces over this real time.
    pub fn trickle(duration: Duration) -> Self {
        Self::new(Effect::Wire(WireFault::Trickle(duration))).after_processing()
    }

    /// The request is processed, and its response is sent twice on the same connection, which stays open.
    pub fn duplicate() -> Self {
        Self::new(Effect::Wire(WireFault::Duplicate)).after_processing()
    }

    /// The next order that is placed with `AutoPay=true` is accepted but not paid, as with an insufficient balance. It
    /// blocks the instance until it is cancelled; it cannot be paid.
    pub fn unpaid_order() -> Self {
        Self::new(Effect::Order(OrderFault::Unpaid))
    }

    /// The next order that is placed is accepted and paid, and fails at the end of its processing.
    pub fn failed_order() -> Self {
        Self::new(Effect::Order(OrderFault::Fails))
    }

    /// Right after the next quote, the price of the change to the quoted type becomes this original price and discount,
    /// as with [`set_price`](super::Simulator::set_price).
    pub fn price_change(original: impl Into<Decimal>, discount: impl Into<Decimal>) -> Self {
        Self::new(Effect::Price(PriceFault {
            original: original.into(),
            discount: discount.into(),
        }))
    }

    /// The request is processed first; then the fault decides the response.
    pub fn after_processing(self) -> Self {
        Self {
            after_processing: true,
            ..self
        }
    }

    /// The fault applies to this many consecutive requests: none with 0, all with [`usize::MAX`]. Default: 1.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// The fault applies only to requests of this action.
    pub fn on(self, action: impl Into<String>) -> Self {
        Self {
            action: Some(action.into()),
            ..self
        }
    }

    /// Adds a header to the response. An invalid header is omitted.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// No fault.
    pub(super) fn none() -> Self {
        Self::new(Effect::Nothing).after_processing()
    }

    pub(super) fn new(effect: Effect) -> Self {
        Self {
            effect,
            after_processing: false,
            delay: Duration::ZERO,
            headers: Vec::new(),
            action: None,
            times: 1,
        }
    }

    /// The fault's name, for the journal.
    pub(super) fn kind(&self) -> &'static str {
        match &self.effect {
            Effect::Nothing => "delay",
            Effect::Truncate => "truncated",
            Effect::Reject(_) => "service_error",
            Effect::Respond { .. } => "response",
            Effect::Wire(WireFault::CloseBeforeResponse) => "close_before_response",
            Effect::Wire(WireFault::CloseInHead) => "close_in_head",
            Effect::Wire(WireFault::CloseInBody) => "close_in_body",
            Effect::Wire(WireFault::Reset) => "reset",
            Effect::Wire(WireFault::Trickle(_)) => "trickle",
            Effect::Wire(WireFault::Duplicate) => "duplicate",
            Effect::Order(OrderFault::Unpaid) => "unpaid_order",
            Effect::Order(OrderFault::Fails) => "failed_order",
            Effect::Price(_) => "price_change",
        }
    }

    /// Whether it applies to a request of this action.
    fn applies_to(&self, action: &str) -> bool {
        let by_response = !matches!(self.effect, Effect::Order(_) | Effect::Price(_));
        by_response && self.action.as_deref().is_none_or(|own| own == action)
    }

    /// The response of the fault. `process` is called if the fault processes the request, or needs the real response.
    pub(super) fn respond(
        self,
        reject: impl FnOnce(Rejection) -> RawResponse,
        process: impl FnOnce() -> RawResponse,
    ) -> RawResponse {
        let own = self.after_processing.then(process);
        // A request that was not processed has no response to send.
        let own = || own.unwrap_or_else(|| RawResponse::foreign(200, None, Vec::new()));
        let mut response = match self.effect {
            Effect::Nothing | Effect::Order(_) | Effect::Price(_) => own(),
            Effect::Truncate => {
                let mut response = own();
                response.body.truncate(response.body.len() / 2);
                response
            }
            Effect::Reject(rejection) => reject(rejection),
            Effect::Respond {
                http_status,
                content_type,
                body,
            } => RawResponse::foreign(http_status, content_type, body),
            Effect::Wire(wire) => RawResponse {
                wire: Some(wire),
                ..own()
            },
        };
        response.headers = self.headers;
        response.delay = self.delay;
        response
    }
}

/// The queued faults, in order.
#[derive(Default)]
pub(super) struct FaultQueue(VecDeque<Fault>);

impl FaultQueue {
    pub(super) fn push(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push_back(fault);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The fault that decides the response to a request of this action.
    pub(super) fn next(&mut self, action: &str) -> Option<Fault> {
        self.take(|fault| fault.applies_to(action))
    }

    pub(super) fn next_order_fault(&mut self) -> Option<OrderFault> {
        match self
            .take(|fault| matches!(fault.effect, Effect::Order(_)))?
            .effect
        {
            Effect::Order(fault) => Some(fault),
            _ => None,
        }
    }

    pub(super) fn next_price_fault(&mut self) -> Option<PriceFault> {
        match self
            .take(|fault| matches!(fault.effect, Effect::Price(_)))?
            .effect
        {
            Effect::Price(fault) => Some(fault),
            _ => None,
        }
    }

    /// The first matching fault. Its remaining count is decremented.
    fn take(&mut self, matches: impl FnMut(&Fault) -> bool) -> Option<Fault> {
        let at = self.0.iter().position(matches)?;
        let fault = self.0.get_mut(at)?;
        if fault.times != usize::MAX {
            fault.times -= 1;
        }
        match fault.times {
            0 => self.0.remove(at),
            _ => Some(fault.clone()),
        }
    }
}
