//! The terms of a run: the settings that its key holds, so that a run resumed from the key alone pays and interrupts
//! no more than the first one was allowed to.

use std::fmt;

use chrono::DateTime;
use rust_decimal::Decimal;

use super::settings::{Resize, Restart, StopPolicy};

/// What a resumed run must keep to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Terms {
    pub(super) max_price: Option<Decimal>,
    pub(super) auto_pay: Option<bool>,
    pub(super) restart: Restart,
    pub(super) stop_policy: StopPolicy,
    /// `restart_on_failure` is off.
    pub(super) stays_stopped: bool,
    /// A plan was accepted, with a quote in this currency if it had one.
    pub(super) accepted: Option<Option<String>>,
    /// The settings of which the key holds only the name. An order needs them again.
    pub(super) others: Vec<&'static str>,
}

/// The settings that become parameters of the order as they are, and whether they are set.
const OTHERS: [(&str, IsSet); 4] = [
    ("migrate_across_zone", |it| it.migrate_across_zone.is_some()),
    ("end_time", |it| it.end_time.is_some()),
    ("system_disk_category", |it| {
        it.system_disk_category.is_some()
    }),
    ("disk", |it| !it.disks.is_empty()),
];

type IsSet = fn(&Resize) -> bool;

fn others(resize: &Resize) -> Vec<&'static str> {
    let set = OTHERS.iter().filter(|(_, is_set)| is_set(resize));
    set.map(|(name, _)| *name).collect()
}

impl Terms {
    pub(super) fn of(resize: &Resize) -> Self {
        let accepted = resize.accepted.as_ref();
        Self {
            max_price: resize.max_price,
            auto_pay: resize.auto_pay,
            restart: match (resize.restart, resize.reboot_time) {
                (Restart::At(_), Some(time)) => Restart::At(time.to_datetime()),
                (restart, _) => restart,
            },
            stop_policy: resize.stop_policy,
            stays_stopped: !resize.restart_on_failure,
            accepted: accepted.map(|it| it.currency.clone().filter(|it| is_currency(it))),
            others: others(resize),
        }
    }

    /// The settings that an order under these terms needs, and `resize` does not have.
    pub(super) fn missing(&self, resize: &Resize) -> impl Iterator<Item = &'static str> {
        let set = others(resize);
        let names = self.others.clone().into_iter();
        names.filter(move |name| !set.contains(name))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut terms = Self::default();
        for part in text.split(',') {
            let (name, value) = match part.split_once('.') {
                Some((name, value)) => (name, Some(value)),
                None => (part, None),
            };
            match (name, value) {
                ("max", Some(price)) => terms.max_price = Some(price.parse().ok()?),
                ("pay", None) => terms.auto_pay = Some(true),
                ("no-pay", None) => terms.auto_pay = Some(false),
                ("no-restart", None) => terms.restart = Restart::Never,
                ("restart", Some(time)) => {
                    terms.restart = Restart::At(DateTime::from_timestamp(time.parse().ok()?, 0)?);
                }
                ("no-stop", None) => terms.stop_policy = StopPolicy::Deny,
                ("stays-stopped", None) => terms.stays_stopped = true,
                ("accepted", currency) if currency.is_none_or(is_currency) => {
                    terms.accepted = Some(currency.map(str::to_owned));
                }
                ("with", Some(name)) => {
                    let mut known = OTHERS.iter().map(|(name, _)| *name);
                    terms.others.push(known.find(|it| *it == name)?);
                }
                _ => return None,
            }
        }
        Some(terms)
    }
}

/// Whether a currency can stand in a key.
fn is_currency(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl fmt::Display for Terms {
    /// For instance `max.104.00,accepted.CNY`; empty if all settings have their defaults.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(price) = self.max_price {
            parts.push(format!("max.{price}"));
        }
        match self.auto_pay {
            None => {}
            Some(true) => parts.push("pay".into()),
            Some(false) => parts.push("no-pay".into()),
        }
        match self.restart {
            Restart::WhenNeeded => {}
            Restart::Never => parts.push("no-restart".into()),
            Restart::At(time) => parts.push(format!("restart.{}", time.timestamp())),
        }
        if self.stop_policy == StopPolicy::Deny {
            parts.push("no-stop".into());
        }
        if self.stays_stopped {
            parts.push("stays-stopped".into());
        }
        match &self.accepted {
            None => {}
            Some(None) => parts.push("accepted".into()),
            Some(Some(currency)) => parts.push(format!("accepted.{currency}")),
        }
        parts.extend(self.others.iter().map(|name| format!("with.{name}")));
        f.write_str(&parts.join(","))
    }
}
