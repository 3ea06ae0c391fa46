//! Credentials, and the settings of providers.

use std::time::Duration;

use aliyun_ecs::credentials::*;
use aliyun_ecs::operation::DescribeRegionsRequest;
use aliyun_ecs::simulator::Simulator;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, Credentials, ErrorKind, RetryConfig, SignatureVersion};
use bytes::Bytes;

use crate::values::{DURATIONS, check, texts};

/// Rejects every request, like STS.
#[derive(Debug)]
struct RejectAll;

impl HttpTransport for RejectAll {
    fn send(
        &self,
        _request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let body = r#"{"Code":"InvalidParameter","Message":"no","RequestId":"R"}"#;
        let response = http::Response::builder().status(400).body(body.into());
        Box::pin(std::future::ready(Ok(response.unwrap())))
    }
}

async fn fails(provider: impl ProvideCredentials, of: &str) {
    match provider.provide_credentials().await {
        Ok(credentials) => panic!("{of} gave {credentials:?}"),
        Err(error) => check(&error, of),
    }
}

#[tokio::test]
async fn arbitrary_credentials_are_rejected_by_the_service_or_before_sending() {
    let simulator = Simulator::start().await;
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        for text in texts() {
            for credentials in [
                Credentials::new(&*text, "secret"),
                Credentials::new("id", &*text),
                Credentials::new("id", "secret").with_security_token(&*text),
                Credentials::new(&*text, &*text).with_security_token(&*text),
            ] {
                let client = simulator
                    .client_builder()
                    .credentials(credentials)
                    .signature_version(version)
                    .retry(RetryConfig::disabled())
                    .build()
                    .unwrap();
                let request = DescribeRegionsRequest::builder().build().unwrap();
                let error = client.describe_regions(request).await.unwrap_err();
                check(&error, "credentials");
                // The server does not read headers of 64 KiB.
                let is_reported = matches!(
                    error.kind(),
                    ErrorKind::Service(_) | ErrorKind::Credentials(_)
                );
                assert!(
                    is_reported || (version == SignatureVersion::V3 && text.len() > 20_000),
                    "{text:?}: {error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn providers_reject_arbitrary_settings_with_an_error() {
    for text in texts() {
        let text = &*text;
        let role = |arn: &str| {
            AssumeRoleProvider::new(Credentials::new("i", "s"), arn).transport(RejectAll)
        };
        fails(role(text), "role_arn").await;
        fails(role("r").session_name(text), "session_name").await;
        fails(role("r").policy(text), "policy").await;
        fails(role("r").external_id(text), "external_id").await;
        fails(role("r").sts_region(text), "sts_region").await;
        fails(role("r").endpoint(text), "endpoint").await;
        fails(
            OidcProvider::new(text, text, text).transport(RejectAll),
            "OidcProvider",
        )
        .await;
        fails(UriProvider::new(text).transport(RejectAll), "UriProvider").await;
        fails(
            EcsRamRoleProvider::new().endpoint(text).role_name("r"),
            "endpoint",
        )
        .await;
        let metadata = EcsRamRoleProvider::new().endpoint("http://127.0.0.1:9");
        fails(metadata.role_name(text), "role_name").await;
        fails(
            ProfileProvider::new().file(text).profile(text),
            "ProfileProvider",
        )
        .await;
        fails(
            IniProfileProvider::new().file(text).profile(text),
            "IniProfileProvider",
        )
        .await;
        // No program has this name, so nothing is run.
        let program = format!("no-such-program-{text}");
        fails(ExternalProvider::new(program, [text]), "ExternalProvider").await;
        match ExternalProvider::from_command(&format!("no-such-program {text}")) {
            Ok(provider) => fails(provider, "from_command").await,
            Err(error) => check(&error, "from_command"),
        }
    }
}

#[tokio::test]
async fn any_role_duration_is_sent_to_sts() {
    for duration in DURATIONS.into_iter().chain([Duration::from_secs(900)]) {
        let credentials = Credentials::new("i", "s");
        let provider = AssumeRoleProvider::new(credentials, "r")
            .transport(RejectAll)
            .duration(duration);
        fails(provider, "duration").await;
    }
}
