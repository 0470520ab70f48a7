//! What a scope has recorded and not handed over.

use std::cell::Cell;
use std::sync::Arc;

use super::active::Visiting;
use super::home::{Home, SpanEnd};
use super::hot;
use super::local_trace::{Head, LocalTrace};
use super::tracer_core::TracerCore;
use crate::baggage::Baggage;
use crate::clock::{between, raw_counter};
use crate::context::TraceContext;
use crate::id::SpanId;
use crate::span_record::Outcome;
use crate::stream::{Chunk, Cursor, Entry, Header, Kind, outcome_number};

/// The recording side of a scope: two pointers, as it is moved with each poll.
#[derive(Debug)]
pub(crate) struct Recording {
    trace: Arc<LocalTrace>,
    stream: Box<Stream>,
}

/// What a scope has recorded and not handed over, and what is known of it. Reused
/// by the next scope of the thread.
#[derive(Debug, Default)]
struct Stream {
    /// The number of the scope.
    number: u32,
    chunk: Chunk,
    /// Words of the chunk with which the piece began.
    begun: usize,
    /// The span for whose visit this is, and the visit's order; zero for other scopes.
    visit: (u64, u32),
    /// Set once the scope has handed over while spans of it were open.
    home: Option<Arc<Home>>,
    /// The trace's, with the changes of this scope.
    baggage: Baggage,
    /// Spans that were opened in this scope less those that ended in it.
    strays: i64,
    /// Spans that are not yet counted as started.
    uncounted: u64,
    /// A reading of the counter when the first poll that recorded something ended
    /// after the last hand-over; zero before.
    since: u64,
    /// Spans that were open when somebody asked to hand over, and their parents;
    /// those of later spans are in the chunk.
    parents: Vec<(u64, u64)>,
}

/// What the next scope on this thread need not allocate.
struct Spare {
    /// An empty stream.
    stream: Cell<Option<Box<Stream>>>,
    /// A trace that has ended. Its tracer is kept as well: mostly the next trace's
    /// is the same, and threads that count its references wait for each other.
    trace: Cell<Option<Arc<LocalTrace>>>,
}

thread_local! {
    static SPARE: Spare = const { Spare { stream: Cell::new(None), trace: Cell::new(None) } };
}

impl Spare {
    fn stream() -> Box<Stream> {
        let spare = SPARE.try_with(|spare| spare.stream.take());
        spare.ok().flatten().unwrap_or_default()
    }

    fn trace(tracer: &Arc<TracerCore>, head: Head, scope: u32) -> Arc<LocalTrace> {
        let spare = SPARE.try_with(|spare| spare.trace.take());
        if let Ok(Some(mut trace)) = spare
            && let Some(ended) = Arc::get_mut(&mut trace)
            && Arc::ptr_eq(&ended.tracer, tracer)
        {
            ended.begin_again(head, scope);
            return trace;
        }
        Arc::new(LocalTrace::new(Arc::clone(tracer), head, scope))
    }

    /// Keeps a stream, and the trace if it has ended. At the end of a thread they go
    /// back to the allocator.
    fn keep(stream: Box<Stream>, trace: Option<Arc<LocalTrace>>) {
        if cfg!(loom) {
            // Loom's threads share one, and nothing may outlive a model.
            return;
        }
        let _kept = SPARE.try_with(|spare| {
            spare.stream.set(Some(stream));
            if trace.is_some() {
                spare.trace.set(trace);
            }
        });
    }
}

impl Recording {
    /// Begins a trace with one scope.
    pub(super) fn begin(tracer: &Arc<TracerCore>, head: Head) -> Self {
        let baggage = head.baggage.clone();
        let number = hot::new_scope();
        Self::of(Spare::trace(tracer, head, number), baggage, number)
    }

    /// Begins another scope of a trace.
    pub(super) fn join(trace: &Arc<LocalTrace>, baggage: Baggage) -> Self {
        trace.open_scope();
        Self::of(Arc::clone(trace), baggage, hot::new_scope())
    }

    /// Begins a scope of a trace for a visit of one of its spans, away from its own.
    pub(super) fn visit(visiting: Visiting, number: u32, span: u64) -> Option<Self> {
        let trace = visiting.trace?;
        trace.open_scope();
        let visit = (span, visiting.order);
        Some(Self::numbered(trace, visiting.baggage, number, visit))
    }

    #[inline]
    fn of(trace: Arc<LocalTrace>, baggage: Baggage, number: u32) -> Self {
        Self::numbered(trace, baggage, number, (0, 0))
    }

    #[inline]
    fn numbered(trace: Arc<LocalTrace>, baggage: Baggage, number: u32, visit: (u64, u32)) -> Self {
        let mut stream = Spare::stream();
        stream.number = number;
        stream.visit = visit;
        stream.baggage = baggage;
        let mut recording = Self { trace, stream };
        recording.begin_piece();
        recording
    }

    #[inline]
    fn begin_piece(&mut self) {
        let Stream { number, chunk, .. } = &mut *self.stream;
        self.trace.begin_piece(*number, chunk);
        self.stream.begun = self.stream.chunk.words.len();
        if self.stream.visit != (0, 0) {
            self.mark_visit();
        }
    }

    /// Says of what follows where it belongs among all that is said of the span.
    fn mark_visit(&mut self) {
        let (span, order) = self.stream.visit;
        self.mark_order(span, order);
        self.stream.begun = self.stream.chunk.words.len();
    }

    /// Says of what follows of a span that it comes after all that others said of it up to
    /// now. This is a visit of the span, or its own scope, which asks whether something was
    /// said elsewhere. The stage must be empty.
    pub(super) fn go_on_with(&mut self, span: u64, is_behind: impl FnOnce() -> bool) {
        let (visited, order) = self.stream.visit;
        let is_visit = visited == span;
        let is_behind = if is_visit {
            order != self.trace.order_of_visit()
        } else {
            is_behind()
        };
        if !is_behind {
            return;
        }
        let order = self.trace.order_after_visits();
        if is_visit {
            self.stream.visit = (span, order);
        }
        self.mark_order(span, order);
    }

    fn mark_order(&mut self, span: u64, order: u32) {
        let words = &mut self.stream.chunk.words;
        words.extend([Header::new(Kind::Moved, 0, 0, order).word(), span]);
    }

    /// Whether something was written since the piece began.
    fn has_recorded(&self) -> bool {
        self.stream.chunk.words.len() > self.stream.begun
    }

    /// Another scope of this one's trace, as this one is now.
    pub(super) fn fork(&self) -> Self {
        Self::join(&self.trace, self.stream.baggage.clone())
    }

    pub(super) fn trace(&self) -> &Arc<LocalTrace> {
        &self.trace
    }

    /// The number of the scope.
    pub(super) fn number(&self) -> u32 {
        self.stream.number
    }

    pub(super) fn baggage(&mut self) -> &mut Baggage {
        &mut self.stream.baggage
    }

    /// The context of a span that is open in this scope.
    pub(super) fn context(&mut self, span: u64) -> TraceContext {
        let parent_span_id = self.parent_of(span);
        let head = &self.trace.head;
        TraceContext {
            trace_id: head.trace_id,
            span_id: SpanId::from_stream(span),
            parent_span_id,
            flags: head.flags,
            tracestate: head.tracestate.clone(),
            baggage: self.stream.baggage.clone(),
            is_remote: false,
        }
    }

    /// The parent of a span that is open in this scope.
    fn parent_of(&mut self, span: u64) -> Option<SpanId> {
        self.take_stage();
        let mut cursor = Cursor::default();
        while let Some((id, entry, next)) = self.stream.chunk.entry(cursor) {
            match entry {
                Entry::Open(open) if id == span => return SpanId::new(open.parent),
                _ => cursor = next,
            }
        }
        let mut handed_over = self.stream.parents.iter();
        let (_, parent) = handed_over.find(|(id, _)| *id == span)?;
        SpanId::new(*parent)
    }

    /// Moves the thread's stage into the chunk.
    pub(super) fn take_stage(&mut self) {
        self.drain_stage();
        let started = std::mem::take(&mut self.stream.uncounted);
        if started > 0 {
            self.trace.tracer.queue.counters.start(started);
        }
    }

    #[inline]
    fn drain_stage(&mut self) {
        let staged = hot::drain(&mut self.stream.chunk);
        self.stream.chunk.opened += u64::from(staged.opened);
        self.stream.strays += i64::from(staged.strays());
        self.stream.uncounted += u64::from(staged.opened);
    }

    /// Moves the thread's stage into the chunk at the end of the last poll. Its spans are
    /// counted where the chunk is handed over, which is next.
    #[inline]
    pub(super) fn end_last_poll(&mut self) {
        self.drain_stage();
    }

    /// Says that the scope's code runs.
    #[inline]
    pub(super) fn begin_poll(&self) {
        if let Some(home) = &self.stream.home {
            home.begin_poll();
        }
    }

    /// Moves the thread's stage into the chunk at the end of a poll, and hands that
    /// over if it has waited for long: a scope may live for days.
    pub(super) fn end_poll(&mut self) {
        self.suspend();
        if self.stream.home.is_some() {
            self.rest();
        }
    }

    /// Leaves the scope while another one is entered above it.
    pub(super) fn leave_suspended(&mut self) {
        self.rest();
    }

    /// Writes and hands over the ends of spans that were left here, and says that
    /// nothing waits here, if that is so.
    fn rest(&mut self) {
        let Some(home) = self.stream.home.clone() else {
            return;
        };
        if home.has_ends() {
            self.hand_over();
        }
        while !self.has_recorded() && home.rest() {
            home.begin_poll();
            self.hand_over();
        }
    }

    /// The same as [`end_poll`](Self::end_poll), when the scope's code waits for that of
    /// another scope to return.
    pub(super) fn suspend(&mut self) {
        self.take_stage();
        if !self.has_recorded() {
            return;
        }
        let now = raw_counter();
        if self.stream.since == 0 {
            self.stream.since = now;
        }
        if between(self.stream.since, now) >= self.trace.tracer.scheduled_delay {
            self.hand_over();
        }
    }

    /// Moves the thread's stage into the chunk, and hands that over if it is full.
    pub(super) fn make_room(&mut self) {
        self.take_stage();
        self.cut();
    }

    /// See [`entered::push_texts`](super::entered::push_texts).
    pub(super) fn push_texts<'a>(
        &mut self,
        words: usize,
        texts: impl IntoIterator<Item = &'a str>,
    ) {
        let is_full = self.stream.chunk.text.len() >= Chunk::FULL_BYTES;
        if is_full || !hot::has_room(words) {
            self.make_room();
        }
        hot::drain_texts(&mut self.stream.chunk.text);
        for text in texts {
            self.stream.chunk.text.push_str(text);
        }
    }

    /// Hands over what was recorded so far.
    pub(super) fn hand_over(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            self.keep_parents();
            self.push();
        }
    }

    /// Writes the end of a span of this scope, whose code does not run at the moment.
    pub(super) fn close(&mut self, span: u64, outcome: Outcome) {
        let time = self.trace.tracer.clock.raw();
        self.write_end(&SpanEnd {
            span,
            outcome,
            time,
            ended_at: None,
        });
    }

    /// Writes the ends of spans that were ended elsewhere.
    fn write_ends(&mut self) {
        let home = self.stream.home.as_ref().filter(|home| home.has_ends());
        for end in home.map(|home| home.take()).unwrap_or_default() {
            self.write_end(&end);
        }
    }

    /// Writes the end of a span whose code does not run at the moment. The stage must be
    /// empty.
    pub(super) fn write_end(&mut self, end: &SpanEnd) {
        let words = &mut self.stream.chunk.words;
        if let Some(time) = end.ended_at {
            let header = Header::new(Kind::EndedAt, 0, 0, 0);
            words.extend([header.word(), end.span, time.as_unix_nanos()]);
        }
        let header = Header::new(Kind::Close, outcome_number(end.outcome), 0, 0);
        words.extend([header.word(), end.span, end.time]);
        self.stream.strays -= 1;
    }

    /// Hands over what was recorded so far, if all spans have ended.
    #[cfg(feature = "testing")]
    pub(super) fn hand_over_ended(&mut self) {
        self.take_stage();
        if self.stream.strays == 0 && self.has_recorded() {
            self.push();
        }
    }

    /// Hands a full chunk over and goes on with an empty one.
    fn cut(&mut self) {
        if self.stream.chunk.bytes() >= Chunk::FULL_BYTES {
            if !self.stream.parents.is_empty() {
                self.keep_parents();
            }
            self.push();
        }
    }

    fn push(&mut self) {
        self.stream.since = 0;
        if self.stream.home.is_none() && self.stream.strays > 0 {
            // Before anything else is said of the spans that are open.
            self.stream.home = Some(self.trace.add_home(self.stream.number));
        }
        self.trace.tracer.queue.push(&mut self.stream.chunk, 0);
        hot::forget_newest();
        self.begin_piece();
    }

    /// Keeps the parents of the spans that are open, innermost last. Those that move away
    /// and end elsewhere do not leave, so that there is a limit.
    fn keep_parents(&mut self) {
        const MAX: usize = 1_024;
        let Stream { chunk, parents, .. } = &mut *self.stream;
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
        parents.drain(..parents.len().saturating_sub(MAX));
    }

    /// Takes the last ends of spans that were left here; later ones are written elsewhere.
    /// So all else is handed over first.
    fn leave_home(&mut self) {
        if self.stream.home.is_none() {
            return;
        }
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            self.push();
        }
        let Some(home) = self.stream.home.take() else {
            return;
        };
        for end in home.close() {
            self.write_end(&end);
        }
        self.trace.remove_home(self.stream.number);
    }

    /// Hands the chunk over, as the last one of the scope.
    pub(super) fn end(mut self) {
        self.leave_home();
        let has_recorded = self.has_recorded();
        let queue = &self.trace.tracer.queue;
        let Stream {
            number: _,
            chunk,
            begun: _,
            visit,
            home: _,
            baggage,
            strays,
            uncounted,
            since,
            parents,
        } = &mut *self.stream;
        let started = std::mem::take(uncounted);
        let completes = self.trace.ends_with(*strays);
        let says_so = if has_recorded {
            if completes {
                chunk.end_trace();
            }
            queue.push(chunk, started) && completes
        } else {
            chunk.clear();
            false
        };
        let remains_nothing = self.trace.close_scope(*strays, completes);
        if remains_nothing && !says_so {
            self.trace.complete();
        }
        *baggage = Baggage::default();
        (*strays, *since, *visit) = (0, 0, (0, 0));
        parents.clear();
        Spare::keep(self.stream, remains_nothing.then_some(self.trace));
    }
}
