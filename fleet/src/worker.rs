//! A worker: takes jobs from the queue until all have ended.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use apalis::prelude::{BoxDynError, Data, ParallelizeExt, WorkerBuilder, WorkerBuilderExt};

use tokio::net::TcpListener;

use crate::Error;
use crate::clients::Clients;
use crate::job::{self, Shared};
use crate::metrics::Metrics;
use crate::options::RunOptions;
use crate::progress::Output;
use crate::queue::Queue;
use crate::store::Store;

/// How often a worker looks for jobs that no worker runs, and for the end.
const TICK: Duration = Duration::from_secs(1);

/// The handler of the queue.
async fn handle(id: String, shared: Data<Arc<Shared>>) -> Result<(), BoxDynError> {
    job::run(&shared, &id).await
}

pub(crate) async fn run(store: Store, options: RunOptions) -> Result<ExitCode, Error> {
    store
        .check_endpoint(options.service.endpoint.as_deref())
        .await?;
    let mut address = None;
    let metrics = match options.metrics {
        None => None,
        Some(wanted) => {
            let failed = |error| format!("failed to serve metrics at {wanted}: {error}");
            let listener = TcpListener::bind(wanted).await.map_err(failed)?;
            address = Some(listener.local_addr().map_err(failed)?);
            let metrics = Metrics::new()?;
            tokio::spawn(metrics.clone().serve(listener, store.clone()));
            Some(metrics)
        }
    };
    let clients = Clients::new(options.service.clone(), metrics)?;
    // Once nothing can be wrong with the options: other workers run what it reopens.
    if options.retry_failed {
        store.retry_failed().await?;
    }
    let shared = Arc::new(Shared {
        clients,
        output: Output::new()?,
        clock: SystemClock::new(),
        owner: uuid::Uuid::new_v4().to_string(),
        slots: tokio::sync::Semaphore::new(options.concurrency.into()),
        stopping: AtomicBool::new(false),
        store,
        options,
    });
    if let Some(address) = address {
        shared.output.metrics(address);
    }
    tokio::spawn(signals(Arc::clone(&shared)));
    let result = work_to_the_end(&shared).await;
    // Signals are handled meanwhile: the second one ends the process.
    shared.output.close();
    result
}

async fn work_to_the_end(shared: &Arc<Shared>) -> Result<ExitCode, Error> {
    // The queue's worker ends at any error of the database, and another one replaces it. Jobs continue meanwhile.
    while !work(shared).await {
        shared.clock.sleep(TICK).await;
    }
    // Jobs that an earlier worker of the queue has begun.
    let slots = u32::from(shared.options.concurrency);
    drop(shared.slots.acquire_many(slots).await?);
    let counts = shared.store.counts().await?;
    let has = |state| counts.iter().any(|count| count.state == state);
    let max_failures = shared.options.max_failures;
    if has("open") && shared.store.is_halted(max_failures).await? {
        shared.output.problem(&format!(
            "no further resize begins: too many have failed (max_failures {max_failures}); see `fleet report`"
        ));
    }
    Ok(ExitCode::from(u8::from(has("failed") || has("open"))))
}

/// Runs a worker of the queue. Returns whether all is done.
async fn work(shared: &Arc<Shared>) -> bool {
    let queue = match Queue::open(&shared.store, shared.options.lease()).await {
        Ok(queue) => queue,
        Err(error) => {
            shared
                .output
                .problem(&format!("failed to open the queue: {error}"));
            return false;
        }
    };
    let supervisor = supervise(shared, queue.clone());
    // The backends are of different types. A job is a separate task, so that it continues without the queue's worker.
    // The worker is dropped at the end: its own shutdown may wait for ever after the process was suspended. What it
    // has not acknowledged comes into the queue again, where nobody can claim it.
    macro_rules! serve {
        ($backend:expr) => {{
            let worker = WorkerBuilder::new(format!("{}-{}", shared.owner, uuid::Uuid::new_v4()))
                .backend($backend)
                .concurrency(shared.options.concurrency.into())
                .data(Arc::clone(shared))
                .parallelize(tokio::spawn)
                .build(handle);
            tokio::select! {
                result = worker.run() => Some(result),
                () = supervisor => None,
            }
        }};
    }
    let result = match queue {
        Queue::Sqlite(backend) => serve!(backend),
        #[cfg(feature = "postgres")]
        Queue::Postgres(backend) => serve!(backend),
    };
    match result {
        None => true,
        Some(result) => {
            let why = result.map_or_else(|error| error.to_string(), |()| "without an error".into());
            shared
                .output
                .problem(&format!("the queue's worker has ended: {why}"));
            false
        }
    }
}

/// Puts jobs that no worker runs into the queue. Returns once all have ended, or the worker is to stop.
async fn supervise(shared: &Shared, mut queue: Queue) {
    loop {
        if shared.stopping.load(Ordering::Acquire) {
            return;
        }
        match tick(shared, &mut queue).await {
            Ok(true) if !shared.options.forever => return,
            Ok(_) => {}
            Err(error) => shared
                .output
                .problem(&format!("failed to look for jobs: {error}")),
        }
        shared.clock.sleep(TICK).await;
    }
}

/// Returns whether all is done.
async fn tick(shared: &Shared, queue: &mut Queue) -> Result<bool, Error> {
    let store = &shared.store;
    let rows = store.to_queue(shared.options.max_failures).await?;
    for (id, _) in &rows {
        queue.push(id.clone()).await?;
    }
    if !rows.is_empty() {
        store.queued(&rows).await?;
    }
    let counts = store.counts().await?;
    shared.output.counts(&counts);
    if counts.iter().all(|count| count.state != "open") {
        return Ok(true);
    }
    // Too many have failed: none begins, and those that have begun have ended.
    store.is_halted(shared.options.max_failures).await
}

/// The first Ctrl-C or SIGTERM takes no further job; the second leaves all to other workers.
async fn signals(shared: Arc<Shared>) {
    for second in [false, true] {
        if interrupted().await.is_err() {
            return;
        }
        if second {
            std::process::exit(130);
        }
        shared.stopping.store(true, Ordering::Release);
        shared.output.problem(
            "stopping: the resizes that have begun continue; interrupt again to leave them",
        );
    }
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
