//! `DescribeRegions`: the regions that the simulator knows.

use serde_json::{Map, Value, json};

use super::response::Outcome;

/// Region id and local name.
const REGIONS: [(&str, &str); 12] = [
    ("cn-qingdao", "华北1（青岛）"),
    ("cn-beijing", "华北2（北京）"),
    ("cn-hangzhou", "华东1（杭州）"),
    ("cn-shanghai", "华东2（上海）"),
    ("cn-shenzhen", "华南1（深圳）"),
    ("cn-hongkong", "中国香港"),
    ("ap-southeast-1", "新加坡"),
    ("ap-northeast-1", "日本（东京）"),
    ("us-east-1", "美国（弗吉尼亚）"),
    ("us-west-1", "美国（硅谷）"),
    ("eu-central-1", "德国（法兰克福）"),
    ("eu-west-1", "英国（伦敦）"),
];

pub(super) fn is_known(region_id: &str) -> bool {
    REGIONS.iter().any(|(known, _)| *known == region_id)
}

pub(super) fn describe_regions() -> Outcome {
    let regions = REGIONS.map(|(id, name)| {
        let endpoint = format!("ecs.{id}.aliyuncs.com");
        json!({"RegionId": id, "RegionEndpoint": endpoint, "LocalName": name, "Status": "available"})
    });
    let regions = Value::from(regions.to_vec());
    Ok(Map::from_iter([(
        "Regions".to_owned(),
        json!({ "Region": regions }),
    )]))
}
