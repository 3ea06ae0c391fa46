//! The parameters of an operation, by name.

use std::borrow::Cow;

/// Parameters as an operation names them, in any order.
#[derive(Debug, Default)]
pub struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Parameters in the byte order of their names, as they are signed and sent.
#[derive(Debug)]
pub(crate) struct Sorted<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
    /// No parameters yet, with room for as many as most requests have.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(8))
    }

    /// Adds a parameter.
    pub(crate) fn add(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a parameter if it has a value.
    pub(crate) fn add_optional(
        &mut self,
        name: &'static str,
        value: Option<impl Into<Cow<'a, str>>>,
    ) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds a boolean if it has a value.
    pub(crate) fn add_bool(&mut self, name: &'static str, value: Option<bool>) {
        self.add_optional(
            name,
            value.map(|value| if value { "true" } else { "false" }),
        );
    }

    /// Puts them in order: once a call, for all of its attempts.
    pub(crate) fn sorted(mut self) -> Sorted<'a> {
        self.0.sort_unstable();
        Sorted(self.0)
    }
}

impl Sorted<'_> {
    /// The parameters together with `common` ones, which are in order too.
    pub(super) fn merged_with<'s>(
        &'s self,
        common: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> impl Iterator<Item = (&'s str, &'s str)> {
        let mut own = self.iter().peekable();
        let mut common = common.into_iter().peekable();
        std::iter::from_fn(move || match (own.peek(), common.peek()) {
            (Some((one, _)), Some((other, _))) if one > other => common.next(),
            (None, _) => common.next(),
            _ => own.next(),
        })
    }

    /// How many bytes their names and values have, separators included.
    pub(super) fn len(&self) -> usize {
        self.iter()
            .map(|(name, value)| name.len() + value.len() + 2)
            .sum()
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}
