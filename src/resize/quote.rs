//! The price of a change.

use std::fmt;

use rust_decimal::Decimal;

use super::error_kind::ResizeErrorKind;
use crate::operation::Price;
use crate::types::OneLine;

/// What a change costs until the subscription ends.
///
/// ```
/// use aliyun_ecs::resize::Quote;
/// use rust_decimal::Decimal;
///
/// let quote = Quote::new(Decimal::new(11_388, 2), "CNY");
/// assert_eq!(quote.to_string(), "113.88 CNY");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Quote {
    /// What is charged, the marketplace image included.
    pub price: Decimal,
    /// The price before reductions.
    pub original: Option<Decimal>,
    /// The part of the price that is for the marketplace image (`RelatedPrice.MarketplaceImagePrice`).
    pub marketplace_image: Option<Decimal>,
    /// For instance `CNY`; empty where the service did not return it.
    pub currency: String,
}

impl Quote {
    /// A quote of this price, for tests.
    pub fn new(price: impl Into<Decimal>, currency: impl Into<String>) -> Self {
        Self {
            price: price.into(),
            original: None,
            marketplace_image: None,
            currency: currency.into(),
        }
    }

    /// The quote of a response, or why it is not one: a negative or missing amount is no price, and neither are
    /// amounts in two currencies.
    pub(super) fn read(change: &Price, image: Option<&Price>) -> Result<Self, String> {
        let price = amount(change, "")?;
        let currency = change.currency.clone().unwrap_or_default();
        let Some(image) = image else {
            return Ok(Self {
                original: change.original,
                ..Self::new(price, currency)
            });
        };
        let image_price = amount(image, " for the marketplace image")?;
        if let Some(other) = image.currency.as_ref().filter(|other| **other != currency) {
            return Err(format!(
                "the change is priced in {currency}, and its marketplace image in {other}"
            ));
        }
        let add = |a: Decimal, b: Decimal| {
            a.checked_add(b)
                .ok_or_else(|| "the service returned a price that is too large".to_owned())
        };
        let original = match (change.original, image.original) {
            (Some(change), Some(image)) => Some(add(change, image)?),
            _ => None,
        };
        Ok(Self {
            price: add(price, image_price)?,
            original,
            marketplace_image: Some(image_price),
            currency,
        })
    }

    /// Whether the price is allowed.
    pub(super) fn check(&self, max_price: Decimal) -> Result<(), ResizeErrorKind> {
        if self.price > max_price {
            return Err(ResizeErrorKind::PriceTooHigh {
                quote: self.clone(),
                max_price,
            });
        }
        Ok(())
    }
}

/// The amount that is charged.
fn amount(price: &Price, what: &str) -> Result<Decimal, String> {
    match price.trade {
        None => Err(format!("the service returned no price{what}")),
        Some(amount) if amount.is_sign_negative() && !amount.is_zero() => Err(format!(
            "the service returned a negative price{what} ({amount})"
        )),
        Some(amount) => Ok(amount),
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Money(self.price))?;
        match &*self.currency {
            "" => Ok(()),
            currency => write!(f, " {}", OneLine(currency)),
        }
    }
}

/// An amount without trailing zeros, but with at least two decimal places.
pub(super) struct Money(pub(super) Decimal);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.0.normalize();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        amount.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(trade: &str, currency: &str) -> Price {
        Price {
            trade: trade.parse().ok(),
            original: trade.parse().ok(),
            currency: Some(currency.to_owned()),
            ..Default::default()
        }
    }

    #[test]
    fn the_price_of_a_marketplace_image_is_part_of_the_quote() {
        let quote = Quote::read(&price("100", "CNY"), Some(&price("5600", "CNY"))).unwrap();
        assert_eq!(quote.price, Decimal::from(5_700));
        assert_eq!(quote.original, Some(Decimal::from(5_700)));
        assert_eq!(quote.marketplace_image, Some(Decimal::from(5_600)));
        assert_eq!(quote.to_string(), "5700.00 CNY");
        let error = quote.check(Decimal::from(200)).unwrap_err().to_string();
        assert!(error.contains("5700.00 CNY"), "{error}");
        assert!(quote.check(Decimal::from(5_700)).is_ok());
    }

    #[test]
    fn what_is_not_a_price_is_not_a_quote() {
        for (change, image, why) in [
            (price("", "CNY"), None, "no price"),
            (price("-1", "CNY"), None, "negative price (-1)"),
            (
                price("1", "CNY"),
                Some(price("", "CNY")),
                "no price for the marketplace image",
            ),
            (
                price("1", "CNY"),
                Some(price("-2", "CNY")),
                "negative price for the marketplace image (-2)",
            ),
            (
                price("1", "CNY"),
                Some(price("2", "USD")),
                "priced in CNY, and its marketplace image in USD",
            ),
            (
                price("79228162514264337593543950335", "CNY"),
                Some(price("1", "CNY")),
                "too large",
            ),
        ] {
            let error = Quote::read(&change, image.as_ref()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(Quote::read(&price("-0.00", "CNY"), None).is_ok());
        assert_eq!(
            Quote::read(&price("0", "CNY"), None).unwrap().price,
            Decimal::ZERO
        );
    }

    #[test]
    fn amounts_have_at_least_two_decimal_places() {
        for (amount, shown) in [
            ("113.880", "113.88"),
            ("5", "5.00"),
            ("0.125", "0.125"),
            ("0", "0.00"),
        ] {
            assert_eq!(Money(amount.parse().unwrap()).to_string(), shown);
        }
    }
}
