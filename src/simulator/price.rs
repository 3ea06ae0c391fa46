//! `DescribeInstanceModificationPrice`: what an upgrade costs.

use rust_decimal::Decimal;
use serde_json::{Map, json};

use super::errors;
use super::request::Incoming;
use super::response::Outcome;
use super::state::{SimulatedInstanceType, State};

pub(super) fn describe_instance_modification_price(
    state: &mut State,
    incoming: &Incoming,
) -> Outcome {
    let here = incoming.required("RegionId")? == state.region_id;
    let instance = state
        .instance(incoming.required("InstanceId")?)
        .filter(|_| here)
        .ok_or(errors::INSTANCE_NOT_FOUND)?;
    let target = incoming
        .given("InstanceType")
        .ok_or(errors::PRICE_NOTHING)?;
    let target = state.types.get(target).ok_or(errors::TYPE_UNKNOWN)?;
    if instance.pay_as_you_go {
        return Err(errors::PRICE_CHARGE_TYPE);
    }
    if instance.expired {
        return Err(errors::PRICE_EXPIRED);
    }
    let current = state.types.get(&instance.instance_type);
    if Some(target.size()) < current.map(SimulatedInstanceType::size) {
        return Err(errors::PRICE_DOWNGRADE);
    }
    let (original, discount) = match state.prices.get(&target.name) {
        Some(&price) => price,
        None => {
            let difference = monthly(target) - current.map(monthly).unwrap_or_default();
            (difference, difference * Decimal::new(35, 2))
        }
    };
    // Quoted, with three places where they fit: one of the forms that the service has used.
    let amount = |mut value: Decimal| {
        value.rescale(3);
        value.to_string()
    };
    let price = json!({
        "OriginalPrice": amount(original),
        "DiscountPrice": amount(discount),
        "TradePrice": amount(original.saturating_sub(discount)),
        "Currency": "CNY",
    });
    let rules =
        json!({"Rule": [{"RuleId": 315_716_429_631_488_i64, "Description": "Upgrade offers"}]});
    Ok(Map::from_iter([(
        "PriceInfo".to_owned(),
        json!({"Price": price, "Rules": rules}),
    )]))
}

/// A month's price by size, in a currency of the simulator's own making.
fn monthly(known: &SimulatedInstanceType) -> Decimal {
    let (vcpus, memory) = known.size();
    Decimal::from(u64::from(vcpus) * 40 + u64::from(memory) * 10)
}
