//! The memory that decoding takes is bounded for every response. A single test in its own process, because the
//! allocator counts all threads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

use std::task::{Context, Poll, Waker};

use aliyun_ecs::operation::*;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, Credentials, ModifyPrepayInstanceSpecRequest, RetryConfig,
    RpcRequest,
};
use bytes::Bytes;
use peak_alloc::PeakAlloc;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The maximum size of a body.
const LARGEST: usize = 8 << 20;
/// Decoding takes at most this much memory in addition to the body.
const BOUND: usize = 64 << 20;
/// For a body of less than 4 KiB, decoding takes at most this much.
const BOUND_OF_SMALL: usize = 4 << 20;

#[derive(Debug)]
struct Body(u16, Bytes);

impl HttpTransport for Body {
    fn send(
        &self,
        _request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let response = http::Response::builder()
            .status(self.0)
            .body(self.1.clone().into());
        Box::pin(std::future::ready(Ok(response.unwrap())))
    }
}

/// The peak memory while an operation decodes `body`.
fn peak(operation: &str, status: u16, body: &[u8]) -> usize {
    let body = Bytes::copy_from_slice(body);
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .transport(Body(status, body))
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    let price = DescribeInstanceModificationPriceRequest::builder("i-1").instance_type("ecs.a");
    let order = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.a");
    let targets = DescribeResourcesModificationRequest::builder("i-1");
    match operation {
        "order" => of(&client, order.build().unwrap()),
        "instances" => of(
            &client,
            DescribeInstancesRequest::builder().build().unwrap(),
        ),
        "types" => of(
            &client,
            DescribeInstanceTypesRequest::builder().build().unwrap(),
        ),
        "targets" => of(&client, targets.build().unwrap()),
        "price" => of(&client, price.build().unwrap()),
        "regions" => of(&client, DescribeRegionsRequest::builder().build().unwrap()),
        _ => of(&client, RpcRequest::<serde_json::Value>::new("Any")),
    }
}

fn of<O: Operation>(client: &Client, request: O) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    {
        let mut call = std::pin::pin!(client.call(request, CallOptions::default()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(call.as_mut().poll(&mut context), Poll::Ready(_)));
    }
    MEMORY.peak_usage() - before
}

/// The operation, the beginning of the body, the part that is repeated, and the end.
const HOSTILE: &[(&str, &str, &str, &str)] = &[
    (
        "instances",
        "{\"Instances\":{\"Instance\":[",
        "{},",
        "{}]}}",
    ),
    (
        "instances",
        "{\"Instances\":{\"Instance\":[",
        "{\"Tags\":{\"Tag\":[{},{},{}]}},",
        "{}]}}",
    ),
    (
        "types",
        "{\"InstanceTypes\":{\"InstanceType\":[",
        "{},",
        "{}]}}",
    ),
    (
        "targets",
        "{\"AvailableZones\":{\"A\":[",
        "{\"AvailableResources\":{\"A\":[{},{},{}]}},",
        "{}]}}",
    ),
    (
        "targets",
        "{\"AvailableZones\":{\"A\":[{\"AvailableResources\":{\"A\":[",
        "{\"SupportedResources\":{\"A\":[{},{},{},{}]}},",
        "{}]}}]}}",
    ),
    (
        "price",
        "{\"PriceInfo\":{\"Price\":{},\"Rules\":{\"Rule\":[",
        "{},",
        "{}]}}}",
    ),
    (
        "regions",
        "{\"Regions\":{",
        "\"R\":[{},{},{},{}],",
        "\"R\":[]}}",
    ),
    ("any", "{\"A\":[", "0,", "0]}"),
    ("any", "{\"A\":[", "{\"\":0},", "0]}"),
    ("order", "", "{\"Error\":", ""),
    ("order", "{\"Code\":\"X\",\"Message\":\"", "\\u4e2d", "\"}"),
    ("order", "{\"Code\":\"X\",\"A\":[", "[", ""),
    ("any", "<R>", "<a/>", "</R>"),
    ("any", "<R>", "<a><b><c><d/></c></b></a>", "</R>"),
    (
        "instances",
        "<R><Instances>",
        "<Instance><a/></Instance>",
        "</Instances></R>",
    ),
    ("any", "<R><Message>", "&amp;", "</Message></R>"),
    ("order", "<R><Code>X</Code><Message>", "m", "</Message></R>"),
    ("order", "<R ", "a='b' ", "/>"),
    ("order", "", "\0", ""),
];

#[test]
fn memory_for_decoding_is_bounded() {
    let mut worst = 0;
    for (operation, start, part, end) in HOSTILE {
        let fill = |size: usize| {
            let times = (size - start.len() - end.len()) / part.len();
            (*start).to_owned() + &part.repeat(times) + end
        };
        // The largest body, and one that is within the maximum numbers of values and elements.
        for size in [LARGEST, 480_000] {
            let peak = peak(operation, 200, fill(size).as_bytes());
            assert!(peak < BOUND, "{peak} bytes for {size} of {start}{part}…");
            worst = worst.max(peak);
        }
    }
    println!("the hostile responses: at most {} KiB", worst >> 10);

    let tokens = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "\"x\"",
        "\"RequestId\":",
        "\"Instances\":",
        "\"Instance\":",
        "\"Error\":",
        "\"Code\":",
        "<",
        ">",
        "</",
        "/>",
        "<R>",
        "</R>",
        "<Code>",
        "<Instances>",
        "&amp;",
        "<![CDATA[",
    ];
    let bodies = prop_oneof![
        vec(any::<u8>(), 0..4096),
        (
            select(&["{", "<R>"][..]),
            vec(select(tokens.to_vec()), 0..400)
        )
            .prop_map(|(start, tokens)| (start.to_owned() + &tokens.concat()).into_bytes()),
    ];
    let config = Config {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..Config::default()
    };
    let status = select(&[200, 403, 503][..]);
    let operation = select(
        &[
            "order",
            "instances",
            "types",
            "targets",
            "price",
            "regions",
            "any",
        ][..],
    );
    TestRunner::new(config)
        .run(&(bodies, status, operation), |(body, status, operation)| {
            let peak = peak(operation, status, &body);
            prop_assert!(peak < BOUND_OF_SMALL, "{peak} bytes for {}", body.len());
            Ok(())
        })
        .unwrap();
}
