//! Responses in JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::fields::{Fields, Items, Slot, Target};

/// Stores the fields of an object in their targets.
pub(crate) fn read(json: &str, fields: &mut dyn Fields) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_any(Object(fields))?;
    json.end()
}

/// JSON as a string. Bytes that are not UTF-8 are accepted in fields that are not read.
///
/// They become an invalid escape, which is skipped in a field that is not read and is an error elsewhere. It is written
/// twice, since the byte before may be a `\`.
pub(super) fn from_bytes(json: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(json) {
        Ok(text) => text.into(),
        Err(_) => {
            let mut text = String::new();
            for chunk in json.utf8_chunks() {
                text.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    text.push_str(r"\udc00\udc00");
                }
            }
            text.into()
        }
    }
}

/// The text of a scalar with all its digits; null has no text.
#[inline]
pub(super) fn text(raw: &RawValue) -> Result<Option<Cow<'_, str>>, String> {
    let raw = raw.get();
    let quoted = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
    match (quoted, raw.as_bytes()) {
        // Without escapes, the text is the value.
        (Some(text), _) if memchr::memchr(b'\\', text.as_bytes()).is_none() => {
            Ok(Some(text.into()))
        }
        (Some(_), _) => serde_json::from_str::<String>(raw)
            .map(|text| Some(text.into()))
            .map_err(|error| error.to_string()),
        (None, [b'n', ..]) => Ok(None),
        (None, [] | [b'{' | b'[', ..]) => Err("is not a string, a number or a boolean".into()),
        (None, _) => Ok(Some(raw.into())),
    }
}

/// The name of a field, and the target of its value.
struct Field<'a>(&'a str, Target<'a>);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let Self(name, target) = self;
        let wrong = |problem| de::Error::custom(format_args!("{name} {problem}"));
        match target {
            Target::Scalar(scalar) => match text(<&RawValue>::deserialize(json)?) {
                Ok(Some(text)) => scalar.take(&text).map_err(wrong),
                Ok(None) => Ok(()),
                Err(problem) => Err(wrong(problem)),
            },
            Target::Object(fields) => {
                fields.begin().map_err(wrong)?;
                json.deserialize_any(Object(fields))
            }
            Target::Only(inner, slot) => json.deserialize_any(Only {
                name: inner,
                slot,
                is_inside: false,
            }),
            Target::List(list) => {
                list.begin().map_err(wrong)?;
                json.deserialize_any(Wrapped(name, list))
            }
            Target::Unread => IgnoredAny::deserialize(json).map(drop),
        }
    }
}

struct Object<'a>(&'a mut dyn Fields);

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key_seed(Name(self.0))? {
            map.next_value_seed(field)?;
        }
        Ok(())
    }
}

/// A value of [`Target::Only`], which is in the field of that name if `is_inside`.
struct Only<'a> {
    name: &'static str,
    slot: &'a mut dyn Slot,
    is_inside: bool,
}

impl Only<'_> {
    fn take<E: de::Error>(self, text: &str) -> Result<(), E> {
        if !self.is_inside {
            return Ok(());
        }
        let wrong = |problem| E::custom(format_args!("{} {problem}", self.name));
        self.slot.take(text).map_err(wrong)
    }
}

impl<'de> DeserializeSeed<'de> for Only<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Only<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.take(if value { "true" } else { "false" })
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.take(&value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.take(&value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.take(&value.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.take(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self {
            name,
            slot,
            is_inside,
        } = self;
        while seq
            .next_element_seed(Only {
                name,
                slot: &mut *slot,
                is_inside,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { name, slot, .. } = self;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let is_inside = key == name;
            map.next_value_seed(Only {
                name,
                slot: &mut *slot,
                is_inside,
            })?;
        }
        Ok(())
    }
}

/// The name of a field whose value comes next.
struct Name<'a>(&'a mut dyn Fields);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Name<'a> {
    type Value = Field<'a>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Field<'a>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Name<'a> {
    type Value = Field<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Field<'a>, E> {
        Ok(Field(name, self.0.field(name)))
    }

    /// The name contains escapes, so it does not outlive this call.
    fn visit_str<E>(self, name: &str) -> Result<Field<'a>, E> {
        Ok(Field("a field", self.0.field(name)))
    }
}

/// A list, or an object whose one field, of any name, is the list.
struct Wrapped<'a>(&'a str, &'a mut dyn Items);

impl<'de> Visitor<'de> for Wrapped<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Bare(self.0, self.1))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Bare(self.0, self.1).visit_seq(seq)
    }
}

/// The list itself.
struct Bare<'a>(&'a str, &'a mut dyn Items);

impl<'de> DeserializeSeed<'de> for Bare<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bare<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Item(self.0, self.1))?.is_some() {}
        Ok(())
    }
}

/// An item; null is skipped.
struct Item<'a>(&'a str, &'a mut dyn Items);

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let Self(name, list) = self;
        match list.next() {
            Ok(target) => Field(name, target).deserialize(json),
            Err(problem) => Err(de::Error::custom(format_args!("{name} {problem}"))),
        }
    }
}
