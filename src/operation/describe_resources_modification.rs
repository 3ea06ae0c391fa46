//! `DescribeResourcesModification`: what an instance can be changed to, and whether that is in stock.

use rust_decimal::Decimal;

use super::filters::OptionalParams;
use super::{Operation, Sealed, wire};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::Place::{self, List, Scalar, Unread};
use crate::protocol::{Fields, Params, RawResponse};
use crate::types::{
    InstanceId, InstanceType, ModificationType, RegionId, ResourceStatus, StockCategory,
};

/// A question for the types (or system disks) that an instance can be changed to.
///
/// ```
/// use aliyun_ecs::operation::DescribeResourcesModificationRequest;
/// use aliyun_ecs::types::ModificationType;
///
/// let request = DescribeResourcesModificationRequest::builder("i-bp67acfmxazb4ph1a2b3")
///     .operation_type(ModificationType::Downgrade)
///     .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeResourcesModificationRequest {
    region_id: Option<RegionId>,
    instance_id: InstanceId,
    filters: OptionalParams,
}

impl DescribeResourcesModificationRequest {
    /// A question for the instance types that `instance_id` can be changed to.
    pub fn builder(instance_id: impl Into<String>) -> DescribeResourcesModificationRequestBuilder {
        DescribeResourcesModificationRequestBuilder {
            instance_id: instance_id.into(),
            ..Default::default()
        }
    }

    /// `RegionId`; `None` stands for the client's region.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// The instance, which the API calls `ResourceId` here.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The value of an optional parameter, by the API's name, for instance `OperationType`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }
}

impl Sealed for DescribeResourcesModificationRequest {
    fn action(&self) -> &str {
        "DescribeResourcesModification"
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
        params.add("ResourceId", &self.instance_id);
        self.filters.add_to(&mut params);
        params
    }
}

impl Operation for DescribeResourcesModificationRequest {
    type Response = DescribeResourcesModificationResponse;

    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
        let mut body: Body = wire::read(reply)?;
        wire::request_id(&mut body.request_id, reply)?;
        let zones = body.zones.into_iter().map(|Zone { mut zone, groups }| {
            for Group {
                kind,
                mut resources,
                mut conditional,
            } in groups
            {
                conditional
                    .iter_mut()
                    .for_each(|it| it.after_disk_change = true);
                resources.append(&mut conditional);
                resources
                    .iter_mut()
                    .for_each(|it| it.kind.clone_from(&kind));
                zone.resources.append(&mut resources);
            }
            zone
        });
        Ok(DescribeResourcesModificationResponse {
            request_id: body.request_id,
            zones: zones.collect(),
        })
    }
}

#[derive(Default)]
struct Body {
    request_id: String,
    zones: Vec<Zone>,
}

impl Fields for Body {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" => Scalar(&mut self.request_id),
            "AvailableZones" => List(&mut self.zones),
            _ => Unread,
        }
    }
}

/// A zone, its resources still apart by their type.
#[derive(Default)]
struct Zone {
    zone: AvailableZone,
    groups: Vec<Group>,
}

impl Fields for Zone {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "ZoneId" => Scalar(&mut self.zone.zone_id),
            "RegionId" => Scalar(&mut self.zone.region_id),
            "Status" => Scalar(&mut self.zone.status),
            "StatusCategory" => Scalar(&mut self.zone.stock),
            "AvailableResources" => List(&mut self.groups),
            _ => Unread,
        }
    }
}

#[derive(Default)]
struct Group {
    kind: String,
    resources: Vec<SupportedResource>,
    /// Those that need the condition `DiskCategory`: it is the only one there is.
    conditional: Vec<SupportedResource>,
}

impl Fields for Group {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "Type" => Scalar(&mut self.kind),
            "SupportedResources" => List(&mut self.resources),
            "ConditionSupportedResources" => List(&mut self.conditional),
            _ => Unread,
        }
    }
}

impl Fields for SupportedResource {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "Value" => Scalar(&mut self.value),
            "Status" => Scalar(&mut self.status),
            "StatusCategory" => Scalar(&mut self.stock),
            "Min" => Scalar(&mut self.min),
            "Max" => Scalar(&mut self.max),
            "Unit" => Scalar(&mut self.unit),
            _ => Unread,
        }
    }
}

/// Builds a [`DescribeResourcesModificationRequest`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct DescribeResourcesModificationRequestBuilder {
    region_id: Option<String>,
    instance_id: String,
    system_disk: bool,
    instance_type: Option<String>,
    cores: Option<u32>,
    memory: Option<Decimal>,
    filters: OptionalParams,
}

filters! { DescribeResourcesModificationRequestBuilder {
    /// Whether types in other clusters count as well. The service takes `false` where it is not sent.
    flag migrate_across_zone = "MigrateAcrossZone";
    /// The zone to move to, for changes across zones.
    text zone_id = "ZoneId";
    /// Conditions; `DiskCategory` is the only one there is. With it, the response also has the types that the instance
    /// can become [after a change of its disks](SupportedResource::after_disk_change).
    list conditions = "Conditions";
} }

impl DescribeResourcesModificationRequestBuilder {
    /// The region that the instance is in (`RegionId`). Default: the client's region.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// The kind of change (`OperationType`). Default of the service: `Upgrade`.
    pub fn operation_type(mut self, kind: impl Into<Option<ModificationType>>) -> Self {
        let kind = kind.into().map(|kind| kind.as_str().to_owned());
        self.filters.set("OperationType", kind);
        self
    }

    /// Asks for system disks instead of types (`DestinationResource=SystemDisk`); needs an instance type along.
    pub fn system_disks(mut self) -> Self {
        self.system_disk = true;
        self
    }

    /// Only this target type (`InstanceType`). Excludes [`cores`](Self::cores) and [`memory_gib`](Self::memory_gib).
    pub fn instance_type(mut self, instance_type: impl Into<String>) -> Self {
        self.instance_type = Some(instance_type.into());
        self
    }

    /// Only target types with this many vCPUs (`Cores`).
    pub fn cores(mut self, cores: u32) -> Self {
        self.cores = Some(cores);
        self
    }

    /// Only target types with this much memory (`Memory`), in GiB.
    pub fn memory_gib(mut self, memory: impl Into<Decimal>) -> Self {
        self.memory = Some(memory.into());
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(mut self) -> Result<DescribeResourcesModificationRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_id = violations.check("ResourceId", InstanceId::new(self.instance_id));
        let target = self.instance_type.map(InstanceType::new);
        let named = target.is_some();
        let target = violations.check_optional("InstanceType", target);
        if self.system_disk && !named {
            violations.add("InstanceType", "", "is required to ask for system disks");
        }
        let sizes = [
            ("Cores", self.cores.map(|cores| cores.to_string())),
            ("Memory", self.memory.map(|memory| memory.to_string())),
        ];
        for (name, size) in sizes {
            if let Some(size) = &size {
                if named {
                    violations.add(name, size, "excludes an InstanceType: set one of them");
                } else if self.system_disk {
                    violations.add(
                        name,
                        size,
                        "is for instance types only, not for system disks",
                    );
                }
            }
            self.filters.set(name, size);
        }
        self.filters.check(&[], &mut violations);
        let Some(instance_id) = instance_id else {
            return Err(violations.into_error());
        };
        violations.into_result()?;
        let destination = if self.system_disk {
            "SystemDisk"
        } else {
            "InstanceType"
        };
        self.filters
            .set("DestinationResource", Some(destination.to_owned()));
        self.filters.set("InstanceType", target.map(String::from));
        Ok(DescribeResourcesModificationRequest {
            region_id,
            instance_id,
            filters: self.filters,
        })
    }
}

/// What the instance can be changed to, by zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DescribeResourcesModificationResponse {
    /// The id of the request (`RequestId`).
    pub request_id: String,
    /// The zones (`AvailableZones`).
    pub zones: Vec<AvailableZone>,
}

impl DescribeResourcesModificationResponse {
    /// The entries of this name in all zones; names are compared without regard to case.
    pub fn find(&self, value: &str) -> impl Iterator<Item = &SupportedResource> {
        self.resources()
            .filter(move |resource| resource.value.eq_ignore_ascii_case(value))
    }

    /// The entries of all zones.
    pub fn resources(&self) -> impl Iterator<Item = &SupportedResource> {
        self.zones.iter().flat_map(|zone| &zone.resources)
    }
}

/// A zone and what it offers for the change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AvailableZone {
    /// Its id (`ZoneId`); absent in older answers.
    pub zone_id: Option<String>,
    /// Its region (`RegionId`).
    pub region_id: Option<String>,
    /// Whether it offers anything (`Status`).
    pub status: Option<ResourceStatus>,
    /// Its stock (`StatusCategory`).
    pub stock: Option<StockCategory>,
    /// What the instance can be changed to (`AvailableResources`, all types of resources in one list).
    pub resources: Vec<SupportedResource>,
}

/// A type, or a category of system disk, that the instance can be changed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupportedResource {
    /// `InstanceType` or `SystemDisk` (`Type`); the case varies.
    pub kind: String,
    /// Its name (`Value`), for instance `ecs.g5.xlarge`.
    pub value: String,
    /// Whether it can be had (`Status`).
    pub status: Option<ResourceStatus>,
    /// Its stock (`StatusCategory`); absent in older answers.
    pub stock: Option<StockCategory>,
    /// The smallest size of a disk, in [`unit`](Self::unit).
    pub min: Option<u64>,
    /// The largest size of a disk, in [`unit`](Self::unit).
    pub max: Option<u64>,
    /// The unit of the sizes, for instance `GiB`.
    pub unit: Option<String>,
    /// The instance needs disks of another category first (`ConditionSupportedResources`). Only returned where the
    /// request has the [condition](DescribeResourcesModificationRequestBuilder::conditions) `DiskCategory`.
    pub after_disk_change: bool,
}

impl SupportedResource {
    /// Whether it is available now: not sold out, not without stock, and not only after a change of disks.
    pub fn is_available(&self) -> bool {
        self.is_in_stock() && !self.after_disk_change
    }

    /// Whether it is neither sold out nor without stock.
    pub fn is_in_stock(&self) -> bool {
        let sold_out = self
            .status
            .as_ref()
            .is_some_and(|it| *it != ResourceStatus::Available);
        let no_stock = matches!(
            self.stock,
            Some(StockCategory::WithoutStock | StockCategory::ClosedWithoutStock)
        );
        !sold_out && !no_stock
    }
}
