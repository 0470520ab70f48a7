//! When a span of `tracing` ends, and how.

use std::time::Duration;

use trace_bridge::Bridge;
use trace_core::{Outcome, SpanRecord};

use crate::harness::{Recorded, faces};

fn by_face(body: impl Fn(), check: impl Fn(&str, &[SpanRecord])) {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(&body);
        });
        check(face, &recorded.spans());
    }
}

fn find<'a>(spans: &'a [SpanRecord], name: &str) -> &'a SpanRecord {
    spans
        .iter()
        .find(|span| span.operation_name == name)
        .unwrap()
}

#[test]
fn the_end_is_the_last_exit() {
    by_face(
        || {
            let span = tracing::info_span!("theirs");
            span.in_scope(|| ());
            trace_core::span::in_span("after", || std::thread::sleep(Duration::from_millis(3)));
        },
        |face, spans| {
            let (theirs, after) = (find(spans, "theirs"), find(spans, "after"));
            assert!(theirs.end <= after.start, "{face}");
        },
    );
}

#[test]
fn a_span_that_is_never_entered_ends_with_its_last_handle() {
    by_face(
        || {
            let span = tracing::info_span!("theirs");
            trace_core::span::in_span("within", || std::thread::sleep(Duration::from_millis(3)));
            drop(span);
        },
        |face, spans| {
            let (theirs, within) = (find(spans, "theirs"), find(spans, "within"));
            assert!(theirs.end >= within.end, "{face}");
            assert_eq!(within.parent_span_id, theirs.parent_span_id, "{face}");
        },
    );
}

#[test]
fn a_span_does_not_wait_for_its_children() {
    for (face, dispatch) in faces(&Bridge::new()) {
        if face == "a layer" {
            continue;
        }
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let parent = tracing::info_span!("parent");
                let child = parent.in_scope(|| tracing::info_span!("child"));
                drop(parent);
                recorded.tracer.flush(Duration::from_secs(1));
                let delivered = recorded.delivered();
                assert_eq!(delivered, ["parent"], "{face}");
                drop(child);
            });
        });
        assert_eq!(recorded.spans().len(), 3);
    }
}

#[test]
fn a_panic_that_leaves_a_span_is_its_outcome() {
    by_face(
        || {
            let caught = std::panic::catch_unwind(|| {
                let _in = tracing::info_span!("panics").entered();
                std::panic::resume_unwind(Box::new("expected"));
            });
            assert!(caught.is_err());
            tracing::info_span!("goes on").in_scope(|| ());
        },
        |face, spans| {
            assert_eq!(find(spans, "panics").outcome, Outcome::Panicked, "{face}");
            assert_eq!(find(spans, "goes on").outcome, Outcome::Ok, "{face}");
        },
    );
}

#[test]
fn a_handle_that_is_kept_for_longer_than_the_root_keeps_the_trace() {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            let mut kept = None;
            recorded.tracer.root("root").run_sync(|| {
                kept = Some(tracing::info_span!("kept"));
            });
            recorded.tracer.flush(Duration::from_secs(1));
            assert_eq!(recorded.delivered(), ["root"], "{face}");
            let kept = kept.unwrap();
            std::thread::scope(|threads| {
                let dispatch = &dispatch;
                threads.spawn(move || {
                    tracing::dispatcher::with_default(dispatch, || {
                        kept.in_scope(|| tracing::info_span!("below").in_scope(|| ()));
                        drop(kept);
                    });
                });
            });
        });
        let spans = recorded.spans();
        let kept = find(&spans, "kept");
        assert_eq!(
            find(&spans, "below").parent_span_id,
            Some(kept.span_id),
            "{face}"
        );
        assert_eq!(
            kept.parent_span_id,
            Some(find(&spans, "root").span_id),
            "{face}"
        );
    }
}
