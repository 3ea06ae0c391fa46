//! The wire protocol: pure functions, without I/O, clock or randomness.

mod decode;
mod fields;
mod json;
mod key;
mod params;
mod percent;
mod redact;
mod sign_v1;
mod sign_v3;
mod xml;

use bytes::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use http::{HeaderValue, Request, Uri};

pub(crate) use decode::{Reply, decode, request_id};
pub(crate) use fields::{Fields, Items, Place, Value};
pub(crate) use json::read as read_json;
pub(crate) use key::SigningKey;
pub(crate) use params::{Params, Sorted};
pub(crate) use redact::Redactor;
pub(crate) use sign_v1::canonical_query as form;

use crate::error::{CredentialsError, Error};

/// The version of the ECS API.
pub(crate) const ECS_VERSION: &str = "2014-05-26";

/// All that one attempt's request is made of.
#[derive(Clone, Copy)]
pub(crate) struct Unsigned<'a> {
    /// The place without a path, for instance `https://ecs.aliyuncs.com/`.
    pub(crate) uri: &'a Uri,
    pub(crate) action: &'a str,
    /// The version of the API that has the action.
    pub(crate) version: &'a str,
    pub(crate) params: &'a Sorted<'a>,
    pub(crate) wants_xml: bool,
    pub(crate) user_agent: &'a HeaderValue,
    pub(crate) access_key_id: &'a str,
    pub(crate) key: &'a SigningKey,
    pub(crate) security_token: Option<&'a str>,
    pub(crate) time: DateTime<Utc>,
    pub(crate) nonce: &'a str,
}

/// A request to send, and its signature, so that answers that echo it can be blotted.
pub(crate) struct Signed {
    pub(crate) request: Request<Bytes>,
    pub(crate) signature: String,
}

impl Unsigned<'_> {
    /// Signs with HMAC-SHA1.
    pub(crate) fn sign_v1(&self) -> Signed {
        sign_v1::sign(self)
    }

    /// Signs with ACS3-HMAC-SHA256.
    pub(crate) fn sign_v3(&self) -> Result<Signed, Error> {
        sign_v3::sign(self)
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`
    fn timestamp(&self) -> String {
        let (date, time) = (self.time.date_naive(), self.time.time());
        let mut out = String::with_capacity(20);
        push_digits(&mut out, date.year().unsigned_abs(), 4);
        for (mark, number) in [
            ('-', date.month()),
            ('-', date.day()),
            ('T', time.hour()),
            (':', time.minute()),
            (':', time.second()),
        ] {
            out.push(mark);
            push_digits(&mut out, number, 2);
        }
        out.push('Z');
        out
    }

    fn accept(&self) -> HeaderValue {
        HeaderValue::from_static(if self.wants_xml {
            "application/xml"
        } else {
            "application/json"
        })
    }
}

/// The last `width` digits of a number: chrono's formatter takes ten times as long.
fn push_digits(out: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

/// A header whose text may come from the credentials.
fn credentials_header(name: &str, value: Bytes) -> Result<HeaderValue, Error> {
    let header = match value.is_ascii() {
        true => HeaderValue::from_maybe_shared(value).ok(),
        false => None,
    };
    let mut header = header.ok_or_else(|| {
        CredentialsError::failed(
            "the provider",
            format!("{name} would hold characters that no header can carry: look for line breaks in them"),
        )
    })?;
    header.set_sensitive(true);
    Ok(header)
}
