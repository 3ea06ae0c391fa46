//! Deserialization of XML into types of the caller.
//!
//! To any `Deserialize` type, XML looks like the JSON of the same response: an element is a map of its children,
//! repeated children are a sequence, an empty element is an empty value.

use std::str::FromStr;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::xml::{Element, XmlError};

/// Serde's view of the elements of one name under one parent: a value, or a sequence.
#[derive(Clone, Copy)]
pub(super) struct View<'t>(&'t [&'t Element<'t>]);

impl<'t> View<'t> {
    pub(super) fn of(elements: &'t [&'t Element<'t>]) -> Self {
        Self(elements)
    }

    fn single(self) -> Result<&'t Element<'t>, XmlError> {
        match self.0 {
            [element] => Ok(element),
            [first, ..] => Err(XmlError::new(format!("{} is repeated", first.name))),
            [] => Err(XmlError::new("an element is missing")),
        }
    }

    /// The text of an element that has no children.
    fn text(self) -> Result<&'t str, XmlError> {
        let element = self.single()?;
        if element.children().is_empty() {
            Ok(element.text().unwrap_or_default())
        } else {
            Err(XmlError::new(format!(
                "{} holds elements, not text",
                element.name
            )))
        }
    }

    fn parsed<T: FromStr>(self) -> Result<T, XmlError> {
        let text = self.text()?.trim();
        text.parse().map_err(|_| {
            let (text, kind) = (crate::types::shorten(text, 40), std::any::type_name::<T>());
            XmlError::new(format!("{text:?} is not of type {kind}"))
        })
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
                visitor.$visit(self.parsed()?)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for View<'_> {
    type Error = XmlError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        match self.0 {
            [element] if element.children().is_empty() => self.deserialize_str(visitor),
            [_] => self.deserialize_map(visitor),
            _ => self.deserialize_seq(visitor),
        }
    }

    parsed! {
        deserialize_i8 => visit_i8
        deserialize_i16 => visit_i16
        deserialize_i32 => visit_i32
        deserialize_i64 => visit_i64
        deserialize_i128 => visit_i128
        deserialize_u8 => visit_u8
        deserialize_u16 => visit_u16
        deserialize_u32 => visit_u32
        deserialize_u64 => visit_u64
        deserialize_u128 => visit_u128
        deserialize_f32 => visit_f32
        deserialize_f64 => visit_f64
        deserialize_char => visit_char
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        match self.text()?.trim() {
            text if text.eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            text if text.eq_ignore_ascii_case("false") => visitor.visit_bool(false),
            text => Err(de::Error::invalid_value(
                de::Unexpected::Str(text),
                &"true or false",
            )),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        match self.0 {
            [element] if element.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, XmlError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        match self.0 {
            [element] if element.is_empty() => visitor.visit_seq(ItemAccess([].iter())),
            elements => visitor.visit_seq(ItemAccess(elements.iter())),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        let element = self.single()?;
        if element.children().is_empty() && element.text().is_some() {
            return Err(XmlError::new(format!(
                "{} holds text, not elements",
                element.name
            )));
        }
        visitor.visit_map(FieldAccess {
            rest: &by_name(element.children()),
            value: &[],
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, XmlError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, XmlError> {
        visitor.visit_enum(self.text()?.trim().into_deserializer())
    }

    forward_to_deserialize_any! { ignored_any }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, XmlError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, XmlError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, XmlError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, XmlError> {
        self.deserialize_seq(visitor)
    }
}

/// The children, those with equal names next to each other and in their own order.
///
/// Inlined, so that only callers with their own types compile a sort.
#[inline]
fn by_name<'t>(children: &'t [Element<'t>]) -> Vec<&'t Element<'t>> {
    let mut fields: Vec<_> = children.iter().collect();
    fields.sort_by_key(|field| field.name);
    fields
}

struct ItemAccess<'t>(std::slice::Iter<'t, &'t Element<'t>>);

impl<'de> SeqAccess<'de> for ItemAccess<'_> {
    type Error = XmlError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, XmlError> {
        let item = self.0.next().map(std::slice::from_ref);
        item.map(|item| seed.deserialize(View(item))).transpose()
    }
}

/// Children sorted by name: those that are left, and those of the current name.
struct FieldAccess<'t> {
    rest: &'t [&'t Element<'t>],
    value: &'t [&'t Element<'t>],
}

impl<'de> MapAccess<'de> for FieldAccess<'_> {
    type Error = XmlError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, XmlError> {
        let Some(first) = self.rest.first() else {
            return Ok(None);
        };
        let same = self.rest.partition_point(|field| field.name <= first.name);
        (self.value, self.rest) = self.rest.split_at(same);
        let key: StrDeserializer<'_, XmlError> = first.name.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, XmlError> {
        seed.deserialize(View(self.value))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(document: &str) -> Result<T, XmlError> {
        let root = Element::parse(document)?;
        T::deserialize(View::of(&[&root]))
    }

    #[test]
    fn xml_is_deserialized_like_the_json_of_the_same_response() {
        let value: Value = read(
            "<?xml version='1.0'?><R><A>1</A><L><I>x</I><I>y &amp; z&#33;</I></L><E/><W>  </W></R>",
        )
        .unwrap();
        assert_eq!(
            value,
            json!({"A": "1", "L": {"I": ["x", "y & z!"]}, "E": "", "W": ""})
        );
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    #[derive(Default)]
    struct Sample {
        count: Option<u32>,
        ready: bool,
        names: Names,
        absent: Option<String>,
        inner: Option<Names>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Names {
        name: Vec<String>,
    }

    #[test]
    fn typed_values_are_parsed_from_text() {
        let response: Sample = read(
            "<x:R xmlns:x='u' a='b'><Count> 7 </Count><Ready>True</Ready><Names><Name>one</Name></Names>\
             <Absent> </Absent><Inner/><Other><Deep><Er/></Deep></Other></x:R>",
        )
        .unwrap();
        let names = Names {
            name: vec!["one".into()],
        };
        assert_eq!(
            response,
            Sample {
                count: Some(7),
                ready: true,
                names,
                absent: None,
                inner: None
            }
        );
    }
}
