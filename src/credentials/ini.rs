//! The profiles that the official SDKs share: `~/.alibabacloud/credentials`, an ini file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::assume_role::AssumeRoleProvider;
use super::ecs_ram_role::EcsRamRoleProvider;
use super::exchange::{named, quoted, shown};
use super::file::{self, FileError};
use super::ini_file::{self, Section};
use super::oidc::OidcProvider;
use super::provider_config::{PROFILE, ProviderConfig, transport_setter};
use super::sts::Role;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::types::Setting;

pub(super) const NAME: &str = "ini profile";
const FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
/// The Go and TypeScript SDKs read the first, the Python and Java SDKs the second.
const HOME_FILES: [&str; 2] = [".alibabacloud/credentials", ".alibabacloud/credentials.ini"];

/// Reads a section of the ini file that the official SDKs share, each time credentials are requested.
///
/// The file is [`file`](Self::file), then `ALIBABA_CLOUD_CREDENTIALS_FILE`, then `~/.alibabacloud/credentials` or
/// `~/.alibabacloud/credentials.ini`, whichever has the section. The section is [`profile`](Self::profile), then
/// `ALIBABA_CLOUD_PROFILE`, then `default`.
///
/// Types: `access_key`, `sts`, `ecs_ram_role`, `ram_role_arn` and `oidc_role_arn`. A section with `enable = false`
/// counts as absent. The syntax is that of the Go and Python SDKs: `key = value` or `key: value`, comments after
/// `#` or `;`, values that continue on lines with a deeper indentation or after a `\`. A malformed section is an
/// error only if it is the selected one.
///
/// ```
/// use aliyun_ecs::Client;
/// use aliyun_ecs::credentials::IniProfileProvider;
///
/// let provider = IniProfileProvider::new().profile("production");
/// let client = Client::builder().region("cn-hangzhou").credentials(provider).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct IniProfileProvider {
    file: Option<Setting<PathBuf>>,
    profile: Option<Setting<String>>,
    config: ProviderConfig,
}

impl IniProfileProvider {
    /// The section that the environment names, or `default`.
    pub fn new() -> Self {
        Self::within(ProviderConfig::default())
    }

    pub(super) fn within(config: ProviderConfig) -> Self {
        Self {
            file: None,
            profile: None,
            config,
        }
    }

    /// Sets the file. Default: `ALIBABA_CLOUD_CREDENTIALS_FILE`, otherwise the two files in the home directory.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(Setting(path.into()));
        self
    }

    /// Sets the name of the section. Default: `ALIBABA_CLOUD_PROFILE`, otherwise `default`.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(Setting(name.into()));
        self
    }

    transport_setter! {}

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let (location, section) = self.find()?;
        let provider = self.provider(&location, &section)?;
        provider
            .provide_credentials()
            .await
            .map_err(|error| error.inside(NAME, location))
    }

    /// The section, and how errors name it.
    fn find(&self) -> Result<(String, Section), CredentialsError> {
        let explicit =
            Setting::value(&self.file).or_else(|| self.config.variable(FILE).map(PathBuf::from));
        let is_explicit = explicit.is_some();
        let paths = match explicit {
            Some(path) => vec![path],
            None => HOME_FILES
                .iter()
                .filter_map(|path| self.config.in_home(path))
                .collect(),
        };
        let wanted = match &self.profile {
            Some(name) => Some(name.0.clone()),
            None => self.config.profile_name().map_err(failed)?,
        };
        let name = wanted.as_deref().unwrap_or("default");
        let mut read = Vec::new();
        for path in paths {
            let file = shown(&path);
            match file::read_private(&self.config, &path) {
                Ok(text) => {
                    let location = format!("section [{}] in {file}", named(name));
                    match ini_file::section(&text, name) {
                        Ok(Some(section)) => return Ok((location, section)),
                        Ok(None) => read.push(file.to_string()),
                        Err(line) => {
                            return Err(failed(format!(
                                "{location} is malformed (line {line} is not `key = value`)"
                            )));
                        }
                    }
                }
                Err(FileError::Absent) if is_explicit => {
                    return Err(failed(format!("the file {file} does not exist")));
                }
                Err(FileError::Absent) => {}
                Err(FileError::Unusable(problem)) => {
                    return Err(failed(format!("the file {file} {problem}")));
                }
            }
        }
        let message = match read.is_empty() {
            true => format!("neither ~/{} nor ~/{} exists", HOME_FILES[0], HOME_FILES[1]),
            false => format!(
                "{} has no enabled section [{}]",
                read.join(" or "),
                named(name)
            ),
        };
        match wanted {
            // The next provider would use another identity than the one that was named.
            Some(name) => Err(failed(format!(
                "no file has the profile {:?} ({message}): correct the name ({PROFILE}) or add the profile",
                named(&name)
            ))),
            None => Err(CredentialsError::not_configured(NAME, message)),
        }
    }

    fn provider(
        &self,
        location: &str,
        section: &Section,
    ) -> Result<Arc<dyn ProvideCredentials>, CredentialsError> {
        let get = |key: &str| Some(section.get(key)?.trim().to_owned()).filter(|v| !v.is_empty());
        let need = |key: &str| get(key).ok_or_else(|| failed(format!("{location} has no {key}")));
        let role = || {
            Ok(Role {
                session_name: get("role_session_name"),
                policy: get("policy"),
                external_id: get("external_id"),
                ..Role::new(need("role_arn")?)
            })
        };
        // An existing token is never dropped, regardless of the type.
        let access_key = || {
            let credentials = Credentials::new(need("access_key_id")?, need("access_key_secret")?);
            Ok(match get("security_token").or_else(|| get("sts_token")) {
                Some(token) => credentials.with_security_token(token),
                None => credentials,
            })
        };
        let config = || self.config.clone();
        Ok(match need("type")?.as_str() {
            "access_key" => Arc::new(access_key()?),
            "sts" => {
                let credentials = access_key()?;
                if credentials.security_token().is_none() {
                    need("security_token")?;
                }
                Arc::new(credentials)
            }
            "ecs_ram_role" => {
                Arc::new(EcsRamRoleProvider::within(config()).of_profile(get("role_name")))
            }
            "ram_role_arn" => Arc::new(AssumeRoleProvider::within(
                config(),
                Arc::new(access_key()?),
                role()?,
            )),
            "oidc_role_arn" => Arc::new(OidcProvider::within(config()).fixed(
                role()?,
                need("oidc_provider_arn")?,
                Path::new(&need("oidc_token_file_path")?).to_owned(),
            )),
            other => {
                let other = quoted(other);
                return Err(failed(format!(
                    "{location} has the type {other}, which is not supported: use access_key, sts, ecs_ram_role, \
                     ram_role_arn or oidc_role_arn"
                )));
            }
        })
    }
}

fn failed(message: impl Into<String>) -> CredentialsError {
    CredentialsError::failed(NAME, message)
}

impl Default for IniProfileProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for IniProfileProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.load())
    }
}
