//! Verification of signature V1 or V3, timestamp, nonce, access key and security token. It is written from the
//! specification and shares no code with the client.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::{HashSet, VecDeque};

use super::errors::{self, Rejection};
use super::request::{Incoming, Parameters, ReceivedSignature, parse_time};

pub(super) const ACCESS_KEY_ID: &str = "simulator-access-key-id";
pub(super) const ACCESS_KEY_SECRET: &str = "simulator-access-key-secret";

const API_VERSION: &str = "2014-05-26";
const V3_ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// How much a timestamp may differ from the gateway's clock, and how long a nonce is remembered.
const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// The headers that V3 requires, each with the name that errors use for it.
const V3_REQUIRED: [(&str, &str); 6] = [
    ("host", "Host"),
    ("x-acs-action", "Action"),
    ("x-acs-version", "Version"),
    ("x-acs-date", "TimeStamp"),
    ("x-acs-signature-nonce", "SignatureNonce"),
    ("x-acs-content-sha256", "x-acs-content-sha256"),
];

/// The state that is kept between requests.
#[derive(Default)]
pub(super) struct Verifier {
    pub(super) security_token: Option<String>,
    nonces: Nonces,
}

/// The nonces of the window, by their digest, which has a fixed size.
#[derive(Default)]
struct Nonces {
    known: HashSet<[u8; 32]>,
    /// In the order in which they were used, which is the order in which they expire.
    queue: VecDeque<(DateTime<Utc>, [u8; 32])>,
}

impl Nonces {
    /// Records a nonce; returns whether it is new.
    fn insert(&mut self, nonce: &str, now: DateTime<Utc>) -> bool {
        while let Some((used, digest)) = self.queue.front()
            && now.signed_duration_since(*used) > WINDOW
        {
            self.known.remove(digest);
            self.queue.pop_front();
        }
        let digest: [u8; 32] = Sha256::digest(nonce).into();
        let new = self.known.insert(digest);
        if new {
            self.queue.push_back((now, digest));
        }
        new
    }
}

/// The claims of a request and the expected values, for both schemes.
struct Claim<'a> {
    version: &'a str,
    timestamp: &'a str,
    access_key_id: &'a str,
    security_token: Option<&'a str>,
    nonce: &'a str,
    signature: &'a str,
    string_to_sign: String,
    /// `None` with V1.
    canonical_request: Option<String>,
    /// `None` when no signature can match.
    expected: Option<String>,
}

impl Verifier {
    /// Verifies a request. With `canonical_request` the error of a wrong signature has the newer wording.
    pub(super) fn verify(
        &mut self,
        incoming: &Incoming,
        now: DateTime<Utc>,
        canonical_request: bool,
    ) -> Result<(), Rejection> {
        if !matches!(incoming.method.as_str(), "GET" | "POST") {
            return Err(errors::METHOD);
        }
        let claim = match incoming.signature() {
            ReceivedSignature::V1 => claim_v1(incoming)?,
            ReceivedSignature::V3 => claim_v3(incoming)?,
        };
        if claim.version != API_VERSION {
            return Err(errors::VERSION);
        }
        let sent = parse_time(claim.timestamp, "%Y-%m-%dT%H:%M:%SZ");
        let sent = sent.ok_or(errors::TIMESTAMP_FORMAT)?;
        if now.signed_duration_since(sent).abs() > WINDOW {
            return Err(errors::TIMESTAMP_EXPIRED);
        }
        if claim.access_key_id != ACCESS_KEY_ID {
            return Err(errors::KEY_NOT_FOUND);
        }
        match (self.security_token.as_deref(), claim.security_token) {
            (Some(_), None) => return Err(errors::TOKEN_MISSING),
            (expected, sent) if expected != sent => return Err(errors::TOKEN_MISMATCH),
            _ => {}
        }
        if claim.expected.as_deref() != Some(claim.signature) {
            let canonical = claim.canonical_request.filter(|_| canonical_request);
            return Err(Rejection::signature(
                &claim.string_to_sign,
                canonical.as_deref(),
            ));
        }
        // Last, so that only requests with a correct signature use their nonce.
        match self.nonces.insert(claim.nonce, now) {
            true => Ok(()),
            false => Err(errors::NONCE_USED),
        }
    }
}

fn claim_v1(incoming: &Incoming) -> Result<Claim<'_>, Rejection> {
    let given = |name| incoming.parameter(name).filter(|value| !value.is_empty());
    let required = |name| given(name).ok_or_else(|| Rejection::missing(name));
    required("Action")?;
    let version = required("Version")?;
    let access_key_id = required("AccessKeyId")?;
    let signature = required("Signature")?;
    // The service's message has this spelling.
    let timestamp = given("Timestamp").ok_or_else(|| Rejection::missing("TimeStamp"))?;
    let nonce = required("SignatureNonce")?;
    if required("SignatureMethod")? != "HMAC-SHA1" {
        return Err(errors::SIGNATURE_METHOD);
    }
    if required("SignatureVersion")? != "1.0" {
        return Err(errors::SIGNATURE_VERSION);
    }
    let string_to_sign = v1_string_to_sign(&incoming.method, &incoming.parameters);
    let expected = v1_signature(ACCESS_KEY_SECRET, &string_to_sign);
    let security_token = given("SecurityToken");
    Ok(Claim {
        version,
        timestamp,
        access_key_id,
        security_token,
        nonce,
        signature,
        string_to_sign,
        canonical_request: None,
        expected,
    })
}

fn claim_v3(incoming: &Incoming) -> Result<Claim<'_>, Rejection> {
    let authorization = incoming.header("authorization").unwrap_or_default();
    let (algorithm, fields) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if algorithm != V3_ALGORITHM {
        return Err(errors::SIGNATURE_METHOD);
    }
    let field = |name: &str| {
        let mut pairs = fields
            .split(',')
            .filter_map(|field| field.trim().split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .ok_or(errors::INCOMPLETE_SIGNATURE)
    };
    let (access_key_id, signature) = (field("Credential")?, field("Signature")?);
    let signed: Vec<&str> = field("SignedHeaders")?.split(';').collect();

    let required = |header| incoming.header(header).filter(|value| !value.is_empty());
    for (header, parameter) in V3_REQUIRED {
        required(header).ok_or_else(|| Rejection::missing(parameter))?;
    }
    let must_be_signed = |name: &str| name == "host" || name.starts_with("x-acs-");
    let all_signed = incoming
        .headers
        .iter()
        .all(|(name, _)| !must_be_signed(name) || signed.contains(&name.as_str()));
    if !all_signed {
        return Err(errors::INCOMPLETE_SIGNATURE);
    }

    let body_hash = hex(&Sha256::digest(&incoming.body));
    let declared = required("x-acs-content-sha256").unwrap_or_default();
    let headers: Parameters = incoming
        .headers
        .iter()
        .filter(|(name, _)| signed.contains(&name.as_str()))
        .cloned()
        .collect();
    let canonical = v3_canonical_request(
        &incoming.method,
        &incoming.path,
        &incoming.query,
        &headers,
        &body_hash,
    );
    let string_to_sign = v3_string_to_sign(&canonical);
    let signed_this_body = declared == body_hash;
    let expected = v3_signature(ACCESS_KEY_SECRET, &string_to_sign).filter(|_| signed_this_body);
    Ok(Claim {
        version: required("x-acs-version").unwrap_or_default(),
        timestamp: required("x-acs-date").unwrap_or_default(),
        access_key_id,
        security_token: required("x-acs-security-token"),
        nonce: required("x-acs-signature-nonce").unwrap_or_default(),
        signature,
        string_to_sign,
        canonical_request: Some(canonical),
        expected,
    })
}

/// `parameters` must be sorted. A `Signature` among them is not part of what is signed.
fn v1_string_to_sign(method: &str, parameters: &Parameters) -> String {
    let signed: Parameters = parameters
        .iter()
        .filter(|(name, _)| name != "Signature")
        .cloned()
        .collect();
    format!("{method}&%2F&{}", percent_encode(&canonical_query(&signed)))
}

/// HMAC accepts a key of any length, so this is never `None`, here and with V3.
fn v1_signature(secret: &str, string_to_sign: &str) -> Option<String> {
    let mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).ok()?;
    Some(BASE64.encode(mac.chain_update(string_to_sign).finalize().into_bytes()))
}

/// `query` must be sorted. `headers` are the signed ones, with names in lower case, in any order.
fn v3_canonical_request(
    method: &str,
    path: &str,
    query: &Parameters,
    headers: &Parameters,
    body_hash: &str,
) -> String {
    let mut headers: Parameters = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.trim().to_owned()))
        .collect();
    headers.sort();
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    let lines: String = names
        .iter()
        .map(|name| {
            let values = headers.iter().filter(|(key, _)| key == name);
            let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
            format!("{name}:{}\n", values.join(","))
        })
        .collect();
    let (query, names) = (canonical_query(query), names.join(";"));
    format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body_hash}")
}

fn v3_string_to_sign(canonical_request: &str) -> String {
    format!(
        "{V3_ALGORITHM}\n{}",
        hex(&Sha256::digest(canonical_request))
    )
}

fn v3_signature(secret: &str, string_to_sign: &str) -> Option<String> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    Some(hex(&mac
        .chain_update(string_to_sign)
        .finalize()
        .into_bytes()))
}

fn canonical_query(sorted: &Parameters) -> String {
    let pairs = sorted.iter();
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    pairs.join("&")
}

/// RFC 3986: all characters except the unreserved ones are encoded.
fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn data(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn pairs(object: &Value) -> Parameters {
        let fields = object.as_object().unwrap().iter();
        let mut pairs: Parameters = fields
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        pairs.sort();
        pairs
    }

    fn empty_hash() -> String {
        hex(&Sha256::digest(""))
    }

    #[test]
    fn every_stage_of_both_schemes_matches_the_signature_vectors() {
        let vectors = data(include_str!("../../tests/data/signature_vectors.json"));
        for vector in vectors.as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            if text("algorithm") == "V1" {
                let parameters = pairs(&vector["params"]);
                assert_eq!(canonical_query(&parameters), text("canonical_query"));
                let string_to_sign = v1_string_to_sign(text("method"), &parameters);
                assert_eq!(string_to_sign, text("string_to_sign"));
                let secret = text("access_key_secret");
                assert_eq!(
                    v1_signature(secret, &string_to_sign).unwrap(),
                    text("signature")
                );
            } else {
                let (query, headers) = (pairs(&vector["query"]), pairs(&vector["headers"]));
                let canonical =
                    v3_canonical_request(text("method"), "/", &query, &headers, &empty_hash());
                assert_eq!(canonical, text("canonical_request"));
                assert_eq!(v3_string_to_sign(&canonical), text("string_to_sign"));
                let secret = match text("authorization").contains("testid") {
                    true => "testsecret",
                    false => "YourAccessKeySecret",
                };
                assert_eq!(
                    v3_signature(secret, text("string_to_sign")).unwrap(),
                    text("signature")
                );
            }
        }
    }

    #[test]
    fn signatures_match_the_published_vectors() {
        let vectors = data(include_str!("../../tests/data/published_vectors.json"));
        for vector in vectors["v1"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let string_to_sign = v1_string_to_sign(text("method"), &pairs(&vector["params"]));
            assert_eq!(
                v1_signature(text("secret"), &string_to_sign).unwrap(),
                text("sig")
            );
        }
        for vector in vectors["v3"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let (query, headers) = (pairs(&vector["params"]), pairs(&vector["headers"]));
            let canonical =
                v3_canonical_request(text("method"), "/", &query, &headers, &empty_hash());
            let signature = v3_signature(text("secret"), &v3_string_to_sign(&canonical)).unwrap();
            assert!(text("auth").ends_with(&format!("Signature={signature}")));
        }
    }

    #[test]
    fn header_values_are_trimmed_and_joined_in_order() {
        let headers = [
            ("x-acs-test", " https "),
            ("host", "a"),
            ("x-acs-test", "http"),
        ];
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let canonical = v3_canonical_request("GET", "/", &Vec::new(), &headers, "hash");
        assert_eq!(
            canonical,
            "GET\n/\n\nhost:a\nx-acs-test:http,https\n\nhost;x-acs-test\nhash"
        );
    }
}
