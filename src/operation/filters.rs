//! Optional parameters that go to the service as they are, under the API's names.

use std::borrow::Cow;

use crate::error::Violations;
use crate::protocol::Params;

/// Parameters by name, in the order they were first set.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OptionalParams(Vec<(Cow<'static, str>, String)>);

impl OptionalParams {
    /// Sets a parameter, or takes it back.
    pub(super) fn set(&mut self, name: &'static str, value: Option<String>) {
        self.0.retain(|(known, _)| known != name);
        self.0.extend(value.map(|value| (name.into(), value)));
    }

    /// Sets `name.1`, `name.2` and so on, in place of what was set before.
    pub(super) fn set_list<T: Into<String>>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        self.0.retain(|(known, _)| !is_item(known, name));
        let items = (1..).zip(values);
        self.0
            .extend(items.map(|(number, value)| (format!("{name}.{number}").into(), value.into())));
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Adds a parameter whose name is made from a number.
    pub(super) fn add(&mut self, name: String, value: String) {
        self.0.push((name.into(), value));
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// How many items the list of this name has.
    pub(super) fn count(&self, name: &str) -> usize {
        self.0
            .iter()
            .filter(|(known, _)| is_item(known, name))
            .count()
    }

    pub(super) fn add_to<'a>(&'a self, params: &mut Params<'a>) {
        for (name, value) in &self.0 {
            params.add(name, value);
        }
    }

    /// No value may be empty, and no list longer than its limit.
    pub(super) fn check(&self, limits: &[(&str, usize)], violations: &mut Violations) {
        for (name, value) in &self.0 {
            violations.check_text(name, Some(value));
        }
        for &(name, limit) in limits {
            let count = self.count(name);
            if count > limit {
                violations.add(
                    name,
                    "",
                    format!("has {count} items; at most {limit} are allowed"),
                );
            }
        }
    }
}

fn is_item(known: &str, list: &str) -> bool {
    known
        .strip_prefix(list)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Setters of a builder with a field `filters`: one line each.
macro_rules! filters {
    ($builder:ident { $( $(#[$meta:meta])* $kind:ident $name:ident = $wire:literal; )+ }) => {
        impl $builder {
            $( filters! { @$kind [$(#[$meta])* #[doc = concat!("\n\nOn the wire: `", $wire, "`. Default: not sent.")]] $name $wire } )+
        }
    };
    (@text [$($meta:tt)*] $name:ident $wire:literal) => {
        $($meta)*
        pub fn $name(mut self, value: impl Into<String>) -> Self {
            self.filters.set($wire, Some(value.into()));
            self
        }
    };
    (@flag [$($meta:tt)*] $name:ident $wire:literal) => {
        $($meta)*
        pub fn $name(mut self, value: impl Into<Option<bool>>) -> Self {
            self.filters.set($wire, value.into().map(|value| value.to_string()));
            self
        }
    };
    (@number [$($meta:tt)*] $name:ident $wire:literal) => {
        $($meta)*
        pub fn $name(mut self, value: u64) -> Self {
            self.filters.set($wire, Some(value.to_string()));
            self
        }
    };
    (@decimal [$($meta:tt)*] $name:ident $wire:literal) => {
        $($meta)*
        pub fn $name(mut self, value: impl Into<rust_decimal::Decimal>) -> Self {
            self.filters.set($wire, Some(value.into().to_string()));
            self
        }
    };
    (@list [$($meta:tt)*] $name:ident $wire:literal) => {
        $($meta)*
        pub fn $name<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
            self.filters.set_list($wire, values);
            self
        }
    };
}
