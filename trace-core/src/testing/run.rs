//! Runs a `#[traced_test]` with its tracer, and with a runtime if the test has none.
//!
//! Generated code calls the functions with two underscores.

#[cfg(feature = "tokio")]
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use super::test_output::TestOutput;
use super::test_tracer::TestTracer;
#[cfg(feature = "tokio")]
use crate::record::OwnedEntered;
use crate::record::{InScope, entered};

/// Runs the body of a test that is not async.
#[doc(hidden)]
pub fn __run_sync<R: TestOutput>(name: &'static str, body: impl FnOnce() -> R) -> R {
    let test = RunningTest::start(name);
    let output = {
        let mut scope = test.tracer.body_scope();
        let _entered = scope.enter();
        body()
    };
    test.end(output)
}

/// Runs the body of an async test that has no runtime of its own, on one thread.
#[doc(hidden)]
pub fn __run_async<F>(name: &'static str, body: F) -> F::Output
where
    F: Future<Output: TestOutput>,
{
    run_on(&Runtime::default(), name, body)
}

/// Runs the body of a test on the runtime that its `#[tokio::test(..)]` describes. Zero
/// `worker_threads` means one for each processor.
#[cfg(feature = "tokio")]
#[doc(hidden)]
pub fn __run_tokio<F>(
    name: &'static str,
    is_multi_thread: bool,
    worker_threads: usize,
    start_paused: bool,
    body: F,
) -> F::Output
where
    F: Future<Output: TestOutput>,
{
    let runtime = Runtime {
        is_multi_thread,
        worker_threads,
        start_paused,
    };
    run_on(&runtime, name, body)
}

fn run_on<F>(runtime: &Runtime, name: &'static str, body: F) -> F::Output
where
    F: Future<Output: TestOutput>,
{
    let test = RunningTest::start(name);
    let output = {
        // A runtime without threads of its own runs its tasks on this thread.
        let _surrounding = test.tracer.surrounding_scope().enter_owned();
        // This also drops the runtime, and with it the tasks that still run, while the scope
        // is entered.
        runtime.block_on(&test.tracer, test.run(body))
    };
    test.end(output)
}

/// Runs the body of a test on the runtime that polls this.
///
/// # Cancel safety
///
/// If the future is dropped early, the test counts as failed, and its traces are printed.
#[doc(hidden)]
pub async fn __within<F>(name: &'static str, body: F) -> F::Output
where
    F: Future<Output: TestOutput>,
{
    let test = RunningTest::start(name);
    let output = test.run(body).await;
    test.end(output)
}

/// A running test. If it is dropped before it has passed, it prints its traces.
struct RunningTest {
    name: &'static str,
    tracer: TestTracer,
    /// The number of spans that were open when the body ended. The runtime cancels them when
    /// it ends, so they cannot be counted later.
    open: AtomicU64,
    /// Set if the body has ended without a failure.
    has_ended: bool,
}

impl RunningTest {
    fn start(name: &'static str) -> Self {
        Self {
            name,
            tracer: TestTracer::with_name(name),
            open: AtomicU64::new(0),
            has_ended: false,
        }
    }

    async fn run<F: Future>(&self, body: F) -> F::Output {
        let handing_over = async {
            let mut body = pin!(body);
            poll_fn(|cx| {
                let polled = body.as_mut().poll(cx);
                // Other tasks can then see the spans that the body has recorded.
                entered::hand_over_ended();
                polled
            })
            .await
        };
        let output = InScope::new(|| self.tracer.body_scope(), handing_over).await;
        // Relaxed: the load in `end` happens after this future has ended, on the same thread
        // or on a thread to which the executor has passed the result. The field is an atomic
        // only because the future has to be `Send`.
        self.open.store(self.tracer.open_spans(), Ordering::Relaxed);
        output
    }

    /// Ends the test. If the body has not failed, checks the counters and prints how many
    /// spans have not ended.
    #[expect(clippy::print_stderr, reason = "the test harness captures it")]
    fn end<R: TestOutput>(mut self, output: R) -> R {
        self.has_ended = !output.is_failure();
        if self.has_ended {
            self.tracer.assert_conservation();
            // Relaxed: the store in `run` happened before.
            let open = self.open.load(Ordering::Relaxed);
            let open = open.max(self.tracer.stats().open);
            if open > 0 {
                let name = self.name;
                eprintln!("note: spans of `{name}` that have not ended: {open}");
            }
        }
        output
    }
}

impl Drop for RunningTest {
    #[expect(clippy::print_stderr, reason = "the test harness captures it")]
    fn drop(&mut self) {
        if !self.has_ended {
            eprint!(
                "\ntraces of `{}`:\n\n{}\n",
                self.name,
                self.tracer.show_traces()
            );
        }
    }
}

/// The runtime of a test.
#[derive(Default)]
struct Runtime {
    #[cfg(feature = "tokio")]
    is_multi_thread: bool,
    #[cfg(feature = "tokio")]
    worker_threads: usize,
    #[cfg(feature = "tokio")]
    start_paused: bool,
}

#[cfg(feature = "tokio")]
thread_local! {
    /// The scope in which a thread of a test's runtime runs its tasks, so that roots in them
    /// belong to the test.
    static SURROUNDING: Cell<Option<OwnedEntered>> = const { Cell::new(None) };
}

#[cfg(feature = "tokio")]
impl Runtime {
    /// Builds the runtime, runs the future on it, and drops the runtime.
    #[expect(clippy::panic, reason = "a test cannot go on without a runtime")]
    fn block_on<F: Future>(&self, tracer: &TestTracer, future: F) -> F::Output {
        let mut builder = if self.is_multi_thread {
            tokio::runtime::Builder::new_multi_thread()
        } else {
            tokio::runtime::Builder::new_current_thread()
        };
        if self.worker_threads > 0 {
            builder.worker_threads(self.worker_threads);
        }
        if self.start_paused {
            builder.start_paused(true);
        }
        let surrounding = tracer.surrounding_scopes();
        builder
            .enable_all()
            .on_thread_start(move || SURROUNDING.set(Some(surrounding().enter_owned())))
            // Left here and not by a destructor: the thread may live longer than the test.
            .on_thread_stop(|| drop(SURROUNDING.take()))
            .build()
            .unwrap_or_else(|error| panic!("failed to build a runtime: {error}"))
            .block_on(future)
    }
}

#[cfg(not(feature = "tokio"))]
impl Runtime {
    #[expect(clippy::unused_self, reason = "the same with tokio")]
    fn block_on<F: Future>(&self, _tracer: &TestTracer, future: F) -> F::Output {
        park_on(future)
    }
}

/// Runs a future on this thread, which parks while the future is pending.
#[cfg(not(feature = "tokio"))]
fn park_on<F: Future>(future: F) -> F::Output {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake};
    use std::thread::Thread;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
