//! The profiles of the Alibaba Cloud CLI: `~/.aliyun/config.json`.

use std::path::PathBuf;
use std::sync::Arc;

use super::assume_role::AssumeRoleProvider;
use super::cli_config::{CliConfig, Profile, filled};
use super::cloud_sso::CloudSsoProvider;
use super::ecs_ram_role::EcsRamRoleProvider;
use super::exchange::{named as shown_name, quoted, read_json, shown};
use super::external::ExternalProvider;
use super::file::{self, FileError};
use super::oauth::OAuthProvider;
use super::oidc::OidcProvider;
use super::provider_config::{ProviderConfig, transport_setter};
use super::uri::UriProvider;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::types::Setting;

pub(super) const NAME: &str = "CLI profile";
const FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
/// The switches that disable the CLI's file: first the one of the SDKs, then those of the CLI.
const SWITCHES: [&str; 3] = [
    "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
    "ALIBABA_CLOUD_IGNORE_PROFILE",
    "ALIBABACLOUD_IGNORE_PROFILE",
];
/// The maximum number of roles in a chain, each assumed with the credentials of the one before. Each is a request to
/// STS and a level of nested futures.
const MAX_LINKS: usize = 10;

/// Reads a profile of the Alibaba Cloud CLI, `aliyun`, each time credentials are requested.
///
/// The file is [`file`](Self::file), then `ALIBABA_CLOUD_CONFIG_FILE`, then `~/.aliyun/config.json`. The profile is
/// [`profile`](Self::profile), then `ALIBABA_CLOUD_PROFILE`, then the `current` profile of the file.
/// `ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true` and `ALIBABA_CLOUD_IGNORE_PROFILE=true` disable the provider, unless
/// `file` is set.
///
/// Modes: `AK`, `StsToken`, `RamRoleArn`, `EcsRamRole`, `OIDC`, `ChainableRamRoleArn`, `CredentialsURI`, `External`,
/// `CloudSSO` and `OAuth`. A profile without `mode` gets the mode that its fields belong to, as in the CLI. If
/// they do not all belong to one mode, it is an error, so that no field is silently ignored. The file is
/// never written.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::ProfileProvider;
///
/// let provider = ProfileProvider::new().profile("production");
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ProfileProvider {
    file: Option<Setting<PathBuf>>,
    profile: Option<Setting<String>>,
    config: ProviderConfig,
}

/// The file's contents, and the name of the selected profile.
struct Opened {
    path: PathBuf,
    config: CliConfig,
    name: String,
}

impl ProfileProvider {
    /// The profile that the environment names, or the current one.
    pub fn new() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(crate) fn within(config: ProviderConfig) -> Self {
        Self {
            file: None,
            profile: None,
            config,
        }
    }

    /// Sets the file. Default: `ALIBABA_CLOUD_CONFIG_FILE`, otherwise `~/.aliyun/config.json`.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(Setting(path.into()));
        self
    }

    /// Sets the name of the profile. Default: `ALIBABA_CLOUD_PROFILE`, otherwise the `current` profile of the file.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(Setting(name.into()));
        self
    }

    transport_setter! {}

    /// The region of the profile, if the profile exists and has one.
    pub(crate) fn region(&self) -> Result<Option<String>, CredentialsError> {
        let Opened { config, name, .. } = self.open()?;
        Ok(config
            .find(&name)
            .and_then(|profile| filled(&profile.region_id)))
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let opened = self.open()?;
        let provider = self.provider(&opened, &opened.name, &mut Vec::new())?;
        provider
            .provide_credentials()
            .await
            .map_err(|error| error.inside(NAME, opened.location(&opened.name)))
    }

    fn open(&self) -> Result<Opened, CredentialsError> {
        let nothing = |message: String| Err(CredentialsError::not_configured(NAME, message));
        let mut switches = SWITCHES.iter();
        if self.file.is_none()
            && let Some(switch) = switches.find(|switch| self.config.is_true(switch))
        {
            return nothing(format!("disabled by {switch}"));
        }
        let explicit =
            Setting::value(&self.file).or_else(|| self.config.variable(FILE).map(PathBuf::from));
        let is_explicit = explicit.is_some();
        let Some(path) = explicit.or_else(|| self.config.in_home(".aliyun/config.json")) else {
            return nothing(format!(
                "there is no home directory, and {FILE} names no file"
            ));
        };
        let file = shown(&path);
        let text = match file::read_private(&self.config, &path) {
            Ok(text) => text,
            Err(FileError::Absent) if is_explicit => {
                return Err(failed(format!("the file {file} does not exist")));
            }
            Err(FileError::Absent) => {
                return nothing(format!(
                    "{file} does not exist: `aliyun configure` writes it"
                ));
            }
            Err(FileError::Unusable(problem)) => {
                return Err(failed(format!("the file {file} {problem}")));
            }
        };
        let config: CliConfig = read_json(text.as_bytes())
            .map_err(|problem| failed(format!("the file {file} {problem}")))?;
        let named = match self.profile {
            Some(_) => None,
            None => self.config.profile_name().map_err(failed)?,
        };
        let current = || filled(&config.current).unwrap_or_else(|| "default".into());
        let name = Setting::value(&self.profile).or_else(|| named.clone());
        let name = name.unwrap_or_else(current);
        match config.find(&name) {
            Some(_) => Ok(Opened { path, config, name }),
            // The variable may name a section of the ini file, which comes next.
            None if self.profile.is_none() && (named.is_some() || config.profiles.is_empty()) => {
                nothing(format!("{file} has no profile {:?}", shown_name(&name)))
            }
            None => Err(failed(format!(
                "{file} has no profile {:?}: `aliyun configure list` shows the existing ones",
                shown_name(&name)
            ))),
        }
    }

    /// The provider of the profile's mode; `outer` are the profiles that name it as their source.
    fn provider(
        &self,
        opened: &Opened,
        name: &str,
        outer: &mut Vec<String>,
    ) -> Result<Arc<dyn ProvideCredentials>, CredentialsError> {
        let location = opened.location(name);
        let profile = opened.config.find(name);
        let profile = profile.ok_or_else(|| {
            failed(format!(
                "{location} does not exist, but profile {:?} names it as its source_profile",
                shown_name(outer.last().map_or("", String::as_str))
            ))
        })?;
        let missing = |field: &str| failed(format!("{location} has no {field}"));
        let need =
            |value: &Option<String>, field: &str| filled(value).ok_or_else(|| missing(field));
        let credentials = |with_token| profile.credentials(with_token).map_err(missing);
        let config = || self.config.clone();
        Ok(match mode(profile, &location)? {
            "AK" => Arc::new(credentials(false)?),
            "StsToken" => Arc::new(credentials(true)?),
            "RamRoleArn" => {
                let source = credentials(profile.has_token())?;
                let role = profile.role(need(&profile.ram_role_arn, "ram_role_arn")?);
                Arc::new(AssumeRoleProvider::within(config(), Arc::new(source), role))
            }
            "EcsRamRole" => Arc::new(
                EcsRamRoleProvider::within(config()).of_profile(filled(&profile.ram_role_name)),
            ),
            "OIDC" => {
                let role = profile.role(need(&profile.ram_role_arn, "ram_role_arn")?);
                let provider_arn = need(&profile.oidc_provider_arn, "oidc_provider_arn")?;
                let token_file = need(&profile.oidc_token_file, "oidc_token_file")?;
                Arc::new(OidcProvider::within(config()).fixed(
                    role,
                    provider_arn,
                    token_file.into(),
                ))
            }
            "ChainableRamRoleArn" => {
                let role = profile.role(need(&profile.ram_role_arn, "ram_role_arn")?);
                let source = need(&profile.source_profile, "source_profile")?;
                outer.push(name.to_owned());
                check_chain(opened, outer, &source)?;
                let source = self
                    .provider(opened, &source, outer)
                    .map_err(|error| error.required())?;
                Arc::new(AssumeRoleProvider::within(config(), source, role))
            }
            "CredentialsURI" => {
                ExternalProvider::check_enabled(&self.config)
                    .map_err(|error| error.inside(NAME, &location))?;
                let uri = need(&profile.credentials_uri, "credentials_uri")?;
                Arc::new(UriProvider::within(config()).uri(uri))
            }
            "External" => {
                let command = need(&profile.process_command, "process_command")?;
                let provider = ExternalProvider::from_command(&command)
                    .map_err(|error| error.inside(NAME, &location))?;
                Arc::new(provider.with_config(config()))
            }
            "CloudSSO" => Arc::new(CloudSsoProvider {
                profile: name.to_owned(),
                sign_in_url: need(&profile.cloud_sso_sign_in_url, "cloud_sso_sign_in_url")?,
                account_id: need(&profile.cloud_sso_account_id, "cloud_sso_account_id")?,
                access_config: need(&profile.cloud_sso_access_config, "cloud_sso_access_config")?,
                access_token: profile.access_token.clone().unwrap_or_default(),
                access_token_expiration: profile.access_token_expiration(),
                stored: profile.credentials(true).ok(),
                config: config(),
            }),
            "OAuth" => Arc::new(OAuthProvider {
                profile: name.to_owned(),
                stored: profile.credentials(true).ok(),
                config: config(),
            }),
            mode => {
                let mode = quoted(mode);
                return Err(failed(format!(
                    "{location} has the mode {mode}, which is not supported: use AK, StsToken, RamRoleArn, \
                     EcsRamRole, OIDC, ChainableRamRoleArn, CredentialsURI, External, CloudSSO or OAuth"
                )));
            }
        })
    }
}

/// The profile's `mode`, or the one that its fields belong to.
fn mode<'a>(profile: &'a Profile, location: &str) -> Result<&'a str, CredentialsError> {
    let fields = profile.identity_fields();
    let mode = profile.mode.as_deref().unwrap_or_default().trim();
    match mode {
        "" | "AK" if fields.is_empty() => Err(CredentialsError::not_configured(
            NAME,
            format!("{location} is empty: `aliyun configure` fills it"),
        )),
        "" => profile.recognized_mode().ok_or_else(|| {
            failed(format!(
                "{location} has no mode, and its fields do not belong to one mode ({}): add \"mode\", or remove the \
                 fields that are not used",
                fields.join(", ")
            ))
        }),
        mode => Ok(mode),
    }
}

/// Checks the profiles that name each other as their source before `source` is read.
fn check_chain(opened: &Opened, outer: &[String], source: &str) -> Result<(), CredentialsError> {
    let path = opened.path.display();
    if outer.iter().any(|name| name == source) {
        return Err(failed(format!(
            "the profiles in {path} form a cycle through source_profile: {} → {source}",
            outer.join(" → ")
        )));
    }
    if outer.len() > MAX_LINKS {
        return Err(failed(format!(
            "the profiles in {path} name each other as source_profile more than {MAX_LINKS} times, beginning with {:?}: \
             shorten the chain",
            outer.first().map_or("", String::as_str)
        )));
    }
    Ok(())
}

impl Opened {
    fn location(&self, name: &str) -> String {
        format!("profile {:?} in {}", shown_name(name), self.path.display())
    }
}

fn failed(message: impl Into<String>) -> CredentialsError {
    CredentialsError::failed(NAME, message)
}

impl Default for ProfileProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for ProfileProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
