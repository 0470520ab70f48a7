//! The executor of hyper's connections.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::Executor;
use pin_project_lite::pin_project;
use trace_core::span;

thread_local! {
    /// Whether the code of this thread is a connection's.
    static IS_CONNECTION: Cell<bool> = const { Cell::new(false) };
}

/// Runs the tasks of a client's connections on tokio, outside of the request that needs them:
/// a connection goes on after it, and serves others. Run as a child, it would keep the
/// request's trace open for hours.
///
/// | | a task is |
/// |---|---|
/// | [`detached`](Self::detached) | in no trace; what is a root in it is one |
/// | [`linked`](Self::linked) | a root `http.connection`, linked to the request that needed it |
///
/// Both keep the tracer that is [attached](trace_core::Tracer::attach) to the request's task.
///
/// ```
/// use hyper_util::client::legacy::Client;
/// use tower_layer::Layer;
/// use trace_http::ConnectionExecutor;
///
/// let client = Client::builder(ConnectionExecutor::detached()).build_http::<String>();
/// let client = trace_http::client().layer(client);
/// # drop(client);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConnectionExecutor {
    is_linked: bool,
}

impl ConnectionExecutor {
    /// Runs tasks outside of any trace.
    #[must_use]
    pub const fn detached() -> Self {
        Self { is_linked: false }
    }

    /// Runs tasks as roots, linked to the request.
    ///
    /// hyper-util says of no task what it is for. On HTTP/1 there is one more for each response
    /// whose body is read late: it waits until the connection can be used again, and is a root,
    /// too. What a connection itself spawns, as it does on HTTP/2 for each request, is
    /// [detached](Self::detached).
    #[must_use]
    pub const fn linked() -> Self {
        Self { is_linked: true }
    }
}

impl<F> Executor<F> for ConnectionExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        let future = Connection { future };
        let _detached = if self.is_linked && !IS_CONNECTION.get() {
            trace_core::spawn_linked("http.connection", future)
        } else {
            span::detached(|| trace_core::spawn(future))
        };
    }
}

pin_project! {
    /// A task of a connection.
    struct Connection<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Connection<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        struct Restore(bool);

        impl Drop for Restore {
            fn drop(&mut self) {
                IS_CONNECTION.set(self.0);
            }
        }

        let _restore = Restore(IS_CONNECTION.replace(true));
        self.project().future.poll(cx)
    }
}
