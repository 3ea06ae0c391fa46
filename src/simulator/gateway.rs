//! One request: a fault where one is queued, verification, and the operation.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::errors;
use super::faults::Fault;
use super::journal::ReceivedRequest;
use super::operations as ops;
use super::request::Incoming;
use super::response::{Format, Outcome, RawResponse};
use super::world::{Shared, World};

/// The response to a request, and the time of the gateway's clock.
pub(super) fn respond(
    shared: &Shared,
    head: &http::request::Parts,
    body: Bytes,
) -> (RawResponse, DateTime<Utc>) {
    let incoming = Incoming::new(head, body);
    let mut world = shared.lock();
    let now = world.gateway_now();
    let queued = world.faults.next(incoming.action());
    let kind = queued.as_ref().map(Fault::kind);
    let wording = world.settings.canonical_request_in_signature_errors;
    let verified = world.verifier.verify(&incoming, now, wording);
    let is_verified = verified.is_ok();
    let requested = Format::requested(&incoming);
    let format = *requested.as_ref().unwrap_or(&Format::fallback(&incoming));
    let response = queued.unwrap_or_else(Fault::none).respond(
        |rejection| RawResponse::new(Err(rejection), &incoming, format),
        || {
            let outcome = requested
                .and(verified)
                .and_then(|()| dispatch(&mut world, &incoming));
            RawResponse::new(outcome, &incoming, format)
        },
    );
    let entry = ReceivedRequest::new(&incoming, is_verified, &response, kind);
    world.journal.push(entry);
    (response, now)
}

/// One line for each operation.
fn dispatch(world: &mut World, incoming: &Incoming) -> Outcome {
    if incoming.path != "/" {
        return Err(errors::API_NOT_FOUND);
    }
    match incoming.action() {
        "ModifyPrepayInstanceSpec" => ops::modify_prepay_instance_spec(world, incoming),
        "DescribeInstances" => ops::describe_instances(world, incoming),
        "DescribeInstanceTypes" => ops::describe_instance_types(world, incoming),
        "DescribeResourcesModification" => ops::describe_resources_modification(world, incoming),
        "DescribeInstanceModificationPrice" => {
            ops::describe_instance_modification_price(world, incoming)
        }
        "StartInstance" => ops::start_instance(world, incoming),
        "StopInstance" => ops::stop_instance(world, incoming),
        "RebootInstance" => ops::reboot_instance(world, incoming),
        "DescribeRegions" => ops::describe_regions(world, incoming),
        _ => Err(errors::API_NOT_FOUND),
    }
}
