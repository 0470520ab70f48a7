//! Tests that wait until nothing is open.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc;
use std::time::Duration;

use expect_test::{Expect, expect};
use futures_util::FutureExt;
use trace_core::testing::TestTracer;
use trace_core::{
    AlwaysOff, Carried, TraceFuture, assert_trace, span, trace, trace_root, traced, traced_test,
};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

#[traced]
async fn step() {}

#[trace_root]
async fn job() {
    tokio::time::sleep(SHORT).await;
    step().await;
}

async fn settled() {
    TestTracer::current().settled(LONG).await;
}

/// Waits without success. Compares the message and its place.
async fn check_open(expected: Expect) {
    let settled = TestTracer::current().settled(SHORT);
    let failure = AssertUnwindSafe(settled).catch_unwind().await.unwrap_err();
    let message = failure.downcast::<String>().unwrap();
    let (what, place) = message.split_once("; awaited at ").unwrap();
    expected.assert_eq(&format!("{what}\n"));
    assert!(place.contains("settled.rs"), "{place}");
}

#[traced_test]
async fn where_nothing_is_open_it_is_settled() {
    settled().await;
    step().await;
    settled().await;
    assert_trace!(trace!(), "step");
}

#[traced_test]
async fn tasks_that_have_not_begun_are_waited_for() {
    // Nothing was recorded yet. Only the task has the trace.
    trace_core::spawn(async {
        tokio::time::sleep(SHORT).await;
        step().await;
    });
    settled().await;
    assert_trace!(trace!(), "step");
}

#[traced_test]
async fn a_root_that_has_not_begun_in_a_task_of_tokios_is_waited_for() {
    tokio::spawn(job());
    settled().await;
    assert_trace!(trace!(), "job\n└─ step");
}

#[traced_test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_in_its_first_poll_on_another_thread_is_waited_for() {
    let (sender, begun) = tokio::sync::oneshot::channel();
    tokio::spawn(async {
        let root = trace_core::root("blocks");
        root.run_sync(|| {
            sender.send(()).unwrap();
            std::thread::sleep(SHORT);
            span::in_span("late", || {});
        });
    });
    begun.await.unwrap();
    settled().await;
    assert_trace!(trace!(), "blocks\n└─ late");
}

#[traced_test]
async fn spans_that_are_held_and_messages_are_waited_for() {
    let (held, message) = (span::start("held"), Carried::new(()));
    let root = trace_core::root("root").start();
    std::thread::Builder::new()
        .spawn(move || {
            std::thread::sleep(SHORT);
            held.end();
            std::thread::sleep(SHORT);
            message.run_sync(|()| span::in_span("message", || {}));
            std::thread::sleep(SHORT);
            root.end();
        })
        .unwrap();
    settled().await;
    let spans = TestTracer::current().spans();
    let mut names: Vec<_> = spans.iter().map(|span| &*span.operation_name).collect();
    names.sort_unstable();
    assert_eq!(names, ["held", "message", "root"]);
}

#[traced]
fn later() -> impl Future<Output = ()> + Send {
    std::future::ready(())
}

#[traced_test]
async fn a_returned_future_is_waited_for_until_it_is_dropped() {
    let (polled, dropped) = (later(), later());
    check_open(expect![[r#"
        not settled after 50ms: 2 spans in the trace of `a_returned_future_is_waited_for_until_it_is_dropped` still open
    "#]])
    .await;
    tokio::spawn(async move {
        tokio::time::sleep(SHORT).await;
        polled.await;
        tokio::time::sleep(SHORT).await;
        drop(dropped);
    });
    settled().await;
    assert_trace!(trace!(), "later");
}

#[traced_test]
async fn a_span_that_ends_in_a_message_is_waited_for() {
    let root = trace_core::root("root").run_sync(|| Carried::new(span::start("held")));
    let thread = std::thread::Builder::new().spawn(move || {
        std::thread::sleep(SHORT);
        root.run_sync(|held| held.end());
    });
    settled().await;
    thread.unwrap().join().unwrap();
    assert_trace!(trace!(), "root\n└─ held");
}

#[traced_test]
async fn what_surrounds_it_is_not_waited_for() {
    async {
        trace_core::spawn(step());
        trace_core::root("other").run(settled()).await;
        span::in_span("between", || {});
        settled().in_current_trace().await;
        settled().in_span("inner").await;
    }
    .in_span("outer")
    .await;
    trace_core::root("last").run(settled()).await;
}

#[traced_test]
async fn what_is_open_is_said() {
    let _servers: Vec<_> = (0..2)
        .map(|_| tokio::spawn(trace_core::root("serve").run(std::future::pending::<()>())))
        .collect();
    let task = trace_core::spawn(std::future::pending::<()>());
    let held = span::start("held");
    check_open(expect![[r#"
        not settled after 50ms: 2 traces of `serve`, 1 task or message in the trace of `what_is_open_is_said`, 1 span in the trace of `what_is_open_is_said` still open
    "#]])
    .await;
    held.end();
    task.abort();
    check_open(expect![[r#"
        not settled after 50ms: 2 traces of `serve` still open
    "#]])
    .await;
}

#[test]
fn without_a_test_of_its_own_it_waits_with_any_executor() {
    let test = TestTracer::new();
    let root = test.root("root").start();
    let task = test.attach_sync(|| Carried::new(()));
    std::thread::scope(|threads| {
        threads.spawn(move || {
            std::thread::sleep(SHORT);
            root.end();
            std::thread::sleep(SHORT);
            task.run_sync(|()| trace_core::root("carried").run_sync(|| {}));
        });
        futures_util::future::FutureExt::boxed(test.settled(LONG)).block();
    });
    assert_eq!(test.traces().len(), 2);
}

/// A minimal executor that blocks the thread.
trait Block {
    fn block(self);
}

impl<F: Future<Output = ()> + Unpin> Block for F {
    fn block(mut self) {
        struct Signal(mpsc::Sender<()>);
        impl std::task::Wake for Signal {
            fn wake(self: std::sync::Arc<Self>) {
                let _ = self.0.send(());
            }
        }
        let (sender, woken) = mpsc::channel();
        let waker = std::sync::Arc::new(Signal(sender)).into();
        let mut context = std::task::Context::from_waker(&waker);
        while self.poll_unpin(&mut context).is_pending() {
            woken.recv_timeout(LONG).unwrap();
        }
    }
}

#[traced_test]
#[tokio::test(start_paused = true)]
async fn a_paused_clock_goes_on_for_what_is_open_alone() {
    let start = tokio::time::Instant::now();
    tokio::spawn(tokio::time::sleep(LONG));
    settled().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    trace_core::spawn(tokio::time::sleep(60 * LONG));
    settled().await;
    assert!(start.elapsed() >= 60 * LONG);
}

#[test]
fn no_time_is_one_look_and_refused_traces_are_not_waited_for() {
    let test = TestTracer::new();
    assert!(test.settled(Duration::ZERO).now_or_never().is_some());
    let refusing = TestTracer::with("test", |builder| builder.sampler(AlwaysOff));
    let root = refusing.root("root").start();
    assert!(refusing.settled(Duration::ZERO).now_or_never().is_some());
    root.end();
}

#[test]
fn the_tracer_of_a_test_can_be_given_away() {
    let test = TestTracer::new();
    let tracer: trace_core::Tracer = test.tracer();
    tracer.root("given").run_sync(|| {});
    assert_trace!(test.trace(), "given");
    drop(test);
    tracer.root("late").run_sync(|| {});
}
