//! Signature version 1 of the RPC protocol: canonical query → string to sign → HMAC-SHA1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request};

use super::params::{Part, Remaining};
use super::{SignedRequest, SigningInput, SigningKey, common_headers, percent};

/// A POST with all parameters in the form body, so that none of them is part of a URL.
pub(super) fn sign(unsigned: &SigningInput<'_>) -> SignedRequest {
    let mut timestamp = [0; 20];
    let size = unsigned.params.size() + unsigned.security_token.map_or(0, str::len);
    let mut canonical = Canonical::new("POST", unsigned.params.remaining(), size + 256);
    canonical.name("AccessKeyId").value(unsigned.access_key_id);
    canonical.name("Action").value(unsigned.action);
    let format = canonical.name("Format");
    match unsigned.wants_xml {
        true => format.plain("XML"),
        false => format.plain("JSON"),
    }
    if let Some(token) = unsigned.security_token {
        canonical.name("SecurityToken").value(token);
    }
    canonical.name("SignatureMethod").plain("HMAC-SHA1");
    canonical.name("SignatureNonce").plain(unsigned.nonce);
    canonical.name("SignatureVersion").plain("1.0");
    canonical
        .name("Timestamp")
        .value(unsigned.timestamp(&mut timestamp));
    canonical.name("Version").plain(unsigned.version);
    let (query, string_to_sign) = canonical.finish();
    let signature = signature(unsigned.key, &string_to_sign);
    let mut body = query;
    body.extend_from_slice(b"&Signature=");
    percent::encode_into(&mut body, &signature);

    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = unsigned.uri.clone();
    *request.headers_mut() = unsigned.headers.clone();
    SignedRequest { request, signature }
}

/// The headers that all requests of a client share. They are created once, because a copy costs less.
pub(crate) fn headers(wants_xml: bool, user_agent: HeaderValue) -> HeaderMap {
    let mut headers = common_headers(wants_xml, user_agent);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    headers
}

/// `name=value&…`, both sides encoded, in the order given.
pub(crate) fn canonical_query<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in params {
        push_pair(&mut out, &Part::Any(name.into()), &Part::Any(value.into()));
    }
    out
}

/// Appends `&` unless `out` is empty, then `name=value`, encoded.
pub(super) fn push_pair(out: &mut Vec<u8>, name: &Part<'_>, value: &Part<'_>) {
    let push = |out: &mut Vec<u8>, part: &Part<'_>| match part {
        Part::Plain(text) => out.extend_from_slice(text.as_bytes()),
        Part::Any(text) => percent::encode_into(out, text),
    };
    if !out.is_empty() {
        out.push(b'&');
    }
    push(out, name);
    out.push(b'=');
    push(out, value);
}

/// The canonical query, and the string to sign: `METHOD&%2F&` and the query, encoded again.
///
/// They are written side by side, since they differ only in how separators and percent signs are encoded.
struct Canonical<'a> {
    /// The remaining parameters of the operation.
    own: Remaining<'a>,
    query: Vec<u8>,
    string_to_sign: Vec<u8>,
}

impl<'a> Canonical<'a> {
    /// Creates empty buffers with capacity for about `size` bytes.
    fn new(method: &str, own: Remaining<'a>, size: usize) -> Self {
        let mut string_to_sign = Vec::with_capacity(size + size / 4);
        string_to_sign.extend_from_slice(method.as_bytes());
        string_to_sign.extend_from_slice(b"&%2F&");
        Self {
            own,
            query: Vec::with_capacity(size + size / 8),
            string_to_sign,
        }
    }

    /// Writes the name of a common parameter, after the operation's own ones that sort before it.
    #[inline(always)]
    fn name(&mut self, name: &'static str) -> &mut Self {
        while let Some((name, value)) = self.own.next_before(name) {
            self.pair(name, value);
        }
        self.both(name);
        self
    }

    /// Writes a value that needs no encoding.
    #[inline(always)]
    fn plain(&mut self, value: &str) {
        self.equals();
        self.both(value);
        self.and();
    }

    fn value(&mut self, value: &str) {
        self.equals();
        percent::encode_into_both(&mut self.query, &mut self.string_to_sign, value);
        self.and();
    }

    fn pair(&mut self, name: &Part<'_>, value: &Part<'_>) {
        self.part(name);
        self.equals();
        self.part(value);
        self.and();
    }

    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Plain(text) => self.both(text),
            Part::Any(text) => {
                percent::encode_into_both(&mut self.query, &mut self.string_to_sign, text);
            }
        }
    }

    /// Inlined like its callers, so that a string of known length is written in an instruction or two.
    #[inline(always)]
    fn both(&mut self, plain: &str) {
        self.query.extend_from_slice(plain.as_bytes());
        self.string_to_sign.extend_from_slice(plain.as_bytes());
    }

    #[inline(always)]
    fn equals(&mut self) {
        self.query.push(b'=');
        self.string_to_sign.extend_from_slice(b"%3D");
    }

    #[inline(always)]
    fn and(&mut self) {
        self.query.push(b'&');
        self.string_to_sign.extend_from_slice(b"%26");
    }

    /// Writes the remaining parameters and returns both.
    fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        while let Some((name, value)) = self.own.next() {
            self.pair(name, value);
        }
        // There is no separator after the last parameter.
        if self.query.pop().is_some() {
            self.string_to_sign
                .truncate(self.string_to_sign.len() - b"%26".len());
        }
        (self.query, self.string_to_sign)
    }
}

/// Base64 of the HMAC-SHA1.
fn signature(key: &SigningKey, string_to_sign: &[u8]) -> String {
    STANDARD.encode(key.hmac_sha1(string_to_sign))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Params;
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
        let mut own = Params::new();
        for (name, value) in &vector.params {
            own.add(name, value);
        }
        let own = own.sorted();
        let (query, to_sign) = Canonical::new(&vector.method, own.remaining(), 0).finish();
        let params = vector.params.iter();
        let params = params.map(|(name, value)| (name.as_str(), value.as_str()));
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
