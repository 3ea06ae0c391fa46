//! Why a provider returned no credentials.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::{OneLine, RetryClass, write_with_causes};

/// A provider returned no credentials: none are configured, or loading them failed.
///
/// The request that needed them was not sent. The text never contains secrets.
///
/// ```
/// use aliyun_ecs::credentials::{CredentialsError, CredentialsErrorKind};
///
/// let error = CredentialsError::failed("vault", "it is sealed: unseal it");
/// assert_eq!(error.kind(), CredentialsErrorKind::Failed);
/// assert_eq!(error.to_string(), "no credentials from vault: it is sealed: unseal it");
/// ```
#[derive(thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[error(
    "no credentials from {provider}: {}{}",
    OneLine(message),
    Attempts(attempts)
)]
pub struct CredentialsError {
    kind: CredentialsErrorKind,
    provider: &'static str,
    message: String,
    attempts: Vec<Self>,
    #[cfg_attr(feature = "serde", serde(skip))]
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kind of a [`CredentialsError`]. A chain of providers continues after `NotConfigured` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum CredentialsErrorKind {
    /// The provider is not configured.
    ///
    /// What to do: configure one of the providers that [`attempts`](CredentialsError::attempts) lists.
    NotConfigured,
    /// The provider is configured, but incompletely or wrongly, or its service returned an error.
    ///
    /// What to do: correct what the message names. Retry only if the message says so.
    Failed,
    /// The provider returned nothing within its timeout.
    ///
    /// What to do: check the network and the service that the message names, then retry.
    Timeout,
}

impl CredentialsError {
    /// `provider` is not configured. `message` says what it looks for and how to set it.
    pub fn not_configured(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(CredentialsErrorKind::NotConfigured, provider, message)
    }

    /// `provider` is configured and failed. `message` says what is wrong and what to do.
    pub fn failed(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(CredentialsErrorKind::Failed, provider, message)
    }

    /// `provider` returned nothing within its timeout, which `message` names.
    pub fn timeout(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(CredentialsErrorKind::Timeout, provider, message)
    }

    fn new(kind: CredentialsErrorKind, provider: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            provider,
            message: message.into(),
            attempts: Vec::new(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// Adds the errors of a chain's providers.
    pub(crate) fn with_attempts(mut self, attempts: Vec<Self>) -> Self {
        self.attempts = attempts;
        self
    }

    /// Converts the error of an inner provider into an error of `provider`; `location` says where the inner one is
    /// named.
    ///
    /// If the inner provider is not configured, the outer one has failed.
    pub(crate) fn inside(mut self, provider: &'static str, location: impl fmt::Display) -> Self {
        self = self.required();
        self.message = format!("{location}: {}: {}", self.provider, self.message);
        self.provider = provider;
        self
    }

    /// Adds the number of attempts to the message, if there were several.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        if attempts > 1 {
            self.message
                .push_str(&format!(" (after {attempts} attempts)"));
        }
        self
    }

    /// A provider that was named explicitly must be configured: otherwise it has failed.
    pub(crate) fn required(mut self) -> Self {
        if self.kind == CredentialsErrorKind::NotConfigured {
            self.kind = CredentialsErrorKind::Failed;
        }
        self
    }

    /// A copy for another caller that waited for the same request.
    pub(crate) fn share(&self) -> Self {
        Self {
            kind: self.kind,
            provider: self.provider,
            message: self.message.clone(),
            attempts: self.attempts.iter().map(Self::share).collect(),
            source: self.source.clone(),
        }
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match self.kind {
            CredentialsErrorKind::Timeout => RetryClass::AnotherCall,
            CredentialsErrorKind::NotConfigured | CredentialsErrorKind::Failed => RetryClass::Never,
        }
    }

    /// The kind of failure.
    pub fn kind(&self) -> CredentialsErrorKind {
        self.kind
    }

    /// The name of the provider, for instance `environment`.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// What is wrong and what to do, without the name of the provider.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why each provider of a chain returned nothing, in their order. Empty for a single provider.
    pub fn attempts(&self) -> &[Self] {
        &self.attempts
    }
}

/// `{:?}` prints the line of `{}` and its causes. `{:#?}` prints the fields.
impl fmt::Debug for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("CredentialsError")
                .field("kind", &self.kind)
                .field("provider", &self.provider)
                .field("message", &self.message)
                .field("attempts", &self.attempts)
                .field("source", &self.source)
                .finish();
        }
        write_with_causes(f, self)
    }
}

/// The messages of the providers of a chain, in order.
struct Attempts<'a>(&'a [CredentialsError]);

impl fmt::Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let mark = if index == 0 { ':' } else { ';' };
            write!(f, "{mark} {}: {}", error.provider, OneLine(&error.message))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_one_line_with_the_causes_and_alternate_debug_shows_the_fields() {
        let cause = std::io::Error::other("407\nproxy");
        let error = CredentialsError::failed("STS", "no connection").with_source(cause);
        let line = "no credentials from STS: no connection; caused by: ";
        let debug = format!("{error:?}");
        assert!(debug.starts_with(line), "{debug}");
        assert!(debug.contains("407") && !debug.contains('\n'), "{debug}");
        assert!(format!("{error:#?}").contains("kind: Failed"));
    }
}
