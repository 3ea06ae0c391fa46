//! What a call costs in instructions, without a socket: counted by valgrind, so that the machine's
//! other work does not matter.
//!
//! `cargo bench --bench instructions`. Each case runs in a child process under callgrind, with
//! few and with many rounds; the difference is the cost of the rounds alone.

#![allow(clippy::expect_used, reason = "a bench may fail loudly")]

use std::hint::black_box;
use std::process::Command;

use aliyun_ecs::transport::{HttpTransport, TransportError};
use aliyun_ecs::{
    BoxFuture, Client, Credentials, ModifyPrepayInstanceSpecRequest, OperatorType, SignatureVersion,
};
use bytes::Bytes;

const JSON: &str = r#"{"RequestId":"04F0F334-1335-436C-A1D7-6C044FE73368","OrderId":"1234567890"}"#;
const XML: &str = "<ModifyPrepayInstanceSpecResponse><RequestId>04F0F334-1335-436C-A1D7-6C044FE73368\
    </RequestId><OrderId>1234567890</OrderId></ModifyPrepayInstanceSpecResponse>";

const CASES: [&str; 4] = ["build a request", "call, V1", "call, V1, XML", "call, V3"];
const FEW: u32 = 100;
const MANY: u32 = 1_100;

/// Answers at once, from memory.
#[derive(Debug)]
struct Memory(&'static str);

impl HttpTransport for Memory {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        black_box(request);
        Box::pin(async { Ok(http::Response::new(Bytes::from_static(self.0.as_bytes()))) })
    }
}

fn request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
        .operator_type(OperatorType::Upgrade)
        .auto_pay(true)
        .build()
        .expect("a valid request")
}

/// In the child: one case, so many times.
fn run(case: &str, rounds: u32) {
    let version = if case.contains("V3") {
        SignatureVersion::V3
    } else {
        SignatureVersion::V1
    };
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(Credentials::new(
            "LTAI5tExample",
            "a-secret-of-thirty-characters-",
        ))
        .signature_version(version)
        .transport(Memory(if case.contains("XML") { XML } else { JSON }))
        .build()
        .expect("a valid client");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        for _ in 0..rounds {
            let request = black_box(request());
            if case.starts_with("call") {
                let response = client.modify_prepay_instance_spec(request).await;
                black_box(response.expect("an order"));
            }
        }
    });
}

/// The instructions of a child that runs `case`; `None` without valgrind.
fn count(case: &str, rounds: u32) -> Option<u64> {
    let this = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args([case, &rounds.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [case, rounds] = &arguments[..]
        && let Ok(rounds) = rounds.parse()
    {
        return run(case, rounds);
    }
    println!("{:<20}{:>14}", "", "instructions");
    for case in CASES {
        let (Some(few), Some(many)) = (count(case, FEW), count(case, MANY)) else {
            println!("skipped: this needs valgrind (`apt-get install valgrind`)");
            return;
        };
        println!("{case:<20}{:>14}", (many - few) / u64::from(MANY - FEW));
    }
}
