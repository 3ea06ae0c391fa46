//! The troubleshooting guide quotes real errors, and every error that is produced here is in the guide.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "this is all test code, and a variable controls its child process"
)]

use std::io::{Read, Write};
use std::process::Command;
use std::time::Duration;

use aliyun_ecs::credentials::{DefaultChain, ProvideCredentials};
use aliyun_ecs::operation::DescribeRegionsRequest;
use aliyun_ecs::resize::{ResizeBuilder, Restart, StopPolicy};
use aliyun_ecs::simulator::{Fault, InstanceStatus, SimulatedInstance, Simulator};
use aliyun_ecs::transport::ReqwestTransport;
use aliyun_ecs::{
    Client, ClientBuilder, Credentials, ModifyPrepayInstanceSpecRequest, Resize, RetryConfig,
};
use reqwest::dns::{Name, Resolve, Resolving};
use rust_decimal::Decimal;
use tokio::net::TcpListener;

#[path = "wire/http.rs"]
mod http;
#[path = "resize/support.rs"]
#[allow(dead_code, reason = "used by the tests of the resize only")]
mod support;

use support::{LARGE, Rig, SMALL};

const PAGE: &str = include_str!("../src/guide/troubleshooting.md");
const ID: &str = "i-bp67acfmxazb4ph1a2b3";

/// The quoted texts of the page, each joined to one line.
fn quoted() -> Vec<String> {
    PAGE.split("```text\n")
        .skip(1)
        .map(|rest| rest.split_once("\n```").unwrap().0.replace('\n', " "))
        .collect()
}

/// Whether `text` is `pattern` with some text in place of each `…`.
fn matches(pattern: &str, text: &str) -> bool {
    let (first, rest) = pattern.split_once('…').unwrap_or((pattern, ""));
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    if first == pattern {
        return text.is_empty();
    }
    let mut pieces = rest.split('…').peekable();
    while let Some(piece) = pieces.next() {
        match pieces.peek() {
            None => return text.ends_with(piece),
            Some(_) => match text.split_once(piece) {
                Some((_, after)) => text = after,
                None => return false,
            },
        }
    }
    true
}

fn request(instance_type: &str) -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder(ID, instance_type)
        .build()
        .unwrap()
}

/// The error of an order for this type, without retries.
async fn rejection(client: ClientBuilder, instance_type: &str) -> String {
    match client.retry(RetryConfig::disabled()).build() {
        Ok(client) => {
            let result = client.modify_prepay_instance_spec(request(instance_type));
            result.await.unwrap_err().to_string()
        }
        Err(error) => error.to_string(),
    }
}

/// The error of an order for this instance on a prepared simulator.
async fn refused(
    instance: SimulatedInstance,
    instance_type: &str,
    prepare: impl FnOnce(&Simulator),
) -> String {
    let simulator = Simulator::start().await;
    simulator.add_instance(instance);
    prepare(&simulator);
    rejection(simulator.client_builder(), instance_type).await
}

fn small() -> SimulatedInstance {
    SimulatedInstance::new(ID, SMALL)
}

fn large() -> SimulatedInstance {
    SimulatedInstance::new(ID, LARGE)
}

/// The error of an upgrade with this fault.
async fn meets(fault: Fault) -> String {
    refused(small(), LARGE, |simulator| simulator.fail_next(fault)).await
}

/// The output of this test in a process with only these variables.
fn in_an_environment(test: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env_clear()
        .env("TROUBLESHOOTING_CHILD", "yes")
        .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let lines = output
        .lines()
        .filter_map(|line| line.strip_prefix("printed: "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn nothing_is_configured() {
    if std::env::var_os("TROUBLESHOOTING_CHILD").is_none() {
        return;
    }
    println!("printed: {}", Client::from_env().unwrap_err());
    let error = DefaultChain::new().provide_credentials().await.unwrap_err();
    println!("printed: {error}");
}

#[tokio::test]
async fn a_call_in_the_environment_of_the_test() {
    if std::env::var_os("TROUBLESHOOTING_CHILD").is_none() {
        return;
    }
    let client = Client::builder()
        .region("cn-hangzhou")
        .endpoint("ecs.example")
        .credentials(Credentials::new("id", "secret"));
    println!("printed: {}", rejection(client, LARGE).await);
}

/// The address of a proxy that responds to every CONNECT request with this status line.
fn proxy(status: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1_024]).unwrap();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
        }
    });
    address
}

/// Errors of the environment: proxies and certificates.
fn the_environment() -> Vec<String> {
    let call = |variables: &[(&str, &str)]| {
        let printed = in_an_environment("a_call_in_the_environment_of_the_test", variables);
        assert_eq!(printed.len(), 1, "{printed:?}");
        printed.into_iter().next().unwrap()
    };
    let by_proxy = |proxy: &str| call(&[("HTTPS_PROXY", proxy)]);
    let wants_password = proxy("407 Proxy Authentication Required");
    let forbids = proxy("403 Forbidden");
    let printed = vec![
        by_proxy(&format!("http://user:password@{wants_password}")),
        by_proxy(&format!("http://{forbids}")),
        by_proxy("http://proxy.invalid:3128"),
        by_proxy("http://127.0.0.1:1"),
        by_proxy("socks5://127.0.0.1:1080"),
        call(&[("SSL_CERT_DIR", "/nonexistent")]),
        call(&[("SSL_CERT_FILE", "/nonexistent/ca.pem")]),
    ];
    // The error names the proxy, but does not show other parts of its URL.
    assert!(printed[0].contains(&wants_password), "{}", printed[0]);
    assert!(printed[1].contains(&forbids), "{}", printed[1]);
    assert!(printed[2].contains("proxy.invalid:3128"), "{}", printed[2]);
    for text in &printed {
        assert!(
            !text.contains("user") || text.contains("user name"),
            "{text}"
        );
        assert!(!text.contains(":password"), "{text}");
    }
    printed
}

fn before_anything_is_sent() -> Vec<String> {
    let endpoint = Client::builder()
        .region("cn-hangzhou")
        .endpoint("http://ecs.aliyuncs.com");
    let request = ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph****", "g5.xlarge");
    let mut printed = in_an_environment("nothing_is_configured", &[]);
    printed.push(endpoint.build().unwrap_err().to_string());
    printed.push(request.build().unwrap_err().to_string());
    printed
}

async fn keys() -> Vec<String> {
    let simulator = Simulator::start().await;
    let with = |keys| rejection(simulator.client_builder().credentials(keys), LARGE);
    let id = simulator.access_key_id();
    vec![
        with(Credentials::new(id, "another secret")).await,
        with(Credentials::new("LTAI-unknown", "secret")).await,
        meets(Fault::stale_clock()).await,
        meets(Fault::service_error(
            400,
            "InvalidSecurityToken.Expired",
            "Specified SecurityToken is expired.",
        ))
        .await,
        meets(Fault::service_error(
            403,
            "Forbidden.RAM",
            "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        ))
        .await,
    ]
}

/// Resolves no name.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

async fn on_the_way() -> Vec<String> {
    let simulator = Simulator::start().await;
    simulator.add_instance(small());
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobodys = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let hangs_up = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs_ups = format!("http://{}", hangs_up.local_addr().unwrap());
    let server = tokio::spawn(async move { while hangs_up.accept().await.is_ok() {} });
    let at = |endpoint| simulator.client_builder().endpoint(endpoint);
    let nameless = http::builder().dns_resolver(NoNames);
    let nameless = at("http://ecs.example".to_owned())
        .allow_plaintext_http(true)
        .transport(ReqwestTransport::from(nameless.build().unwrap()));
    let impatient = simulator
        .client_builder()
        .attempt_timeout(Duration::from_millis(50));

    let mut printed = vec![
        rejection(nameless, LARGE).await,
        rejection(at(nobodys), LARGE).await,
        rejection(at(hangs_ups), LARGE).await,
        meets(Fault::gateway_html(502)).await,
        meets(Fault::throttled(None)).await,
        meets(Fault::service_error(
            500,
            "InternalError",
            "The request processing has failed due to some unknown error.",
        ))
        .await,
    ];
    server.abort();
    simulator.fail_next(Fault::delay(Duration::from_secs(60)));
    printed.push(rejection(impatient, LARGE).await);

    simulator.fail_next(Fault::empty_body(503).times(200));
    let retry = RetryConfig::default()
        .with_initial_backoff(Duration::ZERO)
        .with_max_attempts(200);
    let client = simulator.client_builder().retry(retry).build().unwrap();
    let regions = DescribeRegionsRequest::builder().build().unwrap();
    printed.push(
        client
            .describe_regions(regions)
            .await
            .unwrap_err()
            .to_string(),
    );
    printed
}

async fn the_order() -> Vec<String> {
    let nothing = |_: &Simulator| {};
    let mut printed = vec![
        refused(small(), LARGE, |simulator| simulator.sold_out(LARGE)).await,
        refused(small().unpaid_order(), LARGE, nothing).await,
        refused(large(), SMALL, nothing).await,
        refused(
            small().with_status(InstanceStatus::Starting),
            LARGE,
            nothing,
        )
        .await,
        refused(small().expired(), LARGE, nothing).await,
        refused(small().pay_as_you_go(), LARGE, nothing).await,
        refused(large().stopped().with_downgrades_used(3), SMALL, nothing).await,
        refused(small(), LARGE, |simulator| simulator.set_vcpu_quota(2)).await,
        refused(small(), "ecs.no.such", nothing).await,
        refused(SimulatedInstance::new("i-other", SMALL), LARGE, nothing).await,
        meets(Fault::service_error(
            400,
            "Account.Arrearage",
            "Your account has an outstanding payment.",
        ))
        .await,
    ];
    let slow = Simulator::builder().order_processing(Duration::from_secs(60));
    let simulator = slow.start().await.unwrap();
    simulator.add_instance(small());
    let client = simulator.client_builder().build().unwrap();
    let token = "a-token";
    let order = |to| ModifyPrepayInstanceSpecRequest::builder(ID, to).client_token(token);
    client
        .modify_prepay_instance_spec(order(LARGE).build().unwrap())
        .await
        .unwrap();
    for request in [
        request("ecs.g5.2xlarge"),
        order("ecs.g5.2xlarge").build().unwrap(),
    ] {
        let result = client.modify_prepay_instance_spec(request).await;
        printed.push(result.unwrap_err().to_string());
    }
    printed
}

/// The report or the error of a resize of this instance, in virtual time.
async fn resized(
    instance: SimulatedInstance,
    to: &str,
    set_up: impl FnOnce(ResizeBuilder) -> ResizeBuilder,
    prepare: impl FnOnce(&Simulator),
) -> String {
    let rig = Rig::with(instance).await;
    prepare(&rig.simulator);
    let resize = set_up(Resize::builder(ID, to)).build().unwrap();
    match rig.client.resize(resize).await {
        Ok(report) => report.to_string(),
        Err(error) => error.to_string(),
    }
}

async fn the_resize() -> Vec<String> {
    let nothing = |_: &Simulator| {};
    let as_it_is = |builder: ResizeBuilder| builder;
    let busy = |simulator: &Simulator| {
        let fault = Fault::service_error(400, "LastOrderProcessing", "wait").times(1_000);
        simulator.fail_next(fault.on("ModifyPrepayInstanceSpec"));
    };
    let refuses = |simulator: &Simulator| {
        let fault = |action| Fault::service_error(403, "Forbidden.RAM", "not you").on(action);
        simulator.fail_next(fault("ModifyPrepayInstanceSpec"));
        simulator.fail_next(fault("StartInstance").times(1_000));
    };
    let unpaid = |simulator: &Simulator| simulator.fail_next(Fault::unpaid_order());
    let stop_first = |it: ResizeBuilder| it.stop_first(true);
    let no_stop = |it: ResizeBuilder| it.stop_policy(StopPolicy::Deny);
    let no_restart = |it: ResizeBuilder| it.restart(Restart::Never);
    let cheap = |it: ResizeBuilder| it.max_price(Decimal::ONE);
    vec![
        resized(small(), LARGE, as_it_is, |it| it.sold_out(LARGE)).await,
        resized(large(), SMALL, no_stop, nothing).await,
        resized(small(), LARGE, cheap, nothing).await,
        resized(small(), LARGE, no_restart, nothing).await,
        resized(small(), LARGE, as_it_is, busy).await,
        resized(small(), LARGE, stop_first, unpaid).await,
        resized(large(), SMALL, as_it_is, refuses).await,
    ]
}

#[tokio::test]
async fn the_page_quotes_real_errors() {
    let mut printed = before_anything_is_sent();
    printed.extend(keys().await);
    printed.extend(the_environment());
    printed.extend(on_the_way().await);
    printed.extend(the_order().await);
    printed.extend(the_resize().await);
    for text in &printed {
        println!("{text}\n");
    }
    for pattern in quoted() {
        let is_printed = printed.iter().any(|text| matches(&pattern, text));
        assert!(is_printed, "no error matches this: {pattern}");
    }
    for text in &printed {
        let is_quoted = quoted().iter().any(|pattern| matches(pattern, text));
        assert!(is_quoted, "missing on the page: {text}");
    }
}

#[test]
fn an_ellipsis_stands_for_any_text() {
    assert!(matches("a … c", "a b c"));
    assert!(matches("a …", "a b c") && matches("…", ""));
    assert!(matches("… b … d", "a b c d"));
    assert!(!matches("a … c", "a b d") && !matches("a", "a b") && !matches("a b", "a"));
}
