//! What breaks on the way to the service, and what must not break with it: orders, secrets, limits, tasks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "this is all test code, and its child process is told by a variable what to do"
)]

mod calls;
#[path = "../wire/http.rs"]
mod http;
mod ledger;
mod load;
#[path = "../wire/log.rs"]
mod log;
mod matrix;
mod secrets;
#[path = "../wire/support.rs"]
mod support;
mod time;
mod tls;
