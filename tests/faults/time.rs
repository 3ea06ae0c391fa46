//! Wrong clocks, wrong `Date` headers, and exact timeouts.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::{CredentialsError, ProvideCredentials};
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError, TransportErrorKind};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, Credentials, Error, ErrorCode, ErrorKind, Outcome, RetryConfig,
};
use bytes::Bytes;
use chrono::TimeDelta;
use http_body::Frame;
use tokio::time::Instant;

use crate::calls::{VERSIONS, cases, client};
use crate::http::Transport;
use crate::support::{Server, Step, TestClock, error_body, order, rejection, request, response};

async fn simulator() -> Simulator {
    let simulator = Simulator::start().await;
    let instance = SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large");
    simulator.add_instance(instance.running());
    simulator
}

/// The error codes that the simulator returned for each attempt, `None` for a success.
fn codes(simulator: &Simulator) -> Vec<Option<String>> {
    let requests = simulator.requests();
    let code =
        |request: &aliyun_ecs::simulator::ReceivedRequest| request.error_code().map(str::to_owned);
    requests.iter().map(code).collect()
}

const EXPIRED: &str = "InvalidTimeStamp.Expired";

#[tokio::test]
async fn a_clock_an_hour_off_costs_one_attempt_and_then_stays_corrected() {
    for version in VERSIONS {
        for hours in [-1, 1] {
            let simulator = simulator().await;
            simulator.set_clock_offset(TimeDelta::hours(hours));
            let client = client(simulator.client_builder(), version);
            client.modify_prepay_instance_spec(request()).await.unwrap();
            assert_eq!(
                codes(&simulator),
                [Some(EXPIRED.to_owned()), None],
                "{hours} h"
            );

            client.modify_prepay_instance_spec(request()).await.unwrap();
            assert_eq!(codes(&simulator).len(), 3, "the second call knows the skew");
            assert_eq!(simulator.orders().len(), 1);
        }
    }
}

/// Changes the clock while a request is in flight.
#[derive(Debug)]
struct ClockJumps {
    inner: Transport,
    clock: TestClock,
    jumps: Mutex<VecDeque<TimeDelta>>,
}

impl HttpTransport for ClockJumps {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let response = self.inner.send(request).await;
            if let Some(to) = self.jumps.lock().unwrap().pop_front() {
                self.clock.set_offset(to);
            }
            response
        })
    }
}

#[tokio::test]
async fn a_clock_that_jumps_during_a_call_costs_one_attempt() {
    let (expired, throttled) = (Some(EXPIRED.to_owned()), Some("Throttling".to_owned()));
    for hour in [TimeDelta::hours(-1), TimeDelta::hours(1)] {
        let right = TimeDelta::zero();
        for (name, starts_at, jumps, throttle, expected) in [
            (
                "away, between attempts",
                right,
                vec![hour],
                true,
                vec![throttled.clone(), expired.clone(), None],
            ),
            (
                "back, while the request is rejected",
                hour,
                vec![right],
                false,
                vec![expired.clone(), None],
            ),
            (
                "back, after the request was rejected",
                hour,
                vec![hour, right],
                false,
                vec![expired.clone(), None],
            ),
            (
                "further, while the request is rejected",
                hour,
                vec![hour * 2],
                false,
                vec![expired.clone(), None],
            ),
            (
                "away, while the request succeeds",
                right,
                vec![hour],
                false,
                vec![None],
            ),
        ] {
            for version in VERSIONS {
                let simulator = simulator().await;
                if throttle {
                    simulator.fail_next(Fault::throttled(None));
                }
                let clock = TestClock::default();
                clock.set_offset(starts_at);
                let transport = ClockJumps {
                    inner: crate::http::plain(),
                    clock: clock.clone(),
                    jumps: Mutex::new(jumps.clone().into()),
                };
                let builder = simulator.client_builder().clock(clock).transport(transport);
                let client = client(builder, version);
                client.modify_prepay_instance_spec(request()).await.unwrap();
                assert_eq!(codes(&simulator), expected, "{name}, {hour}");

                // Wherever the clock is now, at most one more rejection corrects it.
                client.modify_prepay_instance_spec(request()).await.unwrap();
                let more = codes(&simulator).split_off(expected.len());
                assert!(
                    more == [None] || more == [expired.clone(), None],
                    "{name}: {more:?}"
                );
                assert_eq!(simulator.orders().len(), 1, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn clock_jumps_do_not_affect_timeouts() {
    let server = Server::start(vec![response(503, "", ""); 9]).await;
    let transport = ClockJumps {
        inner: crate::http::plain(),
        clock: server.clock.clone(),
        jumps: Mutex::new(
            (1..9)
                .map(|year| TimeDelta::days(year * 365 * (year % 2 * 2 - 1)))
                .collect(),
        ),
    };
    let client = server.builder().transport(transport).build().unwrap();
    let error = client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 4);
    assert!(
        error.elapsed() < Duration::from_secs(2),
        "{:?}",
        error.elapsed()
    );
}

#[tokio::test]
async fn a_wrong_clock_without_a_usable_date_is_an_error() {
    for headers in [
        "",
        "date: yesterday\r\n",
        "date: Thu, 01 Jan 2015 00:00:00 GMT\r\nage: 10\r\n",
    ] {
        let stale = response(
            400,
            headers,
            error_body("InvalidTimeStamp.Expired", "expired"),
        );
        let server = Server::start([stale, order("1")]).await;
        let error = server
            .client()
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert_eq!(
            error.code(),
            Some(&ErrorCode::InvalidTimeStampExpired),
            "{headers}"
        );
        assert_eq!(error.attempts(), 1, "{headers}");
    }
}

/// A rejected timestamp, with these headers.
fn stale(headers: &str) -> Step {
    response(400, headers, error_body(EXPIRED, "expired"))
}

/// How many hours the signing times were away from this machine's time.
fn hours_off(server: &Server) -> Vec<i64> {
    let now = SystemClock::new().now();
    let time = |seen: &crate::support::Seen| {
        let stamp = seen
            .param("Timestamp")
            .or_else(|| seen.header("x-acs-date").map(str::to_owned));
        let stamp = stamp.unwrap().replace("%3A", ":");
        let signed: chrono::DateTime<chrono::Utc> = stamp.parse().unwrap();
        ((signed - now).num_minutes() as f64 / 60.0).round() as i64
    };
    server.seen().iter().map(time).collect()
}

#[tokio::test]
async fn a_wrong_date_affects_one_attempt_and_is_replaced_at_the_next_rejection() {
    for version in VERSIONS {
        let now = SystemClock::new().now();
        let date = |offset: TimeDelta| format!("date: {}\r\n", (now + offset).to_rfc2822());
        let wrong = date(TimeDelta::hours(-20));
        let correct = date(TimeDelta::zero());
        // With the correct date, and without a date, where the clock of this machine is used.
        for last in [&*correct, ""] {
            let server =
                Server::start([stale(&wrong), stale(&wrong), stale(last), order("1")]).await;
            let client = client(server.builder(), version);
            let error = client
                .modify_prepay_instance_spec(request())
                .await
                .unwrap_err();
            assert_eq!(
                (error.attempts(), error.outcome()),
                (2, Outcome::NotApplied)
            );
            client.modify_prepay_instance_spec(request()).await.unwrap();
            assert_eq!(hours_off(&server), [0, -20, -20, 0], "{last:?}");
        }
    }
}

#[tokio::test]
async fn a_date_that_differs_by_more_than_24_hours_is_a_clear_error() {
    for version in VERSIONS {
        let wrong = "date: Thu, 01 Jan 2015 00:00:00 GMT\r\n";
        let server = Server::start([stale(wrong), order("1")]).await;
        let client = client(server.builder(), version);
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert_eq!(
            (error.attempts(), error.outcome()),
            (1, Outcome::NotApplied)
        );
        let text = error.to_string();
        assert!(
            text.contains("at most 24 h are corrected; set the clock"),
            "{text}"
        );
        client.modify_prepay_instance_spec(request()).await.unwrap();
        assert_eq!(hours_off(&server), [0, 0], "nothing was corrected");
    }
}

#[tokio::test]
async fn extreme_dates_cost_at_most_one_retry() {
    for date in [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Mon, 01 Jan 1900 00:00:00 GMT",
        "Sat, 01 Jan 262142 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:60 GMT",
    ] {
        for (version, operation) in cases() {
            let headers = format!("date: {date}\r\n");
            let server = Server::start([stale(&headers), stale(&headers), order("1")]).await;
            let client = client(server.builder(), version);
            let error = operation.call(&client).await.unwrap_err();
            assert!(error.attempts() <= 2, "{date}");
            assert_eq!(error.outcome(), Outcome::NotApplied, "{date}");
            assert_eq!(server.nonces(), server.seen().len(), "{date}");
        }
    }
}

#[tokio::test]
async fn a_date_is_used_only_after_a_timestamp_was_rejected() {
    let other = response(
        400,
        "date: Thu, 01 Jan 2015 00:00:00 GMT\r\n",
        error_body("Throttling", ""),
    );
    let server = Server::start([other, rejection(400, "Account.Arrearage", "")]).await;
    server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    let stamps: Vec<_> = server
        .seen()
        .iter()
        .filter_map(|seen| seen.param("Timestamp"))
        .collect();
    assert!(
        stamps.iter().all(|stamp| !stamp.starts_with("2015")),
        "{stamps:?}"
    );
}

/// Responds from memory, with a delay for each attempt, and records when each attempt began.
#[derive(Debug, Clone)]
struct Timed {
    origin: Instant,
    script: Arc<Mutex<VecDeque<(u64, &'static str)>>>,
    starts: Arc<Mutex<Vec<u64>>>,
}

const GOOD: &str = "";
/// Later than all timeouts of these tests.
const NEVER: u64 = 1_000_000;

#[allow(clippy::disallowed_methods, reason = "time is paused")]
impl HttpTransport for Timed {
    fn send(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let start = self.origin.elapsed().as_millis();
        self.starts.lock().unwrap().push(start as u64);
        let next = self.script.lock().unwrap().pop_front();
        Box::pin(async move {
            let (after, retry_after) = next.unwrap_or((NEVER, GOOD));
            tokio::time::sleep(Duration::from_millis(after)).await;
            if retry_after.is_empty() {
                let body = r#"{"RequestId":"R","OrderId":"1"}"#;
                return Ok(http::Response::new(body.into()));
            }
            let throttled = http::Response::builder()
                .status(429)
                .header("x-acs-retry-after", retry_after);
            Ok(throttled
                .body(ResponseBody::from(
                    r#"{"RequestId":"R","Code":"Throttling"}"#,
                ))
                .unwrap())
        })
    }
}

/// A provider with a delay.
#[derive(Debug)]
struct SlowProvider(u64);

#[allow(clippy::disallowed_methods, reason = "time is paused")]
impl ProvideCredentials for SlowProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(self.0)).await;
            Ok(Credentials::new("id", "secret"))
        })
    }
}

/// Makes one call with these times (delay of the credentials, timeouts of an attempt and of the call, in ms). Returns
/// when its attempts began, its result, and when it ended.
#[allow(clippy::disallowed_methods, reason = "time is paused")]
async fn timed(
    [load, attempt, call]: [u64; 3],
    script: &[(u64, &'static str)],
) -> (Vec<u64>, Result<(), Error>, u64) {
    let origin = Instant::now();
    let transport = Timed {
        origin,
        script: Arc::new(Mutex::new(script.iter().copied().collect())),
        starts: Arc::default(),
    };
    let starts = Arc::clone(&transport.starts);
    let retry = RetryConfig::default()
        .with_max_attempts(9)
        .with_initial_backoff(Duration::ZERO);
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(SlowProvider(load))
        .transport(transport)
        .retry(retry)
        .attempt_timeout(Duration::from_millis(attempt))
        .timeout(Duration::from_secs(3_600))
        .build()
        .unwrap();
    let options = CallOptions::default().with_timeout(Duration::from_millis(call));
    let result = client.call(request(), options).await.map(drop);
    let end = origin.elapsed();
    if let Err(error) = &result {
        assert_eq!(error.elapsed(), end, "the error knows how long it took");
    }
    let starts = starts.lock().unwrap().clone();
    (starts, result, end.as_millis() as u64)
}

#[rustfmt::skip]
#[tokio::test(start_paused = true)]
async fn timeouts_are_exact_to_the_millisecond() {
    const OK: &str = "";
    const LIMIT: &str = "(attempt_timeout)";
    const REST: &str = "(the rest of the call's timeout of";
    let wait = |ms| (0, ms);
    for (name, limits, script, starts, end, text) in [
        // what happens                    [load, attempt, call]  responses (after ms, retry after)         attempts begin at              end     error
        ("no response at all",             [0, 15_000, 60_000],   vec![],                                     vec![0, 15_000, 30_000, 45_000], 60_000, LIMIT),
        ("the last attempt gets the rest", [0, 20_000, 50_000],   vec![],                                     vec![0, 20_000, 40_000],       50_000, REST),
        ("a rest too short for an attempt", [0, 15_000, 45_100],  vec![],                                     vec![0, 15_000, 30_000],       45_000, LIMIT),
        ("a rest just long enough",        [0, 15_000, 45_101],   vec![],                                     vec![0, 15_000, 30_000, 45_000], 45_101, REST),
        ("a call shorter than an attempt", [0, 90_000, 60_000],   vec![],                                     vec![0],                       60_000, REST),
        ("a response just in time",        [0, 15_000, 60_000],   vec![(14_999, GOOD)],                       vec![0],                       14_999, OK),
        ("a response just too late",       [0, 15_000, 60_000],   vec![(15_001, GOOD), (5, GOOD)],            vec![0, 15_000],               15_005, OK),
        ("a response in the rest",         [0, 20_000, 50_000],   vec![(NEVER, GOOD), (NEVER, GOOD), (9_999, GOOD)], vec![0, 20_000, 40_000], 49_999, OK),
        ("waits that are requested",       [0, 15_000, 60_000],   vec![wait("7000"), wait("11000")],          vec![0, 7_000, 18_000, 33_000, 48_000], 60_000, REST),
        ("a wait that leaves no time",     [0, 15_000, 25_000],   vec![wait("10000"), wait("10000"), wait("10000")], vec![0, 10_000, 20_000], 20_000, "Throttling"),
        ("a wait that leaves just enough", [0, 15_000, 25_000],   vec![wait("10000"), wait("14899")],         vec![0, 10_000, 24_899],       25_000, REST),
        ("a wait that leaves too little",  [0, 15_000, 25_000],   vec![wait("10000"), wait("14900")],         vec![0, 10_000],               10_000, "Throttling"),
        ("credentials take part of call",   [20_000, 15_000, 45_000], vec![],                                  vec![20_000, 35_000],          45_000, REST),
        ("credentials take all time",      [60_000, 15_000, 45_000], vec![],                                  vec![],                        45_000, "no credentials"),
        ("credentials arrive too late",     [45_000, 15_000, 45_000], vec![],                                  vec![],                        45_000, "no credentials"),
    ] {
        let (began, result, ended) = timed(limits, &script).await;
        assert_eq!(began, starts, "{name}");
        assert_eq!(ended, end, "{name}");
        match result {
            Ok(()) => assert_eq!(text, OK, "{name}"),
            Err(error) => {
                assert!(text != OK && error.to_string().contains(text), "{name}: {error}");
                assert_eq!(error.attempts() as usize, starts.len(), "{name}");
                let may_exist = !starts.is_empty() && text != "Throttling";
                assert_eq!(error.outcome() == Outcome::Unknown, may_exist, "{name}");
            }
        }
    }
}

/// A body that never ends. Each poll wakes the reader again after a while.
struct EndlessBody;

impl http_body::Body for EndlessBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Pending
    }
}

/// Sends a response head and then the body that `new` makes.
#[derive(Debug)]
struct Heads(fn() -> ResponseBody);

impl HttpTransport for Heads {
    fn send(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let response = http::Response::builder()
            .status(202)
            .header("x-acs-request-id", "R")
            .body((self.0)());
        Box::pin(std::future::ready(Ok(response.unwrap())))
    }
}

/// Fails with a custom error after the first chunk.
struct BrokenBody(bool);

impl http_body::Body for BrokenBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let first = std::mem::replace(&mut self.0, false);
        Poll::Ready(Some(match first {
            true => Ok(Frame::data("{".into())),
            false => Err("the tunnel collapsed".into()),
        }))
    }
}

/// Produces chunks of 1 MiB without end.
struct HugeBody;

impl http_body::Body for HugeBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 1 << 20])))))
    }
}

#[tokio::test(start_paused = true)]
async fn body_timeout_and_maximum_size_apply_to_every_transport() {
    use TransportErrorKind::{BodyTooLarge, IncompleteBody, Timeout};
    let bodies: [(TransportErrorKind, fn() -> ResponseBody, &str); 4] = [
        (
            Timeout,
            || ResponseBody::new(EndlessBody),
            "timed out after 15s (attempt_timeout)",
        ),
        (
            IncompleteBody,
            || ResponseBody::new(BrokenBody(true)),
            "ended prematurely",
        ),
        (
            BodyTooLarge,
            || ResponseBody::new(HugeBody),
            "larger than 8 MiB",
        ),
        (
            BodyTooLarge,
            || vec![b' '; (8 << 20) + 1].into(),
            "larger than 8 MiB",
        ),
    ];
    for (kind, body, text) in bodies {
        let client = Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
            .transport(Heads(body))
            .retry(RetryConfig::disabled())
            .build()
            .unwrap();
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        let ErrorKind::Transport(transport) = error.kind() else {
            panic!("{error}")
        };
        assert_eq!(transport.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(error.http_status(), Some(202));
        assert_eq!(error.request_id(), Some("R"));
    }
}
