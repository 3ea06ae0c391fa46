//! A small program that uses the crate, and the tests that its author would write: `cargo test --example test_your_code`.

use std::collections::BTreeMap;

use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::{Client, Error, ModifyPrepayInstanceSpecRequest, Outcome};

const HELP: &str = "\
A ledger of changes that survives a crash: the client token is written down before the
order is placed, so that running it again asks for the same order. On a simulator in
this process; costs nothing.

    cargo run --example test_your_code     one run of it
    cargo test --example test_your_code    its tests

    --help    this text";

type Failure = Box<dyn std::error::Error>;

/// What a program of yours would keep in a file or a database: instance → token, and the order once it is known.
#[derive(Debug, Default)]
struct Ledger {
    rows: BTreeMap<String, (String, Option<String>)>,
}

/// Changes one instance; to be called again with the same ledger after any failure.
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
            let order = response
                .order_id
                .as_deref()
                .unwrap_or("without an id")
                .to_owned();
            ledger.rows.insert(id.into(), (token, Some(order.clone())));
            Ok(order)
        }
        Err(error) => {
            // Only an order that certainly does not exist may be forgotten.
            if error.outcome() == Outcome::NotApplied {
                ledger.rows.remove(id);
            }
            Err(error)
        }
    }
}

async fn run() -> Result<(), Failure> {
    let (simulator, client) = setup().await?;
    let mut ledger = Ledger::default();
    simulator.fail_next(Fault::lost_response().times(4));
    if let Err(error) = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await {
        println!("first run   {error}");
    }
    let order = change(&client, &mut ledger, "i-1", "ecs.g5.xlarge").await?;
    println!("second run  order {order}");
    println!("orders at the service: {}", simulator.orders().len());
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
async fn main() {
    let result = match std::env::args().nth(1).as_deref() {
        None => run().await,
        Some("--help" | "-h") => {
            println!("{HELP}");
            Ok(())
        }
        Some(other) => {
            Err(format!("unknown argument {other:?}; --help shows what there is").into())
        }
    };
    if let Err(error) = result {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliyun_ecs::ErrorCode;

    #[tokio::test]
    async fn an_answer_that_is_lost_costs_nothing() -> Result<(), Failure> {
        let (simulator, client) = setup().await?;
        simulator.fail_next(Fault::lost_response());
        let order = change(&client, &mut Ledger::default(), "i-1", "ecs.g5.xlarge").await?;
        assert_eq!(simulator.orders().len(), 1);
        assert_eq!(simulator.orders()[0].order_id(), order);
        Ok(())
    }

    #[tokio::test]
    async fn run_again_after_every_answer_was_lost_it_orders_once() -> Result<(), Failure> {
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
    async fn what_is_refused_is_forgotten_and_can_be_ordered_later() -> Result<(), Failure> {
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
