//! The example in a process of its own, killed after each of its events, then resumed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{ID, LARGE, SMALL};

/// The example's program, which `cargo test` builds along.
fn example() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(|deps| deps.parent()).unwrap();
    let path = path.join("examples/resize");
    assert!(
        path.exists(),
        "build it first: cargo build --example resize"
    );
    path
}

fn spawn(simulator: &Simulator, arguments: &[&str]) -> Child {
    Command::new(example())
        .args(["--endpoint", simulator.endpoint(), "--speed", "50"])
        .args(arguments)
        .env_clear()
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", simulator.access_key_id())
        .env(
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            simulator.access_key_secret(),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets it run until it has told of this many events, then kills it; the resume key that it had printed.
fn run_until(mut child: Child, events: usize) -> (usize, String) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = 0;
    let mut key = None;
    for line in lines.map_while(Result::ok) {
        let Some(event) = line.strip_prefix("* ") else {
            continue;
        };
        told += 1;
        key = key.or(event
            .split_once("resume key ")
            .map(|(_, key)| key.to_owned()));
        if told == events {
            // SIGKILL
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    (told, key.expect("the first event has the key"))
}

async fn simulator(from: &str) -> Simulator {
    let simulator = Simulator::builder()
        .transition(Duration::from_millis(60))
        .order_processing(Duration::from_millis(90))
        .start()
        .await
        .unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, from).running());
    simulator
}

/// Kills the run after this many events; `false` if it had no more.
async fn killed_and_resumed(from: &'static str, to: &'static str, events: usize) -> bool {
    let simulator = simulator(from).await;
    let arguments = ["--instance-id", ID, "--instance-type", to];
    let child = spawn(&simulator, &arguments);
    let (told, key) = tokio::task::spawn_blocking(move || run_until(child, events))
        .await
        .unwrap();

    let resumed = spawn(&simulator, &["--resume", &key]);
    let output = tokio::task::spawn_blocking(move || resumed.wait_with_output());
    let output = output.await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "killed after event {events}: {text}"
    );
    let orders = simulator.orders();
    assert_eq!(orders.len(), 1, "killed after event {events}: {orders:?}");
    let instance = simulator.instance(ID).unwrap();
    let state = (
        instance.effective_type(),
        format!("{:?}", instance.status()),
    );
    assert_eq!(
        state,
        (to, "Running".to_owned()),
        "killed after event {events}"
    );
    told == events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_event_and_resumed_there_is_one_order_and_the_instance_runs() {
    let at_once = Arc::new(Semaphore::new(6));
    let mut tasks = JoinSet::new();
    for (from, to) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let uninterrupted = simulator(from).await;
        let child = spawn(
            &uninterrupted,
            &["--instance-id", ID, "--instance-type", to],
        );
        let events = tokio::task::spawn_blocking(move || run_until(child, usize::MAX));
        let (events, _) = events.await.unwrap();
        assert!(events >= 8, "{events}");
        for event in 1..=events {
            let at_once = Arc::clone(&at_once);
            tasks.spawn(async move {
                let _permit = at_once.acquire_owned().await;
                killed_and_resumed(from, to, event).await
            });
        }
    }
    let killed = tasks
        .join_all()
        .await
        .into_iter()
        .filter(|killed| *killed)
        .count();
    assert!(killed >= 16, "{killed}");
}
