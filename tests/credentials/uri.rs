//! Credentials from a URL.

use aliyun_ecs::credentials::{ProvideCredentials, UriProvider};

use crate::server::{TestServer, response};

#[tokio::test]
async fn credentials_are_loaded_from_a_url_on_this_machine() {
    let body = r#"{"Code":"Success","AccessKeyId":"i","AccessKeySecret":"s","SecurityToken":"t",
        "Expiration":"2026-11-23T13:00:00Z"}"#;
    let server = TestServer::start(move |_| response(200, body)).await;
    let provider = UriProvider::new(format!("{}/keys?user=me", server.uri));
    let credentials = provider.provide_credentials().await.unwrap();
    assert_eq!(credentials.access_key_id(), "i");
    assert_eq!(credentials.security_token(), Some("t"));
    assert_eq!(format!("{provider:?}"), "UriProvider");
    let request = &server.requests()[0];
    assert_eq!(
        (request.method().as_str(), request.uri().path()),
        ("GET", "/keys")
    );
    assert_eq!(request.uri().query(), Some("user=me"));
    assert_eq!(request.headers()["accept"], "application/json");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let server = TestServer::start(|_| {
        let mut redirect = response(302, "");
        let location = http::HeaderValue::from_static("http://192.0.2.1/");
        redirect.headers_mut().insert("location", location);
        redirect
    })
    .await;
    let provider = UriProvider::new(&server.uri);
    let error = provider.provide_credentials().await.unwrap_err();
    assert!(error.to_string().contains("HTTP 302"), "{error}");
}
