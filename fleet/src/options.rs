//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use aliyun_ecs::resize::MaxFailures;
use clap::{Args, Parser, Subcommand};

/// Changes the instance types of many subscription instances. If a worker is killed, other workers continue.
#[derive(Debug, Parser)]
#[command(name = "fleet", version)]
pub(crate) struct Options {
    /// The database: a path or sqlite://… of SQLite, or postgres://… in a build with the feature `postgres`.
    #[arg(long, global = true, default_value = "fleet.db")]
    pub(crate) queue: String,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plans all resizes of a CSV file, shows the total price and, after confirmation, stores them.
    Plan(PlanOptions),
    /// Runs a worker until all stored resizes have ended. Start as many as you like, on any machine.
    Run(RunOptions),
    /// Prints the number of resizes in each phase.
    Status,
    /// Cancels resizes that have not ended: all, or those of these instances. Running workers end them safely.
    Cancel {
        /// The ids of the instances. None: all.
        instances: Vec<String>,
    },
    /// Prints the result of each resize. Exits with 1 if one has failed or has not ended.
    Report {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PlanOptions {
    /// The CSV file, with a header. Columns: instance_id, instance_type, and optionally region, max_price, profile.
    pub(crate) file: PathBuf,
    /// Stores the plans without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Leaves out the lines that cannot be planned. Without this option, one invalid line stops the whole plan.
    #[arg(long)]
    pub(crate) skip_blocked: bool,
    /// Never stops an instance: fails for changes that need it stopped.
    #[arg(long)]
    pub(crate) never_stop: bool,
    #[command(flatten)]
    pub(crate) service: ServiceOptions,
}

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// The number of resizes that this worker runs at the same time.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) concurrency: u16,
    /// How many resizes of a plan may fail: a number, a percentage such as 10%, or unlimited. After one more failure,
    /// no further resize begins.
    #[arg(long, default_value_t = MaxFailures::Count(0))]
    pub(crate) max_failures: MaxFailures,
    /// How often a resize is begun or resumed after temporary failures before it counts as failed.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) attempts: u32,
    /// Resumes the resizes that have failed, or were cancelled after they had begun, unless a later plan has the instance.
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// The seconds after which a worker that no longer renews its lease loses its resizes to others.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(3..=3600))]
    pub(crate) lease: u64,
    /// Keeps waiting for new resizes when all have ended.
    #[arg(long)]
    pub(crate) forever: bool,
    /// Serves metrics for Prometheus at this address, for instance 127.0.0.1:9898.
    #[arg(long)]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) service: ServiceOptions,
}

impl RunOptions {
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease)
    }
}

/// How to reach the service.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServiceOptions {
    /// Sends all requests to this endpoint, for instance that of a simulator. A queue belongs to one endpoint.
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// The most requests that this process sends per second for each profile, in all regions together.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// How many times as fast as real time resizes wait, for a simulator that runs at that speed.
    #[arg(long, hide = true, requires = "endpoint", default_value_t = 1)]
    pub(crate) speed: u32,
}
