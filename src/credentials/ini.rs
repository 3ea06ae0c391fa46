//! The profiles that the vendor's SDKs share: `~/.alibabacloud/credentials`, an ini file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::assume_role::AssumeRoleProvider;
use super::ecs_ram_role::EcsRamRoleProvider;
use super::exchange::shown;
use super::file::{self, Problem};
use super::oidc::OidcProvider;
use super::profile::PROFILE;
use super::provider_config::ProviderConfig;
use super::sts::Role;
use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;
use crate::transport::HttpTransport;

pub(super) const NAME: &str = "ini profile";
const FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
/// Go and TypeScript SDKs read the first, Python and Java ones the second.
const HOME_FILES: [&str; 2] = [".alibabacloud/credentials", ".alibabacloud/credentials.ini"];

/// Reads a section of the ini file that the vendor's SDKs share, each time it is asked.
///
/// The file is [`file`](Self::file), else `ALIBABA_CLOUD_CREDENTIALS_FILE`, else `~/.alibabacloud/credentials` and
/// `~/.alibabacloud/credentials.ini`, whichever has the section. The section is [`profile`](Self::profile), else
/// `ALIBABA_CLOUD_PROFILE`, else `default`.
///
/// Types: `access_key`, `ecs_ram_role`, `ram_role_arn` and `oidc_role_arn`. A section with `enable = false` counts as absent.
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
    file: Option<PathBuf>,
    profile: Option<String>,
    config: ProviderConfig,
}

type Section = HashMap<String, Zeroizing<String>>;

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

    /// The file. Default: `ALIBABA_CLOUD_CREDENTIALS_FILE`, else the two in the home folder.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// The section's name. Default: `ALIBABA_CLOUD_PROFILE`, else `default`.
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

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let (place, section) = self.find()?;
        let provider = self.provider(&place, &section)?;
        provider
            .provide_credentials()
            .await
            .map_err(|error| error.inside(NAME, place))
    }

    /// The section and how errors call it.
    fn find(&self) -> Result<(String, Section), CredentialsError> {
        let explicit = self
            .file
            .clone()
            .or_else(|| self.config.variable(FILE).map(PathBuf::from));
        let is_explicit = explicit.is_some();
        let paths = match explicit {
            Some(path) => vec![path],
            None => HOME_FILES
                .iter()
                .filter_map(|path| self.config.in_home(path))
                .collect(),
        };
        let wanted = self
            .profile
            .clone()
            .or_else(|| self.config.variable(PROFILE));
        let name = wanted.as_deref().unwrap_or("default");
        let mut read = Vec::new();
        for path in paths {
            let shown = path.display();
            match file::read_private(&self.config, &path) {
                Ok(text) => {
                    if let Some(section) = section(&text, name).map_err(|line| {
                        failed(format!("the file {shown} is no ini file (line {line})"))
                    })? {
                        return Ok((format!("section [{name}] in {shown}"), section));
                    }
                    read.push(shown.to_string());
                }
                Err(Problem::Absent) if is_explicit => {
                    return Err(failed(format!("the file {shown} does not exist")));
                }
                Err(Problem::Absent) => {}
                Err(Problem::Unusable(problem)) => {
                    return Err(failed(format!("the file {shown} {problem}")));
                }
            }
        }
        let message = match read.is_empty() {
            true => format!("neither ~/{} nor ~/{} exists", HOME_FILES[0], HOME_FILES[1]),
            false => format!("{} has no enabled section [{name}]", read.join(" or ")),
        };
        match wanted {
            // Going on would act as somebody else than the user named.
            Some(name) => Err(failed(format!(
                "no file has the profile {name:?} ({message}): correct the name ({PROFILE}) or add the profile"
            ))),
            None => Err(CredentialsError::not_configured(NAME, message)),
        }
    }

    fn provider(
        &self,
        place: &str,
        section: &Section,
    ) -> Result<Arc<dyn ProvideCredentials>, CredentialsError> {
        let get = |key: &str| Some(section.get(key)?.trim().to_owned()).filter(|v| !v.is_empty());
        let need = |key: &str| get(key).ok_or_else(|| failed(format!("{place} has no {key}")));
        let role = || {
            Ok(Role {
                session_name: get("role_session_name"),
                policy: get("policy"),
                external_id: get("external_id"),
                ..Role::new(need("role_arn")?)
            })
        };
        let keys = || {
            Ok(Credentials::new(
                need("access_key_id")?,
                need("access_key_secret")?,
            ))
        };
        let config = || self.config.clone();
        Ok(match need("type")?.as_str() {
            "access_key" => Arc::new(keys()?),
            "ecs_ram_role" => {
                Arc::new(EcsRamRoleProvider::within(config()).role_name(get("role_name")))
            }
            "ram_role_arn" => Arc::new(AssumeRoleProvider::within(
                config(),
                Arc::new(keys()?),
                role()?,
            )),
            "oidc_role_arn" => Arc::new(OidcProvider::within(config()).fixed(
                role()?,
                need("oidc_provider_arn")?,
                Path::new(&need("oidc_token_file_path")?).to_owned(),
            )),
            other => {
                let other = shown(other);
                return Err(failed(format!(
                    "{place} has the type {other}, which is not supported: use access_key, ecs_ram_role, \
                     ram_role_arn or oidc_role_arn"
                )));
            }
        })
    }
}

/// The enabled section of that name; the error is the number of a line that is none of an ini file's.
fn section(text: &str, name: &str) -> Result<Option<Section>, usize> {
    let mut found: Option<Section> = None;
    let mut is_inside = false;
    for (index, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let (title, _) = rest.split_once(']').ok_or(index + 1)?;
            is_inside = title.trim() == name;
            if is_inside {
                found.get_or_insert_default();
            }
            continue;
        }
        let (key, value) = line.split_once('=').ok_or(index + 1)?;
        if let (true, Some(section)) = (is_inside, &mut found) {
            section.insert(
                key.trim().to_ascii_lowercase(),
                Zeroizing::new(unquote(value).to_owned()),
            );
        }
    }
    let is_off = |section: &Section| {
        let enable = section.get("enable");
        enable.is_some_and(|value| value.eq_ignore_ascii_case("false"))
    };
    Ok(found.filter(|section| !is_off(section)))
}

/// The value without its quotes, or without the comment after it.
fn unquote(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|v| v.split_once(quote)) {
            return inner;
        }
    }
    let comment = [" #", " ;", "\t#", "\t;"];
    let end = comment.iter().filter_map(|mark| value.find(mark)).min();
    value[..end.unwrap_or(value.len())].trim_end()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_comments_and_quotes_are_read_as_the_sdks_write_them() {
        let text = "\u{FEFF}# top\n[default]   # the usual one\r\nenable = true  # on\nType=access_key\n\
                    access_key_id = a=b ; id\naccess_key_secret = \"x # y\"\n\n[off]\nenable = False\n\
                    [default]\npolicy = '{\"Version\": \"1\"}'\n";
        let found = section(text, "default").unwrap().unwrap();
        let get = |key: &str| found[key].as_str();
        assert_eq!(get("enable"), "true");
        assert_eq!(get("type"), "access_key");
        assert_eq!(get("access_key_id"), "a=b");
        assert_eq!(get("access_key_secret"), "x # y");
        assert_eq!(get("policy"), "{\"Version\": \"1\"}");
        assert!(section(text, "off").unwrap().is_none());
        assert!(section(text, "other").unwrap().is_none());
        assert_eq!(section("[a]\nk = v\nnonsense\n", "a").err(), Some(3));
        assert_eq!(section("[a\n", "a").err(), Some(1));
    }
}
