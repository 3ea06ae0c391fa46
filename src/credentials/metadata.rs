//! The metadata service of an ECS instance, and its session tokens.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::exchange::{exchange, is_loopback, no_response};
use super::provider_config::ProviderConfig;
use super::{CredentialsError, CredentialsErrorKind};
use crate::transport::TransportErrorKind;

static TOKEN: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token");
static TOKEN_TTL: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token-ttl-seconds");

pub(super) const NAME: &str = "ECS RAM role";
const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
const HOST: &str = "100.100.100.200";
/// The lifetime that is requested for a session token.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::hours(6);
/// A token is not used in its last minute, so that it does not expire in transit.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// The timeout of one exchange: 1 s for the connection (the transport's own timeout) and 1 s for the response.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The endpoint of the metadata service, and the state of its session tokens.
pub(super) struct MetadataSession {
    endpoint: String,
    tokens: Mutex<Tokens>,
}

#[derive(Clone, Default)]
enum Tokens {
    /// None was requested, or the last one was rejected.
    #[default]
    Unknown,
    Token {
        header: HeaderValue,
        end: DateTime<Utc>,
    },
    /// The request for a token timed out: it is not sent again.
    Unavailable,
}

impl MetadataSession {
    pub(super) fn at(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            tokens: Mutex::default(),
        }
    }

    /// The session of this instance, which all providers of the process share.
    pub(super) fn of_instance() -> Arc<Self> {
        static SESSION: LazyLock<Arc<MetadataSession>> =
            LazyLock::new(|| Arc::new(MetadataSession::at(format!("http://{HOST}"))));
        Arc::clone(&SESSION)
    }

    fn tokens(&self) -> Tokens {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.clone()
    }

    fn set_tokens(&self, tokens: Tokens) {
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = tokens;
    }
}

/// Calls to the metadata service.
pub(super) struct Metadata<'a>(pub(super) &'a ProviderConfig);

/// Why the service returned no response.
pub(super) enum MetadataError {
    /// No connection: this is not an ECS instance.
    Unreachable(CredentialsError),
    Failed(CredentialsError),
}

impl MetadataError {
    pub(super) fn into_inner(self) -> CredentialsError {
        match self {
            Self::Unreachable(error) | Self::Failed(error) => error,
        }
    }
}

/// How a request is authenticated: with a token, or without one in the first version of the service.
struct Session {
    token: Option<HeaderValue>,
    is_cached: bool,
}

impl Metadata<'_> {
    /// Gets `path` with a session token.
    ///
    /// A cached session that is rejected is replaced once. If a new token is rejected, one request is sent without a
    /// token, unless that is forbidden: on some instances only the first version of the service works.
    pub(super) async fn get(&self, path: &str) -> Result<Response<Bytes>, MetadataError> {
        let demands_token = |response: &Response<Bytes>| {
            matches!(
                response.status(),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
            )
        };
        let mut session = self.session().await?;
        let mut response = self.send_get(path, session.token.clone()).await?;
        if session.is_cached && demands_token(&response) {
            self.0.metadata.set_tokens(Tokens::Unknown);
            session = self.session().await?;
            response = self.send_get(path, session.token.clone()).await?;
        }
        let is_final = response.status() == StatusCode::OK || session.token.is_none();
        if is_final || self.0.is_true(V1_DISABLED) {
            return Ok(response);
        }
        let without_token = self.send_get(path, None).await?;
        // If a token is required, only the response to a request with a token counts.
        match response.status() == StatusCode::NOT_FOUND && demands_token(&without_token) {
            true => Ok(response),
            false => Ok(without_token),
        }
    }

    /// The cached token, a new one, or none if the service has no tokens and may be called without one.
    async fn session(&self) -> Result<Session, MetadataError> {
        let now = self.0.clock.now();
        let cached = |token| Session {
            token,
            is_cached: true,
        };
        let is_v1_disabled = self.0.is_true(V1_DISABLED);
        match self.0.metadata.tokens() {
            Tokens::Token { header, end } if now < end => return Ok(cached(Some(header))),
            Tokens::Unavailable if !is_v1_disabled => return Ok(cached(None)),
            _ => {}
        }
        let problem = match self.request_token(now).await {
            Ok(token) => {
                return Ok(Session {
                    token: Some(token),
                    is_cached: false,
                });
            }
            Err(MetadataError::Unreachable(error)) => {
                return Err(MetadataError::Unreachable(error));
            }
            Err(MetadataError::Failed(error)) => error,
        };
        let is_timeout = problem.kind() == CredentialsErrorKind::Timeout;
        if is_v1_disabled {
            let message = format!(
                "the metadata service returned no session token ({}), and {V1_DISABLED} forbids calling it without one",
                problem.message()
            );
            return Err(MetadataError::Failed(match is_timeout {
                true => CredentialsError::timeout(NAME, message),
                false => failed(message),
            }));
        }
        if is_timeout {
            self.0.metadata.set_tokens(Tokens::Unavailable);
        }
        tracing::debug!(
            error = problem.message(),
            "the metadata service returned no session token: calling it without one"
        );
        Ok(Session {
            token: None,
            is_cached: false,
        })
    }

    async fn request_token(&self, now: DateTime<Utc>) -> Result<HeaderValue, MetadataError> {
        let lifetime = HeaderValue::from(TOKEN_LIFETIME.num_seconds());
        let header = Some((&TOKEN_TTL, lifetime));
        let response = self.send(Method::PUT, "/latest/api/token", header).await?;
        if response.status() != StatusCode::OK {
            let problem = format!("HTTP {}", response.status());
            return Err(MetadataError::Failed(failed(problem)));
        }
        let token = HeaderValue::from_bytes(response.body().trim_ascii()).ok();
        let mut header = token
            .filter(|token| !token.is_empty())
            .ok_or_else(|| MetadataError::Failed(failed("it is empty or not a header value")))?;
        header.set_sensitive(true);
        let end = now.checked_add_signed(TOKEN_LIFETIME - MARGIN);
        self.0.metadata.set_tokens(Tokens::Token {
            header: header.clone(),
            end: end.unwrap_or(now),
        });
        Ok(header)
    }

    async fn send_get(
        &self,
        path: &str,
        token: Option<HeaderValue>,
    ) -> Result<Response<Bytes>, MetadataError> {
        let header = token.map(|token| (&TOKEN, token));
        self.send(Method::GET, path, header).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        header: Option<(&'static HeaderName, HeaderValue)>,
    ) -> Result<Response<Bytes>, MetadataError> {
        let uri = self.uri(path).map_err(MetadataError::Failed)?;
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value);
        }
        match exchange(self.0, NAME, request, TIMEOUT).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.kind() == TransportErrorKind::Connect => {
                Err(MetadataError::Unreachable(no_response(NAME, error)))
            }
            Ok(Err(error)) => Err(MetadataError::Failed(no_response(NAME, error))),
            Err(error) => Err(MetadataError::Failed(error)),
        }
    }

    fn uri(&self, path: &str) -> Result<Uri, CredentialsError> {
        let base = self.0.metadata.endpoint.trim_end_matches('/');
        let uri = format!("{base}{path}").parse::<Uri>().ok();
        let is_local = |uri: &Uri| {
            let host = uri.host().unwrap_or_default();
            uri.scheme_str() == Some("http")
                && !base.contains('@')
                && (host == HOST || is_loopback(host))
        };
        uri.filter(is_local).ok_or_else(|| {
            failed(format!(
                "the endpoint must be http://{HOST} or http:// and a loopback host"
            ))
        })
    }
}

fn failed(message: impl Into<String>) -> CredentialsError {
    CredentialsError::failed(NAME, message)
}
