//! `DescribeInstanceModificationPrice`: what an upgrade costs.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::describe_regions;
use crate::simulator::errors;
use crate::simulator::instance::SimulatedInstance;
use crate::simulator::instance_type::SimulatedInstanceType;
use crate::simulator::request::Incoming;
use crate::simulator::response::{Outcome, fields};
use crate::simulator::world::World;

/// The price of a change.
pub(super) struct Quote {
    original: Decimal,
    discount: Decimal,
    /// The price of the marketplace image.
    image: Option<Decimal>,
}

impl Quote {
    /// The price to pay, including the marketplace image.
    pub(super) fn trade(&self) -> Decimal {
        let own = self.original.saturating_sub(self.discount);
        own.saturating_add(self.image.unwrap_or_default())
    }
}

/// The price of a change of this instance to this type.
pub(super) fn quote(
    world: &World,
    instance: &SimulatedInstance,
    target: &SimulatedInstanceType,
) -> Quote {
    let (original, discount) = match world.prices.get(&target.name) {
        Some(&price) => price,
        None => {
            let current = world.types.get(&instance.instance_type);
            let current = current.map(SimulatedInstanceType::monthly);
            let difference = target.monthly().saturating_sub(current.unwrap_or_default());
            (difference, difference.saturating_mul(Decimal::new(35, 2)))
        }
    };
    let image = world.images.get(&instance.image_id);
    Quote {
        original,
        discount,
        image: image.and_then(|image| image.marketplace_price),
    }
}

pub(in crate::simulator) fn describe_instance_modification_price(
    world: &mut World,
    incoming: &Incoming,
) -> Outcome {
    incoming.only(
        world,
        &["InstanceId", "InstanceType", "SystemDisk.Category"],
    )?;
    let region_id = incoming.required("RegionId")?;
    if !describe_regions::is_known_to(world, region_id) {
        return Err(errors::PRICE_REGION_NOT_FOUND);
    }
    let instance = world
        .instances
        .seen(incoming.required("InstanceId")?, world.now())
        .filter(|_| region_id == world.region_id)
        .ok_or(errors::INSTANCE_NOT_FOUND)?;
    let target = incoming
        .given("InstanceType")
        .ok_or(errors::PRICE_NOTHING)?;
    match incoming.given("SystemDisk.Category") {
        None | Some("cloud_efficiency" | "cloud_ssd") => {}
        Some(_) => return Err(errors::PRICE_SYSTEM_DISK),
    }
    let target = world.types.get(target).ok_or(errors::TYPE_UNKNOWN)?;
    if instance.pay_as_you_go {
        return Err(errors::PRICE_CHARGE_TYPE);
    }
    if instance.expired {
        return Err(errors::PRICE_EXPIRED);
    }
    if instance.temporary.is_some() {
        return Err(errors::TEMPORARY_UPGRADE);
    }
    let current = world.types.get(&instance.instance_type);
    if Some(target.monthly()) < current.map(SimulatedInstanceType::monthly) {
        return Err(errors::PRICE_DOWNGRADE);
    }
    let quote = quote(world, instance, target);
    let as_strings = world.settings.prices_as_strings;
    let price = |original: Decimal, discount: Decimal| {
        let trade = original.saturating_sub(discount);
        json!({
            "OriginalPrice": amount(original, as_strings),
            "DiscountPrice": amount(discount, as_strings),
            "TradePrice": amount(trade, as_strings),
            "Currency": "CNY",
        })
    };
    let rule = json!({"RuleId": 315_716_429_631_488_i64, "Description": "Upgrade offers"});
    let mut own = price(quote.original, quote.discount);
    let mut detail = own.clone();
    if let (Some(detail), Some(own)) = (detail.as_object_mut(), own.as_object_mut()) {
        detail.remove("Currency");
        detail.insert("Resource".to_owned(), json!("instanceType"));
        detail.insert("SubRules".to_owned(), json!({"Rule": [rule]}));
        own.insert("DetailInfos".to_owned(), json!({"DetailInfo": [detail]}));
    }
    let mut info = json!({"Price": own, "Rules": {"Rule": [rule]}});
    if let (Some(image), Some(info)) = (quote.image, info.as_object_mut()) {
        let image = json!({"MarketplaceImagePrice": price(image, Decimal::ZERO)});
        info.insert("RelatedPrice".to_owned(), image);
    }
    let target = target.name.clone();
    if let Some(change) = world.faults.next_price_fault() {
        world
            .prices
            .insert(target, (change.original, change.discount));
    }
    Ok(fields([("PriceInfo", info)]))
}

/// A number, as in the newest documented example, or a string with three places, as in older ones.
fn amount(mut value: Decimal, as_string: bool) -> Value {
    if as_string {
        value.rescale(3);
        return json!(value.to_string());
    }
    // A decimal's text is always a number.
    json!(value.to_string().parse::<f64>().unwrap_or_default())
}
