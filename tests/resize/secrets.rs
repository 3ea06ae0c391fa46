//! The log, events, reports and errors of a resize contain no access key secret and no signature.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use aliyun_ecs::simulator::Fault;

use crate::log::Log;
use crate::support::{LARGE, Rig, SMALL, to};

/// Responses that fail and repeat the key.
fn faults(secret: &str) -> [Fault; 6] {
    let page = format!("<html>{secret}</html>");
    [
        Fault::lost_response(),
        Fault::truncated(),
        Fault::throttled(None),
        Fault::response(502, "text/html", page.clone()),
        Fault::response(200, "text/html", page),
        Fault::service_error(403, "Forbidden.RAM", format!("not with {secret}")),
    ]
}

#[tokio::test]
async fn no_event_report_log_or_error_of_a_resize_contains_a_secret() {
    for action in [
        "DescribeInstances",
        "ModifyPrepayInstanceSpec",
        "StopInstance",
    ] {
        for index in 0..6 {
            let log = Log::start();
            let rig = Rig::running(LARGE).await;
            let secret = rig.simulator.access_key_secret().to_owned();
            let fault = faults(&secret)[index].clone();
            let intent = to(SMALL).timeout(Duration::from_secs(60)).build().unwrap();
            let mut shown = format!("{intent:?}");
            let (result, _) = rig
                .run_with(&intent, |event| {
                    if shown.len() < 2_000 {
                        let fault = fault.clone().on(action);
                        rig.simulator.fail_next(fault.times(9));
                    }
                    write!(shown, "{event} {event:?}").unwrap();
                })
                .await;
            match result {
                Ok(report) => write!(shown, "{report} {report:?}").unwrap(),
                Err(error) => {
                    write!(shown, "{error} {error:?}").unwrap();
                    let mut cause = error.source();
                    while let Some(error) = cause {
                        write!(shown, "{error} {error:?}").unwrap();
                        cause = error.source();
                    }
                }
            }
            shown += &log.text();
            assert!(shown.contains("resume key"), "the resume key is shown");
            assert!(!shown.contains(&secret), "{action} {index}");
            assert!(!shown.contains("Signature="), "{action} {index}");
        }
    }
}
