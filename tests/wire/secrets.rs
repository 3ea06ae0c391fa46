//! Secrets and signatures stay out of logs, `Debug`, `Display` and error chains.

use std::error::Error as _;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use aliyun_ecs::{Client, Credentials, Error, RetryConfig, SignatureVersion};

use crate::support::{Server, Step, answer, order, refusal_body, request, reset};

const SECRET: &str = "s3cr3t+Access/Key=Secret";
const TOKEN: &str = "t0ken+Security/Token==";

/// Everything that this process logs at TRACE: by this crate, by its dependencies, in all tests.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let start = || {
            let log = Log::default();
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_writer(move || writer.clone())
                .with_ansi(false)
                .init();
            log
        };
        LOG.get_or_init(start).clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn chain(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("{error}\n{error:?}\n"));
        cause = error.source();
    }
    text
}

/// What must not be found: secrets and the signatures that the server received, in every encoding.
fn forbidden(server: &Server) -> Vec<String> {
    let mut words = vec![SECRET.to_owned(), TOKEN.to_owned()];
    for seen in server.seen() {
        words.extend(seen.param("Signature"));
        let authorization = seen
            .header("authorization")
            .and_then(|text| text.split("Signature=").nth(1));
        words.extend(authorization.map(str::to_owned));
    }
    let decoded: Vec<_> = words
        .iter()
        .map(|word| {
            word.replace("%2B", "+")
                .replace("%2F", "/")
                .replace("%3D", "=")
        })
        .collect();
    let encode = |word: &String| {
        word.replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D")
    };
    let once: Vec<_> = decoded.iter().map(encode).collect();
    let twice: Vec<_> = once.iter().map(|word| word.replace('%', "%25")).collect();
    let other = [
        "t0ken%2bSecurity",
        "t0ken\\u002bSecurity",
        "t0ken&#43;Security",
    ]
    .map(str::to_owned);
    [decoded, once, twice, other.to_vec()].concat()
}

/// A server that echoes the secrets it was sent in `body`.
async fn failing_client(version: SignatureVersion, steps: Vec<Step>) -> (Server, Client) {
    let server = Server::start(steps).await;
    let client = server
        .builder()
        .credentials(Credentials::with_security_token("key-id", SECRET, TOKEN))
        .signature_version(version)
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    (server, client)
}

#[tokio::test]
async fn no_failure_and_no_log_shows_a_secret_or_a_signature() {
    let log = Log::start();
    let echo = format!("your token {TOKEN} and secret {SECRET} are odd");
    let escaped =
        "t0ken%2bSecurity%2fToken%3d%3d t0ken\\u002bSecurity\\/Token== t0ken&#43;Security/Token==";
    let twice = "t0ken%252BSecurity%252FToken%253D%253D";
    let mismatch = format!(
        "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&SecurityToken%3D{twice}"
    );
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let steps = vec![
            answer(400, "", refusal_body("SignatureDoesNotMatch", &mismatch)),
            answer(400, "", refusal_body(&echo, &echo)),
            answer(
                400,
                "",
                format!(
                    r#"{{"Code":"A","AccessDeniedDetail":{{"AuthAction":"{echo}"}},"HostId":"{echo}","Recommend":"{echo}"}}"#
                ),
            ),
            answer(502, "", format!("<html>{echo}</html>")),
            answer(200, "", format!(r#"{{"RequestId":{{"a":"{echo}"}}}}"#)),
            answer(200, "", format!("<R><OrderId><X>{echo}</X></OrderId></R>")),
            answer(502, "", format!("<html>{escaped}</html>")),
            answer(400, &format!("x-acs-request-id: {TOKEN}\r\n"), ""),
            Step::RawThenClose(
                format!(
                    "HTTP/1.1 200 OK\r\nx-acs-request-id: {TOKEN}\r\ncontent-length: 9\r\n\r\n{{"
                )
                .into(),
            ),
            reset(),
            Step::RawThenClose(b"garbage\r\n\r\n".to_vec()),
            order("1"),
        ];
        let (server, client) = failing_client(version, steps).await;
        let mut texts = format!("{client:?}\n{client:#?}\n");
        while server.seen().len() < 12 {
            match client.modify_prepay_instance_spec(request()).await {
                Err(error) => texts.push_str(&chain(&error)),
                Ok(response) => texts.push_str(&format!("{response:?}")),
            }
        }
        let log = log.text();
        for source in [
            "aliyun_ecs::runtime",
            "reqwest::connect",
            "hyper_util::client",
        ] {
            assert!(log.contains(source), "nothing of {source} in\n{log}");
        }
        for word in forbidden(&server) {
            assert!(!texts.contains(&word), "{version:?}: {word:?} in\n{texts}");
            assert!(!log.contains(&word), "{version:?}: {word:?} in\n{log}");
        }
        assert!(texts.contains("string to sign is: [redacted]"), "{texts}");
    }
}

#[tokio::test]
async fn a_signature_that_the_server_echoes_is_blotted() {
    let simulator = aliyun_ecs::simulator::Simulator::start().await;
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let client = simulator
            .client_builder()
            .credentials(Credentials::new(
                simulator.access_key_id(),
                "the-wrong-secret",
            ))
            .signature_version(version)
            .build()
            .unwrap();
        let error = client
            .modify_prepay_instance_spec(request())
            .await
            .unwrap_err();
        assert_eq!(error.code().unwrap().as_str(), "SignatureDoesNotMatch");
        assert!(
            error.to_string().contains("string to sign is: [redacted]"),
            "{error}"
        );
        assert!(!chain(&error).contains("i-bp67"), "{error:?}");
    }
}

#[tokio::test]
async fn spans_tell_what_a_person_looks_for() {
    let log = Log::start();
    let throttled = answer(400, "", refusal_body("Throttling.User", "slow"));
    let server = Server::start([throttled, order("1")]).await;
    let client = server.client();
    client.modify_prepay_instance_spec(request()).await.unwrap();
    let log = log.text();
    for part in [
        "call{action=\"ModifyPrepayInstanceSpec\" region=\"cn-hangzhou\"}",
        "attempt{number=1 status=400 code=\"Throttling.User\" request_id=\"REQ-ERR\"}",
        "attempts=1",
    ] {
        assert!(log.contains(part), "no {part} in\n{log}");
    }
}
