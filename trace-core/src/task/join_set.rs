//! An extension trait for `JoinSet` whose tasks continue the trace.

use tokio::task::{AbortHandle, JoinSet};

use crate::record::{IfRecording, Scope};
use crate::span::TraceFuture;

/// Spawns the tasks of a `tokio::task::JoinSet` in the current trace.
///
/// ```
/// use tokio::task::JoinSet;
/// use trace_core::TraceJoinSet;
///
/// # async fn fetch(page: u32) {}
/// # async fn crawl() {
/// let mut pages = JoinSet::new();
/// for page in 0..3 {
///     pages.spawn_in_current_trace(fetch(page));
/// }
/// pages.join_all().await;
/// # }
/// ```
pub trait TraceJoinSet<T> {
    /// Like [`JoinSet::spawn`], but the task runs below the current span.
    ///
    /// # Cancel safety
    ///
    /// The set aborts its tasks when it is dropped. An aborted task drops its future in the
    /// trace; spans that are open in the future end as cancelled.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    fn spawn_in_current_trace<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send;

    /// Like [`JoinSet::spawn_blocking`], but the closure runs below the current span.
    ///
    /// # Cancel safety
    ///
    /// A closure that has begun cannot be aborted; the trace stays open until it returns. A
    /// closure that has not begun is dropped and no longer keeps the trace open.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    fn spawn_blocking_in_current_trace<F>(&mut self, body: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send;
}

impl<T: 'static> TraceJoinSet<T> for JoinSet<T> {
    #[track_caller]
    fn spawn_in_current_trace<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn(future.in_current_trace())
    }

    #[track_caller]
    fn spawn_blocking_in_current_trace<F>(&mut self, body: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let mut scope = IfRecording::from_fn(Scope::capture);
        self.spawn_blocking(move || {
            let _entered = scope.get_mut().map(Scope::enter);
            body()
        })
    }
}
