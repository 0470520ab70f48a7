//! What redaction adds to the delivery of a span.
//!
//! A program of its own, as it needs none of the peers.

use std::time::Duration;

use trace_benches::report::{self, Table, short};
use trace_benches::stopwatch::{median, nanos, now};
use trace_core::{Tracer, TracerBuilder, span, traced};
use trace_otlp::Redaction;

/// Spans of one flush, which are about one batch.
const SPANS: u64 = 4_000;

const ROUNDS: usize = 301;

/// Records one span.
type Record = fn(u64);

#[traced(tags(i, text))]
fn tagged(i: u64, text: &str) -> u64 {
    i + text.len() as u64
}

#[traced(tags(a = i, b = 1.5, c = true, method = "GET", path = "/orders/7", host = "shop.example", id = "67e55044-10b1-426f-9247-bb680e5fe0c8", agent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"))]
fn rich(i: u64) {
    span::add_log("asking the bank");
    span::add_log("the bank has answered after 12 ms");
}

#[traced(tags(i, password = "hunter2"))]
fn secret_key(i: u64) {}

#[traced(tags(i, text))]
fn secret_text(i: u64, text: &str) {}

fn main() {
    let cases: [(&str, Record); 5] = [
        ("2 tags: a number, a text of 9 bytes", |i| {
            tagged(i, "/orders/7");
        }),
        ("2 tags: a number, a text of 36 bytes", |i| {
            tagged(i, "67e55044-10b1-426f-9247-bb680e5fe0c8");
        }),
        ("8 tags, 5 of them texts, and 2 logs", rich),
        ("2 tags, one of a secret key", secret_key),
        ("2 tags, a secret in a text", |i| {
            secret_text(i, "/orders?page=2&token=abc")
        }),
    ];
    report::print_head("Redaction");
    println!("Nanoseconds a span from the queue to a collector that reads nothing.\n");
    let mut table = Table::new(["", "without", "with", "more"]);
    for (name, record) in cases {
        let plain = tracer(|builder| builder);
        let redacting = tracer(|builder| builder.redact(Redaction::standard()));
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            let [without, with] = [&plain, &redacting].map(|tracer| delivery(tracer, record));
            times[0].push(without);
            times[1].push(with);
            times[2].push(with - without);
        }
        let [without, with, more] = times.map(|times| short(median(times)));
        table.row(vec![name.to_owned(), without, with, more]);
    }
    table.print();
}

fn tracer(change: impl FnOnce(TracerBuilder) -> TracerBuilder) -> Tracer {
    let builder = Tracer::builder("benches").collector(()).on_demand();
    change(builder).build().expect("no thread is started")
}

/// Records spans, and returns the nanoseconds that a flush takes for each.
fn delivery(tracer: &Tracer, record: Record) -> f64 {
    tracer.root("root").run_sync(|| (1..SPANS).for_each(record));
    let begin = now();
    let report = tracer.flush(Duration::from_secs(60));
    let time = nanos(begin.elapsed()) / SPANS as f64;
    assert!(report.is_complete, "everything is delivered");
    time
}
