//! Many concurrent calls, dropped calls and sequential calls. `benches/load.rs` runs larger numbers.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::{
    BoxFuture, Client, ClientBuilder, Credentials, ModifyPrepayInstanceSpecRequest, Outcome,
};
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, Semaphore};

use crate::ledger::{Ledger, Rates};
use crate::support::settle;

/// The time of one call: waits end at once, and the timeout of an attempt expires when the server hangs.
#[derive(Debug, Default)]
struct CallTime {
    elapsed: Mutex<Duration>,
    hung: Notify,
}

tokio::task_local! {
    static CALL: Arc<CallTime>;
}

#[derive(Debug)]
struct PerCall;

impl Clock for PerCall {
    fn now(&self) -> DateTime<Utc> {
        SystemClock::new().now()
    }

    fn elapsed(&self) -> Duration {
        CALL.try_with(|call| *call.elapsed.lock().unwrap())
            .unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let call = CALL.with(Arc::clone);
        Box::pin(async move {
            if duration > Duration::from_secs(10) {
                call.hung.notified().await;
            }
            *call.elapsed.lock().unwrap() += duration;
        })
    }
}

fn builder(ledger: &Ledger) -> ClientBuilder {
    Client::builder()
        .endpoint(&ledger.endpoint)
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
}

fn request(instance: &str) -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder(instance, "ecs.g5.xlarge")
        .build()
        .unwrap()
}

#[tokio::test]
async fn calls_place_one_order_per_token_with_few_extra_requests() {
    const CALLS: usize = 1_000;
    let times: Arc<Mutex<HashMap<String, Arc<CallTime>>>> = Arc::default();
    let hung = Arc::clone(&times);
    let rates = Rates {
        reset: 10,
        hang: 10,
        throttle: 50,
    };
    let ledger = Ledger::start(rates, move |instance| {
        hung.lock().unwrap()[instance].hung.notify_one();
    })
    .await;
    let client = builder(&ledger).clock(PerCall).build().unwrap();

    let gate = Arc::new(Semaphore::new(64));
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            let (client, gate, time) = (
                client.clone(),
                Arc::clone(&gate),
                Arc::new(CallTime::default()),
            );
            let instance = format!("i-{number}");
            times
                .lock()
                .unwrap()
                .insert(instance.clone(), Arc::clone(&time));
            tokio::spawn(CALL.scope(time, async move {
                let _permit = gate.acquire().await.unwrap();
                let request = request(&instance);
                let token = request.client_token().to_string();
                let result = client.modify_prepay_instance_spec(request).await;
                (instance, token, result)
            }))
        })
        .collect();

    let (mut succeeded, mut failed) = (0, 0);
    for call in calls {
        let (instance, token, result) = call.await.unwrap();
        let orders = ledger.orders(&instance);
        assert!(
            orders.len() <= 1,
            "{instance} was ordered more than once: {orders:?}"
        );
        let order = orders.get(&token);
        match result {
            Ok(response) => {
                succeeded += 1;
                let id = response.order_id.as_deref().unwrap();
                assert_eq!(order.unwrap().to_string(), id, "{instance}");
            }
            Err(error) => {
                failed += 1;
                let truth = order.is_none() || error.outcome() == Outcome::Unknown;
                assert!(truth, "{instance} was ordered: {error}");
                assert!(error.elapsed() <= Duration::from_secs(60), "{error}");
            }
        }
    }
    assert!(
        failed <= CALLS / 100,
        "{failed} failed, {succeeded} succeeded"
    );
    assert!(ledger.placed() >= succeeded);
    assert_eq!(
        ledger.requests(),
        ledger.nonces(),
        "each attempt has its own nonce"
    );
    let extra = ledger.requests() as f64 / CALLS as f64;
    assert!(extra > 1.02, "the faults did not occur: {extra}");
    assert!(extra < 1.3, "{extra} requests per call");
}

/// Polls a future this many times, or until it has been idle for a while, and drops it.
async fn drop_after<F: Future>(mut polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let clock = SystemClock::new();
    let mut idle = clock.sleep(Duration::from_millis(50));
    poll_fn(|context| {
        let Some(left) = polls.checked_sub(1) else {
            return Poll::Ready(None);
        };
        polls = left;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => idle.as_mut().poll(context).map(|()| None),
        }
    })
    .await
}

#[test]
fn dropped_calls_leave_no_tasks_and_no_connections() {
    let servers = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let rates = Rates {
        hang: 50,
        ..Rates::default()
    };
    let ledger = servers.block_on(Ledger::start(rates, |_| {}));
    let clients = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    clients.block_on(async {
        let client = builder(&ledger).build().unwrap();
        let completed = AtomicU32::new(0);
        for round in 0..40 {
            let calls: Vec<_> = (0..25)
                .map(|number| {
                    let client = client.clone();
                    tokio::spawn(async move {
                        let request = request(&format!("i-{round}-{number}"));
                        let future = client.modify_prepay_instance_spec(request);
                        drop_after(number % 9, future).await.is_some()
                    })
                })
                .collect();
            for call in calls {
                completed.fetch_add(u32::from(call.await.unwrap()), Ordering::Relaxed);
            }
        }
        let completed = completed.into_inner();
        assert!(
            (1..1_000).contains(&completed),
            "{completed} of 1,000 completed"
        );
        drop(client);
        // Hanging and idle connections end with the client. Wait until the server notices.
        for _ in 0..2_000 {
            if ledger.open() == 0
                && tokio::runtime::Handle::current()
                    .metrics()
                    .num_alive_tasks()
                    == 0
            {
                return;
            }
            settle().await;
        }
        let tasks = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        panic!("{} connections and {tasks} tasks are left", ledger.open());
    });
}

/// Set in the child process that makes the calls.
const CHILD: &str = "LOAD_TEST_CHILD";

/// The memory of this process that is in use, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn sequential_calls_do_not_leak_memory() {
    if std::env::var_os(CHILD).is_none() {
        // A separate process, because other tests would be measured as well.
        let this = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "load::sequential_calls_do_not_leak_memory"])
            .env(CHILD, "1")
            .status();
        assert!(this.unwrap().success());
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ledger = Ledger::start(Rates::default(), |_| {}).await;
        let client = builder(&ledger).build().unwrap();
        let mut memory = Vec::new();
        for calls in [1_500, 3_000] {
            for _ in 0..calls {
                client
                    .modify_prepay_instance_spec(request("i-1"))
                    .await
                    .unwrap();
            }
            memory.push(resident());
        }
        // A call may begin before the connection of the previous call is back in the pool.
        assert!(ledger.open() <= 3, "{} connections", ledger.open());
        assert_eq!(ledger.requests(), 4_500);
        let grown = memory[1].saturating_sub(memory[0]);
        assert!(grown < 512, "{grown} KiB more after 3,000 more calls");
    });
}
