//! Signature version 3 (ACS3-HMAC-SHA256): canonical request → string to sign → HMAC-SHA256.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use sha2::{Digest, Sha256};

use super::params::Part;
use super::sign_v1::push_pair;
use super::{SignedRequest, SigningInput, SigningKey, common_headers, credentials_header};
use crate::error::{Error, ValidationError};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// SHA-256 of the empty body of every request.
const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static ACCESS_KEY_ID: HeaderName = HeaderName::from_static("x-acs-accesskey-id");
static ACTION: HeaderName = HeaderName::from_static("x-acs-action");
static CONTENT_SHA256: HeaderName = HeaderName::from_static("x-acs-content-sha256");
static DATE: HeaderName = HeaderName::from_static("x-acs-date");
static SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-acs-security-token");
static SIGNATURE_NONCE: HeaderName = HeaderName::from_static("x-acs-signature-nonce");
static VERSION: HeaderName = HeaderName::from_static("x-acs-version");

/// A POST with the operation's parameters in the query and an empty body; `host` and every
/// `x-acs-…` header is signed, while `accept` and `user-agent`, which proxies rewrite, are not.
pub(super) fn sign(unsigned: &SigningInput<'_>) -> Result<SignedRequest, Error> {
    // JSON is the default of this version, so only XML is requested.
    let format = [Part::Plain("Format"), Part::Plain("XML")];
    let [name, value] = &format;
    let format = unsigned.wants_xml.then_some((name, value));
    let mut query = Vec::with_capacity(unsigned.params.size() + 64);
    let mut push = |(name, value): (&Part<'_>, &Part<'_>)| push_pair(&mut query, name, value);
    let mut own = unsigned.params.remaining();
    std::iter::from_fn(|| own.next_before("Format")).for_each(&mut push);
    format.into_iter().chain(own).for_each(&mut push);
    let mut timestamp = [0; 20];
    let timestamp = unsigned.timestamp(&mut timestamp);
    let host = unsigned.uri.authority().map_or("", |host| host.as_str());
    // In the order of the canonical request.
    let all = [
        (&HOST, Some(host)),
        (
            &ACCESS_KEY_ID,
            unsigned.security_token.map(|_| unsigned.access_key_id),
        ),
        (&ACTION, Some(unsigned.action)),
        (&CONTENT_SHA256, Some(EMPTY_BODY)),
        (&DATE, Some(timestamp)),
        (&SECURITY_TOKEN, unsigned.security_token),
        (&SIGNATURE_NONCE, Some(unsigned.nonce)),
        (&VERSION, Some(unsigned.version)),
    ];
    let signed = || {
        all.iter()
            .filter_map(|&(name, value)| Some((name, value?.trim_ascii())))
    };
    let names = names(signed().map(|(name, _)| name.as_str()));
    let lines = signed().map(|(name, value)| (name.as_str(), value));
    let canonical_request = canonical_request("POST", &query, lines, &names, EMPTY_BODY);
    let signature = signature(unsigned.key, &string_to_sign(&canonical_request));
    let authorization = authorization(unsigned.access_key_id, &names, &signature);

    let mut headers = HeaderMap::with_capacity(16);
    for (name, value) in unsigned.headers {
        headers.insert(name, value.clone());
    }
    // The values share the memory of the canonical request.
    let canonical_request = Bytes::from(canonical_request);
    let mut end = "POST\n/\n\n".len() + query.len();
    for (name, value) in signed() {
        let start = end + name.as_str().len() + 1;
        end = start + value.len() + 1;
        let value = canonical_request.slice(start..end - 1);
        headers.insert(name, credentials_header(name.as_str(), value)?);
    }
    let authorization = credentials_header("authorization", authorization.into())?;
    headers.insert(AUTHORIZATION, authorization);
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri(unsigned.uri, &query)?;
    *request.headers_mut() = headers;
    Ok(SignedRequest { request, signature })
}

/// The headers that all requests of a client share.
pub(crate) fn headers(wants_xml: bool, user_agent: HeaderValue) -> HeaderMap {
    let mut headers = common_headers(wants_xml, user_agent);
    // Gateways reject a POST without a length.
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers
}

/// `base`, a scheme and an authority, with this query.
fn uri(base: &Uri, query: &[u8]) -> Result<Uri, Error> {
    if query.is_empty() {
        return Ok(base.clone());
    }
    let mut path = Vec::with_capacity(query.len() + 2);
    path.extend_from_slice(b"/?");
    path.extend_from_slice(query);
    let mut parts = base.clone().into_parts();
    let path = PathAndQuery::from_maybe_shared(Bytes::from(path)).map_err(|_| too_long())?;
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).map_err(|_| too_long())
}

/// A URL has a maximum length; a form body has none.
fn too_long() -> Error {
    ValidationError::single(
        "the query",
        "",
        "does not fit into a URL: send it with SignatureVersion::V1, which uses the body",
    )
    .into()
}

fn canonical_request<'a>(
    method: &str,
    query: &[u8],
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    names: &str,
    body_hash: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(query.len() + 1024);
    let mut push = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
    push(&[method.as_bytes(), b"\n/\n", query, b"\n"]);
    for (name, value) in headers {
        push(&[name.as_bytes(), b":", value.as_bytes(), b"\n"]);
    }
    push(&[b"\n", names.as_bytes(), b"\n", body_hash.as_bytes()]);
    out
}

/// `a;b;c`
fn names<'a>(headers: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::with_capacity(160);
    for name in headers {
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(name);
    }
    out
}

fn string_to_sign(canonical_request: &[u8]) -> String {
    let hash = hex(Sha256::digest(canonical_request).into());
    [ALGORITHM, "\n", text(&hash)].concat()
}

/// Hex of the HMAC-SHA256 under the secret.
fn signature(key: &SigningKey, string_to_sign: &str) -> String {
    text(&hex(key.hmac_sha256(string_to_sign.as_bytes()))).to_owned()
}

fn authorization(access_key_id: &str, names: &str, signature: &str) -> String {
    [
        ALGORITHM,
        " Credential=",
        access_key_id,
        ",SignedHeaders=",
        names,
        ",Signature=",
        signature,
    ]
    .concat()
}

fn hex(bytes: [u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 64];
    for (pair, byte) in out.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 0xF)],
        ];
    }
    out
}

fn text(hex: &[u8]) -> &str {
    std::str::from_utf8(hex).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sign_v1::canonical_query;
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        name: String,
        #[serde(alias = "ak", default)]
        access_key_id: Option<String>,
        #[serde(alias = "secret", default)]
        access_key_secret: Option<String>,
        #[serde(alias = "params")]
        query: BTreeMap<String, String>,
        headers: BTreeMap<String, String>,
        canonical_request: Option<String>,
        string_to_sign: Option<String>,
        hash_cr: Option<String>,
        #[serde(alias = "auth")]
        authorization: String,
    }

    fn check(vector: &Vector, id: &str, secret: &str) {
        let name = &vector.name;
        let id = vector.access_key_id.as_deref().unwrap_or(id);
        let secret = vector.access_key_secret.as_deref().unwrap_or(secret);
        let pairs = |map: &'static BTreeMap<String, String>| -> Vec<(&'static str, &'static str)> {
            map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
        };
        let query: &'static _ = Box::leak(Box::new(vector.query.clone()));
        let headers: &'static _ = Box::leak(Box::new(vector.headers.clone()));
        let headers = pairs(headers);
        let names = names(headers.iter().map(|(name, _)| *name));
        let request = canonical_request(
            "POST",
            &canonical_query(pairs(query)),
            headers.iter().copied(),
            &names,
            EMPTY_BODY,
        );
        if let Some(expected) = &vector.canonical_request {
            assert_eq!(request, expected.as_bytes(), "{name}");
        }
        let to_sign = string_to_sign(&request);
        if let Some(expected) = &vector.string_to_sign {
            assert_eq!(&to_sign, expected, "{name}");
        }
        if let Some(expected) = &vector.hash_cr {
            assert_eq!(to_sign, format!("{ALGORITHM}\n{expected}"), "{name}");
        }
        let signature = signature(&SigningKey::new(secret).unwrap(), &to_sign);
        assert_eq!(
            authorization(id, &names, &signature),
            vector.authorization,
            "{name}"
        );
    }

    #[test]
    fn the_vectors_pass_at_every_stage() {
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/data/signature_vectors.json")).unwrap();
        let vectors: Vec<Vector> = vectors
            .into_iter()
            .filter(|vector| vector["algorithm"] == "V3")
            .map(|vector| serde_json::from_value(vector).unwrap())
            .collect();
        assert_eq!(vectors.len(), 2);
        check(&vectors[0], "YourAccessKeyId", "YourAccessKeySecret");
        check(&vectors[1], "testid", "testsecret");
    }

    #[test]
    fn the_published_vectors_pass() {
        #[derive(serde::Deserialize)]
        struct Published {
            v3: Vec<Vector>,
        }
        let published: Published =
            serde_json::from_str(include_str!("../../tests/data/published_vectors.json")).unwrap();
        assert_eq!(published.v3.len(), 2);
        published.v3.iter().for_each(|vector| check(vector, "", ""));
    }
}
