//! Code that the targets share. All targets use the public API with responses and files from memory; nothing is sent.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use aliyun_ecs::credentials::{CredentialsError, ProvideCredentials};
use aliyun_ecs::operation::{
    DescribeInstanceModificationPriceRequest, DescribeInstanceTypesRequest,
    DescribeInstancesRequest, DescribeRegionsRequest, DescribeResourcesModificationRequest,
    Operation, StartInstanceRequest,
};
use aliyun_ecs::transport::{HttpTransport, ResponseBody, TransportError};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, Credentials, Error, ModifyPrepayInstanceSpecRequest,
    RetryConfig, RpcRequest,
};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

/// Secrets that no error may show. The dictionaries contain them, so that responses and files echo them.
const SECRET: &str = "fuzz-S3cr3t/Key+";
const TOKEN: &str = "fuzz-T0ken/Sts+";

/// Statuses that the decoder distinguishes.
const STATUSES: [u16; 10] = [200, 204, 302, 400, 403, 408, 429, 500, 503, 504];

/// Responds to every request with the current response, and records the request.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    response: Arc<Mutex<Response<Bytes>>>,
    request: Arc<Mutex<Option<Request<Bytes>>>>,
}

impl Memory {
    /// The last request.
    pub fn request(&self) -> Option<Request<Bytes>> {
        self.request.lock().ok()?.take()
    }
}

impl HttpTransport for Memory {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        *self.request.lock().unwrap() = Some(request);
        let response = self.response.lock().unwrap();
        let (parts, body) = (response.clone().into_parts().0, response.body().clone());
        Box::pin(std::future::ready(Ok(Response::from_parts(
            parts,
            body.into(),
        ))))
    }
}

/// The output of a future that is ready at its first poll.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// Decodes a response with one of the operations. The first byte selects the operation, the second the status; the rest
/// is the body.
pub fn response(data: &[u8]) {
    static CLIENT: OnceLock<(Memory, Client)> = OnceLock::new();
    let [operation, status, body @ ..] = data else {
        return;
    };
    let (memory, client) = CLIENT.get_or_init(|| {
        let memory = Memory::default();
        let client = Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("id", SECRET).with_security_token(TOKEN))
            .transport(memory.clone())
            .retry(RetryConfig::disabled())
            .build();
        (memory, client.unwrap())
    });
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = STATUSES[usize::from(*status) % STATUSES.len()]
        .try_into()
        .unwrap();
    *memory.response.lock().unwrap() = response;
    const ID: &str = "i-1";
    match operation % 10 {
        0 => read(
            client,
            ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.large").build(),
        ),
        1 => read(client, DescribeInstancesRequest::builder().build()),
        2 => read(client, DescribeInstanceTypesRequest::builder().build()),
        3 => read(
            client,
            DescribeResourcesModificationRequest::builder(ID).build(),
        ),
        4 => {
            let builder = DescribeInstanceModificationPriceRequest::builder(ID);
            read(client, builder.instance_type("ecs.g5.large").build());
        }
        5 => read(client, DescribeRegionsRequest::builder().build()),
        6 => read(client, StartInstanceRequest::builder(ID).build()),
        7 => read(client, Ok::<_, Error>(RpcRequest::<Value>::new("Any"))),
        8 => read(client, Ok::<_, Error>(RpcRequest::<()>::new("Any"))),
        _ => read(
            client,
            StartInstanceRequest::builder(ID).dry_run(true).build(),
        ),
    }
}

fn read<O: Operation>(client: &Client, request: Result<O, impl StdError>) {
    match ready(client.call(request.unwrap(), CallOptions::default())) {
        Ok(_) => {}
        Err(error) => check(&error),
    }
}

/// Reads a file of profiles with the provider that `provider` creates for its path.
pub fn profile<P: ProvideCredentials>(data: &[u8], provider: impl Fn(&Path, Memory) -> P) {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        // No server is called and no program is run, regardless of the file.
        for switch in [
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED",
            "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS",
        ] {
            // SAFETY: the first input is read before a second thread could read the environment.
            unsafe { std::env::set_var(switch, "true") };
        }
        let shared = Path::new("/dev/shm");
        let folder = match shared.is_dir() {
            true => shared.to_owned(),
            false => std::env::temp_dir(),
        };
        folder.join(format!("aliyun-ecs-fuzz-{}", std::process::id()))
    });
    // Plain HTTP to this machine would bypass the transport in memory.
    let text = data.to_ascii_lowercase();
    let holds = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    if holds(b"http:") || holds(b"\\u") {
        return;
    }
    std::fs::write(file, data).unwrap();
    let provider = provider(file, Memory::default());
    // Calls of STS wait between their attempts; the paused clock of the runtime skips that.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    match runtime.block_on(provider.provide_credentials()) {
        Ok(credentials) => {
            // Unless the access key id, which is shown, contains the same text.
            if !credentials.access_key_id().contains(SECRET) {
                assert!(!format!("{credentials:?}").contains(SECRET));
            }
        }
        Err(error) => one_line::<CredentialsError>(&error),
    }
}

/// Checks an error of a call: each text in its chain is one line and shows no secret.
pub fn check<E: StdError + 'static>(error: &E) {
    one_line(error);
    let debug = format!("{error:?}");
    let mut cause: Option<&dyn StdError> = Some(error);
    while let Some(error) = cause {
        for text in [&error.to_string(), &debug] {
            assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text:?}");
        }
        cause = error.source();
    }
}

/// Checks any error: each text in its chain is one line.
pub fn one_line<E: StdError + 'static>(error: &E) {
    let mut cause: Option<&dyn StdError> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        assert!(!text.contains(is_break), "{text:?}");
        cause = error.source();
    }
}
