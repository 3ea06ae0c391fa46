//! A request, parsed.

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, Utc};
use std::str::FromStr;

use super::errors::Rejection;
use super::world::World;

/// Parameters by name. The same name may occur more than once.
pub(super) type Parameters = Vec<(String, String)>;

/// The signature scheme that a request used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceivedSignature {
    /// RPC, HMAC-SHA1: everything is a parameter.
    V1,
    /// ACS3-HMAC-SHA256: an `Authorization` header.
    V3,
}

/// The parameters that any request may have: those of the signature, and account parameters of older SDKs.
const COMMON: [&str; 18] = [
    "AccessKeyId",
    "Action",
    "Format",
    "OwnerAccount",
    "OwnerId",
    "RegionId",
    "ResourceOwnerAccount",
    "ResourceOwnerId",
    "SecureTransport",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "SourceRegionId",
    "Timestamp",
    "Version",
];

/// A parsed request.
pub(super) struct Incoming {
    pub(super) method: String,
    pub(super) path: String,
    /// The parameters of the URL only, sorted, as V3 signs them.
    pub(super) query: Parameters,
    /// The parameters of the URL and of a form body, sorted, as V1 signs them and operations read them.
    pub(super) parameters: Parameters,
    /// Names in lower case.
    pub(super) headers: Parameters,
    pub(super) body: Bytes,
}

impl Incoming {
    pub(super) fn new(head: &http::request::Parts, body: Bytes) -> Self {
        let headers: Parameters = head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), value.into_owned())
            })
            .collect();
        let mut query = parse_form(head.uri.query().unwrap_or_default());
        query.sort();
        let mut parameters = query.clone();
        if find(&headers, "content-type").is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .starts_with("application/x-www-form-urlencoded")
        }) {
            parameters.extend(parse_form(&String::from_utf8_lossy(&body)));
            parameters.sort();
        }
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query,
            parameters,
            headers,
            body,
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }

    /// The parameter, unless it is empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Rejection> {
        self.given(name).ok_or_else(|| Rejection::missing(name))
    }

    /// The parameter as a number, or `default` if it is missing.
    pub(super) fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, Rejection> {
        match self.given(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Rejection::invalid(name)),
        }
    }

    /// The parameter as a boolean, in any case or as a digit, as the gateway accepts it.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Rejection> {
        let text = self.given(name).map(str::to_ascii_lowercase);
        match text.as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(Rejection::invalid(name)),
        }
    }

    /// The parameter as a JSON array of strings.
    pub(super) fn json_list(&self, name: &str) -> Result<Option<Vec<String>>, Rejection> {
        let list = self.given(name).map(serde_json::from_str).transpose();
        list.map_err(|_| Rejection::invalid(name))
    }

    /// The values of `name.1`, `name.2` and so on.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        (1..=1000)
            .map_while(|number| self.parameter(&format!("{name}.{number}")))
            .collect()
    }

    /// The structures `name.1.field`, `name.2.field` and so on: for each number the values of these fields.
    pub(super) fn structures<const N: usize>(
        &self,
        name: &str,
        fields: [&str; N],
    ) -> Vec<[Option<&str>; N]> {
        (1..=1000)
            .map(|number| fields.map(|field| self.parameter(&format!("{name}.{number}.{field}"))))
            .take_while(|values| values.iter().any(Option::is_some))
            .collect()
    }

    /// Rejects parameters that the operation does not simulate, so that no filter or option is silently ignored. In
    /// names, `N` matches any number. A setting disables this check.
    pub(super) fn only(&self, world: &World, simulated: &[&str]) -> Result<(), Rejection> {
        if world.settings.ignore_unknown_parameters {
            return Ok(());
        }
        let own = |name: &str| COMMON.contains(&name) || simulated.contains(&name);
        let other = self
            .parameters
            .iter()
            .find(|(name, _)| !own(name) && !own(&numbered(name)));
        match other {
            None => Ok(()),
            Some((name, _)) => Err(Rejection::not_simulated(self.action(), name)),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(super) fn signature(&self) -> ReceivedSignature {
        match self.header("authorization") {
            Some(_) => ReceivedSignature::V3,
            None => ReceivedSignature::V1,
        }
    }

    /// The action's name; empty when there is none.
    pub(super) fn action(&self) -> &str {
        match self.signature() {
            ReceivedSignature::V1 => self.parameter("Action"),
            ReceivedSignature::V3 => self.header("x-acs-action"),
        }
        .unwrap_or_default()
    }
}

/// The name with each number replaced by `N`: `Tag.1.Key` becomes `Tag.N.Key`.
fn numbered(name: &str) -> String {
    let segment = |part: &str| match part.parse::<u32>() {
        Ok(_) => "N".to_owned(),
        Err(_) => part.to_owned(),
    };
    let parts: Vec<String> = name.split('.').map(segment).collect();
    parts.join(".")
}

pub(super) fn find<'a>(pairs: &'a Parameters, name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

pub(super) fn parse_form(text: &str) -> Parameters {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decode(name), percent_decode(value)))
        .collect()
}

/// Form decoding: `+` is a space; a `%` that is not followed by two hex digits stands for itself.
pub(super) fn percent_decode(text: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match (byte, hex(bytes.get(at)), hex(bytes.get(at + 1))) {
            (b'%', Some(high), Some(low)) => {
                // Two hex digits always fit a byte.
                decoded.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => decoded.push(b' '),
            _ => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A UTC time in exactly this form: chrono alone would accept `2018-1-1T1:5Z`.
pub(super) fn parse_time(text: &str, form: &str) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(text, form).ok()?.and_utc();
    (time.format(form).to_string() == text).then_some(time)
}
