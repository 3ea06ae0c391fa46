//! `Serialize` for the errors of calls, with the feature `serde`.

use std::error::Error as StdError;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{ConfigError, Error, ErrorCategory, ErrorCode, ErrorKind, Outcome};
use crate::types::{ClientToken, seconds};

#[derive(Serialize)]
struct Fields<'a> {
    message: String,
    category: ErrorCategory,
    outcome: Outcome,
    retryable: bool,
    code: Option<&'a ErrorCode>,
    http_status: Option<u16>,
    request_id: Option<&'a str>,
    client_token: Option<&'a ClientToken>,
    attempts: u32,
    #[serde(with = "seconds")]
    elapsed: Duration,
    #[serde(with = "seconds::optional")]
    retry_after: Option<Duration>,
    causes: Vec<String>,
    #[serde(flatten)]
    kind: &'a ErrorKind,
}

/// The line of `{}` as `message`, what the methods return, and the fields of the kind as `details`. Durations are in
/// seconds.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let causes = std::iter::successors(self.source(), |&cause| cause.source());
        let fields = Fields {
            message: self.to_string(),
            category: self.category(),
            outcome: self.outcome(),
            retryable: self.is_retryable(),
            code: self.code(),
            http_status: self.http_status(),
            request_id: self.request_id(),
            client_token: self.client_token(),
            attempts: self.attempts(),
            elapsed: self.elapsed(),
            retry_after: self.retry_after(),
            causes: causes.map(ToString::to_string).collect(),
            kind: self.kind(),
        };
        fields.serialize(serializer)
    }
}

/// The line of `{}` as `message`, and the setting.
impl Serialize for ConfigError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields {
            message: String,
            setting: &'static str,
        }
        let fields = Fields {
            message: self.to_string(),
            setting: self.setting(),
        };
        fields.serialize(serializer)
    }
}
