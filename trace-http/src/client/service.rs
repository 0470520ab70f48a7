//! The service that begins a span for each attempt.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;
use trace_core::span;

use super::attempt::Attempt;
use super::future::ClientFuture;
use super::options::Options;
use crate::body::TracedBody;
use crate::captured::Captured;
use crate::heads::RequestHead;
use crate::mark;

/// A service that records a span for each attempt. Made by
/// [`ClientLayer`](super::ClientLayer).
#[derive(Clone, Debug)]
pub struct ClientService<S> {
    inner: S,
    options: Arc<Options>,
}

impl<S> ClientService<S> {
    pub(super) const fn new(inner: S, options: Arc<Options>) -> Self {
        Self { inner, options }
    }

    fn send<Q>(&mut self, request: Request<Q>) -> ClientFuture<S::Future>
    where
        S: Service<Request<Q>>,
    {
        let Self { inner, options } = self;
        let head = RequestHead::new(&request);
        let attempt = Attempt::begin(options, options.source, &head, None);
        let send = |request| inner.call(request);
        let (future, running) = attempt.send(options, request, Request::headers_mut, send);
        ClientFuture::new(future, running)
    }
}

impl<S, Q, B> Service<Request<Q>> for ClientService<S>
where
    S: Service<Request<Q>, Response = Response<B>, Error: fmt::Display + 'static>,
    B: Body<Error: fmt::Display + 'static>,
{
    type Response = Response<TracedBody<B>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    /// The span begins here. If there is an outer [`capture`](crate::capture()), the parent is
    /// the span that was current there. Otherwise, the parent is the current span.
    fn call(&mut self, mut request: Request<Q>) -> ClientFuture<S::Future> {
        // A handler may send its own request on, to a server in this process.
        mark::remove(request.extensions_mut());
        match Captured::take(request.extensions_mut()) {
            // Nothing is missing, so nothing is reported.
            Some(captured) if !captured.has_trace() && span::current_trace_id().is_none() => {
                ClientFuture::new(self.inner.call(request), None)
            }
            Some(captured) => captured.run(|| self.send(request)),
            None => self.send(request),
        }
    }
}
