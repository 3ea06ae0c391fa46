//! An HTTP service that changes instance types. It may be killed at any time: after a restart it resumes its
//! resizes.
//!
//! - `POST /resizes {"instance_id", "instance_type", "max_price"?}` plans, stores and starts a resize.
//! - `GET /resizes/{id}` returns its last event and, once it has ended, its report or error.
//! - `GET /metrics` returns metrics for Prometheus.

mod metrics;
mod store;

use aliyun_ecs::resize::{ResizeError, ResumeKey};
use aliyun_ecs::{Client, Resize, ValidationError};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use prometheus::TextEncoder;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{Instrument, error, info, info_span};

use metrics::Metrics;
use store::Store;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
struct App {
    client: Client,
    store: Store,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| "info,aliyun_ecs=info".into());
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .init();

    let mut client = Client::builder().observer(Metrics::new()?);
    if let Some(endpoint) = variable("ECS_ENDPOINT") {
        client = client.endpoint(endpoint); // a simulator
    }
    let app = App {
        client: client.build()?,
        store: Store::open(&variable("DATABASE").unwrap_or("resizes.db".into()))?,
    };
    for open in app.store.open_resizes().await? {
        app.start(open.resize, open.key)?;
    }
    let router = Router::new()
        .route("/resizes", post(create))
        .route("/resizes/{id}", get(show))
        .route("/metrics", get(metrics))
        .with_state(app);
    let listen = variable("LISTEN").unwrap_or("127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(listen).await?;
    info!(address = %listener.local_addr()?, "listening");
    // The runs stop where they are when the process ends. The next process resumes them from their keys.
    axum::serve(listener, router)
        .with_graceful_shutdown(stop())
        .await?;
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "the rule is for the library")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Completes on Ctrl-C, or on SIGTERM as orchestrators send it.
async fn stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

impl App {
    /// Runs a resize on a separate task, from the beginning or from a key.
    fn start(&self, resize: Resize, key: Option<ResumeKey>) -> Result<(), ValidationError> {
        let resize = match key {
            Some(key) => resize.to_builder().resume_key(key).build()?,
            None => resize,
        };
        let id = resize.client_token().to_string();
        let span = info_span!("resize", id, instance_id = %resize.instance_id());
        let app = self.clone();
        let work = async move {
            if let Err(problem) = app.run(resize, id).await {
                // The row stays open: the next process resumes it.
                error!(%problem, "the resize stopped, because its state could not be stored");
            }
        };
        tokio::spawn(work.instrument(span));
        Ok(())
    }

    async fn run(&self, resize: Resize, id: String) -> Result<(), Failure> {
        let mut run = self.client.resize(resize);
        while let Some(event) = run.next().await {
            info!("{event}");
            let (key, event) = (
                event.resume_key().to_string(),
                serde_json::to_string(&event)?,
            );
            self.store.record(id.clone(), key, event).await?;
        }
        let result = match run.await {
            Ok(report) => json!({ "report": report }),
            Err(error) => json!({ "error": error }),
        };
        self.store.end(id, result).await
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    instance_id: String,
    instance_type: String,
    max_price: Option<Decimal>,
}

async fn create(State(app): State<App>, Json(wish): Json<Wish>) -> Result<Response, Problem> {
    let mut resize = Resize::builder(wish.instance_id, wish.instance_type);
    if let Some(max_price) = wish.max_price {
        resize = resize.max_price(max_price);
    }
    let plan = app.client.plan_resize(&resize.build()?).await?;
    let resize = plan.accept()?;
    if !app.store.add(&resize).await? {
        let problem = json!({ "message": "the instance has a resize in progress" });
        return Ok((StatusCode::CONFLICT, Json(problem)).into_response());
    }
    let body = json!({ "id": resize.client_token(), "quote": plan.quote(), "steps": plan.steps() });
    app.start(resize, None)?;
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(match app.store.get(id).await? {
        Some((event, result)) => Json(json!({ "event": event, "result": result })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

async fn metrics() -> Result<String, Problem> {
    let text = TextEncoder::new().encode_to_string(&prometheus::gather());
    text.map_err(|error| Failure::from(error).into())
}

/// A failure as a response: the status that the category suggests, and the error as JSON.
struct Problem(StatusCode, Value);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<ResizeError> for Problem {
    fn from(error: ResizeError) -> Self {
        let status = StatusCode::from_u16(error.category().suggested_http_status());
        Self(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            json!(error),
        )
    }
}

impl From<ValidationError> for Problem {
    fn from(error: ValidationError) -> Self {
        Self(StatusCode::BAD_REQUEST, json!(error))
    }
}

impl From<Failure> for Problem {
    fn from(error: Failure) -> Self {
        error!(%error, "internal error");
        Self(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({ "message": "internal error" }),
        )
    }
}
