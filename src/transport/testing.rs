//! A transport for tests of your own code, without a socket and without the simulator.
//!
//! [`CannedTransport`] returns prepared responses and keeps the requests. Use it where a test needs a certain response.
//! Use the [simulator](crate::guide::testing) where a test needs a service that behaves: instances, orders, restarts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::{HttpTransport, ResponseBody, TransportError, TransportErrorKind};
use crate::BoxFuture;

const REDACTED: &str = "[redacted]";

/// Returns prepared responses, in their order, and keeps the requests that it received.
///
/// Clones share the responses and the requests, so that a test keeps one. Once no response is left, requests fail with
/// [`TransportErrorKind::Other`]. A call retries some failures: prepare a response for each attempt, or disable
/// [retries](crate::RetryConfig::disabled). A run ([`Client::resize`](crate::Client::resize)) polls the instance: it needs
/// many responses, and how many depends on its timing. The [simulator](crate::guide::testing) is the better tool for runs.
///
/// ```
/// use aliyun_ecs::transport::testing::CannedTransport;
/// use aliyun_ecs::{Client, Credentials, ModifyPrepayInstanceSpecRequest};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = CannedTransport::new()
///     .json(400, r#"{"RequestId": "r-1", "Code": "OperationDenied.NoStock", "Message": "sold out"}"#)
///     .json(200, r#"{"RequestId": "r-2", "OrderId": "231456789012345"}"#);
/// let client = Client::builder()
///     .region("cn-hangzhou")
///     .credentials(Credentials::new("id", "secret"))
///     .transport(transport.clone())
///     .build()?;
///
/// let order = |to| ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", to).build();
/// let error = client.modify_prepay_instance_spec(order("ecs.g5.xlarge")?).await.unwrap_err();
/// assert_eq!(error.request_id(), Some("r-1"));
/// let response = client.modify_prepay_instance_spec(order("ecs.g6.xlarge")?).await?;
/// assert_eq!(response.order_id.as_deref(), Some("231456789012345"));
///
/// let requests = transport.requests();
/// assert_eq!(requests.len(), 2);
/// assert_eq!(requests[1].action(), "ModifyPrepayInstanceSpec");
/// assert_eq!(requests[1].parameter("InstanceType"), Some("ecs.g6.xlarge"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct CannedTransport(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    responses: VecDeque<Result<Response<Bytes>, TransportError>>,
    requests: Vec<ReceivedRequest>,
}

impl CannedTransport {
    /// A transport without responses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a response with this HTTP status and JSON body. A status that is no HTTP status becomes 500.
    #[must_use]
    pub fn json(self, http_status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        let status = StatusCode::from_u16(http_status);
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let json = http::HeaderValue::from_static("application/json;charset=utf-8");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
        self.response(response)
    }

    /// Adds a response with headers of your choice.
    #[must_use]
    pub fn response(self, response: Response<Bytes>) -> Self {
        self.add(Ok(response))
    }

    /// Adds a failure: the request is kept, and gets no response.
    #[must_use]
    pub fn error(self, error: TransportError) -> Self {
        self.add(Err(error))
    }

    fn add(self, response: Result<Response<Bytes>, TransportError>) -> Self {
        self.with(|state| state.responses.push_back(response));
        self
    }

    /// The requests so far, in the order in which they were received.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.with(|state| state.requests.clone())
    }

    fn with<T>(&self, read: impl FnOnce(&mut State) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpTransport for CannedTransport {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        let request = ReceivedRequest::new(&request);
        let result = self.with(|state| {
            let missing = || {
                let problem = format!("no canned response is left for {}", request.action);
                Err(TransportError::new(TransportErrorKind::Other, problem))
            };
            let response = state.responses.pop_front().unwrap_or_else(missing);
            state.requests.push(request);
            response
        });
        Box::pin(async move { Ok(result?.map(ResponseBody::from)) })
    }
}

/// A request that a [`CannedTransport`] received: the operation, its parameters and the headers, without the access key,
/// the signature and the security token.
///
/// ```
/// use aliyun_ecs::transport::testing::CannedTransport;
///
/// fn ordered_types(transport: &CannedTransport) -> Vec<String> {
///     let requests = transport.requests().into_iter();
///     let orders = requests.filter(|request| request.action() == "ModifyPrepayInstanceSpec");
///     orders.filter_map(|order| Some(order.parameter("InstanceType")?.to_owned())).collect()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    action: String,
    host: String,
    parameters: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
}

impl ReceivedRequest {
    fn new(request: &Request<Bytes>) -> Self {
        let header = request.headers().get("x-acs-action");
        let mut action =
            header.map(|action| String::from_utf8_lossy(action.as_bytes()).into_owned());
        let mut parameters = BTreeMap::new();
        let query = request.uri().query().unwrap_or_default().as_bytes();
        for text in [query, request.body()] {
            for pair in text.split(|byte| *byte == b'&') {
                let Some(at) = pair.iter().position(|byte| *byte == b'=') else {
                    continue;
                };
                let (name, value) = (decode(&pair[..at]), decode(&pair[at + 1..]));
                if name == "Action" {
                    action = Some(value);
                } else if !is_common(&name) {
                    parameters.insert(name, value);
                }
            }
        }
        let mut headers = BTreeMap::new();
        for (name, value) in request.headers() {
            let is_secret = value.is_sensitive() || is_secret(name.as_str());
            let text = if is_secret {
                REDACTED.into()
            } else {
                String::from_utf8_lossy(value.as_bytes())
            };
            headers
                .entry(name.as_str().to_owned())
                .or_insert(text.into_owned());
        }
        Self {
            action: action.unwrap_or_default(),
            host: request.uri().host().unwrap_or_default().to_owned(),
            parameters,
            headers,
        }
    }

    /// The API's name of the operation, for instance `ModifyPrepayInstanceSpec`.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The host that the request was for.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The parameter with this name, decoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// All parameters of the operation, by name, without those that the client adds to every request.
    pub fn parameters(&self) -> &BTreeMap<String, String> {
        &self.parameters
    }

    /// The first value of one header; `name` may be in any case. `[redacted]` for `Authorization`, for tokens, and for
    /// a value that is marked as [sensitive](http::HeaderValue::set_sensitive).
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(&name.to_ascii_lowercase());
        value.map(String::as_str)
    }
}

/// Whether the header of this name, in lower case, has a signature or a token.
fn is_secret(name: &str) -> bool {
    name.ends_with("authorization") || name.ends_with("token")
}

/// Whether the client adds the parameter to every request.
fn is_common(name: &str) -> bool {
    let common = [
        "AccessKeyId",
        "Format",
        "SecurityToken",
        "Timestamp",
        "Version",
    ];
    common.contains(&name) || name.starts_with("Signature")
}

/// Decodes `%XX`.
fn decode(text: &[u8]) -> String {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match tail {
            [high, low, after @ ..] if *first == b'%' => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    decoded.extend(u8::try_from(high * 16 + low));
                    rest = after;
                }
                _ => decoded.push(*first),
            },
            _ => decoded.push(*first),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_kept_decoded_and_without_secrets() {
        let body = "Action=StopInstance&AccessKeyId=LTAI&Signature=abc%3D&SignatureNonce=n&SecurityToken=sts\
                    &Name=a%20b%E4%B8%AD&Odd=%zz%";
        let mut own = http::HeaderValue::from_static("my-password");
        own.set_sensitive(true);
        let request = Request::post("https://ecs.cn-hangzhou.aliyuncs.com/?RegionId=cn-hangzhou")
            .header("authorization", "ACS3-HMAC-SHA256 Signature=abc")
            .header("x-acs-security-token", "sts")
            .header("X-Own", own)
            .header("X-Trace", "trace-1")
            .header("X-Trace", "trace-2")
            .body(Bytes::from(body))
            .unwrap();
        let received = ReceivedRequest::new(&request);
        assert_eq!(received.action(), "StopInstance");
        assert_eq!(received.host(), "ecs.cn-hangzhou.aliyuncs.com");
        assert_eq!(received.parameter("Name"), Some("a b中"));
        let names: Vec<_> = received.parameters().keys().collect();
        assert_eq!(names, ["Name", "Odd", "RegionId"]);
        for name in ["Authorization", "x-acs-security-token", "x-own"] {
            assert_eq!(received.header(name), Some(REDACTED), "{name}");
        }
        assert_eq!(received.header("x-trace"), Some("trace-1"));
        assert_eq!(received.header("X-TRACE"), Some("trace-1"));
        assert_eq!(received.header("x-other"), None);
        let debug = format!("{received:?}");
        for secret in ["LTAI", "abc", "sts", "my-password"] {
            assert!(!debug.contains(secret), "{debug}");
        }
    }

    #[test]
    fn the_action_of_a_request_in_the_third_signature_version_is_in_a_header() {
        let request = Request::post("https://ecs.aliyuncs.com/?InstanceId=i-1")
            .header("x-acs-action", "StartInstance")
            .body(Bytes::new())
            .unwrap();
        let received = ReceivedRequest::new(&request);
        assert_eq!(received.action(), "StartInstance");
        assert_eq!(received.parameter("InstanceId"), Some("i-1"));
    }
}
