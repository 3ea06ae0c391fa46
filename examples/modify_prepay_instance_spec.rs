//! Changes the type of a subscription instance: on the simulator, or with `--live` for real.

use std::collections::BTreeMap;
use std::io::Write;

use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::{Client, ModifyPrepayInstanceSpecRequest, Outcome};

const HELP: &str = "\
Changes the type of a subscription (prepaid) ECS instance.

    cargo run --example modify_prepay_instance_spec
        on a simulator in this process; costs nothing

    cargo run --example modify_prepay_instance_spec -- --live --region cn-hangzhou \\
        --instance-id i-... --instance-type ecs.g6.xlarge
        PLACES A PAID ORDER with the environment's credentials

    --live             call the real service
    --region R         the region of the instance        (needed with --live)
    --instance-id I    the instance                      (needed with --live)
    --instance-type T  the type that it is to become     (needed with --live)
    --client-token T   ask again what became of an order of that token, placing it
                       only if it does not exist yet     (with --live)
    --yes              do not ask before ordering        (with --live)
    --help             this text";

type Failure = Box<dyn std::error::Error>;

/// The arguments by name; that of a switch has no value.
fn arguments() -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = match &*name {
            "--help" | "--live" | "--yes" => String::new(),
            "--region" | "--instance-id" | "--instance-type" | "--client-token" => {
                rest.next().ok_or(format!("{name} needs a value"))?
            }
            _ => return Err(format!("unknown argument {name:?}; --help lists them").into()),
        };
        found.insert(name, value);
    }
    Ok(found)
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Failure> {
    let arguments = arguments()?;
    if arguments.contains_key("--help") {
        println!("{HELP}");
        return Ok(());
    }
    if arguments.contains_key("--live") {
        return live(&arguments).await;
    }
    if arguments.is_empty() {
        return simulated().await;
    }
    Err("that goes with --live only: the simulator has an instance of its own".into())
}

async fn simulated() -> Result<(), Failure> {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-bp1simulated00001", "ecs.g5.large").running());
    let client = simulator.client_builder().build()?;
    println!(
        "A simulator plays the service at {}.\n",
        simulator.endpoint()
    );

    println!("A larger type for a running instance:\n");
    order(&client, "i-bp1simulated00001", "ecs.g5.xlarge", None).await?;

    println!("\nA smaller type, though the instance still runs, which the service refuses:\n");
    match order(&client, "i-bp1simulated00001", "ecs.g5.large", None).await {
        Err(_) => Ok(()),
        Ok(()) => Err("the simulator should have refused this".into()),
    }
}

async fn live(arguments: &BTreeMap<String, String>) -> Result<(), Failure> {
    let needed = |name| arguments.get(name).ok_or(format!("--live needs {name}"));
    let (region, id) = (needed("--region")?, needed("--instance-id")?);
    let to = needed("--instance-type")?;
    let client = Client::builder().region(region).build()?;
    if !arguments.contains_key("--yes") {
        println!("This places a PAID ORDER: {id} in {region} becomes {to}.");
        print!("Type yes to go on: ");
        std::io::stdout().flush()?;
        let mut response = String::new();
        std::io::stdin().read_line(&mut response)?;
        if response.trim() != "yes" {
            return Err("nothing was ordered".into());
        }
    }
    order(&client, id, to, arguments.get("--client-token")).await
}

/// Orders the change and prints what a person wants to know.
async fn order(
    client: &Client,
    instance_id: &str,
    instance_type: &str,
    token: Option<&String>,
) -> Result<(), Failure> {
    let mut request = ModifyPrepayInstanceSpecRequest::builder(instance_id, instance_type);
    if let Some(token) = token {
        request = request.client_token(token);
    }
    let request = request.build()?;
    println!("  request       {instance_id} is to become {instance_type}");
    println!("  client token  {}", request.client_token());
    match client.modify_prepay_instance_spec(request).await {
        Ok(response) => {
            let order_id = response.order_id.as_deref().unwrap_or("none given");
            println!("  order id      {order_id}");
            println!("  request id    {}", response.request_id);
            println!(
                "  next          restart it through the API or the console, else nothing changes:"
            );
            println!("                RebootInstance if it runs, StartInstance if it is stopped");
            Ok(())
        }
        Err(error) => {
            println!("  error         {error}");
            if let Some(code) = error.code() {
                println!("  code          {code} ({})", code.category());
                println!("  description   {}", code.description());
            }
            println!(
                "  outcome       {}",
                match error.outcome() {
                    Outcome::NotApplied => "no order was placed",
                    Outcome::Unknown => "unknown: run this again with --client-token as above",
                }
            );
            Err("the call has failed, as told above".into())
        }
    }
}
