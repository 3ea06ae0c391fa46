//! The requests of a run: which are sent, when, and how settings change them.

use std::collections::BTreeSet;
use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::error::ErrorCategory;
use aliyun_ecs::resize::{
    Completion, OrderState, Recovery, ResizeError, ResizeErrorKind, ResizeEvent, ResizeEventKind,
    ResumeKey, Step, StopPolicy,
};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};
use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

const WITH_A_STOP: [&str; 3] = ["StopInstance", "ModifyPrepayInstanceSpec", "StartInstance"];

fn is_request(event: &ResizeEvent, wanted: Step) -> bool {
    matches!(event.kind(), ResizeEventKind::Requesting { step, .. } if *step == wanted)
}

fn stop_demanded() -> Fault {
    let message = "Instance status must be stopped.";
    Fault::service_error(400, "InvalidStatus.NotStopped", message).on("ModifyPrepayInstanceSpec")
}

fn resumed(key: &ResumeKey) -> Resize {
    Resize::resume(key.clone()).build().unwrap()
}

#[tokio::test]
async fn an_upgrade_that_requires_a_stop_stops_the_instance_if_allowed() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(stop_demanded());
    let (result, events) = rig.run(&resize(LARGE)).await;
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
    assert_eq!(rig.changes(), WITH_A_STOP);
    rig.assert_in_effect(LARGE);
    let finished = events.iter().filter_map(|event| match event.kind() {
        ResizeEventKind::StepFinished { step, .. } => Some(*step),
        _ => None,
    });
    let steps = [Step::Stop, Step::Order, Step::AwaitChange, Step::Start];
    assert!(finished.eq(steps), "{events:?}");
}

#[tokio::test]
async fn an_upgrade_that_requires_a_stop_fails_if_the_stop_policy_denies_it() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(stop_demanded());
    let intent = to(LARGE).stop_policy(StopPolicy::Deny).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert!(
        matches!(error.kind(), ResizeErrorKind::NeedsStop(_)),
        "{error}"
    );
    let progress = error.progress().unwrap();
    assert_eq!(
        (&progress.order, &progress.recovery),
        (&OrderState::NotPlaced, &Recovery::NotNeeded)
    );
    assert!(rig.changes().is_empty());
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
}

#[tokio::test]
async fn an_order_that_is_not_carried_out_is_reported_as_perhaps_unpaid_after_90_seconds() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(Fault::unpaid_order());
    let intent = to(LARGE).timeout(Duration::from_secs(300)).build().unwrap();
    let mut first = None;
    let (result, _) = rig
        .run_with(&intent, |event| {
            if let ResizeEventKind::Waiting { reason, .. } = event.kind()
                && reason.contains("may be unpaid")
            {
                first.get_or_insert(rig.elapsed());
            }
        })
        .await;
    let first = first.unwrap().as_secs();
    assert!((90..120).contains(&first), "{first}");
    let error = result.unwrap_err();
    let ResizeErrorKind::OrderPending { since } = error.kind() else {
        panic!("{error}");
    };
    assert!((280..=300).contains(&since.as_secs()), "{error}");
    assert_eq!(error.category(), ErrorCategory::Billing);
    assert!(!error.is_retryable());
    let order_id = rig.simulator.orders()[0].order_id().to_owned();
    let progress = error.progress().unwrap();
    assert_eq!(progress.order, OrderState::Placed(Some(order_id)));
    assert_eq!(rig.changes(), ["ModifyPrepayInstanceSpec"]);
}

/// The run was stopped for an order, which was not carried out after 5 minutes; the instance runs again.
async fn order_pending(rig: &Rig) -> ResizeError {
    let intent = to(LARGE).stop_first(true).build().unwrap();
    let error = rig.run_with(&intent, |_| {}).await.0.unwrap_err();
    assert!((300..340).contains(&rig.elapsed().as_secs()));
    assert_eq!(error.kind().as_str(), "order_pending", "{error}");
    assert_eq!(error.category(), ErrorCategory::Billing);
    assert!(!error.is_retryable());
    let progress = error.progress().unwrap();
    let placed = OrderState::Placed(Some(rig.simulator.orders()[0].order_id().to_owned()));
    assert_eq!(
        (&progress.order, &progress.recovery),
        (&placed, &Recovery::Started)
    );
    assert_eq!(progress.done, [Step::Stop, Step::Order]);
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert_eq!(rig.changes(), WITH_A_STOP);
    error
}

#[tokio::test]
async fn an_instance_that_was_stopped_for_an_order_which_stays_unpaid_is_started_after_5_minutes() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(Fault::unpaid_order());
    order_pending(&rig).await;
    let unpaid = rig.simulator.orders().remove(0);
    assert!(rig.simulator.cancel_order(unpaid.order_id()));
    let report = rig.report_of(&resize(LARGE)).await;
    assert_eq!(report.completion(), Completion::InEffect);
}

#[tokio::test]
async fn an_order_that_is_carried_out_during_the_start_takes_effect_with_a_restart() {
    for processing in 302..312 {
        let builder = slow().order_processing(Duration::from_secs(processing));
        let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL).running()).await;
        let intent = to(LARGE).stop_first(true).build().unwrap();
        match rig.run_with(&intent, |_| {}).await.0 {
            Ok(report) => {
                assert_eq!(report.completion(), Completion::InEffect);
                rig.assert_in_effect(LARGE);
            }
            // It was carried out after the run.
            Err(error) => {
                let progress = error.progress().unwrap();
                assert!(!progress.done.contains(&Step::AwaitChange), "{error}");
                assert_eq!(rig.instance().status(), InstanceStatus::Running);
            }
        }
    }
}

#[tokio::test]
async fn without_restart_on_failure_an_instance_stays_stopped_until_its_order_is_carried_out() {
    let builder = slow().order_processing(Duration::from_secs(360));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL).running()).await;
    let intent = to(LARGE).stop_first(true).restart_on_failure(false);
    let report = rig.report_of(&intent.build().unwrap()).await;
    assert_eq!(report.completion(), Completion::InEffect);
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn a_start_that_a_killed_run_has_announced_is_sent_by_the_next_while_the_order_is_pending() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(Fault::unpaid_order());
    let intent = to(LARGE).stop_first(true).build().unwrap();
    let mut key = None;
    let mut run = rig.client.resize(intent);
    while let Some(event) = run.next().await {
        if is_request(&event, Step::Start) {
            key = Some(event.resume_key().clone());
            break;
        }
    }
    drop(run);
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    let begun = rig.elapsed();
    let resumed = Resize::resume(key.unwrap()).build().unwrap();
    let mut started = None;
    let (result, _) = rig
        .run_with(&resumed, |event| {
            if matches!(
                event.kind(),
                ResizeEventKind::Accepted { step: Step::Start }
            ) {
                started = Some(rig.elapsed());
            }
        })
        .await;
    assert_eq!(result.unwrap_err().kind().as_str(), "order_pending");
    assert!((60..90).contains(&(started.unwrap() - begun).as_secs()));
}

#[tokio::test]
async fn a_consumer_that_takes_longer_than_a_price_is_valid_does_not_prevent_the_order() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).max_price(Decimal::from(500)).build().unwrap();
    let (result, _) = rig
        .run_with(&intent, |event| {
            if is_request(event, Step::Order) {
                rig.let_time_pass(Duration::from_secs(11));
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
}

#[tokio::test]
async fn the_price_of_an_order_that_an_earlier_run_may_have_placed_is_not_reported() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.set_price(LARGE, 100, Decimal::ZERO);
    let intent = to(LARGE).max_price(Decimal::from(500)).build().unwrap();
    rig.simulator.fail_next(
        Fault::lost_response()
            .times(20)
            .on("ModifyPrepayInstanceSpec"),
    );
    let mut run = rig.client.resize(intent);
    let mut key = None;
    while rig.simulator.orders().is_empty()
        && let Some(event) = run.next().await
    {
        key = Some(event.resume_key().clone());
    }
    drop(run);
    rig.simulator.clear_faults();
    rig.simulator.set_price(LARGE, 60, Decimal::ZERO);
    let report = rig
        .report_of(&Resize::resume(key.unwrap()).build().unwrap())
        .await;
    assert_eq!(rig.simulator.orders().len(), 1);
    assert_eq!(report.quote(), None, "{report}");
}

#[tokio::test]
async fn an_order_that_takes_longer_than_5_minutes_is_waited_for_with_the_instance_running() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL).running()).await;
    let key = order_pending(&rig).await.resume_key().unwrap().clone();
    let report = rig.report_of(&Resize::resume(key).build().unwrap()).await;
    assert_eq!(report.completion(), Completion::InEffect);
    assert_eq!(rig.simulator.orders().len(), 1);
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn the_policy_in_the_guide_allows_every_action_of_a_plan_and_a_resize_and_no_other() {
    let rig = Rig::running(SMALL).await;
    for target in [LARGE, SMALL] {
        rig.client.plan_resize(&resize(target)).await.unwrap();
        rig.report_of(&to(target).max_price(Decimal::MAX).build().unwrap())
            .await;
    }
    let sent: BTreeSet<_> = rig
        .simulator
        .requests()
        .iter()
        .map(|it| it.action().to_owned())
        .collect();
    let guide = include_str!("../../src/guide/credentials.md");
    let allowed = guide
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"ecs:"));
    let allowed: BTreeSet<_> = allowed
        .map(|it| it.trim_end_matches(['"', ',']).to_owned())
        .collect();
    assert_eq!(sent, allowed);
    let checks = include_str!("../../src/guide/resize.md");
    for read in allowed.iter().filter(|it| it.starts_with("Describe")) {
        assert!(checks.contains(&format!("`ecs:{read}`")), "{read}");
    }
}

#[tokio::test]
async fn every_error_has_the_client_token() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.sold_out(LARGE);
    let sold_out = resize(LARGE);
    let plan = rig.client.plan_resize(&sold_out).await.unwrap();
    let missing = Resize::builder("i-missing", LARGE).build().unwrap();
    let errors = [
        (&sold_out, plan.accept().unwrap_err()),
        (&sold_out, rig.error_of(&sold_out).await),
        (&missing, rig.error_of(&missing).await),
        (
            &missing,
            rig.client.plan_resize(&missing).await.unwrap_err(),
        ),
    ];
    for (resize, error) in errors {
        assert_eq!(error.client_token(), Some(resize.client_token()), "{error}");
        assert!(error.progress().is_none() && !error.is_timeout(), "{error}");
    }
    let run = rig.client.resize(missing.clone());
    run.cancel_handle().cancel();
    let error = run.await.unwrap_err();
    assert_eq!(
        error.client_token(),
        Some(missing.client_token()),
        "{error}"
    );
}

#[tokio::test]
async fn a_timeout_names_what_it_waited_for_and_the_last_error_and_the_token_once() {
    let rig = Rig::running(SMALL).await;
    let lost = Fault::close_before_response().on("ModifyPrepayInstanceSpec");
    rig.simulator.fail_next(lost.times(1_000));
    let intent = to(LARGE).timeout(Duration::from_secs(60)).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert!(error.is_timeout());
    let text = error.to_string();
    let (start, end) = text
        .split_once(" while trying to order the change, for ")
        .unwrap();
    assert!(start.ends_with("timed out after 60 s (timeout)"), "{text}");
    let (_, error) = end.split_once(" s: last error: ").unwrap();
    assert!(
        error.contains(" closed before a response was received; not done: "),
        "{text}"
    );
    assert!(!text.contains("outcome unknown"), "{text}");
    let token = intent.client_token().as_str();
    assert_eq!(text.matches(token).count(), 1, "{text}");
    assert!(text.ends_with(token), "{text}");
}

#[tokio::test]
async fn a_price_that_rises_above_the_maximum_ends_the_run_and_its_resume_at_once() {
    let rig = Rig::running(SMALL).await;
    let hundred = Decimal::ONE_HUNDRED;
    rig.simulator.set_price(LARGE, hundred, Decimal::ZERO);
    let busy = Fault::service_error(400, "LastOrderProcessing", "Wait.");
    rig.simulator
        .fail_next(busy.on("ModifyPrepayInstanceSpec").times(1000));
    let intent = to(LARGE).max_price(hundred).build().unwrap();
    let (result, _) = rig
        .run_with(&intent, |event| {
            if let ResizeEventKind::Waiting { .. } = event.kind() {
                rig.simulator
                    .set_price(LARGE, hundred + Decimal::ONE, Decimal::ZERO);
            }
        })
        .await;
    let error = result.unwrap_err();
    assert!(
        matches!(error.kind(), ResizeErrorKind::PriceTooHigh { .. }),
        "{error}"
    );
    assert_eq!(error.progress().unwrap().order, OrderState::NotPlaced);

    let begun = rig.elapsed();
    let key = error.resume_key().unwrap().clone();
    let again = Resize::resume(key).max_price(hundred).build().unwrap();
    let again = rig.error_of(&again).await;
    assert_eq!(again.kind().to_string(), error.kind().to_string());
    assert!(rig.elapsed() - begun < Duration::from_secs(5));
    assert!(rig.simulator.orders().is_empty());
}

#[tokio::test]
async fn a_stop_is_forced_only_if_force_stop_after_is_set() {
    let stubborn = || SimulatedInstance::new(ID, LARGE).running().ignores_stop();
    let forced = |rig: &Rig| -> Vec<bool> {
        let requests = rig.simulator.requests();
        let stops = requests.iter().filter(|it| it.action() == "StopInstance");
        stops
            .map(|it| it.parameter("ForceStop") == Some("true"))
            .collect()
    };
    let rig = Rig::with(stubborn()).await;
    let patient = to(SMALL).timeout(Duration::from_secs(600)).build().unwrap();
    let error = rig.error_of(&patient).await;
    assert_eq!(forced(&rig), [false], "{error}");

    let rig = Rig::with(stubborn()).await;
    let intent = to(SMALL).force_stop_after(Duration::from_secs(100));
    let mut cut = None;
    let (result, _) = rig
        .run_with(&intent.build().unwrap(), |event| {
            if let ResizeEventKind::Requesting { forced: true, .. } = event.kind() {
                cut = Some(rig.elapsed());
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
    assert!(cut.unwrap() >= Duration::from_secs(100));
    assert_eq!(forced(&rig), [false, true]);
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_resumed_run_forces_a_stop_that_an_earlier_run_has_sent() {
    let rig = Rig::with(SimulatedInstance::new(ID, LARGE).running().ignores_stop()).await;
    let intent = to(SMALL).force_stop_after(Duration::from_secs(100));
    let intent = intent.build().unwrap();
    let mut run = rig.client.resize(intent.clone());
    let key = loop {
        let event = run.next().await.unwrap();
        if matches!(event.kind(), ResizeEventKind::Accepted { step: Step::Stop }) {
            break event.resume_key().clone();
        }
    };
    drop(run);
    // A clock that jumps forces nothing early.
    rig.clock_is_ahead(TimeDelta::minutes(10));
    let begun = rig.elapsed();
    let mut cut = None;
    let resumed = intent.to_builder().resume_key(key).build().unwrap();
    let (result, _) = rig
        .run_with(&resumed, |event| {
            if let ResizeEventKind::Requesting { forced: true, .. } = event.kind() {
                cut = Some(rig.elapsed() - begun);
            }
        })
        .await;
    assert_eq!(result.unwrap().completion(), Completion::InEffect);
    assert!(cut.unwrap() >= Duration::from_secs(100));
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn stop_first_stops_the_instance_for_an_upgrade_too() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).stop_first(true).build().unwrap();
    assert_eq!(
        rig.report_of(&intent).await.completion(),
        Completion::InEffect
    );
    assert_eq!(rig.changes(), WITH_A_STOP);
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn the_second_candidate_is_ordered_where_the_first_one_is_sold_out() {
    let second = "ecs.g6.xlarge";
    // Known before the order, or from its rejection.
    for at_the_order in [false, true] {
        let rig = Rig::running(SMALL).await;
        if at_the_order {
            let no_stock = Fault::service_error(403, "OperationDenied.NoStock", "Sold out.");
            rig.simulator
                .fail_next(no_stock.on("ModifyPrepayInstanceSpec"));
        } else {
            rig.simulator.sold_out(LARGE);
        }
        let intent = to(LARGE).candidates([second]).build().unwrap();
        let report = rig.report_of(&intent).await;
        assert_eq!(report.completion(), Completion::InEffect);
        assert_eq!(report.to().as_str(), second);
        rig.assert_in_effect(second);
    }
}

#[tokio::test]
async fn a_request_is_sent_only_after_its_event_was_received() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let mut run = rig.client.resize(resize(target));
        let mut announced = Vec::new();
        while let Some(event) = run.next().await {
            let sent = rig.changes();
            let key = event.resume_key();
            assert_eq!(key.to_string().parse(), Ok(key.clone()));
            if let ResizeEventKind::Requesting { step, .. } = event.kind() {
                assert_eq!(sent.len(), announced.len(), "{step} was sent already");
                announced.push(*step);
                // The key contains the command that is about to be sent.
                assert!(key.may_have_changed());
            } else {
                assert_eq!(sent.len(), announced.len(), "{event}");
            }
        }
        assert_eq!(run.await.unwrap().completion(), Completion::InEffect);
        let stopped = [Step::Stop, Step::Order, Step::Start];
        let restarted = [Step::Order, Step::Restart];
        let expected = if target == SMALL {
            &stopped[..]
        } else {
            &restarted
        };
        assert_eq!(announced, expected);
    }
}

#[tokio::test]
async fn an_instance_whose_disks_block_the_change_is_not_stopped() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.add_instance_type("ecs.g6e.xlarge", 4, 16);
    let instance = rig.instance().with_system_disk("cloud_efficiency");
    rig.simulator.add_instance(instance);
    let intent = to("ecs.g6e.xlarge").stop_first(true).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert!(matches!(error.kind(), ResizeErrorKind::Disks(_)), "{error}");
    assert!(
        error.to_string().ends_with("; nothing was changed"),
        "{error}"
    );
    assert!(rig.changes().is_empty());
}

#[tokio::test]
async fn a_cancelled_run_leaves_the_instance_running_after_every_event() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let count = Rig::running(from).await.run(&resize(target)).await.1.len();
        let (mut cancelled, mut recovered) = (0, 0);
        for last in 1..count {
            let rig = Rig::running(from).await;
            let mut run = rig.client.resize(resize(target));
            let cancel = run.cancel_handle();
            let mut events: Vec<ResizeEvent> = Vec::new();
            while let Some(event) = run.next().await {
                events.push(event);
                if events.len() == last {
                    cancel.cancel();
                }
            }
            // Waits differ in length: this run may have fewer events.
            let Some(at) = events.get(last - 1) else {
                break;
            };
            assert_ne!(rig.instance().status(), InstanceStatus::Stopped, "{at}");
            if let Err(error) = run.await {
                assert!(
                    matches!(error.kind(), ResizeErrorKind::Cancelled),
                    "{at}: {error}"
                );
                cancelled += 1;
                let progress = error.progress().unwrap();
                recovered += usize::from(progress.recovery == Recovery::Started);
                assert!(!error.to_string().contains("STOPPED"), "{at}: {error}");
                let report = rig.report_of(&resumed(&progress.resume_key)).await;
                assert_eq!(report.completion(), Completion::InEffect, "{at}: {error}");
            }
            rig.assert_in_effect(target);
        }
        assert!(cancelled > count / 4, "{cancelled} of {count}");
        assert_eq!(recovered > 0, target == SMALL);
    }
}
