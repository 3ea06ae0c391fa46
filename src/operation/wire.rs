//! Decoding of responses: numbers, times, prices and keywords in the forms that the service uses.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;

use super::sealed;
use crate::protocol::{Fields, FromText, RawResponse};

/// The body as a `T`.
pub(super) fn read<T: Fields + Default>(response: &RawResponse<'_>) -> Result<T, String> {
    let mut body = T::default();
    response.read_into(&mut body)?;
    Ok(body)
}

/// The body as the response of an operation, with a request id.
pub(super) fn read_with_id<T>(response: &RawResponse<'_>) -> Result<T, String>
where
    T: Fields + Default + sealed::Response,
{
    let mut body = T::default();
    response.read_into(&mut body)?;
    request_id(body.request_id_mut(), response)?;
    Ok(body)
}

/// Uses the request id of the headers if the body has none.
///
/// The service sends a request id with every response, so a response without one did not come from the service.
pub(super) fn request_id(id: &mut String, response: &RawResponse<'_>) -> Result<(), String> {
    if id.is_empty() {
        let of_headers = response.request_id().ok_or("it has no RequestId")?;
        of_headers.clone_into(id);
    }
    Ok(())
}

/// Requires the trait that the type of a field must implement, by the kind of its row. Compiler errors then point at
/// the row.
pub(super) mod field {
    use crate::protocol::{Fields, Items, Slot};

    pub(in super::super) const fn scalar<T: Slot>() {}
    pub(in super::super) const fn inside<T: Slot>() {}
    pub(in super::super) const fn list<T: Items>() {}
    pub(in super::super) const fn object<T: Fields>() {}
}

macro_rules! keywords {
    ($($type:ident)*) => {$(
        impl FromText for crate::types::$type {
            const KIND: &'static str = "a keyword";

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

keywords! {
    ChargeType DiskCategory DiskKind InstanceStatus LockReason NvmeSupport PerformanceLevel ResourceStatus
    StockCategory StoppedMode
}

/// Keeps every digit.
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
