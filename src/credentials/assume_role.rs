//! A RAM role, assumed with the credentials of another provider.

use std::sync::Arc;

use super::provider_config::{ProviderConfig, transport_setter};
use super::sts::{Role, role_setters};
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

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

    /// Sets the external id that the trust policy of the role may require (`ExternalId`). Default: none.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.role.external_id = Some(id.into());
        self
    }

    role_setters! {}
    transport_setter! {}

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
