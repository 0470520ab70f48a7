//! Tests of the testing support: `#[traced_test]`, `TestTracer`, `assert_trace!`.

mod assertions;
mod settled;
mod spawned;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::testing::TestTracer;
use trace_core::{
    AlwaysOff, Limits, ManualClock, SpanKind, Timestamp, TraceFuture, assert_no_orphans,
    assert_trace, span, trace, trace_root, traced, traced_test,
};

struct Order {
    card: &'static str,
}

impl Order {
    fn with_card(card: &'static str) -> Self {
        Self { card }
    }
}

#[traced(tags(card = order.card))]
async fn charge(order: &Order) -> Result<(), String> {
    tokio::task::yield_now().await;
    match order.card {
        "declined" => Err("card declined".to_owned()),
        _ => Ok(()),
    }
}

#[trace_root]
async fn checkout(order: Order) -> Result<(), String> {
    charge(&order).await
}

/// Runs an assertion that must fail. Compares its message.
fn fails(assertion: impl FnOnce(), expected: Expect) {
    let failure = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    let message = match failure.downcast_ref::<String>() {
        Some(message) => message,
        None => *failure.downcast_ref::<&str>().unwrap(),
    };
    expected.assert_eq(&format!("{message}\n"));
}

#[expect(let_underscore_drop, reason = "as one writes it")]
#[traced_test]
async fn a_declined_card_is_an_error() {
    let _ = checkout(Order::with_card("declined")).await;
    assert_trace!(
        trace!(),
        r#"
        checkout    error: card declined
        └─ charge   error: card declined
    "#
    );
}

#[traced_test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_is_found_from_another_thread() -> Result<(), Box<dyn std::error::Error>> {
    checkout(Order::with_card("gold")).await?;
    let here = trace!();
    let task = async {
        tokio::task::yield_now().await;
        trace!()
    };
    assert_eq!(trace_core::spawn(task).await?, here);
    let blocking = trace_core::spawn_blocking(|| trace!());
    assert_eq!(blocking.await?, here);
    assert_trace!(
        here,
        "
        checkout
        └─ charge
    "
    );
    Ok(())
}

#[traced_test]
#[tokio::test(start_paused = true)]
async fn paused_time_makes_durations_exact() {
    async { tokio::time::sleep(Duration::from_secs(3)).await }
        .in_span("nap")
        .await;
    assert_eq!(trace!().duration(), Some(Duration::from_secs(3)));
}

#[traced_test]
fn a_function_without_a_root_is_seen() {
    assert!(!span::is_recording(), "the body is no span");
    span::add_tag("to", "nobody");
    span::in_span("first", || span::in_span("inner", || {}));
    assert_trace!(
        trace!(),
        "
        first
        └─ inner
    "
    );
    span::in_span("second", || {});
    assert_trace!(
        trace!(),
        "
        a_function_without_a_root_is_seen
        ├─ first
        │  └─ inner
        └─ second
    "
    );
    assert_no_orphans!(trace!());
    let [first, inner, second] = &TestTracer::current().spans()[..] else {
        panic!("three spans")
    };
    assert_eq!(first.parent_span_id, None);
    assert_eq!(inner.parent_span_id, Some(first.span_id));
    assert_eq!(second.parent_span_id, None);
}

#[traced_test]
async fn what_the_body_recorded_is_seen_from_its_tasks() {
    span::in_span("before", || {});
    trace_core::spawn(async { assert_trace!(trace!(), "before") })
        .await
        .unwrap();
}

#[traced_test]
async fn a_span_keeps_its_parent_over_an_await() {
    async {
        let parent = span::current_context().unwrap().span_id;
        async {
            tokio::task::yield_now().await;
            let context = span::current_context().unwrap();
            assert_eq!(context.parent_span_id, Some(parent));
        }
        .in_span("inner")
        .await;
    }
    .in_span("outer")
    .await;
}

#[traced_test]
async fn roots_are_traces_of_their_own() {
    checkout(Order::with_card("gold")).await.unwrap();
    span::in_span("audit", || {});
    assert_eq!(TestTracer::current().traces().len(), 2);
    fails(
        || drop(trace!()),
        expect![[r#"
            2 traces were recorded, expected one (`TestTracer::traces` returns all, `trace_of` the one of a root):

            checkout
            └─ charge

            audit

        "#]],
    );
}

#[traced_test]
fn a_trace_is_found_by_its_root() {
    let test = TestTracer::current();
    fails(
        || drop(test.trace_of("GET")),
        expect![[r#"
            no trace was recorded: nothing was traced; expected the test to run a `#[trace_root]` function or, in a `#[traced_test]`, a `#[traced]` one, and no `tokio::spawn` in between, which inherits nothing
        "#]],
    );
    trace_core::root("client").run_sync(|| {});
    trace_core::root("GET").run_sync(|| span::in_span("query", || {}));
    assert_trace!(test.trace_of("GET"), "GET\n└─ query");
    trace_core::root("GET").run_sync(|| {});
    fails(
        || drop(test.trace_of(String::from("GET"))),
        expect![[r#"
            2 traces begin with `GET`, expected one:

            GET
            └─ query

            GET

            client

        "#]],
    );
    fails(
        || drop(test.trace_of("PUT")),
        expect![[r#"
            0 traces begin with `PUT`, expected one:

            client

            GET
            └─ query

            GET

        "#]],
    );
}

#[test]
fn the_id_of_the_trace_is_there_where_a_trace_runs() {
    let id = || span::current_trace_id().map(|id| id.to_string());
    assert_eq!(id(), None);
    let test = TestTracer::new();
    let in_root = test.root("root").run_sync(id);
    assert_eq!(in_root, Some(test.trace().trace_id.to_string()));
    let refusing = TestTracer::with("test", |builder| builder.sampler(AlwaysOff));
    refusing.root("root").run_sync(|| {
        let context = span::current_context().unwrap();
        assert_eq!(id(), Some(context.trace_id.to_string()));
    });
    assert_eq!(refusing.attach_sync(id), None);
}

#[traced_test]
fn ids_and_times_repeat() {
    trace_core::root("first").run_sync(|| {});
    let trace = trace!();
    assert_eq!(trace.trace_id.to_string(), format!("{:032x}", 1));
    assert_eq!(
        trace.root().unwrap().span_id.to_string(),
        format!("{:016x}", 2)
    );
    let start = trace.start().unwrap() - Timestamp::from_unix_nanos(946_684_800_000_000_000);
    assert!(start < Duration::from_secs(3_600), "{start:?}");
}

#[test]
fn tests_that_run_at_once_do_not_see_each_other() {
    let barrier = Barrier::new(4);
    let test = |thread: i64| {
        trace_core::testing::__run_async("one_of_many", async {
            for _ in 0..50 {
                let work = async {
                    span::add_tag("thread", thread);
                    tokio::task::yield_now().await;
                    span::in_span("child", || {});
                };
                trace_core::root("root").run(work).await;
                barrier.wait();
            }
            let traces = TestTracer::current().traces();
            assert_eq!(traces.len(), 50);
            for trace in traces {
                let tag = trace.root().unwrap().tag("thread").unwrap();
                assert_eq!((trace.len(), tag.as_i64()), (2, Some(thread)));
            }
        });
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let test = &test;
            scope.spawn(move || test(thread));
        }
    });
}

#[test]
fn a_tracer_takes_options() {
    let clock = ManualClock::starting_at(Timestamp::default());
    let limits = Limits {
        max_tags: 1,
        ..Limits::default()
    };
    let tracer = TestTracer::with("shop", |builder| builder.clock(&clock).limits(limits));
    tracer
        .root("checkout")
        .kind(SpanKind::Server)
        .tag("a", 1)
        .tag("b", 2)
        .run_sync(|| clock.advance(Duration::from_millis(5)));
    let trace = trace!(tracer);
    let root = trace.root().unwrap();
    assert_eq!(root.duration(), Duration::from_millis(5));
    assert_eq!((root.tags.len(), root.dropped.tags), (1, 1));
    assert_eq!(&*root.service_name, "shop");
    tracer.assert_conservation();
}

/// Fails if the parent process requests it.
#[traced_test]
#[tokio::test(start_paused = true)]
async fn in_a_child() -> Result<(), String> {
    #[expect(clippy::disallowed_methods, reason = "the tests below set it")]
    let failure = std::env::var("FAILURE").unwrap_or_default();
    let card = match &*failure {
        "" => "gold",
        _ => "declined",
    };
    let forever = trace_core::spawn(std::future::pending::<()>().in_span("forever"));
    let paid = checkout(Order::with_card(card)).await;
    assert!(!forever.is_finished());
    assert_ne!(failure, "panic", "on purpose");
    paid
}

/// Runs [`in_a_child`]. Returns its output about its traces.
fn written_in_a_child(failure: &str) -> String {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "testing::in_a_child", "--nocapture"])
        .env("FAILURE", failure)
        .output()
        .unwrap();
    assert_eq!(output.status.success(), failure.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    let start = text.find("traces of").or(text.find("note: spans"));
    text[start.unwrap()..].to_owned()
}

#[test]
fn a_test_that_fails_prints_its_traces() {
    let written = written_in_a_child("panic");
    expect![[r#"
            traces of `in_a_child`:

            checkout (test)    0 ns  ████████████████████  100%  error: card declined
            │  error.type = alloc::string::String
            └─ charge (test)   0 ns  ████████████████████  100%  error: card declined
                  card = declined
                  error.type = alloc::string::String
                  +0 ns  exception  exception.type=alloc::string::String  exception.message=card declined

            forever (test)   0 ns  ████████████████████  100%  cancelled
               cancelled = true

        "#]]
    .assert_eq(&written);
    let with_error = format!("{written}Error: \"card declined\"\n");
    assert_eq!(written_in_a_child("error"), with_error);
}

#[test]
fn a_test_that_passes_says_what_has_not_ended() {
    expect![[r#"
        note: spans of `in_a_child` that have not ended: 1
    "#]]
    .assert_eq(&written_in_a_child(""));
}
