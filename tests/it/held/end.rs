//! Tests of the end of held spans.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Poll;
use std::time::Duration;

use trace_core::{Completion, OpenSpan, Outcome, Status, TraceCollector, Tracer, span};

use super::{Program, elsewhere, named, start};

#[track_caller]
fn outcome_of(end: impl FnOnce(OpenSpan)) -> Outcome {
    let program = Program::new();
    let held = program.root(|| start("held"));
    end(held);
    named(&program.take(), "held").outcome
}

#[test]
fn the_first_end_wins() {
    assert_eq!(outcome_of(|span| span.end()), Outcome::Ok);
    for outcome in [
        Outcome::Ok,
        Outcome::Error,
        Outcome::Panicked,
        Outcome::Cancelled,
    ] {
        let ended = outcome_of(|span| {
            span.end_with(outcome);
            span.end();
            span.end_with(Outcome::Error);
        });
        assert_eq!(ended, outcome);
    }
    assert_eq!(outcome_of(drop), Outcome::Cancelled);
    assert_eq!(outcome_of(|span| drop(span.entered())), Outcome::Ok);
}

#[test]
fn what_is_said_later_is_counted() {
    let program = Program::new();
    program.root(|| {
        let held = start("held");
        held.add_tag("in time", true);
        held.end();
        held.add_tag("late", true);
        held.add_log("late");
        held.record_error("late");
        elsewhere(move || held.set_status(&Status::Ok));
    });
    assert_eq!(program.unattached(), 4);
    let spans = program.take();
    let held = named(&spans, "held");
    assert_eq!((held.tags.len(), held.logs.len()), (1, 0));
    assert_eq!(held.status, Status::Unset);
}

#[test]
fn what_code_says_within_a_span_that_was_ended_there_is_said_of_the_one_around_it() {
    let program = Program::new();
    program.root(|| {
        let held = start("held");
        let _in = held.enter();
        span::add_tag("where", "held");
        held.end();
        span::add_tag("where", "root");
        span::in_span("child of root", || {});
    });
    let spans = program.take();
    let root = named(&spans, "root");
    assert_eq!(root.tag("where").unwrap().as_str(), Some("root"));
    assert_eq!(
        named(&spans, "held").tag("where").unwrap().as_str(),
        Some("held")
    );
    assert_eq!(
        named(&spans, "child of root").parent_span_id,
        Some(root.span_id)
    );
}

#[test]
fn a_panic_that_drops_it_is_its_outcome() {
    let program = Program::new();
    program.root(|| {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _held = start("held");
            let _entered = start("entered").entered();
            resume_unwind(Box::new(()))
        }));
        assert!(caught.is_err());
    });
    let spans = program.take();
    assert_eq!(named(&spans, "held").outcome, Outcome::Panicked);
    assert_eq!(named(&spans, "entered").outcome, Outcome::Panicked);
    assert!(named(&spans, "held").is_error());
}

/// Starts spans when it is dropped during unwinding.
struct Cleanup;

impl Drop for Cleanup {
    fn drop(&mut self) {
        drop(start("dropped"));
        start("ended").end();
        drop(start("entered").entered());
    }
}

#[test]
fn a_panic_that_began_before_it_is_not_its_outcome() {
    let program = Program::new();
    program.root(|| {
        let caught = catch_unwind(|| {
            let _cleanup = Cleanup;
            resume_unwind(Box::new(()))
        });
        assert!(caught.is_err());
    });
    let spans = program.take();
    assert_eq!(named(&spans, "dropped").outcome, Outcome::Cancelled);
    assert_eq!(named(&spans, "ended").outcome, Outcome::Ok);
    assert_eq!(named(&spans, "entered").outcome, Outcome::Ok);
}

#[test]
fn a_panic_within_a_visit_does_not_end_it() {
    let program = Program::new();
    let held = program.root(|| start("held"));
    for _ in 0..2 {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            held.in_scope(|| resume_unwind(Box::new(())))
        }));
        assert!(caught.is_err());
        assert!(!span::is_recording());
    }
    held.end();
    assert_eq!(named(&program.take(), "held").outcome, Outcome::Ok);
}

#[test]
fn it_holds_its_trace_open_and_nothing_else() {
    let traces = TraceCollector::new();
    let tracer = Tracer::builder("held")
        .collector(traces.clone())
        .on_demand()
        .build()
        .unwrap();
    let held = tracer.root("root").run_sync(|| {
        let outer = start("outer");
        let held = outer.in_scope(|| start("held"));
        outer.end();
        held
    });
    tracer.flush(Duration::ZERO);
    assert_eq!(tracer.stats().open, 1);
    assert!(traces.completed_traces().is_empty());
    held.end();
    tracer.flush(Duration::ZERO);
    let [done] = &traces.completed_traces()[..] else {
        panic!("one trace")
    };
    assert_eq!(
        (done.trace.len(), done.completion),
        (3, Completion::Complete)
    );
    held.add_tag("late", 1);
    drop(held);
    tracer.flush(Duration::ZERO);
    assert_eq!(traces.completed_traces().len(), 1);
    assert_eq!(tracer.stats().unattached, 1);
}

#[test]
fn a_span_that_is_forgotten_stays_open_and_harms_nothing() {
    let program = Program::new();
    program.root(|| {
        std::mem::forget(start("forgotten"));
        span::in_span("after", || {});
    });
    program.cut();
    assert_eq!(program.tracer.stats().open, 1);
    assert_eq!(program.spans.take().len(), 2);
    program.tracer.shutdown(Duration::ZERO);
    let stats = program.tracer.stats();
    assert_eq!((stats.open, stats.dropped.shutdown), (0, 1));
}

#[test]
fn an_end_after_the_shutdown_is_counted() {
    let program = Program::new();
    let held = program.root(|| start("held"));
    program.tracer.shutdown(Duration::ZERO);
    held.in_scope(|| span::add_tag("late", 1));
    held.end();
    let stats = program.tracer.stats();
    assert_eq!((stats.open, stats.dropped.shutdown), (0, 1));
}

#[test]
fn the_error_that_a_child_returned_is_logged_once() {
    let program = Program::new();
    program.root(|| {
        let mut outer = start("outer");
        let fails = |span: &mut OpenSpan, body: &mut dyn FnMut()| {
            let polled = span.poll(
                || {
                    body();
                    Poll::Ready(Err::<(), _>("down"))
                },
                |result| {
                    result.is_err().then(|| {
                        span::record_error("down");
                        Outcome::Error
                    })
                },
            );
            assert!(polled.is_ready());
        };
        fails(&mut outer, &mut || fails(&mut start("inner"), &mut || {}));
    });
    let spans = program.take();
    assert_eq!(named(&spans, "inner").outcome, Outcome::Error);
    assert_eq!(named(&spans, "outer").outcome, Outcome::Error);
}

#[test]
fn what_a_value_says_of_a_held_span_while_it_is_shown_did_not_happen() {
    struct Shows<'a>(&'a OpenSpan);
    impl std::fmt::Display for Shows<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.add_tag("from within", 1);
            self.0.in_scope(|| span::in_span("from within", || {}));
            f.write_str("shown")
        }
    }
    let program = Program::new();
    program.root(|| {
        let held = start("held");
        held.add_tag("value", trace_core::display(Shows(&held)));
        span::add_tag("value", trace_core::display(Shows(&held)));
        held.end();
    });
    let spans = program.take();
    assert_eq!(spans.len(), 2);
    let held = named(&spans, "held");
    assert_eq!(held.tags.len(), 1);
    assert_eq!(held.tag("value").unwrap().as_str(), Some("shown"));
}

#[test]
fn a_root_whose_poll_panics_holds_its_trace_no_longer() {
    let traces = TraceCollector::new();
    let program = Program::with(|builder| builder.collector(traces.clone()));
    let mut root = program.tracer.root("root").start();
    let polled = catch_unwind(AssertUnwindSafe(|| {
        root.poll::<()>(|| resume_unwind(Box::new("oops")), |()| None)
    }));
    assert!(polled.is_err());
    assert_eq!(program.take().len(), 1);
    assert_eq!(traces.completed_traces().len(), 1);
    drop(root);
}

#[test]
fn a_value_that_ends_the_span_in_which_it_is_shown_leaves_it_later() {
    /// Calls a function with a span while it is formatted.
    struct Shows<'a>(&'a OpenSpan, fn(&OpenSpan));
    impl std::fmt::Display for Shows<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            (self.1)(self.0);
            f.write_str("shown")
        }
    }
    let all: [fn(&OpenSpan); 4] = [
        |held| held.in_scope(|| ()),
        OpenSpan::exit,
        OpenSpan::end,
        OpenSpan::enter_unguarded,
    ];
    for has_own_scope in [false, true] {
        for does in all {
            let program = Program::new();
            let held = program.hold(has_own_scope);
            held.in_scope(|| {
                span::add_tag("value", trace_core::display(Shows(&held, does)));
                span::in_span("child", || {});
            });
            assert!(span::current_context().is_none());
            held.end();
            program.root(|| span::in_span("after", || {}));
            let spans = program.take();
            let held = named(&spans, "held");
            assert_eq!(held.tag("value").unwrap().as_str(), Some("shown"));
            let child = named(&spans, "child");
            assert_eq!(child.parent_span_id, Some(held.span_id));
        }
    }
}

#[test]
fn a_guard_that_is_made_by_a_destructor_ends_as_its_span_would() {
    struct Enters(Option<OpenSpan>);
    impl Drop for Enters {
        fn drop(&mut self) {
            drop(self.0.take().map(OpenSpan::entered));
        }
    }
    let program = Program::new();
    program.root(|| {
        let caught = catch_unwind(|| {
            let _enters = Enters(Some(start("before")));
            resume_unwind(Box::new(()))
        });
        assert!(caught.is_err());
    });
    assert_eq!(named(&program.take(), "before").outcome, Outcome::Panicked);
}
