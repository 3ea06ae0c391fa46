//! Handles a request: a queued fault, verification, and the operation.

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
    let operation: fn(&mut World, &Incoming) -> Outcome = match incoming.action() {
        "DescribeDisks" => ops::describe_disks,
        "DescribeImages" => ops::describe_images,
        "DescribeInstanceAttribute" => ops::describe_instance_attribute,
        "DescribeInstanceModificationPrice" => ops::describe_instance_modification_price,
        "DescribeInstanceStatus" => ops::describe_instance_status,
        "DescribeInstanceTypes" => ops::describe_instance_types,
        "DescribeInstances" => ops::describe_instances,
        "DescribeRegions" => ops::describe_regions,
        "DescribeResourcesModification" => ops::describe_resources_modification,
        "ModifyInstanceSpec" => ops::modify_instance_spec,
        "ModifyPrepayInstanceSpec" => ops::modify_prepay_instance_spec,
        "RebootInstance" => ops::reboot_instance,
        "RebootInstances" => ops::reboot_instances,
        "StartInstance" => ops::start_instance,
        "StartInstances" => ops::start_instances,
        "StopInstance" => ops::stop_instance,
        "StopInstances" => ops::stop_instances,
        _ => return Err(errors::API_NOT_FOUND),
    };
    operation(world, incoming)
}
