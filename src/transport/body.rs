//! The body of a response while it arrives, and the exchange of a request for a whole response.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::{HttpTransport, TransportError, TransportErrorKind};
use crate::clock::{Clock, within};

/// The largest body that is accepted: 8 MiB.
const MAX_BODY: usize = 8 * 1024 * 1024;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-acs-request-id");

type BoxError = Box<dyn StdError + Send + Sync>;

/// The body of a response.
///
/// A transport creates it [from](From) [`Bytes`] if it has received the whole body, or with [`new`](Self::new) if the
/// body is still being received. The client reads it and enforces the timeout and the maximum size of 8 MiB.
///
/// ```
/// use aliyun_ecs::transport::ResponseBody;
/// use bytes::Bytes;
///
/// let response = http::Response::new(ResponseBody::from(Bytes::from_static(b"{}")));
/// # drop(response);
/// ```
pub struct ResponseBody(Inner);

enum Inner {
    Whole(Bytes),
    Streaming(Pin<Box<dyn ErasedBody>>),
}

impl ResponseBody {
    /// A body that is still being received.
    ///
    /// An error of `body` that is a [`TransportError`] fails the call as it is. Any other error fails it as
    /// [`TransportErrorKind::IncompleteBody`], with the error as its source.
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Inner::Streaming(Box::pin(body)))
    }

    /// Reads the body to its end. `host` is for error messages.
    async fn collect(self, host: &str) -> Result<Bytes, TransportError> {
        let mut body = match self.0 {
            Inner::Whole(bytes) => {
                check_size(bytes.len(), host)?;
                return Ok(bytes);
            }
            Inner::Streaming(body) => body,
        };
        let announced = body.size_hint().lower();
        check_size(usize::try_from(announced).unwrap_or(usize::MAX), host)?;
        let mut bytes = Bytes::new();
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|error| incomplete(error, host))?;
            let Ok(chunk) = frame.into_data() else {
                continue; // trailers
            };
            check_size(bytes.len().saturating_add(chunk.len()), host)?;
            // Most bodies arrive in one chunk, which needs no copy.
            bytes = match bytes.is_empty() {
                true => chunk,
                false => {
                    let mut longer = BytesMut::from(bytes);
                    longer.extend_from_slice(&chunk);
                    longer.freeze()
                }
            };
        }
        Ok(bytes)
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Whole(bytes))
    }
}

impl From<Vec<u8>> for ResponseBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for ResponseBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for ResponseBody {
    fn from(text: &'static str) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for ResponseBody {
    /// Shows no content, because it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

/// [`Body`] with one error type, so that it can be a trait object.
trait ErasedBody: Send {
    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>;

    fn size_hint(&self) -> SizeHint;
}

impl<B> ErasedBody for B
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Body::poll_frame(self, context).map_err(Into::into)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(self)
    }
}

fn check_size(size: usize, host: &str) -> Result<(), TransportError> {
    if size <= MAX_BODY {
        return Ok(());
    }
    Err(TransportError::new(
        TransportErrorKind::BodyTooLarge,
        format!("response from {host} is larger than {} MiB", MAX_BODY >> 20),
    ))
}

fn incomplete(error: BoxError, host: &str) -> TransportError {
    match error.downcast() {
        Ok(error) => *error,
        Err(error) => TransportError::new(
            TransportErrorKind::IncompleteBody,
            format!("response from {host} ended prematurely"),
        )
        .with_source(error),
    }
}

/// Sends `request` once and receives its whole response within `timeout`.
///
/// `origin` says where the timeout comes from: it is appended to the error message. Once the response head has
/// arrived, every error has its status and request id.
pub(crate) fn exchange(
    transport: &dyn HttpTransport,
    clock: &dyn Clock,
    timeout: Duration,
    origin: impl FnOnce() -> String,
    request: Request<Bytes>,
) -> impl Future<Output = Result<Response<Bytes>, TransportError>> {
    let authority = request.uri().authority().cloned();
    // Not in the future, which would keep the large request twice.
    let sent = transport.send(request);
    async move {
        let host = authority.as_ref().map_or("", Authority::as_str);
        let mut head = None;
        let received = async {
            let (parts, body) = sent.await?.into_parts();
            head = Some((parts.status, parts.headers.get(&REQUEST_ID).cloned()));
            let body = body.collect(host).await?;
            Ok(Response::from_parts(parts, body))
        };
        let response = within(clock, timeout, pin!(received)).await;
        let result = response.unwrap_or_else(|| {
            Err(TransportError::new(
                TransportErrorKind::Timeout,
                format!("request to {host} timed out after {timeout:?}{}", origin()),
            ))
        });
        result.map_err(|error| match head {
            Some((status, id)) => with_head(error, status, id.as_ref()),
            None => error,
        })
    }
}

fn with_head(
    error: TransportError,
    status: StatusCode,
    id: Option<&HeaderValue>,
) -> TransportError {
    error.with_response(status.as_u16(), id.and_then(text))
}

fn text(id: &HeaderValue) -> Option<String> {
    id.to_str().ok().map(str::to_owned)
}
