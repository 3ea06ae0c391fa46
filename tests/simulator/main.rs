//! The simulator, driven over HTTP by a client, and by a signer that is part of these tests.

#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod account;
mod admin;
mod call;
mod connections;
mod faults;
#[path = "../wire/http.rs"]
mod http;
mod orders;
mod reads;
mod signatures;
