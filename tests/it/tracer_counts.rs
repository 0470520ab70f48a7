//! Tests of what a collector learns of its tracer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{Collector, SpanBatch, Tracer, TracerCounts};

/// Keeps what it is told.
#[derive(Default)]
struct Keeper(Mutex<Vec<TracerCounts>>);

impl Collector for Keeper {
    fn begin(&self, counts: &TracerCounts) {
        self.0.lock().unwrap().push(counts.clone());
    }

    fn collect(&self, _batch: &SpanBatch<'_>) {}
}

#[test]
fn a_collector_reads_the_counts_of_its_tracer() {
    let keeper = Arc::new(Keeper::default());
    // Passed on by each pointer.
    let boxed: Box<dyn Collector> = Box::new(Some(Arc::clone(&keeper)));
    let tracer = Tracer::builder("shop").tag("host.name", "a").on_demand();
    let tracer = tracer.collector(boxed).collector(()).build().unwrap();
    let counts = keeper.0.lock().unwrap().clone();
    assert_eq!(counts.len(), 1, "called once");
    assert_eq!(&*counts[0].resource().service_name, "shop");
    assert_eq!(counts[0].resource().tags.len(), 1);

    tracer.root("order").run_sync(|| ());
    tracer.flush(Duration::from_secs(5));
    let stats = counts[0].stats().unwrap();
    assert_eq!((stats.started, stats.delivered), (1, 1));
    assert_eq!(counts[0].lane_stats(), Some(tracer.lane_stats()));
}

#[test]
fn what_is_kept_does_not_keep_the_tracer() {
    let keeper = Arc::new(Keeper::default());
    let tracer = Tracer::builder("shop").collector(Arc::clone(&keeper));
    drop(tracer.build().unwrap());
    let counts = keeper.0.lock().unwrap().clone();
    assert!(counts[0].stats().is_none());
    assert!(counts[0].lane_stats().is_none());
}

/// Panics before it gets anything.
struct Panics;

impl Collector for Panics {
    fn begin(&self, _counts: &TracerCounts) {
        panic!("on purpose");
    }

    fn collect(&self, _batch: &SpanBatch<'_>) {}
}

#[test]
fn a_collector_that_panics_at_the_beginning_is_counted_and_gets_spans() {
    let tracer = Tracer::builder("shop").collector(Panics).on_demand();
    let tracer = tracer.build().unwrap();
    tracer.root("order").run_sync(|| ());
    tracer.flush(Duration::from_secs(5));
    let stats = tracer.stats();
    assert_eq!((stats.collector_panics, stats.delivered), (1, 1));
}
