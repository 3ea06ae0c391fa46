//! The whole change of type, on the simulator over HTTP, in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "this is all test code"
)]

mod crash;
mod evidence;
mod faults;
mod fleet;
#[path = "../wire/http.rs"]
mod http;
#[path = "../wire/log.rs"]
mod log;
mod plan;
mod recovery;
mod rejections;
mod requests;
mod run;
mod secrets;
mod support;
