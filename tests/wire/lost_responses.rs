//! Lost responses: the call still returns the order that was placed.

use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::{ErrorCode, ErrorKind, Outcome, ResponseFormat, RetryConfig, SignatureVersion};

use crate::support::{Server, order, rejection, request, reset, response, silence};

#[tokio::test]
async fn the_existing_order_is_returned_in_both_versions_and_formats() {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        for format in [ResponseFormat::Json, ResponseFormat::Xml] {
            let simulator = Simulator::start().await;
            let instance = SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large");
            simulator.add_instance(instance.running());
            simulator.fail_next(Fault::lost_response());
            let client = simulator
                .client_builder()
                .signature_version(version)
                .response_format(format)
                .retry(RetryConfig::default().with_initial_backoff(std::time::Duration::ZERO))
                .build()
                .unwrap();

            let response = client.modify_prepay_instance_spec(request()).await.unwrap();

            let orders = simulator.orders();
            assert_eq!(orders.len(), 1, "{version:?} {format:?}");
            assert_eq!(response.order_id.as_deref(), Some(orders[0].order_id()));
            assert!(
                simulator
                    .requests()
                    .iter()
                    .all(|request| request.verified())
            );
            assert_eq!(simulator.requests().len(), 2);
        }
    }
}

#[tokio::test]
async fn every_lost_response_is_retried_with_the_same_token_and_a_new_nonce() {
    let ways = [
        ("reset", reset()),
        ("silence", silence()),
        (
            "HTML 502",
            response(502, "", "<html><h1>Bad Gateway</h1></html>"),
        ),
        ("empty 200", response(200, "", "")),
        ("truncated 200", response(200, "", r#"{"OrderId":"12"#)),
        ("504", response(504, "", "")),
        (
            "InternalError",
            rejection(500, "InternalError", "unknown error"),
        ),
        (
            "in progress",
            rejection(403, "LastTokenProcessing", "processing"),
        ),
    ];
    for (name, way) in ways {
        let server = Server::start([way, order("42")]).await;
        let response = server
            .client()
            .modify_prepay_instance_spec(request())
            .await
            .unwrap();
        assert_eq!(response.order_id.as_deref(), Some("42"), "{name}");
        assert_eq!(server.seen().len(), 2, "{name}");
        assert_eq!(server.tokens(), ["token-1"], "{name}");
        assert_eq!(server.nonces(), 2, "{name}");
    }
}

#[tokio::test]
async fn a_rejection_after_an_ambiguous_attempt_leaves_the_outcome_unknown() {
    let server = Server::start([reset(), rejection(403, "IncorrectInstanceStatus", "no")]).await;
    let error = server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::IncorrectInstanceStatus));
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.attempts(), 2);
    assert_eq!(error.client_token().unwrap().as_str(), "token-1");
    assert_eq!(
        error.to_string(),
        "IncorrectInstanceStatus: no (HTTP 403, request id REQ-ERR); outcome unknown: the order \
         may exist, and sending the same request again is safe (client token token-1)"
    );
}

#[tokio::test]
async fn last_order_processing_is_retried_only_if_the_order_may_be_ours() {
    let busy = || {
        rejection(
            400,
            "LastOrderProcessing",
            "The previous order is still processing.",
        )
    };

    let server = Server::start([busy()]).await;
    let error = server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert_eq!(
        (error.attempts(), error.outcome()),
        (1, Outcome::NotApplied)
    );

    let server = Server::start([reset(), busy(), busy(), order("7")]).await;
    let response = server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap();
    assert_eq!(response.order_id.as_deref(), Some("7"));
}

#[tokio::test]
async fn if_every_response_is_lost_the_outcome_is_unknown() {
    let server = Server::start([reset(), reset(), reset(), reset()]).await;
    let error = server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!((error.attempts(), server.seen().len()), (4, 4));
    assert!(error.is_retryable());
    assert!(error.to_string().contains("the order may exist"), "{error}");
}

#[tokio::test]
async fn a_failed_connection_places_no_order() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server::start([]).await;
    let client = server.builder().endpoint(endpoint).build().unwrap();
    let error = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert_eq!(error.attempts(), 4);
    assert!(error.to_string().contains("connection refused"), "{error}");
}
