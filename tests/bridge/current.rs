//! `Span::current()` and what is sent elsewhere with it.

use trace_bridge::{Bridge, SpanExt};
use trace_core::traced;
use tracing::{Instrument, Span};

use crate::harness::{check, check_subscribers};

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

/// As sqlx does for SQLite: the work runs on a thread of its own, within the caller's span.
fn on_a_thread(body: impl FnOnce() + Send) {
    let span = Span::current();
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    std::thread::scope(|threads| {
        threads.spawn(move || {
            tracing::dispatcher::with_default(&dispatch, || span.in_scope(body));
        });
    });
}

#[test]
fn the_current_span_of_a_traced_function_is_that_span() {
    check_subscribers(
        &Bridge::new(),
        || {
            ours(|| {
                on_a_thread(|| {
                    tracing::info!("executed");
                    tracing::info_span!("query").in_scope(|| ours(|| ()));
                });
            });
        },
        "
        root
          ours
            - executed
            query
              ours
        ",
    );
}

#[test]
fn the_current_span_of_a_span_of_tracing_is_that_span() {
    check(
        &Bridge::new(),
        || {
            tracing::info_span!("theirs").in_scope(|| {
                on_a_thread(|| {
                    tracing::info!("executed");
                    ours(|| ());
                });
            });
        },
        "
        root
          theirs
            - executed
            ours
        ",
    );
}

#[test]
fn a_handle_keeps_the_trace_open_after_its_function() {
    check_subscribers(
        &Bridge::new(),
        || {
            let mut kept = Span::none();
            ours(|| kept = Span::current());
            kept.in_scope(|| tracing::info_span!("late").in_scope(|| ()));
        },
        "
        root
          ours
            late
        ",
    );
}

#[test]
fn the_context_of_a_handle_is_that_of_its_span() {
    check_subscribers(
        &Bridge::new(),
        || {
            ours(|| {
                let here = trace_core::span::current_context().unwrap();
                let context = Span::current().context().unwrap();
                assert_eq!(context.span_id, here.span_id);
                assert_eq!(context.trace_id, here.trace_id);
            });
        },
        "
        root
          ours
        ",
    );
}

#[test]
fn a_future_in_the_current_span_runs_in_it_wherever_it_is_polled() {
    check_subscribers(
        &Bridge::new(),
        || {
            let mut future = None;
            ours(|| {
                let work = async {
                    tokio::task::yield_now().await;
                    ours(|| ());
                };
                future = Some(Box::pin(work.in_current_span()));
            });
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(future.unwrap());
        },
        "
        root
          ours
            ours
        ",
    );
}

#[test]
fn handles_are_the_same_span_however_often_they_are_cloned_and_entered() {
    check_subscribers(
        &Bridge::new(),
        || {
            ours(|| {
                let span = Span::current();
                let again = span.clone();
                let (first, second) = (span.entered(), again.entered());
                drop(first);
                tracing::info!("between");
                drop(second);
            });
            tracing::info!("after");
        },
        "
        root
          - after
          ours
            - between
        ",
    );
}

#[test]
fn a_handle_can_be_left_before_a_span_that_began_within_it_ends() {
    check_subscribers(
        &Bridge::new(),
        || {
            let mut current = Span::none();
            ours(|| current = Span::current());
            let guard = current.entered();
            ours(|| drop(guard));
            ours(|| ());
        },
        "
        root
          ours
            ours
          ours
        ",
    );
}
