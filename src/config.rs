//! The settings of a client after validation, and the settings types that users pass.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};

use crate::clock::{Clock, ClockSkew};
use crate::credentials::CredentialsCache;
use crate::endpoint::Endpoint;
use crate::observe::Observe;
use crate::transport::HttpTransport;
use crate::types::RegionId;

/// Everything that a call needs; validated when the client is built, then immutable.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) region: RegionId,
    pub(crate) endpoint: Endpoint,
    /// The URI of the endpoint in `region`.
    pub(crate) uri: Uri,
    pub(crate) credentials: Arc<CredentialsCache>,
    pub(crate) transport: Arc<dyn HttpTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The learned clock skew, shared with the default credentials.
    pub(crate) skew: Arc<ClockSkew>,
    pub(crate) signature_version: SignatureVersion,
    pub(crate) response_format: ResponseFormat,
    pub(crate) retry: RetryConfig,
    /// The time between two requests, if the rate is limited.
    pub(crate) request_interval: Option<Duration>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: HeaderValue,
    pub(crate) observer: Option<Arc<dyn Observe>>,
}

impl Config {
    pub(crate) fn wants_xml(&self) -> bool {
        self.response_format == ResponseFormat::Xml
    }
}

/// How requests are signed.
///
/// ```
/// use aliyun_ecs::{Client, SignatureVersion};
///
/// let client = Client::builder()
///     .region("cn-hangzhou")
///     .signature_version(SignatureVersion::V3)
///     .build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// HMAC-SHA1 over the parameters. All of them are sent in the body, so nothing appears in a URL.
    #[default]
    V1,
    /// `ACS3-HMAC-SHA256` over the request and its headers. The parameters of the operation are sent in the query.
    V3,
}

/// The response format that requests ask for. The client decodes both formats under either setting.
///
/// ```
/// use aliyun_ecs::{Client, ResponseFormat};
///
/// let client = Client::builder()
///     .region("cn-hangzhou")
///     .response_format(ResponseFormat::Xml)
///     .build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ResponseFormat {
    /// `Format=JSON`.
    #[default]
    Json,
    /// `Format=XML`.
    Xml,
}

/// How often a call is retried, and how long it waits between attempts.
///
/// By default a call makes at most 4 attempts. Before retry number n it waits a random time of at most 200 ms · 2ⁿ⁻¹, or
/// 1 s · 2ⁿ⁻¹ if the service throttles or still processes the order, and never more than 20 s. If the response names a
/// wait (`x-acs-retry-after`, `Retry-After`, up to 60 s), that wait is used instead.
///
/// A call is retried only where that is safe: the request was never sent, the service rejected it, it only reads, or it
/// carries a client token.
///
/// All calls of a client share one retry budget, so that an outage does not cause a flood of requests. The budget starts
/// at 100 retries, and successful calls refill it. One retry is exempt: the first one after an attempt that may have
/// placed an order, because it finds out whether the order exists.
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::{Client, RetryConfig};
///
/// let patient = RetryConfig::default()
///     .with_max_attempts(8)
///     .with_initial_backoff(Duration::from_millis(500))
///     .with_max_backoff(Duration::from_secs(30));
/// let client = Client::builder()
///     .region("cn-hangzhou")
///     .retry(patient)
///     .timeout(Duration::from_secs(300))
///     .build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryConfig {
    pub(crate) max_attempts: u32,
    pub(crate) initial_backoff: Duration,
    pub(crate) max_backoff: Duration,
}

impl RetryConfig {
    /// A single attempt.
    pub fn disabled() -> Self {
        Self::default().with_max_attempts(1)
    }

    /// The maximum number of attempts, the first one included. 0 counts as 1. With [`u32::MAX`], only the timeout of the
    /// call and the retry budget of the client end it. Default: 4.
    #[must_use]
    pub fn with_max_attempts(mut self, max_attempts: u32) -> Self {
        self.max_attempts = max_attempts.max(1);
        self
    }

    /// The maximum of the first wait; it doubles with each retry. Zero retries at once. Default: 200 ms.
    #[must_use]
    pub fn with_initial_backoff(mut self, initial_backoff: Duration) -> Self {
        self.initial_backoff = initial_backoff;
        self
    }

    /// The maximum of every wait, except a wait that the service asks for. Zero retries at once. Default: 20 s.
    ///
    /// If a wait would exceed the timeout of the call, the call returns its last error at once.
    #[must_use]
    pub fn with_max_backoff(mut self, max_backoff: Duration) -> Self {
        self.max_backoff = max_backoff;
        self
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(20),
        }
    }
}

/// Settings of one call that override those of the client.
///
/// ```
/// # async fn example(client: aliyun_ecs::Client, request: aliyun_ecs::ModifyPrepayInstanceSpecRequest) -> Result<(), aliyun_ecs::Error> {
/// use aliyun_ecs::{CallOptions, RetryConfig};
/// use std::time::Duration;
///
/// let options = CallOptions::default()
///     .with_timeout(Duration::from_secs(20))
///     .with_retry(RetryConfig::disabled());
/// let response = client.call(request, options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryConfig>,
}

impl CallOptions {
    /// The timeout of the whole call, with all attempts and waits.
    ///
    /// With zero, the call returns a validation error before anything is sent. [`Duration::MAX`] disables the timeout.
    /// Default: the timeout of the client.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How the call is retried. Default: the setting of the client.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryConfig) -> Self {
        self.retry = Some(retry);
        self
    }
}
