//! The metadata service of an ECS instance, and the session token that it gives.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::CredentialsError;
use super::exchange::{exchange, is_loopback, unanswered};
use super::provider_config::{MetadataToken, ProviderConfig};
use crate::transport::TransportErrorKind;

pub(super) const NAME: &str = "ECS RAM role";
const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
const HOST: &str = "100.100.100.200";
/// How long a session token is asked to live.
const TOKEN_LIFE: Duration = Duration::from_secs(21_600);
/// The limit of one exchange: 1 s for the connection (the transport's own limit) and 1 s for the answer.
const LIMIT: Duration = Duration::from_secs(2);

/// The metadata service as the surroundings have it.
pub(super) struct Metadata<'a>(pub(super) &'a ProviderConfig);

/// Why the service gave no answer.
pub(super) enum Rejection {
    /// Nobody is there.
    Nobody(CredentialsError),
    Failed(CredentialsError),
}

impl Rejection {
    pub(super) fn into_failure(self) -> CredentialsError {
        match self {
            Self::Nobody(error) | Self::Failed(error) => error,
        }
    }
}

impl Metadata<'_> {
    /// Gets `path` with the session token; a token that is refused is replaced once.
    pub(super) async fn get(&self, path: &str) -> Result<Response<Bytes>, Rejection> {
        let mut retried = false;
        loop {
            let token = self.token().await?;
            let has_token = token.is_some();
            let header = token.map(|token| ("x-aliyun-ecs-metadata-token", token));
            let response = self.send(Method::GET, path, header).await?;
            if response.status() != StatusCode::UNAUTHORIZED || !has_token || retried {
                return Ok(response);
            }
            *self.lock() = None;
            retried = true;
        }
    }

    /// The token in hand, a fresh one, or none where the first version has to do.
    async fn token(&self) -> Result<Option<HeaderValue>, Rejection> {
        let now = self.0.clock.elapsed();
        if let Some(token) = self.lock().clone().filter(|token| now < token.until) {
            return Ok(Some(token.header));
        }
        let life = HeaderValue::from(TOKEN_LIFE.as_secs());
        let header = Some(("x-aliyun-ecs-metadata-token-ttl-seconds", life));
        let problem = match self.send(Method::PUT, "/latest/api/token", header).await {
            Ok(response) if response.status() == StatusCode::OK => {
                match HeaderValue::from_bytes(response.body().trim_ascii()) {
                    Ok(mut header) if !header.is_empty() => {
                        header.set_sensitive(true);
                        // A little less than it lives: it is used after this moment.
                        let life = TOKEN_LIFE - Duration::from_secs(60);
                        let until = now.saturating_add(life);
                        *self.lock() = Some(MetadataToken {
                            header: header.clone(),
                            until,
                        });
                        return Ok(Some(header));
                    }
                    _ => "an empty or broken one came".to_owned(),
                }
            }
            Ok(response) => format!("HTTP {}", response.status()),
            Err(Rejection::Failed(error)) => error.message().to_owned(),
            Err(nobody) => return Err(nobody),
        };
        if self.0.is_true(V1_DISABLED) {
            return Err(Rejection::Failed(failed(format!(
                "the metadata service gave no session token ({problem}), and {V1_DISABLED} forbids going without"
            ))));
        }
        tracing::debug!(
            problem,
            "no session token from the metadata service: going without"
        );
        Ok(None)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        header: Option<(&'static str, HeaderValue)>,
    ) -> Result<Response<Bytes>, Rejection> {
        let uri = self.uri(path).map_err(Rejection::Failed)?;
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value);
        }
        match exchange(self.0, NAME, request, LIMIT).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.kind() == TransportErrorKind::Connect => {
                Err(Rejection::Nobody(unanswered(NAME, error)))
            }
            Ok(Err(error)) => Err(Rejection::Failed(unanswered(NAME, error))),
            Err(error) => Err(Rejection::Failed(error)),
        }
    }

    fn uri(&self, path: &str) -> Result<Uri, CredentialsError> {
        let base = self.0.metadata.endpoint.trim_end_matches('/');
        let uri = format!("{base}{path}").parse::<Uri>().ok();
        let is_near = |uri: &Uri| {
            let host = uri.host().unwrap_or_default();
            uri.scheme_str() == Some("http")
                && !base.contains('@')
                && (host == HOST || is_loopback(host))
        };
        uri.filter(is_near).ok_or_else(|| {
            failed(format!(
                "the endpoint must be http://{HOST} or http:// and a loopback host"
            ))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<MetadataToken>> {
        self.0
            .metadata
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(message: impl Into<String>) -> CredentialsError {
    CredentialsError::failed(NAME, message)
}
