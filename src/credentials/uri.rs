//! Credentials from a URL.

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderValue, Request};

use super::exchange::{
    self, RawCredentials, exchange, no_response, quoted, read_response, secure_uri,
};
use super::provider_config::{ProviderConfig, transport_setter};
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

pub(super) const NAME: &str = "credentials URI";
const VARIABLE: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";

/// Gets temporary credentials from a URL: `https://`, or `http://` with a loopback host.
///
/// The response is JSON: `Code` (`Success`), `AccessKeyId`, `AccessKeySecret`, `SecurityToken`
/// and `Expiration` (`yyyy-MM-ddTHH:mm:ssZ`).
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::UriProvider;
///
/// let provider = UriProvider::new("http://127.0.0.1:6543/keys");
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct UriProvider {
    uri: Option<String>,
    config: ProviderConfig,
}

impl UriProvider {
    /// Gets credentials from `uri`.
    pub fn new(uri: impl Into<String>) -> Self {
        Self::within(ProviderConfig::default()).uri(uri.into())
    }

    /// Gets credentials from the URL in `ALIBABA_CLOUD_CREDENTIALS_URI`, which is read when credentials are requested.
    pub fn from_env() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(super) fn within(config: ProviderConfig) -> Self {
        Self { uri: None, config }
    }

    pub(super) fn uri(mut self, uri: String) -> Self {
        self.uri = Some(uri);
        self
    }

    transport_setter! {}

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let failed = |message: String| CredentialsError::failed(NAME, message);
        let (uri, setting) = match &self.uri {
            Some(uri) => (uri.clone(), "the URL"),
            None => {
                let uri = self.config.variable(VARIABLE);
                let nothing =
                    || CredentialsError::not_configured(NAME, format!("{VARIABLE} is not set"));
                (uri.ok_or_else(nothing)?, VARIABLE)
            }
        };
        let uri = secure_uri(&uri).map_err(|problem| failed(format!("{setting} {problem}")))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, exchange::USER_AGENT);
        let response = exchange(&self.config, NAME, request, exchange::TIMEOUT)
            .await?
            .map_err(|error| no_response(NAME, error))?;
        if !response.status().is_success() {
            return Err(failed(format!(
                "{host} returned HTTP {}",
                response.status()
            )));
        }
        let credentials: RawCredentials = read_response(NAME, &host, response.into_body())?;
        match credentials.code.as_deref() {
            None | Some("Success") => credentials.into_credentials(NAME, &host),
            Some(code) => Err(failed(format!("{host} returned the code {}", quoted(code)))),
        }
    }
}

/// Without the URL, which may contain a secret.
impl std::fmt::Debug for UriProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UriProvider")
    }
}

impl ProvideCredentials for UriProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
