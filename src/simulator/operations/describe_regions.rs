//! `DescribeRegions`: the known regions. Each endpoint is the simulator's own.

use serde_json::{Value, json};

use crate::simulator::errors;
use crate::simulator::request::Incoming;
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::World;

/// Region id, and its name in Chinese, English and Japanese.
const REGIONS: [(&str, [&str; 3]); 12] = [
    (
        "cn-qingdao",
        ["华北1（青岛）", "China (Qingdao)", "中国 (青島)"],
    ),
    (
        "cn-beijing",
        ["华北2（北京）", "China (Beijing)", "中国 (北京)"],
    ),
    (
        "cn-hangzhou",
        ["华东1（杭州）", "China (Hangzhou)", "中国 (杭州)"],
    ),
    (
        "cn-shanghai",
        ["华东2（上海）", "China (Shanghai)", "中国 (上海)"],
    ),
    (
        "cn-shenzhen",
        ["华南1（深圳）", "China (Shenzhen)", "中国 (深セン)"],
    ),
    (
        "cn-hongkong",
        ["中国香港", "China (Hong Kong)", "中国 (香港)"],
    ),
    ("ap-southeast-1", ["新加坡", "Singapore", "シンガポール"]),
    (
        "ap-northeast-1",
        ["日本（东京）", "Japan (Tokyo)", "日本 (東京)"],
    ),
    (
        "us-east-1",
        ["美国（弗吉尼亚）", "US (Virginia)", "米国 (バージニア)"],
    ),
    (
        "us-west-1",
        [
            "美国（硅谷）",
            "US (Silicon Valley)",
            "米国 (シリコンバレー)",
        ],
    ),
    (
        "eu-central-1",
        [
            "德国（法兰克福）",
            "Germany (Frankfurt)",
            "ドイツ (フランクフルト)",
        ],
    ),
    (
        "eu-west-1",
        ["英国（伦敦）", "UK (London)", "英国 (ロンドン)"],
    ),
];

pub(super) fn is_known(region_id: &str) -> bool {
    REGIONS.iter().any(|(known, _)| *known == region_id)
}

/// A simulator may have a region that is not in the list.
pub(super) fn is_known_to(world: &World, region_id: &str) -> bool {
    is_known(region_id) || world.region_id == region_id
}

pub(in crate::simulator) fn describe_regions(world: &mut World, incoming: &Incoming) -> Outcome {
    incoming.only(
        world,
        &["InstanceChargeType", "ResourceType", "AcceptLanguage"],
    )?;
    let language = match incoming.given("AcceptLanguage").unwrap_or("zh-CN") {
        "zh-CN" => 0,
        // The names of the other documented languages are not known here.
        "en-US" | "zh-TW" | "zh_TW" | "fr" | "de" | "ko" => 1,
        "ja" => 2,
        _ => return Err(errors::LANGUAGE),
    };
    match incoming.given("ResourceType").unwrap_or("instance") {
        "instance" | "disk" | "reservedinstance" | "scu" => {}
        _ => return Err(errors::RESOURCE_TYPE),
    }
    match incoming.given("InstanceChargeType").unwrap_or("PostPaid") {
        "PrePaid" | "PostPaid" | "SpotWithPriceLimit" | "SpotAsPriceGo" => {}
        _ => return Err(errors::REGION_CHARGE_TYPE),
    }
    let endpoint = incoming.header("host").unwrap_or_default();
    let mut regions: Vec<Value> = Vec::new();
    for (id, names) in REGIONS {
        let name = names.get(language).copied().unwrap_or_default();
        regions.push(json!({
            "RegionId": id,
            "RegionEndpoint": endpoint,
            "LocalName": name,
            "Status": "available",
        }));
    }
    if !is_known(&world.region_id) {
        let id = &world.region_id;
        regions.push(json!({
            "RegionId": id,
            "RegionEndpoint": endpoint,
            "LocalName": id,
            "Status": "available",
        }));
    }
    Ok(fields([("Regions", json!({ "Region": regions }))]))
}
