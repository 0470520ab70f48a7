//! The stream of a scope: its fields, and simple functions of them.
//!
//! `pieces.rs` writes it, and the files of [`Recording`](super::Recording) decide when it is
//! handed over. It holds the facts of the trace itself until the trace is shared. Most traces
//! are never shared.

use std::sync::Arc;

use super::parents::Parents;
use super::spare_chunks::SHORT;
use crate::delivery::Tick;
use crate::process::clock::Counter;
use crate::record::trace::{Head, Home, LocalTrace, TracerCore};
use crate::stream::Chunk;
use crate::stream::decode::Part;
use crate::value::Baggage;

/// The entries that a scope has recorded and not handed over, and the scope's state.
/// `Recording::end` resets it, and the next scope of the thread reuses it.
#[derive(Debug)]
pub(super) struct ScopeStream {
    /// Kept from one scope to the next, which usually has the same tracer, because threads
    /// contend for its reference count.
    pub(super) tracer: Arc<TracerCore>,
    pub(super) head: Head,
    /// The trace, once it is shared.
    pub(super) shared: Option<Arc<LocalTrace>>,
    /// The recorded entries. A short piece gets its beginning when it is handed over.
    pub(super) chunk: Chunk,
    /// The trace's baggage, with the changes of this scope.
    pub(super) baggage: Baggage,
    /// The span that is current when the scope's code continues at each poll.
    pub(super) span: u64,
    /// `since` is a reading of the counter at the end of the first poll that kept entries
    /// after the last hand-over, or zero. `tick` is the tick at which the scope last checked
    /// the time.
    pub(super) since: u64,
    pub(super) tick: Tick,
    /// The number of the scope.
    pub(super) number: u32,
    /// The number of spans that are not yet counted as started.
    pub(super) uncounted: u32,
    /// The number of spans opened in this scope, minus the number of spans that ended in it.
    /// Negative if spans of other scopes ended here.
    pub(super) strays: i64,
    /// Whether this is a visit of [`span`](Self::span), and its order.
    pub(super) is_visit: bool,
    pub(super) order: u32,
    /// Whether the chunk contains the beginning of a piece. A short piece gets its beginning
    /// when it is handed over.
    pub(super) has_begun: bool,
    /// Whether the scope may write to [`span`](Self::span). If not, `span` was current where
    /// the scope began.
    pub(super) is_base_own: bool,
    /// Whether the last piece was handed over with the last poll and reported the end of the
    /// trace.
    pub(super) has_said_end: bool,
    /// Whether the scope has handed over while its spans were open. If such a span moves, it
    /// needs a home, which exists once the trace is shared.
    pub(super) needs_home: bool,
    /// Whether the queue has taken a piece of the scope. Used until the trace is shared; after
    /// that, the trace has this flag.
    pub(super) is_known: bool,
    /// Whether this scope has noted a call to another service.
    pub(super) has_called: bool,
    /// See [`TracerCore::plain`].
    pub(super) plain: Option<Counter>,
    /// State that few scopes have.
    pub(super) rare: Option<Box<Rare>>,
}

/// State of scopes that continue after a hand-over, which are few.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Set if spans were open at the hand-over and the trace is shared. Then another thread
    /// may end these spans.
    pub(super) home: Option<Arc<Home>>,
    /// The parents of these spans, if a hand-over was requested. The parents of later spans
    /// are in the chunk.
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

    /// Whether nothing remains of the trace if this scope ends with this many strays.
    #[inline]
    pub(super) fn ends_with(&self, strays: i64) -> bool {
        // If the trace is not shared, only this scope can end its spans. Then only the scope's
        // own strays count.
        let shared = self.shared.as_ref();
        shared.map_or(strays == 0, |trace| trace.ends_with(strays))
    }

    /// Reports that nothing remains of the trace, if no piece could report it.
    #[cold]
    pub(super) fn report_end(&self) {
        if let Some(trace) = &self.shared {
            return trace.report_end();
        }
        self.tracer.queue.end_part(self.part(), self.is_known);
    }

    /// Returns the part of the trace to which this scope belongs.
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

    /// Returns the numbers of the scope and of its part of the trace. The number of a part is
    /// that of its first scope.
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
