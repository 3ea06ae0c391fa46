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

/// What a killed run had printed.
struct Printed {
    events: usize,
    /// The resume keys, the first one first.
    keys: Vec<String>,
}

/// Lets it run until it has told of this many events, then kills it.
fn run_until(mut child: Child, events: usize) -> Printed {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Printed {
        events: 0,
        keys: Vec::new(),
    };
    for line in lines.map_while(Result::ok) {
        let Some(event) = line.strip_prefix("* ") else {
            continue;
        };
        printed.events += 1;
        let key = event.split_once("resume key ");
        printed.keys.extend(key.map(|(_, key)| key.to_owned()));
        if printed.events == events {
            // SIGKILL
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    printed
}

async fn simulator(from: &str) -> Simulator {
    let simulator = Simulator::builder()
        .transition(Duration::from_millis(200))
        .order_processing(Duration::from_millis(90))
        .start()
        .await
        .unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, from).running());
    simulator
}

/// Which of the keys is kept.
type Choice = fn(&[String]) -> Option<&String>;

/// Kills the run after this many events, and resumes it with one of the keys; `false` if it had no more events.
async fn killed_and_resumed(
    from: &'static str,
    to: &'static str,
    events: usize,
    key: Choice,
) -> bool {
    let simulator = simulator(from).await;
    let arguments = ["--instance-id", ID, "--instance-type", to];
    let child = spawn(&simulator, &arguments);
    let printed = tokio::task::spawn_blocking(move || run_until(child, events));
    let printed = printed.await.unwrap();
    let key = key(&printed.keys).expect("the first event has a key");

    let resumed = spawn(&simulator, &["--resume", key]);
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
    printed.events == events
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
        let printed = tokio::task::spawn_blocking(move || run_until(child, usize::MAX));
        let printed = printed.await.unwrap();
        assert!(printed.events >= 8, "{}", printed.events);
        assert!(printed.keys.len() >= 2, "{:?}", printed.keys);
        let keys: [Choice; 2] = [<[String]>::first, <[String]>::last];
        for (event, key) in (1..=printed.events).flat_map(|event| keys.map(|key| (event, key))) {
            let at_once = Arc::clone(&at_once);
            tasks.spawn(async move {
                let _permit = at_once.acquire_owned().await;
                killed_and_resumed(from, to, event, key).await
            });
        }
    }
    let killed = tasks
        .join_all()
        .await
        .into_iter()
        .filter(|killed| *killed)
        .count();
    assert!(killed >= 32, "{killed}");
}
