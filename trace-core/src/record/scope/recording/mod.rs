//! What a scope has recorded and not handed over.

mod parents;
mod scope_stream;
mod spare_chunks;

use std::sync::Arc;

use crate::delivery::{Short, Tick};
use crate::diagnostics;
use crate::process::clock::{between, raw_counter};
use crate::record::scope::recording::scope_stream::{ScopeStream, Spare};
use crate::record::scope::visiting::Visiting;
use crate::record::thread::{self, Place};
use crate::record::trace::home::SpanEnd;
use crate::record::trace::local_trace::LocalTrace;
use crate::record::trace::tracer_core::TracerCore;
use crate::stream::{Chunk, Cursor, Entry, Header, Kind, outcome_number};
use crate::value::{Baggage, Outcome, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// Most spans around the code that asks what is open beside it.
#[cfg(feature = "testing")]
const MAX_AROUND: usize = 10_000;

/// The recording side of a scope: one pointer, as it is moved with each poll.
#[derive(Debug)]
pub(crate) struct Recording(Box<ScopeStream>);

impl Recording {
    /// Begins a trace with one scope.
    #[inline]
    pub(in crate::record) fn begin(
        tracer: &Arc<TracerCore>,
        trace_id: TraceId,
        flags: TraceFlags,
    ) -> Self {
        let mut stream = Spare::stream(tracer);
        let number = thread::new_scope();
        stream.number = number;
        (stream.span, stream.is_base_own) = (0, false);
        // Written where it is: what is in it holds nothing.
        stream.head.begin(trace_id, flags, tracer.clock.looks());
        Self(stream)
    }

    /// Puts the beginning of the trace below a span, which may be another process's.
    pub(in crate::record) fn begin_below(
        &mut self,
        span: u64,
        remote_parent: u64,
        tracestate: &TraceState,
    ) {
        self.set_below(span);
        self.0.head.remote_parent = remote_parent;
        self.0.head.set_tracestate(tracestate);
        self.note_called();
    }

    /// Sets the baggage with which the trace begins.
    pub(in crate::record) fn begin_with_baggage(&mut self, baggage: &Baggage) {
        self.0.head.set_baggage(baggage);
        self.0.baggage = baggage.clone();
    }

    /// Begins another scope of a trace, whose spans are below another one.
    pub(in crate::record) fn join(trace: &Arc<LocalTrace>, baggage: Baggage, span: u64) -> Self {
        trace.open_scope();
        let mut joined = Self::of(Arc::clone(trace), baggage, thread::new_scope());
        joined.set_below(span);
        joined
    }

    /// Begins a scope of a trace for a visit of one of its spans, away from its own.
    pub(in crate::record) fn visit(visiting: Visiting, number: u32, span: u64) -> Option<Self> {
        let trace = visiting.trace?;
        trace.open_scope();
        let mut visit = Self::of(trace, visiting.baggage, number);
        (visit.0.is_visit, visit.0.order) = (true, visiting.order);
        visit.set_base(span);
        Some(visit)
    }

    fn of(trace: Arc<LocalTrace>, baggage: Baggage, number: u32) -> Self {
        let mut stream = Spare::stream(&trace.tracer);
        stream.head = trace.head.clone();
        stream.number = number;
        stream.baggage = baggage;
        stream.shared = Some(trace);
        Self(stream)
    }

    /// Says of what follows of a span that it comes after all that others said of it up to
    /// now. This is a visit of the span, or its own scope, which asks whether something was
    /// said elsewhere. The stage must be empty.
    pub(in crate::record) fn go_on_with(&mut self, span: u64, is_behind: impl FnOnce() -> bool) {
        let is_visit = self.0.is_visit && self.0.span == span;
        let is_behind = if is_visit {
            self.0.order != self.trace().order_of_visit()
        } else {
            is_behind()
        };
        if !is_behind {
            return;
        }
        let order = self.trace().order_after_visits();
        if is_visit {
            self.0.change_order(order);
        }
        self.0.chunk.push_moved(span, order);
    }

    /// Notes that this part of the trace calls somebody, who may be in this process.
    pub(in crate::record) fn note_call(&mut self) {
        if std::mem::replace(&mut self.0.has_called, true) {
            return;
        }
        self.0.tracer.queue.callers.add(self.0.part());
        self.0.set_known();
    }

    /// Notes that this part of the trace was called, if it may have been from this process:
    /// by another part of this tracer, which says so when it ends, or by another tracer,
    /// whose collector may be this one's.
    fn note_called(&mut self) {
        let part = self.0.part();
        let queue = &self.0.tracer.queue;
        if queue.callers.add_called(part)
            || (diagnostics::has_other_tracers() && queue.open_part(part))
        {
            self.0.set_known();
        }
    }

    /// Whether something waits in the chunk.
    #[inline]
    fn has_recorded(&self) -> bool {
        !self.0.chunk.words.is_empty()
    }

    /// Another scope of this one's trace, as this one is now, below a span.
    pub(in crate::record) fn fork(&mut self, span: u64) -> Self {
        let baggage = self.0.baggage.clone();
        Self::join(self.trace(), baggage, span)
    }

    /// The same beside a scope that was begun by this, below the same span.
    pub(in crate::record) fn again(&self) -> Option<Self> {
        let trace = self.0.shared.as_ref()?;
        Some(Self::join(trace, self.0.baggage.clone(), self.0.span))
    }

    #[inline]
    pub(in crate::record) fn tracer(&self) -> &Arc<TracerCore> {
        &self.0.tracer
    }

    /// The trace, for something that is of it besides this scope.
    #[inline]
    pub(in crate::record) fn trace(&mut self) -> &Arc<LocalTrace> {
        self.0.share()
    }

    pub(in crate::record) fn trace_id(&self) -> TraceId {
        self.0.head.trace_id()
    }

    /// Whether the scope was begun for a visit.
    pub(in crate::record) fn is_visit(&self) -> bool {
        self.0.is_visit
    }

    /// The number of the scope.
    #[inline]
    pub(in crate::record) fn number(&self) -> u32 {
        self.0.number
    }

    /// Where the scope's code goes on at each poll.
    #[inline]
    pub(in crate::record) fn place(&self) -> Place {
        Place {
            scope: self.0.number,
            span: self.0.span,
            entry: if self.0.is_base_own { 0 } else { self.0.span },
            plain: self.0.plain,
        }
    }

    /// The same, if its code may go on without anything else to be done.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn simple_place(&self) -> Option<Place> {
        let home = self.0.home();
        let is_simple = home.is_none_or(|home| home.is_busy());
        is_simple.then(|| self.place())
    }

    /// Whether nothing is to be done at the end of a poll that has recorded nothing.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn can_rest(&self) -> bool {
        let stream = &*self.0;
        match (stream.home(), stream.chunk.words.is_empty()) {
            (None, true) => !stream.has_large_chunk(),
            (Some(_), true) => false,
            (home, false) => {
                stream.tick == stream.tracer.queue.ticks.now()
                    && home.is_none_or(|home| !home.has_ends())
            }
        }
    }

    /// Has the scope's code go on with a span that was opened in the scope.
    pub(in crate::record) fn set_base(&mut self, span: u64) {
        (self.0.span, self.0.is_base_own) = (span, true);
    }

    /// Puts the scope below another span.
    pub(in crate::record) fn set_below(&mut self, span: u64) {
        (self.0.span, self.0.is_base_own) = (span, false);
    }

    pub(in crate::record) fn baggage(&mut self) -> &mut Baggage {
        &mut self.0.baggage
    }

    /// The context of a span that is open in this scope.
    pub(in crate::record) fn context(&mut self, span: u64) -> TraceContext {
        let parent_span_id = self.parent_of(span);
        let stream = &*self.0;
        stream
            .head
            .context(span, parent_span_id, stream.baggage.clone())
    }

    /// The parent of a span that is open in this scope.
    fn parent_of(&mut self, span: u64) -> Option<SpanId> {
        self.take_stage();
        SpanId::new(self.opened_below(span)?)
    }

    /// Below which span one was opened in this scope, as far as that is known. The stage
    /// must be empty, or another scope's.
    fn opened_below(&self, span: u64) -> Option<u64> {
        let mut cursor = Cursor::default();
        while let Some((id, entry, next)) = self.0.chunk.entry(cursor) {
            match entry {
                Entry::Open(open) if id == span => return Some(open.parent),
                _ => cursor = next,
            }
        }
        let rare = self.0.rare.as_ref()?;
        rare.parents.as_ref()?.of(span)
    }

    /// What is open of the trace, whose code runs in this span. The stage must be empty, or
    /// another scope's.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn beside(&self, mut span: u64) -> crate::record::trace::watch::Beside {
        let mut around = 0;
        for _ in 0..MAX_AROUND {
            let Some(parent) = self.opened_below(span) else {
                // It is another scope's, or none.
                break;
            };
            around += 1;
            span = parent;
        }
        let stream = &*self.0;
        let shared = stream.shared.as_ref();
        let (scopes, strays) = shared.map_or((1, 0), |trace| trace.open_scopes_and_strays());
        let [_, part] = stream.numbers();
        crate::record::trace::watch::Beside {
            part,
            scopes,
            strays,
            spans_here: stream.strays - around,
        }
    }

    /// Moves the thread's stage into the chunk.
    pub(in crate::record) fn take_stage(&mut self) {
        if !thread::is_stage_empty() {
            self.drain_stage();
        }
        let started = std::mem::take(&mut self.0.uncounted);
        if started > 0 {
            self.0.tracer.queue.counters.start(started.into());
        }
    }

    #[inline]
    fn drain_stage(&mut self) {
        let (words, _) = thread::staged_sizes();
        if words > 0 {
            self.0.make_room(words);
        }
        let stream = &mut *self.0;
        let staged = thread::drain(&mut stream.chunk);
        stream.chunk.opened += u64::from(staged.opened);
        stream.strays += i64::from(staged.strays());
        stream.uncounted += staged.opened;
    }

    /// Moves the thread's stage into the chunk at the end of the last poll. Its spans are
    /// counted where the chunk is handed over, which is next; mostly that is all of the
    /// scope, and is handed over at once.
    #[inline]
    pub(in crate::record) fn end_last_poll(&mut self) {
        if self.has_recorded() || !self.hand_over_stage() {
            self.drain_stage();
        }
    }

    /// Hands over what is in the stage, if it is the only piece of a short scope; returns
    /// whether that is so, and it was taken.
    fn hand_over_stage(&mut self) -> bool {
        let (words, text_bytes) = thread::staged_sizes();
        let stream = &mut *self.0;
        // A long text of what is in the stage may be in the chunk already.
        let is_whole = stream.chunk.text.is_empty();
        if words == 0 || words > thread::FEW || stream.needs_home || !is_whole {
            return false;
        }
        let staged = thread::staged();
        let strays = stream.strays + i64::from(staged.strays());
        let completes = stream.ends_with(strays);
        let content = Short {
            spans: staged.opened.into(),
            started: u64::from(stream.uncounted) + u64::from(staged.opened),
            words,
            text_bytes,
        };
        let is_taken = stream.push_short(content, completes, |chunk| {
            chunk.opened += content.spans;
            thread::drain(chunk);
        });
        if is_taken {
            (stream.strays, stream.uncounted) = (strays, 0);
            stream.has_said_end = completes;
            if !completes {
                stream.set_known();
            }
        }
        is_taken
    }

    /// Says that the scope's code runs.
    #[inline]
    pub(in crate::record) fn begin_poll(&self) {
        if let Some(home) = self.0.home() {
            home.begin_poll();
        }
    }

    /// Moves the thread's stage into the chunk at the end of a poll, and hands that
    /// over if it has waited for long: a scope may live for days.
    #[inline]
    pub(in crate::record) fn end_poll(&mut self) {
        if !thread::is_stage_empty() {
            self.take_stage();
            self.cut();
        }
        self.look_at_time();
        if self.0.home().is_some() {
            self.rest();
        }
    }

    /// Leaves the scope while another one is entered above it.
    pub(in crate::record) fn leave_suspended(&mut self) {
        self.rest();
    }

    /// Writes and hands over the ends of spans that were left here, and says that
    /// nothing waits here, if that is so.
    fn rest(&mut self) {
        if self.0.home().is_some_and(|home| home.has_ends()) {
            self.hand_over();
        }
        while !self.has_recorded()
            && let Some(home) = self.0.home()
            && home.rest()
        {
            home.begin_poll();
            self.hand_over();
        }
    }

    /// The same as [`end_poll`](Self::end_poll), when the scope's code waits for that of
    /// another scope to return.
    pub(in crate::record) fn suspend(&mut self) {
        self.take_stage();
        self.look_at_time();
    }

    /// Hands over what has waited for long, and leaves what is not needed in a sleep.
    #[inline]
    fn look_at_time(&mut self) {
        if self.has_recorded() {
            let tick = self.0.tracer.queue.ticks.now();
            if self.0.tick != tick {
                self.look_at_clock(tick);
            }
        } else if self.0.has_large_chunk() {
            self.0.leave_large_chunk();
        }
    }

    #[inline(never)]
    fn look_at_clock(&mut self, tick: Tick) {
        let now = raw_counter();
        if self.0.since == 0 {
            self.0.since = now;
            // It may sleep from now on.
            self.0.leave_large_chunk();
        }
        let stream = &mut *self.0;
        if between(stream.since, now) >= stream.tracer.scheduled_delay {
            self.hand_over();
            return self.0.leave_large_chunk();
        }
        stream.tick = stream.tracer.queue.ask_tick(tick);
    }

    /// Moves the thread's stage into the chunk, and hands that over if it is full.
    pub(in crate::record) fn make_room(&mut self) {
        self.take_stage();
        self.cut();
    }

    /// See [`entered::push_texts`](crate::record::scope::entered::push_texts).
    pub(in crate::record) fn push_texts<'a>(
        &mut self,
        words: usize,
        texts: impl IntoIterator<Item = &'a str>,
    ) {
        let is_full = self.0.chunk.text.len() >= Chunk::FULL_BYTES;
        if is_full || !thread::has_room(words) {
            self.make_room();
        }
        let stored = &mut self.0.chunk.text;
        thread::drain_texts(stored);
        for text in texts {
            stored.push_str(text);
        }
    }

    /// Hands over what was recorded so far.
    pub(in crate::record) fn hand_over(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            let rare = self.0.rare.get_or_insert_default();
            rare.parents.get_or_insert_default().keep(&self.0.chunk);
            self.push();
        }
    }

    /// Writes the end of a span of this scope, whose code does not run at the moment.
    pub(in crate::record) fn close(&mut self, span: u64, outcome: Outcome) {
        let time = self.0.tracer.clock.raw();
        self.write_end(&SpanEnd {
            span,
            outcome,
            time,
            ended_at: None,
        });
    }

    /// Writes the ends of spans that were ended elsewhere.
    fn write_ends(&mut self) {
        let home = self.0.home().filter(|home| home.has_ends());
        for end in home.map(|home| home.take()).unwrap_or_default() {
            self.write_end(&end);
        }
    }

    /// Writes the end of a span whose code does not run at the moment. The stage must be
    /// empty.
    pub(in crate::record) fn write_end(&mut self, end: &SpanEnd) {
        let words = &mut self.0.chunk.words;
        if let Some(time) = end.ended_at {
            let header = Header::new(Kind::EndedAt, 0, 0, 0);
            words.extend([header.word(), end.span, time.as_unix_nanos()]);
        }
        let header = Header::new(Kind::Close, outcome_number(end.outcome), 0, 0);
        words.extend([header.word(), end.span, end.time]);
        self.0.strays -= 1;
    }

    /// Hands over what was recorded so far, if all spans have ended.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn hand_over_ended(&mut self) {
        self.take_stage();
        if self.0.strays == 0 && self.has_recorded() {
            self.push();
        }
    }

    /// Hands a full chunk over and goes on with an empty one.
    #[inline]
    fn cut(&mut self) {
        if self.0.chunk.bytes() >= Chunk::FULL_BYTES {
            // Nobody has asked for this: as long as there are none, they are in the chunk.
            if let Some(rare) = &mut self.0.rare
                && let Some(parents) = &mut rare.parents
            {
                parents.keep(&self.0.chunk);
            }
            self.push();
        }
    }

    fn push(&mut self) {
        self.begin_wait();
        if !self.0.needs_home && self.0.strays > 0 {
            // Before anything else is said of the spans that are open.
            self.0.set_needs_home();
        }
        self.0.push(0, false);
        thread::forget_newest();
    }

    /// Says that what is recorded from now on has not waited yet.
    fn begin_wait(&mut self) {
        (self.0.tick, self.0.since) = (Tick::NONE, 0);
    }

    /// Takes the last ends of spans that were left here; later ones are written elsewhere.
    /// So all else is handed over first.
    #[cold]
    fn leave_home(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            self.push();
        }
        let rare = self.0.rare.as_mut();
        let Some(home) = rare.and_then(|rare| rare.home.take()) else {
            return;
        };
        for end in home.close() {
            self.write_end(&end);
        }
        let number = self.0.number;
        self.trace().remove_home(number);
    }

    /// Hands the chunk over, as the last one of the scope.
    pub(in crate::record) fn end(mut self) {
        if self.0.home().is_some() {
            self.leave_home();
        }
        let stream = &mut *self.0;
        let strays = std::mem::take(&mut stream.strays);
        let started = std::mem::take(&mut stream.uncounted);
        let completes = stream.ends_with(strays);
        let mut says_so = std::mem::take(&mut stream.has_said_end);
        if !stream.chunk.words.is_empty() {
            says_so = stream.push(started.into(), completes) && completes;
        }
        let shared = stream.shared.as_ref();
        let remains_nothing =
            shared.map_or(completes, |trace| trace.close_scope(strays, completes));
        if remains_nothing && !says_so {
            stream.complete();
        }
        #[cfg(feature = "testing")]
        if let Some(watch) = stream.tracer.watch.as_ref().filter(|_| remains_nothing) {
            let [_, part] = stream.numbers();
            watch.end(part);
        }
        let trace = stream.shared.take();
        stream.head.clear();
        if !stream.baggage.is_empty() {
            stream.baggage = Baggage::default();
        }
        (stream.is_visit, stream.needs_home) = (false, false);
        (stream.is_known, stream.has_called) = (false, false);
        if stream.rare.is_some() {
            stream.rare = None;
        }
        self.begin_wait();
        Spare::keep(self.0, trace.filter(|_| remains_nothing));
    }
}
