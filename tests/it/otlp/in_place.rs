//! A span that is written where it was recorded gives the same bytes as a copy of it: the
//! faster readers of entries, and the fields that are kept for a site, agree with records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{SpanBatch, SpanKind, Tracer, TracerBuilder, collector_fn, span, traced};
use trace_otlp::{Redaction, to_json, to_protobuf};

#[traced("plain", tags(id, route = "/accounts/{id}", share = 0.5, ok = true))]
fn plain(id: i64) -> i64 {
    id
}

#[traced("fails", tags(id))]
fn fails(id: i64) -> Result<i64, String> {
    Err(format!("no account {id}"))
}

#[traced("scoped", tags(otel.scope.name = "library", otel.scope.version = "2"))]
fn scoped() {}

#[traced("shows its place", tags(code.file.path = "elsewhere.rs"))]
fn placed() {}

#[traced("secret", tags(password = password, list = vec!["a", "b"]))]
fn secret(password: &str) -> usize {
    password.len()
}

fn record() {
    trace_core::root("request").run_sync(|| {
        plain(7);
        plain(i64::MIN);
        drop(fails(3));
        scoped();
        placed();
        secret("hunter2");
        span::in_span("texts", || {
            span::add_tag("id", 1);
            span::add_tag("otel.scope.name", "by text");
            span::add_log("a log");
        });
        span::build("held")
            .kind(SpanKind::Client)
            .tag("error.type", "mine")
            .start()
            .end();
        drop(span::start("cancelled"));
        let panicked = std::panic::catch_unwind(|| span::in_span("panics", || panic!("no")));
        assert!(panicked.is_err());
    });
}

/// Returns whether the forms of all batches were those of copies, and how many spans these had.
fn compare(builder: TracerBuilder) -> (bool, usize) {
    let seen = Arc::new(Mutex::new((true, 0)));
    let in_collector = Arc::clone(&seen);
    let tracer = builder
        .on_demand()
        .collector(collector_fn(move |batch: &SpanBatch<'_>| {
            let records: Vec<_> = batch.records().collect();
            let copies = SpanBatch::from_records(batch.resource(), &records);
            let mut seen = in_collector.lock().unwrap();
            seen.0 &= to_protobuf(batch) == to_protobuf(&copies);
            seen.0 &= to_json(batch) == to_json(&copies);
            seen.1 += records.len();
        }))
        .build()
        .unwrap();
    tracer.attach_sync(record);
    assert!(tracer.flush(Duration::from_secs(60)).is_complete);
    *seen.lock().unwrap()
}

#[test]
fn a_span_in_place_is_written_as_its_copy() {
    assert_eq!(compare(Tracer::builder("shop")), (true, 11));
}

#[test]
fn a_redacted_span_in_place_is_written_as_its_copy() {
    let builder = Tracer::builder("shop").redact(Redaction::standard());
    assert_eq!(compare(builder), (true, 11));
}
