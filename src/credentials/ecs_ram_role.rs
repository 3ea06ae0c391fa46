//! The RAM role of the ECS instance, from its metadata service.

use std::sync::Arc;

use http::StatusCode;

use super::exchange::{Keys, read_response, shown};
use super::metadata::{Metadata, NAME, Rejection};
use super::provider_config::{MetadataSession, ProviderConfig};
use super::{Credentials, CredentialsError, CredentialsErrorKind, ProvideCredentials};
use crate::BoxFuture;

const ROLE: &str = "ALIBABA_CLOUD_ECS_METADATA";
const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// Asks the metadata service of the ECS instance for the keys of the instance's RAM role.
///
/// The service is asked in its second version, with a session token that is kept for its life of
/// six hours; in its first one only if it has no tokens to give and `ALIBABA_CLOUD_IMDSV1_DISABLED` is
/// not `true`. A connection may take 1 s, and so may an answer; proxies are never used.
///
/// The role is [`role_name`](Self::role_name), else `ALIBABA_CLOUD_ECS_METADATA`, else the one that the
/// service names. `ALIBABA_CLOUD_ECS_METADATA_DISABLED=true` switches the provider off.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::EcsRamRoleProvider;
///
/// let provider = EcsRamRoleProvider::new().role_name("resizer".to_owned());
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct EcsRamRoleProvider {
    role_name: Option<String>,
    config: ProviderConfig,
}

impl EcsRamRoleProvider {
    /// The role of the instance that this program runs on.
    pub fn new() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(super) fn within(config: ProviderConfig) -> Self {
        Self {
            role_name: None,
            config,
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
        self.config.metadata = Arc::new(MetadataSession::at(endpoint));
        self
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        if self.config.is_true(DISABLED) {
            return Err(CredentialsError::not_configured(
                NAME,
                format!("switched off by {DISABLED}"),
            ));
        }
        let named = self
            .role_name
            .clone()
            .or_else(|| self.config.variable(ROLE));
        let role = match named {
            Some(role) => role,
            None => self.discover().await?,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if role.is_empty() || role.starts_with('.') || role.len() > 64 || !role.chars().all(is_name)
        {
            return Err(failed(
                "the role's name must be 1 to 64 of a-z, A-Z, 0-9, `.`, `-` and `_`",
            ));
        }
        let response = Metadata(&self.config)
            .get(&format!("{ROLES}{role}"))
            .await
            .map_err(Rejection::into_failure)?;
        match response.status() {
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
        let keys: Keys = read_response(NAME, "the metadata service", response.into_body())?;
        match keys.code.as_deref() {
            None | Some("Success") => keys.into_credentials(NAME, "the metadata service"),
            Some(code) => Err(failed(format!(
                "the metadata service answered with the code {}",
                shown(code)
            ))),
        }
    }

    /// The name of the instance's role. That there is none is no failure: nobody asked for it by name.
    async fn discover(&self) -> Result<String, CredentialsError> {
        let nothing = |message: String| Err(CredentialsError::not_configured(NAME, message));
        let response = match Metadata(&self.config).get(ROLES).await {
            Ok(response) => response,
            Err(Rejection::Nobody(error)) => {
                return nothing(format!("this is no ECS instance: {}", error.message()));
            }
            // On an instance it would answer.
            Err(Rejection::Failed(error)) if error.kind() == CredentialsErrorKind::Timeout => {
                return nothing(error.message().to_owned());
            }
            Err(Rejection::Failed(error)) => return Err(error),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return nothing("the instance has no RAM role".into()),
            status => {
                return Err(failed(format!(
                    "the metadata service answered HTTP {status}"
                )));
            }
        }
        let names = String::from_utf8_lossy(response.body());
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
    use crate::credentials::testing::{ManualClock, config};

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
        let config = config([("", "")], &clock, &server.uri());
        let provider = EcsRamRoleProvider::within(config).role_name("role".to_owned());
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
        let config = config([("", "")], &ManualClock::impatient(), &address);
        let provider = EcsRamRoleProvider::within(config);
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
            let config = config([("", "")], &ManualClock::default(), endpoint);
            let provider = EcsRamRoleProvider::within(config);
            let error = provider.load().await.unwrap_err();
            assert!(
                error.to_string().contains("the endpoint must be"),
                "{error}"
            );
        }
    }
}
