//! Runs during which something goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::{Credentials, CredentialsError, ProvideCredentials};
use aliyun_ecs::resize::{Completion, OrderState, Recovery, ResizeEventKind, Restart, Step};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};
use aliyun_ecs::{BoxFuture, Resize};
use chrono::{DateTime, TimeDelta};
use rust_decimal::Decimal;

use crate::support::{ID, LARGE, Rig, SMALL, resize, slow, to};

const ACTIONS: [&str; 7] = [
    "DescribeInstances",
    "DescribeResourcesModification",
    "DescribeInstanceModificationPrice",
    "ModifyPrepayInstanceSpec",
    "StopInstance",
    "StartInstance",
    "RebootInstance",
];

#[tokio::test]
async fn lost_responses_on_every_step_order_once() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        for action in ACTIONS {
            // Once, and more often than a single call retries.
            for times in [1, 5] {
                let rig = Rig::running(from).await;
                rig.simulator
                    .fail_next(Fault::lost_response().on(action).times(times));
                let intent = to(target).max_price(Decimal::MAX).build().unwrap();
                let report = rig.report_of(&intent).await;
                assert_eq!(
                    report.completion(),
                    Completion::InEffect,
                    "{action} {times}"
                );
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
            // A restart of unknown outcome is sent again only once.
            let times = if action == "RebootInstance" { 1 } else { 6 };
            let rig = Rig::running(from).await;
            rig.simulator
                .fail_next(Fault::gateway_html(502).on(action).times(times));
            let intent = to(target).max_price(Decimal::MAX).build().unwrap();
            rig.report_of(&intent).await;
            rig.assert_in_effect(target);
        }
    }
}

/// Fails this often, then returns credentials that have to be loaded again soon.
#[derive(Debug)]
struct Flaky(Credentials, Arc<AtomicU32>);

impl ProvideCredentials for Flaky {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let failing = self
            .1
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        let credentials = self.0.clone().with_expiration(DateTime::UNIX_EPOCH);
        Box::pin(async move {
            match failing {
                Ok(_) => Err(CredentialsError::failed("script", "it is restarting")),
                Err(_) => Ok(credentials),
            }
        })
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_loaded_for_a_while_only_delay_a_run_that_has_begun() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let failures = Arc::new(AtomicU32::new(0));
        let instance = SimulatedInstance::new(ID, from).running();
        let rig = Rig::with_client(slow(), instance, |simulator, client| {
            client.credentials(Flaky(simulator.credentials(), Arc::clone(&failures)))
        })
        .await;
        let mut steps = 0;
        let (result, _) = rig
            .run_with(&resize(target), |event| {
                if let ResizeEventKind::StepStarted { .. } = event.kind() {
                    steps += 1;
                    rig.let_time_pass(Duration::from_secs(60)); // until they have to be loaded again
                    failures.store(4, Ordering::SeqCst);
                }
            })
            .await;
        assert_eq!(result.unwrap().completion(), Completion::InEffect);
        assert!(steps >= 3, "{steps}");
        assert_eq!(failures.load(Ordering::SeqCst), 0);
        rig.assert_in_effect(target);
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_loaded_fail_a_run_before_it_begins() {
    let failures = Arc::new(AtomicU32::new(1));
    let instance = SimulatedInstance::new(ID, SMALL).running();
    let rig = Rig::with_client(slow(), instance, |simulator, client| {
        client.credentials(Flaky(simulator.credentials(), Arc::clone(&failures)))
    })
    .await;
    let error = rig.error_of(&resize(LARGE)).await;
    assert!(error.to_string().contains("it is restarting"), "{error}");
    assert!(rig.simulator.requests().is_empty());
}

#[tokio::test]
async fn throttling_throughout_only_takes_longer() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let throttle = || {
            for action in ACTIONS {
                rig.simulator
                    .fail_next(Fault::throttled(None).on(action).times(5));
            }
        };
        throttle();
        let intent = to(target).max_price(Decimal::MAX).build().unwrap();
        // Again at the beginning of every step.
        let result = rig.run_with(&intent, |event| {
            if let ResizeEventKind::StepStarted { .. } = event.kind() {
                throttle();
            }
        });
        assert_eq!(result.await.0.unwrap().completion(), Completion::InEffect);
        rig.assert_in_effect(target);
    }
}

#[tokio::test]
async fn a_failure_after_stopping_starts_the_instance_again_and_reports_it() {
    let rig = Rig::running(LARGE).await;
    let rejection = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(rejection.on("ModifyPrepayInstanceSpec"));
    let error = rig.error_of(&resize(SMALL)).await;
    let progress = error.progress().unwrap();
    assert_eq!(progress.done, [Step::Stop]);
    assert_eq!(progress.left, [Step::Order, Step::AwaitChange, Step::Start]);
    assert_eq!(
        (&progress.order, &progress.recovery),
        (&OrderState::NotPlaced, &Recovery::Started)
    );
    let text = error.to_string();
    assert!(
        text.contains(": placing the order failed: OperationDenied: Not today."),
        "{text}"
    );
    assert!(
        text.contains(
            "; done: stop the instance; not done: order the change, wait until the new type is shown, \
             start the instance; no order was placed; the instance was started again; to continue, resume"
        ),
        "{text}"
    );
    assert_eq!(rig.instance().status(), InstanceStatus::Running);
    assert_eq!(rig.changes(), ["StopInstance", "StartInstance"]);
}

#[tokio::test]
async fn a_failure_after_stopping_leaves_the_instance_stopped_if_configured() {
    let rig = Rig::running(LARGE).await;
    let rejection = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(rejection.on("ModifyPrepayInstanceSpec"));
    let intent = to(SMALL).restart_on_failure(false).build().unwrap();
    let error = rig.error_of(&intent).await;
    assert!(
        error.to_string().contains("THE INSTANCE IS STOPPED"),
        "{error}"
    );
    assert_eq!(rig.instance().status(), InstanceStatus::Stopped);
    // The same resize still knows who stopped the instance.
    let resumed = Resize::resume(error.resume_key().unwrap().clone())
        .build()
        .unwrap();
    assert_eq!(
        rig.report_of(&resumed).await.completion(),
        Completion::InEffect
    );
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn a_start_that_fails_after_the_order_is_reported_and_resumed() {
    let rig = Rig::running(LARGE).await;
    let message = "The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.";
    let rejection = Fault::service_error(403, "OperationDenied.NoStock", message);
    rig.simulator.fail_next(rejection.on("StartInstance"));
    let error = rig.error_of(&resize(SMALL)).await;
    assert!(
        error.to_string().contains("starting the instance failed"),
        "{error}"
    );
    assert!(
        error.to_string().contains("THE INSTANCE IS STOPPED"),
        "{error}"
    );
    let key = error.progress().unwrap().resume_key.clone();
    let resumed = Resize::resume(key.to_string().parse().unwrap());
    assert_eq!(
        rig.report_of(&resumed.build().unwrap()).await.completion(),
        Completion::InEffect
    );
    rig.assert_in_effect(SMALL);
}

#[tokio::test]
async fn in_progress_codes_are_waited_for() {
    for (status, code) in [
        (403, "LastTokenProcessing"),
        (400, "Idempotence.Processing"),
        (400, "LastRequestProcessing"),
    ] {
        let rig = Rig::running(LARGE).await;
        let busy = Fault::service_error(status, code, "Processing.");
        rig.simulator
            .fail_next(busy.on("ModifyPrepayInstanceSpec").times(9));
        rig.report_of(&resize(SMALL)).await;
        rig.assert_in_effect(SMALL);
    }
}

#[tokio::test]
async fn an_instance_that_shows_the_new_type_proves_that_the_order_exists() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(
        Fault::lost_response()
            .on("ModifyPrepayInstanceSpec")
            .times(40),
    );
    let no = Fault::service_error(403, "Forbidden.RAM", "No.");
    rig.simulator.fail_next(no.on("RebootInstance"));
    let error = rig.error_of(&resize(LARGE)).await;
    assert_eq!(rig.instance().instance_type(), LARGE);
    assert!(!error.to_string().contains("may exist"), "{error}");
}

#[tokio::test]
async fn an_order_that_was_not_placed_is_not_done() {
    let rig = Rig::running(LARGE).await;
    let busy = Fault::service_error(
        400,
        "LastOrderProcessing",
        "The previous order is still processing, please try again later.",
    );
    rig.simulator
        .fail_next(busy.on("ModifyPrepayInstanceSpec").times(1000));
    let intent = to(SMALL).timeout(Duration::from_secs(100)).build().unwrap();
    let mut started = false;
    let mut finished = Vec::new();
    let result = rig.run_with(&intent, |event| match event.kind() {
        ResizeEventKind::Waiting {
            step: Step::Order, ..
        } if !started => {
            started = true;
            rig.simulator.add_instance(rig.instance().running());
        }
        ResizeEventKind::StepFinished { step, .. } => finished.push(*step),
        _ => {}
    });
    let error = result.await.0.unwrap_err();
    let progress = error.progress().unwrap();
    assert_eq!(progress.order, OrderState::NotPlaced);
    assert!(
        !progress.done.contains(&Step::Order),
        "{finished:?} {error}"
    );
}

#[tokio::test]
async fn a_token_that_was_spent_means_that_an_order_may_exist() {
    let builder = slow().order_processing(Duration::from_secs(600));
    let rig = Rig::of(builder, SimulatedInstance::new(ID, SMALL)).await;
    let time = SystemClock::new().now() + TimeDelta::hours(1);
    let intent = || {
        let intent = to(LARGE).restart(Restart::At(time)).client_token("token");
        intent.timeout(Duration::from_secs(30)).build().unwrap()
    };
    rig.error_of(&intent()).await;
    assert_eq!(rig.simulator.orders().len(), 1);
    rig.simulator.add_instance(rig.instance().stopped());
    let error = rig.error_of(&intent()).await;
    assert!(
        !error.to_string().contains("no order was placed"),
        "{error}"
    );
}
