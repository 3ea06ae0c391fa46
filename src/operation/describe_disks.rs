//! `DescribeDisks`: the disks of an instance.

use super::wire;
use crate::protocol::RawResponse;
use crate::types::{ChargeType, DiskCategory, DiskKind, PerformanceLevel};

operation! {
    /// A request for disks: all of a region, or those that match every filter.
    ///
    /// Disks that the caller has no permission to see are omitted without an error.
    ///
    /// ```
    /// use aliyun_ecs::operation::DescribeDisksRequest;
    ///
    /// let request = DescribeDisksRequest::builder().instance_id("i-bp67acfmxazb4ph1a2b3").build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    DescribeDisksRequest, DescribeDisksRequestBuilder => DescribeDisksResponse;
    action = "DescribeDisks";
    effect = Read;
    regional = region_id;
    paginated = disks: Disk, total = total_count, page_size = 100;
    read = read;
    optional {
        /// Only disks of this instance.
        Text instance_id = "InstanceId";
        /// Only these disks. The service accepts at most 100.
        JsonList disk_ids = "DiskIds";
        /// Only system disks, or only data disks.
        Keyword<DiskKind> disk_type = "DiskType";
        /// Only disks of this category.
        Keyword<DiskCategory> category = "Category";
        /// Only disks in this state, for instance `In_use`.
        Text status = "Status";
        /// Only disks in this zone.
        Text zone_id = "ZoneId";
        /// The maximum number of disks on a page. The service accepts 1 to 500. Service default: 10.
        Number max_results = "MaxResults";
        /// The token of the page, from `next_token` of the previous page. Default: the first page.
        Text next_token = "NextToken";
    }
}

fn read(response: &RawResponse<'_>) -> Result<DescribeDisksResponse, String> {
    let read: DescribeDisksResponse = wire::read_with_id(response)?;
    match read.disks.iter().any(|disk| disk.disk_id.is_empty()) {
        true => Err("a disk has no DiskId".into()),
        false => Ok(read),
    }
}

response! {
    /// A page of disks.
    pub DescribeDisksResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// The disks.
        disks: Vec<Disk> = list "Disks";
        /// The token of the next page; `None` on the last page.
        next_token: Option<String> = scalar "NextToken";
        /// The number of disks on all pages.
        total_count: Option<u64> = scalar "TotalCount";
    }

    /// A disk, with the fields that matter for a change of the instance type.
    ///
    /// A field that is absent, null or empty is `None`.
    pub Disk {
        /// The id.
        disk_id: String = scalar "DiskId";
        /// The name.
        disk_name: Option<String> = scalar "DiskName";
        /// The instance that it is attached to.
        instance_id: Option<String> = scalar "InstanceId";
        /// The zone.
        zone_id: Option<String> = scalar "ZoneId";
        /// Whether it is a system disk or a data disk.
        kind: Option<DiskKind> = scalar "Type";
        /// The category.
        category: Option<DiskCategory> = scalar "Category";
        /// The performance level of an enterprise SSD.
        performance_level: Option<PerformanceLevel> = scalar "PerformanceLevel";
        /// The size in GiB.
        size_gib: Option<u64> = scalar "Size";
        /// The device name, for instance `/dev/xvdb`.
        device: Option<String> = scalar "Device";
        /// The state, for instance `In_use`.
        status: Option<String> = scalar "Status";
        /// The billing method.
        charge_type: Option<ChargeType> = scalar "DiskChargeType";
        /// Whether it is encrypted.
        encrypted: Option<bool> = scalar "Encrypted";
        /// Whether it can be detached.
        portable: Option<bool> = scalar "Portable";
    }
}
