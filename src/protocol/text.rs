//! Scalars as the service writes them: as text, or bare.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// The text of a JSON string, number or boolean, or of an XML element, digit for digit.
///
/// An order id has come as a string and as a number that no integer type holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

/// The name by which the XML deserializer knows a [`Text`] and hands over the element's text;
/// the JSON one does not know it and hands over itself.
pub(super) const NAME: &str = "aliyun_ecs::Text";

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a boolean")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> Result<Text, D::Error> {
        let raw = <&RawValue>::deserialize(json)?.get();
        match raw.as_bytes() {
            // What holds no escape stands for itself.
            [b'"', text @ .., b'"'] if memchr::memchr(b'\\', text).is_none() => {
                Ok(Text(raw[1..raw.len() - 1].to_owned()))
            }
            [b'"', ..] => serde_json::from_str(raw)
                .map(Text)
                .map_err(de::Error::custom),
            [] | [b'{' | b'[' | b'n', ..] => {
                Err(de::Error::custom("expected a text, a number or a boolean"))
            }
            _ => Ok(Text(raw.to_owned())),
        }
    }
}
