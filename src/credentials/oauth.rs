//! Credentials of an OAuth login that the CLI made.

use std::future::ready;

use super::cloud_sso::is_valid;
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

const NAME: &str = "OAuth";

/// Serves the credentials that the CLI stored until they expire.
///
/// It does not exchange the refresh token: the service replaces that token with each exchange, and the new one
/// would have to be written to the CLI's file, which this crate never does.
pub(super) struct OAuthProvider {
    pub(super) profile: String,
    pub(super) stored: Option<Credentials>,
    pub(super) config: ProviderConfig,
}

impl OAuthProvider {
    fn load(&self) -> Result<Credentials, CredentialsError> {
        let now = self.config.now();
        let stored = self.stored.as_ref().filter(|stored| is_valid(stored, now));
        stored.cloned().ok_or_else(|| {
            let problem = match self.stored {
                Some(_) => "the stored credentials have expired",
                None => "there are no stored credentials",
            };
            let profile = &self.profile;
            CredentialsError::failed(
                NAME,
                format!(
                    "{problem}: run `aliyun configure --mode OAuth --profile {profile}`, or any call of the CLI with \
                     this profile, which refreshes them"
                ),
            )
        })
    }
}

impl std::fmt::Debug for OAuthProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthProvider")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for OAuthProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(ready(self.load()))
    }
}
