//! Extreme values in every setter: empty, zero, the maximum, very long, and all classes of Unicode. Each value is
//! accepted with its documented meaning or rejected with an error. Nothing panics or hangs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

mod credentials;
mod limits;
mod simulator;
mod texts;
mod values;
