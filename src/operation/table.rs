//! The macros `operation!` and `response!`, which define an operation as a table with one row for each field.
//!
//! The table generates the request, its builder with setters and validation, the getters, the parameters that are sent,
//! the response and its decoder. A complete example with every feature of a table:
//!
//! ```text
//! operation! {
//!     /// Stops things.                                  // documentation of the request, with an example
//!     StopThingsRequest, StopThingsRequestBuilder => StopThingsResponse;
//!     action = "StopThings";                             // the API's name of the operation
//!     effect = Change;                                   // Read, Change or Order
//!     regional = region_id;                              // leave out if the operation has no region at all
//!     dry_run = dry_run;                                 // the row of `DryRun`, if the operation has it
//!     idempotent = client_token;                         // the row of `ClientToken`, if the operation has it
//!     paginated = things: Thing, total = total_count, page_size = 100; // the field of the response with the items
//!     check = check_things;   // fn(&mut StopThingsRequestBuilder, &mut Violations): checks across fields
//!     read = read_things;     // fn(&RawResponse<'_>) -> Result<StopThingsResponse, String>: quirks of the response
//!     required {                                         // arguments of `StopThingsRequest::builder()`
//!         /// The thing.
//!         thing_id: InstanceId = "ThingId";
//!     }
//!     optional {                                         // a row: kind, name, wire name
//!         /// Only things of this color.
//!         Text color = "Color";                          // setter `color(impl Into<String>)`, getter `Option<&str>`
//!         /// Only things of this type.
//!         Text<InstanceType> thing_type = "ThingType";   // the same, checked by the newtype
//!         /// Whether nothing is stopped.
//!         Boolean dry_run / set_dry_run = "DryRun";      // also a setter that takes an `Option`
//!         /// Only things with this tag.
//!         Tags tags / tag = "Tag";                       // for a kind with several values, the second name adds one
//!     }
//! }
//!
//! response! {
//!     /// The things that were stopped.
//!     pub StopThingsResponse {
//!         /// The id of the request.
//!         request_id: String = scalar "RequestId";
//!         /// The things.
//!         things: Vec<Thing> = list "Things";        // scalar, list, object, or `inside "Outer" / "Inner"`
//!         /// Whether this was a dry run that passed: nothing was stopped.
//!         is_dry_run: bool = derived;                // not on the wire
//!     }
//! }
//! ```
//!
//! The kinds are those of [`kind`](super::kind). An absent, null or empty value of a response leaves the default.

/// Generates a request, its builder, and the code that sends it and decodes its response.
macro_rules! operation {
    (@read $response:ident) => { super::wire::read_with_id($response) };
    (@read $response:ident $read:path) => { $read($response) };
    (
        $(#[$meta:meta])*
        $request:ident, $builder:ident => $response:ident;
        action = $action:literal;
        effect = $effect:ident;
        $(regional = $region:ident;)?
        $(dry_run = $dry_run:ident;)?
        $(idempotent = $token:ident;)?
        $(paginated = $items:ident: $item:ident $(, total = $total:ident)? $(, page_size = $page_size:literal)?;)?
        $(check = $check:path;)?
        $(read = $read:path;)?
        $(required { $($(#[$required_doc:meta])+ $required:ident: $required_type:ident $(= $required_wire:literal)?;)+ })?
        $(optional { $($(#[$doc:meta])+ $kind:ident $(<$type:ident>)? $name:ident $(/ $also:ident)? $(= $wire:literal)?;)+ })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        pub struct $request {
            $(#[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))] $region: Option<crate::types::RegionId>,)?
            $($($required: $required_type,)+)?
            $($(#[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::kind::is_unset"))] $name: <super::kind::$kind $(<$type>)? as super::kind::Kind>::Value,)+)?
        }

        impl $request {
            /// Returns a builder with the required parameters.
            pub fn builder($($($required: impl Into<String>),+)?) -> $builder {
                $builder {
                    $($($required: $required.into(),)+)?
                    ..$builder::default()
                }
            }
            $(
                /// The region (`RegionId`); `None` means the region of the client.
                pub fn $region(&self) -> Option<&crate::types::RegionId> { self.$region.as_ref() }
            )?
            $($(
                $(#[$required_doc])+ #[doc = concat!("\n\nOn the wire: `", wire_name!($required $($required_wire)?), "`.")]
                pub fn $required(&self) -> &$required_type { &self.$required }
            )+)?
            $($( getter! { { #[doc = concat!("`", wire_name!($name $($wire)?), "`; not sent if it is not set.")] } $kind [$($type)?] $name } )+)?
        }

        /// Uses the builder: an invalid value is an error.
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $request {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let builder = <$builder as serde::Deserialize>::deserialize(deserializer)?;
                builder.build().map_err(serde::de::Error::custom)
            }
        }

        impl super::Sealed for $request {
            fn action(&self) -> &str { $action }
            fn effect(&self) -> crate::error::Effect {
                $( if self.$dry_run == Some(true) { return crate::error::Effect::Read; } )?
                crate::error::Effect::$effect
            }
            $( fn client_token(&self) -> Option<&crate::types::ClientToken> { Some(&self.$token) } )?
            $( fn region_id(&self) -> Option<&crate::types::RegionId> { self.$region.as_ref() } )?
            fn params<'a>(&'a self, region: &'a crate::types::RegionId) -> crate::protocol::Params<'a> {
                let mut params = crate::protocol::Params::new();
                let _ = region;
                $($( params.add(wire_name!($required $($required_wire)?), <$required_type as super::kind::Checked>::value(&self.$required)); )+)?
                $($( <super::kind::$kind $(<$type>)? as super::kind::Kind>::add(&self.$name, wire_name!($name $($wire)?), &mut params); )+)?
                $( params.add("RegionId", self.$region.as_ref().unwrap_or(region)); )?
                params
            }
        }

        impl super::Operation for $request {
            type Response = $response;
            fn read(response: &crate::protocol::RawResponse<'_>) -> Result<$response, String> {
                operation!(@read response $($read)?)
            }
            $(
                fn from_error(error: &crate::error::ServiceError) -> Option<$response> {
                    let $dry_run = |request_id| $response { request_id, is_dry_run: true, ..$response::default() };
                    super::passed_dry_run(error).map($dry_run)
                }
            )?
        }

        impl super::Response for $response {
            fn request_id(&self) -> &str { &self.request_id }
        }

        impl super::sealed::Response for $response {
            fn request_id_mut(&mut self) -> &mut String { &mut self.request_id }
        }

        impl super::sealed::Table for $request {
            const PARAMETERS: &'static [&'static str] =
                &["RegionId", $($(wire_name!($required $($required_wire)?),)+)? $($(wire_name!($name $($wire)?),)+)?];
        }

        $(
            impl super::Paginate for $request {
                type Item = $item;
                fn page(&self, token: Option<String>) -> Self {
                    let mut request = self.clone();
                    $( request.max_results.get_or_insert($page_size); )?
                    request.next_token = token.or(request.next_token);
                    request
                }
                fn open(response: $response) -> super::Page<$item> {
                    super::Page {
                        items: response.$items,
                        next_token: response.next_token,
                        total: None $( .or(response.$total) )?,
                        request_id: response.request_id,
                    }
                }
            }
        )?

        #[doc = concat!("Builds a [`", stringify!($request), "`]. Parameters that are not set are not sent.")]
        #[derive(Debug, Clone, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
        #[must_use = "a builder does nothing until `build()`"]
        pub struct $builder {
            $($region: Option<String>,)?
            $($($required: String,)+)?
            $($($name: <super::kind::$kind $(<$type>)? as super::kind::Kind>::Input,)+)?
        }

        impl $builder {
            $(
                /// The region (`RegionId`), which also selects the endpoint. Default: the region of the client.
                pub fn $region(self, $region: impl Into<String>) -> Self { self.set_region_id(Some($region.into())) }
                /// Like [`region_id`](Self::region_id); `None` means the region of the client.
                pub fn set_region_id(mut self, $region: Option<String>) -> Self { self.$region = $region; self }
            )?
            $($( setter! { { $(#[$doc])+ #[doc = concat!("\n\nOn the wire: `", wire_name!($name $($wire)?), "`. Default: not sent.")] } $kind [$($type)?] $name [$($also)?] } )+)?
            /// Validates the parameters.
            ///
            /// # Errors
            ///
            /// [`ValidationError`](crate::ValidationError) lists every violation.
            #[allow(unused_mut, reason = "some operations have nothing to check")]
            pub fn build(mut self) -> Result<$request, crate::error::ValidationError> {
                let mut violations = crate::error::Violations::default();
                let mut of_several = crate::error::Violations::default();
                $( $check(&mut self, &mut of_several); )?
                $( let $region = <super::kind::Text<crate::types::RegionId> as super::kind::Kind>::check(self.$region, "RegionId", &mut violations); )?
                $($( let $required = violations.check(wire_name!($required $($required_wire)?), <$required_type as super::kind::Checked>::checked(self.$required)); )+)?
                $($( let $name = <super::kind::$kind $(<$type>)? as super::kind::Kind>::check(self.$name, wire_name!($name $($wire)?), &mut violations); )+)?
                violations.append(of_several);
                // Only a required value cannot be left out.
                let required = || Some(($($($required?,)+)?));
                let ($($($required,)+)?) = violations.finish(required())?;
                Ok($request { $($region,)? $($($required,)+)? $($($name,)+)? })
            }
        }
    };
}

/// Generates the objects of a response. A field without a value keeps its default.
macro_rules! response {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty = $kind:ident $($wire:literal $(| $alias:literal)* $(/ $inner:literal)?)?;)+
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
        #[non_exhaustive]
        $vis struct $name {
            $($(#[$doc])* $(#[doc = concat!("\n\nOn the wire: `", $wire, $(".", $inner,)? "`.")])? $vis $field: $type,)+
        }

        const _: () = {$(
            assert!(!matches!(stringify!($vis $(#[$doc])*).as_bytes(), b"pub"), concat!("`", stringify!($field), "` has no doc comment"));
            response!(@check $kind $field $type, $($wire)?);
        )+};

        impl crate::protocol::Fields for $name {
            fn field(&mut self, name: &str) -> crate::protocol::Target<'_> {
                match name {
                    $($($wire $(| $alias)* => response!(@place $kind self.$field, $($inner)?),)?)+
                    _ => crate::protocol::Target::Unread,
                }
            }
        }
    )+};
    (@place scalar $field:expr,) => { crate::protocol::Target::Scalar(&mut $field) };
    (@place list $field:expr,) => { crate::protocol::Target::List(&mut $field) };
    (@place object $field:expr,) => { crate::protocol::Target::Object(&mut $field) };
    (@place inside $field:expr, $inner:literal) => { crate::protocol::Target::Only($inner, &mut $field) };
    (@place $kind:ident $field:expr, $($inner:literal)?) => { crate::protocol::Target::Unread };
    (@check derived $field:ident $type:ty,) => {};
    (@check $kind:ident $field:ident $type:ty, $wire:literal) => { super::wire::field::$kind::<$type>() };
    (@check $kind:ident $field:ident $type:ty,) => {
        compile_error!(concat!("`", stringify!($field), "` has no wire name: write `= scalar \"WireName\"`; also list, object, `inside \"Outer\" / \"Inner\"`, or `derived`"))
    };
}
