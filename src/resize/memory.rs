//! What a resize remembers of what it did and saw: the part of the resume key that changes during a run.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SubsecRound, Utc};

use super::error::OrderState;
use super::step::Direction;
use crate::types::InstanceType;

/// What cannot be read from the service later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Memory {
    /// The type before the change.
    pub(super) from: InstanceType,
    pub(super) direction: Direction,
    /// The instance is to run at the end: it ran before the resize, and no user has stopped it since.
    pub(super) runs: bool,
    pub(super) order: Order,
    pub(super) power: Power,
    /// The last restart that was sent.
    pub(super) restart: Option<Sent>,
    pub(super) seen: Seen,
}

/// What is known of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// It was never sent.
    None,
    /// It may exist: its outcome is unknown, or a later event of the same run may have placed it.
    Possible,
    /// It exists, with this id if the service returned one.
    Placed(Option<String>),
}

/// What this resize has to do with the power state of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    /// Nothing: no command of this resize is open.
    Idle,
    /// An event after the one that gave out the key may have stopped the instance. Only in keys.
    StopPlanned,
    /// A stop was sent, and its effect was not seen yet.
    Stopping(Sent),
    /// The instance is stopped by this resize, which has to start it again. With the time of the stop, if known.
    Stopped(Option<DateTime<Utc>>),
    /// A start was sent, and its effect was not seen yet.
    Starting(Sent),
    /// A restart was sent, and its effect was not seen yet.
    Restarting,
    /// A user has started the instance after this resize had stopped it.
    StartedByUser,
}

/// A command that had its effect, or may have had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    /// The service time at which it was accepted, or sent if the outcome is unknown.
    pub(super) at: DateTime<Utc>,
    pub(super) accepted: bool,
    /// A poll has shown a state that the command leads to.
    pub(super) seen: bool,
}

/// What was seen of the instance since it shows the new type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing that could prove a later restart.
    Nothing,
    /// It was running, started at this time if that is known: the type is in effect after a later start.
    Running(Option<DateTime<Utc>>),
    /// It was stopped or restarting: the type is in effect as soon as it runs.
    Down,
}

impl Memory {
    /// Whether the resize never sent anything that changes the instance.
    pub(super) fn is_untouched(&self) -> bool {
        self.order == Order::None && self.power == Power::Idle && self.restart.is_none()
    }
}

impl Sent {
    /// A command that is sent now, in whole seconds, as keys hold it.
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            at: now.trunc_subsecs(0),
            accepted: false,
            seen: false,
        }
    }

    /// The service has accepted it now.
    pub(super) fn accept(&mut self, now: DateTime<Utc>) {
        (self.at, self.accepted) = (now.trunc_subsecs(0), true);
    }
}

impl Order {
    /// What an error says of it.
    pub(super) fn state(&self) -> OrderState {
        match self {
            Self::None => OrderState::NotPlaced,
            Self::Possible => OrderState::Unknown,
            Self::Placed(order_id) => OrderState::Placed(order_id.clone()),
        }
    }
}

impl Seen {
    /// Whether an instance that runs, started at this time, has started since it shows the new type.
    pub(super) fn is_proved_by(self, start_time: Option<DateTime<Utc>>) -> bool {
        match self {
            Self::Down => true,
            Self::Running(Some(old)) => start_time.is_some_and(|start| start > old),
            Self::Running(None) | Self::Nothing => false,
        }
    }
}

fn seconds(time: DateTime<Utc>) -> i64 {
    time.timestamp()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let seconds: i64 = text.parse().ok()?;
    // One way only to write each number.
    let time = DateTime::from_timestamp(seconds, 0)?;
    (seconds.to_string() == text).then_some(time)
}

impl fmt::Display for Memory {
    /// For instance `running,placed.123,stopped.1577851500,-,down`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.runs { "running" } else { "stopped" })?;
        match &self.order {
            Order::None => f.write_str(",unsent")?,
            Order::Possible => f.write_str(",possible")?,
            Order::Placed(None) => f.write_str(",placed")?,
            Order::Placed(Some(id)) => write!(f, ",placed.{id}")?,
        }
        match self.power {
            Power::Idle => f.write_str(",idle")?,
            Power::StopPlanned => f.write_str(",stop-planned")?,
            Power::Stopping(sent) => write!(f, ",stopping.{sent}")?,
            Power::Stopped(None) => f.write_str(",down")?,
            Power::Stopped(Some(at)) => write!(f, ",down.{}", seconds(at))?,
            Power::Starting(sent) => write!(f, ",starting.{sent}")?,
            Power::Restarting => f.write_str(",restarting")?,
            Power::StartedByUser => f.write_str(",user-started")?,
        }
        match self.restart {
            None => f.write_str(",-")?,
            Some(sent) => write!(f, ",{sent}")?,
        }
        match self.seen {
            Seen::Nothing => f.write_str(",-"),
            Seen::Running(None) => f.write_str(",up"),
            Seen::Running(Some(started)) => write!(f, ",up.{}", seconds(started)),
            Seen::Down => f.write_str(",down"),
        }
    }
}

impl Memory {
    /// Reads what `Display` wrote.
    pub(super) fn parse(from: InstanceType, direction: Direction, text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(',').collect();
        let [runs, order, power, restart, seen] = parts[..] else {
            return None;
        };
        let split = |text: &'_ str| -> (String, Option<String>) {
            match text.split_once('.') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (text.to_owned(), None),
            }
        };
        let (order, id) = split(order);
        let (power, at) = split(power);
        let (seen, started) = split(seen);
        Some(Self {
            from,
            direction,
            runs: match runs {
                "running" => true,
                "stopped" => false,
                _ => return None,
            },
            order: match (&*order, id) {
                ("unsent", None) => Order::None,
                ("possible", None) => Order::Possible,
                ("placed", id) if id.as_deref().is_none_or(is_order_id) => Order::Placed(id),
                _ => return None,
            },
            power: match (&*power, at.as_deref()) {
                ("idle", None) => Power::Idle,
                ("stop-planned", None) => Power::StopPlanned,
                ("stopping", Some(sent)) => Power::Stopping(sent.parse().ok()?),
                ("down", None) => Power::Stopped(None),
                ("down", Some(at)) => Power::Stopped(Some(time(at)?)),
                ("starting", Some(sent)) => Power::Starting(sent.parse().ok()?),
                ("restarting", None) => Power::Restarting,
                ("user-started", None) => Power::StartedByUser,
                _ => return None,
            },
            restart: match restart {
                "-" => None,
                sent => Some(sent.parse().ok()?),
            },
            seen: match (&*seen, started.as_deref()) {
                ("-", None) => Seen::Nothing,
                ("up", None) => Seen::Running(None),
                ("up", Some(started)) => Seen::Running(Some(time(started)?)),
                ("down", None) => Seen::Down,
                _ => return None,
            },
        })
    }
}

/// Whether an order id can be part of a key.
pub(super) fn is_order_id(id: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= 64 && id.bytes().all(part)
}

impl fmt::Display for Sent {
    /// The time, then `a` if it was accepted and `s` if its effect was seen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted = if self.accepted { "a" } else { "" };
        let seen = if self.seen { "s" } else { "" };
        write!(f, "{}{accepted}{seen}", seconds(self.at))
    }
}

impl FromStr for Sent {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (rest, seen) = text
            .strip_suffix('s')
            .map_or((text, false), |it| (it, true));
        let (rest, accepted) = rest
            .strip_suffix('a')
            .map_or((rest, false), |it| (it, true));
        let at = time(rest).ok_or(())?;
        Ok(Self { at, accepted, seen })
    }
}
