//! Parts: their sizes, their halves, and spans that are too large.

use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};

use super::{Encoder, Format, Part, PartLimits, write_body};

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
    Encoder::new(format, limits).parts(&SpanBatch::from_records(&shop, spans))
}

fn body<'a>(format: Format, parts: impl IntoIterator<Item = &'a Part>) -> Vec<u8> {
    let mut body = Vec::new();
    write_body(format, parts, &mut body);
    body
}

#[test]
fn a_part_says_how_large_its_body_is() {
    for &format in FORMATS {
        for count in [1, 3, 20] {
            for part in parts(format, PartLimits::NONE, &spans(count)) {
                assert_eq!(part.spans(), count);
                assert_eq!(part.bytes(), body(format, [&part]).len(), "{format:?}");
            }
        }
    }
}

#[test]
fn the_halves_of_a_part_have_its_spans() {
    for &format in FORMATS {
        let whole = parts(format, PartLimits::NONE, &spans(7)).remove(0);
        let bytes = whole.spans.clone();
        let (first, second) = whole.halve();
        let second = second.unwrap();
        assert_eq!((first.spans(), second.spans()), (3, 4));
        for half in [&first, &second] {
            assert_eq!(half.bytes(), body(format, [half]).len(), "{format:?}");
        }
        assert_eq!([&first.spans[..], &second.spans].concat(), bytes);
        let (third, fourth) = second.halve();
        assert_eq!(
            (third.spans(), fourth.map(|part| part.spans())),
            (2, Some(2))
        );
        let (one, none) = parts(format, PartLimits::NONE, &spans(1)).remove(0).halve();
        assert_eq!((one.spans(), none.is_none()), (1, true));
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
        assert_eq!(parts.iter().map(Part::spans).sum::<u64>(), 30);
        for part in &parts {
            let is_small = part.spans() <= 3 && part.bytes() <= 2_000;
            assert!(is_small, "{} spans, {} bytes", part.spans(), part.bytes());
        }
        for pair in parts.windows(2) {
            let next = pair[1].spans.len() / usize::try_from(pair[1].spans()).unwrap();
            let is_full = pair[0].spans() == 3 || pair[0].bytes() + next > 1_900;
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
