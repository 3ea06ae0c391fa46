//! The contents of the CLI's file, `~/.aliyun/config.json`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::Credentials;
use super::sts::Role;
use crate::protocol::{Fields, Target};

/// The file: its profiles, and the name of the current one.
#[derive(Default)]
pub(super) struct CliConfig {
    pub(super) current: Option<String>,
    pub(super) profiles: Vec<Profile>,
}

/// The fields of all modes, as the CLI names them.
#[derive(Default)]
pub(super) struct Profile {
    pub(super) name: Option<String>,
    pub(super) mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    sts_token: Option<Zeroizing<String>>,
    sts_expiration: Option<i64>,
    pub(super) region_id: Option<String>,
    pub(super) ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    expired_seconds: Option<u64>,
    policy: Option<String>,
    external_id: Option<String>,
    sts_region: Option<String>,
    sts_endpoint: Option<String>,
    enable_vpc: Option<bool>,
    pub(super) source_profile: Option<String>,
    pub(super) ram_role_name: Option<String>,
    pub(super) oidc_provider_arn: Option<String>,
    pub(super) oidc_token_file: Option<String>,
    pub(super) credentials_uri: Option<String>,
    pub(super) process_command: Option<String>,
    pub(super) cloud_sso_sign_in_url: Option<String>,
    pub(super) cloud_sso_account_id: Option<String>,
    pub(super) cloud_sso_access_config: Option<String>,
    pub(super) access_token: Option<Zeroizing<String>>,
    cloud_sso_access_token_expire: Option<i64>,
    oauth_refresh_token: Option<Zeroizing<String>>,
    private_key: Option<String>,
    bearer_token: Option<Zeroizing<String>>,
}

impl Fields for CliConfig {
    fn field(&mut self, name: &str) -> Target<'_> {
        match name {
            "current" => Target::Scalar(&mut self.current),
            "profiles" => Target::List(&mut self.profiles),
            _ => Target::Unread,
        }
    }
}

impl Fields for Profile {
    fn field(&mut self, name: &str) -> Target<'_> {
        Target::Scalar(match name {
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
            "oauth_refresh_token" => &mut self.oauth_refresh_token,
            "private_key" => &mut self.private_key,
            "bearer_token" => &mut self.bearer_token,
            _ => return Target::Unread,
        })
    }
}

impl CliConfig {
    /// The first profile of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Profile> {
        let mut profiles = self.profiles.iter();
        profiles.find(|profile| profile.name.as_deref() == Some(name))
    }
}

impl Profile {
    /// The names of the fields that select an identity and have a value, in this order.
    pub(super) fn identity_fields(&self) -> Vec<&'static str> {
        let is_set = |value: &str| !value.trim().is_empty();
        let plain = |value: &Option<String>| value.as_deref().is_some_and(is_set);
        let secret =
            |value: &Option<Zeroizing<String>>| value.as_deref().is_some_and(|value| is_set(value));
        let fields = [
            ("access_key_id", plain(&self.access_key_id)),
            ("access_key_secret", secret(&self.access_key_secret)),
            ("sts_token", secret(&self.sts_token)),
            ("ram_role_arn", plain(&self.ram_role_arn)),
            ("source_profile", plain(&self.source_profile)),
            ("ram_role_name", plain(&self.ram_role_name)),
            ("oidc_provider_arn", plain(&self.oidc_provider_arn)),
            ("oidc_token_file", plain(&self.oidc_token_file)),
            ("process_command", plain(&self.process_command)),
            ("credentials_uri", plain(&self.credentials_uri)),
            ("cloud_sso_sign_in_url", plain(&self.cloud_sso_sign_in_url)),
            ("oauth_refresh_token", secret(&self.oauth_refresh_token)),
            ("private_key", plain(&self.private_key)),
            ("bearer_token", secret(&self.bearer_token)),
        ];
        let set = fields.iter().filter(|(_, is_set)| *is_set);
        set.map(|(name, _)| *name).collect()
    }

    /// The mode of a profile without `mode`, as the CLI recognizes it, if all its fields belong to that mode.
    ///
    /// The CLI ignores the fields that do not belong to the first mode that fits. Here such a profile has no mode.
    pub(super) fn recognized_mode(&self) -> Option<&'static str> {
        Some(match *self.identity_fields() {
            ["access_key_id", "access_key_secret"] => "AK",
            ["access_key_id", "access_key_secret", "sts_token"] => "StsToken",
            ["access_key_id", "access_key_secret", "ram_role_arn"] => "RamRoleArn",
            ["ram_role_name"] => "EcsRamRole",
            ["process_command"] => "External",
            ["ram_role_arn", "oidc_provider_arn", "oidc_token_file"] => "OIDC",
            ["cloud_sso_sign_in_url"]
            | [
                "access_key_id",
                "access_key_secret",
                "sts_token",
                "cloud_sso_sign_in_url",
            ] => "CloudSSO",
            _ => return None,
        })
    }

    pub(super) fn has_token(&self) -> bool {
        self.sts_token
            .as_deref()
            .is_some_and(|value| text(value).is_some())
    }

    /// The access key in the profile; the error is the name of the field that is missing.
    pub(super) fn credentials(&self, with_token: bool) -> Result<Credentials, &'static str> {
        let secret = |value: &Option<Zeroizing<String>>| text(value.as_deref()?);
        let id = filled(&self.access_key_id).ok_or("access_key_id")?;
        let key = secret(&self.access_key_secret).ok_or("access_key_secret")?;
        if !with_token {
            return Ok(Credentials::new(id, key));
        }
        let token = secret(&self.sts_token).ok_or("sts_token")?;
        let credentials = Credentials::new(id, key).with_security_token(token);
        Ok(match unix_time(self.sts_expiration) {
            Some(end) => credentials.with_expiration(end),
            None => credentials,
        })
    }

    pub(super) fn access_token_expiration(&self) -> Option<DateTime<Utc>> {
        unix_time(self.cloud_sso_access_token_expire)
    }

    /// The role `arn` with the profile's settings for it.
    pub(super) fn role(&self, arn: String) -> Role {
        let seconds = self.expired_seconds.filter(|seconds| *seconds > 0);
        Role {
            session_name: filled(&self.ram_session_name),
            duration: Duration::from_secs(seconds.unwrap_or(3600)),
            policy: filled(&self.policy),
            external_id: filled(&self.external_id),
            endpoint: filled(&self.sts_endpoint),
            profile_region: filled(&self.sts_region),
            // The CLI writes `false` as the default.
            vpc: self.enable_vpc.filter(|enabled| *enabled),
            ..Role::new(arn)
        }
    }
}

/// The value without white space around it; an empty one counts as absent.
pub(super) fn filled(value: &Option<String>) -> Option<String> {
    text(value.as_deref()?)
}

fn text(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// A time in Unix seconds; the CLI writes 0 for none.
fn unix_time(seconds: Option<i64>) -> Option<DateTime<Utc>> {
    let seconds = seconds.filter(|seconds| *seconds > 0)?;
    DateTime::from_timestamp(seconds, 0)
}
