// Targets of the README's relative links: in the documentation there is only this page. The first definition wins.
#![doc = concat!("[terminal]: data:image/svg+xml;base64,", include_str!("../docs/resize.svg.base64"))]
#![doc = "[benches]: https://crates.io/crates/aliyun-ecs"]
#![doc = "[changelog]: https://docs.rs/crate/aliyun-ecs/latest/source/CHANGELOG.md"]
#![doc = "[chinese]: https://docs.rs/crate/aliyun-ecs/latest/source/README.zh-CN.md"]
#![doc = ""]
#![doc = include_str!("../README.md")]
//!
//! # Guides
//!
//! [Orders](guide::orders) · [errors](guide::errors) · [credentials](guide::credentials) ·
//! [resize](guide::resize) · [fleets](guide::fleets) · [services](guide::services) ·
//! [observability](guide::observability) · [testing](guide::testing) · [simulator](guide::simulator) ·
//! [troubleshooting](guide::troubleshooting) · [all error codes](error::codes)
//!
//! # About the examples
//!
//! Every type that you construct, call or implement has an example. Getters and setters share the example of their
//! type. Responses, plans, reports and small enums share the example of the call that returns or takes them. The tests
//! of this crate run all examples on its simulator, except those that would read the configuration of your machine;
//! these are only compiled. No example contacts the service.
//!
//! # Types of other crates
//!
//! Types of these crates are part of the API. If you use them by name, depend on these versions. Moving to an
//! incompatible version of one of them is a breaking change of this crate. No other crate's types are public.
//!
//! | crate | where |
//! |---|---|
//! | `bytes` 1, `http` 1 | a custom [transport](transport) |
//! | `chrono` 0.4 | points in time: `DateTime<Utc>` |
//! | `futures-core` 0.3 | [`Paginator`] and [`ResizeRun`](resize::ResizeRun) are a `Stream` |
//! | `http-body` 1 | a [`ResponseBody`](transport::ResponseBody) can wrap a body that is still to come |
//! | `reqwest` 0.13 | [`ReqwestTransport`](transport::ReqwestTransport) can be made from a `Client` |
//! | `rustls` 0.23 | `HyperTransport` takes a `ClientConfig` |
//! | `rust_decimal` 1 | prices and sizes: `Decimal` |
//! | `serde` 1 | the response type of an [`RpcRequest`] is `Deserialize` |
#![warn(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library does not print"
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod clock;
mod config;
pub mod credentials;
mod endpoint;
pub mod error;
pub mod guide;
pub mod observe;
pub mod operation;
mod protocol;
pub mod resize;
mod runtime;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod transport;
pub mod types;

// Last, so that rustdoc lists the methods of resizes before those of single operations.
mod client;

use std::future::Future;
use std::pin::Pin;

pub use client::{Client, ClientBuilder};
pub use config::{CallOptions, ResponseFormat, RetryConfig, SignatureVersion};
#[doc(inline)]
pub use credentials::Credentials;
pub use endpoint::Network;
#[doc(inline)]
pub use error::{
    ConfigError, Error, ErrorCategory, ErrorCode, ErrorKind, Outcome, ValidationError,
};
#[doc(inline)]
pub use operation::{
    ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecResponse, RpcRequest,
};
#[doc(inline)]
pub use resize::Resize;
pub use runtime::Paginator;
#[doc(inline)]
pub use types::OperatorType;

/// The boxed future that the traits of this crate return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
