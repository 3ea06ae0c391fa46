//! Runs during which something goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::{Credentials, CredentialsError, ProvideCredentials};
use aliyun_ecs::error::ErrorCategory;
use aliyun_ecs::resize::{
    Completion, OrderState, Recovery, ResizeError, ResizeEventKind, Restart, Step,
};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance};
use aliyun_ecs::{BoxFuture, ClientBuilder, Resize, RetryConfig};
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

/// No request reaches the service.
fn outage() -> Fault {
    Fault::gateway_html(502).times(100_000)
}

/// The run ends about 5 minutes after the first failed call, whose own retries take some seconds.
async fn assert_fails_after_5_minutes(rig: &Rig, intent: &Resize) {
    let begun = rig.elapsed();
    let (result, events) = rig.run(intent).await;
    let error = result.unwrap_err();
    assert!(events.is_empty(), "{events:?}");
    let seconds = (rig.elapsed() - begun).as_secs();
    assert!((290..310).contains(&seconds), "{seconds}: {error}");
    let text = error.to_string();
    assert!(text.contains(": reading the instance failed: "), "{text}");
    assert!(text.ends_with("; nothing was changed"), "{text}");
    assert_eq!(error.kind().as_str(), "call");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_run_that_cannot_reach_the_service_before_it_begins_fails_after_5_minutes() {
    let rig = Rig::running(SMALL).await;
    rig.simulator.fail_next(outage());
    assert_fails_after_5_minutes(&rig, &resize(LARGE)).await;

    let instance = SimulatedInstance::new(ID, SMALL).running();
    let refused = |_: &_, client: ClientBuilder| client.endpoint("http://127.0.0.1:1");
    let rig = Rig::with_client(slow(), instance, refused).await;
    assert_fails_after_5_minutes(&rig, &resize(LARGE)).await;
}

#[tokio::test]
async fn a_resumed_run_that_has_changed_nothing_fails_after_5_minutes_too() {
    let rig = Rig::running(SMALL).await;
    let rejection = Fault::service_error(403, "OperationDenied", "Not today.");
    rig.simulator
        .fail_next(rejection.on("ModifyPrepayInstanceSpec"));
    let error = rig.error_of(&resize(LARGE)).await;
    let key = error.resume_key().unwrap().clone();
    assert!(!key.may_have_changed());
    rig.simulator.fail_next(outage());
    assert_fails_after_5_minutes(&rig, &Resize::resume(key).build().unwrap()).await;
}

#[tokio::test]
async fn a_resumed_run_that_may_have_changed_the_instance_waits_for_the_service() {
    for (from, target) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let rig = Rig::running(from).await;
        let mut run = rig.client.resize(resize(target));
        let key = loop {
            let event = run.next().await.unwrap();
            if let ResizeEventKind::Accepted { .. } | ResizeEventKind::Ordered { .. } = event.kind()
            {
                break event.resume_key().clone();
            }
        };
        drop(run);
        rig.simulator.fail_next(outage());
        let begun = rig.elapsed();
        let resumed = Resize::resume(key).build().unwrap();
        let result = rig.run_with(&resumed, |_| {
            if rig.elapsed() - begun > Duration::from_secs(1_200) {
                rig.simulator.clear_faults();
            }
        });
        assert_eq!(result.await.0.unwrap().completion(), Completion::InEffect);
        assert!(rig.elapsed() - begun > Duration::from_secs(1_200));
        rig.assert_in_effect(target);
    }
}

/// The error of a run that waits until its timeout of 10 minutes before it begins.
async fn error_after_ten_minutes(rig: &Rig) -> ResizeError {
    let intent = to(LARGE).timeout(Duration::from_secs(600)).build().unwrap();
    let error = rig.error_of(&intent).await;
    let seconds = rig.elapsed().as_secs();
    assert!((580..=600).contains(&seconds), "{seconds}: {error}");
    error
}

#[tokio::test]
async fn a_run_that_is_throttled_before_it_begins_waits_until_its_timeout() {
    let rig = Rig::running(SMALL).await;
    rig.simulator
        .fail_next(Fault::throttled(None).times(100_000));
    let error = error_after_ten_minutes(&rig).await;
    assert_eq!(error.category(), ErrorCategory::Throttling, "{error}");
}

#[tokio::test]
async fn a_run_that_the_rate_of_its_client_delays_before_it_begins_waits_until_its_timeout() {
    // The second request of the checks has its turn after the timeout of its call.
    let instance = SimulatedInstance::new(ID, SMALL).running();
    let rig = Rig::with_client(slow(), instance, |_, client| {
        client
            .max_requests_per_second(1)
            .timeout(Duration::from_millis(500))
    })
    .await;
    let error = error_after_ten_minutes(&rig).await;
    assert!(
        error.to_string().contains("max_requests_per_second"),
        "{error}"
    );
}

#[tokio::test]
async fn throttling_between_two_outages_shows_that_the_first_one_has_ended() {
    let instance = SimulatedInstance::new(ID, SMALL).running();
    let rig = Rig::with_client(slow(), instance, |_, client| {
        client.retry(RetryConfig::disabled())
    })
    .await;
    // The checks are retried every 5 s: each outage takes 4 minutes.
    for fault in [
        Fault::gateway_html(502),
        Fault::throttled(None),
        Fault::gateway_html(502),
    ] {
        rig.simulator
            .fail_next(fault.on("DescribeInstances").times(48));
    }
    let report = rig.report_of(&resize(LARGE)).await;
    assert!(
        report.elapsed() > Duration::from_secs(600),
        "{:?}",
        report.elapsed()
    );
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
