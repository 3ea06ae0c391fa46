//! Changes the types of 200 simulated instances, a few at a time, and sums up what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aliyun_ecs::resize::{ResizeErrorKind, ResizeEventKind, Step};
use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Resize};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const HELP: &str = "\
Changes the types of many instances of a simulator in this process; costs nothing.

    cargo run --example resize_fleet -- [--instances N] [--at-once N] [--speed N]

    --instances N  how many instances (default 200)
    --at-once N    how many are changed at a time (default 20)
    --speed N      let time pass N times as fast (default 20)
    --help         this text";

type Failure = Box<dyn std::error::Error>;

/// What instances are in the middle of, one progress line each.
const PHASES: [Step; 5] = [
    Step::Stop,
    Step::Order,
    Step::AwaitChange,
    Step::Restart,
    Step::Start,
];

fn options() -> Result<Option<[u32; 3]>, Failure> {
    let mut options = [200, 20, 20];
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let place = match &*argument {
            "--help" | "-h" => return Ok(None),
            "--instances" => &mut options[0],
            "--at-once" => &mut options[1],
            "--speed" => &mut options[2],
            other => return Err(format!("unknown argument {other:?}; --help lists them").into()),
        };
        let value = arguments.next().and_then(|value| value.parse().ok());
        *place = value
            .filter(|value| (1..=10_000).contains(value))
            .ok_or(format!(
                "{argument} needs a number from 1 to 10000 after it"
            ))?;
    }
    Ok(Some(options))
}

#[tokio::main]
async fn main() {
    let result = match options() {
        Ok(Some(options)) => fleet(options).await,
        Ok(None) => {
            println!("{HELP}");
            Ok(())
        }
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// Most can be upgraded, some are to be downgraded, some cannot be changed.
fn instance(number: u32) -> (SimulatedInstance, &'static str) {
    let id = format!("i-{number:04}");
    let small = SimulatedInstance::new(&*id, "ecs.g5.large");
    match number % 20 {
        0 => (small.pay_as_you_go(), "ecs.g5.xlarge"),
        1 => (small.expired(), "ecs.g5.xlarge"),
        2 => (small.locked("financial"), "ecs.g5.xlarge"),
        3 => (small, "ecs.r6.4xlarge"),
        4 => (small.stopped(), "ecs.g5.xlarge"),
        5..=9 => (SimulatedInstance::new(id, "ecs.g5.xlarge"), "ecs.g5.large"),
        _ => (small, "ecs.g5.xlarge"),
    }
}

async fn fleet([count, at_once, speed]: [u32; 3]) -> Result<(), Failure> {
    let simulator = Simulator::builder()
        .transition(Duration::from_secs(4) / speed)
        .order_processing(Duration::from_secs(6) / speed)
        .start()
        .await?;
    simulator.sold_out("ecs.r6.4xlarge");
    let limit = |seconds| Duration::from_secs(seconds) * speed;
    let client = simulator
        .client_builder()
        .clock(FastClock::new(speed))
        .attempt_timeout(limit(15))
        .timeout(limit(60))
        .build()?;
    let lines = MultiProgress::new();
    let style = ProgressStyle::with_template("{prefix:34} {bar:30} {pos:>4}/{len}")?;
    let line = |name: String| {
        let bar = lines.add(ProgressBar::new(count.into()).with_style(style.clone()));
        bar.with_prefix(name)
    };
    let phases = Arc::new(PHASES.map(|step| (step, line(step.to_string()))));
    let total = line("all".into());
    let permits = Arc::new(Semaphore::new(at_once as usize));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (instance, target) = instance(number);
        let resize = Resize::builder(instance.instance_id(), target).build()?;
        simulator.add_instance(instance);
        let (client, permits, phases) = (client.clone(), permits.clone(), phases.clone());
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            change(&client, resize, &*phases).await
        });
    }
    let mut summary: BTreeMap<String, u32> = BTreeMap::new();
    while let Some(result) = tasks.join_next().await {
        total.inc(1);
        *summary.entry(result?).or_default() += 1;
    }
    lines.clear()?;
    println!("{count} instances, {} orders\n", simulator.orders().len());
    for (what, many) in summary {
        println!("{many:>6}  {what}");
    }
    Ok(())
}

/// One instance; says in a few words how it ended.
async fn change(client: &Client, resize: Resize, phases: &[(Step, ProgressBar)]) -> String {
    let mut run = client.resize(resize);
    while let Some(event) = run.next().await {
        if let ResizeEventKind::StepFinished { step, .. } = event.kind() {
            let lines = phases.iter().filter(|(phase, _)| phase == step);
            lines.for_each(|(_, line)| line.inc(1));
        }
    }
    match run.await {
        Ok(report) => format!("changed: {}", report.completion()),
        Err(error) if error.progress().is_some() => format!("FAILED: {error}"),
        Err(error) if matches!(error.kind(), ResizeErrorKind::Expired(_)) => {
            "rejected: expired".into()
        }
        Err(error) => format!("rejected: {}", error.kind()),
    }
}
