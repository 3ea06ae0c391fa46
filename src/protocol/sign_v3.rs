//! Signature version 3 (ACS3-HMAC-SHA256): canonical request → string to sign → HMAC-SHA256.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request};
use sha2::{Digest, Sha256};

use super::sign_v1::canonical_query;
use super::{Signed, Unsigned, credentials_header, unusable_secret};
use crate::error::{Error, ValidationError};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// SHA-256 of the empty body that every request has.
const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A POST with the operation's parameters in the query and an empty body; `host` and every
/// `x-acs-…` header is signed, while `accept` and `user-agent`, which proxies rewrite, are not.
pub(super) fn sign(unsigned: &Unsigned<'_>) -> Result<Signed, Error> {
    // JSON is what the service answers by default here, so only XML is asked for.
    let format: &[_] = if unsigned.wants_xml {
        &[("Format", "XML")]
    } else {
        &[]
    };
    let query = canonical_query(&unsigned.params.sorted_with(format));
    let timestamp = unsigned.timestamp();
    // In the order that the canonical request wants.
    let all = [
        ("host", Some(unsigned.authority)),
        (
            "x-acs-accesskey-id",
            unsigned.security_token.map(|_| unsigned.access_key_id),
        ),
        ("x-acs-action", Some(unsigned.action)),
        ("x-acs-content-sha256", Some(EMPTY_BODY)),
        ("x-acs-date", Some(&*timestamp)),
        ("x-acs-security-token", unsigned.security_token),
        ("x-acs-signature-nonce", Some(unsigned.nonce)),
        ("x-acs-version", Some(unsigned.version)),
    ];
    let signed_headers: Vec<(&'static str, &str)> = all
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();

    let canonical_request = canonical_request("POST", &query, &signed_headers, EMPTY_BODY);
    let signature = signature(
        unsigned.access_key_secret,
        &string_to_sign(&canonical_request),
    )?;
    let authorization = authorization(unsigned.access_key_id, &signed_headers, &signature);

    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = unsigned.uri(&query).map_err(too_long)?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, unsigned.accept());
    // Gateways refuse a POST that does not tell its length.
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(USER_AGENT, unsigned.user_agent.clone());
    for (name, value) in signed_headers {
        headers.insert(
            HeaderName::from_static(name),
            credentials_header(name, value)?,
        );
    }
    headers.insert(
        AUTHORIZATION,
        credentials_header("authorization", &authorization)?,
    );
    Ok(Signed { request, signature })
}

/// A URL has an end; a form body has none.
pub(super) fn too_long(_: http::Error) -> Error {
    Error::Validation(ValidationError::single(
        "the query",
        "",
        "does not fit into a URL: send it with SignatureVersion::V1, which uses the body",
    ))
}

fn canonical_request(
    method: &str,
    query: &str,
    headers: &[(&str, &str)],
    body_hash: &str,
) -> String {
    let mut out = format!("{method}\n/\n{query}\n");
    for (name, value) in headers {
        out.extend([name, ":", value.trim(), "\n"]);
    }
    out.push('\n');
    push_names(&mut out, headers);
    out.push('\n');
    out.push_str(body_hash);
    out
}

/// `a;b;c`
fn push_names(out: &mut String, headers: &[(&str, &str)]) {
    for (index, (name, _)) in headers.iter().enumerate() {
        if index > 0 {
            out.push(';');
        }
        out.push_str(name);
    }
}

fn string_to_sign(canonical_request: &str) -> String {
    let mut out = format!("{ALGORITHM}\n");
    push_hex(&mut out, &Sha256::digest(canonical_request));
    out
}

/// Hex of the HMAC-SHA256 under the secret.
fn signature(secret: &str, string_to_sign: &str) -> Result<String, Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(unusable_secret)?;
    mac.update(string_to_sign.as_bytes());
    let mut out = String::with_capacity(64);
    push_hex(&mut out, &mac.finalize().into_bytes());
    Ok(out)
}

fn authorization(access_key_id: &str, headers: &[(&str, &str)], signature: &str) -> String {
    let mut out = format!("{ALGORITHM} Credential={access_key_id},SignedHeaders=");
    push_names(&mut out, headers);
    out.push_str(",Signature=");
    out.push_str(signature);
    out
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    out.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
        let request = canonical_request(
            "POST",
            &canonical_query(&pairs(query)),
            &headers,
            EMPTY_BODY,
        );
        if let Some(expected) = &vector.canonical_request {
            assert_eq!(&request, expected, "{name}");
        }
        let to_sign = string_to_sign(&request);
        if let Some(expected) = &vector.string_to_sign {
            assert_eq!(&to_sign, expected, "{name}");
        }
        if let Some(expected) = &vector.hash_cr {
            assert_eq!(to_sign, format!("{ALGORITHM}\n{expected}"), "{name}");
        }
        let signature = signature(secret, &to_sign).unwrap();
        assert_eq!(
            authorization(id, &headers, &signature),
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
