//! The results of the resizes.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::Error;
use crate::progress::phases;
use crate::rows::Job;
use crate::store::Store;

pub(crate) async fn status(store: &Store) -> Result<ExitCode, Error> {
    let mut output = std::io::stdout().lock();
    for (phase, jobs) in phases(&store.counts().await?) {
        writeln!(output, "{phase:>16} {jobs}")?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn cancel(store: &Store, instances: &[String]) -> Result<ExitCode, Error> {
    let cancelled = store.cancel(instances).await?;
    let (ended, asked) = (cancelled.ended, cancelled.asked);
    writeln!(std::io::stdout(), "{ended} cancelled before they began")?;
    if asked > 0 {
        writeln!(
            std::io::stdout(),
            "{asked} have begun: workers end them safely; if none runs, start `fleet run`"
        )?;
    }
    if !cancelled.unknown.is_empty() {
        return Err(format!(
            "failed to cancel {}: no resize that has not ended; check the ids",
            cancelled.unknown.join(", ")
        )
        .into());
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn report(store: &Store, as_json: bool) -> Result<ExitCode, Error> {
    let jobs = store.jobs().await?;
    let mut output = std::io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut output, &json(&jobs))?;
        writeln!(output)?;
    } else {
        for job in &jobs {
            writeln!(output, "{}", line(job))?;
        }
        for (group, count) in groups(&jobs) {
            writeln!(output, "{group:>16} {count}")?;
        }
        for (label, order_state) in [("ordered", "placed"), ("may be ordered", "unknown")] {
            for (currency, total) in totals(&jobs, order_state) {
                writeln!(output, "{label:>16} {total} {currency}")?;
            }
        }
    }
    let complete = jobs
        .iter()
        .all(|job| matches!(group(job), "changed" | "left_to_do" | "cancelled"));
    Ok(ExitCode::from(u8::from(!complete)))
}

/// The group of a job: `changed`, `left_to_do` (ordered, and the user has to restart, start or pay), `failed`,
/// `cancelled`, `under_way` or `not_begun`.
fn group(job: &Job) -> &'static str {
    match (&*job.state, job.outcome.as_deref()) {
        ("done", Some("in_effect" | "already_that_type")) => "changed",
        ("done", _) => "left_to_do",
        ("failed", _) => "failed",
        ("cancelled", _) => "cancelled",
        _ if job.begun => "under_way",
        _ => "not_begun",
    }
}

fn groups(jobs: &[Job]) -> BTreeMap<&'static str, usize> {
    let mut groups = BTreeMap::new();
    for job in jobs {
        *groups.entry(group(job)).or_default() += 1;
    }
    groups
}

/// The prices of the resizes in this state of their order, by currency.
fn totals(jobs: &[Job], order_state: &str) -> BTreeMap<String, Decimal> {
    let mut totals = BTreeMap::new();
    for job in jobs {
        if let (true, Some(Ok(price))) = (
            job.order_state == order_state,
            job.price.as_deref().map(str::parse::<Decimal>),
        ) {
            *totals
                .entry(job.currency.clone().unwrap_or_default())
                .or_default() += price;
        }
    }
    totals
}

fn json_totals(jobs: &[Job], order_state: &str) -> Value {
    let totals = totals(jobs, order_state).into_iter();
    totals
        .map(|(currency, total)| (currency, json!(total.to_string())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn json(jobs: &[Job]) -> Value {
    let jobs_json = jobs.iter().map(|job| {
        json!({
            "instance_id": job.instance_id,
            "region_id": job.region_id,
            "profile": job.profile,
            "from": job.from_type,
            "to": job.to_type,
            "price": job.price,
            "currency": job.currency,
            "group": group(job),
            "phase": job.phase,
            "outcome": job.outcome,
            "message": job.message,
            "order_state": job.order_state,
            "order_id": job.order_id,
            "resume_key": job.resume_key,
        })
    });
    json!({
        "groups": groups(jobs),
        "ordered": json_totals(jobs, "placed"),
        "may_be_ordered": json_totals(jobs, "unknown"),
        "jobs": jobs_json.collect::<Vec<_>>(),
    })
}

fn line(job: &Job) -> String {
    let mut line = format!(
        "{:<24} {} to {}: {}",
        job.instance_id,
        job.from_type,
        job.to_type,
        group(job).replace('_', " ")
    );
    if let Some(message) = &job.message {
        line = format!("{line}: {message}");
    }
    line
}
