//! Clocks that are off.

use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::{ErrorCode, SignatureVersion};
use chrono::TimeDelta;

use crate::support::{Server, answer, order, refusal, refusal_body, request};

#[tokio::test]
async fn a_clock_an_hour_off_recovers_after_one_refused_attempt_and_stays_right() {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        for hours in [-1, 1] {
            let simulator = Simulator::start().await;
            simulator.set_clock_offset(TimeDelta::hours(hours));
            let instance = SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large");
            simulator.add_instance(instance.running());
            let client = simulator
                .client_builder()
                .signature_version(version)
                .build()
                .unwrap();

            client.modify_prepay_instance_spec(request()).await.unwrap();
            let codes = || {
                simulator
                    .requests()
                    .iter()
                    .map(|r| r.error_code().map(str::to_owned))
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                codes(),
                [Some("InvalidTimeStamp.Expired".to_owned()), None],
                "{hours} h"
            );

            client.modify_prepay_instance_spec(request()).await.unwrap();
            assert_eq!(codes().len(), 3, "the second call knows the skew");
        }
    }
}

#[tokio::test]
async fn without_a_date_to_learn_from_a_stale_clock_is_an_error() {
    for headers in [
        "",
        "date: yesterday\r\n",
        "date: Thu, 01 Jan 2015 00:00:00 GMT\r\nage: 10\r\n",
    ] {
        let stale = answer(
            400,
            headers,
            refusal_body("InvalidTimeStamp.Expired", "expired"),
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

#[tokio::test]
async fn a_lying_date_costs_one_attempt_and_does_not_last() {
    let lie = || {
        let headers = "date: Thu, 01 Jan 2015 00:00:00 GMT\r\n";
        answer(400, headers, refusal_body("IllegalTimestamp", "expired"))
    };
    let server = Server::start([lie(), lie()]).await;
    let error = server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 2);
}

#[tokio::test]
async fn a_date_is_believed_only_when_a_timestamp_was_refused() {
    let other = answer(
        400,
        "date: Thu, 01 Jan 2015 00:00:00 GMT\r\n",
        refusal_body("Throttling", ""),
    );
    let server = Server::start([other, refusal(400, "Account.Arrearage", "")]).await;
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

#[tokio::test]
async fn a_clock_that_jumps_during_a_call_is_corrected() {
    let server = Server::start([order("1")]).await;
    server.clock.set_offset(TimeDelta::days(400));
    server
        .client()
        .modify_prepay_instance_spec(request())
        .await
        .unwrap();
    server.clock.set_offset(TimeDelta::zero());
    assert_eq!(server.seen().len(), 1);
}
