//! `DescribeInstanceModificationPrice`: what an upgrade costs until the subscription expires.

use rust_decimal::Decimal;

use super::wire;
use crate::error::Violations;
use crate::protocol::RawResponse;
use crate::types::{
    DiskCategory, InstanceId, InstanceType, PerformanceLevel, SystemDiskCategory,
};

operation! {
    /// A request for the price of an upgrade. The service does not quote downgrades.
    ///
    /// ```
    /// use aliyun_ecs::operation::DescribeInstanceModificationPriceRequest;
    ///
    /// let request = DescribeInstanceModificationPriceRequest::builder("i-bp67acfmxazb4ph1a2b3")
    ///     .instance_type("ecs.g5.2xlarge")
    ///     .build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    DescribeInstanceModificationPriceRequest, DescribeInstanceModificationPriceRequestBuilder => DescribeInstanceModificationPriceResponse;
    action = "DescribeInstanceModificationPrice";
    effect = Read;
    regional = region_id;
    check = check;
    read = read;
    required {
        /// The instance.
        instance_id: InstanceId = "InstanceId";
    }
    optional {
        /// The target type. Either this or a data disk is required.
        Text<InstanceType> instance_type = "InstanceType";
        /// The category of the system disk after the change; only from a retired type that is not I/O-optimized to a
        /// current one that is.
        Keyword<SystemDiskCategory> system_disk_category / set_system_disk_category = "SystemDisk.Category";
        /// Adds a data disk to quote. The service accepts at most 16.
        Objects<DataDisk> data_disks / data_disk = "DataDisk";
    }
}

fn check(
    builder: &mut DescribeInstanceModificationPriceRequestBuilder,
    violations: &mut Violations,
) {
    if builder.instance_type.is_none() && builder.data_disks.is_empty() {
        let problem = "or a data disk is required: there is nothing to quote";
        violations.add("InstanceType", "", problem);
    }
}

fn read(
    response: &RawResponse<'_>,
) -> Result<DescribeInstanceModificationPriceResponse, String> {
    let mut body: Body = wire::read(response)?;
    wire::request_id(&mut body.request_id, response)?;
    let info = body.info.ok_or("it has no PriceInfo")?;
    Ok(DescribeInstanceModificationPriceResponse {
        request_id: body.request_id,
        price: info.price.ok_or("it has no Price")?,
        marketplace_image_price: info.related.and_then(|related| related.marketplace_image),
        rules: info.rules,
    })
}

response! {
    /// What the change costs.
    pub DescribeInstanceModificationPriceResponse {
        /// The request id.
        request_id: String = derived;
        /// The price until the subscription expires (`PriceInfo.Price`).
        price: Price = derived;
        /// The price of the marketplace image, which is charged in addition to [`price`](Self::price)
        /// (`PriceInfo.RelatedPrice.MarketplaceImagePrice`).
        marketplace_image_price: Option<Price> = derived;
        /// The discounts that apply (`PriceInfo.Rules`).
        rules: Vec<PriceRule> = derived;
    }

    Body {
        request_id: String = scalar "RequestId";
        info: Option<Info> = object "PriceInfo";
    }

    Info {
        price: Option<Price> = object "Price";
        related: Option<Related> = object "RelatedPrice";
        rules: Vec<PriceRule> = list "Rules";
    }

    Related {
        marketplace_image: Option<Price> = object "MarketplaceImagePrice";
    }

    /// A price, with all digits of the response.
    pub Price {
        /// The price before the discount.
        original: Option<Decimal> = scalar "OriginalPrice";
        /// The discount, not the discounted price.
        discount: Option<Decimal> = scalar "DiscountPrice";
        /// What is charged: the original price minus the discount.
        trade: Option<Decimal> = scalar "TradePrice";
        /// `CNY` on the Chinese site, `USD` on the international one.
        currency: Option<String> = scalar "Currency";
    }

    /// A discount.
    pub PriceRule {
        /// The id. It may exceed 32 bits.
        rule_id: Option<i64> = scalar "RuleId";
        /// The description.
        description: Option<String> = scalar "Description";
    }
}

object! {
    /// A data disk to quote (`DataDisk.N.…`).
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
    DataDisk;
    check = check_disk;
    /// The category.
    Keyword<DiskCategory> category / with_category = "Category";
    /// The size in GiB: 20 to 32,768 for ultra disks and standard SSDs, 5 to 2,000 for basic disks, up to 32,768 for
    /// enterprise SSDs, from 1, 20, 461 or 1,261 with level PL0, PL1, PL2 or PL3.
    Number size_gib / with_size_gib = "Size";
    /// The performance level, for enterprise SSDs only. Service default: `PL1`.
    Keyword<PerformanceLevel> performance_level / with_performance_level = "PerformanceLevel";
}

impl DataDisk {
    /// A disk of this category and the minimum size of that category.
    pub fn new(category: impl Into<DiskCategory>) -> Self {
        Self {
            category: Some(category.into()),
            size_gib: None,
            performance_level: None,
        }
    }
}

fn check_disk(disk: &DataDisk, name: &str, violations: &mut Violations) {
    if disk.category.is_none() {
        violations.add(&format!("{name}.Category"), "", "is required");
    }
}
