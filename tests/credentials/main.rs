//! Providers and the cache through the public API: real HTTP on loopback, real processes. Tests that depend on the
//! environment run in child processes here, or in the crate itself with an injected environment.

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
