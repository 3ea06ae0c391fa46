//! The settings of a client, validated once.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};

use super::Client;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ResponseFormat, RetryConfig, SignatureVersion};
use crate::credentials::{
    CredentialsCache, CredentialsErrorKind, DefaultChain, ProfileProvider, ProvideCredentials,
    ProviderConfig,
};
use crate::endpoint::{Endpoint, Network, did_you_mean, is_loopback};
use crate::error::ConfigError;
use crate::observe::Observe;
use crate::runtime::Runtime;
use crate::transport::{ConnectionScope, HttpTransport, default_transport};
use crate::types::{RegionId, Setting};

/// The environment variables that hold the region: the official one, then the aliases of the vendor's CLI.
const REGION_VARIABLES: [&str; 5] = [
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
    "REGION_ID",
    "REGION",
];

/// Builds a [`Client`]. It does no network I/O.
///
/// Every setting has a default:
///
/// ```
/// use std::time::Duration;
/// use aliyun_ecs::{Client, Credentials, Network, ResponseFormat, RetryConfig, SignatureVersion};
///
/// let client = Client::builder()
///     .region("cn-hangzhou")
///     .credentials(Credentials::new("LTAI-example", "the-secret"))
///     .network(Network::Vpc)
///     .signature_version(SignatureVersion::V3)
///     .response_format(ResponseFormat::Json)
///     .retry(RetryConfig::default().with_max_attempts(6))
///     .connect_timeout(Duration::from_secs(3))
///     .attempt_timeout(Duration::from_secs(20))
///     .timeout(Duration::from_secs(120))
///     .user_agent_suffix("nightly-resize/1.2")
///     .build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct ClientBuilder {
    region: Option<Setting<String>>,
    credentials: Option<Box<dyn ProvideCredentials>>,
    endpoint: Option<Setting<String>>,
    network: Network,
    allow_plaintext_http: bool,
    signature_version: SignatureVersion,
    response_format: ResponseFormat,
    retry: RetryConfig,
    max_requests_per_second: Option<f64>,
    connect_timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    timeout: Option<Duration>,
    transport: Option<Arc<dyn HttpTransport>>,
    clock: Option<Arc<dyn Clock>>,
    user_agent_suffix: Option<Setting<String>>,
    observer: Option<Arc<dyn Observe>>,
    config: ProviderConfig,
}

impl ClientBuilder {
    /// The region of requests that do not name one, for instance `cn-hangzhou`. Default: the region of the environment or
    /// the CLI profile, as in [`Client::from_env`].
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(Setting(region.into()));
        self
    }

    /// The credentials: fixed [`Credentials`](crate::Credentials) or a provider. Default: [`DefaultChain`].
    ///
    /// ```
    /// use aliyun_ecs::Client;
    /// use aliyun_ecs::credentials::EcsRamRoleProvider;
    ///
    /// let provider = EcsRamRoleProvider::new().role_name("resizer");
    /// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn credentials(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(Box::new(provider));
        self
    }

    /// A fixed host for all requests, with or without a port. Default: the host of the region.
    ///
    /// The default scheme is `https://`. `http://` is accepted for loopback hosts only, unless
    /// [`allow_plaintext_http`](Self::allow_plaintext_http) is set.
    ///
    /// ```
    /// use aliyun_ecs::Client;
    ///
    /// let at = |endpoint| Client::builder().region("cn-hangzhou").endpoint(endpoint).build();
    /// assert!(at("ecs.cn-hangzhou.aliyuncs.com").is_ok());
    /// assert!(at("http://127.0.0.1:8080").is_ok());
    /// assert!(at("http://ecs.cn-hangzhou.aliyuncs.com").is_err());
    /// ```
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(Setting(endpoint.into()));
        self
    }

    /// Whether requests use the public host of the region or the host of its internal network. Default: public.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Accepts an `http://` [`endpoint`](Self::endpoint) for any host. Default: `false`.
    ///
    /// Anyone on the network path can then read and modify the requests.
    pub fn allow_plaintext_http(mut self, allow: bool) -> Self {
        self.allow_plaintext_http = allow;
        self
    }

    /// How requests are signed. Default: [`SignatureVersion::V1`].
    pub fn signature_version(mut self, version: SignatureVersion) -> Self {
        self.signature_version = version;
        self
    }

    /// The response format that requests ask for. Default: [`ResponseFormat::Json`].
    pub fn response_format(mut self, format: ResponseFormat) -> Self {
        self.response_format = format;
        self
    }

    /// How calls are retried. Default: [`RetryConfig::default`].
    pub fn retry(mut self, retry: RetryConfig) -> Self {
        self.retry = retry;
        self
    }

    /// The most requests that the client and its clones send per second in all regions, retries included. Default: no
    /// limit.
    ///
    /// Requests are spaced evenly and wait for their turn in order; a rate below 1 is allowed. The wait counts towards
    /// the timeout of the call, which fails with [`RateLimit`](crate::error::TransportErrorKind::RateLimit) if its turn
    /// comes later. The service limits requests per account and minute, for all clients together. Requests for
    /// credentials do not count. The rate is measured on the client's [`clock`](Self::clock): where that runs faster,
    /// as with the simulator, so do the requests.
    ///
    /// ```
    /// use aliyun_ecs::Client;
    ///
    /// let client = Client::builder().region("cn-hangzhou").max_requests_per_second(10).build()?;
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn max_requests_per_second(mut self, rate: impl Into<f64>) -> Self {
        self.max_requests_per_second = Some(rate.into());
        self
    }

    /// The timeout for connecting, with the TLS handshake. Zero is an error. Default: 5 s.
    ///
    /// It has no effect on a custom [`transport`](Self::transport).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The timeout of one attempt, from sending the request to the end of the response body. Zero is an error. With
    /// [`Duration::MAX`], only the timeout of the call ends an attempt. Default: 15 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// The timeout of a whole call: credentials, attempts and the waits between them. Zero is an error.
    /// [`Duration::MAX`] disables it. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends requests with the given transport. Default: a new `ReqwestTransport`, or without the feature
    /// `reqwest` a new `HyperTransport`.
    ///
    /// The default credentials chain also uses it for HTTPS.
    ///
    /// ```
    /// # #[cfg(feature = "rustls")]
    /// # let _ = rustls::crypto::ring::default_provider().install_default();
    /// use aliyun_ecs::Client;
    /// use aliyun_ecs::transport::ReqwestTransport;
    ///
    /// // Your own `reqwest` dependency, with its own TLS feature.
    /// let http = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .no_proxy()
    ///     .build()?;
    /// let client = Client::builder()
    ///     .region("cn-hangzhou")
    ///     .transport(ReqwestTransport::from(http))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transport(mut self, transport: impl HttpTransport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// A custom clock. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Appends the name of your program to the user agent, for instance `my-tool/1.2`. At most 256 printable ASCII
    /// characters. Default: none.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(Setting(suffix.into()));
        self
    }

    /// Reports every attempt and every call to `observer`, for metrics. Default: none, which costs nothing.
    ///
    /// ```
    /// use aliyun_ecs::Client;
    /// use aliyun_ecs::observe::{CallInfo, Observe};
    ///
    /// #[derive(Debug)]
    /// struct Print;
    ///
    /// impl Observe for Print {
    ///     fn on_call(&self, call: &CallInfo<'_>) {
    ///         println!("{} took {:?}", call.action, call.elapsed);
    ///     }
    /// }
    ///
    /// let client = Client::builder().region("cn-hangzhou").observer(Print).build()?;
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn observer(mut self, observer: impl Observe + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Validates the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the invalid setting, its value, and what to do.
    ///
    /// # Example
    ///
    /// ```
    /// use aliyun_ecs::Client;
    ///
    /// let error = Client::builder().region("Hangzhou").build().unwrap_err();
    /// assert_eq!(error.setting(), "region");
    /// println!("{error}");
    /// ```
    pub fn build(self) -> Result<Client, ConfigError> {
        let region = match self.region {
            Some(Setting(region)) => region,
            None => region(&self.config)?,
        };
        let endpoint = match &self.endpoint {
            Some(Setting(text)) => Endpoint::parse(text, self.allow_plaintext_http)?,
            None => Endpoint::Regional(self.network),
        };
        let (region, uri) = locate(region, &endpoint)?;
        let timeout = |setting, value: Option<Duration>, default| match value {
            Some(Duration::ZERO) => Err(ConfigError::new(setting, "must be longer than zero")),
            value => Ok(value.unwrap_or(Duration::from_secs(default))),
        };
        let connect_timeout = timeout("connect_timeout", self.connect_timeout, 5)?;
        let scope = connection_scope(&endpoint);
        let brings_transport = self.transport.is_some();
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(connect_timeout, scope)?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let skew = Arc::clone(&self.config.skew);
        let provider = self.credentials.unwrap_or_else(|| {
            let mut config = self.config;
            config.clock = Arc::clone(&clock);
            // A transport that is limited to loopback cannot reach STS.
            if brings_transport || scope == ConnectionScope::Internet {
                config = config.with_transport(Arc::clone(&transport));
            }
            Box::new(DefaultChain::within(config))
        });
        Ok(Client {
            runtime: Arc::new(Runtime::new(Config {
                region,
                endpoint,
                uri,
                credentials: Arc::new(CredentialsCache::new(
                    provider,
                    Arc::clone(&clock),
                    Arc::clone(&skew),
                )),
                transport,
                clock,
                skew,
                signature_version: self.signature_version,
                response_format: self.response_format,
                retry: self.retry,
                request_interval: request_interval(self.max_requests_per_second)?,
                attempt_timeout: timeout("attempt_timeout", self.attempt_timeout, 15)?,
                timeout: timeout("timeout", self.timeout, 60)?,
                user_agent: user_agent(self.user_agent_suffix.as_ref().map(|it| &*it.0))?,
                observer: self.observer,
            })),
        })
    }
}

/// The time between two requests of a rate.
fn request_interval(max_per_second: Option<f64>) -> Result<Option<Duration>, ConfigError> {
    let Some(rate) = max_per_second else {
        return Ok(None);
    };
    let interval = Duration::try_from_secs_f64(rate.recip()).ok();
    let interval = interval.filter(|_| rate > 0.0 && rate.is_finite());
    let problem = || {
        ConfigError::new("max_requests_per_second", "must be greater than zero")
            .with_value(&rate.to_string())
    };
    interval.map(Some).ok_or_else(problem)
}

/// Validates a region id, and returns the URI of the endpoint in that region.
pub(super) fn locate(region: String, endpoint: &Endpoint) -> Result<(RegionId, Uri), ConfigError> {
    let region = RegionId::new(region)
        .map_err(|error| ConfigError::new("region", error.problem()).with_value(error.value()))?;
    let uri = endpoint.uri(&region).map_err(|_| {
        ConfigError::new("region", "cannot be part of a host name").with_value(region.as_str())
    })?;
    if let Some(did_you_mean) = did_you_mean(region.as_str()) {
        tracing::warn!(
            cloud.region = region.as_str(),
            did_you_mean,
            "unknown region"
        );
    }
    Ok((region, uri))
}

/// The region from the environment, otherwise from the profile that would provide the credentials.
fn region(config: &ProviderConfig) -> Result<String, ConfigError> {
    let mut variables = REGION_VARIABLES.into_iter();
    if let Some(region) = variables.find_map(|name| config.variable(name)) {
        return Ok(region);
    }
    let error = match ProfileProvider::within(config.clone()).region() {
        Ok(Some(region)) => return Ok(region),
        Err(error) if error.kind() != CredentialsErrorKind::NotConfigured => Some(error),
        Ok(None) | Err(_) => None,
    };
    let mut problem =
        "is not set; set it, or ALIBABA_CLOUD_REGION_ID, or `region_id` in the CLI profile"
            .to_owned();
    if let Some(error) = error {
        problem.push_str(&format!(" ({})", error.message()));
    }
    Err(ConfigError::new("region", problem))
}

fn connection_scope(endpoint: &Endpoint) -> ConnectionScope {
    match endpoint.plaintext() {
        Some(uri) if uri.host().is_some_and(is_loopback) => ConnectionScope::Loopback,
        Some(_) => ConnectionScope::Plaintext,
        None => ConnectionScope::Internet,
    }
}

fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, ConfigError> {
    let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let Some(suffix) = suffix else {
        return Ok(HeaderValue::from_static(own));
    };
    let is_printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    Some(suffix)
        .filter(|suffix| is_printable(suffix) && suffix.len() <= 256)
        .and_then(|suffix| HeaderValue::try_from(format!("{own} {suffix}").trim()).ok())
        .ok_or_else(|| {
            ConfigError::new(
                "user_agent_suffix",
                "must be at most 256 printable ASCII characters",
            )
            .with_value(suffix)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::testing::{Folder, ManualClock, config};

    const CONFIG: &str = r#"{"current":"a","profiles":[
        {"name":"a","mode":"AK","region_id":"cn-shanghai"},
        {"name":"b","mode":"AK","region_id":""},
        {"name":"c","mode":"AK","region_id":"evil.example.com/#"}]}"#;

    /// The region of a client that is built without one, or the error.
    fn region_of(home: &Folder, variables: &[(&str, &str)]) -> Result<String, String> {
        let home = [("HOME", home.path().to_str().unwrap())];
        let variables = variables.iter().copied().chain(home);
        let builder = ClientBuilder {
            config: config(variables, &ManualClock::default(), ""),
            ..Client::builder()
        };
        match builder.build() {
            Ok(client) => Ok(client.runtime.config().region.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_region_comes_from_the_environment_or_the_profile() {
        let home = Folder::new();
        home.write(".aliyun/config.json", CONFIG);
        for name in REGION_VARIABLES {
            assert_eq!(
                region_of(&home, &[(name, " cn-beijing ")]).unwrap(),
                "cn-beijing"
            );
        }
        let [official, aliases @ ..] = REGION_VARIABLES;
        let mut all = vec![(official, "first")];
        all.extend(aliases.map(|name| (name, "other")));
        assert_eq!(region_of(&home, &all).unwrap(), "first");
        assert_eq!(region_of(&home, &[]).unwrap(), "cn-shanghai");
        assert_eq!(region_of(&home, &[("REGION", "")]).unwrap(), "cn-shanghai");
    }

    #[test]
    fn the_error_of_a_missing_region_names_the_settings() {
        let home = Folder::new();
        let error = region_of(&home, &[]).unwrap_err();
        assert!(
            error.contains("ALIBABA_CLOUD_REGION_ID") && error.contains("region_id"),
            "{error}"
        );
        home.write(".aliyun/config.json", CONFIG);
        assert!(region_of(&home, &[("ALIBABA_CLOUD_PROFILE", "b")]).is_err());
        assert!(region_of(&home, &[("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")]).is_err());
        let error = region_of(&home, &[("ALIBABA_CLOUD_PROFILE", "c")]).unwrap_err();
        assert!(error.contains("evil.example.com"), "{error}");
        home.write(".aliyun/config.json", "{\"secret");
        let error = region_of(&home, &[]).unwrap_err();
        assert!(error.contains("is not valid JSON (line 1"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
