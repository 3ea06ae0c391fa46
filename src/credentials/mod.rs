//! Credentials and their providers.
//!
//! A client gets credentials from its provider before every attempt, through a cache. Temporary credentials are
//! refreshed early, by one caller at a time; the others keep using the current ones. Credentials without an
//! expiry are loaded again every five minutes. A failed refresh keeps credentials that are still valid, and failures
//! are not cached. Credentials that the service rejects as expired or replaced are loaded again once within the call.
//!
//! This page is the reference. The [guide](crate::guide::credentials) helps to choose a provider.
//!
//! # The default chain
//!
//! [`Client::from_env`](crate::Client::from_env), and a builder without `credentials(..)`, use [`DefaultChain`]:
//!
//! | order | provider | configured by |
//! |---|---|---|
//! | 1 | [`EnvProvider`] | `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, for temporary credentials also `ALIBABA_CLOUD_SECURITY_TOKEN` |
//! | 2 | [`OidcProvider`] | `ALIBABA_CLOUD_ROLE_ARN`, `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`, `ALIBABA_CLOUD_OIDC_TOKEN_FILE` |
//! | 3 | [`ProfileProvider`] | the CLI's file `~/.aliyun/config.json` |
//! | 4 | [`IniProfileProvider`] | the SDKs' file `~/.alibabacloud/credentials` or `~/.alibabacloud/credentials.ini` |
//! | 5 | [`EcsRamRoleProvider`] | the RAM role of the ECS instance |
//! | 6 | [`UriProvider`] | `ALIBABA_CLOUD_CREDENTIALS_URI` |
//!
//! The first provider that is configured is used. If it fails, the chain fails with its error, because the next
//! provider would use another identity. If none is configured, the error lists what each provider looked for. `cargo
//! run --example credentials` in this crate's repository shows the same for a machine.
//!
//! # Variables
//!
//! Variables are read each time credentials are requested. White space around a value is ignored, and an empty
//! value counts as absent. A switch is on if it is `true` in upper or lower case.
//!
//! | variable | meaning |
//! |---|---|
//! | `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` ¹ | an access key; set both or neither |
//! | `ALIBABA_CLOUD_SECURITY_TOKEN` ¹ | the token of a temporary access key |
//! | `ALIBABA_CLOUD_PROFILE` ² | the profile in both files. Default: the CLI's `current` one and the section `default`. It is an error if no file has it |
//! | `ALIBABA_CLOUD_CONFIG_FILE` | the CLI's file. Default: `~/.aliyun/config.json` |
//! | `ALIBABA_CLOUD_CLI_PROFILE_DISABLED`, `ALIBABA_CLOUD_IGNORE_PROFILE` (or `ALIBABACLOUD_IGNORE_PROFILE`) | switches: the CLI's file is not read |
//! | `ALIBABA_CLOUD_CREDENTIALS_FILE` | the ini file. Default: the two above |
//! | `ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS` | switch (also `1`): profiles of mode `External` and `CredentialsURI` fail |
//! | `ALIBABA_CLOUD_ROLE_ARN`, `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`, `ALIBABA_CLOUD_OIDC_TOKEN_FILE` ¹ | a role, the identity provider, and the file with its token, which is read for each refresh |
//! | `ALIBABA_CLOUD_ROLE_SESSION_NAME` | the name of the session of any role. Default: `aliyun-ecs-` and the Unix time |
//! | `ALIBABA_CLOUD_STS_ENDPOINT` | the endpoint of STS, a host or a URL. It precedes the next two and the `sts_region` of a profile, not a setting in code and not `sts_endpoint` |
//! | `ALIBABA_CLOUD_STS_REGION` | the region of STS: `sts.<region>.aliyuncs.com`. Default: the central host `sts.aliyuncs.com` |
//! | `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED` | switch: with a region of STS, its internal host `sts-vpc.<region>.aliyuncs.com` |
//! | `ALIBABA_CLOUD_ECS_METADATA` | the name of the instance's role, which saves a request |
//! | `ALIBABA_CLOUD_ECS_METADATA_DISABLED` | switch: the metadata service is not called |
//! | `ALIBABA_CLOUD_IMDSV1_DISABLED` | switch: the metadata service is not called without a session token |
//! | `ALIBABA_CLOUD_CREDENTIALS_URI` | a URL that returns credentials: `https://`, or `http://` with a loopback host |
//!
//! ¹ Also with the prefixes `ALIBABACLOUD_` and `ALICLOUD_` of the CLI, if the ones with `ALIBABA_CLOUD_` are not set.
//! The values of one identity must have one prefix.
//!
//! ² Also `ALIBABACLOUD_PROFILE` and `ALICLOUD_PROFILE`. The CLI and the SDKs disagree on the order, so it is an
//! error if they name different profiles.
//!
//! The region is not part of the credentials, but comes from the same sources: the builder, then
//! `ALIBABA_CLOUD_REGION_ID` (or `ALIBABACLOUD_REGION_ID`, `ALICLOUD_REGION_ID`, `REGION_ID`, `REGION`), then
//! `region_id` of the CLI profile. It is read once, when the client is built.
//!
//! # Files
//!
//! Files are read each time and never written. They can have up to 1 MiB. A warning is logged once for a file with
//! credentials that other users of the machine can read or write. Errors name the file, the profile, the field or
//! the line, never the content.
//!
//! | profile of the CLI, `mode` | fields |
//! |---|---|
//! | `AK` | `access_key_id`, `access_key_secret` |
//! | `StsToken` | the same and `sts_token` |
//! | `RamRoleArn` | the same, the token if there is one, and `ram_role_arn`; optional `ram_session_name`, `expired_seconds`, `policy`, `external_id`, `sts_region`, `enable_vpc`, `sts_endpoint` |
//! | `EcsRamRole` | optional `ram_role_name` |
//! | `OIDC` | `ram_role_arn`, `oidc_provider_arn`, `oidc_token_file`; the options of `RamRoleArn` |
//! | `ChainableRamRoleArn` | `source_profile`, of any mode, and `ram_role_arn`; the options of `RamRoleArn`. Up to ten in a chain |
//! | `CredentialsURI` | `credentials_uri` |
//! | `External` | `process_command`, split as [`ExternalProvider::from_command`] documents |
//! | `CloudSSO` | the fields that the login wrote: its credentials until they expire, then an exchange of its access token. When that has expired, the error names the command that logs in again |
//! | `OAuth` | the fields that the login wrote: its credentials until they expire. Then the error names the command that renews them |
//! | none | `AK`, `StsToken`, `RamRoleArn`, `EcsRamRole`, `OIDC`, `External` or `CloudSSO`, if all fields belong to one of them; otherwise an error |
//!
//! | section of the ini file, `type` | keys |
//! |---|---|
//! | `access_key` | `access_key_id`, `access_key_secret`; `security_token` if they are temporary |
//! | `sts` | the same, with `security_token` |
//! | `ram_role_arn` | `access_key_id`, `access_key_secret`, `role_arn`; optional `security_token`, `role_session_name`, `policy`, `external_id` |
//! | `ecs_ram_role` | optional `role_name` |
//! | `oidc_role_arn` | `role_arn`, `oidc_provider_arn`, `oidc_token_file_path`; optional `role_session_name`, `policy` |
//!
//! # Setup by environment
//!
//! - **A laptop with the CLI**: run `aliyun configure` once. To use another profile for one run, set
//!   `ALIBABA_CLOUD_PROFILE=name`. With CloudSSO or OAuth, log in with the CLI.
//! - **CI with an access key**: set `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and
//!   `ALIBABA_CLOUD_REGION_ID` from the secret store, and `ALIBABA_CLOUD_ECS_METADATA_DISABLED=true` so
//!   that a missing key fails at once.
//! - **An ECS instance with a RAM role**: nothing. `ALIBABA_CLOUD_ECS_METADATA=<role>` saves a request;
//!   set `ALIBABA_CLOUD_IMDSV1_DISABLED=true` if the instance requires session tokens.
//! - **A pod with RRSA**: nothing; the cluster sets the variables and the file. Without access to the
//!   internet, set `ALIBABA_CLOUD_STS_REGION` and `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED=true`, and
//!   [`Network::Vpc`](crate::Network::Vpc) on the client.
//! - **A role on top of other credentials**: a profile of mode `RamRoleArn` or `ChainableRamRoleArn`, or in code:
//!
//! ```
//! use aliyun_ecs::Client;
//! use aliyun_ecs::credentials::{AssumeRoleProvider, DefaultChain};
//!
//! let role = "acs:ram::123456789012****:role/resizer";
//! let provider = AssumeRoleProvider::new(DefaultChain::new(), role);
//! let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
//! # Ok::<(), aliyun_ecs::ConfigError>(())
//! ```
//!
//! - **Your own secret store**: implement [`ProvideCredentials`].

mod assume_role;
mod cache;
mod chain;
mod cli_config;
mod cloud_sso;
mod command;
mod ecs_ram_role;
mod env;
mod exchange;
mod external;
mod file;
mod ini;
mod ini_file;
mod metadata;
mod oauth;
mod oidc;
mod process;
mod profile;
mod provider_config;
mod sts;
mod sts_call;
mod uri;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::BoxFuture;
pub use crate::error::{CredentialsError, CredentialsErrorKind};
use crate::protocol::SigningKey;
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
pub(crate) use provider_config::ProviderConfig;

/// An access key, with or without a security token.
///
/// Clones share one copy of the secrets, which is zeroized when the last clone is dropped. `Debug` shows the access key
/// id and the expiry only.
///
/// ```
/// use aliyun_ecs::Credentials;
///
/// let credentials = Credentials::new("LTAI-example", "the-secret");
/// assert!(!format!("{credentials:?}").contains("the-secret"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    access_key: Arc<AccessKey>,
    expiration: Option<DateTime<Utc>>,
}

#[derive(Clone)]
struct AccessKey {
    access_key_id: String,
    access_key_secret: Zeroizing<String>,
    security_token: Option<Zeroizing<String>>,
    /// Computed once for all calls; `None` if the secret cannot be a key.
    signing_key: Option<SigningKey>,
}

impl Credentials {
    /// An access key (AccessKey id and secret), long-lived unless a token or an expiry is added.
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        let access_key_secret = Zeroizing::new(access_key_secret.into());
        Self {
            access_key: Arc::new(AccessKey {
                access_key_id: access_key_id.into(),
                signing_key: SigningKey::new(&access_key_secret).ok(),
                access_key_secret,
                security_token: None,
            }),
            expiration: None,
        }
    }

    /// Sets the security token of a temporary access key (STS). Default: none.
    ///
    /// ```
    /// use aliyun_ecs::Credentials;
    /// use chrono::{DateTime, Utc};
    ///
    /// let end: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
    /// let credentials = Credentials::new("STS.example", "the-secret")
    ///     .with_security_token("the-token")
    ///     .with_expiration(end);
    /// assert_eq!(credentials.security_token(), Some("the-token"));
    /// assert_eq!(credentials.expiration(), Some(end));
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn with_security_token(mut self, security_token: impl Into<String>) -> Self {
        let security_token = Zeroizing::new(security_token.into());
        // Clones that were made before keep their own access key.
        Arc::make_mut(&mut self.access_key).security_token = Some(security_token);
        self
    }

    /// Sets when the credentials expire. They are refreshed early. Default: never.
    #[must_use]
    pub fn with_expiration(mut self, expiration: DateTime<Utc>) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// The access key id. It is not a secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key.access_key_id
    }

    /// The access key secret.
    pub fn access_key_secret(&self) -> &str {
        &self.access_key.access_key_secret
    }

    /// Whether the secret looks like an id. Then the two may be swapped, and the id may be the secret.
    pub(crate) fn is_swapped(&self) -> bool {
        let is_id = |text: &str| text.starts_with("LTAI") || text.starts_with("STS.");
        is_id(self.access_key_secret()) && !is_id(self.access_key_id())
    }

    /// The security token of temporary credentials.
    pub fn security_token(&self) -> Option<&str> {
        self.access_key
            .security_token
            .as_deref()
            .map(String::as_str)
    }

    /// When the credentials expire. `None` for long-lived credentials.
    pub fn expiration(&self) -> Option<DateTime<Utc>> {
        self.expiration
    }

    /// The key to sign with. Credentials that cannot sign are an error before anything is sent.
    pub(crate) fn signing_key(&self) -> Result<&SigningKey, CredentialsError> {
        let invalid = |problem| Err(CredentialsError::failed("the provider", problem));
        match &self.access_key.signing_key {
            _ if self.access_key_id().is_empty() => invalid("the access key id is empty"),
            _ if self.access_key_secret().is_empty() => invalid("the access key secret is empty"),
            _ if self.security_token() == Some("") => invalid("the security token is empty"),
            None => invalid("the access key secret cannot be used as a key"),
            Some(key) => Ok(key),
        }
    }

    /// Whether id, secret and token are the same.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.access_key_id() == other.access_key_id()
            && self.access_key_secret() == other.access_key_secret()
            && self.security_token() == other.security_token()
    }

    /// Whether one is a clone of the other.
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.access_key, &other.access_key)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field(
                "access_key_id",
                &match self.is_swapped() {
                    true => "[redacted]",
                    false => self.access_key_id(),
                },
            )
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
/// Implement it for your own secret store. [`Credentials`] also implements it.
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
///         Box::pin(async { Err(CredentialsError::failed("vault", "it is sealed: unseal it")) })
///     }
/// }
/// ```
pub trait ProvideCredentials: fmt::Debug + Send + Sync {
    /// Loads credentials.
    ///
    /// A client calls it through a cache, so an implementation needs none.
    ///
    /// # Errors
    ///
    /// [`CredentialsErrorKind::NotConfigured`] makes a chain continue with its next provider; any other kind ends it.
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
#[path = "../../tests/wire/log.rs"]
mod log;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
#[path = "../../tests/credentials/server.rs"]
mod server;
#[cfg(test)]
pub(crate) mod testing;
