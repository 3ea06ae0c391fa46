//! Metrics for Prometheus: the calls of this process, and the resizes in the database.

use std::convert::Infallible;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::observe::{CallInfo, Observe};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use prometheus::{
    HistogramVec, IntCounterVec, IntGaugeVec, TextEncoder, register_histogram_vec,
    register_int_counter_vec, register_int_gauge_vec,
};
use tokio::net::TcpListener;

use crate::Error;
use crate::progress::phases;
use crate::store::Store;

/// The timeout of one scrape.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
    resizes: IntGaugeVec,
}

impl Observe for Metrics {
    fn on_call(&self, call: &CallInfo<'_>) {
        let result = call.error.map_or("ok", |error| error.category().as_str());
        let calls = self.calls.with_label_values(&[call.action, result]);
        calls.inc();
        let seconds = self.seconds.with_label_values(&[call.action]);
        seconds.observe(call.elapsed.as_secs_f64());
    }
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            calls: register_int_counter_vec!(
                "ecs_calls_total",
                "Calls of this process by result: ok, or the category of the error.",
                &["action", "result"]
            )?,
            seconds: register_histogram_vec!(
                "ecs_call_seconds",
                "Duration of the calls of this process, with retries.",
                &["action"]
            )?,
            resizes: register_int_gauge_vec!(
                "fleet_resizes",
                "Resizes in the database, in each phase or as they ended.",
                &["phase"]
            )?,
        })
    }

    /// Serves `/metrics` until the process ends.
    pub(crate) async fn serve(self, listener: TcpListener, store: Store) {
        let clock = SystemClock::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                clock.sleep(PAUSE).await;
                continue;
            };
            let (metrics, store) = (self.clone(), store.clone());
            tokio::spawn(async move {
                let service = service_fn(|request| metrics.respond(&store, request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), service);
                tokio::select! {
                    _ = connection => {}
                    () = clock.sleep(TIMEOUT) => {}
                }
            });
        }
    }

    async fn respond(
        &self,
        store: &Store,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        if request.uri().path() != "/metrics" {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
        self.resizes.reset();
        // Without the database, the response has only the metrics of the calls.
        if let Ok(counts) = store.counts().await {
            for (phase, jobs) in phases(&counts) {
                let jobs = i64::try_from(jobs).unwrap_or(i64::MAX);
                self.resizes.with_label_values(&[&phase]).set(jobs);
            }
        }
        let text = TextEncoder::new().encode_to_string(&prometheus::gather());
        Ok(Response::new(text.unwrap_or_default().into()))
    }
}
