//! The scenario table: environment, files and servers, and the expected credentials or error.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::Value;

use super::env::Environment;
use super::log::Log;
use super::server::TestServer;
use super::testing::{Folder, ManualClock, ORIGINAL_HOST, RedirectTransport, config};
use super::{CredentialsError, DefaultChain, ProvideCredentials};

const TABLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/credentials/scenarios.json"
);

/// No server listens on this port.
const UNREACHABLE: &str = "http://127.0.0.1:1";

/// A row. `${HOME}` and `${SERVER}` are replaced by the home directory and the server of the test.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    #[serde(default)]
    unix_only: bool,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Strings, or JSON that is written as a string.
    #[serde(default)]
    files: BTreeMap<String, Value>,
    /// Permissions of files, in octal. Default: 600.
    #[serde(default)]
    modes: BTreeMap<String, String>,
    /// Named pipes, which nobody writes to.
    #[serde(default)]
    fifos: Vec<String>,
    /// What other users can do with a file, according to the one warning. None is logged without it.
    warning: Option<String>,
    #[serde(default)]
    responses: Vec<CannedResponse>,
    /// All expected requests in order, if the row checks them.
    requests: Option<Vec<String>>,
    expect: Expected,
}

/// A response of the server, and the requests that it matches. The first match is sent.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct CannedResponse {
    /// `METHOD host/path`; the host is `local` for plain HTTP.
    to: String,
    /// Parts that the body or the headers of the request must contain.
    #[serde(default)]
    with: Vec<String>,
    /// Parts that the request must not contain.
    #[serde(default)]
    without: Vec<String>,
    /// Whether only the first matching request gets it.
    #[serde(default)]
    once: bool,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    status: Option<u16>,
    body: Value,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Expected {
    Credentials {
        provider: String,
        id: String,
        token: Option<String>,
        expires: Option<String>,
    },
    Error {
        error: String,
        provider: String,
        says: Vec<String>,
    },
}

struct Server {
    responses: Mutex<Vec<CannedResponse>>,
    requests: Arc<Mutex<Vec<String>>>,
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

impl Server {
    fn respond(&self, request: &http::Request<bytes::Bytes>) -> http::Response<String> {
        let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        let host = header(ORIGINAL_HOST).unwrap_or_else(|| "local".into());
        let line = format!("{} {host}{}", request.method(), request.uri().path());
        self.requests.lock().unwrap().push(line.clone());
        let query = request.uri().query().unwrap_or_default();
        assert!(!query.contains("SECRET"), "a secret in a URL");
        let mut seen = String::from_utf8_lossy(request.body()).into_owned();
        for (name, value) in request.headers() {
            seen.push_str(&format!("\n{name}: {}", value.to_str().unwrap()));
        }
        let mut responses = self.responses.lock().unwrap();
        let contains = |part: &String| seen.contains(part.as_str());
        let fits = |response: &CannedResponse| {
            response.to == line
                && response.with.iter().all(contains)
                && !response.without.iter().any(contains)
        };
        let Some(index) = responses.iter().position(fits) else {
            return super::server::response(418, format!("{line}\n{seen}"));
        };
        let response = match responses[index].once {
            true => responses.remove(index),
            false => responses[index].clone(),
        };
        let builder = http::Response::builder().status(response.status.unwrap_or(200));
        let headers = response.headers.iter();
        let builder = headers.fold(builder, |builder, (name, value)| {
            builder.header(name, value)
        });
        builder.body(text(&response.body)).unwrap()
    }
}

#[cfg(unix)]
fn set_mode(file: &Path, mode: &str) {
    use std::os::unix::fs::PermissionsExt;

    let mode = u32::from_str_radix(mode, 8).unwrap();
    std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: &str) {}

fn whole_text(error: &CredentialsError) -> String {
    let mut all = format!("{error} {error:?} {error:#?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        all.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    all
}

async fn run(scenario: Scenario) {
    let name = &scenario.name;
    let home = Folder::new();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let canned = Server {
        responses: Mutex::new(scenario.responses.clone()),
        requests: Arc::clone(&requests),
    };
    let server = TestServer::start(move |request| canned.respond(request)).await;
    let fill = |text: &str| {
        text.replace("${HOME}", home.path().to_str().unwrap())
            .replace("${SERVER}", &server.uri)
    };
    for (path, content) in &scenario.files {
        let file = home.write(path, &fill(&text(content)));
        set_mode(
            &file,
            scenario.modes.get(path).map_or("600", String::as_str),
        );
    }
    for fifo in &scenario.fifos {
        let file = home.write(fifo, "");
        std::fs::remove_file(&file).unwrap();
        let status = std::process::Command::new("mkfifo").arg(file).status();
        assert!(status.unwrap().success(), "{name}");
    }
    let mut env = scenario.env.clone();
    env.entry("HOME".into()).or_insert("${HOME}".into());
    let is_instance = scenario
        .responses
        .iter()
        .any(|response| response.to.contains("local/latest/"));
    let server_uri = server.uri.clone();
    let config = config(
        env.iter().map(|(name, value)| (name, fill(value))),
        &ManualClock::default(),
        if is_instance {
            &server_uri
        } else {
            UNREACHABLE
        },
    )
    .with_transport(Arc::new(RedirectTransport::to(&server_uri)));
    let chain = DefaultChain::within(config);

    let log = Log::start();
    let response = chain.first().await;
    let text = log.text();
    drop(log);
    let log = text;
    assert!(!log.contains("SECRET"), "{name}: {log}");
    let warnings = log.lines().filter(|line| line.contains("chmod"));
    let access: Vec<_> = warnings
        .filter_map(|line| line.split("access=").nth(1))
        .collect();
    let expected = scenario.warning.as_ref().map(|it| format!("{it:?}"));
    assert_eq!(access, Vec::from_iter(expected), "{name}: {log}");
    assert!(!format!("{chain:?}").contains("SECRET"), "{name}");
    match (&scenario.expect, response) {
        (
            Expected::Credentials {
                provider,
                id,
                token,
                expires,
            },
            Ok((response, credentials)),
        ) => {
            assert_eq!(
                (response, credentials.access_key_id()),
                (provider.as_str(), id.as_str()),
                "{name}"
            );
            assert!(credentials.access_key_secret().contains("SECRET"), "{name}");
            assert_eq!(credentials.security_token(), token.as_deref(), "{name}");
            let expires = expires.as_ref().map(|text| text.parse().unwrap());
            assert_eq!(credentials.expiration(), expires, "{name}");
            assert!(!format!("{credentials:?}").contains("SECRET"), "{name}");
        }
        (
            Expected::Error {
                error: kind,
                provider,
                says,
            },
            Err(error),
        ) => {
            let all = whole_text(&error);
            assert_eq!(
                (format!("{:?}", error.kind()), error.provider()),
                (kind.clone(), provider.as_str()),
                "{name}: {all}"
            );
            let shown = error.to_string();
            for part in says {
                assert!(
                    shown.contains(&fill(part)),
                    "{name}: {shown}\nmissing: {part}"
                );
            }
            let all = all.replace("ACCESS_KEY_SECRET", "");
            assert!(!all.contains("SECRET"), "{name}: {all}");
            assert!(
                !shown.contains('\n') && shown.len() < 2_000,
                "{name}: {shown}"
            );
        }
        (_, response) => panic!("{name}: {response:?}"),
    }
    if let Some(expected) = &scenario.requests {
        assert_eq!(&*requests.lock().unwrap(), expected, "{name}");
    }
}

fn table() -> Vec<Scenario> {
    serde_json::from_str(&std::fs::read_to_string(TABLE).unwrap()).unwrap()
}

#[tokio::test]
async fn every_row_has_the_expected_result() {
    let table = table();
    assert!(table.len() >= 40, "{}", table.len());
    let mut failures = 0;
    for scenario in table {
        if cfg!(unix) || !scenario.unix_only {
            // Each row runs separately, so that the first failure does not hide the others.
            failures += u32::from(tokio::spawn(run(scenario)).await.is_err());
        }
    }
    assert_eq!(failures, 0, "rows with another result");
}

#[test]
fn every_variable_is_in_a_row() {
    let table = table();
    for variable in [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
        "ALIBABA_CLOUD_ROLE_ARN",
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        "ALIBABA_CLOUD_ROLE_SESSION_NAME",
        "ALIBABACLOUD_ACCESS_KEY_ID",
        "ALICLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_OIDC_PROVIDER_ARN",
        "ALIBABACLOUD_PROFILE",
        "ALICLOUD_PROFILE",
        "ALIBABA_CLOUD_IGNORE_PROFILE",
        "ALIBABACLOUD_IGNORE_PROFILE",
        "ALIBABA_CLOUD_STS_ENDPOINT",
        "ALIBABA_CLOUD_STS_REGION",
        "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED",
        "ALIBABA_CLOUD_CONFIG_FILE",
        "ALIBABA_CLOUD_PROFILE",
        "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
        "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_ECS_METADATA",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED",
        "ALIBABA_CLOUD_IMDSV1_DISABLED",
        "ALIBABA_CLOUD_CREDENTIALS_URI",
    ] {
        let is_used = table.iter().any(|row| row.env.contains_key(variable));
        assert!(is_used, "no row sets {variable}");
    }
}

#[tokio::test]
async fn a_failure_of_the_chain_is_not_cached() {
    let key = Arc::new(Mutex::new(None::<String>));
    let seen = Arc::clone(&key);
    let mut config = config([("", "")], &ManualClock::default(), UNREACHABLE);
    config.environment = Environment::new(move |name| {
        let is_pair = name.starts_with("ALIBABA_CLOUD_ACCESS_KEY_");
        is_pair.then(|| seen.lock().unwrap().clone()).flatten()
    });
    let chain = DefaultChain::within(config);
    let error = chain.provide_credentials().await.unwrap_err();
    assert_eq!(error.attempts().len(), chain.providers().count());
    *key.lock().unwrap() = Some("key".into());
    let credentials = chain.provide_credentials().await.unwrap();
    assert_eq!(credentials.access_key_id(), "key");
}
