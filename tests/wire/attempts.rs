//! Retries: which failures are retried, how often and how fast.

use std::time::Duration;

use aliyun_ecs::credentials::{CredentialsError, ProvideCredentials};
use aliyun_ecs::{
    CallOptions, Client, Credentials, Error, ErrorKind, Outcome, RetryConfig, RpcRequest,
    SignatureVersion,
};
use serde_json::Value;

use crate::support::{
    Server, Step, error_body, order, rejection, request, reset, response, silence,
};

async fn attempts(client: &Client) -> (u32, Result<(), Error>) {
    match client.modify_prepay_instance_spec(request()).await {
        Ok(_) => (0, Ok(())),
        Err(error) => (error.attempts(), Err(error)),
    }
}

#[tokio::test]
async fn failures_are_retried_by_code_and_by_status_only_without_a_code() {
    let html = "<html>oops</html>";
    for (expected, name, step) in [
        (4, "500 InternalError", rejection(500, "InternalError", "")),
        (4, "400 UnknownError", rejection(400, "UnknownError", "")),
        (
            4,
            "503 ServiceUnavailable",
            rejection(503, "ServiceUnavailable", ""),
        ),
        (
            4,
            "400 ServiceUnavailable",
            rejection(400, "ServiceUnavailable", ""),
        ),
        (4, "502 HTML", response(502, "", html)),
        (4, "503 HTML", response(503, "", html)),
        (4, "504 empty", response(504, "", "")),
        (
            4,
            "503 with an unknown code",
            rejection(503, "Whatever", ""),
        ),
        (4, "400 Throttling", rejection(400, "Throttling", "")),
        (
            4,
            "403 Throttling.User",
            rejection(403, "Throttling.User", ""),
        ),
        (
            4,
            "400 Throttling.New",
            rejection(400, "Throttling.New", ""),
        ),
        (
            4,
            "429 with an unknown code",
            rejection(429, "Whatever", ""),
        ),
        (4, "429 HTML", response(429, "", html)),
        (
            4,
            "Idempotence.Processing",
            rejection(400, "Idempotence.Processing", ""),
        ),
        (4, "reset", reset()),
        (4, "closed", Step::RawThenClose(Vec::new())),
        (
            1,
            "IdempotenceParamNotMatch",
            rejection(400, "IdempotenceParamNotMatch", ""),
        ),
        (
            1,
            "IdempotentParameterMismatch",
            rejection(400, "IdempotentParameterMismatch", ""),
        ),
        (1, "no stock", rejection(403, "OperationDenied.NoStock", "")),
        (1, "quota", rejection(403, "QuotaExceed.ElasticQuota", "")),
        (1, "billing", rejection(400, "Account.Arrearage", "")),
        (1, "state", rejection(400, "InvalidStatus.NotStopped", "")),
        (1, "permission", rejection(403, "Forbidden.RAM", "")),
        (1, "an unknown code", rejection(400, "Whatever", "")),
        (
            4,
            "429 with a code that is not retried",
            rejection(429, "Forbidden", ""),
        ),
        (4, "408 HTML", response(408, "", html)),
        (
            4,
            "499 with an unknown code",
            rejection(499, "Whatever", ""),
        ),
        (2, "404 HTML", response(404, "", html)),
        (
            2,
            "302",
            response(302, "location: http://127.0.0.1:1/\r\n", ""),
        ),
    ] {
        let server = Server::start(vec![step; 4]).await;
        let (count, result) = attempts(&server.client()).await;
        assert!(result.is_err(), "{name}");
        assert_eq!(count, expected, "{name}");
        assert_eq!(server.seen().len(), expected as usize, "{name}");
        assert_eq!(server.nonces(), expected as usize, "{name}");
    }
}

#[tokio::test]
async fn a_gateway_timeout_is_not_a_rejection() {
    for status in [408, 499] {
        let server = Server::start(vec![rejection(status, "RequestTimeout", ""); 4]).await;
        let error = attempts(&server.client()).await.1.unwrap_err();
        assert_eq!(
            (error.outcome(), error.is_retryable()),
            (Outcome::Unknown, true)
        );
    }
}

#[tokio::test]
async fn a_write_without_a_token_is_retried_only_if_it_certainly_had_no_effect() {
    let write = || RpcRequest::<Value>::new("StopInstance").param("InstanceId", "i-1");
    for (expected, outcome, step) in [
        (1, Outcome::Unknown, reset()),
        (1, Outcome::Unknown, silence()),
        (1, Outcome::Unknown, rejection(500, "InternalError", "")),
        (1, Outcome::Unknown, response(200, "", "")),
        (4, Outcome::NotApplied, rejection(400, "Throttling", "")),
    ] {
        let server = Server::start(vec![step; 4]).await;
        let error = server
            .client()
            .call(write(), CallOptions::default())
            .await
            .unwrap_err();
        assert_eq!(
            (error.attempts(), error.outcome()),
            (expected, outcome),
            "{error}"
        );
    }
}

#[tokio::test]
async fn reads_and_writes_with_a_token_are_retried() {
    let server = Server::start(vec![reset(); 4]).await;
    let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
    let error = server
        .client()
        .call(read, CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.attempts(), error.outcome()),
        (4, Outcome::NotApplied)
    );

    let server = Server::start([reset(), response(200, "", r#"{"RequestId":"1"}"#)]).await;
    let write = RpcRequest::<Value>::new("ModifyInstanceSpec").client_token("t");
    let value = server
        .client()
        .call(write, CallOptions::default())
        .await
        .unwrap();
    assert_eq!(value["RequestId"], "1");
    assert_eq!(server.tokens(), ["t"]);
}

#[tokio::test]
async fn waits_grow_with_full_jitter_up_to_the_cap() {
    let retry = RetryConfig::default()
        .with_max_attempts(7)
        .with_initial_backoff(Duration::from_millis(100))
        .with_max_backoff(Duration::from_millis(500));
    let server = Server::start(vec![reset(); 7]).await;
    let client = server.builder().retry(retry).build().unwrap();
    assert_eq!(attempts(&client).await.0, 7);
    let waits = server.clock.waits();
    assert_eq!(waits.len(), 6);
    for (wait, bound) in waits.iter().zip([100, 200, 400, 500, 500, 500]) {
        assert!(*wait <= Duration::from_millis(bound), "{waits:?}");
    }
}

#[tokio::test]
async fn the_wait_that_the_service_asks_for_is_honored_up_to_a_minute() {
    for (headers, expected) in [
        ("x-acs-retry-after: 300\r\n", Duration::from_millis(300)),
        ("retry-after: 7\r\n", Duration::from_secs(7)),
        (
            "x-acs-retry-after: 2500\r\nretry-after: 7\r\n",
            Duration::from_millis(2_500),
        ),
    ] {
        let throttled = response(400, headers, error_body("Throttling.User", "slow down"));
        let server = Server::start([throttled, order("1")]).await;
        server
            .client()
            .modify_prepay_instance_spec(request())
            .await
            .unwrap();
        assert_eq!(server.clock.waits(), [expected], "{headers}");
    }
    let throttled = response(400, "retry-after: 86400\r\n", error_body("Throttling", ""));
    let server = Server::start([throttled]).await;
    let error = attempts(&server.client()).await.1.unwrap_err();
    assert!(error.is_throttling());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    assert_eq!(
        error.attempts(),
        1,
        "a wait of 60 s does not fit into a call of 60 s"
    );
}

#[tokio::test]
async fn options_override_the_retries_of_one_call() {
    let server = Server::start([reset(), reset(), order("1")]).await;
    let client = server.client();
    let once = CallOptions::default().with_retry(RetryConfig::disabled());
    assert_eq!(
        client.call(request(), once).await.unwrap_err().attempts(),
        1
    );
    assert!(client.call(request(), CallOptions::default()).await.is_ok());

    let server = Server::start([reset()]).await;
    let zero = CallOptions::default().with_retry(RetryConfig::default().with_max_attempts(0));
    assert_eq!(
        server
            .client()
            .call(request(), zero)
            .await
            .unwrap_err()
            .attempts(),
        1
    );
}

#[tokio::test]
async fn all_calls_share_one_retry_budget() {
    let server = Server::start(vec![rejection(400, "Throttling", ""); 1_000]).await;
    let client = server.client();
    let mut last = None;
    for _ in 0..200 {
        last = attempts(&client).await.1.err();
    }
    let retries = server.seen().len() - 200;
    assert_eq!(retries, 100, "the budget is 500, and a retry takes 5");
    let text = last.unwrap().to_string();
    assert!(
        text.ends_with("; not retried: retry budget exhausted"),
        "{text}"
    );
}

#[tokio::test]
async fn the_retry_that_confirms_an_order_ignores_an_exhausted_budget() {
    let spent = vec![rejection(400, "Throttling", ""); 134];
    let server = Server::start(
        spent
            .into_iter()
            .chain([reset(), order("9"), reset(), reset()]),
    )
    .await;
    let client = server.client();
    while server.seen().len() < 134 {
        attempts(&client).await.1.unwrap_err();
    }
    let response = client.modify_prepay_instance_spec(request()).await.unwrap();
    assert_eq!(response.order_id.as_deref(), Some("9"));
    let spent_again = RpcRequest::<Value>::new("DescribeDisks").read_only();
    let error = client
        .call(spent_again, CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 2, "the success gave one retry back");
}

#[tokio::test]
async fn a_nonce_that_was_used_is_replaced_once() {
    let used = || {
        rejection(
            400,
            "SignatureNonceUsed",
            "Specified signature nonce was used already.",
        )
    };
    let server = Server::start([used(), order("1")]).await;
    assert!(
        server
            .client()
            .modify_prepay_instance_spec(request())
            .await
            .is_ok()
    );
    assert_eq!(server.nonces(), 2);

    let server = Server::start([used(), used(), order("1")]).await;
    assert_eq!(attempts(&server.client()).await.0, 2);
}

/// Returns the next credentials each time.
#[derive(Debug, Default)]
struct Rotating(std::sync::atomic::AtomicU32);

impl ProvideCredentials for Rotating {
    fn provide_credentials(
        &self,
    ) -> aliyun_ecs::BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Box::pin(async move {
            Ok(Credentials::new(format!("key-{number}"), "secret").with_security_token("token"))
        })
    }
}

#[tokio::test]
async fn expired_temporary_credentials_are_refreshed_once() {
    let expired = || {
        rejection(
            400,
            "InvalidSecurityToken.Expired",
            "Specified SecurityToken is expired.",
        )
    };
    let disguised = || {
        rejection(
            400,
            "InvalidParameter",
            r#"The specified parameter "SecurityToken.Expired" is not valid."#,
        )
    };
    for refused in [expired(), disguised()] {
        let server = Server::start([refused, order("1")]).await;
        let client = server
            .builder()
            .credentials(Rotating::default())
            .build()
            .unwrap();
        client.modify_prepay_instance_spec(request()).await.unwrap();
        let keys: Vec<_> = server
            .seen()
            .iter()
            .filter_map(|seen| seen.param("AccessKeyId"))
            .collect();
        assert_eq!(keys, ["key-0", "key-1"]);
    }
    let server = Server::start([expired(), expired(), order("1")]).await;
    let client = server
        .builder()
        .credentials(Rotating::default())
        .build()
        .unwrap();
    assert_eq!(attempts(&client).await.0, 2);
}

#[tokio::test]
async fn reads_share_a_connection_and_each_write_opens_a_new_one() {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let server = Server::start((0..20).map(|id| order(&id.to_string()))).await;
        let client = server.builder().signature_version(version).build().unwrap();
        for _ in 0..10 {
            let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
            client.call(read, CallOptions::default()).await.unwrap();
            client.modify_prepay_instance_spec(request()).await.unwrap();
        }
        let seen = server.seen();
        let mut writes = Vec::new();
        for (index, seen) in seen.iter().enumerate() {
            match index % 2 {
                0 => assert_eq!((seen.connection, seen.header("connection")), (1, None)),
                _ => {
                    assert_eq!(seen.header("connection"), Some("close"));
                    writes.push(seen.connection);
                }
            }
        }
        assert_eq!(writes, Vec::from_iter(2..12), "{version:?}");
    }
}

/// A server can send an extra response just before the connection is reused.
#[tokio::test]
async fn a_leftover_response_is_never_mistaken_for_the_response_to_an_order() {
    let Step::Raw(leftover) = order("LEFT-OVER") else {
        unreachable!()
    };
    for _ in 0..60 {
        let Step::Raw(regions) = response(200, "", r#"{"RequestId":"R"}"#) else {
            unreachable!()
        };
        let server =
            Server::start([Step::RawThenMore(regions, leftover.clone()), order("1")]).await;
        let client = server.client();
        let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
        client.call(read, CallOptions::default()).await.unwrap();
        let response = client.modify_prepay_instance_spec(request()).await.unwrap();
        assert_eq!(response.order_id.as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn a_pooled_connection_that_the_server_has_closed_does_not_fail_the_call() {
    let Step::Raw(bytes) = order("1") else {
        unreachable!()
    };
    let server = Server::start([Step::RawThenClose(bytes), order("2")]).await;
    let client = server.client();
    client.modify_prepay_instance_spec(request()).await.unwrap();
    let response = client.modify_prepay_instance_spec(request()).await.unwrap();
    assert_eq!(response.order_id.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_call_that_cannot_get_credentials_sends_nothing() {
    #[derive(Debug)]
    struct None;
    impl ProvideCredentials for None {
        fn provide_credentials(
            &self,
        ) -> aliyun_ecs::BoxFuture<'_, Result<Credentials, CredentialsError>> {
            Box::pin(async { Err(CredentialsError::not_configured("vault", "it is sealed")) })
        }
    }
    let server = Server::start([]).await;
    let client = server.builder().credentials(None).build().unwrap();
    let error = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Credentials(_)));
    assert_eq!(
        (error.attempts(), error.outcome()),
        (0, Outcome::NotApplied)
    );
    assert_eq!(error.to_string(), "no credentials from vault: it is sealed");

    for (id, secret) in [("", "secret"), ("id", "")] {
        let client = server
            .builder()
            .credentials(Credentials::new(id, secret))
            .build()
            .unwrap();
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert!(error.to_string().ends_with("is empty"), "{error}");
    }
    assert!(server.seen().is_empty());
}
