//! The bound of a trace collector's memory.

use std::time::Duration;

use trace_core::{
    Collector, Link, Resource, SpanBatch, SpanId, SpanKind, SpanRecord, Timestamp, TraceCollector,
    TraceCollectorOptions, TraceContext, TraceId, TraceState,
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
    form: Form,
}

/// What else in a trace takes memory.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    /// The hook reads the tree of each trace.
    Looked,
    /// Clients without the servers' spans.
    Calls,
    /// Each two spans have one id.
    BothEnds,
    /// A trace state of so many bytes, parsed again for each span.
    State(usize),
    /// A service name of so many bytes for each span.
    Names(usize),
    /// One service name of so many bytes, allocated again for each span.
    SameName(usize),
    /// So many links, each with a trace state of so many bytes.
    Links(usize, usize),
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// A batch for each trace, which reports its end.
    Ended,
    /// A batch for each trace.
    Open,
    /// A batch for each trace, with children first.
    Backwards,
    /// Every trace gets one span after another.
    Scattered,
    /// All in one batch.
    OneBatch,
}

pub(crate) const CASES: [Growth; 24] = [
    case("one plain span a trace", 200_000, 1, Way::Open),
    case("one plain span a trace, ended", 200_000, 1, Way::Ended),
    case("one span with 20 small tags a trace", 60_000, 1, Way::Open).with_tags(20),
    case("a text of 4 kB a span", 30_000, 1, Way::Ended).with_text(4_000),
    case("trees of 100 spans, ended", 3_000, 100, Way::Ended).with_tags(3),
    case(
        "trees of 100 spans, children first",
        3_000,
        100,
        Way::Backwards,
    ),
    case("trees that grow slowly", 10_000, 20, Way::Scattered),
    case("one batch of as many traces", 100_000, 1, Way::OneBatch).with_tags(10),
    case("one batch of one trace", 1, 100_000, Way::OneBatch).with_tags(10),
    case("trace states, a span a trace", 100_000, 1, Way::Ended).with_form(Form::State(200)),
    case("long trace states", 60_000, 1, Way::Ended).with_form(Form::State(500)),
    case("trace states of trees", 3_000, 100, Way::Ended).with_form(Form::State(500)),
    case("short names, a span a trace", 200_000, 1, Way::Ended).with_form(Form::Names(12)),
    case("long names, a span a trace", 60_000, 1, Way::Ended).with_form(Form::Names(1_000)),
    case("long names in trees", 600, 100, Way::Ended).with_form(Form::Names(1_000)),
    case("one long name", 200_000, 1, Way::Ended).with_form(Form::SameName(1_000)),
    case("one long name in trees", 3_000, 100, Way::Ended).with_form(Form::SameName(1_000)),
    case("one name too long to share", 2_000, 50, Way::Ended).with_form(Form::SameName(70_000)),
    case("links with trace states", 60_000, 1, Way::Ended).with_form(Form::Links(4, 200)),
    case("one plain span a trace, looked at", 200_000, 1, Way::Ended).with_form(Form::Looked),
    case("trees of 100 spans, looked at", 3_000, 100, Way::Ended).with_form(Form::Looked),
    case("trees of 1,000 calls", 300, 1_000, Way::Open).with_form(Form::Calls),
    case("both ends of calls", 300, 1_000, Way::Open).with_form(Form::BothEnds),
    case("many links in trees", 600, 50, Way::Ended).with_form(Form::Links(19, 100)),
];

const fn case(name: &'static str, traces: u64, spans: u64, way: Way) -> Growth {
    Growth {
        name,
        traces,
        spans,
        tags: 0,
        text: 0,
        way,
        form: Form::Plain,
    }
}

impl Growth {
    const fn with_tags(self, tags: usize) -> Self {
        Self { tags, ..self }
    }

    const fn with_text(self, text: usize) -> Self {
        Self { text, ..self }
    }

    const fn with_form(self, form: Form) -> Self {
        Self { form, ..self }
    }
}

impl Case for Growth {
    fn name(&self) -> &str {
        self.name
    }

    fn run(&self) {
        let options = TraceCollectorOptions {
            max_active_traces: usize::MAX,
            max_completed_traces: usize::MAX,
            max_bytes: MAX_BYTES,
            ..TraceCollectorOptions::default()
        };
        let is_looked_at = matches!(self.form, Form::Looked);
        let collector = TraceCollector::with_hook(options, move |completed| {
            assert!(!is_looked_at || completed.trace.depth() > 0);
        });
        // The batch's memory is not the collector's.
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
        assert!(stats.bytes <= MAX_BYTES as u64, "{stats:?}");
        assert!(grown <= MAX_BYTES / 4 * 5, "{} grew by {grown}", self.name);
        // The collector first takes memory that was freed while the batch was made.
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
        let name = |bytes: usize| format!("{:0bytes$}", 1_000 * trace + id).into();
        match self.form {
            Form::Plain | Form::Looked => {}
            Form::Calls => span.kind = SpanKind::Client,
            Form::BothEnds => {
                span.kind = [SpanKind::Client, SpanKind::Server][id as usize % 2];
                span.span_id = SpanId::new(id.div_ceil(2)).unwrap();
            }
            Form::State(bytes) => span.tracestate = state(trace, bytes),
            Form::Names(bytes) => span.service_name = name(bytes),
            Form::SameName(bytes) => span.service_name = "x".repeat(bytes).into(),
            Form::Links(links, bytes) => span.links.extend((0..links).map(|_| {
                let mut to = TraceContext::new(span.trace_id, span.span_id);
                to.tracestate = state(trace, bytes);
                Link::from(to)
            })),
        }
        span
    }
}

/// A trace state of so many bytes, more than a hundred.
fn state(trace: u64, bytes: usize) -> TraceState {
    let (first, second) = (bytes / 2 - 2, bytes - bytes / 2 - 3);
    let text = format!("a={trace:0first$},b={trace:0second$}");
    text.parse().unwrap()
}

fn send(collector: &TraceCollector, spans: &[SpanRecord], has_ended: bool) {
    let (resource, ended) = (Resource::new("shop"), spans[0].trace_id);
    let batch = SpanBatch::from_records(&resource, spans);
    match has_ended {
        true => collector.collect(&batch.with_completed_traces(&[ended])),
        false => collector.collect(&batch),
    }
}
