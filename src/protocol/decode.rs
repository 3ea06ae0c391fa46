//! An answer's bytes → the operation's response, the service's error, or neither.
//!
//! The body decides, not its content type: JSON and XML are understood under either setting.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderName, Response};
use memchr::{memchr3_iter, memmem};
use serde::Deserializer;
use serde::de::value::{Error as ValueError, UnitDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::{Fields, Place};
use super::json;
use super::redact::Redactor;
use super::xml::{Element, View};
use crate::error::{AccessDeniedDetail, DecodeError, Error, ServiceError};

/// JSON with more values than this is refused, as XML with too many elements is: read, they could take
/// gigabytes. An answer with 100 instances has some 5,000.
const MAX_VALUES: usize = 500_000;

/// How the name `Code` ends, in the ways it has been written.
static CODE_ENDS: LazyLock<[memmem::Finder<'static>; 2]> =
    LazyLock::new(|| ["ode\"", "ODE\""].map(memmem::Finder::new));

/// An answer that is not an error, ready to be read as the operation's response.
#[derive(Debug)]
pub struct RawResponse<'a> {
    body: Body<'a>,
    request_id: Option<&'a str>,
}

#[derive(Debug)]
enum Body<'a> {
    Json(Cow<'a, str>),
    Xml(Element<'a>),
}

impl RawResponse<'_> {
    /// Puts the body's fields into their places; the error says why that cannot be.
    pub(crate) fn read_into(&self, fields: &mut dyn Fields) -> Result<(), String> {
        match &self.body {
            Body::Json(json) => json::read(json, fields).map_err(|error| error.to_string()),
            Body::Xml(root) => {
                let read = root.read(Place::Object(fields));
                read.map_err(|error| error.to_string())
            }
        }
    }

    /// Reads the body as a type of the caller's; the error says why it is none.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        match &self.body {
            Body::Json(json) => serde_json::from_str(json).or_else(|error| {
                // A type without content, as `()` is, takes any answer, as it does in XML.
                match size_of::<T>() {
                    0 => T::deserialize(UnitDeserializer::new())
                        .map_err(|_: ValueError| error.to_string()),
                    _ => Err(error.to_string()),
                }
            }),
            Body::Xml(root) => T::deserialize(View::of(&[root])).map_err(|error| error.to_string()),
        }
    }

    /// The request id of the answer's headers.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id
    }
}

/// Reads an answer; `read` turns a reply that is no error into the response.
///
/// Texts that are kept of an error pass through `redactor`.
pub(crate) fn decode<T>(
    response: &Response<Bytes>,
    redactor: &Redactor<'_>,
    read: impl FnOnce(&RawResponse<'_>) -> Result<T, String>,
) -> Result<T, Error> {
    let reply = open(response, redactor)?;
    read(&reply).map_err(|problem| {
        let body_id = reply.body.envelope().0.request_id;
        let problem = format!("the answer cannot be read: {problem}");
        unreadable(response, redactor, &problem, body_id)
    })
}

/// The answer, if it is not an error.
fn open<'a>(
    response: &'a Response<Bytes>,
    redactor: &Redactor<'_>,
) -> Result<RawResponse<'a>, Error> {
    let status = response.status();
    let header_id = request_id(response);
    let body = parse(response.body(), status.is_success())
        .map_err(|problem| unreadable(response, redactor, &problem, None))?;
    if body.may_be_error(status.is_success()) {
        let (envelope, error) = body.envelope();
        // Half an error still says what it is; half a success says nothing.
        let is_whole = error.is_none() || !status.is_success();
        if is_whole && envelope.is_error(status.is_success()) {
            return Err(envelope
                .into_error(status.as_u16(), header_id, redactor)
                .into());
        }
        if !status.is_success() || body.is_named_error() {
            let error =
                error.unwrap_or_else(|| "the answer is an error without an error code".into());
            return Err(unreadable(response, redactor, &error, envelope.request_id));
        }
    }
    Ok(RawResponse {
        body,
        request_id: header_id,
    })
}

fn unreadable(
    response: &Response<Bytes>,
    redactor: &Redactor<'_>,
    problem: &str,
    body_id: Option<String>,
) -> Error {
    let status = response.status();
    let body = response.body().trim_ascii();
    // Much more than is kept, so that no secret is cut before it is found.
    let excerpt = String::from_utf8_lossy(body.get(..16_384).unwrap_or(body));
    let redirect = if status.is_redirection() {
        "a redirect, which is not followed: "
    } else {
        ""
    };
    Error::from(DecodeError::new(
        redactor.clean(&format!("{redirect}{problem}"), 300),
        status.as_u16(),
        body_id
            .as_deref()
            .or(request_id(response))
            .map(|id| redactor.clean(id, 128)),
        redactor.clean(&excerpt, 512),
    ))
}

/// The request id of the answer's headers.
pub(crate) fn request_id(response: &Response<Bytes>) -> Option<&str> {
    static NAME: HeaderName = HeaderName::from_static("x-acs-request-id");
    let id = response.headers().get(&NAME)?.to_str().ok()?;
    (!id.is_empty()).then_some(id)
}

/// Looks at the first character: an object is JSON, a tag is XML.
fn parse(bytes: &[u8], success: bool) -> Result<Body<'_>, String> {
    let bytes = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii();
    match bytes.first() {
        None => Err("the body is empty".into()),
        Some(b'{') if holds_too_much(bytes) => Err("the body holds too many values".into()),
        // An error in another encoding is still told by its code.
        Some(b'{') if !success => Ok(Body::Json(String::from_utf8_lossy(bytes))),
        Some(b'{') => Ok(Body::Json(json::from_bytes(bytes))),
        Some(b'<') => {
            let text = std::str::from_utf8(bytes).map_err(|_| "the body is not UTF-8")?;
            match Element::parse(text) {
                Ok(root) if root.name.eq_ignore_ascii_case("html") => {
                    Err("the body is an HTML page".into())
                }
                Ok(root) => Ok(Body::Xml(root)),
                Err(error) => Err(format!("the body is not an answer in XML: {error}")),
            }
        }
        Some(_) => Err("the body is neither JSON nor XML".into()),
    }
}

/// Every value but the first comes after a comma, or begins an object or a list.
fn holds_too_much(json: &[u8]) -> bool {
    json.len() > MAX_VALUES && memchr3_iter(b',', b'{', b'[', json).count() > MAX_VALUES
}

impl Body<'_> {
    /// Whether it is worth looking for an error: a success in JSON that names no code is read only once.
    fn may_be_error(&self, success: bool) -> bool {
        match self {
            Self::Json(json) if success => CODE_ENDS.iter().any(|end| {
                let json = json.as_bytes();
                let mut ends = end.find_iter(json);
                ends.any(|at| json[..at].ends_with(b"\"C") || json[..at].ends_with(b"\"c"))
            }),
            Self::Json(_) | Self::Xml(_) => true,
        }
    }

    /// What it says as an error, up to a flaw in its form.
    fn envelope(&self) -> (Envelope, Option<String>) {
        match self {
            Self::Json(json) => {
                let mut envelope = Envelope::default();
                let mut json = serde_json::Deserializer::from_str(json);
                let read = (&mut envelope)
                    .deserialize(&mut json)
                    .and_then(|()| json.end());
                let error = read
                    .err()
                    .map(|error| format!("the body is not valid JSON: {error}"));
                (envelope, error)
            }
            Self::Xml(root) => (
                Envelope::from_xml(root.child("Error").unwrap_or(root)),
                None,
            ),
        }
    }

    fn is_named_error(&self) -> bool {
        matches!(self, Self::Xml(root) if root.name.eq_ignore_ascii_case("Error"))
    }
}

/// What an error answer holds, its names compared without regard to case.
#[derive(Default)]
struct Envelope {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    host_id: Option<String>,
    recommend: Option<String>,
    access_denied_detail: AccessDeniedDetail,
    /// It is being read from within an `Error`.
    is_inner: bool,
}

impl Envelope {
    /// Some successes say so by a code.
    fn is_error(&self, success: bool) -> bool {
        let means_success = |code: &str| {
            ["200", "OK", "Success"]
                .iter()
                .any(|ok| ok.eq_ignore_ascii_case(code))
        };
        match self.code.as_deref() {
            None | Some("") => false,
            Some(code) => !(success && means_success(code)),
        }
    }

    fn text_field(&mut self, name: &str) -> Option<&mut Option<String>> {
        let fields = [
            ("Code", &mut self.code),
            ("Message", &mut self.message),
            ("RequestId", &mut self.request_id),
            ("HostId", &mut self.host_id),
            ("Recommend", &mut self.recommend),
        ];
        fields
            .into_iter()
            .find_map(|(field, place)| field.eq_ignore_ascii_case(name).then_some(place))
    }

    fn from_xml(root: &Element<'_>) -> Self {
        let text = |name| root.child(name)?.text().map(|text| text.trim().to_owned());
        let mut detail = AccessDeniedDetail::default();
        if let Some(element) = root.child("AccessDeniedDetail") {
            // What came before a flaw is kept.
            let _ = element.read(Place::Object(&mut detail));
        }
        Self {
            code: text("Code"),
            message: text("Message"),
            request_id: text("RequestId"),
            host_id: text("HostId"),
            recommend: text("Recommend"),
            access_denied_detail: detail,
            is_inner: false,
        }
    }

    fn into_error(
        self,
        status: u16,
        header_id: Option<&str>,
        redactor: &Redactor<'_>,
    ) -> ServiceError {
        let clean = |text: &str| redactor.clean(text, 8_192);
        let mut error = ServiceError::new(
            status,
            redactor.clean(self.code.as_deref().unwrap_or_default(), 256),
            without_string_to_sign(&clean(self.message.as_deref().unwrap_or_default())),
        );
        if let Some(id) = self.request_id.as_deref().or(header_id) {
            error = error.with_request_id(redactor.clean(id, 128));
        }
        if let Some(host_id) = self.host_id {
            error = error.with_host_id(clean(&host_id));
        }
        if let Some(recommend) = self.recommend {
            error = error.with_recommend(clean(&recommend));
        }
        if self.access_denied_detail != AccessDeniedDetail::default() {
            error = error.with_access_denied_detail(cleaned(self.access_denied_detail, clean));
        }
        error
    }
}

impl<'de> DeserializeSeed<'de> for &mut Envelope {
    type Value = ();

    /// Fills in field by field, so that what came before a flaw is kept.
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Envelope {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if let Some(place) = self.text_field(&name) {
                let raw = map.next_value()?;
                let is_blank = |text: &String| text.trim().is_empty();
                let text = match name.eq_ignore_ascii_case("RequestId") {
                    // The headers may have it whole.
                    true => scalar(raw).filter(|id| !is_blank(id)),
                    // Whatever a damaged code is, it tells an error.
                    false => scalar(raw).or_else(|| as_written(raw)),
                };
                *place = text
                    .filter(|text| place.is_none() || !is_blank(text))
                    .or(place.take());
            } else if name.eq_ignore_ascii_case("AccessDeniedDetail") {
                let raw = map.next_value::<&RawValue>()?.get();
                let _ = json::read(raw, &mut self.access_denied_detail);
            } else if name.eq_ignore_ascii_case("Error") && !self.is_inner {
                // Some gateways wrap the error once more, and none does so twice: to follow an `Error` in an
                // `Error` would take as much stack as an answer likes. A text there is no error of the service.
                let raw = map.next_value::<&RawValue>()?.get();
                self.is_inner = true;
                let _ = (&mut *self).deserialize(&mut serde_json::Deserializer::from_str(raw));
                self.is_inner = false;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn cleaned(mut detail: AccessDeniedDetail, clean: impl Fn(&str) -> String) -> AccessDeniedDetail {
    let texts = [
        &mut detail.auth_action,
        &mut detail.auth_principal_type,
        &mut detail.auth_principal_display_name,
        &mut detail.auth_principal_owner_id,
        &mut detail.no_permission_type,
        &mut detail.policy_type,
        &mut detail.encoded_diagnostic_message,
    ];
    for text in texts.into_iter().flatten() {
        *text = clean(text);
    }
    detail
}

impl Fields for AccessDeniedDetail {
    fn field(&mut self, name: &str) -> Place<'_> {
        Place::Scalar(match name {
            "AuthAction" => &mut self.auth_action,
            "AuthPrincipalType" => &mut self.auth_principal_type,
            "AuthPrincipalDisplayName" => &mut self.auth_principal_display_name,
            "AuthPrincipalOwnerId" => &mut self.auth_principal_owner_id,
            "NoPermissionType" => &mut self.no_permission_type,
            "PolicyType" => &mut self.policy_type,
            "EncodedDiagnosticMessage" => &mut self.encoded_diagnostic_message,
            _ => return Place::Unread,
        })
    }
}

/// The text of a JSON scalar; anything else is nothing.
fn scalar(raw: &RawValue) -> Option<String> {
    json::text(raw).ok()?.map(Cow::into_owned)
}

/// A damaged text as it is written.
fn as_written(raw: &RawValue) -> Option<String> {
    let text = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    json::text(raw).is_err().then(|| text.to_owned())
}

/// `SignatureDoesNotMatch` repeats the whole request after these words.
fn without_string_to_sign(message: &str) -> String {
    const WORDS: &str = "string to sign is";
    let at = message.to_ascii_lowercase().find(WORDS);
    match at.and_then(|at| message.get(..at + WORDS.len())) {
        Some(start) => format!("{start}: [redacted]"),
        None => message.to_owned(),
    }
}
