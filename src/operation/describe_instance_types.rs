//! `DescribeInstanceTypes`: what instance types there are, and what they have.

use rust_decimal::Decimal;

use super::filters::OptionalParams;
use super::{Operation, Page, Paginate, Sealed, wire};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::Place::{self, List, Scalar, Unread};
use crate::protocol::{Fields, Params, RawResponse};
use crate::types::{InstanceType, NvmeSupport, RegionId};

/// The most types on one page; older documents say 1,600.
const MAX_RESULTS: u64 = 100;

/// How many items the lists may have.
const LIMITS: [(&str, usize); 7] = [
    ("InstanceTypes", 10),
    ("InstanceTypeFamilies", 10),
    ("InstanceCategories", 10),
    ("CpuArchitectures", 2),
    ("PhysicalProcessorModels", 10),
    ("GpuSpecs", 10),
    ("LocalStorageCategories", 2),
];

/// A question for instance types: all of them, or those that every filter lets pass.
///
/// One answer holds at most 100 types: take [`Client::list_instance_types`](crate::Client::list_instance_types)
/// for all of them.
///
/// ```
/// use aliyun_ecs::operation::DescribeInstanceTypesRequest;
///
/// let request = DescribeInstanceTypesRequest::builder()
///     .instance_types(["ecs.g6.large", "ecs.g6.xlarge"])
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceTypesRequest {
    region_id: Option<RegionId>,
    filters: OptionalParams,
}

impl DescribeInstanceTypesRequest {
    /// A question for all types.
    pub fn builder() -> DescribeInstanceTypesRequestBuilder {
        DescribeInstanceTypesRequestBuilder::default()
    }

    /// The region that chooses the endpoint; `None` stands for the client's region.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// The value of an optional parameter, by the API's name, for instance `InstanceTypes.1`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }
}

impl Sealed for DescribeInstanceTypesRequest {
    fn action(&self) -> &str {
        "DescribeInstanceTypes"
    }

    fn effect(&self) -> Effect {
        Effect::Read
    }

    fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    // The operation has no `RegionId`: the endpoint chooses the region. Sending it does no harm.
    fn params<'a>(&'a self, region: &'a RegionId) -> Params<'a> {
        let mut params = Params::new();
        params.add("RegionId", region);
        self.filters.add_to(&mut params);
        params
    }
}

impl Operation for DescribeInstanceTypesRequest {
    type Response = DescribeInstanceTypesResponse;

    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
        let mut response: Self::Response = wire::read(reply)?;
        wire::request_id(&mut response.request_id, reply)?;
        let mut types = response.instance_types.iter();
        match types.any(|it| it.instance_type.is_empty()) {
            true => Err("a type has no InstanceTypeId".into()),
            false => Ok(response),
        }
    }
}

impl Paginate for DescribeInstanceTypesRequest {
    type Item = InstanceTypeInfo;

    fn page(&self, token: Option<String>) -> Self {
        let mut request = self.clone();
        if token.is_some() {
            request.filters.set("NextToken", token);
        }
        request
    }

    fn open(response: Self::Response) -> Page<InstanceTypeInfo> {
        Page {
            items: response.instance_types,
            next_token: response.next_token,
            total: None,
            request_id: response.request_id,
        }
    }
}

/// Builds a [`DescribeInstanceTypesRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct DescribeInstanceTypesRequestBuilder {
    region_id: Option<String>,
    instance_types: Vec<String>,
    nvme_support: Option<NvmeSupport>,
    filters: OptionalParams,
}

filters! { DescribeInstanceTypesRequestBuilder {
    /// How many types a page holds: 1 to 100. The service takes its most where it is not sent.
    number max_results = "MaxResults";
    /// Where the page begins: the token of the page before.
    text next_token = "NextToken";
    /// Only types of this family, for instance `ecs.g6`.
    text instance_type_family = "InstanceTypeFamily";
    /// Only types of this level: `EntryLevel`, `EnterpriseLevel` or `CreditEntryLevel`.
    text instance_family_level = "InstanceFamilyLevel";
    /// Only types of this category, for instance `General-purpose`.
    text instance_category = "InstanceCategory";
    /// Only types of this architecture: `X86` or `ARM`.
    text cpu_architecture = "CpuArchitecture";
    /// Only types with this processor.
    text physical_processor_model = "PhysicalProcessorModel";
    /// Only types with this GPU.
    text gpu_spec = "GPUSpec";
    /// Only types with such local disks: `local_hdd_pro` or `local_ssd_pro`.
    text local_storage_category = "LocalStorageCategory";
    /// Only types of these families: at most 10.
    list instance_type_families = "InstanceTypeFamilies";
    /// Only types of these categories: at most 10.
    list instance_categories = "InstanceCategories";
    /// Only types of these architectures: at most 2.
    list cpu_architectures = "CpuArchitectures";
    /// Only types with one of these processors: at most 10.
    list physical_processor_models = "PhysicalProcessorModels";
    /// Only types with one of these GPUs: at most 10.
    list gpu_specs = "GpuSpecs";
    /// Only types with such local disks: at most 2.
    list local_storage_categories = "LocalStorageCategories";
    /// More to answer.
    list additional_attributes = "AdditionalAttributes";
    /// Only types with at least this many vCPUs.
    number minimum_cpu_core_count = "MinimumCpuCoreCount";
    /// Only types with at most this many vCPUs.
    number maximum_cpu_core_count = "MaximumCpuCoreCount";
    /// Only types that take at least this many disks.
    number minimum_disk_quantity = "MinimumDiskQuantity";
    /// Only types that take at least this many network interfaces.
    number minimum_eni_quantity = "MinimumEniQuantity";
    /// Only types that take at least this many private IPv4 addresses an interface.
    number minimum_eni_private_ip_address_quantity = "MinimumEniPrivateIpAddressQuantity";
    /// Only types that take at least this many IPv6 addresses an interface.
    number minimum_eni_ipv6_address_quantity = "MinimumEniIpv6AddressQuantity";
    /// Only types that take at least this many RDMA interfaces.
    number minimum_eri_quantity = "MinimumEriQuantity";
    /// Only types with at least this many queues on the primary interface.
    number minimum_primary_eni_queue_number = "MinimumPrimaryEniQueueNumber";
    /// Only types with at least this many queues on a secondary interface.
    number minimum_secondary_eni_queue_number = "MinimumSecondaryEniQueueNumber";
    /// Only types with at least this many queue pairs an RDMA interface.
    number minimum_queue_pair_number = "MinimumQueuePairNumber";
    /// Only types that receive at least this much, in kbit/s.
    number minimum_instance_bandwidth_rx = "MinimumInstanceBandwidthRx";
    /// Only types that send at least this much, in kbit/s.
    number minimum_instance_bandwidth_tx = "MinimumInstanceBandwidthTx";
    /// Only types that receive at least this many packets a second.
    number minimum_instance_pps_rx = "MinimumInstancePpsRx";
    /// Only types that send at least this many packets a second.
    number minimum_instance_pps_tx = "MinimumInstancePpsTx";
    /// Only types with at least this many local disks.
    number minimum_local_storage_amount = "MinimumLocalStorageAmount";
    /// Only types with local disks of at least this size, in GiB.
    number minimum_local_storage_capacity = "MinimumLocalStorageCapacity";
    /// Only types with at least this many GPUs.
    number minimum_gpu_amount = "MinimumGPUAmount";
    /// Only types with at most this many GPUs.
    number maximum_gpu_amount = "MaximumGPUAmount";
    /// Only burstable types with at least this much initial credit.
    number minimum_initial_credit = "MinimumInitialCredit";
    /// Only burstable types with at least this baseline, in credits.
    number minimum_baseline_credit = "MinimumBaselineCredit";
    /// Only types with at least this much memory, in GiB.
    decimal minimum_memory_gib = "MinimumMemorySize";
    /// Only types with at most this much memory, in GiB.
    decimal maximum_memory_gib = "MaximumMemorySize";
    /// Only types whose CPU runs at this frequency or more, in GHz.
    decimal minimum_cpu_speed_ghz = "MinimumCpuSpeedFrequency";
    /// Only types whose CPU runs at this frequency or less, in GHz.
    decimal maximum_cpu_speed_ghz = "MaximumCpuSpeedFrequency";
    /// Only types whose CPU can go up to this frequency or more, in GHz.
    decimal minimum_cpu_turbo_ghz = "MinimumCpuTurboFrequency";
    /// Only types whose CPU can go up to this frequency or less, in GHz.
    decimal maximum_cpu_turbo_ghz = "MaximumCpuTurboFrequency";
} }

impl DescribeInstanceTypesRequestBuilder {
    /// The region whose endpoint is asked. Default: the client's region.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// Only these types (`InstanceTypes`): at most 10. Default: all.
    pub fn instance_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.instance_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Only types that attach disks like this (`NvmeSupport`); the documents name `Required` and `Unsupported`.
    pub fn nvme_support(mut self, support: impl Into<Option<NvmeSupport>>) -> Self {
        self.nvme_support = support.into();
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(mut self) -> Result<DescribeInstanceTypesRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        for (name, number) in self.instance_types.iter().zip(1..) {
            violations.check(&format!("InstanceTypes.{number}"), InstanceType::new(name));
        }
        self.filters.set_list("InstanceTypes", self.instance_types);
        let support = self.nvme_support.map(|it| it.to_string());
        self.filters.set("NvmeSupport", support);
        self.filters.check(&LIMITS, &mut violations);
        let size = self.filters.get("MaxResults");
        if let Some(size) = size
            && !size
                .parse()
                .is_ok_and(|size| (1..=MAX_RESULTS).contains(&size))
        {
            violations.add("MaxResults", size, "must be within 1 to 100");
        }
        violations.into_result()?;
        Ok(DescribeInstanceTypesRequest {
            region_id,
            filters: self.filters,
        })
    }
}

/// A page of instance types.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct DescribeInstanceTypesResponse {
    /// The id of the request (`RequestId`).
    pub request_id: String,
    /// The types (`InstanceTypes`).
    pub instance_types: Vec<InstanceTypeInfo>,
    /// Where the next page begins (`NextToken`); `None` on the last one.
    pub next_token: Option<String>,
}

impl Fields for DescribeInstanceTypesResponse {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" => Scalar(&mut self.request_id),
            "NextToken" => Scalar(&mut self.next_token),
            "InstanceTypes" => List(&mut self.instance_types),
            _ => Unread,
        }
    }
}

/// An instance type. What the service leaves out, or sends as null or empty, is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct InstanceTypeInfo {
    /// Its name (`InstanceTypeId`), for instance `ecs.g6.large`.
    pub instance_type: String,
    /// Its family (`InstanceTypeFamily`).
    pub instance_type_family: Option<String>,
    /// The level of its family (`InstanceFamilyLevel`).
    pub family_level: Option<String>,
    /// Its category (`InstanceCategory`), for instance `General-purpose`.
    pub category: Option<String>,
    /// `X86` or `ARM` (`CpuArchitecture`).
    pub cpu_architecture: Option<String>,
    /// Its processor (`PhysicalProcessorModel`).
    pub physical_processor_model: Option<String>,
    /// The number of vCPUs (`CpuCoreCount`).
    pub cpu_core_count: Option<u32>,
    /// The memory in **GiB** (`MemorySize`).
    pub memory_gib: Option<Decimal>,
    /// Whether its disks are attached by NVMe (`NvmeSupport`).
    pub nvme_support: Option<NvmeSupport>,
    /// How many disks it takes (`DiskQuantity`).
    pub disk_quantity: Option<u32>,
    /// How many local disks it has (`LocalStorageAmount`).
    pub local_storage_amount: Option<u32>,
    /// The size of one local disk in GiB (`LocalStorageCapacity`).
    pub local_storage_capacity: Option<u64>,
    /// The category of its local disks (`LocalStorageCategory`).
    pub local_storage_category: Option<String>,
    /// How many GPUs it has (`GPUAmount`).
    pub gpu_amount: Option<u32>,
    /// The name of its GPU (`GPUSpec`).
    pub gpu_spec: Option<String>,
    /// How many network interfaces it takes (`EniQuantity`).
    pub eni_quantity: Option<u32>,
    /// How many private IPv4 addresses an interface takes (`EniPrivateIpAddressQuantity`).
    pub eni_private_ip_address_quantity: Option<u32>,
    /// How many IPv6 addresses an interface takes (`EniIpv6AddressQuantity`).
    pub eni_ipv6_address_quantity: Option<u32>,
    /// How much it receives in kbit/s (`InstanceBandwidthRx`).
    pub bandwidth_rx: Option<u64>,
    /// How much it sends in kbit/s (`InstanceBandwidthTx`).
    pub bandwidth_tx: Option<u64>,
    /// How many packets it receives a second (`InstancePpsRx`).
    pub pps_rx: Option<u64>,
    /// How many packets it sends a second (`InstancePpsTx`).
    pub pps_tx: Option<u64>,
}

impl Fields for InstanceTypeInfo {
    fn field(&mut self, name: &str) -> Place<'_> {
        Scalar(match name {
            "InstanceTypeId" => &mut self.instance_type,
            "InstanceTypeFamily" => &mut self.instance_type_family,
            "InstanceFamilyLevel" => &mut self.family_level,
            "InstanceCategory" => &mut self.category,
            "CpuArchitecture" => &mut self.cpu_architecture,
            "PhysicalProcessorModel" => &mut self.physical_processor_model,
            "CpuCoreCount" => &mut self.cpu_core_count,
            "MemorySize" => &mut self.memory_gib,
            "NvmeSupport" => &mut self.nvme_support,
            "DiskQuantity" => &mut self.disk_quantity,
            "LocalStorageAmount" => &mut self.local_storage_amount,
            "LocalStorageCapacity" => &mut self.local_storage_capacity,
            "LocalStorageCategory" => &mut self.local_storage_category,
            "GPUAmount" => &mut self.gpu_amount,
            "GPUSpec" => &mut self.gpu_spec,
            "EniQuantity" => &mut self.eni_quantity,
            "EniPrivateIpAddressQuantity" => &mut self.eni_private_ip_address_quantity,
            "EniIpv6AddressQuantity" => &mut self.eni_ipv6_address_quantity,
            "InstanceBandwidthRx" => &mut self.bandwidth_rx,
            "InstanceBandwidthTx" => &mut self.bandwidth_tx,
            "InstancePpsRx" => &mut self.pps_rx,
            "InstancePpsTx" => &mut self.pps_tx,
            _ => return Unread,
        })
    }
}
