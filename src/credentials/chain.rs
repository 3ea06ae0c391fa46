//! The default chain: the vendor's usual places, in the vendor's order.

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

/// The credentials of the machine's usual set-up; what a client without a provider of its own uses.
///
/// Asked in this order: environment, OIDC (RRSA), profile of the CLI, ini profile, RAM role of the ECS
/// instance, credentials URI; [the module's documentation](super) has the details of each. A provider that
/// is not configured is passed over; one that is configured but broken ends the chain with its own
/// error. All are asked again for each refresh, so that nothing is remembered but keys.
///
/// ```no_run
/// # // It would read this machine's files and ask the metadata service.
/// use aliyun_ecs::credentials::{DefaultChain, ProvideCredentials};
///
/// # async fn example() -> Result<(), aliyun_ecs::credentials::CredentialsError> {
/// let keys = DefaultChain::new().provide_credentials().await?;
/// println!("calls are made with {}", keys.access_key_id());
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
    /// The chain in the process's environment.
    pub fn new() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(crate) fn within(config: ProviderConfig) -> Self {
        let same = || config.clone();
        Self {
            environment: EnvProvider::within(config.environment.clone()),
            oidc: OidcProvider::within(same()),
            profile: ProfileProvider::within(same()),
            ini: IniProfileProvider::within(same()),
            ecs_ram_role: EcsRamRoleProvider::within(same()),
            uri: UriProvider::within(same()),
        }
    }

    /// The providers and their names, in the order they are asked: to find out which one answers.
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

    /// The first provider that has keys, and its keys.
    pub(super) async fn first(&self) -> Result<(&'static str, Credentials), CredentialsError> {
        let mut tried = Vec::new();
        for (name, provider) in self.providers() {
            match provider.provide_credentials().await {
                Ok(credentials) => {
                    tracing::debug!(provider = name, "credentials found");
                    return Ok((name, credentials));
                }
                Err(error) if error.kind() == CredentialsErrorKind::NotConfigured => {
                    tried.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(
            CredentialsError::not_configured("the default chain", "none are configured")
                .with_tried(tried),
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
