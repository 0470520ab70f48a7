//! The service that begins a span for each attempt.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::attempt::Attempt;
use super::future::ClientFuture;
use super::options::Options;
use crate::body::TracedBody;
use crate::captured::Captured;
use crate::heads::RequestHead;

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
        let attempt = Attempt::begin(options, options.source, &RequestHead::new(&request));
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
        match Captured::take(request.extensions_mut()) {
            Some(captured) => captured.run(|| self.send(request)),
            None => self.send(request),
        }
    }
}
