//! Signature version 1 of the RPC protocol: canonical query → string to sign → HMAC-SHA1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{Signed, Unsigned, percent, sign_v3, unusable_secret};
use crate::error::Error;

/// A POST with every parameter in the form body, so that nothing of it is part of a URL.
pub(super) fn sign(unsigned: &Unsigned<'_>) -> Result<Signed, Error> {
    let timestamp = unsigned.timestamp();
    let common = [
        ("AccessKeyId", unsigned.access_key_id),
        ("Action", unsigned.action),
        ("Format", if unsigned.wants_xml { "XML" } else { "JSON" }),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", unsigned.nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", &timestamp),
        ("Version", unsigned.version),
        ("SecurityToken", unsigned.security_token.unwrap_or_default()),
    ];
    let common = match unsigned.security_token {
        Some(_) => &common[..],
        None => &common[..common.len() - 1],
    };
    let params = unsigned.params.sorted_with(common);
    let mut body = canonical_query(&params);
    let signature = signature(unsigned.access_key_secret, &string_to_sign("POST", &body))?;
    body.push_str("&Signature=");
    percent::encode_into(&mut body, &signature);

    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = unsigned.uri("").map_err(sign_v3::too_long)?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, unsigned.accept());
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    headers.insert(USER_AGENT, unsigned.user_agent.clone());
    Ok(Signed { request, signature })
}

/// `name=value&…`, both sides encoded, in the order given.
pub(crate) fn canonical_query(params: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(params.len() * 48);
    for (index, (name, value)) in params.iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        percent::encode_into(&mut out, name);
        out.push('=');
        percent::encode_into(&mut out, value);
    }
    out
}

/// `METHOD&%2F&` and the canonical query, encoded once more.
fn string_to_sign(method: &str, canonical_query: &str) -> String {
    let mut out = String::with_capacity(canonical_query.len() * 5 / 4 + 16);
    out.push_str(method);
    out.push_str("&%2F&");
    percent::encode_canonical_into(&mut out, canonical_query);
    out
}

/// Base64 of the HMAC-SHA1 under the secret and `&`.
fn signature(secret: &str, string_to_sign: &str) -> Result<String, Error> {
    let mut key = Zeroizing::new(String::with_capacity(secret.len() + 1));
    key.push_str(secret);
    key.push('&');
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).map_err(unusable_secret)?;
    mac.update(string_to_sign.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
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
        let query = canonical_query(&params);
        if let Some(expected) = &vector.canonical_query {
            assert_eq!(&query, expected, "{}", vector.name);
        }
        let string_to_sign = string_to_sign(&vector.method, &query);
        if let Some(expected) = &vector.string_to_sign {
            assert_eq!(&string_to_sign, expected, "{}", vector.name);
        }
        let signature = signature(&vector.access_key_secret, &string_to_sign).unwrap();
        assert_eq!(signature, vector.signature, "{}", vector.name);
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
