//! Runs that succeed, in any state of the instance and despite any action of a user meanwhile.

use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::{
    Completion, OrderState, Recovery, ResizeErrorKind, ResizeEvent, ResizeEventKind, Restart, Step,
};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};
use aliyun_ecs::types::MinuteTime;
use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

fn is_step(event: &ResizeEvent, wanted: Step) -> bool {
    matches!(event.kind(), ResizeEventKind::StepStarted { step, .. } if *step == wanted)
}

fn is_waiting(event: &ResizeEvent, wanted: Step) -> bool {
    matches!(event.kind(), ResizeEventKind::Waiting { step, .. } if *step == wanted)
}

fn started(events: &[ResizeEvent]) -> Vec<(Step, usize, usize)> {
    let steps = events.iter().filter_map(|event| match event.kind() {
        ResizeEventKind::StepStarted { step, number, of } => Some((*step, *number, *of)),
        _ => None,
    });
    steps.collect()
}

fn finished(events: &[ResizeEvent]) -> Vec<Step> {
    let steps = events.iter().filter_map(|event| match event.kind() {
        ResizeEventKind::StepFinished { step, .. } => Some(*step),
        _ => None,
    });
    steps.collect()
}

#[tokio::test]
async fn a_running_instance_is_upgraded_and_restarted() {
    let rig = Rig::running(SMALL).await;
    let (result, events) = rig.run(&resize(LARGE)).await;
    let report = result.unwrap();
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::InEffect, true)
    );
    let order_id = rig.simulator.orders()[0].order_id().to_owned();
    assert_eq!(report.order_id(), Some(&*order_id));
    assert_eq!(
        (report.from().as_str(), report.to().as_str()),
        (SMALL, LARGE)
    );
    assert_eq!(
        rig.changes(),
        ["ModifyPrepayInstanceSpec", "RebootInstance"]
    );
    rig.assert_in_effect(LARGE);

    let steps = [Step::Order, Step::AwaitChange, Step::Restart];
    assert!(
        matches!(events[0].kind(), ResizeEventKind::Started { resumed: false, steps: planned, .. } if *planned == steps)
    );
    let last = ResizeEventKind::Finished(Box::new(report.clone()));
    assert_eq!(events.last().unwrap().kind(), &last);
    let polls = events.iter().filter_map(|event| match event.kind() {
        ResizeEventKind::Waiting { next_poll, .. } => Some(*next_poll),
        _ => None,
    });
    assert!(polls.min().unwrap() >= Duration::from_secs(1));
    let numbered = [(steps[0], 1, 3), (steps[1], 2, 3), (steps[2], 3, 3)];
    assert_eq!(started(&events), numbered);
    assert_eq!(finished(&events), steps);
    let text = format!(
        "{SMALL} to {LARGE} in {} s: the new type is in effect and the instance runs (order {order_id})",
        report.elapsed().as_secs(),
    );
    assert_eq!(report.to_string(), text);
}

#[tokio::test]
async fn a_running_instance_is_stopped_downgraded_and_started() {
    let rig = Rig::running(LARGE).await;
    let (result, events) = rig.run(&resize(SMALL)).await;
    let report = result.unwrap();
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::InEffect, true)
    );
    assert_eq!(
        rig.changes(),
        ["StopInstance", "ModifyPrepayInstanceSpec", "StartInstance"]
    );
    rig.assert_in_effect(SMALL);
    let steps = [Step::Stop, Step::Order, Step::AwaitChange, Step::Start];
    assert_eq!(finished(&events), steps);
    assert_eq!(started(&events).last(), Some(&(Step::Start, 4, 4)));
}

#[tokio::test]
async fn a_stopped_instance_is_changed_and_stays_stopped() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::with(SimulatedInstance::new(ID, from).stopped()).await;
        let (result, events) = rig.run(&resize(target)).await;
        let report = result.unwrap();
        assert_eq!(
            (report.completion(), report.restarted()),
            (Completion::PendingStart, false)
        );
        assert_eq!(finished(&events), [Step::Order, Step::AwaitChange]);
        assert_eq!(started(&events).last(), Some(&(Step::AwaitChange, 2, 2)));
        let resumed = Resize::resume(report.resume_key().clone()).build().unwrap();
        let again = rig.report_of(&resumed).await;
        assert_eq!(again.completion(), Completion::PendingStart);
        assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
        assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
        assert_eq!(rig.instance().instance_type(), target);
    }
}

#[tokio::test]
async fn an_instance_that_already_has_the_type_is_not_changed() {
    let rig = Rig::running(LARGE).await;
    let (result, events) = rig.run(&resize(LARGE)).await;
    assert_eq!(result.unwrap().completion(), Completion::AlreadyThatType);
    assert!(rig.changes().is_empty());
    assert_eq!(
        events[0].to_string(),
        "i-test: the instance has the type ecs.g5.xlarge already"
    );
}

#[tokio::test]
async fn an_instance_that_a_user_stops_during_the_order_stays_stopped() {
    let rig = Rig::running(SMALL).await;
    let (result, _) = rig
        .run_with(&resize(LARGE), |event| {
            if is_step(event, Step::AwaitChange) {
                rig.simulator.add_instance(rig.instance().stopped());
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::PendingStart);
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
}

#[tokio::test]
async fn an_instance_that_a_user_stops_before_the_resize_does_stays_stopped() {
    let rig = Rig::running(LARGE).await;
    let mut key = None;
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if let ResizeEventKind::Started { .. } = event.kind() {
                // Seen before the stop is sent, since the run was not polled for long.
                rig.simulator.add_instance(rig.instance().stopped());
                rig.let_time_pass(Duration::from_secs(70));
            }
            key = Some(event.resume_key().clone());
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::PendingStart);
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    // A run in another process knows it too.
    let key = key.unwrap();
    assert!(!key.was_running());
    let resumed = Resize::resume(key).build().unwrap();
    assert_eq!(
        rig.report_of(&resumed).await.completion(),
        Completion::PendingStart
    );
}

#[tokio::test]
async fn an_instance_that_a_user_starts_during_the_order_is_not_interrupted() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let (result, _) = rig
        .run_with(&resize(LARGE), |event| {
            if is_step(event, Step::AwaitChange) {
                rig.simulator.add_instance(rig.instance().running());
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::PendingRestart);
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
}

#[tokio::test]
async fn if_the_start_time_proves_nothing_the_states_prove_a_restart() {
    let future = SystemClock::new().now() + TimeDelta::hours(1);
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).started_at(future)).await;
    let report = rig.report_of(&resize(LARGE)).await;
    assert_eq!(report.completion(), Completion::InEffect);
    assert_eq!(
        rig.changes(),
        ["ModifyPrepayInstanceSpec", "RebootInstance"]
    );
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn a_stop_that_is_visible_late_does_not_count_as_finished() {
    let rig = Rig::running(LARGE).await;
    let mut states = [InstanceStatus::Running, InstanceStatus::Stopped].into_iter();
    let (result, _) = rig
        .run_with(&resize(SMALL), |event| {
            if is_waiting(event, Step::Stop)
                && let Some(status) = states.next()
            {
                let shown = SimulatedInstance::new(ID, LARGE).with_status(status);
                rig.simulator.add_instance(shown);
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn short_runs_that_resume_one_another_complete_the_change() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        for seconds in 4..20 {
            let rig = Rig::running(from).await;
            let timeout = Duration::from_secs(seconds);
            // Otherwise a run that is too short for the stop starts the instance again, and no run gets further.
            let intent = to(target).restart_on_failure(false).timeout(timeout);
            let mut result = rig.run(&intent.build().unwrap()).await.0;
            for _ in 0..40 {
                let Err(error) = &result else { break };
                let resumed = Resize::resume(error.resume_key().unwrap().clone());
                let resumed = resumed.restart_on_failure(false).timeout(timeout);
                result = rig.run(&resumed.build().unwrap()).await.0;
            }
            assert_eq!(
                result.unwrap().completion(),
                Completion::InEffect,
                "{seconds}"
            );
            rig.assert_in_effect(target);
        }
    }
}

#[tokio::test]
async fn without_a_restart_the_change_is_pending() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).restart(Restart::Never).build().unwrap();
    let (result, events) = rig.run(&intent).await;
    let report = result.unwrap();
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::PendingRestart, false)
    );
    assert_eq!(finished(&events), [Step::Order, Step::AwaitChange]);
    assert_eq!(started(&events).len(), 2);
    let instance = rig.instance();
    assert_eq!(
        (instance.instance_type(), instance.effective_type()),
        (LARGE, SMALL)
    );
}

#[tokio::test]
async fn a_restart_at_a_set_time_is_left_to_the_service() {
    let rig = Rig::running(SMALL).await;
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let report = rig.report_of(&intent).await;
    let rounded = MinuteTime::new(time).unwrap();
    assert_eq!(
        report.completion(),
        Completion::RestartsAt(rounded.to_datetime())
    );
    let requests = rig.simulator.requests();
    let order = requests
        .iter()
        .find(|it| it.action() == "ModifyPrepayInstanceSpec")
        .unwrap();
    assert_eq!(order.parameter("RebootTime"), Some(&*rounded.to_string()));
    rig.simulator.advance(Duration::from_secs(2 * 3600));
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn an_order_to_be_paid_by_hand_ends_the_run_which_is_resumed_after_the_payment() {
    // Resumed right after the payment, or when the order is through.
    for later in [0, 10] {
        let rig = Rig::running(SMALL).await;
        let intent = to(LARGE).auto_pay(false).build().unwrap();
        let first = rig.report_of(&intent).await;
        assert_eq!(first.completion(), Completion::AwaitingPayment);
        let resumed = Resize::resume(first.resume_key().clone()).auto_pay(false);
        let resumed = resumed.build().unwrap();
        let (again, events) = rig.run(&resumed).await;
        let again = again.unwrap();
        assert_eq!(
            (again.completion(), again.order_id()),
            (Completion::AwaitingPayment, first.order_id())
        );
        assert!(!finished(&events).contains(&Step::AwaitChange));
        assert!(rig.simulator.pay_order(first.order_id().unwrap()));
        rig.simulator.advance(Duration::from_secs(later));
        assert_eq!(
            rig.report_of(&resumed).await.completion(),
            Completion::InEffect
        );
        rig.assert_in_effect(LARGE);
    }
}

#[tokio::test]
async fn an_instance_that_is_stopped_for_an_order_to_be_paid_by_hand_is_started_in_a_planned_step()
{
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).auto_pay(false).stop_first(true).build().unwrap();
    let plan = rig.client.plan_resize(&intent).await.unwrap();
    assert_eq!(plan.steps(), [Step::Stop, Step::Order, Step::Start]);
    let text = plan.to_string();
    assert!(
        text.contains("stopped from before the order until it is started again"),
        "{text}"
    );
    assert!(
        text.contains("the new type takes effect only after"),
        "{text}"
    );
    let (result, events) = rig.run(&intent).await;
    assert_eq!(result.unwrap().completion(), Completion::AwaitingPayment);
    let started = events.iter().filter_map(|event| match event.kind() {
        ResizeEventKind::StepStarted { step, number, of } => Some((*step, *number, *of)),
        _ => None,
    });
    assert_eq!(
        started.collect::<Vec<_>>(),
        [(Step::Stop, 1, 3), (Step::Order, 2, 3), (Step::Start, 3, 3)]
    );
    assert_eq!(finished(&events), [Step::Stop, Step::Order, Step::Start]);
    assert_eq!(
        rig.changes(),
        ["StopInstance", "ModifyPrepayInstanceSpec", "StartInstance"]
    );
    assert_eq!(format!("{:?}", rig.instance().status()), "Running");
}

#[tokio::test]
async fn a_slow_order_is_polled_less_and_less_often() {
    let builder = slow().order_processing(Duration::from_secs(15 * 60));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let report = rig.report_of(&resize(LARGE)).await;
    assert_eq!(report.completion(), Completion::InEffect);
    rig.assert_in_effect(LARGE);
    assert!(rig.elapsed() > Duration::from_secs(15 * 60));
    let requests = rig.simulator.requests().len();
    assert!(requests < 300, "{requests}");
}

#[tokio::test]
async fn another_order_for_the_same_type_is_waited_for_and_made_effective() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let report = rig.report_of(&resize(LARGE)).await;
    assert_eq!(
        (report.completion(), report.order_id()),
        (Completion::InEffect, None)
    );
    rig.assert_in_effect(LARGE);
}

/// Another order is being carried out.
async fn ordered_by_somebody_else(instance_type: &str) -> Rig {
    let builder = slow().order_processing(Duration::from_secs(300));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let other = aliyun_ecs::ModifyPrepayInstanceSpecRequest::builder(ID, instance_type);
    let other = other.build().unwrap();
    rig.client.modify_prepay_instance_spec(other).await.unwrap();
    rig
}

#[tokio::test]
async fn another_order_for_another_type_is_waited_for_and_not_built_upon() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let error = rig.error_of(&resize("ecs.g5.2xlarge")).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::Superseded { .. }),
        "{error}"
    );
    assert_eq!(error.progress().unwrap().order, OrderState::NotPlaced);
    assert_eq!(rig.simulator.orders().len(), 1);
}

#[tokio::test]
async fn a_restart_by_the_service_is_not_promised_where_another_order_came_first() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let report = rig.report_of(&intent).await;
    assert_eq!(report.completion(), Completion::PendingRestart);
}

#[tokio::test]
async fn a_timeout_at_every_step_leaves_a_run_that_can_be_resumed() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let mut timeout = Duration::from_millis(500);
        let mut missed = Vec::new();
        loop {
            let rig = Rig::running(from).await;
            rig.responses_take(Duration::from_millis(400));
            // Otherwise the order itself takes no time.
            let busy = Fault::service_error(400, "LastOrderProcessing", "Wait.");
            rig.simulator
                .fail_next(busy.on("ModifyPrepayInstanceSpec").times(2));
            let intent = to(target).timeout(timeout).build().unwrap();
            let (result, events) = rig.run(&intent).await;
            let in_time = rig.elapsed() < timeout;
            assert!(rig.elapsed() < timeout + Duration::from_secs(121));
            let recovers =
                |event: &ResizeEvent| matches!(event.kind(), ResizeEventKind::Recovering { .. });
            let failed = events.iter().position(recovers).unwrap_or(events.len());
            missed.extend(started(&events[..failed]).pop().map(|(step, ..)| step));
            timeout += Duration::from_millis(1500);
            let error = match result {
                Ok(_) if in_time => break,
                // The recovery has completed it.
                Ok(_) => continue,
                Err(error) => error,
            };
            let Some(progress) = error.progress() else {
                assert!(error.to_string().ends_with("; nothing was changed"));
                assert!(rig.changes().is_empty());
                continue;
            };
            let stopped = rig.instance().status() == InstanceStatus::Stopped;
            if stopped {
                assert!(error.to_string().contains("STOPPED: "), "{error}");
            }
            let key = progress.resume_key.clone();
            let report = rig.report_of(&Resize::resume(key).build().unwrap()).await;
            assert_eq!(report.completion(), Completion::InEffect, "{error}");
            rig.assert_in_effect(target);
        }
        let last = if target == SMALL {
            Step::Start
        } else {
            Step::Restart
        };
        for step in [Step::Order, Step::AwaitChange, last] {
            assert!(missed.contains(&step), "{step:?} of {missed:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_if_the_checks_take_until_the_deadline() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        rig.responses_take(Duration::from_millis(1500));
        let intent = to(target).timeout(Duration::from_secs(2)).build().unwrap();
        let error = rig.error_of(&intent).await;
        assert!(error.is_retryable(), "{error}");
        assert!(rig.changes().is_empty());
        assert!(rig.elapsed() < Duration::from_secs(8), "{error}");
    }
}

#[tokio::test]
async fn a_run_sends_less_than_a_request_a_second() {
    let builder = slow().order_processing(Duration::from_secs(900));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    // An order that may exist, and a price that has risen.
    let lost = Fault::lost_response().on("ModifyPrepayInstanceSpec");
    rig.simulator.fail_next(lost.times(4));
    rig.simulator.set_price(LARGE, 100, 0);
    let intent = to(LARGE).max_price(Decimal::ONE_HUNDRED).build().unwrap();
    let (result, _) = rig
        .run_with(&intent, |event| {
            if let ResizeEventKind::Waiting { .. } = event.kind() {
                rig.simulator.set_price(LARGE, 101, 0);
            }
        })
        .await;
    result.unwrap();
    let requests = rig.simulator.requests().len();
    assert!(requests as u64 <= rig.elapsed().as_secs(), "{requests}");
}

#[tokio::test]
async fn a_user_who_starts_the_instance_after_the_stop_is_not_interrupted_again() {
    let rig = Rig::running(LARGE).await;
    let busy = Fault::service_error(400, "LastOrderProcessing", "Wait.");
    rig.simulator
        .fail_next(busy.on("ModifyPrepayInstanceSpec").times(1000));
    let intent = to(SMALL).timeout(Duration::from_secs(60)).build().unwrap();
    let mut is_started = false;
    let (result, _) = rig
        .run_with(&intent, |event| {
            if is_waiting(event, Step::Order) && !std::mem::replace(&mut is_started, true) {
                rig.simulator.add_instance(rig.instance().running());
            }
        })
        .await;
    let error = result.unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::NeedsStop(why) if why.contains("user has started it")),
        "{error}"
    );
    assert_eq!(error.progress().unwrap().recovery, Recovery::NotNeeded);
    assert_eq!(rig.changes(), ["StopInstance"]);
}

#[tokio::test]
async fn an_instance_that_three_polls_in_a_row_do_not_list_is_not_found() {
    for (misses, is_found) in [(2, true), (3, false)] {
        let rig = Rig::running(SMALL).await;
        let body = r#"{"RequestId":"r","TotalCount":0,"Instances":{"Instance":[]}}"#;
        let (result, _) = rig
            .run_with(&resize(LARGE), |event| {
                if let ResizeEventKind::Ordered { .. } = event.kind() {
                    let unlisted = Fault::response(200, "application/json", body);
                    rig.simulator
                        .fail_next(unlisted.on("DescribeInstances").times(misses));
                }
            })
            .await;
        match result {
            Ok(report) => assert!(is_found, "{report}"),
            Err(error) => {
                let is_missing = matches!(error.kind(), ResizeErrorKind::NotFound(..));
                assert!(is_missing && !is_found, "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_stop_by_a_user_is_waited_for_and_is_no_step_of_the_resize() {
    let stopping = SimulatedInstance::new(ID, LARGE).with_status(InstanceStatus::Stopping);
    let rig = Rig::with(stopping).await;
    let (result, events) = rig
        .run_with(&resize(SMALL), |event| {
            let is_stopping = rig.instance().status() == InstanceStatus::Stopping;
            if is_stopping && matches!(event.kind(), ResizeEventKind::Waiting { .. }) {
                rig.simulator.add_instance(rig.instance().stopped());
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::PendingStart);
    assert_eq!(finished(&events), [Step::Order, Step::AwaitChange]);
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
}

#[tokio::test]
async fn an_instance_that_a_user_stops_and_nothing_restarts_has_to_be_started() {
    let time = "2099-01-01T00:00:00Z".parse().unwrap();
    for restart in [Restart::Never, Restart::At(time)] {
        let rig = Rig::running(SMALL).await;
        let intent = to(LARGE).restart(restart).build().unwrap();
        let (result, _) = rig
            .run_with(&intent, |event| {
                if let ResizeEventKind::Waiting { .. } = event.kind() {
                    let shown = SimulatedInstance::new(ID, LARGE);
                    rig.simulator.add_instance(shown.stopped());
                }
            })
            .await;
        assert_eq!(result.unwrap().completion(), Completion::PendingStart);
    }
}

#[tokio::test]
async fn no_restart_is_promised_at_a_time_that_was_not_ordered() {
    let time = "2099-01-01T00:00:00Z".parse().unwrap();
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let (result, _) = rig
        .run_with(&intent, |event| {
            if let ResizeEventKind::Waiting { .. } = event.kind() {
                rig.simulator
                    .add_instance(SimulatedInstance::new(ID, LARGE));
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::PendingRestart);
}

#[tokio::test]
async fn events_are_lines_for_a_log() {
    let rig = Rig::running(SMALL).await;
    let (report, events) = rig.run(&resize(LARGE)).await;
    let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
    let order_id = report.unwrap().order_id().unwrap().to_owned();
    let begun =
        "i-test: starting the upgrade from ecs.g5.large to ecs.g5.xlarge; resume key i-test/";
    assert!(lines[0].starts_with(begun), "{lines:?}");
    assert_eq!(
        lines[1..4],
        [
            "i-test: step 1 of 3: order the change".to_owned(),
            "i-test: sending the request to order the change".to_owned(),
            format!("i-test: order {order_id} accepted"),
        ]
    );
    assert!(lines.iter().all(|line| !line.contains('\n')));
}

#[tokio::test]
async fn steps_that_are_found_done_are_reported_with_their_numbers() {
    for restart in [Restart::WhenNeeded, Restart::Never] {
        let builder = slow().order_processing(Duration::ZERO);
        let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
        let intent = to(LARGE).restart(restart).build().unwrap();
        let events = rig.run(&intent).await.1;
        let ResizeEventKind::Started { steps, .. } = events[0].kind() else {
            panic!("{events:?}");
        };
        let numbered = steps.iter().zip(1..);
        let numbered: Vec<_> = numbered
            .map(|(step, at)| (*step, at, steps.len()))
            .collect();
        assert_eq!(started(&events), numbered);
        assert_eq!(finished(&events), *steps);
    }
}

#[tokio::test]
async fn the_waits_of_runs_spread() {
    let builder = slow().order_processing(Duration::from_secs(100_000));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let base = Duration::from_secs(1_000);
    let intent = to(LARGE)
        .poll_interval(base)
        .timeout(Duration::from_secs(1_000_000));
    let (report, events) = rig.run(&intent.build().unwrap()).await;
    assert_eq!(report.unwrap().completion(), Completion::InEffect);
    let waits = events.iter().filter_map(|event| match event.kind() {
        ResizeEventKind::Waiting {
            step, next_poll, ..
        } if *step == Step::AwaitChange => Some(*next_poll),
        _ => None,
    });
    let waits: Vec<Duration> = waits.collect();
    let (least, greatest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(waits.len() > 10);
    assert!(*least >= base && *greatest <= base * 5 / 4, "{waits:?}");
    assert!(*greatest > *least + base / 100, "{waits:?}");
}
