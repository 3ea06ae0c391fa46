// What the README links to beside it: here there is only the page. Of two definitions of a link the first counts.
#![doc = concat!("[terminal]: data:image/svg+xml;base64,", include_str!("../docs/resize.svg.base64"))]
#![doc = "[benches]: https://docs.rs/crate/aliyun-ecs/latest/source/benches/README.md"]
#![doc = "[changelog]: https://docs.rs/crate/aliyun-ecs/latest/source/CHANGELOG.md"]
#![doc = "[chinese]: https://docs.rs/crate/aliyun-ecs/latest/source/README.zh-CN.md"]
#![doc = ""]
#![doc = include_str!("../README.md")]
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
pub use credentials::Credentials;
pub use endpoint::Network;
pub use error::{ConfigError, Error, ErrorCategory, ErrorCode, Outcome, ValidationError};
pub use operation::{
    ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecResponse, RpcRequest,
};
pub use resize::Resize;
pub use runtime::Listing;
pub use types::OperatorType;

/// A boxed future, as the traits of this crate return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
