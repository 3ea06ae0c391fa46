//! After a failure the instance runs again where it can, and the error says so where it does not.

use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::resize::{Ending, OrderState, Recovery, ResumeKey};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

/// The key of a downgrade whose process died after stopping the instance.
async fn stopped_by_an_earlier_run(rig: &Rig) -> ResumeKey {
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    rig.simulator.add_instance(rig.instance().stopped());
    plan.resume_key().clone()
}

#[tokio::test]
async fn a_resumed_downgrade_that_is_refused_starts_the_instance_again() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator.sold_out(SMALL);
    let error = rig.refused(&Resize::resume(key).build().unwrap()).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.recovery, Recovery::Started, "{error}");
    assert!(error.to_string().contains("OperationDenied.NoStock"));
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert!(rig.simulator.orders().is_empty());
}

#[tokio::test]
async fn an_order_that_may_exist_is_waited_for_before_the_instance_is_started_again() {
    let rig = Rig::running(LARGE).await;
    let ordering = |fault: Fault, times| fault.on("ModifyPrepayInstanceSpec").times(times);
    rig.simulator.fail_next(ordering(Fault::lost_answer(), 1));
    rig.simulator
        .fail_next(ordering(Fault::gateway_html(502), 3));
    let refusal = Fault::service_error(403, "Forbidden.RAM", "No.");
    rig.simulator.fail_next(ordering(refusal, 1));
    let intent = resize(SMALL);
    let error = rig.refused(&intent).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.order, OrderState::Possible);
    assert_eq!(progress.recovery, Recovery::Started, "{error}");
    // The start came after the order was through, and another process knows that.
    rig.assert_in_effect(SMALL);
    let changes = rig.changes();
    let resumed = Resize::resume(progress.resume_key.clone());
    let report = rig.finished(&resumed.build().unwrap()).await;
    assert_eq!(report.ending(), Ending::InEffect);
    assert_eq!(rig.changes(), changes);
}

#[tokio::test]
async fn an_order_that_is_still_carried_out_keeps_the_instance_stopped_and_the_error_says_so() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    let intent = to(SMALL).timeout(Duration::from_secs(60)).build().unwrap();
    let error = rig.refused(&intent).await;
    let progress = error.progress().unwrap();
    assert!(matches!(progress.order, OrderState::Placed(Some(_))));
    let text = error.to_string();
    assert!(
        text.contains("THE INSTANCE IS STOPPED: a start before the order is through could miss it"),
        "{text}"
    );
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    let resumed = Resize::resume(progress.resume_key.clone());
    rig.finished(&resumed.build().unwrap()).await;
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_resumed_run_that_cannot_look_says_that_the_instance_may_be_stopped() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    let refusal = Fault::service_error(403, "Forbidden.RAM", "No.");
    rig.simulator.fail_next(refusal.on("DescribeInstances"));
    let error = rig.refused(&Resize::resume(key).build().unwrap()).await;
    assert!(
        error.to_string().contains("THE INSTANCE MAY BE STOPPED"),
        "{error}"
    );
}

#[tokio::test]
async fn a_locked_instance_that_cannot_be_started_again_is_said_to_be_stopped() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator
        .add_instance(rig.instance().locked("security"));
    let error = rig.refused(&Resize::resume(key).build().unwrap()).await;
    let text = error.to_string();
    assert!(
        text.contains("THE INSTANCE IS STOPPED: its start was refused (InstanceLockedForSecurity"),
        "{text}"
    );
}

#[tokio::test]
async fn a_start_that_is_accepted_but_does_not_end_is_not_called_done() {
    let builder = slow().transition(Duration::from_secs(300));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    let refusal = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(refusal.on("ModifyPrepayInstanceSpec"));
    let error = rig.refused(&resize(SMALL)).await;
    assert!(
        error
            .to_string()
            .contains("THE INSTANCE MAY BE STOPPED: it is Starting"),
        "{error}"
    );
}

#[tokio::test]
async fn a_failure_before_a_stop_shows_waits_for_it_and_starts_the_instance_again() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).timeout(Duration::from_secs(3)).build().unwrap();
    let error = rig.refused(&intent).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.recovery, Recovery::Started, "{error}");
    assert_eq!(rig.changes(), ["StopInstance", "StartInstance"]);
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
}
