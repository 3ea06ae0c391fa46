//! `DescribeInstanceTypes`: the instance types, filtered and paged.

use serde_json::{Value, json};

use super::page::{Page, Sizes};
use crate::simulator::instance_type::SimulatedInstanceType;
use crate::simulator::request::Incoming;
use crate::simulator::response::Outcome;
use crate::simulator::world::World;

const SIZES: Sizes = Sizes {
    default: 100,
    least: 1,
    most: 100,
};

const PARAMETERS: [&str; 12] = [
    "InstanceTypeFamilies.N",
    "InstanceTypeFamily",
    "InstanceTypes.N",
    "LocalStorageCategory",
    "MaxResults",
    "MaximumCpuCoreCount",
    "MaximumMemorySize",
    "MinimumCpuCoreCount",
    "MinimumMemorySize",
    "NextToken",
    "NvmeSupport",
    "CpuArchitecture",
];

pub(in crate::simulator) fn describe_instance_types(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(world, &PARAMETERS)?;
    let names = incoming.list("InstanceTypes");
    let families = incoming.list("InstanceTypeFamilies");
    let bound = |name, default: f64| incoming.number(name, default);
    let vcpus = bound("MinimumCpuCoreCount", 0.0)?..=bound("MaximumCpuCoreCount", f64::MAX)?;
    let memory = bound("MinimumMemorySize", 0.0)?..=bound("MaximumMemorySize", f64::MAX)?;
    let same = |name, value: &str| incoming.given(name).is_none_or(|wanted| wanted == value);
    let fits = |known: &&SimulatedInstanceType| {
        (names.is_empty() || names.contains(&known.name()))
            && (families.is_empty() || families.contains(&known.family()))
            && same("InstanceTypeFamily", known.family())
            && same("NvmeSupport", known.nvme_support())
            && same("LocalStorageCategory", &known.local_storage_category)
            && same("CpuArchitecture", "X86")
            && vcpus.contains(&f64::from(known.vcpus))
            && memory.contains(&f64::from(known.memory_gib))
    };
    let found: Vec<&SimulatedInstanceType> = world.types.values().filter(fits).collect();
    let page = Page::by_token(incoming, &SIZES)?;
    let (items, mut fields) = page.write(&found, |known| describe(known));
    fields.insert("InstanceTypes".to_owned(), json!({ "InstanceType": items }));
    Ok(fields)
}

fn describe(known: &SimulatedInstanceType) -> Value {
    let local = !known.local_storage_category.is_empty();
    json!({
        "BaselineCredit": 0,
        "CpuArchitecture": "X86",
        "CpuCoreCount": known.vcpus,
        "CpuSpeedFrequency": 2.5,
        "CpuTurboFrequency": 3.2,
        "DiskQuantity": 17,
        "EniIpv6AddressQuantity": 1,
        "EniPrivateIpAddressQuantity": 6,
        "EniQuantity": 2,
        "EniTotalQuantity": 2,
        "EniTrunkSupported": false,
        "EriQuantity": 0,
        "GPUAmount": 0,
        "GPUMemorySize": 0.0,
        "GPUSpec": "",
        "InitialCredit": 0,
        "InstanceBandwidthRx": 1_024_000,
        "InstanceBandwidthTx": 1_024_000,
        "InstanceCategory": "General-purpose",
        "InstanceFamilyLevel": "EnterpriseLevel",
        "InstancePpsRx": 300_000,
        "InstancePpsTx": 300_000,
        "InstanceTypeFamily": known.family(),
        "InstanceTypeId": known.name,
        "LocalStorageAmount": if local { 1 } else { 0 },
        "LocalStorageCapacity": if local { 894 } else { 0 },
        "LocalStorageCategory": known.local_storage_category,
        "MemorySize": f64::from(known.memory_gib),
        "NvmeSupport": known.nvme_support(),
        "PhysicalProcessorModel": "Intel Xeon(Skylake) Platinum 8163",
        "PrimaryEniQueueNumber": 2,
        "SecondaryEniQueueNumber": 2,
        "TotalEniQueueQuantity": 4,
    })
}
