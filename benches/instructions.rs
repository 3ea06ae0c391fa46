//! The instructions of a call and its parts. Valgrind counts them, so other load on the machine has no effect.
//!
//! `cargo bench --bench instructions`. Each case runs in a child process under callgrind, with few and with many
//! rounds. The difference is the cost of the rounds alone. The endpoint of the cases over loopback is in the parent.

#![allow(missing_docs, clippy::expect_used, reason = "a bench may panic")]

// The modules without I/O are compiled into the bench, so the crate needs no access to them for it.
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
mod support;
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a part of the crate, compiled by its path"
)]
#[path = "../src/types/mod.rs"]
mod types;

use std::hint::black_box;
use std::process::Command;

use aliyun_ecs::SignatureVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Response, Uri};
use sha1::Sha1;

use self::operation::{ModifyPrepayInstanceSpecRequest, Operation, Sealed};
use self::protocol::{
    ECS_VERSION, Redactor, SigningInput, SigningKey, decode, headers_v1, headers_v3,
};
use self::support::{Bare, Transport, server};
use self::types::{OperatorType, RegionId};

const FEW: u32 = 100;
const MANY: u32 = 1_100;

/// A name, and a function that runs this many rounds.
type Case = (&'static str, fn(u32));

const CASES: [Case; 12] = [
    ("call, V1", |rounds| {
        call(rounds, SignatureVersion::V1, support::JSON)
    }),
    ("call, V1, XML", |rounds| {
        call(rounds, SignatureVersion::V1, support::XML)
    }),
    ("call, V3", |rounds| {
        call(rounds, SignatureVersion::V3, support::JSON)
    }),
    (BUILD, |rounds| repeat(rounds, request)),
    (PARAMS, params),
    (SIGN_V1, |rounds| sign(rounds, SignatureVersion::V1)),
    (SIGN_V3, |rounds| sign(rounds, SignatureVersion::V3)),
    (HMAC, hmac_with_prepared_key),
    (RAW_HMAC, raw_hmac),
    ("hashing alone, V3", hashing_v3),
    (DECODE, |rounds| read(rounds, support::JSON)),
    ("decode, XML", |rounds| read(rounds, support::XML)),
];
/// Over loopback, on pooled connections: without SHA, which valgrind makes expensive, but with everything else.
const OVER_LOOPBACK: [(&str, Side, SignatureVersion); 6] = [
    ("bare post, V1", Side::Bare, SignatureVersion::V1),
    (
        "call over reqwest, V1",
        Side::Call(Transport::Reqwest),
        SignatureVersion::V1,
    ),
    (
        "call over hyper, V1",
        Side::Call(Transport::Hyper),
        SignatureVersion::V1,
    ),
    ("bare post, V3", Side::Bare, SignatureVersion::V3),
    (
        "call over reqwest, V3",
        Side::Call(Transport::Reqwest),
        SignatureVersion::V3,
    ),
    (
        "call over hyper, V3",
        Side::Call(Transport::Hyper),
        SignatureVersion::V3,
    ),
];

#[derive(Clone, Copy)]
enum Side {
    Bare,
    Call(Transport),
}

/// The rounds of a case over loopback.
fn over_loopback(rounds: u32, endpoint: &str, side: Side, version: SignatureVersion) {
    let mut requests: Vec<_> = (0..MANY).map(|_| support::request()).collect();
    let runtime = support::runtime();
    match side {
        Side::Bare => {
            let bare = Bare::new(version, endpoint);
            runtime.block_on(async {
                for _ in 0..rounds {
                    black_box(bare.post().await);
                }
            });
        }
        Side::Call(transport) => {
            let client = support::pooled(version, transport, endpoint);
            runtime.block_on(async {
                for request in requests.drain(..rounds as usize) {
                    let response = client.modify_prepay_instance_spec(request).await;
                    black_box(response.expect("an order"));
                }
            });
        }
    }
}

const BUILD: &str = "build";
const PARAMS: &str = "params";
const SIGN_V1: &str = "canonicalise and sign, V1";
const SIGN_V3: &str = "canonicalise and sign, V3";
const HMAC: &str = "hashing alone, V1";
const RAW_HMAC: &str = "raw HMAC-SHA1 of the same string";
const DECODE: &str = "decode, JSON";

fn repeat<T>(rounds: u32, work: impl Fn() -> T) {
    for _ in 0..rounds {
        black_box(work());
    }
}

/// Complete calls. Requests are built and dropped outside of the rounds; that has its own case.
fn call(rounds: u32, version: SignatureVersion, response: &'static str) {
    let client = support::in_memory(version, response);
    let mut requests: Vec<_> = (0..MANY).map(|_| support::request()).collect();
    support::runtime().block_on(async {
        for request in requests.drain(..rounds as usize) {
            let response = client.modify_prepay_instance_spec(request).await;
            black_box(response.expect("an order"));
        }
    });
}

fn request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
        .operator_type(OperatorType::Upgrade)
        .auto_pay(true)
        .build()
        .expect("a valid request")
}

fn region() -> RegionId {
    RegionId::new("cn-hangzhou").expect("a valid region")
}

fn params(rounds: u32) {
    let (request, region) = (request(), region());
    repeat(rounds, || black_box(&request).params(&region).sorted());
}

fn sign(rounds: u32, version: SignatureVersion) {
    signed(rounds, version);
}

/// The body that is signed, and sent, under V1.
fn signed(rounds: u32, version: SignatureVersion) -> String {
    let (request, region) = (request(), region());
    let key = SigningKey::new(support::ACCESS_KEY_SECRET).expect("a valid key");
    let user_agent = HeaderValue::from_static("aliyun-ecs/0.1.0");
    let headers = match version {
        SignatureVersion::V3 => headers_v3(false, user_agent),
        _ => headers_v1(false, user_agent),
    };
    let unsigned = SigningInput {
        uri: &Uri::from_static("https://ecs.aliyuncs.com/"),
        action: request.action(),
        version: ECS_VERSION,
        params: &request.params(&region).sorted(),
        wants_xml: false,
        headers: &headers,
        access_key_id: "LTAI5tExample",
        key: &key,
        security_token: None,
        time: DateTime::from_timestamp(1_750_000_000, 0).expect("a time"),
        nonce: "123e4567-e89b-42d3-a456-426614174000",
    };
    match version {
        SignatureVersion::V3 => repeat(rounds, || unsigned.sign_v3().is_ok()),
        _ => repeat(rounds, || unsigned.sign_v1()),
    }
    String::from_utf8_lossy(unsigned.sign_v1().request.body()).into_owned()
}

/// The string that is signed under V1: the body without its signature, encoded again.
fn string_to_sign() -> String {
    let body = signed(0, SignatureVersion::V1);
    let query = body.split("&Signature=").next().unwrap_or_default();
    let query = query.replace('%', "%25");
    format!("POST&%2F&{}", query.replace('&', "%26").replace('=', "%3D"))
}

fn hmac_with_prepared_key(rounds: u32) {
    let text = string_to_sign();
    let key = Hmac::<Sha1>::new_from_slice(support::ACCESS_KEY_SECRET.as_bytes());
    let key = key.expect("a valid key");
    let sign = || black_box(&key).clone().chain_update(&text).finalize();
    repeat(rounds, || STANDARD.encode(sign().into_bytes()));
}

fn raw_hmac(rounds: u32) {
    let text = string_to_sign();
    repeat(rounds, || {
        let key = black_box(support::ACCESS_KEY_SECRET).as_bytes();
        let key = Hmac::<Sha1>::new_from_slice(key).expect("a valid key");
        key.chain_update(&text).finalize()
    });
}

/// SHA-256 of a canonical request of this size, and the HMAC of its hash.
fn hashing_v3(rounds: u32) {
    use sha2::{Digest, Sha256};

    let canonical_request = [b'x'; 640];
    let key = Hmac::<Sha256>::new_from_slice(support::ACCESS_KEY_SECRET.as_bytes());
    let key = key.expect("a valid key");
    repeat(rounds, || {
        let hash = Sha256::digest(black_box(canonical_request));
        let to_sign = [&hash[..], &hash[..], &[0; 17]].concat();
        black_box(&key).clone().chain_update(to_sign).finalize()
    });
}

fn read(rounds: u32, body: &'static str) {
    let response = Response::new(Bytes::from_static(body.as_bytes()));
    let read = ModifyPrepayInstanceSpecRequest::read;
    repeat(rounds, || {
        decode(&response, &Redactor::new(&[]), read).is_ok()
    });
}

/// The instructions of a child that runs a case; `None` without valgrind.
fn count(case: &str, rounds: u32, endpoint: &str) -> Option<u64> {
    let this = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args([case, &rounds.to_string(), endpoint])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [case, rounds, endpoint] = &arguments[..]
        && let Ok(rounds) = rounds.parse()
    {
        if let Some((_, run)) = CASES.iter().find(|(name, _)| name == case) {
            run(rounds);
        }
        if let Some(&(_, side, version)) = OVER_LOOPBACK.iter().find(|(name, ..)| name == case) {
            over_loopback(rounds, endpoint, side, version);
        }
        return;
    }
    let endpoint = server::start();
    let mut counts = std::collections::HashMap::new();
    println!("{:<36}{:>14}", "", "instructions");
    let cases = CASES.iter().map(|(name, _)| *name);
    for case in cases.chain(OVER_LOOPBACK.iter().map(|(name, ..)| *name)) {
        let count = |rounds| count(case, rounds, &endpoint);
        let (Some(few), Some(many)) = (count(FEW), count(MANY)) else {
            println!("skipped: this needs valgrind (`apt-get install valgrind`)");
            return;
        };
        let each = many.saturating_sub(few) / u64::from(MANY - FEW);
        println!("{case:<36}{each:>14}");
        counts.insert(case, each);
    }
    let of = |case: &str| counts.get(case).copied().unwrap_or_default();
    let canonicalise = of(SIGN_V1).saturating_sub(of(HMAC));
    println!("{:<36}{canonicalise:>14}", "canonicalise alone, V1");
    for (version, hashing) in [("V1", HMAC), ("V3", "hashing alone, V3")] {
        for transport in ["reqwest", "hyper"] {
            let call = of(&format!("call over {transport}, {version}"));
            let more = (call - of(hashing)) as i64 - of(&format!("bare post, {version}")) as i64;
            let name = format!("{version} over {transport}, above bare reqwest");
            println!("{name:<36}{more:>14}");
        }
    }
    let rest = of(CASES[0].0).saturating_sub(of(PARAMS) + of(SIGN_V1) + of(DECODE));
    println!("{:<36}{rest:>14}", "the rest of a call, V1: attempt, send");
    println!(
        "{:<36}{:>14.2}",
        "V1 signature against raw HMAC-SHA1",
        of(SIGN_V1) as f64 / of(RAW_HMAC) as f64
    );
}
