//! An answer's bytes → the operation's response, the service's error, or neither.
//!
//! The body decides, not its content type: JSON and XML are understood under either setting.

use std::borrow::Cow;

use bytes::Bytes;
use http::Response;
use memchr::memmem;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Text;
use super::percent;
use super::xml::{Element, View};
use crate::error::{AccessDeniedDetail, DecodeError, Error, ServiceError};
use crate::types::shorten;

/// An answer that is not an error, ready to be read as the operation's response.
#[derive(Debug)]
pub struct Reply<'a> {
    body: Body<'a>,
    request_id: Option<&'a str>,
}

#[derive(Debug)]
enum Body<'a> {
    Json(&'a [u8]),
    Xml(Element<'a>),
}

impl Reply<'_> {
    /// Reads the body as `T`; the error says why it is none.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        match &self.body {
            Body::Json(json) => serde_json::from_slice(json).map_err(|error| error.to_string()),
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
/// Where a text of the answer is kept, every occurrence of `secrets` in it is blotted out.
pub(crate) fn decode<T>(
    answer: &Response<Bytes>,
    secrets: &[&str],
    read: impl FnOnce(&Reply<'_>) -> Result<T, String>,
) -> Result<T, Error> {
    let status = answer.status();
    let header_id = request_id(answer);
    let unreadable = |problem: &str, body_id: Option<String>| {
        let start = answer.body().get(..4096).unwrap_or(answer.body());
        let excerpt = blot(String::from_utf8_lossy(start).trim(), secrets);
        let request_id = body_id.or_else(|| header_id.map(str::to_owned));
        Error::from(DecodeError::new(
            blot(&shorten(problem, 300), secrets),
            status.as_u16(),
            request_id.map(|id| blot(&shorten(&id, 128), secrets)),
            shorten(&excerpt, 512),
        ))
    };
    let body = parse(answer.body()).map_err(|problem| unreadable(&problem, None))?;
    if body.may_be_error(status.is_success()) {
        let envelope = body.envelope();
        if envelope.is_error(status.is_success()) {
            return Err(envelope
                .into_error(status.as_u16(), header_id, secrets)
                .into());
        }
        if !status.is_success() || body.is_named_error() {
            let problem = "the answer is an error without an error code";
            return Err(unreadable(problem, envelope.request_id));
        }
    }
    let reply = Reply {
        body,
        request_id: header_id,
    };
    read(&reply).map_err(|problem| {
        let body_id = reply.body.envelope().request_id;
        unreadable(&format!("the answer cannot be read: {problem}"), body_id)
    })
}

/// The request id of the answer's headers.
pub(crate) fn request_id(answer: &Response<Bytes>) -> Option<&str> {
    let id = answer.headers().get("x-acs-request-id")?.to_str().ok()?;
    (!id.is_empty()).then_some(id)
}

/// Looks at the first character: an object is JSON, a tag is XML.
fn parse(bytes: &[u8]) -> Result<Body<'_>, String> {
    let bytes = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii();
    match bytes.first() {
        None => Err("the body is empty".into()),
        Some(b'{') => Ok(Body::Json(bytes)),
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

impl Body<'_> {
    /// Whether it is worth looking for an error: a success in JSON that names no code is read only once.
    fn may_be_error(&self, success: bool) -> bool {
        match self {
            Self::Json(json) if success => [&b"\"Code\""[..], b"\"code\""]
                .iter()
                .any(|name| memmem::find(json, name).is_some()),
            Self::Json(_) | Self::Xml(_) => true,
        }
    }

    /// What it would say as an error; nothing where it is not even well formed.
    fn envelope(&self) -> Envelope {
        match self {
            Self::Json(json) => serde_json::from_slice(json).unwrap_or_default(),
            Self::Xml(root) => Envelope::from_xml(root),
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
    access_denied_detail: Option<AccessDeniedDetail>,
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
        let text = |name| root.child(name)?.text().map(str::to_owned);
        Self {
            code: text("Code"),
            message: text("Message"),
            request_id: text("RequestId"),
            host_id: text("HostId"),
            recommend: text("Recommend"),
            access_denied_detail: root
                .child("AccessDeniedDetail")
                .and_then(|detail| AccessDeniedDetail::deserialize(View::of(&[detail])).ok()),
        }
    }

    fn into_error(self, status: u16, header_id: Option<&str>, secrets: &[&str]) -> ServiceError {
        let clean = |text: String| blot(&shorten(&text, 8_192), secrets);
        let mut error = ServiceError::new(
            status,
            clean(self.code.unwrap_or_default()),
            without_string_to_sign(&clean(self.message.unwrap_or_default())),
        );
        if let Some(id) = self.request_id.as_deref().or(header_id) {
            error = error.with_request_id(blot(&shorten(id, 128), secrets));
        }
        if let Some(host_id) = self.host_id {
            error = error.with_host_id(clean(host_id));
        }
        if let Some(recommend) = self.recommend {
            error = error.with_recommend(clean(recommend));
        }
        if let Some(mut detail) = self.access_denied_detail {
            for text in detail.texts_mut() {
                *text = clean(std::mem::take(text));
            }
            error = error.with_access_denied_detail(detail);
        }
        error
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Envelope;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    if let Some(place) = envelope.text_field(&name) {
                        *place = scalar(map.next_value()?);
                    } else if name.eq_ignore_ascii_case("AccessDeniedDetail") {
                        let raw = map.next_value::<&RawValue>()?.get();
                        envelope.access_denied_detail = serde_json::from_str(raw).ok();
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(envelope)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// The text of a JSON scalar; anything else is nothing.
fn scalar(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok().map(|Text(text)| text)
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

/// The text with every occurrence of a secret blotted out: plain, percent-encoded once or twice, or
/// with the slashes of an escaped JSON text.
fn blot(text: &str, secrets: &[&str]) -> String {
    let mut out = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let (mut once, mut twice) = (String::new(), String::new());
        percent::encode_into(&mut once, secret);
        percent::encode_into(&mut twice, &once);
        for form in [&*twice, &once, &secret.replace('/', "\\/"), secret] {
            if out.contains(form) {
                out = out.replace(form, "[redacted]");
            }
        }
    }
    out
}
