//! Roles: the requests to STS, and the use of its responses.

use std::collections::BTreeMap;
use std::time::Duration;

use aliyun_ecs::Credentials;
use aliyun_ecs::credentials::{
    AssumeRoleProvider, CredentialsErrorKind, OidcProvider, ProvideCredentials,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::server::{TestServer, response};

const RESPONSE: &str = r#"{"RequestId":"REQ-1","Credentials":{"AccessKeyId":"STS.role",
    "AccessKeySecret":"role-secret","SecurityToken":"role-token","Expiration":"2026-11-23T13:00:00Z"}}"#;

async fn server(status: u16, body: &'static str) -> TestServer {
    TestServer::start(move |_| response(status, body)).await
}

fn encode(text: &str) -> String {
    let unreserved = |b: &u8| b.is_ascii_alphanumeric() || b"-_.~".contains(b);
    text.bytes()
        .map(|b| match unreserved(&b) {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// The parameters of the form in the body of a POST without a query.
fn form(request: &http::Request<bytes::Bytes>) -> BTreeMap<String, String> {
    assert_eq!(request.method(), "POST");
    assert_eq!((request.uri().path(), request.uri().query()), ("/", None));
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    let body = std::str::from_utf8(request.body()).unwrap();
    body.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The signature as the specification computes it.
fn signature(form: &BTreeMap<String, String>, secret: &str) -> String {
    let query: Vec<_> = form
        .iter()
        .filter(|(name, _)| *name != "Signature")
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let text = format!("POST&%2F&{}", encode(&query.join("&")));
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn provider(server: &TestServer, source: Credentials) -> AssumeRoleProvider {
    AssumeRoleProvider::new(source, "acs:ram::1:role/resizer")
        .session_name("night@work")
        .endpoint(&server.uri)
}

#[tokio::test]
async fn a_role_is_assumed_with_a_signed_form() {
    let server = server(200, RESPONSE).await;
    let source = Credentials::new("id", "source-secret").with_security_token("source-token");
    let credentials = provider(&server, source)
        .duration(Duration::from_secs(900))
        .policy(r#"{"Version": "1"}"#)
        .external_id("ext 1")
        .provide_credentials()
        .await
        .unwrap();
    assert_eq!(credentials.access_key_id(), "STS.role");
    assert_eq!(credentials.access_key_secret(), "role-secret");
    assert_eq!(credentials.security_token(), Some("role-token"));
    let end = credentials.expiration().unwrap();
    assert_eq!(end.to_rfc3339(), "2026-11-23T13:00:00+00:00");

    let requests = server.requests();
    let form = form(&requests[0]);
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("AccessKeyId", "id"),
        ("SecurityToken", "source-token"),
        ("RoleArn", "acs:ram::1:role/resizer"),
        ("RoleSessionName", "night@work"),
        ("DurationSeconds", "900"),
        ("Policy", r#"{"Version": "1"}"#),
        ("ExternalId", "ext 1"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
    ] {
        assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(form["Signature"], signature(&form, "source-secret"));
    assert_eq!(form.len(), 15, "{form:?}");
}

#[tokio::test]
async fn options_without_a_value_are_not_sent() {
    let server = server(200, RESPONSE).await;
    let provider = provider(&server, Credentials::new("id", "secret"));
    provider.provide_credentials().await.unwrap();
    provider.provide_credentials().await.unwrap();
    let requests = server.requests();
    let (first, second) = (form(&requests[0]), form(&requests[1]));
    assert_eq!(first["DurationSeconds"], "3600");
    for name in ["Policy", "ExternalId", "SecurityToken"] {
        assert!(!first.contains_key(name), "{name}");
    }
    assert_ne!(first["SignatureNonce"], second["SignatureNonce"]);
}

#[tokio::test]
async fn a_role_can_be_the_source_of_another_role() {
    let server = server(200, RESPONSE).await;
    let first = provider(&server, Credentials::new("id", "secret"));
    let second = AssumeRoleProvider::new(first, "acs:ram::2:role/other")
        .session_name("s")
        .endpoint(&server.uri);
    second.provide_credentials().await.unwrap();
    let requests = server.requests();
    let form = form(&requests[1]);
    assert_eq!(form["AccessKeyId"], "STS.role");
    assert_eq!(form["SecurityToken"], "role-token");
    assert_eq!(form["Signature"], signature(&form, "role-secret"));
}

#[tokio::test]
async fn an_error_response_is_quoted_without_secrets() {
    let body = r#"{"RequestId":"REQ-2","Code":"SignatureDoesNotMatch",
        "Message":"source-secret was used, server string to sign is:POST&%2F&AccessKeyId%3Did"}"#;
    let server = server(400, body).await;
    let provider = provider(&server, Credentials::new("id", "source-secret"));
    let error = provider.provide_credentials().await.unwrap_err();
    assert_eq!(error.kind(), CredentialsErrorKind::Failed);
    assert_eq!(
        error.to_string(),
        "no credentials from AssumeRole: STS rejected AssumeRole: SignatureDoesNotMatch: \
         [redacted] was used, server string to sign is: [redacted] (HTTP 400, request id REQ-2)"
    );
}

#[tokio::test]
async fn a_missing_source_credential_is_an_error_of_the_role() {
    let source = provider(&server(403, "{}").await, Credentials::new("", "secret"));
    let role = AssumeRoleProvider::new(source, "acs:ram::1:role/r");
    let error = role.provide_credentials().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no credentials from AssumeRole: the credentials to assume the role with: the provider: \
         the access key id is empty"
    );
}

#[tokio::test]
async fn the_endpoint_of_sts_must_use_https_or_be_local() {
    for endpoint in [
        "http://sts.example.com",
        "sts.example.com/path",
        "https://user@sts.example.com",
        "",
    ] {
        let provider =
            AssumeRoleProvider::new(Credentials::new("id", "secret"), "arn").endpoint(endpoint);
        let error = provider.provide_credentials().await.unwrap_err();
        assert!(error.to_string().contains("the STS endpoint"), "{error}");
    }
}

#[tokio::test]
async fn the_oidc_token_is_read_for_each_refresh_and_sent_in_the_body() {
    let server = server(200, RESPONSE).await;
    let file = std::env::temp_dir().join(format!("aliyun-ecs-{}", uuid::Uuid::new_v4()));
    let provider = OidcProvider::new("acs:ram::1:role/pod", "acs:ram::1:oidc-provider/p", &file)
        .session_name("pod")
        .duration(Duration::from_secs(1800))
        .policy("{}")
        .endpoint(&server.uri);
    for token in ["first-token", "second-token"] {
        std::fs::write(&file, token).unwrap();
        provider.provide_credentials().await.unwrap();
    }
    std::fs::remove_file(&file).unwrap();
    let error = provider.provide_credentials().await.unwrap_err();
    assert!(error.to_string().ends_with("does not exist"), "{error}");

    let requests = server.requests();
    let forms: Vec<_> = requests.iter().map(form).collect();
    assert_eq!(forms[0]["OIDCToken"], "first-token");
    assert_eq!(forms[1]["OIDCToken"], "second-token");
    assert_eq!(forms[0]["Action"], "AssumeRoleWithOIDC");
    assert_eq!(forms[0]["DurationSeconds"], "1800");
    assert_eq!(forms[0]["Policy"], "{}");
    assert!(!forms[0].contains_key("Signature"));
}
