//! The executor of hyper's connections.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::Executor;
use hyper_util::rt::TokioExecutor;
use pin_project_lite::pin_project;

thread_local! {
    /// Whether this thread is running the code of a connection.
    static IS_CONNECTION: Cell<bool> = const { Cell::new(false) };
}

/// Runs the tasks of a client's connections on tokio. Each task is a root `http.connection`, with
/// a link to the request that needed the connection. It is not a child of the request, because a
/// connection outlives the request and would keep its trace open for hours.
///
/// hyper-util's `TokioExecutor` runs these tasks without a trace. This is enough unless something
/// in them is traced, such as your own connector.
///
/// ```
/// use hyper_util::client::legacy::Client;
/// use trace_http::ConnectionExecutor;
///
/// let client = Client::builder(ConnectionExecutor::new()).build_http::<String>();
/// let client = trace_http::client().layer(client);
/// # drop(client);
/// ```
///
/// The root ends with its connection, and a client keeps idle connections, for 90 seconds by
/// default. So drop the client before
/// [`Tracer::shutdown_when_idle`](trace_core::Tracer::shutdown_when_idle), which waits for all
/// open roots.
///
/// hyper-util does not tell the executor the purpose of a task. With HTTP/1 there is one more
/// task for each response whose body is read late. It waits until the connection can be used
/// again, and it is a root, too. Tasks that a connection itself spawns, such as those of
/// HTTP/2 for each request, belong to no trace.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionExecutor(());

impl ConnectionExecutor {
    /// Makes an executor. It spawns tasks on the runtime in which it is used.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<F> Executor<F> for ConnectionExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        if IS_CONNECTION.get() {
            TokioExecutor::new().execute(future);
        } else {
            let _detached = trace_core::spawn_linked("http.connection", Connection { future });
        }
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
