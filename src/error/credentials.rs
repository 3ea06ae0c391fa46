//! Why no credentials could be had.

use std::error::Error as StdError;

use super::{CallContext, OneLine};

/// No credentials: none are configured, or the place that has them failed.
///
/// The request was not sent with them. Its text never holds key material.
#[derive(Debug, thiserror::Error)]
#[error("no credentials from {provider}: {}", OneLine(message))]
pub struct CredentialsError {
    kind: CredentialsErrorKind,
    provider: &'static str,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    pub(super) call: Option<Box<CallContext>>,
}

/// What kind of failure it was; a chain of providers goes on after `NotConfigured` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialsErrorKind {
    /// The provider has nothing to read: another one may.
    NotConfigured,
    /// The provider is configured but broken, half configured or refused.
    Failed,
    /// The provider did not answer in time.
    Timeout,
}

impl CredentialsError {
    /// `provider` has nothing to read; `message` says what was looked for and how to set it.
    pub fn not_configured(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(CredentialsErrorKind::NotConfigured, provider, message)
    }

    /// `provider` is configured but cannot deliver; `message` says what is wrong and what to do.
    pub fn failed(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(CredentialsErrorKind::Failed, provider, message)
    }

    /// `provider` did not answer in time; `message` names the limit.
    pub fn timeout(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(CredentialsErrorKind::Timeout, provider, message)
    }

    fn new(kind: CredentialsErrorKind, provider: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            provider,
            message: message.into(),
            source: None,
            call: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> CredentialsErrorKind {
        self.kind
    }

    /// The name of the provider, for instance `environment`.
    pub fn provider(&self) -> &'static str {
        self.provider
    }
}
