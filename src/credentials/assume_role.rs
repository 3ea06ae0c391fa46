//! A RAM role, taken on with the keys of another provider.

use std::sync::Arc;
use std::time::Duration;

use super::provider_config::ProviderConfig;
use super::sts::Role;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::transport::HttpTransport;

const NAME: &str = "AssumeRole";

/// Takes on a RAM role with the keys of any other provider (`AssumeRole` of STS).
///
/// Roles can be chained: an `AssumeRoleProvider` may be the source of another one.
///
/// ```
/// use aliyun_ecs::credentials::{AssumeRoleProvider, EnvProvider};
///
/// let role = "acs:ram::123456789012****:role/resizer";
/// let provider = AssumeRoleProvider::new(EnvProvider::new(), role)
///     .session_name("nightly-resize")
///     .sts_region("cn-hangzhou");
/// let client = aliyun_ecs::Client::builder()
///     .region("cn-hangzhou")
///     .credentials(provider)
///     .build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct AssumeRoleProvider {
    source: Arc<dyn ProvideCredentials>,
    role: Role,
    config: ProviderConfig,
}

impl AssumeRoleProvider {
    /// The role `role_arn` (`acs:ram::<account>:role/<name>`), taken on with the keys of `source`.
    pub fn new(source: impl ProvideCredentials + 'static, role_arn: impl Into<String>) -> Self {
        Self::within(
            ProviderConfig::default(),
            Arc::new(source),
            Role::new(role_arn),
        )
    }

    pub(super) fn within(
        config: ProviderConfig,
        source: Arc<dyn ProvideCredentials>,
        role: Role,
    ) -> Self {
        Self {
            source,
            role,
            config,
        }
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

    /// The id that the role's trust policy may ask for (`ExternalId`). Default: none.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.role.external_id = Some(id.into());
        self
    }

    /// The region whose STS is asked, `sts.<region>.aliyuncs.com`. Default: `ALIBABA_CLOUD_STS_REGION`,
    /// else the central `sts.aliyuncs.com`.
    #[must_use]
    pub fn sts_region(mut self, region: impl Into<String>) -> Self {
        self.role.sts_region = Some(region.into());
        self
    }

    /// Whether the STS region's internal host, `sts-vpc.<region>.aliyuncs.com`, is asked; without effect if no
    /// STS region is known. Default: `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED`.
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

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let source = self
            .source
            .provide_credentials()
            .await
            .map_err(|error| error.inside(NAME, "the keys to take the role on with"))?;
        self.role.assume(&self.config, NAME, &source).await
    }
}

impl ProvideCredentials for AssumeRoleProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
