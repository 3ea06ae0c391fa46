//! Signature version 1 of the RPC protocol: canonical query → string to sign → HMAC-SHA1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};

use super::{Signed, SigningKey, Unsigned, percent};

/// A POST with every parameter in the form body, so that nothing of it is part of a URL.
pub(super) fn sign(unsigned: &Unsigned<'_>) -> Signed {
    let timestamp = unsigned.timestamp();
    // In the order that the canonical query wants.
    let common = [
        ("AccessKeyId", Some(unsigned.access_key_id)),
        ("Action", Some(unsigned.action)),
        (
            "Format",
            Some(if unsigned.wants_xml { "XML" } else { "JSON" }),
        ),
        ("SecurityToken", unsigned.security_token),
        ("SignatureMethod", Some("HMAC-SHA1")),
        ("SignatureNonce", Some(unsigned.nonce)),
        ("SignatureVersion", Some("1.0")),
        ("Timestamp", Some(&*timestamp)),
        ("Version", Some(unsigned.version)),
    ];
    let size = unsigned.params.size() + unsigned.security_token.map_or(0, str::len);
    let mut canonical = Canonical::new("POST", size + 256);
    let push = |name: &str, value: &str| canonical.push(name, value);
    unsigned.params.merged_with(&common, push);
    let signature = signature(unsigned.key, &canonical.string_to_sign);
    let mut body = canonical.query;
    body.extend_from_slice(b"&Signature=");
    percent::encode_into(&mut body, &signature);

    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = unsigned.uri.clone();
    *request.headers_mut() = headers(unsigned);
    Signed { request, signature }
}

fn headers(unsigned: &Unsigned<'_>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(ACCEPT, unsigned.accept());
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    headers.insert(USER_AGENT, unsigned.user_agent.clone());
    headers
}

/// `name=value&…`, both sides encoded, in the order given.
pub(crate) fn canonical_query<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in params {
        push_pair(&mut out, name, value);
    }
    out
}

/// Appends `&` where there is something before, then `name=value`, encoded.
pub(super) fn push_pair(out: &mut Vec<u8>, name: &str, value: &str) {
    if !out.is_empty() {
        out.push(b'&');
    }
    percent::encode_into(out, name);
    out.push(b'=');
    percent::encode_into(out, value);
}

/// The canonical query, and the string to sign: `METHOD&%2F&` and the query, encoded once more.
///
/// Written side by side, since they differ only in how separators and percent signs look.
struct Canonical {
    query: Vec<u8>,
    string_to_sign: Vec<u8>,
}

impl Canonical {
    /// Nothing yet, with room for about `size` bytes.
    fn new(method: &str, size: usize) -> Self {
        let mut string_to_sign = Vec::with_capacity(size + size / 4);
        string_to_sign.extend_from_slice(method.as_bytes());
        string_to_sign.extend_from_slice(b"&%2F&");
        Self {
            query: Vec::with_capacity(size + size / 8),
            string_to_sign,
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        let (query, string_to_sign) = (&mut self.query, &mut self.string_to_sign);
        if !query.is_empty() {
            query.push(b'&');
            string_to_sign.extend_from_slice(b"%26");
        }
        percent::encode_into_both(query, string_to_sign, name);
        query.push(b'=');
        string_to_sign.extend_from_slice(b"%3D");
        percent::encode_into_both(query, string_to_sign, value);
    }
}

/// Base64 of the HMAC-SHA1.
fn signature(key: &SigningKey, string_to_sign: &[u8]) -> String {
    STANDARD.encode(key.hmac_sha1(string_to_sign))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        name: String,
        #[serde(default)]
        algorithm: String,
        method: String,
        #[serde(alias = "secret", default)]
        access_key_secret: String,
        #[serde(default)]
        params: BTreeMap<String, String>,
        canonical_query: Option<String>,
        #[serde(alias = "sts")]
        string_to_sign: Option<String>,
        #[serde(alias = "sig", default)]
        signature: String,
    }

    #[derive(serde::Deserialize)]
    struct Published {
        v1: Vec<Vector>,
    }

    fn check(vector: &Vector) {
        let params: Vec<_> = vector
            .params
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let mut canonical = Canonical::new(&vector.method, 0);
        params
            .iter()
            .for_each(|(name, value)| canonical.push(name, value));
        let (query, to_sign) = (canonical.query, canonical.string_to_sign);
        assert_eq!(query, canonical_query(params), "{}", vector.name);
        if let Some(expected) = &vector.canonical_query {
            assert_eq!(query, expected.as_bytes(), "{}", vector.name);
        }
        if let Some(expected) = &vector.string_to_sign {
            assert_eq!(to_sign, expected.as_bytes(), "{}", vector.name);
        }
        let key = SigningKey::new(&vector.access_key_secret).unwrap();
        assert_eq!(
            signature(&key, &to_sign),
            vector.signature,
            "{}",
            vector.name
        );
    }

    #[test]
    fn the_vectors_pass_at_every_stage() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../../tests/data/signature_vectors.json")).unwrap();
        let vectors: Vec<_> = vectors.iter().filter(|v| v.algorithm == "V1").collect();
        assert_eq!(vectors.len(), 6);
        vectors.into_iter().for_each(check);
    }

    #[test]
    fn the_published_vectors_pass() {
        let published: Published =
            serde_json::from_str(include_str!("../../tests/data/published_vectors.json")).unwrap();
        assert_eq!(published.v1.len(), 5);
        published.v1.iter().for_each(check);
    }
}
