//! After a failure the instance runs again where it can, and the error says so where it does not.

use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::resize::{
    Completion, OrderState, Recovery, ResizeError, ResizeEvent, ResumeKey, Step, StopPolicy,
};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

fn rejection() -> Fault {
    Fault::service_error(403, "Forbidden.RAM", "No.")
}

fn busy() -> Fault {
    let message = "The previous order is still processing, please try again later.";
    Fault::service_error(400, "LastOrderProcessing", message)
}

fn last_key(event: &ResizeEvent, key: &mut Option<ResumeKey>) {
    *key = event.resume_key().cloned().or(key.take());
}

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
async fn an_instance_that_was_seen_running_is_not_said_to_be_stopped() {
    let rig = Rig::running(LARGE).await;
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    let resumed = Resize::resume(plan.resume_key().clone());
    let resumed = resumed.stop_for_downgrade(StopPolicy::Deny);
    let error = rig.refused(&resumed.build().unwrap()).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.recovery, Recovery::NotNeeded, "{error}");
}

#[tokio::test]
async fn a_failure_does_not_start_what_its_owner_has_stopped() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::with(SimulatedInstance::new(ID, from).stopped()).await;
        let refused = rejection().on("ModifyPrepayInstanceSpec");
        rig.simulator.fail_next(refused);
        let error = rig.refused(&resize(target)).await;
        let progress = error.progress().unwrap();
        assert_eq!(progress.recovery, Recovery::NotNeeded, "{error}");
        assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
        assert!(rig.changes().is_empty());
    }
}

#[tokio::test]
async fn an_order_that_may_exist_is_waited_for_before_the_instance_is_started_again() {
    let rig = Rig::running(LARGE).await;
    let ordering = |fault: Fault, times| fault.on("ModifyPrepayInstanceSpec").times(times);
    rig.simulator.fail_next(ordering(Fault::lost_response(), 1));
    rig.simulator
        .fail_next(ordering(Fault::gateway_html(502), 3));
    let rejection = Fault::service_error(403, "Forbidden.RAM", "No.");
    rig.simulator.fail_next(ordering(rejection, 1));
    let intent = resize(SMALL);
    let error = rig.refused(&intent).await;
    let progress = error.progress().unwrap();
    // It has shown.
    assert_eq!(progress.order, OrderState::Placed(None));
    assert_eq!(progress.recovery, Recovery::Started, "{error}");
    // The start came after the order was through, and another process knows that.
    rig.assert_in_effect(SMALL);
    let changes = rig.changes();
    let resumed = Resize::resume(progress.resume_key.clone());
    let report = rig.finished(&resumed.build().unwrap()).await;
    assert_eq!(report.completion(), Completion::InEffect);
    assert_eq!(rig.changes(), changes);
}

#[tokio::test]
async fn what_has_shown_only_after_the_failure_is_said_to_be_done() {
    let whole = [Step::Stop, Step::Order, Step::AwaitChange, Step::Start];
    for (answer_is_lost, start_is_refused) in [(false, false), (true, false), (false, true)] {
        let rig = Rig::running(LARGE).await;
        if answer_is_lost {
            let ordering = |fault: Fault| fault.on("ModifyPrepayInstanceSpec");
            rig.simulator.fail_next(ordering(Fault::lost_response()));
            rig.simulator.fail_next(ordering(busy()).times(1000));
        }
        if start_is_refused {
            rig.simulator.fail_next(rejection().on("StartInstance"));
        }
        // The stop takes 8 s and the order 10: it shows after the deadline.
        let intent = to(SMALL).timeout(Duration::from_secs(16)).build().unwrap();
        let (result, events) = rig.run(&intent).await;
        let error = result.unwrap_err();
        let shown = |event: &ResizeEvent| matches!(event, ResizeEvent::StepFinished { step, .. } if *step == Step::AwaitChange);
        assert!(!events.iter().any(shown), "{error}");
        let progress = error.progress().unwrap();
        let done = if start_is_refused { 3 } else { 4 };
        assert_eq!(progress.done, whole[..done], "{error}");
        assert_eq!(progress.left, whole[done..], "{error}");
        assert!(matches!(progress.order, OrderState::Placed(_)), "{error}");
        let changes = rig.changes();
        let report = rig.finished(&intent).await;
        assert_eq!(report.completion(), Completion::InEffect);
        assert_eq!(rig.changes() == changes, !start_is_refused);
        rig.assert_in_effect(SMALL);
    }
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
    let rejection = Fault::service_error(403, "Forbidden.RAM", "No.");
    rig.simulator.fail_next(rejection.on("DescribeInstances"));
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
    let rejection = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(rejection.on("ModifyPrepayInstanceSpec"));
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

#[tokio::test]
async fn a_plan_of_a_resumed_resize_that_cannot_look_does_not_say_that_nothing_was_changed() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator.fail_next(rejection().on("DescribeInstances"));
    let resumed = Resize::resume(key).build().unwrap();
    let error = rig.client.plan_resize(&resumed).await.unwrap_err();
    assert!(
        !error.to_string().contains("nothing was changed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_look_that_is_refused_is_not_a_start_that_was_refused() {
    let rig = Rig::running(LARGE).await;
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::StepStarted {
            step: Step::Start, ..
        } = event
        {
            rig.simulator.fail_next(rejection().on("DescribeInstances"));
        }
    });
    let error = result.await.unwrap_err();
    rig.simulator.advance(Duration::from_secs(60));
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert!(
        !error.to_string().contains("its start was refused"),
        "{error}"
    );
    assert!(!error.to_string().contains("IS STOPPED"), "{error}");
}

#[tokio::test]
async fn a_stop_that_never_arrived_is_no_stopped_instance() {
    let rig = Rig::running(LARGE).await;
    rig.simulator
        .fail_next(Fault::gateway_html(502).on("StopInstance").times(9));
    let intent = to(SMALL).restart_on_failure(false);
    let intent = intent.timeout(Duration::from_secs(30)).build().unwrap();
    let error = rig.refused(&intent).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert!(!error.to_string().contains("IS STOPPED"), "{error}");
}

#[tokio::test]
async fn an_accepted_start_is_no_stopped_instance() {
    for seconds in (15..60).step_by(3) {
        let rig = Rig::running(LARGE).await;
        let intent = to(SMALL).restart_on_failure(false);
        let intent = intent
            .timeout(Duration::from_secs(seconds))
            .build()
            .unwrap();
        if let Err(error) = rig.run(&intent).await.0 {
            let told = rig.changes().contains(&"StartInstance".to_owned());
            assert!(
                !(told && error.to_string().contains("IS STOPPED")),
                "{:?}: {error}",
                rig.instance().status()
            );
        }
    }
}

#[tokio::test]
async fn a_recovery_that_cannot_look_after_its_start_does_not_call_the_instance_stopped() {
    let rig = Rig::running(LARGE).await;
    let no = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator.fail_next(no.on("ModifyPrepayInstanceSpec"));
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Recovering { .. } = event {
            // The first look of the recovery passes, all others after its start are lost.
            rig.simulator
                .fail_next(Fault::delay(Duration::ZERO).on("DescribeInstances"));
            rig.simulator
                .fail_next(rejection().on("DescribeInstances").times(1000));
        }
    });
    let error = result.await.unwrap_err();
    assert_eq!(rig.changes(), ["StopInstance", "StartInstance"]);
    rig.simulator.advance(Duration::from_secs(60));
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert!(
        !matches!(error.progress().unwrap().recovery, Recovery::LeftStopped(_)),
        "{error}"
    );
}

#[tokio::test]
async fn an_owner_who_stops_it_after_the_recovery_is_heeded() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator.sold_out(SMALL);
    let error = rig.refused(&Resize::resume(key).build().unwrap()).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.recovery, Recovery::Started);
    rig.simulator.restock(SMALL);
    rig.simulator.add_instance(rig.instance().stopped());
    let resumed = Resize::resume(progress.resume_key.clone()).build().unwrap();
    let report = rig.finished(&resumed).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
}

#[tokio::test]
async fn an_owner_who_stops_it_after_a_run_that_never_stopped_it_is_heeded() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).timeout(Duration::from_secs(5)).build().unwrap();
    let no = Fault::service_error(
        403,
        "IncorrectInstanceStatus",
        "The current status of the resource does not support this operation.",
    );
    rig.simulator.fail_next(no.on("StopInstance").times(100));
    let error = rig.refused(&intent).await;
    assert!(rig.changes().is_empty());
    rig.simulator.add_instance(rig.instance().stopped());
    let key = error.progress().unwrap().resume_key.clone();
    let report = rig.finished(&Resize::resume(key).build().unwrap()).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
}

#[tokio::test]
async fn an_order_that_the_service_says_is_processing_keeps_the_instance_stopped() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    let intent = to(SMALL).timeout(Duration::from_secs(30)).build().unwrap();
    let mut key = None;
    {
        let run = rig.client.resize(&intent, |event| {
            if let ResizeEvent::Ordered { .. } = event {
                key = intent.resume_key();
            }
        });
        // The process dies right after ordering.
        let mut run = std::pin::pin!(run);
        let ordered = std::future::poll_fn(|context| {
            let _ = run.as_mut().poll(context);
            match rig.simulator.orders().is_empty() {
                true => {
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
                false => std::task::Poll::Ready(()),
            }
        });
        ordered.await;
    }
    let key = key.or(intent.resume_key()).unwrap();
    rig.simulator
        .fail_next(busy().on("ModifyPrepayInstanceSpec").times(1000));
    let resumed = Resize::resume(key).timeout(Duration::from_secs(90));
    let error = rig.refused(&resumed.build().unwrap()).await;
    assert!(!rig.simulator.orders()[0].processed());
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{error}");
}

/// After the stop was accepted, nothing can be looked at any more until the deadline.
async fn blind_after_the_stop(rig: &Rig, intent: &Resize) -> ResizeError {
    let mut blind = false;
    let result = rig.client.resize(intent, |event| {
        blind |= matches!(
            event,
            ResizeEvent::StepStarted {
                step: Step::Stop,
                ..
            }
        );
        if blind && matches!(event, ResizeEvent::Waiting { .. }) {
            rig.simulator
                .fail_next(Fault::gateway_html(502).on("DescribeInstances").times(4));
        }
    });
    result.await.unwrap_err()
}

#[tokio::test]
async fn an_outage_after_it_was_seen_stopped_leaves_no_doubt_that_it_is() {
    let rig = Rig::running(LARGE).await;
    let refused = rejection().on("ModifyPrepayInstanceSpec");
    rig.simulator.fail_next(refused);
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Recovering { .. } = event {
            let outage = Fault::gateway_html(502).on("DescribeInstances");
            rig.simulator.fail_next(outage.times(usize::MAX));
        }
    });
    let error = result.await.unwrap_err();
    let recovery = &error.progress().unwrap().recovery;
    assert!(matches!(recovery, Recovery::LeftStopped(_)), "{error}");
}

#[tokio::test]
async fn a_stop_followed_by_an_outage_is_not_left_unsaid() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).timeout(Duration::from_secs(600)).build().unwrap();
    let error = blind_after_the_stop(&rig, &intent).await;
    let stopped = rig.instance().status() == InstanceStatus::Stopped;
    assert!(!stopped || error.to_string().contains("STOPPED"), "{error}");
}

#[tokio::test]
async fn a_stop_followed_by_an_outage_is_remembered() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).timeout(Duration::from_secs(600)).build().unwrap();
    blind_after_the_stop(&rig, &intent).await;
    let report = loop {
        if let Ok(report) = rig.run(&intent).await.0 {
            break report;
        }
    };
    assert_eq!(rig.instance().status(), InstanceStatus::Running, "{report}");
}

#[tokio::test]
async fn a_stop_that_never_arrived_is_not_in_the_key_for_good() {
    let rig = Rig::running(LARGE).await;
    rig.simulator
        .fail_next(Fault::gateway_html(502).on("StopInstance").times(1));
    let intent = to(SMALL).timeout(Duration::from_secs(30)).build().unwrap();
    let error = rig.refused(&intent).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.recovery, Recovery::NotNeeded);
    assert!(rig.changes().is_empty());
    rig.simulator.add_instance(rig.instance().stopped());
    let resumed = Resize::resume(progress.resume_key.clone()).build().unwrap();
    let report = rig.finished(&resumed).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
}

#[tokio::test]
async fn a_stop_that_is_refused_to_a_resumed_run_is_no_stop() {
    let rig = Rig::running(LARGE).await;
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    rig.simulator.fail_next(rejection().on("StopInstance"));
    let resumed = Resize::resume(plan.resume_key().clone()).build().unwrap();
    let error = rig.refused(&resumed).await;
    rig.simulator.add_instance(rig.instance().stopped());
    let key = error.progress().unwrap().resume_key.clone();
    let report = rig.finished(&Resize::resume(key).build().unwrap()).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
}

#[tokio::test]
async fn an_overtaken_downgrade_is_started_again() {
    let builder = slow().order_processing(Duration::ZERO);
    let rig = Rig::of(builder, SimulatedInstance::new(ID, "ecs.g5.2xlarge")).await;
    let intent = resize(SMALL);
    let error = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Ordered { .. } = event {
            rig.simulator
                .add_instance(SimulatedInstance::new(ID, LARGE).stopped());
        }
    });
    let error = error.await.unwrap_err();
    assert_eq!(rig.instance().status(), InstanceStatus::Running, "{error}");
}

#[tokio::test]
async fn an_upgrade_killed_while_its_restart_leaves_it_stopped_is_resumed() {
    let rig = Rig::running(SMALL).await;
    let intent = resize(LARGE);
    let (mut key, mut at_kill, mut waits) = (None, None, 0);
    let result = rig.client.resize(&intent, |event| {
        last_key(event, &mut key);
        if let ResizeEvent::Waiting { reason, .. } = event
            && reason == "accepted"
        {
            waits += 1;
            if waits == 2 {
                at_kill = key.clone();
            }
        }
    });
    result.await.unwrap();
    rig.simulator.add_instance(rig.instance().stopped());
    let report = rig
        .finished(&Resize::resume(at_kill.unwrap()).build().unwrap())
        .await;
    assert_eq!(report.completion(), Completion::InEffect, "{report}");
}

#[tokio::test]
async fn the_last_key_of_a_finished_run_starts_nothing_that_its_owner_has_stopped() {
    for (from, target) in [(LARGE, SMALL), (SMALL, LARGE)] {
        let rig = Rig::running(from).await;
        let intent = resize(target);
        let mut key = None;
        let result = rig.client.resize(&intent, |event| {
            last_key(event, &mut key);
            if let ResizeEvent::StepStarted {
                step: Step::Start, ..
            } = event
            {
                rig.simulator.add_instance(rig.instance().running());
            }
        });
        assert_eq!(result.await.unwrap().completion(), Completion::InEffect);
        let key = key.unwrap();
        rig.simulator.add_instance(rig.instance().stopped());
        let report = rig.finished(&Resize::resume(key).build().unwrap()).await;
        assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
    }
}

#[tokio::test]
async fn a_restart_that_may_pass_through_stopped_is_not_called_left_stopped() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE)
        .restart_on_failure(false)
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap();
    let mut waits = 0;
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { reason, .. } = event
            && reason == "accepted"
        {
            waits += 1;
            if waits == 2 {
                rig.simulator
                    .add_instance(SimulatedInstance::new(ID, LARGE).stopped());
            }
        }
    });
    let error = result.await.unwrap_err();
    assert!(!error.to_string().contains("IS STOPPED"), "{error}");
}

#[tokio::test]
async fn a_recovery_sends_less_than_a_request_a_second() {
    let rig = Rig::running(LARGE).await;
    rig.simulator
        .fail_next(rejection().on("ModifyPrepayInstanceSpec"));
    let busy = Fault::service_error(403, "IncorrectInstanceStatus", "Wait.");
    rig.simulator
        .fail_next(busy.on("StartInstance").times(1000));
    let intent = to(SMALL)
        .poll_interval(Duration::from_secs(1))
        .build()
        .unwrap();
    let mut from = None;
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Recovering { .. } = event {
            from = Some((rig.elapsed(), rig.simulator.requests().len()));
        }
    });
    result.await.unwrap_err();
    let (time, count) = from.unwrap();
    let elapsed = rig.elapsed() - time;
    let sent = rig.simulator.requests().len() - count;
    assert!(sent as u64 <= elapsed.as_secs());
}

#[tokio::test]
async fn an_accepted_start_that_does_not_show_yet_is_no_stopped_instance() {
    let mut met = 0;
    for seconds in (20..40).step_by(2) {
        let rig = Rig::running(LARGE).await;
        let intent = to(SMALL).restart_on_failure(false);
        let intent = intent.timeout(Duration::from_secs(seconds));
        let intent = intent.build().unwrap();
        let mut starts = false;
        let result = rig.client.resize(&intent, |event| {
            starts |= matches!(
                event,
                ResizeEvent::StepStarted {
                    step: Step::Start,
                    ..
                }
            );
            if starts && matches!(event, ResizeEvent::Waiting { .. }) {
                rig.simulator.add_instance(rig.instance().stopped());
            }
        });
        if let Err(error) = result.await
            && rig.changes().contains(&"StartInstance".to_owned())
        {
            met += 1;
            assert!(!error.to_string().contains("IS STOPPED"), "{error}");
        }
    }
    assert!(met > 0);
}

#[tokio::test]
async fn a_stop_that_may_yet_show_stays_in_the_key_when_another_one_is_refused() {
    let rig = Rig::running(LARGE).await;
    let mut told = false;
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { .. } = event {
            rig.simulator
                .add_instance(SimulatedInstance::new(ID, LARGE));
            if !told {
                told = true;
                rig.simulator.fail_next(rejection().on("StopInstance"));
            }
        }
    });
    let error = result.await.unwrap_err();
    assert_eq!(rig.changes(), ["StopInstance"], "{error}");
    let key = error.progress().unwrap().resume_key.to_string();
    assert!(key.contains("/halted/"), "{error}");
}
