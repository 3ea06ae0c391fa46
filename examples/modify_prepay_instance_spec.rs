//! Orders another type for a subscription instance: on the simulator, or with `--live` for real.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use aliyun_ecs::operation::DescribeInstanceModificationPriceRequest;
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::{Client, ModifyPrepayInstanceSpecRequest, Outcome};

const HELP: &str = "\
Orders another type for a subscription (prepaid) ECS instance.

    cargo run --example modify_prepay_instance_spec
        on a simulator in this process; costs nothing

    cargo run --example modify_prepay_instance_spec -- --live --region cn-hangzhou \\
        --instance-id i-... --instance-type ecs.g6.xlarge
        PLACES A PAID ORDER with the credentials of the environment

    --live             call the real service
    --region R         the region of the instance        (required with --live)
    --instance-id I    the instance                      (required with --live)
    --instance-type T  the new type                      (required with --live)
    --client-token T   resume an earlier order under its token: it is placed
                       only if it does not exist yet     (with --live)
    --yes              do not ask for confirmation       (with --live)
    -h, --help         print this text";

type Failure = Box<dyn std::error::Error>;

/// The arguments by name; switches have an empty value.
fn arguments() -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = match &*name {
            "-h" | "--help" | "--live" | "--yes" => String::new(),
            "--region" | "--instance-id" | "--instance-type" | "--client-token" => {
                rest.next().ok_or(format!("{name} needs a value"))?
            }
            _ => return Err(format!("unknown argument {name:?}; see --help").into()),
        };
        found.insert(name, value);
    }
    Ok(found)
}

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
    let arguments = arguments()?;
    if arguments.contains_key("--help") || arguments.contains_key("-h") {
        writeln!(out, "{HELP}")?;
        return Ok(());
    }
    if arguments.contains_key("--live") {
        return live(out, &arguments).await;
    }
    if arguments.is_empty() {
        return simulated(out).await;
    }
    Err("these arguments need --live: the simulator has its own instance".into())
}

async fn simulated(out: &mut impl Write) -> Result<(), Failure> {
    let id = "i-bp1simulated00001";
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new(id, "ecs.g5.large").running());
    let client = simulator.client_builder().build()?;
    let endpoint = simulator.endpoint();
    writeln!(out, "The simulator listens on {endpoint}.\n")?;

    writeln!(out, "Upgrade of a running instance:\n")?;
    let larger = ModifyPrepayInstanceSpecRequest::builder(id, "ecs.g5.xlarge").build()?;
    order(out, &client, larger).await?;

    writeln!(
        out,
        "\nDowngrade of a running instance, which the service rejects:\n"
    )?;
    let smaller = ModifyPrepayInstanceSpecRequest::builder(id, "ecs.g5.large").build()?;
    match order(out, &client, smaller).await {
        Err(_) => Ok(()),
        Ok(()) => Err("the simulator should have rejected this".into()),
    }
}

async fn live(out: &mut impl Write, arguments: &BTreeMap<String, String>) -> Result<(), Failure> {
    let required = |name| arguments.get(name).ok_or(format!("--live needs {name}"));
    let (region, id) = (required("--region")?, required("--instance-id")?);
    let to = required("--instance-type")?;
    // Validate everything before anybody is asked.
    let mut request = ModifyPrepayInstanceSpecRequest::builder(id, to);
    if let Some(token) = arguments.get("--client-token") {
        request = request.client_token(token);
    }
    let request = request.build()?;
    let client = Client::builder().region(region).build()?;
    if !arguments.contains_key("--yes") {
        writeln!(
            out,
            "This places a PAID ORDER: {id} in {region} becomes {to}."
        )?;
        let quote = DescribeInstanceModificationPriceRequest::builder(id).instance_type(to);
        let quote = client
            .describe_instance_modification_price(quote.build()?)
            .await;
        match quote.map(|quote| (quote.price.trade, quote.price.currency)) {
            Ok((Some(amount), Some(currency))) => writeln!(out, "Price: {amount} {currency}.")?,
            Ok(_) => writeln!(out, "Price: not quoted.")?,
            Err(error) => writeln!(out, "Price: not quoted ({error}).")?,
        }
        write!(
            out,
            "The order has no maximum price (`resize` can set one). Type yes to order: "
        )?;
        out.flush()?;
        let mut reply = String::new();
        io::stdin().read_line(&mut reply)?;
        if reply.trim() != "yes" {
            return Err("nothing was ordered".into());
        }
    }
    order(out, &client, request).await
}

/// Places the order and prints the result.
async fn order(
    out: &mut impl Write,
    client: &Client,
    request: ModifyPrepayInstanceSpecRequest,
) -> Result<(), Failure> {
    let (id, to) = (request.instance_id(), request.instance_type());
    writeln!(out, "  request       change {id} to {to}")?;
    writeln!(out, "  client token  {}", request.client_token())?;
    match client.modify_prepay_instance_spec(request).await {
        Ok(response) => {
            let order_id = response.order_id.as_deref().unwrap_or("none returned");
            if let Err(error) = writeln!(out, "  order id      {order_id}") {
                return Err(format!("order {order_id} was placed, but: {error}").into());
            }
            writeln!(out, "  request id    {}", response.request_id)?;
            writeln!(
                out,
                "  next          restart the instance through the API or the console; until then the old type stays in effect"
            )?;
            writeln!(
                out,
                "                (RebootInstance if it is running, StartInstance if it is stopped)"
            )?;
            Ok(())
        }
        Err(error) => {
            writeln!(out, "  error         {error}")?;
            if let Some(code) = error.code() {
                writeln!(out, "  code          {code} ({})", code.category())?;
                writeln!(out, "  description   {}", code.description())?;
            }
            let outcome = match error.outcome() {
                Outcome::NotApplied => "no order was placed",
                _ => "unknown: run this again with --client-token as above",
            };
            writeln!(out, "  outcome       {outcome}")?;
            Err("the call failed, see above".into())
        }
    }
}
