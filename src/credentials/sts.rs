//! The security token service (STS): temporary credentials of a role.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::SecondsFormat;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};

use super::exchange::{self, named, secure_uri};
use super::provider_config::ProviderConfig;
use super::sts_call::{StsCall, StsRequest};
use super::{Credentials, CredentialsError};
use crate::protocol::{Params, SigningInput, form, headers_v1};
use crate::types::RegionId;

const VERSION: &str = "2015-04-01";
const ENDPOINT: &str = "ALIBABA_CLOUD_STS_ENDPOINT";
const REGION: &str = "ALIBABA_CLOUD_STS_REGION";
const VPC: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
const SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";
/// The regions whose STS has only an internal host, from the list of hosts in the official STS packages.
const INTERNAL_ONLY: [&str; 2] = ["cn-north-2-gov-1", "cn-shenzhen-finance-1"];

/// A role to assume, and the settings for it.
#[derive(Clone)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) duration: Duration,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) endpoint: Option<String>,
    /// The region that was set in code, which precedes the environment.
    pub(super) sts_region: Option<String>,
    /// The region of a profile, which `ALIBABA_CLOUD_STS_ENDPOINT` precedes, as in the CLI.
    pub(super) profile_region: Option<String>,
    pub(super) vpc: Option<bool>,
}

/// Generates the setters of a provider that assumes a [`Role`], its field `role`.
macro_rules! role_setters {
    () => {
        /// Sets the name of the session in audit logs (`RoleSessionName`): 2 to 64 letters, digits or `.@-_`.
        ///
        /// Default: `ALIBABA_CLOUD_ROLE_SESSION_NAME`, otherwise `aliyun-ecs-` and the Unix time.
        #[must_use]
        pub fn session_name(mut self, name: impl Into<String>) -> Self {
            self.role.session_name = Some(name.into());
            self
        }

        /// Sets the lifetime of the credentials (`DurationSeconds`): 15 minutes up to the maximum of the role, in
        /// whole seconds. Default: 1 hour. STS rejects other values.
        #[must_use]
        pub fn duration(mut self, duration: std::time::Duration) -> Self {
            self.role.duration = duration;
            self
        }

        /// Sets a policy in JSON that restricts the permissions of the session (`Policy`). Default: none.
        #[must_use]
        pub fn policy(mut self, policy: impl Into<String>) -> Self {
            self.role.policy = Some(policy.into());
            self
        }

        /// Sets the region whose STS is called, `sts.<region>.aliyuncs.com`. Default: `ALIBABA_CLOUD_STS_REGION`,
        /// otherwise the central host `sts.aliyuncs.com`. Two regions have only an internal host, which is used for
        /// them: `cn-north-2-gov-1` and `cn-shenzhen-finance-1`.
        #[must_use]
        pub fn sts_region(mut self, region: impl Into<String>) -> Self {
            self.role.sts_region = Some(region.into());
            self
        }

        /// Sets whether to call the internal host of the STS region, `sts-vpc.<region>.aliyuncs.com`. It has no effect
        /// without an STS region. Default: `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED`.
        #[must_use]
        pub fn vpc_endpoint(mut self, enabled: bool) -> Self {
            self.role.vpc = Some(enabled);
            self
        }

        /// Sets the endpoint of STS: a host or a URL without a path, `http://` only for loopback hosts.
        ///
        /// Default: the host of [`sts_region`](Self::sts_region) if it was set, then `ALIBABA_CLOUD_STS_ENDPOINT`, then
        /// the host of the region.
        #[must_use]
        pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
            self.role.endpoint = Some(endpoint.into());
            self
        }
    };
}

pub(super) use role_setters;

impl fmt::Debug for Role {
    /// An external id is shared like a password, a policy describes the account, and an endpoint may have user
    /// information.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("arn", &named(&self.arn))
            .field("session_name", &self.session_name.as_deref().map(named))
            .field("duration", &self.duration)
            .field("endpoint", &self.endpoint.as_deref().map(named))
            .finish_non_exhaustive()
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
            profile_region: None,
            vpc: None,
        }
    }

    /// Assumes the role with the credentials of `source` (`AssumeRole`).
    pub(super) async fn assume(
        &self,
        config: &ProviderConfig,
        provider: &'static str,
        source: &Credentials,
    ) -> Result<Credentials, CredentialsError> {
        const ACTION: &str = "AssumeRole";
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
        let params = params.sorted();
        let headers = headers_v1(false, exchange::USER_AGENT);
        let call = StsCall {
            config,
            provider,
            action: ACTION,
            secrets: &[
                source.access_key_secret(),
                source.security_token().unwrap_or_default(),
            ],
        };
        call.send(&|time, nonce| {
            let input = SigningInput {
                uri: &uri,
                action: ACTION,
                version: VERSION,
                params: &params,
                wants_xml: false,
                headers: &headers,
                access_key_id: source.access_key_id(),
                key,
                security_token: source.security_token(),
                time,
                nonce,
            };
            let signed = input.sign_v1();
            StsRequest {
                request: signed.request,
                signature: signed.signature,
            }
        })
        .await
    }

    /// Assumes the role with a token of an identity provider (`AssumeRoleWithOIDC`), without a signature.
    ///
    /// The token is sent in the body: URLs end up in access logs.
    pub(super) async fn assume_with_oidc(
        &self,
        config: &ProviderConfig,
        provider: &'static str,
        oidc_provider_arn: &str,
        token: &str,
    ) -> Result<Credentials, CredentialsError> {
        const ACTION: &str = "AssumeRoleWithOIDC";
        let uri = self.uri(config, provider)?;
        let session_name = self.session_name(config);
        let duration = self.duration.as_secs().to_string();
        let call = StsCall {
            config,
            provider,
            action: ACTION,
            secrets: &[token],
        };
        call.send(&|time, nonce| {
            let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
            let mut params = vec![
                ("Action", ACTION),
                ("DurationSeconds", &duration),
                ("Format", "JSON"),
                ("OIDCProviderArn", oidc_provider_arn),
                ("OIDCToken", token),
                ("RoleArn", &self.arn),
                ("RoleSessionName", &session_name),
                ("SignatureNonce", nonce),
                ("Timestamp", &time),
                ("Version", VERSION),
            ];
            params.extend(self.policy.as_deref().map(|policy| ("Policy", policy)));
            let mut request = Request::new(Bytes::from(form(params)));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = uri.clone();
            let headers = request.headers_mut();
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            );
            headers.insert(USER_AGENT, exchange::USER_AGENT);
            StsRequest {
                request,
                signature: String::new(),
            }
        })
        .await
    }

    fn session_name(&self, config: &ProviderConfig) -> String {
        self.session_name
            .clone()
            .or_else(|| config.variable(SESSION_NAME))
            .unwrap_or_else(|| format!("aliyun-ecs-{}", config.now().timestamp()))
    }

    /// The endpoint of STS: the one that is set, then the host of the region, then the central host.
    fn uri(
        &self,
        config: &ProviderConfig,
        provider: &'static str,
    ) -> Result<Uri, CredentialsError> {
        let failed = |message: String| CredentialsError::failed(provider, message);
        let from_env = || {
            let is_overridden = self.sts_region.is_some();
            config.variable(ENDPOINT).filter(|_| !is_overridden)
        };
        if let Some(endpoint) = self.endpoint.clone().or_else(from_env) {
            return endpoint_uri(&endpoint)
                .map_err(|problem| failed(format!("the STS endpoint {problem}")));
        }
        let region = self.sts_region.as_ref().or(self.profile_region.as_ref());
        let region = region.cloned().or_else(|| config.variable(REGION));
        let host = match region.map(RegionId::new).transpose() {
            Ok(None) => "sts.aliyuncs.com".to_owned(),
            Ok(Some(region)) => {
                let is_internal = self.vpc.unwrap_or_else(|| config.is_true(VPC))
                    || INTERNAL_ONLY.contains(&region.as_str());
                let network = if is_internal { "-vpc" } else { "" };
                format!("sts{network}.{region}.aliyuncs.com")
            }
            Err(error) => return Err(failed(format!("the STS region {error}"))),
        };
        format!("https://{host}/")
            .parse()
            .map_err(|_| failed("the STS region cannot be part of a host name".into()))
    }
}

/// The URL of an endpoint that is a host or a URL without a path. The error continues a sentence.
fn endpoint_uri(endpoint: &str) -> Result<Uri, &'static str> {
    let endpoint = match endpoint.contains("://") {
        true => endpoint.to_owned(),
        false => format!("https://{endpoint}"),
    };
    let uri = secure_uri(&endpoint)?;
    match uri.path_and_query().map(|path| path.as_str()) {
        None | Some("/") => Ok(uri),
        Some(_) => Err("must be a host without a path"),
    }
}
