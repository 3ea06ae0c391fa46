//! Metrics of a worker, as Prometheus reads them.

use std::io::{Read, Write};
use std::net::TcpStream;

use nix::sys::signal::Signal;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::database::Database;
use crate::world::{World, check_orders};

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// The value of a series.
fn value(metrics: &str, series: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series));
    let line = line.unwrap_or_else(|| panic!("no {series} in {metrics}"));
    line.trim().parse().unwrap()
}

#[test]
fn metrics_count_what_the_simulator_has_received() {
    let database = Database::sqlite();
    let world = World::new(&database, 8);
    world.plan();
    // The orders cost less than their plans: the report has the price that was paid.
    world
        .simulator
        .set_price("ecs.g5.xlarge", Decimal::from(77), Decimal::ZERO);
    let mut worker = world.worker_with(&["--metrics", "127.0.0.1:0", "--forever"]);
    let lines = || {
        world
            .log()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .collect::<Vec<_>>()
    };
    let is_metrics = |line: &Value| line["event"] == "metrics";
    world.wait_until("the address is printed", || lines().iter().any(is_metrics));
    let first = lines().into_iter().find(is_metrics).unwrap();
    let address = first["address"].as_str().unwrap();
    world.wait_until("all have ended", || world.open() == 0);
    let metrics = get(address, "/metrics");
    let calls = |action: &str| {
        let requests = world.simulator.requests();
        let accepted = requests
            .iter()
            .filter(|it| it.action() == action && it.http_status() == 200);
        let count = accepted.count();
        let series = format!("ecs_calls_total{{action=\"{action}\",result=\"ok\"}}");
        assert_eq!(value(&metrics, &series), count as u64, "{action}");
        let series = format!("ecs_call_seconds_count{{action=\"{action}\"}}");
        assert!(value(&metrics, &series) >= count as u64, "{action}");
    };
    for action in ["ModifyPrepayInstanceSpec", "StopInstance", "RebootInstance"] {
        calls(action);
    }
    assert_eq!(value(&metrics, "fleet_resizes{phase=\"done\"}"), 8);
    assert!(metrics.contains("ecs_call_seconds_bucket{action=\"DescribeInstances\",le=\""));
    assert!(get(address, "/").starts_with("HTTP/1.1 404"));
    worker.signal(Signal::SIGTERM);
    assert!(worker.wait().success(), "{}", world.status());
    world.check();
    check_orders(&world.report(), &[&world.simulator]);
}
