//! Requests: parsed for the simulator's own use, and recorded for the tests that look at them.

use chrono::{DateTime, NaiveDateTime, Utc};

use std::str::FromStr;

use super::errors::Rejection;
use super::response::RawResponse;

/// Parameters by name; the same name may come more than once.
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

/// A request taken apart.
pub(super) struct Incoming {
    pub(super) method: String,
    pub(super) path: String,
    /// The parameters of the URL alone, sorted: what V3 signs.
    pub(super) query: Parameters,
    /// The parameters of the URL and of a form body, sorted: what V1 signs and actions read.
    pub(super) parameters: Parameters,
    /// Names in lower case.
    pub(super) headers: Parameters,
    pub(super) body: Vec<u8>,
}

impl Incoming {
    pub(super) fn new(request: &wiremock::Request) -> Self {
        let headers: Parameters = request
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let mut query = parse_form(request.url.query().unwrap_or_default());
        query.sort();
        let mut parameters = query.clone();
        if find(&headers, "content-type").is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .starts_with("application/x-www-form-urlencoded")
        }) {
            parameters.extend(parse_form(&String::from_utf8_lossy(&request.body)));
            parameters.sort();
        }
        Self {
            method: request.method.to_string(),
            path: request.url.path().to_owned(),
            query,
            parameters,
            headers,
            body: request.body.clone(),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }

    /// The parameter, where it is not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Rejection> {
        self.given(name).ok_or_else(|| Rejection::missing(name))
    }

    /// The parameter as a number, `default` where it is absent.
    pub(super) fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, Rejection> {
        match self.given(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Rejection::invalid(name)),
        }
    }

    /// The items `name.1`, `name.2` and so on.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        (1..=100)
            .map_while(|number| self.parameter(&format!("{name}.{number}")))
            .collect()
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

fn find<'a>(pairs: &'a Parameters, name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn parse_form(text: &str) -> Parameters {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decode(name), percent_decode(value)))
        .collect()
}

/// Form decoding: `+` is a space; a `%` that no two hex digits follow stands for itself.
fn percent_decode(text: &str) -> String {
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

/// A UTC time in exactly this form: chrono alone would let `2018-1-1T1:5Z` pass.
pub(super) fn parse_time(text: &str, form: &str) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(text, form).ok()?.and_utc();
    (time.format(form).to_string() == text).then_some(time)
}

/// A request as the simulator received it, and what it answered.
///
/// Signatures and security tokens are replaced by a fixed word.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use aliyun_ecs::operation::DescribeRegionsRequest;
/// use aliyun_ecs::simulator::Simulator;
///
/// let simulator = Simulator::start().await;
/// let client = simulator.client_builder().build()?;
/// client.describe_regions(DescribeRegionsRequest::builder().build()?).await?;
///
/// let request = &simulator.requests()[0];
/// assert_eq!((request.method(), request.action()), ("POST", "DescribeRegions"));
/// assert_eq!(request.parameter("Signature"), Some("[redacted]"));
/// assert!(request.verified() && request.header("user-agent").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    method: String,
    action: String,
    parameters: Parameters,
    headers: Parameters,
    signature: ReceivedSignature,
    verified: bool,
    http_status: u16,
    error_code: Option<String>,
}

impl ReceivedRequest {
    pub(super) fn new(incoming: &Incoming, verified: bool, reply: &RawResponse) -> Self {
        let redacted = |pairs: &Parameters| {
            let redact = |(name, value): &(String, String)| match name.as_str() {
                "Signature" | "SecurityToken" | "authorization" | "x-acs-security-token" => {
                    (name.clone(), "[redacted]".to_owned())
                }
                _ => (name.clone(), value.clone()),
            };
            pairs.iter().map(redact).collect()
        };
        Self {
            method: incoming.method.clone(),
            action: incoming.action().to_owned(),
            parameters: redacted(&incoming.parameters),
            headers: redacted(&incoming.headers),
            signature: incoming.signature(),
            verified,
            http_status: reply.http_status,
            error_code: reply.error_code.clone(),
        }
    }

    /// The HTTP method, for instance `POST`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The action (`Action`, or `x-acs-action` with V3); empty when the request names none.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Every parameter of the URL and of the form body, the common ones too, decoded and sorted.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// The value of one parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }

    /// Every header; the names are in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The value of one header; `name` may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, &name.to_ascii_lowercase())
    }

    /// The signature scheme.
    pub fn signature(&self) -> ReceivedSignature {
        self.signature
    }

    /// Whether the request passed verification: key, token, time, nonce and signature.
    pub fn verified(&self) -> bool {
        self.verified
    }

    /// The HTTP status of the answer that was sent, a fault's own included.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// The `Code` of the answer that was sent, if it was a service error.
    pub fn error_code(&self) -> Option<&str> {
        self.error_code.as_deref()
    }
}
