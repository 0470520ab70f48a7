//! The stream of a scope: its fields, and what follows from them.
//!
//! `pieces.rs` says how it is written, and the files of [`Recording`](super::Recording) say
//! when it is handed over. It holds the facts of the trace itself as long as nothing else
//! belongs to the trace, which is so for most.

use std::sync::Arc;

use super::parents::Parents;
use super::spare_chunks::SHORT;
use crate::delivery::Tick;
use crate::process::clock::Counter;
use crate::record::trace::{Head, Home, LocalTrace, TracerCore};
use crate::stream::Chunk;
use crate::stream::decode::Part;
use crate::value::Baggage;

/// What a scope has recorded and not handed over, and what is known of it. The next scope of
/// the thread uses it again: `Recording::end` resets it.
#[derive(Debug)]
pub(super) struct ScopeStream {
    /// Kept from one scope to the next, as mostly the next is of the same tracer: threads
    /// that count its references wait for each other.
    pub(super) tracer: Arc<TracerCore>,
    pub(super) head: Head,
    /// The trace, once anything but this scope belongs to it.
    pub(super) shared: Option<Arc<LocalTrace>>,
    /// What was recorded. A short piece begins where it is handed over.
    pub(super) chunk: Chunk,
    /// The trace's baggage, with the changes of this scope.
    pub(super) baggage: Baggage,
    /// The span that is current when the scope's code continues at each poll.
    pub(super) span: u64,
    /// A reading of the counter at the end of the first poll that kept something since the
    /// last hand-over, or zero; and the tick at which the scope last looked at the time.
    pub(super) since: u64,
    pub(super) tick: Tick,
    /// The number of the scope.
    pub(super) number: u32,
    /// Spans that are not yet counted as started.
    pub(super) uncounted: u32,
    /// Spans that were opened in this scope, less those that ended in it. Negative if spans
    /// of other scopes ended here.
    pub(super) strays: i64,
    /// Whether this is a visit of [`span`](Self::span), and its order.
    pub(super) is_visit: bool,
    pub(super) order: u32,
    /// Whether the content of the chunk has the beginning of a piece. A short one has none
    /// until it is handed over.
    pub(super) has_begun: bool,
    /// Whether the scope may write to [`span`](Self::span). If not, that is the span that was
    /// current where the scope began.
    pub(super) is_base_own: bool,
    /// Whether the last piece was handed over with the last poll, and said that the trace
    /// ends.
    pub(super) has_said_end: bool,
    /// Whether the scope has handed over while spans of it were open. Spans that move then
    /// need its home; there is one once the trace is shared.
    pub(super) needs_home: bool,
    /// Whether the queue has taken a piece of the scope, as long as nothing else belongs to
    /// the trace. Later the trace notes that.
    pub(super) is_known: bool,
    /// Whether the trace's context was asked for in this scope.
    pub(super) has_called: bool,
    /// See [`TracerCore::plain`].
    pub(super) plain: Option<Counter>,
    /// What few scopes have.
    pub(super) rare: Option<Box<Rare>>,
}

/// What few scopes have: those that continue after they have handed something over.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Set if spans were open then and something else belongs to the trace: another thread
    /// may end these spans.
    pub(super) home: Option<Arc<Home>>,
    /// The parents of these spans, if a hand-over was asked for. Those of later spans are in
    /// the chunk.
    pub(super) parents: Option<Parents>,
}

impl Rare {
    /// Gives the scope a home, with which other threads can leave the ends of its spans.
    #[cold]
    pub(super) fn add_home(rare: &mut Option<Box<Self>>, trace: &LocalTrace, scope: u32) {
        rare.get_or_insert_default().home = Some(trace.add_home(scope));
    }
}

impl ScopeStream {
    #[inline]
    pub(super) fn home(&self) -> Option<&Arc<Home>> {
        self.rare.as_ref()?.home.as_ref()
    }

    /// Whether nothing remains of the trace if this scope ends with so many strays.
    #[inline]
    pub(super) fn ends_with(&self, strays: i64) -> bool {
        // If nothing else belongs to the trace, nobody else can end a span of it: then only
        // the scope's own strays count.
        let shared = self.shared.as_ref();
        shared.map_or(strays == 0, |trace| trace.ends_with(strays))
    }

    /// Reports that nothing remains of the trace, where no piece could say so.
    #[cold]
    pub(super) fn report_end(&self) {
        if let Some(trace) = &self.shared {
            return trace.report_end();
        }
        self.tracer.queue.end_part(self.part(), self.is_known);
    }

    /// The part of the trace to which this scope belongs.
    pub(super) fn part(&self) -> Part {
        let [_, number] = self.numbers();
        let trace = self.head.trace_id();
        Part { trace, number }
    }

    /// Notes that something was handed over while spans were open.
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

    /// Notes that the worker may know of this part of the trace.
    pub(super) fn set_known(&mut self) {
        match &self.shared {
            Some(trace) => trace.set_known(),
            None => self.is_known = true,
        }
    }

    /// Whether the chunk may be too large for a scope that sleeps and keeps nothing.
    #[inline]
    pub(super) fn has_large_chunk(&self) -> bool {
        self.chunk.words.capacity() > SHORT
    }
}
