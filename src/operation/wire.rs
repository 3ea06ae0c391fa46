//! Reading answers: lists, numbers, times and money as the service writes them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::protocol::{Reply, Text};

/// A longer list is refused: the longest that is known has 1,600 items.
const MAX_ITEMS: usize = 10_000;

/// A list, which the service wraps in an object of one field: `{"Instances": {"Instance": […]}}`.
///
/// Absent (with `#[serde(default)]`), null, an empty object and an empty list are all no items.
#[derive(Debug)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wrapped<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Wrapped<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_none<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<List<T>, D::Error> {
                value.deserialize_map(self)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while map.next_key::<IgnoredAny>()?.is_some() {
                    let Items(more) = map.next_value()?;
                    items.extend(more);
                    check_length(&items)?;
                }
                Ok(List(items))
            }
        }

        deserializer.deserialize_option(Wrapped(std::marker::PhantomData))
    }
}

/// The list itself, in which null is no item.
struct Items<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sequence<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Sequence<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_none<E>(self) -> Result<Items<T>, E> {
                Ok(Items(Vec::new()))
            }

            fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Items<T>, D::Error> {
                value.deserialize_seq(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<Option<T>>()? {
                    items.extend(item);
                    check_length(&items)?;
                }
                Ok(Items(items))
            }
        }

        deserializer.deserialize_option(Sequence(std::marker::PhantomData))
    }
}

fn check_length<T, E: de::Error>(items: &[T]) -> Result<(), E> {
    match items.len() {
        0..=MAX_ITEMS => Ok(()),
        _ => Err(E::custom(format_args!(
            "a list of more than {MAX_ITEMS} items"
        ))),
    }
}

/// A text; empty is absent.
pub(super) fn text(text: Option<Text>) -> Option<String> {
    text.map(|Text(text)| text)
        .filter(|text| !text.trim().is_empty())
}

/// A text of a wire enum or a newtype-free value.
pub(super) fn named<T: From<String>>(value: Option<Text>) -> Option<T> {
    text(value).map(T::from)
}

/// A whole number, bare or quoted.
pub(super) fn number<T: FromStr>(name: &str, value: Option<Text>) -> Result<Option<T>, String> {
    parsed(name, "a number", value, |text| text.parse().ok())
}

/// `true` or `false`, in any case, bare or quoted.
pub(super) fn flag(name: &str, value: Option<Text>) -> Result<Option<bool>, String> {
    parsed(name, "true or false", value, |text| match text {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

/// An exact decimal number, bare or quoted.
pub(super) fn decimal(name: &str, value: Option<Text>) -> Result<Option<Decimal>, String> {
    parsed(name, "a decimal number", value, |text| {
        Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .ok()
    })
}

/// A time, to the minute or to the second.
pub(super) fn time(name: &str, value: Option<Text>) -> Result<Option<DateTime<Utc>>, String> {
    parsed(name, "a time", value, |text| {
        if text.len() == "yyyy-MM-ddTHH:mmZ".len() {
            let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ");
            return time.ok().map(|time| time.and_utc());
        }
        text.parse().ok()
    })
}

fn parsed<T>(
    name: &str,
    kind: &str,
    value: Option<Text>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(text) = text(value) else {
        return Ok(None);
    };
    match parse(text.trim()) {
        Some(value) => Ok(Some(value)),
        None => {
            let text = crate::types::shorten(&text, 40);
            Err(format!("{name} {text:?} is not {kind}"))
        }
    }
}

/// The request id, of the body or of the headers.
///
/// Every answer of the service has one, so what has none did not come from the service.
pub(super) fn request_id(body: Option<Text>, reply: &Reply<'_>) -> Result<String, String> {
    text(body)
        .or_else(|| reply.request_id().map(str::to_owned))
        .ok_or_else(|| "it has no RequestId".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<Text> {
        Some(Text(text.to_owned()))
    }

    fn list(json: &str) -> Vec<String> {
        let List(items) = serde_json::from_str::<List<Text>>(json).unwrap();
        items.into_iter().map(|Text(text)| text).collect()
    }

    #[test]
    fn nothing_is_an_empty_list_in_every_way_of_writing_it() {
        for json in [
            "null",
            "{}",
            r#"{"X":null}"#,
            r#"{"X":[]}"#,
            r#"{"X":[null]}"#,
        ] {
            assert!(list(json).is_empty(), "{json}");
        }
        assert_eq!(list(r#"{"X":["a",1]}"#), ["a", "1"]);
    }

    #[test]
    fn money_is_read_digit_for_digit() {
        for digits in ["175.200", "0.1", "12345678901234567890.12345678", "-3"] {
            let read = decimal("TradePrice", some(digits)).unwrap().unwrap();
            assert_eq!(read.to_string(), digits);
        }
        let read = decimal("TradePrice", some("1.752E2")).unwrap().unwrap();
        assert_eq!(read, Decimal::new(1752, 1));
        assert_eq!(
            decimal("TradePrice", some("free")).unwrap_err(),
            r#"TradePrice "free" is not a decimal number"#
        );
    }

    #[test]
    fn times_come_to_the_minute_or_to_the_second() {
        for (text, seconds) in [
            ("2020-01-01T04:05Z", 1_577_851_500),
            ("2020-01-01T04:05:07Z", 1_577_851_507),
        ] {
            let read = time("StartTime", some(text)).unwrap().unwrap();
            assert_eq!(read.timestamp(), seconds);
        }
        assert_eq!(time("StartTime", some("  ")), Ok(None));
    }
}
