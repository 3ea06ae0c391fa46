//! Faults of responses.

use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use std::time::Duration;

use super::call::Call;

async fn simulator() -> Simulator {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-1", "ecs.g5.large").running());
    simulator
}

fn call() -> Call {
    Call::change().with("ClientToken", "token")
}

#[tokio::test]
async fn each_fault_applies_to_one_request_in_order() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::service_error(500, "InternalError", "Some <error>.").times(2));
    simulator.fail_next(Fault::gateway_html(502));
    simulator.fail_next(Fault::service_error(400, "None", "Never sent.").times(0));
    call()
        .send(&simulator)
        .await
        .rejected(500, "InternalError", "Some <error>.");
    let xml = call().without("Format").send(&simulator).await;
    assert!(
        xml.body.contains("<Message>Some &lt;error&gt;.</Message>"),
        "{}",
        xml.body
    );
    let html = call().send(&simulator).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (502, "text/html")
    );
    assert!(html.body.starts_with("<html>") && html.header("x-acs-request-id").is_empty());
    assert!(html.header("date").ends_with("GMT"));
    assert!(simulator.orders().is_empty());

    assert_eq!(call().send(&simulator).await.status, 200);
    let requests = simulator.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|r| (r.http_status(), r.error_code()))
        .collect();
    let error = (500, Some("InternalError"));
    assert_eq!(seen, [error, error, (502, None), (200, None)]);
    assert!(requests.iter().all(|request| request.verified()));
}

#[tokio::test]
async fn after_a_lost_response_the_same_token_returns_the_order() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::lost_response());
    assert_eq!(call().send(&simulator).await.status, 504);
    let [order] = simulator.orders().try_into().unwrap();
    assert_eq!(
        call().send(&simulator).await.text("OrderId"),
        order.order_id()
    );
    assert_eq!(simulator.orders().len(), 1);
}

#[tokio::test]
async fn any_fault_can_occur_after_processing() {
    let simulator = simulator().await;
    let fault = Fault::service_error(503, "ServiceUnavailable", "Later.").after_processing();
    simulator.fail_next(fault);
    call()
        .send(&simulator)
        .await
        .rejected(503, "ServiceUnavailable", "Later.");
    assert_eq!(simulator.orders().len(), 1);
}

#[tokio::test]
async fn a_request_with_a_wrong_signature_is_never_processed() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::lost_response());
    let mut wrong = call();
    wrong.secret = "wrong".to_owned();
    assert_eq!(wrong.send(&simulator).await.status, 504);
    assert!(simulator.orders().is_empty() && !simulator.requests()[0].verified());
}

#[tokio::test]
async fn a_truncated_body_is_half_of_the_original() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::truncated());
    let (half, whole) = (call().send(&simulator).await, call().send(&simulator).await);
    assert_eq!((half.status, half.body.len()), (200, whole.body.len() / 2));
    assert!(half.body.starts_with('{') && simulator.orders().len() == 1);
}

#[tokio::test]
async fn responses_can_be_empty_or_arbitrary() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::empty_body(200));
    simulator.fail_next(Fault::response(418, "text/plain", "short").header("X-Extra", "1"));
    simulator.fail_next(
        Fault::response(7, "a\nb", vec![0xff])
            .header("b ad", "1")
            .header("ok", "\n"),
    );
    let empty = call().send(&simulator).await;
    assert_eq!(
        (
            empty.status,
            empty.body.as_str(),
            empty.header("content-type")
        ),
        (200, "", "")
    );
    let any = call().send(&simulator).await;
    assert_eq!(
        (any.status, any.body.as_str(), any.header("x-extra")),
        (418, "short", "1")
    );
    // What HTTP cannot carry does not break the simulator.
    assert_eq!(call().send(&simulator).await.status, 500);
    assert!(simulator.orders().is_empty());
}

#[tokio::test]
async fn throttling_can_specify_a_wait() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::throttled(Duration::from_millis(1_500)));
    simulator.fail_next(Fault::throttled(None));
    let message = "You have made too many requests within a short time;";
    for retry_after in ["1500", ""] {
        let response = call().send(&simulator).await;
        response.rejected(400, "Throttling", message);
        assert_eq!(response.header("x-acs-retry-after"), retry_after);
    }
}

#[tokio::test]
async fn a_stale_clock_can_be_reported() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::stale_clock());
    let message = "Specified time stamp or date value is expired.";
    call()
        .send(&simulator)
        .await
        .rejected(400, "InvalidTimeStamp.Expired", message);
    assert_eq!(call().send(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_delayed_request_is_processed_even_if_the_client_gives_up() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::delay(Duration::from_secs(3_600)));
    {
        let waiting = call().send(&simulator);
        tokio::pin!(waiting);
        while simulator.requests().is_empty() {
            tokio::select! {
                biased;
                _ = &mut waiting => panic!("received a response without a delay"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    assert_eq!(simulator.orders().len(), 1);
    assert_eq!(simulator.requests()[0].http_status(), 200);
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let simulator = Simulator::start().await;
    let port = simulator
        .endpoint()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(Simulator::builder().port(port).start().await.is_err());
}
