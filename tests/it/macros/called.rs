//! Tests to which trace a future belongs. A function that is not `async` and returns a future
//! or a stream belongs to the trace of its call. An `async fn` belongs to the trace of its
//! first poll.

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

struct Shop;

trait Sells {
    fn items(&self) -> impl Future<Output = u32>;
    async fn awaited(&self) -> u32;
}

#[traced]
impl Shop {
    fn later(&self) -> impl Future<Output = u32> + use<> {
        async { 1 }
    }
    fn boxed(&self) -> BoxFuture<'_, u32> {
        Box::pin(async { 1 })
    }
    fn rows() -> BoxStream<'static, u32> {
        stream::iter([1]).boxed()
    }
    async fn awaited(&self) -> u32 {
        1
    }
}

#[traced]
impl Sells for Shop {
    fn items(&self) -> impl Future<Output = u32> {
        std::future::ready(1)
    }
    async fn awaited(&self) -> u32 {
        1
    }
}

#[test]
fn functions_of_a_block_are_as_if_each_had_the_attribute() {
    assert_eq!(whose(|| Shop.later()), "called");
    assert_eq!(whose(|| Shop.boxed()), "called");
    assert_eq!(whose(|| Shop::rows().count()), "called");
    assert_eq!(whose(|| Shop.awaited()), "polled");
    assert_eq!(whose(|| Sells::items(&Shop)), "called");
    assert_eq!(whose(|| Sells::awaited(&Shop)), "polled");
}

#[traced]
#[must_use]
async fn stays_async() {}

#[test]
fn an_async_function_is_of_the_trace_of_its_first_poll() {
    assert_eq!(whose(|| awaits_nothing(1)), "polled");
    assert_eq!(whose(stays_async), "polled");
    assert_eq!(whose(|| Box::pin(awaits_nothing(1))), "polled");
}

#[traced(tags(value))]
async fn awaits_nothing(value: u32) {}

#[async_trait]
trait Store {
    async fn load(&self, id: u32, text: &str) -> Result<u32, String>;
    async fn fixed() -> u32
    where
        Self: Sized;
    async fn unit(self: Box<Self>);
    async fn generic<'a, T: Send + Sync>(&self, value: &'a T) -> &'a T
    where
        Self: Sized;
    #[traced]
    async fn by_default(&self) -> u32 {
        1
    }
    #[traced]
    fn hand_made(&self) -> BoxFuture<'_, u32> {
        Box::pin(async { 1 })
    }
}

struct EachFunction;
struct BlockAbove;
struct BlockBelow;

/// The functions of [`Store`], with an attribute for each.
macro_rules! store {
    ($(#[$block:meta])* $ty:ty, $(#[$function:meta])*) => {
        $(#[$block])*
        impl Store for $ty {
            $(#[$function])*
            async fn load(&self, id: u32, text: &str) -> Result<u32, String> {
                if id == 0 {
                    return Err(text.to_owned());
                }
                Ok(id)
            }
            $(#[$function])*
            async fn fixed() -> u32 {
                1
            }
            $(#[$function])*
            async fn unit(self: Box<Self>) {}
            $(#[$function])*
            async fn generic<'a, T: Send + Sync>(&self, value: &'a T) -> &'a T {
                value
            }
        }
    };
}

store!(#[async_trait] EachFunction, #[traced]);
store!(
    #[traced]
    #[async_trait]
    BlockAbove,
);
store!(
    #[async_trait]
    #[traced]
    BlockBelow,
);

#[test]
fn functions_of_async_trait_are_of_the_trace_of_their_first_poll() {
    #[track_caller]
    fn check<S: Store + Sync>(store: fn() -> S) {
        let shared = store();
        assert_eq!(whose(|| shared.load(1, "a")), "polled");
        assert_eq!(whose(|| shared.load(0, "a")), "polled");
        assert_eq!(whose(|| S::fixed()), "polled");
        assert_eq!(whose(|| Box::new(store()).unit()), "polled");
        assert_eq!(whose(|| shared.generic(&1)), "polled");
        assert_eq!(whose(|| shared.by_default()), "polled");
        assert_eq!(whose(|| shared.hand_made()), "called");
    }
    check(|| EachFunction);
    check(|| BlockAbove);
    check(|| BlockBelow);
}

#[async_trait(?Send)]
trait Local {
    #[traced(tags(text))]
    async fn load(&self, text: &str) -> u32 {
        *std::rc::Rc::new(1)
    }
    #[traced]
    async fn fixed()
    where
        Self: Sized,
    {
    }
}

impl Local for Shop {}

#[test]
fn the_same_without_send() {
    assert_eq!(whose(|| Local::load(&Shop, "a")), "polled");
    assert_eq!(whose(<Shop as Local>::fixed), "polled");
}

#[traced]
#[async_recursion]
async fn recursive_below(n: u32) -> u32 {
    if n == 0 {
        return 1;
    }
    recursive_below(n - 1).await
}

#[async_recursion]
#[traced]
async fn recursive_above(n: u32) -> u32 {
    if n == 0 {
        return 1;
    }
    recursive_above(n - 1).await
}

#[async_recursion(?Send)]
#[traced]
async fn recursive_without_arguments() {
    if false {
        recursive_without_arguments().await;
    }
}

impl Shop {
    #[async_recursion]
    #[traced(tags(text))]
    async fn recursive<T: Send + Sync>(&self, text: &str, value: T) -> usize {
        if text.is_empty() {
            return size_of_val(&value);
        }
        self.recursive("", value).await
    }
}

#[test]
fn functions_of_async_recursion_are_of_the_trace_of_their_first_poll() {
    assert_eq!(whose(|| recursive_below(0)), "polled");
    assert_eq!(whose(|| recursive_above(0)), "polled");
    assert_eq!(whose(recursive_without_arguments), "polled");
    assert_eq!(whose(|| Shop.recursive("", 1)), "polled");
}

// A path that begins with `::` does not by itself indicate an attribute.
#[traced]
fn written_with_a_whole_path() -> ::core::pin::Pin<Box<dyn Future<Output = ()>>> {
    let _before = ();
    Box::pin(async {})
}

#[test]
fn a_function_that_does_something_at_the_call_is_not_async() {
    assert_eq!(whose(written_with_a_whole_path), "called");
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

#[traced]
fn delegates() -> BoxFuture<'static, usize> {
    load("a").boxed()
}

#[traced]
fn delegates_early(text: &str) -> impl Future<Output = Result<usize, String>> + use<> {
    if text.is_empty() {
        return load("b").map(Ok).left_future();
    }
    std::future::ready(Err("none".to_owned())).right_future()
}

/// Like the layers of a service.
#[traced]
fn layer() -> BoxFuture<'static, usize> {
    let inner = delegates();
    Box::pin(async move { inner.await + load("c").await })
}

#[traced]
fn all_rows() -> BoxStream<'static, u32> {
    rows(1).chain(rows(2)).boxed()
}

#[trace_root]
fn root_layer() -> BoxFuture<'static, usize> {
    load("d").boxed()
}

#[test]
fn what_is_called_for_a_future_is_below_its_span() {
    let program = Program::new();
    let (future, early) = program.root("request", || (layer(), delegates_early("")));
    assert_eq!(ready(future), 2);
    assert_eq!(ready(early), Ok(1));
    let stream = program.root("stream", all_rows);
    assert_eq!(program.root("polled", || ready(stream.count())), 3);
    program.check(&[
        r"
        request
        ├─ layer
        │  ├─ delegates
        │  │  └─ load        text=a
        │  │     └─ step
        │  └─ load           text=c
        │     └─ step
        └─ delegates_early
           └─ load           text=b
              └─ step
        ",
        r"
        stream
        └─ all_rows
           ├─ rows     count=1
           │  └─ step
           └─ rows     count=2
              ├─ step
              └─ step
        ",
        "polled",
    ]);
    let program = Program::new();
    let future = program.root("called", root_layer);
    assert_eq!(ready(program.tracer.attach(future)), 1);
    program.check(&["called", "root_layer\n└─ load\n   └─ step"]);
}

#[traced]
fn panics(text: &str) -> BoxFuture<'static, ()> {
    assert!(text.is_empty(), "a panic at the call");
    Box::pin(async {})
}

#[test]
fn a_panic_at_the_call_leaves_nothing_behind() {
    let program = Program::new();
    let future = program.root("request", || {
        std::panic::catch_unwind(|| drop(panics("a"))).unwrap_err();
        load("a")
    });
    assert_eq!(ready(future), 1);
    program.check(&[r"
        request
        └─ load
           └─ step
    "]);
}

#[traced]
fn response() -> impl Future<Output = BoxStream<'static, u32>> {
    let events = rows(1).boxed();
    async move { events }
}

#[test]
fn what_is_called_for_a_future_and_handed_on_by_it_is_of_the_same_trace() {
    let program = Program::new();
    let body = program.root("request", || ready(response()));
    assert_eq!(ready(body.count()), 1);
    program.check(&[r"
        request
        ├─ response
        └─ rows
           └─ step
    "]);
}
