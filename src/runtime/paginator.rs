//! Pagination: all items of a list, fetched page by page.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{Completed, Runtime};
use crate::BoxFuture;
use crate::config::CallOptions;
use crate::error::{CallContext, DecodeError, Effect, Error};
use crate::operation::{Page, Paginate};

/// The items of a paginated operation, as a [`Stream`][stream] or through [`next`](Self::next).
///
/// The next page is fetched after all items of the current one were returned. An incomplete list is an error: a page
/// token that is returned twice, or fewer items than the total count that the service returned. After an error the
/// stream ends.
///
/// [stream]: https://docs.rs/futures-core/0.3/futures_core/stream/trait.Stream.html
///
/// ```no_run
/// # async fn example(client: aliyun_ecs::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use aliyun_ecs::operation::DescribeInstancesRequest;
///
/// let mut instances = client.list_instances(DescribeInstancesRequest::builder().build()?);
/// while let Some(instance) = instances.next().await {
///     println!("{}", instance?.instance_id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a paginator does nothing until items are taken from it"]
pub struct Paginator<O: Paginate> {
    runtime: Arc<Runtime>,
    request: O,
    call: Option<BoxFuture<'static, Result<Completed<O::Response>, Error>>>,
    items: std::vec::IntoIter<O::Item>,
    /// The start of the next page; `None` after the last page.
    next: Option<Start>,
    tokens: HashSet<String>,
    seen: u64,
}

enum Start {
    First,
    At(String),
}

impl<O: Paginate> Paginator<O> {
    pub(crate) fn new(runtime: Arc<Runtime>, request: O) -> Self {
        Self {
            runtime,
            request,
            call: None,
            items: Vec::new().into_iter(),
            next: Some(Start::First),
            tokens: HashSet::new(),
            seen: 0,
        }
    }

    /// The next item; `None` after the last one.
    ///
    /// # Errors
    ///
    /// The errors of the operation's method, and [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the pages
    /// contradict each other.
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The remaining items.
    ///
    /// # Errors
    ///
    /// The first error of [`next`](Self::next). The items before it are dropped.
    pub async fn try_collect(mut self) -> Result<Vec<O::Item>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    fn next_page(&mut self, completed: Completed<O::Response>) -> Result<(), Error> {
        let (http_status, attempts) = (completed.http_status, completed.attempts);
        let elapsed = self.runtime.elapsed_since(completed.started);
        let page: Page<O::Item> = O::open(completed.response);
        self.seen = self.seen.saturating_add(page.items.len() as u64);
        self.items = page.items.into_iter();
        let problem = match page.next_token {
            Some(token) if !self.tokens.insert(token.clone()) => {
                format!("pagination loop: page token {token:?} was returned twice")
            }
            Some(token) => {
                self.next = Some(Start::At(token));
                return Ok(());
            }
            None => match page.total {
                Some(total) if self.seen < total => format!(
                    "incomplete list: it ends after {} of {total} items; list again",
                    self.seen
                ),
                _ => return Ok(()),
            },
        };
        let error = DecodeError::new(problem, http_status, Some(page.request_id), String::new());
        Err(Error::from(error).with_call(CallContext {
            effect: Effect::Read,
            attempts,
            elapsed,
            ..CallContext::EMPTY
        }))
    }
}

impl<O: Paginate> Stream for Paginator<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            if let Some(call) = &mut this.call {
                let result = ready!(call.as_mut().poll(context));
                this.call = None;
                match result.and_then(|completed| this.next_page(completed)) {
                    Ok(()) => continue,
                    Err(error) => {
                        this.next = None;
                        this.items = Vec::new().into_iter();
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
            let token = match this.next.take() {
                None => return Poll::Ready(None),
                Some(Start::First) => None,
                Some(Start::At(token)) => Some(token),
            };
            let (runtime, request) = (Arc::clone(&this.runtime), this.request.page(token));
            this.call = Some(Box::pin(async move {
                runtime.call(&request, CallOptions::default()).await
            }));
        }
    }
}

impl<O: Paginate> Unpin for Paginator<O> {}

impl<O: Paginate + fmt::Debug> fmt::Debug for Paginator<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paginator")
            .field("request", &self.request)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}
