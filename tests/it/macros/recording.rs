//! Helpers that return what the attributes recorded, as text.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use expect_test::Expect;
use trace_core::{
    Clock, IdGenerator, ManualClock, MemoryCollector, Outcome, SpanKind, SpanRecord, Status,
    Timestamp, Tracer,
};

/// Runs a future below a root and compares its spans.
#[expect(
    clippy::needless_pass_by_value,
    reason = "`check(.., expect![..])` reads better than `&expect![..]`"
)]
pub(crate) fn check<F: Future>(future: F, expected: Expect) -> F::Output {
    let (output, text) = spans(future);
    expected.assert_eq(&text);
    output
}

/// Runs a future below a root and returns its output and the spans as text,
/// without the root.
pub(crate) fn spans<F: Future>(future: F) -> (F::Output, String) {
    let (output, records) = records(future);
    (output, text(&records))
}

/// Runs a future below a root and returns its output and the spans.
pub(crate) fn records<F: Future>(future: F) -> (F::Output, Vec<SpanRecord>) {
    let records = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(records.clone())
        .clock(Clock::from(&ManualClock::starting_at(Timestamp::default())))
        .ids(IdGenerator::counting())
        .on_demand()
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let output = runtime.block_on(tracer.root("(test)").run(future));
    assert!(tracer.flush(Duration::ZERO).is_complete);
    assert_eq!(tracer.stats().open, 0);
    (output, records.spans())
}

fn text(records: &[SpanRecord]) -> String {
    let parents: HashMap<_, _> = records
        .iter()
        .map(|span| (span.span_id, span.parent_span_id))
        .collect();
    let test = records
        .iter()
        .find(|span| span.operation_name == "(test)")
        .unwrap();
    let mut text = String::new();
    for span in records {
        if span.operation_name == "(test)" {
            continue;
        }
        let ancestors = std::iter::successors(span.parent_span_id, |id| parents[id]);
        let depth = ancestors.filter(|id| *id != test.span_id).count();
        if span.parent_span_id.is_none() {
            text.push_str("root ");
        }
        write!(text, "{:1$}{2}", "", depth * 2, span.operation_name).unwrap();
        if span.kind != SpanKind::Internal {
            write!(text, " {:?}", span.kind).unwrap();
        }
        if &*span.service_name != "test" {
            write!(text, " ({})", span.service_name).unwrap();
        }
        for tag in &span.tags {
            let own = matches!(&*tag.key, "error.type" | "cancelled");
            if !own {
                write!(text, " {}={:?}", tag.key, tag.value).unwrap();
            }
        }
        match span.outcome {
            Outcome::Ok => {}
            Outcome::Error => text.push_str(" error"),
            Outcome::Panicked => text.push_str(" panicked"),
            Outcome::Cancelled => text.push_str(" cancelled"),
        }
        if let (Status::Error(message), Some(error_type)) = (&span.status, span.tag("error.type"))
            && span.outcome == Outcome::Error
        {
            write!(text, " {error_type}: {message}").unwrap();
        }
        text.push('\n');
    }
    text
}
