//! A RAM role, assumed with the credentials of another provider.

use std::sync::Arc;
use std::time::Duration;

use super::provider_config::ProviderConfig;
use super::sts::Role;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::transport::HttpTransport;

const NAME: &str = "AssumeRole";

/// Assumes a RAM role with the credentials of any other provider (`AssumeRole` of STS).
///
/// Roles can be chained: an `AssumeRoleProvider` can be the source of another one. Requests to STS are idempotent; a
/// failed one is retried up to two times.
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
    /// The role `role_arn` (`acs:ram::<account>:role/<name>`), assumed with the credentials of `source`.
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

    /// Sets the external id that the trust policy of the role may require (`ExternalId`). Default: none.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.role.external_id = Some(id.into());
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

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let source = self
            .source
            .provide_credentials()
            .await
            .map_err(|error| error.inside(NAME, "the credentials to assume the role with"))?;
        self.role.assume(&self.config, NAME, &source).await
    }
}

impl ProvideCredentials for AssumeRoleProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
