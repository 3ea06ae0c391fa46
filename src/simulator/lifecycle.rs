//! The lifecycle of an instance: defaults when it is added, starts, and the count of downgrades.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::disk::default_category;
use super::instance::{InstanceStatus, SimulatedInstance};

impl SimulatedInstance {
    pub(super) fn has_nvme_driver(&self) -> bool {
        self.nvme_driver.unwrap_or(!self.windows)
    }

    /// Sets the defaults that depend on the simulator when the instance is added.
    pub(super) fn complete(&mut self, region_id: &str, now: DateTime<Utc>) {
        let before = |days| now.checked_sub_days(chrono::Days::new(days));
        self.start_time = self.start_time.or(before(30));
        self.creation_time = self.creation_time.or(before(365));
        let days = TimeDelta::days(if self.expired { -2 } else { 300 });
        let expiry = now.checked_add_signed(days);
        self.expired_time = self.expired_time.or(expiry);
        let fill = |field: &mut String, text: String| {
            if field.is_empty() {
                *field = text;
            }
        };
        fill(&mut self.effective_type, self.instance_type.clone());
        fill(&mut self.name, format!("simulated-{}", self.instance_id));
        fill(&mut self.host_name, format!("host-{}", self.instance_id));
        fill(&mut self.zone_id, format!("{region_id}-e"));
        if !self.disks.iter().any(|disk| disk.system) {
            let completed = self.clone().with_system_disk(default_category());
            self.disks = completed.disks;
        }
        self.downgrades_month = self.downgrades_month.or(Some(month(now)));
    }

    /// How many downgrades were used in the month of `now`.
    pub(super) fn downgrades_in_month(&self, now: DateTime<Utc>) -> u32 {
        match self.downgrades_month {
            Some(used_in) if used_in != month(now) => 0,
            _ => self.downgrades_used,
        }
    }

    pub(super) fn count_downgrade(&mut self, now: DateTime<Utc>) {
        self.downgrades_used = self.downgrades_in_month(now).saturating_add(1);
        self.downgrades_month = Some(month(now));
    }

    /// Reaches a status. Reaching `Running` is a start, unless a reboot is pending.
    pub(super) fn reach(&mut self, status: InstanceStatus, time: DateTime<Utc>) {
        self.status = status;
        if status == InstanceStatus::Running {
            self.start(time);
        }
    }

    /// Starts with the type that is paid for.
    pub(super) fn start(&mut self, time: DateTime<Utc>) {
        self.effective_type.clone_from(&self.instance_type);
        if self.keeps_start_time {
            return;
        }
        // Times are shown to the minute, so each start gets a different minute, even if the simulation is fast.
        let minute = TimeDelta::minutes(1);
        let near = |old: &DateTime<Utc>| (-minute..minute * 30).contains(&(*old - time));
        let later = self.start_time.filter(near);
        let later = later.and_then(|old| old.checked_add_signed(minute));
        self.start_time = Some(later.unwrap_or(time));
    }
}

/// Downgrades are counted by calendar month: according to the console guide, the number is reset on the first day.
fn month(time: DateTime<Utc>) -> (i32, u32) {
    (time.year(), time.month())
}
