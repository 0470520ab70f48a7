//! Memory, in a process of its own.

use std::time::Duration;

use trace_bridge::Bridge;
use trace_core::{MemoryCollector, Tracer};
use tracing::{Dispatch, Span};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

/// As tests do, each with a subscriber of its own. What one has open is nothing to the next, and
/// nothing is kept of it.
#[test]
fn many_bridges_in_one_process_leave_nothing() {
    rounds(30);
    let Some(before) = resident_bytes() else {
        return;
    };
    rounds(400);
    let after = resident_bytes().unwrap();
    // A bridge has pages of slots and of call sites, of 10 kB at least.
    let grown = after.saturating_sub(before);
    assert!(grown < 6_000_000, "{grown} bytes more after 1,600 bridges");
}

fn rounds(count: usize) {
    for _ in 0..count {
        let registry = tracing_subscriber::registry;
        let dispatches = [
            Dispatch::new(trace_bridge::subscriber()),
            Dispatch::new(Bridge::new().around(registry())),
            Dispatch::new(trace_bridge::around(registry().with(EnvFilter::new("off")))),
            Dispatch::new(registry().with(trace_bridge::layer())),
        ];
        for dispatch in dispatches {
            round(&dispatch);
        }
    }
}

fn round(dispatch: &Dispatch) {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test").collector(spans.clone()).on_demand();
    let tracer = tracer.build().unwrap();
    let mut kept = None;
    tracing::dispatcher::with_default(dispatch, || {
        tracer.root("root").run_sync(|| {
            let span = tracing::info_span!("kept", number = 1);
            let _in = span.enter();
            kept = Some((span.clone(), Span::current()));
            tracing::info!("an event");
        });
    });
    // The handles keep their bridge, and are dropped beside another one.
    let other = Dispatch::new(trace_bridge::subscriber());
    tracing::dispatcher::with_default(&other, || drop(kept));
    assert!(tracer.flush(Duration::from_secs(5)).is_complete);
    assert_eq!((tracer.stats().open, spans.spans().len()), (0, 2));
}

/// The memory of this process; `None` where `/proc` does not say.
fn resident_bytes() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}
