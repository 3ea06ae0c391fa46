//! Providers and the cache through the public API: real HTTP on loopback, real processes.
//!
//! What depends on the environment is tested with an injected one, in the crate itself, and by
//! child processes here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "this is all test code, and its child processes get their task in variables"
)]

mod client;
mod process;
mod server;
mod sts;
mod uri;
