//! Credentials from the environment, and the only file that reads it.

use std::future::ready;
use std::sync::Arc;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

pub(super) const NAME: &str = "environment";
const ID: &str = "ACCESS_KEY_ID";
const SECRET: &str = "ACCESS_KEY_SECRET";
const TOKEN: &str = "SECURITY_TOKEN";

/// The prefixes of the variables that name an identity, first the one of the SDKs, then those that the CLI adds.
pub(super) const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"];

/// Variables of other tools that hold an access key and are not read here.
const IGNORED: [&str; 5] = [
    "ACCESS_KEY_ID",
    "ACCESS_KEY_SECRET",
    "ALICLOUD_ACCESS_KEY",
    "ALICLOUD_SECRET_KEY",
    "ALIBABA_CLOUD_BEARER_TOKEN",
];

/// Reads `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary
/// credentials, `ALIBABA_CLOUD_SECURITY_TOKEN`, each time credentials are requested.
///
/// Without them, the same names with the CLI's prefixes `ALIBABACLOUD_` and `ALICLOUD_` are read. All three values come
/// from one prefix: an id is never combined with the secret or the token of another prefix.
///
/// White space around the values is dropped; an empty variable counts as absent.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::EnvProvider;
///
/// let provider = EnvProvider::new();
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EnvProvider {
    environment: Environment,
}

impl EnvProvider {
    /// Reads the process environment.
    pub fn new() -> Self {
        Self::within(Environment::default())
    }

    pub(super) fn within(environment: Environment) -> Self {
        Self { environment }
    }

    fn load(&self) -> Result<Credentials, CredentialsError> {
        let Some(prefix) = self.environment.prefix_of(&[ID, SECRET]) else {
            return Err(self.not_configured());
        };
        let read = |name| self.environment.variable(&format!("{prefix}{name}"));
        let half_set = |present, absent| {
            Err(CredentialsError::failed(
                NAME,
                format!(
                    "{prefix}{present} is set but {prefix}{absent} is not: set both or neither"
                ),
            ))
        };
        match (read(ID), read(SECRET), read(TOKEN)) {
            (Some(id), Some(secret), Some(token)) => {
                Ok(Credentials::new(id, secret).with_security_token(token))
            }
            (Some(id), Some(secret), None) => {
                self.reject_stray_token(prefix)?;
                Ok(Credentials::new(id, secret))
            }
            (Some(_), None, _) => half_set(ID, SECRET),
            (None, ..) => half_set(SECRET, ID),
        }
    }

    /// A token without its access key may belong to the access key of another prefix, which is useless without it.
    fn reject_stray_token(&self, prefix: &str) -> Result<(), CredentialsError> {
        let stray = PREFIXES.iter().find(|other| {
            let has = |name| {
                let value = self.environment.variable(&format!("{other}{name}"));
                value.is_some()
            };
            let is_terraform = has("ACCESS_KEY");
            **other != prefix && has(TOKEN) && !is_terraform && !has(ID) && !has(SECRET)
        });
        match stray {
            None => Ok(()),
            Some(other) => Err(CredentialsError::failed(
                NAME,
                format!(
                    "{other}{TOKEN} is set without an access key, and the access key of {prefix}{ID} has no token: \
                     set all three with one prefix, or unset {other}{TOKEN}"
                ),
            )),
        }
    }

    fn not_configured(&self) -> CredentialsError {
        let [main, others @ ..] = PREFIXES;
        let mut message = format!(
            "neither {main}{ID} nor {main}{SECRET} is set (nor with the prefixes {})",
            others.join(", ")
        );
        let mut ignored = IGNORED.to_vec();
        ignored.retain(|name| self.environment.variable(name).is_some());
        if !ignored.is_empty() {
            message.push_str(&format!(
                "; {} is set but not read: use {main}{ID} and {main}{SECRET}",
                ignored.join(", ")
            ));
        }
        CredentialsError::not_configured(NAME, message)
    }
}

/// Reads variables from the process environment, or from the environment of a test.
#[derive(Clone)]
pub(crate) struct Environment(Arc<Read>);

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The variable's value without white space around it; an empty one counts as absent.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The first of [`PREFIXES`] with which one of `names` is set.
    pub(super) fn prefix_of(&self, names: &[&str]) -> Option<&'static str> {
        let is_set = |prefix: &&&str| {
            let mut names = names.iter();
            names.any(|name| self.variable(&format!("{prefix}{name}")).is_some())
        };
        PREFIXES.iter().find(is_set).copied()
    }

    /// Reads variables by `read`.
    #[cfg(test)]
    pub(super) fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl Default for Environment {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the file that reads the environment"
    )]
    fn default() -> Self {
        // A value that is not Unicode does not count as absent: another identity would be used.
        Self(Arc::new(|name| {
            let value = std::env::var_os(name)?;
            Some(value.to_string_lossy().into_owned())
        }))
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

impl Default for EnvProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for EnvProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(ready(self.load()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CredentialsErrorKind;

    fn load(variables: &'static [(&str, &str)]) -> Result<Credentials, CredentialsError> {
        let environment = Environment::new(move |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        EnvProvider::within(environment).load()
    }

    #[test]
    fn an_access_key_and_its_token_come_from_the_first_prefix_that_has_a_key() {
        let credentials = load(&[
            ("ALICLOUD_ACCESS_KEY_ID", "c"),
            ("ALICLOUD_ACCESS_KEY_SECRET", "c"),
            ("ALICLOUD_SECURITY_TOKEN", "c"),
            ("ALIBABACLOUD_ACCESS_KEY_ID", "b"),
            ("ALIBABACLOUD_ACCESS_KEY_SECRET", "b"),
            ("ALIBABACLOUD_SECURITY_TOKEN", "b"),
        ])
        .unwrap();
        assert_eq!(credentials.access_key_id(), "b");
        assert_eq!(credentials.access_key_secret(), "b");
        assert_eq!(credentials.security_token(), Some("b"));
    }

    #[test]
    fn an_empty_environment_is_not_configured_and_half_an_access_key_is_a_failure() {
        let error = load(&[]).unwrap_err();
        assert_eq!(error.kind(), CredentialsErrorKind::NotConfigured);
        for (variables, missing) in [
            (
                &[("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")][..],
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not",
            ),
            (
                &[
                    ("ALICLOUD_ACCESS_KEY_SECRET", "s"),
                    ("ALIBABA_CLOUD_SECURITY_TOKEN", "t"),
                ],
                "ALICLOUD_ACCESS_KEY_ID is not",
            ),
        ] {
            let error = load(variables).unwrap_err();
            assert_eq!(error.kind(), CredentialsErrorKind::Failed);
            assert!(error.to_string().contains(missing), "{error}");
        }
    }
}
