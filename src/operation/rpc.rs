//! Any operation of the API, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Operation, Sealed};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::{Params, RawResponse};
use crate::types::{ClientToken, InvalidValue, RegionId};

/// The parameters that the client sets in every request.
const COMMON: [&str; 11] = [
    "AccessKeyId",
    "Action",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// Checks the name of a parameter from the caller: the client sets the common parameters itself.
pub(super) fn check_name(name: &str, value: &str, violations: &mut Violations) {
    let is_name = |common: &&str| common.eq_ignore_ascii_case(name);
    if name.is_empty() {
        violations.add(name, value, "has no parameter name");
    } else if COMMON.iter().any(is_name) {
        // Its value may be a key.
        violations.add(name, "", "is set by the client itself: leave it out");
    }
}

/// A request for any operation of the API (version 2014-05-26). The response is decoded into your own type `T`.
///
/// Signing, timeouts, retries and errors are the same as for the typed operations. `T` can be `()` if the response does
/// not matter. Both JSON and XML responses are decoded. For XML, give lists `#[serde(default)]` (an empty one has no
/// elements); a `serde_json::Value` shows numbers as strings. After a failure with an unknown outcome the call is
/// retried only if it is [`read_only`](Self::read_only) or has a [`client_token`](Self::client_token).
///
/// `RegionId` is sent only if it is set; it then also chooses the endpoint. Write lists as the API does: `Tag.1.Key`,
/// `Tag.1.Value`.
///
/// ```no_run
/// use aliyun_ecs::{CallOptions, Client, RpcRequest};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Zones {
///     request_id: String,
/// }
///
/// # async fn example(client: Client) -> Result<(), aliyun_ecs::Error> {
/// let request = RpcRequest::<Zones>::new("DescribeZones")
///     .param("RegionId", "cn-hangzhou")
///     .read_only();
/// let zones = client.call(request, CallOptions::default()).await?;
/// println!("request id {}", zones.request_id);
/// # Ok(())
/// # }
/// ```
pub struct RpcRequest<T> {
    action: String,
    params: BTreeMap<String, String>,
    client_token: Option<Result<ClientToken, InvalidValue>>,
    region_id: Option<Result<RegionId, InvalidValue>>,
    read_only: bool,
    response: PhantomData<fn() -> T>,
}

impl<T> RpcRequest<T> {
    /// A request for the operation `action`, for instance `DescribeZones`.
    pub fn new(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            params: BTreeMap::new(),
            client_token: None,
            region_id: None,
            read_only: false,
            response: PhantomData,
        }
    }

    /// Sets a parameter. A later value replaces an earlier one.
    ///
    /// Names that the client itself sets (`Action`, `Version`, `Format`, `AccessKeyId`, `Signature…`, `Timestamp`,
    /// `SecurityToken`) make the call fail with [`ErrorKind::Validation`](crate::error::ErrorKind::Validation).
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        match &*name {
            "ClientToken" => self.client_token = Some(ClientToken::new(value)),
            "RegionId" => self.region_id = Some(RegionId::new(value)),
            _ => {
                self.params.insert(name, value);
            }
        }
        self
    }

    /// Sets the idempotency token (`ClientToken`), which makes retries safe.
    ///
    /// Only operations that document a `ClientToken` support it.
    #[must_use]
    pub fn client_token(self, client_token: impl Into<String>) -> Self {
        self.param("ClientToken", client_token)
    }

    /// Declares the operation as read-only, so it can be retried after any failure.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }
}

impl<T> Sealed for RpcRequest<T> {
    fn action(&self) -> &str {
        &self.action
    }

    fn effect(&self) -> Effect {
        if self.read_only {
            Effect::Read
        } else {
            Effect::Change
        }
    }

    fn client_token(&self) -> Option<&ClientToken> {
        self.client_token.as_ref()?.as_ref().ok()
    }

    fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()?.as_ref().ok()
    }

    fn params<'a>(&'a self, _region: &'a RegionId) -> Params<'a> {
        let mut params = Params::new();
        for (name, value) in &self.params {
            params.add(name, value);
        }
        params.add_optional("ClientToken", self.client_token().map(ClientToken::as_str));
        params.add_optional("RegionId", self.region_id());
        params
    }

    fn check(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_word(&self.action) {
            violations.add(
                "Action",
                &self.action,
                "must be the name of an operation: letters and digits",
            );
        }
        for (name, value) in &self.params {
            check_name(name, value, &mut violations);
        }
        violations.check_optional("ClientToken", self.client_token.clone());
        violations.check_optional("RegionId", self.region_id.clone());
        violations.into_result()
    }
}

impl<T: DeserializeOwned> Operation for RpcRequest<T> {
    type Response = T;

    fn read(reply: &RawResponse<'_>) -> Result<T, String> {
        reply.read()
    }
}

impl<T> Clone for RpcRequest<T> {
    fn clone(&self) -> Self {
        Self {
            action: self.action.clone(),
            params: self.params.clone(),
            client_token: self.client_token.clone(),
            region_id: self.region_id.clone(),
            read_only: self.read_only,
            response: PhantomData,
        }
    }
}

impl<T> fmt::Debug for RpcRequest<T> {
    /// Shows only the names of the parameters, because a value may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.params.keys().collect();
        f.debug_struct("RpcRequest")
            .field("action", &self.action)
            .field("params", &names)
            .field("client_token", &self.client_token())
            .field("region_id", &self.region_id())
            .field("read_only", &self.read_only)
            .finish()
    }
}
