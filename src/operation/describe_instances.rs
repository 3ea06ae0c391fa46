//! `DescribeInstances`: instances and their current state.

use chrono::{DateTime, Utc};

use super::wire;
use crate::protocol::{Fields, Target, RawResponse};
use crate::types::{ChargeType, InstanceId, InstanceStatus, LockReason, StoppedMode};

operation! {
    /// A request for instances: all of a region, or those that match every filter.
    ///
    /// Instances that the caller has no permission to see are omitted without an error.
    ///
    /// ```
    /// use aliyun_ecs::operation::DescribeInstancesRequest;
    ///
    /// let request = DescribeInstancesRequest::builder()
    ///     .instance_ids(["i-bp67acfmxazb4ph1a2b3"])
    ///     .build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    DescribeInstancesRequest, DescribeInstancesRequestBuilder => DescribeInstancesResponse;
    action = "DescribeInstances";
    effect = Read;
    regional = region_id;
    dry_run = dry_run;
    paginated = instances: Instance, total = total_count, page_size = 100;
    read = read;
    optional {
        /// Only these instances. The service accepts at most 100. An empty list matches nothing.
        JsonList<InstanceId> instance_ids = "InstanceIds";
        /// Only instances in this state.
        Keyword<InstanceStatus> status = "Status";
        /// Only instances with this billing method.
        Keyword<ChargeType> instance_charge_type = "InstanceChargeType";
        /// Only instances that are locked for this reason.
        Keyword<LockReason> lock_reason = "LockReason";
        /// Adds a tag that instances must have. The value may be empty. The service accepts at most 20 tags.
        Tags tags / tag = "Tag";
        /// The maximum number of instances on a page. The service accepts 1 to 100. Service default: 10.
        Number max_results = "MaxResults";
        /// The token of the page, from `next_token` of the previous page. Default: the first page.
        Text next_token / set_next_token = "NextToken";
        /// Only instances with this name; `*` matches any text.
        Text instance_name = "InstanceName";
        /// Only instances of this type.
        Text instance_type = "InstanceType";
        /// Only instances of this family, for instance `ecs.g5`.
        Text instance_type_family = "InstanceTypeFamily";
        /// Only instances on this kind of network: `classic` or `vpc`.
        Text instance_network_type = "InstanceNetworkType";
        /// Only instances with this billing method for traffic: `PayByBandwidth` or `PayByTraffic`.
        Text internet_charge_type = "InternetChargeType";
        /// Only instances that are, or are not, I/O-optimized.
        Boolean io_optimized = "IoOptimized";
        /// Only instances of this image.
        Text image_id = "ImageId";
        /// Only instances with this key pair.
        Text key_pair_name = "KeyPairName";
        /// Only instances in this resource group, which must not have more than 1,000 resources.
        Text resource_group_id = "ResourceGroupId";
        /// Only instances in this security group.
        Text security_group_id = "SecurityGroupId";
        /// Only instances in this VPC.
        Text vpc_id = "VpcId";
        /// Only instances on this vSwitch.
        Text v_switch_id = "VSwitchId";
        /// Only instances in this zone.
        Text zone_id = "ZoneId";
        /// Only instances in this HPC cluster.
        Text hpc_cluster_id = "HpcClusterId";
        /// Only HPC instances with these RDMA addresses.
        Text rdma_ip_addresses = "RdmaIpAddresses";
        /// Only instances with one of these private addresses, in a VPC. The service accepts at most 100.
        JsonList private_ip_addresses = "PrivateIpAddresses";
        /// Only instances with one of these private addresses, on a classic network. The service accepts at most 100.
        JsonList inner_ip_addresses = "InnerIpAddresses";
        /// Only instances with one of these public addresses. The service accepts at most 100.
        JsonList public_ip_addresses = "PublicIpAddresses";
        /// Only instances with one of these elastic addresses, in a VPC. The service accepts at most 100.
        JsonList eip_addresses = "EipAddresses";
        /// Only instances with these IPv6 addresses.
        List ipv6_addresses = "Ipv6Address";
        /// Only instances that were created at this time or later, rounded up to the minute.
        FilterTime created_after = "Filter.1=CreationStartTime";
        /// Only instances that were created before this time, rounded up to the minute.
        FilterTime created_before = "Filter.2=CreationEndTime";
        /// Only instances that expire at this time or later, rounded up to the minute.
        FilterTime expires_after = "Filter.3=ExpiredStartTime";
        /// Only instances that expire before this time, rounded up to the minute.
        FilterTime expires_before = "Filter.4=ExpiredEndTime";
        /// Fields that the service only returns on request: `META_OPTIONS`, `DDH_CLUSTER`, `NETWORK_PRIMARY_ENI_IP` or
        /// [`CURRENT_OS_NVME_SUPPORTED`](Instance::os_supports_nvme).
        List additional_attributes = "AdditionalAttributes";
        /// Only instances whose metadata server is `enabled` or `disabled`.
        Text http_endpoint = "HttpEndpoint";
        /// Only instances whose metadata server accepts (`optional`) or requires (`required`) tokens.
        Text http_tokens = "HttpTokens";
        /// Whether the service only checks the request and the caller's permissions. The response is then empty.
        Boolean dry_run = "DryRun";
    }
}

fn read(response: &RawResponse<'_>) -> Result<DescribeInstancesResponse, String> {
    let mut read: DescribeInstancesResponse = wire::read_with_id(response)?;
    for instance in &mut read.instances {
        if instance.instance_id.is_empty() {
            return Err("an instance has no InstanceId".into());
        }
        instance.tags.retain(|(key, _)| !key.is_empty());
    }
    Ok(read)
}

response! {
    /// A page of instances.
    pub DescribeInstancesResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// The instances.
        instances: Vec<Instance> = list "Instances";
        /// The token of the next page; `None` on the last page.
        next_token: Option<String> = scalar "NextToken";
        /// The number of instances on all pages.
        total_count: Option<u64> = scalar "TotalCount";
        /// Whether this was a dry run that passed, which lists nothing.
        is_dry_run: bool = derived;
    }

    /// An instance, with the fields that matter for a change of its type.
    ///
    /// A field that is absent, null or empty is `None` or an empty list.
    pub Instance {
        /// The id.
        instance_id: String = scalar "InstanceId";
        /// The name.
        instance_name: Option<String> = scalar "InstanceName";
        /// The region.
        region_id: Option<String> = scalar "RegionId";
        /// The zone.
        zone_id: Option<String> = scalar "ZoneId";
        /// The state.
        status: Option<InstanceStatus> = scalar "Status";
        /// The type that is paid for. The service shows a new type before a restart puts it into effect.
        instance_type: String = scalar "InstanceType";
        /// The family of the type, for instance `ecs.g5`.
        instance_type_family: Option<String> = scalar "InstanceTypeFamily";
        /// The number of vCPUs.
        cpu: Option<u32> = scalar "Cpu";
        /// The memory in **MiB**.
        memory_mib: Option<u64> = scalar "Memory";
        /// The billing method.
        charge_type: Option<ChargeType> = scalar "InstanceChargeType";
        /// The unit of the subscription, for instance `month`.
        sale_cycle: Option<String> = scalar "SaleCycle";
        /// When it was created.
        creation_time: Option<DateTime<Utc>> = scalar "CreationTime";
        /// When it was last started, to the minute.
        start_time: Option<DateTime<Utc>> = scalar "StartTime";
        /// When the subscription expires, to the minute.
        expired_time: Option<DateTime<Utc>> = scalar "ExpiredTime";
        /// `classic` or `vpc`.
        network_type: Option<String> = scalar "InstanceNetworkType";
        /// Whether it is I/O-optimized.
        io_optimized: Option<bool> = scalar "IoOptimized";
        /// `windows` or `linux`.
        os_type: Option<String> = scalar "OSType";
        /// The name of the operating system.
        os_name: Option<String> = scalar "OSName";
        /// The image.
        image_id: Option<String> = scalar "ImageId";
        /// Whether the operating system supports NVMe disks. The service returns it only if
        /// [`additional_attributes`](DescribeInstancesRequestBuilder::additional_attributes) has
        /// `CURRENT_OS_NVME_SUPPORTED`.
        os_supports_nvme: Option<bool> = inside "ImageOptions" / "CurrentOSNVMeSupported";
        /// Whether it is protected from being released.
        deletion_protection: Option<bool> = scalar "DeletionProtection";
        /// The dedicated host that it runs on.
        dedicated_host_id: Option<String> = inside "DedicatedHostAttribute" / "DedicatedHostId";
        /// What happens to billing while it is stopped.
        stopped_mode: Option<StoppedMode> = scalar "StoppedMode";
        /// Why it is locked; empty if it is not.
        operation_locks: Vec<LockReason> = inside "OperationLocks" / "LockReason";
        /// The tags, key and value.
        tags: Vec<(String, String)> = list "Tags";
    }
}

/// A tag.
impl Fields for (String, String) {
    fn field(&mut self, name: &str) -> Target<'_> {
        match name {
            "TagKey" => Target::Scalar(&mut self.0),
            "TagValue" => Target::Scalar(&mut self.1),
            _ => Target::Unread,
        }
    }
}
