//! `DescribeResourcesModification`: what an instance can be changed to, and whether that is in stock.

use super::wire;
use crate::error::Violations;
use crate::protocol::RawResponse;
use crate::types::{
    DestinationResource, InstanceId, InstanceType, ModificationType, ResourceStatus, StockCategory,
};

operation! {
    /// A request for the types, or the categories of the system disk, that an instance can be changed to.
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
    DescribeResourcesModificationRequest, DescribeResourcesModificationRequestBuilder => DescribeResourcesModificationResponse;
    action = "DescribeResourcesModification";
    effect = Read;
    regional = region_id;
    check = check;
    read = read;
    required {
        /// The instance.
        instance_id: InstanceId = "ResourceId";
    }
    optional {
        /// What to change: the type, or the system disk, which requires an [`instance_type`](Self::instance_type).
        /// Default: [`DestinationResource::InstanceType`], which is always sent.
        Keyword<DestinationResource> destination_resource = "DestinationResource";
        /// The kind of change. Service default: `Upgrade`.
        Keyword<ModificationType> operation_type = "OperationType";
        /// Only this target type. Excludes [`cores`](Self::cores) and [`memory_gib`](Self::memory_gib).
        Text<InstanceType> instance_type = "InstanceType";
        /// Only target types with this number of vCPUs.
        Number cores = "Cores";
        /// Only target types with this much memory, in GiB.
        Decimal memory_gib = "Memory";
        /// Whether types in other clusters are included. Service default: `false`.
        Boolean migrate_across_zone / set_migrate_across_zone = "MigrateAcrossZone";
        /// The zone to move to, for changes across zones.
        Text zone_id = "ZoneId";
        /// Conditions; `DiskCategory` is the only one. With it, the response also has the types that are available
        /// [after a change of disks](SupportedResource::after_disk_change).
        List conditions = "Conditions";
    }
}

fn check(builder: &mut DescribeResourcesModificationRequestBuilder, violations: &mut Violations) {
    let destination = builder.destination_resource.as_ref();
    let of_disks = destination == Some(&DestinationResource::SystemDisk);
    builder
        .destination_resource
        .get_or_insert(DestinationResource::InstanceType);
    let of_type = builder.instance_type.is_some();
    if of_disks && !of_type {
        let problem = "is required with DestinationResource=SystemDisk";
        violations.add("InstanceType", "", problem);
    }
    for (name, size) in [
        ("Cores", builder.cores.map(|cores| cores.to_string())),
        ("Memory", builder.memory_gib.map(|memory| memory.to_string())),
    ] {
        match size {
            Some(size) if of_type => violations.add(name, &size, "excludes InstanceType: set one of them"),
            Some(size) if of_disks => {
                violations.add(name, &size, "is not allowed with DestinationResource=SystemDisk");
            }
            Some(_) | None => {}
        }
    }
}

fn read(response: &RawResponse<'_>) -> Result<DescribeResourcesModificationResponse, String> {
    let mut body: Body = wire::read(response)?;
    wire::request_id(&mut body.request_id, response)?;
    let mut zones = Vec::with_capacity(body.zones.len());
    for zone in body.zones {
        let mut resources = Vec::new();
        for group in zone.groups {
            for (after_disk_change, list) in [(false, group.resources), (true, group.conditional)] {
                for resource in list {
                    resources.push(SupportedResource { kind: group.kind.clone(), after_disk_change, ..resource });
                }
            }
        }
        zones.push(AvailableZone {
            zone_id: zone.zone_id,
            region_id: zone.region_id,
            status: zone.status,
            stock: zone.stock,
            resources,
        });
    }
    Ok(DescribeResourcesModificationResponse { request_id: body.request_id, zones })
}

response! {
    /// What the instance can be changed to, by zone.
    pub DescribeResourcesModificationResponse {
        /// The request id (`RequestId`).
        request_id: String = derived;
        /// The zones (`AvailableZones`).
        zones: Vec<AvailableZone> = derived;
    }

    /// A zone and what it offers for the change.
    pub AvailableZone {
        /// The id (`ZoneId`). Older responses have none.
        zone_id: Option<String> = derived;
        /// The region (`RegionId`).
        region_id: Option<String> = derived;
        /// Whether the zone offers anything (`Status`).
        status: Option<ResourceStatus> = derived;
        /// The stock (`StatusCategory`).
        stock: Option<StockCategory> = derived;
        /// What the instance can be changed to: the resources of all types in one list (`AvailableResources`).
        resources: Vec<SupportedResource> = derived;
    }

    Body {
        request_id: String = scalar "RequestId";
        zones: Vec<Zone> = list "AvailableZones";
    }

    Zone {
        zone_id: Option<String> = scalar "ZoneId";
        region_id: Option<String> = scalar "RegionId";
        status: Option<ResourceStatus> = scalar "Status";
        stock: Option<StockCategory> = scalar "StatusCategory";
        groups: Vec<Group> = list "AvailableResources";
    }

    Group {
        kind: String = scalar "Type";
        resources: Vec<SupportedResource> = list "SupportedResources";
        conditional: Vec<SupportedResource> = list "ConditionSupportedResources";
    }

    /// A type, or a category of the system disk, that the instance can be changed to.
    pub SupportedResource {
        /// `InstanceType` or `SystemDisk` (`Type`). The case varies.
        kind: String = derived;
        /// The name, for instance `ecs.g5.xlarge`.
        value: String = scalar "Value";
        /// Whether it is available.
        status: Option<ResourceStatus> = scalar "Status";
        /// The stock. Older responses have none.
        stock: Option<StockCategory> = scalar "StatusCategory";
        /// The minimum size of a disk, in [`unit`](Self::unit).
        min: Option<u64> = scalar "Min";
        /// The maximum size of a disk, in [`unit`](Self::unit).
        max: Option<u64> = scalar "Max";
        /// The unit of the sizes, for instance `GiB`.
        unit: Option<String> = scalar "Unit";
        /// Whether the instance needs disks of another category first (`ConditionSupportedResources`). The service only
        /// returns such resources with the [condition](DescribeResourcesModificationRequestBuilder::conditions)
        /// `DiskCategory`.
        after_disk_change: bool = derived;
    }
}

impl DescribeResourcesModificationResponse {
    /// The resources with this name in all zones; names are compared without regard to case.
    pub fn find(&self, value: &str) -> impl Iterator<Item = &SupportedResource> {
        self.resources()
            .filter(move |resource| resource.value.eq_ignore_ascii_case(value))
    }

    /// The resources of all zones.
    pub fn resources(&self) -> impl Iterator<Item = &SupportedResource> {
        self.zones.iter().flat_map(|zone| &zone.resources)
    }
}

impl SupportedResource {
    /// Whether it is available now: not sold out, not out of stock, and not only after a change of disks.
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
