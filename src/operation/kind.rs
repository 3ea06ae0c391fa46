//! The kinds of parameters that a row of [`operation!`](super::table) can have.

use std::fmt::Debug;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};

use super::object::Object;
use crate::error::Violations;
use crate::protocol::{Params, Value};
use crate::types::{ClientToken, InstanceId, InstanceType, InvalidValue, MinuteTime, RegionId};

/// How a parameter is checked, kept and sent.
pub(super) trait Kind {
    /// What the builder keeps.
    type Input: Clone + Debug + Default;
    /// What the request keeps.
    type Value: Clone + Debug + PartialEq;

    /// The value. An invalid one is left out and adds a violation, so that no request is built.
    fn check(input: Self::Input, name: &str, violations: &mut Violations) -> Self::Value;

    /// Adds the parameter, if it is set.
    fn add<'a>(value: &'a Self::Value, name: &'static str, params: &mut Params<'a>);
}

/// What a request keeps for a parameter that may be absent.
#[cfg(feature = "serde")]
pub(super) trait MaybeUnset {
    fn is_unset(&self) -> bool;
}

#[cfg(feature = "serde")]
impl<T> MaybeUnset for Option<T> {
    fn is_unset(&self) -> bool {
        self.is_none()
    }
}

#[cfg(feature = "serde")]
impl<T> MaybeUnset for Vec<T> {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(feature = "serde")]
impl MaybeUnset for ClientToken {
    fn is_unset(&self) -> bool {
        false
    }
}

/// Whether a serialized request leaves the parameter out.
#[cfg(feature = "serde")]
pub(super) fn is_unset(value: &impl MaybeUnset) -> bool {
    value.is_unset()
}

/// A value that is sent as a string.
pub(super) trait Word: AsRef<str> + Clone + Debug + PartialEq {}

impl<T: AsRef<str> + Clone + Debug + PartialEq> Word for T {}

/// A string that is checked: a newtype of [`types`](crate::types), or any string that is not empty.
pub(super) trait Checked: Word {
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

/// Kinds: what the builder keeps => what the request keeps.
macro_rules! kinds {
    ($(
        $(#[$meta:meta])*
        $kind:ident $(<$type:ident: $bound:ident>)?: $input:ty => $value:ty;
        check = |$checked:ident, $wire:pat_param, $violations:pat_param| $check:expr;
        add = |$added:ident, $name:pat_param, $params:ident| $add:expr;
    )*) => {$(
        $(#[$meta])*
        pub(super) struct $kind<T = String>(PhantomData<T>);

        impl$(<$type: $bound>)? Kind for $kind$(<$type>)? {
            type Input = $input;
            type Value = $value;

            fn check($checked: Self::Input, $wire: &str, $violations: &mut Violations) -> Self::Value {
                $check
            }

            fn add<'a>($added: &'a Self::Value, $name: &'static str, $params: &mut Params<'a>) {
                $add
            }
        }
    )*};
}

kinds! {
    /// A string.
    Text<T: Checked>: Option<String> => Option<T>;
    check = |input, name, violations| violations.check_optional(name, input.map(T::checked));
    add = |value, name, params| params.add_optional(name, value.as_ref().map(T::value));

    /// A value of an enum of [`types`](crate::types).
    Keyword<T: Word>: Option<T> => Option<T>;
    check = |input, name, violations| {
        violations.check_text(name, input.as_ref().map(T::as_ref));
        input
    };
    add = |value, name, params| params.add_optional(name, value.as_ref().map(T::as_ref));

    /// A boolean.
    Boolean: Option<bool> => Option<bool>;
    check = |input, _, _| input;
    add = |value, name, params| params.add_optional(name, *value);

    /// A whole number.
    Number: Option<u64> => Option<u64>;
    check = |input, _, _| input;
    add = |value, name, params| params.add_optional(name, value.map(|value| value.to_string()));

    /// A decimal number.
    Decimal: Option<rust_decimal::Decimal> => Option<rust_decimal::Decimal>;
    check = |input, _, _| input;
    add = |value, name, params| params.add_optional(name, value.map(|value| value.to_string()));

    /// A time, rounded up to the minute.
    Time: Option<DateTime<Utc>> => Option<MinuteTime>;
    check = |input, name, violations| violations.check_optional(name, input.map(MinuteTime::new));
    add = |value, name, params| params.add_optional(name, value.map(|time| time.to_string()));

    /// A time in `Filter.N`. The wire name contains the key of the filter: `Filter.1=CreationStartTime`.
    FilterTime: Option<DateTime<Utc>> => Option<MinuteTime>;
    check = |input, name, violations| violations.check_optional(name, input.map(MinuteTime::new));
    add = |value, name, params| if let (Some(time), Some((filter, key))) = (value, name.split_once('=')) {
        params.add(format!("{filter}.Key"), key);
        params.add(format!("{filter}.Value"), time.to_string());
    };

    /// Strings, as `Name.1`, `Name.2` and so on.
    List<T: Checked>: Vec<String> => Vec<T>;
    check = |input, name, violations| {
        let items = input.into_iter().zip(1..);
        let check = |(item, number)| violations.check(&format!("{name}.{number}"), T::checked(item));
        items.filter_map(check).collect()
    };
    add = |value, name, params| for (item, number) in value.iter().zip(1..) {
        params.add(format!("{name}.{number}"), item.value());
    };

    /// Strings, as a JSON array in one parameter.
    JsonList<T: Checked>: Option<Vec<String>> => Option<Vec<T>>;
    check = |input, name, violations| input.map(|items| {
        items.into_iter().filter_map(|item| violations.check(name, T::checked(item))).collect()
    });
    add = |value, name, params| params.add_optional(name, value.as_ref().map(|items| {
        let items: Vec<&str> = items.iter().map(T::as_ref).collect();
        // Strings always serialize.
        serde_json::to_string(&items).unwrap_or_default()
    }));

    /// Objects: `Name.N.Field`.
    Objects<T: Object>: Vec<T> => Vec<T>;
    check = |input, name, violations| {
        for (object, number) in input.iter().zip(1..) {
            object.check(&format!("{name}.{number}"), violations);
        }
        input
    };
    add = |value, name, params| for (object, number) in value.iter().zip(1..) {
        let mut fields = Params::new();
        object.add(&mut fields);
        params.nest(&format!("{name}.{number}"), fields);
    };

    /// Tags: `Name.N.Key` and `Name.N.Value`. A value may be empty.
    Tags: Vec<(String, String)> => Vec<(String, String)>;
    check = |input, name, violations| {
        for (number, _) in (1..).zip(&input).filter(|(_, (key, _))| key.is_empty()) {
            let name = format!("{name}.{number}.Key");
            violations.add(&name, "", "must not be empty");
        }
        input
    };
    add = |value, name, params| for ((key, value), number) in value.iter().zip(1..) {
        params.add(format!("{name}.{number}.Key"), key);
        params.add(format!("{name}.{number}.Value"), value);
    };

    /// Parameters under their own names. The wire name is for documentation only.
    Verbatim: Vec<(String, String)> => Vec<(String, String)>;
    check = |input, _, _| input;
    add = |value, _, params| for (name, value) in value {
        params.add(name, value);
    };

    /// The idempotency token; random if none is set.
    Token: Option<String> => ClientToken;
    check = |input, name, violations| {
        let token = violations.check_optional(name, input.map(ClientToken::new));
        token.unwrap_or_else(ClientToken::random)
    };
    add = |value, name, params| params.add(name, value.as_str());
}
