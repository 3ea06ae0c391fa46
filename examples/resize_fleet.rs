//! Changes the types of many instances, a few at a time. Ctrl-C stops it safely; a file of keys resumes it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::process::ExitCode;

use aliyun_ecs::operation::DescribeInstancesRequest;
use aliyun_ecs::resize::{FleetEvent, FleetOptions, FleetReport, MaxFailures};
use aliyun_ecs::resize::{ResizeEventKind, ResumeKey};
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Resize};

const HELP: &str = "\
Changes the types of many simulated instances; costs nothing.

    cargo run --example resize_fleet
        on a simulator in this process

    cargo run --example resize_fleet -- --endpoint http://127.0.0.1:PORT
        on a simulator in another process, with the credentials of the
        environment. Ctrl-C stops it, and running it again resumes it

    --instances N    the number of instances           (default 200)
    --concurrency N  how many change at a time         (default 20)
    --speed N        how fast simulated time passes    (default 20)
    --keys FILE      the resume keys, until all is done
                                        (default resize_fleet.keys)
    -h, --help       print this text";

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(out: &mut impl Write) -> Result<(), Failure> {
    let defaults = [
        ("--instances", "200"),
        ("--concurrency", "20"),
        ("--speed", "20"),
        ("--keys", "resize_fleet.keys"),
        ("--endpoint", ""),
    ];
    let mut options = BTreeMap::from(defaults.map(|(name, value)| (name, value.to_owned())));
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "-h" || name == "--help" {
            return Ok(writeln!(out, "{HELP}")?);
        }
        let option = options.get_mut(&*name);
        let option = option.ok_or(format!("unknown argument {name:?}; see --help"))?;
        *option = arguments.next().ok_or(format!("{name} needs a value"))?;
    }
    let number = |name: &str| {
        let number = options[name].parse::<u32>().ok();
        let number = number.filter(|number| (1..=10_000).contains(number));
        number.ok_or(format!("{name} needs a number from 1 to 10000"))
    };
    let (count, speed) = (number("--instances")?, number("--speed")?);
    let concurrency = number("--concurrency")?;
    let (keys, endpoint) = (&options["--keys"], &options["--endpoint"]);
    if endpoint.is_empty() {
        let simulator = Simulator::builder().speed(speed).start().await?;
        (0..count).for_each(|number| simulator.add_instance(instance(number)));
        let _ = fs::remove_file(keys); // of another simulator
        let client = simulator.client_builder().build()?;
        return fleet(out, &client, concurrency, keys).await;
    }
    if !endpoint.starts_with("http://127.0.0.1:") {
        return Err("--endpoint takes a simulator: http://127.0.0.1:PORT".into());
    }
    let client = Client::builder()
        .endpoint(endpoint)
        .region("cn-hangzhou")
        .build()?;
    fleet(out, &client, concurrency, keys).await
}

/// Most can be changed, some cannot.
fn instance(number: u32) -> SimulatedInstance {
    let small = SimulatedInstance::new(format!("i-{number:04}"), "ecs.g5.large");
    match number % 20 {
        0 => small.pay_as_you_go(),
        1 => small.expired(),
        2 => small.locked("financial"),
        _ => small,
    }
}

async fn fleet(
    out: &mut impl Write,
    client: &Client,
    concurrency: u32,
    file: &str,
) -> Result<(), Failure> {
    let mut keys: BTreeMap<String, ResumeKey> = BTreeMap::new();
    // A line without its end was not stored completely, so that nothing was sent after it.
    let stored = fs::read_to_string(file).unwrap_or_default();
    for line in stored
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
    {
        let key: ResumeKey = line.parse()?;
        keys.insert(key.instance_id().to_string(), key); // the last one of each instance
    }
    let lines = keys.values().map(|key| format!("{key}\n"));
    fs::write(format!("{file}.new"), lines.collect::<String>())?;
    fs::rename(format!("{file}.new"), file)?;
    let mut resizes = Vec::new();
    let mut rejected: BTreeMap<&str, u32> = BTreeMap::new();
    let list = DescribeInstancesRequest::builder().build()?;
    for instance in client.list_instances(list).try_collect().await? {
        match keys.get(&instance.instance_id) {
            Some(key) => resizes.push(Resize::resume(key.clone()).build()?),
            None if instance.instance_type == "ecs.g5.large" => {
                let resize = Resize::builder(instance.instance_id, "ecs.g5.xlarge").build()?;
                match client
                    .plan_resize(&resize)
                    .await
                    .and_then(|plan| plan.accept())
                {
                    Ok(resize) => resizes.push(resize),
                    Err(error) => *rejected.entry(error.kind().as_str()).or_default() += 1,
                }
            }
            None => {}
        }
    }
    let (total, resumed, mut ended) = (resizes.len(), keys.len(), 0);
    writeln!(out, "{total} instances to change, {resumed} resumed")?;
    for (reason, count) in &rejected {
        writeln!(out, "{count:>6}  cannot be changed: {reason}")?;
    }
    let mut stored = OpenOptions::new().create(true).append(true).open(file)?;
    let options = FleetOptions::default()
        .with_concurrency(concurrency as usize)
        .with_max_failures(MaxFailures::Unlimited);
    let mut fleet = client.resize_many(resizes, options);
    let cancel = fleet.cancel_handle();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
    });
    while let Some((instance_id, event)) = fleet.next().await {
        let result = match &event {
            FleetEvent::Resize(event) => {
                // Before its next request is sent. Without the key, nothing more is sent.
                writeln!(stored, "{}", event.resume_key())?;
                let ResizeEventKind::Finished(report) = event.kind() else {
                    continue;
                };
                report.completion().as_str()
            }
            FleetEvent::Failed(error) => error.kind().as_str(),
            _ => continue,
        };
        ended += 1;
        // A closed pipe is no reason to stop in the middle of a change.
        let _ = writeln!(out, "{ended:>6}/{total}  {instance_id}  {result}");
    }
    summarize(out, &fleet.await, file)
}

fn summarize(out: &mut impl Write, report: &FleetReport, file: &str) -> Result<(), Failure> {
    let mut results: BTreeMap<&str, u32> = BTreeMap::new();
    for report in report.finished() {
        *results.entry(report.completion().as_str()).or_default() += 1;
    }
    for (result, count) in results {
        writeln!(out, "{count:>6}  {result}")?;
    }
    for total in report.total_price() {
        writeln!(out, "ordered for {total} in total")?;
    }
    for (instance_id, error) in report.failed().iter().chain(report.cancelled()) {
        writeln!(out, "{instance_id}: {}", error.kind())?;
        if let Some(key) = error.resume_key() {
            writeln!(out, "  under way, to resume: {key}")?;
        }
    }
    for resize in report.not_begun() {
        writeln!(out, "{}: not begun", resize.instance_id())?;
    }
    if report.is_success() {
        return Ok(fs::remove_file(file)?);
    }
    Err(format!("not all instances were changed; run this again to resume from {file}").into())
}
