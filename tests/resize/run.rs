//! Runs that end well.

use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::{
    Completion, OrderState, Recovery, ResizeErrorKind, ResizeEvent, Restart, Step,
};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};
use aliyun_ecs::types::MinuteTime;
use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

#[tokio::test]
async fn a_running_instance_is_upgraded_and_restarted() {
    let rig = Rig::running(SMALL).await;
    let (result, events) = rig.run(&resize(LARGE)).await;
    let report = result.unwrap();
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::InEffect, true)
    );
    assert_eq!(
        report.order_id(),
        Some(rig.simulator.orders()[0].order_id())
    );
    assert_eq!(
        (report.from().as_str(), report.to().as_str()),
        (SMALL, LARGE)
    );
    assert_eq!(
        rig.changes(),
        ["ModifyPrepayInstanceSpec", "RebootInstance"]
    );
    rig.assert_in_effect(LARGE);

    assert!(
        matches!(&events[0], ResizeEvent::Started { resumed: false, steps, .. }
        if *steps == [Step::Order, Step::AwaitChange, Step::Restart])
    );
    assert_eq!(events.last(), Some(&ResizeEvent::Finished(report.clone())));
    let looks = events.iter().filter_map(|event| match event {
        ResizeEvent::Waiting { next_poll, .. } => Some(*next_poll),
        _ => None,
    });
    assert!(looks.min().unwrap() >= Duration::from_secs(1));
    let order_id = report.order_id().map(str::to_owned);
    assert!(events.contains(&ResizeEvent::Ordered { order_id }));
    let finished = events.iter().filter_map(|event| match event {
        ResizeEvent::StepFinished { step, .. } => Some(*step),
        _ => None,
    });
    assert!(finished.eq([Step::Order, Step::AwaitChange, Step::Restart]));
    let numbers = events.iter().filter_map(|event| match event {
        ResizeEvent::StepStarted { number, of, .. } => Some((*number, *of)),
        _ => None,
    });
    assert!(numbers.eq([(1, 3), (2, 3), (3, 3)]));
    let text = format!(
        "{SMALL} to {LARGE} in {} s: the new type is in effect and the instance runs (order {})",
        report.elapsed().as_secs(),
        rig.simulator.orders()[0].order_id()
    );
    assert_eq!(report.to_string(), text);
}

#[tokio::test]
async fn a_stopped_instance_is_upgraded_and_stays_stopped() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let report = rig.finished(&resize(LARGE)).await;
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::PendingStart, false)
    );
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    assert_eq!(rig.instance().instance_type(), LARGE);
}

#[tokio::test]
async fn a_running_instance_is_stopped_downgraded_and_started() {
    let rig = Rig::running(LARGE).await;
    let report = rig.finished(&resize(SMALL)).await;
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::InEffect, true)
    );
    assert_eq!(
        rig.changes(),
        ["StopInstance", "ModifyPrepayInstanceSpec", "StartInstance"]
    );
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_stopped_instance_is_downgraded_and_never_started() {
    let rig = Rig::with(SimulatedInstance::new(ID, LARGE).stopped()).await;
    let intent = resize(SMALL);
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::PendingStart
    );
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::PendingStart
    );
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
}

#[tokio::test]
async fn an_instance_of_that_type_is_left_alone() {
    let rig = Rig::running(LARGE).await;
    let report = rig.finished(&resize(LARGE)).await;
    assert_eq!(report.completion(), Completion::AlreadyThatType);
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn an_owner_who_stops_the_instance_meanwhile_is_heeded() {
    let rig = Rig::running(SMALL).await;
    let mut stopped = false;
    let intent = resize(LARGE);
    let report = rig.client.resize(&intent, |event| {
        if matches!(
            event,
            ResizeEvent::StepStarted {
                step: Step::AwaitChange,
                ..
            }
        ) && !stopped
        {
            stopped = true;
            rig.simulator.add_instance(rig.instance().stopped());
        }
    });
    assert_eq!(report.await.unwrap().completion(), Completion::PendingStart);
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
}

#[tokio::test]
async fn an_owner_who_stops_the_instance_before_the_resize_does_is_heeded() {
    let rig = Rig::running(LARGE).await;
    let intent = resize(SMALL);
    let mut keys = Vec::new();
    let mut steps = Vec::new();
    let report = rig.client.resize(&intent, |event| match event {
        ResizeEvent::StepStarted { step, number, of } => {
            steps.push((*step, *number, *of));
            if *step == Step::Stop {
                rig.simulator.add_instance(rig.instance().stopped());
            }
        }
        ResizeEvent::Started { resume_key, .. } | ResizeEvent::KeyChanged { resume_key } => {
            keys.push(resume_key.clone());
        }
        _ => {}
    });
    assert_eq!(report.await.unwrap().completion(), Completion::PendingStart);
    assert_eq!(
        steps,
        [
            (Step::Stop, 1, 4),
            (Step::Order, 1, 2),
            (Step::AwaitChange, 2, 2)
        ]
    );
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    // Whoever goes on in another process knows it too.
    assert!(keys[0].was_running() && !keys.last().unwrap().was_running());
    let resumed = Resize::resume(keys.pop().unwrap()).build().unwrap();
    assert_eq!(
        rig.finished(&resumed).await.completion(),
        Completion::PendingStart
    );
}

#[tokio::test]
async fn an_owner_who_starts_the_instance_meanwhile_is_not_interrupted() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let intent = resize(LARGE);
    let report = rig.client.resize(&intent, |event| {
        if matches!(
            event,
            ResizeEvent::StepStarted {
                step: Step::AwaitChange,
                ..
            }
        ) {
            rig.simulator.add_instance(rig.instance().running());
        }
    });
    assert_eq!(
        report.await.unwrap().completion(),
        Completion::PendingRestart
    );
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
}

#[tokio::test]
async fn a_restart_is_seen_by_the_states_where_the_start_time_tells_nothing() {
    let future = SystemClock::new().now() + TimeDelta::hours(1);
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).started_at(future)).await;
    let report = rig.finished(&resize(LARGE)).await;
    assert_eq!(report.completion(), Completion::InEffect);
    assert_eq!(
        rig.changes(),
        ["ModifyPrepayInstanceSpec", "RebootInstance"]
    );
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn a_restart_of_which_only_the_start_is_seen_counts() {
    let time = "2026-01-01T00:00:00Z".parse().unwrap();
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).started_at(time)).await;
    let mut states = [InstanceStatus::Starting, InstanceStatus::Running].into_iter();
    let intent = resize(LARGE);
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { step, .. } = event
            && *step == Step::Restart
            && let Some(status) = states.next()
        {
            // Its start time tells nothing.
            let shown = SimulatedInstance::new(ID, LARGE).started_at(time);
            rig.simulator.add_instance(shown.with_status(status));
        }
    });
    assert_eq!(result.await.unwrap().completion(), Completion::InEffect);
    let once = ["ModifyPrepayInstanceSpec", "RebootInstance"];
    assert_eq!(rig.changes(), once);
}

#[tokio::test]
async fn a_stop_that_is_slow_to_show_is_not_taken_for_one_that_is_over() {
    let rig = Rig::running(LARGE).await;
    let mut states = [InstanceStatus::Running, InstanceStatus::Stopped].into_iter();
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { step, .. } = event
            && *step == Step::Stop
            && let Some(status) = states.next()
        {
            let shown = SimulatedInstance::new(ID, LARGE).with_status(status);
            rig.simulator.add_instance(shown);
        }
    });
    assert_eq!(result.await.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn an_intent_remembers_that_it_stopped_the_instance() {
    let rig = Rig::running(LARGE).await;
    let intent = to(SMALL).restart_on_failure(false);
    let intent = intent.timeout(Duration::from_secs(7)).build().unwrap();
    let error = rig.refused(&intent).await;
    assert_eq!(error.progress().unwrap().order, OrderState::NotPlaced);
    assert_eq!(rig.changes(), ["StopInstance"]);
    let mut again = rig.run(&intent).await.0;
    for _ in 0..20 {
        again = match again {
            Ok(_) => break,
            Err(_) => rig.run(&intent).await.0,
        };
    }
    assert_eq!(again.unwrap().completion(), Completion::InEffect);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn runs_of_one_intent_get_there_however_often_they_run_out_of_time() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        for seconds in 4..20 {
            let rig = Rig::running(from).await;
            // Else a run that is too short to stop it starts it again, and none gets further.
            let intent = to(target).restart_on_failure(false);
            let intent = intent.timeout(Duration::from_secs(seconds)).build();
            let intent = intent.unwrap();
            let mut last = rig.run(&intent).await.0;
            for _ in 0..40 {
                last = match last {
                    Ok(_) => break,
                    Err(_) => rig.run(&intent).await.0,
                };
            }
            assert_eq!(
                last.unwrap().completion(),
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
    let report = rig.finished(&intent).await;
    assert_eq!(
        (report.completion(), report.restarted()),
        (Completion::PendingRestart, false)
    );
    assert_eq!(
        (
            rig.instance().instance_type(),
            rig.instance().effective_type()
        ),
        (LARGE, SMALL)
    );
}

#[tokio::test]
async fn a_restart_at_a_set_time_is_the_services() {
    let rig = Rig::running(SMALL).await;
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let report = rig.finished(&intent).await;
    let rounded = MinuteTime::new(time).unwrap();
    assert_eq!(
        report.completion(),
        Completion::RestartsAt(rounded.to_datetime())
    );
    let order = rig.simulator.requests();
    let order = order
        .iter()
        .find(|it| it.action() == "ModifyPrepayInstanceSpec")
        .unwrap();
    assert_eq!(order.parameter("RebootTime"), Some(&*rounded.to_string()));
    rig.simulator.advance(Duration::from_secs(2 * 3600));
    rig.assert_in_effect(LARGE);
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::InEffect
    );
}

#[tokio::test]
async fn an_unpaid_order_ends_the_run_and_is_resumed_after_paying() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).auto_pay(false).build().unwrap();
    let first = rig.finished(&intent).await;
    assert_eq!(first.completion(), Completion::AwaitingPayment);
    let (again, events) = rig.run(&intent).await;
    let again = again.unwrap();
    assert_eq!(
        (again.completion(), again.order_id()),
        (Completion::AwaitingPayment, first.order_id())
    );
    let shown = |event: &ResizeEvent| matches!(event, ResizeEvent::StepFinished { step, .. } if *step == Step::AwaitChange);
    assert!(!events.iter().any(shown), "{events:?}");
    assert!(rig.simulator.pay_order(first.order_id().unwrap()));
    rig.simulator.advance(Duration::from_secs(10));
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::InEffect
    );
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn a_run_that_is_resumed_right_after_paying_waits_for_the_order() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).auto_pay(false).build().unwrap();
    let first = rig.finished(&intent).await;
    assert!(rig.simulator.pay_order(first.order_id().unwrap()));
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::InEffect
    );
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn a_slow_order_is_waited_for_with_fewer_and_fewer_looks() {
    let builder = slow().order_processing(Duration::from_secs(15 * 60));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    assert_eq!(
        rig.finished(&resize(LARGE)).await.completion(),
        Completion::InEffect
    );
    rig.assert_in_effect(LARGE);
    assert!(rig.elapsed() > Duration::from_secs(15 * 60));
    assert!(rig.simulator.requests().len() < 130);
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
async fn another_order_for_the_same_type_is_waited_for_and_made_effective() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let report = rig.finished(&resize(LARGE)).await;
    assert_eq!(
        (report.completion(), report.order_id()),
        (Completion::InEffect, None)
    );
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn another_order_for_another_type_is_waited_for_and_not_built_upon() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let error = rig.refused(&resize("ecs.g5.2xlarge")).await;
    assert!(matches!(error.kind(), ResizeErrorKind::Superseded { .. }));
    assert!(error.to_string().contains("no order was placed"), "{error}");
    assert_eq!(rig.simulator.orders().len(), 1);
}

#[tokio::test]
async fn a_failure_after_another_order_for_the_same_type_is_gone_on_with() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let rejection = Fault::service_error(403, "Forbidden.RAM", "No.");
    rig.simulator.fail_next(rejection.on("RebootInstance"));
    let intent = resize(LARGE);
    let error = rig.refused(&intent).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.order, OrderState::NotPlaced);
    assert!(!progress.done.contains(&Step::Order), "{error}");
    assert_eq!(
        rig.finished(&intent).await.completion(),
        Completion::InEffect
    );
}

#[tokio::test]
async fn a_restart_by_the_service_is_not_promised_where_another_order_came_first() {
    let rig = ordered_by_somebody_else(LARGE).await;
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let report = rig.finished(&intent).await;
    assert_eq!(report.completion(), Completion::PendingRestart);
}

#[tokio::test]
async fn a_key_is_read_back_in_both_directions() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let plan = rig.client.plan_resize(&resize(target)).await.unwrap();
        let key = plan.resume_key();
        assert_eq!(key.to_string().parse().as_ref(), Ok(key));
    }
}

#[tokio::test]
async fn a_key_for_something_else_is_refused() {
    let rig = Rig::running(LARGE).await;
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    let key = plan.resume_key().clone();
    let error = to(LARGE).resume(key.clone()).build().unwrap_err();
    assert_eq!(error.violations()[0].parameter(), "resume");
    let own = to(SMALL)
        .resume(key.clone())
        .client_token(key.client_token().as_str());
    assert_eq!(own.build().unwrap().client_token(), key.client_token());
    let error = to(SMALL)
        .resume(key)
        .client_token("other")
        .build()
        .unwrap_err();
    assert_eq!(error.violations()[0].parameter(), "ClientToken");
}

#[tokio::test]
async fn the_deadline_at_every_step_leaves_a_run_that_can_be_resumed() {
    let upgrade = [Step::Order, Step::AwaitChange, Step::Restart];
    let downgrade = [Step::Stop, Step::Order, Step::AwaitChange, Step::Start];
    for (from, target, steps) in [(SMALL, LARGE, &upgrade[..]), (LARGE, SMALL, &downgrade)] {
        let mut timeout = Duration::from_millis(500);
        let mut missed = Vec::new();
        loop {
            let rig = Rig::running(from).await;
            rig.answers_take(Duration::from_millis(400));
            // Else the order itself takes no time at all.
            let busy = Fault::service_error(400, "LastOrderProcessing", "Wait.");
            rig.simulator
                .fail_next(busy.on("ModifyPrepayInstanceSpec").times(2));
            let intent = to(target).timeout(timeout).build().unwrap();
            let (result, events) = rig.run(&intent).await;
            let Err(error) = result else {
                break;
            };
            let begun = |event| match event {
                ResizeEvent::StepStarted { step, .. } => Some(step),
                _ => None,
            };
            missed.extend(events.into_iter().filter_map(begun).next_back());
            let elapsed = rig.elapsed();
            assert!(
                elapsed < timeout + Duration::from_secs(121),
                "{elapsed:?} {error}"
            );
            timeout += Duration::from_millis(1500);
            let Some(progress) = error.progress() else {
                assert!(error.to_string().contains("; nothing was changed"));
                assert!(rig.changes().is_empty());
                continue;
            };
            assert!(error.to_string().contains("resume with i-test/"), "{error}");
            assert_eq!(
                progress.left.contains(&Step::AwaitChange),
                rig.instance().instance_type() != target,
                "{error}"
            );
            assert_eq!(
                progress.left.is_empty(),
                rig.instance().effective_type() == target,
                "{error}"
            );
            let stopped = rig.instance().status() == InstanceStatus::Stopped;
            if stopped {
                assert!(
                    error.to_string().contains("THE INSTANCE IS STOPPED"),
                    "{error}"
                );
                assert_ne!(progress.order, OrderState::NotPlaced, "{error}");
            }
            let resumed = to(target)
                .resume(progress.resume_key.clone())
                .build()
                .unwrap();
            assert_eq!(
                rig.finished(&resumed).await.completion(),
                Completion::InEffect,
                "{error}"
            );
            rig.assert_in_effect(target);
        }
        for step in steps {
            assert!(missed.contains(step), "{step:?} of {missed:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_where_looking_took_all_the_time_there_was() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        rig.answers_take(Duration::from_millis(1500));
        let intent = to(target).timeout(Duration::from_secs(2)).build().unwrap();
        let error = rig.refused(&intent).await;
        assert!(
            error.to_string().starts_with("not finished within 2 s"),
            "{error}"
        );
        assert!(
            error.to_string().ends_with("; nothing was changed"),
            "{error}"
        );
        assert!(rig.changes().is_empty());
        assert!(rig.elapsed() < Duration::from_secs(6));
    }
}

#[tokio::test]
async fn a_wait_sends_less_than_a_request_a_second() {
    let builder = slow().order_processing(Duration::from_secs(900));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    // An order that may exist, and a price that has risen: each turn looks and asks the price.
    rig.simulator.fail_next(
        Fault::lost_response()
            .on("ModifyPrepayInstanceSpec")
            .times(4),
    );
    let intent = to(LARGE).max_price(Decimal::ONE_HUNDRED);
    let intent = intent.poll_interval(Duration::from_secs(1));
    let intent = intent.build().unwrap();
    rig.simulator.set_price(LARGE, 100, 0);
    let report = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { .. } = event {
            rig.simulator.set_price(LARGE, 101, 0);
        }
    });
    report.await.unwrap();
    let requests = rig.simulator.requests().len();
    assert!(requests as u64 <= rig.elapsed().as_secs(), "{requests}");
}

#[tokio::test]
async fn a_second_run_of_the_same_intent_goes_on_without_a_key() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, LARGE)).await;
    let intent = to(SMALL).timeout(Duration::from_secs(60)).build().unwrap();
    let error = rig.refused(&intent).await;
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped, "{error}");
    for _ in 0..10 {
        if rig.run(&intent).await.0.is_ok() {
            break;
        }
    }
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn an_owner_who_starts_it_after_the_stop_is_not_interrupted_again() {
    let rig = Rig::running(LARGE).await;
    let busy = Fault::service_error(400, "LastOrderProcessing", "Wait.");
    rig.simulator
        .fail_next(busy.on("ModifyPrepayInstanceSpec").times(1000));
    let intent = to(SMALL).timeout(Duration::from_secs(40)).build().unwrap();
    let mut started = false;
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting {
            step: Step::Order, ..
        } = event
            && !started
        {
            started = true;
            rig.simulator.add_instance(rig.instance().running());
        }
    });
    let error = result.await.unwrap_err();
    assert!(matches!(error.kind(), ResizeErrorKind::NeedsStop(_)));
    assert!(
        error.to_string().contains("its owner has started it since"),
        "{error}"
    );
    assert_eq!(error.progress().unwrap().recovery, Recovery::NotNeeded);
    assert_eq!(rig.changes(), ["StopInstance"]);
}

#[tokio::test]
async fn an_instance_that_is_not_listed_is_looked_for_three_times() {
    let unlisted = |times| {
        let body = r#"{"RequestId":"r","TotalCount":0,"Instances":{"Instance":[]}}"#;
        let fault = Fault::response(200, "application/json", body);
        fault.on("DescribeInstances").times(times)
    };
    for (misses, is_found) in [(2, true), (3, false)] {
        let rig = Rig::running(SMALL).await;
        // Twice each: a look that finds it ends the row.
        let mut rows = [misses, misses.min(2)].into_iter();
        let intent = resize(LARGE);
        let result = rig.client.resize(&intent, |event| {
            if let ResizeEvent::StepStarted { step, .. } = event
                && *step != Step::Restart
                && let Some(times) = rows.next()
            {
                rig.simulator.fail_next(unlisted(times));
            }
        });
        match result.await {
            Ok(report) => assert!(is_found, "{report}"),
            Err(error) => {
                assert!(!is_found, "{error}");
                let kind = error.kind();
                assert!(matches!(kind, ResizeErrorKind::NotFound(..)), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_stop_by_the_owner_is_waited_for_and_is_no_step_of_the_resize() {
    let stopping = SimulatedInstance::new(ID, LARGE).with_status(InstanceStatus::Stopping);
    let rig = Rig::with(stopping).await;
    let mut steps = Vec::new();
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| match event {
        ResizeEvent::StepStarted { step, .. } => steps.push(*step),
        ResizeEvent::Waiting { .. } if rig.instance().status() == InstanceStatus::Stopping => {
            rig.simulator.add_instance(rig.instance().stopped());
        }
        _ => {}
    });
    assert_eq!(result.await.unwrap().completion(), Completion::PendingStart);
    assert_eq!(steps, [Step::Order, Step::AwaitChange]);
}

#[tokio::test]
async fn a_change_that_shows_after_the_stop_ends_the_stop() {
    let rig = Rig::running(LARGE).await;
    let mut changed = false;
    let mut finished = Vec::new();
    let intent = resize(SMALL);
    let result = rig.client.resize(&intent, |event| match event {
        ResizeEvent::Waiting { .. } if !changed => {
            changed = true;
            let shown = SimulatedInstance::new(ID, SMALL);
            rig.simulator
                .add_instance(shown.with_status(InstanceStatus::Stopping));
        }
        ResizeEvent::Waiting { .. } => {
            rig.simulator
                .add_instance(SimulatedInstance::new(ID, SMALL));
        }
        ResizeEvent::StepFinished { step, .. } => finished.push(*step),
        _ => {}
    });
    assert_eq!(result.await.unwrap().completion(), Completion::InEffect);
    assert_eq!(finished, [Step::Stop, Step::AwaitChange, Step::Start]);
}

#[tokio::test]
async fn an_owner_who_stops_it_where_nothing_is_restarted_has_to_start_it() {
    let time = "2099-01-01T00:00:00Z".parse().unwrap();
    for restart in [Restart::Never, Restart::At(time)] {
        let rig = Rig::running(SMALL).await;
        let intent = to(LARGE).restart(restart).build().unwrap();
        let result = rig.client.resize(&intent, |event| {
            if let ResizeEvent::Waiting { .. } = event {
                let shown = SimulatedInstance::new(ID, LARGE);
                rig.simulator.add_instance(shown.stopped());
            }
        });
        assert_eq!(result.await.unwrap().completion(), Completion::PendingStart);
    }
}

#[tokio::test]
async fn no_restart_is_promised_at_a_time_that_was_not_ordered() {
    let time = "2099-01-01T00:00:00Z".parse().unwrap();
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let result = rig.client.resize(&intent, |event| {
        if let ResizeEvent::Waiting { .. } = event {
            rig.simulator
                .add_instance(SimulatedInstance::new(ID, LARGE));
        }
    });
    assert_eq!(
        result.await.unwrap().completion(),
        Completion::PendingRestart
    );
}

#[tokio::test]
async fn nothing_is_ordered_where_the_price_took_all_the_time_there_was() {
    let rig = Rig::running(SMALL).await;
    // Looking, asking what the instance can become, asking the price.
    rig.answers_take(Duration::from_secs(1));
    let intent = to(LARGE).max_price(Decimal::MAX);
    let intent = intent.timeout(Duration::from_secs(3)).build().unwrap();
    let error = rig.refused(&intent).await;
    let text = "not finished within 3 s; at the end, it was time to order the change";
    assert!(error.to_string().starts_with(text), "{error}");
    assert_eq!(error.progress().unwrap().order, OrderState::NotPlaced);
    assert_eq!(rig.simulator.requests().len(), 3);
}

#[tokio::test]
async fn events_are_lines_for_a_log() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).client_token("token").build().unwrap();
    let (report, events) = rig.run(&intent).await;
    let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
    let order_id = report.unwrap().order_id().unwrap().to_owned();
    let begun = "beginning the upgrade from ecs.g5.large to ecs.g5.xlarge; resume key i-test/";
    assert!(lines[0].starts_with(begun), "{lines:?}");
    assert_eq!(lines[1], "step 1 of 3: order the change");
    assert_eq!(lines[2], format!("ordered: {order_id}"));
    let waiting = "order the change: accepted, for 0 s; next look in ";
    assert!(lines[3].starts_with(waiting), "{lines:?}");
    let (events, lines) = (rig.run(&resize(LARGE)).await.1, lines.len());
    assert!(lines > 6);
    assert_eq!(
        events[0].to_string(),
        "looking at the instance, which is ecs.g5.xlarge already"
    );
}

#[tokio::test]
async fn a_step_that_is_found_done_is_told_with_its_number() {
    for restart in [Restart::WhenNeeded, Restart::Never] {
        let builder = slow().order_processing(Duration::ZERO);
        let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
        let intent = to(LARGE).restart(restart).build().unwrap();
        let events = rig.run(&intent).await.1;
        let ResizeEvent::Started { steps, .. } = &events[0] else {
            panic!("{events:?}");
        };
        let begun = events.iter().filter_map(|event| match event {
            ResizeEvent::StepStarted { step, number, of } => Some((*step, *number, *of)),
            _ => None,
        });
        let planned = steps.iter().zip(1..);
        assert!(begun.eq(planned.map(|(step, number)| (*step, number, steps.len()))));
        let finished = events.iter().filter_map(|event| match event {
            ResizeEvent::StepFinished { step, .. } => Some(step),
            _ => None,
        });
        assert!(finished.eq(steps));
    }
}

#[tokio::test]
async fn a_stop_that_is_called_for_after_all_comes_before_the_order() {
    let rig = Rig::running(LARGE).await;
    let plan = rig.client.plan_resize(&resize(SMALL)).await.unwrap();
    rig.simulator.add_instance(rig.instance().stopped());
    let resumed = Resize::resume(plan.resume_key().clone()).build().unwrap();
    let mut begun = Vec::new();
    let result = rig.client.resize(&resumed, |event| match event {
        // Its owner starts it before the order comes.
        ResizeEvent::Started { .. } => rig.simulator.fail_next(
            Fault::service_error(400, "LastOrderProcessing", "Wait.")
                .on("ModifyPrepayInstanceSpec"),
        ),
        ResizeEvent::Waiting { .. } if begun.len() == 1 => {
            rig.simulator.add_instance(rig.instance().running());
        }
        ResizeEvent::StepStarted { step, number, of } => begun.push((*step, *number, *of)),
        _ => {}
    });
    assert_eq!(result.await.unwrap().completion(), Completion::InEffect);
    let with_stop = [
        (Step::Stop, 1, 4),
        (Step::Order, 2, 4),
        (Step::AwaitChange, 3, 4),
        (Step::Start, 4, 4),
    ];
    assert_eq!(begun[0], (Step::Order, 1, 3));
    assert_eq!(begun[1..], with_stop);
}

#[test]
fn an_intent_shows_what_it_knows_and_not_how_it_keeps_it() {
    let text = format!("{:?}", resize(LARGE));
    assert!(text.ends_with(", before: None }"), "{text}");
    let key =
        "i-bp67acfmxazb4ph1a2b3/ecs.g5.large/ecs.g5.xlarge/upgrade/running/-/62865bbf/my-token";
    let resumed = Resize::resume(key.parse().unwrap()).build().unwrap();
    let text = format!("{resumed:?}");
    assert!(text.contains("before: Some(Before { from: "), "{text}");
}

#[tokio::test]
async fn runs_do_not_keep_step_with_each_other() {
    let builder = slow().order_processing(Duration::from_secs(100_000));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let intent = to(LARGE).poll_interval(Duration::from_secs(1_000));
    let intent = intent.timeout(Duration::from_secs(1_000_000));
    let (report, events) = rig.run(&intent.build().unwrap()).await;
    assert_eq!(report.unwrap().completion(), Completion::InEffect);
    let waits = events.iter().filter_map(|event| match event {
        ResizeEvent::Waiting {
            step: Step::AwaitChange,
            next_poll,
            ..
        } => Some(*next_poll),
        _ => None,
    });
    // The longest are the fivefold, and up to a quarter more.
    let most = Duration::from_secs(5_000);
    let longest: Vec<_> = waits.filter(|wait| *wait >= most).collect();
    let (least, greatest) = (longest.iter().min(), longest.iter().max());
    assert!(longest.len() > 10);
    assert!(*greatest.unwrap() <= most * 5 / 4, "{longest:?}");
    assert!(
        *greatest.unwrap() > *least.unwrap() + most / 100,
        "{longest:?}"
    );
}
