//! What is known of a change before its first step. Plain data.

use chrono::{DateTime, Utc};

use super::quote::Quote;
use super::settings::Resize;
use super::step::Direction;
use super::target::Target;
use crate::operation::{Instance, InstanceTypeInfo};
use crate::types::{InstanceType, RegionId};

/// Something that was read, or why it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub(super) enum Fact<T> {
    /// It is not needed for this change.
    NotNeeded,
    /// The read failed, for this reason.
    Unknown(String),
    /// It was read.
    Known(T),
}

impl<T> Fact<T> {
    pub(super) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::NotNeeded | Self::Unknown(_) => None,
        }
    }
}

/// A disk that is attached to the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct AttachedDisk {
    pub(super) disk_id: String,
    /// The category that it has after the change.
    pub(super) category: String,
}

/// Everything that the checks need to know. Plain data.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Facts {
    pub(super) resize: Resize,
    pub(super) region_id: RegionId,
    /// The service's time.
    pub(super) now: DateTime<Utc>,
    pub(super) instance: Instance,
    pub(super) from: InstanceType,
    /// The candidate that was chosen.
    pub(super) to: InstanceType,
    pub(super) target: Target,
    /// The change is not ordered yet.
    pub(super) orders: bool,
    /// Why the instance may not be stopped, where it has to be.
    pub(super) no_stop: Option<String>,
    /// The instance is running, or this resize has stopped it.
    pub(super) was_running: bool,
    /// The run restarts or starts the instance after the order.
    pub(super) restarts: bool,
    /// What the service reports on the old and the new type.
    pub(super) types: Fact<[Option<InstanceTypeInfo>; 2]>,
    pub(super) disks: Fact<Vec<AttachedDisk>>,
    pub(super) quote: Fact<Quote>,
}

impl Facts {
    /// Why the change is not the one that was accepted, if a plan was.
    pub(super) fn outdated(&self) -> Option<String> {
        let accepted = self.resize.accepted.as_ref()?;
        if accepted.from != self.from {
            return Some(format!(
                "the instance was {}, and is {} now",
                accepted.from, self.from
            ));
        }
        let now = self.direction()?;
        let what = |direction: Direction| format!("{} {direction}", direction.article());
        match accepted.direction {
            Some(before) if before == now => None,
            Some(before) => Some(format!(
                "the change was {}, and is {} now",
                what(before),
                what(now)
            )),
            None => Some(format!(
                "there was nothing to change, and there is {} now",
                what(now)
            )),
        }
    }

    /// Whether something is left to order.
    pub(super) fn is_open(&self) -> bool {
        match self.target {
            Target::Current => false,
            Target::Available(_) => self.orders,
            _ => true,
        }
    }

    /// Which way the type changes, if it changes.
    pub(super) fn direction(&self) -> Option<Direction> {
        match self.target {
            Target::Available(direction) => Some(direction),
            _ => None,
        }
    }
}
