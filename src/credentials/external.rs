//! Keys from a program that the user names.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use chrono::DateTime;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::command::split;
use super::exchange::{read_json, shown};
use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::clock::within;
use crate::protocol::{Fields, Place};

const NAME: &str = "external program";
const DISABLED: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
const LIMIT: Duration = Duration::from_secs(60);
const MAX_OUTPUT: u64 = 1024 * 1024;

/// Runs a program that writes keys to its standard output, as the CLI's profiles of mode `External` do.
///
/// The output is JSON: `mode` (`AK` or `StsToken`), `access_key_id`, `access_key_secret` and, for temporary
/// keys, `sts_token` and `expiration` (`yyyy-MM-ddTHH:mm:ssZ`) or `sts_expiration` (Unix seconds).
///
/// The program is started directly, not by a shell. It has 60 s and 1 MiB of output; it is killed when they
/// are spent or when nobody waits for it any more. It gets no standard input, and its standard error is this
/// program's own. `ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS` (`true` or `1`) forbids it.
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
    fn field(&mut self, name: &str) -> Place<'_> {
        Place::Scalar(match name {
            "mode" => &mut self.mode,
            "access_key_id" => &mut self.access_key_id,
            "access_key_secret" => &mut self.access_key_secret,
            "sts_token" => &mut self.sts_token,
            "expiration" => &mut self.expiration,
            "sts_expiration" => &mut self.sts_expiration,
            _ => return Place::Unread,
        })
    }
}

impl ExternalProvider {
    /// Runs `program` with `arguments`. A name without a folder is looked for in `PATH`.
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

    /// Runs a command line, split into program and arguments without a shell:
    ///
    /// - white space separates; it does not within `'…'` or `"…"`, and the quotes themselves are dropped;
    /// - `\"` within `"…"` is a quote; any other backslash stands for itself, as in Windows paths;
    /// - nothing is expanded: no variables, no `~`, no `*`;
    /// - an operator of a shell that stands alone (`|`, `&&`, `>` …) is refused: put such a line into a script.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`] if the command is empty, has an open quote, or needs a shell.
    ///
    /// # Example
    ///
    /// ```
    /// use aliyun_ecs::credentials::ExternalProvider;
    ///
    /// assert!(ExternalProvider::from_command(r#"vault-keys --role "night shift""#).is_ok());
    /// assert!(ExternalProvider::from_command("vault-keys | jq .").is_err());
    /// ```
    pub fn from_command(command: &str) -> Result<Self, CredentialsError> {
        let mut words = split(command)
            .map_err(|problem| CredentialsError::failed(NAME, format!("the command {problem}")))?
            .into_iter();
        match words.next().filter(|program| !program.is_empty()) {
            Some(program) => Ok(Self::new(program, words)),
            None => Err(CredentialsError::failed(NAME, "the command is empty")),
        }
    }

    pub(super) fn with_config(mut self, config: ProviderConfig) -> Self {
        self.config = config;
        self
    }

    /// Whether the user forbids programs and addresses that a profile names.
    pub(super) fn is_disabled(config: &ProviderConfig) -> Result<(), CredentialsError> {
        match config.variable(DISABLED) {
            Some(value) if value == "1" || value.eq_ignore_ascii_case("true") => Err(
                CredentialsError::not_configured(NAME, format!("switched off by {DISABLED}")),
            ),
            _ => Ok(()),
        }
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        Self::is_disabled(&self.config)?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(self.failed("can only be run within a tokio runtime"));
        }
        let output = within(&*self.config.clock, LIMIT, self.run())
            .await
            .ok_or_else(|| {
                CredentialsError::timeout(
                    NAME,
                    self.about(&format!("did not finish within {LIMIT:?} and was killed")),
                )
            })??;
        let output: Output =
            read_json(&output).map_err(|problem| self.failed(&format!("wrote what {problem}")))?;
        self.credentials(output)
    }

    /// Standard output, to its end and the program's. Dropping the future kills the program.
    async fn run(&self) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
        let broken = |error: io::Error| {
            self.failed(&match error.kind() {
                io::ErrorKind::NotFound => "does not exist".to_owned(),
                kind => format!("cannot be run: {kind}"),
            })
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        // Room for all real outputs: a growing buffer would leave copies of secrets behind.
        let mut output = Zeroizing::new(Vec::with_capacity(16 * 1024));
        if let Some(stdout) = child.stdout.take() {
            let mut stdout = stdout.take(MAX_OUTPUT + 1);
            stdout.read_to_end(&mut output).await.map_err(broken)?;
        }
        if output.len() as u64 > MAX_OUTPUT {
            return Err(self.failed("wrote more than 1 MiB"));
        }
        let status = child.wait().await.map_err(broken)?;
        if !status.success() {
            return Err(self.failed(&format!("failed ({status}): run it by hand to see why")));
        }
        Ok(output)
    }

    fn credentials(&self, output: Output) -> Result<Credentials, CredentialsError> {
        let lacks = |field: &str| self.failed(&format!("wrote no {field}"));
        let part = |value: Option<Zeroizing<String>>| {
            value
                .filter(|value| !value.is_empty())
                .map(|mut value| std::mem::take(&mut *value))
        };
        let id = part(output.access_key_id.map(Zeroizing::new));
        let id = id.ok_or_else(|| lacks("access_key_id"))?;
        let secret = part(output.access_key_secret).ok_or_else(|| lacks("access_key_secret"))?;
        let token = part(output.sts_token);
        let credentials = match output.mode.as_deref().unwrap_or_default() {
            "AK" => Credentials::new(id, secret),
            "StsToken" => {
                let token = token.ok_or_else(|| lacks("sts_token"))?;
                Credentials::with_security_token(id, secret, token)
            }
            "" => return Err(lacks("mode")),
            mode => {
                let mode = shown(mode);
                return Err(self.failed(&format!(
                    "wrote the mode {mode}; only AK and StsToken are understood"
                )));
            }
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
            Some(time) => credentials.expires_at(time),
            None => credentials,
        })
    }

    fn failed(&self, problem: &str) -> CredentialsError {
        CredentialsError::failed(NAME, self.about(problem))
    }

    /// Its arguments may be secrets and are never told.
    fn about(&self, problem: &str) -> String {
        format!("{} {problem}", self.program.display())
    }
}

impl std::fmt::Debug for ExternalProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalProvider")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for ExternalProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::testing::{ManualClock, config};

    #[test]
    fn without_a_runtime_there_is_an_error_and_no_panic() {
        use std::task::{Context, Poll, Waker};

        let provider = ExternalProvider::new("/bin/sh", ["-c", "exit"]).with_config(config(
            [("", "")],
            &ManualClock::default(),
            "",
        ));
        let mut future = provider.provide_credentials();
        let response = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(response, Poll::Ready(Err(_))), "{response:?}");
    }

    #[cfg(unix)]
    mod children {
        use std::time::Duration;

        use super::*;
        use crate::credentials::testing::Folder;
        use crate::error::CredentialsErrorKind;

        /// `script` run by `/bin/sh`, with the folder as its first argument.
        fn provider(folder: &Folder, script: &str, clock: &ManualClock) -> ExternalProvider {
            let script = folder.write("keys.sh", script);
            let arguments = [script.as_os_str(), folder.path().as_os_str()];
            ExternalProvider::new("/bin/sh", arguments).with_config(config([("", "")], clock, ""))
        }

        const KEYS: &str =
            r#"{"mode":"AK","access_key_id":"ext","access_key_secret":"s","sts_token":""}"#;

        #[tokio::test]
        async fn keys_are_read_from_standard_output() {
            let folder = Folder::new();
            let script = format!("cat >\"$1/stdin\"\necho '{KEYS}'\n");
            let provider = provider(&folder, &script, &ManualClock::default());
            let credentials = provider.load().await.unwrap();
            assert_eq!(credentials.access_key_id(), "ext");
            assert_eq!(credentials.security_token(), None);
            let stdin = std::fs::read(folder.path().join("stdin")).unwrap();
            assert!(stdin.is_empty(), "the program gets no standard input");
        }

        #[tokio::test]
        async fn arguments_arrive_as_they_are() {
            let folder = Folder::new();
            let script = folder.write("args.sh", "printf '%s\\n' \"$@\" >\"$0.out\"\nexit 1\n");
            let command = format!("/bin/sh '{}' $HOME '*' \"a  b\" ~", script.display());
            let provider = ExternalProvider::from_command(&command)
                .unwrap()
                .with_config(config([("", "")], &ManualClock::default(), ""));
            assert!(provider.load().await.is_err());
            let seen = std::fs::read_to_string(format!("{}.out", script.display())).unwrap();
            assert_eq!(seen, "$HOME\n*\na  b\n~\n");
        }

        #[tokio::test]
        async fn an_endless_output_is_cut_off() {
            let folder = Folder::new();
            let script = "while :; do echo 0123456789012345678901234567890123456789; done\n";
            let provider = provider(&folder, script, &ManualClock::default());
            let error = provider.load().await.unwrap_err();
            assert!(error.to_string().contains("more than 1 MiB"), "{error}");
        }

        #[tokio::test]
        async fn a_program_that_takes_too_long_is_killed() {
            let folder = Folder::new();
            let script = "echo $$ >\"$1/pid\"\nwhile :; do :; done\n";
            let provider = provider(&folder, script, &ManualClock::impatient());
            let error = provider.load().await.unwrap_err();
            assert_eq!(error.kind(), CredentialsErrorKind::Timeout);
            assert!(error.to_string().contains("within 60s"), "{error}");
            has_ended(&folder).await;
        }

        #[tokio::test]
        async fn a_program_that_nobody_waits_for_is_killed() {
            let folder = Folder::new();
            let script = "echo $$ >\"$1/pid\"\nwhile :; do :; done\n";
            let provider = provider(&folder, script, &ManualClock::default());
            let task = tokio::spawn(async move { provider.load().await });
            pid(&folder).await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            has_ended(&folder).await;
        }

        /// The script's process id, once it has started.
        async fn pid(folder: &Folder) -> Option<String> {
            for _ in 0..1_000 {
                match std::fs::read_to_string(folder.path().join("pid")) {
                    Ok(pid) if pid.ends_with('\n') => return Some(pid.trim().to_owned()),
                    _ => pause().await,
                }
            }
            None
        }

        /// Waits until the script's process is gone; it may have been killed before it wrote its id.
        async fn has_ended(folder: &Folder) {
            let file = folder.path().join("pid");
            let Ok(pid) = std::fs::read_to_string(file) else {
                return;
            };
            for _ in 0..1_000 {
                let kill = Command::new("/bin/sh")
                    .args(["-c", &format!("kill -0 {}", pid.trim())])
                    .stderr(Stdio::null())
                    .status();
                if pid.trim().is_empty() || !kill.await.unwrap().success() {
                    return;
                }
                pause().await;
            }
            panic!("process {pid} still runs");
        }

        #[allow(
            clippy::disallowed_methods,
            reason = "other processes do not know the test's clock"
        )]
        async fn pause() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
