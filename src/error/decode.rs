//! Responses that are neither the operation's response nor an error of the service.

use std::fmt;

use super::{OneLine, Origin, Outcome, RetryClass};
use crate::types::shorten;

/// The response could not be decoded: the HTML page of a gateway, an empty or damaged body, or a body without the
/// members that it must have.
///
/// A response with a 2xx status that cannot be decoded is not a success: the request may have been carried out.
///
/// ```
/// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = Simulator::start().await;
/// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
/// # let client = simulator.client_builder().build()?;
/// use aliyun_ecs::error::ErrorKind;
/// use aliyun_ecs::operation::DescribeRegionsRequest;
///
/// # let fault = aliyun_ecs::simulator::Fault::response(403, "text/html", "<html>Blocked by the proxy");
/// # simulator.fail_next(fault.times(4));
/// let regions = client.describe_regions(DescribeRegionsRequest::builder().build()?);
/// let error = regions.await.unwrap_err();
/// if let ErrorKind::Decode(decode) = error.kind() {
///     println!("not the service: {}", decode.excerpt());
/// }
/// # assert!(matches!(error.kind(), ErrorKind::Decode(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[error(
    "failed to decode response: {}{}{}",
    OneLine(problem),
    Origin(Some(*http_status), request_id.as_deref()),
    Start(excerpt)
)]
pub struct DecodeError {
    problem: String,
    http_status: u16,
    request_id: Option<String>,
    excerpt: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    is_throttling: bool,
}

impl DecodeError {
    /// An error of a response with this status and body, for tests of your own code.
    ///
    /// ```
    /// use aliyun_ecs::error::{DecodeError, Error};
    /// use aliyun_ecs::ErrorCategory;
    ///
    /// let error = Error::from(DecodeError::of_body(502, "<html>", "is not JSON"));
    /// assert_eq!(error.category(), ErrorCategory::Network);
    /// ```
    pub fn of_body(http_status: u16, excerpt: &str, problem: impl Into<String>) -> Self {
        let excerpt = shorten(excerpt, 512).into_owned();
        Self::new(problem, http_status, None, excerpt)
    }

    pub(crate) fn new(
        problem: impl Into<String>,
        http_status: u16,
        request_id: Option<String>,
        excerpt: String,
    ) -> Self {
        Self {
            problem: problem.into(),
            http_status,
            request_id,
            excerpt,
            is_throttling: http_status == 429,
        }
    }

    /// An error response with `x-acs-retry-after` is throttling, as in the official SDKs.
    pub(super) fn complete(&mut self, asks_to_wait: bool) {
        self.is_throttling |= asks_to_wait && self.http_status >= 400;
    }

    /// The HTTP status of the response.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// The request id from the body, otherwise from the header `x-acs-request-id`.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The beginning of the body on one line, at most 512 characters. Secrets are redacted.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }

    /// Always unknown, regardless of the status: a gateway may have forwarded the request and replaced the response, so
    /// the response does not prove that the request had no effect.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::Unknown
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match self.http_status {
            _ if self.is_throttling => RetryClass::Throttling,
            200..=299 | 408 | 499 | 500..=599 => RetryClass::Transient,
            _ => RetryClass::Never,
        }
    }
}

/// The beginning of a body that is not empty.
struct Start<'a>(&'a str);

impl fmt::Display for Start<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            body => write!(f, ", body begins {:?}", shorten(body, 120)),
        }
    }
}
