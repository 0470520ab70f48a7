//! The stream of a scope, and what of it the next scope of the thread uses again.

use std::cell::Cell;
use std::sync::Arc;

use super::head::Head;
use super::home::Home;
use super::local_trace::LocalTrace;
use super::parents::Parents;
use super::tracer_core::TracerCore;
use crate::baggage::Baggage;
use crate::clock::Counter;
use crate::delivery::{EndedPart, Short, Tick};
use crate::stream::Chunk;

/// Bytes of a chunk that a scope keeps however little is in it.
pub(super) const SMALL: usize = 512;

/// What a scope has recorded and not handed over, and what is known of it. Reused
/// by the next scope of the thread.
#[derive(Debug)]
pub(super) struct ScopeStream {
    /// Kept from one scope to the next, as mostly that is of the same tracer: threads that
    /// count its references wait for each other.
    pub(super) tracer: Arc<TracerCore>,
    pub(super) head: Head,
    /// The trace, once anything but this scope is of it.
    pub(super) shared: Option<Arc<LocalTrace>>,
    /// What was recorded. A short piece begins where it is handed over.
    pub(super) chunk: Chunk,
    /// The trace's baggage, with the changes of this scope.
    pub(super) baggage: Baggage,
    /// The span with which the scope's code goes on at each poll.
    pub(super) span: u64,
    /// A reading of the counter when the first poll that recorded something ended after the
    /// last hand-over, and the tick when the scope last looked at the time.
    pub(super) since: u64,
    pub(super) tick: Tick,
    /// The number of the scope.
    pub(super) number: u32,
    /// Spans that are not yet counted as started.
    pub(super) uncounted: u32,
    /// Spans that were opened in this scope less those that ended in it.
    pub(super) strays: i64,
    /// Whether this is a visit of [`span`](Self::span), and its order.
    pub(super) is_visit: bool,
    pub(super) order: u32,
    /// Whether what is in the chunk begins as a piece does.
    pub(super) has_begun: bool,
    /// Whether [`span`](Self::span) is the scope's to write to; else it is the one that was
    /// current where the scope began.
    pub(super) is_base_own: bool,
    /// Whether the scope's last piece was handed over, and says that the trace ends.
    pub(super) has_said_end: bool,
    /// Whether the scope has handed over while spans of it were open.
    pub(super) needs_home: bool,
    /// See [`TracerCore::plain`].
    pub(super) plain: Option<Counter>,
    /// What few scopes have.
    pub(super) rare: Option<Box<Rare>>,
}

/// What few scopes have, as they go on after they have handed something over.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Set if spans were open then, and anything else is of the trace, and may have them.
    pub(super) home: Option<Arc<Home>>,
    /// The parents of these spans, if somebody asked for a hand-over; those of later spans
    /// are in the chunk.
    pub(super) parents: Option<Parents>,
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
    pub(super) fn home(&self) -> Option<&Arc<Home>> {
        self.rare.as_ref()?.home.as_ref()
    }

    /// The trace, for something that is of it besides this scope.
    #[inline]
    pub(super) fn share(&mut self) -> &Arc<LocalTrace> {
        let Self {
            tracer,
            head,
            shared,
            number,
            needs_home,
            rare,
            ..
        } = self;
        // Only the first scope of a trace is ever alone.
        shared.get_or_insert_with(|| {
            let trace = Spare::trace(tracer, head.clone(), *number);
            if *needs_home {
                Rare::add_home(rare, &trace, *number);
            }
            trace
        })
    }

    /// Whether nothing remains of the trace if this scope ends with so many strays.
    #[inline]
    pub(super) fn ends_with(&self, strays: i64) -> bool {
        // Of a trace that nothing else is of, nobody else can end a span.
        let shared = self.shared.as_ref();
        shared.map_or(strays == 0, |trace| trace.ends_with(strays))
    }

    /// Says that nothing remains of the trace, where no piece could say so.
    #[cold]
    pub(super) fn complete(&self) {
        let [_, part] = self.numbers();
        let trace = self.head.trace_id();
        self.tracer.queue.complete(EndedPart { trace, part });
    }

    /// Says that something was handed over while spans were open.
    #[cold]
    pub(super) fn set_needs_home(&mut self) {
        self.needs_home = true;
        if let Some(trace) = &self.shared {
            Rare::add_home(&mut self.rare, trace, self.number);
        }
    }

    /// The numbers of the scope and of its part of the trace, which is that of the first
    /// scope of the part.
    #[inline]
    pub(super) fn numbers(&self) -> [u32; 2] {
        let shared = self.shared.as_ref();
        [
            self.number,
            shared.map_or(self.number, |trace| trace.part()),
        ]
    }

    /// Makes room for some words more. A piece that is not short begins in the chunk: in a
    /// large one, if the thread has one.
    #[inline]
    pub(super) fn make_room(&mut self, words: usize) {
        let needed = self.chunk.words.len() + words;
        if needed <= SMALL / size_of::<u64>() {
            if needed > self.chunk.words.capacity() {
                self.chunk.words.reserve(words);
            }
            return;
        }
        if needed > self.chunk.words.capacity() {
            self.take_large_chunk();
        }
        if !self.has_begun {
            self.begin_piece();
        }
    }

    /// Begins a piece in the chunk.
    #[cold]
    fn begin_piece(&mut self) {
        let mut begun = Chunk::new();
        self.write_beginning(&mut begun);
        self.chunk.prepend(&begun);
        self.has_begun = true;
    }

    /// Sets the order of what a visit records from now on.
    pub(super) fn change_order(&mut self, order: u32) {
        if !self.has_begun && !self.chunk.words.is_empty() {
            self.begin_piece();
        }
        self.order = order;
    }

    /// Writes how a piece of this scope begins.
    #[inline]
    pub(super) fn write_beginning(&self, chunk: &mut Chunk) {
        self.head.begin_piece(self.numbers(), chunk);
        if self.is_visit {
            chunk.push_moved(self.span, self.order);
        }
    }

    /// Hands over what is in the chunk, and says that the trace ends, if it does; returns
    /// whether it was taken. So many spans are counted as started here.
    pub(super) fn push(&mut self, started: u64, ends: bool) -> bool {
        if !self.has_begun {
            if self.push_short(started, ends) {
                self.chunk.clear();
                return true;
            }
            self.begin_piece();
        }
        if ends {
            self.chunk.end_trace();
        }
        self.has_begun = false;
        self.tracer.queue.push(&mut self.chunk, started)
    }

    fn push_short(&self, started: u64, ends: bool) -> bool {
        let short = Short {
            spans: self.chunk.opened,
            started,
            words: Chunk::AROUND_WORDS + self.chunk.words.len(),
            text_bytes: self.head.tracestate().len() + self.chunk.text.len(),
        };
        self.tracer.queue.push_short(short, |chunk| {
            self.write_beginning(chunk);
            chunk.append(&self.chunk);
            if ends {
                chunk.end_trace();
            }
        })
    }

    #[cold]
    fn take_large_chunk(&mut self) {
        // One that another tracer's scope has left may be too large for a small queue.
        let large = Spare::take_chunk();
        if let Some(mut large) = large.filter(|large| self.tracer.queue.takes(large)) {
            large.append(&self.chunk);
            self.chunk = large;
        }
    }
}

/// What the next scope on this thread need not allocate.
pub(super) struct Spare {
    /// An empty stream.
    stream: Cell<Option<Box<ScopeStream>>>,
    /// A large chunk: a scope has one as long as it has much in it.
    chunk: Cell<Option<Chunk>>,
    /// A trace that has ended, with its tracer.
    trace: Cell<Option<Arc<LocalTrace>>>,
}

thread_local! {
    static SPARE: Spare = const {
        Spare {
            stream: Cell::new(None),
            chunk: Cell::new(None),
            trace: Cell::new(None),
        }
    };
}

impl Spare {
    #[inline]
    pub(super) fn stream(tracer: &Arc<TracerCore>) -> Box<ScopeStream> {
        let spare = SPARE.try_with(|spare| spare.stream.take());
        match spare.ok().flatten() {
            Some(mut stream) => {
                if !Arc::ptr_eq(&stream.tracer, tracer) {
                    Self::change_tracer(&mut stream, tracer);
                }
                stream
            }
            None => Self::new_stream(tracer),
        }
    }

    /// Has the thread keep the core of another tracer.
    #[cold]
    fn change_tracer(stream: &mut ScopeStream, tracer: &Arc<TracerCore>) {
        stream.tracer = Arc::clone(tracer);
        stream.plain = tracer.plain();
        let _dropped = SPARE.try_with(|spare| drop(spare.trace.take()));
    }

    #[cold]
    fn new_stream(tracer: &Arc<TracerCore>) -> Box<ScopeStream> {
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
            plain: tracer.plain(),
            rare: None,
        })
    }

    pub(super) fn trace(tracer: &Arc<TracerCore>, head: Head, scope: u32) -> Arc<LocalTrace> {
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

    /// Keeps a large chunk, which a scope does not need that sleeps with little in it.
    pub(super) fn keep_chunk(mut chunk: Chunk) {
        if cfg!(loom) {
            return;
        }
        chunk.clear();
        let _kept = SPARE.try_with(|spare| spare.keep_larger(chunk));
    }

    fn keep_larger(&self, chunk: Chunk) {
        let kept = self.chunk.take();
        let larger = kept.filter(|kept| kept.allocated() >= chunk.allocated());
        self.chunk.set(Some(larger.unwrap_or(chunk)));
    }

    fn take_chunk() -> Option<Chunk> {
        SPARE.try_with(|spare| spare.chunk.take()).ok().flatten()
    }

    /// Keeps a stream, and the trace if it has ended. At the end of a thread they go
    /// back to the allocator.
    #[inline]
    pub(super) fn keep(mut stream: Box<ScopeStream>, trace: Option<Arc<LocalTrace>>) {
        if cfg!(loom) {
            // Loom's threads share one, and nothing may outlive a model.
            return;
        }
        let _kept = SPARE.try_with(|spare| {
            if stream.chunk.allocated() > SMALL {
                spare.keep_larger(std::mem::take(&mut stream.chunk));
            }
            spare.stream.set(Some(stream));
            if trace.is_some() {
                spare.trace.set(trace);
            }
        });
    }
}
