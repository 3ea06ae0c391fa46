//! The host that serves a region.

mod hint;

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::error::{ConfigError, ValidationError};
use crate::types::RegionId;

pub(crate) use hint::did_you_mean;

/// The network over which requests reach the service.
///
/// ```
/// use aliyun_ecs::{Client, Network};
///
/// // For a program in the region without internet access: ecs-vpc.cn-hangzhou.aliyuncs.com.
/// let client = Client::builder().region("cn-hangzhou").network(Network::Vpc).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Network {
    /// The internet.
    #[default]
    Public,
    /// The internal network of the region, reachable only from inside it: `ecs-vpc.<region>.aliyuncs.com`.
    Vpc,
}

/// Where requests are sent: to the host of the region, or to one fixed host.
#[derive(Debug, Clone)]
pub(crate) enum Endpoint {
    Regional(Network),
    Fixed(Uri),
}

impl Endpoint {
    /// Parses an endpoint: a host with or without a port. The default scheme is `https://`.
    pub(crate) fn parse(text: &str, allow_plaintext: bool) -> Result<Self, ConfigError> {
        // The part before an `@` may be a password.
        let shown = text
            .rsplit_once('@')
            .map_or(text.to_owned(), |(_, host)| format!("…@{host}"));
        let reject = |problem: &str| Err(ConfigError::new("endpoint", problem).with_value(&shown));
        let (scheme, rest) = match text.split_once("://") {
            None => (Scheme::HTTPS, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::HTTPS, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::HTTP, rest),
            Some(_) => {
                return reject(
                    "must be a host name or begin with https:// (or http:// for a loopback host)",
                );
            }
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let Some(authority) = authority(rest, &scheme) else {
            return reject(
                "must be a host name with or without a port, as in \"ecs.cn-hangzhou.aliyuncs.com\": \
                 no path, query, user or spaces",
            );
        };
        if scheme == Scheme::HTTP && !is_loopback(authority.host()) && !allow_plaintext {
            return reject(
                "would send signed requests unencrypted; use https://, or set allow_plaintext_http(true)",
            );
        }
        match uri(scheme, authority) {
            Ok(uri) => Ok(Self::Fixed(uri)),
            Err(_) => reject("cannot be part of a URL"),
        }
    }

    /// The URI for `region`, with an empty path.
    pub(crate) fn uri(&self, region: &RegionId) -> Result<Uri, ValidationError> {
        match self {
            Self::Fixed(uri) => Ok(uri.clone()),
            Self::Regional(network) => {
                let authority = host(region, *network).parse::<Authority>();
                let uri = authority
                    .ok()
                    .and_then(|authority| uri(Scheme::HTTPS, authority).ok());
                uri.ok_or_else(|| {
                    let problem = "cannot be part of a host name";
                    ValidationError::single("RegionId", region.as_str(), problem)
                })
            }
        }
    }

    /// The fixed URI, if requests to it are not encrypted.
    pub(crate) fn plaintext(&self) -> Option<&Uri> {
        match self {
            Self::Fixed(uri) if uri.scheme() == Some(&Scheme::HTTP) => Some(uri),
            Self::Fixed(_) | Self::Regional(_) => None,
        }
    }
}

fn uri(scheme: Scheme, authority: Authority) -> Result<Uri, http::Error> {
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(PathAndQuery::from_static("/"))
        .build()
}

/// Whether the host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let ip = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// A host with or without a port, in lower case, without the default port of the scheme.
fn authority(text: &str, scheme: &Scheme) -> Option<Authority> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_is_good = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(ip) => ip.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.len() <= 253
                && host.split('.').all(|label| {
                    (1..=63).contains(&label.len())
                        && !label.starts_with('-')
                        && !label.ends_with('-')
                        && label
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                })
        }
    };
    if !host_is_good {
        return None;
    }
    let host = host.to_ascii_lowercase();
    let default_port = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    match port {
        None => host.parse().ok(),
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => match port.parse::<u16>().ok()? {
            0 => None,
            port if port == default_port => host.parse().ok(),
            port => format!("{host}:{port}").parse().ok(),
        },
        Some(_) => None,
    }
}

/// The host of the service in `region`: from the vendor's endpoint map, otherwise by the general pattern.
///
/// The internal network has no exceptions to the pattern.
fn host(region: &RegionId, network: Network) -> Cow<'static, str> {
    let region = region.as_str();
    if network == Network::Vpc {
        return format!("ecs-vpc.{region}.aliyuncs.com").into();
    }
    Cow::Borrowed(match region {
        "cn-beijing-nu16-b01"
        | "cn-fujian"
        | "cn-haidian-cm12-c01"
        | "cn-hangzhou"
        | "cn-hangzhou-bj-b01"
        | "cn-hangzhou-internal-prod-1"
        | "cn-hangzhou-internal-test-1"
        | "cn-hangzhou-internal-test-2"
        | "cn-hangzhou-internal-test-3"
        | "cn-hangzhou-test-306"
        | "cn-shanghai-et15-b01"
        | "cn-shanghai-et2-b01"
        | "cn-shanghai-finance-1"
        | "cn-shanghai-internal-test-1"
        | "cn-shenzhen-finance-1"
        | "cn-shenzhen-st4-d01"
        | "cn-shenzhen-su18-b01"
        | "cn-zhangbei-na61-b01" => "ecs-cn-hangzhou.aliyuncs.com",
        "ap-northeast-2-pop"
        | "cn-beijing-finance-pop"
        | "cn-beijing-gov-1"
        | "cn-hangzhou-finance"
        | "cn-hongkong-finance-pop"
        | "cn-north-2-gov-1"
        | "cn-shanghai-inner"
        | "cn-shenzhen-inner"
        | "cn-wuhan"
        | "cn-yushanfang"
        | "cn-zhangbei"
        | "rus-west-1-pop" => "ecs.aliyuncs.com",
        "cn-edge-1" | "cn-huhehaote-nebula-1" | "cn-zhengzhou-nebula-1" => {
            "ecs.cn-qingdao-nebula.aliyuncs.com"
        }
        "cn-zhangjiakou-na62-a01" => "ecs.cn-zhangjiakou.aliyuncs.com",
        "eu-west-1-oxs" => "ecs.cn-shenzhen-cloudstone.aliyuncs.com",
        _ => return format!("ecs.{region}.aliyuncs.com").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_of_the_published_map_has_its_host() {
        let map: std::collections::BTreeMap<String, String> =
            serde_json::from_str(include_str!("../tests/data/endpoints.json")).unwrap();
        assert_eq!(map.len(), 71);
        for (region, expected) in map {
            let region = RegionId::new(region).unwrap();
            assert_eq!(host(&region, Network::Public), expected, "{region}");
            assert_eq!(
                host(&region, Network::Vpc),
                format!("ecs-vpc.{region}.aliyuncs.com")
            );
        }
    }

    #[test]
    fn endpoints_are_normalized() {
        for (text, scheme, authority) in [
            (
                "ecs.cn-hangzhou.aliyuncs.com",
                "https",
                "ecs.cn-hangzhou.aliyuncs.com",
            ),
            ("https://ECS.aliyuncs.com:443/", "https", "ecs.aliyuncs.com"),
            ("HTTP://127.0.0.1:8080", "http", "127.0.0.1:8080"),
            ("http://localhost:80", "http", "localhost"),
            ("http://[::1]:9000/", "http", "[::1]:9000"),
        ] {
            match Endpoint::parse(text, false).unwrap() {
                Endpoint::Fixed(uri) => {
                    assert_eq!(uri.to_string(), format!("{scheme}://{authority}/"));
                }
                Endpoint::Regional(_) => unreachable!(),
            }
        }
    }

    #[test]
    fn ambiguous_and_unencrypted_endpoints_are_rejected() {
        for text in [
            "",
            "https://",
            "ftp://ecs.aliyuncs.com",
            "ecs.aliyuncs.com/path",
            "ecs.aliyuncs.com?x",
            "user@ecs.aliyuncs.com",
            "ecs aliyuncs.com",
            "ecs.aliyuncs.com#x",
            "ecs..com",
            "host:0",
            "host:99999",
            "host:+1",
            "[::1",
            "中文.com",
            "http://ecs.aliyuncs.com",
            "http://127.evil.com",
            "//ecs.aliyuncs.com",
            "https://ecs.aliyuncs.com//",
            "-a.com",
        ] {
            assert!(
                Endpoint::parse(text, false).is_err(),
                "{text:?} was accepted"
            );
        }
        assert!(Endpoint::parse("http://ecs.aliyuncs.com", true).is_ok());
    }
}
