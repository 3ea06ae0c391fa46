use super::*;
use crate::error::{
    DecodeError, ServiceError, TransportError, TransportErrorKind, ValidationError,
};

const MINUTE: Duration = Duration::from_secs(60);

fn service(status: u16, code: &str) -> Failure {
    ServiceError::new(status, code, "m").into()
}

fn transport(kind: TransportErrorKind) -> Failure {
    TransportError::new(kind, "m").into()
}

fn decode(status: u16) -> Failure {
    DecodeError::new("m", status, None, String::new()).into()
}

fn foreign(status: u16, code: &str) -> Failure {
    ServiceError::new(status, code, "m")
        .in_foreign_form()
        .into()
}

fn order() -> History {
    History::new(Effect::Order, true)
}

fn write() -> History {
    History::new(Effect::Change, false)
}

fn read() -> History {
    History::new(Effect::Read, false)
}

/// The decision after `failure`, with a jitter of 1, so that a wait is its upper bound.
fn after(failure: &Failure, mut history: History) -> RetryAction {
    history.attempts += 1;
    history.record(failure);
    decide(failure, &history, &RetryConfig::default(), MINUTE, 1.0)
}

/// The wait in ms, and the correction.
fn retries(action: RetryAction) -> Option<(u128, Option<Correction>)> {
    match action {
        RetryAction::GiveUp => None,
        RetryAction::Retry(retry) => Some((retry.after.as_millis(), retry.correction)),
    }
}

#[test]
fn each_kind_of_failure_is_retried_where_that_is_safe() {
    use TransportErrorKind::{
        BodyTooLarge, Connect, IncompleteBody, Protocol, RateLimit, Reset, Timeout,
    };
    let (normal, slow) = (Some((200, None)), Some((1_000, None)));
    let corrected = |correction| Some((0, Some(correction)));
    // The failure, and what follows it for an order, a write without a token, and a read.
    let rows = [
        (transport(Connect), [normal, normal, normal]),
        (transport(RateLimit), [None, None, None]),
        (transport(Timeout), [normal, None, normal]),
        (transport(Reset), [normal, None, normal]),
        (transport(IncompleteBody), [normal, None, normal]),
        (transport(BodyTooLarge), [normal, None, normal]),
        (transport(Protocol), [normal, None, normal]),
        (decode(200), [normal, None, normal]),
        (decode(502), [normal, None, normal]),
        (decode(429), [slow, None, slow]),
        // The response is not from the service: one retry.
        (decode(302), [normal, None, normal]),
        (decode(403), [normal, None, normal]),
        (decode(413), [normal, None, normal]),
        (foreign(400, "Gateway.Blocked"), [normal, None, normal]),
        (foreign(403, "Forbidden"), [normal, None, normal]),
        (foreign(400, "Throttling"), [slow, None, slow]),
        (service(400, "Throttling"), [slow, slow, slow]),
        (service(503, "ServiceUnavailable"), [normal, None, normal]),
        (service(500, "InternalError"), [normal, None, normal]),
        (service(500, "New.Code"), [normal, None, normal]),
        (service(400, "New.Code"), [None, None, None]),
        (service(403, "OperationDenied.NoStock"), [None, None, None]),
        (service(403, "IncorrectInstanceStatus"), [None, None, None]),
        (service(400, "LastOrderProcessing"), [None, None, None]),
        (service(400, "IdempotenceParamNotMatch"), [None, None, None]),
        (service(400, "Idempotence.Processing"), [slow, None, slow]),
        (service(400, "InvalidTimeStamp.Expired"), [None, None, None]),
        (
            service(400, "SignatureNonceUsed"),
            [
                corrected(Correction::Nonce),
                None,
                corrected(Correction::Nonce),
            ],
        ),
        (
            service(400, "InvalidSecurityToken.Expired"),
            [corrected(Correction::Credentials); 3],
        ),
        (
            service(404, "InvalidAccessKeyId.NotFound"),
            [corrected(Correction::RotatedKeys); 3],
        ),
        (
            ValidationError::single("P", "", "m").into(),
            [None, None, None],
        ),
    ];
    for (failure, expected) in rows {
        let found = [order(), write(), read()].map(|history| retries(after(&failure, history)));
        assert_eq!(found, expected, "{:#?}", failure.error);
    }
}

#[test]
fn a_rejected_timestamp_is_retried_only_if_the_clock_was_corrected() {
    let mut failure = service(400, "InvalidTimeStamp.Expired");
    for update in [
        SkewUpdate::Unchanged,
        SkewUpdate::TooFar(chrono::TimeDelta::days(2)),
    ] {
        failure.clock = update;
        assert_eq!(after(&failure, order()), RetryAction::GiveUp);
    }
    failure.clock = SkewUpdate::Corrected;
    assert_eq!(
        retries(after(&failure, order())),
        Some((0, Some(Correction::Clock)))
    );
}

#[test]
fn each_correction_is_made_once() {
    let failure = service(400, "SignatureNonceUsed");
    let mut history = order();
    let RetryAction::Retry(retry) = after(&failure, order()) else {
        panic!("a retry")
    };
    history.record_retry(retry);
    assert_eq!(after(&failure, history), RetryAction::GiveUp);
}

#[test]
fn a_rejection_that_may_not_come_from_the_service_is_retried_once() {
    let failure = decode(403);
    let mut history = order();
    history.attempts = 1;
    history.record(&failure);
    let decided = decide(&failure, &history, &RetryConfig::default(), MINUTE, 1.0);
    let RetryAction::Retry(retry) = decided else {
        panic!("a retry")
    };
    assert!(retry.must_confirm);
    history.record_retry(retry);
    assert_eq!(after(&failure, history), RetryAction::GiveUp);
}

#[test]
fn only_the_first_retry_of_an_ambiguous_order_ignores_the_budget() {
    let lost = transport(TransportErrorKind::Reset);
    let must_confirm = |action| match action {
        RetryAction::Retry(retry) => retry.must_confirm,
        RetryAction::GiveUp => panic!("a retry"),
    };
    assert!(must_confirm(after(&lost, order())));
    assert!(!must_confirm(after(&lost, read())));
    assert!(!must_confirm(after(&service(400, "Throttling"), order())));
    let mut history = order();
    history.record(&lost);
    let RetryAction::Retry(retry) = after(&lost, order()) else {
        panic!("a retry")
    };
    history.record_retry(retry);
    assert!(!must_confirm(after(&lost, history)));
}

#[test]
fn an_order_in_progress_is_retried_only_if_this_call_may_have_placed_it() {
    let failure = service(400, "LastOrderProcessing");
    let mut history = order();
    history.record(&transport(TransportErrorKind::Timeout));
    assert_eq!(retries(after(&failure, history)), Some((1_000, None)));
}

#[test]
fn max_attempts_and_the_remaining_time_limit_retries() {
    let lost = transport(TransportErrorKind::Reset);
    let mut history = order();
    history.attempts = 3;
    assert_eq!(
        after(&lost, history),
        RetryAction::GiveUp,
        "the fourth was the last"
    );
    let history = || History {
        attempts: 1,
        ..order()
    };
    let within = |millis| {
        let remaining = Duration::from_millis(millis);
        decide(&lost, &history(), &RetryConfig::default(), remaining, 1.0) != RetryAction::GiveUp
    };
    assert!(
        within(301) && !within(300),
        "200 ms of wait and 100 ms of attempt"
    );
    let disabled = decide(&lost, &history(), &RetryConfig::disabled(), MINUTE, 1.0);
    assert_eq!(disabled, RetryAction::GiveUp);
}

#[test]
fn the_wait_that_the_service_asks_for_replaces_the_backoff() {
    let mut failure = service(400, "Throttling");
    failure.retry_after = Some(Duration::from_millis(7_500));
    assert_eq!(retries(after(&failure, order())), Some((7_500, None)));
}

#[test]
fn backoff_doubles_up_to_its_maximum_and_has_full_jitter() {
    let lost = transport(TransportErrorKind::Connect);
    let config = RetryConfig::default().with_max_attempts(u32::MAX);
    let wait = |retries, jitter| {
        let history = History {
            attempts: 1,
            retries,
            ..read()
        };
        match decide(&lost, &history, &config, MINUTE, jitter) {
            RetryAction::Retry(retry) => retry.after,
            RetryAction::GiveUp => panic!("a retry"),
        }
    };
    let bounds = [0, 1, 2, 6, 7, 40].map(|retries| wait(retries, 1.0).as_millis());
    assert_eq!(bounds, [200, 400, 800, 12_800, 20_000, 20_000]);
    assert_eq!(wait(1, 0.5), Duration::from_millis(200));
    assert_eq!(wait(40, 0.0), Duration::ZERO);
}
