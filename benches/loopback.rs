//! Calls over loopback beside the bare HTTP client, which posts the same signed bytes in the same run.
//!
//! `cargo bench --bench loopback`. The two take turns in short blocks, so that whatever else the
//! machine does hits both alike; what counts is their ratio.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a bench may fail loudly, and reads clocks"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aliyun_ecs::{Client, ModifyPrepayInstanceSpecRequest, SignatureVersion};
use cpu_time::{ProcessTime, ThreadTime};
use criterion::{Criterion, Throughput};
use tokio::task::JoinSet;

use support::{Bare, median, request, server, spread};

/// A run has so many blocks of each side.
const BLOCKS: usize = 50;
const CALLS_IN_A_BLOCK: usize = 100;
const RUNS: usize = 5;

/// The crate's client and the bare one, connected to the same endpoint.
struct Sides {
    client: Client,
    bare: Bare,
}

impl Sides {
    fn new(version: SignatureVersion, endpoint: &str) -> Self {
        Self {
            client: support::builder(version)
                .endpoint(endpoint)
                .build()
                .expect("a valid client"),
            bare: Bare::new(version, endpoint),
        }
    }

    async fn call(&self, request: ModifyPrepayInstanceSpecRequest) {
        let response = self.client.modify_prepay_instance_spec(request).await;
        response.expect("an order");
    }

    /// Does it `count` times, in `at_once` tasks side by side.
    async fn many(self: &Arc<Self>, side: Side, count: usize, at_once: usize) {
        let mut tasks = JoinSet::new();
        for _ in 0..at_once {
            let sides = Arc::clone(self);
            tasks.spawn(async move {
                for _ in 0..count / at_once {
                    match side {
                        Side::Call => sides.call(request()).await,
                        Side::Post => drop(sides.bare.post().await),
                    }
                }
            });
        }
        tasks.join_all().await;
    }
}

/// Which of the two.
#[derive(Clone, Copy)]
enum Side {
    Call,
    Post,
}

fn main() {
    let runtime = support::runtime();
    let endpoint = server::start();
    let sides = [SignatureVersion::V1, SignatureVersion::V3]
        .map(|version| (version, Arc::new(Sides::new(version, &endpoint))));

    println!(
        "CPU time of a call against that of a post, {RUNS} runs of {} each, requests built beforehand:",
        BLOCKS * CALLS_IN_A_BLOCK
    );
    for (version, sides) in &sides {
        let block = |side| {
            let requests: Vec<_> = (0..CALLS_IN_A_BLOCK).map(|_| request()).collect();
            let (thread, process) = (ThreadTime::now(), ProcessTime::now());
            runtime.block_on(async {
                for request in requests {
                    match side {
                        Side::Call => sides.call(request).await,
                        Side::Post => drop(sides.bare.post().await),
                    }
                }
            });
            [thread.elapsed(), process.elapsed()].map(|time| time.as_secs_f64())
        };
        let runs = interleaved(BLOCKS, block);
        for (whose, index) in [("calling thread", 0), ("process, endpoint included", 1)] {
            let of_one = |seconds: f64| seconds / (BLOCKS * CALLS_IN_A_BLOCK) as f64 * 1e6;
            let ratios: Vec<_> = runs
                .iter()
                .map(|[call, post]| call[index] / post[index])
                .collect();
            let added = runs
                .iter()
                .map(|[call, post]| of_one(call[index] - post[index]));
            let post = runs.iter().map(|[_, post]| of_one(post[index]));
            println!(
                "  {version:?}, {whose}: ratio {}; {:.1} µs more than {:.1} µs",
                spread(&ratios),
                median(added.collect()),
                median(post.collect())
            );
        }
    }

    println!("Throughput of calls against posts, V1:");
    let sides = &sides[0].1;
    for at_once in [1, 8, 64, 512] {
        let count = 1_024;
        let block = |side| {
            let start = Instant::now();
            runtime.block_on(sides.many(side, count, at_once));
            [start.elapsed().as_secs_f64()]
        };
        block(Side::Call);
        block(Side::Post);
        let runs = interleaved(6, block);
        let ratios: Vec<_> = runs.iter().map(|[call, post]| post[0] / call[0]).collect();
        let each_second = runs.iter().map(|[call, _]| 6.0 * count as f64 / call[0]);
        println!(
            "  {at_once:>3} at once: ratio {}, {:.0} calls/s",
            spread(&ratios),
            median(each_second.collect())
        );
    }

    criterion(&runtime, sides);
}

/// What the calls and what the posts of a run took, by several clocks; the two take turns.
fn interleaved<const N: usize>(
    blocks: usize,
    block: impl Fn(Side) -> [f64; N],
) -> Vec<[[f64; N]; 2]> {
    let run = |_| {
        let mut taken = [[0.0; N]; 2];
        for number in 0..blocks {
            let turns = [(Side::Call, 0), (Side::Post, 1)];
            // Neither side always goes first.
            for turn in 0..2 {
                let (side, index) = turns[(number + turn) % 2];
                for (sum, time) in taken[index].iter_mut().zip(block(side)) {
                    *sum += time;
                }
            }
        }
        taken
    };
    (0..RUNS).map(run).collect()
}

/// The same in wall time, each side by itself.
fn criterion(runtime: &tokio::runtime::Runtime, sides: &Arc<Sides>) {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("loopback");
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    for at_once in [1, 8, 64, 512] {
        group.throughput(Throughput::Elements(at_once as u64));
        group.bench_function(format!("call, {at_once} at once"), |bencher| {
            bencher.iter(|| runtime.block_on(sides.many(Side::Call, at_once, at_once)));
        });
        group.bench_function(format!("bare post, {at_once} at once"), |bencher| {
            bencher.iter(|| runtime.block_on(sides.many(Side::Post, at_once, at_once)));
        });
    }
    group.finish();
    criterion.final_summary();
}
