//! The stream of a scope, and what of it the next scope of the thread uses again.

use std::cell::Cell;
use std::sync::Arc;

use crate::delivery::{Short, Tick};
use crate::process::clock::Counter;
use crate::record::scope::recording::parents::Parents;
use crate::record::scope::recording::spare_chunks::{self, SHORT};
use crate::record::trace::head::Head;
use crate::record::trace::home::Home;
use crate::record::trace::local_trace::LocalTrace;
use crate::record::trace::tracer_core::TracerCore;
use crate::stream::Chunk;
use crate::stream::decode::Part;
use crate::value::Baggage;

/// What a scope has recorded and not handed over, and what is known of it. Reused
/// by the next scope of the thread.
#[derive(Debug)]
pub(in crate::record) struct ScopeStream {
    /// Kept from one scope to the next, as mostly that is of the same tracer: threads that
    /// count its references wait for each other.
    pub(in crate::record) tracer: Arc<TracerCore>,
    pub(in crate::record) head: Head,
    /// The trace, once anything but this scope is of it.
    pub(in crate::record) shared: Option<Arc<LocalTrace>>,
    /// What was recorded. A short piece begins where it is handed over.
    pub(in crate::record) chunk: Chunk,
    /// The trace's baggage, with the changes of this scope.
    pub(in crate::record) baggage: Baggage,
    /// The span with which the scope's code goes on at each poll.
    pub(in crate::record) span: u64,
    /// A reading of the counter when the first poll that recorded something ended after the
    /// last hand-over, and the tick when the scope last looked at the time.
    pub(in crate::record) since: u64,
    pub(in crate::record) tick: Tick,
    /// The number of the scope.
    pub(in crate::record) number: u32,
    /// Spans that are not yet counted as started.
    pub(in crate::record) uncounted: u32,
    /// Spans that were opened in this scope less those that ended in it.
    pub(in crate::record) strays: i64,
    /// Whether this is a visit of [`span`](Self::span), and its order.
    pub(in crate::record) is_visit: bool,
    pub(in crate::record) order: u32,
    /// Whether what is in the chunk begins as a piece does.
    pub(in crate::record) has_begun: bool,
    /// Whether [`span`](Self::span) is the scope's to write to; else it is the one that was
    /// current where the scope began.
    pub(in crate::record) is_base_own: bool,
    /// Whether the scope's last piece was handed over, and says that the trace ends.
    pub(in crate::record) has_said_end: bool,
    /// Whether the scope has handed over while spans of it were open.
    pub(in crate::record) needs_home: bool,
    /// Whether the queue has taken a piece of the scope, of which nothing else is of the
    /// trace; else that is noted there.
    pub(in crate::record) is_known: bool,
    /// Whether the trace's context was asked for in this scope.
    pub(in crate::record) has_called: bool,
    /// See [`TracerCore::plain`].
    pub(in crate::record) plain: Option<Counter>,
    /// What few scopes have.
    pub(in crate::record) rare: Option<Box<Rare>>,
}

/// What few scopes have, as they go on after they have handed something over.
#[derive(Debug, Default)]
pub(in crate::record) struct Rare {
    /// Set if spans were open then, and anything else is of the trace, and may have them.
    pub(in crate::record) home: Option<Arc<Home>>,
    /// The parents of these spans, if somebody asked for a hand-over; those of later spans
    /// are in the chunk.
    pub(in crate::record) parents: Option<Parents>,
}

impl Rare {
    /// Makes a scope one with which the ends of its spans can be left.
    #[cold]
    fn add_home(rare: &mut Option<Box<Self>>, trace: &LocalTrace, scope: u32) {
        rare.get_or_insert_default().home = Some(trace.add_home(scope));
    }
}

impl ScopeStream {
    #[inline]
    pub(in crate::record) fn home(&self) -> Option<&Arc<Home>> {
        self.rare.as_ref()?.home.as_ref()
    }

    /// The trace, for something that is of it besides this scope.
    #[inline]
    pub(in crate::record) fn share(&mut self) -> &Arc<LocalTrace> {
        let Self {
            tracer,
            head,
            shared,
            number,
            needs_home,
            is_known,
            rare,
            ..
        } = self;
        // Only the first scope of a trace is ever alone.
        shared.get_or_insert_with(|| {
            let trace = Spare::trace(tracer, head.clone(), *number);
            if *needs_home {
                Rare::add_home(rare, &trace, *number);
            }
            if *is_known {
                trace.set_known();
            }
            trace
        })
    }

    /// Whether nothing remains of the trace if this scope ends with so many strays.
    #[inline]
    pub(in crate::record) fn ends_with(&self, strays: i64) -> bool {
        // Of a trace that nothing else is of, nobody else can end a span.
        let shared = self.shared.as_ref();
        shared.map_or(strays == 0, |trace| trace.ends_with(strays))
    }

    /// Says that nothing remains of the trace, where no piece could say so.
    #[cold]
    pub(in crate::record) fn complete(&self) {
        if let Some(trace) = &self.shared {
            return trace.complete();
        }
        self.tracer.queue.end_part(self.part(), self.is_known);
    }

    /// The part of the trace of which this is.
    pub(in crate::record) fn part(&self) -> Part {
        let [_, number] = self.numbers();
        let trace = self.head.trace_id();
        Part { trace, number }
    }

    /// Says that something was handed over while spans were open.
    #[cold]
    pub(in crate::record) fn set_needs_home(&mut self) {
        self.needs_home = true;
        if let Some(trace) = &self.shared {
            Rare::add_home(&mut self.rare, trace, self.number);
        }
    }

    /// The numbers of the scope and of its part of the trace, which is that of the first
    /// scope of the part.
    #[inline]
    pub(in crate::record) fn numbers(&self) -> [u32; 2] {
        let shared = self.shared.as_ref();
        [
            self.number,
            shared.map_or(self.number, |trace| trace.part()),
        ]
    }

    /// Makes room for some words more. A piece that is not short begins in its chunk.
    #[inline]
    pub(in crate::record) fn make_room(&mut self, words: usize) {
        let needed = self.chunk.words.len() + words;
        let begins = needed > SHORT && !self.has_begun;
        if needed > self.chunk.words.capacity() || begins {
            self.grow(needed, begins);
        }
    }

    #[inline(never)]
    fn grow(&mut self, words: usize, begins: bool) {
        let words = words + Chunk::AROUND_WORDS;
        let is_empty = self.chunk.bytes() == 0;
        if is_empty && begins && words <= self.chunk.words.capacity() {
            let mut chunk = std::mem::take(&mut self.chunk);
            self.write_beginning(&mut chunk);
            (self.chunk, self.has_begun) = (chunk, true);
        } else if begins {
            self.begin_piece(words);
        } else {
            // No larger than a full one, which is handed over.
            let twice = (2 * self.chunk.words.len()).min(Chunk::FULL_WORDS);
            let words = words.max(twice);
            self.move_to(spare_chunks::chunk(words, &self.tracer.queue));
        }
    }

    /// Begins a piece with what is in the chunk, in one with room for so many words.
    #[cold]
    fn begin_piece(&mut self, words: usize) {
        let mut chunk = spare_chunks::chunk(words, &self.tracer.queue);
        self.write_beginning(&mut chunk);
        self.has_begun = true;
        self.move_to(chunk);
    }

    /// Goes on in another chunk, which may have begun.
    fn move_to(&mut self, mut chunk: Chunk) {
        chunk.append(&self.chunk);
        spare_chunks::keep(std::mem::replace(&mut self.chunk, chunk));
    }

    /// Whether the chunk may be too large for a scope that sleeps with nothing.
    #[inline]
    pub(in crate::record) fn has_large_chunk(&self) -> bool {
        self.chunk.words.capacity() > SHORT
    }

    /// Leaves a chunk that is much too large for what is in it to the next scope of this
    /// thread: this one goes to sleep.
    pub(in crate::record) fn leave_large_chunk(&mut self) {
        if self.chunk.allocated() > 128 + 4 * self.chunk.bytes() {
            let words = self.chunk.words.len();
            self.move_to(spare_chunks::small_chunk(words));
        }
    }

    /// Sets the order of what a visit records from now on.
    pub(in crate::record) fn change_order(&mut self, order: u32) {
        if !self.has_begun && !self.chunk.words.is_empty() {
            self.begin_piece(self.chunk.words.len() + Chunk::AROUND_WORDS);
        }
        self.order = order;
    }

    /// Writes how a piece of this scope begins.
    #[inline]
    fn write_beginning(&self, chunk: &mut Chunk) {
        self.head.begin_piece(self.numbers(), chunk);
        if self.is_visit {
            chunk.push_moved(self.span, self.order);
        }
    }

    /// Hands over what is in the chunk, and says that the trace ends, if it does; returns
    /// whether it was taken. So many spans are counted as started here.
    pub(in crate::record) fn push(&mut self, started: u64, ends: bool) -> bool {
        if !self.has_begun {
            let content = Short {
                spans: self.chunk.opened,
                started,
                words: self.chunk.words.len(),
                text_bytes: self.chunk.text.len(),
            };
            if self.push_short(content, ends, |chunk| chunk.append(&self.chunk)) {
                self.chunk.clear();
                if !ends {
                    self.set_known();
                }
                return true;
            }
            self.begin_piece(self.chunk.words.len() + Chunk::AROUND_WORDS);
        }
        if ends {
            self.chunk.end_trace();
        }
        self.has_begun = false;
        let is_taken = self.tracer.queue.push(&mut self.chunk, started);
        if is_taken && !ends {
            self.set_known();
        }
        is_taken
    }

    /// Notes that the worker may know of this part of the trace.
    pub(in crate::record) fn set_known(&mut self) {
        match &self.shared {
            Some(trace) => trace.set_known(),
            None => self.is_known = true,
        }
    }

    /// Hands over a short piece, whose content `write` writes; returns whether it was taken.
    #[inline]
    pub(in crate::record) fn push_short(
        &self,
        content: Short,
        ends: bool,
        write: impl FnOnce(&mut Chunk),
    ) -> bool {
        let short = Short {
            words: Chunk::AROUND_WORDS + content.words,
            text_bytes: self.head.tracestate().len() + content.text_bytes,
            ..content
        };
        self.tracer.queue.push_short(short, |chunk| {
            self.write_beginning(chunk);
            write(chunk);
            if ends {
                chunk.end_trace();
            }
        })
    }
}

/// What the next scope on this thread need not allocate.
pub(in crate::record) struct Spare {
    /// An empty stream.
    stream: Cell<Option<Box<ScopeStream>>>,
    /// A trace that has ended, with its tracer.
    trace: Cell<Option<Arc<LocalTrace>>>,
}

thread_local! {
    static SPARE: Spare = const {
        Spare {
            stream: Cell::new(None),
            trace: Cell::new(None),
        }
    };
}

impl Spare {
    #[inline]
    pub(in crate::record) fn stream(tracer: &Arc<TracerCore>) -> Box<ScopeStream> {
        let spare = SPARE.try_with(|spare| spare.stream.take());
        match spare.ok().flatten() {
            Some(stream) if Arc::ptr_eq(&stream.tracer, tracer) => stream,
            other => Self::new_stream(tracer, other),
        }
    }

    /// A stream for another tracer's scope than the last one was. The other one stays until it
    /// is replaced: with its tracer code of the application may be dropped, for which this is
    /// no moment.
    #[cold]
    fn new_stream(tracer: &Arc<TracerCore>, other: Option<Box<ScopeStream>>) -> Box<ScopeStream> {
        let _kept = SPARE.try_with(|spare| spare.stream.set(other));
        Box::new(ScopeStream {
            tracer: Arc::clone(tracer),
            head: Head::none(),
            shared: None,
            chunk: Chunk::new(),
            baggage: Baggage::default(),
            span: 0,
            since: 0,
            tick: Tick::NONE,
            number: 0,
            uncounted: 0,
            strays: 0,
            is_visit: false,
            order: 0,
            has_begun: false,
            is_base_own: false,
            has_said_end: false,
            needs_home: false,
            is_known: false,
            has_called: false,
            plain: tracer.plain(),
            rare: None,
        })
    }

    pub(in crate::record) fn trace(
        tracer: &Arc<TracerCore>,
        head: Head,
        scope: u32,
    ) -> Arc<LocalTrace> {
        let spare = SPARE.try_with(|spare| spare.trace.take());
        if let Ok(Some(mut trace)) = spare {
            if let Some(ended) = Arc::get_mut(&mut trace)
                && Arc::ptr_eq(&ended.tracer, tracer)
            {
                ended.begin_again(head, scope);
                return trace;
            }
            // Not dropped: as in `new_stream`.
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
        Arc::new(LocalTrace::new(Arc::clone(tracer), head, scope))
    }

    /// Lets go of the last trace, if it is of this tracer.
    #[cold]
    fn forget_tracer(tracer: &Arc<TracerCore>) {
        let trace = SPARE.try_with(|spare| spare.trace.take()).ok().flatten();
        if let Some(trace) = trace.filter(|trace| !Arc::ptr_eq(&trace.tracer, tracer)) {
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
    }

    /// Keeps a stream, and the trace if it has ended. At the end of a thread they go
    /// back to the allocator.
    #[inline]
    pub(in crate::record) fn keep(mut stream: Box<ScopeStream>, trace: Option<Arc<LocalTrace>>) {
        if cfg!(loom) {
            // Loom's threads share one, and nothing may outlive a model.
            return;
        }
        spare_chunks::exchange_for_short(&mut stream.chunk);
        let tracer = Arc::as_ptr(&stream.tracer);
        let other = SPARE.try_with(|spare| {
            let other = spare.stream.replace(Some(stream));
            if trace.is_some() {
                drop(spare.trace.replace(trace));
            }
            other
        });
        if let Ok(Some(other)) = other
            && !std::ptr::eq(Arc::as_ptr(&other.tracer), tracer)
        {
            Self::forget_tracer(&other.tracer);
        }
    }
}
