//! One job: runs a resize under a lease.
//!
//! Two things keep a worker that has lost its job from acting. The run is polled only within the [`Fence`], so that a
//! worker that was suspended renews its lease first. And each event is stored under the worker's epoch before the run
//! is polled again; the statement has no effect once another worker has claimed the job. An event comes before each
//! order, stop, start and restart.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use aliyun_ecs::Resize;
use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::{
    OrderState, Recovery, ResizeError, ResizeErrorKind, ResizeEvent, ResizeEventKind, ResizeReport,
    ResizeRun, ResumeKey, Step, StopPolicy,
};

use crate::Error;
use crate::clients::Clients;
use crate::lease::Fence;
use crate::options::RunOptions;
use crate::progress::Output;
use crate::rows::{Claim, Ended, Progress};
use crate::store::Store;

/// The longest pause before a statement is retried, and before a resize is resumed.
const MAX_PAUSE: Duration = Duration::from_secs(5);
const MAX_RESUME_PAUSE: Duration = Duration::from_secs(60);

/// What all jobs of a worker share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(crate) options: RunOptions,
    pub(crate) output: Output,
    pub(crate) clock: SystemClock,
    /// The name of this process in the store.
    pub(crate) owner: String,
    /// Jobs continue while the queue's worker is restarted, so their number is limited here too.
    pub(crate) slots: tokio::sync::Semaphore,
    /// No further job begins.
    pub(crate) stopping: AtomicBool,
}

/// The worker no longer holds the job.
struct Lost;

/// The result of a poll of the run.
enum Turn {
    Event(Option<Box<ResizeEvent>>),
    Renew,
}

/// Runs the job with this id, if it is free.
pub(crate) async fn run(shared: &Shared, id: &str) -> Result<(), Error> {
    let _slot = shared.slots.acquire().await?;
    if shared.stopping.load(Ordering::Acquire) {
        return Err("the worker is stopping".into());
    }
    let (clock, lease) = (shared.clock, shared.options.lease());
    let fence = Fence::begin(clock, lease);
    let store = &shared.store;
    // The queue hands out the job again if this fails.
    let claim = store
        .claim(id, &shared.owner, lease, shared.options.max_failures)
        .await?;
    let Some(claim) = claim else {
        return Ok(());
    };
    match attempt(shared, &claim, fence).await {
        Ok(ended) => {
            shared.output.ended(&claim, &ended);
            persist(shared, "failed to store the result", || {
                store.finish(&claim, &ended)
            })
            .await;
        }
        Err(Lost) => shared.output.lost(&claim),
    }
    Ok(())
}

/// Runs the resize to its end, or until the job is lost.
async fn attempt(shared: &Shared, claim: &Claim, mut fence: Fence) -> Result<Ended, Lost> {
    let started = prepare(shared, claim);
    let mut run = match started {
        Ok(run) => run,
        Err(error) => return Ok(Ended::without_run(&error)),
    };
    let cancel = run.cancel_handle();
    if claim.cancel {
        cancel.cancel();
    }
    let mut stored = claim.resume_key.clone();
    loop {
        let progress = match turn(&mut run, &fence, shared.clock).await {
            Turn::Renew => None,
            Turn::Event(None) => break,
            Turn::Event(Some(event)) => {
                shared.output.event(&event);
                let progress = progress(&event);
                // A `Waiting` event whose key is already stored needs no statement before the next renewal.
                let waits = matches!(event.kind(), ResizeEventKind::Waiting { .. });
                if waits && progress.resume_key == stored {
                    continue;
                }
                Some(progress)
            }
        };
        fence = renew(shared, claim, progress.as_ref(), &mut stored, || {
            cancel.cancel()
        })
        .await?;
    }
    Ok(match run.await {
        Ok(report) => Ended::success(&report),
        Err(error) => Ended::failure(&error, claim, shared.options.attempts),
    })
}

/// The run of a claimed row: it resumes from the stored key, and keeps to the price of the plan.
fn prepare(shared: &Shared, claim: &Claim) -> Result<ResizeRun, Error> {
    let key: ResumeKey = claim.resume_key.parse()?;
    let mut resize = Resize::resume(key);
    if claim.never_stop {
        resize = resize.stop_policy(StopPolicy::Deny);
    }
    let client = shared
        .clients
        .get(claim.profile.as_deref(), Some(&claim.region_id))?;
    Ok(client.resize(resize.build()?))
}

/// The next event, or that the lease has to be renewed. The run is polled only within the fence.
async fn turn(run: &mut ResizeRun, fence: &Fence, clock: SystemClock) -> Turn {
    let mut next = pin!(run.next());
    let mut renewal = pin!(clock.sleep(fence.left().unwrap_or_default()));
    poll_fn(|context| {
        if fence.left().is_none() || renewal.as_mut().poll(context).is_ready() {
            return Poll::Ready(Turn::Renew);
        }
        next.as_mut()
            .poll(context)
            .map(|event| Turn::Event(event.map(Box::new)))
    })
    .await
}

/// Renews the lease and stores what an event has to store. While the store is away, the run is not polled.
async fn renew(
    shared: &Shared,
    claim: &Claim,
    progress: Option<&Progress>,
    stored: &mut String,
    cancel: impl Fn(),
) -> Result<Fence, Lost> {
    let lease = shared.options.lease();
    loop {
        let (fence, cancelled) = persist(shared, "failed to renew the lease", || async {
            let fence = Fence::begin(shared.clock, lease);
            let cancelled = shared.store.renew(claim, lease, progress).await?;
            Ok((fence, cancelled))
        })
        .await;
        match cancelled {
            None => return Err(Lost),
            Some(true) => cancel(),
            Some(false) => {}
        }
        if let Some(progress) = progress {
            progress.resume_key.clone_into(stored);
        }
        // A worker that was suspended right after the statement may have lost the lease since.
        if fence.left().is_some() {
            return Ok(fence);
        }
    }
}

/// Repeats a statement until the store executes it.
async fn persist<T, F>(shared: &Shared, what: &str, mut statement: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, Error>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match statement().await {
            Ok(value) => return value,
            Err(error) => shared.output.problem(&format!("{what}: {error}")),
        }
        shared.clock.sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

fn progress(event: &ResizeEvent) -> Progress {
    let phase = match event.kind() {
        ResizeEventKind::Recovering { .. } => "recover",
        ResizeEventKind::Finished(_) | ResizeEventKind::Failed { .. } => "end",
        kind => kind.step().map_or("check", Step::as_str),
    };
    let order = event.resume_key().order();
    let quoted = match event.kind() {
        ResizeEventKind::Requesting { quote, .. } => quote.as_ref(),
        _ => None,
    };
    Progress {
        resume_key: event.resume_key().to_string(),
        phase: phase.to_owned(),
        message: event.to_string(),
        order_state: order.as_str(),
        order_id: match order {
            OrderState::Placed(order_id) => order_id,
            _ => None,
        },
        quoted: quoted.map(|quote| quote.price.to_string()),
    }
}

impl Ended {
    fn success(report: &ResizeReport) -> Self {
        Self {
            state: "done",
            outcome: report.completion().as_str().to_owned(),
            message: report.to_string(),
            resume_key: Some(report.resume_key().to_string()),
            // An order whose response was lost with a killed worker has no id.
            order_state: Some(report.resume_key().order().as_str()),
            order_id: report.order_id().map(str::to_owned),
            quoted: report.quote().map(|quote| quote.price.to_string()),
            pause: Duration::ZERO,
        }
    }

    fn failure(error: &ResizeError, claim: &Claim, attempts: u32) -> Self {
        let may_be_down = error.progress().is_some_and(|progress| {
            !matches!(progress.recovery, Recovery::NotNeeded | Recovery::Started)
        });
        let cancelled = matches!(error.kind(), ResizeErrorKind::Cancelled) && !may_be_down;
        let again =
            error.is_retryable() && !claim.cancel && claim.failures + 1 < i64::from(attempts);
        let state = match (cancelled, again) {
            (true, _) => "cancelled",
            (false, true) => "open",
            (false, false) => "failed",
        };
        let order = error.progress().map(|progress| &progress.order);
        Self {
            state,
            outcome: error.kind().as_str().to_owned(),
            message: error.to_string(),
            resume_key: error.resume_key().map(ToString::to_string),
            order_state: order.map(OrderState::as_str),
            order_id: match order {
                Some(OrderState::Placed(order_id)) => order_id.clone(),
                _ => None,
            },
            quoted: None,
            pause: match state {
                "open" => {
                    let pause = Duration::from_secs(1)
                        * 2_u32.pow(u32::try_from(claim.failures).unwrap_or(0).min(6));
                    error.retry_after().unwrap_or(pause).min(MAX_RESUME_PAUSE)
                }
                _ => Duration::ZERO,
            },
        }
    }

    /// The resize could not be run at all, for instance for a profile that does not exist on this machine.
    fn without_run(error: &Error) -> Self {
        Self {
            state: "failed",
            outcome: "not_run".into(),
            message: error.to_string(),
            resume_key: None,
            order_state: None,
            order_id: None,
            quoted: None,
            pause: Duration::ZERO,
        }
    }
}
