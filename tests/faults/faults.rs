//! Network failures, and what must hold in spite of them: single orders, no leaked secrets, timeouts, no leaked tasks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::type_complexity,
    reason = "this is all test code, and a variable controls its child process"
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
