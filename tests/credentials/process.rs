//! The chain in the environment of a child process.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::{DefaultChain, ProvideCredentials};
use aliyun_ecs::{CallOptions, Client, RpcRequest};
use chrono::{DateTime, TimeDelta, Utc};

/// Set in the child.
const ROLE: &str = "CREDENTIALS_TEST_CHILD";

fn child(test: &str, variables: &[(&str, &str)]) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", test, "--nocapture"])
        .env_clear()
        .env(ROLE, "yes")
        .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        .envs(variables.iter().copied());
    child
}

/// In the child: prints the result of the chain on one line, and the causes of an error on others.
async fn print_result() {
    match DefaultChain::new().provide_credentials().await {
        Ok(credentials) => println!("key {}", credentials.access_key_id()),
        Err(error) => {
            println!("error {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                println!("cause {error}");
                cause = error.source();
            }
        }
    }
}

fn output(mut child: Command) -> String {
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_environment_of_the_process_is_read() {
    if std::env::var_os(ROLE).is_some() {
        return print_result().await;
    }
    let test = "process::the_environment_of_the_process_is_read";
    let pair = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "child-id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "child-secret"),
    ];
    assert!(output(child(test, &pair)).contains("key child-id"));
    let nothing = output(child(test, &[]));
    assert!(
        nothing.contains("error no credentials from the default chain: none are configured"),
        "{nothing}"
    );
}

#[tokio::test]
async fn plain_http_on_this_machine_never_uses_a_proxy() {
    if std::env::var_os(ROLE).is_some() {
        return print_result().await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/keys", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        let body = r#"{"AccessKeyId":"direct-id","AccessKeySecret":"s","SecurityToken":"t"}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let unreachable = "http://127.0.0.1:1";
    let variables = [
        ("ALIBABA_CLOUD_CREDENTIALS_URI", &*uri),
        ("HTTP_PROXY", unreachable),
        ("http_proxy", unreachable),
        ("ALL_PROXY", unreachable),
    ];
    let test = "process::plain_http_on_this_machine_never_uses_a_proxy";
    let text = output(child(test, &variables));
    assert!(text.contains("key direct-id"), "{text}");
    assert!(server.join().unwrap().starts_with("GET /keys HTTP/1.1"));
}

#[test]
fn a_client_is_built_from_the_environment() {
    if std::env::var_os(ROLE).is_some() {
        match Client::from_env() {
            Ok(client) => println!("client {client:?}"),
            Err(error) => println!("error {error}"),
        }
        return;
    }
    let test = "process::a_client_is_built_from_the_environment";
    let text = output(child(test, &[("ALIBABA_CLOUD_REGION_ID", "cn-beijing")]));
    assert!(text.contains("cn-beijing"), "{text}");
    let text = output(child(test, &[]));
    assert!(
        text.contains("region is not set; set it, or ALIBABA_CLOUD_REGION_ID"),
        "{text}"
    );
}

/// The documented cause: the response of the proxy.
#[tokio::test]
async fn the_response_of_a_proxy_is_a_cause_of_a_failed_sts_call() {
    if std::env::var_os(ROLE).is_some() {
        return print_result().await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            );
        }
    });
    let token = std::env::temp_dir().join(format!("aliyun-ecs-{}", uuid::Uuid::new_v4()));
    std::fs::write(&token, "token").unwrap();
    let variables = [
        ("HTTPS_PROXY", &*proxy),
        ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r"),
        (
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "acs:ram::1:oidc-provider/p",
        ),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.to_str().unwrap()),
    ];
    let test = "process::the_response_of_a_proxy_is_a_cause_of_a_failed_sts_call";
    let text = output(child(test, &variables));
    std::fs::remove_file(&token).unwrap();
    assert!(text.contains("error no credentials from OIDC"), "{text}");
    let causes = text.lines().filter(|line| line.contains("cause"));
    let is_proxy = |line: &str| line.contains("407") || line.contains("proxy auth");
    assert!(causes.into_iter().any(is_proxy), "{text}");
}

/// A server whose clock is three hours ahead. It rejects the first request, and returns the forms of all requests.
fn server_ahead() -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut forms = Vec::new();
        while forms.len() < 3 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let form = loop {
                let mut buffer = [0; 4096];
                let length = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..length]);
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, form)) = text.split_once("\r\n\r\n") {
                    let head = head.to_lowercase();
                    let expected = head.split("content-length: ").nth(1).unwrap();
                    let expected = expected.lines().next().unwrap().parse().unwrap();
                    if form.len() >= expected {
                        break form.to_owned();
                    }
                }
            };
            let ahead = SystemClock::new().now() + TimeDelta::hours(3);
            let (status, body) = match forms.len() {
                0 => (
                    400,
                    r#"{"RequestId":"1","Code":"InvalidTimeStamp.Expired","Message":"x"}"#,
                ),
                1 => (
                    200,
                    r#"{"RequestId":"2","Credentials":{"AccessKeyId":"role","AccessKeySecret":"s","SecurityToken":"t"}}"#,
                ),
                _ => (200, "{}"),
            };
            let response = format!(
                "HTTP/1.1 {status} X\r\ndate: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                ahead.format("%a, %d %b %Y %H:%M:%S GMT"),
                body.len()
            );
            stream.write_all(response.as_bytes()).unwrap();
            forms.push(form);
        }
        forms
    });
    (url, server)
}

#[tokio::test]
async fn the_client_signs_with_the_time_that_its_credentials_learned() {
    if std::env::var_os(ROLE).is_some() {
        let client = Client::builder()
            .region("cn-hangzhou")
            .endpoint(std::env::var("ALIBABA_CLOUD_STS_ENDPOINT").unwrap())
            .allow_plaintext_http(true)
            .build()
            .unwrap();
        let request = RpcRequest::<serde_json::Value>::new("DescribeRegions").read_only();
        let response = client.call(request, CallOptions::default()).await;
        println!("result {:?}", response.map_err(|error| error.to_string()));
        return;
    }
    let (url, server) = server_ahead();
    let token = std::env::temp_dir().join(format!("aliyun-ecs-{}", uuid::Uuid::new_v4()));
    std::fs::write(&token, "token").unwrap();
    let variables = [
        ("ALIBABA_CLOUD_STS_ENDPOINT", &*url),
        ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r"),
        (
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "acs:ram::1:oidc-provider/p",
        ),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.to_str().unwrap()),
    ];
    let test = "process::the_client_signs_with_the_time_that_its_credentials_learned";
    let text = output(child(test, &variables));
    std::fs::remove_file(&token).unwrap();
    assert!(text.contains("result Ok"), "{text}");
    let forms = server.join().unwrap();
    let times: Vec<DateTime<Utc>> = forms
        .iter()
        .map(|form| {
            let time = form.split("Timestamp=").nth(1).unwrap();
            let time = time.split('&').next().unwrap().replace("%3A", ":");
            time.parse().unwrap()
        })
        .collect();
    assert!(forms[2].contains("Action=DescribeRegions&"), "{forms:?}");
    for corrected in [times[1] - times[0], times[2] - times[0]] {
        assert!(
            (corrected - TimeDelta::hours(3)).abs() < TimeDelta::minutes(10),
            "{times:?}"
        );
    }
}
