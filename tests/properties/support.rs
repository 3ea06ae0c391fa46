//! A client with responses from memory, and strategies for strings.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use aliyun_ecs::operation::*;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, ClientBuilder, Credentials, Error,
    ModifyPrepayInstanceSpecRequest, RetryConfig, RpcRequest,
};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// The same inputs in every run, unless the environment sets a seed.
pub(crate) fn config() -> Config {
    let config = Config::default();
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        given => given,
    };
    Config {
        rng_seed,
        failure_persistence: None,
        ..config
    }
}

/// Any string, including control characters and all planes of Unicode.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
}

/// Responds to every request with the current response, and records the requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    status: u16,
    header_id: Option<String>,
    header: Option<(&'static str, &'static str)>,
    body: Bytes,
    seen: Option<http::Request<Bytes>>,
}

impl Memory {
    pub(crate) fn response(&self, status: u16, body: impl Into<Bytes>) {
        let mut inner = self.0.lock().unwrap();
        (inner.status, inner.body) = (status, body.into());
    }

    pub(crate) fn request_id(&self, id: &str) {
        self.0.lock().unwrap().header_id = Some(id.to_owned());
    }

    pub(crate) fn header(&self, name: &'static str, value: &'static str) {
        self.0.lock().unwrap().header = Some((name, value));
    }

    /// The last request.
    pub(crate) fn seen(&self) -> http::Request<Bytes> {
        self.0.lock().unwrap().seen.take().unwrap()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
            .transport(self.clone())
            .retry(RetryConfig::disabled())
    }
}

impl HttpTransport for Memory {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let mut inner = self.0.lock().unwrap();
        inner.seen = Some(request);
        let mut response = http::Response::builder().status(inner.status);
        if let Some(id) = &inner.header_id {
            response = response.header("x-acs-request-id", id);
        }
        if let Some((name, value)) = inner.header {
            response = response.header(name, value);
        }
        let response = response.body(inner.body.clone().into()).unwrap();
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// The output of a future that is ready at its first poll.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// The operations, by name; `Any` is a [`RpcRequest`].
pub(crate) const OPERATIONS: [&str; 12] = [
    "ModifyPrepayInstanceSpec",
    "DescribeInstances",
    "DescribeInstanceTypes",
    "DescribeResourcesModification",
    "DescribeInstanceModificationPrice",
    "DescribeDisks",
    "DescribeRegions",
    "StartInstance",
    "StopInstance",
    "RebootInstance",
    "Any",
    "AnyOfNoContent",
];

/// The response of an operation as its `Debug` shows it, or the call's error.
pub(crate) fn call(client: &Client, operation: &str) -> Result<String, Error> {
    const ID: &str = "i-1";
    match operation {
        "ModifyPrepayInstanceSpec" => send(
            client,
            ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.large").build(),
        ),
        "DescribeInstances" => send(client, DescribeInstancesRequest::builder().build()),
        "DescribeInstanceTypes" => send(client, DescribeInstanceTypesRequest::builder().build()),
        "DescribeResourcesModification" => send(
            client,
            DescribeResourcesModificationRequest::builder(ID).build(),
        ),
        "DescribeInstanceModificationPrice" => {
            let builder = DescribeInstanceModificationPriceRequest::builder(ID);
            send(client, builder.instance_type("ecs.g5.large").build())
        }
        "DescribeDisks" => send(client, DescribeDisksRequest::builder().build()),
        "DescribeRegions" => send(client, DescribeRegionsRequest::builder().build()),
        "StartInstance" => send(client, StartInstanceRequest::builder(ID).build()),
        "StopInstance" => send(client, StopInstanceRequest::builder(ID).build()),
        "RebootInstance" => send(client, RebootInstanceRequest::builder(ID).build()),
        "Any" => send(
            client,
            Ok::<_, Error>(RpcRequest::<serde_json::Value>::new("Any")),
        ),
        "AnyOfNoContent" => send(client, Ok::<_, Error>(RpcRequest::<()>::new("Any"))),
        other => panic!("unknown operation {other}"),
    }
}

fn send<O>(client: &Client, request: Result<O, impl StdError>) -> Result<String, Error>
where
    O: Operation<Response: std::fmt::Debug>,
{
    let response = ready(client.call(request.unwrap(), CallOptions::default()))?;
    Ok(format!("{response:?}"))
}

/// The texts of an error and all its causes.
pub(crate) fn texts(error: &(dyn StdError + 'static)) -> Vec<String> {
    let mut texts = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts
}

/// Whether a text is shown as one line: no character breaks the line or controls a terminal.
pub(crate) fn is_one_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}
