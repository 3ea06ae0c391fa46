//! Changes the type of an instance all the way: plan, confirmation, progress, summary.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use aliyun_ecs::resize::{Direction, ResumeKey, Step};
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Resize};
use rust_decimal::Decimal;

const HELP: &str = "\
Changes the type of a subscription instance and waits until it is in effect.

    cargo run --example resize
        on a simulator in this process; costs nothing

    cargo run --example resize -- --live --region cn-hangzhou \\
        --instance-id i-... --instance-type ecs.g6.xlarge
        PLACES A PAID ORDER with the credentials of the environment,
        and restarts the instance

    --live             call the real service
    --region R         the region of the instance        (required with --live)
    --instance-id I    the instance                      (required with --live)
    --instance-type T  the new type                      (required with --live)
    --resume KEY       resume the run that printed this key last, with the same
                       settings                          (with --live)
    --max-price P      do not pay more than this for an upgrade
    --plan-only        print the plan and change nothing
    --yes              do not ask for confirmation       (with --live)
    --speed N          let the simulator's time pass N times as fast
    -h, --help         print this text";

type Failure = Box<dyn std::error::Error>;

/// The arguments by name; switches have an empty value.
fn arguments() -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = match &*name {
            "-h" | "--help" | "--live" | "--plan-only" | "--yes" => String::new(),
            "--instance-id" | "--instance-type" | "--max-price" | "--region" | "--resume"
            | "--speed" => rest.next().ok_or(format!("{name} needs a value"))?,
            _ => return Err(format!("unknown argument {name:?}; see --help").into()),
        };
        found.insert(name, value);
    }
    Ok(found)
}

#[tokio::main]
async fn main() -> ExitCode {
    match resize(&mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn resize(out: &mut impl Write) -> Result<(), Failure> {
    let arguments = arguments()?;
    let value = |name: &str| arguments.get(name).map(String::as_str);
    if value("--help").or(value("-h")).is_some() {
        writeln!(out, "{HELP}")?;
        return Ok(());
    }
    let live = value("--live").is_some();
    if live && value("--speed").is_some() {
        return Err("--speed is for the simulator".into());
    }
    if !live
        && value("--region")
            .or(value("--instance-id"))
            .or(value("--resume"))
            .is_some()
    {
        return Err("--region, --instance-id and --resume need --live".into());
    }
    let required = |name| value(name).ok_or(format!("--live needs {name}"));
    let key: Option<ResumeKey> = value("--resume").map(str::parse).transpose()?;
    let settings = match key {
        Some(key) => Resize::resume(key),
        None if live => Resize::builder(required("--instance-id")?, required("--instance-type")?),
        None => Resize::builder(ID, value("--instance-type").unwrap_or("ecs.g5.xlarge")),
    };
    let price = value("--max-price")
        .map(|price| price.parse::<Decimal>())
        .transpose();
    let settings = match price.map_err(|_| "--max-price needs an amount")? {
        Some(price) => settings.max_price(price),
        None => settings,
    };
    let resize = settings.build()?;
    let speed = value("--speed").map_or(Ok(1), str::parse);
    let simulator = match live {
        true => None,
        false => Some(simulator(speed.map_err(|_| "--speed needs a number")?).await?),
    };
    let client = match &simulator {
        Some(simulator) => simulator.client_builder().build()?,
        None => Client::builder().region(required("--region")?).build()?,
    };
    if let Some(simulator) = &simulator {
        writeln!(out, "On a simulator at {}.\n", simulator.endpoint())?;
    }
    let plan = client.plan_resize(&resize).await?;
    writeln!(out, "{plan}\n")?;
    if value("--plan-only").is_some() {
        return Ok(());
    }
    // Binds the price: what is ordered costs no more than what was shown.
    let resize = plan.accept()?;
    let changes = !plan.steps().is_empty();
    if live && changes && value("--yes").is_none() {
        let effect = match (plan.direction(), resize.max_price()) {
            _ if !plan.steps().contains(&Step::Order) => "interrupt the instance".into(),
            (Some(Direction::Upgrade), Some(max)) => {
                format!("place a PAID ORDER (at most {max}) and interrupt the instance")
            }
            _ => "place an ORDER (a refund is due) and interrupt the instance".to_owned(),
        };
        write!(out, "This may {effect}. Type yes to continue: ")?;
        out.flush()?;
        let mut reply = String::new();
        io::stdin().read_line(&mut reply)?;
        if reply.trim() != "yes" {
            return Err("nothing was ordered".into());
        }
    }
    run(out, &client, resize).await
}

const ID: &str = "i-bp1simulated00001";

async fn simulator(speed: u32) -> Result<Simulator, Failure> {
    let simulator = Simulator::builder()
        .order_processing(Duration::from_secs(5))
        .transition(Duration::from_secs(3))
        .speed(speed);
    let simulator = simulator.start().await?;
    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large"));
    Ok(simulator)
}

/// Runs it and prints each event. Ctrl-C cancels it at the next safe point, with the instance running.
async fn run(out: &mut impl Write, client: &Client, resize: Resize) -> Result<(), Failure> {
    let mut run = client.resize(resize);
    let cancel = run.cancel_handle();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
    });
    let mut shown = String::new();
    while let Some(event) = run.next().await {
        let mut line = format!("* {event}");
        let key = event.resume_key().to_string(); // a service stores it here
        if key != shown {
            line += &format!("\n  key {key}");
            shown = key;
        }
        // A closed pipe is no reason to stop in the middle of a change.
        let _ = writeln!(out, "{line}").or_else(|_| writeln!(io::stderr(), "{line}"));
    }
    let report = run.await?;
    let order = report.order_id().unwrap_or("none by this run");
    let (from, to, result) = (report.from(), report.to(), report.completion());
    writeln!(
        out,
        "\nfrom    {from}\nto      {to}\norder   {order}\nresult  {result}"
    )?;
    Ok(())
}
