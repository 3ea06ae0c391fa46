//! Compares the spans and events of calls with the table in the guide `observability`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use aliyun_ecs::operation::StopInstanceRequest;
use aliyun_ecs::{CallOptions, RpcRequest};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::support::{Server, order, rejection, request, response};

type Seen = BTreeMap<String, (Level, BTreeSet<String>)>;

/// Records level and fields of every span and event of this crate, by name or message.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Seen>>);

/// With a single subscriber in the process, a thread without one would disable a span for all threads.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Recorder::default()));

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
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
        let mut message = Message(String::new());
        event.record(&mut message);
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
    let guide = include_str!("../../src/guide/observability.md");
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

#[tokio::test]
async fn the_guide_lists_every_span_event_and_field() {
    LazyLock::force(&SECOND);
    let recorder = Recorder::default();
    let guard = tracing::subscriber::set_default(recorder.clone());
    let stale = response(
        400,
        "date: Thu, 01 Jan 2026 00:00:00 GMT\r\n",
        r#"{"RequestId":"R","Code":"InvalidTimeStamp.Expired","Message":"m"}"#,
    );
    let steps = [
        rejection(400, "Throttling", "m"),
        order("1"),
        order("2"),
        rejection(403, "Forbidden", "m"),
        stale,
        order("3"),
    ];
    let server = Server::start(steps).await;
    let now = aliyun_ecs::clock::Clock::now(&server.clock);
    let then = "2026-01-01T05:00:00Z".parse::<chrono::DateTime<chrono::Utc>>();
    let client = server.client();
    client.modify_prepay_instance_spec(request()).await.unwrap();
    let stop = StopInstanceRequest::builder("i-1").build().unwrap();
    client.stop_instance(stop).await.unwrap();
    let read = || RpcRequest::<Value>::new("DescribeDisks").read_only();
    client
        .call(read(), CallOptions::default())
        .await
        .unwrap_err();
    server.clock.set_offset(then.unwrap() - now);
    client.call(read(), CallOptions::default()).await.unwrap();
    client.with_region("hangzhou").unwrap();
    drop(guard);

    let mut seen = Seen::new();
    for (name, facts) in recorder.0.lock().unwrap().iter() {
        let name = match name.split_once(": ") {
            Some((start, _)) => format!("{start}: …"),
            None => name.clone(),
        };
        seen.insert(name, facts.clone());
    }
    assert_eq!(seen, documented());
}
