//! Access control of the admin API: programs on this machine are allowed, web pages are not.

use http::{HeaderMap, StatusCode};
use std::net::{IpAddr, SocketAddr};

use super::AdminError;

/// The names by which the admin API may be addressed.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Access {
    /// Whether the simulator listens on the loopback interface only.
    loopback: bool,
    /// Additional allowed names.
    hosts: Vec<String>,
}

impl Access {
    pub(in crate::simulator) fn new(address: SocketAddr, hosts: Vec<String>) -> Self {
        Self {
            loopback: address.ip().is_loopback(),
            hosts,
        }
    }

    /// Rejects a request that a web page may have sent: one with an `Origin`, or one whose host name a foreign DNS
    /// server could resolve to this machine.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), AdminError> {
        let forbidden = |message: String| Err(AdminError::new(StatusCode::FORBIDDEN, message));
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if headers.contains_key(http::header::ORIGIN) {
            return forbidden("requests from web pages are rejected (header Origin)".to_owned());
        }
        if matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) {
            return forbidden(
                "requests from web pages are rejected (header Sec-Fetch-Site)".to_owned(),
            );
        }
        let host = text("host").unwrap_or_default();
        let name = without_port(host);
        if self.allows(name) {
            return Ok(());
        }
        forbidden(format!(
            "requests to a foreign host are rejected (header Host {host:?}); use localhost, an IP address, or a name that is allowed"
        ))
    }

    fn allows(&self, name: &str) -> bool {
        if self
            .hosts
            .iter()
            .any(|host| host.eq_ignore_ascii_case(name))
        {
            return true;
        }
        let lower = name.to_ascii_lowercase();
        let local = lower == "localhost" || lower.ends_with(".localhost");
        let ip: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
        match self.loopback {
            true => local || ip.is_some_and(|ip| ip.is_loopback()),
            // A name without a dot, for instance of a container, is not in the public DNS.
            false => local || ip.is_some() || (!name.is_empty() && !name.contains('.')),
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn allowed(access: &Access, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_str(host).unwrap());
        access.check(&headers).is_ok()
    }

    #[test]
    fn foreign_hosts_and_web_pages_are_rejected() {
        let loopback = Access::new(([127, 0, 0, 1], 80).into(), Vec::new());
        for host in [
            "localhost",
            "localhost:80",
            "127.0.0.1:80",
            "[::1]:80",
            "a.localhost",
        ] {
            assert!(allowed(&loopback, host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:80",
            "192.168.0.1",
            "simulator:80",
        ] {
            assert!(!allowed(&loopback, host), "{host}");
        }
        let open = Access::new(([0, 0, 0, 0], 80).into(), vec!["ecs.test".to_owned()]);
        for host in ["simulator:80", "192.168.0.1:80", "ecs.test", "ECS.test:80"] {
            assert!(allowed(&open, host), "{host}");
        }
        assert!(!allowed(&open, "evil.example:80"));

        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        for (name, value) in [("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let mut headers = headers.clone();
            headers.insert(name, HeaderValue::from_static(value));
            assert!(loopback.check(&headers).is_err(), "{name}");
        }
    }
}
