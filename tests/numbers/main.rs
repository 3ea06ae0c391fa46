//! The values that bite, in every setter: nothing, everything, zero, the largest and all of Unicode. Each is taken
//! with its documented meaning or refused in words, and nothing panics or hangs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod credentials;
mod limits;
mod simulator;
mod texts;
mod values;
