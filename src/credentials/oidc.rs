//! A RAM role, taken on with the token of an identity provider: RRSA in Kubernetes pods.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::file::{self, Problem};
use super::provider_config::ProviderConfig;
use super::sts::Role;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::transport::HttpTransport;

pub(super) const NAME: &str = "OIDC";
const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";

/// Takes on a RAM role with an OIDC token from a file (`AssumeRoleWithOIDC` of STS), as pods with
/// RRSA (RAM roles for service accounts) do.
///
/// The file is read anew for each refresh, since the token in it rotates. The token travels in
/// the body of a request, never in a URL.
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

#[derive(Debug, Clone)]
struct Identity {
    role_arn: String,
    provider_arn: String,
    token_file: PathBuf,
}

impl OidcProvider {
    /// The role `role_arn`, by the identity provider `oidc_provider_arn`, whose token is in `token_file`.
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

    /// What the environment says when credentials are asked for: `ALIBABA_CLOUD_ROLE_ARN`,
    /// `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`, `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.
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

    /// Names the session in the audit log (`RoleSessionName`), 2 to 64 of letters, digits and `.@-_`.
    ///
    /// Default: `ALIBABA_CLOUD_ROLE_SESSION_NAME`, else `aliyun-ecs-` and the time.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.role.session_name = Some(name.into());
        self
    }

    /// How long the keys live (`DurationSeconds`): 15 minutes up to the role's own maximum. Default: 1 hour.
    ///
    /// It is sent in whole seconds, and what does not fit is refused by STS in its own words.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.role.duration = duration;
        self
    }

    /// A policy in JSON that narrows what the role may do (`Policy`). Default: none.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.role.policy = Some(policy.into());
        self
    }

    /// The region whose STS is asked. Default: `ALIBABA_CLOUD_STS_REGION`, else the central `sts.aliyuncs.com`.
    #[must_use]
    pub fn sts_region(mut self, region: impl Into<String>) -> Self {
        self.role.sts_region = Some(region.into());
        self
    }

    /// Whether the STS region's internal host is asked; without effect if no STS region is known.
    /// Default: `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED`.
    #[must_use]
    pub fn vpc_endpoint(mut self, enabled: bool) -> Self {
        self.role.vpc = Some(enabled);
        self
    }

    /// A fixed place of STS: a host, or a URL without a path; `http://` for loopback hosts only. Default: by region.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.role.endpoint = Some(endpoint.into());
        self
    }

    /// Sends HTTPS requests by a transport of your own. Default: a [`ReqwestTransport`](crate::transport::ReqwestTransport).
    #[must_use]
    pub fn transport(mut self, transport: impl HttpTransport + 'static) -> Self {
        self.config = self.config.with_transport(Arc::new(transport));
        self
    }

    /// The environment's identity; the role's variable alone does not mean this provider.
    fn identity(&self) -> Result<Identity, CredentialsError> {
        if let Some(identity) = &self.fixed {
            return Ok(identity.clone());
        }
        let values = [ROLE_ARN, PROVIDER_ARN, TOKEN_FILE].map(|name| self.config.variable(name));
        match values {
            [Some(role_arn), Some(provider_arn), Some(token_file)] => Ok(Identity {
                role_arn,
                provider_arn,
                token_file: token_file.into(),
            }),
            [_, None, None] => Err(CredentialsError::not_configured(
                NAME,
                format!("neither {PROVIDER_ARN} nor {TOKEN_FILE} is set"),
            )),
            [role_arn, provider_arn, _] => {
                let missing = match (role_arn, provider_arn) {
                    (None, _) => ROLE_ARN,
                    (_, None) => PROVIDER_ARN,
                    _ => TOKEN_FILE,
                };
                Err(CredentialsError::failed(
                    NAME,
                    format!(
                        "{missing} is not set: set {ROLE_ARN}, {PROVIDER_ARN} and {TOKEN_FILE}, or none of the last two"
                    ),
                ))
            }
        }
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
                format!("the token file {} {problem}", token_file.display()),
            )
        };
        // Its permissions are the platform's business: many a pod runs with a group that reads it.
        let token = file::read(&token_file).map_err(|problem| match problem {
            Problem::Absent => broken("does not exist"),
            Problem::Unusable(problem) => broken(&problem),
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
