//! Random programs of both worlds against a model, with each face of a bridge; those of `tracing`
//! alone also against what a registry says of them.

mod model;
mod numbers;
mod program;
mod registry;
mod run;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_bridge::{Around, Bridge, BridgeLayer, BridgeStats, BridgeSubscriber};
use trace_core::{
    Collector, HeadSampler, Limits, MemoryCollector, SpanBatch, SpanRecord, TraceId, Tracer,
};
use tracing::{Dispatch, Level};
use tracing_core::subscriber::NoSubscriber;
use tracing_subscriber::prelude::*;

use crate::harness::faces;
use model::{At, Expected, Model, Number};
use program::{Body, Words};
use registry::Seen;
use run::{Values, World};

/// A sort of programs.
#[derive(Clone, Copy)]
struct Sort {
    name: &'static str,
    /// Whether the program has functions of ours.
    ours: bool,
    /// Whether spans without a trace are roots.
    has_roots: bool,
    /// Whether all of it runs within a root.
    in_root: bool,
    /// Whether guards stay after their bodies.
    is_wild: bool,
    /// Whether traces are recorded. If not, they carry their contexts.
    is_sampled: bool,
}

const SORTS: [Sort; 6] = [
    Sort {
        name: "both worlds in a root",
        ours: true,
        has_roots: false,
        in_root: true,
        is_wild: false,
        is_sampled: true,
    },
    Sort {
        name: "both worlds with roots of both",
        ours: true,
        has_roots: true,
        in_root: false,
        is_wild: false,
        is_sampled: true,
    },
    Sort {
        name: "`tracing` in a root",
        ours: false,
        has_roots: false,
        in_root: true,
        is_wild: false,
        is_sampled: true,
    },
    Sort {
        name: "`tracing` with its roots",
        ours: false,
        has_roots: true,
        in_root: false,
        is_wild: false,
        is_sampled: true,
    },
    Sort {
        name: "guards that stay after their bodies",
        ours: true,
        has_roots: false,
        in_root: true,
        is_wild: true,
        is_sampled: true,
    },
    Sort {
        name: "traces that are not sampled",
        ours: true,
        has_roots: false,
        in_root: true,
        is_wild: false,
        is_sampled: false,
    },
];

#[test]
fn programs_of_both_worlds_in_a_root() {
    try_programs(SORTS[0], 100);
}

#[test]
fn programs_of_both_worlds_with_roots_of_both() {
    try_programs(SORTS[1], 100);
}

#[test]
fn programs_of_tracing_in_a_root() {
    try_programs(SORTS[2], 100);
}

#[test]
fn programs_of_tracing_with_its_roots() {
    try_programs(SORTS[3], 100);
}

/// Nothing is lost and nothing stays open, whatever is current.
#[test]
fn programs_with_guards_that_stay_after_their_bodies() {
    try_programs(SORTS[4], 100);
}

/// Nothing is recorded, and a context is current wherever a span would be.
#[test]
fn programs_in_traces_that_are_not_sampled() {
    try_programs(SORTS[5], 100);
}

/// What the bridge has left out; `None` around a stack, whose type has no name.
fn bridge_stats(dispatch: &Dispatch) -> Option<BridgeStats> {
    let alone = dispatch.downcast_ref::<BridgeSubscriber>();
    let around = dispatch.downcast_ref::<Around<NoSubscriber>>();
    let layer = dispatch.downcast_ref::<BridgeLayer>();
    let stats = alone.map(BridgeSubscriber::stats);
    let stats = stats.or_else(|| around.map(Around::stats));
    stats.or_else(|| layer.map(BridgeLayer::stats))
}

fn try_programs(sort: Sort, seeds: u64) {
    for seed in 0..seeds {
        for current in [true, false] {
            let words = Words {
                ours: sort.ours,
                current,
            };
            let program = program::program(seed, words);
            if let Some(failure) = failure(sort, &program, current) {
                report(sort, seed, program, current, failure);
            }
        }
    }
}

/// Makes a program that fails as small as is cheap, and shows it.
fn report(sort: Sort, seed: u64, mut program: Body, current: bool, mut found: String) -> ! {
    let mut tries = 2_000;
    loop {
        let mut is_found = |smaller: &Body| {
            tries -= 1;
            let now = (tries > 0)
                .then(|| failure(sort, smaller, current))
                .flatten();
            now.inspect(|now| found.clone_from(now)).is_some()
        };
        match program::smaller(&program, &mut is_found) {
            Some(smaller) => program = smaller,
            None => break,
        }
    }
    panic!("{}, seed {seed}: {found}\n{program:#?}", sort.name);
}

/// Runs a program with each face; returns what went wrong.
fn failure(sort: Sort, program: &Body, current: bool) -> Option<String> {
    let mut bridge = Bridge::new();
    if sort.has_roots {
        bridge = bridge.roots(Level::TRACE);
    }
    for (face, dispatch) in faces(&bridge) {
        if face == "a layer" && current {
            continue;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| check_face(sort, program, &dispatch)));
        if let Err(payload) = outcome {
            return Some(format!("{face}: {}", text_of(&*payload)));
        }
    }
    if !sort.ours {
        let outcome = catch_unwind(AssertUnwindSafe(|| check_registry(sort, program)));
        if let Err(payload) = outcome {
            return Some(format!("a registry: {}", text_of(&*payload)));
        }
    }
    None
}

fn text_of(payload: &dyn std::any::Any) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    })
    .unwrap_or_else(|| "an unknown panic".to_owned())
}

fn world(sort: Sort, dispatch: &Dispatch, tracer: Tracer, has_bridge: bool) -> Arc<World> {
    Arc::new(World {
        model: Mutex::new(Model::default()),
        tracer,
        dispatch: dispatch.clone(),
        has_roots: sort.has_roots,
        is_pure: !sort.ours,
        has_bridge,
        is_wild: sort.is_wild,
        is_layer: dispatch.is::<BridgeLayer>() || !has_bridge,
        has_task: AtomicBool::new(false),
    })
}

/// Runs a program on a thread of its own, so that a program that fails leaves nothing.
fn execute(sort: Sort, program: &Body, world: &Arc<World>) {
    let all = || {
        let mut values = Values::default();
        run::run(world, &mut values, program);
        drop(values);
    };
    let on_it = || {
        if sort.in_root && world.has_bridge {
            let number = world.model.lock().unwrap().number();
            world.tracer.root("root").run_sync(|| {
                world.model.lock().unwrap().open(number, None);
                trace_core::span::add_tag("n", number as i64);
                let _at = At::enter(Some(number));
                run::caught(all);
            });
        } else {
            run::caught(all);
        }
    };
    let joined = std::thread::scope(|threads| {
        let thread = threads.spawn(|| world.on_new_thread(on_it));
        thread.join()
    });
    joined.unwrap_or_else(|payload| std::panic::resume_unwind(payload));
}

fn check_face(sort: Sort, program: &Body, dispatch: &Dispatch) {
    let (spans, ends) = (MemoryCollector::new(), Arc::new(Ends::default()));
    let tracer = Tracer::builder("random")
        .on_demand()
        .sampler(HeadSampler::new(if sort.is_sampled { 1.0 } else { 0.0 }).unwrap())
        .limits(Limits {
            max_logs: 1_000,
            ..Limits::default()
        })
        .collector(spans.clone())
        .collector(Arc::clone(&ends))
        .build()
        .unwrap();
    let world = world(sort, dispatch, tracer.clone(), true);
    execute(sort, program, &world);
    assert!(tracer.flush(Duration::from_secs(5)).is_complete);
    let (stats, spans) = (tracer.stats(), spans.take());
    assert_eq!(stats.open, 0, "a span is open");
    assert_eq!(
        stats.delivered + stats.sampled_out,
        stats.started,
        "{stats:?}"
    );
    assert_eq!(spans.len() as u64, stats.delivered, "{stats:?}");
    let ids: HashSet<_> = spans.iter().map(|span| span.span_id).collect();
    assert_eq!(ids.len(), spans.len(), "an id came twice");
    ends.check(&spans);
    if sort.is_wild || !sort.is_sampled {
        assert_eq!(stats.started > 0 && sort.is_sampled, !spans.is_empty());
        return;
    }
    let model = world.model.lock().unwrap();
    assert_eq!(stats.started, model.spans.len() as u64, "{stats:?}");
    compare(&model.spans, &spans);
    if let Some(stats) = bridge_stats(dispatch) {
        assert_eq!(stats.ignored_spans, model.ignored, "{stats:?}");
        assert_eq!(stats.refused_spans, 0, "{stats:?}");
    }
}

/// Compares spans with those of the model.
fn compare(expected: &BTreeMap<Number, Expected>, spans: &[SpanRecord]) {
    let number = |span: &SpanRecord| {
        let number = span.tag("n").and_then(|value| value.as_i64());
        number.unwrap_or_else(|| panic!("no number: {span:#?}")) as Number
    };
    let ids: HashMap<_, _> = spans
        .iter()
        .map(|span| (span.span_id, number(span)))
        .collect();
    let mut found = BTreeMap::new();
    for span in spans {
        let known = expected.get(&number(span));
        let known = known.unwrap_or_else(|| panic!("not expected: {span:#?}"));
        let mut logs: Vec<String> = span
            .logs
            .iter()
            .map(|log| log.message.to_string())
            .collect();
        let late = logs
            .extract_if(.., |log| known.late.contains(log))
            .collect();
        logs.sort();
        let is_panicked = span.outcome == trace_core::Outcome::Panicked;
        let has_outcome = known.has_ended || is_panicked || known.outcome.is_some();
        let one = Expected {
            parent: span.parent_span_id.map(|parent| ids[&parent]),
            logs,
            late,
            later: span.tag("later").and_then(|value| value.as_i64()),
            outcome: has_outcome.then_some(span.outcome),
            has_ended: known.has_ended,
        };
        found.insert(number(span), one);
    }
    compare_all(expected, found);
}

fn compare_all(expected: &BTreeMap<Number, Expected>, mut found: BTreeMap<Number, Expected>) {
    for (number, known) in expected {
        let mut known = known.clone();
        known.logs.sort();
        let found = found.remove(number);
        let found = found.unwrap_or_else(|| panic!("{number} is missing: {known:?}"));
        known.late.clone_from(&found.late);
        assert_eq!(found, known, "span {number}");
    }
    assert_eq!(found, BTreeMap::new());
}

fn check_registry(sort: Sort, program: &Body) {
    let seen = Seen::default();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(seen.clone()));
    let tracer = Tracer::builder("unused").on_demand().build().unwrap();
    // In a registry, spans without a parent are there.
    let sort = Sort {
        has_roots: true,
        ..sort
    };
    let world = world(sort, &dispatch, tracer, false);
    execute(sort, program, &world);
    let (mut found, _) = seen.take();
    let model = world.model.lock().unwrap();
    for (number, known) in &model.spans {
        if let Some(found) = found.get_mut(number) {
            found.logs.sort();
            found.outcome = known.outcome;
        }
    }
    compare_all(&model.spans, found);
}

/// Checks that each trace is complete once, after its last span.
#[derive(Default)]
struct Ends(Mutex<HashMap<TraceId, End>>);

#[derive(Debug, Default, PartialEq, Eq)]
struct End {
    spans: usize,
    /// The number of spans when it was said to be complete.
    said_at: Vec<usize>,
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
    fn check(&self, spans: &[SpanRecord]) {
        let traces = self.0.lock().unwrap();
        for span in spans {
            let end = &traces[&span.trace_id];
            assert_eq!(end.said_at, [end.spans], "{}", span.trace_id);
        }
    }
}
