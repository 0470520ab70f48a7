//! What waits for the tracer's threads.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::callers::Callers;
use super::chunks::Chunks;
use super::flush_report::{FlushReport, LateCollector};
use super::lanes::{Lane, LaneWork};
use super::lost_pieces::{LostPiece, LostPieces};
use super::shared_batch::SharedBatch;
use super::ticks::{Tick, Ticks};
use super::untold::Given;
use crate::batch::{Decoded, MAX_PARTS, Part};
use crate::clock::Deadline;
use crate::collector::CollectorError;
use crate::diagnostics::{Chart, DropReason, Loss};
use crate::stats::{Counters, Fate, LaneStats, Ledger, Stats};
use crate::stream::Chunk;
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard};

/// Chunks that wait for the worker, batches that wait for the lanes of collectors, and the
/// counters of what became of their spans: the only place where threads meet. Bounded.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes the worker.
    work: Condvar,
    /// Wakes the threads of the lanes.
    lane_work: Box<[Condvar]>,
    /// Wakes those who wait for the worker and the lanes.
    done: Condvar,
    max_spans: u64,
    max_bytes: usize,
    /// Bytes that a chunk of a scope may have allocated.
    max_chunk_bytes: usize,
    pub(crate) ticks: Ticks,
    pub(crate) callers: Callers,
    pub(crate) counters: Counters,
    /// The same by sites, as far as somebody asks.
    pub(crate) chart: Chart,
}

#[derive(Debug)]
struct State {
    chunks: Chunks,
    /// Spans that the chunks open, and one more for each piece that opens none.
    spans: u64,
    ledger: Ledger,
    /// Parts that have ended of which no piece says so.
    ended: Vec<Part>,
    lost: LostPieces,
    /// One for each collector.
    lanes: Vec<Lane>,
    /// Of the bytes of chunks, those of batches that lanes have.
    shared_bytes: usize,
    /// What batches were in that all lanes have given back.
    spare_batches: Vec<Decoded>,
    /// What wakes the worker.
    sleep: Sleep,
    /// Whether the worker should read what waits at once.
    is_hurried: bool,
    /// Whether it reads, and parts of traces that it knows to be open when it has read.
    is_reading: bool,
    open_parts: usize,
    /// Whether nothing more is taken.
    is_closed: bool,
    /// Whether the worker has ended.
    has_worker_ended: bool,
    flush: Flush,
    /// What lanes had lost when those who waited for the end were told: each of them is.
    lost_at_end: Vec<CollectorError>,
}

/// How the worker waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sleep {
    /// It does not.
    #[default]
    Awake,
    /// Until there is anything.
    Idle,
    /// Until there is a whole batch, or for a while.
    Batching,
}

/// The flushes that were asked for, and how the last one ended.
#[derive(Debug, Default)]
struct Flush {
    asked: u64,
    done: u64,
    deadline: Option<Deadline>,
    errors: Vec<CollectorError>,
}

impl State {
    fn has_work(&self) -> bool {
        !self.chunks.waiting.is_empty() || !self.ended.is_empty()
    }

    /// Bytes of what waits for the worker, or is being read.
    fn unread_bytes(&self) -> usize {
        self.chunks.bytes.saturating_sub(self.shared_bytes)
    }

    /// Whether to wake the worker; it is then awake.
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

    /// What collectors have lost since somebody was last told, by panics and full lanes.
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
                errors.push(error.of_collector(self.ledger.name(lane)));
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

/// A piece that is written where it is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    /// Spans that it opens, and how many of them are counted as started here.
    pub(crate) spans: u64,
    pub(crate) started: u64,
    /// Words and bytes of text that it has at most.
    pub(crate) words: usize,
    pub(crate) text_bytes: usize,
}

impl Short {
    pub(super) const fn bytes(self) -> usize {
        self.words * size_of::<u64>() + self.text_bytes
    }
}

/// What the worker takes at once.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) ended: Vec<Part>,
    pub(crate) lost: LostPieces,
    /// The newest flush that was asked for, if it is not done.
    pub(crate) flush: Option<(u64, Deadline)>,
    /// Whether nothing comes after this.
    pub(crate) is_last: bool,
}

/// A collector, as far as the queue has to do with it.
#[derive(Clone, Debug)]
pub(crate) struct LaneOptions {
    pub(crate) name: String,
    /// Whether it has a thread of its own.
    pub(crate) has_thread: bool,
}

/// Batches that are kept to be used again.
const MAX_SPARE_BATCHES: usize = 4;

/// Spans for which the worker does not wait for more: a batch of them is still in the
/// processor's cache when it is read.
pub(super) const BATCH_SPANS: u64 = 4_096;

/// Naps that the worker takes in vain before it sleeps: in a process that does something
/// now and then, nobody has to wake it.
const MAX_NAPS: u32 = if cfg!(loom) { 1 } else { 10 };

impl Queue {
    /// Half of the bytes is for what waits for lanes, in equal shares: so what waits for the
    /// worker has the other half, however slow all collectors are.
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
            ended: Vec::new(),
            lost: LostPieces::default(),
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
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            lane_work: lanes.iter().map(|_| Condvar::new()).collect(),
            done: Condvar::new(),
            max_spans: max_spans as u64,
            max_bytes,
            max_chunk_bytes: 4 * chunk_bytes,
            ticks: Ticks::stopped(),
            callers: Callers::default(),
            counters: Counters::default(),
            chart: Chart::default(),
        }
    }

    /// Bytes from which on a batch is not added to: a quarter of the least share of a lane.
    pub(super) fn max_batch_bytes(&self) -> usize {
        let state = self.state();
        let shares = state.ledger.lanes().into_iter().map(|lane| lane.max_bytes);
        let least = shares.filter(|bytes| *bytes > 0).min();
        least.map_or(usize::MAX, |bytes| bytes / 4)
    }

    /// Whether a chunk is not too large to be handed over.
    pub(crate) fn takes(&self, chunk: &Chunk) -> bool {
        chunk.allocated() <= self.max_chunk_bytes
    }

    /// Whether a chunk of so many words is not.
    pub(crate) fn takes_words(&self, words: usize) -> bool {
        words * size_of::<u64>() <= self.max_chunk_bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_half_full(&self, state: &State) -> bool {
        state.spans > self.max_spans / 2 || state.unread_bytes() > self.max_bytes / 2
    }

    /// Hands the piece of a scope over, or drops it and counts its spans; leaves an
    /// empty chunk. Returns whether the piece was taken. Never waits for the worker.
    ///
    /// So many of the spans are counted as started here.
    pub(crate) fn push(&self, piece: &mut Chunk, started: u64) -> bool {
        let spans = piece.opened.max(1);
        let bytes = piece.bytes();
        let mut state = self.state();
        state.ledger.start(started);
        // A piece that is larger than the whole queue is taken when that is empty.
        let has_room = state.spans == 0 || state.spans + spans <= self.max_spans;
        let added = state.chunks.added_by(piece, bytes);
        let is_full = !has_room
            || !(state.chunks.make_room(self.max_bytes.saturating_sub(added))
                || state.chunks.bytes == 0);
        if state.is_closed || is_full {
            state.ledger.refuse(piece.opened);
            let counter = if state.is_closed {
                &self.counters.dropped_shutdown
            } else {
                &self.counters.dropped_queue
            };
            Counters::add(counter, piece.opened);
            let is_closed = state.is_closed;
            drop(state);
            self.note_lost(piece, is_closed);
            piece.clear();
            return false;
        }
        state.ledger.arrive(piece.opened);
        state.spans += spans;
        state.chunks.add(piece, bytes);
        let is_half_full = self.is_half_full(&state);
        let wakes = state.wakes(is_half_full);
        drop(state);
        if wakes {
            self.work.notify_one();
        }
        true
    }

    /// The same for a short piece, which `write` adds to the chunk that it is given. Returns
    /// whether it was taken; what is not taken is not counted.
    #[inline]
    pub(crate) fn push_short(&self, short: Short, write: impl FnOnce(&mut Chunk)) -> bool {
        let spans = short.spans.max(1);
        let mut state = self.state();
        if state.is_closed || state.spans + spans > self.max_spans {
            return false;
        }
        let Some(chunk) = state.chunks.chunk_for(short, self.max_bytes) else {
            return false;
        };
        write(chunk);
        state.spans += spans;
        state.ledger.start(short.started);
        state.ledger.arrive(short.spans);
        if state.sleep != Sleep::Awake {
            let is_half_full = self.is_half_full(&state);
            if state.wakes(is_half_full) {
                drop(state);
                self.work.notify_one();
            }
        }
        true
    }

    /// Notes what was in a chunk for which there was no room, or that came too late.
    #[cold]
    fn note_lost(&self, chunk: &Chunk, is_late: bool) {
        let lost = LostPiece::read(chunk);
        let reason = if is_late {
            DropReason::Late
        } else {
            DropReason::Queue
        };
        self.chart.drop_numbers(lost.sites.iter().copied(), reason);
        if !is_late {
            self.state().lost.add(lost);
        }
    }

    /// Says that the last scope of a part of a trace ended, and that its last chunk is in
    /// the queue or lost. Never forgotten if the worker may know that the part is open.
    pub(crate) fn end_part(&self, part: Part, may_be_known: bool) {
        let mut state = self.state();
        let is_told = may_be_known || state.ended.len() < MAX_PARTS;
        if !state.is_closed && is_told {
            state.ended.push(part);
        }
        let wakes = state.wakes(false);
        drop(state);
        if wakes {
            self.work.notify_one();
        }
    }

    /// Takes everything there is now.
    pub(crate) fn take(&self, work: &mut Work) {
        Self::take_from(&mut self.state(), work);
    }

    /// Waits for `delay`, and then until there is something, and takes it. A whole batch, a
    /// flush or a shutdown ends the wait.
    ///
    /// After `idle`, if that is given, there may be nothing.
    pub(crate) fn wait_and_take(&self, delay: Duration, idle: Option<Duration>, work: &mut Work) {
        self.trim();
        let end = Deadline::after(idle.unwrap_or(Duration::MAX));
        let mut state = self.state();
        if !state.is_closed {
            self.ticks.go_on();
        }
        let mut naps = 0;
        loop {
            state = self.nap(state, delay.min(end.remaining()));
            self.ticks.tick();
            if state.has_work() || self.is_urgent(&state) || end.remaining().is_zero() {
                break;
            }
            naps += 1;
            if naps == MAX_NAPS {
                state = self.sleep(state, end);
                naps = 0;
            }
        }
        state.sleep = Sleep::Awake;
        self.ticks.stop();
        Self::take_from(&mut state, work);
    }

    /// Whether the worker should not wait for more.
    fn is_urgent(&self, state: &State) -> bool {
        state.is_closed
            || state.is_hurried
            || state.flush.asked > state.flush.done
            || state.spans >= BATCH_SPANS
            || self.is_half_full(state)
    }

    /// Waits for a while, in which threads need not wake the worker unless there is much:
    /// that costs them more than all else that they do for a root.
    fn nap<'a>(&self, mut state: MutexGuard<'a, State>, delay: Duration) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Batching;
        let woken = self
            .work
            .wait_timeout_while(state, delay, |state| !self.is_urgent(state));
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until somebody wakes the worker.
    fn sleep<'a>(&self, mut state: MutexGuard<'a, State>, end: Deadline) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Idle;
        let woken = self
            .work
            .wait_timeout_while(state, end.remaining(), |state| {
                state.sleep == Sleep::Idle && !self.is_urgent(state)
            });
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Asks the worker for the next tick. Returns the moment that a scope is to compare with
    /// until then.
    pub(crate) fn ask_tick(&self, tick: Tick) -> Tick {
        if self.ticks.are_stopped() {
            return Tick::NONE;
        }
        if self.ticks.ask() {
            let mut state = self.state();
            let is_idle = state.sleep == Sleep::Idle;
            if is_idle {
                state.sleep = Sleep::Awake;
            }
            drop(state);
            if is_idle {
                self.work.notify_one();
            }
        }
        tick
    }

    fn take_from(state: &mut State, work: &mut Work) {
        state.spans = 0;
        (state.is_hurried, state.is_reading) = (false, true);
        state.ledger.take();
        std::mem::swap(&mut state.chunks.waiting, &mut work.chunks);
        std::mem::swap(&mut state.ended, &mut work.ended);
        work.lost = std::mem::take(&mut state.lost);
        let flush = &state.flush;
        work.flush = flush
            .deadline
            .filter(|_| flush.asked > flush.done)
            .map(|deadline| (flush.asked, deadline));
        work.is_last = state.is_closed;
    }

    /// Frees most empty chunks, if there is nothing to do.
    pub(crate) fn trim(&self) {
        let freed = self.state().chunks.trim();
        drop(freed);
    }

    /// Gives chunks back that had been taken.
    fn recycle(state: &mut State, chunks: &mut Vec<Chunk>) {
        let bytes: usize = chunks.iter().map(Chunk::allocated).sum();
        chunks.iter_mut().for_each(Chunk::clear);
        state.chunks.bytes = state.chunks.bytes.saturating_sub(bytes);
        if !state.is_closed {
            state.chunks.keep(chunks);
        }
    }

    /// Counts spans that were read, which each collector is given next.
    pub(super) fn read(&self, spans: u64) {
        self.state().ledger.read(spans);
    }

    /// Says what became of spans at a collector without a thread of its own.
    pub(super) fn finish(&self, lane: usize, spans: u64, fate: Fate) {
        self.state().ledger.finish(lane, spans, fate);
    }

    /// Gives chunks back whose spans all collectors were given.
    pub(super) fn release(&self, decoded: &mut Decoded, is_lost: bool) {
        let spans = decoded.len() as u64;
        let chunks = decoded.end();
        let mut state = self.state();
        state.ledger.release(spans, is_lost);
        Self::recycle(&mut state, chunks);
        drop(state);
        // If they are not kept they are dropped without the lock.
        chunks.clear();
    }

    /// Returns for which lanes a batch finds no room, in order. Only the worker makes them
    /// fuller.
    pub(super) fn full_lanes(&self, batch: &SharedBatch) -> Vec<bool> {
        let state = self.state();
        let (spans, bytes) = (batch.spans(), batch.bytes);
        let lanes = state.lanes.iter();
        lanes
            .map(|lane| lane.has_thread && !lane.takes(spans, bytes, self.max_spans))
            .collect()
    }

    /// Gives a lane a batch; gives it back if its thread has ended.
    pub(super) fn give(&self, lane: usize, given: Given) -> Result<(), Given> {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane).filter(|lane| !lane.has_ended) else {
            return Err(given);
        };
        place.push(given);
        let bytes = place.bytes;
        state.ledger.set_bytes(lane, bytes);
        drop(state);
        self.wake(lane);
        Ok(())
    }

    /// Counts what a batch that lanes are given next has allocated besides its chunks.
    pub(super) fn share(&self, batch: &SharedBatch) {
        let mut state = self.state();
        state.chunks.bytes += batch.own_bytes();
        state.shared_bytes += batch.bytes;
    }

    /// Gives chunks back that were copied.
    pub(super) fn give_chunks_back(&self, chunks: &mut Vec<Chunk>) {
        Self::recycle(&mut self.state(), chunks);
        // If they are not kept they are dropped without the lock.
        chunks.clear();
    }

    fn wake(&self, lane: usize) {
        if let Some(work) = self.lane_work.get(lane) {
            work.notify_one();
        }
    }

    /// Waits until there is something to be done for a lane, or so long.
    pub(super) fn wait_lane(&self, lane: usize, idle: Option<Duration>) -> LaneWork {
        let Some(work) = self.lane_work.get(lane) else {
            return LaneWork::End;
        };
        let timeout = idle.unwrap_or(Duration::MAX);
        let woken = work.wait_timeout_while(self.state(), timeout, |state| {
            state.lanes.get(lane).is_some_and(|lane| !lane.has_work())
        });
        let mut state = woken.unwrap_or_else(PoisonError::into_inner).0;
        state.lanes.get_mut(lane).map_or(LaneWork::End, Lane::take)
    }

    /// Says what became of a batch at a lane, which gives it back.
    pub(super) fn give_back(&self, lane: usize, batch: Arc<SharedBatch>, fate: Fate) {
        let mut state = self.state();
        state.ledger.finish(lane, batch.spans(), fate);
        if let Some(place) = state.lanes.get_mut(lane) {
            place.finish(&batch);
            let bytes = place.bytes;
            state.ledger.set_bytes(lane, bytes);
        }
        drop(state);
        if fate != Fate::Delivered {
            batch.lose();
            self.note_fate(lane, &batch.decoded, fate);
        }
        self.let_go(batch);
    }

    /// Notes of which sites the spans are that a collector did not take.
    pub(super) fn note_fate(&self, lane: usize, decoded: &Decoded, fate: Fate) {
        let reason = match fate {
            Fate::Delivered => return,
            Fate::Full => DropReason::LaneFull(lane),
            Fate::Panic => DropReason::Panic(lane),
            Fate::Shutdown => DropReason::LaneShutdown(lane),
        };
        self.chart.drop_all(decoded.sites(), reason);
    }

    /// Counts spans that are open at the shutdown.
    pub(super) fn leave_open(&self, sites: &[u32]) {
        self.leave(&self.counters.dropped_shutdown, sites.len() as u64);
        let sites = sites.iter().map(|site| (*site, 1));
        self.chart.drop_numbers(sites, DropReason::Open);
    }

    /// Gives a batch back that nobody has any more, if that is so.
    pub(super) fn let_go(&self, batch: Arc<SharedBatch>) {
        let Some(batch) = Arc::into_inner(batch) else {
            return;
        };
        let SharedBatch {
            ref decoded,
            bytes,
            is_copy,
            ..
        } = batch;
        let (spans, own_bytes, is_lost) =
            (decoded.len() as u64, batch.own_bytes(), batch.is_lost());
        let mut decoded = batch.decoded;
        if is_copy {
            self.state().ledger.release(spans, is_lost);
        } else {
            self.release(&mut decoded, is_lost);
        }
        let mut state = self.state();
        state.chunks.bytes = state.chunks.bytes.saturating_sub(own_bytes);
        state.shared_bytes = state.shared_bytes.saturating_sub(bytes);
        if !is_copy && state.spare_batches.len() < MAX_SPARE_BATCHES {
            state.spare_batches.push(decoded);
        }
    }

    /// What the next batch can be read into.
    pub(super) fn spare_batch(&self) -> Decoded {
        self.state().spare_batches.pop().unwrap_or_default()
    }

    /// Asks the worker for everything that is in the queue now; returns the number
    /// of the flush.
    pub(crate) fn ask_flush(&self, deadline: Deadline) -> u64 {
        let mut state = self.state();
        if state.is_closed {
            // The shutdown that runs does what is asked, in its own time: with a number that
            // is never done one waits for its end.
            return state.flush.asked + 1;
        }
        // Who asks for less time must not take it from who waits already.
        let waiting = state
            .flush
            .deadline
            .filter(|_| state.flush.asked > state.flush.done);
        state.flush.deadline = Some(waiting.map_or(deadline, |other| other.later(deadline)));
        state.flush.asked += 1;
        state.sleep = Sleep::Awake;
        let number = state.flush.asked;
        drop(state);
        self.work.notify_one();
        number
    }

    /// Asks the lanes to flush, behind what they have been given.
    pub(super) fn flush_lanes(&self, number: u64, deadline: Deadline) {
        let mut state = self.state();
        let lanes = state.lanes.iter_mut();
        for lane in lanes.filter(|lane| !lane.has_ended) {
            lane.ask_flush(number, deadline);
        }
        drop(state);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Says how a flush of the worker's own collectors ended.
    pub(super) fn finish_flush(&self, number: u64, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.flush.done = number;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Says how a flush of a lane ended.
    pub(super) fn finish_lane_flush(
        &self,
        lane: usize,
        number: u64,
        error: Option<CollectorError>,
    ) {
        let errors = error.into_iter().collect();
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            lane.flushed = lane.flushed.max(number);
            std::mem::replace(&mut lane.errors, errors)
        });
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Waits for a flush, or for the end of a shutdown that runs.
    pub(crate) fn wait_flush(&self, number: u64, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.has_flushed(number) && !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unwrap_or_else(PoisonError::into_inner).0;
        let is_worker_done = state.flush.done >= number;
        self.report(&mut state, |lane| lane.has_flushed(number), is_worker_done)
    }

    /// What was done and what was not.
    fn report(
        &self,
        state: &mut State,
        is_done: impl Fn(&Lane) -> bool,
        is_worker_done: bool,
    ) -> FlushReport {
        let is_stopped = state.is_stopped();
        let stats = self.counters.stats(&state.ledger);
        let of_lanes = state.ledger.lanes();
        let lanes = state.lanes.iter().zip(&of_lanes);
        let is_alone = state.lanes.len() == 1;
        let late = lanes.filter(|(lane, of_lane)| {
            // As long as the worker has not come to ask the others, which one it is that
            // keeps it is known by what waits.
            let waits = of_lane.waiting > 0 || is_alone;
            let is_late = if lane.has_thread {
                !is_done(lane) && (is_worker_done || waits)
            } else {
                !is_worker_done && waits
            };
            !is_stopped && is_late
        });
        let late = late.map(|(_, of_lane)| LateCollector {
            name: of_lane.name.clone(),
            left: of_lane.waiting,
        });
        let late: Vec<LateCollector> = late.collect();
        let mut errors = state.lost_by_lanes();
        if state.is_closed {
            state.lost_at_end.append(&mut errors);
            errors.clone_from(&state.lost_at_end);
        }
        errors.extend_from_slice(&state.flush.errors);
        for lane in &state.lanes {
            errors.extend_from_slice(&lane.errors);
        }
        let is_done = is_stopped || (is_worker_done && late.is_empty());
        FlushReport {
            is_complete: is_done && errors.is_empty(),
            left: stats.open + stats.waiting,
            errors,
            late,
        }
    }

    /// The report of who has called the collectors itself.
    pub(crate) fn done_here(&self, mut errors: Vec<CollectorError>) -> FlushReport {
        errors.extend(self.state().lost_by_lanes());
        FlushReport {
            is_complete: errors.is_empty(),
            errors,
            ..self.unfinished()
        }
    }

    /// Whether nothing more is taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Whether the worker and the lanes have ended.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state().is_stopped()
    }

    /// What is left, of who does not wait.
    pub(crate) fn unfinished(&self) -> FlushReport {
        let stats = self.stats();
        FlushReport {
            is_complete: false,
            left: stats.open + stats.waiting,
            ..FlushReport::nothing()
        }
    }

    /// Takes nothing more; the worker ends when it has taken what is there.
    pub(crate) fn close(&self, deadline: Deadline) {
        let mut state = self.state();
        let was_open = !std::mem::replace(&mut state.is_closed, true);
        // Who has less time must not take it from who waits already.
        let others = state.flush.deadline.filter(|_| !was_open);
        state.flush.deadline = Some(others.map_or(deadline, |other| other.later(deadline)));
        if was_open {
            // Threads may remember the tracer for long after.
            state.chunks.forget_free();
        }
        state.sleep = Sleep::Awake;
        drop(state);
        self.work.notify_one();
    }

    /// Has the lanes end when they have done what they were given.
    pub(super) fn close_lanes(&self) {
        self.state().lanes.iter_mut().for_each(Lane::close);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Says that the worker has ended, and with which errors of its own collectors.
    pub(crate) fn stop(&self, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.has_worker_ended = true;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Says that the thread of a lane has ended.
    pub(super) fn stop_lane(&self, lane: usize, errors: Vec<CollectorError>) {
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            lane.has_ended = true;
            std::mem::replace(&mut lane.errors, errors)
        });
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Waits until the worker and the lanes have ended. Whose deadline is the last one gives
    /// up what waits then.
    pub(crate) fn wait_stop(&self, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unwrap_or_else(PoisonError::into_inner).0;
        let is_last = state
            .flush
            .deadline
            .is_none_or(|last| last.remaining().is_zero());
        let is_worker_done = state.has_worker_ended;
        let report = self.report(&mut state, |lane| lane.has_ended, is_worker_done);
        let gives_up = is_last && !state.is_stopped();
        drop(state);
        if gives_up {
            self.abandon();
        }
        report
    }

    /// Says that the thread which runs this, the worker's or that of a lane, does nothing more
    /// for the queue: its collector ends the process. What waits for it is given up.
    pub(crate) fn leave_for_good(&self, lane: Option<usize>) {
        if let Some(lane) = lane {
            self.stop_lane(lane, Vec::new());
            self.abandon_lane(lane);
        } else {
            self.abandon_unread();
            self.close_lanes();
            self.stop(Vec::new());
        }
    }

    /// Drops what still waits and counts it.
    pub(crate) fn abandon(&self) {
        self.abandon_unread();
        (0..self.lane_work.len()).for_each(|lane| self.abandon_lane(lane));
    }

    fn abandon_unread(&self) {
        let mut state = self.state();
        let mut work = Work::default();
        Self::take_from(&mut state, &mut work);
        let spans = work.chunks.iter().map(|chunk| chunk.opened).sum();
        state.ledger.leave(spans);
        Counters::add(&self.counters.dropped_shutdown, spans);
        drop(state);
        for chunk in &work.chunks {
            self.note_lost(chunk, true);
        }
    }

    fn abandon_lane(&self, lane: usize) {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane) else {
            return;
        };
        let batches = place.abandon();
        let bytes = place.bytes;
        state.ledger.set_bytes(lane, bytes);
        for batch in &batches {
            state.ledger.finish(lane, batch.spans(), Fate::Shutdown);
        }
        drop(state);
        for batch in batches {
            batch.lose();
            self.note_fate(lane, &batch.decoded, Fate::Shutdown);
            self.let_go(batch);
        }
    }

    /// Counts spans that were taken and are dropped now.
    pub(super) fn leave(&self, counter: &AtomicU64, spans: u64) {
        if spans > 0 {
            let mut state = self.state();
            state.ledger.leave(spans);
            Counters::add(counter, spans);
        }
    }

    /// Says how many spans, and open parts of traces, the worker has when it has read
    /// everything it took.
    pub(super) fn hold(&self, spans: u64, open_parts: usize) {
        let mut state = self.state();
        state.ledger.hold(spans);
        (state.is_reading, state.open_parts) = (false, open_parts);
    }

    /// Whether something waits for the worker.
    pub(crate) fn has_work(&self) -> bool {
        self.state().has_work()
    }

    /// How many spans have begun, if no trace is open as far as that was recorded; has the
    /// worker read at once what waits for it, which may say that some have ended.
    pub(crate) fn idle(&self) -> Option<u64> {
        let mut state = self.state();
        let stats = self.counters.stats(&state.ledger);
        let is_read = !state.has_work() && !state.is_reading;
        let is_idle = is_read && stats.open == 0 && state.open_parts == 0;
        if state.is_closed || is_idle {
            return Some(stats.started);
        }
        if state.has_work() {
            state.is_hurried = true;
            state.sleep = Sleep::Awake;
            drop(state);
            self.work.notify_one();
        }
        None
    }

    /// What became of every span.
    pub(crate) fn stats(&self) -> Stats {
        // Locked, so that no span is on its way from one count to another.
        let state = self.state();
        self.counters.stats(&state.ledger)
    }

    /// What became of what was read at each collector.
    pub(crate) fn lane_stats(&self) -> Vec<LaneStats> {
        self.state().ledger.lanes()
    }

    /// What was lost, of a tracer that has ended; `late` are collectors that were not done.
    pub(crate) fn loss(&self, late: &[LateCollector]) -> Loss {
        let open = self.chart.open_spans();
        let state = self.state();
        let (stats, lanes) = (self.counters.stats(&state.ledger), state.ledger.lanes());
        let mut loss = Loss::new(&stats, &lanes, &open);
        let of_worker = state.flush.errors.iter();
        // Those of another flush are no news.
        let of_worker = of_worker.filter(|_| state.has_worker_ended);
        let of_lanes = state.lanes.iter().filter(|lane| lane.has_ended);
        for error in of_worker.chain(of_lanes.flat_map(|lane| &lane.errors)) {
            let name = error.collector().unwrap_or("?");
            loss.collector(name, &error.in_full(), error.lost_spans());
        }
        // Of the others it is said how many spans they have not taken.
        let has_taken_all = |late: &&LateCollector| {
            let mut lanes = lanes.iter().filter(|lane| lane.name == late.name);
            lanes.all(|lane| lane.waiting == 0)
        };
        for late in late.iter().filter(has_taken_all) {
            loss.collector(&late.name, "not done in time", 0);
        }
        loss
    }

    /// Until when a worker that ends may take.
    pub(crate) fn deadline(&self) -> Deadline {
        let deadline = self.state().flush.deadline;
        deadline.unwrap_or_else(|| Deadline::after(Duration::ZERO))
    }
}
