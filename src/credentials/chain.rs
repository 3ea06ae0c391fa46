//! The default chain: the sources that the official SDKs use, in their order.

use super::ecs_ram_role::EcsRamRoleProvider;
use super::env::{self, EnvProvider};
use super::ini::{self, IniProfileProvider};
use super::metadata;
use super::oidc::{self, OidcProvider};
use super::profile::{self, ProfileProvider};
use super::provider_config::ProviderConfig;
use super::uri::{self, UriProvider};
use super::{Credentials, CredentialsError, CredentialsErrorKind, ProvideCredentials};
use crate::BoxFuture;

/// The default provider: the credentials that are configured on the machine.
///
/// The order is: environment, OIDC (RRSA), profile of the CLI, ini profile, RAM role of the ECS instance, credentials
/// URI; [the module's documentation](super) has the details of each. Providers that are not configured are skipped. If
/// a configured one fails, the chain fails with its error. Each refresh starts with the first provider.
///
/// ```no_run
/// # // Reads the files of this machine and may call the metadata service.
/// use aliyun_ecs::credentials::{DefaultChain, ProvideCredentials};
///
/// # async fn example() -> Result<(), aliyun_ecs::credentials::CredentialsError> {
/// let credentials = DefaultChain::new().provide_credentials().await?;
/// println!("access key {}", credentials.access_key_id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DefaultChain {
    environment: EnvProvider,
    oidc: OidcProvider,
    profile: ProfileProvider,
    ini: IniProfileProvider,
    ecs_ram_role: EcsRamRoleProvider,
    uri: UriProvider,
}

impl DefaultChain {
    /// The chain with the environment of the process.
    pub fn new() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(crate) fn within(config: ProviderConfig) -> Self {
        let config_of = || config.clone();
        Self {
            environment: EnvProvider::within(config.environment.clone()),
            oidc: OidcProvider::within(config_of()),
            profile: ProfileProvider::within(config_of()),
            ini: IniProfileProvider::within(config_of()),
            ecs_ram_role: EcsRamRoleProvider::within(config_of()),
            uri: UriProvider::within(config_of()),
        }
    }

    /// The providers and their names in order, to find out which one is used.
    pub fn providers(&self) -> impl Iterator<Item = (&'static str, &dyn ProvideCredentials)> {
        let providers: [(_, &dyn ProvideCredentials); 6] = [
            (env::NAME, &self.environment),
            (oidc::NAME, &self.oidc),
            (profile::NAME, &self.profile),
            (ini::NAME, &self.ini),
            (metadata::NAME, &self.ecs_ram_role),
            (uri::NAME, &self.uri),
        ];
        providers.into_iter()
    }

    /// The name of the first provider that is configured, and its credentials.
    pub(super) async fn first(&self) -> Result<(&'static str, Credentials), CredentialsError> {
        let mut attempts = Vec::new();
        for (name, provider) in self.providers() {
            match provider.provide_credentials().await {
                Ok(credentials) => {
                    tracing::debug!(provider = name, "credentials loaded");
                    return Ok((name, credentials));
                }
                Err(error) if error.kind() == CredentialsErrorKind::NotConfigured => {
                    attempts.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(
            CredentialsError::not_configured("the default chain", "none are configured")
                .with_attempts(attempts),
        )
    }
}

impl Default for DefaultChain {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for DefaultChain {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async { Ok(self.first().await?.1) })
    }
}
