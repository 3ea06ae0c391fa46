//! The world as JSON: to save it, to load it, and to configure the program.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::fault::FaultJson;
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::instance_type::{SimulatedImage, SimulatedInstanceType};
use crate::simulator::orders::{IdempotencyRecord, OrderStatus, SimulatedOrder};
use crate::simulator::world::{Event, Settings, World};

/// The state of a simulator, except the journal and the nonces. All fields are optional.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::simulator) struct Snapshot {
    /// The region. Default: the region of the simulator.
    pub(in crate::simulator) region: Option<String>,
    pub(in crate::simulator) settings: Settings,
    time_offset_ms: i64,
    gateway_offset_ms: i64,
    /// Added to the built-in types.
    instance_types: Vec<InstanceTypeJson>,
    images: Vec<SimulatedImage>,
    instances: Vec<SimulatedInstance>,
    orders: Vec<SimulatedOrder>,
    client_tokens: BTreeMap<String, IdempotencyRecord>,
    faults: Vec<FaultJson>,
}

/// An instance type with its stock and the price of a change to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstanceTypeJson {
    pub(super) name: String,
    vcpus: u32,
    memory_gib: u32,
    #[serde(default)]
    monthly_price: Option<Decimal>,
    #[serde(default)]
    nvme_support: Option<String>,
    #[serde(default)]
    disk_categories: Option<Vec<String>>,
    #[serde(default)]
    local_storage_category: String,
    #[serde(default)]
    sold_out: bool,
    #[serde(default)]
    not_offered: bool,
    #[serde(default)]
    change_price: Option<ChangePrice>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangePrice {
    original: Decimal,
    #[serde(default)]
    discount: Decimal,
}

impl InstanceTypeJson {
    pub(super) fn of(world: &World, known: &SimulatedInstanceType) -> Self {
        let price = world.prices.get(&known.name);
        Self {
            name: known.name.clone(),
            vcpus: known.vcpus,
            memory_gib: known.memory_gib,
            monthly_price: known.monthly_price,
            nvme_support: known.nvme_support.clone(),
            disk_categories: known.disk_categories.clone(),
            local_storage_category: known.local_storage_category.clone(),
            sold_out: world.sold_out.contains(&known.name),
            not_offered: world.not_offered.contains(&known.name),
            change_price: price.map(|&(original, discount)| ChangePrice { original, discount }),
        }
    }

    pub(super) fn load(self, world: &mut World) {
        let name = self.name.clone();
        let mark = |marked, set: &mut std::collections::BTreeSet<String>| match marked {
            true => set.insert(name.clone()),
            false => set.remove(&name),
        };
        mark(self.sold_out, &mut world.sold_out);
        mark(self.not_offered, &mut world.not_offered);
        match self.change_price {
            Some(price) => {
                let price = (price.original, price.discount);
                world.prices.insert(name.clone(), price);
            }
            None => {
                world.prices.remove(&name);
            }
        }
        let known = SimulatedInstanceType {
            name: self.name,
            vcpus: self.vcpus,
            memory_gib: self.memory_gib,
            monthly_price: self.monthly_price,
            nvme_support: self.nvme_support,
            disk_categories: self.disk_categories,
            local_storage_category: self.local_storage_category,
        };
        world.types.insert(name, known);
    }
}

impl Snapshot {
    pub(in crate::simulator) fn of(world: &World) -> Self {
        let types = world.types.values();
        Self {
            region: Some(world.region_id.clone()),
            settings: world.settings.clone(),
            time_offset_ms: world.time_offset.num_milliseconds(),
            gateway_offset_ms: world.gateway_offset.num_milliseconds(),
            instance_types: types
                .map(|known| InstanceTypeJson::of(world, known))
                .collect(),
            images: world.images.values().cloned().collect(),
            instances: world.instances.values().cloned().collect(),
            orders: world.orders.clone(),
            client_tokens: world
                .idempotency
                .iter()
                .map(|(token, record)| (token.clone(), record.clone()))
                .collect(),
            faults: world.faults.iter().map(FaultJson::of).collect(),
        }
    }

    /// Replaces the world, but keeps the journal and the nonces.
    pub(in crate::simulator) fn load(self, world: &mut World) {
        let region_id = self.region.unwrap_or_else(|| world.region_id.clone());
        let mut new = World::new(region_id, self.settings);
        let milliseconds = |ms| TimeDelta::try_milliseconds(ms).unwrap_or(TimeDelta::MAX);
        new.time_offset = milliseconds(self.time_offset_ms);
        new.gateway_offset = milliseconds(self.gateway_offset_ms);
        for known in self.instance_types {
            known.load(&mut new);
        }
        for image in self.images {
            new.images.insert(image.image_id.clone(), image);
        }
        for (index, order) in self.orders.into_iter().enumerate() {
            let time = match order.status {
                OrderStatus::Processing => {
                    new.processing.insert((order.instance_id.clone(), index));
                    order.processed_at
                }
                OrderStatus::Processed => order.restart_at,
                _ => None,
            };
            new.orders.push(order);
            if let Some(time) = time {
                new.schedule(time, Event::Order(index));
            }
        }
        for instance in self.instances {
            new.add_instance(instance);
        }
        new.idempotency = self.client_tokens.into_iter().collect();
        for fault in self.faults {
            // A snapshot of a simulator is valid. Errors in other JSON were reported when it was parsed.
            if let Ok(fault) = fault.into_fault() {
                new.faults.push(fault);
            }
        }
        std::mem::swap(&mut new.journal, &mut world.journal);
        std::mem::swap(&mut new.verifier, &mut world.verifier);
        std::mem::swap(&mut new.initial, &mut world.initial);
        *world = new;
        world.settle();
    }

    /// Checks what parsing does not check.
    pub(in crate::simulator) fn check(&self) -> Result<(), String> {
        let faults = self.faults.iter().cloned();
        let invalid = faults.filter_map(|fault| fault.into_fault().err()).next();
        invalid.map_or(Ok(()), |error| Err(error.message))
    }
}
