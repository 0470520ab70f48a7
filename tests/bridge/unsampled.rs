//! Traces that are not sampled: nothing is recorded, and the context goes everywhere.

use trace_bridge::{Bridge, SpanExt};
use trace_core::{MemoryCollector, TraceContext, Tracer, span};
use tracing::{Instrument, Span};

use crate::harness::faces;

fn in_unsampled(body: impl Fn(&str, TraceContext)) {
    for (face, dispatch) in faces(&Bridge::new()) {
        let spans = MemoryCollector::new();
        let tracer = Tracer::builder("test")
            .sampler(trace_core::HeadSampler::new(0.0).unwrap())
            .collector(spans.clone())
            .on_demand()
            .build()
            .unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            tracer
                .root("root")
                .run_sync(|| body(face, span::current_context().unwrap()));
        });
        tracer.flush(std::time::Duration::from_secs(1));
        assert_eq!(spans.spans().len(), 0, "{face}");
    }
}

fn trace_id_here() -> Option<trace_core::TraceId> {
    span::current_context().map(|context| context.trace_id)
}

#[test]
fn spans_of_tracing_carry_the_context() {
    in_unsampled(|face, root| {
        let span = tracing::info_span!("theirs", n = 1);
        assert_eq!(
            span.context().map(|context| context.trace_id),
            Some(root.trace_id),
            "{face}"
        );
        std::thread::scope(|threads| {
            let span = span.clone();
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            threads.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    assert_eq!(trace_id_here(), None, "{face}");
                    span.in_scope(|| {
                        assert_eq!(trace_id_here(), Some(root.trace_id), "{face}");
                        tracing::info!("not recorded");
                    });
                    assert_eq!(trace_id_here(), None, "{face}");
                });
            });
        });
    });
}

#[test]
fn a_task_in_the_current_span_has_the_callers_context() {
    in_unsampled(|face, root| {
        if face == "a layer" {
            return;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let task = async move { trace_id_here() }.in_current_span();
        let task = tracing::instrument::WithSubscriber::with_subscriber(task, dispatch);
        let found = runtime.block_on(runtime.spawn(task)).unwrap();
        assert_eq!(found, Some(root.trace_id), "{face}");
        assert!(!Span::current().is_none(), "{face}");
    });
}
