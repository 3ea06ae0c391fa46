//! The JSON of fleets.

use std::sync::Arc;

use aliyun_ecs::error::ServiceError;
use aliyun_ecs::resize::*;
use aliyun_ecs::{Error, Resize};
use serde_json::{Value, json, to_value};

use super::{ID, events, key, rejected, report, round_trip, snapshot};

/// An error of a resize that has stopped and ordered.
fn failed() -> ResizeError {
    let sold_out = ServiceError::new(403, "OperationDenied.NoStock", "sold out");
    let kind = ResizeErrorKind::Call {
        error: Error::from(sold_out.with_request_id("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E")),
        doing: "order",
    };
    let mut progress = Progress::new(key(), OrderState::NotPlaced);
    progress.done = vec![Step::Stop];
    progress.left = vec![Step::Order, Step::AwaitChange, Step::Start];
    progress.recovery = Recovery::Started;
    ResizeError::new(kind, ID.parse().unwrap(), "cn-hangzhou".parse().unwrap())
        .with_progress(progress)
}

fn cancelled() -> ResizeError {
    let progress = Progress::new(key(), OrderState::NotPlaced);
    let (id, region) = (ID.parse().unwrap(), "cn-hangzhou".parse().unwrap());
    ResizeError::new(ResizeErrorKind::Cancelled, id, region).with_progress(progress)
}

fn waiting() -> Resize {
    let resize = Resize::builder(ID, "ecs.g5.xlarge").region_id("cn-beijing");
    let resize = resize.client_token("my-token").max_price(500);
    resize.build().unwrap()
}

fn fleet_report() -> FleetReport {
    FleetReport::new()
        .with_finished(report())
        .with_failed(failed())
        .with_failed(cancelled())
        .with_not_begun(waiting())
}

#[test]
fn events_and_reports_of_a_fleet_have_the_documented_json() {
    let events = [
        FleetEvent::Resize(events()[6].clone()),
        FleetEvent::Failed(Arc::new(failed())),
    ];
    snapshot("fleet_events", &events);
    snapshot("fleet_report", &fleet_report());
}

#[test]
fn what_a_report_needs_to_be_resumed_can_be_read_back() {
    let read = |value: &Value| Some(value.as_array()?.clone());
    let json = to_value(fleet_report()).unwrap();
    let [finished, failed, cancelled, not_begun] =
        ["finished", "failed", "cancelled", "not_begun"].map(|group| read(&json[group]).unwrap());
    let finished: Vec<ResizeReport> = finished
        .into_iter()
        .map(|it| serde_json::from_value(it).unwrap())
        .collect();
    assert_eq!(finished, fleet_report().finished());
    let key: ResumeKey =
        serde_json::from_value(failed[0]["progress"]["resume_key"].clone()).unwrap();
    assert_eq!(Some(&key), fleet_report().failed()[0].1.resume_key());
    assert_eq!(cancelled[0]["kind"], "cancelled");
    let resize: Resize = serde_json::from_value(not_begun[0].clone()).unwrap();
    assert_eq!(resize, waiting());
    let prices: Vec<Quote> = serde_json::from_value(json["total_price"].clone()).unwrap();
    assert_eq!(prices, fleet_report().total_price());
    let event = to_value(FleetEvent::Resize(events()[3].clone())).unwrap();
    let read: ResizeEvent = serde_json::from_value(event["resize"].clone()).unwrap();
    assert_eq!(read, events()[3]);
}

#[test]
fn options_are_read_like_those_of_a_command_line() {
    for (text, max_failures) in [
        ("5", MaxFailures::Count(5)),
        ("10%", MaxFailures::Percent(10)),
        ("unlimited", MaxFailures::Unlimited),
    ] {
        assert_eq!(round_trip(&max_failures), text);
    }
    let options = FleetOptions::default()
        .with_concurrency(50)
        .with_max_failures(MaxFailures::Percent(5));
    assert_eq!(
        round_trip(&options),
        json!({"concurrency": 50, "max_failures": "5%"})
    );
    let empty: FleetOptions = serde_json::from_value(json!({})).unwrap();
    assert_eq!(empty, FleetOptions::default());
    for wrong in ["", "-1", "101%", "5 %", "half"] {
        let error = rejected::<MaxFailures>(json!(wrong));
        assert!(error.contains("must be a number"), "{error}");
    }
    let error = rejected::<FleetOptions>(json!({"concurency": 5}));
    assert!(error.contains("unknown field"), "{error}");
}
