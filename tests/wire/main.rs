//! Calls over real sockets: what is sent, what is retried, and what the caller gets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod attempts;
mod bodies;
mod documented;
mod events;
mod http;
mod limits;
mod lost_responses;
mod outcomes;
mod requests;
mod support;
