//! What waits for the tracer's threads: chunks, batches, flushes, and the counts of spans.
//!
//! The queue owns the one lock of delivery and every condition that a thread waits for. It
//! calls no collector, and reads a chunk only if it drops it. Each subject has a file in the
//! folder: `input` (from the application's threads), `work` (what the worker takes, and how it
//! waits), `hand_out` (batches to lanes and back), and `end` (flushes and shutdowns). This file
//! has the state that they share.
//!
//! No code of the application runs under the lock. That includes destructors of errors and of
//! what collectors were given, so these are returned from under the lock and dropped later.

mod end;
mod hand_out;
mod input;
mod work;

use super::call;
use super::callers::Callers;
use super::chunks::{Chunks, Short};
use super::flush_report::LateCollector;
use super::lane::Lane;
use super::lost_pieces::LostPieces;
use super::ticks::Ticks;
use crate::collector::CollectorError;
use crate::diagnostics::stats::{Counters, LaneStats, Ledger, Stats};
use crate::diagnostics::{self, Chart, Loss};
use crate::process::clock::Deadline;
use crate::process::sync::{Condvar, Mutex, MutexGuard, Unpoisoned};
use crate::stream::Chunk;
use crate::stream::decode::{Decoded, Part};

/// Chunks that wait for the worker, batches that wait for lanes, and the counts of their
/// spans. The only place where threads meet. Bounded in spans and bytes.
///
/// Owned by the tracer, by its threads, and by every thread that keeps a reference to the
/// tracer's core. It may outlive the worker; then it is closed and refuses everything.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes the worker. Notified after the lock is released, so that the worker does not wake
    /// only to wait for the lock.
    work: Condvar,
    /// Wakes the threads of the lanes, one condition for each collector.
    lane_work: Box<[Condvar]>,
    /// Wakes all callers that wait for a flush or a shutdown.
    done: Condvar,
    /// Most spans that wait for the worker, and most that wait in each lane.
    max_spans: u64,
    /// Most bytes that everything in delivery may have allocated.
    max_bytes: usize,
    /// Most bytes that a chunk may have allocated for a scope to record into it.
    max_chunk_bytes: usize,
    /// Most parts of traces that are remembered separately from their spans.
    max_parts: usize,
    pub(crate) ticks: Ticks,
    pub(crate) callers: Callers,
    pub(crate) counters: Counters,
    /// What happened to the spans of each site.
    pub(crate) chart: Chart,
}

/// Everything that is behind the lock.
#[derive(Debug)]
struct State {
    chunks: Chunks,
    /// Spans that the waiting chunks open. A piece that opens none counts as one, so that such
    /// pieces are bounded, too.
    spans: u64,
    /// The counts of spans, which change together with what they count. So a reader that has
    /// the lock never finds a span between two counts.
    ledger: Ledger,
    /// Parts that have begun or ended, if no piece says so.
    opened: Vec<Part>,
    ended: Vec<Part>,
    lost: LostPieces,
    /// One for each collector.
    lanes: Vec<Lane>,
    /// How much of `chunks.bytes` belongs to batches in lanes.
    shared_bytes: usize,
    /// Empty batches for reuse.
    spare_batches: Vec<Decoded>,
    /// How the worker waits, which decides what wakes it.
    sleep: Sleep,
    /// Set when the worker should read what waits at once, although it is no whole batch.
    is_hurried: bool,
    /// Whether the worker has taken work that it has not finished.
    is_reading: bool,
    /// How many parts the worker knew to be open after it last finished.
    open_parts: usize,
    /// Set when the queue takes nothing more. Never cleared.
    is_closed: bool,
    /// Set when the worker has ended. Never cleared.
    has_worker_ended: bool,
    flush: Flush,
    /// What lanes have lost since the queue was closed, kept so that each caller that waits
    /// for the end gets it.
    lost_at_end: Vec<CollectorError>,
    /// Whether the losses of the ended tracer were printed.
    is_loss_said: bool,
    /// Whether the last thread to end prints them.
    is_loss_to_be_said: bool,
}

/// How the worker waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sleep {
    /// It runs, or somebody has already woken it. It looks at the queue again before it
    /// sleeps, so nobody has to wake it.
    #[default]
    Awake,
    /// It sleeps, without a timeout or until a collector's `on_idle`. Anything that comes
    /// wakes it.
    Idle,
    /// It naps until there is a whole batch or the delay has passed. Only a whole batch, a
    /// half-full queue, a flush or a shutdown wakes it.
    Batching,
}

/// The flushes that were requested, and how the last one ended.
#[derive(Debug, Default)]
struct Flush {
    /// The number of the newest request. Several requests may be done at once.
    asked: u64,
    /// The number of the newest request that the worker has done.
    done: u64,
    /// The latest deadline of all who wait; after a close, of all who shut down.
    deadline: Option<Deadline>,
    /// Errors of the collectors on the worker's thread.
    errors: Vec<CollectorError>,
    /// Whether a caller has received these errors.
    are_reported: bool,
}

/// Most errors that are kept while no caller has received them.
const MAX_UNREPORTED_ERRORS: usize = 16;

/// Replaces errors that a caller has received or that are too many; otherwise adds to them.
/// Returns the errors to drop after the lock is released, because their destructors may be the
/// application's code.
fn renew_errors(
    kept: &mut Vec<CollectorError>,
    mut errors: Vec<CollectorError>,
    are_reported: &mut bool,
) -> Vec<CollectorError> {
    if std::mem::take(are_reported) || kept.len() >= MAX_UNREPORTED_ERRORS {
        return std::mem::replace(kept, errors);
    }
    kept.append(&mut errors);
    errors
}

impl State {
    /// Whether the worker has something to take. Pieces that were lost do not count: they can
    /// wait for the next chunk.
    fn has_work(&self) -> bool {
        !(self.chunks.waiting.is_empty() && self.ended.is_empty() && self.opened.is_empty())
    }

    /// Returns the bytes that wait for the worker or that it is reading.
    fn unread_bytes(&self) -> usize {
        self.chunks.bytes.saturating_sub(self.shared_bytes)
    }

    /// Returns whether the caller has to wake the worker, and then marks it as awake. So only
    /// one of several threads pays for the wake-up.
    fn wakes(&mut self, is_half_full: bool) -> bool {
        let wakes = match self.sleep {
            Sleep::Awake => false,
            Sleep::Idle => true,
            Sleep::Batching => is_half_full || self.spans >= BATCH_SPANS,
        };
        if wakes {
            self.sleep = Sleep::Awake;
        }
        wakes
    }

    /// Whether the worker and all lanes have ended.
    fn is_stopped(&self) -> bool {
        self.has_worker_ended && self.lanes.iter().all(|lane| lane.has_ended)
    }

    /// Returns what collectors have lost since the last call, as one error for each collector
    /// and reason.
    fn lost_by_lanes(&mut self) -> Vec<CollectorError> {
        let mut errors = Vec::new();
        for lane in 0..self.lanes.len() {
            let drops = self.ledger.take_news_of_drops(lane);
            let reasons = [
                (drops.panic, "the collector panicked"),
                (drops.full, "its lane was full"),
                (drops.shutdown, "the time of the shutdown was over"),
            ];
            for (spans, reason) in reasons.into_iter().filter(|(spans, _)| *spans > 0) {
                let s = if spans == 1 { "" } else { "s" };
                let error = CollectorError::new(format!("{spans} span{s} lost: {reason}"));
                errors.push(error.with_collector(self.ledger.name(lane)));
            }
        }
        errors
    }

    /// Whether the worker and all lanes have done a flush.
    fn has_flushed(&self, number: u64) -> bool {
        let mut lanes = self.lanes.iter();
        self.flush.done >= number && lanes.all(|lane| lane.has_flushed(number))
    }
}

/// Everything that the worker takes from the queue in one step. The worker reuses it, so that
/// its lists and the queue's are swapped and not allocated.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) chunks: Vec<Chunk>,
    /// Parts to report as open, before the chunks are read.
    pub(crate) opened: Vec<Part>,
    /// Parts that have ended, after the chunks are read.
    pub(crate) ended: Vec<Part>,
    pub(crate) lost: Option<LostPieces>,
    /// The number and the deadline of the newest flush, if it is not done.
    pub(crate) flush: Option<(u64, Deadline)>,
    /// Whether nothing comes after this.
    pub(crate) is_last: bool,
}

/// What the queue needs to know about a collector.
#[derive(Clone, Debug)]
pub(crate) struct LaneOptions {
    pub(crate) name: String,
    /// Whether it has a thread of its own.
    pub(crate) has_thread: bool,
}

/// Returns how many parts of traces are remembered separately from their spans. They take about
/// a sixteenth of the queue's bytes.
fn max_parts(max_bytes: usize) -> usize {
    (max_bytes / 2_048).clamp(64, 32_768)
}

/// With this many spans the worker does not wait for more: a batch of this size is still in
/// the processor's cache when it is read.
pub(super) const BATCH_SPANS: u64 = 4_096;

impl Queue {
    /// Makes an empty queue. `lanes` are all collectors, also those without a thread.
    ///
    /// Half of the bytes is for lanes, in equal shares. So the other half is left for the
    /// worker, however slow the collectors are.
    pub(crate) fn new(max_spans: usize, max_bytes: usize, lanes: &[LaneOptions]) -> Self {
        // A small queue has small chunks; otherwise one chunk would fill it.
        let chunk_bytes = (max_bytes / 16).min(Chunk::FULL_BYTES);
        let threads = lanes.iter().filter(|lane| lane.has_thread).count();
        let share = max_bytes / 2 / threads.max(1);
        let share = |lane: &LaneOptions| if lane.has_thread { share } else { 0 };
        let ledger = Ledger::new(lanes.iter().map(|lane| (lane.name.clone(), share(lane))));
        let state = State {
            chunks: Chunks::new(chunk_bytes),
            spans: 0,
            ledger,
            opened: Vec::new(),
            ended: Vec::new(),
            lost: LostPieces::with_max_parts(max_parts(max_bytes)),
            lanes: lanes
                .iter()
                .map(|lane| Lane::new(lane.has_thread, share(lane)))
                .collect(),
            shared_bytes: 0,
            spare_batches: Vec::new(),
            sleep: Sleep::default(),
            is_hurried: false,
            is_reading: false,
            open_parts: 0,
            is_closed: false,
            has_worker_ended: false,
            flush: Flush::default(),
            lost_at_end: Vec::new(),
            is_loss_said: false,
            is_loss_to_be_said: false,
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            lane_work: lanes.iter().map(|_| Condvar::new()).collect(),
            done: Condvar::new(),
            max_spans: max_spans as u64,
            max_bytes,
            max_chunk_bytes: 4 * chunk_bytes,
            max_parts: max_parts(max_bytes),
            ticks: Ticks::new(),
            callers: Callers::default(),
            counters: Counters::default(),
            chart: Chart::default(),
        }
    }

    /// Locks the state. The lock is held for moments. A thread that has it takes no other lock,
    /// and waits for nothing but a condition of this queue.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unpoisoned()
    }

    /// Whether the worker should read at once, because the queue may be full before its delay
    /// has passed.
    fn is_half_full(&self, state: &State) -> bool {
        state.spans > self.max_spans / 2 || state.unread_bytes() > self.max_bytes / 2
    }

    /// Returns what happened to every span.
    pub(crate) fn stats(&self) -> Stats {
        // Under the lock no span is between two counts, so the sums are exact.
        let state = self.state();
        self.counters.stats(&state.ledger)
    }

    /// Returns how many spans each collector took and lost, and how many wait for it.
    pub(crate) fn lane_stats(&self) -> Vec<LaneStats> {
        self.state().ledger.lanes()
    }

    /// Prints what an ended tracer lost, if nobody has done so. `late` are the collectors that
    /// had not finished in time.
    pub(crate) fn tell_loss(&self, late: &[LateCollector]) {
        if !self.mark_loss_printed() {
            return;
        }
        let loss = self.loss(late);
        diagnostics::end((!loss.is_nothing()).then(|| loss.to_string()));
    }

    /// Collects what the tracer lost. Copies it under the lock and formats it without, because
    /// the texts of errors come from the application's code.
    fn loss(&self, late: &[LateCollector]) -> Loss {
        let open = self.chart.open_spans();
        let state = self.state();
        let (stats, lanes) = (self.counters.stats(&state.ledger), state.ledger.lanes());
        let of_worker = state.flush.errors.iter();
        // Until the worker has ended, these are errors of a flush, which that flush reported.
        let of_worker = of_worker.filter(|_| state.has_worker_ended);
        let of_lanes = state.lanes.iter().filter(|lane| lane.has_ended);
        let errors = of_worker.chain(of_lanes.flat_map(|lane| &lane.errors));
        let errors: Vec<CollectorError> = errors.cloned().collect();
        drop(state);
        let mut loss = Loss::new(&stats, &lanes, &open);
        for error in &errors {
            let name = error.collector().unwrap_or("?");
            // The text of a cause comes from the application's code, which may call this queue
            // or panic.
            let text = call::call_collector(|| error.in_full());
            let text = text.as_deref().unwrap_or(error.message());
            loss.collector(name, text, error.lost_spans());
        }
        // For late collectors with waiting spans, `Loss` names these spans already.
        let has_taken_all = |late: &&LateCollector| {
            let mut lanes = lanes.iter().filter(|lane| lane.name == late.name);
            lanes.all(|lane| lane.waiting == 0)
        };
        for late in late.iter().filter(has_taken_all) {
            loss.collector(&late.name, "not done in time", 0);
        }
        loss
    }
}
