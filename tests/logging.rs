//! Compares every span and event with the table in the guide `observability`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "this is all test code, and a child process has other credentials"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aliyun_ecs::clock::Clock;
use aliyun_ecs::credentials::{
    AssumeRoleProvider, DefaultChain, EcsRamRoleProvider, ProfileProvider, ProvideCredentials,
};
use aliyun_ecs::error::{CredentialsError, TransportError, TransportErrorKind};
use aliyun_ecs::resize::ResizeEventKind;
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};
use aliyun_ecs::transport::testing::CannedTransport;
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, Credentials, ModifyPrepayInstanceSpecRequest, Resize,
    RetryConfig, RpcRequest,
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

type Seen = BTreeMap<String, (Level, BTreeSet<String>)>;

/// Records the level and the fields of every span and event of this crate, by name or message. Also records which
/// fields of an event had a value at least once.
#[derive(Debug, Clone, Default)]
struct Recorder(
    Arc<Mutex<Seen>>,
    Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
    /// The errors of the events `retrying`.
    Arc<Mutex<Vec<String>>>,
);

/// A second subscriber. With only one in the process, a thread without a subscriber would disable a span for all
/// threads.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Recorder::default()));

struct Message(String, BTreeMap<String, String>);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        } else {
            self.1.insert(field.name().to_owned(), format!("{value:?}"));
        }
    }
}

impl Recorder {
    fn note(&self, name: String, metadata: &Metadata<'_>) {
        let fields = metadata
            .fields()
            .iter()
            .map(|field| field.name().to_owned());
        let fields = fields.filter(|name| name != "message").collect();
        self.0
            .lock()
            .unwrap()
            .insert(name, (*metadata.level(), fields));
    }
}

impl Subscriber for Recorder {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("aliyun_ecs")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.note(format!("span {}", span.metadata().name()), span.metadata());
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new(), BTreeMap::new());
        event.record(&mut message);
        if message.0 == "retrying" {
            self.2.lock().unwrap().push(message.1["error"].clone());
        }
        let mut values = self.1.lock().unwrap();
        values
            .entry(message.0.clone())
            .or_default()
            .extend(message.1.into_keys());
        drop(values);
        self.note(message.0, event.metadata());
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The rows of the guide's table: the words in backquotes of each column.
fn documented() -> Seen {
    let quoted = |text: &str| -> Vec<String> {
        let parts = text.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let guide = include_str!("../src/guide/observability.md");
    let mut rows = Seen::new();
    for row in guide.lines().filter_map(|line| line.strip_prefix("| ")) {
        let Some((level, rest)) = row.split_once(" | ") else {
            continue;
        };
        let (Ok(level), Some((name, fields))) = (level.parse::<Level>(), rest.split_once(" | "))
        else {
            continue;
        };
        let fields: BTreeSet<_> = quoted(fields).into_iter().collect();
        let names = quoted(name);
        let (prefix, names) = match name.strip_prefix("span ") {
            Some(_) => ("span ", &names[..1]),
            None => ("", &names[..]),
        };
        for name in names {
            rows.insert(format!("{prefix}{name}"), (level, fields.clone()));
        }
    }
    rows
}

/// A clock that advances only when it sleeps or when the test advances it.
#[derive(Debug, Clone)]
struct Ticks(Arc<Mutex<DateTime<Utc>>>);

impl Ticks {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(
            "2026-01-01T00:00:00Z".parse().unwrap(),
        )))
    }

    fn advance(&self, duration: TimeDelta) {
        *self.0.lock().unwrap() += duration;
    }
}

impl Clock for Ticks {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        (self.now() - DateTime::UNIX_EPOCH).to_std().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        // The timeouts of calls never end.
        Box::pin(async move {
            match duration < Duration::from_secs(10) {
                true => self.advance(TimeDelta::from_std(duration).unwrap()),
                false => std::future::pending().await,
            }
        })
    }
}

fn error(code: &str) -> String {
    format!(r#"{{"RequestId":"R","Code":"{code}","Message":"m"}}"#)
}

const DONE: &str = r#"{"RequestId":"R","OrderId":"1"}"#;

async fn calls() {
    let clock = Ticks::new();
    let stale = http::Response::builder()
        .status(400)
        .header("date", "Thu, 01 Jan 2026 05:00:00 GMT");
    let transport = CannedTransport::new()
        .json(400, error("Throttling"))
        .json(200, DONE)
        .json(200, DONE)
        .error(TransportError::new(
            TransportErrorKind::Reset,
            "connection closed",
        ))
        .json(403, error("Forbidden"))
        .response(
            stale
                .body(error("InvalidTimeStamp.Expired").into())
                .unwrap(),
        )
        .json(200, DONE);
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .transport(transport)
        .clock(clock)
        .build()
        .unwrap();
    let order = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g5.xlarge");
    client
        .modify_prepay_instance_spec(order.client_token("t").build().unwrap())
        .await
        .unwrap();
    let change = RpcRequest::<Value>::new("RunCommand").client_token("t");
    client.call(change, CallOptions::default()).await.unwrap();
    let order = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g5.xlarge");
    client
        .modify_prepay_instance_spec(order.client_token("t").build().unwrap())
        .await
        .unwrap_err();
    let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
    client.call(read, CallOptions::default()).await.unwrap();
    client.with_region("hangzhou").unwrap();
}

async fn resizes() {
    let simulator = Simulator::builder().speed(1_000).start().await.unwrap();
    simulator.add_instance(SimulatedInstance::new("i-1", "ecs.g5.large").running());
    let client = simulator.client_builder().build().unwrap();
    // An upgrade with a restart, and a downgrade with a stop and a start.
    for target in ["ecs.g5.xlarge", "ecs.g5.large"] {
        let resize = Resize::builder("i-1", target);
        let resize = match target {
            // With the price.
            "ecs.g5.xlarge" => resize.max_price(Decimal::from(100_000)),
            _ => resize,
        };
        let resize = resize.build().unwrap();
        client.resize(resize).await.unwrap();
    }
    // The order fails after the stop.
    simulator.add_instance(SimulatedInstance::new("i-2", "ecs.g5.xlarge").running());
    let resize = Resize::builder("i-2", "ecs.g5.large").build().unwrap();
    let mut run = client.resize(resize);
    while let Some(event) = run.next().await {
        if let ResizeEventKind::StepFinished { .. } = event.kind() {
            let rejected = Fault::service_error(403, "Forbidden.RAM", "m");
            simulator.fail_next(rejected.on("ModifyPrepayInstanceSpec"));
        }
    }
    run.await.unwrap_err();
    // A check fails temporarily.
    let client = simulator.client_builder().retry(RetryConfig::disabled());
    let busy = Fault::service_error(503, "ServiceUnavailable", "m");
    simulator.fail_next(busy.on("DescribeInstances"));
    let resize = Resize::builder("i-1", "ecs.g5.xlarge").build().unwrap();
    client.build().unwrap().resize(resize).await.unwrap();
}

/// A provider whose credentials expire and cannot be refreshed.
#[derive(Debug, Default)]
struct Once(Ticks, AtomicBool);

impl Default for Ticks {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for Once {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let expiration = self.0.now() + TimeDelta::minutes(30);
        let result = match self.1.swap(true, Ordering::Relaxed) {
            false => Ok(Credentials::new("id", "secret")
                .with_security_token("token")
                .with_expiration(expiration)),
            true => Err(CredentialsError::failed("once", "only once")),
        };
        Box::pin(async move { result })
    }
}

async fn credentials() {
    DefaultChain::new().provide_credentials().await.unwrap();

    let clock = Ticks::new();
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(Once(clock.clone(), AtomicBool::default()))
        .transport(CannedTransport::new().json(200, DONE).json(200, DONE))
        .clock(clock.clone())
        .build()
        .unwrap();
    for _ in 0..2 {
        let read = RpcRequest::<Value>::new("DescribeDisks").read_only();
        client.call(read, CallOptions::default()).await.unwrap();
        clock.advance(TimeDelta::minutes(29));
    }

    let sts = CannedTransport::new()
        .json(503, error("ServiceUnavailable"))
        .json(403, error("NoPermission"));
    let role = AssumeRoleProvider::new(Credentials::new("id", "secret"), "acs:ram::1:role/r");
    let role = role.transport(sts);
    role.provide_credentials().await.unwrap_err();

    // A metadata service without session tokens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]).unwrap();
            let response =
                "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(response.as_bytes()).unwrap();
        }
    });
    let role = EcsRamRoleProvider::new().role_name("r").endpoint(endpoint);
    role.provide_credentials().await.unwrap_err();

    let file = std::env::temp_dir().join(format!("logging-test-{}.json", std::process::id()));
    std::fs::write(&file, "{}").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    }
    let profile = ProfileProvider::new().file(&file);
    let _ = profile.provide_credentials().await.unwrap_err();
    std::fs::remove_file(&file).unwrap();
}

/// The message as the table shows it: only the start, if the rest is variable.
fn name(message: &str) -> String {
    match message.split_once(": ") {
        Some((start, _)) => format!("{start}: …"),
        None => message.to_owned(),
    }
}

#[cfg(unix)]
#[test]
fn the_guide_lists_every_span_event_and_field() {
    const CHILD: &str = "LOGGING_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        // A child process, because the default chain reads the environment.
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_guide_lists_every_span_event_and_field"])
            .env_clear()
            .env(CHILD, "yes")
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
            .output()
            .unwrap();
        let text = [child.stdout, child.stderr].map(|it| String::from_utf8(it).unwrap());
        assert!(child.status.success(), "{}", text.concat());
        return;
    }
    LazyLock::force(&SECOND);
    let recorder = Recorder::default();
    let guard = tracing::subscriber::set_default(recorder.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        calls().await;
        resizes().await;
        credentials().await;
    });
    drop(guard);
    // No advice about the outcome: the client retries.
    let retries = recorder.2.lock().unwrap().clone();
    assert!(
        retries.contains(&"connection closed".to_owned()),
        "{retries:?}"
    );
    assert!(!retries.concat().contains("outcome"), "{retries:?}");
    // A filter that shows any event of a run shows the span as well.
    assert_eq!(documented()["span resize"].0, Level::WARN);
    let seen: Seen = std::mem::take(&mut recorder.0.lock().unwrap());
    for (message, values) in recorder.1.lock().unwrap().iter() {
        assert_eq!(
            values, &seen[message].1,
            "fields of {message:?} with a value"
        );
    }
    let seen: Seen = seen
        .into_iter()
        .map(|(it, facts)| (name(&it), facts))
        .collect();
    assert_eq!(seen, documented());
}

/// Collects the messages of a file: the last string within each macro of an event.
fn messages(code: &str, found: &mut BTreeSet<String>) {
    for level in ["trace!(", "debug!(", "info!(", "warn!(", "error!("] {
        for (start, _) in code.match_indices(level) {
            if code[..start].ends_with(|it: char| it.is_alphanumeric() || it == '_') {
                continue;
            }
            // Up to the quote before the closing parenthesis of the macro.
            let parts: Vec<&str> = code[start + level.len()..].split('"').collect();
            let closes = |part: &&str| part.trim_start().starts_with(')');
            let end = parts.iter().skip(1).position(closes).unwrap();
            if !parts[end].starts_with('{') {
                found.insert(name(parts[end]));
            }
        }
    }
}

fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let code = std::fs::read_to_string(&path).unwrap();
            let lines = code.lines();
            let code = lines.filter(|line| !line.trim_start().starts_with("//"));
            messages(&code.collect::<Vec<_>>().join("\n"), found);
        }
    }
}

#[test]
fn the_guide_lists_every_event_of_the_source() {
    let mut found = BTreeSet::new();
    sources(Path::new("src"), &mut found);
    let documented = documented();
    let missing: Vec<_> = found
        .iter()
        .filter(|it| !documented.contains_key(*it))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(found.len() > 20, "{found:?}");
}
