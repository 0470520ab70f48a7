//! Tests that the times of a trace stay consistent when the wall clock is set.

use std::time::Duration;

use trace_core::{
    Clock, ManualClock, MemoryCollector, SpanRecord, Timestamp, TraceFuture, Tracer, span,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn noon() -> Timestamp {
    Timestamp::from_unix_nanos(1_700_000_000_000_000_000)
}

struct Clocked {
    clock: ManualClock,
    tracer: Tracer,
    spans: MemoryCollector,
}

impl Clocked {
    fn new() -> Self {
        let (clock, spans) = (ManualClock::starting_at(noon()), MemoryCollector::new());
        let builder = Tracer::builder("clocked").clock(&clock).on_demand();
        let tracer = builder.collector(spans.clone()).build().unwrap();
        Self {
            clock,
            tracer,
            spans,
        }
    }

    fn pass(&self) {
        self.clock.advance(Duration::from_secs(1));
    }

    fn deliver(&self) {
        let _report = self.tracer.flush(Duration::ZERO);
    }

    /// Records a trace in three steps, and calls `within` between them.
    fn trace(&self, within: impl Fn()) -> Vec<SpanRecord> {
        self.tracer.root("root").run_sync(|| {
            let held = span::start("held");
            let task = async {
                span::add_log("in a task");
                span::in_span("in a task", || self.pass());
            };
            let task = span::in_span("before", || {
                self.pass();
                task.in_current_trace()
            });
            within();
            span::in_span("open", || {
                self.pass();
                span::add_log("first");
                within();
                self.pass();
                span::add_log("second");
            });
            futures_util::FutureExt::now_or_never(task).unwrap();
            within();
            held.end();
            self.pass();
        });
        self.deliver();
        self.spans.take()
    }
}

/// Returns the times as text, relative to the trace's start.
fn shape(spans: &[SpanRecord]) -> Vec<String> {
    let root = spans
        .iter()
        .find(|span| span.operation_name == "root")
        .unwrap();
    let since = |time: Timestamp| {
        let nanos = i128::from(time.as_unix_nanos()) - i128::from(root.start.as_unix_nanos());
        nanos / 1_000_000_000
    };
    let mut lines: Vec<_> = spans
        .iter()
        .map(|span| {
            let logs: Vec<_> = span.logs.iter().map(|log| since(log.time)).collect();
            let (start, end) = (since(span.start), since(span.end));
            format!("{} {start}..{end} {logs:?}", span.operation_name)
        })
        .collect();
    lines.sort();
    lines
}

const EXPECTED: [&str; 5] = [
    "before 0..1 []",
    "held 0..4 []",
    "in a task 3..4 []",
    "open 1..3 [2, 3]",
    "root 0..5 []",
];

#[test]
fn a_clock_that_is_set_while_a_trace_runs_tears_nothing_apart() {
    for back in [false, true] {
        let set = |clocked: &Clocked| {
            let now = Clock::from(&clocked.clock).now();
            let to = now.as_unix_nanos();
            let hour = u64::try_from(HOUR.as_nanos()).unwrap();
            let to = if back { to - hour } else { to + hour };
            clocked.clock.set(Timestamp::from_unix_nanos(to));
        };
        // All spans are in one delivery.
        let clocked = Clocked::new();
        let spans = clocked.trace(|| set(&clocked));
        assert_eq!(shape(&spans), EXPECTED);
        // The spans are delivered in parts. The clock is set before or after the first
        // delivery.
        for is_set_first in [false, true] {
            let clocked = Clocked::new();
            let spans = clocked.trace(|| {
                if is_set_first {
                    set(&clocked);
                }
                clocked.deliver();
                set(&clocked);
            });
            assert_eq!(shape(&spans), EXPECTED);
        }
    }
}

#[test]
fn traces_follow_a_clock_that_is_set() {
    let clocked = Clocked::new();
    let start = |spans: &[SpanRecord]| spans.iter().map(|span| span.start).min().unwrap();
    assert_eq!(start(&clocked.trace(|| ())), noon());
    // The clock is set before anything of the next trace is delivered.
    let later = noon() + 10 * HOUR;
    clocked.clock.set(later);
    assert_eq!(start(&clocked.trace(|| ())), later);
    // The clock is set repeatedly, and the last time so that a second passes.
    let spans = clocked.trace(|| clocked.clock.set(noon()));
    assert_eq!(shape(&spans), EXPECTED);
    let spans = clocked.trace(|| clocked.deliver());
    assert_eq!(start(&spans), noon() + Duration::from_secs(1));
    // A partly delivered trace keeps the clock with which it began.
    clocked.tracer.root("old").run_sync(|| {
        span::in_span("first", || ());
        clocked.deliver();
        let [first] = &clocked.spans.take()[..] else {
            panic!()
        };
        assert_eq!(first.start, noon() + Duration::from_secs(6));
        clocked.clock.set(later);
        assert_eq!(start(&clocked.trace(|| ())), later);
        span::in_span("second", || ());
    });
    clocked.deliver();
    let old = clocked.spans.take();
    assert_eq!(old.len(), 2);
    let is_old = |span: &SpanRecord| span.start < noon() + HOUR;
    assert!(old.iter().all(is_old), "{old:#?}");
}
