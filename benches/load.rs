//! A client under load: many concurrent calls with faults, an outage, many dropped calls, and a million sequential
//! calls. It prints a report, and fails if a call is lost or places two orders.
//!
//! `cargo bench --bench load`, or with `-- 20` for a twentieth of the calls. Client and server share the machine and
//! the process, so the rates are for both together.

#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::{
    Client, ClientBuilder, Credentials, Error, ErrorKind, ModifyPrepayInstanceSpecRequest, Outcome,
    RetryConfig, SignatureVersion,
};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Semaphore;

use self::ledger::{Ledger, Rates};

#[path = "../tests/faults/ledger.rs"]
mod ledger;

const CALLS: u32 = 10_000;
const CONCURRENCY: usize = 512;
const SEQUENTIAL: u32 = 1_000_000;

fn builder(ledger: &Ledger) -> ClientBuilder {
    Client::builder()
        .endpoint(&ledger.endpoint)
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .attempt_timeout(Duration::from_secs(5))
}

fn request(instance: &str) -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder(instance, "ecs.g5.xlarge")
        .build()
        .unwrap()
}

/// A line of `/proc/self/status` in KiB; `None` on systems other than Linux.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn resident() -> u64 {
    memory("VmRSS:").unwrap_or(0)
}

/// The open files of this process: both ends of each connection, and those of the runtimes.
fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Many concurrent calls to a server that fails at these rates.
async fn together(servers: &Handle, name: &str, rates: Rates, calls: u32) {
    let server = async move { Ledger::start(rates, |_| {}).await };
    let ledger = servers.spawn(server).await.unwrap();
    let client = builder(&ledger).build().unwrap();
    let clock = SystemClock::new();
    let start = clock.elapsed();
    let gate = Arc::new(Semaphore::new(CONCURRENCY));
    let tasks: Vec<_> = (0..calls)
        .map(|number| {
            let (client, gate) = (client.clone(), Arc::clone(&gate));
            tokio::spawn(async move {
                let _permit = gate.acquire().await.unwrap();
                let instance = format!("i-{number}");
                let request = request(&instance);
                let token = request.client_token().to_string();
                (
                    instance,
                    token,
                    client.modify_prepay_instance_spec(request).await,
                )
            })
        })
        .collect();
    let (mut succeeded, mut failures) = (0, BTreeMap::<String, u32>::new());
    for task in tasks {
        let (instance, token, result) = task.await.unwrap();
        let orders = ledger.orders(&instance);
        assert!(orders.len() <= 1, "{instance} has the orders {orders:?}");
        match result {
            Ok(response) => {
                succeeded += 1;
                assert_eq!(
                    response.order_id.as_deref(),
                    Some(&*orders[&token].to_string())
                );
            }
            Err(error) => {
                let wrong = error.outcome() == Outcome::NotApplied && !orders.is_empty();
                assert!(!wrong, "{instance} was ordered nevertheless: {error}");
                *failures.entry(kind(&error)).or_default() += 1;
            }
        }
    }
    let elapsed = clock.elapsed() - start;
    assert_eq!(ledger.requests(), ledger.nonces(), "a nonce was used twice");
    let traffic = ledger.requests() as f64 / f64::from(calls);
    let placed = ledger.placed();
    drop((client, ledger));
    println!(
        "{name:<36}{succeeded:>8}{traffic:>10.3}{placed:>8}{:>7.1}{:>10}   {failures:?}",
        elapsed.as_secs_f64(),
        resident(),
    );
}

fn kind(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Service(error) => error.code().to_string(),
        ErrorKind::Transport(error) => format!("{:?}", error.kind()),
        _ => error.to_string(),
    }
}

/// Many calls, each dropped after a different time. None may leak anything.
async fn given_up(servers: &Handle, calls: u32) {
    let rates = Rates {
        hang: 10,
        ..Rates::default()
    };
    let ledger = servers
        .spawn(async move { Ledger::start(rates, |_| {}).await })
        .await
        .unwrap();
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let clock = SystemClock::new();
    let (tasks_before, files_before) = (tasks(), files());
    let client = builder(&ledger).build().unwrap();
    let gate = Arc::new(Semaphore::new(CONCURRENCY));
    let spawned: Vec<_> = (0..calls)
        .map(|number| {
            let (client, gate) = (client.clone(), Arc::clone(&gate));
            tokio::spawn(async move {
                let _permit = gate.acquire().await.unwrap();
                // From 0 to 40 ms, which is longer than most calls take, spread by a multiplication.
                let patience = Duration::from_micros(u64::from(number.wrapping_mul(2_654_435_761) % 40_000));
                let clock = SystemClock::new();
                let instance = format!("i-{number}");
                tokio::select! {
                    biased;
                    () = clock.sleep(patience) => false,
                    result = client.modify_prepay_instance_spec(request(&instance)) => result.is_ok(),
                }
            })
        })
        .collect();
    let mut completed = 0;
    for task in spawned {
        completed += u32::from(task.await.unwrap());
    }
    let (open, with_client) = (ledger.open(), tasks());
    drop(client);
    let start = clock.elapsed();
    while (ledger.open(), tasks(), files()) != (0, tasks_before, files_before) {
        let waited = clock.elapsed() - start;
        assert!(
            waited < Duration::from_secs(30),
            "left: {} connections, {} tasks, {} files",
            ledger.open(),
            tasks() - tasks_before,
            files() - files_before,
        );
        clock.sleep(Duration::from_millis(5)).await;
    }
    println!(
        "{calls} calls, {completed} ended before they were given up; then {open} connections and {} tasks \
         of the pool; after the client was dropped: 0 connections, 0 tasks, 0 files",
        with_client - tasks_before,
    );
}

async fn sequential(servers: &Handle, calls: u32) {
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let server = async { Ledger::start(Rates::default(), |_| {}).await };
        let ledger = servers.spawn(server).await.unwrap();
        let retry = RetryConfig::disabled();
        let client = builder(&ledger)
            .signature_version(version)
            .retry(retry)
            .build()
            .unwrap();
        let clock = SystemClock::new();
        let start = clock.elapsed();
        let mut line = Vec::new();
        let calls = if version == SignatureVersion::V1 {
            calls
        } else {
            calls / 10
        };
        for number in 1..=calls {
            client
                .modify_prepay_instance_spec(request("i-1"))
                .await
                .unwrap();
            if number % (calls / 10).max(1) == 0 || number == calls / 100 {
                line.push(resident());
            }
        }
        let seconds = (clock.elapsed() - start).as_secs_f64();
        println!(
            "{version:?}: {calls} calls in {seconds:.0} s ({:.0} a second), {} open at the end; memory in KiB after \
             1 %, 10 %, 20 % … 100 %: {line:?}",
            f64::from(calls) / seconds,
            ledger.open(),
        );
    }
}

fn main() {
    // `cargo bench` passes `--bench`. Otherwise, run one percent of the calls.
    let arguments: Vec<String> = std::env::args().collect();
    let whole = if arguments.iter().any(|text| text == "--bench") {
        1
    } else {
        100
    };
    let number = arguments.iter().find_map(|text| text.parse().ok());
    let scale = number.unwrap_or(whole).max(1);
    let (calls, servers) = (CALLS / scale, Runtime::new().unwrap());
    let server = servers.handle();
    let clients = Runtime::new().unwrap();
    clients.block_on(async {
        println!(
            "{calls} calls, {CONCURRENCY} concurrently\n{:<36}{:>8}{:>10}{:>8}{:>7}{:>10}   failures",
            "faults", "succeed", "requests", "orders", "s", "KiB now"
        );
        let usual = Rates {
            reset: 10,
            hang: 10,
            throttle: 50,
        };
        for round in 1..=3 {
            let name = format!("1 % reset, 1 % hang, 5 % throttled {round}");
            together(server, &name, usual, calls).await;
        }
        for percent in [20, 50, 100] {
            let rates = Rates {
                throttle: percent * 10,
                ..Rates::default()
            };
            together(server, &format!("{percent} % throttled"), rates, calls).await;
        }
        for percent in [20, 50, 100] {
            let rates = Rates {
                reset: percent * 10,
                ..Rates::default()
            };
            together(server, &format!("{percent} % reset"), rates, calls).await;
        }
        println!();
        given_up(server, calls).await;
        println!();
        sequential(server, SEQUENTIAL / scale).await;
    });
    if let Some(peak) = memory("VmHWM:") {
        println!("\npeak memory: {peak} KiB");
    }
}
