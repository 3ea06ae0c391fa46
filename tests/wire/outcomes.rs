//! Failed calls: outcome, number of requests, and reports to the observer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aliyun_ecs::credentials::{CredentialsError, ProvideCredentials};
use aliyun_ecs::observe::{AttemptInfo, CallInfo, Observe};
use aliyun_ecs::operation::StopInstanceRequest;
use aliyun_ecs::{
    BoxFuture, CallOptions, Credentials, ErrorCategory, ErrorCode, ErrorKind, Outcome, RetryConfig,
    RpcRequest,
};
use serde_json::Value;

use crate::support::{Server, Step, order, rejection, request, reset, response};

/// Responses of gateways that may have forwarded the request.
fn replaced() -> Vec<(&'static str, Step)> {
    let html = "<html><body>Blocked</body></html>";
    let header = "x-acs-request-id: REQ-1\r\n";
    vec![
        ("403 HTML", response(403, "", html)),
        ("404 empty", response(404, "", "")),
        ("413", response(413, "", "too large")),
        ("429 HTML", response(429, "", html)),
        ("451", response(451, "", html)),
        ("460", response(460, "", "")),
        ("302", response(302, "location: /login\r\n", "")),
        (
            "a code without a request id",
            response(400, "", r#"{"Code":"Gateway.Blocked"}"#),
        ),
        (
            "a known code without a request id",
            response(403, "", r#"{"Code":"Forbidden","Message":"no"}"#),
        ),
        ("a request id without an error", response(403, header, html)),
        // A gateway that replaces the body may keep the headers of the service.
        (
            "kept headers and an unknown code",
            response(403, header, r#"{"Code":"Gateway.Blocked","Message":"m"}"#),
        ),
        (
            "kept headers and a status as code",
            response(403, header, r#"{"code":403,"msg":"blocked"}"#),
        ),
        (
            "kept headers and a known code in another spelling",
            response(403, header, r#"{"code":"forbidden","message":"no"}"#),
        ),
        (
            "429 with kept headers and an unknown code",
            response(429, header, r#"{"Code":"TooManyRequests","Message":"m"}"#),
        ),
        (
            "a request id and a status as code",
            response(403, "", r#"{"RequestId":"R","Code":403,"Message":"m"}"#),
        ),
        (
            "a request id and an unknown code without a message",
            response(403, "", r#"{"RequestId":"R","Code":"Blocked"}"#),
        ),
        (
            "XML with an unknown code without a message",
            response(
                403,
                "",
                "<R><RequestId>R</RequestId><Code>Blocked</Code></R>",
            ),
        ),
        (
            "XML without a request id",
            response(400, "", "<Error><Code>Forbidden</Code></Error>"),
        ),
    ]
}

#[tokio::test]
async fn a_response_not_proven_to_come_from_the_service_leaves_the_outcome_unknown() {
    for (name, step) in replaced() {
        // The order was placed: the retry with the same token returns its id.
        let server = Server::start([step.clone(), order("7")]).await;
        let response = server.client().modify_prepay_instance_spec(request()).await;
        assert_eq!(response.unwrap().order_id.as_deref(), Some("7"), "{name}");
        assert_eq!(server.tokens(), ["token-1"], "{name}");

        let server = Server::start(vec![step.clone(); 9]).await;
        let result = server.client().modify_prepay_instance_spec(request()).await;
        let error = result.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{name}");
        let attempts = if name.starts_with("429") { 4 } else { 2 };
        assert_eq!(server.seen().len(), attempts, "{name}: {error}");

        let stop = StopInstanceRequest::builder("i-1").build().unwrap();
        let server = Server::start([step.clone(), order("7")]).await;
        let error = server.client().stop_instance(stop).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{name}");
        assert_eq!(server.seen().len(), 1, "{name}");

        let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
        let server = Server::start(vec![step; 9]).await;
        let error = server.client().call(read, CallOptions::default()).await;
        assert_eq!(error.unwrap_err().outcome(), Outcome::NotApplied, "{name}");
    }
}

#[tokio::test]
async fn a_service_error_proves_that_no_order_was_placed() {
    let header = "x-acs-request-id: REQ-1\r\n";
    for step in [
        rejection(403, "OperationDenied.NoStock", "sold out"),
        response(
            403,
            header,
            r#"{"Code":"OperationDenied.NoStock","Message":"m"}"#,
        ),
        rejection(400, "Some.NewCode", "m"),
    ] {
        let server = Server::start([step]).await;
        let result = server.client().modify_prepay_instance_spec(request()).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.outcome(), error.attempts()),
            (Outcome::NotApplied, 1)
        );
        assert_eq!(
            error.service().unwrap().action(),
            Some("ModifyPrepayInstanceSpec")
        );
    }
}

#[tokio::test]
async fn an_unknown_code_with_retry_after_is_throttling_with_any_status() {
    let body = r#"{"RequestId":"R","Code":"Flow.Exceeded","Message":"m"}"#;
    for (status, retry_after, is_throttling) in [
        (400, "1", true),
        (403, "900", true),
        (503, "1", true),
        (400, "0", false),
        (400, "soon", false),
    ] {
        let headers = format!("x-acs-retry-after: {retry_after}\r\n");
        let server = Server::start(vec![response(status, &headers, body); 4]).await;
        let result = server.client().modify_prepay_instance_spec(request()).await;
        let error = result.unwrap_err();
        assert_eq!(
            error.is_throttling(),
            is_throttling,
            "{status} {retry_after}"
        );
        assert_eq!(error.category() == ErrorCategory::Throttling, is_throttling);
        assert_eq!(error.attempts(), if is_throttling { 4 } else { 1 });
    }
    // A known code keeps its classification.
    let body = r#"{"RequestId":"R","Code":"OperationDenied.NoStock","Message":"m"}"#;
    let server = Server::start([response(403, "x-acs-retry-after: 900\r\n", body)]).await;
    let result = server.client().modify_prepay_instance_spec(request()).await;
    assert_eq!(result.unwrap_err().category(), ErrorCategory::Stock);
}

#[tokio::test]
async fn an_error_is_classified_by_its_code_even_if_the_code_is_redacted() {
    let body = r#"{"RequestId":"R","Code":"Throttling.Secret","Message":"m"}"#;
    let known = r#"{"RequestId":"R","Code":"Idempotence.Processing","Message":"m"}"#;
    for (secret, body, code) in [
        ("Throttling", body, "[redacted].Secret"),
        ("Processing", known, "Idempotence.Processing"),
    ] {
        let server = Server::start(vec![response(400, "", body); 9]).await;
        let keys = Credentials::new("id", secret);
        let client = server.builder().credentials(keys).build().unwrap();
        let error = client.modify_prepay_instance_spec(request()).await;
        let error = error.unwrap_err();
        assert_eq!(error.code().unwrap().as_str(), code);
        assert_eq!(error.attempts(), 4, "{error}");
    }
}

/// Returns the same credentials each time, and counts its calls.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicU32>);

impl ProvideCredentials for Counting {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Credentials::new("id", "secret")) })
    }
}

#[tokio::test]
async fn credentials_are_reloaded_only_if_a_retry_follows() {
    for (retry, fetches) in [(RetryConfig::disabled(), 1), (RetryConfig::default(), 2)] {
        let provider = Counting::default();
        let server = Server::start([rejection(404, "InvalidAccessKeyId.NotFound", "no")]).await;
        let builder = server.builder().credentials(provider.clone()).retry(retry);
        let client = builder.build().unwrap();
        let error = client.modify_prepay_instance_spec(request()).await;
        assert_eq!(error.unwrap_err().attempts(), 1, "the same credentials");
        assert_eq!(provider.0.load(Ordering::Relaxed), fetches);
    }
}

#[tokio::test]
async fn a_request_that_is_invalid_keeps_its_client_token() {
    let server = Server::start([]).await;
    let options = CallOptions::default().with_timeout(std::time::Duration::ZERO);
    let error = server.client().call(request(), options).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Validation(_)));
    assert_eq!(error.client_token().unwrap().as_str(), "token-1");
    assert!(
        error.to_string().contains("must be greater than zero"),
        "{error}"
    );
}

/// Records one line for each attempt and call.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Observe for Notes {
    fn on_attempt(&self, it: &AttemptInfo<'_>) {
        let code = it.code.map_or("-", ErrorCode::as_str);
        let outcome = it.outcome.map_or("ok", Outcome::as_str);
        self.0.lock().unwrap().push(format!(
            "attempt {} of {} in {}: {:?} {code} {:?} {outcome}",
            it.number, it.action, it.region, it.http_status, it.request_id
        ));
        assert!(it.host.starts_with("127.0.0.1:"));
        assert_eq!(it.error.is_some(), it.outcome.is_some());
    }

    fn on_call(&self, it: &CallInfo<'_>) {
        let token = it.client_token.map_or("-", |token| token.as_str());
        let result = it.error.map_or("ok", |error| error.category().as_str());
        self.0.lock().unwrap().push(format!(
            "call of {} with {token}: {} attempts, {:?}, {result}",
            it.action, it.attempts, it.request_id
        ));
    }
}

#[tokio::test]
async fn an_observer_sees_every_attempt_and_every_call() {
    let notes = Arc::new(Notes::default());
    let placed = response(
        200,
        "x-acs-request-id: R\r\n",
        r#"{"RequestId":"R","OrderId":"1"}"#,
    );
    let steps = [
        rejection(400, "Throttling", "m"),
        reset(),
        placed,
        rejection(403, "Forbidden", "m"),
    ];
    let server = Server::start(steps).await;
    let client = server
        .builder()
        .observer(Arc::clone(&notes))
        .build()
        .unwrap();
    client.modify_prepay_instance_spec(request()).await.unwrap();
    let beijing = client.with_region("cn-beijing").unwrap();
    let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
    beijing
        .call(read, CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(
        *notes.0.lock().unwrap(),
        [
            "attempt 1 of ModifyPrepayInstanceSpec in cn-hangzhou: Some(400) Throttling Some(\"REQ-ERR\") not_applied",
            "attempt 2 of ModifyPrepayInstanceSpec in cn-hangzhou: None - None unknown",
            "attempt 3 of ModifyPrepayInstanceSpec in cn-hangzhou: Some(200) - Some(\"R\") ok",
            "call of ModifyPrepayInstanceSpec with token-1: 3 attempts, Some(\"R\"), ok",
            "attempt 1 of DescribeDisks in cn-beijing: Some(403) Forbidden Some(\"REQ-ERR\") not_applied",
            "call of DescribeDisks with -: 1 attempts, Some(\"REQ-ERR\"), permission",
        ]
    );
}

#[tokio::test]
async fn a_client_for_another_region_shares_credentials_and_connections() {
    let provider = Counting::default();
    let server = Server::start([order("1"), order("2")]).await;
    let client = server
        .builder()
        .credentials(provider.clone())
        .build()
        .unwrap();
    let beijing = client.with_region("cn-beijing").unwrap();
    assert_eq!(
        (client.region(), beijing.region()),
        (
            &"cn-hangzhou".parse().unwrap(),
            &"cn-beijing".parse().unwrap()
        )
    );
    for client in [&client, &beijing] {
        let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
        client.call(read, CallOptions::default()).await.unwrap();
    }
    assert_eq!(provider.0.load(Ordering::Relaxed), 1);
    assert_eq!(server.connections(), 1);
    assert!(client.with_region("Beijing!").is_err());
}
