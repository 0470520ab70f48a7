//! Parts: their sizes, their halves, and spans that are too large.

use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};

use super::log_placement::Logs;
use super::signal::Signal;
use super::{Encoder, Format, Frame, LogPlacement, Part, PartLimits};

const FORMATS: &[Format] = &[
    Format::Protobuf,
    #[cfg(feature = "json")]
    Format::Json,
];

fn spans(count: u64) -> Vec<SpanRecord> {
    let span = |number| {
        let (trace, id) = (TraceId::new(1).unwrap(), SpanId::new(number).unwrap());
        let mut span = SpanRecord::new(trace, id, format!("operation {number}"));
        span.service_name = "shop".into();
        span.add_tag("text", "a".repeat(usize::try_from(number).unwrap() * 40));
        span
    };
    (1..=count).map(span).collect()
}

fn parts(format: Format, limits: PartLimits, spans: &[SpanRecord]) -> Vec<Part> {
    let shop = Resource::new("shop");
    Encoder::new(format, limits, LogPlacement::default())
        .parts(&SpanBatch::from_records(&shop, spans))
}

fn body<'a>(format: Format, parts: impl IntoIterator<Item = &'a Part>) -> Vec<u8> {
    let parts: Vec<_> = parts.into_iter().collect();
    let mut frame = Frame::default();
    frame.write(format, parts.iter().copied());
    frame.pieces(parts).concat()
}

#[test]
fn a_part_says_how_large_its_body_is() {
    for &format in FORMATS {
        for count in [1, 3, 20] {
            for part in parts(format, PartLimits::NONE, &spans(count)) {
                assert_eq!(part.items(), count);
                assert_eq!(part.bytes(), body(format, [&part]).len(), "{format:?}");
            }
        }
    }
}

#[test]
fn the_halves_of_a_part_have_its_spans() {
    for &format in FORMATS {
        let whole = parts(format, PartLimits::NONE, &spans(7)).remove(0);
        let bytes = whole.items.clone();
        let (first, second) = whole.halve();
        let second = second.unwrap();
        assert_eq!((first.items(), second.items()), (3, 4));
        for half in [&first, &second] {
            assert_eq!(half.bytes(), body(format, [half]).len(), "{format:?}");
        }
        assert_eq!([&first.items[..], &second.items].concat(), bytes);
        let (third, fourth) = second.halve();
        assert_eq!(
            (third.items(), fourth.map(|part| part.items())),
            (2, Some(2))
        );
        let (one, none) = parts(format, PartLimits::NONE, &spans(1)).remove(0).halve();
        assert_eq!((one.items(), none.is_none()), (1, true));
    }
}

#[test]
fn parts_are_as_large_as_the_limits_allow() {
    for &format in FORMATS {
        let limits = PartLimits {
            max_part_spans: 3,
            max_part_bytes: 2_000,
            ..PartLimits::NONE
        };
        let spans = spans(30);
        let parts = parts(format, limits, &spans);
        assert_eq!(parts.iter().map(Part::items).sum::<u64>(), 30);
        for part in &parts {
            let is_small = part.items() <= 3 && part.bytes() <= 2_000;
            assert!(is_small, "{} spans, {} bytes", part.items(), part.bytes());
        }
        for pair in parts.windows(2) {
            let next = pair[1].items.len() / usize::try_from(pair[1].items()).unwrap();
            let is_full = pair[0].items() == 3 || pair[0].bytes() + next > 1_900;
            assert!(is_full, "{} bytes, then {next}", pair[0].bytes());
        }
    }
}

#[test]
fn parts_of_one_resource_share_it_in_a_body() {
    for &format in FORMATS {
        let limits = PartLimits {
            max_part_spans: 1,
            ..PartLimits::NONE
        };
        let parts = parts(format, limits, &spans(4));
        let text = body(format, &parts);
        let text = String::from_utf8_lossy(&text);
        assert_eq!(text.matches("service.name").count(), 1, "{format:?}");
        assert_eq!(text.matches("operation").count(), 4, "{format:?}");
    }
}

/// Spans that are too large in every way, and one that is not.
fn large() -> Vec<SpanRecord> {
    let mut spans = spans(2);
    let [small, large] = &mut spans[..] else {
        return spans;
    };
    small.tags.clear();
    large.tags.clear();
    large.add_tag("short", "stays");
    large.add_tag("long", "é".repeat(5_000));
    large.add_tag("longer", "\u{1}".repeat(20_000));
    spans
}

fn limited(format: Format, max_span_bytes: usize, spans: &[SpanRecord]) -> Vec<u8> {
    let limits = PartLimits {
        max_span_bytes,
        ..PartLimits::NONE
    };
    let parts = parts(format, limits, spans);
    assert_eq!(
        parts.iter().map(Part::items).sum::<u64>(),
        spans.len() as u64
    );
    for part in &parts {
        let mut before = 0;
        for end in &part.ends {
            let bytes = end - before;
            assert!(bytes <= max_span_bytes, "{format:?}: {bytes} bytes");
            before = *end;
        }
    }
    body(format, &parts)
}

#[test]
fn a_span_that_is_too_large_is_trimmed_and_marked() {
    for &format in FORMATS {
        let spans = large();
        for max_span_bytes in [1_500, 6_000, 20_000] {
            let body = limited(format, max_span_bytes, &spans);
            let text = String::from_utf8_lossy(&body);
            assert_eq!(text.matches("trace_core.trimmed").count(), 1, "{format:?}");
            assert!(text.contains("stays"), "{format:?}");
            // The longest texts are cut, and no attribute is left out.
            assert!(text.contains("longer"), "{format:?}");
        }
        let whole = limited(format, 200_000, &spans);
        assert!(!String::from_utf8_lossy(&whole).contains("trace_core.trimmed"));
    }
}

#[test]
fn what_is_left_out_of_a_span_is_counted() {
    for &format in FORMATS {
        let mut spans = spans(1);
        spans[0].tags.clear();
        for index in 0..200 {
            spans[0].add_tag(format!("key.{index}"), index);
            spans[0].logs.push(trace_core::Log {
                time: trace_core::Timestamp::from_unix_nanos(index),
                message: format!("message {index}").into(),
                fields: Vec::new(),
            });
        }
        let shop = Resource::new("shop");
        let limits = PartLimits {
            max_span_bytes: 2_000,
            ..PartLimits::NONE
        };
        let mut encoder = Encoder::new(format, limits, LogPlacement::default());
        let parts = encoder.parts(&SpanBatch::from_records(&shop, &spans));
        let bytes = parts[0].items.len();
        assert!((1_900..=2_000).contains(&bytes), "{format:?}: {bytes}");
        let text = String::from_utf8_lossy(&parts[0].items).into_owned();
        let logs = text.matches("message ").count();
        let tags = text.matches("key.").count();
        assert!(logs < 200 && (logs == 0 || tags == 200), "{logs} {tags}");
        let missing = [
            (logs, "droppedEventsCount"),
            (tags, "droppedAttributesCount"),
        ];
        for (kept, field) in missing {
            let dropped = format!("\"{field}\":{}", 200 - kept);
            let is_json = text.starts_with(",{");
            assert!(!is_json || kept == 200 || text.contains(&dropped), "{text}");
        }
    }
}

#[test]
fn the_resource_is_encoded_again_only_if_it_changes() {
    let mut encoder = Encoder::new(Format::Protobuf, PartLimits::NONE, LogPlacement::default());
    let (mut shop, spans) = (Resource::new("shop"), spans(1));
    let first = encoder
        .parts(&SpanBatch::from_records(&shop, &spans))
        .remove(0);
    let second = encoder
        .parts(&SpanBatch::from_records(&shop, &spans))
        .remove(0);
    assert!(std::sync::Arc::ptr_eq(&first.head, &second.head));
    shop.tags.push(trace_core::Tag::new("host.name", "a"));
    let third = encoder
        .parts(&SpanBatch::from_records(&shop, &spans))
        .remove(0);
    let text = String::from_utf8_lossy(&third.head.resource).into_owned();
    assert!(text.contains("host.name"), "{text}");
}

#[cfg(any(feature = "grpc", feature = "http"))]
#[test]
fn a_part_is_written_to_the_memory_of_another() {
    for &format in FORMATS {
        let mut encoder = Encoder::new(format, PartLimits::NONE, LogPlacement::default());
        let (shop, spans) = (Resource::new("shop"), spans(3));
        let batch = SpanBatch::from_records(&shop, &spans);
        let first = encoder.parts(&batch).remove(0);
        let (bytes, memory) = (first.items.clone(), first.items.as_ptr());
        encoder.reuse(first.into_memory());
        let second = encoder.parts(&batch).remove(0);
        assert_eq!((&second.items, second.items.as_ptr()), (&bytes, memory));
    }
}

/// A span with an error's log between two others, and one without logs.
fn logged() -> Vec<SpanRecord> {
    let mut spans = spans(2);
    for (time, message, key) in [
        (1, "first", "a"),
        (2, "exception", "exception.message"),
        (3, "last", "b"),
    ] {
        let mut fields = vec![trace_core::Tag::new(key, "why")];
        fields.push(trace_core::Tag::new("number", 7));
        spans[0].logs.push(trace_core::Log {
            time: trace_core::Timestamp::from_unix_nanos(time),
            message: message.into(),
            fields,
        });
    }
    spans
}

#[test]
fn logs_are_where_they_are_placed() {
    use Logs::{Both, LogRecords, SpanEvents};
    let shop = Resource::new("shop");
    let spans = logged();
    for &format in FORMATS {
        for (exceptions, others) in [
            (SpanEvents, SpanEvents),
            (LogRecords, LogRecords),
            (LogRecords, SpanEvents),
            (SpanEvents, Both),
            (Both, Both),
        ] {
            let placement = LogPlacement { exceptions, others };
            let mut encoder = Encoder::new(format, PartLimits::NONE, placement);
            let parts = encoder.parts(&SpanBatch::from_records(&shop, &spans));
            let of = |signal| {
                let parts = parts.iter().filter(move |part| part.signal == signal);
                let items = parts.clone().map(Part::items).sum::<u64>();
                let text = body(format, parts);
                (items, String::from_utf8_lossy(&text).into_owned())
            };
            let ((count, traces), (records, logs)) = (of(Signal::Traces), of(Signal::Logs));
            assert_eq!(count, 2);
            let expected = |logs| u64::from(logs != SpanEvents);
            assert_eq!(records, expected(exceptions) + 2 * expected(others));
            for (message, placed) in [("first", others), ("exception", exceptions)] {
                assert_eq!(traces.contains(message), placed != LogRecords, "{format:?}");
                assert_eq!(logs.contains(message), placed != SpanEvents, "{format:?}");
            }
        }
    }
}

#[test]
fn records_fill_parts_as_spans_do() {
    for &format in FORMATS {
        let limits = PartLimits {
            max_part_spans: 2,
            max_span_bytes: 400,
            ..PartLimits::NONE
        };
        let mut spans = logged();
        spans[0].logs[0].message = "é".repeat(1_000).into();
        for index in 0..100 {
            let field = trace_core::Tag::new(format!("key.{index}"), "x");
            spans[0].logs[2].fields.push(field);
        }
        let placement = LogPlacement {
            exceptions: Logs::LogRecords,
            others: Logs::LogRecords,
        };
        let shop = Resource::new("shop");
        let mut encoder = Encoder::new(format, limits, placement);
        let parts = encoder.parts(&SpanBatch::from_records(&shop, &spans));
        let logs: Vec<_> = parts
            .iter()
            .filter(|part| part.signal == Signal::Logs)
            .collect();
        let counts: Vec<_> = logs.iter().map(|part| part.items()).collect();
        assert_eq!(counts, [2, 1], "{format:?}");
        let mut trimmed = 0;
        for part in logs {
            assert_eq!(part.bytes(), body(format, [part]).len(), "{format:?}");
            let text = String::from_utf8_lossy(&part.items);
            trimmed += text.matches("trace_core.trimmed").count();
            assert!(part.items.len() <= 800, "{format:?}: {text}");
        }
        assert_eq!(trimmed, 2, "{format:?}");
    }
}
