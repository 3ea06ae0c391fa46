//! Invalid settings of a client.

use std::error::Error as StdError;

use super::OneLine;
use crate::types::{NOT_SHOWN, may_be_secret, shorten};

/// A setting of a client is invalid.
///
/// ```
/// let error = aliyun_ecs::Client::builder()
///     .region("cn-hangzhou")
///     .endpoint("http://ecs.aliyuncs.com")
///     .build()
///     .unwrap_err();
/// assert_eq!(error.setting(), "endpoint");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("invalid client configuration: {setting} {}{}", value.as_deref().unwrap_or_default(), OneLine(problem))]
pub struct ConfigError {
    setting: &'static str,
    /// Quoted, with a space after it.
    value: Option<String>,
    problem: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self {
            setting,
            value: None,
            problem: problem.into(),
            source: None,
        }
    }

    pub(crate) fn with_value(mut self, value: &str) -> Self {
        self.value = Some(match may_be_secret(value) {
            true => format!("{NOT_SHOWN} "),
            false => format!("{:?} ", shorten(value, 80)),
        });
        self
    }

    #[allow(dead_code, reason = "without a transport, nothing uses it")]
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The name of the setting: the setter of [`ClientBuilder`](crate::ClientBuilder).
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}
