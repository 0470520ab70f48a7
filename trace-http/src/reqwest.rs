//! Requests of reqwest: one span for each request, including redirects.
//!
//! Converts requests and responses of reqwest to those of `http`, and back. `client/` decides
//! what is recorded.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use ::reqwest::{Body, Client, Error, Request, RequestBuilder, Response, ResponseBuilderExt, Url};
use http::{Extensions, Uri};
use trace_core::{Carried, span};

use crate::body::TracedBody;
use crate::client::{Attempt, ClientLayer, Options, Running};
use crate::heads::RequestHead;
use crate::peer::Peer;

/// Sends requests of reqwest, with one span for each request.
///
/// ```no_run
/// use trace_http::SendTraced;
///
/// # async fn example() -> Result<(), reqwest::Error> {
/// let client = reqwest::Client::new();
/// let user = client.get("http://users.internal/7").send_traced().await?.text().await?;
/// # drop(user);
/// # Ok(())
/// # }
/// ```
///
/// The span is like that of [`client`](crate::client()). It ends when the body of the response
/// ends or is dropped. There is one span for each request that you send. Redirects and retries
/// inside reqwest belong to this span: `url.full` is the first address, and the status is the
/// last one. The response keeps its `url()`, `remote_addr()`, `content_length()` and
/// extensions.
///
/// # Addresses in errors
///
/// The text of a [`reqwest::Error`] contains the whole address, including secrets in its
/// query. The span of the request hides these secrets. But a `#[traced]` function that returns
/// the error records the text unchanged. Remove the address there:
///
/// ```no_run
/// use trace_core::traced;
/// use trace_http::SendTraced;
///
/// #[traced]
/// async fn load(client: &reqwest::Client, url: &str) -> reqwest::Result<String> {
///     let text = async { client.get(url).send_traced().await?.text().await };
///     text.await.map_err(reqwest::Error::without_url)
/// }
/// ```
///
/// [`reqwest::Error`]: ::reqwest::Error
///
/// # Redirects, and baggage
///
/// After a redirect, reqwest sends the headers of the first request to the new address, except
/// for a few headers that it knows to be private. So a redirect carries the context to a host
/// that is not in [`context_to`](ClientLayer::context_to), and the baggage to a host that is
/// not in [`baggage_to`](ClientLayer::baggage_to). The lists only apply to the first address.
///
/// By default, no host gets the baggage of the trace. To send it to your own services, list
/// them, and use a client that follows no redirects, or only those to the same host:
///
/// ```
/// use reqwest::redirect::Policy;
///
/// # fn main() -> reqwest::Result<()> {
/// let same_host = Policy::custom(|attempt| {
///     let host = attempt.previous().last().and_then(|url| url.host_str());
///     match host == attempt.url().host_str() && attempt.previous().len() < 10 {
///         true => attempt.follow(),
///         false => attempt.stop(), // the redirect is the response
///     }
/// });
/// let client = reqwest::Client::builder().redirect(same_host).build()?; // or `Policy::none()`
/// let calls = trace_http::client().baggage_to(["*.internal"]);
/// // In a handler: `client.get(url).send_traced_with(&calls).await?`
/// # let _ = (client, calls);
/// # Ok(())
/// # }
/// ```
///
/// A `baggage` header that you write into a request yourself is sent, unless the baggage of
/// the trace replaces it, or the host gets no context. With hyper-util's client,
/// [`client`](crate::client()) checks the address after each redirect.
pub trait SendTraced: Sized {
    /// Sends the request with its context. The span is a child of the current span. It begins
    /// with the first poll of the future.
    #[track_caller]
    fn send_traced(self) -> TracedSend;

    /// Like [`send_traced`](Self::send_traced), with the options of a layer. Make the layer
    /// once for all requests.
    ///
    /// ```no_run
    /// use trace_http::{ClientLayer, SendTraced};
    ///
    /// // `calls` is made once: `trace_http::client().ends_at_head()`.
    /// async fn is_up(client: &reqwest::Client, calls: &ClientLayer) -> bool {
    ///     let health = client.get("http://users.internal/health");
    ///     health.send_traced_with(calls).await.is_ok()
    /// }
    /// ```
    fn send_traced_with(self, calls: &ClientLayer) -> TracedSend;
}

impl SendTraced for RequestBuilder {
    #[track_caller]
    fn send_traced(self) -> TracedSend {
        static OPTIONS: OnceLock<Arc<Options>> = OnceLock::new();

        let source = Location::caller();
        let options = OPTIONS.get_or_init(|| Arc::new(Options::new(source)));
        TracedSend::new(self, options, source)
    }

    fn send_traced_with(self, calls: &ClientLayer) -> TracedSend {
        let options = calls.options();
        TracedSend::new(self, options, options.source)
    }
}

/// The future that reqwest returns for a request. Its type has no name.
type Sent = dyn Future<Output = Result<Response, Error>> + Send;

/// The future of a response. Made by [`SendTraced`].
///
/// # Errors
///
/// The errors of [`RequestBuilder::send`]. A request that could not be built has no span.
///
/// # Cancel safety
///
/// If this is dropped before it is ready, the inner future is dropped within the span, and the
/// span ends as cancelled. If it was never polled, there is no span.
#[must_use = "a future does nothing unless it is awaited"]
pub struct TracedSend {
    // `None` after the first poll.
    unsent: Option<Box<Unsent>>,
    inner: Option<Pin<Box<Sent>>>,
    /// The error, if the request could not be built.
    failed: Option<Error>,
    // `None` without a span, and after the response is ready.
    running: Option<Running>,
}

impl TracedSend {
    fn new(
        request: RequestBuilder,
        options: &Arc<Options>,
        source: &'static Location<'static>,
    ) -> Self {
        let (client, request) = request.build_split();
        let (unsent, failed) = match request {
            Ok(request) => {
                let unsent = Unsent {
                    client,
                    request,
                    options: Arc::clone(options),
                    source,
                    caller: span::current_trace_id().map(|_| Carried::new(())),
                };
                (Some(Box::new(unsent)), None)
            }
            Err(error) => (None, Some(error)),
        };
        Self {
            unsent,
            inner: None,
            failed,
            running: None,
        }
    }
}

/// A request that waits for the first poll, with which its span begins.
struct Unsent {
    client: Client,
    request: Request,
    options: Arc<Options>,
    source: &'static Location<'static>,
    /// The trace in which the future was made; `None` if there was none.
    caller: Option<Carried<()>>,
}

impl Unsent {
    /// Sends the request in the trace in which the future was made, or else in the current one.
    fn send(self) -> (Pin<Box<Sent>>, Option<Running>) {
        let Self {
            client,
            request,
            options,
            source,
            caller,
        } = self;
        let headers = Request::headers_mut;
        let send = || match begin(&request, &options, source) {
            Some(attempt) => attempt.send(&options, request, headers, |request| {
                let sent: Pin<Box<Sent>> = Box::pin(client.execute(request));
                sent
            }),
            None => {
                let sent: Pin<Box<Sent>> = Box::pin(client.execute(request));
                (sent, None)
            }
        };
        match caller {
            Some(caller) => caller.with(|()| send()),
            None => send(),
        }
    }
}

/// Begins the span of a request. Returns `None` if the address is not a valid `Uri`, because
/// reqwest does not send such a request.
fn begin(
    request: &Request,
    options: &Arc<Options>,
    source: &'static Location<'static>,
) -> Option<Attempt> {
    let size = request
        .body()
        .and_then(|body| body.as_bytes()?.len().try_into().ok());
    let head = RequestHead {
        method: request.method(),
        uri: &request.url().as_str().parse::<Uri>().ok()?,
        version: request.version(),
        headers: request.headers(),
        extensions: &Extensions::new(),
    };
    Some(Attempt::begin(options, source, &head, size).keeping_baggage())
}

impl Future for TracedSend {
    type Output = Result<Response, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            unsent,
            inner,
            failed,
            running: held,
        } = &mut *self;
        if let Some(unsent) = unsent.take() {
            let (sent, running) = unsent.send();
            *inner = Some(sent);
            *held = running;
        }
        if let Some(error) = failed.take() {
            return Poll::Ready(Err(error));
        }
        let Some(inner) = inner else {
            // The future has already returned its response.
            return Poll::Pending;
        };
        let Some(running) = held else {
            return inner.as_mut().poll(cx);
        };
        let mut url = None;
        let polled = running.poll(|| {
            inner.as_mut().poll(cx).map_ok(|response| {
                url = Some(response.url().clone());
                let peer = response.remote_addr();
                let mut response = http::Response::<Body>::from(response);
                if let Some(peer) = peer {
                    response.extensions_mut().insert(Peer(peer));
                }
                response
            })
        });
        let Poll::Ready(result) = polled else {
            return Poll::Pending;
        };
        let running = held.take();
        Poll::Ready(result.map(|response| with_body(response, url, running)))
    }
}

/// Moves the span into the body of the response. Restores the address of the response, which
/// the conversion loses.
fn with_body(
    mut response: http::Response<Body>,
    url: Option<Url>,
    running: Option<Running>,
) -> Response {
    let _known = response.extensions_mut().remove::<Peer>();
    let url = url.map(|url| http::Response::builder().url(url).body(()));
    if let Some(Ok(mut holder)) = url {
        let extensions = std::mem::take(holder.extensions_mut());
        response.extensions_mut().extend(extensions);
    }
    let exchange = running.map(Running::into_exchange);
    match exchange.filter(|exchange| !exchange.is_over()) {
        Some(exchange) => {
            let traced = |body| Body::wrap(TracedBody::new(body, exchange));
            Response::from(response.map(traced))
        }
        None => Response::from(response),
    }
}

impl Drop for TracedSend {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.span().in_scope(|| self.inner = None);
        }
    }
}

impl fmt::Debug for TracedSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedSend")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
