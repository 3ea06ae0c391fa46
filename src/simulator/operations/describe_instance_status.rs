//! `DescribeInstanceStatus`: the status of instances, paged by number.

use serde_json::json;

use super::describe_regions;
use super::page::{Page, Sizes};
use crate::simulator::errors;
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::request::Incoming;
use crate::simulator::response::Outcome;
use crate::simulator::world::World;

const SIZES: Sizes = Sizes {
    default: 10,
    least: 1,
    most: 50,
};

const MAX_IDS: usize = 100;

pub(in crate::simulator) fn describe_instance_status(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(world, &["InstanceId.N", "PageNumber", "PageSize", "ZoneId"])?;
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::REGION_NOT_FOUND);
    }
    let ids = incoming.list("InstanceId");
    if ids.len() > MAX_IDS {
        return Err(errors::TOO_MANY_IDS);
    }
    let page = Page::by_number(incoming, &SIZES)?;
    let zone = incoming.given("ZoneId");
    let here = region_id == world.region_id;
    let all = world.instances.all_seen(world.now());
    // An unknown id is missing from the list; no document describes another behavior.
    let found: Vec<&SimulatedInstance> = all
        .filter(|_| here)
        .filter(|it| ids.is_empty() || ids.contains(&&*it.instance_id))
        .filter(|it| zone.is_none_or(|zone| zone == it.zone_id))
        .collect();
    let (items, mut fields) = page.write(
        &found,
        |it| json!({"InstanceId": it.instance_id, "Status": it.status.as_str()}),
    );
    fields.insert("TotalCount".to_owned(), json!(found.len()));
    fields.insert(
        "InstanceStatuses".to_owned(),
        json!({ "InstanceStatus": items }),
    );
    Ok(fields)
}
