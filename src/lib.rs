// What the README links to beside it: here there is only the page. Of two definitions of a link the first counts.
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
//! [the whole change](guide::resize) · [testing](guide::testing) ·
//! [troubleshooting](guide::troubleshooting) · [all error codes](error::codes)
//!
//! # About the examples
//!
//! Whatever you build, call or implement has an example. Getters and setters share that of their type; what
//! answers, plans and reports are made of, and enums without a life of their own, share that of what returns
//! or takes them. All are run by this crate's tests, on its simulator, except those that would read your
//! machine's own set-up: these are compiled. None contacts the service.
//!
//! # Types of other crates
//!
//! Types of these crates are part of the API. Add the crates that you name yourself, in these versions. A step to
//! an incompatible version of one is a breaking change of this crate. No other crate's types are public.
//!
//! | crate | where |
//! |---|---|
//! | `bytes` 1, `http` 1 | a [transport](transport) of your own |
//! | `chrono` 0.4 | points in time: `DateTime<Utc>` |
//! | `futures-core` 0.3 | [`Paginator`] is a `Stream` |
//! | `http-body` 1 | a [`ResponseBody`](transport::ResponseBody) can wrap a body that is still to come |
//! | `reqwest` 0.13 | [`ReqwestTransport`](transport::ReqwestTransport) can be made from a `Client` |
//! | `rustls` 0.23 | `HyperTransport` takes a `ClientConfig` |
//! | `rust_decimal` 1 | prices and sizes: `Decimal` |
//! | `serde` 1 | what an [`RpcRequest`] is answered as is `Deserialize` |
#![warn(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
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

/// A boxed future, as the traits of this crate return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
