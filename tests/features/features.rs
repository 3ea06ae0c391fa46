//! Tests what each set of features provides, through the public API. CI runs them for each set.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "this is all test code, and variables control its child processes"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use aliyun_ecs::error::TransportErrorKind;
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::{
    Client, Credentials, Error, ErrorKind, ModifyPrepayInstanceSpecRequest, Outcome, RetryConfig,
};

/// Installs a crypto provider if the features include none.
fn prepare() {
    #[cfg(not(any(feature = "rustls", feature = "aws-lc")))]
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn request() -> ModifyPrepayInstanceSpecRequest {
    ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge")
        .build()
        .unwrap()
}

/// An HTTPS endpoint without TLS, and the first bytes that it receives.
fn first_bytes() -> (String, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let reader = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 3];
        stream.read_exact(&mut bytes).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 no TLS here\r\n\r\n")
            .unwrap();
        bytes
    });
    (endpoint, reader)
}

async fn call_over_https(endpoint: &str) -> Error {
    let client = Client::builder()
        .region("cn-hangzhou")
        .endpoint(endpoint)
        .credentials(Credentials::new("id", "secret"))
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    client
        .modify_prepay_instance_spec(request())
        .await
        .unwrap_err()
}

#[cfg(any(feature = "reqwest", feature = "hyper"))]
#[tokio::test]
async fn a_call_works_with_every_set_of_features() {
    prepare();
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large").running());
    let client = simulator.client_builder().build().unwrap();
    let response = client.modify_prepay_instance_spec(request()).await.unwrap();
    assert_eq!(
        response.order_id.as_deref(),
        Some(simulator.orders()[0].order_id())
    );
}

#[cfg(any(
    feature = "native-tls",
    feature = "hyper",
    all(
        feature = "reqwest",
        any(feature = "rustls", feature = "aws-lc", feature = "rustls-no-provider")
    )
))]
#[tokio::test]
async fn with_tls_an_https_call_starts_a_handshake() {
    prepare();
    let (endpoint, reader) = first_bytes();
    let error = call_over_https(&endpoint).await;
    // A handshake record, and a version of TLS.
    assert_eq!(reader.join().unwrap()[..2], [0x16, 3]);
    let ErrorKind::Transport(transport) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(transport.kind(), TransportErrorKind::Connect);
    assert_eq!(error.outcome(), Outcome::NotApplied);
}

#[cfg(all(
    feature = "reqwest",
    not(any(
        feature = "hyper",
        feature = "rustls",
        feature = "aws-lc",
        feature = "native-tls",
        feature = "rustls-no-provider"
    ))
))]
#[tokio::test]
async fn without_tls_an_https_call_fails_before_sending() {
    let error = call_over_https("https://127.0.0.1:1").await;
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert!(error.to_string().contains("no TLS"), "{error}");
}

#[cfg(not(any(feature = "reqwest", feature = "hyper")))]
#[test]
fn without_a_transport_build_fails_and_names_the_features() {
    let builder = Client::builder().region("cn-hangzhou");
    let error = builder.build().unwrap_err().to_string();
    assert!(error.contains("`reqwest` or `hyper`"), "{error}");
}

/// Runs in a separate process, because an installed provider applies to the whole process.
#[cfg(all(
    any(feature = "reqwest", feature = "hyper"),
    any(feature = "rustls-no-provider", feature = "hyper"),
    not(any(feature = "rustls", feature = "aws-lc", feature = "native-tls"))
))]
#[test]
fn without_a_crypto_provider_build_fails_with_advice() {
    if run_in_child("without_a_crypto_provider", &[]) {
        return;
    }
    let builder = || {
        Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
    };
    for builder in [builder(), builder().endpoint("http://127.0.0.1:1")] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains("install_default()"), "{error}");
    }
    prepare();
    assert!(builder().build().is_ok());
}

/// On Linux these variables replace the system's certificates.
#[cfg(all(
    target_os = "linux",
    any(
        feature = "hyper",
        all(feature = "reqwest", any(feature = "rustls", feature = "aws-lc"))
    ),
    not(feature = "native-tls")
))]
#[test]
fn without_ca_certificates_build_fails_with_advice() {
    let missing = [
        ("SSL_CERT_FILE", "/missing.pem"),
        ("SSL_CERT_DIR", "/missing"),
    ];
    if run_in_child("without_ca_certificates", &missing) {
        return;
    }
    prepare();
    let builder = || {
        Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", "secret"))
    };
    let error = builder().build().unwrap_err().to_string();
    assert!(error.contains("no CA certificates"), "{error}");
    assert!(builder().endpoint("http://127.0.0.1:1").build().is_ok());
}

/// Runs a test in a child process, with these variables. Returns `false` in the child.
#[allow(dead_code, reason = "not every set of features has such a test")]
fn run_in_child(test: &str, variables: &[(&str, &str)]) -> bool {
    const CHILD: &str = "FEATURES_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .arg(test);
    assert!(child.status().unwrap().success());
    true
}
