//! The parameters of an operation, by name.

use std::borrow::Cow;

use super::percent;
use crate::types::{InstanceId, InstanceType, RegionId};

/// The parameters of an operation, in any order.
#[derive(Debug, Default)]
pub struct Params<'a>(Vec<(Name<'a>, Value<'a>)>);

/// Parameters in the byte order of their names, in which they are signed and sent.
#[derive(Debug)]
pub(crate) struct SortedParams<'a>(Vec<(Name<'a>, Value<'a>)>);

/// A string, and whether it needs encoding.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// Needs no encoding, so it is not checked for bytes that do.
    Plain(&'a str),
    Any(Cow<'a, str>),
}

impl Part<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Any(text) => text,
        }
    }
}

/// The name of a parameter.
#[derive(Debug)]
pub(crate) struct Name<'a>(Part<'a>);

/// The API's names consist of letters, digits and dots.
impl From<&'static str> for Name<'_> {
    fn from(name: &'static str) -> Self {
        debug_assert!(percent::is_plain(name), "{name}");
        Self(Part::Plain(name))
    }
}

/// A name that a caller gives may have any characters.
impl<'a> From<&'a String> for Name<'a> {
    fn from(name: &'a String) -> Self {
        Self(Part::Any(name.into()))
    }
}

impl From<String> for Name<'_> {
    fn from(name: String) -> Self {
        Self(Part::Any(name.into()))
    }
}

impl<'a> From<&'a Cow<'static, str>> for Name<'a> {
    fn from(name: &'a Cow<'static, str>) -> Self {
        match name {
            Cow::Borrowed(name) => Self::from(*name),
            Cow::Owned(name) => Self::from(name),
        }
    }
}

/// The value of a parameter.
#[derive(Debug)]
pub(crate) struct Value<'a>(Part<'a>);

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self(Part::Any(value.into()))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self(Part::Any(value.into()))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self(Part::Any(value.into()))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self(Part::Plain(if value { "true" } else { "false" }))
    }
}

/// Validated types, which never need encoding.
macro_rules! plain {
    ($($type:ty)*) => {$(
        impl<'a> From<&'a $type> for Value<'a> {
            fn from(value: &'a $type) -> Self {
                debug_assert!(percent::is_plain(value.as_str()), "{value:?}");
                Self(Part::Plain(value.as_str()))
            }
        }
    )*};
}

plain! { InstanceId InstanceType RegionId }

impl<'a> Params<'a> {
    /// Creates an empty list with capacity for most requests.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(8))
    }

    /// Adds a parameter.
    pub(crate) fn add(&mut self, name: impl Into<Name<'a>>, value: impl Into<Value<'a>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a parameter if it has a value.
    pub(crate) fn add_optional(&mut self, name: &'static str, value: Option<impl Into<Value<'a>>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds the parameters of an object, as `prefix.Name`.
    pub(crate) fn nest(&mut self, prefix: &str, fields: Self) {
        for (name, value) in fields.0 {
            self.add(format!("{prefix}.{}", name.0.as_str()), value);
        }
    }

    /// Sorts them: once per call, for all its attempts.
    pub(crate) fn sorted(mut self) -> SortedParams<'a> {
        // Names are short and most differ in the first byte: `bytes` is faster here than a call of `memcmp`.
        self.0
            .sort_unstable_by(|(a, _), (b, _)| a.0.as_str().bytes().cmp(b.0.as_str().bytes()));
        SortedParams(self.0)
    }
}

impl SortedParams<'_> {
    /// All parameters, to merge with other sorted parameters.
    pub(super) fn remaining(&self) -> Remaining<'_> {
        Remaining(&self.0)
    }

    /// The bytes of names and values, with separators.
    pub(super) fn size(&self) -> usize {
        let sizes = self
            .0
            .iter()
            .map(|(name, value)| name.0.as_str().len() + value.0.as_str().len() + 2);
        sizes.sum()
    }
}

/// The remaining parameters, in order.
pub(super) struct Remaining<'a>(&'a [(Name<'a>, Value<'a>)]);

impl<'a> Remaining<'a> {
    /// Takes the next one if it sorts before a parameter named `name`.
    pub(super) fn next_before(&mut self, name: &str) -> Option<(&'a Part<'a>, &'a Part<'a>)> {
        let (next, _) = self.0.first()?;
        if next.0.as_str() < name {
            self.next()
        } else {
            None
        }
    }
}

impl<'a> Iterator for Remaining<'a> {
    type Item = (&'a Part<'a>, &'a Part<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let ((name, value), rest) = self.0.split_first()?;
        self.0 = rest;
        Some((&name.0, &value.0))
    }
}
