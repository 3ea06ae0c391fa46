//! Runs during which something goes wrong.

use aliyun_ecs::resize::{Ending, OrderState, Recovery, Step};
use aliyun_ecs::simulator::{Fault, InstanceStatus};

use crate::support::{LARGE, Rig, SMALL, resize, to};

const ACTIONS: [&str; 6] = [
    "DescribeInstances",
    "DescribeResourcesModification",
    "ModifyPrepayInstanceSpec",
    "StopInstance",
    "StartInstance",
    "RebootInstance",
];

#[tokio::test]
async fn lost_answers_on_every_step_order_once() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        for action in ACTIONS {
            // More than one call tries again by itself.
            for times in [1, 5] {
                let rig = Rig::running(from).await;
                rig.simulator
                    .fail_next(Fault::lost_answer().on(action).times(times));
                let report = rig.finished(&resize(target)).await;
                assert_eq!(report.ending(), Ending::InEffect, "{action} {times}");
                rig.assert_in_effect(target);
                assert!(report.order_id().is_some() || times > 4, "{action} {times}");
            }
        }
    }
}

#[tokio::test]
async fn requests_that_never_arrive_are_sent_again() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        for action in ACTIONS {
            let rig = Rig::running(from).await;
            rig.simulator
                .fail_next(Fault::gateway_html(502).on(action).times(6));
            rig.finished(&resize(target)).await;
            rig.assert_in_effect(target);
        }
    }
}

#[tokio::test]
async fn throttling_throughout_only_takes_longer() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        for action in ACTIONS {
            for _ in 0..6 {
                rig.simulator
                    .fail_next(Fault::throttled(None).on(action).times(1));
            }
        }
        assert_eq!(
            rig.finished(&resize(target)).await.ending(),
            Ending::InEffect
        );
        rig.assert_in_effect(target);
    }
}

#[tokio::test]
async fn a_failure_after_stopping_starts_the_instance_again_and_says_so() {
    let rig = Rig::running(LARGE).await;
    let refusal = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(refusal.on("ModifyPrepayInstanceSpec"));
    let error = rig.refused(&resize(SMALL)).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.done, [Step::Stop]);
    assert_eq!(progress.left, [Step::Order, Step::Change, Step::Start]);
    assert_eq!(
        (&progress.order, &progress.recovery),
        (&OrderState::NotPlaced, &Recovery::Started)
    );
    let text = error.to_string();
    assert!(
        text.starts_with("ordering failed: OperationDenied: Not today."),
        "{text}"
    );
    assert!(
        text.contains("no order was placed; the instance was started again"),
        "{text}"
    );
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert_eq!(rig.changes(), ["StopInstance", "StartInstance"]);
}

#[tokio::test]
async fn a_failure_after_stopping_leaves_it_stopped_where_told_so() {
    let rig = Rig::running(LARGE).await;
    let refusal = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(refusal.on("ModifyPrepayInstanceSpec"));
    let intent = to(SMALL).restart_on_failure(false).build().unwrap();
    let error = rig.refused(&intent).await;
    assert!(
        error.to_string().contains("THE INSTANCE IS STOPPED"),
        "{error}"
    );
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    // The same intent still knows who stopped it.
    assert_eq!(rig.finished(&intent).await.ending(), Ending::InEffect);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_start_that_fails_after_the_order_is_told_and_resumed() {
    let rig = Rig::running(LARGE).await;
    let message = "The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.";
    let refusal = Fault::service_error(403, "OperationDenied.NoStock", message);
    rig.simulator.fail_next(refusal.on("StartInstance"));
    let error = rig.refused(&resize(SMALL)).await;
    assert!(
        error.to_string().contains("starting the instance failed"),
        "{error}"
    );
    assert!(
        error.to_string().contains("THE INSTANCE IS STOPPED"),
        "{error}"
    );
    let key = error.progress().unwrap().resume_key.clone();
    let resumed = to(SMALL).resume(key.to_string().parse().unwrap());
    assert_eq!(
        rig.finished(&resumed.build().unwrap()).await.ending(),
        Ending::InEffect
    );
    rig.assert_in_effect(SMALL);
}
