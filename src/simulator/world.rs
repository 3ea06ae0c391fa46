//! The simulated account: its settings, clocks, instances, orders and pending events.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::admin::Snapshot;
use super::faults::FaultQueue;
use super::fleet::Fleet;
use super::instance::SimulatedInstance;
use super::instance_type::{self, SimulatedImage, SimulatedInstanceType};
use super::journal::Journal;
use super::orders::{IdempotencyRecord, SimulatedOrder};
use super::verify::Verifier;
use crate::clock::{Clock, SystemClock};

/// The only function of the simulator that reads a clock.
fn system_time() -> DateTime<Utc> {
    SystemClock::new().now()
}

/// The settings of the simulator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    /// How long a paid order is processed.
    pub(super) order_processing_ms: u64,
    /// How long an instance stays in each status on its way to a stable one.
    pub(super) transition_ms: u64,
    /// The age of the state that reads return.
    pub(super) read_lag_ms: u64,
    /// The factor by which these three are faster.
    pub(super) speed: u32,
    pub(super) downgrades_per_month: u32,
    pub(super) vcpu_quota: Option<u32>,
    pub(super) prices_as_strings: bool,
    pub(super) canonical_request_in_signature_errors: bool,
    pub(super) ignore_unknown_parameters: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            order_processing_ms: 0,
            transition_ms: 200,
            read_lag_ms: 0,
            speed: 1,
            downgrades_per_month: 3,
            vcpu_quota: None,
            prices_as_strings: false,
            canonical_request_in_signature_errors: false,
            ignore_unknown_parameters: false,
        }
    }
}

/// A scheduled event.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The next status of an instance, or the end of a temporary change.
    Instance(String),
    /// The processing of the order with this index, or the restart that it requested.
    Order(usize),
}

/// The state of a simulator.
pub(super) struct World {
    pub(super) region_id: String,
    pub(super) settings: Settings,
    /// How far the clock of orders and instances is ahead of the real one.
    pub(super) time_offset: TimeDelta,
    /// How far the gateway's clock is ahead of the real one.
    pub(super) gateway_offset: TimeDelta,
    pub(super) verifier: Verifier,
    pub(super) instances: Fleet,
    pub(super) types: BTreeMap<String, SimulatedInstanceType>,
    pub(super) images: BTreeMap<String, SimulatedImage>,
    pub(super) sold_out: BTreeSet<String>,
    pub(super) not_offered: BTreeSet<String>,
    /// Original price and discount of a change to a type.
    pub(super) prices: BTreeMap<String, (Decimal, Decimal)>,
    pub(super) orders: Vec<SimulatedOrder>,
    /// The orders in processing: instance id and index.
    pub(super) processing: BTreeSet<(String, usize)>,
    /// By client token.
    pub(super) idempotency: HashMap<String, IdempotencyRecord>,
    pub(super) faults: FaultQueue,
    pub(super) journal: Journal,
    /// The world that a reset restores.
    pub(super) initial: Snapshot,
    agenda: BTreeMap<(DateTime<Utc>, u64), Event>,
    scheduled: u64,
}

impl World {
    pub(super) fn new(region_id: String, settings: Settings) -> Self {
        let mut world = Self {
            region_id,
            settings: Settings::default(),
            time_offset: TimeDelta::zero(),
            gateway_offset: TimeDelta::zero(),
            verifier: Verifier::default(),
            instances: Fleet::default(),
            types: instance_type::catalog(),
            images: instance_type::images(),
            sold_out: BTreeSet::new(),
            not_offered: BTreeSet::new(),
            prices: BTreeMap::new(),
            orders: Vec::new(),
            processing: BTreeSet::new(),
            idempotency: HashMap::new(),
            faults: FaultQueue::default(),
            journal: Journal::default(),
            initial: Snapshot::default(),
            agenda: BTreeMap::new(),
            scheduled: 0,
        };
        world.set_settings(settings);
        world
    }

    /// Restores the world that the simulator started with, and empties the journal.
    pub(super) fn reset(&mut self) {
        self.initial.clone().load(self);
        self.journal.clear();
    }

    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.instances.lag = self.scaled(self.settings.read_lag_ms);
    }

    pub(super) fn set_speed(&mut self, speed: u32) {
        let settings = self.settings.clone();
        self.set_settings(Settings { speed, ..settings });
    }

    /// The time of orders and instances.
    pub(super) fn now(&self) -> DateTime<Utc> {
        shifted(self.time_offset)
    }

    /// The time of the gateway, which verifies signatures.
    pub(super) fn gateway_now(&self) -> DateTime<Utc> {
        shifted(self.gateway_offset)
    }

    /// Moves the time of orders and instances forward.
    pub(super) fn advance(&mut self, duration: Duration) {
        self.time_offset = added(self.time_offset, duration);
    }

    /// Moves the gateway's clock forward.
    pub(super) fn advance_gateway(&mut self, duration: Duration) {
        self.gateway_offset = added(self.gateway_offset, duration);
    }

    /// A setting's milliseconds at the simulator's speed.
    fn scaled(&self, milliseconds: u64) -> TimeDelta {
        match milliseconds {
            u64::MAX => TimeDelta::MAX,
            _ => time_delta(Duration::from_millis(milliseconds) / self.settings.speed.max(1)),
        }
    }

    pub(super) fn transition(&self) -> TimeDelta {
        self.scaled(self.settings.transition_ms)
    }

    pub(super) fn order_processing(&self) -> TimeDelta {
        self.scaled(self.settings.order_processing_ms)
    }

    /// When a time in a request is reached at the simulator's speed.
    pub(super) fn reached_at(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        let now = self.now();
        let speed = i32::try_from(self.settings.speed.max(1)).unwrap_or(i32::MAX);
        later(now, (time - now) / speed)
    }

    pub(super) fn schedule(&mut self, time: DateTime<Utc>, event: Event) {
        self.agenda.insert((time, self.scheduled), event);
        self.scheduled += 1;
    }

    /// Adds or replaces an instance.
    pub(super) fn add_instance(&mut self, mut instance: SimulatedInstance) {
        let now = self.now();
        instance.complete(&self.region_id, now);
        let due = instance.path.iter().map(|(time, _)| *time);
        let due: Vec<_> = due
            .chain(instance.temporary.iter().map(|it| it.0))
            .collect();
        for time in due {
            self.schedule(time, Event::Instance(instance.instance_id.clone()));
        }
        self.instances.insert(instance, now);
    }

    /// Processes everything that is due by now, in order of time.
    pub(super) fn settle(&mut self) {
        let now = self.now();
        while let Some(entry) = self.agenda.first_entry() {
            let (time, _) = *entry.key();
            if time > now {
                break;
            }
            match entry.remove() {
                Event::Instance(instance_id) => self.step_instance(&instance_id, time),
                Event::Order(index) => self.step_order(index, time),
            }
        }
    }

    /// Processes what is due for an instance by `time`.
    fn step_instance(&mut self, instance_id: &str, time: DateTime<Utc>) {
        let Some(instance) = self.instances.change(instance_id, time) else {
            return;
        };
        while let Some((at, status)) = instance.path.front().copied() {
            if at > time {
                break;
            }
            instance.path.pop_front();
            instance.reach(status, at);
        }
        if let Some((_, old_type)) = instance.temporary.take_if(|(end, _)| *end <= time) {
            instance.instance_type = old_type;
        }
    }
}

/// The world, shared between the simulator's handle and its server.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The current world, after processing everything that is due.
    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle();
        world
    }
}

/// The later time, or the maximum time on overflow.
pub(super) fn later(time: DateTime<Utc>, delta: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(delta)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn added(offset: TimeDelta, duration: Duration) -> TimeDelta {
    offset
        .checked_add(&time_delta(duration))
        .unwrap_or(TimeDelta::MAX)
}

fn shifted(offset: TimeDelta) -> DateTime<Utc> {
    let end = match offset < TimeDelta::zero() {
        true => DateTime::<Utc>::MIN_UTC,
        false => DateTime::<Utc>::MAX_UTC,
    };
    system_time().checked_add_signed(offset).unwrap_or(end)
}
