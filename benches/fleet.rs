//! The cost of a fleet of resizes in one process: CPU time and memory for 1,000, 4,000 and 10,000 instances, with a
//! concurrency of 100 and of all instances. Both must grow linearly.
//!
//! `cargo bench --bench fleet`, or with `-- 10` for a tenth of the instances. The service is a transport in memory, so
//! that only the client is measured. Time passes a hundred times as fast, or ten times as fast if all instances run
//! concurrently: a run repeats polls that are older than 15 s, and a single core must not fall behind by that much.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench may fail loudly")]

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::FleetOptions;
use aliyun_ecs::simulator::FastClock;
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, Client, Credentials, Resize};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use cpu_time::ProcessTime;

/// An instance that was ordered or restarted; all others have their initial state.
#[derive(Debug, Clone, Copy, Default)]
struct Changed {
    ordered: bool,
    reboots: u32,
    /// The next poll shows that it restarts.
    starting: bool,
}

/// A service in memory: every instance can become `ecs.g5.xlarge`, at once.
#[derive(Debug, Default)]
struct Service(Mutex<HashMap<String, Changed>>);

impl Service {
    fn respond(&self, body: &str) -> String {
        let value = |name: &str| {
            let (_, rest) = body.split_once(&format!("&{name}="))?;
            Some(rest.split('&').next().unwrap_or_default())
        };
        let action = body.split_once("Action=").unwrap().1;
        let action = action.split('&').next().unwrap();
        let id = value("InstanceId")
            .or(value("ResourceId"))
            .or(value("InstanceIds"));
        let id = id
            .unwrap_or_default()
            .replace("%5B%22", "")
            .replace("%22%5D", "");
        let mut all = self.0.lock().unwrap();
        match action {
            "DescribeInstances" => {
                let changed = all.get_mut(&id).map(|it| (*it, it.starting = false).0);
                let changed = changed.unwrap_or_default();
                let kind = if changed.ordered { "ecs.g5.xlarge" } else { "ecs.g5.large" };
                let status = if changed.starting { "Starting" } else { "Running" };
                // After a restart the start time is later than the time of the request.
                let started = match changed.reboots {
                    0 => DateTime::<Utc>::UNIX_EPOCH,
                    _ => SystemClock::new().now() + Duration::from_secs(120),
                };
                let started = started.format("%Y-%m-%dT%H:%MZ");
                format!(
                    r#"{{"RequestId":"R","TotalCount":1,"Instances":{{"Instance":[{{"InstanceId":"{id}","InstanceType":"{kind}","Status":"{status}","StartTime":"{started}","InstanceChargeType":"PrePaid","ExpiredTime":"2099-01-01T00:00Z"}}]}}}}"#
                )
            }
            "DescribeResourcesModification" => r#"{"RequestId":"R","AvailableZones":{"AvailableZone":[{"AvailableResources":{"AvailableResource":[{"Type":"InstanceType","SupportedResources":{"SupportedResource":[{"Value":"ecs.g5.xlarge","Status":"Available"}]}}]}}]}}"#.into(),
            "DescribeDisks" => r#"{"RequestId":"R","Disks":{"Disk":[{"DiskId":"d-1","Category":"cloud_essd","Type":"system"}]}}"#.into(),
            "ModifyPrepayInstanceSpec" => {
                all.entry(id).or_default().ordered = true;
                r#"{"RequestId":"R","OrderId":"1"}"#.into()
            }
            "RebootInstance" => {
                let changed = all.entry(id).or_default();
                changed.reboots += 1;
                changed.starting = true;
                r#"{"RequestId":"R"}"#.into()
            }
            other => panic!("{other}"),
        }
    }
}

impl HttpTransport for Service {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let body = format!("&{}", std::str::from_utf8(request.body()).unwrap());
        let response = Bytes::from(self.respond(&body));
        Box::pin(async move {
            let mut response = http::Response::new(ResponseBody::from(response));
            let json = http::HeaderValue::from_static("application/json");
            response
                .headers_mut()
                .insert(http::header::CONTENT_TYPE, json);
            Ok(response)
        })
    }
}

/// A line of `/proc/self/status` in KiB; 0 on systems other than Linux.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

async fn fleet(instances: usize, concurrency: usize, speed: u32) {
    let before = memory("VmRSS:");
    let client = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .transport(Service::default())
        .clock(FastClock::new(speed))
        .attempt_timeout(Duration::from_secs(3_600))
        .timeout(Duration::from_secs(36_000))
        .build()
        .unwrap();
    let resizes = (0..instances).map(|number| {
        let resize = Resize::builder(format!("i-{number}"), "ecs.g5.xlarge");
        resize
            .timeout(Duration::from_secs(360_000))
            .build()
            .unwrap()
    });
    let options = FleetOptions::default().with_concurrency(concurrency);
    let start = ProcessTime::now();
    let mut run = client.resize_many(resizes, options);
    let (mut events, mut most) = (0_u64, 0);
    while run.next().await.is_some() {
        events += 1;
        if events.is_multiple_of(256) {
            most = most.max(memory("VmRSS:"));
        }
    }
    let report = run.await;
    let cpu = start.elapsed();
    assert!(report.is_success(), "{report}");
    println!(
        "{instances:>9}{concurrency:>13}{:>11.0}{:>15.1}{:>14.1}{:>12.1}",
        cpu.as_secs_f64() * 1_000.0,
        cpu.as_secs_f64() * 1e6 / instances as f64,
        most.saturating_sub(before) as f64 / instances as f64,
        events as f64 / instances as f64,
    );
}

fn main() {
    let divisor = std::env::args().skip(1).find_map(|it| it.parse().ok());
    let divisor: usize = divisor.unwrap_or(1);
    println!("instances  concurrency    CPU, ms  µs/instance  KiB/instance  events/instance");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (concurrency, speed) in [(100, 100), (usize::MAX, 10)] {
        for instances in [1_000, 4_000, 10_000] {
            let instances = instances / divisor;
            runtime.block_on(fleet(instances, concurrency.min(instances), speed));
        }
    }
}
