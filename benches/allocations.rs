//! Allocations of a call, and memory of many concurrent calls. They are counted, so they are the same on every machine.
//!
//! `cargo bench --bench allocations`. Only the calling thread is counted; the endpoint has another thread.

#![allow(missing_docs, clippy::expect_used, reason = "a bench may panic")]

mod support;

use std::sync::Arc;

use aliyun_ecs::{Error, SignatureVersion};
use allocation_counter::{AllocationInfo, measure};
use support::{Bare, Transport, request, server};
use tokio::task::JoinSet;

const ROUNDS: u64 = 100;
/// Open files that are reserved for everything except connections.
const RESERVE: usize = 100;

fn main() {
    // A child process is the endpoint of the calls in flight, so that its sockets do not count against the limit of
    // this process.
    if let Some(gate) = std::env::args().skip_while(|it| it != "--endpoint").nth(1) {
        println!(
            "{}",
            server::start_behind_gate(gate.parse().expect("a number"))
        );
        std::io::stdin().lines().for_each(drop);
        return;
    }
    sizes();
    in_memory();
    loopback();
    in_flight();
}

fn sizes() {
    let client = support::in_memory(SignatureVersion::V1, support::JSON);
    let future = client.modify_prepay_instance_spec(request());
    println!("the future of a call: {} bytes", size_of_val(&future));
    println!("an error: {} bytes", size_of::<Error>());
}

fn in_memory() {
    let runtime = support::runtime();
    println!("allocations of a call, with responses from memory:");
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let client = support::in_memory(version, support::JSON);
        let call = || async {
            let response = client.modify_prepay_instance_spec(request()).await;
            response.expect("an order");
        };
        let (count, bytes) = each(&runtime, call);
        println!("  {version:?}: {count:.1} ({bytes:.0} bytes)");
    }
    let (count, bytes) = each(&runtime, || async { drop(request()) });
    println!("  of these, to build the request: {count:.1} ({bytes:.0} bytes)");
}

fn loopback() {
    let runtime = support::runtime();
    let endpoint = server::start();
    println!("allocations over loopback, of a call and of a bare post:");
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let client = support::pooled(version, Transport::Reqwest, &endpoint);
        let bare = Bare::new(version, &endpoint);
        let (call, _) = each(&runtime, || async {
            let response = client.modify_prepay_instance_spec(request()).await;
            response.expect("an order");
        });
        let (post, _) = each(&runtime, || async { drop(bare.post().await) });
        println!(
            "  {version:?}: {call:.1} and {post:.1}, {:.1} more",
            call - post
        );
    }
}

/// Allocations and bytes of one round, once everything is warm.
fn each<F: Future<Output = ()>>(
    runtime: &tokio::runtime::Runtime,
    one: impl Fn() -> F,
) -> (f64, f64) {
    runtime.block_on(async {
        for _ in 0..10 {
            one().await;
        }
    });
    let info = measure(|| {
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                one().await;
            }
        });
    });
    let of_one = |total: u64| total as f64 / ROUNDS as f64;
    (of_one(info.count_total), of_one(info.bytes_total))
}

/// The memory of concurrent calls, each on its own connection.
fn in_flight() {
    let count = open_files().saturating_sub(RESERVE).min(10_000);
    if count < 10_000 {
        println!(
            "the limit of open files allows {count} calls at once; for all: `ulimit -n 10100`"
        );
    }
    let calls = peak(count, |endpoint| {
        let client = support::builder(SignatureVersion::V1).endpoint(endpoint);
        let client = client.build().expect("a valid client");
        move || {
            let client = client.clone();
            async move {
                let response = client.modify_prepay_instance_spec(request()).await;
                response.expect("an order");
            }
        }
    });
    let posts = peak(count, |endpoint| {
        let bare = Arc::new(Bare::new(SignatureVersion::V1, endpoint));
        move || {
            let bare = Arc::clone(&bare);
            async move { drop(bare.post().await) }
        }
    });
    println!("memory of {count} calls and of as many bare posts in flight, bytes each:");
    println!(
        "  {calls} and {posts}, {} more",
        calls as i64 - posts as i64
    );
}

/// The peak memory of `count` concurrent tasks, per task.
fn peak<C, F>(count: usize, connect: impl Fn(&str) -> C) -> usize
where
    C: Fn() -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut endpoint = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--endpoint", &count.to_string()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the endpoint starts");
    let mut url = String::new();
    let output = endpoint.stdout.take().expect("its output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut url).expect("its URL");
    let one = connect(url.trim());
    let runtime = support::runtime();
    let info: AllocationInfo = measure(|| {
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..count {
                tasks.spawn(one());
            }
            tasks.join_all().await;
        });
    });
    let _ = endpoint.kill();
    let _ = endpoint.wait();
    info.bytes_max as usize / count
}

/// The maximum number of open files of this process.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3));
    soft.and_then(|soft| soft.parse().ok()).unwrap_or(1_024)
}
