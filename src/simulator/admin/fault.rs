//! Faults as JSON.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

use super::AdminError;
use crate::simulator::Fault;
use crate::simulator::faults::{Effect, OrderFault, WireFault};
use crate::simulator::world::milliseconds;

/// A fault with the fields of all kinds. Fields that its kind does not use are rejected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultJson {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<Times>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_processing: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    original: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discount: Option<Decimal>,
}

/// How often a fault occurs: a number, or `"always"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Times {
    Number(usize),
    Always(Always),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Always {
    #[serde(rename = "always")]
    Always,
}

const KINDS: &str = "service_error, response, gateway_html, empty_body, truncated, delay, throttled, stale_clock, \
    conflict, lost_response, close_before_response, close_in_head, close_in_body, reset, trickle, duplicate, \
    unpaid_order, failed_order, price_change";

impl FaultJson {
    pub(super) fn into_fault(mut self) -> Result<Fault, AdminError> {
        let mut fault = self.constructed()?;
        if let Some(action) = self.action.take() {
            fault = fault.on(action);
        }
        fault.times = match self.times.take() {
            None => 1,
            Some(Times::Number(times)) => times,
            Some(Times::Always(Always::Always)) => usize::MAX,
        };
        if let Some(after_processing) = self.after_processing.take() {
            fault.after_processing = after_processing;
        }
        if let Some(delay) = self.delay_ms.take() {
            fault.delay = Duration::from_millis(delay);
        }
        for (name, value) in std::mem::take(&mut self.headers) {
            fault = fault.header(name, value);
        }
        // The fields that the kind uses were taken.
        let kind = std::mem::take(&mut self.kind);
        if self != Self::default() {
            let rest = serde_json::to_string(&self).unwrap_or_default();
            let message = format!("fields that a fault of the kind {kind:?} does not have: {rest}");
            return Err(AdminError::bad_request(message));
        }
        Ok(fault)
    }

    /// Calls the constructor of the kind, and takes the fields that it uses.
    fn constructed(&mut self) -> Result<Fault, AdminError> {
        fn required<T>(field: &mut Option<T>, name: &str) -> Result<T, AdminError> {
            let missing = || AdminError::bad_request(format!("missing field `{name}`"));
            field.take().ok_or_else(missing)
        }
        let milliseconds = |field: u64| Duration::from_millis(field);
        Ok(match &*self.kind {
            "service_error" => Fault::service_error(
                required(&mut self.http_status, "http_status")?,
                required(&mut self.code, "code")?,
                self.message.take().unwrap_or_default(),
            ),
            "response" => {
                let http_status = required(&mut self.http_status, "http_status")?;
                let body = self.body.take().unwrap_or_default();
                match self.content_type.take() {
                    Some(content_type) => Fault::response(http_status, content_type, body),
                    None => Fault::new(Effect::Respond {
                        http_status,
                        content_type: None,
                        body: body.into_bytes(),
                    }),
                }
            }
            "gateway_html" => Fault::gateway_html(required(&mut self.http_status, "http_status")?),
            "empty_body" => Fault::empty_body(required(&mut self.http_status, "http_status")?),
            "truncated" => Fault::truncated(),
            "delay" => Fault::delay(milliseconds(required(&mut self.delay_ms, "delay_ms")?)),
            "throttled" => Fault::throttled(self.retry_after_ms.take().map(milliseconds)),
            "stale_clock" => Fault::stale_clock(),
            "conflict" => Fault::conflict(),
            "lost_response" => Fault::lost_response(),
            "close_before_response" => Fault::close_before_response(),
            "close_in_head" => Fault::close_in_head(),
            "close_in_body" => Fault::close_in_body(),
            "reset" => Fault::reset(),
            "trickle" => Fault::trickle(milliseconds(required(
                &mut self.duration_ms,
                "duration_ms",
            )?)),
            "duplicate" => Fault::duplicate(),
            "unpaid_order" => Fault::unpaid_order(),
            "failed_order" => Fault::failed_order(),
            "price_change" => Fault::price_change(
                required(&mut self.original, "original")?,
                self.discount.take().unwrap_or_default(),
            ),
            other => {
                let message = format!("no such kind of fault ({other:?}); the kinds are {KINDS}");
                return Err(AdminError::bad_request(message));
            }
        })
    }

    /// The JSON of a fault.
    pub(super) fn of(fault: &Fault) -> Self {
        let mut json = Self {
            kind: fault.kind().to_owned(),
            action: fault.action.clone(),
            times: Some(match fault.times {
                usize::MAX => Times::Always(Always::Always),
                times => Times::Number(times),
            }),
            after_processing: Some(fault.after_processing),
            delay_ms: Some(milliseconds(fault.delay)),
            headers: fault.headers.iter().cloned().collect(),
            ..Self::default()
        };
        match &fault.effect {
            Effect::Nothing
            | Effect::Truncate
            | Effect::Order(OrderFault::Unpaid | OrderFault::Fails) => {}
            Effect::Reject(rejection) => {
                json.http_status = Some(rejection.http_status);
                json.code = Some(rejection.code.to_string());
                json.message = Some(rejection.message.to_string());
            }
            Effect::Respond {
                http_status,
                content_type,
                body,
            } => {
                json.http_status = Some(*http_status);
                json.content_type.clone_from(content_type);
                json.body = Some(String::from_utf8_lossy(body).into_owned());
            }
            Effect::Wire(WireFault::Trickle(duration)) => {
                json.duration_ms = Some(milliseconds(*duration));
            }
            Effect::Wire(_) => {}
            Effect::Price(price) => {
                json.original = Some(price.original);
                json.discount = Some(price.discount);
            }
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Fault, AdminError> {
        serde_json::from_str::<FaultJson>(text)
            .map_err(AdminError::bad_request)?
            .into_fault()
    }

    #[test]
    fn every_kind_calls_its_constructor_and_round_trips_through_json() {
        let ms = Duration::from_millis;
        let rows = [
            (
                r#"{"kind":"service_error","http_status":403,"code":"C","message":"M"}"#,
                Fault::service_error(403, "C", "M"),
            ),
            (
                r#"{"kind":"response","http_status":200,"content_type":"text/plain","body":"x"}"#,
                Fault::response(200, "text/plain", "x"),
            ),
            (
                r#"{"kind":"gateway_html","http_status":502,"times":3}"#,
                Fault::gateway_html(502).times(3),
            ),
            (
                r#"{"kind":"empty_body","http_status":200,"after_processing":true}"#,
                Fault::empty_body(200).after_processing(),
            ),
            (
                r#"{"kind":"truncated","times":"always"}"#,
                Fault::truncated().times(usize::MAX),
            ),
            (r#"{"kind":"delay","delay_ms":5}"#, Fault::delay(ms(5))),
            (
                r#"{"kind":"throttled","retry_after_ms":7}"#,
                Fault::throttled(ms(7)),
            ),
            (
                r#"{"kind":"stale_clock","action":"A"}"#,
                Fault::stale_clock().on("A"),
            ),
            (r#"{"kind":"conflict"}"#, Fault::conflict()),
            (
                r#"{"kind":"lost_response","headers":{"a":"b"}}"#,
                Fault::lost_response().header("a", "b"),
            ),
            (
                r#"{"kind":"close_before_response"}"#,
                Fault::close_before_response(),
            ),
            (r#"{"kind":"close_in_head"}"#, Fault::close_in_head()),
            (r#"{"kind":"close_in_body"}"#, Fault::close_in_body()),
            (r#"{"kind":"reset"}"#, Fault::reset()),
            (
                r#"{"kind":"trickle","duration_ms":9}"#,
                Fault::trickle(ms(9)),
            ),
            (r#"{"kind":"duplicate"}"#, Fault::duplicate()),
            (r#"{"kind":"unpaid_order"}"#, Fault::unpaid_order()),
            (r#"{"kind":"failed_order"}"#, Fault::failed_order()),
            (
                r#"{"kind":"price_change","original":"12.5"}"#,
                Fault::price_change(Decimal::new(125, 1), 0),
            ),
        ];
        assert_eq!(rows.len(), KINDS.split(", ").count());
        for (text, fault) in rows {
            assert_eq!(parsed(text).unwrap(), fault, "{text}");
            let again = serde_json::to_string(&FaultJson::of(&fault)).unwrap();
            assert_eq!(parsed(&again).unwrap(), fault, "{again}");
        }
    }

    #[test]
    fn errors_name_the_mistake() {
        for (text, named) in [
            (r#"{"kind":"lost_respnse"}"#, "lost_respnse"),
            (r#"{"kind":"gateway_html"}"#, "http_status"),
            (r#"{"kind":"reset","http_status":500}"#, "http_status"),
            (r#"{"kind":"reset","tmes":1}"#, "tmes"),
            (r#"{"kind":"reset","times":"often"}"#, "Times"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.message.contains(named), "{text}: {}", error.message);
        }
    }
}
