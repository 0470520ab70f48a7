//! Tests of a tracer that is disabled: it behaves as if there were none.

use std::collections::BTreeMap;
use std::time::Duration;

use trace_core::{MemoryCollector, SpanId, TraceContext, TraceId, Tracer, propagation, span};

const LONG: Duration = Duration::from_secs(60);

fn disabled(spans: &MemoryCollector) -> Tracer {
    let builder = Tracer::builder("shop").collector(spans.clone());
    builder.disabled().build().unwrap()
}

#[test]
fn nothing_is_recorded_and_nothing_is_missing() {
    let spans = MemoryCollector::new();
    let tracer = disabled(&spans);
    tracer.root("order").run_sync(|| span::add_tag("id", 7));
    tracer.attach_sync(|| trace_core::root("order").run_sync(|| {}));
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(
        tracer.stats(),
        Tracer::builder("other").build().unwrap().stats()
    );
    assert!(tracer.lane_stats().is_empty());
    assert!(tracer.shutdown(LONG).is_complete);
    assert!(spans.spans().is_empty());
}

#[tokio::test]
async fn an_end_that_waits_is_there_at_once() {
    let tracer = disabled(&MemoryCollector::new());
    let _open = tracer.root("order").start();
    assert!(tracer.shutdown_when_idle(LONG).await.is_complete);
}

#[test]
fn a_context_passes_as_it_came() {
    let tracer = disabled(&MemoryCollector::new());
    let caller = TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
    let mut headers = BTreeMap::new();
    propagation::inject(&caller, &mut headers);
    let (mut through_root, mut through_attached) = (BTreeMap::new(), BTreeMap::new());
    let request = || trace_core::root("request").extracted(propagation::extract(&headers));
    let root = tracer
        .root("request")
        .extracted(propagation::extract(&headers));
    root.run_sync(|| span::inject(&mut through_root));
    tracer.attach_sync(|| request().run_sync(|| span::inject(&mut through_attached)));
    assert_eq!(through_root, headers);
    assert_eq!(through_attached, headers);
}
