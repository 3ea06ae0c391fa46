//! Instances of the simulated account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

use super::disk::SimulatedDisk;

/// The status of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum InstanceStatus {
    /// Being created.
    Pending,
    /// Becomes `Running`.
    Starting,
    /// Running; a stable status.
    Running,
    /// Becomes `Stopped`.
    Stopping,
    /// Stopped; a stable status.
    Stopped,
}

impl InstanceStatus {
    /// The value on the wire, for instance `Running`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }

    pub(super) fn is_stable(self) -> bool {
        matches!(self, Self::Running | Self::Stopped)
    }
}

/// A subscription instance of the simulated account. A new one is running and paid, and nothing prevents a change of
/// its type.
///
/// ```
/// use aliyun_ecs::simulator::{InstanceStatus, SimulatedInstance};
///
/// let instance = SimulatedInstance::new("i-test", "ecs.g5.xlarge")
///     .stopped()
///     .windows()
///     .with_name("web-1")
///     .with_tag("env", "test")
///     .with_downgrades_used(2);
/// assert_eq!(instance.status(), InstanceStatus::Stopped);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "an instance does not exist until `Simulator::add_instance`"]
pub struct SimulatedInstance {
    pub(super) instance_id: String,
    pub(super) instance_type: String,
    /// Empty until the instance is added, then the type.
    #[serde(default)]
    pub(super) effective_type: String,
    #[serde(default = "running")]
    pub(super) status: InstanceStatus,
    #[serde(default)]
    pub(super) pay_as_you_go: bool,
    #[serde(default)]
    pub(super) expired: bool,
    #[serde(default)]
    pub(super) downgrades_used: u32,
    /// The month that the downgrades were used in; `None`: the month in which the instance is added.
    #[serde(default)]
    pub(super) downgrades_month: Option<(i32, u32)>,
    #[serde(default)]
    pub(super) lock_reason: Option<String>,
    #[serde(default)]
    pub(super) unpaid_order: bool,
    #[serde(default)]
    pub(super) windows: bool,
    /// Whether the operating system has NVMe drivers. `None`: Linux has them, Windows does not.
    #[serde(default)]
    pub(super) nvme_driver: Option<bool>,
    #[serde(default)]
    pub(super) start_time: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) creation_time: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) expired_time: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) host_name: String,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// Empty until the instance is added, then the zone `e` of the region.
    #[serde(default)]
    pub(super) zone_id: String,
    #[serde(default = "default_vpc")]
    pub(super) vpc_id: String,
    #[serde(default = "default_vswitch")]
    pub(super) vswitch_id: String,
    #[serde(default = "default_security_groups")]
    pub(super) security_group_ids: Vec<String>,
    #[serde(default)]
    pub(super) resource_group_id: String,
    #[serde(default)]
    pub(super) key_pair_name: String,
    #[serde(default = "default_private_ip")]
    pub(super) private_ip: String,
    #[serde(default)]
    pub(super) public_ip: String,
    #[serde(default = "default_image")]
    pub(super) image_id: String,
    /// Empty until the instance is added, then a system disk.
    #[serde(default)]
    pub(super) disks: Vec<SimulatedDisk>,
    /// The end of a temporary change, and the type after it.
    #[serde(default)]
    pub(super) temporary: Option<(DateTime<Utc>, String)>,
    #[serde(default)]
    pub(super) ignores_stop: bool,
    #[serde(default)]
    pub(super) hides_reboots: bool,
    #[serde(default)]
    pub(super) hides_start_time: bool,
    #[serde(default)]
    pub(super) keeps_start_time: bool,
    /// The pending status changes, each with its time, in order.
    #[serde(default)]
    pub(super) path: VecDeque<(DateTime<Utc>, InstanceStatus)>,
}

fn running() -> InstanceStatus {
    InstanceStatus::Running
}

fn default_vpc() -> String {
    "vpc-simulated".to_owned()
}

fn default_vswitch() -> String {
    "vsw-simulated".to_owned()
}

fn default_security_groups() -> Vec<String> {
    vec!["sg-simulated".to_owned()]
}

fn default_private_ip() -> String {
    "172.16.0.10".to_owned()
}

pub(super) fn default_image() -> String {
    "aliyun_3_x64_20G_alibase_20240528.vhd".to_owned()
}

impl SimulatedInstance {
    /// A running subscription instance, for instance `new("i-bp67acfmxazb4ph****", "ecs.g5.large")`.
    pub fn new(instance_id: impl Into<String>, instance_type: impl Into<String>) -> Self {
        let instance_type = instance_type.into();
        Self {
            instance_id: instance_id.into(),
            effective_type: instance_type.clone(),
            instance_type,
            status: running(),
            pay_as_you_go: false,
            expired: false,
            downgrades_used: 0,
            downgrades_month: None,
            lock_reason: None,
            unpaid_order: false,
            windows: false,
            nvme_driver: None,
            start_time: None,
            creation_time: None,
            expired_time: None,
            name: String::new(),
            description: String::new(),
            host_name: String::new(),
            tags: BTreeMap::new(),
            zone_id: String::new(),
            vpc_id: default_vpc(),
            vswitch_id: default_vswitch(),
            security_group_ids: default_security_groups(),
            resource_group_id: String::new(),
            key_pair_name: String::new(),
            private_ip: default_private_ip(),
            public_ip: String::new(),
            image_id: default_image(),
            disks: Vec::new(),
            temporary: None,
            ignores_stop: false,
            hides_reboots: false,
            hides_start_time: false,
            keeps_start_time: false,
            path: VecDeque::new(),
        }
    }

    /// Sets the status to `Running` (the default).
    pub fn running(self) -> Self {
        self.with_status(InstanceStatus::Running)
    }

    /// Sets the status to `Stopped`.
    pub fn stopped(self) -> Self {
        self.with_status(InstanceStatus::Stopped)
    }

    /// Sets the status.
    pub fn with_status(mut self, status: InstanceStatus) -> Self {
        self.status = status;
        self
    }

    /// Makes it a pay-as-you-go instance (`PostPaid`), for which no subscription order can be placed.
    pub fn pay_as_you_go(mut self) -> Self {
        self.pay_as_you_go = true;
        self
    }

    /// Its subscription has ended.
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// The number of downgrades that were used this month. Three a month are allowed, see
    /// [`SimulatorBuilder::downgrades_per_month`](super::SimulatorBuilder::downgrades_per_month).
    pub fn with_downgrades_used(mut self, downgrades_used: u32) -> Self {
        self.downgrades_used = downgrades_used;
        self.downgrades_month = None;
        self
    }

    /// Locked, for instance for the reason `security` or `financial`.
    pub fn locked(mut self, reason: impl Into<String>) -> Self {
        self.lock_reason = Some(reason.into());
        self
    }

    /// Blocked by an unpaid order that was placed elsewhere and remains.
    pub fn unpaid_order(mut self) -> Self {
        self.unpaid_order = true;
        self
    }

    /// Last started at this time. Default: a month before it was added.
    pub fn started_at(mut self, time: DateTime<Utc>) -> Self {
        self.start_time = Some(time);
        self
    }

    /// The subscription ends at this time. Default: 300 days after the instance was added.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expired_time = Some(time);
        self
    }

    /// Runs Windows instead of Linux.
    pub fn windows(mut self) -> Self {
        self.windows = true;
        self
    }

    /// Whether the operating system has NVMe drivers. Default: Linux has them, Windows does not.
    pub fn with_nvme_driver(mut self, nvme_driver: bool) -> Self {
        self.nvme_driver = Some(nvme_driver);
        self
    }

    /// The name, which [`InstanceName`] filters by. Default: `simulated-` and the id.
    ///
    /// [`InstanceName`]: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a tag.
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// The zone. Default: the zone `e` of the simulator's region.
    pub fn with_zone(mut self, zone_id: impl Into<String>) -> Self {
        self.zone_id = zone_id.into();
        self
    }

    /// The VPC and its vSwitch. Default: `vpc-simulated` and `vsw-simulated`.
    pub fn with_vpc(mut self, vpc_id: impl Into<String>, vswitch_id: impl Into<String>) -> Self {
        self.vpc_id = vpc_id.into();
        self.vswitch_id = vswitch_id.into();
        self
    }

    /// The security groups. Default: `sg-simulated`.
    pub fn with_security_groups<I: IntoIterator<Item: Into<String>>>(mut self, ids: I) -> Self {
        self.security_group_ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// The resource group. Default: none.
    pub fn with_resource_group(mut self, resource_group_id: impl Into<String>) -> Self {
        self.resource_group_id = resource_group_id.into();
        self
    }

    /// The image, see [`SimulatedImage`](super::SimulatedImage). Default: a public Linux image.
    pub fn with_image(mut self, image_id: impl Into<String>) -> Self {
        self.image_id = image_id.into();
        self
    }

    /// The category of the system disk. Default: `cloud_efficiency`.
    pub fn with_system_disk(mut self, category: impl Into<String>) -> Self {
        self.disks.retain(|disk| !disk.system);
        let id = format!("d-system-{}", self.instance_id);
        let disk = SimulatedDisk::new(id, category);
        self.disks.insert(
            0,
            SimulatedDisk {
                system: true,
                ..disk
            },
        );
        self
    }

    /// Adds a data disk.
    pub fn with_disk(mut self, disk: SimulatedDisk) -> Self {
        self.disks.push(disk);
        self
    }

    /// The guest ignores a stop: the status stays `Stopping` until a forced stop, `ForceStop=true`.
    pub fn ignores_stop(mut self) -> Self {
        self.ignores_stop = true;
        self
    }

    /// A reboot is not visible: the status is `Running` throughout. Only the start time shows that it happened.
    pub fn hides_reboots(mut self) -> Self {
        self.hides_reboots = true;
        self
    }

    /// The start time is missing from responses: it is an empty string.
    pub fn hides_start_time(mut self) -> Self {
        self.hides_start_time = true;
        self
    }

    /// A start or reboot does not change the start time.
    pub fn keeps_start_time(mut self) -> Self {
        self.keeps_start_time = true;
        self
    }

    /// The instance's id.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// The type that the API shows: that of the last processed order.
    pub fn instance_type(&self) -> &str {
        &self.instance_type
    }

    /// The type that is in effect: a change takes effect at the next start or reboot through the API.
    pub fn effective_type(&self) -> &str {
        &self.effective_type
    }

    /// The status.
    pub fn status(&self) -> InstanceStatus {
        self.status
    }

    /// When it was last started. Each start is in a later minute than the one before, at any speed.
    pub fn start_time(&self) -> Option<DateTime<Utc>> {
        self.start_time
    }

    /// `PrePaid` or `PostPaid`, the value of `InstanceChargeType`.
    pub fn charge_type(&self) -> &'static str {
        if self.pay_as_you_go {
            "PostPaid"
        } else {
            "PrePaid"
        }
    }

    /// Whether the subscription has ended.
    pub fn is_expired(&self) -> bool {
        self.expired
    }

    /// How many downgrades were ordered in the month of the last one.
    pub fn downgrades_used(&self) -> u32 {
        self.downgrades_used
    }

    /// Why the instance is locked, if it is.
    pub fn lock_reason(&self) -> Option<&str> {
        self.lock_reason.as_deref()
    }

    /// Whether an unpaid order blocks the next change.
    pub fn has_unpaid_order(&self) -> bool {
        self.unpaid_order
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tags.
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// The disks, the system disk among them.
    pub fn disks(&self) -> &[SimulatedDisk] {
        &self.disks
    }
}
