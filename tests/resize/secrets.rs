//! What a resize logs, tells and fails with holds no key and no signature.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use aliyun_ecs::simulator::Fault;

use crate::log::Log;
use crate::support::{LARGE, Rig, SMALL, to};

/// Answers that repeat the key among what goes wrong.
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
async fn nothing_that_a_resize_says_holds_a_secret() {
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
            let mut said = format!("{intent:?}");
            let (result, _) = rig
                .run_with(&intent, |event| {
                    if said.len() < 2_000 {
                        let fault = fault.clone().on(action);
                        rig.simulator.fail_next(fault.times(9));
                    }
                    write!(said, "{event} {event:?}").unwrap();
                })
                .await;
            match result {
                Ok(report) => write!(said, "{report} {report:?}").unwrap(),
                Err(error) => {
                    write!(said, "{error} {error:?}").unwrap();
                    let mut cause = error.source();
                    while let Some(error) = cause {
                        write!(said, "{error} {error:?}").unwrap();
                        cause = error.source();
                    }
                }
            }
            said += &log.text();
            assert!(said.contains("resume key"), "it says what it should");
            assert!(!said.contains(&secret), "{action} {index}");
            assert!(!said.contains("Signature="), "{action} {index}");
        }
    }
}
