//! A span that is written where it was recorded gives the same bytes as a copy of it: the
//! faster readers of entries, and the fields that are kept for a site, agree with records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{
    SpanBatch, SpanKind, Tracer, TracerBuilder, collector_fn, span, trace_root, traced,
};
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

#[traced("named scope", tags(otel.scope.name = name))]
fn scoped_by(name: &str) -> usize {
    name.len()
}

fn record_scopes() {
    trace_core::root("scopes").run_sync(|| {
        for names in [["a", "a", "b"], ["", "a", "trace_core"]] {
            for name in names {
                scoped_by(name);
            }
        }
        plain(1);
    });
}

#[trace_root("named scope", tags(otel.scope.name = name))]
fn root_scoped_by(name: &str) -> usize {
    name.len()
}

/// Spans of one place without any other.
fn record_roots() {
    for name in ["a", "a", "b", "a", ""] {
        root_scoped_by(name);
    }
}

#[traced("shows its place", tags(code.file.path = "elsewhere.rs"))]
fn placed() {}

#[traced("secret", tags(password = password, list = vec!["a", "b"]))]
fn secret(password: &str) -> usize {
    password.len()
}

#[traced("sized", tags(text, number, ratio, is_even = number % 2 == 0))]
fn sized(text: &str, number: i64, ratio: f64) -> usize {
    text.len()
}

/// With a key that does not fit into what is kept of a key.
#[traced(
    "a name that is longer than what is kept of the names of other spans, which are short",
    tags(a.key.that.is.longer.than.what.is.kept.of.the.keys.of.other.spans = id)
)]
fn long_names(id: i64) -> i64 {
    id
}

fn record_sizes() {
    trace_core::root("sizes").run_sync(|| {
        for bytes in [
            0, 1, 7, 16, 60, 61, 100, 110, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
            128, 129, 3_900, 4_000, 4_096, 16_300, 16_384, 20_000,
        ] {
            sized(&"x".repeat(bytes), 0, 0.0);
        }
        for shift in 0..64 {
            for number in [1_i64 << shift, (1_i64 << shift).wrapping_sub(1)] {
                sized("text", number, 1.5);
                sized("text", number.wrapping_neg(), f64::NAN);
                long_names(number);
            }
        }
    });
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
fn compare(builder: TracerBuilder, record: fn()) -> (bool, usize) {
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
    assert_eq!(compare(Tracer::builder("shop"), record), (true, 11));
}

#[test]
fn spans_of_one_place_are_in_the_scopes_that_their_tags_name() {
    let shop = || Tracer::builder("shop");
    assert_eq!(compare(shop(), record_scopes), (true, 8));
    assert_eq!(compare(shop(), record_roots), (true, 5));
}

#[test]
fn a_span_of_any_size_is_written_as_its_copy() {
    let spans = 1 + 27 + 64 * 2 * 3;
    assert_eq!(
        compare(Tracer::builder("shop"), record_sizes),
        (true, spans)
    );
}

#[test]
fn a_redacted_span_in_place_is_written_as_its_copy() {
    let builder = Tracer::builder("shop").redact(Redaction::standard());
    assert_eq!(compare(builder, record), (true, 11));
}
