//! Guides: one page per topic.
//!
//! | page | questions |
//! |---|---|
//! | [`orders`] | May I send a request again? Does the order exist? Is the change in effect? |
//! | [`errors`] | What do I match on, and what do I show to people? |
//! | [`credentials`] | Which credentials are used, which permissions do they need, and how do I bring my own? |
//! | [`resize`] | How do I change a type from start to end, and resume after a crash? |
//! | [`fleets`] | How do I change hundreds of instances, on one machine or several? |
//! | [`observability`] | What is logged, and how do I count and time calls? |
//! | [`services`] | What do I store, and how do I survive restarts, deploys and many accounts? |
//! | [`testing`] | How do I test my code without an account? |
//! | [`simulator`] | How do I test programs in other languages? |
//! | [`troubleshooting`] | I have this error text. What do I do? |
//!
//! The table of all error codes is on a separate page: [`error::codes`](crate::error::codes).
//!
//! The tests of this crate run the code on these pages on its simulator. No example contacts the service.

/// A page whose examples run on the simulator, so that it needs its feature.
macro_rules! simulator_page {
    ($(#[$title:meta])+ $name:ident) => {
        $(#[$title])+
        #[doc = ""]
        #[cfg_attr(feature = "simulator", doc = include_str!(concat!("guide/", stringify!($name), ".md")))]
        #[cfg_attr(
            not(feature = "simulator"),
            doc = concat!(
                "This page needs the feature `simulator`; it is on ",
                "[docs.rs](https://docs.rs/aliyun-ecs/latest/aliyun_ecs/guide/", stringify!($name), "/)."
            )
        )]
        pub mod $name {}
    };
}

/// Orders: when a request may be sent again, and how to find out whether an order exists.
///
#[doc = include_str!("guide/orders.md")]
pub mod orders {}

/// Errors: what to match on, and what to show.
///
#[doc = include_str!("guide/errors.md")]
pub mod errors {}

/// Credentials: which ones are used, which permissions they need, and how to bring your own.
///
#[doc = include_str!("guide/credentials.md")]
pub mod credentials {}

/// Resize: plan, price, stop, order, wait, restart, verify.
///
#[doc = include_str!("guide/resize.md")]
pub mod resize {}

/// Fleets: many instances, concurrency, rate, prices, and workers that may be killed.
///
#[doc = include_str!("guide/fleets.md")]
pub mod fleets {}

simulator_page! {
    /// Observability: logs and metrics.
    observability
}

simulator_page! {
    /// Services: what to store, restarts, deploys, JSON, many accounts and regions.
    services
}

simulator_page! {
    /// Testing: your code on the simulator, in process.
    testing
}

simulator_page! {
    /// Simulator: the program, for clients in any language.
    simulator
}

/// Troubleshooting: what to do about each error text.
///
#[doc = include_str!("guide/troubleshooting.md")]
pub mod troubleshooting {}
