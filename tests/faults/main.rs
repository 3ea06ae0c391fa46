//! What breaks on the way to the service, and what must not break with it: orders, secrets, limits, tasks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod calls;
mod matrix;
#[path = "../wire/support.rs"]
mod support;
#[cfg(feature = "rustls")]
mod tls;
