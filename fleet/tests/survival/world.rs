//! A simulator in this process with a fleet of instances, and `fleet` as processes.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use aliyun_ecs::simulator::{
    InstanceStatus, OrderKind, SimulatedInstance, Simulator, SimulatorBuilder,
};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::database::Database;

/// What an upgrade costs.
pub(crate) const PRICE: i64 = 104;

const SPEED: u32 = 20;

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    instances: Vec<(String, &'static str)>,
    queue: String,
    folder: PathBuf,
    /// The simulator runs on it.
    _runtime: Runtime,
}

/// A process that ends with the test.
pub(crate) struct Worker(Child);

/// `fleet` with these arguments, a separate home directory, and no credentials.
pub(crate) fn program(folder: &Path, queue: &str, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.env_clear().env("HOME", folder);
    command.args(["--queue", queue]).args(arguments);
    if matches!(arguments[0], "plan" | "run") {
        command.args(["--endpoint", endpoint, "--speed", &SPEED.to_string()]);
    }
    command
}

/// A simulator whose time passes fast.
pub(crate) fn simulator() -> SimulatorBuilder {
    Simulator::builder()
        .speed(SPEED)
        .transition(Duration::from_secs(6))
        .order_processing(Duration::from_secs(10))
        .journal_entries(1_000_000)
}

/// The report agrees with the orders of the simulators: their number, prices and ids.
pub(crate) fn check_orders(report: &Value, simulators: &[&Simulator]) {
    let orders: Vec<_> = simulators.iter().flat_map(|it| it.orders()).collect();
    let upgrades = orders
        .iter()
        .filter(|order| order.kind() == OrderKind::Upgrade);
    let charged: Decimal = upgrades.map(|order| order.price()).sum();
    let total = report["ordered"]["CNY"].as_str().unwrap_or("0");
    assert_eq!(total.parse::<Decimal>().unwrap(), charged);
    let jobs = report["jobs"].as_array().unwrap();
    let placed = jobs.iter().filter(|job| job["order_state"] == "placed");
    assert_eq!(placed.count(), orders.len());
    for order in &orders {
        let job = jobs
            .iter()
            .find(|job| job["instance_id"] == order.instance_id())
            .unwrap();
        assert_eq!(job["order_state"], "placed", "{job}");
        // The id is lost where a worker was killed before it had the response.
        assert!(
            job["order_id"].is_null() || job["order_id"] == order.order_id(),
            "{job}"
        );
    }
}

impl World {
    /// Half of the instances are upgraded. The other half are downgraded, which requires a stop.
    pub(crate) fn new(database: &Database, instances: usize) -> Self {
        let runtime = Runtime::new().unwrap();
        let simulator = runtime.block_on(simulator().start()).unwrap();
        simulator.set_price("ecs.g5.xlarge", PRICE, Decimal::ZERO);
        let mut csv = "instance_id,instance_type,region,max_price,profile\n".to_owned();
        let instances: Vec<_> = (0..instances)
            .map(|number| {
                let (from, to) = match number % 2 {
                    0 => ("ecs.g5.2xlarge", "ecs.g5.large"),
                    _ => ("ecs.g5.large", "ecs.g5.xlarge"),
                };
                let id = format!("i-fleet{number:04}");
                simulator.add_instance(SimulatedInstance::new(&id, from).running());
                csv += &format!("{id},{to},,,\n");
                (id, to)
            })
            .collect();
        std::fs::write(database.folder().join("instances.csv"), csv).unwrap();
        Self {
            simulator,
            instances,
            queue: database.url().to_owned(),
            folder: database.folder().to_owned(),
            _runtime: runtime,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let simulator = &self.simulator;
        let mut command = program(&self.folder, &self.queue, simulator.endpoint(), arguments);
        command
            .env("ALIBABA_CLOUD_REGION_ID", simulator.region())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", simulator.access_key_id())
            .env(
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                simulator.access_key_secret(),
            );
        command
    }

    /// Runs the program to its end, and returns what it printed.
    pub(crate) fn fleet(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.output(arguments).stdout).unwrap()
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn try_plan(&self) -> Result<(), String> {
        let file = self.folder.join("instances.csv");
        let output = self
            .command(&["plan", file.to_str().unwrap(), "--yes"])
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err([output.stdout, output.stderr]
                .map(|it| String::from_utf8(it).unwrap())
                .concat()),
        }
    }

    pub(crate) fn plan(&self) {
        self.try_plan().unwrap();
        assert!(self.changes().is_empty());
    }

    pub(crate) fn worker(&self, concurrency: u16) -> Worker {
        self.worker_with(&[
            "--concurrency",
            &concurrency.to_string(),
            "--max-failures",
            "1000",
        ])
    }

    pub(crate) fn worker_with(&self, arguments: &[&str]) -> Worker {
        self.worker_to(self.log_file(), arguments)
    }

    fn log_file(&self) -> File {
        File::options()
            .append(true)
            .create(true)
            .open(self.folder.join("workers.log"))
            .unwrap()
    }

    /// A worker with this standard output.
    pub(crate) fn worker_to(&self, output: impl Into<Stdio>, arguments: &[&str]) -> Worker {
        let mut command = self.command(&[&["run", "--lease", "3"], arguments].concat());
        command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(self.log_file());
        Worker(command.spawn().unwrap())
    }

    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.fleet(&["report", "--json"])).unwrap()
    }

    pub(crate) fn status(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(20)..].join("\n");
        format!("{}\n{tail}", self.fleet(&["status"]))
    }

    /// The number of resizes that have not ended.
    pub(crate) fn open(&self) -> u64 {
        let groups = &self.report()["groups"];
        ["under_way", "not_begun"]
            .iter()
            .filter_map(|it| groups[it].as_u64())
            .sum()
    }

    pub(crate) fn stopped(&self) -> usize {
        let status = |(id, _): &&(String, _)| self.simulator.instance(id).unwrap().status();
        self.instances
            .iter()
            .filter(|it| status(it) != InstanceStatus::Running)
            .count()
    }

    /// All requests that change something, as the simulator received them.
    pub(crate) fn changes(&self) -> Vec<(String, String)> {
        let changes = |action: &str| !action.starts_with("Describe");
        let requests = self.simulator.requests();
        assert_eq!(self.simulator.dropped_requests(), 0);
        let changing = requests.iter().filter(|it| changes(it.action()));
        changing
            .map(|it| {
                (
                    it.action().to_owned(),
                    it.parameter("InstanceId").unwrap_or_default().to_owned(),
                )
            })
            .collect()
    }

    /// Whether workers have printed the outcome of each request that they have announced.
    pub(crate) fn has_all_outcomes(&self) -> bool {
        let log = self.log();
        self.instances.iter().all(|(id, _)| {
            let id = format!(r#""instance_id":"{id}""#);
            let last = log.lines().rfind(|line| line.contains(&id));
            !last.is_some_and(|line| line.contains(r#""event":"requesting""#))
        })
    }

    /// The total price of the upgrades that were ordered so far.
    fn charged(&self) -> Decimal {
        let orders = self.simulator.orders();
        let upgrades = orders.iter().filter(|it| it.kind() == OrderKind::Upgrade);
        upgrades.map(|order| order.price()).sum()
    }

    /// While workers run, the charged total is between the totals of the report.
    pub(crate) fn check_totals(&self) {
        let before = self.charged();
        let report = self.report();
        let total = |name: &str| -> Decimal {
            report[name]["CNY"].as_str().unwrap_or("0").parse().unwrap()
        };
        assert!(total("ordered") + total("may_be_ordered") >= before);
        assert!(total("ordered") <= self.charged());
    }

    /// The instances of the accepted requests of an action.
    pub(crate) fn accepted(&self, action: &str) -> Vec<String> {
        let requests = self.simulator.requests();
        let accepted = requests
            .iter()
            .filter(|it| it.action() == action && it.http_status() == 200);
        let mut ids: Vec<_> = accepted
            .map(|it| it.parameter("InstanceId").unwrap_or_default().to_owned())
            .collect();
        ids.sort();
        ids
    }

    /// Each instance had only the interruptions that its change needs: a stop and a start, or one restart.
    pub(crate) fn check_interruptions(&self) {
        self.check_interruptions_except(&[]);
    }

    /// As above, but these instances may have been restarted twice.
    pub(crate) fn check_interruptions_except(&self, twice: &[String]) {
        let ids = |part: usize| {
            let ids = self.instances.iter().map(|(id, _)| id.clone());
            ids.skip(part).step_by(2).collect::<Vec<_>>()
        };
        assert_eq!(self.accepted("StopInstance"), ids(0));
        assert_eq!(self.accepted("StartInstance"), ids(0));
        let mut restarts = self.accepted("RebootInstance");
        restarts.dedup_by(|next, id| next == id && twice.contains(id));
        assert_eq!(restarts, ids(1));
    }

    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "timed out until {what}: {}",
                self.status()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Each instance was ordered once, has its new type in effect and runs, and the report agrees with the orders.
    pub(crate) fn check(&self) {
        for (id, to) in &self.instances {
            let instance = self.simulator.instance(id).unwrap();
            assert_eq!(instance.effective_type(), *to, "{id}\n{}", self.status());
            assert_eq!(
                instance.status(),
                InstanceStatus::Running,
                "{id}\n{}",
                self.status()
            );
        }
        let orders = self.simulator.orders();
        let ordered: HashSet<_> = orders.iter().map(|order| order.instance_id()).collect();
        assert_eq!(
            (orders.len(), ordered.len()),
            (self.instances.len(), self.instances.len())
        );
        let report = self.report();
        assert_eq!(
            report["groups"]["changed"],
            self.instances.len(),
            "{}",
            report["groups"]
        );
        check_orders(&report, &[&self.simulator]);
    }

    /// What the workers have printed.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("workers.log")).unwrap_or_default()
    }
}

impl Worker {
    fn id(&self) -> Pid {
        Pid::from_raw(self.0.id().try_into().unwrap())
    }

    /// Returns once all threads stand still: the signal alone does not stop them at once.
    pub(crate) fn suspend(&mut self) {
        kill(self.id(), Signal::SIGSTOP).unwrap();
        let status = waitpid(self.id(), Some(WaitPidFlag::WUNTRACED)).unwrap();
        assert_eq!(status, WaitStatus::Stopped(self.id(), Signal::SIGSTOP));
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.0.try_wait().unwrap().is_none() {
            kill(self.id(), signal).unwrap();
        }
        if signal == Signal::SIGKILL {
            self.0.wait().unwrap();
        }
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < crate::DEADLINE, "a worker does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
