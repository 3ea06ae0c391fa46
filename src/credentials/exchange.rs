//! One HTTP exchange of a provider, and the keys in its answer.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, Uri};
use zeroize::{Zeroize, Zeroizing};

use super::provider_config::ProviderConfig;
use super::{Credentials, CredentialsError};
use crate::clock::within;
use crate::protocol::{self, Fields, Place};
use crate::transport::{TransportError, TransportErrorKind};

/// The limit of an exchange with a service on the internet.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

pub(super) const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!(
    env!("CARGO_PKG_NAME"),
    "/",
    env!("CARGO_PKG_VERSION")
));

/// Sends `request` once and waits for its answer at most `limit`.
pub(super) async fn exchange(
    config: &ProviderConfig,
    provider: &'static str,
    request: Request<Bytes>,
    limit: Duration,
) -> Result<Result<Response<Bytes>, TransportError>, CredentialsError> {
    let transport = config.transport(provider, request.uri())?;
    let host = request.uri().host().unwrap_or_default().to_owned();
    let response = within(&*config.clock, limit, transport.send(request)).await;
    Ok(response.unwrap_or_else(|| {
        Err(TransportError::new(
            TransportErrorKind::Timeout,
            format!("{host} did not answer within {limit:?}"),
        ))
    }))
}

/// The provider's error for an exchange without an answer.
pub(super) fn unanswered(provider: &'static str, error: TransportError) -> CredentialsError {
    let text = error.to_string();
    match error.kind() {
        TransportErrorKind::Timeout => CredentialsError::timeout(provider, text),
        _ => CredentialsError::failed(provider, text),
    }
    .with_source(error)
}

/// A URL that secrets may travel to: `https://`, or `http://` on this machine.
///
/// The error is the rest of a sentence that begins with what the text is; it does not show the text.
pub(super) fn secure_uri(text: &str) -> Result<Uri, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "is not a URL")?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err("is not a URL: begin it with https://");
    };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err("must have a host, and no user name before it");
    }
    if *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && is_loopback(authority.host())) {
        Ok(uri)
    } else {
        Err("must begin with https://, or with http:// for a loopback host: keys travel there")
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Temporary keys as every service of the vendor writes them.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    security_token: Option<Zeroizing<String>>,
    expiration: Option<String>,
}

impl Fields for Keys {
    fn field(&mut self, name: &str) -> Place<'_> {
        Place::Scalar(match name {
            "Code" => &mut self.code,
            "AccessKeyId" => &mut self.access_key_id,
            "AccessKeySecret" => &mut self.access_key_secret,
            "SecurityToken" => &mut self.security_token,
            "Expiration" => &mut self.expiration,
            _ => return Place::Unread,
        })
    }
}

impl Keys {
    /// The credentials, if none of their parts is missing in the answer of `place`.
    pub(super) fn into_credentials(
        self,
        provider: &'static str,
        place: &str,
    ) -> Result<Credentials, CredentialsError> {
        let lacks = |field: &str| {
            CredentialsError::failed(provider, format!("the answer of {place} has no {field}"))
        };
        let part = |value: Option<Zeroizing<String>>, field| {
            value
                .filter(|value| !value.is_empty())
                .map(|mut value| std::mem::take(&mut *value))
                .ok_or_else(|| lacks(field))
        };
        let id = part(self.access_key_id.map(Zeroizing::new), "AccessKeyId")?;
        let secret = part(self.access_key_secret, "AccessKeySecret")?;
        let token = part(self.security_token, "SecurityToken")?;
        let credentials = Credentials::with_security_token(id, secret, token);
        match self.expiration.filter(|text| !text.is_empty()) {
            None => Ok(credentials),
            Some(text) => match DateTime::parse_from_rfc3339(&text) {
                Ok(time) => Ok(credentials.expires_at(time.to_utc())),
                Err(_) => Err(CredentialsError::failed(
                    provider,
                    format!("the Expiration in the answer of {place} is not a time"),
                )),
            },
        }
    }
}

/// Reads JSON with secrets; the error tells the place in it, never its content.
pub(super) fn read_json<T: Fields + Default>(json: &[u8]) -> Result<T, String> {
    let json = str::from_utf8(json).map_err(|_| "is not UTF-8")?;
    let json = json.strip_prefix('\u{FEFF}').unwrap_or(json);
    let mut content = T::default();
    let read = protocol::read_json(json, &mut content);
    read.map(|()| content).map_err(|error| {
        let what = if error.is_data() {
            "has a value of the wrong type"
        } else {
            "is not valid JSON"
        };
        format!("{what} (line {}, column {})", error.line(), error.column())
    })
}

/// How an error shows a word that is not understood. What does not look like a word may be a key in its place.
pub(super) fn shown(word: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '-' | '_');
    match word.len() <= 24 && word.chars().all(is_letter) {
        true => format!("{word:?}"),
        false => "(not shown: it may be a key)".to_owned(),
    }
}

/// Reads the answer of `place` and wipes it.
pub(super) fn read_response<T: Fields + Default>(
    provider: &'static str,
    place: &str,
    body: Bytes,
) -> Result<T, CredentialsError> {
    let response = read_json(&body).map_err(|problem| {
        CredentialsError::failed(provider, format!("the answer of {place} {problem}"))
    });
    if let Ok(mut body) = body.try_into_mut() {
        body.as_mut().zeroize();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_travel_by_https_or_stay_on_this_machine() {
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
    fn what_may_be_a_key_is_not_shown() {
        assert_eq!(shown("OAuth"), "\"OAuth\"");
        for key in ["xZ9wQ2", "a word", "AbCdEfGhIjKlMnOpQrStUvWxY"] {
            assert!(!shown(key).contains(key));
        }
    }

    #[test]
    fn unreadable_json_is_told_by_its_place_alone() {
        let json = b"{\"AccessKeyId\":\n [\"SECRET\"]}";
        let problem = read_json::<Keys>(json).err().unwrap();
        assert_eq!(problem, "has a value of the wrong type (line 2, column 12)");
    }
}
