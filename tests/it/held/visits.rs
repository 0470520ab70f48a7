//! Tests of held spans that are entered and left in any order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use trace_core::{Outcome, SamplingDecision, TraceFuture, sampler_fn, span};

use super::{Program, elsewhere, named, start};

fn current() -> Option<trace_core::SpanId> {
    span::current_context().map(|context| context.span_id)
}

#[test]
fn spans_may_be_left_in_any_order() {
    let program = Program::new();
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for order in orders {
        for away in [false, true] {
            let spans = program.root(|| [start("a"), start("b"), start("c")]);
            let run = || {
                let root = current();
                for span in &spans {
                    span.enter_unguarded();
                }
                let mut inside = [true; 3];
                for leave in order {
                    spans[leave].exit();
                    inside[leave] = false;
                    let innermost = (0..3).rev().find(|at| inside[*at]);
                    let expected = innermost.map(|at| spans[at].context().unwrap().span_id);
                    assert_eq!(current(), expected.or(root), "{order:?}, {away}");
                }
                spans[0].exit();
                assert_eq!(current(), root);
            };
            if away {
                run();
                assert!(span::current_context().is_none());
            } else {
                program.root(run);
            }
            spans.iter().for_each(trace_core::OpenSpan::end);
            program.take();
        }
    }
}

#[test]
fn a_span_that_is_entered_twice_is_left_twice() {
    let program = Program::new();
    program.root(|| {
        let root = current();
        let held = start("held");
        let outer = held.enter();
        let inner = held.enter();
        drop(outer);
        assert_eq!(current(), held.context().map(|held| held.span_id));
        drop(inner);
        assert_eq!(current(), root);
        held.end();
    });
    program.take();
}

#[test]
fn a_scope_that_is_left_before_its_visits_leaves_nothing_current() {
    let program = Program::new();
    let held = program.root(|| {
        let held = start("held");
        held.enter_unguarded();
        held
    });
    assert!(span::current_context().is_none());
    held.exit();
    assert!(span::current_context().is_none());
    held.end();
    program.take();
    // The guard of a span leaves its root.
    let guard = program.root(|| start("guard").entered());
    assert!(span::current_context().is_none());
    program.root(|| {
        let root = current();
        guard.add_tag("alive", true);
        drop(guard);
        assert_eq!(current(), root);
    });
    let spans = program.take();
    let guard = named(&spans, "guard");
    assert_eq!(guard.outcome, Outcome::Ok);
    assert_eq!(guard.tag("alive").unwrap().as_bool(), Some(true));
}

#[test]
fn roots_that_are_left_in_any_order_leave_nothing_current() {
    let program = Program::new();
    let [a, b] = ["a", "b"].map(|name| program.tracer.root(name).start());
    a.enter_unguarded();
    b.enter_unguarded();
    span::in_span("of b", || {});
    a.exit();
    span::in_span("also of b", || {});
    a.end();
    b.exit();
    assert!(span::current_context().is_none());
    b.end();
    let spans = program.take();
    for name in ["of b", "also of b"] {
        assert_eq!(
            named(&spans, name).parent_span_id,
            Some(named(&spans, "b").span_id)
        );
    }
}

#[test]
fn a_span_is_left_where_it_is_ended_or_dropped() {
    let program = Program::new();
    program.root(|| {
        let root = current();
        for drops in [false, true] {
            let held = start("held");
            held.enter_unguarded();
            held.enter_unguarded();
            if drops {
                drop(held);
            } else {
                held.end();
                held.exit();
            }
            assert_eq!(current(), root);
        }
    });
    program.take();
}

#[test]
fn a_span_entered_within_a_future_is_left_with_it_or_before() {
    let program = Program::new();
    program.root(|| {
        let root = current();
        let held = start("held");
        let body = async {
            held.enter_unguarded();
            span::in_span("inner", || {});
            std::future::pending::<()>().await;
        };
        let mut future = Box::pin(body.in_span("future"));
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Pending);
        assert_eq!(current(), root);
        held.exit();
        assert_eq!(current(), root);
        drop(future);
        held.end();
    });
    let spans = program.take();
    let held = named(&spans, "held").span_id;
    assert_eq!(named(&spans, "inner").parent_span_id, Some(held));
    assert_eq!(named(&spans, "future").outcome, Outcome::Cancelled);
}

#[test]
fn leaving_on_another_thread_than_that_of_the_enter_does_nothing() {
    let program = Program::new();
    program.root(|| {
        let held = std::sync::Arc::new(start("held"));
        held.enter_unguarded();
        let other = std::sync::Arc::clone(&held);
        elsewhere(move || other.exit());
        assert_eq!(current(), held.context().map(|held| held.span_id));
        held.exit();
        held.end();
    });
    program.take();
}

#[test]
fn a_scope_that_ends_below_another_one_hands_over_nothing_of_that() {
    let program = Program::new();
    let other = program.tracer.root("other").start();
    let held = program.root(|| {
        let held = start("held");
        program.cut();
        other.enter_unguarded();
        span::add_tag("of", "other");
        span::in_span("child", || {});
        held
    });
    program.cut();
    other.exit();
    other.end();
    held.end();
    let spans = program.take();
    let other = named(&spans, "other");
    assert_eq!(other.tag("of").unwrap().as_str(), Some("other"));
    let child = named(&spans, "child");
    assert_eq!(child.parent_span_id, Some(other.span_id));
    assert_eq!(child.trace_id, other.trace_id);
}

#[test]
fn a_span_that_ended_elsewhere_is_left_where_it_is_dropped() {
    let program = Program::new();
    let held = program.root(|| std::sync::Arc::new(start("held")));
    held.enter_unguarded();
    let other = std::sync::Arc::clone(&held);
    elsewhere(move || other.end_with(Outcome::Error));
    assert_eq!(current(), held.context().map(|held| held.span_id));
    drop(held);
    assert!(span::current_context().is_none());
    let spans = program.take();
    assert_eq!(named(&spans, "held").outcome, Outcome::Error);
}

#[test]
fn a_future_that_ends_while_a_span_of_another_trace_is_entered_ends() {
    let program = Program::with(|builder| {
        builder.sampler(sampler_fn(|input| {
            (input.operation_name != "refused").into()
        }))
    });
    for other in ["other", "refused"] {
        let other = program.tracer.root(other).start();
        let body = async {
            tokio::task::yield_now().await;
            other.enter_unguarded();
        };
        let mut future = Box::pin(body.in_span("future"));
        let mut cx = Context::from_waker(Waker::noop());
        program.root(|| assert!(future.as_mut().poll(&mut cx).is_pending()));
        assert!(future.as_mut().poll(&mut cx).is_ready());
        other.exit();
        assert!(span::current_context().is_none());
        other.end();
        let spans = program.take();
        let future = named(&spans, "future");
        assert_eq!(future.outcome, Outcome::Ok);
        assert_eq!(future.trace_id, named(&spans, "root").trace_id);
    }
}

#[test]
fn a_span_that_ends_while_one_of_another_trace_is_entered_leaves_what_was_before() {
    let program = Program::new();
    let other = program.tracer.root("other").start();
    program.root(|| {
        let root = current();
        let held = start("held");
        span::in_span("body", || {
            held.enter_unguarded();
            other.enter_unguarded();
        });
        assert_eq!(current(), other.context().map(|other| other.span_id));
        other.exit();
        assert_eq!(current(), root);
        held.end();
        assert_eq!(current(), root);
    });
    other.end();
    program.take();
}

#[test]
fn a_span_that_ends_within_one_that_began_in_its_visit_takes_nothing_with_it() {
    for has_own_scope in [false, true] {
        let program = Program::new();
        let held = program.hold(has_own_scope);
        held.in_scope(|| {
            span::in_span("outer", || {
                span::in_span("inner", || {
                    held.end();
                    span::add_tag("late", true);
                });
            });
        });
        assert!(span::current_context().is_none());
        let spans = program.take();
        let held = named(&spans, "held").span_id;
        assert_eq!(named(&spans, "outer").parent_span_id, Some(held));
        assert_eq!(named(&spans, "inner").outcome, Outcome::Ok);
    }
}

#[test]
fn a_future_that_suspends_within_another_scope_is_no_longer_current() {
    let program = Program::new();
    let other = program.tracer.root("other").start();
    let body = async {
        other.enter_unguarded();
        tokio::task::yield_now().await;
        span::in_span("child", || {});
    };
    let mut future = Box::pin(body.in_span("future"));
    let mut cx = Context::from_waker(Waker::noop());
    program.root(|| {
        let root = current();
        assert!(future.as_mut().poll(&mut cx).is_pending());
        other.exit();
        assert_eq!(current(), root);
        span::in_span("beside", || {});
    });
    assert!(future.as_mut().poll(&mut cx).is_ready());
    drop(future);
    other.exit();
    other.end();
    assert!(span::current_context().is_none());
    let spans = program.take();
    let parent = |name| named(&spans, name).parent_span_id;
    let id = |name| Some(named(&spans, name).span_id);
    assert_eq!(parent("future"), id("root"));
    assert_eq!(parent("beside"), id("root"));
    assert_eq!(parent("child"), id("future"));
    assert_eq!(
        named(&spans, "future").trace_id,
        named(&spans, "root").trace_id
    );
}

#[test]
fn a_root_that_suspends_within_another_scope_keeps_nothing_afterwards() {
    let used = Arc::new(());
    let in_sampler = Arc::clone(&used);
    let program = Program::with(|builder| {
        builder.sampler(sampler_fn(move |_| {
            let _is_kept = &in_sampler;
            SamplingDecision::Sample
        }))
    });
    for panics in [false, true] {
        let other = program.tracer.root("other").start();
        let body = async {
            other.enter_unguarded();
            tokio::task::yield_now().await;
            assert!(!panics, "the body");
        };
        let mut future = Box::pin(program.tracer.root("root").run(body));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
        other.exit();
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
        assert_eq!(polled.is_err(), panics);
    }
    assert_eq!(program.take().len(), 4);
    drop(program);
    // A thread keeps the core of its last tracer.
    Program::new().root(|| {});
    assert_eq!(Arc::strong_count(&used), 1);
}

#[test]
fn a_span_that_is_not_sampled_is_left_where_it_is_ended_or_dropped() {
    let program = Program::with(|builder| builder.sampler(trace_core::AlwaysOff));
    for drops in [false, true] {
        let held = program.tracer.root("refused").start();
        held.enter_unguarded();
        held.enter_unguarded();
        assert!(current().is_some());
        if drops {
            drop(held);
        } else {
            held.end();
            let _nothing = held.enter();
            assert!(current().is_none());
        }
        assert!(current().is_none());
    }
    program.take();
}

#[test]
fn a_guard_of_a_span_that_has_ended_undoes_no_other_visit() {
    let program = Program::new();
    program.root(|| {
        let held = std::sync::Arc::new(start("held"));
        held.enter_unguarded();
        let other = std::sync::Arc::clone(&held);
        elsewhere(move || other.end());
        drop(held.enter());
        assert_eq!(current(), held.context().map(|held| held.span_id));
        held.exit();
    });
    program.take();
}
