//! The service is killed in the middle of a resize. The next process resumes it: one order, and the instance runs.

#![allow(clippy::unwrap_used, reason = "this is all test code")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ID: &str = "i-bp67acfmxazb4ph1a2b3";

struct Service {
    process: Child,
    address: String,
}

impl Service {
    /// Starts it on a free port, which it logs.
    fn start(simulator: &Simulator, database: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_resize-service"))
            .env_clear()
            .env("ECS_ENDPOINT", simulator.endpoint())
            .env("ALIBABA_CLOUD_REGION_ID", simulator.region())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", simulator.access_key_id())
            .env(
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                simulator.access_key_secret(),
            )
            .env("DATABASE", database)
            .env("LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let line: Value = serde_json::from_str(&line).unwrap();
            Some(line["fields"]["address"].as_str()?.to_owned())
        });
        // Read its other lines as well, so that it can continue to write.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self {
            process,
            address: address.unwrap(),
        }
    }

    fn kill(mut self) {
        self.process.kill().unwrap(); // SIGKILL
        self.process.wait().unwrap();
    }

    /// Sends a request on a new connection; returns the status and the body.
    async fn send(&self, request: &str, body: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.address).await.unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        connection
            .write_all((head + body).as_bytes())
            .await
            .unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    async fn get(&self, path: &str) -> Value {
        let (_, body) = self.send(&format!("GET {path}"), "").await;
        serde_json::from_str(&body).unwrap()
    }

    async fn create(&self, body: Value) -> (u16, Value) {
        let (status, body) = self.send("POST /resizes", &body.to_string()).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Polls until `done` returns something.
    async fn wait<T>(&self, id: &str, done: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            if let Some(found) = done(&self.get(&format!("/resizes/{id}")).await) {
                return found;
            }
            pause().await;
        }
    }
}

async fn pause() {
    SystemClock::new().sleep(Duration::from_millis(20)).await;
}

/// Kills the service once the simulator is in this state; checks that the next process completes the resize.
async fn killed_when(reached: impl Fn(&Simulator) -> bool, from: &str, to: &str) {
    let simulator = Simulator::builder()
        .order_processing(Duration::from_millis(700))
        .transition(Duration::from_millis(700))
        .start()
        .await
        .unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, from).running());
    let folder = std::env::temp_dir().join(format!("resize-service-{}-{from}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let database = folder.join("resizes.db");

    let service = Service::start(&simulator, &database);
    let request = json!({ "instance_id": ID, "instance_type": to });
    let (status, body) = service.create(request).await;
    assert_eq!(status, 202, "{body}");
    let id = body["id"].as_str().unwrap().to_owned();
    while !reached(&simulator) {
        pause().await;
    }
    service.kill();

    let service = Service::start(&simulator, &database);
    let result = service
        .wait(&id, |row| {
            row["result"].is_object().then(|| row["result"].clone())
        })
        .await;
    assert_eq!(result["report"]["completion"], "in_effect", "{result}");
    assert_eq!(simulator.orders().len(), 1, "{result}");
    let instance = simulator.instance(ID).unwrap();
    assert_eq!(instance.effective_type(), to);
    assert_eq!(format!("{:?}", instance.status()), "Running");
    let (_, metrics) = service.send("GET /metrics", "").await;
    for series in [
        "ecs_calls_total{action=\"DescribeInstances\",result=\"ok\"}",
        "ecs_call_seconds_bucket{action=\"DescribeInstances\",le=\"1\"}",
        "ecs_call_seconds_count{action=\"DescribeInstances\"}",
    ] {
        assert!(metrics.contains(series), "no {series} in {metrics}");
    }
    service.kill();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_killed_service_completes_its_resizes_after_a_restart() {
    let status = |simulator: &Simulator| format!("{:?}", simulator.instance(ID).unwrap().status());
    let (small, large) = ("ecs.g5.large", "ecs.g5.xlarge");
    killed_when(|_| true, small, large).await;
    killed_when(|simulator| simulator.orders().len() == 1, small, large).await;
    killed_when(|simulator| status(simulator) == "Stopped", large, small).await;
}

#[tokio::test]
async fn an_instance_has_at_most_one_open_resize() {
    let slow = Simulator::builder().order_processing(Duration::from_secs(3_600));
    let simulator = slow.start().await.unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large"));
    let folder = std::env::temp_dir().join(format!("resize-service-{}-one", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let service = Service::start(&simulator, &folder.join("resizes.db"));
    let request = json!({ "instance_id": ID, "instance_type": "ecs.g5.xlarge" });
    assert_eq!(service.create(request.clone()).await.0, 202);
    assert_eq!(service.create(request).await.0, 409);
    service.kill();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn an_impossible_resize_is_a_client_error() {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large"));
    simulator.sold_out("ecs.g5.xlarge");
    let folder = std::env::temp_dir().join(format!("resize-service-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let service = Service::start(&simulator, &folder.join("resizes.db"));
    let (status, body) = service
        .create(json!({ "instance_id": ID, "instance_type": "ecs.g5.xlarge" }))
        .await;
    assert_eq!(
        (status, body["kind"].as_str()),
        (409, Some("sold_out")),
        "{body}"
    );
    let (status, body) = service
        .create(json!({ "instance_id": ID, "instance_type": "g5.xlarge" }))
        .await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(body["violations"][0]["parameter"], "InstanceType");
    service.kill();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(simulator.orders().is_empty());
}

#[test]
fn the_guide_shows_the_metrics_of_this_service() {
    let code = include_str!("../src/metrics.rs")
        .split_once("use ")
        .unwrap()
        .1;
    let guide = include_str!("../../../src/guide/observability.md");
    assert!(guide.contains(code), "the guide shows other code");
}
