//! Support for tests of traced code: each test has its own tracer, and compares traces with
//! expected trees.
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
//! [`#[traced_test]`](crate::traced_test) runs the body, async or not, with its own
//! [`TestTracer`]. So tests run in parallel and need no global tracer.
//! [`trace!`](crate::trace!) returns the trace that was recorded so far, and
//! [`assert_trace!`](crate::assert_trace) compares its tree. A test that fails prints its
//! traces. An async test gets a runtime with one thread. For another runtime, write the
//! attribute above `#[tokio::test(flavor = "multi_thread")]`. To set a sampler, limits or a
//! clock, or to test without the attribute, make a [`TestTracer`] and attach it.
//!
//! # What is recorded in a traced test
//!
//! A root, such as a `#[trace_root]` function, begins its own trace, as always. A `#[traced]`
//! function that the body calls outside of any root would not be recorded in production. But a
//! test of this function alone needs its span. So the span belongs to a trace of the test
//! itself. If there is one such span, it is the root. If there are several, they are children
//! of a root that is named after the test. The body itself has no span. So tags and logs that
//! it adds outside of a traced function are not recorded.
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
//! Tasks belong to the test if they continue a trace ([`spawn`](crate::spawn),
//! [`in_current_trace`](crate::TraceFuture::in_current_trace)). The test sees the spans of a
//! root or a spawned task after its end, or after it has called `trace!()` itself.
//! [`TestTracer::settled`] waits until they have ended.
//!
//! # Servers and tasks of the code under test
//!
//! A task that the code under test spawns with `tokio::spawn` inherits no span, as always. So
//! a `#[traced]` function in the task is not recorded. But roots in the task belong to the
//! test. This holds on all threads of the test's runtime: in tasks, in the tasks that they
//! spawn (such as one for each connection), and in `tokio::task::spawn_blocking`.
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
//! This holds in the runtime of `#[traced_test]` alone, and in the runtime of a
//! `#[tokio::test(..)]` below it. It does not hold in a runtime that the code under test
//! builds itself, or in the runtime of another attribute (`#[sqlx::test]`, or `#[tokio::test]`
//! above `#[traced_test]`). Nor does it hold on threads that the code starts. Pass the
//! [`tracer`](TestTracer::tracer) to such code, and [`attach`](crate::Tracer::attach) it to
//! the futures that run there.
//!
//! # Time and ids
//!
//! The ids of a test are 1, 2, 3 and so on. With the feature `tokio`, its time begins at
//! 2000-01-01 and follows tokio's clock. So `#[tokio::test(start_paused = true)]` makes
//! durations exact. Without the feature, a test uses the system's clock.

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

/// Returns the only [`Trace`](crate::Trace) of the running test. It contains every span that
/// has ended and that its task has handed over.
///
/// The macro finds the test through the context of the running code. So it also works after an
/// `.await` that resumes on another thread, and in tasks that continue the trace.
/// `trace!(tracer)` returns the trace of another tracer. For several traces, see
/// [`TestTracer::traces`].
///
/// # Panics
///
/// If there is no trace, if there are several, which the message lists, or outside of a test.
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
/// The tree is formatted with [`TreeOptions::compact`](crate::TreeOptions::compact), which
/// shows the names of operations and their failures. The comparison ignores empty lines,
/// trailing spaces, the width of gaps, and common indentation. The trace may be borrowed or in
/// an `Arc`.
///
/// If `key=` occurs anywhere in the expected text, the tag with this key is compared on every
/// span that has it.
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
/// If the trees differ. The message shows the differences and the actual tree:
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

/// Asserts that every parent of a span in a [`Trace`](crate::Trace) is also in the trace.
///
/// If a span continues a trace of another process, its parent is missing.
///
/// # Panics
///
/// If a parent is missing. The message shows the tree.
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
