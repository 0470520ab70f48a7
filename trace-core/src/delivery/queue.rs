//! The queue for the tracer's threads: chunks, batches, flushes, and the counts of spans.
//!
//! The queue owns the only lock of delivery and every condition that a thread waits for. It
//! calls no collector, and reads a chunk only if it drops it. Each subject has a file in the
//! folder: `input` (from the application's threads), `work` (the worker), `hand_out` (batches
//! to lanes and back), and `end` (flushes and shutdowns). This file has their shared state.
//!
//! No code of the application runs under the lock. This includes destructors of errors and of
//! batches, so these values are dropped after the lock is released.

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
use crate::collector::{CollectorError, CountSource};
use crate::diagnostics::stats::{Counters, LaneStats, Ledger, Stats};
use crate::diagnostics::{self, Chart, Loss};
use crate::process::clock::Deadline;
use crate::process::sync::{Condvar, Mutex, MutexGuard, Unpoisoned};
use crate::stream::Chunk;
use crate::stream::decode::{Decoded, Part};

/// Chunks that wait for the worker, batches that wait for lanes, and the counts of their
/// spans. This is the only place where threads meet. It is bounded in spans and bytes.
///
/// It is owned by the tracer, by its threads, and by every thread that keeps a reference to
/// the tracer's core. It may outlive the worker. It is then closed and refuses everything.
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
    /// The maximum number of spans that wait for the worker, and that wait in each lane.
    max_spans: u64,
    /// The maximum number of bytes that delivery may have allocated.
    max_bytes: usize,
    /// The maximum allocated size of a chunk into which a scope may record.
    max_chunk_bytes: usize,
    /// The maximum number of parts of traces that are remembered separately from their spans.
    max_parts: usize,
    pub(crate) ticks: Ticks,
    pub(crate) callers: Callers,
    pub(crate) counters: Counters,
    /// What happened to the spans of each site.
    pub(crate) chart: Chart,
}

impl CountSource for Queue {
    fn stats(&self) -> Stats {
        Self::stats(self)
    }

    fn lane_stats(&self) -> Vec<LaneStats> {
        Self::lane_stats(self)
    }
}

/// The state behind the lock.
#[derive(Debug)]
struct State {
    chunks: Chunks,
    /// The number of spans that the waiting chunks open. A piece that opens none counts as
    /// one, so that such pieces are bounded, too.
    spans: u64,
    /// The counts of spans, which change together with the counted data. So a reader with the
    /// lock never finds a span between two counts.
    ledger: Ledger,
    /// Parts that have begun or ended, if no piece says so.
    opened: Vec<Part>,
    ended: Vec<Part>,
    lost: LostPieces,
    /// One for each collector.
    lanes: Vec<Lane>,
    /// The share of `chunks.bytes` that belongs to batches in lanes.
    shared_bytes: usize,
    /// Empty batches for reuse.
    spare_batches: Vec<Decoded>,
    /// How the worker waits, which decides which events wake it.
    sleep: Sleep,
    /// Set when the worker should read the waiting chunks at once, even if they are not a
    /// whole batch.
    is_hurried: bool,
    /// Whether the worker has taken work that it has not finished.
    is_reading: bool,
    /// How many parts the worker knew to be open after it last finished.
    open_parts: usize,
    /// Set when the queue refuses further input. Never cleared.
    is_closed: bool,
    /// Set when the worker has ended. Never cleared.
    has_worker_ended: bool,
    flush: Flush,
    /// Losses of lanes since the queue was closed, kept for each caller that waits for the
    /// end.
    lost_at_end: Vec<CollectorError>,
    /// Whether the losses of the ended tracer were printed.
    is_loss_said: bool,
    /// Whether the last thread to end prints them.
    is_loss_to_be_said: bool,
}

/// How the worker waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sleep {
    /// It runs, or was already woken. It checks the queue again before it sleeps, so it need
    /// not be woken.
    #[default]
    Awake,
    /// It sleeps, without a timeout or until a collector's `on_idle`. Any input wakes it.
    Idle,
    /// It naps until the delay has passed. Only a whole batch, a half-full queue, a flush or a
    /// shutdown wakes it earlier.
    Batching,
}

/// The requested flushes, and the result of the last one.
#[derive(Debug, Default)]
struct Flush {
    /// The number of the newest request. One flush may complete several requests.
    asked: u64,
    /// The number of the newest request that the worker has completed.
    done: u64,
    /// The latest deadline of all waiting callers; after a close, of all shutdowns.
    deadline: Option<Deadline>,
    /// Errors of the collectors on the worker's thread.
    errors: Vec<CollectorError>,
    /// Whether a caller has received these errors.
    are_reported: bool,
}

/// The maximum number of errors that are kept while no caller has received them.
const MAX_UNREPORTED_ERRORS: usize = 16;

/// Replaces errors that a caller has received, or that are too many. Otherwise adds to them.
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
    /// Whether there is work for the worker. Lost pieces do not count, because they can wait
    /// for the next chunk.
    fn has_work(&self) -> bool {
        !(self.chunks.waiting.is_empty() && self.ended.is_empty() && self.opened.is_empty())
    }

    /// Returns the number of bytes that wait for the worker or that it is reading.
    fn unread_bytes(&self) -> usize {
        self.chunks.bytes.saturating_sub(self.shared_bytes)
    }

    /// Returns whether the caller has to wake the worker. If so, marks the worker as awake, so
    /// that only one of several threads wakes it.
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

    /// Returns the losses of collectors since the last call, as one error for each collector
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

    /// Whether the worker and all lanes have completed a flush.
    fn has_flushed(&self, number: u64) -> bool {
        let mut lanes = self.lanes.iter();
        self.flush.done >= number && lanes.all(|lane| lane.has_flushed(number))
    }
}

/// The work that the worker takes from the queue in one step. The worker reuses this value, so
/// that its lists and the queue's are swapped and not allocated.
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
    /// Whether this is the last work.
    pub(crate) is_last: bool,
}

/// The facts that the queue needs about a collector.
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

/// With this many spans the worker does not wait for more, because a batch of this size is
/// still in the processor's cache when it is read.
pub(super) const BATCH_SPANS: u64 = 4_096;

impl Queue {
    /// Makes an empty queue. `lanes` contains all collectors, including those without a
    /// thread.
    ///
    /// The lanes share half of the bytes equally. So the other half is left for the worker,
    /// even if all collectors are slow.
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

    /// Locks the state. The lock is held briefly. Its holder takes no other lock, and waits
    /// only for conditions of this queue.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unpoisoned()
    }

    /// Whether the worker should read at once, because the queue may be full before the delay
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

    /// Prints the losses of an ended tracer, if they were not printed yet. `late` contains the
    /// collectors that had not finished in time.
    pub(crate) fn tell_loss(&self, late: &[LateCollector]) {
        if !self.mark_loss_printed() {
            return;
        }
        let loss = self.loss(late);
        diagnostics::end((!loss.is_nothing()).then(|| loss.to_string()));
    }

    /// Collects the losses of the tracer. Copies them under the lock, and formats them without
    /// it, because the texts of errors come from the application's code.
    fn loss(&self, late: &[LateCollector]) -> Loss {
        let open = self.chart.open_spans();
        let state = self.state();
        let (stats, lanes) = (self.counters.stats(&state.ledger), state.ledger.lanes());
        let of_worker = state.flush.errors.iter();
        // Until the worker has ended, these are errors of a flush, which has reported them.
        let of_worker = of_worker.filter(|_| state.has_worker_ended);
        let of_lanes = state.lanes.iter().filter(|lane| lane.has_ended);
        let errors = of_worker.chain(of_lanes.flat_map(|lane| &lane.errors));
        let errors: Vec<CollectorError> = errors.cloned().collect();
        let held: Vec<u64> = state.lanes.iter().map(|lane| lane.held).collect();
        drop(state);
        let mut loss = Loss::new(&stats, &lanes, &open);
        for error in &errors {
            let name = error.collector().unwrap_or("?");
            // The text of a cause comes from the application's code, which may call this queue
            // or panic.
            let text = call::call_collector(|| error.in_full());
            let text = text.as_deref().unwrap_or(error.message());
            // What waited in a collector that has ended is lost.
            loss.collector(name, text, error.lost_spans() + error.waiting_spans());
        }
        for late in late {
            let same = lanes.iter().zip(&held);
            let same = same.filter(|(lane, _)| lane.name == late.name);
            let (mut waiting, mut held) = (0, 0);
            for (lane, of_lane) in same {
                waiting += lane.waiting;
                held += of_lane;
            }
            // `Loss` already counts the waiting spans of late collectors.
            if held > 0 {
                loss.collector(&late.name, &format!("{held} not passed on in time"), held);
            } else if waiting == 0 {
                loss.collector(&late.name, "not done in time", 0);
            }
        }
        loss
    }
}
