//! A RAM role, assumed with the token of an identity provider: RRSA in Kubernetes pods.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::env::PREFIXES;
use super::exchange::{named, shown};
use super::file::{self, FileError};
use super::provider_config::ProviderConfig;
use super::sts::Role;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::transport::HttpTransport;

pub(super) const NAME: &str = "OIDC";
const ROLE_ARN: &str = "ROLE_ARN";
const PROVIDER_ARN: &str = "OIDC_PROVIDER_ARN";
const TOKEN_FILE: &str = "OIDC_TOKEN_FILE";

/// Assumes a RAM role with an OIDC token from a file (`AssumeRoleWithOIDC` of STS), as pods with
/// RRSA (RAM roles for service accounts) do.
///
/// The file is read for each refresh, since its token rotates. The token is sent in the body of the request, never in a
/// URL. Requests to STS are idempotent; a failed one is retried up to two times.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::OidcProvider;
///
/// let from_the_pod = OidcProvider::from_env();
/// let by_name = OidcProvider::new(
///     "acs:ram::1234567890123456:role/resizer",
///     "acs:ram::1234567890123456:oidc-provider/cluster",
///     "/var/run/secrets/tokens/oidc-token",
/// )
/// .sts_region("cn-hangzhou")
/// .vpc_endpoint(true);
/// let client = Client::builder().region("cn-hangzhou").credentials(by_name).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct OidcProvider {
    fixed: Option<Identity>,
    role: Role,
    config: ProviderConfig,
}

#[derive(Clone)]
struct Identity {
    role_arn: String,
    provider_arn: String,
    token_file: PathBuf,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("role_arn", &named(&self.role_arn))
            .field("provider_arn", &named(&self.provider_arn))
            .field("token_file", &shown(&self.token_file))
            .finish()
    }
}

impl OidcProvider {
    /// The role `role_arn`, assumed with the token in `token_file` of the identity provider `oidc_provider_arn`.
    pub fn new(
        role_arn: impl Into<String>,
        oidc_provider_arn: impl Into<String>,
        token_file: impl Into<PathBuf>,
    ) -> Self {
        let role_arn = role_arn.into();
        Self::within(ProviderConfig::default()).fixed(
            Role::new(role_arn),
            oidc_provider_arn.into(),
            token_file.into(),
        )
    }

    /// The role that the environment names when credentials are requested: `ALIBABA_CLOUD_ROLE_ARN`,
    /// `ALIBABA_CLOUD_OIDC_PROVIDER_ARN` and `ALIBABA_CLOUD_OIDC_TOKEN_FILE`, or all three with the CLI's prefix
    /// `ALIBABACLOUD_` or `ALICLOUD_`.
    pub fn from_env() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(super) fn within(config: ProviderConfig) -> Self {
        Self {
            fixed: None,
            role: Role::new(""),
            config,
        }
    }

    pub(super) fn fixed(mut self, role: Role, provider_arn: String, token_file: PathBuf) -> Self {
        self.fixed = Some(Identity {
            role_arn: role.arn.clone(),
            provider_arn,
            token_file,
        });
        self.role = role;
        self
    }

    /// Sets the name of the session in audit logs (`RoleSessionName`): 2 to 64 letters, digits or `.@-_`.
    ///
    /// Default: `ALIBABA_CLOUD_ROLE_SESSION_NAME`, otherwise `aliyun-ecs-` and the Unix time.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.role.session_name = Some(name.into());
        self
    }

    /// Sets the lifetime of the credentials (`DurationSeconds`): 15 minutes up to the maximum of the role, in whole
    /// seconds. Default: 1 hour. STS rejects other values.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.role.duration = duration;
        self
    }

    /// Sets a policy in JSON that restricts the permissions of the session (`Policy`). Default: none.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.role.policy = Some(policy.into());
        self
    }

    /// Sets the region whose STS is called, `sts.<region>.aliyuncs.com`. Default: `ALIBABA_CLOUD_STS_REGION`, otherwise
    /// the central host `sts.aliyuncs.com`. Two regions have only an internal host, which is used for them:
    /// `cn-north-2-gov-1` and `cn-shenzhen-finance-1`.
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
    /// Default: the host of [`sts_region`](Self::sts_region) if it was set, then `ALIBABA_CLOUD_STS_ENDPOINT`, then the
    /// host of the region.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.role.endpoint = Some(endpoint.into());
        self
    }

    /// Sends HTTPS requests with this transport. Default: a [`ReqwestTransport`](crate::transport::ReqwestTransport).
    #[must_use]
    pub fn transport(mut self, transport: impl HttpTransport + 'static) -> Self {
        self.config = self.config.with_transport(Arc::new(transport));
        self
    }

    /// The identity that the environment names. The variable of the role alone does not select this provider.
    fn identity(&self) -> Result<Identity, CredentialsError> {
        if let Some(identity) = &self.fixed {
            return Ok(identity.clone());
        }
        let names = [ROLE_ARN, PROVIDER_ARN, TOKEN_FILE];
        let environment = &self.config.environment;
        let Some(prefix) = environment.prefix_of(&[PROVIDER_ARN, TOKEN_FILE]) else {
            let [main, others @ ..] = PREFIXES;
            return Err(CredentialsError::not_configured(
                NAME,
                format!(
                    "neither {main}{PROVIDER_ARN} nor {main}{TOKEN_FILE} is set (nor with the prefixes {})",
                    others.join(", ")
                ),
            ));
        };
        let names = names.map(|name| format!("{prefix}{name}"));
        let values = names.each_ref().map(|name| self.config.variable(name));
        if let [Some(role_arn), Some(provider_arn), Some(token_file)] = values {
            return Ok(Identity {
                role_arn,
                provider_arn,
                token_file: token_file.into(),
            });
        }
        let missing = names.iter().zip(&values).find(|(_, value)| value.is_none());
        let missing = missing.map_or("", |(name, _)| name.as_str());
        let [role_arn, provider_arn, token_file] = &names;
        Err(CredentialsError::failed(
            NAME,
            format!(
                "{missing} is not set: set {role_arn}, {provider_arn} and {token_file}, or none of the last two"
            ),
        ))
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let Identity {
            role_arn,
            provider_arn,
            token_file,
        } = self.identity()?;
        let broken = |problem: &str| {
            CredentialsError::failed(
                NAME,
                format!("the token file {} {problem}", shown(&token_file)),
            )
        };
        // Its permissions are not checked: the platform sets them, and in many pods a group can read it.
        let token = file::read(&token_file).map_err(|problem| match problem {
            FileError::Absent => broken("does not exist"),
            FileError::Unusable(problem) => broken(&problem),
        })?;
        let token = token.trim();
        if token.is_empty() {
            return Err(broken("is empty"));
        }
        let role = Role {
            arn: role_arn,
            ..self.role.clone()
        };
        role.assume_with_oidc(&self.config, NAME, &provider_arn, token)
            .await
    }
}

impl ProvideCredentials for OidcProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
