//! Random programs against a model.
//!
//! A program is a set of futures, each of which does at random what code can do:
//! opens spans around async and plain code, adds tags and logs, suspends, fails,
//! panics, flushes, begins roots, and polls, drops or moves the other futures. The
//! model does the same in the simplest way. At the end the spans must be the same.

mod commands;
mod model;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{Collector, MemoryCollector, SpanBatch, SpanRecord, TraceId, Tracer};

use super::settled;
use crate::random::Random;
use commands::{drop_one, future, poll_one};
use model::{Expected, State, World};

type Body = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Executes one program; returns how many spans it had.
fn execute(seed: u64, threads: &Threads, is_lossy: bool) -> usize {
    let spans = MemoryCollector::new();
    let ends = Arc::new(Ends::default());
    let queue = if is_lossy {
        Random::new(seed).below(30)
    } else {
        1_000_000
    };
    let tracer = Tracer::builder("stress")
        .on_demand()
        .max_queue_spans(queue)
        .collector(spans.clone())
        .collector(Arc::clone(&ends))
        .build()
        .unwrap();
    let world = World {
        state: Arc::new(Mutex::new(State {
            random: Random::new(seed),
            fuel: 150,
            spans: Vec::new(),
            has_failed: false,
            is_lossy,
            pool: Vec::new(),
        })),
        tracer: tracer.clone(),
    };
    loop {
        if world.state().fuel == 0 {
            break;
        }
        match world.choose(8) {
            0..=1 => {
                let future = future(&world);
                world.state().pool.push(future);
            }
            2..=3 => poll_one(&world),
            4 => drop_one(&world),
            5 => drop(tracer.flush(Duration::ZERO)),
            _ => {
                let world = world.clone();
                threads.run(Box::new(move || poll_one(&world)));
            }
        }
        let mut state = world.state();
        state.fuel = state.fuel.saturating_sub(1);
    }
    while !world.state().pool.is_empty() {
        if world.choose(2) == 0 {
            poll_one(&world);
        } else {
            drop_one(&world);
        }
    }
    let stats = settled(&tracer);
    let spans = spans.take();
    let state = world.state();
    assert!(!state.has_failed, "seed {seed}");
    assert_eq!(stats.delivered, spans.len() as u64, "seed {seed}");
    assert_eq!(stats.started, state.spans.len() as u64, "seed {seed}");
    assert_eq!(
        stats.delivered + stats.dropped.queue,
        stats.started,
        "seed {seed}: {stats:?}"
    );
    ends.check(
        seed,
        state
            .spans
            .iter()
            .filter(|span| span.parent.is_none())
            .count(),
    );
    if is_lossy {
        compare_places(seed, &state.spans, &spans);
    } else {
        compare(seed, &state.spans, &spans);
    }
    spans.len()
}

/// Hears of the end of each trace: once, and not before its last span.
#[derive(Default)]
struct Ends(Mutex<HashMap<TraceId, End>>);

#[derive(Debug, Default)]
struct End {
    spans: u64,
    /// How many spans there were at each end that was said.
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
    fn check(&self, seed: u64, count: usize) {
        let traces = self.0.lock().unwrap();
        assert_eq!(traces.len(), count, "seed {seed}");
        for end in traces.values() {
            assert_eq!(end.said_at, [end.spans], "seed {seed}");
        }
    }
}

/// What was delivered is in its place, as far as it still says who it is.
fn compare_places(seed: u64, expected: &[Expected], spans: &[SpanRecord]) {
    let mut ids = HashSet::new();
    let mut by_number = BTreeMap::new();
    for span in spans {
        assert!(ids.insert(span.span_id), "seed {seed}: twice {span:?}");
        if let Some(number) = span.tag("span").and_then(|value| value.as_i64()) {
            by_number.insert(usize::try_from(number).unwrap(), span);
        }
    }
    for (number, span) in &by_number {
        let expected = &expected[*number];
        assert_eq!(
            Some(span.outcome),
            expected.outcome,
            "seed {seed}: {span:?}"
        );
        assert_eq!(
            span.parent_span_id.is_none(),
            expected.parent.is_none(),
            "seed {seed}"
        );
        let parent = expected.parent.and_then(|parent| by_number.get(&parent));
        if let Some(parent) = parent {
            assert_eq!(
                span.parent_span_id,
                Some(parent.span_id),
                "seed {seed}: {span:?}"
            );
        }
        if let Some(root) = by_number.get(&expected.root) {
            assert_eq!(span.trace_id, root.trace_id, "seed {seed}: {span:?}");
        }
    }
}

fn compare(seed: u64, expected: &[Expected], spans: &[SpanRecord]) {
    let number = |span: &SpanRecord| {
        let number = span.tag("span").and_then(|value| value.as_i64());
        usize::try_from(number.unwrap_or_else(|| panic!("seed {seed}: {span:#?}"))).unwrap()
    };
    let by_number: BTreeMap<usize, &SpanRecord> =
        spans.iter().map(|span| (number(span), span)).collect();
    assert_eq!(
        (by_number.len(), spans.len()),
        (expected.len(), expected.len()),
        "seed {seed}"
    );
    for (number, expected) in expected.iter().enumerate() {
        let span = by_number[&number];
        let at = format!("seed {seed}: {expected:?} is {span:#?}");
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
        let tags: BTreeMap<String, i64> = span
            .tags
            .iter()
            .filter_map(|tag| Some((tag.key.to_string(), tag.value.as_i64()?)))
            .collect();
        assert_eq!(tags, expected.tags, "{at}");
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Another thread, on which jobs are run one after the other.
struct Threads {
    jobs: std::sync::mpsc::Sender<Job>,
    done: std::sync::mpsc::Receiver<()>,
}

impl Threads {
    fn new() -> Self {
        let (jobs, received) = std::sync::mpsc::channel::<Job>();
        let (finished, done) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .spawn(move || {
                for job in received {
                    job();
                    let _sent = finished.send(());
                }
            })
            .unwrap();
        Self { jobs, done }
    }

    fn run(&self, job: Job) {
        self.jobs.send(job).unwrap();
        self.done.recv().unwrap();
    }
}

#[test]
fn random_programs_record_what_the_model_says() {
    let threads = Threads::new();
    let spans: usize = (1_000..3_100)
        .map(|seed| execute(seed, &threads, false))
        .sum();
    assert!(spans > 15_000, "{spans}");
}

#[test]
fn random_programs_lose_what_the_counter_says() {
    let threads = Threads::new();
    let spans: usize = (0..2_000).map(|seed| execute(seed, &threads, true)).sum();
    assert!(spans > 1_000, "{spans}");
}
