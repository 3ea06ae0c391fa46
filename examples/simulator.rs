//! Embeds the simulator in a program, and prints a signed request for it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

const HELP: &str = "\
Serves a simulated ECS endpoint on a loopback port until it is stopped (Ctrl-C), and
prints a signed curl command for it. For other languages there is a program with more
options: cargo run -p aliyun-ecs-simulator.

    cargo run --example simulator -- [--port N] [--seconds N]

    --port N      the port to listen on (default: any free one)
    --seconds N   stop after N seconds
    -h, --help    print this text";

type Failure = Box<dyn std::error::Error>;

fn options() -> Result<Option<(u16, Option<u64>)>, Failure> {
    let (mut port, mut seconds) = (0, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a number"))?;
            value
                .parse::<u64>()
                .map_err(|_| format!("{argument} is not a number ({value:?})"))
        };
        match &*argument {
            "--help" | "-h" => return Ok(None),
            "--port" => port = u16::try_from(number()?).map_err(|_| "--port is above 65535")?,
            "--seconds" => seconds = Some(number()?),
            other => return Err(format!("unknown argument {other:?}; see --help").into()),
        }
    }
    Ok(Some((port, seconds)))
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
    match options()? {
        None => Ok(writeln!(out, "{HELP}")?),
        Some((port, seconds)) => serve(out, port, seconds).await,
    }
}

async fn serve(out: &mut impl Write, port: u16, seconds: Option<u64>) -> Result<(), Failure> {
    let simulator = Simulator::builder().port(port).start().await?;
    simulator.add_instance(SimulatedInstance::new("i-running", "ecs.g5.large"));
    simulator.add_instance(SimulatedInstance::new("i-stopped", "ecs.g5.xlarge").stopped());
    writeln!(out, "endpoint           {}", simulator.endpoint())?;
    writeln!(out, "access key id      {}", simulator.access_key_id())?;
    writeln!(out, "access key secret  {}", simulator.access_key_secret())?;
    writeln!(out, "region             {}", simulator.region())?;
    writeln!(
        out,
        "instances          i-running (ecs.g5.large), i-stopped (ecs.g5.xlarge)\n"
    )?;
    writeln!(out, "A signed order, valid once within 15 minutes:\n")?;
    writeln!(
        out,
        "curl -d '{}' {}/\n",
        signed_order(&simulator)?,
        simulator.endpoint()
    )?;
    match seconds {
        Some(seconds) => SystemClock::new().sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
    writeln!(
        out,
        "{} requests, {} orders",
        simulator.requests().len(),
        simulator.orders().len()
    )?;
    Ok(())
}

/// The form body of an order, signed as the documentation of signature version 1 says.
fn signed_order(simulator: &Simulator) -> Result<String, Failure> {
    let time = SystemClock::new()
        .now()
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let nonce = uuid::Uuid::new_v4().to_string();
    // Sorted by name, as they are signed.
    let parameters = [
        ("AccessKeyId", simulator.access_key_id()),
        ("Action", "ModifyPrepayInstanceSpec"),
        ("ClientToken", &nonce),
        ("Format", "JSON"),
        ("InstanceId", "i-running"),
        ("InstanceType", "ecs.g5.xlarge"),
        ("RegionId", "cn-hangzhou"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", &nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", &time),
        ("Version", "2014-05-26"),
    ];
    let pairs = parameters.map(|(name, value)| format!("{name}={}", encode(value)));
    let query = pairs.join("&");
    let key = format!("{}&", simulator.access_key_secret());
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes())?;
    let mac = mac
        .chain_update(format!("POST&%2F&{}", encode(&query)))
        .finalize();
    Ok(format!(
        "{query}&Signature={}",
        encode(&STANDARD.encode(mac.into_bytes()))
    ))
}

fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if keep(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
