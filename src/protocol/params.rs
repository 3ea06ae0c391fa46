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
    /// Hands over the parameters together with `common` ones, which are in order too; those without a value are left out.
    pub(super) fn merged_with(
        &self,
        common: &[(&str, Option<&str>)],
        mut each: impl FnMut(&str, &str),
    ) {
        let mut own = &self.0[..];
        for &(name, value) in common {
            let Some(value) = value else { continue };
            while let [(first, its_value), rest @ ..] = own
                && **first < *name
            {
                each(first, its_value);
                own = rest;
            }
            each(name, value);
        }
        own.iter().for_each(|(name, value)| each(name, value));
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
