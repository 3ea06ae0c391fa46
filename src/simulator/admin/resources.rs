//! The handlers: instances, instance types, images, orders, requests, faults, settings and time.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

use super::fault::FaultJson;
use super::snapshot::InstanceTypeJson;
use super::{AdminError, HandlerResult, Request, patched, to_json};
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::instance_type::SimulatedImage;
use crate::simulator::journal::ReceivedRequest;
use crate::simulator::verify;
use crate::simulator::world::World;

/// How many requests are returned unless the query says otherwise.
const REQUESTS: usize = 1_000;

pub(super) fn health(world: &World) -> HandlerResult {
    Ok(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "region": world.region_id,
        "access_key_id": verify::ACCESS_KEY_ID,
        "access_key_secret": verify::ACCESS_KEY_SECRET,
        "security_token": world.verifier.security_token,
        "orders": world.orders.len(),
        "requests": world.journal.entries().count(),
        "dropped_requests": world.journal.dropped(),
    }))
}

pub(super) fn patch_settings(world: &mut World, request: &Request<'_>) -> HandlerResult {
    let settings = patched(&world.settings, request.json()?)?;
    world.set_settings(settings);
    to_json(&world.settings)
}

pub(super) fn time(world: &World) -> HandlerResult {
    Ok(json!({
        "now": world.now(),
        "offset_seconds": seconds(world.time_offset),
        "gateway_now": world.gateway_now(),
        "gateway_offset_seconds": seconds(world.gateway_offset),
    }))
}

fn seconds(delta: chrono::TimeDelta) -> f64 {
    delta.as_seconds_f64()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetTime {
    /// Moves the time of orders and instances forward.
    advance_seconds: Option<f64>,
    /// How far the gateway's clock is ahead of the real one.
    gateway_offset_seconds: Option<f64>,
}

pub(super) fn set_time(world: &mut World, request: &Request<'_>) -> HandlerResult {
    let change: SetTime = request.json()?;
    if let Some(seconds) = change.gateway_offset_seconds {
        // The cast saturates, which is good enough for extremely large numbers of milliseconds.
        let offset = chrono::TimeDelta::try_milliseconds((seconds * 1_000.0) as i64);
        world.gateway_offset = offset.unwrap_or(chrono::TimeDelta::MAX);
    }
    if let Some(seconds) = change.advance_seconds {
        let duration = Duration::try_from_secs_f64(seconds)
            .map_err(|error| AdminError::bad_request(format!("advance_seconds: {error}")))?;
        world.advance(duration);
        world.settle();
    }
    time(world)
}

pub(super) fn instances(world: &World) -> HandlerResult {
    let instances: Vec<&SimulatedInstance> = world.instances.values().collect();
    Ok(json!({ "instances": instances }))
}

pub(super) fn instance(world: &World, id: &str) -> HandlerResult {
    let instance = world.instances.get(id);
    to_json(instance.ok_or_else(|| AdminError::not_found("instance", id))?)
}

pub(super) fn add_instance(world: &mut World, request: &Request<'_>) -> HandlerResult {
    let added: SimulatedInstance = request.json()?;
    let id = added.instance_id.clone();
    world.add_instance(added);
    instance(world, &id)
}

pub(super) fn patch_instance(world: &mut World, id: &str, request: &Request<'_>) -> HandlerResult {
    let current = world.instances.get(id);
    let current = current.ok_or_else(|| AdminError::not_found("instance", id))?;
    let mut patch: Map<String, Value> = request.json()?;
    if patch.get("instance_id").is_some_and(|new| new != id) {
        return Err(AdminError::bad_request("the instance_id cannot be changed"));
    }
    if patch.contains_key("status") {
        // A status that is set explicitly has no pending transitions.
        patch.entry("path").or_insert_with(|| json!([]));
    }
    let changed = patched(current, Value::Object(patch))?;
    world.add_instance(changed);
    instance(world, id)
}

pub(super) fn remove_instance(world: &mut World, id: &str) -> HandlerResult {
    match world.instances.remove(id) {
        true => Ok(json!({})),
        false => Err(AdminError::not_found("instance", id)),
    }
}

pub(super) fn instance_types(world: &World) -> HandlerResult {
    let types = world.types.values();
    let types: Vec<_> = types
        .map(|known| InstanceTypeJson::of(world, known))
        .collect();
    Ok(json!({ "instance_types": types }))
}

pub(super) fn instance_type(world: &World, name: &str) -> HandlerResult {
    let known = world.types.get(name);
    let known = known.ok_or_else(|| AdminError::not_found("instance type", name))?;
    to_json(&InstanceTypeJson::of(world, known))
}

pub(super) fn add_instance_type(world: &mut World, request: &Request<'_>) -> HandlerResult {
    let added: InstanceTypeJson = request.json()?;
    let name = added.name.clone();
    added.load(world);
    instance_type(world, &name)
}

pub(super) fn patch_instance_type(
    world: &mut World,
    name: &str,
    request: &Request<'_>,
) -> HandlerResult {
    let known = world.types.get(name);
    let known = known.ok_or_else(|| AdminError::not_found("instance type", name))?;
    let changed = patched(&InstanceTypeJson::of(world, known), request.json()?)?;
    if changed.name != name {
        return Err(AdminError::bad_request("the name cannot be changed"));
    }
    changed.load(world);
    instance_type(world, name)
}

pub(super) fn images(world: &World) -> HandlerResult {
    let images: Vec<&SimulatedImage> = world.images.values().collect();
    Ok(json!({ "images": images }))
}

pub(super) fn add_image(world: &mut World, request: &Request<'_>) -> HandlerResult {
    let image: SimulatedImage = request.json()?;
    let reply = to_json(&image);
    world.images.insert(image.image_id.clone(), image);
    reply
}

pub(super) fn orders(world: &World, request: &Request<'_>) -> HandlerResult {
    let instance_id = request.query("instance_id");
    let orders = world.orders.iter();
    let orders: Vec<_> = orders
        .filter(|order| instance_id.is_none_or(|id| id == order.instance_id))
        .collect();
    Ok(json!({ "orders": orders }))
}

pub(super) fn order(world: &World, id: &str) -> HandlerResult {
    let order = world.orders.iter().find(|order| order.order_id == id);
    to_json(order.ok_or_else(|| AdminError::not_found("order", id))?)
}

pub(super) fn close_order(world: &mut World, id: &str, action: &str) -> HandlerResult {
    let before = order(world, id)?;
    let done = match action {
        "pay" => world.pay_order(id),
        "cancel" => world.cancel_order(id),
        _ => world.fail_order(id),
    };
    if done {
        return order(world, id);
    }
    let message = format!(
        "failed to {action} the order: its status is {}",
        before["status"]
    );
    Err(AdminError::new(StatusCode::CONFLICT, message))
}

/// The journal, filtered by `action`, `error_code`, `fault`, `http_status`, `verified` and `after`.
pub(super) fn requests(world: &World, request: &Request<'_>) -> HandlerResult {
    let known = [
        "action",
        "error_code",
        "fault",
        "http_status",
        "verified",
        "after",
        "limit",
    ];
    let mut names = request.query.iter().map(|(name, _)| &**name);
    if let Some(other) = names.find(|name| !known.contains(name)) {
        return Err(AdminError::bad_request(format!("no such filter ({other})")));
    }
    let number = |name, default: u64| {
        let text = request.query(name).map(str::parse);
        text.unwrap_or(Ok(default))
            .map_err(|_| AdminError::bad_request(format!("{name} is not a number")))
    };
    let (after, limit) = (number("after", 0)?, number("limit", REQUESTS as u64)?);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let same = |name, value: Option<&str>| request.query(name).is_none_or(|it| Some(it) == value);
    let matching = world.journal.numbered().filter(|(number, entry)| {
        *number > after
            && same("action", Some(entry.action()))
            && same("error_code", entry.error_code())
            && same("fault", entry.fault())
            && same("http_status", Some(&entry.http_status().to_string()))
            && same("verified", Some(&entry.verified().to_string()))
    });
    let requests: Vec<Value> = matching
        .take(limit)
        .map(|(number, entry)| describe(number, entry))
        .collect();
    Ok(json!({"requests": requests, "dropped": world.journal.dropped()}))
}

fn describe(number: u64, request: &ReceivedRequest) -> Value {
    let object = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect()
    };
    json!({
        "number": number,
        "method": request.method(),
        "action": request.action(),
        "parameters": object(request.parameters()),
        "headers": object(request.headers()),
        "signature": format!("{:?}", request.signature()),
        "verified": request.verified(),
        "http_status": request.http_status(),
        "error_code": request.error_code(),
        "request_id": request.request_id(),
        "fault": request.fault(),
    })
}

pub(super) fn faults(world: &World) -> HandlerResult {
    let faults: Vec<FaultJson> = world.faults.iter().map(FaultJson::of).collect();
    Ok(json!({ "faults": faults }))
}

/// Queues one fault, or a list of them; none if one is invalid.
pub(super) fn add_faults(world: &mut World, request: &Request<'_>) -> HandlerResult {
    let body: Value = request.json()?;
    let list = match body {
        Value::Array(list) => list,
        one => vec![one],
    };
    let fault = |value| {
        let json: FaultJson = serde_json::from_value(value)
            .map_err(|error| AdminError::bad_request(format!("invalid fault: {error}")))?;
        json.into_fault()
    };
    let queued: Result<Vec<_>, AdminError> = list.into_iter().map(fault).collect();
    for fault in queued? {
        world.faults.push(fault);
    }
    faults(world)
}
