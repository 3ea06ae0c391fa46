//! What `StartInstance`, `StopInstance` and `RebootInstance` have in common: one instance, a dry run,
//! no client token, and an answer that only says that it was accepted.

/// The request, its builder and its response; the builder's optional parameters are the file's own.
macro_rules! power_operation {
    (
        $(#[$request_doc:meta])*
        $request:ident, $builder:ident, $action:literal;
        $(#[$response_doc:meta])*
        $response:ident
    ) => {
        use super::filters::OptionalParams;
        use super::{Operation, Sealed, passed_dry_run, wire};
        use crate::error::{Effect, ServiceError, ValidationError, Violations};
        use crate::protocol::{Params, RawResponse};
        use crate::types::{InstanceId, RegionId};

        $(#[$request_doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $request {
            region_id: Option<RegionId>,
            instance_id: InstanceId,
            filters: OptionalParams,
        }

        impl $request {
            /// A request for the instance `instance_id`.
            pub fn builder(instance_id: impl Into<String>) -> $builder {
                $builder {
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

        impl Sealed for $request {
            fn action(&self) -> &str {
                $action
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
                let mut params = Params::new();
                params.add("RegionId", region);
                params.add("InstanceId", &self.instance_id);
                self.filters.add_to(&mut params);
                params
            }
        }

        impl Operation for $request {
            type Response = $response;

            fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
                let mut body: wire::OnlyRequestId = wire::read(reply)?;
                wire::request_id(&mut body.request_id, reply)?;
                Ok($response::new(body.request_id))
            }

            fn from_error(rejection: &ServiceError) -> Option<Self::Response> {
                passed_dry_run(rejection).map($response::of_dry_run)
            }
        }

        #[doc = concat!("Builds a [`", stringify!($request), "`].")]
        #[derive(Debug, Clone, Default)]
        #[must_use = "a builder does nothing until `build()`"]
        pub struct $builder {
            region_id: Option<String>,
            instance_id: String,
            filters: OptionalParams,
        }

        impl $builder {
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
            pub fn build(self) -> Result<$request, ValidationError> {
                let mut violations = Violations::default();
                let region_id = self.region_id.map(RegionId::new);
                let region_id = violations.check_optional("RegionId", region_id);
                let instance_id = violations.check("InstanceId", InstanceId::new(self.instance_id));
                self.filters.check(&[], &mut violations);
                let Some(instance_id) = instance_id else {
                    return Err(violations.into_error());
                };
                violations.into_result()?;
                Ok($request {
                    region_id,
                    instance_id,
                    filters: self.filters,
                })
            }
        }

        $(#[$response_doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $response {
            request_id: String,
            dry_run: bool,
        }

        impl $response {
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
    };
}
