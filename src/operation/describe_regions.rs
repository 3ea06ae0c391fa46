//! `DescribeRegions`: the regions an account can use; it needs no region itself and is good as a check of credentials.

use serde::Deserialize;

use super::filters::Filters;
use super::wire::{self, List};
use super::{Operation, Sealed};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::{Params, Reply, Text};
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
    filters: Filters,
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

    fn read(reply: &Reply<'_>) -> Result<Self::Response, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire {
            request_id: Option<Text>,
            #[serde(default)]
            regions: List<WireRegion>,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct WireRegion {
            region_id: Option<Text>,
            region_endpoint: Option<Text>,
            local_name: Option<Text>,
            status: Option<Text>,
        }

        let wire: Wire = reply.read()?;
        let regions = wire.regions.0.into_iter().map(|region| Region {
            region_id: wire::text(region.region_id).unwrap_or_default(),
            endpoint: wire::text(region.region_endpoint),
            local_name: wire::text(region.local_name),
            status: wire::text(region.status),
        });
        Ok(DescribeRegionsResponse {
            request_id: wire::request_id(wire.request_id, reply)?,
            regions: regions.collect(),
        })
    }
}

/// Builds a [`DescribeRegionsRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct DescribeRegionsRequestBuilder {
    filters: Filters,
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
