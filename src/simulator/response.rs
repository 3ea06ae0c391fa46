//! Responses: a tree that is written as JSON or XML in the same way as by the service.

use chrono::{DateTime, Utc};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};
use std::time::Duration;
use uuid::Uuid;

use super::errors::{self, Rejection};
use super::faults::WireFault;
use super::request::{Incoming, ReceivedSignature};

/// The result of an operation: the response's own fields, or a rejection.
pub(super) type Outcome = Result<Map<String, Value>, Rejection>;

/// The fields of an object, in any order.
pub(super) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    Map::from_iter(fields.map(|(name, value)| (name.to_owned(), value)))
}

/// The two ways to write a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Format {
    /// The format of a request that does not name a valid one.
    pub(super) fn fallback(incoming: &Incoming) -> Self {
        let accepts_xml = || {
            incoming
                .header("accept")
                .is_some_and(|accept| accept.contains("application/xml"))
        };
        match incoming.signature() {
            ReceivedSignature::V3 if !accepts_xml() => Self::Json,
            _ => Self::Xml,
        }
    }

    /// The format that the request asks for.
    pub(super) fn requested(incoming: &Incoming) -> Result<Self, Rejection> {
        match incoming.parameter("Format") {
            None | Some("") => Ok(Self::fallback(incoming)),
            Some(name) if name.eq_ignore_ascii_case("json") => Ok(Self::Json),
            Some(name) if name.eq_ignore_ascii_case("xml") => Ok(Self::Xml),
            Some(_) => Err(errors::FORMAT),
        }
    }
}

/// What is sent over the wire.
pub(super) struct RawResponse {
    pub(super) http_status: u16,
    pub(super) error_code: Option<String>,
    /// `None` if the response does not come from the service itself.
    pub(super) request_id: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) wire: Option<WireFault>,
}

impl RawResponse {
    /// Writes the outcome of a request in the given format, with a new request id.
    pub(super) fn new(outcome: Outcome, incoming: &Incoming, format: Format) -> Self {
        let request_id = Uuid::new_v4().to_string().to_uppercase();
        let (http_status, error_code, root, fields) = match outcome {
            Ok(fields) => (200, None, format!("{}Response", incoming.action()), fields),
            Err(rejection) => {
                let code = rejection.code.to_string();
                let host = incoming.header("host").unwrap_or_default();
                let status = rejection.http_status;
                let fields = rejection.into_fields(host);
                (status, Some(code), "Error".to_owned(), fields)
            }
        };
        let (content_type, body) = match format {
            Format::Json => ("application/json;charset=utf-8", json(&request_id, fields)),
            Format::Xml => ("text/xml;charset=utf-8", xml(&root, &request_id, &fields)),
        };
        let content_type = Some(content_type.to_owned());
        Self {
            error_code,
            request_id: Some(request_id),
            ..Self::foreign(http_status, content_type, body.into_bytes())
        }
    }

    /// A response that does not come from the service itself.
    pub(super) fn foreign(http_status: u16, content_type: Option<String>, body: Vec<u8>) -> Self {
        Self {
            http_status,
            error_code: None,
            request_id: None,
            content_type,
            body,
            headers: Vec::new(),
            delay: Duration::ZERO,
            wire: None,
        }
    }

    /// The status, if it is valid in HTTP.
    pub(super) fn status(&self) -> StatusCode {
        match StatusCode::from_u16(self.http_status) {
            // An informational status is not a response: an HTTP client would wait for another one.
            Ok(status) if !status.is_informational() => status,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The status that the client receives, 0 for none.
    pub(super) fn sent_status(&self) -> u16 {
        match &self.wire {
            Some(wire) if !wire.sends_status() => 0,
            _ => self.status().as_u16(),
        }
    }

    /// The headers. Invalid ones are omitted.
    pub(super) fn header_map(&self, now: DateTime<Utc>) -> HeaderMap {
        let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let own = [
            (DATE.as_str(), Some(date)),
            (CONTENT_TYPE.as_str(), self.content_type.clone()),
            ("x-acs-request-id", self.request_id.clone()),
        ];
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let headers = own.chain(self.headers.iter().cloned());
        let mut map: HeaderMap = headers
            .filter_map(|(name, value)| {
                let name = HeaderName::try_from(name).ok()?;
                Some((name, HeaderValue::try_from(value).ok()?))
            })
            .collect();
        // The server frames the body itself, so that a header of a fault cannot break the framing.
        map.remove(CONTENT_LENGTH);
        map.remove(http::header::TRANSFER_ENCODING);
        map
    }
}

/// The request id comes first, as in the service's own responses.
fn json(request_id: &str, mut fields: Map<String, Value>) -> String {
    fields.remove("RequestId");
    let rest = Value::Object(fields).to_string();
    let comma = if rest == "{}" { "" } else { "," };
    format!(
        "{{\"RequestId\":\"{request_id}\"{comma}{}",
        rest.trim_start_matches('{')
    )
}

fn xml(root: &str, request_id: &str, fields: &Map<String, Value>) -> String {
    let mut text = format!(
        "<?xml version='1.0' encoding='UTF-8'?><{root}><RequestId>{request_id}</RequestId>"
    );
    for (name, value) in fields {
        write_element(name, value, &mut text);
    }
    text.push_str(&format!("</{root}>"));
    text
}

/// A list has no enclosing element: its items repeat its name.
fn write_element(name: &str, value: &Value, text: &mut String) {
    if let Value::Array(items) = value {
        return items
            .iter()
            .for_each(|item| write_element(name, item, text));
    }
    text.push_str(&format!("<{name}>"));
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| write_element(name, value, text));
        }
        Value::String(content) => text.push_str(&escape(content)),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&format!("</{name}>"));
}

fn escape(content: &str) -> String {
    content
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
