//! Spawns tasks that go on with the trace.

use std::borrow::Cow;

use tokio::task::JoinHandle;

use crate::record::{self, IfRecording, Scope};
use crate::span::TraceFuture;

/// Spawns a task that goes on with the current trace, below the current span.
///
/// ```
/// # async fn send_mail() {}
/// # async fn checkout() {
/// trace_core::spawn(send_mail());
/// # }
/// ```
///
/// The trace is open until the task has ended, also if nobody waits for it: what is to run
/// for ever, as a server, is spawned by `tokio::spawn`. Where no trace runs, the task goes on
/// with the tracer that is current, if one is [attached](crate::Tracer::attach).
///
/// # Panics
///
/// Outside a tokio runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.in_current_trace())
}

/// Runs a closure that may block on a thread of its own, in the current trace and
/// below the current span.
///
/// # Panics
///
/// Outside a tokio runtime, as `tokio::task::spawn_blocking` does.
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

/// Spawns a task with a trace of its own, whose root has a link to the current
/// span.
///
/// For work that is caused by a request and is not a part of it, such as filling a
/// cache: the request's trace does not wait for it. The tracer is the current one;
/// without any, the task runs untraced. What the future returns is not looked at.
///
/// # Panics
///
/// Outside a tokio runtime, as `tokio::spawn` does.
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
    // The task's own surroundings are empty: it takes the tracer along.
    tokio::spawn(root.with_current_tracer().run(future))
}
