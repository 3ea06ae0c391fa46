//! The simulated account: its clock, instances, instance types and everything remembered.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::faults::Fault;
use super::orders::{IdempotencyRecord, SimulatedOrder};
use super::request::ReceivedRequest;
use super::verify::Verifier;
use crate::clock::{Clock, SystemClock};

/// The only reading of a clock in this room.
fn now() -> DateTime<Utc> {
    SystemClock::new().now()
}

/// The state of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstanceStatus {
    /// Being created.
    Pending,
    /// On its way to `Running`.
    Starting,
    /// Stable, switched on.
    Running,
    /// On its way to `Stopped`.
    Stopping,
    /// Stable, switched off.
    Stopped,
}

/// A subscription instance of the simulated account.
///
/// A new one runs, is paid for, and nothing stands in the way of a change.
///
/// ```
/// use aliyun_ecs::simulator::{InstanceStatus, SimulatedInstance};
///
/// let instance = SimulatedInstance::new("i-test", "ecs.g5.xlarge")
///     .stopped()
///     .windows()
///     .with_downgrades_used(2);
/// assert_eq!(instance.status(), InstanceStatus::Stopped);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an instance is nowhere until `Simulator::add_instance`"]
pub struct SimulatedInstance {
    pub(super) instance_id: String,
    pub(super) instance_type: String,
    pub(super) effective_type: String,
    pub(super) status: InstanceStatus,
    pub(super) pay_as_you_go: bool,
    pub(super) expired: bool,
    pub(super) downgrades_used: u32,
    pub(super) lock_reason: Option<String>,
    pub(super) unpaid_order: bool,
    pub(super) windows: bool,
    pub(super) start_time: Option<DateTime<Utc>>,
    /// The states to come, each with its time, the next one first.
    pub(super) path: VecDeque<(DateTime<Utc>, InstanceStatus)>,
}

impl SimulatedInstance {
    /// A running subscription instance, for instance `new("i-bp67acfmxazb4ph****", "ecs.g5.large")`.
    pub fn new(instance_id: impl Into<String>, instance_type: impl Into<String>) -> Self {
        let instance_type = instance_type.into();
        Self {
            instance_id: instance_id.into(),
            effective_type: instance_type.clone(),
            instance_type,
            status: InstanceStatus::Running,
            pay_as_you_go: false,
            expired: false,
            downgrades_used: 0,
            lock_reason: None,
            unpaid_order: false,
            windows: false,
            start_time: None,
            path: VecDeque::new(),
        }
    }

    /// In the state `Running` (the default).
    pub fn running(self) -> Self {
        self.with_status(InstanceStatus::Running)
    }

    /// In the state `Stopped`.
    pub fn stopped(self) -> Self {
        self.with_status(InstanceStatus::Stopped)
    }

    /// In any state.
    pub fn with_status(mut self, status: InstanceStatus) -> Self {
        self.status = status;
        self
    }

    /// Billed by use (`PostPaid`), so that no subscription order can be placed for it.
    pub fn pay_as_you_go(mut self) -> Self {
        self.pay_as_you_go = true;
        self
    }

    /// Its subscription has ended.
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// This many of its three downgrades are used up.
    pub fn with_downgrades_used(mut self, downgrades_used: u32) -> Self {
        self.downgrades_used = downgrades_used;
        self
    }

    /// Locked, for instance for `security` or `financial` reasons.
    pub fn locked(mut self, reason: impl Into<String>) -> Self {
        self.lock_reason = Some(reason.into());
        self
    }

    /// Blocked by an unpaid order that was placed elsewhere and stays.
    pub fn unpaid_order(mut self) -> Self {
        self.unpaid_order = true;
        self
    }

    /// Last started at this time. Default: a month before it was added.
    pub fn started_at(mut self, time: DateTime<Utc>) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Running Windows instead of Linux.
    pub fn windows(mut self) -> Self {
        self.windows = true;
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

    /// The type that the instance really has: a change needs a restart through the API.
    pub fn effective_type(&self) -> &str {
        &self.effective_type
    }

    /// The instance's state.
    pub fn status(&self) -> InstanceStatus {
        self.status
    }

    /// When it was last started: in a later minute than before, however fast the simulation is.
    pub fn start_time(&self) -> Option<DateTime<Utc>> {
        self.start_time
    }

    /// It reaches a state: running means started, with the type that is paid for.
    fn reach(&mut self, status: InstanceStatus, time: DateTime<Utc>) {
        self.status = status;
        if status == InstanceStatus::Running {
            self.start(time);
        }
    }

    /// It starts, with the type that is paid for.
    pub(super) fn start(&mut self, time: DateTime<Utc>) {
        // Times are shown to the minute; on a client's faster clock, too, each start is in another one.
        let minute = TimeDelta::minutes(1);
        let near = |old: &DateTime<Utc>| (-minute..minute * 30).contains(&(*old - time));
        let later = self.start_time.filter(near);
        let later = later.and_then(|old| old.checked_add_signed(minute));
        self.start_time = Some(later.unwrap_or(time));
        self.effective_type.clone_from(&self.instance_type);
    }

    /// `PrePaid` or `PostPaid`, as `InstanceChargeType` has it.
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

    /// How many downgrades were ordered, of the three that are allowed.
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
}

/// An instance type that the simulator knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedInstanceType {
    pub(super) name: String,
    pub(super) vcpus: u32,
    pub(super) memory_gib: u32,
}

impl SimulatedInstanceType {
    /// The type's name, for instance `ecs.g5.large`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many vCPUs it has.
    pub fn vcpus(&self) -> u32 {
        self.vcpus
    }

    /// How much memory it has, in GiB.
    pub fn memory_gib(&self) -> u32 {
        self.memory_gib
    }

    /// Its family, for instance `ecs.g5`.
    pub fn family(&self) -> &str {
        self.name
            .rsplit_once('.')
            .map_or(&*self.name, |(family, _)| family)
    }

    /// Whether its disks are attached by NVMe: what the family's generation is known for.
    pub(super) fn nvme_support(&self) -> &'static str {
        let digits = self.family().chars().find(char::is_ascii_digit);
        match digits.and_then(|digit| digit.to_digit(10)) {
            Some(8..) => "required",
            Some(7) => "supported",
            _ => "unsupported",
        }
    }

    /// What decides which of two types is the larger one.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.vcpus, self.memory_gib)
    }
}

/// Everything that one simulator remembers.
pub(super) struct State {
    pub(super) region_id: String,
    pub(super) order_processing: TimeDelta,
    pub(super) clock_offset: TimeDelta,
    pub(super) verifier: Verifier,
    pub(super) instances: BTreeMap<String, SimulatedInstance>,
    pub(super) types: BTreeMap<String, SimulatedInstanceType>,
    pub(super) sold_out: BTreeSet<String>,
    pub(super) not_offered: BTreeSet<String>,
    /// Original price and reduction of a change to a type.
    pub(super) prices: BTreeMap<String, (Decimal, Decimal)>,
    pub(super) vcpu_quota: Option<u32>,
    /// How long an instance stays in each state on its way to a stable one.
    pub(super) transition: TimeDelta,
    pub(super) orders: Vec<SimulatedOrder>,
    /// By client token.
    pub(super) remembered: HashMap<String, IdempotencyRecord>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) requests: Vec<ReceivedRequest>,
}

impl State {
    pub(super) fn new(region_id: String, order_processing: TimeDelta) -> Self {
        let mut state = Self {
            region_id,
            order_processing,
            clock_offset: TimeDelta::zero(),
            verifier: Verifier::default(),
            instances: BTreeMap::new(),
            types: BTreeMap::new(),
            sold_out: BTreeSet::new(),
            not_offered: BTreeSet::new(),
            prices: BTreeMap::new(),
            vcpu_quota: None,
            transition: TimeDelta::milliseconds(200),
            orders: Vec::new(),
            remembered: HashMap::new(),
            faults: VecDeque::new(),
            requests: Vec::new(),
        };
        for (family, gib_per_vcpu) in [("g5", 4), ("g6", 4), ("c6", 2), ("r6", 8)] {
            for (size, vcpus) in [("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16)] {
                state.add_type(format!("ecs.{family}.{size}"), vcpus, vcpus * gib_per_vcpu);
            }
        }
        for (family, memory_gib) in [("t5-c1m1", 2), ("t5-c1m2", 4), ("t5-c1m4", 8)] {
            state.add_type(format!("ecs.{family}.large"), 2, memory_gib);
        }
        state
    }

    pub(super) fn add_type(&mut self, name: String, vcpus: u32, memory_gib: u32) {
        let added = SimulatedInstanceType {
            name: name.clone(),
            vcpus,
            memory_gib,
        };
        self.types.insert(name, added);
    }

    /// An instance of this region.
    pub(super) fn instance(&self, instance_id: &str) -> Option<&SimulatedInstance> {
        self.instances.get(instance_id)
    }

    /// Lets the next instance that is due by `until` reach its next state.
    pub(super) fn step_instance(&mut self, until: DateTime<Utc>) -> bool {
        let next = |instance: &SimulatedInstance| instance.path.front().map(|(time, _)| *time);
        let due = self.instances.values_mut().filter(|it| next(it).is_some());
        let Some(first) = due.min_by_key(|it| next(it)) else {
            return false;
        };
        match first.path.front().copied() {
            Some((time, status)) if time <= until => {
                first.path.pop_front();
                first.reach(status, time);
                true
            }
            _ => false,
        }
    }

    /// The fault that a request of this action meets, which is met once less from then on.
    pub(super) fn next_fault(&mut self, action: &str) -> Option<Fault> {
        let at = self.faults.iter().position(|fault| fault.meets(action))?;
        let fault = self.faults.get_mut(at)?;
        fault.times -= 1;
        match fault.times {
            0 => self.faults.remove(at),
            _ => Some(fault.clone()),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        let end = match self.clock_offset < TimeDelta::zero() {
            true => DateTime::<Utc>::MIN_UTC,
            false => DateTime::<Utc>::MAX_UTC,
        };
        now().checked_add_signed(self.clock_offset).unwrap_or(end)
    }
}

/// The state, shared between the simulator's handle and its server.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// The state as it is now: what was due has happened.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle();
        state
    }
}

pub(super) fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
