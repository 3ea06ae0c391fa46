//! The command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Serves a simulated Alibaba Cloud ECS endpoint until it is stopped (Ctrl-C, SIGTERM).

    aliyun-ecs-simulator [OPTIONS]

    --host ADDRESS      the address to listen on, for instance ::1 or 0.0.0.0 (default: 127.0.0.1)
    --port PORT         the port to listen on; 0 is any free one (default: 8780)
    --region REGION     the region of all instances (default: that of --config, else cn-hangzhou)
    --config FILE       the world to start with, as JSON: a saved snapshot or a part of one
                        (default: the instances i-running and i-stopped)
    --speed FACTOR      how many times as fast orders and status changes pass (default: 1)
    --admin-host NAME   allow admin requests to this host name; may be repeated
    --json              print one line of JSON with endpoint and credentials, for scripts
    --help              print this text";

const DEFAULT_PORT: u16 = 8780;

/// The options of the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) address: SocketAddr,
    pub(crate) region: Option<String>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) speed: Option<u32>,
    pub(crate) admin_hosts: Vec<String>,
    pub(crate) json: bool,
}

impl Options {
    /// Reads the arguments; `None` means the help text.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            address: (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(),
            region: None,
            config: None,
            speed: None,
            admin_hosts: Vec::new(),
            json: false,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let has_inline = inline.is_some();
            let mut value = || {
                let value = inline.clone().or_else(|| arguments.next());
                value.ok_or_else(|| format!("{name} needs a value"))
            };
            match &*name {
                "--help" | "-h" => return Ok(None),
                "--json" if !has_inline => options.json = true,
                "--host" => options.address.set_ip(host(&value()?)?),
                "--port" => options
                    .address
                    .set_port(number(&name, &value()?, "0 to 65535")?),
                "--region" => options.region = Some(value()?),
                "--config" => options.config = Some(value()?.into()),
                "--speed" => {
                    let speed = number(&name, &value()?, "1 to 4294967295")?;
                    options.speed = Some(speed);
                }
                "--admin-host" => options.admin_hosts.push(value()?),
                other => return Err(format!("unknown argument {other:?}")),
            }
        }
        match options.speed {
            Some(0) => Err("--speed must be 1 or more".to_owned()),
            _ => Ok(Some(options)),
        }
    }
}

fn host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let ip = text.trim_matches(['[', ']']).parse();
    ip.map_err(|_| format!("--host is not an IP address ({text:?})"))
}

fn number<T: std::str::FromStr>(name: &str, text: &str, range: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{name} is not a number from {range} ({text:?})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let line = "--host [::1] --port=0 --region cn-beijing --config w.json --speed 50 --admin-host a.b --json";
        let options = parse(line).unwrap().unwrap();
        assert_eq!(options.address.to_string(), "[::1]:0");
        assert_eq!(options.region.as_deref(), Some("cn-beijing"));
        assert_eq!(options.config, Some("w.json".into()));
        assert_eq!((options.speed, options.json), (Some(50), true));
        assert_eq!(options.admin_hosts, ["a.b"]);
        assert_eq!(
            parse("").unwrap().unwrap().address.to_string(),
            "127.0.0.1:8780"
        );
        assert_eq!(parse("--json -h"), Ok(None));
    }

    #[test]
    fn errors_name_the_mistake() {
        for (line, named) in [
            ("--prt 1", "--prt"),
            ("--port", "--port needs a value"),
            ("--port 70000", "70000"),
            ("--host example.com", "example.com"),
            ("--speed 0", "--speed"),
            ("--json=1", "--json"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
