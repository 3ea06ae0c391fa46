//! The setters and getters of the rows of [`operation!`](super::table), by the kind of the row.

/// The name of a parameter on the wire.
macro_rules! wire_name {
    ($name:ident $wire:literal) => {
        $wire
    };
    ($name:ident) => {
        compile_error!(concat!(
            "`",
            stringify!($name),
            "` has no wire name: write `",
            stringify!($name),
            " = \"WireName\";`"
        ))
    };
}

/// Generates the setters of a parameter.
macro_rules! setter {
    ($doc:tt Text $type:tt $name:ident $also:tt) => { setter! { @into $doc String, $name $also } };
    ($doc:tt Token [] $name:ident $also:tt) => { setter! { @into $doc String, $name $also } };
    ($doc:tt Keyword [$type:ident] $name:ident $also:tt) => { setter! { @into $doc $type, $name $also } };
    ($doc:tt Decimal [] $name:ident $also:tt) => { setter! { @into $doc rust_decimal::Decimal, $name $also } };
    ($doc:tt Boolean [] $name:ident $also:tt) => { setter! { @value $doc bool, bool, $name $also } };
    ($doc:tt Number [] $name:ident $also:tt) => { setter! { @value $doc u64, u64, $name $also } };
    ($doc:tt Time [] $name:ident $also:tt) => { setter! { @value $doc chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>, $name $also } };
    ($doc:tt FilterTime [] $name:ident $also:tt) => { setter! { $doc Time [] $name $also } };
    ($doc:tt Objects [$type:ident] $name:ident [$add:ident]) => { setter! { @add $doc (value: $type), value, $name $add } };
    ($doc:tt Tags [] $name:ident [$add:ident]) => { setter! { $doc Verbatim [] $name [$add] } };
    ($doc:tt Verbatim [] $name:ident [$add:ident]) => { setter! { @add $doc (key: impl Into<String>, value: impl Into<String>), (key.into(), value.into()), $name $add } };
    ({$($doc:tt)*} List $type:tt $name:ident []) => {
        $($doc)*
        pub fn $name(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$name = values.into_iter().map(Into::into).collect();
            self
        }
    };
    ({$($doc:tt)*} JsonList $type:tt $name:ident []) => {
        $($doc)*
        pub fn $name(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$name = Some(values.into_iter().map(Into::into).collect());
            self
        }
    };
    (@into $doc:tt $type:ty, $name:ident $also:tt) => { setter! { @value $doc impl Into<$type>, $type, $name $also } };
    (@value {$($doc:tt)*} $argument:ty, $type:ty, $name:ident [$($set:ident)?]) => {
        $($doc)*
        pub fn $name(mut self, value: $argument) -> Self {
            self.$name = Some(value.into());
            self
        }
        $(
            #[doc = concat!("Like [`", stringify!($name), "`](Self::", stringify!($name), "); `None` leaves the parameter out.")]
            pub fn $set(mut self, value: Option<$type>) -> Self {
                self.$name = value;
                self
            }
        )?
    };
    (@value {$($doc:tt)*} $argument:ty, $type:ty, $name:ident [= $field:ident]) => {
        $($doc)*
        pub fn $name(mut self, value: $argument) -> Self {
            self.$field = Some(value.into());
            self
        }
    };
    (@add {$($doc:tt)*} ($($argument:ident: $type:ty),+), $value:expr, $name:ident $add:ident) => {
        $($doc)*
        pub fn $add(mut self, $($argument: $type),+) -> Self {
            self.$name.push($value);
            self
        }
    };
    ($doc:tt $kind:ident $type:tt $name:ident $also:tt) => {
        compile_error!(concat!("`", stringify!($kind), "` is not a kind, or not with this type or second name (`", stringify!($name), "`): Text, Text<T>, Keyword<T>, Boolean, Number, Decimal, Time, FilterTime, List, List<T>, JsonList, JsonList<T>, Token; Objects<T>, Tags and Verbatim with `/ name_of_the_adder`"));
    };
}

/// Generates the getter of a parameter.
macro_rules! getter {
    ($doc:tt Text [] $name:ident) => { getter! { @fn $doc $name -> Option<&str>, |value| value.as_deref() } };
    ($doc:tt Text [$type:ident] $name:ident) => { getter! { @fn $doc $name -> Option<&$type>, |value| value.as_ref() } };
    ($doc:tt Keyword [$type:ident] $name:ident) => { getter! { @fn $doc $name -> Option<&$type>, |value| value.as_ref() } };
    ($doc:tt Boolean [] $name:ident) => { getter! { @fn $doc $name -> Option<bool>, |value| *value } };
    ($doc:tt Number [] $name:ident) => { getter! { @fn $doc $name -> Option<u64>, |value| *value } };
    ($doc:tt Decimal [] $name:ident) => { getter! { @fn $doc $name -> Option<rust_decimal::Decimal>, |value| *value } };
    ($doc:tt Time [] $name:ident) => { getter! { @fn $doc $name -> Option<crate::types::MinuteTime>, |value| *value } };
    ($doc:tt FilterTime [] $name:ident) => { getter! { $doc Time [] $name } };
    ($doc:tt List [] $name:ident) => { getter! { @fn $doc $name -> &[String], |value| value } };
    ($doc:tt JsonList [] $name:ident) => { getter! { @fn $doc $name -> Option<&[String]>, |value| value.as_deref() } };
    ($doc:tt JsonList [$type:ident] $name:ident) => { getter! { @fn $doc $name -> Option<&[$type]>, |value| value.as_deref() } };
    ($doc:tt Tags [] $name:ident) => { getter! { @fn $doc $name -> &[(String, String)], |value| value } };
    ($doc:tt Verbatim [] $name:ident) => { getter! { @fn $doc $name -> &[(String, String)], |value| value } };
    ($doc:tt Token [] $name:ident) => { getter! { @fn $doc $name -> &crate::types::ClientToken, |value| value } };
    ($doc:tt $list:ident [$type:ident] $name:ident) => { getter! { @fn $doc $name -> &[$type], |value| value } };
    (@fn {$($doc:tt)*} $name:ident -> $type:ty, |$value:ident| $get:expr) => {
        $($doc)*
        pub fn $name(&self) -> $type {
            let $value = &self.$name;
            $get
        }
    };
    // The setter reports it.
    ($doc:tt $($other:tt)*) => {};
}
