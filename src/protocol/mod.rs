//! The wire protocol: pure functions, without I/O, clock or randomness.

mod decode;
mod document;
mod fields;
mod foreign;
mod json;
mod key;
mod params;
mod percent;
mod redact;
mod sign_v1;
mod sign_v3;
mod view;
mod xml;

use bytes::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Uri};

pub(crate) use decode::{RawResponse, decode, request_id};
pub(crate) use fields::{Fields, FromText, Items, Slot, Target};
pub(crate) use json::read as read_json;
pub(crate) use key::SigningKey;
pub(crate) use params::{Params, SortedParams, Value};
pub(crate) use redact::Redactor;
pub(crate) use sign_v1::{canonical_query as form, headers as headers_v1};
pub(crate) use sign_v3::headers as headers_v3;

use crate::error::{CredentialsError, Error};

/// The version of the ECS API.
pub(crate) const ECS_VERSION: &str = "2014-05-26";

/// Everything that the request of one attempt consists of.
#[derive(Clone, Copy)]
pub(crate) struct SigningInput<'a> {
    /// The endpoint without a path, for instance `https://ecs.aliyuncs.com/`.
    pub(crate) uri: &'a Uri,
    pub(crate) action: &'a str,
    /// The API version of the action.
    pub(crate) version: &'static str,
    pub(crate) params: &'a SortedParams<'a>,
    pub(crate) wants_xml: bool,
    /// [`headers_v1`] or [`headers_v3`], depending on the signature version.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) access_key_id: &'a str,
    pub(crate) key: &'a SigningKey,
    pub(crate) security_token: Option<&'a str>,
    pub(crate) time: DateTime<Utc>,
    /// The text of a UUID, in which nothing needs encoding.
    pub(crate) nonce: &'a str,
}

/// A request to send, and its signature, which must be redacted if a response repeats it.
pub(crate) struct SignedRequest {
    pub(crate) request: Request<Bytes>,
    pub(crate) signature: String,
}

impl SigningInput<'_> {
    /// Signs with HMAC-SHA1.
    pub(crate) fn sign_v1(&self) -> SignedRequest {
        sign_v1::sign(self)
    }

    /// Signs with ACS3-HMAC-SHA256.
    pub(crate) fn sign_v3(&self) -> Result<SignedRequest, Error> {
        sign_v3::sign(self)
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`. chrono's formatter takes ten times as long.
    fn timestamp<'b>(&self, buffer: &'b mut [u8; 20]) -> &'b str {
        let time = self.time.naive_utc();
        let year = time.year().unsigned_abs();
        *buffer = *b"0000-00-00T00:00:00Z";
        for (at, number) in [
            (0, year / 100),
            (2, year),
            (5, time.month()),
            (8, time.day()),
            (11, time.hour()),
            (14, time.minute()),
            (17, time.second()),
        ] {
            buffer[at] += (number / 10 % 10) as u8;
            buffer[at + 1] += (number % 10) as u8;
        }
        std::str::from_utf8(buffer).unwrap_or_default()
    }
}

/// The headers of both versions of the signature.
fn common_headers(wants_xml: bool, user_agent: HeaderValue) -> HeaderMap {
    let accept = match wants_xml {
        true => "application/xml",
        false => "application/json",
    };
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    // As in the official SDKs: the response needs no decompression.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, user_agent);
    headers
}

/// A header whose value may come from the credentials.
fn credentials_header(name: &str, value: Bytes) -> Result<HeaderValue, Error> {
    let header = match value.is_ascii() {
        true => HeaderValue::from_maybe_shared(value).ok(),
        false => None,
    };
    let mut header = header.ok_or_else(|| {
        CredentialsError::failed(
            "the provider",
            format!("{name} would have characters that a header must not have; check the credentials for line breaks"),
        )
    })?;
    header.set_sensitive(true);
    Ok(header)
}
