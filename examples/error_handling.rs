//! What to do about a failed call: by outcome, by code, by category. The simulator injects each failure.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use aliyun_ecs::error::TransportErrorKind;
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::{
    CallOptions, Client, Error, ErrorCategory, ErrorCode, ErrorKind,
    ModifyPrepayInstanceSpecRequest, Outcome, RetryConfig,
};

const HELP: &str = "\
Injects one failure after another into a simulator in this process, and shows the error
and the next step for each. Costs nothing.

    cargo run --example error_handling

    -h, --help    print this text";

type Failure = Box<dyn std::error::Error>;

/// What a program does next.
fn next_step(error: &Error) -> String {
    // Money first: the same request finds an order that may exist; a new request would place another one.
    if error.outcome() == Outcome::Unknown {
        return match error.client_token() {
            Some(token) => format!("send the same request again, with the client token {token}"),
            None => "check the instance before anything else".into(),
        };
    }
    match error.kind() {
        ErrorKind::Validation(invalid) => {
            let each = invalid.violations().iter();
            let each: Vec<_> = each
                .map(|wrong| format!("{} {}", wrong.parameter(), wrong.problem()))
                .collect();
            return format!("fix the request: {}", each.join("; "));
        }
        ErrorKind::Transport(error) if error.kind() == TransportErrorKind::Connect => {
            return "check the network and the endpoint; nothing was sent".into();
        }
        ErrorKind::Credentials(_) => return "see `cargo run --example credentials`".into(),
        _ if error.is_throttling() => {
            let wait = error.retry_after().unwrap_or(Duration::from_secs(60));
            return format!("wait {wait:?}, then retry");
        }
        _ => {}
    }
    match error.code() {
        // A code that this program handles itself …
        Some(ErrorCode::InvalidStatusNotStopped) => "stop the instance, then call again".into(),
        // … a category of codes …
        Some(code) if code.category() == ErrorCategory::Stock => {
            "choose another type, or retry when it is in stock".into()
        }
        Some(code) if code.category() == ErrorCategory::Billing => {
            format!("ask the account owner: {}", code.description())
        }
        // … any other code, for a person to read. The text of the error has the words of the service.
        Some(code) => code.description().into(),
        None => "report it with the text of the error".into(),
    }
}

async fn show(out: &mut impl Write, title: &str, client: &Client, to: &str) -> Result<(), Failure> {
    writeln!(out, "{title}")?;
    let request = ModifyPrepayInstanceSpecRequest::builder("i-example", to).build();
    let called = match request {
        Ok(request) => {
            // A single attempt, to show failures that retries would hide.
            let once = CallOptions::default().with_retry(RetryConfig::disabled());
            client.call(request, once).await
        }
        Err(invalid) => Err(Error::from(invalid)),
    };
    let error = match called {
        Ok(_) => return Err(format!("{title}: should have failed").into()),
        Err(error) => error,
    };
    writeln!(out, "  error    {error}")?;
    writeln!(out, "  outcome  {:?}", error.outcome())?;
    writeln!(out, "  do       {}", next_step(&error))?;
    if let Some(row) = error.service().and_then(|service| service.documented()) {
        writeln!(
            out,
            "  row      HTTP {}: {}",
            row.http_status, row.description
        )?;
    }
    writeln!(out)?;
    Ok(())
}

async fn failures(out: &mut impl Write) -> Result<(), Failure> {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-example", "ecs.g5.large").running());
    let client = simulator.client_builder().build()?;
    let (larger, smaller) = ("ecs.g5.xlarge", "ecs.c6.large");

    show(out, "An invalid request", &client, "g5 xlarge").await?;

    show(
        out,
        "A smaller type for a running instance",
        &client,
        smaller,
    )
    .await?;

    simulator.sold_out("ecs.r6.4xlarge");
    show(out, "A type that is sold out", &client, "ecs.r6.4xlarge").await?;

    let debt = "Your account has an outstanding payment.";
    simulator.fail_next(Fault::service_error(400, "Account.Arrearage", debt));
    show(out, "An outstanding payment", &client, larger).await?;

    let wait = Duration::from_secs(3);
    simulator.fail_next(Fault::throttled(wait));
    show(out, "Throttling", &client, larger).await?;

    simulator.fail_next(Fault::lost_response());
    show(
        out,
        "The order is placed and the response is lost",
        &client,
        larger,
    )
    .await?;

    let nowhere = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .region("cn-hangzhou")
        .credentials(simulator.credentials())
        .build()?;
    show(out, "A refused connection", &nowhere, larger).await
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut out = io::stdout();
    let result = match std::env::args().nth(1).as_deref() {
        None => failures(&mut out).await,
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
