//! The layer: what it cannot do is said.

use std::sync::{Arc, Mutex};

use trace_core::diagnostics;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

use crate::harness::Recorded;

#[test]
fn a_filter_of_the_whole_stack_is_said() {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = Arc::clone(&said);
    diagnostics::listen(move |diagnostic| {
        listener.lock().unwrap().push(diagnostic.to_string());
    });
    let filtered = || tracing_subscriber::registry().with(EnvFilter::new("warn"));
    let _first = tracing::Dispatch::new(filtered().with(trace_bridge::layer()));
    let _second = tracing::Dispatch::new(filtered().with(trace_bridge::layer()));
    let said = said.lock().unwrap();
    let about: Vec<&String> = said
        .iter()
        .filter(|line| line.contains("trace_bridge::layer()"))
        .collect();
    assert_eq!(about.len(), 1, "{said:?}");
}

/// A registry gives back the reference of a parent to the thread's subscriber.
#[test]
fn a_handle_that_is_dropped_without_the_subscriber_leaves_its_parent_open() {
    for is_around in [false, true] {
        let registry = tracing_subscriber::registry;
        let dispatch = match is_around {
            true => tracing::Dispatch::new(trace_bridge::around(registry())),
            false => tracing::Dispatch::new(registry().with(trace_bridge::layer())),
        };
        let recorded = Recorded::new();
        let child = tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let parent = tracing::info_span!("parent");
                parent.in_scope(|| tracing::info_span!("child"))
            })
        });
        drop(child);
        recorded.tracer.flush(std::time::Duration::from_secs(5));
        let open = recorded.tracer.stats().open;
        assert_eq!(open, if is_around { 0 } else { 1 });
    }
}
