//! Instance types and images of the simulated region.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::instance::default_image;

/// The disk categories that a type supports by default.
const DISK_CATEGORIES: [&str; 3] = ["cloud_efficiency", "cloud_ssd", "cloud_essd"];

/// An instance type of the simulated region.
///
/// ```
/// use aliyun_ecs::simulator::SimulatedInstanceType;
///
/// let g8 = SimulatedInstanceType::new("ecs.g8i.large", 2, 8).with_monthly_price(250);
/// assert_eq!((g8.family(), g8.nvme_support()), ("ecs.g8i", "required"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedInstanceType {
    pub(super) name: String,
    pub(super) vcpus: u32,
    pub(super) memory_gib: u32,
    #[serde(default)]
    pub(super) monthly_price: Option<Decimal>,
    #[serde(default)]
    pub(super) nvme_support: Option<String>,
    #[serde(default)]
    pub(super) disk_categories: Option<Vec<String>>,
    #[serde(default)]
    pub(super) local_storage_category: String,
}

impl SimulatedInstanceType {
    /// A type with this name, number of vCPUs and memory in GiB.
    pub fn new(name: impl Into<String>, vcpus: u32, memory_gib: u32) -> Self {
        Self {
            name: name.into(),
            vcpus,
            memory_gib,
            monthly_price: None,
            nvme_support: None,
            disk_categories: None,
            local_storage_category: String::new(),
        }
    }

    /// The price of a month in CNY, which decides between upgrade and downgrade.
    /// Default: 40 for each vCPU and 10 for each GiB of memory.
    #[must_use]
    pub fn with_monthly_price(mut self, price: impl Into<Decimal>) -> Self {
        self.monthly_price = Some(price.into());
        self
    }

    /// The value of `NvmeSupport`: `required`, `supported` or `unsupported`.
    /// Default: by the generation of the family; 8 and later require it, 7 supports it.
    #[must_use]
    pub fn with_nvme_support(mut self, support: impl Into<String>) -> Self {
        self.nvme_support = Some(support.into());
        self
    }

    /// The disk categories that can be attached.
    /// Default: `cloud_efficiency`, `cloud_ssd` and `cloud_essd`; from generation 7 on `cloud_essd` only.
    #[must_use]
    pub fn with_disk_categories<I: IntoIterator<Item: Into<String>>>(mut self, names: I) -> Self {
        self.disk_categories = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The category of its local disks, for instance `local_ssd_pro`. Default: it has none.
    #[must_use]
    pub fn with_local_storage(mut self, category: impl Into<String>) -> Self {
        self.local_storage_category = category.into();
        self
    }

    /// The type's name, for instance `ecs.g5.large`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of vCPUs.
    pub fn vcpus(&self) -> u32 {
        self.vcpus
    }

    /// The memory in GiB.
    pub fn memory_gib(&self) -> u32 {
        self.memory_gib
    }

    /// The family, for instance `ecs.g5`.
    pub fn family(&self) -> &str {
        self.name
            .rsplit_once('.')
            .map_or(&*self.name, |(family, _)| family)
    }

    /// Whether its disks are attached by NVMe: `required`, `supported` or `unsupported`.
    pub fn nvme_support(&self) -> &str {
        match (&self.nvme_support, self.generation()) {
            (Some(support), _) => support,
            (None, Some(8..)) => "required",
            (None, Some(7)) => "supported",
            _ => "unsupported",
        }
    }

    pub(super) fn supports_disk(&self, category: &str) -> bool {
        self.disk_categories().any(|known| known == category)
    }

    pub(super) fn disk_categories(&self) -> impl Iterator<Item = &str> {
        let own = self.disk_categories.iter().flatten().map(String::as_str);
        let by_generation = match (&self.disk_categories, self.generation()) {
            (Some(_), _) => &[],
            (None, Some(7..)) => &DISK_CATEGORIES[2..],
            (None, _) => &DISK_CATEGORIES[..],
        };
        own.chain(by_generation.iter().copied())
    }

    /// The price of a month.
    pub(super) fn monthly(&self) -> Decimal {
        self.monthly_price.unwrap_or_else(|| {
            Decimal::from(u64::from(self.vcpus) * 40 + u64::from(self.memory_gib) * 10)
        })
    }

    fn generation(&self) -> Option<u32> {
        let digit = self.family().chars().find(char::is_ascii_digit);
        digit.and_then(|digit| digit.to_digit(10))
    }
}

/// The types of a new simulator.
pub(super) fn catalog() -> BTreeMap<String, SimulatedInstanceType> {
    let mut types = Vec::new();
    for (family, gib_per_vcpu) in [("g5", 4), ("g6", 4), ("c6", 2), ("r6", 8)] {
        for (size, vcpus) in [("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16)] {
            let name = format!("ecs.{family}.{size}");
            types.push(SimulatedInstanceType::new(
                name,
                vcpus,
                vcpus * gib_per_vcpu,
            ));
        }
    }
    for (family, memory_gib) in [("t5-c1m1", 2), ("t5-c1m2", 4), ("t5-c1m4", 8)] {
        let name = format!("ecs.{family}.large");
        types.push(SimulatedInstanceType::new(name, 2, memory_gib));
    }
    let by_name = |known: SimulatedInstanceType| (known.name.clone(), known);
    types.into_iter().map(by_name).collect()
}

/// An image of the simulated region.
///
/// ```
/// use aliyun_ecs::simulator::SimulatedImage;
///
/// let image = SimulatedImage::new("m-test").windows().without_nvme().from_marketplace(30);
/// assert_eq!(image.image_id(), "m-test");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "an image does not exist until `Simulator::add_image`"]
pub struct SimulatedImage {
    pub(super) image_id: String,
    #[serde(default)]
    pub(super) windows: bool,
    #[serde(default = "yes")]
    pub(super) nvme_support: bool,
    /// The price that a marketplace image adds to the order.
    #[serde(default)]
    pub(super) marketplace_price: Option<Decimal>,
}

fn yes() -> bool {
    true
}

impl SimulatedImage {
    /// A Linux image of this account, with NVMe drivers.
    pub fn new(image_id: impl Into<String>) -> Self {
        Self {
            image_id: image_id.into(),
            windows: false,
            nvme_support: true,
            marketplace_price: None,
        }
    }

    /// Contains Windows instead of Linux.
    pub fn windows(mut self) -> Self {
        self.windows = true;
        self
    }

    /// Has no NVMe drivers: `Features.NvmeSupport` is `unsupported`.
    pub fn without_nvme(mut self) -> Self {
        self.nvme_support = false;
        self
    }

    /// Is a marketplace image, which adds this price to a change of the type: `RelatedPrice.MarketplaceImagePrice`.
    pub fn from_marketplace(mut self, price: impl Into<Decimal>) -> Self {
        self.marketplace_price = Some(price.into());
        self
    }

    /// The image's id.
    pub fn image_id(&self) -> &str {
        &self.image_id
    }
}

/// The images of a new simulator.
pub(super) fn images() -> BTreeMap<String, SimulatedImage> {
    let linux = SimulatedImage::new(default_image());
    let windows =
        SimulatedImage::new("win2022_21H2_x64_dtc_zh-cn_40G_alibase_20240515.vhd").windows();
    let by_id = |image: SimulatedImage| (image.image_id.clone(), image);
    [linux, windows].into_iter().map(by_id).collect()
}
