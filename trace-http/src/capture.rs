//! A layer that lets layers inside of a buffer know the caller.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::captured::Captured;

/// Puts the current context into the extensions of each request, where a
/// [`client`](crate::client()) inside takes it as the parent: a layer for the outside of
/// `tower::buffer`, whose worker calls what is inside, in a task that belongs to no trace. A
/// [`server`](crate::server()) takes it if the headers have no context.
///
/// Where the layers call each other, as in `ConcurrencyLimit` or `Timeout`, there is no need
/// for it.
///
/// ```
/// # async fn example() -> Result<(), tower::BoxError> {
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// let client = ServiceBuilder::new()
///     .layer(trace_http::capture())
///     .buffer(64)
///     .layer(trace_http::client())
///     .service(service_fn(async |_request: Request<String>| {
///         Ok::<_, std::io::Error>(Response::new(String::from("Ferris"))) // a real client here
///     }));
/// let request = Request::get("http://users.internal/7").body(String::new())?;
/// let response = client.oneshot(request).await?;
/// # Ok(())
/// # }
/// ```
///
/// Until the request leaves the buffer, the caller's trace stays open.
#[must_use]
pub const fn capture() -> CaptureLayer {
    CaptureLayer(())
}

/// See [`capture`].
#[derive(Clone, Copy, Debug)]
pub struct CaptureLayer(());

impl<S> Layer<S> for CaptureLayer {
    type Service = CaptureService<S>;

    fn layer(&self, inner: S) -> CaptureService<S> {
        CaptureService { inner }
    }
}

/// See [`capture`].
#[derive(Clone, Debug)]
pub struct CaptureService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for CaptureService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        Captured::put(request.extensions_mut());
        self.inner.call(request)
    }
}
