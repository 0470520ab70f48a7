//! Calls that a function makes for the future that it returns.

use super::*;

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
