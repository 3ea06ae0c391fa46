//! `DescribeInstances`: instances as they are now.

use chrono::{DateTime, Utc};

use super::filters::OptionalParams;
use super::{Operation, Page, Paginate, Sealed, passed_dry_run, wire};
use crate::error::{Effect, ServiceError, ValidationError, Violations};
use crate::protocol::Place::{self, List, Only, Scalar, Unread};
use crate::protocol::{Fields, Items, Params, RawResponse};
use crate::types::{
    ChargeType, InstanceId, InstanceStatus, LockReason, MinuteTime, RegionId, StoppedMode,
};

/// The most ids or addresses in one list, and the most instances on one page.
const MAX: usize = 100;
/// The most tags.
const MAX_TAGS: usize = 20;

/// A question for instances: all of them, or those that every filter lets pass.
///
/// A caller without the right to see an instance gets a list without it, not an error.
///
/// ```
/// use aliyun_ecs::operation::DescribeInstancesRequest;
///
/// let request = DescribeInstancesRequest::builder()
///     .instance_ids(["i-bp67acfmxazb4ph1a2b3"])
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeInstancesRequest {
    region_id: Option<RegionId>,
    instance_ids: Option<Vec<InstanceId>>,
    filters: OptionalParams,
}

impl DescribeInstancesRequest {
    /// A question for all instances of a region.
    pub fn builder() -> DescribeInstancesRequestBuilder {
        DescribeInstancesRequestBuilder::default()
    }

    /// `RegionId`; `None` stands for the client's region.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// `InstanceIds`; `None` does not filter.
    pub fn instance_ids(&self) -> Option<&[InstanceId]> {
        self.instance_ids.as_deref()
    }

    /// The value of an optional parameter, by the API's name, for instance `Status` or `Tag.1.Key`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }
}

impl Sealed for DescribeInstancesRequest {
    fn action(&self) -> &str {
        "DescribeInstances"
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
        let ids = self.instance_ids.as_deref();
        params.add_optional("InstanceIds", ids.map(json_list));
        self.filters.add_to(&mut params);
        params
    }
}

impl Operation for DescribeInstancesRequest {
    type Response = DescribeInstancesResponse;

    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
        let mut response: Self::Response = wire::read(reply)?;
        wire::request_id(&mut response.request_id, reply)?;
        for instance in &mut response.instances {
            if instance.instance_id.is_empty() {
                return Err("an instance has no InstanceId".into());
            }
            instance.tags.retain(|(key, _)| !key.is_empty());
        }
        Ok(response)
    }

    fn from_error(rejection: &ServiceError) -> Option<Self::Response> {
        passed_dry_run(rejection).map(|request_id| DescribeInstancesResponse {
            request_id,
            is_dry_run: true,
            ..Default::default()
        })
    }
}

impl Paginate for DescribeInstancesRequest {
    type Item = Instance;

    fn page(&self, token: Option<String>) -> Self {
        let mut request = self.clone();
        let size = self
            .filters
            .get("MaxResults")
            .or(self.filters.get("PageSize"));
        let size = size.map_or_else(|| MAX.to_string(), str::to_owned);
        request.filters.set("MaxResults", Some(size));
        request.filters.set("PageSize", None);
        request.filters.set("PageNumber", None);
        if token.is_some() {
            request.filters.set("NextToken", token);
        }
        request
    }

    fn open(response: Self::Response) -> Page<Instance> {
        Page {
            items: response.instances,
            next_token: response.next_token,
            total: response.total_count,
            request_id: response.request_id,
        }
    }
}

/// Builds a [`DescribeInstancesRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct DescribeInstancesRequestBuilder {
    region_id: Option<String>,
    instance_ids: Option<Vec<String>>,
    tags: Vec<(String, String)>,
    filters: OptionalParams,
    lists: Vec<(&'static str, Vec<String>)>,
    times: Vec<(u8, &'static str, DateTime<Utc>)>,
}

filters! { DescribeInstancesRequestBuilder {
    /// How many instances a page holds: 1 to 100. The service takes 10 where it is not sent, and for less than 10.
    /// Excludes page numbers.
    number max_results = "MaxResults";
    /// Where the page begins: the token of the page before. Excludes page numbers.
    text next_token = "NextToken";
    /// The number of the page, from 1. The vendor means to drop it: use tokens.
    number page_number = "PageNumber";
    /// How many instances a numbered page holds: 1 to 100. The vendor means to drop it: use tokens.
    number page_size = "PageSize";
    /// Only instances of this name; `*` stands for any text.
    text instance_name = "InstanceName";
    /// Only instances of this type.
    text instance_type = "InstanceType";
    /// Only instances of this family, for instance `ecs.g5`.
    text instance_type_family = "InstanceTypeFamily";
    /// Only instances on this kind of network: `classic` or `vpc`.
    text instance_network_type = "InstanceNetworkType";
    /// Only instances whose traffic is billed like this: `PayByBandwidth` or `PayByTraffic`.
    text internet_charge_type = "InternetChargeType";
    /// Only instances that are (not) I/O-optimized.
    flag io_optimized = "IoOptimized";
    /// Only instances of this image.
    text image_id = "ImageId";
    /// Only instances with this key pair.
    text key_pair_name = "KeyPairName";
    /// Only instances of this resource group, which must not have more than 1,000 resources.
    text resource_group_id = "ResourceGroupId";
    /// Only instances in this security group.
    text security_group_id = "SecurityGroupId";
    /// Only instances in this VPC.
    text vpc_id = "VpcId";
    /// Only instances on this vSwitch.
    text v_switch_id = "VSwitchId";
    /// Only instances in this zone.
    text zone_id = "ZoneId";
    /// Only instances in this HPC cluster.
    text hpc_cluster_id = "HpcClusterId";
    /// Only HPC instances with these RDMA addresses.
    text rdma_ip_addresses = "RdmaIpAddresses";
    /// Only instances with these IPv6 addresses.
    list ipv6_addresses = "Ipv6Address";
    /// More to answer: `META_OPTIONS`, `DDH_CLUSTER` or `NETWORK_PRIMARY_ENI_IP`.
    list additional_attributes = "AdditionalAttributes";
    /// Only instances whose metadata is (not) served: `enabled` or `disabled`.
    text http_endpoint = "HttpEndpoint";
    /// Only instances whose metadata does (not) need a token: `optional` or `required`.
    text http_tokens = "HttpTokens";
    /// Whether everything is only checked, the caller's rights included; the response then says so and is empty.
    flag dry_run = "DryRun";
} }

impl DescribeInstancesRequestBuilder {
    /// The region of the instances (`RegionId`). Default: the client's region.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// Only these instances (`InstanceIds`): at most 100. No ids at all give an empty answer.
    pub fn instance_ids<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.instance_ids = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Only instances in this state (`Status`).
    pub fn status(mut self, status: impl Into<Option<InstanceStatus>>) -> Self {
        let status = status.into().map(|it| it.as_str().to_owned());
        self.filters.set("Status", status);
        self
    }

    /// Only instances that are paid for like this (`InstanceChargeType`).
    pub fn instance_charge_type(mut self, charge: impl Into<Option<ChargeType>>) -> Self {
        let charge = charge.into().map(|it| it.as_str().to_owned());
        self.filters.set("InstanceChargeType", charge);
        self
    }

    /// Only instances locked for this reason (`LockReason`).
    pub fn lock_reason(mut self, reason: impl Into<Option<LockReason>>) -> Self {
        let reason = reason.into().map(|it| it.as_str().to_owned());
        self.filters.set("LockReason", reason);
        self
    }

    /// Only instances with this tag (`Tag.N.Key`, `Tag.N.Value`; the value may be empty). At most 20 tags.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Only instances with one of these private addresses (`PrivateIpAddresses`), at most 100; for VPCs.
    pub fn private_ip_addresses<T: Into<String>>(
        self,
        addresses: impl IntoIterator<Item = T>,
    ) -> Self {
        self.list("PrivateIpAddresses", addresses)
    }

    /// Only instances with one of these private addresses (`InnerIpAddresses`), at most 100; for classic networks.
    pub fn inner_ip_addresses<T: Into<String>>(
        self,
        addresses: impl IntoIterator<Item = T>,
    ) -> Self {
        self.list("InnerIpAddresses", addresses)
    }

    /// Only instances with one of these public addresses (`PublicIpAddresses`), at most 100.
    pub fn public_ip_addresses<T: Into<String>>(
        self,
        addresses: impl IntoIterator<Item = T>,
    ) -> Self {
        self.list("PublicIpAddresses", addresses)
    }

    /// Only instances with one of these elastic addresses (`EipAddresses`), at most 100; for VPCs.
    pub fn eip_addresses<T: Into<String>>(self, addresses: impl IntoIterator<Item = T>) -> Self {
        self.list("EipAddresses", addresses)
    }

    /// Only instances created at this time or later (`Filter.1`), rounded up to the minute.
    pub fn created_after(self, time: DateTime<Utc>) -> Self {
        self.time(1, "CreationStartTime", time)
    }

    /// Only instances created before this time (`Filter.2`), rounded up to the minute.
    pub fn created_before(self, time: DateTime<Utc>) -> Self {
        self.time(2, "CreationEndTime", time)
    }

    /// Only instances that expire at this time or later (`Filter.3`), rounded up to the minute.
    pub fn expires_after(self, time: DateTime<Utc>) -> Self {
        self.time(3, "ExpiredStartTime", time)
    }

    /// Only instances that expire before this time (`Filter.4`), rounded up to the minute.
    pub fn expires_before(self, time: DateTime<Utc>) -> Self {
        self.time(4, "ExpiredEndTime", time)
    }

    fn list<T: Into<String>>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.lists.push((name, values));
        self
    }

    fn time(mut self, number: u8, key: &'static str, time: DateTime<Utc>) -> Self {
        self.times.push((number, key, time));
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(mut self) -> Result<DescribeInstancesRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_ids = self.instance_ids.map(|ids| {
            check_count("InstanceIds", ids.len(), MAX, &mut violations);
            ids.into_iter()
                .filter_map(|id| violations.check("InstanceIds", InstanceId::new(id)))
                .collect()
        });
        for (name, values) in self.lists {
            check_count(name, values.len(), MAX, &mut violations);
            self.filters.set(name, Some(json_list(&values)));
        }
        self.filters.check(&[], &mut violations);
        check_paging(&self.filters, &mut violations);
        check_count("Tag", self.tags.len(), MAX_TAGS, &mut violations);
        let mut named = OptionalParams::default();
        for (number, (key, value)) in (1..).zip(self.tags) {
            if key.is_empty() {
                violations.add(&format!("Tag.{number}.Key"), "", "must not be empty");
            }
            named.add(format!("Tag.{number}.Key"), key);
            named.add(format!("Tag.{number}.Value"), value);
        }
        for (number, key, time) in self.times {
            let value = format!("Filter.{number}.Value");
            if let Some(time) = violations.check(&value, MinuteTime::new(time)) {
                named.add(format!("Filter.{number}.Key"), key.to_owned());
                named.add(value, time.to_string());
            }
        }
        violations.into_result()?;
        self.filters.append(named);
        Ok(DescribeInstancesRequest {
            region_id,
            instance_ids,
            filters: self.filters,
        })
    }
}

fn json_list<T: AsRef<str>>(values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(|value| value.as_ref()).collect();
    serde_json::Value::from(values).to_string()
}

fn check_count(name: &str, count: usize, limit: usize, violations: &mut Violations) {
    if count > limit {
        let problem = format!("is too many; at most {limit} are allowed");
        violations.add(name, &count.to_string(), problem);
    }
}

fn check_paging(filters: &OptionalParams, violations: &mut Violations) {
    for (name, most) in [
        ("MaxResults", 100),
        ("PageSize", 100),
        ("PageNumber", u64::MAX),
    ] {
        let value = filters.get(name).unwrap_or("1");
        if !value
            .parse()
            .is_ok_and(|value: u64| (1..=most).contains(&value))
        {
            let range = if most == u64::MAX {
                "at least 1"
            } else {
                "within 1 to 100"
            };
            violations.add(name, value, format!("must be {range}"));
        }
    }
    for name in ["PageNumber", "PageSize"] {
        let token = ["MaxResults", "NextToken"]
            .into_iter()
            .find(|token| filters.get(token).is_some());
        if let (Some(value), Some(token)) = (filters.get(name), token) {
            violations.add(
                name,
                value,
                format!("excludes {token}: page by number or by token"),
            );
        }
    }
}

/// A page of instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DescribeInstancesResponse {
    /// The id of the request (`RequestId`).
    pub request_id: String,
    /// The instances (`Instances`).
    pub instances: Vec<Instance>,
    /// Where the next page begins (`NextToken`); `None` on the last one.
    pub next_token: Option<String>,
    /// How many instances all pages hold (`TotalCount`).
    pub total_count: Option<u64>,
    /// Whether this was a dry run that passed (`DryRunOperation`), which lists nothing.
    pub is_dry_run: bool,
}

impl Fields for DescribeInstancesResponse {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" => Scalar(&mut self.request_id),
            "NextToken" => Scalar(&mut self.next_token),
            "TotalCount" => Scalar(&mut self.total_count),
            "Instances" => List(&mut self.instances),
            _ => Unread,
        }
    }
}

/// An instance, with the fields that matter for a change of its type.
///
/// What the service leaves out, or sends as null or empty, is `None` or an empty list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// `InstanceId`.
    pub instance_id: String,
    /// `InstanceName`.
    pub instance_name: Option<String>,
    /// `RegionId`.
    pub region_id: Option<String>,
    /// `ZoneId`.
    pub zone_id: Option<String>,
    /// `Status`.
    pub status: Option<InstanceStatus>,
    /// The type that is paid for (`InstanceType`); it is shown before a restart puts it into effect.
    pub instance_type: String,
    /// `InstanceTypeFamily`, for instance `ecs.g5`.
    pub instance_type_family: Option<String>,
    /// The number of vCPUs (`Cpu`).
    pub cpu: Option<u32>,
    /// The memory in **MiB** (`Memory`).
    pub memory_mib: Option<u64>,
    /// How it is paid for (`InstanceChargeType`).
    pub charge_type: Option<ChargeType>,
    /// The unit of its subscription (`SaleCycle`), for instance `month`.
    pub sale_cycle: Option<String>,
    /// `CreationTime`.
    pub creation_time: Option<DateTime<Utc>>,
    /// When it was last started (`StartTime`), to the minute.
    pub start_time: Option<DateTime<Utc>>,
    /// When its subscription ends (`ExpiredTime`), to the minute.
    pub expired_time: Option<DateTime<Utc>>,
    /// `classic` or `vpc` (`InstanceNetworkType`).
    pub network_type: Option<String>,
    /// `IoOptimized`.
    pub io_optimized: Option<bool>,
    /// `windows` or `linux` (`OSType`).
    pub os_type: Option<String>,
    /// `OSName`.
    pub os_name: Option<String>,
    /// Whether its image can drive NVMe disks (`ImageOptions.CurrentOSNVMeSupported`).
    pub os_supports_nvme: Option<bool>,
    /// `DeletionProtection`.
    pub deletion_protection: Option<bool>,
    /// `StoppedMode`.
    pub stopped_mode: Option<StoppedMode>,
    /// Why it is locked (`OperationLocks`); empty where it is not.
    pub operation_locks: Vec<LockReason>,
    /// Its tags (`Tags`), key and value.
    pub tags: Vec<(String, String)>,
}

impl Fields for Instance {
    fn field(&mut self, name: &str) -> Place<'_> {
        Scalar(match name {
            "InstanceId" => &mut self.instance_id,
            "InstanceName" => &mut self.instance_name,
            "RegionId" => &mut self.region_id,
            "ZoneId" => &mut self.zone_id,
            "Status" => &mut self.status,
            "InstanceType" => &mut self.instance_type,
            "InstanceTypeFamily" => &mut self.instance_type_family,
            "Cpu" => &mut self.cpu,
            "Memory" => &mut self.memory_mib,
            "InstanceChargeType" => &mut self.charge_type,
            "SaleCycle" => &mut self.sale_cycle,
            "CreationTime" => &mut self.creation_time,
            "StartTime" => &mut self.start_time,
            "ExpiredTime" => &mut self.expired_time,
            "InstanceNetworkType" => &mut self.network_type,
            "IoOptimized" => &mut self.io_optimized,
            "OSType" => &mut self.os_type,
            "OSName" => &mut self.os_name,
            "DeletionProtection" => &mut self.deletion_protection,
            "StoppedMode" => &mut self.stopped_mode,
            "ImageOptions" => return Only("CurrentOSNVMeSupported", &mut self.os_supports_nvme),
            "OperationLocks" => return List(&mut self.operation_locks),
            "Tags" => return List(&mut self.tags),
            _ => return Unread,
        })
    }
}

/// Objects of one field.
impl Items for Vec<LockReason> {
    fn count(&self) -> usize {
        self.len()
    }

    fn add(&mut self) -> Place<'_> {
        Only("LockReason", self)
    }
}

/// A tag.
impl Fields for (String, String) {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "TagKey" => Scalar(&mut self.0),
            "TagValue" => Scalar(&mut self.1),
            _ => Unread,
        }
    }
}
