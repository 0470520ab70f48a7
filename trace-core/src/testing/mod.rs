//! Tests of what is traced: a tracer for each test, and trees to compare with.
//!
//! ```
//! # mod shop {
//! # use trace_core::{trace_root, traced};
//! # #[traced]
//! # async fn charge(card: &str) -> Result<(), String> {
//! #     Err(format!("card {card}"))
//! # }
//! # #[trace_root]
//! # pub async fn checkout(card: &str) -> Result<(), String> {
//! #     charge(card).await
//! # }
//! use trace_core::{assert_trace, trace, traced_test};
//!
//! #[traced_test]
//! async fn a_declined_card_is_an_error() {
//!     let _ = checkout("declined").await;
//!     assert_trace!(trace!(), r#"
//!         checkout    error: card declined
//!         └─ charge   error: card declined
//!     "#);
//! }
//! # }
//! ```
//!
//! [`#[traced_test]`](crate::traced_test) runs the body, async or not, with a
//! [`TestTracer`] of its own, so that tests run in parallel and need no global
//! tracer. [`trace!`](crate::trace) is the trace that was recorded so far, and
//! [`assert_trace!`](crate::assert_trace) compares its tree. A test that fails
//! prints its traces. To have another runtime than one of a single thread, write the
//! attribute above `#[tokio::test(flavor = "multi_thread")]`; for a sampler, limits or a
//! clock, or without the attribute, make a [`TestTracer`] and attach it.
//!
//! # What is recorded in a traced test
//!
//! A root, such as a `#[trace_root]` function, begins a trace of its own, as always.
//! A `#[traced]` function that the body calls outside any root would not be
//! recorded in production, but a test of just this function wants to see it: such
//! spans belong to a trace of the test itself. If there is one, it is the root; if
//! there are several, they hang below a root named after the test. The body is no
//! span: tags and logs that it adds outside a traced function go nowhere.
//!
//! ```
//! # use trace_core::{assert_trace, span, testing::TestTracer, trace};
//! # trace_core::testing::__run_sync("both_steps", || {
//! // In a test `both_steps`, where `reserve` and `charge` are `#[traced]`:
//! # let reserve = || span::in_span("reserve", || {});
//! # let charge = || span::in_span("charge", || {});
//! reserve();
//! assert_trace!(trace!(), "reserve");
//! charge();
//! assert_trace!(trace!(), r#"
//!     both_steps
//!     ├─ reserve
//!     └─ charge
//! "#);
//! # });
//! ```
//!
//! Tasks belong to the test if they go on with a trace ([`spawn`](crate::spawn),
//! [`in_current_trace`](crate::TraceFuture::in_current_trace)). What a root or a
//! spawned task records is seen when it has ended, or has called `trace!()` itself:
//! [`TestTracer::settled`] waits for that.
//!
//! # Servers and tasks of the code under test
//!
//! What the code under test spawns by `tokio::spawn` inherits no span, as always: a
//! `#[traced]` function in there is not recorded. But roots that begin in it are the
//! test's, on all threads of the test's runtime: in its tasks, in those that these spawn
//! (as a server does for each connection), and in `tokio::task::spawn_blocking`.
//!
//! ```
//! # mod shop {
//! use std::time::Duration;
//! use tokio::sync::mpsc;
//! use trace_core::testing::TestTracer;
//! use trace_core::{assert_trace, trace_root, traced, traced_test};
//!
//! #[traced]
//! async fn query() {}
//!
//! #[trace_root("GET /orders")]
//! async fn handle(_request: u32) {
//!     query().await;
//! }
//!
//! async fn serve(mut requests: mpsc::Receiver<u32>) {
//!     while let Some(request) = requests.recv().await {
//!         tokio::spawn(handle(request));
//!     }
//! }
//!
//! #[traced_test]
//! async fn a_request_is_traced() {
//!     let (sender, requests) = mpsc::channel(1);
//!     tokio::spawn(serve(requests));
//!     sender.send(7).await.unwrap();
//!
//!     let test = TestTracer::current();
//!     test.settled(Duration::from_secs(5)).await;
//!     assert_trace!(test.trace_of("GET /orders"), r#"
//!         GET /orders
//!         └─ query
//!     "#);
//! }
//! # }
//! ```
//!
//! That is so in the runtime of a bare `#[traced_test]` and in that of a
//! `#[tokio::test(..)]` below it. It is not on threads of a runtime that the code under
//! test builds itself, in one of another attribute (`#[sqlx::test]`, `#[tokio::test]`
//! above `#[traced_test]`), nor on threads of the code's own: give them the
//! [`tracer`](TestTracer::tracer) and [`attach`](crate::Tracer::attach) it to what they
//! run.
//!
//! # Time and ids
//!
//! A test's ids are 1, 2, 3 and so on. Its time begins at 2000-01-01 and, with the
//! feature `tokio`, follows tokio's clock, so that `#[tokio::test(start_paused =
//! true)]` makes durations exact. Without the feature it is the system's.

mod assert_trace;
mod recorded;
mod run;
mod settled;
mod test_output;
mod test_trace;
mod test_tracer;

#[doc(hidden)]
pub use assert_trace::{__assert_no_orphans, __assert_trace};
#[doc(hidden)]
#[cfg(feature = "tokio")]
pub use run::__run_tokio;
#[doc(hidden)]
pub use run::{__run_async, __run_sync, __within};
pub use settled::Settled;
pub use test_output::TestOutput;
pub use test_tracer::TestTracer;

/// Returns the one [`Trace`](crate::Trace) of the running test, with every span that
/// has ended and whose task has handed it over.
///
/// The test is found through the context that travels with the code: also after an
/// `.await` on another thread, and in tasks that go on with the trace. Another
/// tracer's trace is `trace!(tracer)`. Of several traces none is *the* trace: see
/// [`TestTracer::traces`].
///
/// # Panics
///
/// When there is no trace, or more than one, with a list of them; and outside a
/// test.
///
/// ```
/// use trace_core::testing::TestTracer;
/// use trace_core::trace;
///
/// let tracer = TestTracer::new();
/// tracer.root("checkout").run_sync(|| {});
/// assert_eq!(trace!(tracer).root().unwrap().operation_name, "checkout");
///
/// tracer.attach_sync(|| assert_eq!(trace!().len(), 1));
/// ```
#[macro_export]
macro_rules! trace {
    () => {
        $crate::testing::TestTracer::current().trace()
    };
    ($tracer:expr $(,)?) => {
        $tracer.trace()
    };
}

/// Asserts that a [`Trace`](crate::Trace) has this tree.
///
/// The tree is the one of [`TreeOptions::compact`](crate::TreeOptions::compact):
/// operation names, then what went wrong. The indentation that all lines have in
/// common, the width of gaps, spaces at the ends of lines and empty lines do not
/// matter. The trace may be borrowed or in an `Arc`.
///
/// A tag is compared, on every span that has it, if the expected text names its key
/// anywhere as `key=`.
///
/// ```
/// use trace_core::testing::TestTracer;
/// use trace_core::{assert_trace, span};
///
/// let tracer = TestTracer::new();
/// tracer.root("checkout").tag("order.id", 42).run_sync(|| {
///     span::in_span("charge", || span::record_error("card declined"));
/// });
/// assert_trace!(tracer.trace(), r#"
///     checkout
///     └─ charge  error: card declined
/// "#);
/// assert_trace!(tracer.trace(), r#"
///     checkout   order.id=42
///     └─ charge  error: card declined
/// "#);
/// ```
///
/// # Panics
///
/// When the trees differ, with their differences and the actual tree:
///
/// ```
/// # use trace_core::testing::TestTracer;
/// # use trace_core::{assert_trace, span};
/// # let tracer = TestTracer::new();
/// # tracer.root("checkout").run_sync(|| {
/// #     span::in_span("charge", || span::record_error("card declined"));
/// # });
/// # let failure = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
/// assert_trace!(tracer.trace(), r#"
///     checkout
///     └─ charge
/// "#);
/// # }));
/// # let message = failure.unwrap_err().downcast::<String>().unwrap();
/// # assert_eq!(*message, MESSAGE.trim());
/// # const MESSAGE: &str =
/// # r#"
/// the trace differs from the expected tree (- expected, + actual):
///
///       checkout
///     - └─ charge
///     + └─ charge   error: card declined
///
/// the actual tree:
///
///     checkout
///     └─ charge   error: card declined
/// # "#;
/// ```
#[macro_export]
macro_rules! assert_trace {
    ($trace:expr, $expected:expr $(,)?) => {
        $crate::testing::__assert_trace(&$trace, &$expected)
    };
}

/// Asserts that no span of a [`Trace`](crate::Trace) has a parent that is missing.
///
/// A span that continues another process's trace has one.
///
/// # Panics
///
/// When there is such a span, with the tree.
///
/// ```
/// use trace_core::assert_no_orphans;
/// use trace_core::testing::TestTracer;
///
/// let tracer = TestTracer::new();
/// tracer.root("checkout").run_sync(|| {});
/// assert_no_orphans!(tracer.trace());
/// ```
#[macro_export]
macro_rules! assert_no_orphans {
    ($trace:expr $(,)?) => {
        $crate::testing::__assert_no_orphans(&$trace)
    };
}
