//! Tests of the checks: one row or one assertion for each rule.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::*;
use crate::operation::Instance;
use crate::resize::facts::AttachedDisk;
use crate::resize::quote::Quote;
use crate::resize::settings::{Accepted, Resize};
use crate::types::{InstanceType, LockReason, RegionId, SystemDiskCategory};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn name(name: &str) -> InstanceType {
    InstanceType::new(name).unwrap()
}

/// An upgrade of a running instance from `ecs.g5.large` to `to`, nothing against it.
fn upgrade(to: &str) -> Facts {
    let resize = Resize::builder("i-test", to).build().unwrap();
    Facts {
        region_id: RegionId::new("cn-hangzhou").unwrap(),
        now: now(),
        instance: Instance {
            instance_id: "i-test".into(),
            instance_type: "ecs.g5.large".into(),
            status: Some(InstanceStatus::Running),
            charge_type: Some(ChargeType::PrePaid),
            expired_time: Some(now() + Duration::from_secs(86_400)),
            ..Default::default()
        },
        from: name("ecs.g5.large"),
        to: name(to),
        target: Target::Available(Direction::Upgrade),
        orders: true,
        no_stop: None,
        was_running: true,
        restarts: true,
        types: Fact::NotNeeded,
        disks: Fact::Known(vec![disk("cloud_essd")]),
        quote: Fact::Known(Quote::new(100, "CNY")),
        resize,
    }
}

pub(in crate::resize) fn disk(category: &str) -> AttachedDisk {
    AttachedDisk {
        disk_id: format!("d-{category}"),
        category: category.into(),
    }
}

/// The checks that did not pass: `blocked disks`, and their texts.
pub(in crate::resize) fn found(change: impl FnOnce(&mut Facts)) -> Vec<(String, String)> {
    found_for("ecs.g5.xlarge", change)
}

pub(in crate::resize) fn found_for(
    to: &str,
    change: impl FnOnce(&mut Facts),
) -> Vec<(String, String)> {
    let mut facts = upgrade(to);
    change(&mut facts);
    let checks = checks(&facts);
    let is_blocked = checks.iter().any(|it| it.result.as_str() == "blocked");
    assert_eq!(blocked(&facts).is_some(), is_blocked, "{checks:?}");
    let found = checks.into_iter().filter_map(|check| {
        let text = check.result.text()?.to_owned();
        Some((format!("{} {}", check.result.as_str(), check.kind), text))
    });
    found.collect()
}

#[track_caller]
pub(in crate::resize) fn assert_found(found: &[(String, String)], expected: &str, part: &str) {
    let [(result, text)] = found else {
        panic!("{expected}: {found:?}");
    };
    assert_eq!(result, expected, "{text}");
    assert!(text.contains(part), "{text}");
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
}

#[test]
fn an_upgrade_with_nothing_against_it_passes_every_check() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn an_instance_that_cannot_be_changed_is_blocked() {
    let check = |change: fn(&mut Instance), expected, part| {
        assert_found(&found(|facts| change(&mut facts.instance)), expected, part);
    };
    check(
        |it| it.charge_type = Some(ChargeType::PostPaid),
        "blocked charge_type",
        "PostPaid",
    );
    check(
        |it| it.charge_type = None,
        "unknown charge_type",
        "charge type",
    );
    check(
        |it| it.expired_time = Some(now()),
        "blocked expiry",
        "renew",
    );
    check(
        |it| it.expired_time = None,
        "unknown expiry",
        "subscription ends",
    );
    check(
        |it| it.operation_locks = vec![LockReason::Security],
        "blocked locks",
        "security",
    );
    check(
        |it| it.status = Some(InstanceStatus::Starting),
        "warning status",
        "Starting",
    );
    check(|it| it.status = None, "unknown status", "status");
}

#[test]
fn a_target_that_is_not_available_is_blocked() {
    let check = |target: Target, part| {
        assert_found(
            &found(|facts| facts.target = target),
            "blocked target",
            part,
        );
    };
    let alternatives = vec!["ecs.g6.xlarge".to_owned()];
    check(
        Target::SoldOut {
            alternatives: alternatives.clone(),
        },
        "ecs.g6.xlarge",
    );
    check(Target::Unsupported { alternatives }, "ecs.g6.xlarge");
    check(Target::AfterDiskChange, "ModifyDiskSpec");
    check(
        Target::NoSuchType {
            did_you_mean: Some("ecs.g5.2xlarge".into()),
        },
        "did you mean ecs.g5.2xlarge?",
    );
    check(
        Target::NoSuchType { did_you_mean: None },
        "no such instance type: ecs.g5.xlarge",
    );
}

#[test]
fn an_instance_that_has_the_type_already_is_not_checked() {
    assert_eq!(
        found(|facts| {
            facts.target = Target::Current;
            facts.instance.charge_type = Some(ChargeType::PostPaid);
        }),
        []
    );
}

#[test]
fn a_price_is_compared_with_the_maximum() {
    let check = |quote: Fact<Quote>, max_price: Option<i64>| {
        found(|facts| {
            facts.quote = quote;
            facts.resize.max_price = max_price.map(Decimal::from);
        })
    };
    let quote = || Fact::Known(Quote::new(100, "CNY"));
    assert_eq!(check(quote(), Some(100)), []);
    assert_found(&check(quote(), Some(99)), "blocked price", "100.00 CNY");
    let unknown = || Fact::Unknown("the service returned no price".into());
    assert_found(&check(unknown(), Some(99)), "blocked price", "max_price");
    assert_found(
        &check(unknown(), None),
        "unknown price",
        "returned no price",
    );
}

#[test]
fn an_order_that_is_invalid_for_the_direction_is_blocked() {
    let with_system_disk = |direction| {
        found(|facts| {
            let settings = facts.resize.to_builder();
            let settings = settings.system_disk_category(SystemDiskCategory::CloudSsd);
            facts.resize = settings.build().unwrap();
            facts.target = Target::Available(direction);
        })
    };
    assert_eq!(with_system_disk(Direction::Upgrade), []);
    let found = with_system_disk(Direction::Downgrade);
    let blocked = found.iter().find(|(result, _)| result == "blocked order");
    let (_, text) = blocked.unwrap();
    assert!(
        text.contains("SystemDisk.Category \"cloud_ssd\" is for an upgrade only"),
        "{text}"
    );
}

#[test]
fn consequences_of_the_change_are_warnings() {
    assert_found(
        &found(|facts| facts.restarts = false),
        "warning restart",
        "start or restart",
    );
    // Before the payment, a start of the run does not put the type into effect.
    let [restart, payment] = &found(|facts| facts.resize.auto_pay = Some(false))[..] else {
        panic!("two warnings");
    };
    assert_eq!(
        (&*restart.0, &*payment.0),
        ("warning restart", "warning payment")
    );
    assert!(payment.1.contains("console"), "{payment:?}");
    assert_found(
        &found(|facts| facts.resize.migrate_across_zone = Some(true)),
        "warning migration",
        "cluster",
    );
    assert_found(
        &found(|facts| facts.target = Target::Available(Direction::Downgrade)),
        "warning refund",
        "per month",
    );
    assert_found(
        &found(|facts| facts.no_stop = Some("it is ruled out".into())),
        "blocked stop",
        "ruled out",
    );
}

#[test]
fn a_change_that_is_not_the_accepted_one_is_blocked() {
    let accepted = |from: &str, direction: Option<Direction>| {
        let from = name(from);
        found(|facts| {
            facts.resize.accepted = Some(Accepted {
                from,
                direction,
                currency: None,
            });
        })
    };
    assert_eq!(accepted("ecs.g5.large", Direction::Upgrade.into()), []);
    let outdated = accepted("ecs.g5.large", Direction::Downgrade.into());
    assert_found(
        &outdated,
        "blocked target",
        "was a downgrade, and is an upgrade now",
    );
    let outdated = accepted("ecs.g5.large", None);
    assert_found(
        &outdated,
        "blocked target",
        "was nothing to change, and there is an upgrade now",
    );
    let outdated = accepted("ecs.g6.large", Direction::Upgrade.into());
    assert_found(
        &outdated,
        "blocked target",
        "was ecs.g6.large, and is ecs.g5.large now",
    );
}

#[test]
fn texts_of_the_service_cannot_add_a_line() {
    let found = found(|facts| {
        facts.instance.charge_type = Some("Post\nPaid\u{202e}".into());
        facts.quote = Fact::Unknown("none\nprice 0.00 CNY".into());
    });
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|(_, text)| !text.contains(['\n', '\u{202e}'])),
        "{found:?}"
    );
}

#[test]
fn names_of_checks_are_snake_case_and_differ() {
    let mut names: Vec<&str> = ALL.iter().map(|(kind, _)| kind.as_str()).collect();
    for name in &names {
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALL.len());
}
