//! Credentials of a CloudSSO login that the CLI made.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use zeroize::Zeroizing;

use super::exchange::{self, RawCredentials, exchange, no_response, read_response, secure_uri};
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::protocol::{Fields, Target};

const NAME: &str = "CloudSSO";
/// Stored credentials that expire sooner than this are exchanged for new ones.
const MARGIN: TimeDelta = TimeDelta::minutes(3);

/// Serves the credentials that the CLI stored until they expire, then exchanges its access token for new ones.
pub(super) struct CloudSsoProvider {
    pub(super) profile: String,
    pub(super) sign_in_url: String,
    pub(super) account_id: String,
    pub(super) access_config: String,
    pub(super) access_token: Zeroizing<String>,
    pub(super) access_token_expiration: Option<DateTime<Utc>>,
    pub(super) stored: Option<Credentials>,
    pub(super) config: ProviderConfig,
}

#[derive(Default)]
struct SignInResponse {
    cloud_credential: Option<RawCredentials>,
}

impl Fields for SignInResponse {
    fn field(&mut self, name: &str) -> Target<'_> {
        match name {
            "CloudCredential" => Target::Object(&mut self.cloud_credential),
            _ => Target::Unread,
        }
    }
}

/// Whether stored credentials have not expired at `time`. Without an expiry they count as expired, as in the CLI.
pub(super) fn is_valid(stored: &Credentials, time: DateTime<Utc>) -> bool {
    stored.expiration().is_some_and(|end| time < end)
}

impl CloudSsoProvider {
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let now = self.config.now();
        let expiration = self.access_token_expiration;
        let has_login = !self.access_token.is_empty() && expiration.is_none_or(|end| now < end);
        let margin = if has_login { MARGIN } else { TimeDelta::zero() };
        let mut stored = self.stored.iter();
        if let Some(stored) = stored.find(|stored| is_valid(stored, now + margin)) {
            return Ok(stored.clone());
        }
        if !has_login {
            return Err(failed(format!("the login has expired: {}", self.log_in())));
        }
        let response = exchange(&self.config, NAME, self.request()?, exchange::TIMEOUT)
            .await?
            .map_err(|error| no_response(NAME, error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(failed(format!(
                "the sign-in service returned HTTP {status}; if this persists, {}",
                self.log_in()
            )));
        }
        let response: SignInResponse =
            read_response(NAME, "the sign-in service", response.into_body())?;
        response
            .cloud_credential
            .ok_or_else(|| failed("the response of the sign-in service has no CloudCredential"))?
            .into_credentials(NAME, "the sign-in service")
    }

    fn request(&self) -> Result<Request<Bytes>, CredentialsError> {
        let invalid = |field: &str, problem| failed(format!("{field} {problem}"));
        let sign_in = secure_uri(&self.sign_in_url)
            .map_err(|problem| invalid("cloud_sso_sign_in_url", problem))?;
        let mut parts = sign_in.into_parts();
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/cloud-credentials"));
        let uri =
            Uri::from_parts(parts).map_err(|_| invalid("cloud_sso_sign_in_url", "is not a URL"))?;
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {}", *self.access_token)).map_err(|_| {
                invalid(
                    "access_token",
                    "has characters that a header cannot contain",
                )
            })?;
        bearer.set_sensitive(true);
        let body = RequestBody {
            account_id: &self.account_id,
            access_configuration_id: &self.access_config,
        };
        // Strings always serialize.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.insert(ACCEPT, json.clone());
        headers.insert(CONTENT_TYPE, json);
        headers.insert(USER_AGENT, exchange::USER_AGENT);
        headers.insert(AUTHORIZATION, bearer);
        Ok(request)
    }

    fn log_in(&self) -> String {
        format!(
            "log in again with `aliyun configure --mode CloudSSO --profile {}`",
            self.profile
        )
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct RequestBody<'a> {
    account_id: &'a str,
    access_configuration_id: &'a str,
}

fn failed(message: impl Into<String>) -> CredentialsError {
    CredentialsError::failed(NAME, message)
}

impl std::fmt::Debug for CloudSsoProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudSsoProvider")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for CloudSsoProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
