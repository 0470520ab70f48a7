//! A layer for the inside of a router. It passes the route to a server's layer around the router.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::around;

/// Returns a layer for the inside of a router. It passes the matched route to a
/// [`server`](crate::server()) layer around the router. It begins no span.
///
/// The route is known only inside the router. If you pass `server()` to `Router::layer`, you do
/// not need this layer. If `server()` is around the router, so that it also records requests
/// that match no route, you need it:
///
/// ```
/// use axum::{Router, routing::get};
///
/// let router: Router = Router::new()
///     .route("/users/{id}", get(async || "Ferris"))
///     .layer(trace_http::route());
/// let app = trace_http::server().layer(router);
/// // `axum::serve` takes a router: its bodies are axum's own.
/// let app: Router = Router::new().fallback_service(app);
/// ```
///
/// Between the two layers, there must be no queue, such as tower's `Buffer`, and no layer that
/// rewrites the path. The route is passed while the outer layer calls or polls the inner one,
/// and only for the same method and path, because handlers may call other routers. Of several
/// routes, the first counts. Other layers are allowed between them.
///
/// The route is written after the first poll of the handler, and replaces a name that the
/// handler has set by then. To choose the name yourself, use
/// [`on_response`](crate::ServerLayer::on_response).
#[must_use]
pub const fn route() -> RouteLayer {
    RouteLayer(())
}

/// See [`route`].
#[derive(Clone, Copy, Debug)]
pub struct RouteLayer(());

impl<S> Layer<S> for RouteLayer {
    type Service = RouteService<S>;

    fn layer(&self, inner: S) -> RouteService<S> {
        RouteService { inner }
    }
}

/// See [`route`].
#[derive(Clone, Debug)]
pub struct RouteService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for RouteService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        around::note_route(&request);
        self.inner.call(request)
    }
}
