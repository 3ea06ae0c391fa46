//! Changes the type of a subscription instance: on the simulator, or with `--live` for real.

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
        (ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET)

    --live             call the real service
    --region R         the region of the instance        (needed with --live)
    --instance-id I    the instance                      (needed with --live)
    --instance-type T  the type that it is to become     (needed with --live)
    --client-token T   ask again what became of an order of that token, placing it
                       only if it does not exist yet     (with --live)
    --yes              do not ask before ordering        (with --live)
    --help             this text";

type Failure = Box<dyn std::error::Error>;

#[derive(Default, PartialEq)]
struct Options {
    live: bool,
    yes: bool,
    region: Option<String>,
    instance_id: Option<String>,
    instance_type: Option<String>,
    client_token: Option<String>,
}

fn options() -> Result<Option<Options>, Failure> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or(format!("{argument} needs a value after it"))
        };
        match &*argument {
            "--help" | "-h" => return Ok(None),
            "--live" => options.live = true,
            "--yes" => options.yes = true,
            "--region" => options.region = Some(value()?),
            "--instance-id" => options.instance_id = Some(value()?),
            "--instance-type" => options.instance_type = Some(value()?),
            "--client-token" => options.client_token = Some(value()?),
            other => return Err(format!("unknown argument {other:?}; --help lists them").into()),
        }
    }
    if !options.live && options != Options::default() {
        return Err("that goes with --live only: the simulator has an instance of its own".into());
    }
    Ok(Some(options))
}

#[tokio::main]
async fn main() {
    let result = match options() {
        Ok(None) => {
            println!("{HELP}");
            Ok(())
        }
        Ok(Some(options)) if options.live => live(options).await,
        Ok(Some(_)) => simulated().await,
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
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

async fn live(options: Options) -> Result<(), Failure> {
    let needed = |value: Option<String>, name: &str| value.ok_or(format!("--live needs {name}"));
    let region = needed(options.region, "--region")?;
    let instance_id = needed(options.instance_id, "--instance-id")?;
    let instance_type = needed(options.instance_type, "--instance-type")?;
    let client = Client::builder().region(&*region).build()?;
    if !options.yes {
        println!("This places a PAID ORDER: {instance_id} in {region} becomes {instance_type}.");
        print!("Type yes to go on: ");
        std::io::stdout().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            return Err("nothing was ordered".into());
        }
    }
    order(&client, &instance_id, &instance_type, options.client_token).await
}

/// Orders the change and prints what a person wants to know.
async fn order(
    client: &Client,
    instance_id: &str,
    instance_type: &str,
    token: Option<String>,
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
            println!(
                "  order id      {}",
                response.order_id().unwrap_or("none given")
            );
            println!("  request id    {}", response.request_id());
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
                println!("  meaning       {}", code.meaning());
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
