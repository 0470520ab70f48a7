//! Random programs against a model.
//!
//! A program is a set of futures that execute random commands. They open spans around async
//! and plain code, hold some, add tags and logs, suspend, fail, panic, flush, shut down and
//! begin roots. They also poll, drop or move the other futures. The model does the same in the
//! simplest way. At the end the spans and the counters must be equal.
//!
//! The fuzz target of the recorder also uses these files.

mod choices;
mod commands;
mod hazards;
mod held;
mod model;
mod place;
#[cfg(test)]
mod tests;
mod threads;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use trace_core::{
    Collector, Limits, MemoryCollector, SpanBatch, SpanId, SpanRecord, Stats, TraceId, Tracer,
    collector_fn, sampler_fn, span,
};

use super::settled;
pub(crate) use choices::Choices;
use commands::{act, drop_one, poll_one};
pub(crate) use hazards::Hazards;
use model::{Expected, REFUSED, Said, State, World};
pub(crate) use threads::Threads;

type Body = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Executes one program. Returns the number of its spans.
pub(crate) fn execute(
    name: &str,
    choices: Choices,
    hazards: Hazards,
    threads: &Arc<Threads>,
) -> usize {
    run(name, choices, hazards, threads).spans.len()
}

/// The result of a program.
struct Ran {
    spans: Vec<SpanRecord>,
    /// Whether an entry was written for a current span after its end.
    is_late: bool,
}

/// Executes a program with and without additional hand-overs. Both results must be the same,
/// except for times and ids. Returns the number of spans.
pub(crate) fn execute_twice(
    name: &str,
    choices: &Choices,
    seed: u64,
    threads: &Arc<Threads>,
) -> usize {
    let run = |flushes| {
        let hazards = Hazards {
            flushes,
            ..Hazards::NONE
        };
        run(name, choices.clone(), hazards, threads)
    };
    let (whole, cut) = (run(None), run(Some(seed)));
    if !whole.is_late {
        let (whole, cut) = (comparable(&whole.spans), comparable(&cut.spans));
        assert_eq!(whole, cut, "{name}");
    }
    whole.spans.len()
}

/// Returns spans without times, with their numbers as ids.
fn comparable(spans: &[SpanRecord]) -> Vec<SpanRecord> {
    let number = |span: &SpanRecord| span.tag("span").unwrap().as_i64().unwrap();
    let ids: HashMap<_, _> = spans
        .iter()
        .map(|span| {
            let id = u64::try_from(number(span)).unwrap() + 1;
            (span.span_id, SpanId::new(id).unwrap())
        })
        .collect();
    let mut spans = spans.to_vec();
    spans.sort_by_key(number);
    for span in &mut spans {
        span.trace_id = TraceId::new(1).unwrap();
        span.span_id = ids[&span.span_id];
        span.parent_span_id = span.parent_span_id.map(|id| ids[&id]);
        (span.start, span.end) = Default::default();
        // Concurrent entries of several threads may have any order.
        span.tags.sort_by(|one, other| one.key.cmp(&other.key));
        // Whether an error is logged again depends on the last failure on the thread.
        span.logs.retain(|log| log.message != "exception");
        for log in &mut span.logs {
            log.time = Default::default();
        }
    }
    spans
}

fn run(name: &str, choices: Choices, hazards: Hazards, threads: &Arc<Threads>) -> Ran {
    let spans = MemoryCollector::new();
    let ends = Arc::new(Ends::default());
    let state = Arc::new(Mutex::new(State::new(choices, hazards)));
    let tracer = Tracer::builder("stress")
        .on_demand()
        .limits(Limits {
            max_tags: 10_000,
            max_logs: 10_000,
            ..Limits::default()
        })
        .max_queue_spans(hazards.max_queue_spans.unwrap_or(1_000_000))
        .sampler(sampler_fn(|input| (input.operation_name != REFUSED).into()))
        .collector(panicking(&state))
        .collector(spans.clone())
        .collector(Arc::clone(&ends))
        .build()
        .unwrap();
    let world = World {
        state,
        tracer: tracer.clone(),
        threads: Arc::clone(threads),
    };
    while world.has_fuel() {
        act(&world);
    }
    held::leave_all(&world);
    let held = std::mem::take(&mut world.state().held);
    drop(held);
    while !world.state().pool.is_empty() {
        if world.choose(2) == 0 {
            poll_one(&world);
        } else {
            drop_one(&world);
        }
    }
    held::leave_all(&world);
    // The held spans of the futures.
    let held = std::mem::take(&mut world.state().held);
    drop(held);
    assert!(place::is_nowhere(), "{name}");
    assert_eq!(span::current_context(), None, "{name}");
    let stats = settled(&tracer);
    let spans = spans.take();
    let state = world.state();
    assert!(!state.has_failed, "{name}");
    check_counters(name, &state, &stats);
    let given = stats.delivered + stats.dropped.collector;
    assert_eq!(given, spans.len() as u64, "{name}: {stats:?}");
    let roots = state.spans.iter().filter(|span| span.parent.is_none());
    ends.check(name, (!state.is_shut_down).then(|| roots.count()));
    if hazards.is_lossless() {
        assert_eq!(spans.len(), state.spans.len(), "{name}: {stats:?}");
    }
    if state.is_exact() {
        compare(name, &state.spans, &spans);
    } else {
        compare_places(name, &state.spans, &spans);
    }
    Ran {
        spans,
        is_late: state.is_late,
    }
}

/// Makes a collector that panics if the program chooses so.
fn panicking(state: &Arc<Mutex<State>>) -> impl Collector + 'static {
    let state = Arc::clone(state);
    collector_fn(move |batch| {
        let mut state = state.lock().unwrap();
        if state.hazards.panics && state.choices.below(4) == 0 {
            state.panicked += batch.len() as u64;
            drop(state);
            resume_unwind(Box::new("oops"));
        }
    })
}

/// Checks each counter that the model knows.
fn check_counters(name: &str, state: &State, stats: &Stats) {
    let at = format!("{name}: {stats:?}");
    assert_eq!(stats.sampled_out, state.refused, "{at}");
    let started = state.spans.len() as u64 + state.refused;
    assert_eq!(stats.started, started, "{at}");
    assert_eq!(stats.dropped.collector, state.panicked, "{at}");
    assert_eq!(stats.dropped.limit, 0, "{at}");
    if state.hazards.max_queue_spans.is_none() {
        assert_eq!(stats.dropped.queue, 0, "{at}");
    }
    if !state.is_shut_down {
        assert_eq!(stats.dropped.shutdown, 0, "{at}");
    }
    if state.is_exact() {
        assert_eq!(stats.unattached, state.unattached, "{at}");
    }
}

/// A collector that checks that the end of each trace is reported once, after its last span.
#[derive(Default)]
struct Ends(Mutex<HashMap<TraceId, End>>);

#[derive(Debug, Default)]
struct End {
    spans: u64,
    /// The number of spans at each reported end.
    said_at: Vec<u64>,
}

impl Collector for Ends {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut traces = self.0.lock().unwrap();
        for span in batch.spans() {
            traces.entry(span.trace_id()).or_default().spans += 1;
        }
        for trace in batch.completed_traces() {
            let end = traces.entry(trace).or_default();
            end.said_at.push(end.spans);
        }
    }
}

impl Ends {
    /// Without a count, some ends may not have been reported.
    fn check(&self, name: &str, count: Option<usize>) {
        let traces = self.0.lock().unwrap();
        if let Some(count) = count {
            assert_eq!(traces.len(), count, "{name}");
        }
        for end in traces.values() {
            if count.is_some() || !end.said_at.is_empty() {
                assert_eq!(end.said_at, [end.spans], "{name}");
            }
        }
    }
}

/// Checks the parents of all delivered spans that can still be identified.
fn compare_places(name: &str, expected: &[Expected], spans: &[SpanRecord]) {
    let mut ids = HashSet::new();
    let mut by_number = BTreeMap::new();
    for span in spans {
        assert!(ids.insert(span.span_id), "{name}: twice {span:?}");
        if let Some(number) = span.tag("span").and_then(|value| value.as_i64()) {
            by_number.insert(usize::try_from(number).unwrap(), span);
        }
    }
    for (number, span) in &by_number {
        let expected = &expected[*number];
        assert_eq!(Some(span.outcome), expected.outcome, "{name}: {span:?}");
        assert_eq!(
            span.parent_span_id.is_none(),
            expected.parent.is_none(),
            "{name}"
        );
        let parent = expected.parent.and_then(|parent| by_number.get(&parent));
        if let Some(parent) = parent {
            assert_eq!(
                span.parent_span_id,
                Some(parent.span_id),
                "{name}: {span:?}"
            );
        }
        if let Some(root) = by_number.get(&expected.root) {
            assert_eq!(span.trace_id, root.trace_id, "{name}: {span:?}");
        }
    }
}

fn compare(name: &str, expected: &[Expected], spans: &[SpanRecord]) {
    let number = |span: &SpanRecord| {
        let number = span.tag("span").and_then(|value| value.as_i64());
        usize::try_from(number.unwrap_or_else(|| panic!("{name}: {span:#?}"))).unwrap()
    };
    let by_number: BTreeMap<usize, &SpanRecord> =
        spans.iter().map(|span| (number(span), span)).collect();
    assert_eq!(
        (by_number.len(), spans.len()),
        (expected.len(), expected.len()),
        "{name}"
    );
    for (number, expected) in expected.iter().enumerate() {
        let span = by_number[&number];
        let at = format!("{name}: {expected:?} is {span:#?}");
        let parent = expected.parent.map(|parent| by_number[&parent].span_id);
        assert_eq!(span.parent_span_id, parent, "{at}");
        assert_eq!(span.trace_id, by_number[&expected.root].trace_id, "{at}");
        assert_eq!(Some(span.outcome), expected.outcome, "{at}");
        let mut logs: Vec<_> = span
            .logs
            .iter()
            .map(|log| log.message.to_string())
            .collect();
        logs.retain(|message| message != "exception");
        assert_eq!(logs, expected.logs, "{at}");
        let tags = span.tags.iter();
        let tags = tags.filter_map(|tag| Some((tag.key.to_string(), tag.value.as_i64()?)));
        let tags: Vec<(String, i64)> = tags.collect();
        let keys: BTreeSet<_> = tags.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), tags.len(), "{at}");
        assert!(keys.into_iter().eq(expected.tags.keys()), "{at}");
        for (key, value) in &tags {
            let said = &expected.tags[key];
            let is_last = |one: &Said| one.value == *value && one.may_be_last(said);
            assert!(said.iter().any(is_last), "`{key}`, {at}");
        }
    }
}
