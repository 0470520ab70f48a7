//! Tests of holders that poll within their span.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Poll;

use trace_core::{OpenSpan, Outcome, span, traced};

use super::{Program, elsewhere, named, start};

/// Polls once. The poll is pending.
fn pend(held: &mut OpenSpan, body: impl FnOnce()) {
    let polled = held.poll(
        || {
            body();
            Poll::<()>::Pending
        },
        |()| None,
    );
    assert!(polled.is_pending());
}

/// Polls once. The poll is ready, which ends the span.
fn finish(held: &mut OpenSpan, body: impl FnOnce()) {
    let polled = held.poll(
        || {
            body();
            Poll::Ready(())
        },
        |()| Some(Outcome::Ok),
    );
    assert!(polled.is_ready());
}

fn step(n: i64) -> impl FnOnce() {
    move || {
        span::add_tag("step", n);
        span::in_span("child", || span::add_tag("n", n));
    }
}

#[test]
fn it_is_polled_at_home_elsewhere_and_on_other_threads() {
    let program = Program::new();
    let cuts: [fn(&Program); 2] = [|_| {}, Program::cut];
    for cut in cuts {
        program.root(|| {
            let mut held = start("held");
            pend(&mut held, step(1));
            cut(&program);
            pend(&mut held, || {});
            program
                .tracer
                .root("other")
                .run_sync(|| pend(&mut held, step(2)));
            cut(&program);
            pend(&mut held, step(3));
            held = elsewhere(move || {
                pend(&mut held, step(4));
                assert!(!span::is_recording());
                held
            });
            pend(&mut held, step(5));
            cut(&program);
            program.tracer.attach_sync(|| finish(&mut held, step(6)));
            finish(&mut held, || span::add_tag("after", true));
            assert!(span::is_recording());
        });
        let spans = program.take();
        let held = named(&spans, "held");
        assert_eq!(held.outcome, Outcome::Ok);
        assert_eq!(held.tag("step").unwrap().as_i64(), Some(6), "{held:#?}");
        assert_eq!(held.tags.len(), 1);
        assert_eq!(held.parent_span_id, Some(named(&spans, "root").span_id));
        let mut children: Vec<_> = spans
            .iter()
            .filter(|span| span.operation_name == "child")
            .map(|child| {
                assert_eq!(child.parent_span_id, Some(held.span_id));
                assert_eq!(child.trace_id, held.trace_id);
                child.tag("n").unwrap().as_i64().unwrap()
            })
            .collect();
        children.sort_unstable();
        assert_eq!(children, [1, 2, 3, 4, 5, 6]);
        let root = named(&spans, "root");
        assert_eq!(root.tag("after").unwrap().as_bool(), Some(true));
    }
}

#[test]
fn a_poll_that_panics_ends_it() {
    for away in [false, true] {
        let program = Program::new();
        program.root(|| {
            let mut held = start("held");
            let mut poll = || {
                catch_unwind(AssertUnwindSafe(|| {
                    pend(&mut held, || resume_unwind(Box::new("oops")));
                }))
                .is_err()
            };
            let has_panicked = if away {
                program.tracer.attach_sync(poll)
            } else {
                poll()
            };
            assert!(has_panicked);
            held.end();
            span::in_span("after", || {});
        });
        let spans = program.take();
        assert_eq!(named(&spans, "held").outcome, Outcome::Panicked);
        assert_eq!(
            named(&spans, "after").parent_span_id,
            Some(named(&spans, "root").span_id)
        );
    }
}

#[test]
fn polls_visits_and_writes_may_alternate() {
    let program = Program::new();
    program.root(|| {
        let mut held = start("held");
        for n in 0..20 {
            held.add_tag("n", n);
            match n % 5 {
                0 => pend(&mut held, || span::add_tag("n", n)),
                1 => program.tracer.attach_sync(|| held.add_tag("n", n)),
                2 => held.in_scope(|| span::add_tag("n", n)),
                3 => {
                    held = elsewhere(move || {
                        pend(&mut held, || span::add_tag("n", n));
                        held
                    });
                }
                _ => program.cut(),
            }
            held.add_tag("last", n);
        }
        held.end();
    });
    let spans = program.take();
    let held = named(&spans, "held");
    assert_eq!(held.tags.len(), 2);
    for key in ["n", "last"] {
        assert_eq!(held.tag(key).unwrap().as_i64(), Some(19));
    }
}

#[traced]
fn leaf() {}

#[test]
fn a_held_root_is_polled_wherever() {
    let program = Program::new();
    let mut root = program.tracer.root("held root").start();
    pend(&mut root, leaf);
    root = elsewhere(move || {
        pend(&mut root, leaf);
        root
    });
    program.root(|| pend(&mut root, leaf));
    root.add_tag("n", 1);
    finish(&mut root, leaf);
    assert!(!root.is_recording());
    let spans = program.take();
    let held = named(&spans, "held root").span_id;
    let leaves = spans.iter().filter(|span| span.operation_name == "leaf");
    assert_eq!(leaves.clone().count(), 4);
    for leaf in leaves {
        assert_eq!(leaf.parent_span_id, Some(held));
    }
}

#[test]
fn a_poll_that_ends_it_while_it_is_entered_leaves_it() {
    for panics in [false, true] {
        let program = Program::new();
        program.root(|| {
            let mut held = start("held");
            held.enter_unguarded();
            let polled = catch_unwind(AssertUnwindSafe(|| {
                finish(&mut held, || {
                    leaf();
                    if panics {
                        resume_unwind(Box::new("oops"));
                    }
                });
            }));
            assert_eq!(polled.is_err(), panics);
            assert!(!held.is_recording());
            span::add_tag("after", true);
            held.exit();
        });
        let spans = program.take();
        let (root, held) = (named(&spans, "root"), named(&spans, "held"));
        assert_eq!(root.tag("after").unwrap().as_bool(), Some(true));
        assert_eq!(named(&spans, "leaf").parent_span_id, Some(held.span_id));
        assert_eq!(held.outcome == Outcome::Panicked, panics);
    }
}

#[test]
fn a_poll_that_ends_it_waits_for_a_thread_that_is_in_it() {
    let program = Program::new();
    let held = program.root(|| start("held"));
    held.enter_unguarded();
    let held = elsewhere(move || {
        let mut held = held;
        finish(&mut held, || span::add_tag("polled", true));
        held
    });
    span::add_tag("within", true);
    held.exit();
    let spans = program.take();
    assert_eq!(named(&spans, "held").tags.len(), 2);
}

#[test]
fn what_is_entered_in_a_poll_and_not_left_is_not_current_after_it() {
    for is_entered in [false, true] {
        let program = Program::new();
        program.root(|| {
            let (mut held, other) = (start("held"), start("other"));
            if is_entered {
                held.enter_unguarded();
            }
            let before = span::current_context().unwrap().span_id;
            pend(&mut held, || other.enter_unguarded());
            assert_eq!(span::current_context().unwrap().span_id, before);
            other.end();
            held.end();
        });
        program.take();
    }
}
