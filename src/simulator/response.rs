//! Answers: one neutral tree, written as JSON or as XML the way the service writes it.

use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use std::time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use super::errors::{self, Rejection};
use super::request::{Incoming, ReceivedSignature};

/// What an action comes to: the answer's own fields, or a refusal.
pub(super) type Outcome = Result<Map<String, Value>, Rejection>;

/// The two ways to write an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Format {
    /// What is used where the request says nothing that can be followed.
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

/// What goes back over the wire.
pub(super) struct RawResponse {
    pub(super) http_status: u16,
    pub(super) error_code: Option<String>,
    /// `None` when the answer does not come from the service itself.
    pub(super) request_id: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
}

impl RawResponse {
    /// Writes the outcome of a request in the format it asked for, under a new request id.
    pub(super) fn new(outcome: Outcome, incoming: &Incoming, format: Format) -> Self {
        let request_id = Uuid::new_v4().to_string().to_uppercase();
        let (http_status, error_code, root, mut fields) = match outcome {
            Ok(fields) => (200, None, format!("{}Response", incoming.action()), fields),
            Err(rejection) => {
                let code = rejection.code.to_string();
                let host = incoming.header("host").unwrap_or_default();
                (
                    rejection.http_status,
                    Some(code),
                    "Error".to_owned(),
                    rejection.into_fields(host),
                )
            }
        };
        fields.insert("RequestId".to_owned(), json!(request_id));
        let tree = Value::Object(fields);
        let (content_type, body) = match format {
            Format::Json => ("application/json;charset=utf-8", tree.to_string()),
            Format::Xml => ("text/xml;charset=utf-8", xml(&root, &tree)),
        };
        let content_type = Some(content_type.to_owned());
        Self {
            error_code,
            request_id: Some(request_id),
            ..Self::foreign(http_status, content_type, body.into_bytes())
        }
    }

    /// An answer that the service itself did not write.
    pub(super) fn foreign(http_status: u16, content_type: Option<String>, body: Vec<u8>) -> Self {
        Self {
            http_status,
            error_code: None,
            request_id: None,
            content_type,
            body,
            headers: Vec::new(),
            delay: Duration::ZERO,
        }
    }

    pub(super) fn into_template(self, now: DateTime<Utc>) -> ResponseTemplate {
        let status =
            StatusCode::from_u16(self.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let own = [
            (DATE.as_str(), Some(date)),
            (CONTENT_TYPE.as_str(), self.content_type),
            ("x-acs-request-id", self.request_id),
        ];
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        // What HTTP cannot carry is left out: wiremock would panic over it.
        let headers = own.chain(self.headers).filter_map(|(name, value)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        });
        headers
            .fold(ResponseTemplate::new(status), |template, (name, value)| {
                template.insert_header(name, value)
            })
            .set_body_bytes(self.body)
            .set_delay(self.delay)
    }
}

fn xml(root: &str, tree: &Value) -> String {
    let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
    write_element(root, tree, &mut text);
    text
}

/// A list has no element of its own: its items repeat its name.
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
