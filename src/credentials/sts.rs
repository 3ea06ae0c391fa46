//! The security token service: temporary keys of a role.

use std::time::Duration;

use bytes::Bytes;
use chrono::SecondsFormat;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, Uri};
use uuid::Uuid;

use super::exchange::{self, Keys, exchange, read_response, secure_uri, unanswered};
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError};
use crate::protocol::{Fields, Params, Place, Redactor, SigningInput, decode, form, headers_v1};
use crate::types::RegionId;

const VERSION: &str = "2015-04-01";
const REGION: &str = "ALIBABA_CLOUD_STS_REGION";
const VPC: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
const SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";

/// A role to take on, where, and for how long.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) duration: Duration,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) sts_region: Option<String>,
    pub(super) vpc: Option<bool>,
}

#[derive(Default)]
struct RawAnswer {
    credentials: Option<Keys>,
}

impl Fields for RawAnswer {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "Credentials" => Place::Object(&mut self.credentials),
            _ => Place::Unread,
        }
    }
}

impl Role {
    pub(super) fn new(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            session_name: None,
            duration: Duration::from_secs(3600),
            policy: None,
            external_id: None,
            endpoint: None,
            sts_region: None,
            vpc: None,
        }
    }

    /// Takes the role on with the keys of `source` (`AssumeRole`).
    pub(super) async fn assume(
        &self,
        config: &ProviderConfig,
        provider: &'static str,
        source: &Credentials,
    ) -> Result<Credentials, CredentialsError> {
        let key = source.signing_key()?;
        let uri = self.uri(config, provider)?;
        let session_name = self.session_name(config);
        let duration = self.duration.as_secs().to_string();
        let mut params = Params::new();
        params.add("RoleArn", &*self.arn);
        params.add("RoleSessionName", &*session_name);
        params.add("DurationSeconds", &*duration);
        params.add_optional("Policy", self.policy.as_deref());
        params.add_optional("ExternalId", self.external_id.as_deref());
        let unsigned = SigningInput {
            uri: &uri,
            action: "AssumeRole",
            version: VERSION,
            params: &params.sorted(),
            wants_xml: false,
            headers: &headers_v1(false, exchange::USER_AGENT),
            access_key_id: source.access_key_id(),
            key,
            security_token: source.security_token(),
            time: config.clock.now(),
            nonce: &Uuid::new_v4().to_string(),
        };
        let signed = unsigned.sign_v1();
        let secrets = [
            source.access_key_secret(),
            source.security_token().unwrap_or_default(),
            &signed.signature,
        ];
        send(config, provider, "AssumeRole", signed.request, &secrets).await
    }

    /// Takes the role on with a token of an identity provider (`AssumeRoleWithOIDC`), which needs no signature.
    ///
    /// The token is part of the body: a URL would end up in access logs.
    pub(super) async fn assume_with_oidc(
        &self,
        config: &ProviderConfig,
        provider: &'static str,
        oidc_provider_arn: &str,
        token: &str,
    ) -> Result<Credentials, CredentialsError> {
        const ACTION: &str = "AssumeRoleWithOIDC";
        let session_name = self.session_name(config);
        let duration = self.duration.as_secs().to_string();
        let time = config.clock.now();
        let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let nonce = Uuid::new_v4().to_string();
        let mut params = vec![
            ("Action", ACTION),
            ("DurationSeconds", &duration),
            ("Format", "JSON"),
            ("OIDCProviderArn", oidc_provider_arn),
            ("OIDCToken", token),
            ("RoleArn", &self.arn),
            ("RoleSessionName", &session_name),
            ("SignatureNonce", &nonce),
            ("Timestamp", &time),
            ("Version", VERSION),
        ];
        params.extend(self.policy.as_deref().map(|policy| ("Policy", policy)));
        let mut request = Request::new(Bytes::from(form(params)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri(config, provider)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.insert(USER_AGENT, exchange::USER_AGENT);
        send(config, provider, ACTION, request, &[token]).await
    }

    fn session_name(&self, config: &ProviderConfig) -> String {
        self.session_name
            .clone()
            .or_else(|| config.variable(SESSION_NAME))
            .unwrap_or_else(|| format!("aliyun-ecs-{}", config.clock.now().timestamp()))
    }

    /// `sts.aliyuncs.com`, or a region's own host.
    fn uri(
        &self,
        config: &ProviderConfig,
        provider: &'static str,
    ) -> Result<Uri, CredentialsError> {
        let failed = |message: String| CredentialsError::failed(provider, message);
        if let Some(endpoint) = &self.endpoint {
            let endpoint = match endpoint.contains("://") {
                true => endpoint.clone(),
                false => format!("https://{endpoint}"),
            };
            return secure_uri(&endpoint)
                .and_then(|uri| match uri.path_and_query().map(|path| path.as_str()) {
                    None | Some("/") => Ok(uri),
                    Some(_) => Err("must be a host alone, without a path"),
                })
                .map_err(|problem| failed(format!("the STS endpoint {problem}")));
        }
        let region = self.sts_region.clone().or_else(|| config.variable(REGION));
        let host = match region.map(RegionId::new).transpose() {
            Ok(None) => "sts.aliyuncs.com".to_owned(),
            Ok(Some(region)) => {
                let vpc = self.vpc.unwrap_or_else(|| config.is_true(VPC));
                let network = if vpc { "-vpc" } else { "" };
                format!("sts{network}.{region}.aliyuncs.com")
            }
            Err(error) => return Err(failed(format!("the STS region {error}"))),
        };
        format!("https://{host}/")
            .parse()
            .map_err(|_| failed("the STS region cannot be part of a host name".into()))
    }
}

async fn send(
    config: &ProviderConfig,
    provider: &'static str,
    action: &str,
    request: Request<Bytes>,
    secrets: &[&str],
) -> Result<Credentials, CredentialsError> {
    let redactor = Redactor::new(secrets);
    let response = exchange(config, provider, request, exchange::LIMIT)
        .await?
        .map_err(|error| unanswered(provider, error.cleaned(|text| redactor.clean(text, 128))))?;
    if !response.status().is_success() {
        return Err(rejection(provider, action, &response, &redactor));
    }
    let response: RawAnswer = read_response(provider, "STS", response.into_body())?;
    response
        .credentials
        .ok_or_else(|| CredentialsError::failed(provider, "the answer of STS has no Credentials"))?
        .into_credentials(provider, "STS")
}

/// The service's own words, key material blotted out.
fn rejection(
    provider: &'static str,
    action: &str,
    response: &Response<Bytes>,
    redactor: &Redactor<'_>,
) -> CredentialsError {
    let status = response.status();
    let decoded = decode(response, redactor, |_| Err::<(), _>(String::new()));
    CredentialsError::failed(
        provider,
        match decoded {
            Err(error) if error.service().is_some() => format!("STS refused {action}: {error}"),
            _ => format!(
                "STS answered {action} with HTTP {status} and no error code: try again later"
            ),
        },
    )
}
