//! `DescribeResourcesModification`: the types that an instance can be changed to.
//!
//! Types of the instance's own size count as upgrades, as the orders take them.

use serde_json::{Map, Value, json};
use std::cmp::Ordering;

use super::errors;
use super::request::Incoming;
use super::response::Outcome;
use super::state::State;

pub(super) fn describe_resources_modification(state: &mut State, incoming: &Incoming) -> Outcome {
    let here = incoming.required("RegionId")? == state.region_id;
    let instance = state
        .instance(incoming.required("ResourceId")?)
        .filter(|_| here)
        .ok_or(errors::RESOURCE_NOT_FOUND)?;
    match incoming.given("DestinationResource") {
        None => return Err(errors::DESTINATION_MISSING),
        Some(destination) if destination.eq_ignore_ascii_case("InstanceType") => {}
        // Only types are simulated.
        Some(_) => return Err(errors::DESTINATION),
    }
    let named = incoming.given("InstanceType");
    if named.is_some()
        && incoming
            .given("Cores")
            .or(incoming.given("Memory"))
            .is_some()
    {
        return Err(errors::TYPE_AND_SIZE);
    }
    let wanted: &[Ordering] = match incoming.given("OperationType").unwrap_or("Upgrade") {
        "Upgrade" => &[Ordering::Greater, Ordering::Equal],
        "Downgrade" if !instance.pay_as_you_go => &[Ordering::Less],
        _ => return Err(errors::MODIFICATION_TYPE),
    };
    let current = state.types.get(&instance.instance_type);
    let current = current.map(|known| known.size());
    let cores = incoming.number("Cores", 0_u32)?;
    let memory = incoming.number("Memory", 0.0_f64)?;
    let resources: Vec<Value> = state
        .types
        .values()
        .filter(|known| known.name != instance.instance_type)
        .filter(|known| !state.not_offered.contains(&known.name))
        .filter(|known| named.is_none_or(|named| named == known.name))
        .filter(|known| cores == 0 || cores == known.vcpus)
        .filter(|known| memory == 0.0 || memory == f64::from(known.memory_gib))
        .filter(|known| wanted.contains(&Some(known.size()).cmp(&current)))
        .map(|known| {
            let (status, stock) = match state.sold_out.contains(&known.name) {
                true => ("SoldOut", "WithoutStock"),
                false => ("Available", "WithStock"),
            };
            json!({"Value": known.name, "Status": status, "StatusCategory": stock, "Min": null, "Max": null})
        })
        .collect();
    let zone = json!({
        "ZoneId": format!("{}-e", state.region_id),
        "RegionId": state.region_id,
        "Status": "Available",
        "AvailableResources": {"AvailableResource": [{
            "Type": "InstanceType",
            "SupportedResources": {"SupportedResource": resources},
        }]},
    });
    let zones = json!({ "AvailableZone": [zone] });
    Ok(Map::from_iter([("AvailableZones".to_owned(), zones)]))
}
