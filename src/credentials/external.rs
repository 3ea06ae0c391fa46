//! Credentials from a program that the user names.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use chrono::DateTime;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::command::{is_operator, split};
use super::exchange::{quoted, read_json, shown};
use super::process::{self, Finished};
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::clock::within;
use crate::protocol::{Fields, Target};

const NAME: &str = "external program";
const DISABLED: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
const TIMEOUT: Duration = Duration::from_secs(60);
const MAX_OUTPUT: usize = 1024 * 1024;

/// Runs a program that writes credentials to its standard output, as the CLI's profiles of mode `External` do.
///
/// The output is JSON: `access_key_id`, `access_key_secret` and, for temporary credentials, `sts_token` and
/// `expiration` (`yyyy-MM-ddTHH:mm:ssZ`) or `sts_expiration` (Unix seconds). A `mode` is optional (`AK` or
/// `StsToken`); a token in the output is always used.
///
/// The program is started directly, not by a shell. It has 60 s and 1 MiB of output; it is killed when it exceeds
/// them or when the future is dropped. It gets no standard input, and it shares the standard error of this
/// process. `ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS` (`true` or `1`) forbids it.
///
/// On Unix the program runs in its own process group, so it cannot read from the terminal. When the program ends,
/// the group is killed: processes that it leaves in the background are not waited for.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::ExternalProvider;
///
/// let provider = ExternalProvider::new("vault-keys", ["--role", "resizer"]);
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ExternalProvider {
    program: OsString,
    arguments: Vec<OsString>,
    config: ProviderConfig,
}

#[derive(Default)]
struct Output {
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    sts_token: Option<Zeroizing<String>>,
    expiration: Option<String>,
    sts_expiration: Option<i64>,
}

impl Fields for Output {
    fn field(&mut self, name: &str) -> Target<'_> {
        Target::Scalar(match name {
            "mode" => &mut self.mode,
            "access_key_id" => &mut self.access_key_id,
            "access_key_secret" => &mut self.access_key_secret,
            "sts_token" => &mut self.sts_token,
            "expiration" => &mut self.expiration,
            "sts_expiration" => &mut self.sts_expiration,
            _ => return Target::Unread,
        })
    }
}

impl ExternalProvider {
    /// Runs `program` with `arguments`. A name without a directory is searched in `PATH`.
    pub fn new(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            config: ProviderConfig::default(),
        }
    }

    /// Runs a command line, which is split into program and arguments as by the official CLI:
    ///
    /// - on Unix as a POSIX shell splits, with quotes, backslashes and line continuation;
    /// - on Windows a backslash stands for itself, except for `\"` within `"…"`;
    /// - nothing is expanded and no shell is used: variables, `~`, `*`, `|` and `>` are passed on as they are.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`] if the command is empty, has an unclosed quote, or ends with a backslash on Unix.
    ///
    /// # Example
    ///
    /// ```
    /// use aliyun_ecs::credentials::ExternalProvider;
    ///
    /// assert!(ExternalProvider::from_command(r#"vault-keys --role "night shift""#).is_ok());
    /// assert!(ExternalProvider::from_command(r#"vault-keys --role "night shift"#).is_err());
    /// ```
    pub fn from_command(command: &str) -> Result<Self, CredentialsError> {
        let invalid = |problem| CredentialsError::failed(NAME, format!("the command {problem}"));
        let words = split(command);
        let words =
            words.ok_or_else(|| invalid("has an unclosed quote or ends with a backslash"))?;
        let mut words = words.into_iter();
        match words.next().filter(|program| !program.is_empty()) {
            Some(program) => Ok(Self::new(program, words)),
            None => Err(invalid("is empty")),
        }
    }

    pub(super) fn with_config(mut self, config: ProviderConfig) -> Self {
        self.config = config;
        self
    }

    /// An error if the user has disabled programs and URLs in profiles.
    pub(super) fn check_enabled(config: &ProviderConfig) -> Result<(), CredentialsError> {
        match config.variable(DISABLED) {
            Some(value) if value == "1" || value.eq_ignore_ascii_case("true") => Err(
                CredentialsError::not_configured(NAME, format!("disabled by {DISABLED}")),
            ),
            _ => Ok(()),
        }
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        Self::check_enabled(&self.config)?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(self.failed("can only be run within a tokio runtime"));
        }
        let output = within(&*self.config.clock, TIMEOUT, pin!(self.run()))
            .await
            .ok_or_else(|| {
                CredentialsError::timeout(
                    NAME,
                    self.about(&format!("did not finish within {TIMEOUT:?} and was killed")),
                )
            })??;
        let output: Output = read_json(&output)
            .map_err(|problem| self.failed(&format!("wrote output that {problem}")))?;
        self.credentials(output)
    }

    async fn run(&self) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
        let broken = |error: io::Error| {
            self.failed(&match error.kind() {
                io::ErrorKind::NotFound => "does not exist".to_owned(),
                kind => format!("cannot be run: {kind}"),
            })
        };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let Finished { status, output } = process::run(&mut command, MAX_OUTPUT)
            .await
            .map_err(broken)?;
        match status {
            None => Err(self.failed("wrote more than 1 MiB")),
            Some(status) if status.success() => Ok(output),
            Some(status) => {
                Err(self.failed(&format!("failed ({status}): run it manually to see why")))
            }
        }
    }

    fn credentials(&self, output: Output) -> Result<Credentials, CredentialsError> {
        let missing = |field: &str| self.failed(&format!("wrote no {field}"));
        let part = |value: Option<Zeroizing<String>>| {
            value
                .filter(|value| !value.is_empty())
                .map(|mut value| std::mem::take(&mut *value))
        };
        let id = part(output.access_key_id.map(Zeroizing::new));
        let id = id.ok_or_else(|| missing("access_key_id"))?;
        let secret = part(output.access_key_secret).ok_or_else(|| missing("access_key_secret"))?;
        let token = part(output.sts_token);
        match output.mode.as_deref().unwrap_or_default() {
            "" | "AK" => {}
            "StsToken" if token.is_none() => return Err(missing("sts_token")),
            "StsToken" => {}
            mode => {
                let mode = quoted(mode);
                return Err(self.failed(&format!(
                    "wrote the mode {mode}, which is not supported: use AK or StsToken"
                )));
            }
        }
        let credentials = Credentials::new(id, secret);
        let credentials = match token {
            Some(token) => credentials.with_security_token(token),
            None => credentials,
        };
        let expiration = match output.expiration.filter(|text| !text.is_empty()) {
            Some(text) => Some(
                DateTime::parse_from_rfc3339(&text)
                    .map_err(|_| self.failed("wrote an expiration that is not a time"))?
                    .to_utc(),
            ),
            None => output
                .sts_expiration
                .filter(|seconds| *seconds > 0)
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        };
        Ok(match expiration {
            Some(time) => credentials.with_expiration(time),
            None => credentials,
        })
    }

    fn failed(&self, problem: &str) -> CredentialsError {
        CredentialsError::failed(NAME, self.about(problem))
    }

    /// Names the program only: its arguments may be secrets.
    fn about(&self, problem: &str) -> String {
        let mut arguments = self.arguments.iter().filter_map(|word| word.to_str());
        let hint = match arguments.find(|word| is_operator(word)) {
            Some(operator) => format!(
                " (no shell is used, and the program received {operator:?} as an argument: put the command into a script)"
            ),
            None => String::new(),
        };
        format!("{} {problem}{hint}", shown(Path::new(&self.program)))
    }
}

impl std::fmt::Debug for ExternalProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalProvider")
            .field("program", &shown(Path::new(&self.program)))
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for ExternalProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}

#[cfg(test)]
mod tests;
