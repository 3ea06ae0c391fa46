//! Metrics of calls for Prometheus. The guide `observability` shows this file.

use aliyun_ecs::observe::{CallInfo, Observe};
use prometheus::{HistogramVec, IntCounterVec, register_histogram_vec, register_int_counter_vec};

/// Counts and times all calls of a client.
#[derive(Debug)]
pub(crate) struct Metrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
}

impl Metrics {
    pub(crate) fn new() -> prometheus::Result<Self> {
        let (calls, seconds) = ("ecs_calls_total", "ecs_call_seconds");
        Ok(Self {
            calls: register_int_counter_vec!(calls, "Calls by result.", &["action", "result"])?,
            seconds: register_histogram_vec!(seconds, "Duration of calls.", &["action"])?,
        })
    }
}

impl Observe for Metrics {
    fn on_call(&self, call: &CallInfo<'_>) {
        let result = call.error.map_or("ok", |error| error.category().as_str());
        self.calls.with_label_values(&[call.action, result]).inc();
        let seconds = self.seconds.with_label_values(&[call.action]);
        seconds.observe(call.elapsed.as_secs_f64());
    }
}
