//! The kinds of parameters that a row of [`operation!`](super::table) can have.

use std::fmt::Debug;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};

use crate::error::Violations;
use crate::protocol::{Params, Value};
use crate::types::{ClientToken, InstanceId, InstanceType, InvalidValue, MinuteTime, RegionId};

/// A parameter that is checked: its wire name, and where its violations go.
pub(super) struct At<'a> {
    pub(super) name: &'static str,
    pub(super) violations: &'a mut Violations,
}

impl At<'_> {
    fn check<T>(self, result: Result<T, InvalidValue>) -> Option<T> {
        self.violations.check(self.name, result)
    }
}

/// How a parameter is checked, kept and sent.
pub(super) trait Kind {
    /// What the builder keeps.
    type Input: Clone + Debug + Default;
    /// What the request keeps.
    type Value: Clone + Debug + PartialEq;

    /// The value, or `None` with a violation added.
    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value>;

    /// Adds the parameter, if it is set.
    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>);
}

/// A string that is checked: a newtype of [`types`](crate::types), or any string that is not empty.
pub(super) trait Checked: Clone + Debug + PartialEq {
    fn checked(text: String) -> Result<Self, InvalidValue>;

    fn value(&self) -> Value<'_>;
}

impl Checked for String {
    fn checked(text: String) -> Result<Self, InvalidValue> {
        match text.is_empty() {
            true => Err(InvalidValue::new(
                "",
                "must not be empty; leave it out instead",
            )),
            false => Ok(text),
        }
    }

    fn value(&self) -> Value<'_> {
        self.into()
    }
}

macro_rules! checked {
    ($($type:ty)*) => {$(
        impl Checked for $type {
            fn checked(text: String) -> Result<Self, InvalidValue> {
                Self::new(text)
            }

            fn value(&self) -> Value<'_> {
                self.into()
            }
        }
    )*};
}

checked! { InstanceId InstanceType RegionId }

/// A required string.
pub(super) struct Required<T>(PhantomData<T>);

impl<T: Checked> Kind for Required<T> {
    type Input = String;
    type Value = T;

    fn check(input: String, at: At<'_>) -> Option<T> {
        at.check(T::checked(input))
    }

    fn add<'a>(value: &'a T, name: &'static str, params: &mut Params<'a>) {
        params.add(name, value.value());
    }
}

/// A string.
pub(super) struct Text<T = String>(PhantomData<T>);

impl<T: Checked> Kind for Text<T> {
    type Input = Option<String>;
    type Value = Option<T>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        at.check(input.map(T::checked).transpose())
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        params.add_optional(name, value.as_ref().map(T::value));
    }
}

/// A value of an enum of [`types`](crate::types).
pub(super) struct Keyword<T>(PhantomData<T>);

impl<T: AsRef<str> + Clone + Debug + PartialEq> Kind for Keyword<T> {
    type Input = Option<T>;
    type Value = Option<T>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        at.violations
            .check_text(at.name, input.as_ref().map(T::as_ref));
        Some(input)
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        params.add_optional(name, value.as_ref().map(T::as_ref));
    }
}

/// Kinds whose every value is valid.
macro_rules! unchecked {
    ($($(#[$meta:meta])* $kind:ident($type:ty): |$value:ident| $sent:expr;)*) => {$(
        $(#[$meta])*
        pub(super) struct $kind;

        impl Kind for $kind {
            type Input = Option<$type>;
            type Value = Option<$type>;

            fn check(input: Self::Input, _at: At<'_>) -> Option<Self::Value> {
                Some(input)
            }

            fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
                params.add_optional(name, value.map(|$value| $sent));
            }
        }
    )*};
}

unchecked! {
    /// A boolean.
    Boolean(bool): |value| value;
    /// A whole number.
    Number(u64): |value| value.to_string();
    /// A decimal number.
    Decimal(rust_decimal::Decimal): |value| value.to_string();
}

/// A time, rounded up to the minute.
pub(super) struct Time;

impl Kind for Time {
    type Input = Option<DateTime<Utc>>;
    type Value = Option<MinuteTime>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        at.check(input.map(MinuteTime::new).transpose())
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        params.add_optional(name, value.map(|time| time.to_string()));
    }
}

/// A time in `Filter.N`. The wire name holds the key of the filter: `Filter.1=CreationStartTime`.
pub(super) struct FilterTime;

impl Kind for FilterTime {
    type Input = Option<DateTime<Utc>>;
    type Value = Option<MinuteTime>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        Time::check(input, at)
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        if let (Some(time), Some((filter, key))) = (value, name.split_once('=')) {
            params.add(format!("{filter}.Key"), key);
            params.add(format!("{filter}.Value"), time.to_string());
        }
    }
}

/// Strings, as `Name.1`, `Name.2` and so on.
pub(super) struct List<T = String>(PhantomData<T>);

impl<T: Checked> Kind for List<T> {
    type Input = Vec<String>;
    type Value = Vec<T>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        let items = input.into_iter().zip(1..);
        let values = items.map(|(text, number)| {
            at.violations
                .check(&format!("{}.{number}", at.name), T::checked(text))
        });
        // All of them, so that every violation is reported.
        let values: Vec<_> = values.collect();
        values.into_iter().collect()
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        for (item, number) in value.iter().zip(1..) {
            params.add(format!("{name}.{number}"), item.value());
        }
    }
}

/// Strings, as a JSON array in one parameter.
pub(super) struct JsonList<T = String>(PhantomData<T>);

impl<T: Checked + AsRef<str>> Kind for JsonList<T> {
    type Input = Option<Vec<String>>;
    type Value = Option<Vec<T>>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        let At { name, violations } = at;
        let Some(input) = input else {
            return Some(None);
        };
        let values = input.into_iter();
        let values = values.map(|text| violations.check(name, T::checked(text)));
        // All of them, so that every violation is reported.
        let values: Vec<_> = values.collect();
        values.into_iter().collect::<Option<_>>().map(Some)
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        let array = |items: &Vec<T>| {
            let items: Vec<&str> = items.iter().map(T::as_ref).collect();
            serde_json::Value::from(items).to_string()
        };
        params.add_optional(name, value.as_ref().map(array));
    }
}

/// An object of several parameters: `Name.N.Field`.
pub(super) trait Object: Clone + Debug + PartialEq {
    /// The fields that are set.
    fn fields(&self) -> Vec<(&'static str, String)>;

    /// Adds the violations of this object, which is sent as `name`, for instance `Disk.1`.
    fn check(&self, name: &str, violations: &mut Violations);
}

/// Objects.
pub(super) struct Objects<T>(PhantomData<T>);

impl<T: Object> Kind for Objects<T> {
    type Input = Vec<T>;
    type Value = Vec<T>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        for (object, number) in input.iter().zip(1..) {
            object.check(&format!("{}.{number}", at.name), at.violations);
        }
        Some(input)
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        for (object, number) in value.iter().zip(1..) {
            for (field, value) in object.fields() {
                params.add(format!("{name}.{number}.{field}"), value);
            }
        }
    }
}

/// Tags: `Name.N.Key` and `Name.N.Value`. A value may be empty.
pub(super) struct Tags;

impl Kind for Tags {
    type Input = Vec<(String, String)>;
    type Value = Vec<(String, String)>;

    fn check(input: Self::Input, at: At<'_>) -> Option<Self::Value> {
        for ((key, _), number) in input.iter().zip(1..) {
            if key.is_empty() {
                let key = format!("{}.{number}.Key", at.name);
                at.violations.add(&key, "", "must not be empty");
            }
        }
        Some(input)
    }

    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>) {
        for ((key, value), number) in value.iter().zip(1..) {
            params.add(format!("{name}.{number}.Key"), key);
            params.add(format!("{name}.{number}.Value"), value);
        }
    }
}

/// Parameters by their own names. The wire name only stands in the documentation.
pub(super) struct Verbatim;

impl Kind for Verbatim {
    type Input = Vec<(String, String)>;
    type Value = Vec<(String, String)>;

    fn check(input: Self::Input, _at: At<'_>) -> Option<Self::Value> {
        Some(input)
    }

    fn add<'a>(value: &'a Self::Value, _name: &'static str, params: &mut Params<'a>) {
        for (name, value) in value {
            params.add(name, value);
        }
    }
}

/// The idempotency token: a random one where none is set.
pub(super) struct Token;

impl Kind for Token {
    type Input = Option<String>;
    type Value = ClientToken;

    fn check(input: Self::Input, at: At<'_>) -> Option<ClientToken> {
        let token = input.map_or_else(|| Ok(ClientToken::random()), ClientToken::new);
        at.check(token)
    }

    fn add<'a>(value: &'a ClientToken, name: &'static str, params: &mut Params<'a>) {
        params.add(name, value.as_str());
    }
}
