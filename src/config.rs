//! The finished settings of a client, and the ones that users pass as values.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};

use crate::clock::Clock;
use crate::credentials::CredentialsCache;
use crate::endpoint::Endpoint;
use crate::transport::HttpTransport;
use crate::types::RegionId;

/// Everything a call needs; checked when the client is built, and fixed.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) region: RegionId,
    pub(crate) endpoint: Endpoint,
    /// The endpoint's place for `region`.
    pub(crate) uri: Uri,
    pub(crate) credentials: CredentialsCache,
    pub(crate) transport: Arc<dyn HttpTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signature_version: SignatureVersion,
    pub(crate) response_format: ResponseFormat,
    pub(crate) retry: RetryConfig,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: HeaderValue,
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
    /// HMAC-SHA1 over the parameters, which are all sent in the body: nothing is part of a URL.
    #[default]
    V1,
    /// `ACS3-HMAC-SHA256` over the request and its headers; the operation's parameters are in the query.
    V3,
}

/// The format that the service is asked to answer in. Both are understood under either setting.
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

/// How often and how fast a call is tried again.
///
/// The default: 4 attempts; before the n-th retry a random time of up to 200 ms · 2ⁿ⁻¹ (1 s · 2ⁿ⁻¹
/// where the service throttles or is still working on the order), at most 20 s. What the service
/// asks for (`x-acs-retry-after`, `Retry-After`, up to 60 s) is waited instead. A call is repeated
/// only where that is safe: the request never left or was refused, it only reads, or it carries a client token.
///
/// All retries of a client draw on one budget, so that an outage is not answered with a flood: at
/// first 100 retries, which successes give back. The first retry after an attempt that may have
/// placed an order is made all the same, since it tells what became of it.
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

    /// The number of attempts, the first included. 0 counts as 1; with [`u32::MAX`] the call's limit and the
    /// client's budget of retries end it. Default: 4.
    #[must_use]
    pub fn with_max_attempts(mut self, max_attempts: u32) -> Self {
        self.max_attempts = max_attempts.max(1);
        self
    }

    /// The upper bound of the first wait; it doubles with each retry. Zero retries at once. Default: 200 ms.
    #[must_use]
    pub fn with_initial_backoff(mut self, initial_backoff: Duration) -> Self {
        self.initial_backoff = initial_backoff;
        self
    }

    /// The upper bound of every wait that the service did not ask for. Zero retries at once. Default: 20 s.
    ///
    /// A wait that is longer than what is left of the call is not begun: the call ends with its last error.
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

/// What differs for one call from the client's settings.
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
    /// The limit of the whole call, waits and all attempts included.
    ///
    /// Zero is refused when the call is made, before anything is sent; [`Duration::MAX`] is no limit. Default: the client's.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How the call is tried again. Default: as the client is set up.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryConfig) -> Self {
        self.retry = Some(retry);
        self
    }
}
