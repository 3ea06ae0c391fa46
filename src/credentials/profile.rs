//! The profiles of the vendor's command line tool: `~/.aliyun/config.json`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use zeroize::Zeroizing;

use super::assume_role::AssumeRoleProvider;
use super::cloud_sso::CloudSsoProvider;
use super::ecs_ram_role::EcsRamRoleProvider;
use super::exchange::{read_json, shown};
use super::external::ExternalProvider;
use super::file::{self, Problem};
use super::oidc::OidcProvider;
use super::provider_config::ProviderConfig;
use super::sts::Role;
use super::uri::UriProvider;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::protocol::{Fields, Place};
use crate::transport::HttpTransport;

pub(super) const NAME: &str = "CLI profile";
pub(super) const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
const FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";

/// Reads a profile of the vendor's command line tool, `aliyun`, each time it is asked.
///
/// The file is [`file`](Self::file), else `ALIBABA_CLOUD_CONFIG_FILE`, else `~/.aliyun/config.json`; the profile is
/// [`profile`](Self::profile), else `ALIBABA_CLOUD_PROFILE`, else the file's `current` one.
/// `ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true` switches the provider off, unless `file` is set.
///
/// Modes: `AK`, `StsToken`, `RamRoleArn`, `EcsRamRole`, `OIDC`, `ChainableRamRoleArn`, `CredentialsURI`, `External`
/// and `CloudSSO`. The file is never written.
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
    file: Option<PathBuf>,
    profile: Option<String>,
    config: ProviderConfig,
}

#[derive(Default)]
struct Config {
    current: Option<String>,
    profiles: Vec<Profile>,
}

/// The fields of all modes, as the tool names them.
#[derive(Default)]
struct Profile {
    name: Option<String>,
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    sts_token: Option<Zeroizing<String>>,
    sts_expiration: Option<i64>,
    region_id: Option<String>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    expired_seconds: Option<u64>,
    policy: Option<String>,
    external_id: Option<String>,
    sts_region: Option<String>,
    sts_endpoint: Option<String>,
    enable_vpc: Option<bool>,
    source_profile: Option<String>,
    ram_role_name: Option<String>,
    oidc_provider_arn: Option<String>,
    oidc_token_file: Option<String>,
    credentials_uri: Option<String>,
    process_command: Option<String>,
    cloud_sso_sign_in_url: Option<String>,
    cloud_sso_account_id: Option<String>,
    cloud_sso_access_config: Option<String>,
    access_token: Option<Zeroizing<String>>,
    cloud_sso_access_token_expire: Option<i64>,
}

impl Fields for Config {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "current" => Place::Scalar(&mut self.current),
            "profiles" => Place::List(&mut self.profiles),
            _ => Place::Unread,
        }
    }
}

impl Fields for Profile {
    fn field(&mut self, name: &str) -> Place<'_> {
        Place::Scalar(match name {
            "name" => &mut self.name,
            "mode" => &mut self.mode,
            "access_key_id" => &mut self.access_key_id,
            "access_key_secret" => &mut self.access_key_secret,
            "sts_token" => &mut self.sts_token,
            "sts_expiration" => &mut self.sts_expiration,
            "region_id" => &mut self.region_id,
            "ram_role_arn" => &mut self.ram_role_arn,
            "ram_session_name" => &mut self.ram_session_name,
            "expired_seconds" => &mut self.expired_seconds,
            "policy" => &mut self.policy,
            "external_id" => &mut self.external_id,
            "sts_region" => &mut self.sts_region,
            "sts_endpoint" => &mut self.sts_endpoint,
            "enable_vpc" => &mut self.enable_vpc,
            "source_profile" => &mut self.source_profile,
            "ram_role_name" => &mut self.ram_role_name,
            "oidc_provider_arn" => &mut self.oidc_provider_arn,
            "oidc_token_file" => &mut self.oidc_token_file,
            "credentials_uri" => &mut self.credentials_uri,
            "process_command" => &mut self.process_command,
            "cloud_sso_sign_in_url" => &mut self.cloud_sso_sign_in_url,
            "cloud_sso_account_id" => &mut self.cloud_sso_account_id,
            "cloud_sso_access_config" => &mut self.cloud_sso_access_config,
            "access_token" => &mut self.access_token,
            "cloud_sso_access_token_expire" => &mut self.cloud_sso_access_token_expire,
            _ => return Place::Unread,
        })
    }
}

/// The file as it was read, and which of its profiles is meant.
struct Opened {
    path: PathBuf,
    config: Config,
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

    /// The file. Default: `ALIBABA_CLOUD_CONFIG_FILE`, else `~/.aliyun/config.json`.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// The profile's name. Default: `ALIBABA_CLOUD_PROFILE`, else the file's `current`.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Sends HTTPS requests by a transport of your own. Default: a [`ReqwestTransport`](crate::transport::ReqwestTransport).
    #[must_use]
    pub fn transport(mut self, transport: impl HttpTransport + 'static) -> Self {
        self.config = self.config.with_transport(Arc::new(transport));
        self
    }

    /// The profile's region, if there is such a profile and it has one.
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
            .map_err(|error| error.inside(NAME, opened.place(&opened.name)))
    }

    fn open(&self) -> Result<Opened, CredentialsError> {
        let nothing = |message: String| Err(CredentialsError::not_configured(NAME, message));
        let explicit = self
            .file
            .clone()
            .or_else(|| self.config.variable(FILE).map(PathBuf::from));
        if self.file.is_none() && self.config.is_true(DISABLED) {
            return nothing(format!("switched off by {DISABLED}"));
        }
        let is_explicit = explicit.is_some();
        let Some(path) = explicit.or_else(|| self.config.in_home(".aliyun/config.json")) else {
            return nothing(format!("there is no home folder, and {FILE} names no file"));
        };
        let shown = path.display();
        let text = match file::read_private(&self.config, &path) {
            Ok(text) => text,
            Err(Problem::Absent) if is_explicit => {
                return Err(failed(format!("the file {shown} does not exist")));
            }
            Err(Problem::Absent) => {
                return nothing(format!(
                    "{shown} does not exist: `aliyun configure` writes it"
                ));
            }
            Err(Problem::Unusable(problem)) => {
                return Err(failed(format!("the file {shown} {problem}")));
            }
        };
        let config: Config = read_json(text.as_bytes())
            .map_err(|problem| failed(format!("the file {shown} {problem}")))?;
        let wanted = self.config.variable(PROFILE);
        let name = self.profile.clone().or(wanted.clone());
        let current = || filled(&config.current).unwrap_or_else(|| "default".into());
        let name = name.unwrap_or_else(current);
        match config.find(&name) {
            Some(_) => Ok(Opened { path, config, name }),
            // The variable may mean a profile of the ini file, which is looked at next.
            None if self.profile.is_none() && (wanted.is_some() || config.profiles.is_empty()) => {
                nothing(format!("{shown} has no profile {name:?}"))
            }
            None => Err(failed(format!(
                "{shown} has no profile {name:?}: `aliyun configure list` shows which there are"
            ))),
        }
    }

    /// What the profile's mode means; `outer` are the profiles that name it as their source.
    fn provider(
        &self,
        opened: &Opened,
        name: &str,
        outer: &mut Vec<String>,
    ) -> Result<Arc<dyn ProvideCredentials>, CredentialsError> {
        let place = opened.place(name);
        let profile = opened.config.find(name);
        let profile = profile.ok_or_else(|| {
            failed(format!(
                "{place} does not exist, but profile {:?} names it as its source_profile",
                outer.last().map_or("", String::as_str)
            ))
        })?;
        let need = |value: &Option<String>, field: &str| {
            filled(value).ok_or_else(|| failed(format!("{place} has no {field}")))
        };
        let config = || self.config.clone();
        Ok(match profile.mode.as_deref().unwrap_or_default() {
            "" if profile.is_blank() => {
                return Err(CredentialsError::not_configured(
                    NAME,
                    format!("{place} is empty: `aliyun configure` fills it"),
                ));
            }
            "AK" if profile.is_blank() => {
                return Err(CredentialsError::not_configured(
                    NAME,
                    format!("{place} has no keys: `aliyun configure` asks for them"),
                ));
            }
            "" | "AK" => Arc::new(profile.keys(&place, false)?),
            "StsToken" => Arc::new(profile.keys(&place, true)?),
            "RamRoleArn" => {
                let has_token = profile
                    .sts_token
                    .as_ref()
                    .is_some_and(|token| !token.is_empty());
                let keys = profile.keys(&place, has_token)?;
                let role = profile.role(need(&profile.ram_role_arn, "ram_role_arn")?);
                Arc::new(AssumeRoleProvider::within(config(), Arc::new(keys), role))
            }
            "EcsRamRole" => Arc::new(
                EcsRamRoleProvider::within(config()).role_name(filled(&profile.ram_role_name)),
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
                if outer.contains(&source) {
                    return Err(failed(format!(
                        "the profiles in {} name each other as source_profile in a circle: {} → {source}",
                        opened.path.display(),
                        outer.join(" → ")
                    )));
                }
                let source = self
                    .provider(opened, &source, outer)
                    .map_err(|error| error.required())?;
                Arc::new(AssumeRoleProvider::within(config(), source, role))
            }
            "CredentialsURI" => {
                ExternalProvider::is_disabled(&self.config)
                    .map_err(|error| error.inside(NAME, &place))?;
                let uri = need(&profile.credentials_uri, "credentials_uri")?;
                Arc::new(UriProvider::within(config()).uri(uri))
            }
            "External" => {
                let command = need(&profile.process_command, "process_command")?;
                let provider = ExternalProvider::from_command(&command)
                    .map_err(|error| error.inside(NAME, &place))?;
                Arc::new(provider.with_config(config()))
            }
            "CloudSSO" => Arc::new(CloudSsoProvider {
                profile: name.to_owned(),
                sign_in_url: need(&profile.cloud_sso_sign_in_url, "cloud_sso_sign_in_url")?,
                account_id: need(&profile.cloud_sso_account_id, "cloud_sso_account_id")?,
                access_config: need(&profile.cloud_sso_access_config, "cloud_sso_access_config")?,
                access_token: profile.access_token.clone().unwrap_or_default(),
                access_token_end: profile
                    .cloud_sso_access_token_expire
                    .filter(|seconds| *seconds > 0)
                    .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
                stored: profile.keys(&place, true).ok(),
                config: config(),
            }),
            mode => {
                let mode = shown(mode);
                return Err(failed(format!(
                    "{place} has the mode {mode}, which is not supported: use AK, StsToken, RamRoleArn, \
                     EcsRamRole, OIDC, ChainableRamRoleArn, CredentialsURI, External or CloudSSO"
                )));
            }
        })
    }
}

impl Config {
    fn find(&self, name: &str) -> Option<&Profile> {
        let mut profiles = self.profiles.iter();
        profiles.find(|profile| profile.name.as_deref() == Some(name))
    }
}

impl Opened {
    fn place(&self, name: &str) -> String {
        format!("profile {name:?} in {}", self.path.display())
    }
}

impl Profile {
    /// As the tool leaves a profile that nobody has filled in.
    fn is_blank(&self) -> bool {
        let secret = self.access_key_secret.as_ref();
        filled(&self.access_key_id).is_none() && secret.is_none_or(|secret| secret.is_empty())
    }

    fn keys(&self, place: &str, with_token: bool) -> Result<Credentials, CredentialsError> {
        let lacks = |field: &str| failed(format!("{place} has no {field}"));
        let secret = |value: &Option<Zeroizing<String>>| {
            let value = value.as_ref().map(|value| value.trim());
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let id = filled(&self.access_key_id).ok_or_else(|| lacks("access_key_id"))?;
        let key = secret(&self.access_key_secret).ok_or_else(|| lacks("access_key_secret"))?;
        if !with_token {
            return Ok(Credentials::new(id, key));
        }
        let token = secret(&self.sts_token).ok_or_else(|| lacks("sts_token"))?;
        let keys = Credentials::with_security_token(id, key, token);
        let seconds = self.sts_expiration.filter(|seconds| *seconds > 0);
        Ok(
            match seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
                Some(end) => keys.expires_at(end),
                None => keys,
            },
        )
    }

    fn role(&self, arn: String) -> Role {
        let seconds = self.expired_seconds.filter(|seconds| *seconds > 0);
        Role {
            session_name: filled(&self.ram_session_name),
            duration: Duration::from_secs(seconds.unwrap_or(3600)),
            policy: filled(&self.policy),
            external_id: filled(&self.external_id),
            endpoint: filled(&self.sts_endpoint),
            sts_region: filled(&self.sts_region),
            // The tool writes `false` where nobody chose.
            vpc: self.enable_vpc.filter(|enabled| *enabled),
            ..Role::new(arn)
        }
    }
}

/// The value without white space around it; an empty one counts as absent.
fn filled(value: &Option<String>) -> Option<String> {
    let value = value.as_deref()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
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
