use chrono::DateTime;

use super::*;
use crate::resize::memory::Sent;
use crate::resize::settings::{Restart, StopPolicy};
use rust_decimal::Decimal;

fn key(token: &str, change: impl FnOnce(&mut Memory)) -> ResumeKey {
    let kind = |name: &str| InstanceType::new(name).unwrap();
    let mut key = ResumeKey::new(
        InstanceId::new("i-1").unwrap(),
        RegionId::new("cn-hangzhou").unwrap(),
        kind("ecs.g5.xlarge"),
        kind("ecs.g5.large"),
        ClientToken::new(token).unwrap(),
    );
    change(&mut key.memory);
    key
}

fn memories() -> Vec<Memory> {
    let at = DateTime::from_timestamp(1_577_851_500, 0).unwrap();
    let sent = [(false, false), (true, false), (false, true), (true, true)];
    let sent = sent.map(|(accepted, seen)| Sent { at, accepted, seen });
    let base = key("token", |_| {}).memory;
    let mut found = Vec::new();
    let orders = [
        Order::None,
        Order::Possible,
        Order::Placed(None),
        Order::Placed(Some("2.3-a_4".into())),
    ];
    found.extend(orders.map(|order| Memory {
        order,
        ..base.clone()
    }));
    let plain = [
        Power::Idle,
        Power::StopPlanned,
        Power::Stopped(None),
        Power::Stopped(Some(at)),
        Power::Restarting,
        Power::StartedByUser,
    ];
    let powers = sent
        .iter()
        .flat_map(|sent| [Power::Stopping(*sent), Power::Starting(*sent)])
        .chain(plain);
    found.extend(powers.map(|power| Memory {
        power,
        ..base.clone()
    }));
    found.extend(sent.map(|sent| Memory {
        restart: Some(sent),
        ..base.clone()
    }));
    let seen = [
        Seen::Nothing,
        Seen::Running(None),
        Seen::Running(Some(at)),
        Seen::Down,
    ];
    found.extend(seen.map(|seen| Memory {
        seen,
        ..base.clone()
    }));
    found.push(Memory {
        runs: false,
        direction: Direction::Downgrade,
        ..base
    });
    found
}

#[test]
fn keys_round_trip() {
    for memory in memories() {
        for token in ["token", "a token/with/slashes"] {
            let mut key = key(token, |it| *it = memory.clone());
            assert_eq!(key.to_string().parse(), Ok(key.clone()));
            key.others = ["ecs.g6.large", "ecs.c6.large"]
                .map(|it| InstanceType::new(it).unwrap())
                .into();
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}

#[test]
fn keys_hold_the_settings_that_limit_a_run() {
    let at = DateTime::from_timestamp(1_577_851_500, 0).unwrap();
    let terms = [
        Terms::default(),
        Terms {
            max_price: Some(Decimal::new(10_400, 2)),
            auto_pay: Some(true),
            restart: Restart::At(at),
            stop_policy: StopPolicy::Deny,
            stays_stopped: true,
            accepted: Some(Some("CNY".into())),
            others: vec![
                "migrate_across_zone",
                "end_time",
                "system_disk_category",
                "disk",
            ],
        },
        Terms {
            auto_pay: Some(false),
            restart: Restart::Never,
            accepted: Some(None),
            ..Terms::default()
        },
    ];
    for terms in terms {
        let mut key = key("token", |_| {});
        key.terms = terms;
        assert_eq!(key.to_string().parse(), Ok(key));
    }
}

#[test]
fn a_key_holds_the_whole_seconds_that_it_prints() {
    let now = DateTime::from_timestamp(1_577_851_500, 987_654_321).unwrap();
    let key = key("token", |it| {
        let mut sent = Sent::new(now);
        it.power = Power::Stopping(sent);
        sent.accept(now);
        it.restart = Some(sent);
    });
    assert_eq!(key.to_string().parse(), Ok(key));
}

#[test]
fn a_line_break_after_a_key_is_ignored() {
    let key = key("token ", |_| {});
    assert_eq!(format!(" {key}\r\n").parse(), Ok(key));
}

#[test]
fn an_incomplete_or_changed_key_is_rejected() {
    let complete = key("my/token-1", |it| {
        it.order = Order::Placed(Some("123".into()))
    })
    .to_string();
    for at in 1..complete.len() {
        assert!(complete[..at].parse::<ResumeKey>().is_err(), "{at}");
        assert!(complete[at..].parse::<ResumeKey>().is_err(), "{at}");
    }
    for (old, new) in [
        ("token", "tokem"),
        ("running", "stopped"),
        ("123", "124"),
        ("hangzhou", "beijing"),
    ] {
        let error = complete.replace(old, new).parse::<ResumeKey>().unwrap_err();
        assert!(error.to_string().contains("copy all of it"), "{error}");
    }
    assert!("my-token".parse::<ResumeKey>().is_err());
}
