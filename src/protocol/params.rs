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
    /// All of them, to be merged with others that are in order too.
    pub(super) fn remaining(&self) -> Remaining<'_> {
        Remaining(&self.0)
    }

    /// How many bytes their names and values have, separators included.
    pub(super) fn size(&self) -> usize {
        let sizes = self
            .0
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2);
        sizes.sum()
    }
}

/// The parameters that have not been taken yet, in order.
pub(super) struct Remaining<'a>(&'a [(Cow<'a, str>, Cow<'a, str>)]);

impl<'a> Remaining<'a> {
    /// Takes the next one if its place is before a parameter named `name`.
    pub(super) fn next_before(&mut self, name: &str) -> Option<(&'a str, &'a str)> {
        let (next, _) = self.0.first()?;
        if **next < *name { self.next() } else { None }
    }
}

impl<'a> Iterator for Remaining<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let ((name, value), rest) = self.0.split_first()?;
        self.0 = rest;
        Some((name, value))
    }
}
