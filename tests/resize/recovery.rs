//! After a failure the instance is started again if possible; otherwise the error says that it is stopped.

use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::resize::{
    Completion, OrderState, Recovery, ResizeError, ResizeErrorKind, ResizeEvent, ResizeEventKind,
    ResumeKey, Step,
};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};

use crate::log::Log;
use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

fn rejection() -> Fault {
    Fault::service_error(403, "Forbidden.RAM", "No.")
}

fn rejected_order() -> Fault {
    rejection().on("ModifyPrepayInstanceSpec")
}

fn busy() -> Fault {
    let message = "The previous order is still processing, please try again later.";
    Fault::service_error(400, "LastOrderProcessing", message).on("ModifyPrepayInstanceSpec")
}

fn resumed(key: &ResumeKey) -> Resize {
    Resize::resume(key.clone()).build().unwrap()
}

fn is_step(event: &ResizeEvent, wanted: Step) -> bool {
    matches!(event.kind(), ResizeEventKind::StepStarted { step, .. } if *step == wanted)
}

fn is_accepted(event: &ResizeEvent, wanted: Step) -> bool {
    matches!(event.kind(), ResizeEventKind::Accepted { step } if *step == wanted)
}

/// The key of the first event for which this holds, after which the process dies.
async fn killed(rig: &Rig, resize: Resize, at: impl Fn(&ResizeEvent) -> bool) -> ResumeKey {
    let mut run = rig.client.resize(resize);
    loop {
        let event = run.next().await.unwrap();
        if at(&event) {
            return event.resume_key().clone();
        }
    }
}

/// The key of a downgrade whose process died after stopping the instance.
async fn stopped_by_an_earlier_run(rig: &Rig) -> ResumeKey {
    let key = killed(rig, resize(SMALL), |_| true).await;
    rig.simulator.add_instance(rig.instance().stopped());
    key
}

#[tokio::test]
async fn a_resumed_downgrade_that_is_rejected_starts_the_instance_again() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator.sold_out(SMALL);
    let error = rig.error_of(&resumed(&key)).await;
    assert_eq!(error.progress().unwrap().recovery, Recovery::Started);
    assert_eq!(error.code().unwrap().as_str(), "OperationDenied.NoStock");
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert!(rig.simulator.orders().is_empty());
}

#[tokio::test]
async fn a_resumed_downgrade_is_checked_before_the_instance_is_stopped() {
    let rig = Rig::running(LARGE).await;
    let key = killed(&rig, resize(SMALL), |_| true).await;
    rig.simulator.sold_out(SMALL);
    let error = rig.error_of(&resumed(&key)).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::SoldOut { .. }),
        "{error}"
    );
    assert!(rig.changes().is_empty());
    // No proof: the service may have checked the state of the instance first.
    assert_eq!(error.progress().unwrap().order, OrderState::Unknown);
    rig.simulator.restock(SMALL);
    rig.report_of(&resumed(error.resume_key().unwrap())).await;
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_failure_does_not_start_what_a_user_has_stopped() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::with(SimulatedInstance::new(ID, from).stopped()).await;
        rig.simulator.fail_next(rejected_order());
        let error = rig.error_of(&resize(target)).await;
        assert_eq!(error.progress().unwrap().recovery, Recovery::NotNeeded);
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
    rig.simulator.fail_next(ordering(rejection(), 1));
    let (result, _) = rig.run(&resize(SMALL)).await;
    // The change comes into effect with the start.
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(SMALL);
    assert_eq!(
        rig.changes().last().map(String::as_str),
        Some("StartInstance")
    );
}

#[tokio::test]
async fn a_change_that_completes_during_the_recovery_is_a_success() {
    for start_is_rejected in [false, true] {
        let rig = Rig::running(LARGE).await;
        if start_is_rejected {
            rig.simulator.fail_next(rejection().on("StartInstance"));
        }
        // The stop takes 8 s and the order 10.
        let intent = to(SMALL).timeout(Duration::from_secs(16)).build().unwrap();
        match rig.run(&intent).await.0 {
            Ok(report) => {
                assert!(!start_is_rejected);
                assert_eq!(report.completion(), Completion::InEffect);
            }
            Err(error) => {
                assert!(start_is_rejected, "{error}");
                let progress = error.progress().unwrap();
                assert_eq!(
                    progress.done,
                    [Step::Stop, Step::Order, Step::AwaitChange],
                    "{error}"
                );
                assert_eq!(progress.left, [Step::Start], "{error}");
                assert!(matches!(progress.order, OrderState::Placed(_)), "{error}");
                assert!(
                    matches!(progress.recovery, Recovery::LeftStopped(_)),
                    "{error}"
                );
                let report = rig.report_of(&resumed(&progress.resume_key)).await;
                assert_eq!(report.completion(), Completion::InEffect);
            }
        }
        rig.assert_in_effect(SMALL);
    }
}

#[tokio::test]
async fn an_instance_whose_order_takes_very_long_is_reported_and_resumed() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    let intent = to(SMALL).timeout(Duration::from_secs(60)).build().unwrap();
    let error = rig.error_of(&intent).await;
    let progress = error.progress().unwrap();
    assert!(matches!(progress.order, OrderState::Placed(Some(_))));
    let stopped = rig.instance().status() == InstanceStatus::Stopped;
    assert_eq!(error.to_string().contains("IS STOPPED"), stopped, "{error}");
    rig.report_of(&resumed(&progress.resume_key)).await;
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_resumed_run_whose_polls_fail_says_that_the_instance_may_be_stopped() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator
        .fail_next(rejection().on("DescribeInstances").times(usize::MAX));
    let error = rig.error_of(&resumed(&key)).await;
    assert!(
        error.to_string().contains("THE INSTANCE MAY BE STOPPED"),
        "{error}"
    );
    // A plan says so too.
    let planned = rig.client.plan_resize(&resumed(&key)).await.unwrap_err();
    assert_eq!(planned.resume_key(), Some(&key));
    assert!(
        planned.to_string().contains("THE INSTANCE MAY BE STOPPED"),
        "{planned}"
    );
}

#[tokio::test]
async fn a_locked_instance_that_cannot_be_started_again_is_reported_as_stopped() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator
        .add_instance(rig.instance().locked("security"));
    let error = rig.error_of(&resumed(&key)).await;
    let text = error.to_string();
    assert!(
        text.contains("THE INSTANCE IS STOPPED: ") && text.contains("InstanceLockedForSecurity"),
        "{text}"
    );
}

#[tokio::test]
async fn a_start_that_is_accepted_but_does_not_end_does_not_count_as_done() {
    let builder = slow().transition(Duration::from_secs(300));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    rig.simulator.fail_next(rejected_order());
    let error = rig.error_of(&resize(SMALL)).await;
    assert!(
        matches!(error.progress().unwrap().recovery, Recovery::Unknown(_)),
        "{error}"
    );
}

#[tokio::test]
async fn a_failure_before_a_stop_shows_waits_for_it_and_starts_the_instance_again() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).timeout(Duration::from_secs(3)).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert_eq!(error.progress().unwrap().recovery, Recovery::Started);
    assert_eq!(rig.changes(), ["StopInstance", "StartInstance"]);
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
}

#[tokio::test]
async fn a_poll_that_fails_after_the_start_is_not_reported_as_a_stopped_instance() {
    // In the start of the resize itself, and in that of the recovery.
    for recovers in [false, true] {
        let rig = Rig::running(LARGE).await;
        if recovers {
            rig.simulator.fail_next(rejected_order());
        }
        let (result, _) = rig
            .run_with(&resize(SMALL), |event| {
                if is_accepted(event, Step::Start) {
                    rig.simulator
                        .fail_next(rejection().on("DescribeInstances").times(usize::MAX));
                }
            })
            .await;
        let error = result.unwrap_err();
        rig.simulator.advance(Duration::from_secs(60));
        assert_eq!(rig.instance().status(), InstanceStatus::Running);
        assert!(
            matches!(error.progress().unwrap().recovery, Recovery::Unknown(_)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_stop_that_never_arrives_is_not_reported_as_a_stopped_instance() {
    let rig = Rig::running(LARGE).await;
    let outage = Fault::gateway_html(502).on("StopInstance");
    rig.simulator.fail_next(outage.times(usize::MAX));
    let intent = to(SMALL).restart_on_failure(false);
    let intent = intent.timeout(Duration::from_secs(30)).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert!(!error.to_string().contains("IS STOPPED"), "{error}");
}

#[tokio::test]
async fn an_accepted_start_is_not_reported_as_a_stopped_instance() {
    let mut met = 0;
    for seconds in (15..60).step_by(2) {
        // With a service that shows the start, and with one that does not show it yet.
        for hidden in [false, true] {
            let rig = Rig::running(LARGE).await;
            let intent = to(SMALL).restart_on_failure(false);
            let intent = intent.timeout(Duration::from_secs(seconds));
            let mut starts = false;
            let (result, _) = rig
                .run_with(&intent.build().unwrap(), |event| {
                    starts |= is_accepted(event, Step::Start);
                    if starts && hidden {
                        rig.simulator.add_instance(rig.instance().stopped());
                    }
                })
                .await;
            if let Err(error) = result
                && starts
            {
                met += 1;
                assert!(!error.to_string().contains("IS STOPPED"), "{error}");
            }
        }
    }
    assert!(met > 0);
}

#[tokio::test]
async fn a_stop_by_a_user_after_the_recovery_is_respected() {
    let rig = Rig::running(LARGE).await;
    let key = stopped_by_an_earlier_run(&rig).await;
    rig.simulator.sold_out(SMALL);
    let error = rig.error_of(&resumed(&key)).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.recovery, Recovery::Started);
    rig.simulator.restock(SMALL);
    rig.simulator.add_instance(rig.instance().stopped());
    let report = rig.report_of(&resumed(&progress.resume_key)).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
}

#[tokio::test]
async fn a_stop_by_a_user_after_a_run_whose_stop_was_rejected_is_respected() {
    let status = Fault::service_error(403, "IncorrectInstanceStatus", "Not in this state.");
    for fault in [status.times(usize::MAX), rejection()] {
        let rig = Rig::running(LARGE).await;
        let intent = to(SMALL).timeout(Duration::from_secs(9)).build().unwrap();
        rig.simulator.fail_next(fault.on("StopInstance"));
        let error = rig.error_of(&intent).await;
        assert_eq!(error.progress().unwrap().recovery, Recovery::NotNeeded);
        assert!(rig.changes().is_empty());
        rig.simulator.clear_faults();
        rig.simulator.add_instance(rig.instance().stopped());
        let report = rig.report_of(&resumed(error.resume_key().unwrap())).await;
        assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
    }
}

#[tokio::test]
async fn a_run_that_is_killed_after_its_order_learns_of_it_and_waits_for_it() {
    let builder = slow().order_processing(Duration::from_secs(200));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    let ordered = |event: &ResizeEvent| matches!(event.kind(), ResizeEventKind::Ordered { .. });
    let key = killed(&rig, resize(SMALL), ordered).await;
    rig.simulator.fail_next(busy().times(1000));
    assert_eq!(
        rig.report_of(&resumed(&key)).await.completion(),
        Completion::InEffect
    );
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn an_instance_that_was_seen_stopped_before_an_outage_is_not_called_running() {
    let rig = Rig::running(LARGE).await;
    rig.simulator.fail_next(rejected_order());
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if let ResizeEventKind::Recovering { .. } = event.kind() {
                for action in ["DescribeInstances", "StartInstance"] {
                    let outage = Fault::gateway_html(502).on(action);
                    rig.simulator.fail_next(outage.times(usize::MAX));
                }
            }
        })
        .await;
    let error = result.unwrap_err();
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    assert!(error.to_string().contains("STOPPED: "), "{error}");
}

/// After the stop was accepted, polls fail for the moment until the deadline.
async fn outage_after_the_stop(rig: &Rig) -> ResizeError {
    let intent = to(SMALL).timeout(Duration::from_secs(600)).build().unwrap();
    let (result, _) = rig
        .run_with(&intent, |event| {
            if is_accepted(event, Step::Stop) {
                let outage = Fault::gateway_html(502).on("DescribeInstances");
                rig.simulator.fail_next(outage.times(usize::MAX));
            }
        })
        .await;
    result.unwrap_err()
}

#[tokio::test]
async fn a_stop_followed_by_an_outage_is_reported_and_remembered() {
    let rig = Rig::running(LARGE).await;
    let error = outage_after_the_stop(&rig).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    assert!(error.to_string().contains("STOPPED: "), "{error}");
    rig.simulator.clear_faults();
    let report = rig.report_of(&resumed(error.resume_key().unwrap())).await;
    assert_eq!(report.completion(), Completion::InEffect);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_superseded_downgrade_starts_the_instance_again() {
    let builder = slow().order_processing(Duration::ZERO);
    let rig = Rig::of(builder, SimulatedInstance::new(ID, "ecs.g5.2xlarge")).await;
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if let ResizeEventKind::Ordered { .. } = event.kind() {
                rig.simulator
                    .add_instance(SimulatedInstance::new(ID, LARGE).stopped());
            }
        })
        .await;
    let error = result.unwrap_err();
    assert_eq!(rig.instance().status(), InstanceStatus::Running, "{error}");
}

#[tokio::test]
async fn a_user_who_stops_the_instance_after_the_change_keeps_it_stopped() {
    for (from, target) in [(LARGE, SMALL), (SMALL, LARGE)] {
        let rig = Rig::running(from).await;
        let report = rig.report_of(&resize(target)).await;
        rig.simulator.add_instance(rig.instance().stopped());
        let report = rig.report_of(&resumed(report.resume_key())).await;
        assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{report}");
    }
}

#[tokio::test]
async fn a_start_by_a_user_when_the_start_is_due_is_not_sent_again() {
    let rig = Rig::running(LARGE).await;
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if is_step(event, Step::Start) {
                rig.simulator.add_instance(rig.instance().running());
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_recovery_sends_less_than_a_request_a_second() {
    let rig = Rig::running(LARGE).await;
    rig.simulator.fail_next(rejected_order());
    let busy = Fault::service_error(403, "IncorrectInstanceStatus", "Wait.");
    rig.simulator
        .fail_next(busy.on("StartInstance").times(usize::MAX));
    let mut from = None;
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if let ResizeEventKind::Recovering { .. } = event.kind() {
                from = Some((rig.elapsed(), rig.simulator.requests().len()));
            }
        })
        .await;
    result.unwrap_err();
    let (time, count) = from.unwrap();
    let elapsed = rig.elapsed() - time;
    let sent = rig.simulator.requests().len() - count;
    assert!(sent as u64 <= elapsed.as_secs(), "{sent} in {elapsed:?}");
}

#[tokio::test]
async fn a_stop_that_may_still_take_effect_stays_in_the_key_when_another_one_is_rejected() {
    let rig = Rig::running(LARGE).await;
    // The first one is lost: it may have arrived.
    rig.simulator
        .fail_next(Fault::lost_response().on("StopInstance").times(4));
    let mut waits = false;
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if let ResizeEventKind::Waiting {
                step: Step::Stop, ..
            } = event.kind()
            {
                rig.simulator
                    .add_instance(SimulatedInstance::new(ID, LARGE));
                if !std::mem::replace(&mut waits, true) {
                    rig.simulator.fail_next(rejection().on("StopInstance"));
                }
            }
        })
        .await;
    let error = result.unwrap_err();
    let progress = error.progress().unwrap();
    assert!(matches!(progress.recovery, Recovery::Unknown(_)), "{error}");
    assert!(progress.resume_key.to_string().contains(",stopping."));
}

#[tokio::test]
async fn a_run_that_is_cancelled_or_times_out_during_its_restart_waits_for_it() {
    for cancels in [false, true] {
        let rig = Rig::running(SMALL).await;
        // The order takes 10 s and the restart 16.
        let intent = to(LARGE).timeout(Duration::from_secs(if cancels { 600 } else { 15 }));
        let mut run = rig.client.resize(intent.build().unwrap());
        let cancel = run.cancel_handle();
        let mut restarted = false;
        let mut recovers = false;
        while let Some(event) = run.next().await {
            if is_accepted(&event, Step::Restart) {
                restarted = true;
                if cancels {
                    cancel.cancel();
                }
            }
            recovers |= matches!(event.kind(), ResizeEventKind::Recovering { .. });
        }
        assert!(recovers && restarted);
        assert_eq!(run.await.unwrap().completion(), Completion::InEffect);
        rig.assert_in_effect(LARGE);
    }
}

#[tokio::test]
async fn a_restart_that_no_poll_shows_is_reported_by_a_failed_run() {
    for lost in [false, true] {
        let rig = Rig::running(SMALL).await;
        let intent = to(LARGE).timeout(Duration::from_secs(60)).build().unwrap();
        let (result, _) = rig
            .run_with(&intent, |event| {
                if let ResizeEventKind::Requesting {
                    step: Step::Restart,
                    ..
                } = event.kind()
                {
                    let outage = Fault::gateway_html(502).on("DescribeInstances");
                    rig.simulator.fail_next(outage.times(usize::MAX));
                    if lost {
                        let restart = Fault::lost_response().on("RebootInstance");
                        rig.simulator.fail_next(restart.times(4));
                    }
                }
            })
            .await;
        let error = result.unwrap_err();
        let may = if lost { "may have been" } else { "was" };
        let expected = format!("THE INSTANCE MAY BE STOPPED: its restart {may} accepted");
        assert!(error.to_string().contains(&expected), "{error}");
        rig.simulator.clear_faults();
        let report = rig.report_of(&resumed(error.resume_key().unwrap())).await;
        assert_eq!(report.completion(), Completion::InEffect);
        rig.assert_in_effect(LARGE);
    }
}

#[tokio::test]
async fn the_event_and_the_log_of_a_recovery_say_what_failed() {
    let rig = Rig::running(LARGE).await;
    rig.simulator.fail_next(rejected_order());
    let log = Log::start();
    let (result, events) = rig.run(&resize(SMALL)).await;
    let error = result.unwrap_err();
    let problem = events.iter().find_map(|event| match event.kind() {
        ResizeEventKind::Recovering { problem } => Some(problem.clone()),
        _ => None,
    });
    let problem = problem.unwrap();
    assert_eq!(problem, error.kind().to_string());
    assert!(problem.starts_with("placing the order failed: ") && problem.contains("Forbidden.RAM"));
    let text = log.text();
    assert!(text.contains(&format!("error={problem:?}")), "{text}");
}
