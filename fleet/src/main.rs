//! `fleet`: changes the instance types of a fleet, with workers on one or many machines, on a durable queue.
//!
//! The guide page `fleets` of the crate `aliyun-ecs` explains how to use it.

mod clients;
mod instances;
mod job;
mod lease;
mod lines;
mod metrics;
mod options;
mod plan;
mod progress;
mod queue;
mod report;
mod rows;
mod store;
mod worker;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};
use store::{Access, Store};

/// Errors of this program: a text for people.
type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // A closed standard error is no reason to panic.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<ExitCode, Error> {
    let access = match options.command {
        Command::Plan(_) => Access::Create,
        Command::Run(_) | Command::Cancel { .. } => Access::Write,
        Command::Status | Command::Report { .. } => Access::Read,
    };
    let store = Store::open(&options.queue, access).await?;
    match options.command {
        Command::Plan(plan) => plan::plan(&store, &plan).await,
        Command::Run(run) => worker::run(store, run).await,
        Command::Status => report::status(&store).await,
        Command::Cancel { instances } => report::cancel(&store, &instances).await,
        Command::Report { json } => report::report(&store, json).await,
    }
}
