//! Captures the TRACE log of a thread as text, including that of dependencies.

use std::fmt::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// The message, and `name=value` for each field.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        match field.name() {
            "message" => write!(self.0, "{space}{value:?}"),
            name => write!(self.0, "{space}{name}={value:?}"),
        }
        .unwrap();
    }
}

#[derive(Default)]
struct State {
    /// The name and the fields of each span. The id of a span is its index plus 1.
    spans: Vec<(&'static str, String)>,
    entered: Vec<usize>,
    text: String,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<State>>);

fn index(id: &Id) -> usize {
    usize::try_from(id.into_u64()).unwrap() - 1
}

impl Subscriber for Buffer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut state = self.0.lock().unwrap();
        state.spans.push((span.metadata().name(), fields.0));
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if !fields.0.is_empty() {
            let mut state = self.0.lock().unwrap();
            let recorded = &mut state.spans[index(span)].1;
            write!(recorded, " {}", fields.0).unwrap();
        }
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut state = self.0.lock().unwrap();
        let mut line = event.metadata().level().to_string();
        for &span in &state.entered {
            let (name, fields) = &state.spans[span];
            write!(line, " {name}{{{fields}}}:").unwrap();
        }
        writeln!(line, " {}: {}", event.metadata().target(), fields.0).unwrap();
        state.text += &line;
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(index(span));
    }

    fn exit(&self, span: &Id) {
        let entered = &mut self.0.lock().unwrap().entered;
        if let Some(last) = entered.iter().rposition(|it| *it == index(span)) {
            entered.remove(last);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

/// A second subscriber. With only one in the process, a thread without a subscriber would disable a span for all
/// threads.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| {
    log::set_logger(&Forward).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    Dispatch::new(Buffer::default())
});

/// Turns records of the crate `log` into events.
struct Forward;

impl log::Log for Forward {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        tracing::trace!("{}: {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Records until it is dropped. The runtime of a test runs all tasks on the thread of the test.
pub(crate) struct Log {
    buffer: Buffer,
    _guard: DefaultGuard,
}

impl Log {
    pub(crate) fn start() -> Self {
        LazyLock::force(&SECOND);
        let buffer = Buffer::default();
        Self {
            _guard: tracing::subscriber::set_default(buffer.clone()),
            buffer,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.buffer.0.lock().unwrap().text.clone()
    }
}
