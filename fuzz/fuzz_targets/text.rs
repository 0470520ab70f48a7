//! What reads JSON never panics, and reads what was written of what it read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::{Resource, SpanBatch};
use trace_otlp::decode::{self, DecodeOptions};
use trace_otlp::to_json;

fuzz_target!(|input: &[u8]| {
    let (kind, input) = input.split_first().unwrap_or((&0, &[]));
    match kind % 2 {
        0 => json(input),
        _ => records(input),
    }
});

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
