//! Spans of both worlds, nested in each way.

use trace_bridge::Bridge;
use trace_core::{TraceFuture, span, traced};
use tracing::Instrument;

use crate::harness::{Recorded, check, faces};

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

#[tracing::instrument(skip_all)]
fn theirs(body: impl FnOnce()) {
    body();
}

#[traced]
async fn ours_async(inner: impl Future<Output = ()>) {
    inner.await;
}

#[tracing::instrument(skip_all)]
async fn theirs_async(inner: impl Future<Output = ()>) {
    inner.await;
}

#[test]
fn each_is_below_what_surrounds_it() {
    check(
        &Bridge::new(),
        || ours(|| theirs(|| theirs(|| ours(|| ours(|| theirs(|| ())))))),
        "
        root
          ours
            theirs
              theirs
                ours
                  ours
                    theirs
        ",
    );
}

#[test]
fn siblings_are_not_below_each_other() {
    check(
        &Bridge::new(),
        || {
            theirs(|| ());
            ours(|| theirs(|| ()));
            theirs(|| ours(|| ()));
        },
        "
        root
          theirs
          ours
            theirs
          theirs
            ours
        ",
    );
}

#[test]
fn a_span_of_tracing_is_current_for_the_functions_of_ours() {
    check(
        &Bridge::new(),
        || {
            theirs(|| {
                span::add_tag("key", 1);
                span::add_log("a log");
                span::in_span("held", || ());
            });
        },
        "
        root
          theirs key=1
            - a log
            held
        ",
    );
}

#[test]
fn guards_that_are_dropped_in_the_wrong_order_leave_the_right_span_current() {
    check(
        &Bridge::new(),
        || {
            let (outer, inner) = (tracing::info_span!("outer"), tracing::info_span!("inner"));
            let outer = outer.entered();
            let inner = inner.entered();
            drop(outer);
            ours(|| ());
            drop(inner);
            ours(|| ());
        },
        "
        root
          outer
          inner
            ours
          ours
        ",
    );
}

/// The outer one is of another scope, so that the inner one began in the scope of its visit.
#[test]
fn a_span_of_another_thread_can_be_left_before_what_began_within_it() {
    check(
        &Bridge::new(),
        || {
            let outer = tracing::info_span!("outer");
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            let body = || {
                let outer = outer.entered();
                let inner = tracing::info_span!("inner");
                let (first, second) = (inner.clone().entered(), inner.entered());
                drop(outer);
                ours(|| ());
                drop(first);
                tracing::info!("still within");
                drop(second);
                ours(|| ());
            };
            std::thread::scope(|threads| {
                threads.spawn(|| tracing::dispatcher::with_default(&dispatch, body));
            });
        },
        "
        root
          outer
            inner
              - still within
              ours
        ",
    );
}

/// Polls both futures in turn, on one thread.
#[test]
fn futures_that_are_polled_in_turn_do_not_mix() {
    let yields = || async {
        tokio::task::yield_now().await;
        theirs(|| ());
        tokio::task::yield_now().await;
        ours(|| ());
    };
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            runtime.block_on(recorded.tracer.root("root").run(async {
                let first = ours_async(theirs_async(yields()));
                let second = theirs_async(ours_async(yields()));
                tokio::join!(first, second);
            }));
        });
        let tree = recorded.tree();
        let mut lines: Vec<&str> = tree.lines().collect();
        lines.sort_unstable();
        let expected = [
            "      ours",
            "      ours",
            "      theirs",
            "      theirs",
            "    ours_async",
            "    theirs_async",
            "  ours_async",
            "  theirs_async",
            "root",
        ];
        assert_eq!(lines, expected, "{face}: {tree}");
    }
}

/// Tasks move between threads; each polls many times.
#[test]
fn tasks_that_move_between_threads_keep_their_parents() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        let task = |number: u64| {
            let span = tracing::info_span!("task", number);
            async move {
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                    ours_async(theirs_async(async { tokio::task::yield_now().await })).await;
                }
            }
            .instrument(span)
        };
        let all = async {
            let tasks: Vec<_> = (0..8)
                .map(|number| {
                    let task = task(number).in_current_trace();
                    tokio::spawn(tracing::instrument::WithSubscriber::with_subscriber(
                        task,
                        dispatch.clone(),
                    ))
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        };
        tracing::dispatcher::with_default(&dispatch, || {
            runtime.block_on(recorded.tracer.root("root").run(all));
        });
        let spans = recorded.spans();
        let named =
            |name: &'static str| spans.iter().filter(move |span| span.operation_name == name);
        assert_eq!(named("task").count(), 8, "{face}");
        assert_eq!(named("ours_async").count(), 160, "{face}");
        assert_eq!(named("theirs_async").count(), 160, "{face}");
        for task in named("task") {
            let below =
                named("ours_async").filter(|span| span.parent_span_id == Some(task.span_id));
            assert_eq!(below.count(), 20, "{face}");
        }
        for ours in named("ours_async") {
            let below =
                named("theirs_async").filter(|span| span.parent_span_id == Some(ours.span_id));
            assert_eq!(below.count(), 1, "{face}");
        }
    }
}
