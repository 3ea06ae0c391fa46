//! The admin API under `/_simulator/`: what the Rust API does, over HTTP, for programs in any language.
//!
//! Each handler is a thin layer over [`World`], as the methods of [`Simulator`](super::Simulator) are.

mod access;
mod fault;
mod resources;
mod snapshot;

use http::request::Parts;
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(super) use self::access::Access;
pub(super) use self::snapshot::Snapshot;

use super::request::{find, parse_form, percent_decode};
use super::world::{Shared, World};

/// The prefix of all paths of the admin API.
pub(super) const PREFIX: &str = "/_simulator";
/// The largest body of an admin request, which may be a whole world.
pub(super) const MAX_BODY: usize = 64 << 20;

const OPENAPI: &str = include_str!("openapi.json");

/// The result of a handler.
type HandlerResult = Result<Value, AdminError>;

/// An admin request that failed.
#[derive(Debug)]
struct AdminError {
    status: StatusCode,
    message: String,
}

impl AdminError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    fn bad_request(error: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }

    fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {what} ({id})"))
    }
}

pub(super) fn is_admin(path: &str) -> bool {
    let rest = path.strip_prefix(PREFIX);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Responds to an admin request: the status, and a JSON body.
pub(super) fn respond(
    shared: &Shared,
    access: &Access,
    head: &Parts,
    body: &[u8],
) -> (StatusCode, String) {
    let reply = access
        .check(&head.headers)
        .and_then(|()| route(&mut shared.lock(), head, body));
    match reply {
        Ok(value) => (StatusCode::OK, value.to_string()),
        Err(error) => {
            let text = json!({ "error": error.message });
            (error.status, text.to_string())
        }
    }
}

/// A request as handlers see it.
struct Request<'a> {
    query: Vec<(String, String)>,
    body: &'a [u8],
}

impl Request<'_> {
    fn json<T: DeserializeOwned>(&self) -> Result<T, AdminError> {
        serde_json::from_slice(self.body)
            .map_err(|error| AdminError::bad_request(format!("invalid body: {error}")))
    }

    fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }
}

fn route(world: &mut World, head: &Parts, body: &[u8]) -> HandlerResult {
    let path = head.uri.path();
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        // A `+` in a path is not a space.
        .map(|segment| percent_decode(&segment.replace('+', "%2B")))
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let request = Request {
        query: parse_form(head.uri.query().unwrap_or_default()),
        body,
    };
    let method = head.method.as_str();
    match (method, &*segments) {
        ("GET", ["health"]) => resources::health(world),
        ("GET", ["openapi.json"]) => serde_json::from_str(OPENAPI).map_err(AdminError::bad_request),
        ("POST", ["reset"]) => {
            world.reset();
            Ok(json!({}))
        }
        ("GET", ["snapshot"]) => to_json(&Snapshot::of(world)),
        ("PUT", ["snapshot"]) => {
            let snapshot: Snapshot = request.json()?;
            snapshot.check().map_err(AdminError::bad_request)?;
            snapshot.load(world);
            Ok(json!({}))
        }
        ("GET", ["settings"]) => to_json(&world.settings),
        ("PATCH", ["settings"]) => resources::patch_settings(world, &request),
        ("GET", ["time"]) => resources::time(world),
        ("POST", ["time"]) => resources::set_time(world, &request),
        ("GET", ["instances"]) => resources::instances(world),
        ("POST", ["instances"]) => resources::add_instance(world, &request),
        ("GET", ["instances", id]) => resources::instance(world, id),
        ("PATCH", ["instances", id]) => resources::patch_instance(world, id, &request),
        ("DELETE", ["instances", id]) => resources::remove_instance(world, id),
        ("GET", ["instance-types"]) => resources::instance_types(world),
        ("POST", ["instance-types"]) => resources::add_instance_type(world, &request),
        ("GET", ["instance-types", name]) => resources::instance_type(world, name),
        ("PATCH", ["instance-types", name]) => {
            resources::patch_instance_type(world, name, &request)
        }
        ("GET", ["images"]) => resources::images(world),
        ("POST", ["images"]) => resources::add_image(world, &request),
        ("GET", ["orders"]) => resources::orders(world, &request),
        ("GET", ["orders", id]) => resources::order(world, id),
        ("POST", ["orders", id, action @ ("pay" | "cancel" | "fail")]) => {
            resources::close_order(world, id, action)
        }
        ("GET", ["requests"]) => resources::requests(world, &request),
        ("DELETE", ["requests"]) => {
            world.journal.clear();
            Ok(json!({}))
        }
        ("GET", ["faults"]) => resources::faults(world),
        ("POST", ["faults"]) => resources::add_faults(world, &request),
        ("DELETE", ["faults"]) => {
            world.faults.clear();
            Ok(json!({}))
        }
        _ => Err(no_route(&head.method, path)),
    }
}

fn no_route(method: &Method, path: &str) -> AdminError {
    let message =
        format!("no such operation ({method} {PREFIX}{path}); {PREFIX}/openapi.json lists them");
    AdminError::new(StatusCode::NOT_FOUND, message)
}

fn to_json(value: &impl serde::Serialize) -> HandlerResult {
    serde_json::to_value(value).map_err(AdminError::bad_request)
}

/// The value with the fields of `patch` replaced.
fn patched<T: serde::Serialize + DeserializeOwned>(
    value: &T,
    patch: Value,
) -> Result<T, AdminError> {
    let Value::Object(patch) = patch else {
        return Err(AdminError::bad_request("invalid body: expected an object"));
    };
    let mut fields = to_json(value)?;
    if let Some(fields) = fields.as_object_mut() {
        fields.extend(patch);
    }
    serde_json::from_value(fields)
        .map_err(|error| AdminError::bad_request(format!("invalid body: {error}")))
}
