//! A trace collector's bound.

use std::time::Duration;

use trace_core::{
    Collector, Resource, SpanBatch, SpanId, SpanRecord, Timestamp, TraceCollector,
    TraceCollectorOptions, TraceId,
};

use crate::{Case, MAX_BYTES, resident};

/// How many traces, spans in each, tags on each span, and the bytes of a text.
pub(crate) struct Growth {
    name: &'static str,
    traces: u64,
    spans: u64,
    tags: usize,
    text: usize,
    way: Way,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// A batch for each trace, which says that it has ended.
    Ended,
    /// A batch for each trace.
    Open,
    /// The spans of a trace the other way round, children first.
    Backwards,
    /// Every trace gets one span after another.
    Scattered,
    /// All in one batch.
    OneBatch,
}

pub(crate) const CASES: [Growth; 9] = [
    case("one plain span a trace", 200_000, 1, 0, 0, Way::Open),
    case(
        "one plain span a trace, ended",
        200_000,
        1,
        0,
        0,
        Way::Ended,
    ),
    case(
        "one span with 20 small tags a trace",
        60_000,
        1,
        20,
        0,
        Way::Open,
    ),
    case("a text of 4 kB a span", 30_000, 1, 0, 4_000, Way::Ended),
    case("trees of 100 spans, ended", 3_000, 100, 3, 0, Way::Ended),
    case(
        "trees of 100 spans, children first",
        3_000,
        100,
        0,
        0,
        Way::Backwards,
    ),
    case("trees that grow slowly", 10_000, 20, 0, 0, Way::Scattered),
    case(
        "one batch of as many traces",
        100_000,
        1,
        10,
        0,
        Way::OneBatch,
    ),
    case("one batch of one trace", 1, 100_000, 10, 0, Way::OneBatch),
];

const fn case(
    name: &'static str,
    traces: u64,
    spans: u64,
    tags: usize,
    text: usize,
    way: Way,
) -> Growth {
    Growth {
        name,
        traces,
        spans,
        tags,
        text,
        way,
    }
}

impl Case for Growth {
    fn name(&self) -> &str {
        self.name
    }

    fn run(&self) {
        let collector = TraceCollector::with_options(TraceCollectorOptions {
            max_active_traces: usize::MAX,
            max_completed_traces: usize::MAX,
            max_bytes: MAX_BYTES,
            ..TraceCollectorOptions::default()
        });
        // The batch is not the collector's.
        let all: Vec<SpanRecord> = match self.way {
            Way::OneBatch => self
                .each()
                .map(|(trace, id)| self.span(trace, id))
                .collect(),
            _ => Vec::new(),
        };
        let before = resident();
        match self.way {
            Way::OneBatch => send(&collector, &all, false),
            Way::Scattered => {
                for id in 1..=self.spans {
                    for trace in 1..=self.traces {
                        send(&collector, &[self.span(trace, id)], false);
                    }
                }
            }
            way => {
                for trace in 1..=self.traces {
                    let mut spans: Vec<_> = (1..=self.spans).collect();
                    if way == Way::Backwards {
                        spans.reverse();
                    }
                    let spans: Vec<_> = spans.iter().map(|id| self.span(trace, *id)).collect();
                    send(&collector, &spans, way == Way::Ended);
                }
            }
        }
        let grown = resident().saturating_sub(before);
        let stats = collector.stats();
        let (max, counted) = (MAX_BYTES >> 20, stats.bytes >> 20);
        println!(
            "{}: {max} MiB, counted {counted}, grown {}",
            self.name,
            grown >> 20
        );
        assert!(stats.bytes <= MAX_BYTES, "{stats:?}");
        assert!(grown <= MAX_BYTES / 4 * 5, "{} grew by {grown}", self.name);
        // What the batch's own making has freed is taken first.
        if self.way != Way::OneBatch {
            assert!(grown >= MAX_BYTES / 4 * 3, "{} grew by {grown}", self.name);
        }
    }
}

impl Growth {
    fn each(&self) -> impl Iterator<Item = (u64, u64)> {
        (1..=self.traces).flat_map(|trace| (1..=self.spans).map(move |id| (trace, id)))
    }

    fn span(&self, trace: u64, id: u64) -> SpanRecord {
        let (trace_id, span_id) = (TraceId::new(trace.into()), SpanId::new(id));
        let mut span = SpanRecord::new(trace_id.unwrap(), span_id.unwrap(), "op");
        span.parent_span_id = SpanId::new(id / 2);
        span.start = Timestamp::from_unix_nanos(1_786_934_400_000_000_000 + id);
        span.end = span.start + Duration::from_millis(1);
        for tag in 0..self.tags {
            span.add_tag(format!("k{tag}"), tag as i64);
        }
        if self.text > 0 {
            span.add_tag("text", "x".repeat(self.text));
        }
        span
    }
}

fn send(collector: &TraceCollector, spans: &[SpanRecord], has_ended: bool) {
    let (resource, ended) = (Resource::new("shop"), spans[0].trace_id);
    let batch = SpanBatch::from_records(&resource, spans);
    match has_ended {
        true => collector.collect(&batch.with_completed_traces(&[ended])),
        false => collector.collect(&batch),
    }
}
