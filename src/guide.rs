//! Guides: one page a subject, each from the question to the code that answers it.
//!
//! | page | answers |
//! |---|---|
//! | [`orders`] | May I send it again? Does the order exist? Is the change in effect? |
//! | [`errors`] | What do I match on, and what do I show to people? |
//! | [`credentials`] | Which keys are used, what must they be allowed, and how do I bring my own? |
//! | [`resize`] | How do I change a type all the way, and go on after a crash? |
//! | [`observability`] | What is logged, and how do I count and time calls? |
//! | [`services`] | What do I store, and how do I survive restarts, deploys and many accounts? |
//! | [`testing`] | How do I test my own code without an account? |
//! | [`simulator`] | How do I test programs in other languages? |
//! | [`troubleshooting`] | I got this text. What do I do? |
//!
//! The table of all error codes is a page of its own: [`error::codes`](crate::error::codes).
//!
//! The code on these pages is run by this crate's tests, on its simulator: no example here contacts the
//! service.

/// Orders: when a request may be sent again, and what became of one.
///
#[doc = include_str!("guide/orders.md")]
pub mod orders {}

/// Errors: what to match on, and what to show.
///
#[doc = include_str!("guide/errors.md")]
pub mod errors {}

/// Credentials: which keys are used, what they must be allowed, and how to bring your own.
///
#[doc = include_str!("guide/credentials.md")]
pub mod credentials {}

/// The whole change: plan, price, stop, order, wait, restart, verify.
///
#[doc = include_str!("guide/resize.md")]
pub mod resize {}

/// Logs and metrics of calls.
///
#[cfg_attr(feature = "simulator", doc = include_str!("guide/observability.md"))]
#[cfg_attr(
    not(feature = "simulator"),
    doc = "The page is part of the documentation that is built with the feature `simulator`, as on \
           [docs.rs](https://docs.rs/aliyun-ecs/latest/aliyun_ecs/guide/observability/)."
)]
pub mod observability {}

/// Services: what to store, restarts, deploys, JSON, many accounts and regions.
///
#[cfg_attr(feature = "simulator", doc = include_str!("guide/services.md"))]
#[cfg_attr(
    not(feature = "simulator"),
    doc = "The page is part of the documentation that is built with the feature `simulator`, as on \
           [docs.rs](https://docs.rs/aliyun-ecs/latest/aliyun_ecs/guide/services/)."
)]
pub mod services {}

/// Testing your own code on the simulator.
///
#[cfg_attr(feature = "simulator", doc = include_str!("guide/testing.md"))]
#[cfg_attr(
    not(feature = "simulator"),
    doc = "The page is part of the documentation that is built with the feature `simulator`, as on \
           [docs.rs](https://docs.rs/aliyun-ecs/latest/aliyun_ecs/guide/testing/)."
)]
pub mod testing {}

/// The simulator as a program, for clients in any language.
///
#[cfg_attr(feature = "simulator", doc = include_str!("guide/simulator.md"))]
#[cfg_attr(
    not(feature = "simulator"),
    doc = "The page is part of the documentation that is built with the feature `simulator`, as on \
           [docs.rs](https://docs.rs/aliyun-ecs/latest/aliyun_ecs/guide/simulator/)."
)]
pub mod simulator {}

/// From the text of an error to what to do.
///
#[doc = include_str!("guide/troubleshooting.md")]
pub mod troubleshooting {}
