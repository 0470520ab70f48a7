//! Tests of futures that are joined, selected, forgotten, and handed over in any order.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{FusedFuture, FutureExt, join_all};
use futures_util::stream::FuturesUnordered;
use tokio::task::yield_now;
use trace_core::{Outcome, SpanRecord, TraceFuture, Tracer, span};

use super::{named, poll, settled, tracer};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A span with the number `n`, which suspends `n` times and has a child in between.
async fn numbered(n: u64) -> u64 {
    let body = async {
        span::add_tag("n", n);
        for _ in 0..n % 4 {
            yield_now().await;
        }
        async { span::add_tag("n", n) }.in_span("inner").await;
        yield_now().await;
        span::add_tag("end", n);
    };
    body.in_span("numbered").await;
    n
}

/// Checks that each numbered span is below `parent` and has its own tags and child.
fn check_numbered(all: &[SpanRecord], parent: &SpanRecord, count: u64) {
    let of = |name: &'static str| all.iter().filter(move |span| span.operation_name == name);
    assert_eq!(of("numbered").count() as u64, count);
    assert_eq!(of("inner").count() as u64, count);
    for span in of("numbered") {
        assert_eq!(span.parent_span_id, Some(parent.span_id));
        assert_eq!(span.tag("n"), span.tag("end"));
        let inner = of("inner").filter(|inner| inner.parent_span_id == Some(span.span_id));
        let tags: Vec<_> = inner.map(|inner| inner.tag("n")).collect();
        assert_eq!(tags, [span.tag("n")]);
    }
}

#[test]
fn a_hundred_children_at_once_are_siblings() {
    let (tracer, spans) = tracer();
    block_on(tracer.root("root").run(async {
        let children: FuturesUnordered<_> = (0..100).map(numbered).collect();
        assert_eq!(children.collect::<Vec<_>>().await.len(), 100);
    }));
    settled(&tracer);
    let all = spans.take();
    check_numbered(&all, named(&all, "root"), 100);

    block_on(tracer.root("root").run(join_all((0..100).map(numbered))));
    settled(&tracer);
    let all = spans.take();
    check_numbered(&all, named(&all, "root"), 100);
}

#[test]
fn a_set_may_be_dropped_outside_with_its_children_half_way() {
    let (tracer, spans) = tracer();
    let mut children: Pin<Box<FuturesUnordered<_>>> = Box::pin((0..100).map(numbered).collect());
    tracer.root("root").run_sync(|| {
        for _ in 0..3 {
            let _polled = children.next().now_or_never();
        }
    });
    let other = tracer.clone();
    let dropped = std::thread::Builder::new()
        .spawn(move || other.root("other").run_sync(|| drop(children)))
        .unwrap();
    dropped.join().unwrap();
    settled(&tracer);
    let all = spans.take();
    let root = named(&all, "root");
    let numbered = all.iter().filter(|span| span.operation_name == "numbered");
    let mut cancelled = 0;
    for span in numbered {
        assert_eq!(span.parent_span_id, Some(root.span_id));
        cancelled += u32::from(span.outcome == Outcome::Cancelled);
    }
    assert!(cancelled > 0);
    assert!(
        all.iter()
            .all(|span| span.trace_id == root.trace_id || span.operation_name == "other")
    );
}

#[test]
fn the_losers_of_a_select_are_cancelled_where_they_are() {
    let (tracer, spans) = tracer();
    block_on(tracer.root("root").run(async {
        for n in 0..20 {
            tokio::select! {
                biased;
                () = async {
                    yield_now().await;
                    std::future::pending::<()>().await;
                }.in_span("loser") => {}
                m = numbered(n) => assert_eq!(m, n),
            }
            span::in_span("after", || {});
        }
    }));
    settled(&tracer);
    let all = spans.take();
    let root = named(&all, "root");
    check_numbered(&all, root, 20);
    for (name, outcome) in [("loser", Outcome::Cancelled), ("after", Outcome::Ok)] {
        let found: Vec<_> = all
            .iter()
            .filter(|span| span.operation_name == name)
            .collect();
        assert_eq!(found.len(), 20);
        assert!(found.iter().all(|span| span.outcome == outcome));
        assert!(
            found
                .iter()
                .all(|span| span.parent_span_id == Some(root.span_id))
        );
    }
}

#[test]
fn a_future_that_is_forgotten_stays_open_and_harms_nothing() {
    let (tracer, spans) = tracer();
    for _ in 0..10 {
        tracer.root("root").run_sync(|| {
            let mut forgotten = Box::pin(std::future::pending::<()>().in_span("forgotten"));
            assert!(poll(forgotten.as_mut()).is_pending());
            std::mem::forget(forgotten);
            span::in_span("after", || {});
        });
    }
    let report = tracer.flush(Duration::ZERO);
    assert_eq!((report.is_complete, report.left), (true, 10));
    let roots: BTreeMap<_, _> = spans
        .take()
        .into_iter()
        .filter(|span| span.parent_span_id.is_none())
        .map(|root| (root.trace_id, root))
        .collect();
    assert_eq!(roots.len(), 10);
    assert_eq!(tracer.stats().delivered, 20);
    let _report = tracer.shutdown(Duration::ZERO);
    assert_eq!(
        (tracer.stats().open, tracer.stats().dropped.shutdown),
        (0, 10)
    );
}

#[test]
fn a_root_that_is_forgotten_harms_nothing() {
    let (tracer, spans) = tracer();
    let mut root = Box::pin(tracer.root("forgotten").run(std::future::pending::<()>()));
    assert!(poll(root.as_mut()).is_pending());
    std::mem::forget(root);
    tracer.root("after").run_sync(|| {});
    let _report = tracer.flush(Duration::ZERO);
    assert_eq!((tracer.stats().delivered, tracer.stats().open), (1, 1));
    assert_eq!(named(&spans.take(), "after").parent_span_id, None);
}

/// Returns all permutations of `count` numbers.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let longer = shorter.iter().flat_map(|order| {
        (0..count).map(move |place| {
            let mut order = order.clone();
            order.insert(place, count - 1);
            order
        })
    });
    longer.collect()
}

#[test]
fn every_order_in_which_scopes_hand_over_gives_the_same_spans() {
    // The child of each of five roots begins in the root, continues in another scope, and ends
    // outside of both. The roots, and so the scopes, end in every order.
    let run = |order: &[usize], flushes: bool, tracer: &Tracer| {
        let mut children: Vec<_> = (0..5).map(|n| Box::pin(numbered(n + 2).fuse())).collect();
        let mut roots: Vec<_> = (0..5)
            .zip(&mut children)
            .map(|(n, child)| {
                let body = async move {
                    std::future::poll_fn(|cx| child.as_mut().poll(cx).map(drop)).now_or_never();
                    std::future::pending::<()>().await;
                };
                let mut root = Box::pin(tracer.root(format!("home {n}")).run(body));
                assert!(poll(root.as_mut()).is_pending());
                Some(root)
            })
            .collect();
        for &n in order {
            roots[n] = None;
            if flushes {
                let _report = tracer.flush(Duration::ZERO);
            }
        }
        drop(roots);
        for &n in order {
            tracer.root("elsewhere").run_sync(|| {
                let _polled = poll(children[n].as_mut());
            });
        }
        for child in &mut children {
            while poll(child.as_mut()).is_pending() && !child.is_terminated() {}
        }
    };
    let mut first = None;
    for order in permutations(5) {
        for flushes in [false, true] {
            let (tracer, spans) = tracer();
            run(&order, flushes, &tracer);
            settled(&tracer);
            let all = spans.take();
            let names: BTreeMap<_, _> = all.iter().map(|span| (span.span_id, span)).collect();
            let mut shape: Vec<_> = all
                .iter()
                .filter(|span| span.operation_name == "numbered")
                .map(|span| {
                    let parent = names[&span.parent_span_id.unwrap()];
                    assert_eq!(parent.trace_id, span.trace_id);
                    (
                        span.tag("n").unwrap().as_i64(),
                        parent.operation_name.clone(),
                    )
                })
                .collect();
            shape.sort();
            assert_eq!(shape.len(), 5);
            assert_eq!(
                &shape,
                first.get_or_insert_with(|| shape.clone()),
                "{order:?}"
            );
        }
    }
}
