//! The service that begins a span for each request.

use std::any::type_name;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;
use trace_core::__private::two_layers;

use super::future::ServerFuture;
use super::options::Options;
use super::start;
use crate::around;
use crate::body::TracedBody;
use crate::captured::Captured;
use crate::mark;
use crate::recorded_error::RecordedError;

/// A service that records a span for each request. Made by [`ServerLayer`](super::ServerLayer).
#[derive(Clone, Debug)]
pub struct ServerService<S> {
    inner: S,
    options: Arc<Options>,
}

impl<S> ServerService<S> {
    pub(super) fn new(inner: S, options: Arc<Options>) -> Self {
        // One layer may be around two services, one within the other. Erased types, such as
        // those of routers, do not show it; then the first request does.
        if type_name::<S>().contains("trace_http::server::") {
            mark::note_several();
        }
        Self { inner, options }
    }
}

impl<S, Q, B> Service<Request<Q>> for ServerService<S>
where
    S: Service<Request<Q>, Response = Response<B>, Error: RecordedError>,
    B: Body<Error: RecordedError>,
{
    type Response = Response<TracedBody<B>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    /// The span begins here. Its parent is the caller's span, if the headers have a context.
    /// Otherwise its parent is the span that was current at an outer
    /// [`capture`](crate::capture()).
    fn call(&mut self, mut request: Request<Q>) -> ServerFuture<S::Future> {
        if let Some(outer) = mark::outer_layer(request.extensions()) {
            two_layers(outer, self.options.source);
            around::note_route(&request);
            return ServerFuture::untraced(self.inner.call(request));
        }
        if around::is_within() {
            // One layer may also be around two services, one within the other.
            mark::note_several();
        }
        let begun = match Captured::take(request.extensions_mut()) {
            None => start::begin(&self.options, &request, None),
            Some(captured) => captured.run(|| {
                let caller = captured.context();
                start::begin(&self.options, &request, caller)
            }),
        };
        if !begun.is_skipped {
            mark::set(request.extensions_mut(), self.options.source);
        }
        // The closure only borrows the request, because the closure itself is moved several
        // times.
        let mut request = Some(request);
        ServerFuture::call(begun, &self.options, || {
            request.take().map(|request| self.inner.call(request))
        })
    }
}
