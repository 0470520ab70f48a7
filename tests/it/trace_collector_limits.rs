//! Tests of the limits of a trace collector, and that all losses are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use trace_core::{
    Clock, Collector, CompletedTrace, Completion, ManualClock, Resource, SpanBatch, SpanRecord,
    TraceCollector, TraceCollectorOptions,
};

use crate::random::Random;
use crate::spans::{at, span, trace_id};

/// Less memory than one trace needs, but more than the ids of some discarded traces need.
const ONE_TRACE: u64 = 700;

fn with(change: impl FnOnce(&mut TraceCollectorOptions)) -> (TraceCollector, ManualClock) {
    let clock = ManualClock::starting_at(at(0));
    let mut options = TraceCollectorOptions {
        clock: Clock::from(&clock),
        ..TraceCollectorOptions::default()
    };
    change(&mut options);
    (TraceCollector::with_options(options), clock)
}

fn send(collector: &TraceCollector, spans: &[SpanRecord]) {
    collector.collect(&SpanBatch::from_records(&Resource::new("shop"), spans));
}

fn of_trace(trace: u128, span: SpanRecord) -> SpanRecord {
    SpanRecord {
        trace_id: trace_id(trace),
        ..span
    }
}

fn completions(collector: &TraceCollector) -> Vec<(u128, Completion)> {
    let completed = collector.completed_traces();
    let completed = completed.iter();
    completed
        .map(|completed| (completed.trace.trace_id.get(), completed.completion))
        .collect()
}

#[test]
fn above_the_limit_the_next_to_time_out_is_evicted() {
    let (collector, clock) = with(|options| options.max_active_traces = 2);
    for trace in 1..=3 {
        send(&collector, &[of_trace(trace, span(2, 1, "op", 0..1))]);
        clock.advance(Duration::from_secs(1));
        // Every span makes the first trace due later.
        send(
            &collector,
            &[of_trace(1, span(2 + trace as u64, 1, "op", 0..1))],
        );
    }
    assert_eq!(completions(&collector), [(2, Completion::Evicted)]);
    let stats = collector.stats();
    assert_eq!((stats.active_traces, stats.traces_evicted), (2, 1));
}

#[test]
fn a_trace_with_too_many_spans_is_cut_off_there() {
    let (collector, _) = with(|options| options.max_spans_per_trace = 3);
    let spans: Vec<_> = (1..=5).map(|id| span(id, 0, "op", 0..1)).collect();
    send(&collector, &spans[..3]);
    send(&collector, &spans[..1]);
    assert_eq!(collector.stats().active_traces, 1);
    send(&collector, &spans);
    assert_eq!(completions(&collector), [(1, Completion::TooManySpans)]);
    let stats = collector.stats();
    assert_eq!(collector.completed_traces()[0].trace.len(), 3);
    assert_eq!((stats.spans_received, stats.spans_duplicate), (9, 4));
    assert_eq!((stats.spans_dropped, stats.spans_late), (2, 0));
    assert_eq!(collector.completed_traces()[0].dropped_spans, 2);
}

#[test]
fn of_the_completed_traces_the_oldest_are_discarded() {
    let (collector, _) = with(|options| options.max_completed_traces = 2);
    for trace in 1..=5 {
        send(&collector, &[of_trace(trace, span(1, 0, "op", 0..1))]);
        collector.flush(Duration::ZERO).unwrap();
    }
    let expected = [(4, Completion::Flushed), (5, Completion::Flushed)];
    assert_eq!(completions(&collector), expected);
    assert_eq!(collector.completed_trace(trace_id(3)).map(|_| ()), None);
    let found = collector.completed_trace(trace_id(5)).unwrap();
    assert_eq!(found.trace.trace_id, trace_id(5));
    let stats = collector.stats();
    assert_eq!((stats.traces_completed, stats.traces_discarded), (5, 3));
    assert_eq!(stats.kept_traces, 2);
    send(&collector, &[of_trace(4, span(2, 1, "late", 0..1))]);
    assert_eq!(collector.completed_traces()[0].late_spans, 1);
    // The collector does not wait again for an announced trace.
    send(&collector, &[of_trace(1, span(2, 1, "late", 0..1))]);
    assert_eq!(collector.stats().active_traces, 0);
    let again = collector.completed_trace(trace_id(1)).unwrap();
    assert_eq!((again.late_spans, again.trace.len()), (1, 1));
    assert_eq!(again.completion, Completion::Flushed);
    assert!(again.told_before);
    assert_eq!(collector.stats().spans_late, 2);
}

#[test]
fn of_traces_that_were_told_some_are_remembered() {
    // 1/32 of this is for the ids.
    let (collector, _) = with(|options| {
        options.max_completed_traces = 0;
        options.max_bytes = 320_000;
    });
    for trace in 1..=1_000 {
        send(&collector, &[of_trace(trace, span(1, 0, "op", 0..1))]);
        collector.flush(Duration::ZERO).unwrap();
    }
    let stats = collector.stats();
    assert!((3_000..10_400).contains(&stats.bytes), "{stats:?}");
    for trace in [1, 1_000] {
        send(&collector, &[of_trace(trace, span(2, 1, "late", 0..1))]);
    }
    let stats = collector.stats();
    assert_eq!((stats.active_traces, stats.spans_late), (1, 1));
    assert_eq!(collector.active_traces()[0].trace_id, trace_id(1));
}

#[test]
fn what_is_waited_for_does_not_change_when_the_clock_is_set() {
    let hour = Duration::from_secs(3_600);
    let (collector, clock) = with(|options| options.tracers = 2);
    let orphan = |trace| of_trace(trace, span(2, 1, "op", 0..1));
    clock.set(at(0) + 2 * hour);
    send(&collector, &[orphan(1)]);
    clock.advance(Duration::from_secs(59));
    clock.set(at(0) + hour);
    collector.tick();
    assert_eq!(completions(&collector), []);
    clock.advance(Duration::from_secs(1));
    collector.tick();
    assert_eq!(completions(&collector), [(1, Completion::TimedOut)]);
    let done = &collector.completed_traces()[0];
    assert_eq!(done.completed_at, at(1_000) + hour);
    send(&collector, &[orphan(2)]);
    clock.set(at(0) + 9 * hour);
    collector.tick();
    assert_eq!(collector.stats().active_traces, 1);
}

#[test]
fn memory_is_bounded_by_discarding_then_giving_up() {
    let (collector, _) = with(|options| options.max_bytes = 100_000);
    let with_text = |trace, bytes: usize| {
        let mut span = of_trace(trace, span(1, 0, "op", 0..1));
        span.add_tag("text", "x".repeat(bytes));
        span
    };
    send(&collector, &[with_text(1, 40_000)]);
    collector.finish();
    send(&collector, &[with_text(2, 30_000)]);
    let bytes = collector.stats().bytes;
    assert!((70_000..80_000).contains(&bytes), "{bytes}");
    send(&collector, &[with_text(3, 40_000)]);
    assert_eq!(collector.stats().traces_discarded, 1, "the completed one");
    assert_eq!(collector.stats().active_traces, 2);
    send(&collector, &[with_text(4, 40_000)]);
    let stats = collector.stats();
    assert_eq!((stats.active_traces, stats.traces_evicted), (2, 1));
    assert!(stats.bytes <= 100_000);
    send(&collector, &[with_text(5, 200_000)]);
    let stats = collector.stats();
    assert_eq!((stats.active_traces, stats.kept_traces), (0, 0));
    assert!(stats.bytes < ONE_TRACE, "{stats:?}");
}

#[test]
fn the_bound_holds_within_a_batch_and_every_trace_is_told() {
    let told = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&told);
    let options = TraceCollectorOptions {
        max_bytes: 1_000_000,
        ..TraceCollectorOptions::default()
    };
    let collector = TraceCollector::with_hook(options, move |completed| {
        seen.fetch_add(completed.trace.len(), Ordering::Relaxed);
    });
    let spans: Vec<_> = (1..=10_000)
        .map(|trace| of_trace(trace, span(1, 0, "op", 0..1)))
        .collect();
    send(&collector, &spans);
    let stats = collector.stats();
    assert!(stats.bytes <= 1_000_000, "{stats:?}");
    assert!(stats.active_traces > 100, "{stats:?}");
    let evicted = 10_000 - stats.active_traces;
    assert_eq!(stats.traces_evicted, evicted);
    assert_eq!(told.load(Ordering::Relaxed) as u64, evicted);
    collector.finish();
    assert_eq!(told.load(Ordering::Relaxed), 10_000);
}

/// Returns spans of few traces with few ids, so that all cases occur.
fn flood(numbers: &mut Random) -> Vec<SpanRecord> {
    let mut spans = Vec::new();
    for _ in 0..numbers.below(6) {
        let id = 1 + numbers.below(9) as u64;
        let parent = numbers.below(9) as u64;
        let trace = 1 + numbers.below(6) as u128;
        let end = numbers.below(4) as u64;
        spans.push(of_trace(trace, span(id, parent, "op", 0..end)));
    }
    spans
}

/// Asserts that the reason of completion matches the trace.
fn check_reason(completed: &CompletedTrace) {
    let trace = &completed.trace;
    if completed.late_spans > 0 {
        // The trace is announced again, with its first reason.
        return;
    }
    let is_connected = trace.root().is_some() && trace.orphans().count() == 0;
    match completed.completion {
        Completion::Complete | Completion::Flushed => assert!(is_connected, "{trace:?}"),
        Completion::TimedOut => assert!(!is_connected || trace.trace_id > trace_id(2)),
        _ => {}
    }
}

#[test]
fn every_span_is_somewhere_and_every_byte_is_given_back() {
    let mut numbers = Random::new(7);
    for round in 0..60 {
        let clock = ManualClock::starting_at(at(0));
        let options = TraceCollectorOptions {
            clock: Clock::from(&clock),
            max_active_traces: 2 + round % 7,
            max_completed_traces: usize::MAX,
            max_spans_per_trace: 3 + round % 5,
            ..TraceCollectorOptions::default()
        };
        let collector = TraceCollector::with_hook(options.clone(), check_reason);
        let forgetful = TraceCollector::with_options(TraceCollectorOptions {
            max_completed_traces: 0,
            ..options
        });
        for _ in 0..40 {
            let spans = flood(&mut numbers);
            let ended = [trace_id(1), trace_id(2)];
            let resource = Resource::new(["a", "b"][numbers.below(2)]);
            let batch = SpanBatch::from_records(&resource, &spans).with_completed_traces(&ended);
            collector.collect(&batch);
            forgetful.collect(&batch);
            clock.advance(Duration::from_secs(numbers.below(20) as u64));
        }
        let (stats, completed) = (collector.stats(), collector.completed_traces());
        let kept: usize = completed.iter().map(|kept| kept.trace.len()).sum();
        let active = collector.active_traces();
        let active: usize = active.iter().map(|trace| trace.len()).sum();
        let elsewhere = stats.spans_duplicate + stats.spans_dropped;
        assert_eq!(stats.spans_received, (kept + active) as u64 + elsewhere);
        assert_eq!(stats.traces_completed, completed.len() as u64);
        collector.finish();
        assert_eq!(collector.stats().active_traces, 0);
        forgetful.finish();
        let stats = forgetful.stats();
        assert_eq!((stats.kept_traces, stats.active_traces), (0, 0));
        assert!(stats.bytes < ONE_TRACE, "{stats:?}");
        assert_eq!(stats.traces_discarded, stats.traces_completed);
    }
}

#[test]
fn a_reading_of_many_scattered_spans_is_complete() {
    // A busy minute of a small shop: 22,500 spans, 500 traces, 10 services.
    let mut spans = Vec::new();
    for trace in 1..=500 {
        spans.extend((1..=45).map(|id| of_trace(trace, span(id, id / 2, "op", id..id + 9))));
    }
    Random::new(1).shuffle(&mut spans);
    let (collector, _) = with(|_| {});
    for (index, batch) in spans.chunks(100).enumerate() {
        let resource = Resource::new(format!("service {}", index % 10));
        collector.collect(&SpanBatch::from_records(&resource, batch));
    }
    collector.flush(Duration::ZERO).unwrap();
    let completed = collector.completed_traces();
    assert_eq!(completed.len(), 500);
    assert!(
        completed
            .iter()
            .all(|completed| completed.trace.len() == 45)
    );
    assert_eq!(collector.stats().traces_incomplete, 0);
}
