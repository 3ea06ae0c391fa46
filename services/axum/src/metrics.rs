//! Counters of calls in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aliyun_ecs::observe::{CallInfo, Observe};

/// Shared by the client, which counts, and the handler that shows the numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Arc<Mutex<Calls>>);

/// The number of calls and their total duration, by operation and result.
type Calls = BTreeMap<(String, &'static str), (u64, Duration)>;

impl Observe for Metrics {
    fn on_call(&self, call: &CallInfo<'_>) {
        let result = call.error.map_or("ok", |error| error.category().as_str());
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, total) = calls.entry((call.action.to_owned(), result)).or_default();
        *count += 1;
        *total += call.elapsed;
    }
}

impl Metrics {
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        for ((action, result), (count, total)) in
            self.0.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            let labels = format!("{{action=\"{action}\",result=\"{result}\"}}");
            let seconds = total.as_secs_f64();
            let _ = writeln!(text, "ecs_calls_total{labels} {count}");
            let _ = writeln!(text, "ecs_call_seconds_total{labels} {seconds}");
        }
        text
    }
}
