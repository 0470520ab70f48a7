//! Runs a `#[traced_test]`.

use std::future::poll_fn;
use std::pin::pin;

use super::test_output::TestOutput;
use super::test_tracer::TestTracer;
use crate::record::{InScope, entered};

/// Runs the body of a test that is not async.
#[doc(hidden)]
pub fn __run_sync<R: TestOutput>(name: &'static str, body: impl FnOnce() -> R) -> R {
    let test = Running::start(name);
    let output = {
        let mut scope = test.tracer.scope();
        let _entered = scope.enter();
        body()
    };
    test.end(output)
}

/// Runs the body of an async test that has no runtime.
#[doc(hidden)]
pub fn __run_async<F>(name: &'static str, body: F) -> F::Output
where
    F: Future<Output: TestOutput>,
{
    let test = Running::start(name);
    // The runtime ends first, and with it the tasks that are left.
    let output = block_on(test.run(body));
    test.end(output)
}

/// Runs the body of a test on the runtime that polls this.
#[doc(hidden)]
pub async fn __within<F>(name: &'static str, body: F) -> F::Output
where
    F: Future<Output: TestOutput>,
{
    let test = Running::start(name);
    let output = test.run(body).await;
    test.end(output)
}

/// A test that runs. If it does not come to its end, its traces are printed.
struct Running {
    name: &'static str,
    tracer: TestTracer,
    has_ended: bool,
}

impl Running {
    fn start(name: &'static str) -> Self {
        Self {
            name,
            tracer: TestTracer::of_test(name),
            has_ended: false,
        }
    }

    async fn run<F: Future>(&self, body: F) -> F::Output {
        let handing_over = async {
            let mut body = pin!(body);
            poll_fn(|cx| {
                let polled = body.as_mut().poll(cx);
                // What the body recorded can so be seen from other tasks.
                entered::hand_over_ended();
                polled
            })
            .await
        };
        InScope::new(|| self.tracer.scope(), handing_over).await
    }

    #[expect(clippy::print_stderr, reason = "the test harness captures it")]
    fn end<R: TestOutput>(mut self, output: R) -> R {
        self.has_ended = !output.is_failure();
        if self.has_ended {
            self.tracer.assert_conservation();
            let open = self.tracer.stats().open;
            if open > 0 {
                let name = self.name;
                eprintln!("note: spans of `{name}` that have not ended: {open}");
            }
        }
        output
    }
}

impl Drop for Running {
    #[expect(clippy::print_stderr, reason = "the test harness captures it")]
    fn drop(&mut self) {
        if !self.has_ended {
            eprint!("\ntraces of `{}`:\n\n{}\n", self.name, self.tracer.shown());
        }
    }
}

#[cfg(feature = "tokio")]
#[expect(clippy::panic, reason = "a test cannot go on without a runtime")]
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("failed to build a runtime: {error}"))
        .block_on(future)
}

#[cfg(not(feature = "tokio"))]
fn block_on<F: Future>(future: F) -> F::Output {
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
