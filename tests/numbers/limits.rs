//! Extreme timeouts, numbers of attempts, and other numbers.

use std::time::Duration;

use aliyun_ecs::clock::Clock;
use aliyun_ecs::operation::*;
use aliyun_ecs::resize::Restart;
use aliyun_ecs::simulator::{FastClock, Fault, SimulatedInstance, Simulator};
use aliyun_ecs::types::{DiskCategory, MinuteTime};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, ClientBuilder, ErrorKind, ModifyPrepayInstanceSpecRequest,
    Outcome, Resize, RetryConfig,
};
use chrono::{DateTime, Utc};

use crate::values::{DECIMALS, DURATIONS, TIMES, check};

const ID: &str = "i-test";

async fn simulator() -> Simulator {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large").running());
    simulator
}

fn order() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.xlarge")
        .build()
        .unwrap()
}

/// A timeout of a client: its name, and its setter.
type Timeout = (&'static str, fn(ClientBuilder, Duration) -> ClientBuilder);

#[tokio::test]
async fn zero_timeouts_are_rejected_and_all_others_are_respected() {
    let limits: [Timeout; 3] = [
        ("connect_timeout", ClientBuilder::connect_timeout),
        ("attempt_timeout", ClientBuilder::attempt_timeout),
        ("timeout", ClientBuilder::timeout),
    ];
    let simulator = simulator().await;
    for (name, set) in limits {
        for limit in DURATIONS {
            let builder = set(simulator.client_builder(), limit).retry(RetryConfig::disabled());
            let client = match builder.build() {
                Ok(client) => client,
                Err(error) => {
                    check(&error, name);
                    assert_eq!((error.setting(), limit), (name, Duration::ZERO));
                    continue;
                }
            };
            assert_ne!(limit, Duration::ZERO, "{name}");
            match client.modify_prepay_instance_spec(order()).await {
                Ok(_) => assert_ne!((name, limit), ("timeout", DURATIONS[1])),
                // The shortest timeout may expire before the response arrives, the longest never does.
                Err(error) => {
                    check(&error, name);
                    let rejected_as_same_type = error.code().is_some();
                    assert!(
                        rejected_as_same_type || limit == DURATIONS[1],
                        "{name} {limit:?}: {error}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn calls_accept_the_shortest_and_the_longest_timeout() {
    let simulator = simulator().await;
    let (client, order) = (simulator.client_builder().build().unwrap(), order());
    let limited = |limit| CallOptions::default().with_timeout(limit);
    for _ in 0..2 {
        let call = client.call(order.clone(), limited(Duration::ZERO));
        let error = call.await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Validation(_)), "{error}");
        assert_eq!(error.outcome(), Outcome::NotApplied);
        check(&error, "the timeout of a call");
    }
    assert!(simulator.requests().is_empty());
    let error = client.call(order.clone(), limited(Duration::from_nanos(1)));
    let error = error.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    check(&error, "the timeout of a call");
    let options = CallOptions::default().with_timeout(Duration::MAX);
    client.call(order, options).await.unwrap();
    assert_eq!(simulator.orders().len(), 1);
}

#[tokio::test]
async fn retries_end_with_any_max_attempts_and_backoff() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::gateway_html(503).times(10_000));
    for attempts in [0, 1, 2, u32::MAX] {
        for base in DURATIONS {
            for most in DURATIONS {
                let retry = RetryConfig::default()
                    .with_max_attempts(attempts)
                    .with_initial_backoff(base)
                    .with_max_backoff(most);
                let client = simulator
                    .client_builder()
                    .retry(retry)
                    .timeout(Duration::from_secs(3));
                let client = client.build().unwrap();
                let error = client
                    .modify_prepay_instance_spec(order())
                    .await
                    .unwrap_err();
                check(&error, "attempts");
                let waits_forever = base == Duration::MAX && most == Duration::MAX;
                let waits_longer = base == Duration::from_nanos(1) && most == Duration::MAX;
                let expected = match attempts {
                    0 | 1 => 1..=1,
                    // A wait that exceeds the timeout of the call is not begun. A jitter near zero is possible, but
                    // very unlikely.
                    _ if waits_forever => 1..=1,
                    2 => 2..=2,
                    // Until a wait exceeds the remaining time of the call.
                    _ if waits_longer => 20..=101,
                    // The retry budget of the client: 100 retries.
                    _ => 101..=101,
                };
                assert!(
                    expected.contains(&error.attempts()),
                    "{retry:?}: {error} after {}",
                    error.attempts()
                );
                assert_eq!(error.outcome(), Outcome::Unknown);
            }
        }
    }
}

/// A clock with a fixed time, whose sleeps end at once.
#[derive(Debug)]
struct FixedClock(DateTime<Utc>, Duration);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }

    fn elapsed(&self) -> Duration {
        self.1
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        // A timeout must not expire before the response arrives.
        match duration > Duration::from_secs(5) {
            true => Box::pin(std::future::pending()),
            false => Box::pin(std::future::ready(())),
        }
    }
}

#[tokio::test]
async fn extreme_clock_values_are_an_error_without_a_panic() {
    let simulator = simulator().await;
    for now in TIMES {
        for elapsed in [Duration::ZERO, Duration::MAX] {
            for expiry in TIMES {
                let client = simulator
                    .client_builder()
                    .credentials(simulator.credentials().with_expiration(expiry))
                    .clock(FixedClock(now, elapsed))
                    .build()
                    .unwrap();
                let request = DescribeRegionsRequest::builder().build().unwrap();
                // Larger differences than 24 hours are not corrected.
                let error = client.describe_regions(request).await.unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Service(_)), "{error}");
                check(&error, "clock");
            }
        }
    }
}

#[tokio::test]
async fn a_fast_clock_works_with_every_factor() {
    for factor in [0, 1, u32::MAX] {
        let clock = FastClock::new(factor);
        clock.sleep(Duration::from_nanos(1)).await;
        assert!(clock.elapsed() >= Duration::ZERO);
        let longest = clock.sleep(Duration::MAX);
        drop(longest);
    }
}

#[test]
fn extreme_numbers_in_requests_are_accepted() {
    for number in [0, u64::MAX] {
        let page = DescribeInstancesRequest::builder()
            .max_results(number)
            .build();
        assert_eq!(page.unwrap().max_results(), Some(number));
        let cores = DescribeInstanceTypesRequest::builder()
            .minimum_cpu_core_count(number)
            .build();
        assert_eq!(cores.unwrap().minimum_cpu_core_count(), Some(number));
    }
    for number in [0, u32::MAX] {
        let price = DescribeInstanceModificationPriceRequest::builder(ID);
        let disk = DataDisk::new(DiskCategory::CloudSsd).with_size_gib(number.into());
        let price = price.data_disk(disk).build().unwrap();
        assert_eq!(price.data_disks()[0].size_gib(), Some(number.into()));
        let target = DescribeResourcesModificationRequest::builder(ID)
            .cores(number.into())
            .build();
        assert_eq!(target.unwrap().cores(), Some(number.into()));
    }
    for decimal in DECIMALS {
        let types = DescribeInstanceTypesRequest::builder()
            .minimum_memory_gib(decimal)
            .build();
        assert_eq!(types.unwrap().minimum_memory_gib(), Some(decimal));
        let target = DescribeResourcesModificationRequest::builder(ID)
            .memory_gib(decimal)
            .build();
        assert_eq!(target.unwrap().memory_gib(), Some(decimal));
        let resize = Resize::builder(ID, "ecs.g5.xlarge")
            .max_price(decimal)
            .build();
        assert_eq!(resize.is_ok(), !decimal.is_sign_negative());
    }
}

#[test]
fn times_outside_four_digit_years_are_rejected_by_every_setter() {
    for time in TIMES {
        let order = || ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.xlarge");
        let request = DescribeInstancesRequest::builder;
        let resize = Resize::builder(ID, "ecs.g5.xlarge").restart(Restart::At(time));
        check(&MinuteTime::new(time).unwrap_err(), "MinuteTime");
        check(&resize.build().unwrap_err(), "restart");
        check(
            &order().reboot_time(time).build().unwrap_err(),
            "reboot_time",
        );
        check(&order().end_time(time).build().unwrap_err(), "end_time");
        for request in [
            request().created_after(time),
            request().created_before(time),
            request().expires_after(time),
            request().expires_before(time),
        ] {
            check(&request.build().unwrap_err(), "times of instances");
        }
    }
}

/// A client on which the waits of a resize end quickly.
fn fast(simulator: &Simulator) -> Client {
    let hour = Duration::from_secs(3600);
    let builder = simulator.client_builder().clock(FastClock::new(1_000));
    builder
        .timeout(hour * 24)
        .attempt_timeout(hour * 6)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_resize_ends_with_every_timeout_and_poll_interval() {
    for (poll, limit) in [
        (Duration::from_secs(1), Duration::MAX),
        (Duration::MAX, Duration::from_nanos(1)),
        (Duration::from_secs(1), Duration::from_nanos(1)),
        (Duration::MAX, Duration::from_secs(3600)),
    ] {
        let simulator = simulator().await;
        let builder = Resize::builder(ID, "ecs.g5.xlarge")
            .poll_interval(poll)
            .timeout(limit);
        let resize = builder.build().unwrap();
        match fast(&simulator).resize(resize.clone()).await {
            Ok(_) => assert!(limit > Duration::from_secs(1)),
            Err(error) => {
                check(&error, "resize");
                assert!(limit < Duration::MAX, "{error}");
            }
        }
        assert!(simulator.orders().len() <= 1);
    }
    for duration in [Duration::ZERO, Duration::from_nanos(1)] {
        let builder = Resize::builder(ID, "ecs.g5.xlarge").poll_interval(duration);
        check(&builder.build().unwrap_err(), "poll_interval");
    }
    let builder = Resize::builder(ID, "ecs.g5.xlarge").timeout(Duration::ZERO);
    check(&builder.build().unwrap_err(), "timeout");
}
