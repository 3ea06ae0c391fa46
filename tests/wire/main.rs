//! Calls over real sockets: requests, retries and results.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod attempts;
mod bodies;
mod documented;
mod http;
mod limits;
mod lost_responses;
mod outcomes;
mod requests;
mod support;
