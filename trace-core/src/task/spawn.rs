//! Functions that spawn tokio tasks in the current trace, or in a linked one.

use std::borrow::Cow;

use tokio::task::JoinHandle;

use crate::record::{self, IfRecording, Scope};
use crate::span::TraceFuture;

/// Spawns a task in the current trace, below the current span.
///
/// ```
/// # async fn send_mail() {}
/// # async fn checkout() {
/// trace_core::spawn(send_mail());
/// # }
/// ```
///
/// The trace stays open until the task has ended, even if nothing awaits the task. If a task
/// runs forever, such as a server, spawn it with `tokio::spawn` instead. Without a trace, the
/// task keeps the current tracer if one is [attached](crate::Tracer::attach).
///
/// # Cancel safety
///
/// Dropping the handle detaches the task, which keeps running. An aborted task drops its
/// future in the trace; spans that are open in the future end as cancelled.
///
/// # Panics
///
/// If called outside a tokio runtime, like `tokio::spawn`.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.in_current_trace())
}

/// Runs a blocking closure on tokio's thread pool for blocking work, in the current trace and
/// below the current span.
///
/// # Cancel safety
///
/// Dropping the handle does not stop the closure, and a closure that has begun cannot be
/// aborted. The trace stays open until the closure returns. If the task is aborted before the
/// closure begins, the closure is dropped and no longer keeps the trace open.
///
/// # Panics
///
/// If called outside a tokio runtime, like `tokio::task::spawn_blocking`.
#[track_caller]
pub fn spawn_blocking<F, R>(body: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let mut scope = IfRecording::from_fn(Scope::capture);
    tokio::task::spawn_blocking(move || {
        let _entered = scope.get_mut().map(Scope::enter);
        body()
    })
}

/// Spawns a task with its own trace, whose root has a link to the current span.
///
/// Use it for work that a request causes but that is not part of the request, such as filling
/// a cache. The request's trace does not wait for this work. The root belongs to the current
/// tracer. If there is no current tracer, the task runs untraced. The future's output does not
/// affect the span.
///
/// # Cancel safety
///
/// Dropping the handle detaches the task, which keeps running. A task that is aborted before
/// its first poll records no span. A task that is aborted later drops its future within the
/// root, and the root ends as cancelled.
///
/// # Panics
///
/// If called outside a tokio runtime, like `tokio::spawn`.
#[track_caller]
pub fn spawn_linked<F>(
    operation_name: impl Into<Cow<'static, str>>,
    future: F,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if record::is_quiet() {
        return tokio::spawn(future.in_current_trace());
    }
    let mut root = crate::root::root(operation_name);
    if let Some(context) = record::current_context() {
        root = root.link(context);
    }
    // A new task has no current tracer, so the root carries the one that is current here.
    tokio::spawn(root.with_current_tracer().run(future))
}
