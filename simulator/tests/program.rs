//! Tests of the program: its output, its exit, and its error messages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

fn program(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_aliyun-ecs-simulator"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The first line that the program prints.
fn first_line(child: &mut Child) -> (String, BufReader<std::process::ChildStdout>) {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (line, out)
}

fn get(endpoint: &str, path: &str) -> Value {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

#[test]
fn the_program_serves_until_a_signal_and_prints_a_summary() {
    for signal in ["-TERM", "-INT"] {
        let mut child = program(&["--port", "0", "--json", "--region", "cn-beijing"]);
        let (line, mut out) = first_line(&mut child);
        let announced: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(announced["region"], "cn-beijing");
        let health = get(
            announced["endpoint"].as_str().unwrap(),
            "/_simulator/health",
        );
        assert_eq!(health["access_key_id"], announced["access_key_id"]);
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "{\"orders\":0,\"requests\":0}\n");
    }
}

#[test]
fn the_program_listens_on_ipv6_and_loads_a_world() {
    let world = std::env::temp_dir().join(format!("world-{}.json", std::process::id()));
    std::fs::write(&world, r#"{"region": "cn-qingdao", "instances": [{"instance_id": "i-1", "instance_type": "ecs.g5.large"}]}"#).unwrap();
    let config = world.to_str().unwrap();
    let mut child = program(&["--host", "::1", "--port", "0", "--config", config, "--json"]);
    let (line, _out) = first_line(&mut child);
    let announced: Value = serde_json::from_str(&line).unwrap_or_default();
    if announced.is_null() {
        // A machine without IPv6.
        child.wait().unwrap();
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let endpoint = announced["endpoint"].as_str().unwrap();
    assert!(endpoint.starts_with("http://[::1]:") && announced["region"] == "cn-qingdao");
    let instances = get(endpoint, "/_simulator/instances");
    assert_eq!(instances["instances"][0]["instance_id"], "i-1");
    child.kill().unwrap();
    child.wait().unwrap();

    std::fs::write(&world, r#"{"instancs": []}"#).unwrap();
    let error = failure(&["--port", "0", "--config", config]);
    assert!(
        error.contains(config) && error.contains("instancs"),
        "{error}"
    );
    std::fs::remove_file(&world).unwrap();
    let error = failure(&["--config", config]);
    assert!(error.contains(config), "{error}");
}

#[test]
fn invalid_arguments_are_one_line_errors() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, named) in [
        (&["--port", &*port][..], &*format!("port {port} is in use")),
        (&["--no-such-option"], "--no-such-option"),
    ] {
        let error = failure(arguments);
        assert!(
            error.starts_with("error: ") && error.contains(named),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

fn failure(arguments: &[&str]) -> String {
    let output = program(arguments).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_thousand_connections_are_served() {
    let mut child = program(&["--port", "0", "--json"]);
    let (line, _out) = first_line(&mut child);
    let announced: Value = serde_json::from_str(&line).unwrap();
    let endpoint = announced["endpoint"].as_str().unwrap();
    let address = endpoint.strip_prefix("http://").unwrap();
    let connect = |_| TcpStream::connect(address).unwrap();
    let mut streams: Vec<TcpStream> = (0..1_000).map(connect).collect();
    for stream in &mut streams {
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .unwrap();
    }
    for stream in &mut streams {
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 400");
    }
    assert_eq!(get(endpoint, "/_simulator/health")["requests"], 1_000);
    child.kill().unwrap();
    child.wait().unwrap();
}
