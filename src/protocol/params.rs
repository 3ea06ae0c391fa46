//! The parameters of an operation, by name.

use std::borrow::Cow;

/// Parameters as they are signed and sent.
#[derive(Debug, Default)]
pub struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
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

    /// The parameters together with `common` ones, in the byte order of their names.
    pub(crate) fn sorted_with<'s>(
        &'s self,
        common: &[(&'s str, &'s str)],
    ) -> Vec<(&'s str, &'s str)> {
        let mut all = Vec::with_capacity(self.0.len() + common.len());
        all.extend(self.0.iter().map(|(name, value)| (&**name, &**value)));
        all.extend_from_slice(common);
        all.sort_unstable();
        all
    }
}
