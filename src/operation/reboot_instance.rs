//! `RebootInstance`: restarts a running instance.

use serde::Deserialize;

use super::filters::Filters;
use super::{Operation, Sealed, passed_dry_run, wire};
use crate::error::{Effect, ServiceError, ValidationError, Violations};
use crate::protocol::{Params, Reply, Text};
use crate::types::{InstanceId, RegionId};

/// An order to restart a running instance.
///
/// A running instance takes on a type that was ordered for it by this, not by a restart from within its operating
/// system. The state may still be `Running` for a moment before it becomes `Stopping` or `Starting`: the first
/// `Running` that is seen afterwards is not the end of it.
///
/// The operation has no client token: after a failure of unknown outcome the call is not repeated. Look at the
/// instance's state ([`Client::describe_instances`](crate::Client::describe_instances)) before sending it again.
///
/// ```
/// use aliyun_ecs::operation::RebootInstanceRequest;
///
/// let request = RebootInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RebootInstanceRequest {
    region_id: Option<RegionId>,
    instance_id: InstanceId,
    filters: Filters,
}

impl RebootInstanceRequest {
    /// A request to restart the instance `instance_id`.
    pub fn builder(instance_id: impl Into<String>) -> RebootInstanceRequestBuilder {
        RebootInstanceRequestBuilder {
            instance_id: instance_id.into(),
            ..Default::default()
        }
    }

    /// The region that chooses the endpoint; `None` stands for the client's region.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// `InstanceId`.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The value of an optional parameter, by the API's name, for instance `DryRun`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }
}

impl Sealed for RebootInstanceRequest {
    fn action(&self) -> &str {
        "RebootInstance"
    }

    fn effect(&self) -> Effect {
        match self.filters.get("DryRun") {
            Some("true") => Effect::Read,
            _ => Effect::Change,
        }
    }

    fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    // The operation has no `RegionId`: the endpoint chooses the region. Sending it does no harm.
    fn params<'a>(&'a self, region: &'a RegionId) -> Params<'a> {
        let mut params = Params::default();
        params.add("RegionId", region.as_str());
        params.add("InstanceId", self.instance_id.as_str());
        self.filters.add_to(&mut params);
        params
    }
}

impl Operation for RebootInstanceRequest {
    type Response = RebootInstanceResponse;

    fn read(reply: &Reply<'_>) -> Result<Self::Response, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire {
            request_id: Option<Text>,
        }

        let Wire { request_id } = reply.read()?;
        Ok(RebootInstanceResponse::new(wire::request_id(
            request_id, reply,
        )?))
    }

    fn read_refusal(refusal: &ServiceError) -> Option<Self::Response> {
        passed_dry_run(refusal).map(RebootInstanceResponse::of_dry_run)
    }
}

/// Builds a [`RebootInstanceRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct RebootInstanceRequestBuilder {
    region_id: Option<String>,
    instance_id: String,
    filters: Filters,
}

filters! { RebootInstanceRequestBuilder {
    /// Whether the power is cut instead of shutting the system down; **what was not written to disk is lost**.
    /// The service takes `false` where it is not sent.
    flag force_stop = "ForceStop";
    /// Whether everything is only checked, the caller's rights included; the response then says so.
    /// The service takes `false` where it is not sent.
    flag dry_run = "DryRun";
} }

impl RebootInstanceRequestBuilder {
    /// The region that the instance is in. Default: the client's region.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(self) -> Result<RebootInstanceRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_id = violations.check("InstanceId", InstanceId::new(self.instance_id));
        self.filters.check(&[], &mut violations);
        let Some(instance_id) = instance_id else {
            return Err(violations.into_error());
        };
        violations.into_result()?;
        Ok(RebootInstanceRequest {
            region_id,
            instance_id,
            filters: self.filters,
        })
    }
}

/// The service has accepted it: the instance restarts, and is `Running` again some time later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebootInstanceResponse {
    request_id: String,
    dry_run: bool,
}

impl RebootInstanceResponse {
    /// A response, for your own tests.
    pub fn new(request_id: impl Into<String>) -> Self {
        Self {
            request_id: request_id.into(),
            dry_run: false,
        }
    }

    fn of_dry_run(request_id: String) -> Self {
        Self {
            request_id,
            dry_run: true,
        }
    }

    /// The id of the request (`RequestId`).
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Whether this was a dry run that passed (`DryRunOperation`): nothing was changed.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }
}
