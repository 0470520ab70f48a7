//! Tests of a trace collector's queries and output.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::expect;
use trace_core::{
    Collector, Completion, Query, Resource, SpanBatch, SpanRecord, Status, TraceCollector,
    TreeOptions,
};

use crate::spans::{span, trace_id};

#[test]
fn search_finds_by_service_operation_tag_and_duration() {
    let collector = TraceCollector::new();
    for (trace, millis, service) in [(1, 100, "shop"), (2, 20, "shop"), (3, 300, "bank")] {
        let mut root = span(1, 0, "request", 0..millis);
        root.trace_id = trace_id(trace);
        root.service_name = service.into();
        root.add_tag(
            "http.response.status_code",
            if trace == 2 { 500 } else { 200 },
        );
        let mut child = span(2, 1, "charge", 0..1);
        child.trace_id = trace_id(trace);
        if trace == 3 {
            child.status = Status::Error("declined".into());
        }
        let resource = Resource::new(service);
        collector.collect(&SpanBatch::from_records(&resource, &[root, child]));
    }
    collector.finish();
    let found = |query: Query| -> Vec<u128> {
        let found = collector.search(&query);
        found
            .iter()
            .map(|found| found.trace.trace_id.get())
            .collect()
    };
    let query = Query::default;
    assert_eq!(found(query()), [1, 2, 3]);
    assert_eq!(found(query().service("shop")), [1, 2, 3]);
    assert_eq!(found(query().service("shop").operation("request")), [1, 2]);
    assert_eq!(found(query().tag("error", true)), [3]);
    assert_eq!(found(query().tag("error", "true")), [3]);
    assert_eq!(found(query().tag("error", true).operation("request")), []);
    assert_eq!(
        found(query().tag("error", false).operation("charge")),
        [1, 2]
    );
    assert_eq!(found(query().tag("http.response.status_code", 500)), [2]);
    assert_eq!(found(query().tag("http.response.status_code", "500")), [2]);
    assert_eq!(found(query().tag("http.response.status_code", 404)), []);
    assert_eq!(found(query().tag("service.name", "bank")), [3]);
    assert_eq!(found(query().tag("no such", 1)), []);
    assert_eq!(
        found(query().min_duration(Duration::from_millis(100))),
        [1, 3]
    );
    assert_eq!(found(query().max_duration(Duration::from_millis(20))), [2]);
    let slow = collector.slow_traces(Duration::from_millis(99));
    let slow: Vec<u128> = slow.iter().map(|slow| slow.trace.trace_id.get()).collect();
    assert_eq!(slow, [3, 1], "the slowest first");
    assert_eq!(collector.slow_traces(Duration::from_millis(300)).len(), 0);
}

#[test]
fn a_tag_of_its_own_named_error_is_found_too() {
    let mut tagged = span(1, 0, "op", 0..1);
    tagged.add_tag("error", "yes");
    let query = |value: &'static str| Query::default().tag("error", value);
    assert!(query("yes").matches_span(&tagged));
    assert!(!query("false").matches_span(&tagged));
    tagged.status = Status::Error("".into());
    assert!(query("true").matches_span(&tagged));
}

/// A writer whose content can be read.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Writes one byte at a time, to detect trees that are mixed.
        let written = bytes.len().min(1);
        self.0.lock().unwrap().extend(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn printing_writes_every_completed_trace() {
    let page = Page::default();
    let tree = TreeOptions {
        header: true,
        ..TreeOptions::compact()
    };
    let collector = TraceCollector::printing_to(Default::default(), tree, page.clone());
    let (resource, ended) = (Resource::new("shop"), [trace_id(1)]);
    let spans = [span(1, 0, "checkout", 0..30), span(2, 1, "charge", 5..20)];
    let batch = SpanBatch::from_records(&resource, &spans).with_completed_traces(&ended);
    collector.collect(&batch);
    let mut orphan = span(2, 1, "charge", 0..30);
    orphan.trace_id = trace_id(2);
    collector.collect(&SpanBatch::from_records(&resource, &[orphan]));
    collector.finish();
    expect![[r#"
        trace 00000000000000000000000000000001: 2 spans, 1 service, 30.0 ms
        checkout
        └─ charge

        trace 00000000000000000000000000000002: 1 span, 1 service, 30.0 ms
        charge   orphan of 0000000000000001
        incomplete: stopped

    "#]]
    .assert_eq(&page.text());
}

#[test]
fn trees_of_several_threads_never_mingle() {
    let page = Page::default();
    let collector =
        TraceCollector::printing_to(Default::default(), TreeOptions::compact(), page.clone());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let collector = collector.clone();
            scope.spawn(move || {
                let resource = Resource::new("shop");
                for number in 1..=50 {
                    let id = trace_id(thread * 100 + number);
                    let spans = [span(1, 0, "checkout", 0..30), span(2, 1, "charge", 5..20)];
                    let spans = spans.map(|span| SpanRecord {
                        trace_id: id,
                        ..span
                    });
                    let ended = [id];
                    let batch =
                        SpanBatch::from_records(&resource, &spans).with_completed_traces(&ended);
                    collector.collect(&batch);
                }
            });
        }
    });
    assert_eq!(page.text(), "checkout\n└─ charge\n\n".repeat(200));
    assert_eq!(collector.stats().traces_completed, 200);
}

#[test]
fn the_hook_may_ask_its_collector() {
    let asked: Arc<Mutex<Vec<Completion>>> = Arc::default();
    let collector = Arc::new(Mutex::new(None::<TraceCollector>));
    let (seen, asking) = (Arc::clone(&asked), Arc::clone(&collector));
    let made = TraceCollector::with_hook(Default::default(), move |completed| {
        let collector = asking.lock().unwrap().clone().unwrap();
        assert_eq!(collector.stats().traces_completed, 1);
        seen.lock().unwrap().push(completed.completion);
    });
    *collector.lock().unwrap() = Some(made.clone());
    made.collect(&SpanBatch::from_records(
        &Resource::new("shop"),
        &[span(1, 0, "root", 0..9)],
    ));
    made.finish();
    assert_eq!(*asked.lock().unwrap(), [Completion::Flushed]);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(Bomb);
        }
    }
}

#[test]
fn a_hook_that_panics_for_one_trace_is_told_of_the_others() {
    let told: Arc<Mutex<Vec<u128>>> = Arc::default();
    let seen = Arc::clone(&told);
    let collector = TraceCollector::with_hook(Default::default(), move |completed| {
        let number = completed.trace.trace_id.get();
        match number {
            1 => panic!("not this one"),
            3 => std::panic::panic_any(Bomb),
            _ => seen.lock().unwrap().push(number),
        }
    });
    let spans: Vec<SpanRecord> = (1..=5)
        .map(|number| SpanRecord {
            trace_id: trace_id(number),
            ..span(1, 0, "checkout", 0..30)
        })
        .collect();
    let ended: Vec<_> = spans.iter().map(|span| span.trace_id).collect();
    let (resource, (first, second)) = (Resource::new("shop"), spans.split_at(3));
    let batch = SpanBatch::from_records(&resource, first).with_completed_traces(&ended);
    collector.collect(&batch);
    assert_eq!(*told.lock().unwrap(), [2]);
    collector.collect(&SpanBatch::from_records(&resource, second));
    collector.finish();
    assert_eq!(*told.lock().unwrap(), [2, 4, 5]);
    let stats = collector.stats();
    assert_eq!((stats.hook_panics, stats.traces_completed), (2, 5));
    assert_eq!(collector.completed_traces().len(), 5, "nothing is lost");
}

#[test]
fn a_panicking_hook_costs_a_tracer_no_span() {
    let collector = TraceCollector::with_hook(Default::default(), |_| panic!("always"));
    let tracer = trace_core::Tracer::builder("shop");
    let tracer = tracer.collector(collector.clone()).build().unwrap();
    for _ in 0..3 {
        tracer.root("checkout").run_sync(|| ());
    }
    assert!(tracer.flush(Duration::from_secs(10)).is_complete);
    let stats = tracer.stats();
    assert_eq!((stats.delivered, stats.dropped), (3, Default::default()));
    assert_eq!(collector.stats().hook_panics, 3);
}
