#![no_main]

use std::net::IpAddr;

use aliyun_ecs::operation::DescribeRegionsRequest;
use aliyun_ecs::{Client, Credentials, RetryConfig};
use aliyun_ecs_fuzz::{Memory, one_line, ready};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let memory = Memory::default();
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(Credentials::new("id", "secret"))
        .transport(memory.clone())
        .retry(RetryConfig::disabled())
        .endpoint(text)
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return one_line(&error),
    };
    let request = DescribeRegionsRequest::builder().build().unwrap();
    let _ = ready(client.describe_regions(request));
    // The request goes to the host in the text, and unencrypted only to this machine.
    let uri = memory.request().unwrap().uri().clone();
    let authority = uri.authority().unwrap();
    let host = authority.host();
    let named = text.to_ascii_lowercase().contains(host);
    assert!(named, "{text:?} resolves to {uri}");
    assert!(
        !authority.as_str().contains('@'),
        "{text:?} resolves to {uri}"
    );
    if uri.scheme_str() == Some("http") {
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_loopback = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        assert!(is_loopback, "{text:?} resolves to {uri}");
    }
});
