//! The rate limit of the client, on a clock that advances only by its sleeps.

#![allow(clippy::unwrap_used, reason = "this is all test code")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aliyun_ecs::clock::Clock;
use aliyun_ecs::operation::DescribeRegionsRequest;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, ClientBuilder, Credentials, Error, ErrorCategory, Outcome,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Default)]
struct Ticks(Arc<Mutex<Duration>>);

impl Clock for Ticks {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move { *self.0.lock().unwrap() += duration })
    }
}

/// Responds at once.
#[derive(Debug)]
struct Canned;

impl HttpTransport for Canned {
    fn send(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let body = Bytes::from_static(br#"{"RequestId": "R", "Regions": {"Region": []}}"#);
        let mut response = http::Response::new(ResponseBody::from(body));
        let json = http::HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
        Box::pin(async move { Ok(response) })
    }
}

fn builder(clock: &Ticks) -> ClientBuilder {
    Client::builder()
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .transport(Canned)
        .clock(clock.clone())
}

async fn call(client: &Client, timeout: Duration) -> Result<(), Error> {
    let request = DescribeRegionsRequest::builder().build().unwrap();
    let options = CallOptions::default().with_timeout(timeout);
    client.call(request, options).await.map(|_| ())
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn requests_of_a_client_in_all_its_regions_are_spaced_evenly() {
    let clock = Ticks::default();
    let client = builder(&clock).max_requests_per_second(10).build().unwrap();
    let other = client.with_region("cn-beijing").unwrap();
    for _ in 0..3 {
        call(&client.clone(), LONG).await.unwrap();
        call(&other, LONG).await.unwrap();
    }
    assert_eq!(clock.elapsed(), Duration::from_millis(500));
}

#[tokio::test]
async fn a_rate_below_one_is_possible() {
    let clock = Ticks::default();
    let client = builder(&clock)
        .max_requests_per_second(0.5)
        .build()
        .unwrap();
    for _ in 0..2 {
        call(&client, LONG).await.unwrap();
    }
    assert_eq!(clock.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn a_call_without_time_for_its_turn_sends_nothing_and_takes_no_turn() {
    let clock = Ticks::default();
    let client = builder(&clock).max_requests_per_second(1).build().unwrap();
    call(&client, LONG).await.unwrap();
    let error = call(&client, Duration::from_millis(500)).await.unwrap_err();
    assert!(
        error.to_string().contains("max_requests_per_second"),
        "{error}"
    );
    assert_eq!(
        (error.outcome(), error.attempts()),
        (Outcome::NotApplied, 0)
    );
    assert_eq!(error.category(), ErrorCategory::Throttling);
    assert!(error.is_retryable(), "the next call may have its turn");
    assert_eq!(clock.elapsed(), Duration::ZERO);
    call(&client, LONG).await.unwrap();
    assert_eq!(clock.elapsed(), Duration::from_secs(1));
}

#[test]
fn a_rate_that_is_not_positive_is_rejected() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 2.0] {
        let built = builder(&Ticks::default())
            .max_requests_per_second(rate)
            .build();
        assert_eq!(
            built.unwrap_err().setting(),
            "max_requests_per_second",
            "{rate}"
        );
    }
}
