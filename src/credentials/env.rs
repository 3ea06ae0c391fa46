//! Credentials from the environment.

use std::future::ready;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

const NAME: &str = "environment";
const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// Reads `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary
/// credentials, `ALIBABA_CLOUD_SECURITY_TOKEN`, each time it is asked.
///
/// White space around the values is dropped; an empty variable counts as absent.
#[derive(Clone)]
pub struct EnvProvider {
    read: fn(&str) -> Option<String>,
}

impl EnvProvider {
    /// Reads the process's environment.
    pub fn new() -> Self {
        Self { read: var }
    }

    fn load(&self) -> Result<Credentials, CredentialsError> {
        match ((self.read)(ID), (self.read)(SECRET)) {
            (Some(id), Some(secret)) => Ok(match (self.read)(TOKEN) {
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

/// A variable of the process's environment; empty and blank ones count as absent.
#[allow(clippy::disallowed_methods)] // this file is the one place
pub(crate) fn var(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
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

impl std::fmt::Debug for EnvProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvProvider")
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

    #[test]
    fn a_pair_and_a_token_are_read() {
        let provider = EnvProvider {
            read: |name| Some(name.to_lowercase()),
        };
        let credentials = provider.load().unwrap();
        assert_eq!(credentials.access_key_id(), "alibaba_cloud_access_key_id");
        assert_eq!(
            credentials.security_token(),
            Some("alibaba_cloud_security_token")
        );
    }

    #[test]
    fn nothing_set_is_not_configured_but_half_a_pair_is_broken() {
        let nothing = EnvProvider { read: |_| None };
        assert_eq!(
            nothing.load().unwrap_err().kind(),
            CredentialsErrorKind::NotConfigured
        );
        let half = EnvProvider {
            read: |name| (name == ID).then(|| "id".to_owned()),
        };
        let error = half.load().unwrap_err();
        assert_eq!(error.kind(), CredentialsErrorKind::Failed);
        assert!(
            error
                .to_string()
                .contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET is not")
        );
    }
}
