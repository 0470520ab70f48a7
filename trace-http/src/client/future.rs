//! The future of a response, within the span of its request.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::running::Running;
use crate::body::TracedBody;

pin_project! {
    /// The future of a response. Made by [`ClientService`](super::ClientService).
    ///
    /// # Cancel safety
    ///
    /// If this is dropped before it is ready, the inner future is dropped within the span, and
    /// the span ends as cancelled.
    pub struct ClientFuture<F> {
        #[pin]
        inner: Option<F>,
        // `None` without a span, and after the response is ready.
        running: Option<Running>,
    }

    impl<F> PinnedDrop for ClientFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(running) = this.running {
                running.span().in_scope(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ClientFuture<F> {
    pub(super) const fn new(inner: F, running: Option<Running>) -> Self {
        Self {
            inner: Some(inner),
            running,
        }
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Error: fmt::Display + 'static>,
    E: fmt::Display + 'static,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            // Only the drop sets this to `None`.
            return Poll::Pending;
        };
        let polled = match this.running {
            None => inner.poll(cx),
            Some(running) => running.poll(|| inner.poll(cx)),
        };
        polled.map(|result| {
            let running = this.running.take();
            Ok(result?.map(|body| match running {
                Some(running) => TracedBody::new(body, running.into_exchange()),
                None => TracedBody::untraced(body),
            }))
        })
    }
}

impl<F> fmt::Debug for ClientFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientFuture")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
