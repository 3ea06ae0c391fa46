//! Only a start after the new type was seen proves that the type is in effect.

use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::{Completion, ResizeEvent, ResizeEventKind, Restart, ResumeKey, Step};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};
use chrono::TimeDelta;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

/// All keys that a run gives out, the first one first.
fn keys(events: &[ResizeEvent]) -> Vec<ResumeKey> {
    events
        .iter()
        .map(|event| event.resume_key().clone())
        .collect()
}

fn reboots(rig: &Rig) -> usize {
    let changes = rig.changes();
    changes.iter().filter(|it| *it == "RebootInstance").count()
}

#[tokio::test]
async fn a_start_by_hand_while_the_order_is_carried_out_is_not_taken_for_the_change() {
    let rig = Rig::running(LARGE).await;
    let intent = resize(SMALL);
    let report = rig.run_with(&intent, |event| {
        if let ResizeEventKind::Ordered { .. } = event.kind() {
            rig.simulator.add_instance(rig.instance().running());
        }
    });
    assert_eq!(report.await.0.unwrap().completion(), Completion::InEffect);
    assert_eq!(
        rig.changes(),
        ["StopInstance", "ModifyPrepayInstanceSpec", "RebootInstance"]
    );
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_restart_by_hand_before_the_order_was_through_is_not_taken_for_the_change() {
    let rig = Rig::running(SMALL).await;
    let intent = to(LARGE).timeout(Duration::from_secs(5)).build().unwrap();
    let first = keys(&rig.run(&intent).await.1).swap_remove(0);
    let restarted = SystemClock::new().now() + TimeDelta::minutes(5);
    rig.simulator
        .add_instance(rig.instance().started_at(restarted));
    rig.simulator.advance(Duration::from_secs(3600));
    assert_eq!(rig.instance().instance_type(), LARGE);
    assert_eq!(rig.instance().effective_type(), SMALL);

    let resumed = Resize::resume(first).build().unwrap();
    assert_eq!(
        rig.report_of(&resumed).await.completion(),
        Completion::InEffect
    );
    assert_eq!(reboots(&rig), 1);
    rig.assert_in_effect(LARGE);
}

#[tokio::test]
async fn resuming_a_finished_run_from_its_last_key_changes_nothing() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let last = keys(&rig.run(&resize(target)).await.1).pop().unwrap();
        let changes = rig.changes();
        let resumed = Resize::resume(last).build().unwrap();
        let plan = rig.client.plan_resize(&resumed).await.unwrap();
        assert_eq!(plan.steps(), []);
        assert!(plan.direction().is_some(), "a change that is done");
        assert_eq!(
            rig.report_of(&resumed).await.completion(),
            Completion::InEffect
        );
        assert_eq!(rig.changes(), changes);
    }
}

#[tokio::test]
async fn resuming_a_finished_run_from_its_first_key_restarts_again_but_orders_nothing() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let first = keys(&rig.run(&resize(target)).await.1).swap_remove(0);
        let before = reboots(&rig);
        let resumed = Resize::resume(first).build().unwrap();
        assert_eq!(
            rig.report_of(&resumed).await.completion(),
            Completion::InEffect
        );
        assert_eq!(reboots(&rig), before + 1);
        rig.assert_in_effect(target);
    }
}

/// A run that is dropped right after the first event that `is_last` accepts, with the key of that event.
async fn interrupted(
    rig: &Rig,
    intent: &Resize,
    is_last: impl Fn(&ResizeEventKind) -> bool,
) -> ResumeKey {
    let mut run = rig.client.resize(intent.clone());
    while let Some(event) = run.next().await {
        if is_last(event.kind()) {
            return event.resume_key().clone();
        }
    }
    panic!("the run has ended: {run:?}");
}

#[tokio::test]
async fn only_the_key_resumes_what_an_interrupted_run_has_begun() {
    let cases: [(_, _, _, fn(&ResizeEventKind) -> bool); 2] = [
        // The instance shows the new type, and was not restarted.
        (
            SMALL,
            LARGE,
            Completion::AlreadyThatType,
            |kind| matches!(kind, ResizeEventKind::StepStarted { step, .. } if *step == Step::Restart),
        ),
        // The instance was stopped for the order.
        (
            LARGE,
            SMALL,
            Completion::PendingStart,
            |kind| matches!(kind, ResizeEventKind::StepFinished { step, .. } if *step == Step::Stop),
        ),
    ];
    for (from, target, without_key, is_last) in cases {
        let rig = Rig::running(from).await;
        let intent = resize(target);
        let key = interrupted(&rig, &intent, is_last).await;

        let second = rig.report_of(&intent).await;
        assert_eq!(second.completion(), without_key);
        assert_eq!(rig.simulator.orders().len(), 1);
        assert_eq!(rig.instance().effective_type(), from);

        let resumed = Resize::resume(key).build().unwrap();
        let report = rig.report_of(&resumed).await;
        assert_eq!(report.completion(), Completion::InEffect);
        rig.assert_in_effect(target);
    }
}

#[tokio::test]
async fn a_restart_without_effect_is_sent_once_and_reported_as_unconfirmed() {
    let rig = Rig::running(SMALL).await;
    let nothing = Fault::response(200, "application/json", r#"{"RequestId":"r"}"#);
    rig.simulator
        .fail_next(nothing.on("RebootInstance").times(100));
    let report = rig.report_of(&resize(LARGE)).await;
    assert_eq!(report.completion(), Completion::RestartUnconfirmed);
    assert_eq!(reboots(&rig), 1);
}

#[tokio::test]
async fn a_restart_by_the_service_at_the_set_time_is_known_from_the_last_key_only() {
    let rig = Rig::running(SMALL).await;
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let keys = keys(&rig.run(&intent).await.1);
    rig.simulator.advance(Duration::from_secs(2 * 3600));
    let resume = |key: &ResumeKey| {
        let resumed = Resize::resume(key.clone()).restart(Restart::At(time));
        resumed.build().unwrap()
    };
    let completion = rig.report_of(&resume(&keys[0])).await.completion();
    assert_eq!(completion, Completion::PendingRestart);
    let completion = rig
        .report_of(&resume(keys.last().unwrap()))
        .await
        .completion();
    assert_eq!(completion, Completion::InEffect);
    assert_eq!(reboots(&rig), 0);
}

#[tokio::test]
async fn a_clock_that_is_ahead_does_not_hide_the_restart_by_the_service() {
    let rig = Rig::running(SMALL).await;
    rig.clock_is_ahead(TimeDelta::minutes(90));
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let report = rig.report_of(&intent).await;
    assert!(
        matches!(report.completion(), Completion::RestartsAt(_)),
        "{report}"
    );
}

#[tokio::test]
async fn an_instance_that_its_restart_leaves_stopped_is_started() {
    let rig = Rig::running(SMALL).await;
    let intent = resize(LARGE);
    let report = rig.run_with(&intent, |event| {
        if let ResizeEventKind::Accepted {
            step: Step::Restart,
        } = event.kind()
        {
            let started = rig.instance().start_time().unwrap();
            let stopped = SimulatedInstance::new(ID, LARGE).stopped();
            rig.simulator.add_instance(stopped.started_at(started));
        }
    });
    assert_eq!(report.await.0.unwrap().completion(), Completion::InEffect);
    assert_eq!(
        rig.changes(),
        [
            "ModifyPrepayInstanceSpec",
            "RebootInstance",
            "StartInstance"
        ]
    );
}

#[tokio::test]
async fn a_start_by_hand_after_the_set_time_of_a_restart_is_not_taken_for_that_restart() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL).stopped()).await;
    let time = SystemClock::new().now() + TimeDelta::minutes(1);
    let intent = to(LARGE).restart(Restart::At(time)).build().unwrap();
    let mut started = false;
    let report = rig.run_with(&intent, |event| {
        if let ResizeEventKind::Waiting { since, .. } = event.kind()
            && since.as_secs() > 180
            && !started
        {
            started = true;
            let now = SystemClock::new().now() + TimeDelta::from_std(rig.elapsed()).unwrap();
            rig.simulator
                .add_instance(rig.instance().running().started_at(now));
        }
    });
    let report = report.await.0.unwrap();
    assert_eq!(rig.instance().effective_type(), SMALL);
    assert_ne!(report.completion(), Completion::InEffect, "{report}");
}

#[tokio::test]
async fn a_key_remembers_that_a_user_had_stopped_the_instance() {
    let rig = Rig::with(SimulatedInstance::new(ID, SMALL).stopped()).await;
    let mut states = [InstanceStatus::Stopping, InstanceStatus::Running].into_iter();
    let mut events = Vec::new();
    let intent = resize(LARGE);
    let result = rig.run_with(&intent, |event| {
        events.push(event.clone());
        if let ResizeEventKind::Waiting { .. } = event.kind()
            && let Some(status) = states.next()
        {
            let shown = SimulatedInstance::new(ID, LARGE).with_status(status);
            rig.simulator.add_instance(shown);
        }
    });
    // One poll each is no proof of a restart.
    assert_eq!(
        result.await.0.unwrap().completion(),
        Completion::PendingRestart
    );
    assert!(keys(&events).iter().all(|key| !key.was_running()));
}
