//! Timeouts and maximum sizes.

use std::sync::Arc;
use std::time::Duration;

use aliyun_ecs::credentials::{Credentials, CredentialsError, ProvideCredentials};
use aliyun_ecs::error::TransportErrorKind;
use aliyun_ecs::{CallOptions, Error, ErrorKind, Outcome, RetryConfig};

use crate::support::{Server, Step, order, request, silence};

fn kind(error: &Error) -> TransportErrorKind {
    match error.kind() {
        ErrorKind::Transport(error) => error.kind(),
        other => panic!("not a transport error: {other:?}"),
    }
}

#[tokio::test]
async fn attempts_and_calls_time_out() {
    let server = Server::start(vec![silence(); 9]).await;
    let retry = RetryConfig::default()
        .with_max_attempts(9)
        .with_initial_backoff(Duration::ZERO);
    let client = server.builder().retry(retry).build().unwrap();
    let error = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(
        error.attempts(),
        4,
        "four attempts of 15 s are a call of 60 s"
    );
    assert_eq!(error.elapsed(), Duration::from_secs(60));
}

#[tokio::test]
async fn the_attempt_timeout_includes_the_body() {
    let half =
        b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\nx-acs-request-id: REQ-9\r\n\r\n{\"Req".to_vec();
    let server = Server::start([Step::RawThenSilence(half), order("1")]).await;
    let response = server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap();
    assert_eq!(response.order_id.as_deref(), Some("1"));
    assert_eq!(server.clock.waits().len(), 1);
}

#[tokio::test]
async fn call_options_set_the_timeout_of_one_call() {
    let server = Server::start(vec![silence(); 4]).await;
    let options = CallOptions::default().with_timeout(Duration::from_secs(20));
    let error = server.client().call(request(), options).await.unwrap_err();
    assert!(error.elapsed() <= Duration::from_secs(20));
    assert!(error.is_timeout());
}

#[tokio::test]
async fn a_timeout_names_its_setting() {
    let server = Server::start([silence()]).await;
    let client = server
        .builder()
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    let text = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err()
        .to_string();
    assert!(text.starts_with("request to 127.0.0.1:"), "{text}");
    assert!(
        text.contains(" timed out after 15s (attempt_timeout)"),
        "{text}"
    );
}

#[tokio::test]
async fn a_provider_that_never_completes_ends_with_the_call() {
    #[derive(Debug)]
    struct Never(crate::support::TestClock);
    impl ProvideCredentials for Never {
        fn provide_credentials(
            &self,
        ) -> aliyun_ecs::BoxFuture<'_, Result<Credentials, CredentialsError>> {
            Box::pin(async {
                tokio::task::yield_now().await;
                self.0.expire();
                std::future::pending().await
            })
        }
    }
    let server = Server::start([]).await;
    let client = server
        .builder()
        .credentials(Never(server.clock.clone()))
        .build()
        .unwrap();
    let error = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert!(
        error.is_timeout() && matches!(error.kind(), ErrorKind::Credentials(_)),
        "{error:?}"
    );
    assert_eq!(error.outcome(), Outcome::NotApplied);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected_with_and_without_a_content_length() {
    let announced =
        b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\nx-acs-request-id: R\r\n\r\n".to_vec();
    let mut chunked =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-acs-request-id: R\r\n\r\n".to_vec();
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..9 {
        chunked.extend_from_slice(b"100000\r\n");
        chunked.extend_from_slice(&chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    for bytes in [announced, chunked] {
        let server = Server::start([Step::Raw(bytes)]).await;
        let client = server
            .builder()
            .retry(RetryConfig::disabled())
            .build()
            .unwrap();
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert_eq!(kind(&error), TransportErrorKind::BodyTooLarge);
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(
            (error.http_status(), error.request_id()),
            (Some(200), Some("R"))
        );
    }
}

#[tokio::test]
async fn interrupted_exchanges_have_distinct_errors() {
    let head = "HTTP/1.1 200 OK\r\nx-acs-request-id: R\r\ncontent-length: 50\r\n\r\n{";
    for (expected, step) in [
        (TransportErrorKind::Reset, Step::RawThenReset(Vec::new())),
        (TransportErrorKind::Reset, Step::RawThenClose(Vec::new())),
        (
            TransportErrorKind::Reset,
            Step::RawThenClose(b"HTTP/1.1 200 OK\r\nserv".to_vec()),
        ),
        (
            TransportErrorKind::IncompleteBody,
            Step::RawThenClose(head.into()),
        ),
        (
            TransportErrorKind::Protocol,
            Step::RawThenClose(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
        ),
    ] {
        let server = Server::start([step]).await;
        let client = server
            .builder()
            .retry(RetryConfig::disabled())
            .build()
            .unwrap();
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert_eq!(kind(&error), expected, "{error}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
        if expected == TransportErrorKind::IncompleteBody {
            assert_eq!(
                (error.http_status(), error.request_id()),
                (Some(200), Some("R"))
            );
        }
    }
}

#[tokio::test]
async fn dropping_the_future_cancels_the_call() {
    let server = Arc::new(Server::start(vec![silence(); 4]).await);
    let client = server.client();
    let call = tokio::spawn(async move { client.modify_prepay_instance_spec(request()).await });
    while server.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn the_future_of_a_call_is_small() {
    let client = aliyun_ecs::Client::builder()
        .region("cn-hangzhou")
        .endpoint("http://127.0.0.1:1")
        .credentials(Credentials::new("id", "secret"))
        .build()
        .unwrap();
    let future = client.modify_prepay_instance_spec(request());
    assert!(size_of_val(&future) <= 4_096, "{}", size_of_val(&future));
}

#[tokio::test]
async fn an_attempt_without_remaining_time_is_not_sent() {
    let body = crate::support::error_body("Throttling", "");
    let throttled = crate::support::response(429, "x-acs-retry-after: 19950\r\n", body);
    let server = Server::start([throttled, order("1")]).await;
    let options = CallOptions::default().with_timeout(Duration::from_secs(20));
    let error = server.client().call(request(), options).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.outcome()),
        (1, Outcome::NotApplied)
    );
}

/// HTTP allows any number of 1xx heads before a response. They keep the connection busy and, on a busy runtime, delay
/// the timers.
#[tokio::test]
async fn a_flood_of_informational_responses_does_not_extend_the_timeout() {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let Step::Raw(placed) = order("1") else {
        unreachable!()
    };
    #[allow(clippy::disallowed_methods, reason = "a custom server")]
    let flood = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let hints = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000);
        let started = std::time::Instant::now();
        while started.elapsed() < Duration::from_secs(2) {
            if stream.write_all(hints.as_bytes()).is_err() {
                return;
            }
        }
        let _ = stream.write_all(&placed);
    });
    let client = aliyun_ecs::Client::builder()
        .endpoint(endpoint)
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .retry(RetryConfig::disabled())
        .timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let error = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    drop(flood);
}
