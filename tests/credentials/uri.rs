//! Credentials from a URL.

use aliyun_ecs::credentials::{ProvideCredentials, UriProvider};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn credentials_are_loaded_from_a_url_on_this_machine() {
    let server = MockServer::start().await;
    let body = r#"{"Code":"Success","AccessKeyId":"i","AccessKeySecret":"s","SecurityToken":"t",
        "Expiration":"2026-11-23T13:00:00Z"}"#;
    Mock::given(method("GET"))
        .and(path("/keys"))
        .and(query_param("user", "me"))
        .and(header("accept", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(&server)
        .await;
    let provider = UriProvider::new(format!("{}/keys?user=me", server.uri()));
    let credentials = provider.provide_credentials().await.unwrap();
    assert_eq!(credentials.access_key_id(), "i");
    assert_eq!(credentials.security_token(), Some("t"));
    assert_eq!(format!("{provider:?}"), "UriProvider");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "http://192.0.2.1/");
    Mock::given(method("GET"))
        .respond_with(elsewhere)
        .mount(&server)
        .await;
    let provider = UriProvider::new(server.uri());
    let error = provider.provide_credentials().await.unwrap_err();
    assert!(error.to_string().contains("HTTP 302"), "{error}");
}
