//! What surrounds the running code: the scope's tracer, context and chunk.
//!
//! The part of the thread's state that is not touched for every span. It is
//! borrowed only for moments in which no code but this module's runs.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::hot;
use super::local_trace::LocalTrace;
use super::tracer_core::TracerCore;
use crate::baggage::Baggage;
use crate::clock::{between, raw_counter};
use crate::context::TraceFlags;
use crate::id::{SpanId, TraceId};
use crate::stats::Counters;
use crate::stream::{Chunk, Cursor, Entry};
use crate::tracestate::TraceState;

/// What surrounds the code of one scope; taken out of the thread between polls.
#[derive(Debug, Default)]
pub(crate) struct Active {
    /// The tracer, where nothing is recorded; else the trace knows it.
    pub(super) tracer: Option<Arc<TracerCore>>,
    pub(super) context: Option<ScopeContext>,
    pub(super) recording: Option<Recording>,
}

/// The context of a scope, sampled or not.
#[derive(Clone, Debug)]
pub(crate) struct ScopeContext {
    pub(crate) trace_id: TraceId,
    pub(crate) flags: TraceFlags,
    pub(crate) tracestate: TraceState,
    pub(crate) baggage: Baggage,
    /// The current span where nothing is recorded, and its parent.
    pub(crate) span_id: SpanId,
    pub(crate) parent_span_id: Option<SpanId>,
}

/// The recording side of a scope.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) trace: Arc<LocalTrace>,
    /// Spans that were opened in this scope less those that ended in it.
    pub(super) strays: i64,
    /// A reading of the counter when the second poll that recorded something ended
    /// after the last hand-over; zero before.
    since: u64,
    stream: Box<Stream>,
}

/// What a scope has recorded and not handed over. Reused by the next scope of the
/// thread, and boxed so that entering a scope moves a pointer.
#[derive(Debug, Default)]
struct Stream {
    chunk: Chunk,
    /// Spans that were open when somebody asked to hand over, and their parents;
    /// those of later spans are in the chunk.
    parents: Vec<(u64, u64)>,
}

thread_local! {
    /// Without a destructor, so that code which runs at the very end of a thread,
    /// in destructors of other thread-locals, is recorded like any other. Nothing
    /// is leaked: whatever enters a scope leaves it, and outside it is empty.
    static ACTIVE: RefCell<ManuallyDrop<Active>> = const {
        RefCell::new(ManuallyDrop::new(Active { tracer: None, context: None, recording: None }))
    };
    /// An empty stream for the next scope on this thread.
    static SPARE: Cell<Option<Box<Stream>>> = const { Cell::new(None) };
}

/// Bytes at which a chunk is handed over although its scope goes on. 32 KiB are
/// some five hundred spans: the hand-over costs each of them nearly nothing.
const MAX_CHUNK_BYTES: usize = 32 * 1_024;

impl Active {
    pub(super) fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match &self.recording {
            Some(recording) => Some(&recording.trace.tracer),
            None => self.tracer.as_ref(),
        }
    }
}

impl Recording {
    pub(super) fn new(trace: Arc<LocalTrace>) -> Self {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let mut stream = spare.unwrap_or_default();
        trace.begin_piece(&mut stream.chunk);
        Self {
            trace,
            strays: 0,
            since: 0,
            stream,
        }
    }

    /// Moves the thread's stage into the chunk.
    fn take_stage(&mut self) {
        let staged = hot::drain(&mut self.stream.chunk.words);
        self.stream.chunk.opened += u64::from(staged.opened);
        self.strays += i64::from(staged.opened) - i64::from(staged.ended);
        if staged.opened > 0 {
            self.trace.tracer.queue.counters.start(staged.opened.into());
        }
    }

    /// Moves the thread's stage into the chunk at the end of a poll, and hands that
    /// over if it has waited for long: a scope may live for days.
    fn end_poll(&mut self) {
        let has_waited = !self.stream.chunk.is_empty_piece();
        let before = self.stream.chunk.words.len();
        self.take_stage();
        if !has_waited || self.stream.chunk.words.len() == before {
            return;
        }
        let now = raw_counter();
        if self.since == 0 {
            self.since = now;
        }
        if between(self.since, now) >= self.trace.tracer.scheduled_delay {
            self.keep_parents();
            self.hand_over();
        }
    }

    /// Hands a full chunk over and goes on with an empty one.
    fn cut(&mut self) {
        if self.stream.chunk.bytes() >= MAX_CHUNK_BYTES {
            if !self.stream.parents.is_empty() {
                self.keep_parents();
            }
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        self.since = 0;
        self.trace.tracer.queue.push(&mut self.stream.chunk);
        self.trace.begin_piece(&mut self.stream.chunk);
    }

    /// Keeps the parents of the spans that are open, innermost last.
    fn keep_parents(&mut self) {
        let Stream { chunk, parents } = &mut *self.stream;
        let mut cursor = Cursor::default();
        while let Some((span, entry, next)) = chunk.entry(cursor) {
            match entry {
                Entry::Open(open) => parents.push((span, open.parent)),
                Entry::Close(_) => {
                    if let Some(at) = parents.iter().rposition(|(open, _)| *open == span) {
                        parents.remove(at);
                    }
                }
                _ => {}
            }
            cursor = next;
        }
    }

    /// Hands the chunk over, as the last one of the scope.
    pub(super) fn end(mut self) {
        let queue = &self.trace.tracer.queue;
        let chunk = &mut self.stream.chunk;
        let completes = self.trace.ends_with(self.strays);
        let says_so = if chunk.is_empty_piece() {
            chunk.clear();
            false
        } else {
            if completes {
                chunk.end_trace();
            }
            queue.push(chunk) && completes
        };
        let remains_nothing = self.trace.close_scope(self.strays);
        if remains_nothing && !says_so {
            queue.complete(self.trace.trace_id);
        }
        self.stream.parents.clear();
        // At the end of a thread the stream goes back to the allocator.
        let _kept = SPARE.try_with(|spare| spare.set(Some(self.stream)));
    }
}

/// Exchanges what surrounds the code on this thread. The stage is moved before,
/// so that everything goes where it was recorded.
pub(super) fn swap(active: &mut Active) {
    ACTIVE.with_borrow_mut(|current| {
        if let Some(recording) = &mut current.recording {
            recording.end_poll();
        }
        std::mem::swap(&mut **current, active);
    });
}

/// Moves the thread's stage into the chunk of its scope.
#[cold]
pub(super) fn move_stage() {
    let moved = with_recording(|recording| {
        recording.take_stage();
        recording.cut();
    });
    if moved.is_none() {
        // Nobody is recorded: cannot happen, and the stage must have room.
        hot::drain(&mut Vec::new());
    }
}

/// Appends texts to the chunk of the scope, after making room for the entry of
/// `words` words that speaks of them, so that both get into the same chunk.
pub(super) fn push_texts<'a>(words: usize, texts: impl IntoIterator<Item = &'a str>) {
    with_recording(|recording| {
        let is_full = recording.stream.chunk.text.len() >= MAX_CHUNK_BYTES;
        if is_full || !hot::has_room(words) {
            recording.take_stage();
            recording.cut();
        }
        for text in texts {
            recording.stream.chunk.text.push_str(text);
        }
    });
}

/// Lets `read` see the recording of this thread's scope, if there is one.
pub(super) fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    ACTIVE.with_borrow_mut(|active| active.recording.as_mut().map(read))
}

/// Lets `read` see the tracer of this thread's scope, if there is one.
pub(crate) fn with_tracer<R>(read: impl FnOnce(&Arc<TracerCore>) -> R) -> Option<R> {
    ACTIVE.with_borrow(|active| active.tracer().map(read))
}

/// Lets `change` see the context of this thread's scope, if there is one.
pub(crate) fn with_context<R>(change: impl FnOnce(&mut ScopeContext) -> R) -> Option<R> {
    ACTIVE.with_borrow_mut(|active| active.context.as_mut().map(change))
}

/// The trace that is recorded on this thread.
pub(super) fn current_trace() -> Option<Arc<LocalTrace>> {
    with_recording(|recording| Arc::clone(&recording.trace))
}

/// The parent of a span that is open in the running scope.
pub(crate) fn parent_of(span: u64) -> Option<SpanId> {
    with_recording(|recording| {
        recording.take_stage();
        let mut cursor = Cursor::default();
        while let Some((id, entry, next)) = recording.stream.chunk.entry(cursor) {
            match entry {
                Entry::Open(open) if id == span => return SpanId::new(open.parent),
                _ => cursor = next,
            }
        }
        let mut handed_over = recording.stream.parents.iter();
        let (_, parent) = handed_over.find(|(id, _)| *id == span)?;
        SpanId::new(*parent)
    })
    .flatten()
}

/// An id of the tracer's generator, and a reading of its clock.
#[cold]
pub(super) fn number_and_time() -> (u64, u64) {
    with_tracer(|tracer| (tracer.ids.number().get(), tracer.clock.raw())).unwrap_or((u64::MAX, 0))
}

/// A reading of the tracer's clock.
#[cold]
pub(super) fn now() -> u64 {
    with_tracer(|tracer| tracer.clock.raw()).unwrap_or(0)
}

/// Counts something that was said of no span.
#[cold]
pub(super) fn count_unattached() {
    with_tracer(|tracer| Counters::add(&tracer.queue.counters.unattached, 1));
}

/// Counts the spans of the thread's stage, so that the counters know them.
pub(crate) fn count_stage() {
    with_recording(Recording::take_stage);
}

/// Hands over what the scope of this thread has recorded so far.
pub(crate) fn hand_over() {
    with_recording(|recording| {
        recording.take_stage();
        if !recording.stream.chunk.is_empty_piece() {
            recording.keep_parents();
            recording.hand_over();
        }
    });
}

/// Hands over what the scope of this thread has recorded, if all its spans have
/// ended: so nobody sees children whose parent is still to come.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(|recording| {
        recording.take_stage();
        if recording.strays == 0 && !recording.stream.chunk.is_empty_piece() {
            recording.hand_over();
        }
    });
}
