//! Tests of held spans that threads share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use trace_core::{MemoryCollector, OpenSpan, Outcome, Tracer, span};

use super::{Program, elsewhere, named, start};

#[test]
fn what_happens_before_is_said_before() {
    let program = Program::new();
    // With and without a hand-over of the scope between the entries.
    for cuts in 0..8 {
        let cut = |place: u32| {
            if cuts & (1 << place) != 0 {
                program.cut();
            }
        };
        program.root(|| {
            let held = Arc::new(start("held"));
            held.add_tag("key", 1);
            cut(0);
            held.add_tag("key", 2);
            let other = Arc::clone(&held);
            elsewhere(move || other.add_tag("key", 3));
            cut(1);
            held.add_tag("key", 4);
            let other = Arc::clone(&held);
            elsewhere(move || other.in_scope(|| span::add_tag("key", 5)));
            cut(2);
            let other = Arc::clone(&held);
            elsewhere(move || {
                other.add_tag("last", true);
                other.end();
            });
            held.add_tag("late", true);
        });
        let spans = program.take();
        let held = named(&spans, "held");
        assert_eq!(held.tag("key").unwrap().as_i64(), Some(5), "{cuts}");
        assert_eq!(held.tag("last").unwrap().as_bool(), Some(true));
        assert_eq!(held.tags.len(), 2, "{cuts}: {held:#?}");
    }
    assert_eq!(program.unattached(), 8);
}

#[test]
fn an_end_waits_for_what_its_scope_has_not_handed_over() {
    let program = Program::new();
    program.root(|| {
        let held = start("held");
        held.add_tag("first", 1);
        program.cut();
        held.add_tag("second", 2);
        elsewhere(move || held.end());
        // The end is handed over with the entries of its scope.
        program.cut();
        let spans = program.spans.spans();
        let held = named(&spans, "held");
        assert_eq!(held.tags.len(), 2);
    });
    program.take();
}

#[test]
fn an_end_does_not_wait_for_a_scope_that_sleeps_and_has_handed_over() {
    let program = Program::with(|builder| builder.scheduled_delay(Duration::ZERO));
    let (sender, receiver) = channel();
    let mut root = Box::pin(program.tracer.root("root").run(async move {
        sender.send(start("held")).unwrap();
        tokio::task::yield_now().await;
        std::future::pending::<()>().await;
    }));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..2 {
        assert!(root.as_mut().poll(&mut cx).is_pending());
    }
    let held = receiver.recv().unwrap();
    held.add_tag("tag", 1);
    held.end();
    program.cut();
    assert_eq!(named(&program.spans.spans(), "held").tags.len(), 1);
    drop(root);
    program.take();
}

#[test]
fn a_span_that_ends_while_a_thread_is_in_it_is_delivered_when_that_has_left() {
    let program = Program::new();
    let held = Arc::new(program.root(|| start("held")));
    let (to_main, from_thread) = channel();
    let (to_thread, from_main) = channel::<()>();
    let other = Arc::clone(&held);
    let thread = std::thread::Builder::new().spawn(move || {
        let _in = other.enter();
        to_main.send(()).unwrap();
        from_main.recv().unwrap();
        span::add_tag("within", true);
        span::in_span("child", || {});
    });
    from_thread.recv().unwrap();
    held.end_with(Outcome::Error);
    held.end();
    assert!(!held.is_recording());
    program.cut();
    assert_eq!(program.tracer.stats().open, 1);
    to_thread.send(()).unwrap();
    thread.unwrap().join().unwrap();
    let spans = program.take();
    let held = named(&spans, "held");
    assert_eq!(held.outcome, Outcome::Error);
    assert_eq!(held.tag("within").unwrap().as_bool(), Some(true));
    assert_eq!(named(&spans, "child").parent_span_id, Some(held.span_id));
    assert!(held.end < named(&spans, "child").start, "it ended before");
}

#[test]
fn many_threads_say_things_at_once_and_nothing_is_lost() {
    for has_own_scope in [false, true] {
        let spans = MemoryCollector::new();
        let tracer = Tracer::builder("held")
            .collector(spans.clone())
            .limits(trace_core::Limits {
                max_tags: 100_000,
                max_logs: 100_000,
                ..Default::default()
            })
            .build()
            .unwrap();
        let said = AtomicU64::new(0);
        let late = AtomicU64::new(0);
        let rounds = 50;
        for _ in 0..rounds {
            let root = tracer.root("root").start();
            let held = if has_own_scope {
                root.add_log("root");
                said.fetch_add(1, Ordering::Relaxed);
                root
            } else {
                root.in_scope(|| start("held"))
            };
            let barrier = Barrier::new(4);
            let is_over = AtomicBool::new(false);
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let (held, barrier, said, late, is_over) =
                        (&held, &barrier, &said, &late, &is_over);
                    let tracer = &tracer;
                    scope.spawn(move || {
                        barrier.wait();
                        for n in 0..20 {
                            let is_late = is_over.load(Ordering::SeqCst);
                            match (thread + n) % 4 {
                                0 => held.add_log("log"),
                                1 => held.in_scope(|| span::in_span("child", || {})),
                                2 => tracer
                                    .root("other")
                                    .run_sync(|| held.add_log_with("log", &[("n", &n)])),
                                _ => {
                                    held.enter_unguarded();
                                    span::in_span("child", || {});
                                    held.exit();
                                }
                            }
                            if !is_late && (thread + n) % 4 % 2 == 0 {
                                said.fetch_add(1, Ordering::Relaxed);
                            } else if (thread + n) % 4 % 2 == 0 {
                                late.fetch_add(1, Ordering::Relaxed);
                            }
                            if thread == 3 && n == 15 {
                                held.end();
                                is_over.store(true, Ordering::SeqCst);
                            }
                        }
                    });
                }
            });
            drop(held);
        }
        tracer.flush(Duration::from_secs(60));
        let stats = tracer.stats();
        assert_eq!(stats.open, 0, "{stats:?}");
        assert_eq!(stats.started, stats.delivered, "{stats:?}");
        let logs: u64 = spans.take().iter().map(|span| span.logs.len() as u64).sum();
        let all = said.into_inner() + late.into_inner();
        assert_eq!(logs + stats.unattached, all, "{stats:?}");
    }
}

#[test]
fn guards_of_one_span_on_several_threads_end_with_their_threads() {
    let program = Program::new();
    let held = program.root(|| start("held"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _in = held.enter();
                let nested = held.in_scope(|| start("nested"));
                nested.end();
            });
        }
    });
    held.end();
    let spans = program.take();
    let parent = named(&spans, "held").span_id;
    let nested = spans.iter().filter(|span| span.operation_name == "nested");
    assert_eq!(nested.clone().count(), 4);
    for nested in nested {
        assert_eq!(nested.parent_span_id, Some(parent));
    }
}

#[test]
fn a_span_that_another_thread_has_entered_and_never_leaves_can_be_dropped() {
    let program = Program::new();
    let held = program.root(|| Arc::new(start("held")));
    let other = Arc::clone(&held);
    elsewhere(move || other.enter_unguarded());
    held.end();
    assert!(Arc::into_inner(held).is_some_and(|held: OpenSpan| !held.is_recording()));
    program.cut();
    let stats = program.tracer.stats();
    assert_eq!((stats.delivered, stats.open), (2, 0));
}

#[test]
fn what_one_thread_says_in_several_visits_is_said_in_that_order() {
    let program = Program::new();
    let say = |held: &OpenSpan| {
        held.in_scope(|| {
            span::add_tag("a", 1);
            held.add_tag("a", 2);
            span::add_tag("b", 1);
            let other = || program.tracer.root("other");
            other().run_sync(|| held.add_tag("b", 2));
            span::add_tag("c", 1);
            other().run_sync(|| held.in_scope(|| span::add_tag("c", 2)));
            span::add_tag("c", 3);
        });
        held.end();
    };
    for away in [false, true] {
        if away {
            say(&program.root(|| start("held")));
        } else {
            program.root(|| say(&start("held")));
        }
        let spans = program.take();
        let held = named(&spans, "held");
        let tags = ["a", "b", "c"].map(|key| held.tag(key).unwrap().as_i64());
        assert_eq!(tags, [Some(2), Some(2), Some(3)], "away: {away}");
    }
}

#[test]
fn who_enters_later_says_later() {
    let program = Program::new();
    let held = Arc::new(program.root(|| start("held")));
    held.in_scope(|| {
        span::add_tag("key", 1);
        let other = Arc::clone(&held);
        elsewhere(move || other.in_scope(|| span::add_tag("key", 2)));
    });
    held.end();
    let spans = program.take();
    assert_eq!(named(&spans, "held").tag("key").unwrap().as_i64(), Some(2));
}

#[test]
fn a_message_that_is_carried_is_used_on_several_threads_at_once() {
    let program = Program::new();
    let carried = program.root(|| span::in_span("sender", || trace_core::Carried::new(7)));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| carried.with(|seven| span::in_span("part", || assert_eq!(*seven, 7))));
        }
    });
    program.cut();
    assert!(program.tracer.stats().open == 0);
    drop(carried);
    let spans = program.take();
    let sender = named(&spans, "sender").span_id;
    let parts = spans.iter().filter(|span| span.operation_name == "part");
    assert_eq!(parts.clone().count(), 4);
    for part in parts {
        assert_eq!(part.parent_span_id, Some(sender));
    }
}

#[test]
fn a_stream_in_the_current_trace_takes_it_along() {
    use futures_util::{Stream, StreamExt};
    use trace_core::TraceStream;

    let program = Program::new();
    let rows = |count| {
        let rows = futures_util::stream::iter(0..count);
        let rows = rows.inspect(|n| span::in_span("row", || span::add_tag("n", *n)));
        program.root(|| TraceStream::in_current_trace(rows))
    };
    let (mut all, mut half) = (rows(2), rows(2));
    assert_eq!(all.size_hint(), (2, Some(2)));
    let collected = elsewhere(move || {
        futures_util::FutureExt::now_or_never(async move {
            let mut count = 0;
            while all.next().await.is_some() {
                count += 1;
            }
            count
        })
    });
    assert_eq!(collected, Some(2));
    let first = futures_util::FutureExt::now_or_never(half.next());
    assert_eq!(first, Some(Some(0)));
    drop(half);
    let spans = program.take();
    let rows = spans.iter().filter(|span| span.operation_name == "row");
    assert_eq!(rows.clone().count(), 3);
    for row in rows {
        let root = spans
            .iter()
            .find(|span| Some(span.span_id) == row.parent_span_id);
        assert_eq!(root.unwrap().operation_name, "root");
    }
}
