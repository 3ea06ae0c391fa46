//! Properties: what holds for every input, tried on inputs made by chance.
//!
//! The chance is the same in every run. `PROPTEST_RNG_SEED=<number>` gives another, `PROPTEST_CASES=<number>` more of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod builders;
mod canonical;
mod decoding;
mod errors;
mod formats;
mod misplaced;
mod responses;
mod support;
