//! What to do about a failed call: by outcome, by code, by category. Each failure is made by the simulator.

use std::time::Duration;

use aliyun_ecs::error::TransportErrorKind;
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::{
    CallOptions, Client, Error, ErrorCategory, ErrorCode, ErrorKind,
    ModifyPrepayInstanceSpecRequest, Outcome, RetryConfig,
};

const HELP: &str = "\
Lets a simulator in this process fail in one way after another, and shows what the
caller gets and what can be decided from it. Costs nothing.

    cargo run --example error_handling

    --help    this text";

type Failure = Box<dyn std::error::Error>;

/// The heart of it: what a program does next.
fn next_step(error: &Error) -> String {
    // Money first: an order that may exist is asked about under its own token, never placed anew.
    if error.outcome() == Outcome::Unknown {
        return match error.client_token() {
            Some(token) => format!("send the same request again, with the client token {token}"),
            None => "look at the instance before anything else".into(),
        };
    }
    match error.kind() {
        ErrorKind::Validation(invalid) => {
            let each = invalid.violations().iter();
            let each: Vec<_> = each
                .map(|wrong| format!("{} {}", wrong.parameter(), wrong.problem()))
                .collect();
            return format!("mend the request: {}", each.join("; "));
        }
        ErrorKind::Transport(error) if error.kind() == TransportErrorKind::Connect => {
            return "check the network and the endpoint; nothing was sent".into();
        }
        ErrorKind::Credentials(_) => return "see `cargo run --example credentials`".into(),
        _ if error.is_throttling() => {
            let wait = error.retry_after().unwrap_or(Duration::from_secs(60));
            return format!("slow down and try again in {wait:?}");
        }
        _ => {}
    }
    match error.code() {
        // A code that this program has its own answer to …
        Some(ErrorCode::InvalidStatusNotStopped) => "stop the instance, then call again".into(),
        // … a kind of code …
        Some(code) if code.category() == ErrorCategory::Stock => {
            "choose another type, or try again when it is in stock".into()
        }
        Some(code) if code.category() == ErrorCategory::Billing => {
            format!("a matter for whoever pays: {}", code.description())
        }
        // … any other code, for a person to read; the service's own words are in the error's text.
        Some(code) => code.description().into(),
        None => "report it, with the error's text".into(),
    }
}

async fn show(title: &str, client: &Client, to: &str) -> Result<(), Failure> {
    println!("{title}");
    let request = ModifyPrepayInstanceSpecRequest::builder("i-example", to).build();
    let called = match request {
        Ok(request) => {
            // A single attempt, so that failures show which the client would otherwise get over by itself.
            let once = CallOptions::default().with_retry(RetryConfig::disabled());
            client.call(request, once).await
        }
        Err(invalid) => Err(Error::from(invalid)),
    };
    let error = match called {
        Ok(_) => return Err(format!("{title}: should have failed").into()),
        Err(error) => error,
    };
    println!("  error    {error}");
    println!("  outcome  {:?}", error.outcome());
    println!("  do       {}", next_step(&error));
    if let Some(row) = error.service().and_then(|service| service.documented()) {
        println!("  row      HTTP {}: {}", row.http_status, row.description);
    }
    println!();
    Ok(())
}

async fn failures() -> Result<(), Failure> {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-example", "ecs.g5.large").running());
    let client = simulator.client_builder().build()?;
    let (larger, smaller) = ("ecs.g5.xlarge", "ecs.c6.large");

    show("A request that cannot be right", &client, "g5 xlarge").await?;

    show("A smaller type for a running instance", &client, smaller).await?;

    simulator.sold_out("ecs.r6.4xlarge");
    show("A type that is sold out", &client, "ecs.r6.4xlarge").await?;

    let debt = "Your account has an outstanding payment.";
    simulator.fail_next(Fault::service_error(400, "Account.Arrearage", debt));
    show("Unpaid bills", &client, larger).await?;

    let wait = Duration::from_secs(3);
    simulator.fail_next(Fault::throttled(wait));
    show("Too many calls", &client, larger).await?;

    simulator.fail_next(Fault::lost_response());
    show("The order is placed, its answer is lost", &client, larger).await?;

    let nowhere = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .region("cn-hangzhou")
        .credentials(simulator.credentials())
        .build()?;
    show("Nobody listens", &nowhere, larger).await
}

#[tokio::main]
async fn main() {
    let result = match std::env::args().nth(1).as_deref() {
        None => failures().await,
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
