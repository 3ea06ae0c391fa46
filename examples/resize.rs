//! Changes the type of an instance all the way: plan, confirmation, progress, summary.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use aliyun_ecs::resize::{ResizeEventKind, ResumeKey};
use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Resize};
use indicatif::{ProgressBar, ProgressStyle};
use rust_decimal::Decimal;

const HELP: &str = "\
Changes the type of a subscription instance and waits until it is in effect.

    cargo run --example resize
        on a simulator in this process; costs nothing
    cargo run --example resize -- --live --region R --instance-id I --instance-type T
        PLACES A PAID ORDER with the environment's credentials, and restarts the instance

    --endpoint URL     work on a simulator of another process (http://127.0.0.1:PORT)
    --speed N          let a simulator's time pass N times as fast
    --max-price P      refuse to pay more than this for an upgrade
    --plan-only        show the plan and change nothing
    --resume KEY       resume the run that printed this key last, with the same settings
    --yes              do not ask before ordering with --live
    --help             this text";

type Failure = Box<dyn std::error::Error>;

/// The arguments by name; that of a switch has no value.
fn arguments() -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = match &*name {
            "--help" | "--live" | "--plan-only" | "--yes" => String::new(),
            "--endpoint" | "--instance-id" | "--instance-type" | "--max-price" | "--region"
            | "--resume" | "--speed" => rest.next().ok_or(format!("{name} needs a value"))?,
            _ => return Err(format!("unknown argument {name:?}; --help lists them").into()),
        };
        found.insert(name, value);
    }
    Ok(found)
}

#[tokio::main]
async fn main() {
    if let Err(error) = resize().await {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

async fn resize() -> Result<(), Failure> {
    let arguments = arguments()?;
    let is_set = |name: &str| arguments.contains_key(name);
    let value = |name: &str| arguments.get(name).cloned();
    if is_set("--help") {
        println!("{HELP}");
        return Ok(());
    }
    let key: Option<ResumeKey> = value("--resume").map(|key| key.parse()).transpose()?;
    let price = value("--max-price").map_or(Ok(None), |price| price.parse().map(Some));
    let price: Option<Decimal> = price.map_err(|_| "--max-price needs an amount")?;
    let speed = value("--speed").map_or(Ok(1), |speed| speed.parse::<u32>());
    let speed = speed.map_err(|_| "--speed needs a number")?.max(1);
    if is_set("--live") && (speed > 1 || is_set("--endpoint")) {
        return Err("--speed and --endpoint are for simulators, not for --live".into());
    }
    let (mut id, mut to) = (value("--instance-id"), value("--instance-type"));

    let mut simulator = None;
    let builder = match value("--endpoint") {
        Some(url) if url.starts_with("http://127.0.0.1:") => Client::builder().endpoint(url),
        Some(_) => return Err("--endpoint takes a simulator: http://127.0.0.1:PORT".into()),
        None if is_set("--live") => Client::builder(),
        None => {
            let setup = Simulator::builder().order_processing(Duration::from_secs(5) / speed);
            let setup = setup.transition(Duration::from_secs(3) / speed).start();
            let started = simulator.insert(setup.await?);
            let id = id.get_or_insert("i-bp1simulated00001".into());
            to.get_or_insert("ecs.g5.xlarge".into());
            started.add_instance(SimulatedInstance::new(&**id, "ecs.g5.large"));
            println!("On a simulator at {}.\n", started.endpoint());
            started.client_builder()
        }
    };
    let region = value("--region").or((!is_set("--live")).then_some("cn-hangzhou".into()));
    // On a faster clock the limits stay as they are in real time.
    let client = builder
        .region(region.ok_or("--live needs --region")?)
        .clock(FastClock::new(speed))
        .attempt_timeout(Duration::from_secs(15) * speed)
        .timeout(Duration::from_secs(60) * speed)
        .build()?;
    let intent = match (key, id, to) {
        (Some(key), ..) => Resize::resume(key),
        (None, Some(id), Some(to)) => Resize::builder(id, to),
        _ => return Err("--instance-id and --instance-type are needed, or --resume".into()),
    };
    let intent = match price {
        Some(price) => intent.max_price(price),
        None => intent,
    };
    let resize = intent.build()?;
    println!("{}\n", client.plan_resize(&resize).await?);
    if is_set("--plan-only") {
        return Ok(());
    }
    if is_set("--live") && !is_set("--yes") {
        print!("This may place a PAID ORDER and interrupt the instance. Type yes to continue: ");
        std::io::stdout().flush()?;
        let mut response = String::new();
        std::io::stdin().read_line(&mut response)?;
        if response.trim() != "yes" {
            return Err("nothing was ordered".into());
        }
    }
    run(&client, resize).await
}

/// Runs it under a progress bar. The first Ctrl-C ends it safely, with the instance running; the second at once.
async fn run(client: &Client, resize: Resize) -> Result<(), Failure> {
    let style = ProgressStyle::with_template("[{bar:20}] {pos}/{len}  {msg}")?;
    let bar = ProgressBar::new(1).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut run = client.resize(resize);
    let cancel = run.cancel_handle();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
    });
    while let Some(event) = run.next().await {
        // Not `println!`: a closed pipe is no reason to stop in the middle of a change. A service stores the key here.
        bar.suspend(|| _ = writeln!(std::io::stdout(), "* {event}\n  key {}", event.resume_key()));
        match event.kind() {
            ResizeEventKind::Started { steps, .. } => bar.set_length(steps.len() as u64),
            ResizeEventKind::StepStarted { step, .. } => bar.set_message(step.to_string()),
            ResizeEventKind::StepFinished { .. } => bar.inc(1),
            _ => {}
        }
    }
    bar.finish_and_clear();
    let report = run.await?;
    let order = report.order_id().unwrap_or("none by this run");
    let (from, to, result) = (report.from(), report.to(), report.completion());
    let summary = format!("\nfrom    {from}\nto      {to}\norder   {order}\nresult  {result}");
    Ok(writeln!(std::io::stdout(), "{summary}")?)
}
