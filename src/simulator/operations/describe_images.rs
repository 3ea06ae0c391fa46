//! `DescribeImages`: the images, with the parameters that a resize uses.

use serde_json::{Value, json};

use super::describe_regions;
use super::page::{Page, Sizes};
use crate::simulator::errors::{self, Rejection};
use crate::simulator::instance_type::SimulatedImage;
use crate::simulator::request::Incoming;
use crate::simulator::response::Outcome;
use crate::simulator::world::World;

const SIZES: Sizes = Sizes {
    default: 10,
    least: 1,
    most: 100,
};

const PARAMETERS: [&str; 9] = [
    "DryRun",
    "ImageId",
    "ImageOwnerAlias",
    "InstanceType",
    "OSType",
    "PageNumber",
    "PageSize",
    "Status",
    "ActionType",
];

pub(in crate::simulator) fn describe_images(world: &mut World, incoming: &Incoming) -> Outcome {
    incoming.only(world, &PARAMETERS)?;
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::REGION_NOT_FOUND);
    }
    let ids: Option<Vec<&str>> = incoming
        .given("ImageId")
        .map(|ids| ids.split(',').collect());
    let needs_nvme = match incoming.given("InstanceType") {
        None => false,
        Some(name) => {
            let known = world.types.get(name).ok_or(errors::TYPE_UNKNOWN)?;
            known.nvme_support() == "required"
        }
    };
    match incoming.given("ActionType") {
        None | Some("CreateEcs" | "ChangeOS") => {}
        Some(_) => return Err(Rejection::invalid("ActionType")),
    }
    let page = Page::by_number(incoming, &SIZES)?;
    if incoming.boolean("DryRun")? == Some(true) {
        return Err(errors::DRY_RUN);
    }
    let same = |name, value: &str| incoming.given(name).is_none_or(|wanted| wanted == value);
    let here = region_id == world.region_id;
    let found: Vec<&SimulatedImage> = world
        .images
        .values()
        .filter(|_| here)
        .filter(|image| {
            ids.as_ref()
                .is_none_or(|ids| ids.contains(&&*image.image_id))
        })
        .filter(|image| image.nvme_support || !needs_nvme)
        .filter(|image| same("ImageOwnerAlias", owner(image)))
        .filter(|image| same("OSType", os_type(image)) && same("Status", "Available"))
        .collect();
    let (items, mut fields) = page.write(&found, |image| describe(image));
    fields.insert("TotalCount".to_owned(), json!(found.len()));
    fields.insert("RegionId".to_owned(), json!(region_id));
    fields.insert("Images".to_owned(), json!({ "Image": items }));
    Ok(fields)
}

fn os_type(image: &SimulatedImage) -> &'static str {
    if image.windows { "windows" } else { "linux" }
}

fn owner(image: &SimulatedImage) -> &'static str {
    match image.marketplace_price {
        Some(_) => "marketplace",
        None if image.image_id.starts_with("m-") => "self",
        None => "system",
    }
}

fn describe(image: &SimulatedImage) -> Value {
    let (platform, name) = match image.windows {
        true => (
            "Windows Server 2022",
            "Windows Server  2022 Data Center Edition",
        ),
        false => ("Aliyun", "Alibaba Cloud Linux  3.2104 LTS 64 bit"),
    };
    json!({
        "Architecture": "x86_64",
        "CreationTime": "2024-05-28T06:00:00Z",
        "Description": "",
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Features": {
            "CpuOnlineUpgrade": "supported",
            "MemoryOnlineUpgrade": "supported",
            "NvmeSupport": if image.nvme_support { "supported" } else { "unsupported" },
        },
        "ImageFamily": "",
        "ImageId": image.image_id,
        "ImageName": image.image_id,
        "ImageOwnerAlias": owner(image),
        "ImageVersion": "",
        "IsCopied": false,
        "IsPublic": image.marketplace_price.is_none(),
        "IsSelfShared": "",
        "IsSubscribed": image.marketplace_price.is_some(),
        "IsSupportCloudinit": true,
        "IsSupportIoOptimized": true,
        "OSName": name,
        "OSNameEn": name,
        "OSType": os_type(image),
        "Platform": platform,
        "ProductCode": if image.marketplace_price.is_some() { "simulated" } else { "" },
        "Progress": "100%",
        "Size": 20,
        "Status": "Available",
        "Tags": {"Tag": []},
        "Usage": "instance",
    })
}
