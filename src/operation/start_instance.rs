//! `StartInstance`: starts a stopped instance.

use serde::Deserialize;

use super::filters::Filters;
use super::{Operation, Sealed, passed_dry_run, wire};
use crate::error::{Effect, ServiceError, ValidationError, Violations};
use crate::protocol::{Params, Reply, Text};
use crate::types::{InstanceId, RegionId};

/// An order to start a stopped instance.
///
/// This is the step in which a stopped instance takes on a type that was ordered for it; it can fail for lack
/// of stock or quota.
///
/// The operation has no client token: after a failure of unknown outcome the call is not repeated. Look at the
/// instance's state ([`Client::describe_instances`](crate::Client::describe_instances)) before sending it again.
///
/// ```
/// use aliyun_ecs::operation::StartInstanceRequest;
///
/// let request = StartInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StartInstanceRequest {
    region_id: Option<RegionId>,
    instance_id: InstanceId,
    filters: Filters,
}

impl StartInstanceRequest {
    /// A request to start the instance `instance_id`.
    pub fn builder(instance_id: impl Into<String>) -> StartInstanceRequestBuilder {
        StartInstanceRequestBuilder {
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

impl Sealed for StartInstanceRequest {
    fn action(&self) -> &str {
        "StartInstance"
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

impl Operation for StartInstanceRequest {
    type Response = StartInstanceResponse;

    fn read(reply: &Reply<'_>) -> Result<Self::Response, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire {
            request_id: Option<Text>,
        }

        let Wire { request_id } = reply.read()?;
        Ok(StartInstanceResponse::new(wire::request_id(
            request_id, reply,
        )?))
    }

    fn read_refusal(refusal: &ServiceError) -> Option<Self::Response> {
        passed_dry_run(refusal).map(StartInstanceResponse::of_dry_run)
    }
}

/// Builds a [`StartInstanceRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct StartInstanceRequestBuilder {
    region_id: Option<String>,
    instance_id: String,
    filters: Filters,
}

filters! { StartInstanceRequestBuilder {
    /// Whether damaged local disks are initialized, on the few types that have such; **their data is lost**.
    /// The service takes `false` where it is not sent.
    flag init_local_disk = "InitLocalDisk";
    /// Whether everything is only checked, the caller's rights included; the response then says so.
    /// The service takes `false` where it is not sent.
    flag dry_run = "DryRun";
} }

impl StartInstanceRequestBuilder {
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
    pub fn build(self) -> Result<StartInstanceRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_id = violations.check("InstanceId", InstanceId::new(self.instance_id));
        self.filters.check(&[], &mut violations);
        let Some(instance_id) = instance_id else {
            return Err(violations.into_error());
        };
        violations.into_result()?;
        Ok(StartInstanceRequest {
            region_id,
            instance_id,
            filters: self.filters,
        })
    }
}

/// The service has accepted it: the instance is `Starting`, and `Running` some time later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartInstanceResponse {
    request_id: String,
    dry_run: bool,
}

impl StartInstanceResponse {
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
