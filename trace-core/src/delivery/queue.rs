//! What waits for the tracer's threads: chunks, batches, flushes, and the counts of spans.
//! It reads no chunk and calls no collector.

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
/// spans. The only place where threads meet. Bounded.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes the worker.
    work: Condvar,
    /// Wakes the threads of the lanes.
    lane_work: Box<[Condvar]>,
    /// Wakes callers that wait for a flush or a shutdown.
    done: Condvar,
    max_spans: u64,
    max_bytes: usize,
    /// Bytes that a chunk of a scope may have allocated.
    max_chunk_bytes: usize,
    /// Most parts of traces that are remembered apart from their spans.
    max_parts: usize,
    pub(crate) ticks: Ticks,
    pub(crate) callers: Callers,
    pub(crate) counters: Counters,
    /// What became of the spans of each site.
    pub(crate) chart: Chart,
}

#[derive(Debug)]
struct State {
    chunks: Chunks,
    /// Spans that the chunks open; a piece that opens none counts as one.
    spans: u64,
    ledger: Ledger,
    /// Parts that have begun or ended without a piece that says so.
    opened: Vec<Part>,
    ended: Vec<Part>,
    lost: LostPieces,
    /// One for each collector.
    lanes: Vec<Lane>,
    /// The share of `chunks.bytes` that belongs to batches in lanes.
    shared_bytes: usize,
    /// Empty batches for reuse.
    spare_batches: Vec<Decoded>,
    /// What wakes the worker.
    sleep: Sleep,
    /// Whether the worker should read what waits at once.
    is_hurried: bool,
    /// Whether the worker is reading, and how many parts it knew to be open after its last
    /// read.
    is_reading: bool,
    open_parts: usize,
    /// Whether the queue takes nothing more.
    is_closed: bool,
    /// Whether the worker has ended.
    has_worker_ended: bool,
    flush: Flush,
    /// What lanes had lost, kept so that every caller that waits for the end gets it.
    lost_at_end: Vec<CollectorError>,
    /// Whether the losses of the ended tracer were printed.
    is_loss_said: bool,
    /// Whether the last thread to end prints them.
    is_loss_to_be_said: bool,
}

/// How the worker waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sleep {
    /// It runs.
    #[default]
    Awake,
    /// It sleeps until anything comes.
    Idle,
    /// It naps until there is a whole batch, or until the delay has passed.
    Batching,
}

/// The flushes that were asked for, and how the last one ended.
#[derive(Debug, Default)]
struct Flush {
    asked: u64,
    done: u64,
    deadline: Option<Deadline>,
    errors: Vec<CollectorError>,
    /// Whether a caller has got these errors.
    are_told: bool,
}

/// Most errors that are kept when no caller has got them.
const MAX_UNTOLD_ERRORS: usize = 16;

/// Replaces errors that a caller has got, or else adds to them. Returns the errors to drop
/// after the lock is released, as their destructors may be the application's code.
fn renew_errors(
    kept: &mut Vec<CollectorError>,
    mut errors: Vec<CollectorError>,
    are_told: &mut bool,
) -> Vec<CollectorError> {
    if std::mem::take(are_told) || kept.len() >= MAX_UNTOLD_ERRORS {
        return std::mem::replace(kept, errors);
    }
    kept.append(&mut errors);
    errors
}

impl State {
    fn has_work(&self) -> bool {
        !(self.chunks.waiting.is_empty() && self.ended.is_empty() && self.opened.is_empty())
    }

    /// Bytes that wait for the worker or are being read.
    fn unread_bytes(&self) -> usize {
        self.chunks.bytes.saturating_sub(self.shared_bytes)
    }

    /// Whether the caller has to wake the worker; marks it as awake.
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

    /// Whether the worker and the lanes have ended.
    fn is_stopped(&self) -> bool {
        self.has_worker_ended && self.lanes.iter().all(|lane| lane.has_ended)
    }

    /// Takes what collectors have lost since the last report, by reason.
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

    /// Whether the worker has done a flush, and so have all lanes.
    fn has_flushed(&self, number: u64) -> bool {
        let mut lanes = self.lanes.iter();
        self.flush.done >= number && lanes.all(|lane| lane.has_flushed(number))
    }
}

/// All that the worker takes from the queue in one step.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) opened: Vec<Part>,
    pub(crate) ended: Vec<Part>,
    pub(crate) lost: Option<LostPieces>,
    /// The newest flush that was asked for, if it is not done.
    pub(crate) flush: Option<(u64, Deadline)>,
    /// Whether nothing comes after this.
    pub(crate) is_last: bool,
}

/// What the queue has to know of a collector.
#[derive(Clone, Debug)]
pub(crate) struct LaneOptions {
    pub(crate) name: String,
    /// Whether it has a thread of its own.
    pub(crate) has_thread: bool,
}

/// Most parts of traces that are remembered apart from their spans: about a sixteenth of
/// the queue's bytes.
fn max_parts(max_bytes: usize) -> usize {
    (max_bytes / 2_048).clamp(64, 32_768)
}

/// Spans for which the worker does not wait for more: a batch of them is still in the
/// processor's cache when it is read.
pub(super) const BATCH_SPANS: u64 = 4_096;

impl Queue {
    /// Half of the bytes is for lanes, in equal shares. So the other half is left for the
    /// worker, however slow the collectors are.
    pub(crate) fn new(max_spans: usize, max_bytes: usize, lanes: &[LaneOptions]) -> Self {
        // A small queue has small chunks, or one would fill it.
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
            lost: LostPieces::bounded(max_parts(max_bytes)),
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
            ticks: Ticks::stopped(),
            callers: Callers::default(),
            counters: Counters::default(),
            chart: Chart::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unpoisoned()
    }

    fn is_half_full(&self, state: &State) -> bool {
        state.spans > self.max_spans / 2 || state.unread_bytes() > self.max_bytes / 2
    }

    /// What became of every span.
    pub(crate) fn stats(&self) -> Stats {
        // Under the lock no span is between two counts.
        let state = self.state();
        self.counters.stats(&state.ledger)
    }

    /// Returns what each collector took, lost and has waiting.
    pub(crate) fn lane_stats(&self) -> Vec<LaneStats> {
        self.state().ledger.lanes()
    }

    /// Prints what an ended tracer lost, once. `late` are the collectors that were not done in
    /// time.
    pub(crate) fn tell_loss(&self, late: &[LateCollector]) {
        if !self.mark_loss_printed() {
            return;
        }
        let loss = self.loss(late);
        diagnostics::end((!loss.is_nothing()).then(|| loss.to_string()));
    }

    fn loss(&self, late: &[LateCollector]) -> Loss {
        let open = self.chart.open_spans();
        let state = self.state();
        let (stats, lanes) = (self.counters.stats(&state.ledger), state.ledger.lanes());
        let of_worker = state.flush.errors.iter();
        // Errors of an earlier flush were reported then.
        let of_worker = of_worker.filter(|_| state.has_worker_ended);
        let of_lanes = state.lanes.iter().filter(|lane| lane.has_ended);
        let errors = of_worker.chain(of_lanes.flat_map(|lane| &lane.errors));
        let errors: Vec<CollectorError> = errors.cloned().collect();
        drop(state);
        let mut loss = Loss::new(&stats, &lanes, &open);
        for error in &errors {
            let name = error.collector().unwrap_or("?");
            // The text of a cause is the application's code, and may ask this queue.
            let text = call::call(|| error.in_full());
            let text = text.as_deref().unwrap_or(error.message());
            loss.collector(name, text, error.lost_spans());
        }
        // For the others the loss names the spans that they did not take.
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
