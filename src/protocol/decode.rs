//! Decodes a response into the operation's response, an error of the service, or a decode error.
//!
//! The format is detected from the body, not from its content type. Both JSON and XML are decoded under either setting.

use std::borrow::Cow;
use std::cell::Cell;

use bytes::Bytes;
use http::{HeaderName, Response};
use memchr::memchr3_iter;
use serde::Deserializer;
use serde::de::value::{Error as ValueError, UnitDeserializer};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};

use super::document::{Document, ErrorDocument, Search, names_error};
use super::fields::{Fields, Target};
use super::foreign;
use super::json;
use super::redact::Redactor;
use super::view::View;
use super::xml::Element;
use crate::error::{AccessDeniedDetail, DecodeError, Error, ErrorCode, ServiceError};

/// JSON with more values is an error, like XML with too many elements: decoded, they could take gigabytes of memory. A
/// response with 100 instances has about 5,000.
const MAX_VALUES: usize = 500_000;

/// The body of a response with a 2xx status, for the operation to read.
#[derive(Debug)]
pub struct RawResponse<'a> {
    body: Body<'a>,
    request_id: Option<&'a str>,
    seen: Cell<Seen>,
}

#[derive(Debug)]
enum Body<'a> {
    Json(Cow<'a, str>),
    Xml(Element<'a>),
}

/// What was found at the top level while the body was read.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// A member that names an error.
    error: bool,
    /// A member that the operation does not know.
    unknown: bool,
    /// A member that the operation reads and that is an object or a list, so that the response has content.
    content: bool,
}

impl RawResponse<'_> {
    /// Stores the fields of the body in their targets.
    pub(crate) fn read_into(&self, fields: &mut dyn Fields) -> Result<(), String> {
        let mut root = Root {
            fields,
            seen: Seen::default(),
        };
        let read = match &self.body {
            Body::Json(json) => json::read(json, &mut root).map_err(|error| error.to_string()),
            Body::Xml(element) => {
                root.seen.error = names_error(element.name);
                let read = element.read(Target::Object(&mut root));
                read.map_err(|error| error.to_string())
            }
        };
        self.seen.set(root.seen);
        read
    }

    /// Deserializes the body into a type of the caller.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        self.seen.set(Seen {
            error: self.body.names_error(),
            unknown: true,
            content: true,
        });
        match &self.body {
            Body::Json(json) => serde_json::from_str(json).or_else(|error| {
                // A type without content, such as `()`, accepts any response, as with XML.
                match size_of::<T>() {
                    0 => T::deserialize(UnitDeserializer::new())
                        .map_err(|_: ValueError| error.to_string()),
                    _ => Err(error.to_string()),
                }
            }),
            Body::Xml(root) => T::deserialize(View::of(&[root])).map_err(|error| error.to_string()),
        }
    }

    /// The request id of the headers.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id
    }
}

/// The fields of the operation, and a record of what else the response contains.
struct Root<'a> {
    fields: &'a mut dyn Fields,
    seen: Seen,
}

impl Fields for Root<'_> {
    fn field(&mut self, name: &str) -> Target<'_> {
        let target = self.fields.field(name);
        match target {
            Target::Unread => {
                self.seen.unknown = true;
                self.seen.error |= names_error(name);
            }
            Target::Scalar(_) => {}
            Target::Object(_) | Target::Only(..) | Target::List(_) => self.seen.content = true,
        }
        target
    }
}

/// Decodes a response. `read` converts a body that is not an error into the operation's response.
///
/// Texts in errors are redacted.
pub(crate) fn decode<T>(
    response: &Response<Bytes>,
    redactor: &Redactor<'_>,
    read: impl FnOnce(&RawResponse<'_>) -> Result<T, String>,
) -> Result<T, Error> {
    let received = Received { response, redactor };
    let raw = received.open()?;
    match read(&raw) {
        Ok(content) => received.reject_error(&raw).map(|()| content),
        Err(problem) => Err(received.unreadable(&raw, &problem)),
    }
}

/// A response, and the redactor for its texts.
#[derive(Clone, Copy)]
struct Received<'a> {
    response: &'a Response<Bytes>,
    redactor: &'a Redactor<'a>,
}

impl<'a> Received<'a> {
    fn is_success(self) -> bool {
        self.response.status().is_success()
    }

    /// The body, if the status is that of a success.
    fn open(self) -> Result<RawResponse<'a>, Error> {
        let body = self
            .parse()
            .map_err(|problem| self.decode_error(&problem, None))?;
        let raw = RawResponse {
            body,
            request_id: request_id(self.response),
            seen: Cell::default(),
        };
        match self.is_success() {
            true => Ok(raw),
            false => {
                let (document, syntax_error) = raw.body.document(Search::TopLevel);
                let error = document.error(false, Search::TopLevel);
                Err(self.error(&document, error, syntax_error.as_deref()))
            }
        }
    }

    /// Returns the error that a readable response names, if any.
    fn reject_error(self, raw: &RawResponse<'_>) -> Result<(), Error> {
        let seen = raw.seen.get();
        if seen.error {
            self.search(raw, Search::TopLevel)?;
        }
        // A response without known content but with unknown members does not prove success.
        if seen.unknown && !seen.content {
            self.search(raw, Search::Everywhere)?;
        }
        Ok(())
    }

    fn search(self, raw: &RawResponse<'_>, search: Search) -> Result<(), Error> {
        let (document, syntax_error) = raw.body.document(search);
        if search == Search::Everywhere && document.has_order_id() {
            return Ok(());
        }
        match document.error(true, search) {
            None if syntax_error.is_none() => Ok(()),
            error => Err(self.error(&document, error, syntax_error.as_deref())),
        }
    }

    /// The error of a response that could not be read: the error that it names, otherwise a decode error with this
    /// problem.
    fn unreadable(self, raw: &RawResponse<'_>, problem: &str) -> Error {
        let (document, syntax_error) = raw.body.document(Search::TopLevel);
        match document.error(true, Search::TopLevel) {
            // An error document that was cut off is not reliable.
            Some(error) if syntax_error.is_none() => self.error(&document, Some(error), None),
            _ => self.decode_error(problem, document.request_id()),
        }
    }

    fn error(
        self,
        document: &Document,
        error: Option<ErrorDocument>,
        syntax_error: Option<&str>,
    ) -> Error {
        match error {
            Some(error) if !error.code.is_empty() => {
                let id = document.request_id().or(request_id(self.response));
                self.service_error(error, id).into()
            }
            _ => {
                let problem = syntax_error.unwrap_or("the body is an error without an error code");
                self.decode_error(problem, document.request_id())
            }
        }
    }

    fn service_error(self, error: ErrorDocument, request_id: Option<&str>) -> ServiceError {
        let redact = |text: &str| self.redactor.redact(text, 8_192);
        let status = self.response.status().as_u16();
        // Known codes contain no secret. Redacting an unknown code must not change its classification.
        let received = ErrorCode::from(&*error.code);
        let shown = match received {
            ErrorCode::Unknown(_) => self.redactor.redact(&error.code, 256).into(),
            ref known => known.clone(),
        };
        let mut service =
            ServiceError::new(status, shown, redact(&error.message)).classified_as(&received);
        if let Some(id) = request_id {
            service = service.with_request_id(self.redactor.redact(id, 128));
        }
        if let Some(host_id) = error.host_id {
            service = service.with_host_id(redact(&host_id));
        }
        if let Some(recommend) = error.recommend {
            service = service.with_recommend(redact(&recommend));
        }
        if error.access_denied_detail != AccessDeniedDetail::default() {
            let detail = error.access_denied_detail.map_texts(redact);
            service = service.with_access_denied_detail(detail);
        }
        // Every response of the service has a request id.
        match error.is_own_form && request_id.is_some() {
            true => service,
            false => service.in_foreign_form(),
        }
    }

    fn decode_error(self, problem: &str, body_id: Option<&str>) -> Error {
        let status = self.response.status();
        let body = self.response.body().trim_ascii();
        // Much more than is kept, so that no secret is truncated before it is found.
        let excerpt = String::from_utf8_lossy(body.get(..16_384).unwrap_or(body));
        let problem = match status.is_redirection() {
            true => format!("redirects are not followed: {problem}"),
            false => problem.to_owned(),
        };
        Error::from(DecodeError::new(
            self.redactor.redact(&problem, 300),
            status.as_u16(),
            body_id
                .or(request_id(self.response))
                .map(|id| self.redactor.redact(id, 128)),
            self.redactor.redact(&excerpt, 512),
        ))
    }

    /// The first character decides: an object is JSON, a tag is XML.
    fn parse(self) -> Result<Body<'a>, String> {
        let (headers, all) = (self.response.headers(), self.response.body());
        let bytes = all
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(all)
            .trim_ascii();
        match bytes.first() {
            Some(b'{') if has_too_many_values(bytes) => Err("the body has too many values".into()),
            // The code of an error is readable in any encoding.
            Some(b'{') if !self.is_success() => Ok(Body::Json(String::from_utf8_lossy(bytes))),
            Some(b'{') => Ok(Body::Json(json::from_bytes(bytes))),
            Some(b'<') if !foreign::is_html(bytes) => {
                let text = std::str::from_utf8(bytes).ok();
                let parsed = text.map(Element::parse).transpose();
                match parsed.map_err(|error| error.to_string()) {
                    Ok(Some(root)) => Ok(Body::Xml(root)),
                    _ if foreign::has_html_tags(bytes) || foreign::says_html(headers) => {
                        Err("the body is an HTML page".into())
                    }
                    Ok(None) => Err("the body is not UTF-8".into()),
                    Err(error) => Err(format!("the body is not a response in XML: {error}")),
                }
            }
            _ => Err(foreign::describe(headers, bytes)),
        }
    }
}

/// The request id of a response's headers.
pub(crate) fn request_id(response: &Response<Bytes>) -> Option<&str> {
    static NAME: HeaderName = HeaderName::from_static("x-acs-request-id");
    let id = response.headers().get(&NAME)?.to_str().ok()?;
    (!id.is_empty()).then_some(id)
}

/// Every value but the first follows a comma or the start of an object or a list.
fn has_too_many_values(json: &[u8]) -> bool {
    json.len() > MAX_VALUES && memchr3_iter(b',', b'{', b'[', json).count() > MAX_VALUES
}

impl Body<'_> {
    /// Its members, and its syntax error, if it has one.
    fn document(&self, search: Search) -> (Document, Option<String>) {
        match self {
            Self::Json(json) => {
                let (document, error) = Document::from_json(json, search);
                (
                    document,
                    error.map(|it| format!("the body is not valid JSON: {it}")),
                )
            }
            Self::Xml(root) => (Document::from_xml(root, search), None),
        }
    }

    /// Whether a member of the top level names an error.
    fn names_error(&self) -> bool {
        match self {
            Self::Json(json) => {
                let mut names = Names(false);
                let mut json = serde_json::Deserializer::from_str(json);
                // A syntax error is reported when the body is read.
                let _ = json.deserialize_map(&mut names);
                names.0
            }
            Self::Xml(root) => {
                names_error(root.name) || root.children().iter().any(|it| names_error(it.name))
            }
        }
    }
}

/// Whether one of an object's members names an error.
struct Names(bool);

impl<'de> Visitor<'de> for &mut Names {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            self.0 |= names_error(&name);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
