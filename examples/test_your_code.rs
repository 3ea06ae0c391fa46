//! A small program that uses the crate, and the tests that its author would write: `cargo test --example test_your_code`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Error, ModifyPrepayInstanceSpecRequest, Outcome};

const HELP: &str = "\
A ledger of changes that survives a crash: it stores the client token before it places the
order, so that the next run finds the same order. Runs on a simulator in this process and
costs nothing.

    cargo run --example test_your_code     run it once
    cargo test --example test_your_code    run its tests

    -h, --help    print this text";

type Failure = Box<dyn std::error::Error>;

/// What your program would store in a file or a database: the token of each instance, and its order once it is known.
#[derive(Debug, Default)]
struct Ledger {
    rows: BTreeMap<String, (String, Option<String>)>,
}

/// Changes one instance. After any failure, call it again with the same ledger.
async fn change(client: &Client, ledger: &mut Ledger, id: &str, to: &str) -> Result<String, Error> {
    let mut request = ModifyPrepayInstanceSpecRequest::builder(id, to);
    match ledger.rows.get(id) {
        Some((_, Some(order))) => return Ok(order.clone()),
        Some((token, None)) => request = request.client_token(token.clone()),
        None => {}
    }
    let request = request.build()?;
    let token = request.client_token().to_string();
    ledger.rows.insert(id.into(), (token.clone(), None));
    match client.modify_prepay_instance_spec(request).await {
        Ok(response) => {
            let order = response.order_id.unwrap_or("without an id".into());
            ledger.rows.insert(id.into(), (token, Some(order.clone())));
            Ok(order)
        }
        Err(error) => {
            // Only drop the token if the order certainly does not exist.
            if error.outcome() == Outcome::NotApplied {
                ledger.rows.remove(id);
            }
            Err(error)
        }
    }
}

async fn run(out: &mut impl Write) -> Result<(), Failure> {
    let (simulator, client) = setup().await?;
    let mut ledger = Ledger::default();
    simulator.fail_next(Fault::lost_response().times(4));
    if let Err(error) = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await {
        writeln!(out, "first run   {error}")?;
    }
    let order = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await?;
    writeln!(out, "second run  order {order}")?;
    writeln!(out, "orders of the service: {}", simulator.orders().len())?;
    Ok(())
}

/// A service with one instance, and a client that does not wait between attempts.
async fn setup() -> Result<(Simulator, Client), Failure> {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-1", "ecs.g5.large").running());
    let retry = aliyun_ecs::RetryConfig::default().with_initial_backoff(std::time::Duration::ZERO);
    let client = simulator.client_builder().retry(retry).build()?;
    Ok((simulator, client))
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut out = io::stdout();
    let result = match std::env::args().nth(1).as_deref() {
        None => run(&mut out).await,
        Some("-h" | "--help") => writeln!(out, "{HELP}").map_err(Failure::from),
        Some(other) => Err(format!("unknown argument {other:?}; see --help").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliyun_ecs::ErrorCode;

    #[tokio::test]
    async fn a_lost_response_places_one_order() -> Result<(), Failure> {
        let (simulator, client) = setup().await?;
        simulator.fail_next(Fault::lost_response());
        let order = change(&client, &mut Ledger::default(), "i-1", "ecs.g5.xlarge").await?;
        assert_eq!(simulator.orders().len(), 1);
        assert_eq!(simulator.orders()[0].order_id(), order);
        Ok(())
    }

    #[tokio::test]
    async fn a_second_run_after_all_responses_were_lost_places_no_second_order()
    -> Result<(), Failure> {
        let (simulator, client) = setup().await?;
        let mut ledger = Ledger::default();
        simulator.fail_next(Fault::lost_response().times(4));
        let error = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await;
        assert_eq!(error.unwrap_err().outcome(), Outcome::Unknown);
        let order = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await?;
        assert_eq!(simulator.orders().len(), 1);
        assert_eq!(simulator.orders()[0].order_id(), order);
        Ok(())
    }

    #[tokio::test]
    async fn a_rejected_order_can_be_placed_later() -> Result<(), Failure> {
        let (simulator, client) = setup().await?;
        let mut ledger = Ledger::default();
        simulator.sold_out("ecs.g5.xlarge");
        let error = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await;
        assert_eq!(
            error.unwrap_err().code(),
            Some(&ErrorCode::OperationDeniedNoStock)
        );
        assert!(ledger.rows.is_empty() && simulator.orders().is_empty());
        simulator.restock("ecs.g5.xlarge");
        change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await?;
        assert_eq!(simulator.orders().len(), 1);
        Ok(())
    }
}
