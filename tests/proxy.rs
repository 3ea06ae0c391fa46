//! The proxy variables of the environment, tested in child processes.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "this is all test code, and variables control its child processes"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use aliyun_ecs::{Client, Credentials, ModifyPrepayInstanceSpecRequest, RetryConfig};

/// Set in the child: the endpoint of its client.
const ENDPOINT: &str = "PROXY_TEST_ENDPOINT";

/// Runs in the child: makes one call and prints its error.
async fn call(endpoint: String) {
    let client = Client::builder()
        .region("cn-hangzhou")
        .endpoint(endpoint)
        .credentials(Credentials::new("id", "secret"))
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    let request = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g5.large")
        .build()
        .unwrap();
    let error = client
        .modify_prepay_instance_spec(request)
        .await
        .unwrap_err();
    println!("outcome {:?}", error.outcome());
}

/// Runs this test in a child process. Returns the first line that `listener` receives.
fn first_line_to(listener: &TcpListener, endpoint: &str, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "environment_proxies_are_used_except_for_loopback",
    ]);
    child
        .env_clear()
        .env(ENDPOINT, endpoint)
        .envs(variables.iter().copied());
    let mut child = child.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut bytes = [0; 256];
    let read = stream.read(&mut bytes).unwrap();
    stream
        .write_all(b"HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n")
        .unwrap();
    drop(stream);
    assert!(child.wait().unwrap().success());
    String::from_utf8_lossy(&bytes[..read])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn environment_proxies_are_used_except_for_loopback() {
    if let Some(endpoint) = std::env::var_os(ENDPOINT) {
        return call(endpoint.into_string().unwrap()).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());

    let proxied = first_line_to(
        &listener,
        "https://service.invalid",
        &[("HTTPS_PROXY", &here)],
    );
    assert_eq!(proxied, "CONNECT service.invalid:443 HTTP/1.1");

    // No server listens at the proxy address: a loopback endpoint is reached without the proxy.
    let nobody = [
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
    ];
    assert_eq!(first_line_to(&listener, &here, &nobody), "POST / HTTP/1.1");
}
