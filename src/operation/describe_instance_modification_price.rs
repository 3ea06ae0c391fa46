//! `DescribeInstanceModificationPrice`: what a larger type would cost until the subscription ends.

use rust_decimal::Decimal;

use super::filters::OptionalParams;
use super::{Operation, Sealed, wire};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::Place::{self, List, Object, Scalar, Unread};
use crate::protocol::{Fields, Params, RawResponse};
use crate::types::{
    DiskCategory, InstanceId, InstanceType, PerformanceLevel, RegionId, SystemDiskCategory,
};

/// The most data disks that one question can hold.
const MAX_DATA_DISKS: usize = 16;

/// A question for the price of an upgrade. Prices of downgrades are not told.
///
/// ```
/// use aliyun_ecs::operation::DescribeInstanceModificationPriceRequest;
///
/// let request = DescribeInstanceModificationPriceRequest::builder("i-bp67acfmxazb4ph1a2b3")
///     .instance_type("ecs.g5.2xlarge")
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeInstanceModificationPriceRequest {
    region_id: Option<RegionId>,
    instance_id: InstanceId,
    instance_type: Option<InstanceType>,
    data_disks: Vec<DataDisk>,
    filters: OptionalParams,
}

impl DescribeInstanceModificationPriceRequest {
    /// A question about the instance `instance_id`; set a type or a data disk.
    pub fn builder(
        instance_id: impl Into<String>,
    ) -> DescribeInstanceModificationPriceRequestBuilder {
        DescribeInstanceModificationPriceRequestBuilder {
            instance_id: instance_id.into(),
            ..Default::default()
        }
    }

    /// `RegionId`; `None` stands for the client's region.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// `InstanceId`.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// `InstanceType`.
    pub fn instance_type(&self) -> Option<&InstanceType> {
        self.instance_type.as_ref()
    }

    /// `DataDisk.1.…`, `DataDisk.2.…` and so on.
    pub fn data_disks(&self) -> &[DataDisk] {
        &self.data_disks
    }

    /// The value of an optional parameter, by the API's name, for instance `SystemDisk.Category`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }
}

impl Sealed for DescribeInstanceModificationPriceRequest {
    fn action(&self) -> &str {
        "DescribeInstanceModificationPrice"
    }

    fn effect(&self) -> Effect {
        Effect::Read
    }

    fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    fn params<'a>(&'a self, region: &'a RegionId) -> Params<'a> {
        let mut params = Params::new();
        params.add("RegionId", region);
        params.add("InstanceId", &self.instance_id);
        params.add_optional(
            "InstanceType",
            self.instance_type.as_ref().map(InstanceType::as_str),
        );
        for (disk, number) in self.data_disks.iter().zip(1..) {
            for (field, value) in disk.fields() {
                params.add(format!("DataDisk.{number}.{field}"), value);
            }
        }
        self.filters.add_to(&mut params);
        params
    }
}

impl Operation for DescribeInstanceModificationPriceRequest {
    type Response = DescribeInstanceModificationPriceResponse;

    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
        let mut body: Body = wire::read(reply)?;
        wire::request_id(&mut body.request_id, reply)?;
        let info = body.info.ok_or("it has no PriceInfo")?;
        Ok(DescribeInstanceModificationPriceResponse {
            request_id: body.request_id,
            price: info.price.ok_or("it has no Price")?,
            rules: info.rules,
        })
    }
}

#[derive(Default)]
struct Body {
    request_id: String,
    info: Option<Info>,
}

impl Fields for Body {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" => Scalar(&mut self.request_id),
            "PriceInfo" => Object(&mut self.info),
            _ => Unread,
        }
    }
}

#[derive(Default)]
struct Info {
    price: Option<Price>,
    rules: Vec<PriceRule>,
}

impl Fields for Info {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "Price" => Object(&mut self.price),
            "Rules" => List(&mut self.rules),
            _ => Unread,
        }
    }
}

/// Builds a [`DescribeInstanceModificationPriceRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct DescribeInstanceModificationPriceRequestBuilder {
    region_id: Option<String>,
    instance_id: String,
    instance_type: Option<String>,
    data_disks: Vec<DataDisk>,
    filters: OptionalParams,
}

impl DescribeInstanceModificationPriceRequestBuilder {
    /// The region that the instance is in (`RegionId`). Default: the client's region.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// The target type (`InstanceType`).
    pub fn instance_type(mut self, instance_type: impl Into<String>) -> Self {
        self.instance_type = Some(instance_type.into());
        self
    }

    /// The category of the system disk after the change (`SystemDisk.Category`); only from a retired type
    /// that is not I/O-optimized to one on sale that is.
    pub fn system_disk_category(mut self, category: impl Into<Option<SystemDiskCategory>>) -> Self {
        let category = category.into().map(|it| it.as_str().to_owned());
        self.filters.set("SystemDisk.Category", category);
        self
    }

    /// Adds a data disk to price (`DataDisk.N.…`); at most 16.
    pub fn data_disk(mut self, disk: DataDisk) -> Self {
        self.data_disks.push(disk);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(self) -> Result<DescribeInstanceModificationPriceRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_id = violations.check("InstanceId", InstanceId::new(self.instance_id));
        if self.instance_type.is_none() && self.data_disks.is_empty() {
            violations.add(
                "InstanceType",
                "",
                "or a data disk is required: nothing is priced",
            );
        }
        let instance_type = self.instance_type.map(InstanceType::new);
        let instance_type = violations.check_optional("InstanceType", instance_type);
        if self.data_disks.len() > MAX_DATA_DISKS {
            let problem = format!("is too many; at most {MAX_DATA_DISKS} are allowed");
            violations.add("DataDisk", &self.data_disks.len().to_string(), problem);
        }
        for (disk, number) in self.data_disks.iter().zip(1..) {
            disk.check(number, &mut violations);
        }
        self.filters.check(&[], &mut violations);
        let Some(instance_id) = instance_id else {
            return Err(violations.into_error());
        };
        violations.into_result()?;
        Ok(DescribeInstanceModificationPriceRequest {
            region_id,
            instance_id,
            instance_type,
            data_disks: self.data_disks,
            filters: self.filters,
        })
    }
}

/// A data disk to price (`DataDisk.N.…`).
///
/// ```
/// use aliyun_ecs::operation::{DataDisk, DescribeInstanceModificationPriceRequest};
/// use aliyun_ecs::types::DiskCategory;
///
/// let request = DescribeInstanceModificationPriceRequest::builder("i-bp67acfmxazb4ph1a2b3")
///     .data_disk(DataDisk::new(DiskCategory::CloudEssd).with_size_gib(200))
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDisk {
    category: DiskCategory,
    size_gib: Option<u32>,
    performance_level: Option<PerformanceLevel>,
}

impl DataDisk {
    /// A disk of this category (`Category`) and the least size of it.
    pub fn new(category: DiskCategory) -> Self {
        Self {
            category,
            size_gib: None,
            performance_level: None,
        }
    }

    /// Its size (`Size`), in GiB: 20 to 32,768 for ultra and standard SSD disks, 5 to 2,000 for basic disks,
    /// up to 32,768 for enterprise SSDs, from 1, 20, 461 or 1,261 with level PL0, PL1, PL2 or PL3.
    #[must_use]
    pub fn with_size_gib(mut self, size: u32) -> Self {
        self.size_gib = Some(size);
        self
    }

    /// Its performance level (`PerformanceLevel`), for enterprise SSDs only. Default of the service: `PL1`.
    #[must_use]
    pub fn with_performance_level(mut self, level: impl Into<Option<PerformanceLevel>>) -> Self {
        self.performance_level = level.into();
        self
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let level = self.performance_level.as_ref();
        let fields = [
            ("Category", Some(self.category.to_string())),
            ("Size", self.size_gib.map(|size| size.to_string())),
            ("PerformanceLevel", level.map(PerformanceLevel::to_string)),
        ];
        fields
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
    }

    /// The sizes that its category and level allow, where they are known.
    fn sizes(&self) -> Option<(u32, u32)> {
        match (&self.category, &self.performance_level) {
            (DiskCategory::CloudEfficiency | DiskCategory::CloudSsd, _) => Some((20, 32_768)),
            (DiskCategory::Cloud, _) => Some((5, 2_000)),
            (DiskCategory::CloudEssd, Some(PerformanceLevel::Pl0)) => Some((1, 32_768)),
            (DiskCategory::CloudEssd, None | Some(PerformanceLevel::Pl1)) => Some((20, 32_768)),
            (DiskCategory::CloudEssd, Some(PerformanceLevel::Pl2)) => Some((461, 32_768)),
            (DiskCategory::CloudEssd, Some(PerformanceLevel::Pl3)) => Some((1_261, 32_768)),
            _ => None,
        }
    }

    fn check(&self, number: u32, violations: &mut Violations) {
        let name = |field: &str| format!("DataDisk.{number}.{field}");
        violations.check_text(&name("Category"), Some(self.category.as_str()));
        if let (Some(size), Some((least, most))) = (self.size_gib, self.sizes())
            && !(least..=most).contains(&size)
        {
            let problem = format!("is not within {least} to {most}, in GiB");
            violations.add(&name("Size"), &size.to_string(), problem);
        }
        if let Some(level) = &self.performance_level {
            violations.check_text(&name("PerformanceLevel"), Some(level.as_str()));
            let fixed = [
                DiskCategory::Cloud,
                DiskCategory::CloudEfficiency,
                DiskCategory::CloudSsd,
            ];
            if fixed.contains(&self.category) {
                let problem = format!("is for enterprise SSDs only, not for {}", self.category);
                violations.add(&name("PerformanceLevel"), level.as_str(), problem);
            }
        }
    }
}

/// What the change costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DescribeInstanceModificationPriceResponse {
    /// The id of the request (`RequestId`).
    pub request_id: String,
    /// The price, until the subscription ends (`PriceInfo.Price`).
    pub price: Price,
    /// The offers that lowered it (`PriceInfo.Rules`).
    pub rules: Vec<PriceRule>,
}

/// A price, digit for digit as the service told it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Price {
    /// Before reductions (`OriginalPrice`).
    pub original: Option<Decimal>,
    /// The reduction, not the reduced price (`DiscountPrice`).
    pub discount: Option<Decimal>,
    /// What is charged (`TradePrice`): the original price less the reduction.
    pub trade: Option<Decimal>,
    /// `CNY` on the Chinese site, `USD` on the international one (`Currency`).
    pub currency: Option<String>,
}

impl Fields for Price {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "OriginalPrice" => Scalar(&mut self.original),
            "DiscountPrice" => Scalar(&mut self.discount),
            "TradePrice" => Scalar(&mut self.trade),
            "Currency" => Scalar(&mut self.currency),
            _ => Unread,
        }
    }
}

/// An offer that lowered a price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceRule {
    /// Its number (`RuleId`), beyond 32 bits at times.
    pub rule_id: Option<i64>,
    /// What it is (`Description`).
    pub description: Option<String>,
}

impl Fields for PriceRule {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RuleId" => Scalar(&mut self.rule_id),
            "Description" => Scalar(&mut self.description),
            _ => Unread,
        }
    }
}
