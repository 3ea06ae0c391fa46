//! The journal: the received requests, for inspection by tests.

use std::collections::VecDeque;
use std::sync::Arc;

use super::request::{Incoming, Parameters, ReceivedSignature, find};
use super::response::RawResponse;

/// How many requests are kept by default.
pub(super) const DEFAULT_ENTRIES: usize = 10_000;
/// The maximum size of the kept parameters and headers.
const MAX_BYTES: usize = 64 << 20;
/// The size of each entry without them.
const ENTRY_BYTES: usize = 256;

/// The newest requests. The oldest ones are dropped, and counted, when there are too many or they are too large.
pub(super) struct Journal {
    entries: VecDeque<ReceivedRequest>,
    bytes: usize,
    dropped: u64,
    /// How many requests arrived.
    arrived: u64,
    pub(super) max_entries: usize,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            arrived: 0,
            max_entries: DEFAULT_ENTRIES,
        }
    }
}

impl Journal {
    pub(super) fn push(&mut self, request: ReceivedRequest) {
        self.arrived += 1;
        self.bytes += request.bytes();
        self.entries.push_back(request);
        while self.entries.len() > self.max_entries || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.dropped += 1;
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &ReceivedRequest> {
        self.entries.iter()
    }

    /// The requests with their numbers, which start at 1 and are never reused.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u64, &ReceivedRequest)> {
        let first = self.arrived - self.entries.len() as u64 + 1;
        (first..).zip(&self.entries)
    }

    /// How many requests were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn clear(&mut self) {
        *self = Self {
            max_entries: self.max_entries,
            arrived: self.arrived,
            ..Self::default()
        };
    }
}

/// A request as the simulator received it, with the response that it sent.
///
/// Signatures and security tokens are replaced by `[redacted]`. A clone is cheap.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use aliyun_ecs::operation::DescribeRegionsRequest;
/// use aliyun_ecs::simulator::Simulator;
///
/// let simulator = Simulator::start().await;
/// let client = simulator.client_builder().build()?;
/// client.describe_regions(DescribeRegionsRequest::builder().build()?).await?;
///
/// let request = &simulator.requests()[0];
/// assert_eq!((request.method(), request.action()), ("POST", "DescribeRegions"));
/// assert_eq!(request.parameter("Signature"), Some("[redacted]"));
/// assert!(request.verified() && request.header("user-agent").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ReceivedRequest(Arc<Entry>);

#[derive(Debug)]
struct Entry {
    method: String,
    action: String,
    parameters: Parameters,
    headers: Parameters,
    signature: ReceivedSignature,
    verified: bool,
    http_status: u16,
    error_code: Option<String>,
    request_id: Option<String>,
    fault: Option<&'static str>,
}

impl ReceivedRequest {
    pub(super) fn new(
        incoming: &Incoming,
        verified: bool,
        response: &RawResponse,
        fault: Option<&'static str>,
    ) -> Self {
        let redacted = |pairs: &Parameters| {
            let redact = |(name, value): &(String, String)| match name.as_str() {
                "Signature" | "SecurityToken" | "authorization" | "x-acs-security-token" => {
                    (name.clone(), "[redacted]".to_owned())
                }
                _ => (name.clone(), value.clone()),
            };
            pairs.iter().map(redact).collect()
        };
        Self(Arc::new(Entry {
            method: incoming.method.clone(),
            action: incoming.action().to_owned(),
            parameters: redacted(&incoming.parameters),
            headers: redacted(&incoming.headers),
            signature: incoming.signature(),
            verified,
            http_status: response.sent_status(),
            error_code: response.error_code.clone(),
            request_id: response.request_id.clone(),
            fault,
        }))
    }

    fn bytes(&self) -> usize {
        let pairs = self.0.parameters.iter().chain(&self.0.headers);
        let texts: usize = pairs
            .map(|(name, value)| name.len() + value.len() + 48)
            .sum();
        texts + ENTRY_BYTES
    }

    /// The HTTP method, for instance `POST`.
    pub fn method(&self) -> &str {
        &self.0.method
    }

    /// The action (`Action`, or `x-acs-action` with V3); empty if the request has none.
    pub fn action(&self) -> &str {
        &self.0.action
    }

    /// Every parameter of the URL and of the form body, the common ones included, decoded and sorted.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.0.parameters
    }

    /// The value of one parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.0.parameters, name)
    }

    /// Every header; the names are in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.0.headers
    }

    /// The value of one header; `name` may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.0.headers, &name.to_ascii_lowercase())
    }

    /// The signature scheme.
    pub fn signature(&self) -> ReceivedSignature {
        self.0.signature
    }

    /// Whether the request passed verification: access key, token, time, nonce and signature.
    pub fn verified(&self) -> bool {
        self.0.verified
    }

    /// The HTTP status of the response that was sent, also if a fault decided it.
    /// 0 if a fault closed the connection before the status was sent.
    pub fn http_status(&self) -> u16 {
        self.0.http_status
    }

    /// The `Code` of the response that was sent, if it was a service error.
    pub fn error_code(&self) -> Option<&str> {
        self.0.error_code.as_deref()
    }

    /// The request id of the response, unless a fault replaced the response.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The kind of the fault that applied to the request, for instance `gateway_html`.
    pub fn fault(&self) -> Option<&str> {
        self.0.fault
    }
}
