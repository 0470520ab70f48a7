//! `init()`: once in a process.

use std::time::Duration;

use trace_bridge::InitError;
use trace_core::{MemoryCollector, Tracer};

#[test]
fn it_bridges_tracing_and_log_and_is_refused_the_second_time() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(spans.clone())
        .on_demand()
        .build()
        .unwrap();
    trace_bridge::init().unwrap();
    tracer.root("root").run_sync(|| {
        tracing::debug_span!("theirs").in_scope(|| {
            tracing::info!("by tracing");
            log::warn!("by log");
        });
    });
    tracer.flush(Duration::from_secs(1));
    let spans = spans.spans();
    let theirs = spans
        .iter()
        .find(|span| span.operation_name == "theirs")
        .unwrap();
    let logs: Vec<&str> = theirs.logs.iter().map(|log| &*log.message).collect();
    assert_eq!(logs, ["by tracing", "by log"]);
    assert_eq!(trace_bridge::init(), Err(InitError::Subscriber));
    assert!(
        InitError::Subscriber
            .to_string()
            .contains("trace_bridge::around")
    );
}
