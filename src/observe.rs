//! Metrics: a hook that sees every attempt and every call.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorCode, Outcome};
use crate::types::{ClientToken, RegionId};

/// Receives the facts of every attempt and every call of a client, for metrics.
///
/// Set it with [`ClientBuilder::observer`](crate::ClientBuilder::observer). The methods are called on the task that
/// makes the call, so they should return quickly. A panic in them unwinds into that task. Without an observer there is
/// no overhead.
///
/// No method receives a secret, a signature or a body.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use aliyun_ecs::observe::{CallInfo, Observe};
/// use aliyun_ecs::Client;
///
/// #[derive(Debug, Default)]
/// struct Failures(AtomicU64);
///
/// impl Observe for Failures {
///     fn on_call(&self, call: &CallInfo<'_>) {
///         if call.error.is_some() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let client = Client::builder().region("cn-hangzhou").observer(Failures::default()).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
pub trait Observe: Debug + Send + Sync {
    /// An attempt ended: a response was received and decoded, or the attempt failed.
    ///
    /// It is also called if no credentials were available. It is not called for an attempt whose future was dropped.
    fn on_attempt(&self, attempt: &AttemptInfo<'_>) {
        let _ = attempt;
    }

    /// A call ended, after all of its attempts.
    ///
    /// It is not called for a request that fails validation, nor for a call whose future was dropped.
    fn on_call(&self, call: &CallInfo<'_>) {
        let _ = call;
    }
}

impl<T: Observe + ?Sized> Observe for Arc<T> {
    fn on_attempt(&self, attempt: &AttemptInfo<'_>) {
        (**self).on_attempt(attempt);
    }

    fn on_call(&self, call: &CallInfo<'_>) {
        (**self).on_call(call);
    }
}

/// The facts of one attempt.
///
/// ```
/// use aliyun_ecs::observe::AttemptInfo;
///
/// fn label(attempt: &AttemptInfo<'_>) -> String {
///     let code = attempt.code.map_or("-", |code| code.as_str());
///     format!("{} attempt {}: {code} in {:?}", attempt.action, attempt.number, attempt.elapsed)
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AttemptInfo<'a> {
    /// The API's name of the operation, for instance `ModifyPrepayInstanceSpec`.
    pub action: &'a str,
    /// The region that the request went to.
    pub region: &'a RegionId,
    /// The host that the request went to, with the port if it is not the default.
    pub host: &'a str,
    /// The number of the attempt within its call, from 1.
    pub number: u32,
    /// How long the attempt took on the client's [clock](crate::ClientBuilder::clock), including a fetch of
    /// credentials.
    pub elapsed: Duration,
    /// The HTTP status, if a response head arrived.
    pub http_status: Option<u16>,
    /// The error code, if the service returned an error.
    pub code: Option<&'a ErrorCode>,
    /// The request id, if the response has one.
    pub request_id: Option<&'a str>,
    /// Whether this attempt may have taken effect; `None` if it succeeded. For a request that only reads,
    /// [`Outcome::Unknown`] means that it is not known whether the service received it.
    pub outcome: Option<Outcome>,
    /// Why the attempt failed; `None` if it succeeded.
    pub error: Option<&'a Error>,
}

impl<'a> AttemptInfo<'a> {
    /// A successful first attempt, for tests of your own code. Set the other fields as you need them.
    pub fn new(action: &'a str, region: &'a RegionId) -> Self {
        Self {
            action,
            region,
            host: "ecs.aliyuncs.com",
            number: 1,
            elapsed: Duration::ZERO,
            http_status: Some(200),
            code: None,
            request_id: None,
            outcome: None,
            error: None,
        }
    }
}

/// The facts of one call.
///
/// ```
/// use aliyun_ecs::observe::CallInfo;
///
/// /// A label with few values, for a counter.
/// fn result(call: &CallInfo<'_>) -> &'static str {
///     call.error.map_or("ok", |error| error.category().as_str())
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CallInfo<'a> {
    /// The API's name of the operation, for instance `ModifyPrepayInstanceSpec`.
    pub action: &'a str,
    /// The region that the request went to.
    pub region: &'a RegionId,
    /// The host that the request went to, with the port if it is not the default.
    pub host: &'a str,
    /// The number of attempts.
    pub attempts: u32,
    /// How long the call took, including the waits between attempts, on the client's
    /// [clock](crate::ClientBuilder::clock).
    pub elapsed: Duration,
    /// The client token, if the request has one.
    pub client_token: Option<&'a ClientToken>,
    /// The request id of the last attempt, if the response has one.
    pub request_id: Option<&'a str>,
    /// Why the call failed, with its code, outcome and category; `None` if it succeeded.
    pub error: Option<&'a Error>,
}

impl<'a> CallInfo<'a> {
    /// A call that succeeded at the first attempt, for tests of your own code. Set the other fields as you need them.
    ///
    /// ```
    /// use aliyun_ecs::observe::{CallInfo, Observe};
    ///
    /// fn count(metrics: &impl Observe) -> Result<(), aliyun_ecs::types::InvalidValue> {
    ///     let region = "cn-hangzhou".parse()?;
    ///     let mut call = CallInfo::new("DescribeInstances", &region);
    ///     call.attempts = 2;
    ///     metrics.on_call(&call);
    ///     Ok(())
    /// }
    /// ```
    pub fn new(action: &'a str, region: &'a RegionId) -> Self {
        Self {
            action,
            region,
            host: "ecs.aliyuncs.com",
            attempts: 1,
            elapsed: Duration::ZERO,
            client_token: None,
            request_id: None,
            error: None,
        }
    }
}
