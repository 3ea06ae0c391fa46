//! Which host a region's requests go to.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use http::uri::{Authority, Scheme};

use crate::error::{ConfigError, ValidationError};
use crate::types::RegionId;

/// The network that requests take to the service.
///
/// ```
/// use aliyun_ecs::{Client, Network};
///
/// // From within the region, without a way to the internet: ecs-vpc.cn-hangzhou.aliyuncs.com.
/// let client = Client::builder().region("cn-hangzhou").network(Network::Vpc).build()?;
/// # Ok::<(), aliyun_ecs::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Network {
    /// The internet.
    #[default]
    Public,
    /// The region's internal network, from within it: `ecs-vpc.<region>.aliyuncs.com`.
    Vpc,
}

/// Where requests go: by region, or to one fixed place.
#[derive(Debug, Clone)]
pub(crate) enum Endpoint {
    Regional(Network),
    Fixed(Origin),
}

/// The scheme and authority of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
}

impl Endpoint {
    /// Reads the text of an endpoint: a host with or without a port, `https://` unless it says otherwise.
    pub(crate) fn parse(text: &str, allow_plaintext: bool) -> Result<Self, ConfigError> {
        // What stands before an `@` may be a password.
        let shown = text
            .rsplit_once('@')
            .map_or(text.to_owned(), |(_, host)| format!("…@{host}"));
        let refuse = |problem: &str| Err(ConfigError::new("endpoint", problem).with_value(&shown));
        let (scheme, rest) = match text.split_once("://") {
            None => (Scheme::HTTPS, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::HTTPS, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::HTTP, rest),
            Some(_) => {
                return refuse(
                    "must be a host name or begin with https:// (or http:// for a loopback host)",
                );
            }
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let Some(authority) = authority(rest, &scheme) else {
            return refuse(
                "must be a host name with or without a port, as in \"ecs.cn-hangzhou.aliyuncs.com\": \
                 no path, query, user or spaces",
            );
        };
        let origin = Origin { scheme, authority };
        if origin.scheme == Scheme::HTTP && !origin.is_loopback() && !allow_plaintext {
            return refuse(
                "would send signed requests unencrypted: use https://, or allow_plaintext_http(true) \
                 if you must",
            );
        }
        Ok(Self::Fixed(origin))
    }

    /// The place for `region`.
    pub(crate) fn origin(&self, region: &RegionId) -> Result<Origin, ValidationError> {
        match self {
            Self::Fixed(origin) => Ok(origin.clone()),
            Self::Regional(network) => Ok(Origin {
                scheme: Scheme::HTTPS,
                authority: host(region, *network).parse().map_err(|_| {
                    ValidationError::single(
                        "RegionId",
                        region.as_str(),
                        "cannot be part of a host name",
                    )
                })?,
            }),
        }
    }
}

impl Origin {
    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.authority.host();
        let ip = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

/// A host with or without a port, in lower case, without the scheme's own port.
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

/// The service's host for `region`: an entry of its endpoint map, else the rule.
///
/// On the internal network the rule has no exceptions.
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
    fn endpoint_text_is_normalised() {
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
                Endpoint::Fixed(origin) => {
                    assert_eq!(origin.scheme.as_str(), scheme);
                    assert_eq!(origin.authority.as_str(), authority);
                }
                Endpoint::Regional(_) => unreachable!(),
            }
        }
    }

    #[test]
    fn endpoint_text_that_could_lead_elsewhere_is_refused() {
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
