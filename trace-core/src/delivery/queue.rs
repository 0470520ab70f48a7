//! Chunks that wait for the tracer's thread.

use std::sync::PoisonError;
use std::time::Duration;

use super::ticks::{Tick, Ticks};
use crate::clock::Deadline;
use crate::collector::CollectorError;
use crate::id::TraceId;
use crate::maps::HashSet;
use crate::stats::{Counters, Ledger, Stats};
use crate::stream::{Chunk, Cursor, Plain};
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard};

/// A bounded list of chunks, and the counters of what became of their spans.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes the worker.
    work: Condvar,
    /// Wakes those who wait for the worker.
    done: Condvar,
    max_spans: u64,
    max_bytes: usize,
    /// Bytes that a chunk of a scope may have allocated.
    max_chunk_bytes: usize,
    pub(crate) ticks: Ticks,
    pub(crate) counters: Counters,
}

#[derive(Debug, Default)]
struct State {
    chunks: Vec<Chunk>,
    /// Spans that the chunks open, and one more for each piece that opens none.
    spans: u64,
    /// What the chunks have allocated, those that the worker has taken and not given
    /// back included.
    bytes: usize,
    ledger: Ledger,
    completed: Vec<EndedPart>,
    /// Spans of which the opening or the end was in a chunk that found no room, but
    /// not both. No more than are open or in the queue.
    lost: HashSet<u64>,
    /// Empty chunks for the application's threads, and what they have allocated.
    free: Vec<Chunk>,
    free_bytes: usize,
    /// Bytes at which a shared chunk is full.
    chunk_bytes: usize,
    /// What wakes the worker.
    sleep: Sleep,
    /// Whether nothing more is taken.
    is_closed: bool,
    /// Whether the worker has ended.
    is_stopped: bool,
    flush: Flush,
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
        !self.chunks.is_empty() || !self.completed.is_empty()
    }

    /// Adds a piece to the chunks and empties it. A piece that is not large is copied to
    /// those of other scopes, which costs less than moving a chunk from one processor's
    /// cache to the other's; a large one is exchanged for an empty chunk.
    fn add(&mut self, piece: &mut Chunk, bytes: usize) {
        if self.is_large(bytes) {
            let free = self.free_chunk();
            self.bytes += piece.allocated();
            return self.chunks.push(std::mem::replace(piece, free));
        }
        let last = self.chunks.last_mut();
        if let Some(chunk) = last.filter(|chunk| chunk.bytes() + bytes <= self.chunk_bytes) {
            self.bytes -= chunk.allocated();
            chunk.append(piece);
            self.bytes += chunk.allocated();
        } else {
            let mut chunk = self.free_chunk();
            chunk.append(piece);
            self.bytes += chunk.allocated();
            self.chunks.push(chunk);
        }
        piece.clear();
    }

    fn is_large(&self, bytes: usize) -> bool {
        bytes > self.chunk_bytes / 2
    }

    /// Bytes that adding a piece allocates, or keeps allocated.
    fn added_by(&self, piece: &Chunk, bytes: usize) -> usize {
        if self.is_large(bytes) {
            return piece.allocated();
        }
        let last = self.chunks.last();
        let takes =
            |last: &&Chunk| last.takes(piece.words.len(), piece.text.len(), self.chunk_bytes);
        last.filter(takes).map_or(self.new_chunk_bytes(), |_| 0)
    }

    /// Bytes that an empty chunk allocates.
    fn new_chunk_bytes(&self) -> usize {
        self.chunk_bytes + self.chunk_bytes / 2
    }

    fn free_chunk(&mut self) -> Chunk {
        match self.free.pop() {
            Some(chunk) => {
                self.free_bytes -= chunk.allocated();
                chunk
            }
            None => Chunk::with_room(self.chunk_bytes),
        }
    }

    /// Frees empty chunks until the others may take so much; returns whether they may.
    fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes + self.free_bytes > bytes && !self.free.is_empty() {
            let _freed = self.free_chunk();
        }
        self.bytes <= bytes
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
}

/// A part of a trace that has ended in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndedPart {
    pub(crate) trace: TraceId,
    /// The number that the pieces of its scopes have.
    pub(crate) part: u32,
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
    const fn bytes(self) -> usize {
        self.words * size_of::<u64>() + self.text_bytes
    }
}

/// What the worker takes at once.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) completed: Vec<EndedPart>,
    pub(crate) lost: HashSet<u64>,
    /// The newest flush that was asked for, if it is not done.
    pub(crate) flush: Option<(u64, Deadline)>,
    /// Whether nothing comes after this.
    pub(crate) is_last: bool,
}

/// Empty chunks that are kept while there is nothing to do. While there is, all are:
/// what one thread allocates and another one frees, allocators are slow to use again.
const MAX_IDLE_FREE: usize = 256;

/// Spans for which the worker does not wait for more: a batch of them is still in the
/// processor's cache when it is read.
pub(super) const BATCH_SPANS: u64 = 4_096;

/// Naps that the worker takes in vain before it sleeps: in a process that does something
/// now and then, nobody has to wake it.
const MAX_NAPS: u32 = if cfg!(loom) { 1 } else { 10 };

/// Traces whose end is to be said, kept while the worker does not come: 4 MiB. Only
/// a worker that stands still for long misses one.
const MAX_COMPLETED: usize = 262_144;

impl Queue {
    pub(crate) fn new(max_spans: usize, max_bytes: usize) -> Self {
        // A small queue has small chunks, or one would fill it.
        let chunk_bytes = (max_bytes / 16).min(Chunk::FULL_BYTES);
        Self {
            state: Mutex::new(State {
                chunk_bytes,
                ..State::default()
            }),
            work: Condvar::new(),
            done: Condvar::new(),
            max_spans: max_spans as u64,
            max_bytes,
            max_chunk_bytes: 4 * chunk_bytes,
            ticks: Ticks::stopped(),
            counters: Counters::default(),
        }
    }

    /// Whether a chunk is not too large to be handed over.
    pub(crate) fn takes(&self, chunk: &Chunk) -> bool {
        chunk.allocated() <= self.max_chunk_bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_half_full(&self, state: &State) -> bool {
        state.spans > self.max_spans / 2 || state.bytes > self.max_bytes / 2
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
        let added = state.added_by(piece, bytes);
        let is_full = !has_room
            || !(state.make_room(self.max_bytes.saturating_sub(added)) || state.bytes == 0);
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
            if !is_closed {
                self.note_lost(piece);
            }
            piece.clear();
            return false;
        }
        state.ledger.arrive(piece.opened);
        state.spans += spans;
        state.add(piece, bytes);
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
        let Some(chunk) = self.chunk_for(&mut state, short) else {
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

    /// The chunk in which a short piece finds room.
    #[inline]
    fn chunk_for<'a>(&self, state: &'a mut State, short: Short) -> Option<&'a mut Chunk> {
        let last = state.chunks.last();
        let full = state.chunk_bytes;
        let takes = |chunk: &Chunk| chunk.takes(short.words, short.text_bytes, full);
        if !last.is_some_and(takes) && !self.add_chunk(state, short) {
            return None;
        }
        state.chunks.last_mut()
    }

    /// Adds an empty chunk, if one may be allocated, and the piece is not large.
    #[inline(never)]
    fn add_chunk(&self, state: &mut State, short: Short) -> bool {
        let bytes = self.max_bytes.saturating_sub(state.new_chunk_bytes());
        if state.is_large(short.bytes()) || !state.make_room(bytes) {
            return false;
        }
        let chunk = state.free_chunk();
        state.bytes += chunk.allocated();
        state.chunks.push(chunk);
        true
    }

    /// Notes of which spans a part was in a chunk for which there was no room.
    #[cold]
    fn note_lost(&self, chunk: &Chunk) {
        // Read without the lock: others wait for it already when the queue is full.
        let lost = half_read(chunk);
        if !lost.is_empty() {
            let mut state = self.state();
            for span in lost {
                toggle(&mut state.lost, span);
            }
        }
    }

    /// Says that the last scope of a trace ended, and that its last chunk is in the
    /// queue or lost.
    pub(crate) fn complete(&self, ended: EndedPart) {
        let mut state = self.state();
        if !state.is_closed && state.completed.len() < MAX_COMPLETED {
            state.completed.push(ended);
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
        state.ledger.take();
        std::mem::swap(&mut state.chunks, &mut work.chunks);
        std::mem::swap(&mut state.completed, &mut work.completed);
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
        let mut state = self.state();
        if state.chunks.is_empty() && state.free.len() > MAX_IDLE_FREE {
            let freed = state.free.split_off(MAX_IDLE_FREE);
            state.free_bytes -= freed.iter().map(Chunk::allocated).sum::<usize>();
            drop(state);
            // Without the lock: there may be a thousand of them.
            drop(freed);
        }
    }

    /// Gives chunks back that had been taken.
    pub(crate) fn recycle(&self, chunks: &mut Vec<Chunk>) {
        let bytes: usize = chunks.iter().map(Chunk::allocated).sum();
        chunks.iter_mut().for_each(Chunk::clear);
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
        if !state.is_closed {
            state.free_bytes += chunks.iter().map(Chunk::allocated).sum::<usize>();
            state.free.append(chunks);
        }
        drop(state);
        // If they are not kept they are dropped without the lock.
        chunks.clear();
    }

    /// Asks the worker for everything that is in the queue now; returns the number
    /// of the flush.
    pub(crate) fn ask_flush(&self, deadline: Deadline) -> u64 {
        let mut state = self.state();
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

    /// Says how a flush ended.
    pub(crate) fn finish_flush(&self, number: u64, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.flush.done = number;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Waits for a flush; `None` when the deadline passed or the worker ended.
    pub(crate) fn wait_flush(
        &self,
        number: u64,
        deadline: Deadline,
    ) -> Option<Vec<CollectorError>> {
        let (state, _) = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), |state| {
                state.flush.done < number && !state.is_stopped
            })
            .unwrap_or_else(PoisonError::into_inner);
        (state.flush.done >= number).then(|| state.flush.errors.clone())
    }

    /// Takes nothing more; the worker ends when it has taken what is there.
    pub(crate) fn close(&self, deadline: Deadline) -> bool {
        let mut state = self.state();
        let was_open = !std::mem::replace(&mut state.is_closed, true);
        if was_open {
            state.flush.deadline = Some(deadline);
            // Threads may remember the tracer for long after.
            (state.free, state.free_bytes) = (Vec::new(), 0);
        }
        state.sleep = Sleep::Awake;
        drop(state);
        self.work.notify_one();
        was_open
    }

    /// Says that the worker has ended.
    pub(crate) fn stop(&self, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.is_stopped = true;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Waits until the worker has ended; `None` when the deadline passed before.
    pub(crate) fn wait_stop(&self, deadline: Deadline) -> Option<Vec<CollectorError>> {
        let (state, _) = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), |state| {
                !state.is_stopped
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.is_stopped.then(|| state.flush.errors.clone())
    }

    /// Drops what still waits and counts it.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        let mut work = Work::default();
        Self::take_from(&mut state, &mut work);
        let spans = work.chunks.iter().map(|chunk| chunk.opened).sum();
        state.ledger.leave(spans);
        Counters::add(&self.counters.dropped_shutdown, spans);
    }

    /// Counts spans that were taken and are delivered or dropped now.
    pub(super) fn leave(&self, counter: &AtomicU64, spans: u64) {
        if spans > 0 {
            let mut state = self.state();
            state.ledger.leave(spans);
            Counters::add(counter, spans);
        }
    }

    /// Says how many spans the worker has when it has read everything it took.
    pub(super) fn hold(&self, spans: u64) {
        self.state().ledger.hold(spans);
    }

    /// What became of every span.
    pub(crate) fn stats(&self) -> Stats {
        // Locked, so that no span is on its way from one count to another.
        let state = self.state();
        self.counters.stats(&state.ledger)
    }

    /// Until when a worker that ends may take.
    pub(crate) fn deadline(&self) -> Deadline {
        let deadline = self.state().flush.deadline;
        deadline.unwrap_or_else(|| Deadline::after(Duration::ZERO))
    }
}

/// The spans of which the chunk holds the opening or the end, but not both: other
/// chunks speak of them.
fn half_read(chunk: &Chunk) -> Vec<u64> {
    let mut spans = Vec::new();
    let mut toggle = |span| match spans.iter().rposition(|other| *other == span) {
        Some(at) => drop(spans.remove(at)),
        None => spans.push(span),
    };
    let mut cursor = Cursor::default();
    loop {
        while let Some((span, entry, next)) = chunk.plain_entry(cursor) {
            cursor = next;
            if matches!(entry, Plain::Open(_) | Plain::Close(_)) {
                toggle(span);
            }
        }
        let Some((_, _, next)) = chunk.entry(cursor) else {
            return spans;
        };
        cursor = next;
    }
}

/// Puts a span in, or takes it out if it is in.
fn toggle(spans: &mut HashSet<u64>, span: u64) {
    if !spans.remove(&span) {
        spans.insert(span);
    }
}
