//! The proxy variables of the environment, seen from a child process that has them set.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "this is all test code, and its child processes are told by variables what to do"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use aliyun_ecs::{Client, Credentials, ModifyPrepayInstanceSpecRequest, RetryConfig};

/// Set in the child: where its client sends to.
const ENDPOINT: &str = "PROXY_TEST_ENDPOINT";

/// What the child does: one call, whose failure it prints.
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

/// Runs this test again in a child; what its first connection to `listener` says first.
fn first_line_to(listener: &TcpListener, endpoint: &str, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "the_proxy_of_the_environment_is_used_except_for_this_machine",
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
async fn the_proxy_of_the_environment_is_used_except_for_this_machine() {
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

    // The proxy would be nobody's: a loopback endpoint is reached without it.
    let nobody = [
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
    ];
    assert_eq!(first_line_to(&listener, &here, &nobody), "POST / HTTP/1.1");
}
