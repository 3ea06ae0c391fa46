//! How a client uses its credentials provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aliyun_ecs::credentials::{
    CredentialsError, DefaultChain, EcsRamRoleProvider, EnvProvider, ExternalProvider,
    IniProfileProvider, OidcProvider, ProfileProvider, ProvideCredentials, UriProvider,
};
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{BoxFuture, CallOptions, Client, Credentials, RpcRequest};

/// Counts its calls, and lets other tasks run before it returns.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl ProvideCredentials for Counting {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            Ok(Credentials::new("id", "secret"))
        })
    }
}

/// Returns an empty object for every request.
#[derive(Debug)]
struct Empty;

impl HttpTransport for Empty {
    fn send(
        &self,
        _: http::Request<bytes::Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async { Ok(http::Response::new("{}".into())) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_concurrent_calls_load_credentials_once() {
    let provider = Counting::default();
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(provider.clone())
        .transport(Empty)
        .build()
        .unwrap();
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let request = RpcRequest::<serde_json::Value>::new("DescribeRegions").read_only();
                client.call(request, CallOptions::default()).await
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(provider.0.load(Ordering::Relaxed), 1);
}

/// Accepts only the access key `new`, and rejects others with this code.
#[derive(Debug, Clone)]
struct OnlyNew(Arc<AtomicUsize>, &'static str);

impl HttpTransport for OnlyNew {
    fn send(
        &self,
        request: http::Request<bytes::Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let form = String::from_utf8_lossy(request.body()).into_owned();
        let rejection = format!(r#"{{"Code":"{}","Message":"No.","RequestId":"1"}}"#, self.1);
        Box::pin(async move {
            let mut response = http::Response::new("{}".into());
            if !form.contains("AccessKeyId=new&") {
                *response.status_mut() = http::StatusCode::NOT_FOUND;
                *response.body_mut() = rejection.into();
            }
            Ok(response)
        })
    }
}

/// Returns the first access key once, then the second one.
#[derive(Debug)]
struct Rotating(&'static str, &'static str, AtomicUsize);

impl ProvideCredentials for Rotating {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let key = match self.2.fetch_add(1, Ordering::Relaxed) {
            0 => self.0,
            _ => self.1,
        };
        Box::pin(async move { Ok(Credentials::new(key, "secret")) })
    }
}

#[test]
fn a_token_is_added_to_one_copy_and_never_shown() {
    let plain = Credentials::new("id", "top-secret");
    let temporary = plain.clone().with_security_token("top-token");
    assert_eq!(plain.security_token(), None);
    assert_eq!(temporary.security_token(), Some("top-token"));
    assert_eq!(temporary.access_key_secret(), plain.access_key_secret());
    let replaced = temporary.clone().with_security_token("another");
    assert_eq!(replaced.security_token(), Some("another"));
    let shown = format!("{plain:?} {temporary:?} {replaced:#?}");
    assert!(
        !shown.contains("top-") && !shown.contains("another"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_rejected_access_key_is_loaded_again_once_within_the_call() {
    let unknown = "InvalidAccessKeyId.NotFound";
    for (first, later, code, is_ok, attempts) in [
        ("old", "new", unknown, true, 2),
        // The same access key would be rejected again.
        ("old", "old", unknown, false, 1),
        ("old", "older", unknown, false, 2),
        // The rejection does not concern the access key.
        ("old", "new", "InvalidParameter", false, 1),
    ] {
        let transport = OnlyNew(Arc::default(), code);
        let client = Client::builder()
            .region("cn-hangzhou")
            .credentials(Rotating(first, later, AtomicUsize::new(0)))
            .transport(transport.clone())
            .build()
            .unwrap();
        let request = RpcRequest::<serde_json::Value>::new("DescribeRegions").read_only();
        let response = client.call(request, CallOptions::default()).await;
        assert_eq!(response.is_ok(), is_ok, "{first} {later}: {response:?}");
        assert_eq!(
            transport.0.load(Ordering::Relaxed),
            attempts,
            "{first} {later}"
        );
    }
}

/// There is no runtime, and the named files and hosts do not exist.
#[test]
fn constructors_do_no_io_and_need_no_runtime() {
    let chain = DefaultChain::new();
    let names: Vec<_> = chain.providers().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "environment",
            "OIDC",
            "CLI profile",
            "ini profile",
            "ECS RAM role",
            "credentials URI"
        ]
    );
    let providers: [Box<dyn ProvideCredentials>; 8] = [
        Box::new(EnvProvider::new()),
        Box::new(OidcProvider::from_env()),
        Box::new(ProfileProvider::new().file("/no/such/file").profile("p")),
        Box::new(IniProfileProvider::new().file("/no/such/file").profile("p")),
        Box::new(EcsRamRoleProvider::new().endpoint("http://127.0.0.1:1")),
        Box::new(UriProvider::new("https://keys.invalid/")),
        Box::new(ExternalProvider::new(
            "/no/such/program",
            ["argument-secret"],
        )),
        Box::new(ExternalProvider::from_command("/no/such/program argument-secret").unwrap()),
    ];
    assert!(!format!("{providers:?}").contains("argument-secret"));
    let client = Client::builder().region("cn-hangzhou").build().unwrap();
    assert!(format!("{client:?}").contains("DefaultChain"));
}
