//! `DescribeInstanceTypes`: the instance types, filtered and paged.

use serde_json::{Map, Value, json};

use super::instances::Page;
use super::request::Incoming;
use super::response::Outcome;
use super::state::{SimulatedInstanceType, State};

pub(super) fn describe_instance_types(state: &mut State, incoming: &Incoming) -> Outcome {
    let names = incoming.list("InstanceTypes");
    let bound = |name, default: f64| incoming.number(name, default);
    let least = (
        bound("MinimumCpuCoreCount", 0.0)?,
        bound("MinimumMemorySize", 0.0)?,
    );
    let most = (
        bound("MaximumCpuCoreCount", f64::MAX)?,
        bound("MaximumMemorySize", f64::MAX)?,
    );
    let same = |name, value: &str| incoming.given(name).is_none_or(|wanted| wanted == value);
    let fits = |known: &&SimulatedInstanceType| {
        let (vcpus, memory) = (f64::from(known.vcpus), f64::from(known.memory_gib));
        (names.is_empty() || names.contains(&known.name()))
            && same("InstanceTypeFamily", known.family())
            && same("NvmeSupport", known.nvme_support())
            && (least.0..=most.0).contains(&vcpus)
            && (least.1..=most.1).contains(&memory)
    };
    let found: Vec<&SimulatedInstanceType> = state.types.values().filter(fits).collect();
    let page = Page::by_token(incoming, 100, 1)?;
    let items = found.iter().skip(page.start).take(page.size);
    let items: Vec<Value> = items.map(|known| describe(known)).collect();
    let end = page.start + items.len();
    let more = end < found.len();
    let token = if more {
        format!("at-{end}")
    } else {
        String::new()
    };
    Ok(Map::from_iter([
        ("NextToken".to_owned(), json!(token)),
        ("InstanceTypes".to_owned(), json!({ "InstanceType": items })),
    ]))
}

fn describe(known: &SimulatedInstanceType) -> Value {
    json!({
        "InstanceTypeId": known.name,
        "InstanceTypeFamily": known.family(),
        "InstanceFamilyLevel": "EnterpriseLevel",
        "CpuCoreCount": known.vcpus,
        "MemorySize": f64::from(known.memory_gib),
        "EniQuantity": 2,
        "DiskQuantity": 17,
        "GPUAmount": 0,
        "GPUSpec": "",
        "LocalStorageCategory": "",
        "NvmeSupport": known.nvme_support(),
    })
}
