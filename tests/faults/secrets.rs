//! No failure shows secrets or signatures in logs, `Debug`, `Display`, error chains or panics.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use aliyun_ecs::credentials::{AssumeRoleProvider, EcsRamRoleProvider, OidcProvider, UriProvider};
use aliyun_ecs::operation::DescribeInstancesRequest;
#[cfg(feature = "reqwest")]
use aliyun_ecs::transport::ReqwestTransport;
use aliyun_ecs::{Client, ClientBuilder, Credentials, Resize, RetryConfig};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::calls::{Operation, VERSIONS, client};
use crate::log::Log;
use crate::matrix;
use crate::support::{Server, Step, error_body, order, request, reset, response};

/// The prefixes of all secrets and tokens of these tests.
const MARKS: [&str; 2] = ["s3cr3tMark", "t0kenMark"];
const SECRET: &str = "s3cr3tMark+Access/Key=Secret";
const TOKEN: &str = "t0kenMark+Security/Token==";

/// All encodings of a word: plain, percent-encoded once and twice, base64 at any offset, hexadecimal, and the bytes in
/// `Debug` output.
fn forms(word: &str) -> Vec<String> {
    let once = word
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let mut forms = vec![
        word.to_owned(),
        once.replace("%2F", "%2f")
            .replace("%2B", "%2b")
            .replace("%3D", "%3d"),
        once.replace('%', "%25"),
        once,
    ];
    for offset in 0..3 {
        let encoded = STANDARD.encode([&b"\0\0"[..offset], word.as_bytes()].concat());
        // The characters at both ends depend on the adjacent bytes, because a character has 6 bits.
        let own = (offset * 8).div_ceil(6)..(offset + word.len()) * 8 / 6;
        forms.push(encoded[own].to_owned());
    }
    forms.push(word.bytes().map(|byte| format!("{byte:02x}")).collect());
    let bytes: Vec<_> = word.bytes().map(|byte| byte.to_string()).collect();
    forms.push(bytes.join(", "));
    forms
}

/// What must not appear: prefixes of secrets, and the signatures that the server received.
fn forbidden(server: &Server) -> Vec<String> {
    let mut words = MARKS.map(str::to_owned).to_vec();
    for seen in server.seen() {
        let v1 = seen.param("Signature").map(|text| {
            text.replace("%2B", "+")
                .replace("%2F", "/")
                .replace("%3D", "=")
        });
        let v3 = seen
            .header("authorization")
            .and_then(|text| text.split("Signature=").nth(1));
        words.extend(v1.into_iter().chain(v3.map(str::to_owned)));
    }
    words.iter().flat_map(|word| forms(word)).collect()
}

thread_local! {
    /// The message of the last panic of this thread, if a test captures it.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The panic message of a program that unwraps this.
fn panic_message(result: Result<(), impl Debug>) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANIC.with_borrow_mut(|message| match message {
                Some(message) => *message = info.to_string(),
                None => usual(info),
            });
        }));
    });
    PANIC.set(Some(String::new()));
    catch_unwind(AssertUnwindSafe(|| result.unwrap())).unwrap_err();
    PANIC.take().unwrap()
}

/// Everything that a program may print.
#[derive(Default)]
struct Texts(String);

impl Texts {
    fn value(&mut self, value: &impl Debug) {
        self.0.push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    fn error(&mut self, error: impl StdError) {
        self.0.push_str(&format!("{error}\n"));
        self.value(&error);
        let mut next = error.source();
        while let Some(cause) = next {
            self.0
                .push_str(&format!("{cause}\n{cause:?}\n{cause:#?}\n"));
            next = cause.source();
        }
        self.0.push_str(&panic_message(Err(error)));
    }

    /// Fails if these texts or the log contain a forbidden word.
    fn search(&self, server: &Server, log: &Log, label: &str) {
        let log = log.text();
        for word in forbidden(server) {
            assert!(!self.0.contains(&word), "{label}: {word:?} in\n{}", self.0);
            assert!(!log.contains(&word), "{label}: {word:?} in\n{log}");
        }
    }
}

fn with_secrets(builder: ClientBuilder) -> ClientBuilder {
    builder
        .credentials(Credentials::new("key-id", SECRET).with_security_token(TOKEN))
        .retry(RetryConfig::disabled())
}

/// Calls every method of a client, and collects all texts.
async fn use_everything(client: &Client, texts: &mut Texts) {
    texts.value(client);
    texts.0.push_str(&panic_message(Err(client)));
    for operation in Operation::ALL {
        match operation.call(client).await {
            Ok(response) => texts.value(&response),
            Err(error) => texts.error(error),
        }
    }
    let request = DescribeInstancesRequest::builder().build().unwrap();
    let mut paginator = client.list_instances(request);
    if let Some(Err(error)) = paginator.next().await {
        texts.error(error);
    }
    texts.value(&paginator);
    let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
        .build()
        .unwrap();
    texts.value(&resize);
    if let Err(error) = client.plan_resize(&resize).await {
        texts.error(error);
    }
}

#[tokio::test]
async fn no_failure_on_the_wire_shows_a_secret_or_a_signature() {
    for (row, step) in matrix::table() {
        for version in VERSIONS {
            let log = Log::start();
            let server = Server::start(vec![step.clone(); 40]).await;
            let builder = with_secrets(server.builder());
            let mut texts = Texts::default();
            texts.value(&builder);
            let client = client(builder, version);
            use_everything(&client, &mut texts).await;
            texts.search(&server, &log, row.name);
        }
    }
}

#[tokio::test]
async fn no_failure_of_tls_shows_a_secret_or_a_signature() {
    let authority = crate::tls::Authority::new();
    let mut rustls_logs = false;
    for (row, port) in crate::tls::table(&authority) {
        for version in VERSIONS {
            let log = Log::start();
            let opened = port.open().await;
            let builder = with_secrets(opened.builder(&authority, &port));
            let mut texts = Texts::default();
            texts.value(&builder);
            use_everything(&client(builder, version), &mut texts).await;
            texts.search(&opened.server, &log, row.name);
            rustls_logs |= log.text().contains("rustls::");
        }
    }
    assert!(rustls_logs);
}

/// Responses that echo secrets in every position and escaping, and responses that are cut off within a secret.
fn echoes() -> Vec<Step> {
    let echo = format!("your token {TOKEN} and secret {SECRET} are odd");
    let escaped = "t0kenMark%2bSecurity%2fToken%3d%3d t0kenMark\\u002bSecurity\\/Token== t0kenMark&#43;Security/Token==";
    let string_to_sign = "Specified signature is not matched with our calculation. server string to sign is:\
        POST&%2F&SecurityToken%3Dt0kenMark%252BSecurity%252FToken%253D%253D";
    let details = format!(
        r#"{{"Code":"A","AccessDeniedDetail":{{"AuthAction":"{echo}"}},"HostId":"{echo}","Recommend":"{echo}"}}"#
    );
    let id = format!("x-acs-request-id: {TOKEN}\r\n");
    let cut = format!("HTTP/1.1 200 OK\r\n{id}content-length: 9\r\n\r\n{{");
    vec![
        Step::Echo,
        response(400, "", error_body("SignatureDoesNotMatch", string_to_sign)),
        response(400, "", error_body(&echo, &echo)),
        response(400, "", details),
        response(502, "", format!("<html>{echo}</html>")),
        response(200, "", format!(r#"{{"RequestId":{{"a":"{echo}"}}}}"#)),
        response(200, "", format!("<R><OrderId><X>{echo}</X></OrderId></R>")),
        response(502, "", format!("<html>{escaped}</html>")),
        response(400, &id, ""),
        response(200, &id, "{"),
        Step::RawThenClose(cut.clone().into()),
        Step::RawThenSilence(cut.into()),
        Step::RawThenClose(format!("HTTP/1.1 2{TOKEN} OK\r\n{SECRET}\r\n\r\n").into()),
        reset(),
        order("1"),
    ]
}

#[tokio::test]
async fn what_a_response_echoes_is_redacted() {
    for step in echoes() {
        for version in VERSIONS {
            let log = Log::start();
            let server = Server::start(vec![step.clone(); 40]).await;
            let client = client(with_secrets(server.builder()), version);
            let mut texts = Texts::default();
            use_everything(&client, &mut texts).await;
            texts.search(&server, &log, "an echo");

            let sent = format!("{:?}", server.seen());
            let found = |form: &&String| sent.contains(form.as_str());
            let forms = forbidden(&server);
            assert!(
                forms.iter().filter(found).count() >= 2,
                "the search finds what was sent"
            );
            for source in [
                "aliyun_ecs::runtime",
                #[cfg(feature = "reqwest")]
                "reqwest::connect",
                "hyper_util::client",
            ] {
                assert!(
                    log.text().contains(source),
                    "nothing of {source} in the log"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_signature_that_the_server_echoes_is_redacted() {
    for version in VERSIONS {
        let server = Server::start([Step::Echo]).await;
        let client = client(with_secrets(server.builder()), version);
        let error = Operation::Order.call(&client).await.unwrap_err();
        let message = error.service().unwrap().message();
        assert!(message.starts_with("you sent Seen"), "{message}");
        assert!(message.contains("[redacted]"), "{message}");
    }
    let simulator = aliyun_ecs::simulator::Simulator::start().await;
    let credentials = Credentials::new(simulator.access_key_id(), "the-wrong-secret");
    for version in VERSIONS {
        let builder = simulator.client_builder().credentials(credentials.clone());
        let error = Operation::Order
            .call(&client(builder, version))
            .await
            .unwrap_err();
        assert_eq!(error.code().unwrap().as_str(), "SignatureDoesNotMatch");
        let text = error.to_string();
        assert!(text.contains("string to sign is: [redacted]"), "{text}");
        assert!(!format!("{error:?}").contains("i-bp67"), "{error:?}");
    }
}

type Provider = (&'static str, fn(ClientBuilder, &str) -> ClientBuilder);

/// The providers that request credentials from a service.
const PROVIDERS: [Provider; 4] = [
    ("URI", |builder, endpoint| {
        let uri = format!("{endpoint}/keys?secret=s3cr3tMark-of-the-uri");
        builder.credentials(UriProvider::new(uri))
    }),
    ("AssumeRole", |builder, endpoint| {
        let source = Credentials::new("key-id", SECRET).with_security_token(TOKEN);
        let provider = AssumeRoleProvider::new(source, "acs:ram::1:role/r");
        builder.credentials(provider.session_name("test").endpoint(endpoint))
    }),
    ("OIDC", |builder, endpoint| {
        let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/oidc-token");
        std::fs::write(file, "t0kenMark.of-the.identity-provider").unwrap();
        let provider = OidcProvider::new("acs:ram::1:role/r", "acs:ram::1:oidc-provider/p", file);
        builder.credentials(provider.session_name("test").endpoint(endpoint))
    }),
    ("ECS RAM role", |builder, endpoint| {
        builder.credentials(EcsRamRoleProvider::new().role_name("r").endpoint(endpoint))
    }),
];

/// Credentials, complete and damaged, in the form of every credentials service.
fn keys() -> Vec<Step> {
    let fields = format!(
        r#""AccessKeyId":"STS.1","AccessKeySecret":"{SECRET}","SecurityToken":"{TOKEN}","Expiration":"2099-01-01T00:00:00Z""#
    );
    let whole = format!(r#"{{"Code":"Success",{fields},"Credentials":{{{fields}}}}}"#);
    vec![
        response(200, "", &whole),
        response(200, "", &whole[..whole.len() - 9]),
        response(200, "", whole.replace('"', "'")),
        response(200, "", whole.replace("\"2099", "\"s3cr3tMark2099")),
        response(200, "", whole.replace(":\"STS.1\"", ":{\"s3cr3tMark\":1}")),
        response(200, "", whole.replace("STS.1", "STS\\n1")),
        response(200, "", whole.replace("s3cr3tMark+", "s3cr3tMark\\u0000")),
        response(200, "", whole.replace("t0kenMark+", "t0kenMark\\n")),
        response(200, "", whole.replace("Success", "Failed")),
        response(500, "", &whole),
        response(403, "", &whole),
    ]
}

#[tokio::test]
async fn no_provider_shows_secrets_that_it_sends_or_receives() {
    let wire = matrix::table().into_iter().map(|(_, step)| step);
    let steps: Vec<_> = wire.chain([Step::Echo]).chain(keys()).collect();
    for (name, provider) in PROVIDERS {
        // Nobody else is sent what these echo.
        let echoes = if name == "AssumeRole" {
            echoes()
        } else {
            Vec::new()
        };
        for step in steps.iter().chain(&echoes) {
            let log = Log::start();
            let server = Server::start(vec![step.clone(); 40]).await;
            let mut texts = Texts::default();
            let builder = provider(server.builder(), &server.endpoint);
            texts.value(&builder);
            let client = builder.retry(RetryConfig::disabled()).build().unwrap();
            texts.value(&client);
            if let Err(error) = Operation::Order.call(&client).await {
                texts.error(error);
            }
            texts.search(&server, &log, name);
        }
    }
}

#[cfg(feature = "reqwest")]
/// The documented exception: a `reqwest::Client` with `connection_verbose` logs what it sends and receives.
#[tokio::test]
async fn a_verbose_custom_reqwest_client_logs_everything() {
    let log = Log::start();
    let server = Server::start([order("1")]).await;
    let verbose = crate::http::builder().connection_verbose(true);
    let transport = ReqwestTransport::from(verbose.build().unwrap());
    let client = with_secrets(server.builder())
        .transport(transport)
        .build()
        .unwrap();
    Operation::Order.call(&client).await.unwrap();
    assert!(
        log.text().contains(MARKS[1]),
        "the documented exception no longer applies"
    );
}

#[tokio::test]
async fn spans_and_events_have_the_documented_fields() {
    let log = Log::start();
    let throttled = response(400, "", error_body("Throttling.User", "slow"));
    let id = "x-acs-request-id: REQ-OK\r\n";
    let placed = response(200, id, r#"{"RequestId":"REQ-OK","OrderId":"1"}"#);
    let server = Server::start([throttled, placed]).await;
    let client = server.client();
    client.modify_prepay_instance_spec(request()).await.unwrap();
    let log = log.text();
    for part in [
        "rpc.service=\"ECS\" rpc.method=\"ModifyPrepayInstanceSpec\" cloud.region=\"cn-hangzhou\" server.address=\"127.0.0.1:",
        "attempt{http.request.resend_count=0 http.response.status_code=400 error.type=\"Throttling.User\" aliyun.request_id=\"REQ-ERR\"}",
        "WARN",
        "retrying rpc.method=\"ModifyPrepayInstanceSpec\" attempts=1 wait_ms=",
        "attempt{http.request.resend_count=1 http.response.status_code=200 aliyun.request_id=\"REQ-OK\"}",
        "INFO",
        "order accepted rpc.method=\"ModifyPrepayInstanceSpec\" cloud.region=\"cn-hangzhou\" aliyun.client_token=\"token-1\" aliyun.request_id=\"REQ-OK\" attempts=2",
    ] {
        assert!(log.contains(part), "no {part} in\n{log}");
    }
}
