//! `DescribeInstanceTypes`: instance types and their properties.

use rust_decimal::Decimal;

use super::wire;
use crate::protocol::RawResponse;
use crate::types::{InstanceType, NvmeSupport};

operation! {
    /// A request for instance types: all, or those that match every filter.
    ///
    /// A response has at most 100 types. [`Client::list_instance_types`](crate::Client::list_instance_types) returns
    /// all of them.
    ///
    /// ```
    /// use aliyun_ecs::operation::DescribeInstanceTypesRequest;
    ///
    /// let request = DescribeInstanceTypesRequest::builder()
    ///     .instance_types(["ecs.g6.large", "ecs.g6.xlarge"])
    ///     .build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    DescribeInstanceTypesRequest, DescribeInstanceTypesRequestBuilder => DescribeInstanceTypesResponse;
    action = "DescribeInstanceTypes";
    effect = Read;
    regional = region_id;
    paginated = instance_types: InstanceTypeInfo;
    read = read;
    optional {
        /// Only these types. The service accepts at most 10.
        List<InstanceType> instance_types = "InstanceTypes";
        /// Only types that attach disks like this. Documented values: `required` and `unsupported`.
        Keyword<NvmeSupport> nvme_support = "NvmeSupport";
        /// The maximum number of types on a page. The service accepts 1 to 100. Service default: the maximum.
        Number max_results = "MaxResults";
        /// The token of the page, from `next_token` of the previous page. Default: the first page.
        Text next_token = "NextToken";
        /// Only types of this family, for instance `ecs.g6`.
        Text instance_type_family = "InstanceTypeFamily";
        /// Only types of families of this level: `EntryLevel`, `EnterpriseLevel` or `CreditEntryLevel`.
        Text instance_family_level = "InstanceFamilyLevel";
        /// Only types of this category, for instance `General-purpose`.
        Text instance_category = "InstanceCategory";
        /// Only types of this architecture: `X86` or `ARM`.
        Text cpu_architecture = "CpuArchitecture";
        /// Only types with this processor.
        Text physical_processor_model = "PhysicalProcessorModel";
        /// Only types with this GPU.
        Text gpu_spec = "GPUSpec";
        /// Only types with local disks of this category: `local_hdd_pro` or `local_ssd_pro`.
        Text local_storage_category = "LocalStorageCategory";
        /// Only types of these families. The service accepts at most 10.
        List instance_type_families = "InstanceTypeFamilies";
        /// Only types of these categories. The service accepts at most 10.
        List instance_categories = "InstanceCategories";
        /// Only types of these architectures. The service accepts at most 2.
        List cpu_architectures = "CpuArchitectures";
        /// Only types with one of these processors. The service accepts at most 10.
        List physical_processor_models = "PhysicalProcessorModels";
        /// Only types with one of these GPUs. The service accepts at most 10.
        List gpu_specs = "GpuSpecs";
        /// Only types with local disks of these categories. The service accepts at most 2.
        List local_storage_categories = "LocalStorageCategories";
        /// Fields that the service only returns on request.
        List additional_attributes = "AdditionalAttributes";
        /// Only types with at least this many vCPUs.
        Number minimum_cpu_core_count = "MinimumCpuCoreCount";
        /// Only types with at most this many vCPUs.
        Number maximum_cpu_core_count = "MaximumCpuCoreCount";
        /// Only types that support at least this many disks.
        Number minimum_disk_quantity = "MinimumDiskQuantity";
        /// Only types that support at least this many network interfaces.
        Number minimum_eni_quantity = "MinimumEniQuantity";
        /// Only types that support at least this many private IPv4 addresses per interface.
        Number minimum_eni_private_ip_address_quantity = "MinimumEniPrivateIpAddressQuantity";
        /// Only types that support at least this many IPv6 addresses per interface.
        Number minimum_eni_ipv6_address_quantity = "MinimumEniIpv6AddressQuantity";
        /// Only types that support at least this many RDMA interfaces.
        Number minimum_eri_quantity = "MinimumEriQuantity";
        /// Only types with at least this many queues on the primary interface.
        Number minimum_primary_eni_queue_number = "MinimumPrimaryEniQueueNumber";
        /// Only types with at least this many queues on a secondary interface.
        Number minimum_secondary_eni_queue_number = "MinimumSecondaryEniQueueNumber";
        /// Only types with at least this many queue pairs per RDMA interface.
        Number minimum_queue_pair_number = "MinimumQueuePairNumber";
        /// Only types that receive at least this much, in kbit/s.
        Number minimum_instance_bandwidth_rx = "MinimumInstanceBandwidthRx";
        /// Only types that send at least this much, in kbit/s.
        Number minimum_instance_bandwidth_tx = "MinimumInstanceBandwidthTx";
        /// Only types that receive at least this many packets per second.
        Number minimum_instance_pps_rx = "MinimumInstancePpsRx";
        /// Only types that send at least this many packets per second.
        Number minimum_instance_pps_tx = "MinimumInstancePpsTx";
        /// Only types with at least this many local disks.
        Number minimum_local_storage_amount = "MinimumLocalStorageAmount";
        /// Only types with local disks of at least this size, in GiB.
        Number minimum_local_storage_capacity = "MinimumLocalStorageCapacity";
        /// Only types with at least this many GPUs.
        Number minimum_gpu_amount = "MinimumGPUAmount";
        /// Only types with at most this many GPUs.
        Number maximum_gpu_amount = "MaximumGPUAmount";
        /// Only burstable types with at least this much initial credit.
        Number minimum_initial_credit = "MinimumInitialCredit";
        /// Only burstable types with at least this baseline, in credits.
        Number minimum_baseline_credit = "MinimumBaselineCredit";
        /// Only types with at least this much memory, in GiB.
        Decimal minimum_memory_gib = "MinimumMemorySize";
        /// Only types with at most this much memory, in GiB.
        Decimal maximum_memory_gib = "MaximumMemorySize";
        /// Only types whose CPU runs at this frequency or more, in GHz.
        Decimal minimum_cpu_speed_ghz = "MinimumCpuSpeedFrequency";
        /// Only types whose CPU runs at this frequency or less, in GHz.
        Decimal maximum_cpu_speed_ghz = "MaximumCpuSpeedFrequency";
        /// Only types whose CPU boosts to this frequency or more, in GHz.
        Decimal minimum_cpu_turbo_ghz = "MinimumCpuTurboFrequency";
        /// Only types whose CPU boosts to this frequency or less, in GHz.
        Decimal maximum_cpu_turbo_ghz = "MaximumCpuTurboFrequency";
    }
}

fn read(response: &RawResponse<'_>) -> Result<DescribeInstanceTypesResponse, String> {
    let read: DescribeInstanceTypesResponse = wire::read_with_id(response)?;
    let mut types = read.instance_types.iter();
    match types.any(|it| it.instance_type.is_empty()) {
        true => Err("a type has no InstanceTypeId".into()),
        false => Ok(read),
    }
}

response! {
    /// A page of instance types.
    pub DescribeInstanceTypesResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// The types.
        instance_types: Vec<InstanceTypeInfo> = list "InstanceTypes";
        /// The token of the next page; `None` on the last page.
        next_token: Option<String> = scalar "NextToken";
    }

    /// An instance type. A field that is absent, null or empty is `None`.
    pub InstanceTypeInfo {
        /// The name, for instance `ecs.g6.large`.
        instance_type: String = scalar "InstanceTypeId";
        /// The family.
        instance_type_family: Option<String> = scalar "InstanceTypeFamily";
        /// The level of the family.
        family_level: Option<String> = scalar "InstanceFamilyLevel";
        /// The category, for instance `General-purpose`.
        category: Option<String> = scalar "InstanceCategory";
        /// `X86` or `ARM`.
        cpu_architecture: Option<String> = scalar "CpuArchitecture";
        /// The processor.
        physical_processor_model: Option<String> = scalar "PhysicalProcessorModel";
        /// The number of vCPUs.
        cpu_core_count: Option<u32> = scalar "CpuCoreCount";
        /// The memory in **GiB**.
        memory_gib: Option<Decimal> = scalar "MemorySize";
        /// Whether disks are attached by NVMe.
        nvme_support: Option<NvmeSupport> = scalar "NvmeSupport";
        /// The maximum number of disks.
        disk_quantity: Option<u32> = scalar "DiskQuantity";
        /// The number of local disks.
        local_storage_amount: Option<u32> = scalar "LocalStorageAmount";
        /// The size of one local disk in GiB.
        local_storage_capacity: Option<u64> = scalar "LocalStorageCapacity";
        /// The category of the local disks.
        local_storage_category: Option<String> = scalar "LocalStorageCategory";
        /// The number of GPUs.
        gpu_amount: Option<u32> = scalar "GPUAmount";
        /// The name of the GPU.
        gpu_spec: Option<String> = scalar "GPUSpec";
        /// The maximum number of network interfaces.
        eni_quantity: Option<u32> = scalar "EniQuantity";
        /// The maximum number of private IPv4 addresses per interface.
        eni_private_ip_address_quantity: Option<u32> = scalar "EniPrivateIpAddressQuantity";
        /// The maximum number of IPv6 addresses per interface.
        eni_ipv6_address_quantity: Option<u32> = scalar "EniIpv6AddressQuantity";
        /// The inbound bandwidth in kbit/s.
        bandwidth_rx: Option<u64> = scalar "InstanceBandwidthRx";
        /// The outbound bandwidth in kbit/s.
        bandwidth_tx: Option<u64> = scalar "InstanceBandwidthTx";
        /// The inbound packets per second.
        pps_rx: Option<u64> = scalar "InstancePpsRx";
        /// The outbound packets per second.
        pps_tx: Option<u64> = scalar "InstancePpsTx";
    }
}
