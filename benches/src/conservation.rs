//! Checks that every span is accounted for in all cases.
//!
//! Threads record as fast as they can. The program counts the spans that it opens, the spans
//! in roots that its sampler refuses, and the spans that its collectors receive. The tracer's
//! counters must be equal, and must add up at every moment.

mod held;
mod program;
mod trouble;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use trace_core::{FlushReport, LaneStats, Stats, Tracer, sampler_fn};

use crate::report::{self, Table};
use crate::stopwatch;
use program::{REFUSED, World};
use trouble::Given;

const THREADS: u64 = 4;
/// A small queue, so that it is full whenever a collector is slow.
const MAX_QUEUE_SPANS: usize = 100_000;
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);

/// Opens a number of spans, or as many as possible in the given time.
///
/// # Errors
///
/// If a span is not accounted for.
pub fn run(spans: u64, minutes: f64, seed: u64) -> Result<(), String> {
    let begin = stopwatch::now();
    let given = Troubles::default();
    let tracer = Tracer::builder("conservation")
        .max_queue_spans(MAX_QUEUE_SPANS)
        .scheduled_delay(Duration::from_millis(10))
        .sampler(sampler_fn(|input| (input.operation_name != REFUSED).into()))
        .collector(trouble::panicking(&given.panicking, seed))
        .collector(trouble::blocking(&given.blocking))
        .collector(trouble::well(&given.well))
        .build()
        .map_err(|error| error.to_string())?;
    let world = Arc::new(World::new(tracer.clone()));
    let watch = Watch::start(tracer.clone()).map_err(|error| error.to_string())?;
    let threads: Vec<_> = (0..THREADS)
        .map(|index| world.start(index, seed))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let limit = Duration::from_secs_f64(60.0 * minutes);
    while world.opened() < spans && begin.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(20));
    }
    // The shutdown happens while the threads work, and they continue for a while.
    let report = tracer.shutdown(SHUTDOWN_TIMEOUT);
    std::thread::sleep(Duration::from_millis(100));
    world.stop();
    let panicked = threads.into_iter().filter_map(|thread| thread.join().err());
    let panicked = panicked.count();
    world.clear();
    let (looks, violations) = watch.stop();
    let stats = tracer.stats();
    let seconds = begin.elapsed().as_secs_f64();
    let lanes = tracer.lane_stats();
    print(&world, &given, &stats, &lanes, looks, seconds);

    let mut wrong = violations;
    let mut check = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    check(panicked == 0, "a thread panicked");
    check(world.opened() >= spans, "there was no time for all spans");
    check(is_whole(&report), "the shutdown was not complete");
    check(is_conserved(&stats), "the counters do not add up");
    check(stats.open == 0, "spans are open at the end");
    check(
        stats.started == world.opened() + world.refused(),
        "not every span that was opened is counted as started",
    );
    check(
        stats.sampled_out == world.refused(),
        "not every root that was refused is counted",
    );
    for (lane, given) in lanes.iter().zip(given.all()) {
        check(is_lane_exact(&stats, lane), "a lane does not add up");
        check(
            lane.delivered == given.taken(),
            "a collector took another number of spans",
        );
        check(
            lane.dropped.panic == given.thrown(),
            "a collector panicked at another number of spans",
        );
        // Losses of parts that end after the shutdown are not reported.
        let unread = stats.dropped.queue + stats.dropped.limit;
        let lost = lane.dropped.total() + unread + stats.dropped.shutdown;
        check(
            given.lost() <= lost,
            "a collector was told of more losses than there are",
        );
    }
    let [panicking, blocking, well] = &lanes[..] else {
        return Err("there are not three lanes".to_owned());
    };
    check(
        panicking.dropped.panic > 0 && blocking.dropped.full > 0,
        "no collector lost anything",
    );
    // The good collector may be slower than the recording threads.
    check(
        well.dropped.total() == well.dropped.full,
        "the collector that is well lost spans as others do",
    );
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// The counts of each collector.
#[derive(Default)]
struct Troubles {
    panicking: Arc<Given>,
    blocking: Arc<Given>,
    well: Arc<Given>,
}

impl Troubles {
    fn all(&self) -> [&Given; 3] {
        [&self.panicking, &self.blocking, &self.well]
    }
}

/// Returns whether all collectors finished in time and reported no errors other than losses.
fn is_whole(report: &FlushReport) -> bool {
    let mut errors = report.errors.iter();
    report.late.is_empty() && errors.all(|error| error.to_string().contains(" lost: "))
}

fn is_lane_exact(stats: &Stats, lane: &LaneStats) -> bool {
    is_lane_conserved(lane) && lane.bytes == 0 && lane.read == stats.read
}

fn is_lane_conserved(lane: &LaneStats) -> bool {
    lane.read == lane.delivered + lane.dropped.total() + lane.waiting
}

/// Returns whether the counts of each lane add up, and whether all lanes have read equally
/// many spans. The counts must come from one call.
fn are_lanes_conserved(lanes: &[LaneStats]) -> bool {
    let mut pairs = lanes.windows(2);
    lanes.iter().all(is_lane_conserved) && pairs.all(|pair| pair[0].read == pair[1].read)
}

fn is_conserved(stats: &Stats) -> bool {
    let lost = &stats.dropped;
    let unread = lost.queue + lost.limit + lost.shutdown;
    stats.started == stats.read + stats.sampled_out + unread + stats.open
        && stats.read == stats.delivered + stats.waiting + lost.collector
}

fn print(
    world: &World,
    given: &Troubles,
    stats: &Stats,
    lanes: &[LaneStats],
    looks: u64,
    seconds: f64,
) {
    report::print_head("Conservation");
    let mut table = Table::new(["", "figure"]);
    let mut row = |what: &str, figure: String| table.row(vec![what.to_owned(), figure]);
    row("seconds", format!("{seconds:.0}"));
    row(
        "spans opened, as the program counts",
        world.opened().to_string(),
    );
    row(
        "roots refused, as the program counts",
        world.refused().to_string(),
    );
    row("started", stats.started.to_string());
    row("read", stats.read.to_string());
    row("delivered to all", stats.delivered.to_string());
    row("sampled out", stats.sampled_out.to_string());
    row("dropped: queue", stats.dropped.queue.to_string());
    row("dropped: limit", stats.dropped.limit.to_string());
    row("dropped: collector", stats.dropped.collector.to_string());
    row("dropped: shutdown", stats.dropped.shutdown.to_string());
    row("open at the end", stats.open.to_string());
    row(
        "panics of the collectors",
        stats.collector_panics.to_string(),
    );
    row("times that the counters were added up", looks.to_string());
    for (what, count) in world.events() {
        row(what, count.to_string());
    }
    table.print();

    let mut table = Table::new([
        "collector",
        "taken",
        "thrown",
        "told lost",
        "delivered",
        "full",
    ]);
    let names = ["panics", "blocks", "is well"];
    for ((name, given), lane) in names.into_iter().zip(given.all()).zip(lanes) {
        let figures = [
            given.taken(),
            given.thrown(),
            given.lost(),
            lane.delivered,
            lane.dropped.full,
        ];
        let figures = figures.iter().map(ToString::to_string);
        table.row([name.to_owned()].into_iter().chain(figures).collect());
    }
    table.print();
}

/// Continuously checks the sums of the counters, and flushes occasionally.
struct Watch {
    thread: JoinHandle<Vec<String>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    looks: AtomicU64,
}

impl Watch {
    fn start(tracer: Tracer) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        let thread = Builder::new()
            .name("watch".to_owned())
            .spawn(move || watch(&tracer, &own))?;
        Ok(Self { thread, shared })
    }

    /// Returns the number of checks, and the errors found.
    fn stop(self) -> (u64, Vec<String>) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let found = self.thread.join();
        let found = found.unwrap_or_else(|_| vec!["the watch panicked".to_owned()]);
        (self.shared.looks.load(Ordering::Relaxed), found)
    }
}

fn watch(tracer: &Tracer, shared: &Shared) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = tracer.stats();
    while !shared.is_over.load(Ordering::Relaxed) {
        let look = shared.looks.fetch_add(1, Ordering::Relaxed);
        let stats = tracer.stats();
        if found.len() < 10 && !is_conserved(&stats) {
            found.push(format!("the counters do not add up: {stats:?}"));
        }
        let lanes = tracer.lane_stats();
        if found.len() < 10 && !are_lanes_conserved(&lanes) {
            found.push(format!("the lanes do not add up: {lanes:?}"));
        }
        if found.len() < 10 && goes_back(&before, &stats) {
            found.push(format!("a counter went back: {before:?}, {stats:?}"));
        }
        before = stats;
        if look.is_multiple_of(1_000) {
            let _report = tracer.flush(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    found
}

fn goes_back(before: &Stats, after: &Stats) -> bool {
    let ended = |stats: &Stats| {
        [
            stats.started,
            stats.delivered,
            stats.sampled_out,
            stats.dropped.queue,
            stats.dropped.limit,
            stats.dropped.collector,
            stats.dropped.shutdown,
        ]
    };
    let (before, after) = (ended(before), ended(after));
    before
        .iter()
        .zip(after)
        .any(|(before, after)| *before > after)
}
