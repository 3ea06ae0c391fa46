//! Reading answers: numbers, times, money and words as the service writes them.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;

use crate::protocol::{Fields, FromText, Place, RawResponse};
use crate::types::{
    ChargeType, InstanceStatus, LockReason, NvmeSupport, ResourceStatus, StockCategory, StoppedMode,
};

/// The body as a `T`.
pub(super) fn read<T: Fields + Default>(reply: &RawResponse<'_>) -> Result<T, String> {
    let mut body = T::default();
    reply.read_into(&mut body)?;
    Ok(body)
}

/// Takes the request id of the headers where the body has none.
///
/// Every answer of the service has one, so what has none did not come from the service.
pub(super) fn request_id(request_id: &mut String, reply: &RawResponse<'_>) -> Result<(), String> {
    if request_id.is_empty() {
        let of_headers = reply.request_id().ok_or("it has no RequestId")?;
        of_headers.clone_into(request_id);
    }
    Ok(())
}

/// The answer of an operation that has nothing to tell.
#[derive(Default)]
pub(super) struct OnlyRequestId {
    pub(super) request_id: String,
}

impl Fields for OnlyRequestId {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" => Place::Scalar(&mut self.request_id),
            _ => Place::Unread,
        }
    }
}

macro_rules! words {
    ($($type:ty)*) => {$(
        impl FromText for $type {
            const KIND: &'static str = "a word";

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

words! { ChargeType InstanceStatus LockReason NvmeSupport ResourceStatus StockCategory StoppedMode }

/// Digit for digit.
impl FromText for Decimal {
    const KIND: &'static str = "a decimal number";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::from_str_exact(text)
            .or_else(|_| Self::from_scientific(text))
            .ok()
    }
}

/// To the minute or to the second.
impl FromText for DateTime<Utc> {
    const KIND: &'static str = "a time";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() == "yyyy-MM-ddTHH:mmZ".len() {
            let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ");
            return time.ok().map(|time| time.and_utc());
        }
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_digit_for_digit() {
        for digits in ["175.200", "0.1", "12345678901234567890.12345678", "-3"] {
            assert_eq!(Decimal::parse(digits).unwrap().to_string(), digits);
        }
        assert_eq!(Decimal::parse("1.752E2"), Some(Decimal::new(1752, 1)));
        assert_eq!(Decimal::parse("free"), None);
    }

    #[test]
    fn times_come_to_the_minute_or_to_the_second() {
        for (text, seconds) in [
            ("2020-01-01T04:05Z", 1_577_851_500),
            ("2020-01-01T04:05:07Z", 1_577_851_507),
        ] {
            assert_eq!(DateTime::parse(text).unwrap().timestamp(), seconds);
        }
        assert_eq!(DateTime::parse("yesterday"), None);
    }
}
