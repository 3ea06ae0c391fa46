//! The operations: one file each, laid out alike (request, builder, response).

mod modify_prepay_instance_spec;
mod rpc;

pub use modify_prepay_instance_spec::{
    DiskChange, ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecRequestBuilder,
    ModifyPrepayInstanceSpecResponse,
};
pub use rpc::RpcRequest;

pub(crate) use sealed::Sealed;

use crate::protocol::Reply;

/// A request that [`Client::call`](crate::Client::call) can send.
///
/// Implemented by the requests of this module only; [`RpcRequest`] calls any operation that has
/// no request type of its own.
pub trait Operation: Sealed {
    /// What the service answers.
    type Response;

    #[doc(hidden)]
    fn read(reply: &Reply<'_>) -> Result<Self::Response, String>;
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
