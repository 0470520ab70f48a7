//! A layer that passes the context of the caller to layers behind a buffer.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::captured::Captured;

/// Returns a layer that puts the current context into the extensions of each request. Use it
/// around `tower::buffer`, whose worker calls the inner services in a task without a trace. An
/// inner [`client`](crate::client()) takes this context as the parent. A
/// [`server`](crate::server()) does so if the headers have no context.
///
/// Layers that call each other directly, such as `ConcurrencyLimit` and `Timeout`, do not need
/// it.
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
