//! What reads text never panics, and reads what was written of what it read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::{extract, inject};
use trace_core::{Baggage, Resource, SpanBatch, TraceContext, TraceState};
use trace_otlp::decode::{self, DecodeOptions};
use trace_otlp::to_json;

fuzz_target!(|input: &[u8]| {
    let (kind, input) = input.split_first().unwrap_or((&0, &[]));
    match kind % 4 {
        0 => headers(&String::from_utf8_lossy(input)),
        1 => single(&String::from_utf8_lossy(input)),
        2 => json(input),
        _ => records(input),
    }
});

/// Each line is one of the headers; what was extracted is the same once more.
fn headers(text: &str) {
    let names = ["traceparent", "tracestate", "baggage"];
    let headers: Vec<(&str, &str)> = names.into_iter().zip(text.split('\n')).collect();
    let Some(context) = extract(&headers).context else {
        return;
    };
    let mut written = std::collections::HashMap::new();
    inject(&context, &mut written);
    let again = extract(&written);
    assert_eq!(again.problems, []);
    let again = again.context.expect("what was injected is extracted");
    assert_eq!(again, context);
}

fn single(text: &str) {
    if let Ok(context) = TraceContext::from_traceparent(text) {
        let written = context.to_traceparent();
        let again = TraceContext::from_traceparent(&written);
        assert_eq!(again.expect("what was written is read"), context);
    }
    if let Ok(state) = text.parse::<TraceState>() {
        assert_eq!(state.as_str().parse::<TraceState>(), Ok(state));
    }
    let (baggage, _) = Baggage::from_header(text);
    let (again, problems) = Baggage::from_header(&baggage.to_header());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again, baggage);
}

/// Lenient reading says that it left something out if, and only if, strict reading
/// fails; what was read is the same once it is written and read again.
fn json(input: &[u8]) {
    let strict: Result<Vec<_>, _> = decode::requests(input).collect();
    let lenient = DecodeOptions {
        lenient: true,
        ..DecodeOptions::default()
    };
    let requests = decode::requests(input).with_options(lenient);
    let requests: Result<Vec<_>, _> = requests.collect();
    let requests = requests.expect("lenient reading fails only if the reader does");
    let is_clean = requests.iter().all(|request| request.left_out == 0);
    assert_eq!(strict.is_ok(), is_clean);
    for group in requests.iter().flat_map(|request| &request.groups) {
        let text = write(&group.resource, &group.spans);
        let again: Result<Vec<_>, _> = decode::requests(text.as_bytes()).collect();
        let again = again.expect("what was written is read");
        let spans = again.iter().flat_map(|request| &request.groups);
        let spans: Vec<_> = spans.flat_map(|group| group.spans.clone()).collect();
        // Written once more, as a number that is none is not equal to itself.
        assert_eq!(spans.len(), group.spans.len());
        assert_eq!(write(&group.resource, &spans), text);
    }
}

fn write(resource: &Resource, spans: &[trace_core::SpanRecord]) -> String {
    to_json(&SpanBatch::from_records(resource, spans))
}

/// The same with records as serde reads them.
fn records(input: &[u8]) {
    if let Ok(span) = serde_json::from_slice::<trace_core::SpanRecord>(input) {
        let text = serde_json::to_string(&span).expect("a record is written");
        let again: trace_core::SpanRecord =
            serde_json::from_str(&text).expect("what was written is read");
        assert_eq!(
            serde_json::to_string(&again).expect("a record is written"),
            text
        );
    }
}
