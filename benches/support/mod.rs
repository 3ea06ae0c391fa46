//! Code that the benches share: requests, responses, an endpoint in memory and one on loopback, and the bare HTTP
//! client that calls are compared with.

#![allow(dead_code, reason = "each bench uses its part of it")]

use std::sync::{Arc, Mutex};

use aliyun_ecs::transport::{
    HttpTransport, HyperTransport, ReqwestTransport, ResponseBody, TransportError,
};
use aliyun_ecs::{
    BoxFuture, Client, ClientBuilder, Credentials, ModifyPrepayInstanceSpecRequest, OperatorType,
    SignatureVersion,
};
use bytes::Bytes;
use http::header::CONNECTION;

pub(crate) mod plain;
pub(crate) mod responses;
pub(crate) mod server;

pub(crate) const ACCESS_KEY_SECRET: &str = "a-secret-of-thirty-characters-";
pub(crate) const JSON: &str =
    r#"{"RequestId":"04F0F334-1335-436C-A1D7-6C044FE73368","OrderId":"1234567890"}"#;
pub(crate) const XML: &str = "<ModifyPrepayInstanceSpecResponse><RequestId>04F0F334-1335-436C-A1D7-6C044FE73368\
    </RequestId><OrderId>1234567890</OrderId></ModifyPrepayInstanceSpecResponse>";

pub(crate) fn request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
        .operator_type(OperatorType::Upgrade)
        .auto_pay(true)
        .build()
        .expect("a valid request")
}

pub(crate) fn builder(version: SignatureVersion) -> ClientBuilder {
    Client::builder()
        .region("cn-hangzhou")
        .credentials(Credentials::new("LTAI5tExample", ACCESS_KEY_SECRET))
        .signature_version(version)
}

/// A client whose responses come from memory.
pub(crate) fn in_memory(version: SignatureVersion, response: &'static str) -> Client {
    builder(version)
        .transport(Memory(response))
        .build()
        .expect("a valid client")
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Responds at once, from memory.
#[derive(Debug)]
pub(crate) struct Memory(pub(crate) &'static str);

impl HttpTransport for Memory {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        drop(std::hint::black_box(request));
        Box::pin(async { Ok(http::Response::new(self.0.into())) })
    }
}

/// Sends every request on a pooled connection, including writes, which are otherwise sent on new connections. This
/// makes the cost of a call comparable with that of a bare client.
#[derive(Debug)]
pub(crate) struct Pooled<T>(T);

impl<T: HttpTransport> HttpTransport for Pooled<T> {
    fn send(
        &self,
        mut request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        request.headers_mut().remove(CONNECTION);
        self.0.send(request)
    }
}

/// The transports of the crate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transport {
    Reqwest,
    Hyper,
}

/// A client of `endpoint`, on pooled connections.
pub(crate) fn pooled(version: SignatureVersion, transport: Transport, endpoint: &str) -> Client {
    let builder = builder(version).endpoint(endpoint);
    let builder = match transport {
        Transport::Reqwest => builder.transport(Pooled(ReqwestTransport::new().expect("TLS"))),
        Transport::Hyper => builder.transport(Pooled(HyperTransport::new().expect("TLS"))),
    };
    builder.build().expect("a valid client")
}

/// Plain reqwest, which posts the bytes of one signed request repeatedly.
pub(crate) struct Bare {
    client: reqwest::Client,
    url: reqwest::Url,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Bare {
    /// With the bytes that a call signs for `endpoint`.
    pub(crate) fn new(version: SignatureVersion, endpoint: &str) -> Self {
        let seen = Seen::default();
        let client = builder(version)
            .endpoint(endpoint)
            .transport(seen.clone())
            .build()
            .expect("a valid client");
        let call = client.modify_prepay_instance_spec(request());
        runtime().block_on(call).expect("an order");
        let signed = seen.0.lock().ok().and_then(|mut seen| seen.take());
        let (mut parts, body) = signed.expect("a signed request").into_parts();
        parts.headers.remove(CONNECTION);
        // The default features of the crate enable TLS in reqwest, but without a crypto provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            client: reqwest::Client::new(),
            url: parts.uri.to_string().parse().expect("a URL"),
            headers: parts.headers,
            body,
        }
    }

    /// Posts the bytes and reads the body of the response.
    pub(crate) async fn post(&self) -> Bytes {
        let mut request = reqwest::Request::new(http::Method::POST, self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = Some(self.body.clone().into());
        let response = self.client.execute(request).await.expect("a response");
        response.bytes().await.expect("a body")
    }
}

/// Keeps the last request, and responds with an order.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Option<http::Request<Bytes>>>>);

impl HttpTransport for Seen {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        if let Ok(mut seen) = self.0.lock() {
            *seen = Some(request);
        }
        Box::pin(async { Ok(http::Response::new(JSON.into())) })
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median, the minimum and the maximum of the values.
pub(crate) fn spread(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    format!("{:.3} ({least:.3} to {most:.3})", median(values.to_vec()))
}
