//! Start-up cost: building the first client, further clients, and the first call over TLS. Then the cost of a new
//! connection for every write.
//!
//! `cargo bench --bench start`. Each round runs in a child process, which starts cold. CPU time is that of the child,
//! memory is what its main thread keeps allocated.

#![allow(clippy::expect_used, reason = "a bench may panic")]

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aliyun_ecs::transport::{HyperTransport, ReqwestTransport};
use aliyun_ecs::{Client, SignatureVersion};
use allocation_counter::measure;
use cpu_time::ProcessTime;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{Transport, request, server, spread};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const ROUNDS: usize = 11;
/// The number of writes whose mean is printed.
const WRITES: u32 = 50;
/// The certificate files of Linux distributions.
const BUNDLES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [transport, endpoint, plaintext] = &arguments[..] {
        return child(transport, endpoint, plaintext);
    }
    let folder = std::env::temp_dir().join(format!("aliyun-ecs-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let bundle = folder.join("certificates.pem");
    let endpoints = [&start_tls(&bundle), &server::start()];
    for transport in ["reqwest", "hyper"] {
        let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
        for _ in 0..ROUNDS {
            for (index, line) in run(transport, endpoints, &bundle).lines().enumerate() {
                let (name, value) = line.split_once('=').expect("a name and a value");
                let value = value.parse().expect("a number");
                match columns.get_mut(index) {
                    Some((_, values)) => values.push(value),
                    None => columns.push((name.to_owned(), vec![value])),
                }
            }
        }
        println!("{transport}, {ROUNDS} processes:");
        for (name, values) in columns {
            println!("  {name:<44}{}", spread(&values));
        }
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// The output of a child process that trusts `bundle`.
fn run(transport: &str, [endpoint, plaintext]: [&String; 2], bundle: &Path) -> String {
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child
        .args([transport, endpoint, plaintext])
        .env("SSL_CERT_FILE", bundle);
    let output = child.output().expect("a child");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Prints a line for each figure.
fn child(transport: &str, endpoint: &str, plaintext: &str) {
    let build_for = |endpoint: &str| {
        let builder = support::builder(SignatureVersion::V1).endpoint(endpoint);
        match transport {
            "hyper" => builder.transport(HyperTransport::new().expect("TLS")),
            _ => builder.transport(ReqwestTransport::new().expect("TLS")),
        }
        .build()
        .expect("a client")
    };
    let build = || build_for(endpoint);
    let runtime = support::runtime();
    let _entered = runtime.enter();
    let first = client("first client", build);
    let second = client("further client", build);
    call("first call", &runtime, &first);
    call("second call", &runtime, &first);
    call("first call of the further client", &runtime, &second);

    let kind = match transport {
        "hyper" => Transport::Hyper,
        _ => Transport::Reqwest,
    };
    for (name, endpoint) in [("TLS", endpoint), ("plaintext", plaintext)] {
        let pooled = support::pooled(SignatureVersion::V1, kind, endpoint);
        let write = format!("a write, {name}");
        calls(
            &format!("{write}, new connection"),
            &runtime,
            &build_for(endpoint),
        );
        calls(&format!("{write}, kept connection"), &runtime, &pooled);
    }
}

fn client(name: &str, build: impl Fn() -> Client) -> Client {
    let mut client = None;
    let before = ProcessTime::now();
    let memory = measure(|| client = Some(build()));
    print(name, before);
    println!("{name}, KiB={:.1}", memory.bytes_current as f64 / 1024.0);
    client.expect("a client")
}

fn call(name: &str, runtime: &tokio::runtime::Runtime, client: &Client) {
    let before = ProcessTime::now();
    order(runtime, client);
    print(name, before);
}

/// The mean of many calls.
fn calls(name: &str, runtime: &tokio::runtime::Runtime, client: &Client) {
    order(runtime, client);
    let before = ProcessTime::now();
    (0..WRITES).for_each(|_| order(runtime, client));
    print_time(name, before.elapsed() / WRITES);
}

fn order(runtime: &tokio::runtime::Runtime, client: &Client) {
    let response = runtime.block_on(client.modify_prepay_instance_spec(request()));
    response.expect("an order");
}

fn print(name: &str, before: ProcessTime) {
    print_time(name, before.elapsed());
}

fn print_time(name: &str, time: Duration) {
    println!("{name}, ms of CPU={:.3}", time.as_secs_f64() * 1e3);
}

/// An endpoint with TLS on its own thread. `bundle` receives the certificates of the system and of the endpoint.
fn start_tls(bundle: &Path) -> String {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).expect("a certificate");
    let system = BUNDLES
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    std::fs::write(bundle, system.unwrap_or_default() + &root.pem()).expect("a file");

    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a valid certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));

    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        support::runtime().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port");
            send.send(listener.local_addr().expect("an address"))
                .expect("a receiver");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        server::serve(stream, Arc::default()).await;
                    }
                });
            }
        });
    });
    format!(
        "https://{}",
        receive.recv().expect("the endpoint has started")
    )
}
