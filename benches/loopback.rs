//! Calls over loopback, compared with bare reqwest, which posts the same signed bytes in the same run.
//!
//! `cargo bench --bench loopback`. The two alternate in short blocks, so that other load on the machine affects both
//! equally. Only their ratio is meaningful.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a bench may panic, and reads clocks"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aliyun_ecs::{Client, ModifyPrepayInstanceSpecRequest, SignatureVersion};
use cpu_time::{ProcessTime, ThreadTime};
use criterion::{Criterion, Throughput};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use support::{Bare, Transport, median, request, server, spread};

/// The number of blocks of each side in a run.
const BLOCKS: usize = 50;
const CALLS_IN_A_BLOCK: usize = 100;
const RUNS: usize = 5;

/// The crate's client and the bare one, connected to the same endpoint.
struct Sides {
    client: Client,
    bare: Bare,
}

impl Sides {
    fn new(version: SignatureVersion, transport: Transport, endpoint: &str) -> Self {
        Self {
            client: support::pooled(version, transport, endpoint),
            bare: Bare::new(version, endpoint),
        }
    }

    async fn call(&self, request: ModifyPrepayInstanceSpecRequest) {
        let response = self.client.modify_prepay_instance_spec(request).await;
        response.expect("an order");
    }

    /// Makes one call or post for each request, in `at_once` concurrent tasks.
    async fn many(
        self: &Arc<Self>,
        side: Side,
        requests: Vec<ModifyPrepayInstanceSpecRequest>,
        at_once: usize,
    ) {
        let of_one = requests.len() / at_once;
        let mut requests = requests.into_iter();
        let mut tasks = JoinSet::new();
        for _ in 0..at_once {
            let sides = Arc::clone(self);
            let requests: Vec<_> = requests.by_ref().take(of_one).collect();
            tasks.spawn(async move { sides.one_by_one(side, requests).await });
        }
        tasks.join_all().await;
    }

    async fn one_by_one(&self, side: Side, requests: Vec<ModifyPrepayInstanceSpecRequest>) {
        for request in requests {
            match side {
                Side::Call => self.call(request).await,
                Side::Post => drop(self.bare.post().await),
            }
        }
    }
}

fn requests(count: usize) -> Vec<ModifyPrepayInstanceSpecRequest> {
    (0..count).map(|_| request()).collect()
}

/// One of the two.
#[derive(Clone, Copy)]
enum Side {
    Call,
    Post,
}

/// The CPU time of a thread or a process.
type Clock = fn() -> Duration;

fn main() {
    let runtime = support::runtime();
    let versions = [SignatureVersion::V1, SignatureVersion::V3];
    let kinds = [Transport::Reqwest, Transport::Hyper]
        .map(|transport| versions.map(|version| (version, transport)));
    let connect = |endpoint: &str| {
        let sides = |&(version, transport): &_| Sides::new(version, transport, endpoint);
        let kinds = kinds.as_flattened().iter();
        kinds
            .map(|kind| (*kind, Arc::new(sides(kind))))
            .collect::<Vec<_>>()
    };

    println!(
        "CPU time of a call against that of a post, {RUNS} runs of {} each, requests built beforehand:",
        BLOCKS * CALLS_IN_A_BLOCK
    );
    let here = connect(&server::start_on(&runtime));
    let there = connect(&server::start());
    let thread: Clock = || ThreadTime::now().as_duration();
    let process: Clock = || ProcessTime::now().as_duration();
    for (sides, clocks) in [
        (&here, &[("one thread, the endpoint on it", thread)][..]),
        (
            &there,
            &[
                ("the endpoint on another thread, this one", thread),
                ("the endpoint on another thread, both", process),
            ],
        ),
    ] {
        for (kind, sides) in sides {
            cpu_time(&runtime, *kind, sides, clocks);
        }
    }

    println!("Throughput of calls against posts, V1, requests built beforehand:");
    let sides = &there[0].1;
    for at_once in [1, 8, 64, 512] {
        let count = 1_024;
        let block = |side| {
            let requests = requests(count);
            let start = Instant::now();
            runtime.block_on(sides.many(side, requests, at_once));
            vec![start.elapsed().as_secs_f64()]
        };
        block(Side::Call);
        block(Side::Post);
        let runs = interleaved(6, 1, block);
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

/// Prints the CPU time of calls and posts by each clock.
fn cpu_time(
    runtime: &Runtime,
    (version, transport): (SignatureVersion, Transport),
    sides: &Sides,
    clocks: &[(&str, Clock)],
) {
    let block = |side| {
        let requests = requests(CALLS_IN_A_BLOCK);
        let before: Vec<_> = clocks.iter().map(|(_, clock)| clock()).collect();
        runtime.block_on(sides.one_by_one(side, requests));
        let after = clocks.iter().zip(before);
        after
            .map(|((_, clock), before)| (clock() - before).as_secs_f64())
            .collect()
    };
    let runs = interleaved(BLOCKS, clocks.len(), block);
    for (index, (whose, _)) in clocks.iter().enumerate() {
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
            "  {version:?}, {transport:?}, {whose}: ratio {}; {:.1} µs more than {:.1} µs",
            spread(&ratios),
            median(added.collect()),
            median(post.collect())
        );
    }
}

/// The times of the calls and the posts of a run by several clocks. The two alternate.
fn interleaved(
    blocks: usize,
    clocks: usize,
    block: impl Fn(Side) -> Vec<f64>,
) -> Vec<[Vec<f64>; 2]> {
    let run = |_| {
        let mut taken = [vec![0.0; clocks], vec![0.0; clocks]];
        for number in 0..blocks {
            let turns = [(Side::Call, 0), (Side::Post, 1)];
            // Alternate which side goes first.
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

/// The same in wall time, each side separately.
fn criterion(runtime: &Runtime, sides: &Arc<Sides>) {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("loopback");
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    for at_once in [1, 8, 64, 512] {
        group.throughput(Throughput::Elements(at_once as u64));
        group.bench_function(format!("call, {at_once} at once"), |bencher| {
            bencher.iter(|| runtime.block_on(sides.many(Side::Call, requests(at_once), at_once)));
        });
        group.bench_function(format!("bare post, {at_once} at once"), |bencher| {
            bencher.iter(|| runtime.block_on(sides.many(Side::Post, requests(at_once), at_once)));
        });
    }
    group.finish();
    criterion.final_summary();
}
