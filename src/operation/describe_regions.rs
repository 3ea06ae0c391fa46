//! `DescribeRegions`: the regions an account can use; it needs no region itself and is good as a check of credentials.

use super::filters::OptionalParams;
use super::{Operation, Sealed, wire};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::Place::{self, List, Scalar, Unread};
use crate::protocol::{Fields, Params, RawResponse};
use crate::types::RegionId;

/// A question for the regions.
///
/// ```
/// use aliyun_ecs::operation::DescribeRegionsRequest;
///
/// let request = DescribeRegionsRequest::builder().accept_language("en-US").build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegionsRequest {
    filters: OptionalParams,
}

impl DescribeRegionsRequest {
    /// A question for all regions.
    pub fn builder() -> DescribeRegionsRequestBuilder {
        DescribeRegionsRequestBuilder::default()
    }

    /// The value of an optional parameter, by the API's name, for instance `AcceptLanguage`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }
}

impl Sealed for DescribeRegionsRequest {
    fn action(&self) -> &str {
        "DescribeRegions"
    }

    fn effect(&self) -> Effect {
        Effect::Read
    }

    fn params<'a>(&'a self, _region: &'a RegionId) -> Params<'a> {
        let mut params = Params::new();
        self.filters.add_to(&mut params);
        params
    }
}

impl Operation for DescribeRegionsRequest {
    type Response = DescribeRegionsResponse;

    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
        let mut response: Self::Response = wire::read(reply)?;
        wire::request_id(&mut response.request_id, reply)?;
        Ok(response)
    }
}

/// Builds a [`DescribeRegionsRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct DescribeRegionsRequestBuilder {
    filters: OptionalParams,
}

filters! { DescribeRegionsRequestBuilder {
    /// Regions where instances can be paid for like this: `PrePaid`, `PostPaid`, `SpotWithPriceLimit` or
    /// `SpotAsPriceGo`. The service takes `PostPaid` where it is not sent.
    text instance_charge_type = "InstanceChargeType";
    /// Regions that offer this: `instance`, `disk`, `reservedinstance` or `scu`. The service takes `instance`
    /// where it is not sent.
    text resource_type = "ResourceType";
    /// The language of the names: `zh-CN`, `zh-TW`, `en-US`, `ja`, `fr`, `de` or `ko`. The service takes `zh-CN`
    /// where it is not sent.
    text accept_language = "AcceptLanguage";
} }

impl DescribeRegionsRequestBuilder {
    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(self) -> Result<DescribeRegionsRequest, ValidationError> {
        let mut violations = Violations::default();
        self.filters.check(&[], &mut violations);
        violations.into_result()?;
        Ok(DescribeRegionsRequest {
            filters: self.filters,
        })
    }
}

/// The regions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DescribeRegionsResponse {
    /// The id of the request (`RequestId`).
    pub request_id: String,
    /// The regions (`Regions`).
    pub regions: Vec<Region>,
}

impl Fields for DescribeRegionsResponse {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" => Scalar(&mut self.request_id),
            "Regions" => List(&mut self.regions),
            _ => Unread,
        }
    }
}

/// A region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Region {
    /// Its id (`RegionId`), for instance `cn-hangzhou`.
    pub region_id: String,
    /// Its host (`RegionEndpoint`); several regions share one.
    pub endpoint: Option<String>,
    /// Its name (`LocalName`), in the language that was asked for.
    pub local_name: Option<String>,
    /// Whether it can be used (`Status`), for instance `available`; absent in older answers.
    pub status: Option<String>,
}

impl Fields for Region {
    fn field(&mut self, name: &str) -> Place<'_> {
        Scalar(match name {
            "RegionId" => &mut self.region_id,
            "RegionEndpoint" => &mut self.endpoint,
            "LocalName" => &mut self.local_name,
            "Status" => &mut self.status,
            _ => return Unread,
        })
    }
}
