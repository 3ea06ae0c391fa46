//! The RAM role of the ECS instance, from its metadata service.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::exchange::{Keys, exchange, is_loopback, read_answer, unanswered};
use super::surroundings::Surroundings;
use super::{Credentials, CredentialsError, CredentialsErrorKind, ProvideCredentials};
use crate::BoxFuture;
use crate::transport::TransportErrorKind;

pub(super) const NAME: &str = "ECS RAM role";
const ROLE: &str = "ALIBABA_CLOUD_ECS_METADATA";
const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
const HOST: &str = "100.100.100.200";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
/// How long a session token is asked to live.
const TOKEN_LIFE: Duration = Duration::from_secs(21_600);
/// The limit of one exchange: 1 s for the connection (the transport's own limit) and 1 s for the answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Asks the metadata service of the ECS instance for the keys of the instance's RAM role.
///
/// The service is asked in its second version, with a session token that is kept for its life of
/// six hours; in its first one only if it has no tokens to give and `ALIBABA_CLOUD_IMDSV1_DISABLED` is
/// not `true`. A connection may take 1 s, and so may an answer; proxies are never used.
///
/// The role is [`role_name`](Self::role_name), else `ALIBABA_CLOUD_ECS_METADATA`, else the one that the
/// service names. `ALIBABA_CLOUD_ECS_METADATA_DISABLED=true` switches the provider off.
#[derive(Debug, Clone)]
pub struct EcsRamRoleProvider {
    role_name: Option<String>,
    surroundings: Surroundings,
}

impl EcsRamRoleProvider {
    /// The role of the instance that this program runs on.
    pub fn new() -> Self {
        Self::within(Surroundings::default())
    }

    pub(super) fn within(surroundings: Surroundings) -> Self {
        Self {
            role_name: None,
            surroundings,
        }
    }

    /// The name of the role, which saves asking for it. Default: `ALIBABA_CLOUD_ECS_METADATA`, else discovered.
    #[must_use]
    pub fn role_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.role_name = name.into();
        self
    }

    /// Where the metadata service is. Default: `http://100.100.100.200`; otherwise only loopback hosts are accepted.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.surroundings.metadata = Arc::new(Metadata::at(endpoint));
        self
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        if self.surroundings.is_true(DISABLED) {
            return Err(CredentialsError::not_configured(
                NAME,
                format!("switched off by {DISABLED}"),
            ));
        }
        let named = self
            .role_name
            .clone()
            .or_else(|| self.surroundings.variable(ROLE));
        let metadata = &self.surroundings.metadata;
        let role = match named {
            Some(role) => role,
            None => self.discover().await?,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if role.is_empty() || role.len() > 64 || !role.chars().all(is_name) {
            return Err(failed(
                "the role's name must be 1 to 64 of a-z, A-Z, 0-9, `.`, `-` and `_`",
            ));
        }
        let answer = metadata
            .get(&self.surroundings, &format!("{ROLES}{role}"))
            .await
            .map_err(Refusal::into_failure)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(failed(format!(
                    "the instance has no role {role:?}: attach it to the instance, or correct {ROLE}"
                )));
            }
            status => {
                return Err(failed(format!(
                    "the metadata service answered HTTP {status}"
                )));
            }
        }
        let keys: Keys = read_answer(NAME, "the metadata service", answer.into_body())?;
        match keys.code.as_deref() {
            None | Some("Success") => keys.into_credentials(NAME, "the metadata service"),
            Some(code) => Err(failed(format!(
                "the metadata service answered with the code {:?}",
                crate::types::shorten(code, 60)
            ))),
        }
    }

    /// The name of the instance's role. That there is none is no failure: nobody asked for it by name.
    async fn discover(&self) -> Result<String, CredentialsError> {
        let nothing = |message: String| Err(CredentialsError::not_configured(NAME, message));
        let answer = match self
            .surroundings
            .metadata
            .get(&self.surroundings, ROLES)
            .await
        {
            Ok(answer) => answer,
            Err(Refusal::Nobody(error)) => {
                return nothing(format!("this is no ECS instance: {}", error.message()));
            }
            // On an instance it would answer.
            Err(Refusal::Failed(error)) if error.kind() == CredentialsErrorKind::Timeout => {
                return nothing(error.message().to_owned());
            }
            Err(Refusal::Failed(error)) => return Err(error),
        };
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return nothing("the instance has no RAM role".into()),
            status => {
                return Err(failed(format!(
                    "the metadata service answered HTTP {status}"
                )));
            }
        }
        let names = String::from_utf8_lossy(answer.body());
        match names.lines().map(str::trim).find(|name| !name.is_empty()) {
            Some(name) => Ok(name.to_owned()),
            None => nothing("the instance has no RAM role".into()),
        }
    }
}

impl Default for EcsRamRoleProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for EcsRamRoleProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}

/// The metadata service and the session token that it gave.
pub(crate) struct Metadata {
    endpoint: String,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    /// By the clock's steady time.
    until: Duration,
}

/// Why the service gave no answer.
enum Refusal {
    /// Nobody is there.
    Nobody(CredentialsError),
    Failed(CredentialsError),
}

impl Refusal {
    fn into_failure(self) -> CredentialsError {
        match self {
            Self::Nobody(error) | Self::Failed(error) => error,
        }
    }
}

impl Metadata {
    pub(super) fn at(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            token: Mutex::default(),
        }
    }

    /// Gets `path` with the session token; a token that is refused is replaced once.
    async fn get(
        &self,
        surroundings: &Surroundings,
        path: &str,
    ) -> Result<Response<Bytes>, Refusal> {
        let mut retried = false;
        loop {
            let token = self.token(surroundings).await?;
            let has_token = token.is_some();
            let header = token.map(|token| ("x-aliyun-ecs-metadata-token", token));
            let answer = self.send(surroundings, Method::GET, path, header).await?;
            if answer.status() != StatusCode::UNAUTHORIZED || !has_token || retried {
                return Ok(answer);
            }
            *self.lock() = None;
            retried = true;
        }
    }

    /// The token in hand, a fresh one, or none where the first version has to do.
    async fn token(&self, surroundings: &Surroundings) -> Result<Option<HeaderValue>, Refusal> {
        let now = surroundings.clock.elapsed();
        if let Some(token) = self.lock().clone().filter(|token| now < token.until) {
            return Ok(Some(token.header));
        }
        let life = HeaderValue::from(TOKEN_LIFE.as_secs());
        let header = Some(("x-aliyun-ecs-metadata-token-ttl-seconds", life));
        let problem = match self
            .send(surroundings, Method::PUT, "/latest/api/token", header)
            .await
        {
            Ok(answer) if answer.status() == StatusCode::OK => {
                match HeaderValue::from_bytes(answer.body().trim_ascii()) {
                    Ok(mut header) if !header.is_empty() => {
                        header.set_sensitive(true);
                        // A little less than it lives: it is used after this moment.
                        let until = now + TOKEN_LIFE - Duration::from_secs(60);
                        *self.lock() = Some(Token {
                            header: header.clone(),
                            until,
                        });
                        return Ok(Some(header));
                    }
                    _ => "an empty or broken one came".to_owned(),
                }
            }
            Ok(answer) => format!("HTTP {}", answer.status()),
            Err(Refusal::Failed(error)) => error.message().to_owned(),
            Err(nobody) => return Err(nobody),
        };
        if surroundings.is_true(V1_DISABLED) {
            return Err(Refusal::Failed(failed(format!(
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
        surroundings: &Surroundings,
        method: Method,
        path: &str,
        header: Option<(&'static str, HeaderValue)>,
    ) -> Result<Response<Bytes>, Refusal> {
        let uri = self.uri(path).map_err(Refusal::Failed)?;
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value);
        }
        match exchange(surroundings, NAME, request, LIMIT).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.kind() == TransportErrorKind::Connect => {
                Err(Refusal::Nobody(unanswered(NAME, error)))
            }
            Ok(Err(error)) => Err(Refusal::Failed(unanswered(NAME, error))),
            Err(error) => Err(Refusal::Failed(error)),
        }
    }

    fn uri(&self, path: &str) -> Result<Uri, CredentialsError> {
        let base = self.endpoint.trim_end_matches('/');
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self::at(format!("http://{HOST}"))
    }
}

fn failed(message: impl Into<String>) -> CredentialsError {
    CredentialsError::failed(NAME, message)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use chrono::TimeDelta;
    use tokio::net::TcpListener;
    use wiremock::{Mock, MockServer, Request as Seen, Respond, ResponseTemplate, matchers};

    use super::*;
    use crate::credentials::testing::{ManualClock, surroundings};

    /// Gives the tokens `t1`, `t2`, … and accepts none but the newest.
    #[derive(Clone, Default)]
    struct Service {
        tokens: Arc<AtomicUsize>,
    }

    impl Respond for Service {
        fn respond(&self, request: &Seen) -> ResponseTemplate {
            if request.method == http::Method::PUT {
                let number = self.tokens.fetch_add(1, Ordering::Relaxed) + 1;
                return ResponseTemplate::new(200).set_body_string(format!("t{number}\n"));
            }
            let newest = format!("t{}", self.tokens.load(Ordering::Relaxed));
            match request.headers.get("x-aliyun-ecs-metadata-token") {
                Some(token) if *token == *newest => ResponseTemplate::new(200).set_body_string(
                    r#"{"Code":"Success","AccessKeyId":"i","AccessKeySecret":"s","SecurityToken":"t"}"#,
                ),
                _ => ResponseTemplate::new(401),
            }
        }
    }

    #[tokio::test]
    async fn the_session_token_is_kept_for_its_life_and_replaced_when_refused() {
        let (server, service) = (MockServer::start().await, Service::default());
        Mock::given(matchers::any())
            .respond_with(service.clone())
            .mount(&server)
            .await;
        let clock = ManualClock::default();
        let surroundings = surroundings([("", "")], &clock, &server.uri());
        let provider = EcsRamRoleProvider::within(surroundings).role_name("role".to_owned());
        let tokens = || service.tokens.load(Ordering::Relaxed);
        for _ in 0..3 {
            provider.load().await.unwrap();
        }
        assert_eq!(tokens(), 1);
        clock.advance(TimeDelta::minutes(358));
        provider.load().await.unwrap();
        assert_eq!(tokens(), 1);
        clock.advance(TimeDelta::minutes(2));
        provider.load().await.unwrap();
        assert_eq!(tokens(), 2, "a token of six hours");
        service.tokens.fetch_add(1, Ordering::Relaxed);
        provider.load().await.unwrap();
        assert_eq!(tokens(), 4, "a refused token is replaced");
    }

    #[tokio::test]
    async fn a_service_that_hangs_is_left_after_its_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let _hang = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                open.push(listener.accept().await.unwrap());
            }
        });
        let surroundings = surroundings([("", "")], &ManualClock::impatient(), &address);
        let provider = EcsRamRoleProvider::within(surroundings);
        let error = provider.load().await.unwrap_err();
        assert_eq!(error.kind(), CredentialsErrorKind::NotConfigured);
        assert!(error.to_string().contains("within 2s"), "{error}");
        let named = provider.role_name("role".to_owned());
        let error = named.load().await.unwrap_err();
        assert_eq!(error.kind(), CredentialsErrorKind::Timeout);
    }

    #[tokio::test]
    async fn no_other_host_is_asked_for_the_instances_keys() {
        for endpoint in [
            "http://metadata.example.com",
            "https://127.0.0.1",
            "http://100.100.100.200@example.com",
            "http://100.100.100.200.example.com",
            "100.100.100.200",
        ] {
            let surroundings = surroundings([("", "")], &ManualClock::default(), endpoint);
            let provider = EcsRamRoleProvider::within(surroundings);
            let error = provider.load().await.unwrap_err();
            assert!(
                error.to_string().contains("the endpoint must be"),
                "{error}"
            );
        }
    }
}
