//! Tests to which trace a future belongs. A function that is not `async` and returns a future
//! or a stream belongs to the trace of its call. An `async fn` belongs to the trace of its
//! first poll.

mod block_attributes;
mod inner_calls;

use std::pin::Pin;
use std::time::Duration;

use async_recursion::async_recursion;
use async_trait::async_trait;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use futures_util::stream::{self, BoxStream, LocalBoxStream};
use futures_util::{FutureExt, Stream, StreamExt, TryFuture, TryFutureExt, TryStream};
use trace_core::testing::TestTracer;
use trace_core::{
    AlwaysOff, Completion, TraceCollector, TraceFuture, assert_trace, span, trace_root, traced,
};

/// A tracer, and a collector of its traces.
struct Program {
    tracer: TestTracer,
    traces: TraceCollector,
}

impl Program {
    fn new() -> Self {
        let traces = TraceCollector::new();
        let tracer = TestTracer::with("test", |builder| builder.collector(traces.clone()));
        Self { tracer, traces }
    }

    /// Runs `body` as a root.
    fn root<R>(&self, name: &'static str, body: impl FnOnce() -> R) -> R {
        self.tracer.root(name).run_sync(body)
    }

    /// Delivers, and returns how many traces are complete.
    #[track_caller]
    fn completed(&self) -> usize {
        self.tracer.assert_conservation();
        let completed = self.traces.completed_traces();
        for trace in &completed {
            assert_eq!(trace.completion, Completion::Complete);
            assert_eq!(trace.late_spans, 0);
        }
        completed.len()
    }

    /// Compares the traces. Each must be complete, and no span may be open.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let completed = self.completed();
        assert_eq!(self.tracer.stats().open, 0);
        assert_eq!(self.traces.active_traces().len(), 0);
        let traces = self.tracer.traces();
        let trees = || traces.iter().map(ToString::to_string).collect::<String>();
        let counts = (traces.len(), completed);
        let all = expected.len();
        assert_eq!(counts, (all, all), "{}", trees());
        for (trace, expected) in traces.iter().zip(expected) {
            assert_trace!(trace, expected);
        }
    }
}

/// Runs a future that is ready at its first poll.
#[track_caller]
fn ready<F: Future>(future: F) -> F::Output {
    future.now_or_never().unwrap()
}

/// Calls a function below a root `called`. After that root has ended, polls the future below a
/// root `polled`. Returns the root of the only other span.
#[track_caller]
fn whose<F: Future>(call: impl FnOnce() -> F) -> String {
    let program = Program::new();
    let future = program.root("called", call);
    program.root("polled", || ready(future));
    assert_eq!(program.completed(), 2);
    assert_eq!(program.tracer.stats().open, 0);
    let spans = program.tracer.spans();
    let is_root = |name: &str| matches!(name, "called" | "polled");
    let mut found = spans.iter().filter(|span| !is_root(&span.operation_name));
    let (Some(span), None) = (found.next(), found.next()) else {
        panic!("expected one span beside the roots: {spans:#?}")
    };
    let parent = spans
        .iter()
        .find(|parent| Some(parent.span_id) == span.parent_span_id);
    let parent = parent.unwrap();
    assert_eq!(parent.trace_id, span.trace_id);
    parent.operation_name.to_string()
}

#[traced]
fn step() {}

#[traced(tags(count))]
fn rows(count: u32) -> impl Stream<Item = u32> {
    stream::iter(0..count).inspect(|_| step())
}

#[traced(tags(text))]
fn load(text: &str) -> impl Future<Output = usize> + use<> {
    let length = text.len();
    async move {
        step();
        length
    }
}

#[traced]
async fn asynchronous() {
    step();
}

#[trace_root]
fn handler() -> BoxStream<'static, u32> {
    Box::pin(stream::iter([1, 2]))
}

#[test]
fn a_stream_that_a_root_returns_is_of_its_trace_and_keeps_it_open() {
    let program = Program::new();
    let mut rows = program.root("request", || Box::pin(rows(2)));
    assert_eq!(program.completed(), 0);
    assert_eq!(ready(rows.next()), Some(0));
    assert_eq!(program.completed(), 0);
    assert_eq!(ready(rows.by_ref().collect::<Vec<_>>()), [1]);
    // The stream has ended but is not dropped yet.
    program.check(&[r"
        request
        └─ rows      count=2
           ├─ step
           └─ step
    "]);
    drop(rows);
    assert_eq!(program.completed(), 1);
}

#[test]
fn a_stream_that_is_dropped_half_way_is_cancelled_in_the_trace_of_its_call() {
    let program = Program::new();
    let mut rows = program.root("request", || Box::pin(rows(2)));
    program.root("other", || {
        assert_eq!(ready(rows.next()), Some(0));
        drop(rows);
    });
    program.check(&[
        r"
        request
        └─ rows      cancelled
           └─ step
        ",
        "other",
    ]);
}

#[test]
fn a_future_that_outlives_its_root_is_of_that() {
    let program = Program::new();
    let future = program.root("request", || load("abc"));
    assert_eq!(program.completed(), 0);
    assert_eq!(ready(future), 3);
    program.check(&[r"
        request
        └─ load      text=abc
           └─ step
    "]);
}

#[test]
fn the_root_below_which_a_future_is_polled_has_nothing_of_it() {
    let program = Program::new();
    let future = program.root("called", || load("abc"));
    program.root("polled", || {
        step();
        assert_eq!(ready(future), 3);
        step();
    });
    program.check(&[
        r"
        called
        └─ load    text=abc
           └─ step
        ",
        r"
        polled
        ├─ step
        └─ step
        ",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_is_spawned_with_the_future_is_of_the_trace_of_the_call() {
    let program = Program::new();
    let task = program.root("request", || {
        tokio::spawn(moved_to_another_thread("spawned"))
    });
    task.await.unwrap();
    let future = program.root("request", || load("thread"));
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| ready(future));
        assert_eq!(thread.join().unwrap(), 6);
    });
    program.check(&[
        r"
        request
        └─ moved_to_another_thread  name=spawned
           ├─ step
           └─ step
        ",
        r"
        request
        └─ load    text=thread
           └─ step
        ",
    ]);
}

#[traced(tags(name))]
fn moved_to_another_thread(name: &'static str) -> impl Future<Output = ()> + Send {
    async move {
        let _used = name;
        step();
        tokio::task::yield_now().await;
        step();
    }
}

#[test]
fn what_is_never_polled_makes_no_span_and_lets_the_trace_complete() {
    let program = Program::new();
    let (future, stream) = program.root("request", || (load("abc"), rows(2)));
    assert_eq!(program.completed(), 0);
    drop(future);
    assert_eq!(program.completed(), 0);
    drop(stream);
    program.check(&["request"]);
    let within = Program::new();
    within.root("request", || drop((load("abc"), rows(2))));
    within.check(&["request"]);
}

#[test]
fn dropped_elsewhere_without_a_poll_it_changes_nothing_there() {
    let program = Program::new();
    let future = program.root("called", || load("abc"));
    program.root("dropped", || {
        drop(future);
        step();
    });
    program.check(&["called", "dropped\n└─ step"]);
}

#[test]
fn the_parent_is_the_span_that_calls_also_when_it_has_ended() {
    let program = Program::new();
    program.root("request", || {
        let future = span::in_span("child", || load("a"));
        span::in_span("sibling", || ready(future));
    });
    let rows = program.root("request", || {
        ready(async { rows(1) }.in_span("asynchronous child"))
    });
    assert_eq!(ready(rows.collect::<Vec<_>>()), [0]);
    program.check(&[
        r"
        request
        ├─ child
        │  └─ load
        │     └─ step
        └─ sibling
        ",
        r"
        request
        └─ asynchronous child
           └─ rows
              └─ step
        ",
    ]);
}

#[test]
fn polled_where_it_is_called_it_is_as_an_async_function() {
    let program = Program::new();
    program.root("request", || {
        ready(load("a"));
        ready(async { asynchronous().await });
        ready(rows(0).collect::<Vec<_>>());
    });
    program.check(&[r"
        request
        ├─ load
        │  └─ step
        ├─ asynchronous
        │  └─ step
        └─ rows
    "]);
}

#[test]
fn called_where_nothing_records_it_is_of_the_trace_of_its_first_poll() {
    let program = Program::new();
    let (future, attached) = (load("a"), program.tracer.attach_sync(|| rows(1)));
    program.root("polled", || {
        ready(future);
        ready(attached.collect::<Vec<_>>());
    });
    assert_eq!(ready(load("recorded by nobody")), 18);
    program.check(&[r"
        polled
        ├─ load
        │  └─ step
        └─ rows
           └─ step
    "]);
}

#[test]
fn a_trace_that_is_not_sampled() {
    let program = Program::new();
    let off = TestTracer::with("off", |builder| builder.sampler(AlwaysOff));
    // Called in an unsampled root, and polled within it or after it has ended.
    let future = off.root("unsampled").run_sync(|| {
        ready(load("a"));
        load("b")
    });
    assert_eq!(ready(future), 1);
    assert_eq!(off.traces().len(), 0);
    assert_eq!(off.stats().open, 0);
    off.assert_conservation();
    // Called in a recorded root, and polled below one that is not recorded.
    let future = program.root("called", || load("c"));
    assert_eq!(off.root("unsampled").run_sync(|| ready(future)), 1);
    assert_eq!(off.traces().len(), 0);
    program.check(&[r"
        called
        └─ load    text=c
           └─ step
    "]);
    // Nothing is recorded at the call.
    let other = Program::new();
    let future = off.root("unsampled").run_sync(|| load("d"));
    other.root("polled", || ready(future));
    other.check(&[r"
        polled
        └─ load
           └─ step
    "]);
}

#[test]
fn another_tracer_is_the_one_of_the_call_too() {
    let (called, polled) = (Program::new(), Program::new());
    let future = called.root("called", || load("a"));
    polled.root("polled", || ready(future));
    called.check(&[r"
        called
        └─ load
           └─ step
    "]);
    polled.check(&["polled"]);
}

#[test]
fn roots_begin_their_own_trace_at_the_first_poll() {
    let program = Program::new();
    let future = program.root("called", handler);
    assert_eq!(program.completed(), 1);
    assert_eq!(program.root("polled", || ready(future.count())), 2);
    assert_eq!(program.completed(), 3);
    let spans = program.tracer.spans();
    let handler = spans.iter().find(|span| span.operation_name == "handler");
    assert_eq!(handler.unwrap().parent_span_id, None);
}

#[test]
fn tags_are_the_values_at_the_call() {
    let program = Program::new();
    let future = program.root("called", || {
        let text = "a text that is gone".to_owned();
        load(&text)
    });
    program.root("polled", || ready(future));
    program.check(&[
        r"
        called
        └─ load    text=a text that is gone
           └─ step
        ",
        "polled",
    ]);
}

#[traced]
fn boxed_block() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {})
}

#[traced]
fn boxed_early(early: bool) -> BoxFuture<'static, Result<(), String>> {
    if early {
        return Box::pin(async { Ok(()) });
    }
    std::future::ready(Ok(())).boxed()
}

#[traced]
fn boxed_local() -> LocalBoxFuture<'static, ()> {
    Box::pin(std::future::ready(()))
}

#[traced]
fn boxed_unpinned() -> Box<dyn Future<Output = ()> + Unpin> {
    Box::new(std::future::ready(()))
}

#[traced]
fn boxed_opaque() -> Pin<Box<impl Future<Output = ()>>> {
    Box::pin(async {})
}

#[traced]
fn results() -> impl TryFuture<Ok = u32, Error = String> {
    std::future::ready(Ok::<_, String>(1))
}

type Hidden = Pin<Box<dyn Future<Output = ()> + Send>>;

#[traced]
fn hidden() -> Hidden {
    let _before = ();
    Box::pin(async {})
}

#[test]
fn every_form_of_a_future_is_of_the_trace_of_its_call() {
    assert_eq!(whose(boxed_block), "called");
    assert_eq!(whose(|| boxed_early(true)), "called");
    assert_eq!(whose(|| boxed_early(false)), "called");
    assert_eq!(whose(boxed_local), "called");
    assert_eq!(whose(boxed_unpinned), "called");
    assert_eq!(whose(boxed_opaque), "called");
    assert_eq!(whose(|| TryFutureExt::into_future(results())), "called");
    assert_eq!(whose(hidden), "called");
}

#[traced]
fn boxed_items(early: bool) -> BoxStream<'static, u32> {
    if early {
        return stream::empty().boxed();
    }
    stream::iter([1]).boxed()
}

#[traced]
fn local_items() -> LocalBoxStream<'static, u32> {
    Box::pin(stream::iter([1]))
}

#[traced]
fn pinned_items() -> Pin<Box<dyn Stream<Item = u32> + Send>> {
    Box::pin(stream::iter([1]))
}

#[traced]
fn unpinned_items() -> Box<dyn Stream<Item = u32> + Unpin> {
    Box::new(stream::iter([1]))
}

#[traced]
fn result_items() -> impl TryStream<Item = Result<u32, String>, Ok = u32, Error = String> {
    stream::iter([Ok::<_, String>(1)])
}

#[test]
fn every_form_of_a_stream_is_of_the_trace_of_its_call() {
    assert_eq!(whose(|| boxed_items(true).count()), "called");
    assert_eq!(whose(|| boxed_items(false).count()), "called");
    assert_eq!(whose(|| local_items().count()), "called");
    assert_eq!(whose(|| pinned_items().count()), "called");
    assert_eq!(whose(|| unpinned_items().count()), "called");
    assert_eq!(whose(|| result_items().count()), "called");
}

#[test]
fn a_future_that_is_forgotten_keeps_nothing_but_its_trace_open() {
    let program = Program::new();
    let future = program.root("request", || load("a"));
    std::mem::forget(future);
    assert_eq!(program.completed(), 0);
    program.root("other", step);
    assert_eq!(program.completed(), 1);
    let report = program.tracer.shutdown(Duration::from_secs(10));
    assert!(report.is_complete, "{report:?}");
}
