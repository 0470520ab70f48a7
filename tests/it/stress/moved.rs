//! Tests of spans whose entries are spread over chunks of their scope, and over scopes.

use std::task::Poll;
use std::time::Duration;

use trace_core::{
    Limits, Outcome, SpanKind, SpanRecord, Status, TraceContext, TraceFuture, Tracer, span,
};

use super::{named, poll, settled, tracer};

/// A future that runs one of `steps` at each poll.
async fn steps<const N: usize>(steps: [fn(); N]) {
    for step in steps {
        step();
        let mut is_first = true;
        std::future::poll_fn(|_| match std::mem::take(&mut is_first) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
        .await;
    }
}

#[test]
fn what_is_said_last_holds_in_whatever_order_the_scopes_hand_over() {
    let (tracer, spans) = tracer();
    let first = || {
        span::add_tag("tag", 1);
        span::set_status(Status::Error("first".into()));
        span::set_service_name("first");
        span::add_log("first");
    };
    let second = || {
        span::add_tag("tag", 2);
        span::add_tag("other", true);
        span::set_status(Status::Error("second".into()));
        span::set_service_name("second");
        span::set_operation_name("renamed");
        span::set_kind(SpanKind::Client);
        span::add_log_with("second", &[("field", &1)]);
    };
    let mut moved = Box::pin(steps([first, second]).in_span("moved"));
    tracer.root("home").run_sync(|| {
        assert!(poll(moved.as_mut()).is_pending());
        // These scopes end before the one in which the span was opened.
        tracer.root("elsewhere").run_sync(|| {
            assert!(poll(moved.as_mut()).is_pending());
        });
        tracer.attach_sync(|| assert!(poll(moved.as_mut()).is_ready()));
    });
    assert_eq!(settled(&tracer).delivered, 3);
    let all = spans.take();
    let moved = named(&all, "renamed");
    assert_eq!(moved.parent_span_id, Some(named(&all, "home").span_id));
    assert_eq!(moved.tag("tag").unwrap().as_i64(), Some(2));
    assert_eq!(moved.tag("other").unwrap().as_bool(), Some(true));
    assert_eq!(moved.status, Status::Error("second".into()));
    assert_eq!(&*moved.service_name, "second");
    assert_eq!(moved.kind, SpanKind::Client);
    assert_eq!(moved.outcome, Outcome::Ok);
    let logs: Vec<_> = moved
        .logs
        .iter()
        .map(|log| (&*log.message, log.fields.len()))
        .collect();
    assert_eq!(logs, [("first", 0), ("second", 1)]);
}

/// Runs `body` twice, without hand-overs and with one at every `cut`. The spans must be the
/// same, except for times and ids.
#[track_caller]
fn same_in_chunks(body: impl Fn(&dyn Fn())) -> SpanRecord {
    super::cuts::same_in_chunks(&Limits::default(), body)
}

/// Hands over the running scope while it is formatted as the value of a field.
struct Cut<'a>(&'a dyn Fn());

impl std::fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (self.0)();
        f.write_str("cut")
    }
}

#[test]
fn fields_stay_with_their_log_across_chunks() {
    let root = same_in_chunks(|cut| {
        let value = trace_core::display(Cut(cut));
        span::add_log_with("log", &[("a", &1), ("b", &value), ("c", &3)]);
        span::add_log_with("next", &[("d", &value)]);
    });
    let fields: Vec<_> = root.logs.iter().map(|log| log.fields.len()).collect();
    assert_eq!(fields, [3, 1]);
}

#[test]
fn the_type_of_an_error_is_the_same_in_chunks() {
    let error = same_in_chunks(|cut| {
        span::record_error("first");
        cut();
        span::record_error(&1);
    });
    assert_eq!(error.tag("error.type").unwrap().as_str(), Some("i32"));
    let own = same_in_chunks(|cut| {
        span::record_error("first");
        cut();
        span::add_tag("error.type", "own");
        cut();
        span::record_error(&1);
    });
    assert_eq!(own.tag("error.type").unwrap().as_str(), Some("own"));
}

#[test]
fn a_cancelled_or_panicked_span_is_the_same_in_chunks() {
    for cuts in [false, true] {
        let (tracer, spans) = tracer();
        let cut = || {
            if cuts {
                let _report = tracer.flush(Duration::ZERO);
            }
        };
        tracer.root("root").run_sync(|| {
            let mut cancelled = Box::pin(
                steps([|| {
                    span::add_tag("cancelled", "by the user");
                    span::record_error("failed before");
                }])
                .in_span("cancelled"),
            );
            assert!(poll(cancelled.as_mut()).is_pending());
            cut();
            drop(cancelled);
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                span::in_span("panicked", || {
                    span::add_tag("error.type", "own");
                    cut();
                    std::panic::resume_unwind(Box::new(()));
                });
            }));
            assert!(panicked.is_err());
        });
        settled(&tracer);
        let all = spans.take();
        let cancelled = named(&all, "cancelled");
        assert_eq!(cancelled.outcome, Outcome::Cancelled);
        assert_eq!(
            cancelled.tag("cancelled").unwrap().as_str(),
            Some("by the user")
        );
        assert_eq!(cancelled.tag("error.type").unwrap().as_str(), Some("str"));
        assert_eq!(cancelled.status, Status::Error("failed before".into()));
        let panicked = named(&all, "panicked");
        assert_eq!(panicked.tag("error.type").unwrap().as_str(), Some("own"));
        assert_eq!(panicked.status, Status::Error("panicked".into()));
    }
}

#[test]
fn limits_hold_across_chunks() {
    let limits = Limits {
        max_tags: 3,
        max_logs: 2,
        max_links: 1,
        ..Limits::default()
    };
    for cuts in [false, true] {
        let (tracer, spans) =
            super::build(Tracer::builder("stress").on_demand().limits(limits.clone()));
        tracer.root("root").run_sync(|| {
            let here = span::current_context().unwrap();
            for i in 0..5 {
                span::add_tag(format!("tag {i}"), i);
                span::add_log_with("log", &[("i", &i)]);
                span::add_link(&here);
                if cuts {
                    let _report = tracer.flush(Duration::ZERO);
                }
            }
        });
        settled(&tracer);
        let root = spans.take().remove(0);
        assert_eq!(
            (root.tags.len(), root.logs.len(), root.links.len()),
            (3, 2, 1)
        );
        assert!(root.logs.iter().all(|log| log.fields.len() == 1));
        assert_eq!(
            (root.dropped.tags, root.dropped.logs, root.dropped.links),
            (2, 3, 4)
        );
    }
}

#[test]
fn two_spans_that_were_given_one_id_are_both_accounted_for() {
    let (tracer, _) = tracer();
    let context: TraceContext = tracer
        .root("root")
        .run_sync(|| span::current_context().unwrap());
    // Each poll fills a chunk, so that both spans are open over several chunks.
    let fill = || (0..10).for_each(|_| span::add_log("x".repeat(4_000)));
    let root = || {
        let twin = tracer.root("twin").context(context.clone());
        Box::pin(twin.run(steps([fill; 2])))
    };
    let (mut one, mut two) = (root(), root());
    for _ in 0..3 {
        let _polled = poll(one.as_mut());
        let _polled = poll(two.as_mut());
        let _report = tracer.flush(Duration::ZERO);
    }
    let stats = settled(&tracer);
    assert_eq!((stats.started, stats.dropped.limit), (3, 1));
}
