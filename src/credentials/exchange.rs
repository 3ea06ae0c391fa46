//! One HTTP exchange of a provider, and the credentials in the response.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, Uri};
use zeroize::{Zeroize, Zeroizing};

use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError};
use crate::protocol::{self, Fields, Target};
use crate::transport::{self, TransportError, TransportErrorKind};
use crate::types::{NOT_SHOWN, may_be_secret};

/// The timeout of an exchange with a service on the internet.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!(
    env!("CARGO_PKG_NAME"),
    "/",
    env!("CARGO_PKG_VERSION")
));

/// Sends `request` once and waits for the response, at most for `timeout`.
pub(super) async fn exchange(
    config: &ProviderConfig,
    provider: &'static str,
    request: Request<Bytes>,
    timeout: Duration,
) -> Result<Result<Response<Bytes>, TransportError>, CredentialsError> {
    let http = config.transport(provider, request.uri())?;
    Ok(transport::exchange(&*http, &*config.clock, timeout, String::new, request).await)
}

/// The provider's error for an exchange without a response.
pub(super) fn no_response(provider: &'static str, error: TransportError) -> CredentialsError {
    let text = error.to_string();
    match error.kind() {
        TransportErrorKind::Timeout => CredentialsError::timeout(provider, text),
        _ => CredentialsError::failed(provider, text),
    }
    .with_source(error)
}

/// Parses a URL that secrets may be sent to: `https://`, or `http://` with a loopback host.
///
/// The error continues a sentence that names the setting; it does not contain the text.
pub(super) fn secure_uri(text: &str) -> Result<Uri, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "is not a URL")?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err("is not a URL that begins with https://");
    };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err("must have a host, and no user name before it");
    }
    if *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && is_loopback(authority.host())) {
        Ok(uri)
    } else {
        Err(
            "must begin with https:// (http:// only for a loopback host), because it carries secrets",
        )
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Temporary credentials as all services of the vendor write them.
#[derive(Default)]
pub(super) struct RawCredentials {
    pub(super) code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    security_token: Option<Zeroizing<String>>,
    expiration: Option<String>,
}

impl Fields for RawCredentials {
    fn field(&mut self, name: &str) -> Target<'_> {
        Target::Scalar(match name {
            "Code" => &mut self.code,
            "AccessKeyId" => &mut self.access_key_id,
            "AccessKeySecret" => &mut self.access_key_secret,
            "SecurityToken" => &mut self.security_token,
            "Expiration" => &mut self.expiration,
            _ => return Target::Unread,
        })
    }
}

impl RawCredentials {
    /// The credentials; an error if the response of `sender` does not contain all their parts.
    pub(super) fn into_credentials(
        self,
        provider: &'static str,
        sender: &str,
    ) -> Result<Credentials, CredentialsError> {
        let missing = |field: &str| {
            CredentialsError::failed(provider, format!("the response of {sender} has no {field}"))
        };
        let part = |value: Option<Zeroizing<String>>, field| {
            value
                .filter(|value| !value.is_empty())
                .map(|mut value| std::mem::take(&mut *value))
                .ok_or_else(|| missing(field))
        };
        let id = part(self.access_key_id.map(Zeroizing::new), "AccessKeyId")?;
        let secret = part(self.access_key_secret, "AccessKeySecret")?;
        let token = part(self.security_token, "SecurityToken")?;
        let credentials = Credentials::new(id, secret).with_security_token(token);
        match self.expiration.filter(|text| !text.is_empty()) {
            None => Ok(credentials),
            Some(text) => match DateTime::parse_from_rfc3339(&text) {
                Ok(time) => Ok(credentials.with_expiration(time.to_utc())),
                Err(_) => Err(CredentialsError::failed(
                    provider,
                    format!("the Expiration in the response of {sender} is not a time"),
                )),
            },
        }
    }
}

/// Reads JSON that contains secrets. The error names the position, never the content.
pub(super) fn read_json<T: Fields + Default>(json: &[u8]) -> Result<T, String> {
    let mut content = T::default();
    read_into(&mut content, json)?;
    Ok(content)
}

fn read_into(content: &mut dyn Fields, json: &[u8]) -> Result<(), String> {
    let json = str::from_utf8(json).map_err(|_| "is not UTF-8")?;
    let json = json.strip_prefix('\u{FEFF}').unwrap_or(json);
    protocol::read_json(json, content).map_err(|error| {
        let what = if error.is_data() {
            "has a value of the wrong type"
        } else {
            "is not valid JSON"
        };
        format!("{what} (line {}, column {})", error.line(), error.column())
    })
}

/// How an error shows an unknown value. A value that does not look like a keyword may be a secret in the wrong field.
pub(super) fn quoted(word: &str) -> String {
    match is_keyword(word) {
        true => format!("{word:?}"),
        false => NOT_SHOWN.to_owned(),
    }
}

/// Whether a string consists of words, such as `EcsRamRole` or `ram_role_arn`. Random letters change their case often.
fn is_keyword(word: &str) -> bool {
    let is_separator = |c: char| matches!(c, '.' | '-' | '_');
    let letters = word.chars().filter(|c| !is_separator(*c));
    let starts = word.chars().zip(word.chars().skip(1)).filter(|(one, two)| {
        is_separator(*one) || one.is_ascii_lowercase() && two.is_ascii_uppercase()
    });
    let (letters, words) = (letters.count(), 1 + starts.count());
    let is_plain = word
        .chars()
        .all(|c| c.is_ascii_alphabetic() || is_separator(c));
    is_plain && (letters <= 8 || letters <= 20 && letters / words >= 3 && letters / words <= 12)
}

/// How an error shows the path of a file or program. A value that does not look like one may be a secret.
pub(super) fn shown(path: &Path) -> String {
    named(&path.to_string_lossy())
}

/// The same for a name.
pub(super) fn named(name: &str) -> String {
    match may_be_secret(name) {
        true => NOT_SHOWN.to_owned(),
        false => name.to_owned(),
    }
}

/// Reads the response of `sender`, then zeroizes it.
pub(super) fn read_response<T: Fields + Default>(
    provider: &'static str,
    sender: &str,
    body: Bytes,
) -> Result<T, CredentialsError> {
    let response = read_json(&body).map_err(|problem| {
        CredentialsError::failed(provider, format!("the response of {sender} {problem}"))
    });
    wipe(body);
    response
}

/// Zeroizes a body, unless it is shared.
pub(super) fn wipe(body: Bytes) {
    if let Ok(mut body) = body.try_into_mut() {
        body.as_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_sent_over_https_or_to_loopback_only() {
        for text in [
            "https://keys.example.com/a?b=c",
            "http://localhost:8080/",
            "http://127.0.0.1/x",
            "http://[::1]:80/",
        ] {
            assert!(secure_uri(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "/path",
            "keys.example.com",
            "ftp://localhost/",
            "http://keys.example.com/",
            "http://100.100.100.200/",
            "http://localhost.example.com/",
            "http://127.0.0.1@example.com/",
            "https://user:word@example.com/",
            "http://127.0.0.1.example.com/",
        ] {
            assert!(secure_uri(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn values_that_may_be_secrets_are_not_shown() {
        assert_eq!(quoted("OAuth"), "\"OAuth\"");
        for word in [
            "ChainableRamRoleArn",
            "ram_role_arn",
            "CloudSSO",
            "AK",
            "RsaKeyPair",
            "Unheard",
        ] {
            assert_eq!(quoted(word), format!("{word:?}"));
        }
        for key in [
            "xZ9wQ2",
            "a word",
            "AbCdEfGhIjKlMnOpQrStUvWx",
            "kQjZpWxVbNmLtRyUiOpA",
            "qzxwvutkjhgfdsapoiuy",
            "LTAIAbCdEfGhIjKl",
        ] {
            assert!(!quoted(key).contains(key), "{key}");
        }
    }

    #[test]
    fn an_error_in_json_names_the_position_only() {
        let json = b"{\"AccessKeyId\":\n [\"SECRET\"]}";
        let problem = read_json::<RawCredentials>(json).err().unwrap();
        assert_eq!(problem, "has a value of the wrong type (line 2, column 12)");
    }
}
