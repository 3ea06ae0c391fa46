//! The program `aliyun-ecs-simulator`: serves a simulated ECS endpoint until it is stopped.

mod options;

use std::io::{self, Write};
use std::process::ExitCode;

use aliyun_ecs::simulator::Simulator;
use serde_json::json;

use options::{HELP, Options};

/// The default world, without `--config`.
const DEFAULT_WORLD: &str = r#"{"instances": [
    {"instance_id": "i-running", "instance_type": "ecs.g5.large"},
    {"instance_id": "i-stopped", "instance_type": "ecs.g5.xlarge", "status": "Stopped"}
]}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Options::parse(std::env::args().skip(1)) {
        Ok(None) => {
            print(HELP);
            Ok(())
        }
        Ok(Some(options)) => run(options).await,
        Err(error) => Err(format!("{error}; --help lists the options")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Do not panic if standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    // Before the endpoint is printed, because a script may stop the program as soon as it has read it.
    let stop = signals().map_err(|error| format!("failed to handle signals: {error}"))?;
    let simulator = start(&options).await?;
    announce(&options, &simulator);
    stop.await;
    summarize(&options, &simulator);
    Ok(())
}

async fn start(options: &Options) -> Result<Simulator, String> {
    let mut builder = Simulator::builder().address(options.address);
    if let Some(region) = &options.region {
        builder = builder.region(region);
    }
    if let Some(speed) = options.speed {
        builder = builder.speed(speed);
    }
    for host in &options.admin_hosts {
        builder = builder.admin_host(host);
    }
    builder = match &options.config {
        None => builder.snapshot(DEFAULT_WORLD),
        Some(path) => {
            let json = std::fs::read_to_string(path)
                .map_err(|error| format!("failed to read {}: {error}", path.display()))?;
            builder.snapshot(json)
        }
    };
    builder.start().await.map_err(|error| {
        let address = options.address;
        match (error.kind(), &options.config) {
            (io::ErrorKind::InvalidData, Some(path)) => {
                format!("failed to read {}: {error}", path.display())
            }
            (io::ErrorKind::AddrInUse, _) => format!(
                "failed to listen on {address}: port {} is in use; choose another with --port",
                address.port()
            ),
            _ => format!("failed to listen on {address}: {error}"),
        }
    })
}

fn announce(options: &Options, simulator: &Simulator) {
    let endpoint = simulator.endpoint();
    let (id, secret) = (simulator.access_key_id(), simulator.access_key_secret());
    let region = simulator.region();
    if options.json {
        let line = json!({
            "endpoint": endpoint,
            "region": region,
            "access_key_id": id,
            "access_key_secret": secret,
            "security_token": simulator.security_token(),
            "admin": format!("{endpoint}/_simulator"),
        });
        print(&line.to_string());
        return;
    }
    print(&format!(
        "endpoint           {endpoint}\n\
         region             {region}\n\
         access key id      {id}\n\
         access key secret  {secret}\n\
         admin API          {endpoint}/_simulator (see {endpoint}/_simulator/openapi.json)\n\
         Stop it with Ctrl-C or SIGTERM."
    ));
}

fn summarize(options: &Options, simulator: &Simulator) {
    let requests = simulator.requests().len() as u64 + simulator.dropped_requests();
    let orders = simulator.orders().len();
    match options.json {
        true => print(&json!({"requests": requests, "orders": orders}).to_string()),
        false => print(&format!(
            "stopped after {requests} requests and {orders} orders"
        )),
    }
}

/// Writes a line. A closed pipe is not an error.
fn print(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Completes on SIGINT or SIGTERM. The handlers are in place when this returns, so that they work for process 1 of a
/// container too, which has no default handlers.
#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
