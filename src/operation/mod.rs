//! The operations: a request with its builder, and a response, for each.
//!
//! A builder refuses what cannot be right: ids, types and times of another form, numbers and lists beyond the API's
//! limits, values that exclude each other, and empty texts, since what is not sent is left out. Any other text or
//! number is sent as it is, for the service to judge. There is no limit to its length, except that under
//! [`SignatureVersion::V3`](crate::SignatureVersion::V3) all parameters have to fit into a URL of 64 KiB.

// One file each, laid out alike.

#[macro_use]
mod filters;
#[macro_use]
mod power;
mod describe_instance_modification_price;
mod describe_instance_types;
mod describe_instances;
mod describe_regions;
mod describe_resources_modification;
mod modify_prepay_instance_spec;
mod reboot_instance;
mod rpc;
mod start_instance;
mod stop_instance;
mod wire;

pub use describe_instance_modification_price::{
    DataDisk, DescribeInstanceModificationPriceRequest,
    DescribeInstanceModificationPriceRequestBuilder, DescribeInstanceModificationPriceResponse,
    Price, PriceRule,
};
pub use describe_instance_types::{
    DescribeInstanceTypesRequest, DescribeInstanceTypesRequestBuilder,
    DescribeInstanceTypesResponse, InstanceTypeInfo,
};
pub use describe_instances::{
    DescribeInstancesRequest, DescribeInstancesRequestBuilder, DescribeInstancesResponse, Instance,
};
pub use describe_regions::{
    DescribeRegionsRequest, DescribeRegionsRequestBuilder, DescribeRegionsResponse, Region,
};
pub use describe_resources_modification::{
    AvailableZone, DescribeResourcesModificationRequest,
    DescribeResourcesModificationRequestBuilder, DescribeResourcesModificationResponse,
    SupportedResource,
};
pub use modify_prepay_instance_spec::{
    DiskChange, ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecRequestBuilder,
    ModifyPrepayInstanceSpecResponse,
};
pub use reboot_instance::{
    RebootInstanceRequest, RebootInstanceRequestBuilder, RebootInstanceResponse,
};
pub use rpc::RpcRequest;
pub use start_instance::{
    StartInstanceRequest, StartInstanceRequestBuilder, StartInstanceResponse,
};
pub use stop_instance::{StopInstanceRequest, StopInstanceRequestBuilder, StopInstanceResponse};

pub(crate) use sealed::Sealed;

use crate::error::{ErrorCode, ServiceError};
use crate::protocol::RawResponse;

/// A request that [`Client::call`](crate::Client::call) can send.
///
/// Implemented by the requests of this module only; [`RpcRequest`] calls any operation that has
/// no request type of its own.
///
/// ```
/// use aliyun_ecs::operation::Operation;
/// use aliyun_ecs::{CallOptions, Client, Error, RetryConfig};
///
/// /// One attempt, whatever the client is set up for.
/// async fn once<O: Operation>(client: &Client, operation: O) -> Result<O::Response, Error> {
///     client.call(operation, CallOptions::default().with_retry(RetryConfig::disabled())).await
/// }
/// ```
pub trait Operation: Sealed {
    /// What the service answers.
    type Response;

    #[doc(hidden)]
    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String>;

    /// The response that a refusal stands for, where it is none in truth.
    #[doc(hidden)]
    fn from_error(_refusal: &ServiceError) -> Option<Self::Response> {
        None
    }
}

/// An operation whose answer comes in pages, for [`Paginator`](crate::Paginator).
pub trait Paginate: Operation<Response: Send> + Clone + 'static {
    /// What the pages hold.
    type Item;

    /// The request of the page that `token` stands for, the first one without.
    #[doc(hidden)]
    #[must_use]
    fn page(&self, token: Option<String>) -> Self;

    #[doc(hidden)]
    fn open(response: Self::Response) -> Page<Self::Item>;
}

/// A page, taken apart.
#[doc(hidden)]
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_token: Option<String>,
    /// How many items all pages hold, where the service says so.
    pub total: Option<u64>,
    pub request_id: String,
}

/// The request id of a dry run that passed, which the service answers with an error code.
fn passed_dry_run(rejection: &ServiceError) -> Option<String> {
    (*rejection.code() == ErrorCode::DryRunOperation)
        .then(|| rejection.request_id().unwrap_or_default().to_owned())
}

mod sealed {
    use crate::error::{Effect, ValidationError};
    use crate::protocol::Params;
    use crate::types::{ClientToken, RegionId};

    /// What the loop of one call has to know of a request.
    pub trait Sealed: Send + Sync {
        /// The API's name of the operation.
        fn action(&self) -> &str;

        fn effect(&self) -> Effect;

        fn client_token(&self) -> Option<&ClientToken> {
            None
        }

        /// The region that the request names; the client's if it names none.
        fn region_id(&self) -> Option<&RegionId> {
            None
        }

        /// The parameters to send, where `region` is the one that the request goes to.
        fn params<'a>(&'a self, region: &'a RegionId) -> Params<'a>;

        /// Faults that only show when the request is sent, since it has no fallible `build()`.
        fn check(&self) -> Result<(), ValidationError> {
            Ok(())
        }
    }
}
