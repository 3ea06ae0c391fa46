//! The RAM role of the ECS instance, from its metadata service.

use std::sync::Arc;

use http::StatusCode;

use super::exchange::{RawCredentials, named, quoted, read_response};
use super::metadata::{Metadata, MetadataError, MetadataSession, NAME};
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError, CredentialsErrorKind, ProvideCredentials};
use crate::BoxFuture;
use crate::types::Setting;

const ROLE: &str = "ALIBABA_CLOUD_ECS_METADATA";
const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// Gets temporary credentials of the ECS instance's RAM role from the metadata service of the instance.
///
/// The service is called in its second version, with a session token that all providers of the process share for its
/// lifetime of six hours. It is called without a token, as in its first version, if it returns no token or rejects a
/// new one, unless `ALIBABA_CLOUD_IMDSV1_DISABLED` is `true`. The timeouts are 1 s to connect and 2 s for the response;
/// proxies are never used.
///
/// The role is [`role_name`](Self::role_name), then `ALIBABA_CLOUD_ECS_METADATA`, then the role that the service
/// reports. `ALIBABA_CLOUD_ECS_METADATA_DISABLED=true` disables the provider.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::EcsRamRoleProvider;
///
/// let provider = EcsRamRoleProvider::new().role_name("resizer");
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct EcsRamRoleProvider {
    role_name: Option<Setting<String>>,
    config: ProviderConfig,
}

impl EcsRamRoleProvider {
    /// The role of the instance that this process runs on.
    pub fn new() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(super) fn within(config: ProviderConfig) -> Self {
        Self {
            role_name: None,
            config,
        }
    }

    /// Sets the name of the role, which saves a request. Default: `ALIBABA_CLOUD_ECS_METADATA`, otherwise the role that
    /// the service reports.
    #[must_use]
    pub fn role_name(mut self, name: impl Into<String>) -> Self {
        self.role_name = Some(Setting(name.into()));
        self
    }

    /// Sets the name of the role as a profile has it, which may be none.
    pub(super) fn of_profile(mut self, role_name: Option<String>) -> Self {
        self.role_name = role_name.map(Setting);
        self
    }

    /// Sets the endpoint of the metadata service. Default: `http://100.100.100.200`; otherwise only loopback hosts are accepted.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.config.metadata = Arc::new(MetadataSession::at(endpoint));
        self
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        if self.config.is_true(DISABLED) {
            return Err(CredentialsError::not_configured(
                NAME,
                format!("disabled by {DISABLED}"),
            ));
        }
        let configured = Setting::value(&self.role_name).or_else(|| self.config.variable(ROLE));
        let role = match configured {
            Some(role) => role,
            None => self.discover().await?,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if role.is_empty() || role.starts_with('.') || role.len() > 64 || !role.chars().all(is_name)
        {
            return Err(failed(
                "the name of the role must be 1 to 64 letters, digits, `.`, `-` or `_`",
            ));
        }
        let response = Metadata(&self.config)
            .get(&format!("{ROLES}{role}"))
            .await
            .map_err(MetadataError::into_inner)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(failed(format!(
                    "the instance has no role {:?}: attach it to the instance, or correct {ROLE}",
                    named(&role)
                )));
            }
            status => {
                return Err(failed(format!(
                    "the metadata service returned HTTP {status}"
                )));
            }
        }
        let credentials: RawCredentials =
            read_response(NAME, "the metadata service", response.into_body())?;
        match credentials.code.as_deref() {
            None | Some("Success") => credentials.into_credentials(NAME, "the metadata service"),
            Some(code) => Err(failed(format!(
                "the metadata service returned the code {}",
                quoted(code)
            ))),
        }
    }

    /// The name of the instance's role. An instance without a role is not an error, because no role was named.
    async fn discover(&self) -> Result<String, CredentialsError> {
        let nothing = |message: String| Err(CredentialsError::not_configured(NAME, message));
        let response = match Metadata(&self.config).get(ROLES).await {
            Ok(response) => response,
            Err(MetadataError::Unreachable(error)) => {
                return nothing(format!("this is not an ECS instance: {}", error.message()));
            }
            // The service of an ECS instance responds in time.
            Err(MetadataError::Failed(error)) if error.kind() == CredentialsErrorKind::Timeout => {
                return nothing(error.message().to_owned());
            }
            Err(MetadataError::Failed(error)) => return Err(error),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return nothing("the instance has no RAM role".into()),
            status => {
                return Err(failed(format!(
                    "the metadata service returned HTTP {status}"
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
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::Notify;

    use super::*;
    use crate::clock::Clock;
    use crate::credentials::server::{TestServer, response};
    use crate::credentials::testing::{ManualClock, config};

    /// Returns the tokens `t1`, `t2`, … and accepts only the newest.
    #[derive(Clone, Default)]
    struct Service {
        tokens: Arc<AtomicUsize>,
    }

    impl Service {
        fn respond(&self, request: &http::Request<bytes::Bytes>) -> http::Response<String> {
            if request.method() == http::Method::PUT {
                let number = self.tokens.fetch_add(1, Ordering::Relaxed) + 1;
                return response(200, format!("t{number}\n"));
            }
            let newest = format!("t{}", self.tokens.load(Ordering::Relaxed));
            match request.headers().get("x-aliyun-ecs-metadata-token") {
                Some(token) if *token == *newest => response(
                    200,
                    r#"{"Code":"Success","AccessKeyId":"i","AccessKeySecret":"s","SecurityToken":"t"}"#,
                ),
                _ => response(401, ""),
            }
        }
    }

    #[tokio::test]
    async fn the_session_token_is_cached_for_its_lifetime_and_replaced_when_rejected() {
        let service = Service::default();
        let shared = service.clone();
        let server = TestServer::start(move |request| shared.respond(request)).await;
        let clock = ManualClock::default();
        let config = config([("", "")], &clock, &server.uri);
        let provider = EcsRamRoleProvider::within(config).role_name("role");
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
        assert_eq!(tokens(), 4, "a rejected token is replaced");
    }

    #[tokio::test]
    async fn a_service_that_never_responds_means_that_this_is_not_an_instance() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let _hang = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                open.push(listener.accept().await.unwrap());
            }
        });
        for variable in ["", "ALIBABA_CLOUD_IMDSV1_DISABLED"] {
            let config = config([(variable, "true")], &ManualClock::impatient(), &address);
            let provider = EcsRamRoleProvider::within(config);
            let error = provider.load().await.unwrap_err();
            assert_eq!(error.kind(), CredentialsErrorKind::NotConfigured);
            assert!(error.to_string().contains("timed out after 2s"), "{error}");
            let named = provider.role_name("role");
            let error = named.load().await.unwrap_err();
            assert_eq!(error.kind(), CredentialsErrorKind::Timeout);
        }
    }

    /// Its timeouts end when the server has received a request that it will not respond to.
    #[derive(Debug, Clone, Default)]
    struct HangClock(Arc<Notify>);

    impl Clock for HangClock {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(self.0.notified())
        }
    }

    /// A service that never responds to a request for a token, and can require one.
    async fn tokenless(
        hang: HangClock,
        demands_token: Arc<AtomicBool>,
    ) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let puts = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&puts);
        tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                if head.starts_with(b"PUT") {
                    seen.fetch_add(1, Ordering::Relaxed);
                    hang.0.notify_one();
                    open.push(stream);
                    continue;
                }
                let (status, body) = match demands_token.load(Ordering::Relaxed) {
                    true => ("403 Forbidden", ""),
                    false
                        if head
                            .starts_with(b"GET /latest/meta-data/ram/security-credentials/ ") =>
                    {
                        ("200 OK", "role")
                    }
                    false => (
                        "200 OK",
                        r#"{"AccessKeyId":"i","AccessKeySecret":"s","SecurityToken":"t"}"#,
                    ),
                };
                let length = body.len();
                let response = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        });
        (address, puts)
    }

    #[tokio::test]
    async fn a_token_request_that_times_out_is_not_sent_again_until_a_token_is_required() {
        let clock = HangClock::default();
        let demands_token = Arc::new(AtomicBool::new(false));
        let (address, puts) = tokenless(clock.clone(), Arc::clone(&demands_token)).await;
        let mut config = config([("", "")], &ManualClock::default(), &address);
        config.clock = Arc::new(clock);
        for _ in 0..3 {
            let provider = EcsRamRoleProvider::within(config.clone());
            assert_eq!(provider.load().await.unwrap().access_key_id(), "i");
        }
        assert_eq!(puts.load(Ordering::Relaxed), 1);
        demands_token.store(true, Ordering::Relaxed);
        let provider = EcsRamRoleProvider::within(config);
        let error = provider.load().await.unwrap_err();
        assert!(error.to_string().contains("HTTP 403"), "{error}");
        assert_eq!(puts.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn the_endpoint_is_the_metadata_service_or_a_loopback_host() {
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
