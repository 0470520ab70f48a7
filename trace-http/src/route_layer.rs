//! The layer for the inside of a router, which tells the route to a server's layer around it.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::around;

/// Tells a layer [`server`](crate::server()) that is around a router which route was matched:
/// a layer for the inside of the router. It begins no span.
///
/// A router knows the route only inside. A `server()` that is given to `Router::layer` needs
/// nothing more; one that is around the router, as it is if it counts all that the program
/// answers, does:
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
/// Between the two there may be anything but a queue, such as tower's `Buffer`, and what
/// rewrites the path: the route is told while the outer layer calls or polls what is inside, and
/// only for the same method and path, as handlers may call other routers. What rewrites paths
/// belongs outside of both.
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
