//! The time of the parts of a call, and how it grows. No sockets are used.
//!
//! `cargo bench --bench time`; add a part of a name to run only matching benches.

#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a bench has no documentation but this, and may fail loudly"
)]

// The modules without I/O are compiled into the bench, so that the crate does not have to export them.
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a part of the crate, compiled by its path"
)]
#[path = "../src/error/mod.rs"]
mod error;
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a part of the crate, compiled by its path"
)]
#[path = "../src/operation/mod.rs"]
mod operation;
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a part of the crate, compiled by its path"
)]
#[path = "../src/protocol/mod.rs"]
mod protocol;
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a part of the crate, compiled by its path"
)]
#[path = "../src/types/mod.rs"]
mod types;

mod support;

use std::hint::black_box;
use std::time::Duration;

use aliyun_ecs::{CallOptions, RpcRequest, SignatureVersion};
use bytes::Bytes;
use chrono::DateTime;
use criterion::{BenchmarkId, Criterion, Throughput};
use http::{HeaderValue, Response, Uri};

use self::error::{ErrorCode, ServiceError, documented};
use self::operation::*;
use self::protocol::{
    ECS_VERSION, Redactor, SigningInput, SigningKey, decode, headers_v1, headers_v3,
};
use self::support::{plain, responses};
use self::types::RegionId;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(30)
        .configure_from_args();
    encoding_and_signing(&mut criterion);
    decoding(&mut criterion);
    instances_beside_plain_serde(&mut criterion);
    classification(&mut criterion);
    calls(&mut criterion);
    growth(&mut criterion);
    criterion.final_summary();
}

fn request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
        .operator_type(types::OperatorType::Upgrade)
        .auto_pay(true)
        .build()
        .expect("a valid request")
}

fn encoding_and_signing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sign");
    let request = request();
    let region = RegionId::new("cn-hangzhou").expect("a valid region");
    group.bench_function("build a request", |bencher| bencher.iter(self::request));
    group.bench_function("encode parameters", |bencher| {
        bencher.iter(|| black_box(&request).params(&region).sorted());
    });
    group.bench_function("prepare a key", |bencher| {
        bencher.iter(|| SigningKey::new(black_box(support::ACCESS_KEY_SECRET)));
    });
    let params = request.params(&region).sorted();
    let key = SigningKey::new(support::ACCESS_KEY_SECRET).expect("a valid key");
    let user_agent = HeaderValue::from_static("bench");
    let headers = [
        headers_v1(false, user_agent.clone()),
        headers_v3(false, user_agent),
    ];
    let unsigned = SigningInput {
        uri: &Uri::from_static("https://ecs.aliyuncs.com/"),
        action: request.action(),
        version: ECS_VERSION,
        params: &params,
        wants_xml: false,
        headers: &headers[0],
        access_key_id: "LTAI5tExample",
        key: &key,
        security_token: None,
        time: DateTime::from_timestamp(1_750_000_000, 0).expect("a time"),
        nonce: "123e4567-e89b-42d3-a456-426614174000",
    };
    group.bench_function("V1", |bencher| {
        bencher.iter(|| black_box(&unsigned).sign_v1());
    });
    let unsigned = SigningInput {
        headers: &headers[1],
        ..unsigned
    };
    group.bench_function("V3", |bencher| {
        bencher.iter(|| black_box(&unsigned).sign_v3().expect("signed"));
    });
}

fn read<O: Operation>(response: &Response<Bytes>) -> O::Response {
    decode(response, &Redactor::new(&[]), O::read).expect("a response of this operation")
}

/// Every kind of response, in both formats.
fn decoding(criterion: &mut Criterion) {
    fn shape<O: Operation>(criterion: &mut Criterion, name: &str, json: &str, xml: &str) {
        let mut group = criterion.benchmark_group("decode");
        for (format, body) in [("JSON", json), ("XML", xml)] {
            let response = Response::new(Bytes::from(body.to_owned()));
            group.bench_function(format!("{name}, {format}"), |bencher| {
                bencher.iter(|| read::<O>(black_box(&response)));
            });
        }
    }
    fn example<O: Operation>(criterion: &mut Criterion, action: &str) {
        let json = responses::json(action);
        let xml = responses::xml(action, &json);
        shape::<O>(criterion, action, &json.to_string(), &xml);
    }
    shape::<ModifyPrepayInstanceSpecRequest>(
        criterion,
        "ModifyPrepayInstanceSpec",
        support::JSON,
        support::XML,
    );
    example::<DescribeInstancesRequest>(criterion, "DescribeInstances");
    example::<DescribeResourcesModificationRequest>(criterion, "DescribeResourcesModification");
    example::<DescribeInstanceModificationPriceRequest>(
        criterion,
        "DescribeInstanceModificationPrice",
    );
    example::<DescribeInstanceTypesRequest>(criterion, "DescribeInstanceTypes");
    example::<DescribeRegionsRequest>(criterion, "DescribeRegions");
    example::<StartInstanceRequest>(criterion, "StartInstance");
    example::<StopInstanceRequest>(criterion, "StopInstance");
    example::<RebootInstanceRequest>(criterion, "RebootInstance");
}

/// The cost of a page of 100 instances, compared with plain serde.
fn instances_beside_plain_serde(criterion: &mut Criterion) {
    let json = responses::instances(100);
    let xml = responses::xml("DescribeInstances", &json);
    let json = Response::new(Bytes::from(json.to_string()));
    let xml = Response::new(Bytes::from(xml));
    plain::print_ratios(
        [json.body(), xml.body()],
        || {
            black_box(
                read::<DescribeInstancesRequest>(black_box(&json))
                    .instances
                    .len(),
            )
        },
        || {
            black_box(
                read::<DescribeInstancesRequest>(black_box(&xml))
                    .instances
                    .len(),
            )
        },
    );
    let mut group = criterion.benchmark_group("100 instances");
    group.bench_function("JSON", |bencher| {
        bencher.iter(|| read::<DescribeInstancesRequest>(black_box(&json)));
    });
    group.bench_function("JSON, plain serde_json", |bencher| {
        bencher.iter(|| plain::from_json(black_box(json.body())));
    });
    group.bench_function("XML", |bencher| {
        bencher.iter(|| read::<DescribeInstancesRequest>(black_box(&xml)));
    });
    group.bench_function("XML, plain quick-xml", |bencher| {
        bencher.iter(|| plain::from_xml(black_box(xml.body())));
    });
}

fn classification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("classify");
    let body = r#"{"RequestId":"04F0F334-1335-436C-A1D7-6C044FE73368","HostId":"ecs.aliyuncs.com",
        "Code":"OperationDenied.NoStock","Message":"The requested resource is sold out in the specified zone."}"#;
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = http::StatusCode::FORBIDDEN;
    group.bench_function("read a rejection", |bencher| {
        bencher.iter(|| {
            let response = black_box(&response);
            decode(response, &Redactor::new(&["secret"]), |_| {
                Err::<(), _>("".into())
            })
        });
    });
}

fn calls(criterion: &mut Criterion) {
    let runtime = support::runtime();
    let mut group = criterion.benchmark_group("call in memory");
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let client = support::in_memory(version, support::JSON);
        group.bench_function(format!("{version:?}"), |bencher| {
            bencher.iter(|| {
                let call = client.modify_prepay_instance_spec(support::request());
                runtime.block_on(call).expect("an order")
            });
        });
    }
}

/// Each at three sizes. The time per element must stay the same, or, if marked flat, the total time.
fn growth(criterion: &mut Criterion) {
    let runtime = support::runtime();
    let client = support::in_memory(SignatureVersion::V1, support::JSON);
    let mut group = criterion.benchmark_group("growth");
    for count in [10_u64, 100, 1_000] {
        group.throughput(Throughput::Elements(count));
        let request = (0..count).fold(RpcRequest::<()>::new("Any"), |request, number| {
            request.param(format!("Tag.{number}.Value"), "a value, encoded")
        });
        group.bench_function(BenchmarkId::new("parameters of a call", count), |bencher| {
            bencher.iter(|| {
                let call = client.call(request.clone(), CallOptions::default());
                runtime.block_on(call).expect("a response");
            });
        });
        let json = responses::instances(count as usize);
        let xml = responses::xml("DescribeInstances", &json);
        for (format, body) in [("JSON", json.to_string()), ("XML", xml)] {
            let response = Response::new(Bytes::from(body));
            group.bench_function(
                BenchmarkId::new(format!("instances in a response, {format}"), count),
                |bencher| bencher.iter(|| read::<DescribeInstancesRequest>(black_box(&response))),
            );
        }
    }
    group.throughput(Throughput::Elements(1));
    let codes: Vec<_> = ErrorCode::all().collect();
    for (place, code) in [
        ("first", codes.first()),
        ("middle", codes.get(codes.len() / 2)),
        ("last", codes.last()),
    ] {
        let text = code.expect("a code").as_str();
        let name = format!("code, {place} of {} (flat)", codes.len());
        group.bench_function(name, |bencher| {
            bencher.iter(|| ErrorCode::from(black_box(text)));
        });
    }
    // Only errors that are identified by their code; for others, the number of candidates matters.
    let rows = documented::MODIFY_PREPAY_INSTANCE_SPEC;
    let all = || rows.iter().chain(documented::COMMON);
    let alone = |row: &&documented::DocumentedError| {
        all().filter(|other| other.code == row.code).count() == 1
    };
    let rows: Vec<_> = rows.iter().filter(alone).collect();
    for (place, row) in [
        ("first", rows.first()),
        ("middle", rows.get(rows.len() / 2)),
        ("last", rows.last()),
    ] {
        let row = row.expect("a row");
        let rejection = ServiceError::new(row.http_status, row.code.clone(), "other words");
        let name = format!("documented error, {place} of {}", all().count());
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(&rejection).documented().expect("a row"));
        });
    }
    let rejection = ServiceError::new(400, "Some.NewCode", "other words");
    group.bench_function("documented error, none", |bencher| {
        bencher.iter(|| black_box(&rejection).documented());
    });
    let mut past = 0;
    for count in [1_u32, 1_000, 100_000] {
        let mut call = || {
            let call = client.modify_prepay_instance_spec(support::request());
            runtime.block_on(call).expect("an order")
        };
        while past < count {
            call();
            past += 1;
        }
        let name = BenchmarkId::new("a call after this many (flat)", count);
        group.bench_function(name, |bencher| bencher.iter(&mut call));
    }
}
