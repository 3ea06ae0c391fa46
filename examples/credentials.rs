//! Shows which provider of the default chain answers on this machine, and why the others did not.

use std::process::ExitCode;

use aliyun_ecs::credentials::{CredentialsErrorKind, DefaultChain};
use aliyun_ecs::{Client, Credentials};

const HELP: &str = "\
Shows where this machine's credentials come from: for when they cannot be found,
or are not the ones you expected. Prints no secret.

    cargo run --example credentials

The providers of the default chain are asked in their order until one responses or
fails. Files are read, a role is taken on, a program is run, as your set-up says;
the last but one asks the metadata service of ECS (http://100.100.100.200), unless
ALIBABA_CLOUD_ECS_METADATA_DISABLED=true is set. Nothing is written, no order is placed.

    --help    this text

Exits with 0 if there are credentials, with 1 if there are none, and with 2 if an
argument is not understood.";

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(argument) = std::env::args().nth(1) {
        if argument == "--help" || argument == "-h" {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        eprintln!("error: unknown argument {argument:?}; --help shows what there is");
        return ExitCode::from(2);
    }
    let found = explain(&DefaultChain::new()).await;
    match Client::from_env() {
        Ok(_) => println!("\nThe region is set."),
        Err(error) => println!("\n{error}"),
    }
    if found {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Asks one provider after the other, as the chain does.
async fn explain(chain: &DefaultChain) -> bool {
    let mut providers = chain.providers();
    while let Some((name, provider)) = providers.next() {
        match provider.provide_credentials().await {
            Ok(credentials) => {
                println!("  {name:<16} ANSWERS with {}", describe(&credentials));
                for (name, _) in providers {
                    println!("  {name:<16} not asked");
                }
                return true;
            }
            Err(error) if error.kind() == CredentialsErrorKind::NotConfigured => {
                println!("  {name:<16} not configured: {}", error.message());
            }
            Err(error) => {
                println!("  {name:<16} BROKEN: {}", error.message());
                println!(
                    "\nA provider that is configured but broken ends the chain: mend it or remove it."
                );
                return false;
            }
        }
    }
    println!("\nNo provider is configured: do one of the above.");
    false
}

/// The kind of keys, the two ends of their id, and how long they last.
fn describe(credentials: &Credentials) -> String {
    let id = credentials.access_key_id();
    let characters: Vec<char> = id.chars().collect();
    let short = match &*characters {
        [a, b, c, d, .., y, z] if characters.len() >= 12 => format!("{a}{b}{c}{d}…{y}{z}"),
        _ => "(short)".to_owned(),
    };
    let kind = match credentials.security_token() {
        Some(_) => "temporary",
        None => "long-lived",
    };
    match credentials.expiration() {
        Some(end) => format!("the {kind} key {short}, until {end:?}"),
        None => format!("the {kind} key {short}"),
    }
}
