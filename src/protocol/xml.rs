//! XML answers: a bounded tree, and serde's view of it for types of the caller's.
//!
//! The view makes XML look like the JSON of the same answer to any `Deserialize` type: an element
//! is a map of its children, repeated children are a sequence, an empty element is nothing.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use quick_xml::events::Event;
use quick_xml::{Reader, escape};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fields::{OneField, Place};

/// Deeper nesting than this is refused: answers have six levels.
const MAX_DEPTH: usize = 64;
/// More elements than this are refused: an answer with 100 instances has some 15,000.
const MAX_ELEMENTS: usize = 250_000;

/// An element without its attributes and namespaces.
#[derive(Debug, Default)]
pub(super) struct Element<'a> {
    pub(super) name: &'a str,
    text: Cow<'a, str>,
    children: Vec<Element<'a>>,
}

/// Why a text is not an answer in XML.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(super) struct XmlError(String);

impl de::Error for XmlError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl<'a> Element<'a> {
    /// The root element of a document.
    pub(super) fn parse(document: &'a str) -> Result<Self, XmlError> {
        let mut reader = Reader::from_str(document);
        let mut open: Vec<Element<'a>> = Vec::new();
        let mut root = None;
        let mut count = 0_usize;
        loop {
            let start = reader.buffer_position();
            let event = reader.read_event().map_err(de::Error::custom)?;
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                count += 1;
                if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err(XmlError("too many or too deeply nested elements".into()));
                }
                open.push(Element::named(name_at(
                    document,
                    start,
                    tag.name().as_ref().len(),
                )));
            }
            match event {
                Event::Text(piece) => push_text(&mut open, piece.into_inner()),
                Event::CData(piece) => push_text(&mut open, piece.into_inner()),
                Event::GeneralRef(reference) => {
                    let c = reference.resolve_char_ref().map_err(de::Error::custom)?;
                    let text = match c {
                        Some(c) => Cow::Owned(c.to_string()),
                        None => escape::resolve_xml_entity(&reference)
                            .ok_or_else(|| {
                                XmlError(format!("the unknown entity {:?}", &*reference))
                            })?
                            .into(),
                    };
                    push_text(&mut open, text);
                }
                Event::End(_) | Event::Empty(_) => match (open.pop(), open.last_mut()) {
                    (Some(element), Some(parent)) => parent.children.push(element),
                    (Some(element), None) if root.is_none() => root = Some(element),
                    _ => return Err(XmlError("more than one root element".into())),
                },
                Event::DocType(_) => {
                    return Err(XmlError("a document type, which no answer has".into()));
                }
                Event::Start(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        match root {
            Some(root) if open.is_empty() => Ok(root),
            _ => Err(XmlError("an early end".into())),
        }
    }

    fn named(name: &'a str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// The child of this name, whatever its case.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children
            .iter()
            .find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// The text, or nothing if there is only white space.
    pub(super) fn text(&self) -> Option<&str> {
        (!self.text.trim().is_empty()).then_some(&*self.text)
    }

    /// Puts the element's content into its place, and that of its children into theirs.
    pub(super) fn read(&self, place: Place<'_>) -> Result<(), XmlError> {
        let wrong = |problem: String| XmlError(format!("{} {problem}", self.name));
        let fields = match place {
            Place::Unread => return Ok(()),
            Place::Scalar(scalar) if self.children.is_empty() => {
                return scalar.take(self.text.trim()).map_err(wrong);
            }
            Place::Scalar(_) => return Err(wrong("holds elements, not text".into())),
            _ if self.is_empty() => return Ok(()),
            _ if self.children.is_empty() => return Err(wrong("holds text, not elements".into())),
            Place::List(list) => {
                list.begin().map_err(wrong)?;
                for item in self.children.iter().filter(|item| !item.is_empty()) {
                    item.read(list.next().map_err(wrong)?)?;
                }
                return Ok(());
            }
            Place::Only(name, scalar) => &mut OneField(name, scalar),
            Place::Object(fields) => {
                fields.begin().map_err(wrong)?;
                fields
            }
        };
        for child in &self.children {
            child.read(fields.field(child.name))?;
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.text().is_none()
    }
}

/// The local name of the tag that starts at `start`, as a part of the document.
fn name_at(document: &str, start: u64, len: usize) -> &str {
    let start = usize::try_from(start)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let name = document
        .get(start..start.saturating_add(len))
        .unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

fn push_text<'a>(open: &mut [Element<'a>], piece: Cow<'a, str>) {
    if let Some(element) = open.last_mut() {
        if element.text.is_empty() {
            element.text = piece;
        } else {
            element.text.to_mut().push_str(&piece);
        }
    }
}

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
            [first, ..] => Err(XmlError(format!("{} is repeated", first.name))),
            [] => Err(XmlError("an element is missing".into())),
        }
    }

    /// The text of an element that has no children.
    fn text(self) -> Result<&'t str, XmlError> {
        let element = self.single()?;
        if element.children.is_empty() {
            Ok(element.text().unwrap_or_default())
        } else {
            Err(XmlError(format!(
                "{} holds elements, not text",
                element.name
            )))
        }
    }

    fn parsed<T: FromStr>(self) -> Result<T, XmlError> {
        let text = self.text()?.trim();
        text.parse().map_err(|_| {
            let (text, kind) = (crate::types::shorten(text, 40), std::any::type_name::<T>());
            XmlError(format!("{text:?} is not of type {kind}"))
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
            [element] if element.children.is_empty() => self.deserialize_str(visitor),
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
        if element.children.is_empty() && element.text().is_some() {
            return Err(XmlError(format!(
                "{} holds text, not elements",
                element.name
            )));
        }
        visitor.visit_map(FieldAccess {
            rest: &by_name(&element.children),
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

/// Children with equal names beside each other, in the order they came in.
///
/// Inlined, so that only who reads types of their own compiles a sort.
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

/// Children, sorted by name: the ones still to come and the ones of the current name.
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
    fn a_tree_looks_like_the_json_of_the_same_answer() {
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
    struct RawAnswer {
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
    fn typed_values_are_read_from_text() {
        let response: RawAnswer = read(
            "<x:R xmlns:x='u' a='b'><Count> 7 </Count><Ready>True</Ready><Names><Name>one</Name></Names>\
             <Absent> </Absent><Inner/><Other><Deep><Er/></Deep></Other></x:R>",
        )
        .unwrap();
        let names = Names {
            name: vec!["one".into()],
        };
        assert_eq!(
            response,
            RawAnswer {
                count: Some(7),
                ready: true,
                names,
                absent: None,
                inner: None
            }
        );
    }

    #[test]
    fn documents_that_are_not_answers_are_refused() {
        for document in [
            "",
            "text",
            "<R>",
            "<R></S>",
            "<R/><R/>",
            "<!DOCTYPE html><html/>",
            "<R>&unknown;</R>",
            "<R",
            "</R>",
            "<R>&#x110000;</R>",
        ] {
            assert!(
                Element::parse(document).is_err(),
                "{document:?} was accepted"
            );
        }
        assert!(Element::parse(&"<a>".repeat(100_000)).is_err());
        assert!(Element::parse(&format!("<r>{}</r>", "<a/>".repeat(300_000))).is_err());
    }
}
