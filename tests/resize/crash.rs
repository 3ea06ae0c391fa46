//! A run in a child process, killed after each of its events, then resumed with one of the keys.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Credentials, Resize};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{ID, LARGE, SMALL};

const SPEED: u32 = 50;

/// What the child process does: this very test, with an environment that says what to run.
///
/// Prints the key of each event before it polls again, and `done` at the end.
#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "how the parent process selects what to run"
)]
async fn child() {
    let Ok(endpoint) = std::env::var("RESIZE_ENDPOINT") else {
        return;
    };
    let variable = |name: &str| std::env::var(name).unwrap();
    let client = Client::builder()
        .endpoint(endpoint)
        .region("cn-hangzhou")
        .credentials(Credentials::new(
            variable("RESIZE_KEY_ID"),
            variable("RESIZE_KEY_SECRET"),
        ))
        .clock(FastClock::new(SPEED))
        .attempt_timeout(Duration::from_secs(15) * SPEED)
        .timeout(Duration::from_secs(60) * SPEED)
        .build()
        .unwrap();
    let resize = match std::env::var("RESIZE_RESUME") {
        Ok(key) => Resize::resume(key.parse().unwrap()),
        Err(_) => Resize::builder(ID, variable("RESIZE_TYPE")),
    };
    let mut run = client.resize(resize.build().unwrap());
    while let Some(event) = run.next().await {
        println!("\n* {}", event.resume_key());
        std::io::stdout().flush().unwrap();
    }
    match run.await {
        Ok(report) => println!("\ndone {}", report.completion().as_str()),
        Err(error) => println!("\nfailed {error}"),
    }
}

fn spawn(simulator: &Simulator, name: &str, value: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env_clear()
        .env("RESIZE_ENDPOINT", simulator.endpoint())
        .env("RESIZE_KEY_ID", simulator.access_key_id())
        .env("RESIZE_KEY_SECRET", simulator.access_key_secret())
        .env(name, value)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child had printed when it was killed or had ended.
struct Printed {
    keys: Vec<String>,
    end: String,
}

/// Lets it run until it has printed this many events, then kills it.
fn run_until(mut child: Child, events: usize) -> Printed {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Printed {
        keys: Vec::new(),
        end: String::new(),
    };
    for line in lines.map_while(Result::ok) {
        if let Some(key) = line.strip_prefix("* ") {
            printed.keys.push(key.to_owned());
        } else if line.starts_with("done ") || line.starts_with("failed ") {
            printed.end = line;
        }
        if printed.keys.len() == events {
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
        .transition(Duration::from_secs(8) / SPEED)
        .order_processing(Duration::from_secs(7) / SPEED)
        .start()
        .await
        .unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, from).running());
    simulator
}

async fn run(child: Child, events: usize) -> Printed {
    tokio::task::spawn_blocking(move || run_until(child, events))
        .await
        .unwrap()
}

/// Kills the run after this many events, and resumes it with the key of one of them.
async fn killed_and_resumed(from: &'static str, to: &'static str, events: usize, key: usize) {
    let simulator = simulator(from).await;
    let killed = run(spawn(&simulator, "RESIZE_TYPE", to), events).await;
    let key = killed.keys.get(key.min(killed.keys.len() - 1)).unwrap();
    let resumed = run(spawn(&simulator, "RESIZE_RESUME", key), usize::MAX).await;
    let what = format!("{from} to {to}, killed after event {events}, resumed with {key}");
    assert!(resumed.end.starts_with("done"), "{what}: {}", resumed.end);
    let orders = simulator.orders();
    assert_eq!(orders.len(), 1, "{what}: {orders:?}");
    let instance = simulator.instance(ID).unwrap();
    assert_eq!(instance.effective_type(), to, "{what}: {}", resumed.end);
    assert_eq!(format!("{:?}", instance.status()), "Running", "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_run_resumes_with_any_key_to_one_order_and_a_running_instance() {
    let at_once = Arc::new(Semaphore::new(6));
    let mut tasks = JoinSet::new();
    for (from, to) in [(SMALL, LARGE), (LARGE, SMALL)] {
        let uninterrupted = simulator(from).await;
        let printed = run(spawn(&uninterrupted, "RESIZE_TYPE", to), usize::MAX).await;
        assert_eq!(printed.end, "done in_effect");
        let count = printed.keys.len();
        assert!(count >= 12, "{count}");
        // The first key, the last one, and those between in turn.
        let mut cases: Vec<(usize, usize)> = (1..=count)
            .flat_map(|event| [(event, 0), (event, event - 1)])
            .collect();
        cases.extend((1..count).map(|key| (count, key)));
        for (event, key) in cases {
            let at_once = Arc::clone(&at_once);
            tasks.spawn(async move {
                let _permit = at_once.acquire_owned().await;
                killed_and_resumed(from, to, event, key).await;
            });
        }
    }
    tasks.join_all().await;
}
