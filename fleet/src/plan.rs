//! `fleet plan`: plans all lines of a file, and stores the plans once their price is confirmed.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::{ResizeErrorKind, StopPolicy};
use aliyun_ecs::{Client, Resize};
use rust_decimal::Decimal;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Error;
use crate::clients::Clients;
use crate::instances::{self, Line};
use crate::options::PlanOptions;
use crate::rows::NewJob;
use crate::store::Store;

/// How many lines are planned at the same time.
const CONCURRENCY: usize = 10;

pub(crate) async fn plan(store: &Store, options: &PlanOptions) -> Result<ExitCode, Error> {
    store
        .check_endpoint(options.service.endpoint.as_deref())
        .await?;
    let lines = instances::read(&options.file)?;
    let mut output = std::io::stdout();
    let (mut jobs, mut blocked) = (Vec::new(), 0);
    for (number, line, result) in plan_all(store, options, lines).await? {
        match result {
            Ok(job) => {
                writeln!(output, "{}", summary(&job))?;
                jobs.push(job);
            }
            Err(error) => {
                blocked += 1;
                writeln!(output, "line {number}: {}: {error}", line.instance_id)?;
            }
        }
    }
    for (currency, total) in totals(&jobs) {
        writeln!(output, "total: {total} {currency}")?;
    }
    if blocked > 0 && !options.skip_blocked {
        return Err(format!(
            "{blocked} lines cannot be planned: remove them, or leave them out with --skip-blocked"
        )
        .into());
    }
    if jobs.is_empty() {
        return Err("there is nothing to store".into());
    }
    if !options.yes && !confirmed(&jobs)? {
        return Err("not confirmed; nothing was stored".into());
    }
    // Plans sort by time.
    let plan = format!(
        "{}-{}",
        SystemClock::new().now().timestamp_millis(),
        uuid::Uuid::new_v4()
    );
    store.insert(&plan, &jobs).await?;
    writeln!(
        output,
        "stored {} resizes; `fleet run` runs them",
        jobs.len()
    )?;
    Ok(ExitCode::SUCCESS)
}

type Planned = (u64, Line, Result<NewJob, Error>);

async fn plan_all(
    store: &Store,
    options: &PlanOptions,
    lines: Vec<(u64, Line)>,
) -> Result<Vec<Planned>, Error> {
    let clients = Clients::new(options.service.clone(), None)?;
    let slots = Arc::new(Semaphore::new(CONCURRENCY));
    let mut tasks = JoinSet::new();
    for (number, line) in lines {
        let (clients, slots, store, options) = (
            clients.clone(),
            Arc::clone(&slots),
            store.clone(),
            options.clone(),
        );
        tasks.spawn(async move {
            let _slot = slots.acquire().await;
            let result = plan_line(&store, &clients, number, &line, &options).await;
            (number, line, result)
        });
    }
    let mut planned = Vec::new();
    while let Some(result) = tasks.join_next().await {
        planned.push(result?);
    }
    planned.sort_by_key(|(number, ..)| *number);
    Ok(planned)
}

async fn plan_line(
    store: &Store,
    clients: &Clients,
    number: u64,
    line: &Line,
    options: &PlanOptions,
) -> Result<NewJob, Error> {
    if let Some(why) = store.earlier(&line.instance_id).await? {
        return Err(why.into());
    }
    let client = clients.get(line.profile.as_deref(), line.region.as_deref())?;
    let mut resize = Resize::builder(&line.instance_id, &line.instance_type);
    if let Some(region) = &line.region {
        resize = resize.region_id(region);
    }
    if let Some(price) = line.max_price()? {
        resize = resize.max_price(price);
    }
    if options.never_stop {
        resize = resize.stop_policy(StopPolicy::Deny);
    }
    let plan = client.plan_resize(&resize.build()?).await?;
    let accepted = plan.accept()?;
    let quote = plan.quote();
    let nothing_to_do = plan.steps().is_empty();
    let (from, to) = (plan.from().to_string(), plan.to().to_string());
    let price = quote.map(|quote| quote.price.to_string());
    Ok(NewJob {
        id: accepted.client_token().to_string(),
        line: number,
        instance_id: line.instance_id.clone(),
        region_id: plan.region_id().to_string(),
        profile: line.profile.clone(),
        endpoint: options.service.endpoint.clone(),
        from_type: from,
        to_type: to,
        price,
        currency: quote.map(|quote| quote.currency.clone()),
        never_stop: options.never_stop,
        outcome: nothing_to_do.then(|| "already_that_type".to_owned()),
        resume_key: first_key(&client, accepted).await?,
    })
}

/// The key of a run that has changed nothing. With it, the stored resize keeps to the plan: to the types, the direction,
/// the price, the client token and whether the instance is to run at the end.
async fn first_key(client: &Client, accepted: Resize) -> Result<String, Error> {
    let mut run = client.resize(accepted);
    // It comes before any change. Without the cancel, its key would allow for an order that follows.
    run.next().await;
    run.cancel_handle().cancel();
    match run.await {
        Ok(report) => Ok(report.resume_key().to_string()),
        Err(error) => match error.resume_key() {
            Some(key) if matches!(error.kind(), ResizeErrorKind::Cancelled) => Ok(key.to_string()),
            _ => Err(error.into()),
        },
    }
}

fn summary(job: &NewJob) -> String {
    let change = format!(
        "{:<24} {} to {}",
        job.instance_id, job.from_type, job.to_type
    );
    match (&job.outcome, &job.price, &job.currency) {
        (Some(_), ..) => format!("{change}: has that type already"),
        (None, Some(price), Some(currency)) => format!("{change}: {price} {currency}"),
        (None, ..) => format!("{change}: no price, a downgrade"),
    }
}

fn totals(jobs: &[NewJob]) -> BTreeMap<&str, Decimal> {
    let mut totals = BTreeMap::new();
    for job in jobs {
        if let (None, Some(currency), Some(Ok(price))) = (
            &job.outcome,
            &job.currency,
            job.price.as_deref().map(str::parse::<Decimal>),
        ) {
            *totals.entry(&**currency).or_default() += price;
        }
    }
    totals
}

fn confirmed(jobs: &[NewJob]) -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to confirm the price: check it, and add --yes".into());
    }
    let mut output = std::io::stdout();
    write!(
        output,
        "Store these {} resizes, to be ordered and paid by `fleet run`? [y/N] ",
        jobs.len()
    )?;
    output.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
