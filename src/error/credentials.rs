//! Why no credentials could be had.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::OneLine;

/// No credentials: none are configured, or the place that has them failed.
///
/// The request was not sent with them. Its text never holds key material.
///
/// ```
/// use aliyun_ecs::credentials::{CredentialsError, CredentialsErrorKind};
///
/// let error = CredentialsError::failed("vault", "it is sealed: unseal it");
/// assert_eq!(error.kind(), CredentialsErrorKind::Failed);
/// assert_eq!(error.to_string(), "no credentials from vault: it is sealed: unseal it");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("no credentials from {provider}: {}{}", OneLine(message), Tried(tried))]
pub struct CredentialsError {
    kind: CredentialsErrorKind,
    provider: &'static str,
    message: String,
    tried: Vec<Self>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
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
            tried: Vec::new(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// Adds the providers that a chain asked in vain.
    pub(crate) fn with_tried(mut self, tried: Vec<Self>) -> Self {
        self.tried = tried;
        self
    }

    /// The same failure as `provider` meets it, which relies on the provider that failed.
    ///
    /// A provider that is named and has nothing is a failure of the one that names it.
    pub(crate) fn inside(mut self, provider: &'static str, place: impl fmt::Display) -> Self {
        self = self.required();
        self.message = format!("{place}: {}: {}", self.provider, self.message);
        self.provider = provider;
        self
    }

    /// What was asked for by name and is not configured is a failure.
    pub(crate) fn required(mut self) -> Self {
        if self.kind == CredentialsErrorKind::NotConfigured {
            self.kind = CredentialsErrorKind::Failed;
        }
        self
    }

    /// A copy for another caller that waited for the same fetch.
    pub(crate) fn share(&self) -> Self {
        Self {
            kind: self.kind,
            provider: self.provider,
            message: self.message.clone(),
            tried: self.tried.iter().map(Self::share).collect(),
            source: self.source.clone(),
        }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> CredentialsErrorKind {
        self.kind
    }

    /// The name of the provider, for instance `environment`.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// What was wrong and what to do, without the name of the provider.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why each provider of a chain had nothing, in the order they were asked; empty for a single provider.
    pub fn tried(&self) -> &[Self] {
        &self.tried
    }
}

/// The reasons of a chain's providers, one after the other.
struct Tried<'a>(&'a [CredentialsError]);

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let mark = if index == 0 { ':' } else { ';' };
            write!(f, "{mark} {}: {}", error.provider, OneLine(&error.message))?;
        }
        Ok(())
    }
}
