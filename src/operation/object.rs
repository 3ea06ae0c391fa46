//! The macro `object!`, which defines a parameter that consists of several fields (`Name.N.Field`) as a table.
//!
//! Rows have the form of those of [`operation!`](super::table), with the kind `Text`, `Keyword<T>`, `Boolean` or
//! `Number`, and with the name of the setter after that of the field. `check = fn(&Object, &str, &mut Violations)` is
//! for rules across fields; its second argument is the name of the object, for instance `Disk.1`.

use std::fmt::Debug;

use crate::error::Violations;
use crate::protocol::Params;

/// An object of several parameters: `Name.N.Field`.
pub(super) trait Object: Clone + Debug + PartialEq {
    /// Adds the fields that are set.
    fn add<'a>(&'a self, params: &mut Params<'a>);

    /// Adds the violations of this object, which is sent as `name`, for instance `Disk.1`.
    fn check(&self, name: &str, violations: &mut Violations);
}

/// Generates an object, its setters and getters, and the code that checks and sends it.
macro_rules! object {
    (
        $(#[$meta:meta])+
        $object:ident;
        check = $check:path;
        $($(#[$doc:meta])+ $kind:ident $(<$type:ident>)? $name:ident / $with:ident = $wire:literal;)+
    ) => {
        $(#[$meta])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
        pub struct $object {
            $($name: <super::kind::$kind $(<$type>)? as super::kind::Kind>::Value,)+
        }

        impl $object {
            $( setter! { { $(#[$doc])+ #[doc = concat!("\n\nOn the wire: `", $wire, "`.")] #[must_use] } $kind [$($type)?] $with [= $name] } )+
            $( getter! { { #[doc = concat!("`", $wire, "`; not sent if it is not set.")] } $kind [$($type)?] $name } )+
        }

        impl super::object::Object for $object {
            fn add<'a>(&'a self, params: &mut crate::protocol::Params<'a>) {
                $( <super::kind::$kind $(<$type>)? as super::kind::Kind>::add(&self.$name, $wire, params); )+
            }

            fn check(&self, name: &str, violations: &mut crate::error::Violations) {
                $(
                    let field = format!(concat!("{}.", $wire), name);
                    <super::kind::$kind $(<$type>)? as super::kind::Kind>::check(self.$name.clone(), &field, violations);
                )+
                $check(self, name, violations);
            }
        }
    };
}
