//! The operations: a request with its builder, and a response, for each.
//!
//! A builder reports all violations at once. It is strict about the order, the power operations and values that become
//! part of a host name: it rejects malformed ids, types and times, conflicting values and empty strings. Any other
//! string or number is sent unchanged, and the service validates it, because maximum list lengths and page sizes
//! change. There is no maximum length, except that with [`SignatureVersion::V3`](crate::SignatureVersion::V3) all
//! parameters must fit into a URL of 64 KiB.
//!
//! Responses are structs with public fields that implement [`Default`], so tests can make them.

// Each operation is a table in its own file. `table` has a complete example.

#[macro_use]
mod accessors;
#[macro_use]
mod object;
#[macro_use]
mod table;
mod kind;
mod wire;

macro_rules! operations {
    ($($module:ident)*) => {$(
        mod $module;
        pub use $module::*;
    )*};
}

operations! {
    describe_disks
    describe_instance_modification_price
    describe_instance_types
    describe_instances
    describe_regions
    describe_resources_modification
    modify_prepay_instance_spec
    reboot_instance
    rpc
    start_instance
    stop_instance
}

pub(crate) use sealed::Sealed;

use crate::error::{ErrorCode, ServiceError};
use crate::protocol::RawResponse;

/// A request that [`Client::call`](crate::Client::call) can send.
///
/// Implemented by the requests of this module only; [`RpcRequest`] calls any operation that has
/// no request type.
///
/// ```
/// use aliyun_ecs::operation::Operation;
/// use aliyun_ecs::{CallOptions, Client, Error, RetryConfig};
///
/// /// Makes a single attempt, regardless of the settings of the client.
/// async fn once<O: Operation>(client: &Client, operation: O) -> Result<O::Response, Error> {
///     client.call(operation, CallOptions::default().with_retry(RetryConfig::disabled())).await
/// }
/// ```
pub trait Operation: Sealed {
    /// The response of the service.
    type Response;

    #[doc(hidden)]
    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String>;

    /// Converts an error that reports success, such as a dry run that passed, into the response.
    #[doc(hidden)]
    fn from_error(_error: &ServiceError) -> Option<Self::Response> {
        None
    }
}

/// The response of an operation.
///
/// Implemented by the responses of this module only.
///
/// ```
/// use aliyun_ecs::operation::{DescribeRegionsResponse, Response};
///
/// let mut response = DescribeRegionsResponse::default(); // for a test
/// response.request_id = "req-1".to_owned();
/// assert_eq!(Response::request_id(&response), "req-1");
/// ```
pub trait Response: sealed::Response {
    /// The request id (`RequestId`), which Alibaba Cloud support asks for.
    fn request_id(&self) -> &str;
}

/// An operation whose response comes in pages, for [`Paginator`](crate::Paginator).
pub trait Paginate: Operation<Response: Send> + Clone + 'static {
    /// The type of the items.
    type Item;

    /// The request for the page with this token, or for the first page.
    #[doc(hidden)]
    #[must_use]
    fn page(&self, token: Option<String>) -> Self;

    #[doc(hidden)]
    fn open(response: Self::Response) -> Page<Self::Item>;
}

/// A decoded page.
#[doc(hidden)]
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_token: Option<String>,
    /// The number of items on all pages, if the service returns it.
    pub total: Option<u64>,
    pub request_id: String,
}

/// The request id of a dry run that passed, which the service reports with an error code.
fn passed_dry_run(rejection: &ServiceError) -> Option<String> {
    (*rejection.code() == ErrorCode::DryRunOperation)
        .then(|| rejection.request_id().unwrap_or_default().to_owned())
}

mod sealed {
    use crate::error::{Effect, ValidationError};
    use crate::protocol::Params;
    use crate::types::{ClientToken, RegionId};

    pub(super) trait Table {
        /// The wire names of the rows.
        const PARAMETERS: &'static [&'static str];
    }

    pub trait Response {
        fn request_id_mut(&mut self) -> &mut String;
    }

    /// What the retry loop needs to know about a request.
    pub trait Sealed: Send + Sync {
        /// The API's name of the operation.
        fn action(&self) -> &str;

        fn effect(&self) -> Effect;

        fn client_token(&self) -> Option<&ClientToken> {
            None
        }

        /// The region of the request. Default: the region of the client.
        fn region_id(&self) -> Option<&RegionId> {
            None
        }

        /// The parameters to send to this region.
        fn params<'a>(&'a self, region: &'a RegionId) -> Params<'a>;

        /// The violations of a request that has no fallible `build()`.
        fn check(&self) -> Result<(), ValidationError> {
            Ok(())
        }
    }
}
