//! Compares the canonical forms and the encoder with an independent implementation in this file, based on
//! `percent-encoding`.

use std::collections::{BTreeMap, BTreeSet};

use aliyun_ecs::{CallOptions, Credentials, ResponseFormat, RpcRequest, SignatureVersion};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::{Memory, any_text, config, ready};

/// All characters except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Parses and decodes `name=value&…`; each name occurs once.
fn parse(form: &str) -> BTreeMap<String, String> {
    let pairs: Vec<_> = form.split('&').filter(|pair| !pair.is_empty()).collect();
    let parsed: BTreeMap<_, _> = pairs
        .iter()
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (decode(name), decode(value))
        })
        .collect();
    assert_eq!(parsed.len(), pairs.len(), "a name occurs twice");
    parsed
}

/// The canonical form of parameters, sorted by the bytes of their names.
fn canonical(parameters: &BTreeMap<String, String>) -> String {
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Parameters that the client does not set itself.
fn parameters() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(any_text(), any_text(), 0..8).prop_map(|mut map| {
        map.remove("");
        map
    })
}

/// The request that is sent with these parameters, credentials and settings.
fn sent(
    parameters: &BTreeMap<String, String>,
    keys: Credentials,
    version: SignatureVersion,
    format: ResponseFormat,
) -> http::Request<Bytes> {
    let memory = Memory::default();
    memory.response(200, r#"{"RequestId":"R"}"#);
    let client = memory
        .builder()
        .credentials(keys)
        .signature_version(version)
        .response_format(format)
        .build()
        .unwrap();
    let request = RpcRequest::<()>::new("DescribeDisks");
    let request = parameters
        .iter()
        .fold(request, |request, (name, value)| request.param(name, value));
    ready(client.call(request, CallOptions::default())).unwrap();
    memory.seen()
}

fn format() -> impl Strategy<Value = ResponseFormat> {
    prop_oneof![Just(ResponseFormat::Json), Just(ResponseFormat::Xml)]
}

/// Characters that are valid in a header, and so with V3.
fn visible() -> impl Strategy<Value = String> {
    "[!-~]{1,60}"
}

fn some_text() -> impl Strategy<Value = String> {
    any_text().prop_filter("not empty", |text| !text.is_empty())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_text_is_percent_encoded(name in some_text(), value in any_text()) {
        let parameters = BTreeMap::from([(name.clone(), value.clone())]);
        let keys = Credentials::new("id", "secret");
        let request = sent(&parameters, keys, SignatureVersion::V1, ResponseFormat::Json);
        let body = std::str::from_utf8(request.body()).unwrap();
        let expected = format!("{}={}", encode(&name), encode(&value));
        prop_assert!(body.split('&').any(|pair| pair == expected), "no {expected} in {body}");
    }

    #[test]
    fn v1_signs_the_canonical_form_of_all_parameters(
        parameters in parameters(),
        id in some_text(),
        secret in some_text(),
        token in prop::option::of(some_text()),
        format in format(),
    ) {
        let keys = Credentials::new(&*id, &*secret);
        let keys = match &token {
            Some(token) => keys.with_security_token(&**token),
            None => keys,
        };
        let request = sent(&parameters, keys, SignatureVersion::V1, format);
        prop_assert_eq!(request.uri().path_and_query().unwrap().as_str(), "/");
        let mut form = parse(std::str::from_utf8(request.body()).unwrap());
        let signature = form.remove("Signature").unwrap();
        let to_sign = format!("POST&%2F&{}", encode(&canonical(&form)));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        prop_assert_eq!(signature, STANDARD.encode(mac.finalize().into_bytes()));

        // Only the requested parameters were signed.
        for (name, value) in &parameters {
            prop_assert_eq!(form.remove(name), Some(value.clone()));
        }
        prop_assert_eq!(form.remove("AccessKeyId"), Some(id));
        prop_assert_eq!(form.remove("SecurityToken"), token);
        let left: BTreeSet<_> = form.keys().map(String::as_str).collect();
        let own = ["Action", "Format", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp", "Version"];
        prop_assert_eq!(left, BTreeSet::from(own));
    }

    #[test]
    fn v3_signs_the_canonical_form_of_all_parameters(
        parameters in parameters(),
        id in visible(),
        secret in some_text(),
        token in prop::option::of(visible()),
        format in format(),
    ) {
        let keys = Credentials::new(&*id, &*secret);
        let keys = match &token {
            Some(token) => keys.with_security_token(&**token),
            None => keys,
        };
        let request = sent(&parameters, keys, SignatureVersion::V3, format);
        prop_assert!(request.body().is_empty());
        let mut query = parse(request.uri().query().unwrap_or_default());
        let signed: BTreeMap<_, _> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap().trim()))
            .filter(|(name, _)| *name == "host" || name.starts_with("x-acs-"))
            .collect();
        prop_assert_eq!(signed["host"], request.uri().authority().unwrap().as_str());
        let names = signed.keys().copied().collect::<Vec<_>>().join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let hash = hex(&Sha256::digest(request.body()));
        prop_assert_eq!(signed["x-acs-content-sha256"], &hash);
        let canonical = format!("POST\n/\n{}\n{lines}\n{names}\n{hash}", canonical(&query));
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(&canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        prop_assert_eq!(
            request.headers()["authorization"].to_str().unwrap(),
            format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}")
        );

        for (name, value) in &parameters {
            prop_assert_eq!(query.remove(name), Some(value.clone()));
        }
        let format = (format == ResponseFormat::Xml).then(|| "XML".to_owned());
        prop_assert_eq!(query.remove("Format"), format);
        prop_assert!(query.is_empty(), "{query:?}");
        prop_assert_eq!(signed.get("x-acs-security-token").copied(), token.as_deref());
    }
}
