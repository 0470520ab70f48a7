//! Tests of recording: parents, outcomes, tags, and spans that move.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::{
    Clock, IdGenerator, ManualClock, MemoryCollector, Outcome, Status, Timestamp, TraceFuture,
    Tracer, display, span,
};

fn tracer() -> (Tracer, MemoryCollector) {
    let spans = MemoryCollector::new();
    let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(1_000));
    let tracer = Tracer::builder("test")
        .collector(spans.clone())
        .clock(Clock::from(&clock))
        .ids(IdGenerator::counting())
        .on_demand()
        .build()
        .unwrap();
    (tracer, spans)
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn spans_below_a_root_are_its_children() {
    let (tracer, spans) = tracer();
    tracer.root("root").run_sync(|| {
        span::add_tag("n", 1);
        span::in_span("child", || {
            span::add_tag("text", "a");
            span::add_log_with("hello", &[("x", &1.5)]);
        });
    });
    drop(tracer.flush(Duration::ZERO));
    let spans = spans.spans();
    let [root, child] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(root.operation_name, "root");
    assert_eq!(root.parent_span_id, None);
    assert_eq!(root.tag("n").unwrap().as_i64(), Some(1));
    assert_eq!(child.parent_span_id, Some(root.span_id));
    assert_eq!(child.trace_id, root.trace_id);
    assert_eq!(child.logs[0].fields[0].value.to_string(), "1.5");
    assert!(child.source.as_ref().unwrap().file.ends_with("recorder.rs"));
}

#[test]
fn a_future_that_moves_to_another_trace_stays_in_its_own() {
    let (tracer, spans) = tracer();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let mut moved = Box::pin(
        async move {
            std::future::poll_fn(|_| match receiver.try_recv() {
                Ok(()) => Poll::Ready(()),
                Err(_) => Poll::Pending,
            })
            .await;
            span::add_tag("where", "elsewhere");
            span::in_span("inner", || {});
        }
        .in_span("moved"),
    );
    tracer.root("first").run_sync(|| {
        assert!(poll(moved.as_mut()).is_pending());
    });
    drop(tracer.flush(Duration::ZERO));
    assert_eq!(tracer.stats().open, 1);
    sender.send(()).unwrap();
    tracer.root("second").run_sync(|| {
        assert!(poll(moved.as_mut()).is_ready());
        span::in_span("own", || {});
    });
    drop(tracer.flush(Duration::ZERO));
    let all = spans.spans();
    let named = |name: &str| all.iter().find(|span| span.operation_name == name).unwrap();
    assert_eq!(named("moved").parent_span_id, Some(named("first").span_id));
    assert_eq!(named("moved").trace_id, named("first").trace_id);
    assert_eq!(named("inner").parent_span_id, Some(named("moved").span_id));
    assert_eq!(named("inner").trace_id, named("first").trace_id);
    assert_eq!(named("own").parent_span_id, Some(named("second").span_id));
    assert_eq!(
        named("moved").tag("where").unwrap().as_str(),
        Some("elsewhere")
    );
    assert_eq!(tracer.stats().delivered, 5);
    assert_eq!(tracer.stats().open, 0);
}

#[test]
fn a_future_dropped_outside_its_trace_is_cancelled_in_it() {
    let (tracer, spans) = tracer();
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            span::add_tag("dropped", true);
        }
    }
    let mut moved = Box::pin(
        async {
            let _on_drop = OnDrop;
            std::future::pending::<()>().await;
        }
        .in_span("moved"),
    );
    tracer.root("first").run_sync(|| {
        assert!(poll(moved.as_mut()).is_pending());
    });
    drop(moved);
    drop(tracer.flush(Duration::ZERO));
    let all = spans.spans();
    let moved = all
        .iter()
        .find(|span| span.operation_name == "moved")
        .unwrap();
    assert_eq!(moved.outcome, Outcome::Cancelled);
    assert_eq!(moved.status, Status::Unset);
    assert_eq!(moved.tag("cancelled").unwrap().as_bool(), Some(true));
    assert_eq!(moved.tag("dropped").unwrap().as_bool(), Some(true));
    assert_eq!(tracer.stats().open, 0);
}

#[test]
fn a_panic_ends_the_span_and_goes_on() {
    let (tracer, spans) = tracer();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tracer.root("root").run_sync(|| {
            let mut body = pin!(
                async {
                    std::panic::resume_unwind(Box::new("oops"));
                }
                .in_span("body")
            );
            let _: Poll<()> = poll(body.as_mut());
        });
    }));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "oops");
    drop(tracer.flush(Duration::ZERO));
    for span in spans.spans() {
        assert_eq!(span.outcome, Outcome::Panicked);
        assert!(span.is_error());
        assert_eq!(span.tag("error.type").unwrap().as_str(), Some("panic"));
    }
    assert_eq!(tracer.stats().delivered, 2);
}

#[test]
fn a_long_scope_hands_over_in_chunks() {
    let (tracer, spans) = tracer();
    tracer.root("root").run_sync(|| {
        for i in 0..10_000 {
            span::in_span("child", || span::add_tag("i", i));
        }
        assert_eq!(tracer.stats().open, 10_001);
        drop(tracer.flush(Duration::ZERO));
        assert_eq!(tracer.stats().open, 1);
    });
    drop(tracer.flush(Duration::ZERO));
    let all = spans.take();
    assert_eq!(all.len(), 10_001);
    let root = all
        .iter()
        .find(|span| span.parent_span_id.is_none())
        .unwrap();
    assert_eq!(root.operation_name, "root");
    let mut numbers: Vec<_> = all
        .iter()
        .filter(|span| span.span_id != root.span_id)
        .map(|span| {
            assert_eq!(span.parent_span_id, Some(root.span_id));
            span.tag("i").unwrap().as_i64().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..10_000));
}

#[test]
fn an_open_span_keeps_its_parent_when_its_scope_hands_over() {
    let (tracer, _spans) = tracer();
    let parent = || span::current_context().unwrap().parent_span_id;
    tracer.root("root").run_sync(|| {
        let root = span::current_context().unwrap().span_id;
        span::in_span("child", || {
            assert_eq!(parent(), Some(root));
            drop(tracer.flush(Duration::ZERO));
            assert_eq!(parent(), Some(root));
        });
        assert_eq!(parent(), None);
    });
}

#[test]
fn a_root_of_a_result_is_marked_by_its_error() {
    let (tracer, spans) = tracer();
    let mut root = pin!(
        tracer
            .root("root")
            .run_result(async { "x".parse::<u8>().map(drop) })
    );
    assert!(matches!(poll(root.as_mut()), Poll::Ready(Err(_))));
    tracer.flush(Duration::ZERO);
    let [root] = &spans.spans()[..] else {
        panic!("one span")
    };
    assert_eq!(root.outcome, Outcome::Error);
    assert_eq!(
        root.status,
        Status::Error("invalid digit found in string".into())
    );
    assert_eq!(
        root.tag("error.type").unwrap().as_str(),
        Some("core::num::error::ParseIntError")
    );
}

#[test]
fn a_scope_larger_than_the_queue_is_delivered_when_that_is_empty() {
    let tracer = Tracer::builder("test")
        .on_demand()
        .max_queue_spans(10)
        .build()
        .unwrap();
    let run = || {
        tracer.root("root").run_sync(|| {
            for _ in 0..20 {
                span::in_span("child", || {});
            }
        });
    };
    run();
    run();
    tracer.flush(Duration::ZERO);
    let stats = tracer.stats();
    assert_eq!((stats.delivered, stats.dropped.queue), (21, 21));
}

#[test]
fn a_second_shutdown_says_how_the_first_one_ended() {
    for builder in [Tracer::builder("test"), Tracer::builder("test").on_demand()] {
        let tracer = builder.build().unwrap();
        assert!(tracer.shutdown(Duration::from_secs(60)).is_complete);
        assert!(tracer.shutdown(Duration::from_secs(60)).is_complete);
    }
}

#[test]
fn a_limit_below_a_short_text_holds() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(spans.clone())
        .on_demand()
        .limits(trace_core::Limits {
            max_value_bytes: 3,
            ..Default::default()
        })
        .build()
        .unwrap();
    tracer
        .root("root")
        .run_sync(|| span::add_tag("text", "grün"));
    tracer.flush(Duration::ZERO);
    assert_eq!(spans.spans()[0].tag("text").unwrap().as_str(), Some("gr"));
}

/// A text that is written in parts of this many characters.
struct InParts<'a>(&'a str, usize);

impl std::fmt::Display for InParts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let characters: Vec<char> = self.0.chars().collect();
        let mut parts = characters.chunks(self.1);
        parts.try_for_each(|part| f.write_str(&part.iter().collect::<String>()))
    }
}

/// Returns the longest prefix of a text within a limit.
fn cut(text: &str, max_bytes: usize) -> &str {
    let ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
    let end = ends.filter(|end| *end <= max_bytes).max();
    &text[..end.unwrap()]
}

#[test]
fn texts_of_every_length_are_cut_at_every_limit() {
    let texts: Vec<String> = (0..150)
        .map(|length| "aü€b".chars().cycle().take(length).collect())
        .collect();
    for max_value_bytes in [0, 3, 31, 32, 33, 127, 128, 129, 4_096] {
        let spans = MemoryCollector::new();
        let limits = trace_core::Limits {
            max_value_bytes,
            ..Default::default()
        };
        let builder = Tracer::builder("test").collector(spans.clone());
        let tracer = builder.on_demand().limits(limits).build().unwrap();
        for characters in [1, 3, 1_000] {
            tracer.root("root").run_sync(|| {
                for text in &texts {
                    span::in_span("child", || {
                        span::add_tag("text", text);
                        span::record_error(&InParts(text, characters));
                        span::add_tag("shown", display(InParts(text, characters)));
                    });
                }
            });
            tracer.flush(Duration::from_secs(60));
            let spans = spans.take();
            let (_root, children) = spans.split_first().unwrap();
            assert_eq!(children.len(), texts.len());
            for (span, text) in children.iter().zip(&texts) {
                let expected = cut(text, max_value_bytes);
                let tag = |key| span.tag(key).and_then(|value| value.as_str());
                let message = span.logs[0].fields.iter();
                let message = message.filter_map(|tag| tag.value.as_str()).nth(1);
                assert_eq!(tag("text"), Some(expected));
                assert_eq!(tag("shown"), Some(expected));
                assert_eq!(message, Some(expected));
                assert_eq!(span.status, Status::Error(expected.to_owned().into()));
            }
        }
    }
}

mod exceptions {
    use super::{Duration, span, tracer};
    use trace_core::{Outcome, traced};

    #[traced]
    fn child(error: &'static str) -> Result<(), &'static str> {
        Err(error)
    }

    #[traced]
    fn passes() -> Result<(), &'static str> {
        child("down")
    }

    #[traced]
    fn wraps() -> Result<(), String> {
        child("down").map_err(|error| format!("no answer: {error}"))
    }

    #[traced]
    fn cleans_up() -> Result<(), &'static str> {
        let result = child("down");
        span::in_span("clean", || {});
        result
    }

    #[traced]
    fn tries_again() -> Result<(), &'static str> {
        child("down").or_else(|_| child("down"))
    }

    #[traced]
    fn fails_later() -> Result<(), &'static str> {
        let _handled = child("down");
        Err("up")
    }

    /// The span of a client may fail without a message, as one with the status 503 does.
    #[traced]
    fn calls() -> Result<(), &'static str> {
        span::start("call").end_with(Outcome::Error);
        Err("the store says 503")
    }

    #[traced]
    fn passes_silently() -> Result<(), &'static str> {
        let held = span::start("held");
        let result = held.in_scope(|| child("down"));
        held.end_with(Outcome::Error);
        result
    }

    /// Returns the operations that have a log `exception`, in the order of their start.
    fn logged(body: fn() -> Result<(), &'static str>) -> Vec<String> {
        let (tracer, spans) = tracer();
        assert!(tracer.root("root").run_sync(body).is_err());
        tracer.flush(Duration::ZERO);
        let spans = spans.spans();
        let logged = spans.iter().filter(|span| !span.logs.is_empty());
        logged.map(|span| span.operation_name.to_string()).collect()
    }

    #[test]
    fn an_error_is_logged_once_at_the_innermost() {
        assert_eq!(logged(passes), ["child"]);
        assert_eq!(logged(|| wraps().map_err(|_| "wrapped")), ["child"]);
        assert_eq!(logged(cleans_up), ["child"]);
        assert_eq!(logged(tries_again), ["child", "child"]);
        assert_eq!(logged(fails_later), ["fails_later", "child"]);
    }

    #[test]
    fn an_error_is_logged_in_each_trace_after_a_failure_without_a_message() {
        for _ in 0..3 {
            assert_eq!(logged(calls), ["calls"]);
        }
    }

    #[test]
    fn an_error_passes_through_a_failure_without_a_message() {
        assert_eq!(logged(passes_silently), ["child"]);
    }
}

#[test]
fn a_scope_that_lives_hands_over_at_the_end_of_a_poll() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(spans.clone())
        .on_demand()
        .scheduled_delay(Duration::ZERO)
        .build()
        .unwrap();
    let mut connection = Box::pin(tracer.root("connection").run(async {
        let root = span::current_context().unwrap().span_id;
        loop {
            span::in_span("message", || {
                assert_eq!(span::current_context().unwrap().parent_span_id, Some(root));
            });
            tokio::task::yield_now().await;
        }
    }));
    let messages = || {
        tracer.flush(Duration::ZERO);
        spans.spans().len()
    };
    assert!(poll(connection.as_mut()).is_pending());
    assert!(poll(connection.as_mut()).is_pending());
    assert_eq!(messages(), 2, "and the connection goes on");
    drop(connection);
    assert_eq!(messages(), 3);
    assert_eq!(tracer.stats().open, 0);
}

#[test]
fn spans_that_are_taken_while_others_come_are_neither_lost_nor_doubled() {
    const ROOTS: usize = 20_000;
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("shop").collector(spans.clone());
    let tracer = tracer.on_demand().build().unwrap();
    let taken = std::thread::scope(|threads| {
        let recording = threads.spawn(|| {
            for _ in 0..ROOTS / 10 {
                (0..10).for_each(|_| tracer.root("order").run_sync(|| {}));
                tracer.flush(Duration::ZERO);
            }
        });
        let mut taken = 0;
        while !recording.is_finished() {
            taken += spans.take().len();
        }
        taken
    });
    assert_eq!(taken + spans.take().len(), ROOTS);
}
