//! A RAM role, assumed with the token of an identity provider: RRSA in Kubernetes pods.

use std::fmt;
use std::path::PathBuf;

use super::env::PREFIXES;
use super::exchange::{named, shown};
use super::file::{self, FileError};
use super::provider_config::{ProviderConfig, transport_setter};
use super::sts::{Role, role_setters};
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

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

    role_setters! {}
    transport_setter! {}

    /// The identity that the environment names. The variable of the role alone does not select this provider.
    fn identity(&self) -> Result<Identity, CredentialsError> {
        if let Some(identity) = &self.fixed {
            return Ok(identity.clone());
        }
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
        let read = |name: &str| {
            let value = self.config.variable(&format!("{prefix}{name}"));
            value.ok_or_else(|| {
                CredentialsError::failed(
                    NAME,
                    format!(
                        "{prefix}{name} is not set: set {prefix}{ROLE_ARN}, {prefix}{PROVIDER_ARN} and \
                         {prefix}{TOKEN_FILE}, or none of the last two"
                    ),
                )
            })
        };
        Ok(Identity {
            role_arn: read(ROLE_ARN)?,
            provider_arn: read(PROVIDER_ARN)?,
            token_file: read(TOKEN_FILE)?.into(),
        })
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
