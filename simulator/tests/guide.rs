//! Runs the commands and snippets of the guide for other languages against the program.
//!
//! The tests of the SDKs install them from PyPI, npm and the Go module proxy, so they run on request only: `cargo test
//! -p aliyun-ecs-simulator --test guide -- --include-ignored`. If an SDK cannot be installed, the test prints that and
//! passes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const GUIDE: &str = include_str!("../../src/guide/simulator.md");

/// The running program, which is stopped at the end of the test.
struct Program {
    child: Child,
    port: u16,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aliyun-ecs-simulator"))
            .args(["--port", "0", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        let endpoint = announced["endpoint"].as_str().unwrap();
        let port = endpoint.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port }
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The text of the guide with the port of this program.
    fn adapted(&self, text: &str) -> String {
        text.replace("8780", &self.port.to_string())
    }
}

/// The code blocks in a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("```{language}\n");
    let rest = GUIDE.split(&*start).skip(1);
    rest.map(|rest| rest.split("```").next().unwrap()).collect()
}

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Whether the command exists and succeeds; the test harness shows its output if it does not.
fn succeeds(command: &mut Command) -> bool {
    match command.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            eprintln!("{}", String::from_utf8_lossy(&output.stdout));
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            eprintln!("{command:?}: {error}");
            false
        }
    }
}

#[test]
fn the_commands_with_curl_run() {
    if !succeeds(Command::new("curl").arg("--version")) {
        eprintln!("skipped: curl is not installed");
        return;
    }
    let program = Program::start();
    let [script] = blocks("sh").try_into().unwrap();
    let script = format!("set -euo pipefail\n{}", program.adapted(script));
    let path = directory("curl");
    let mut command = Command::new("bash");
    assert!(succeeds(command.args(["-c", &script]).current_dir(&path)));
    let world: Value = serde_json::from_slice(&fs::read(path.join("world.json")).unwrap()).unwrap();
    let instances = world["instances"].as_array().unwrap();
    assert!(instances.iter().any(|it| it["instance_id"] == "i-web"));
    assert_eq!(world["faults"][0]["kind"], "response");
}

#[test]
fn the_admin_client_in_python_runs() {
    if !succeeds(Command::new("python3").arg("--version")) {
        eprintln!("skipped: python3 is not installed");
        return;
    }
    let program = Program::start();
    let script = program.adapted(blocks("python")[0]);
    assert!(succeeds(Command::new("python3").args(["-c", &script])));
}

/// Runs a snippet and the scenario that follows it.
fn run_python(name: &str, package: &str, block: usize) {
    let path = directory(name);
    let python = path.join("bin/python");
    let installed = path.join("installed");
    if !installed.exists() {
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&path));
        let pip = ["-m", "pip", "install", "--quiet", package];
        if !made || !succeeds(Command::new(&python).args(pip)) {
            eprintln!("skipped: {package} cannot be installed");
            return;
        }
        fs::write(&installed, package).unwrap();
    }
    let program = Program::start();
    let snippet = program.adapted(blocks("python")[block]);
    let script = format!("{snippet}\n{}", include_str!("sdks/scenario.py"));
    let mut command = Command::new(&python);
    command.args(["-c", &script]);
    assert!(succeeds(command.env("SIMULATOR", program.endpoint())));
}

fn run_node(name: &str, packages: &[&str], block: usize) {
    let path = directory(name);
    let installed = path.join("installed");
    if !installed.exists() {
        fs::write(path.join("package.json"), "{}").unwrap();
        let npm = ["install", "--no-fund", "--no-audit"];
        let mut command = Command::new("npm");
        if !succeeds(command.args(npm).args(packages).current_dir(&path)) {
            eprintln!("skipped: {packages:?} cannot be installed");
            return;
        }
        fs::write(&installed, name).unwrap();
    }
    let program = Program::start();
    let snippet = program.adapted(blocks("javascript")[block]);
    let script = format!("{snippet}\n{}", include_str!("sdks/scenario.js"));
    fs::write(path.join("scenario.js"), script).unwrap();
    let mut command = Command::new("node");
    command.arg("scenario.js").current_dir(&path);
    assert!(succeeds(command.env("SIMULATOR", program.endpoint())));
}

#[test]
#[ignore = "installs an SDK from PyPI"]
fn the_python_sdk_orders_once() {
    run_python("python", "alibabacloud_ecs20140526==7.11.8", 1);
}

#[test]
#[ignore = "installs an SDK from PyPI"]
fn the_classic_python_sdk_orders_once() {
    run_python("python-classic", "aliyun-python-sdk-ecs==4.24.83", 2);
}

#[test]
#[ignore = "installs an SDK from npm"]
fn the_node_sdk_orders_once() {
    run_node("node", &["@alicloud/ecs20140526@7.11.6"], 0);
}

#[test]
#[ignore = "installs an SDK from npm"]
fn the_classic_node_sdk_orders_once() {
    run_node("node-classic", &["@alicloud/pop-core@1.8.0"], 1);
}

#[test]
#[ignore = "installs an SDK from the Go module proxy"]
fn the_go_sdk_orders_once() {
    let path = directory("go");
    fs::write(path.join("go.mod"), "module guide\n\ngo 1.19\n").unwrap();
    let program = Program::start();
    let [snippet] = blocks("go").try_into().unwrap();
    fs::write(path.join("guide.go"), program.adapted(snippet)).unwrap();
    fs::write(path.join("main.go"), include_str!("sdks/scenario.go.txt")).unwrap();
    let mut command = Command::new("go");
    if !succeeds(command.args(["mod", "tidy"]).current_dir(&path)) {
        eprintln!("skipped: the modules of the Go SDK cannot be installed");
        return;
    }
    let mut command = Command::new("go");
    command.args(["run", "."]).current_dir(&path);
    assert!(succeeds(command.env("SIMULATOR", program.endpoint())));
}
