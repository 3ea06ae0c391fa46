//! Disks of the simulated account.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::orders::DiskChange;

/// A disk of a simulated instance.
///
/// ```
/// use aliyun_ecs::simulator::{SimulatedDisk, SimulatedInstance};
///
/// let instance = SimulatedInstance::new("i-test", "ecs.g5.large")
///     .with_system_disk("cloud_essd")
///     .with_disk(SimulatedDisk::new("d-data", "cloud_ssd"));
/// assert!(instance.disks()[0].is_system());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedDisk {
    pub(super) disk_id: String,
    #[serde(default = "default_category")]
    pub(super) category: String,
    #[serde(default = "default_disk_size")]
    pub(super) size_gib: u32,
    #[serde(default)]
    pub(super) performance_level: String,
    #[serde(default)]
    pub(super) system: bool,
}

pub(super) fn default_category() -> String {
    "cloud_efficiency".to_owned()
}

fn default_disk_size() -> u32 {
    40
}

impl SimulatedDisk {
    /// A data disk of 40 GiB, for instance `new("d-1", "cloud_essd")`.
    pub fn new(disk_id: impl Into<String>, category: impl Into<String>) -> Self {
        let category = category.into();
        let level = if category == "cloud_essd" { "PL1" } else { "" };
        Self {
            disk_id: disk_id.into(),
            performance_level: level.to_owned(),
            category,
            size_gib: default_disk_size(),
            system: false,
        }
    }

    /// The disk's id.
    pub fn disk_id(&self) -> &str {
        &self.disk_id
    }

    /// Its category, for instance `cloud_essd`.
    pub fn category(&self) -> &str {
        &self.category
    }

    /// Its performance level, for instance `PL1`; empty where the category has none.
    pub fn performance_level(&self) -> &str {
        &self.performance_level
    }

    /// Whether it is the system disk.
    pub fn is_system(&self) -> bool {
        self.system
    }

    /// What an order adds to its price for this change: the difference of the prices of a month, if it is a rise.
    pub(super) fn price_of(&self, change: &DiskChange) -> Decimal {
        let before = cents_per_gib(&self.category, &self.performance_level);
        let after = cents_per_gib(&change.category, &change.performance_level);
        let rise = after.saturating_sub(before);
        Decimal::new(i64::from(rise) * i64::from(self.size_gib), 2)
    }
}

/// The price of a month.
fn cents_per_gib(category: &str, performance_level: &str) -> u32 {
    match (category, performance_level) {
        ("cloud_essd", "PL0") => 50,
        ("cloud_essd", "PL2") => 200,
        ("cloud_essd", "PL3") => 400,
        ("cloud_essd" | "cloud_ssd", _) => 100,
        _ => 35,
    }
}
