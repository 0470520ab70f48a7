//! The stream of a scope: its fields, and what follows from them.
//!
//! How it is written is in `pieces.rs`, when it is handed over in the files of
//! [`Recording`](super::Recording). It holds the facts of a trace itself as long as
//! nothing else is of the trace, which is so for most.

use std::sync::Arc;

use super::parents::Parents;
use super::spare_chunks::SHORT;
use crate::delivery::Tick;
use crate::process::clock::Counter;
use crate::record::trace::{Head, Home, LocalTrace, TracerCore};
use crate::stream::Chunk;
use crate::stream::decode::Part;
use crate::value::Baggage;

/// What a scope has recorded and not handed over, and what is known of it. Reused
/// by the next scope of the thread.
#[derive(Debug)]
pub(super) struct ScopeStream {
    /// IfRecording from one scope to the next, as mostly that is of the same tracer: threads that
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
    /// Whether the queue has taken a piece of the scope, of which nothing else is of the
    /// trace; else that is noted there.
    pub(super) is_known: bool,
    /// Whether the trace's context was asked for in this scope.
    pub(super) has_called: bool,
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
        // Of a trace that nothing else is of, nobody else can end a span.
        let shared = self.shared.as_ref();
        shared.map_or(strays == 0, |trace| trace.ends_with(strays))
    }

    /// Says that nothing remains of the trace, where no piece could say so.
    #[cold]
    pub(super) fn report_end(&self) {
        if let Some(trace) = &self.shared {
            return trace.report_end();
        }
        self.tracer.queue.end_part(self.part(), self.is_known);
    }

    /// The part of the trace of which this is.
    pub(super) fn part(&self) -> Part {
        let [_, number] = self.numbers();
        let trace = self.head.trace_id();
        Part { trace, number }
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

    /// Notes that the worker may know of this part of the trace.
    pub(super) fn set_known(&mut self) {
        match &self.shared {
            Some(trace) => trace.set_known(),
            None => self.is_known = true,
        }
    }

    /// Whether the chunk may be too large for a scope that sleeps with nothing.
    #[inline]
    pub(super) fn has_large_chunk(&self) -> bool {
        self.chunk.words.capacity() > SHORT
    }
}
