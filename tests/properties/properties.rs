//! Property tests with random inputs. The inputs are the same in every run. `PROPTEST_RNG_SEED=<number>` changes the
//! seed, `PROPTEST_CASES=<number>` the number of cases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod builders;
mod canonical;
mod decoding;
mod errors;
mod formats;
mod misplaced;
mod responses;
mod service_texts;
mod support;
