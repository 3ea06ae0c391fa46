//! Keys and the settings of their providers.

use std::time::Duration;

use aliyun_ecs::credentials::*;
use aliyun_ecs::operation::DescribeRegionsRequest;
use aliyun_ecs::simulator::Simulator;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, Credentials, ErrorKind, RetryConfig, SignatureVersion};
use bytes::Bytes;

use crate::values::{DURATIONS, check, texts};

/// Refuses everything, as STS does.
#[derive(Debug)]
struct Refuses;

impl HttpTransport for Refuses {
    fn send(
        &self,
        _request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let body = r#"{"Code":"InvalidParameter","Message":"no","RequestId":"R"}"#;
        let response = http::Response::builder().status(400).body(body.into());
        Box::pin(std::future::ready(Ok(response.unwrap())))
    }
}

async fn ends(provider: impl ProvideCredentials, of: &str) {
    match provider.provide_credentials().await {
        Ok(keys) => panic!("{of} gave {keys:?}"),
        Err(error) => check(&error, of),
    }
}

#[tokio::test]
async fn keys_of_any_text_are_refused_by_the_service_or_before_anything_is_sent() {
    let simulator = Simulator::start().await;
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        for text in texts() {
            for keys in [
                Credentials::new(&*text, "secret"),
                Credentials::new("id", &*text),
                Credentials::with_security_token("id", "secret", &*text),
                Credentials::with_security_token(&*text, &*text, &*text),
            ] {
                let client = simulator
                    .client_builder()
                    .credentials(keys)
                    .signature_version(version)
                    .retry(RetryConfig::disabled())
                    .build()
                    .unwrap();
                let request = DescribeRegionsRequest::builder().build().unwrap();
                let error = client.describe_regions(request).await.unwrap_err();
                check(&error, "keys");
                // Headers of 64 KiB are beyond what the server reads.
                let is_told = matches!(
                    error.kind(),
                    ErrorKind::Service(_) | ErrorKind::Credentials(_)
                );
                assert!(
                    is_told || (version == SignatureVersion::V3 && text.len() > 20_000),
                    "{text:?}: {error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn providers_say_what_is_wrong_with_any_text() {
    for text in texts() {
        let text = &*text;
        let role =
            |arn: &str| AssumeRoleProvider::new(Credentials::new("i", "s"), arn).transport(Refuses);
        ends(role(text), "role_arn").await;
        ends(role("r").session_name(text), "session_name").await;
        ends(role("r").policy(text), "policy").await;
        ends(role("r").external_id(text), "external_id").await;
        ends(role("r").sts_region(text), "sts_region").await;
        ends(role("r").endpoint(text), "endpoint").await;
        ends(
            OidcProvider::new(text, text, text).transport(Refuses),
            "OidcProvider",
        )
        .await;
        ends(UriProvider::new(text).transport(Refuses), "UriProvider").await;
        ends(
            EcsRamRoleProvider::new()
                .endpoint(text)
                .role_name("r".to_owned()),
            "endpoint",
        )
        .await;
        let metadata = EcsRamRoleProvider::new().endpoint("http://127.0.0.1:9");
        ends(metadata.role_name(text.to_owned()), "role_name").await;
        ends(
            ProfileProvider::new().file(text).profile(text),
            "ProfileProvider",
        )
        .await;
        ends(
            IniProfileProvider::new().file(text).profile(text),
            "IniProfileProvider",
        )
        .await;
        // Without a program of that name nothing is run.
        let program = format!("no-such-program-{text}");
        ends(ExternalProvider::new(program, [text]), "ExternalProvider").await;
        match ExternalProvider::from_command(&format!("no-such-program {text}")) {
            Ok(provider) => ends(provider, "from_command").await,
            Err(error) => check(&error, "from_command"),
        }
    }
}

#[tokio::test]
async fn a_role_of_any_duration_is_for_sts_to_judge() {
    for duration in DURATIONS.into_iter().chain([Duration::from_secs(900)]) {
        let keys = Credentials::new("i", "s");
        let provider = AssumeRoleProvider::new(keys, "r")
            .transport(Refuses)
            .duration(duration);
        ends(provider, "duration").await;
    }
}
