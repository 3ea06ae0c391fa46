//! Credentials from the environment.

use std::future::ready;
use std::sync::Arc;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

pub(super) const NAME: &str = "environment";
const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// Reads `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary
/// credentials, `ALIBABA_CLOUD_SECURITY_TOKEN`, each time it is asked.
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
    /// Reads the process's environment.
    pub fn new() -> Self {
        Self::within(Environment::default())
    }

    pub(super) fn within(environment: Environment) -> Self {
        Self { environment }
    }

    fn load(&self) -> Result<Credentials, CredentialsError> {
        let read = |name| self.environment.variable(name);
        match (read(ID), read(SECRET)) {
            (Some(id), Some(secret)) => Ok(match read(TOKEN) {
                Some(token) => Credentials::with_security_token(id, secret, token),
                None => Credentials::new(id, secret),
            }),
            (None, None) => Err(CredentialsError::not_configured(
                NAME,
                format!("neither {ID} nor {SECRET} is set"),
            )),
            (Some(_), None) => Err(half_set(ID, SECRET)),
            (None, Some(_)) => Err(half_set(SECRET, ID)),
        }
    }
}

/// Where variables are read: the process's environment, or a test's own.
#[derive(Clone)]
pub(crate) struct Environment(Arc<Read>);

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The variable's value, without white space around it; an empty one counts as absent.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Reads variables by `read`.
    #[cfg(test)]
    pub(super) fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl Default for Environment {
    #[allow(clippy::disallowed_methods, reason = "this file is the one place")]
    fn default() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok()))
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

fn half_set(present: &str, absent: &str) -> CredentialsError {
    CredentialsError::failed(
        NAME,
        format!("{present} is set but {absent} is not: set both or neither"),
    )
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

    fn provider(read: fn(&str) -> Option<String>) -> EnvProvider {
        EnvProvider::within(Environment::new(read))
    }

    #[test]
    fn a_pair_and_a_token_are_read() {
        let credentials = provider(|name| Some(name.to_lowercase())).load().unwrap();
        assert_eq!(credentials.access_key_id(), "alibaba_cloud_access_key_id");
        assert_eq!(
            credentials.security_token(),
            Some("alibaba_cloud_security_token")
        );
    }

    #[test]
    fn nothing_set_is_not_configured_but_half_a_pair_is_broken() {
        assert_eq!(
            provider(|_| None).load().unwrap_err().kind(),
            CredentialsErrorKind::NotConfigured
        );
        let half = provider(|name| (name == ID).then(|| "id".to_owned()));
        let error = half.load().unwrap_err();
        assert_eq!(error.kind(), CredentialsErrorKind::Failed);
        assert!(
            error
                .to_string()
                .contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET is not")
        );
    }
}
