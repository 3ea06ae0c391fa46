//! Credentials and where they come from.
//!
//! A provider is asked before every attempt, through a cache that refreshes temporary
//! credentials before they expire.

mod assume_role;
mod cache;
mod chain;
mod cloud_sso;
mod ecs_ram_role;
mod env;
mod exchange;
mod external;
mod file;
mod ini;
mod oidc;
mod profile;
mod sts;
mod surroundings;
mod uri;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::BoxFuture;
pub use crate::error::{CredentialsError, CredentialsErrorKind};
pub use assume_role::AssumeRoleProvider;
pub use chain::DefaultChain;
pub use ecs_ram_role::EcsRamRoleProvider;
pub use env::EnvProvider;
pub use external::ExternalProvider;
pub use ini::IniProfileProvider;
pub use oidc::OidcProvider;
pub use profile::ProfileProvider;
pub use uri::UriProvider;

pub(crate) use cache::CredentialsCache;
pub(crate) use surroundings::Surroundings;

/// An access key, with or without a security token.
///
/// Clones share one copy of the secrets, which is wiped from memory with the last of them.
/// `Debug` shows the key id and the expiry only.
///
/// ```
/// use aliyun_ecs::Credentials;
///
/// let credentials = Credentials::new("LTAI-example", "the-secret");
/// assert!(!format!("{credentials:?}").contains("the-secret"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    keys: Arc<Keys>,
    expiration: Option<DateTime<Utc>>,
}

struct Keys {
    access_key_id: String,
    access_key_secret: Zeroizing<String>,
    security_token: Option<Zeroizing<String>>,
}

impl Credentials {
    /// A long-lived access key (AccessKey id and secret).
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        Self::from_keys(access_key_id.into(), access_key_secret.into(), None)
    }

    /// A temporary access key with its security token (STS).
    pub fn with_security_token(
        access_key_id: impl Into<String>,
        access_key_secret: impl Into<String>,
        security_token: impl Into<String>,
    ) -> Self {
        Self::from_keys(
            access_key_id.into(),
            access_key_secret.into(),
            Some(Zeroizing::new(security_token.into())),
        )
    }

    fn from_keys(
        access_key_id: String,
        access_key_secret: String,
        security_token: Option<Zeroizing<String>>,
    ) -> Self {
        Self {
            keys: Arc::new(Keys {
                access_key_id,
                access_key_secret: Zeroizing::new(access_key_secret),
                security_token,
            }),
            expiration: None,
        }
    }

    /// Sets when the credentials expire; they are refreshed some time before. Default: never.
    #[must_use]
    pub fn expires_at(mut self, expiration: DateTime<Utc>) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// The access key id; not a secret.
    pub fn access_key_id(&self) -> &str {
        &self.keys.access_key_id
    }

    /// The access key secret.
    pub fn access_key_secret(&self) -> &str {
        &self.keys.access_key_secret
    }

    /// The security token of temporary credentials.
    pub fn security_token(&self) -> Option<&str> {
        self.keys.security_token.as_deref().map(String::as_str)
    }

    /// When the credentials expire, if they do.
    pub fn expiration(&self) -> Option<DateTime<Utc>> {
        self.expiration
    }

    /// Keys that cannot sign are found before anything is sent.
    pub(crate) fn check(&self) -> Result<(), CredentialsError> {
        let broken = |what| {
            Err(CredentialsError::failed(
                "the provider",
                format!("the {what} is empty"),
            ))
        };
        match self {
            _ if self.access_key_id().is_empty() => broken("access key id"),
            _ if self.access_key_secret().is_empty() => broken("access key secret"),
            _ if self.security_token() == Some("") => broken("security token"),
            _ => Ok(()),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id())
            .field("access_key_secret", &"[redacted]")
            .field(
                "security_token",
                &self.security_token().map(|_| "[redacted]"),
            )
            .field("expiration", &self.expiration)
            .finish()
    }
}

/// A source of credentials.
///
/// Implement it for a secret store of your own; [`Credentials`] themselves implement it.
///
/// ```
/// use aliyun_ecs::BoxFuture;
/// use aliyun_ecs::Credentials;
/// use aliyun_ecs::credentials::{CredentialsError, ProvideCredentials};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl ProvideCredentials for Vault {
///     fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
///         Box::pin(async { Err(CredentialsError::failed("vault", "the vault is sealed: unseal it")) })
///     }
/// }
/// ```
pub trait ProvideCredentials: fmt::Debug + Send + Sync {
    /// Fetches credentials.
    ///
    /// # Errors
    ///
    /// [`CredentialsErrorKind::NotConfigured`] lets a chain go on to its next provider; any other kind ends it.
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>>;
}

impl ProvideCredentials for Credentials {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

impl<P: ProvideCredentials + ?Sized> ProvideCredentials for Arc<P> {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        (**self).provide_credentials()
    }
}

#[cfg(test)]
mod scenarios;
#[cfg(test)]
pub(crate) mod testing;
