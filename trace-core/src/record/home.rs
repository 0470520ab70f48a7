//! How spans that moved away from their scope end.
//!
//! What a scope has recorded of a span and not handed over must be read before the
//! span's end. So who ends a span elsewhere leaves the end with its scope, the span's
//! *home*, which writes it when it hands over. Only where the home keeps nothing that
//! somebody might wait for, it is written elsewhere at once: the home might sleep for
//! days.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::span_record::Outcome;
use crate::sync::{AtomicBool, Mutex, MutexGuard};
use crate::timestamp::Timestamp;

/// How and when a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanEnd {
    pub(super) span: u64,
    pub(super) outcome: Outcome,
    /// A reading of the tracer's clock.
    pub(super) time: u64,
    /// Another time, if somebody said one.
    pub(super) ended_at: Option<Timestamp>,
}

/// A scope that has handed over while spans of it were open, and goes on.
///
/// Other scopes need none: as long as the opening of a span waits in its scope, the
/// reader waits for that, and what a scope says last is handed over when it ends.
#[derive(Debug)]
pub(super) struct Home {
    scope: u32,
    /// Set while the scope's code may run, and while something that it recorded waits in
    /// it. Cleared when everything was handed over at the end of a poll.
    is_busy: AtomicBool,
    /// Set while there are ends.
    has_ends: AtomicBool,
    ends: Mutex<Ends>,
}

#[derive(Debug, Default)]
struct Ends {
    waiting: Vec<SpanEnd>,
    /// Whether the scope has ended.
    is_closed: bool,
}

impl Home {
    /// The home of spans of a scope whose code runs.
    pub(super) fn new(scope: u32) -> Arc<Self> {
        Arc::new(Self {
            scope,
            is_busy: AtomicBool::new(true),
            has_ends: AtomicBool::new(false),
            ends: Mutex::new(Ends::default()),
        })
    }

    pub(super) fn is_of(&self, scope: u32) -> bool {
        self.scope == scope
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves an end with the scope; gives it back if the scope has ended, or everything
    /// of it was handed over.
    pub(super) fn leave(&self, end: SpanEnd) -> Result<(), SpanEnd> {
        let mut ends = self.ends();
        if ends.is_closed {
            return Err(end);
        }
        ends.waiting.push(end);
        // Sequentially consistent, as in `rest`: of the two that write one flag and read
        // the other's, one at least sees what the other wrote.
        self.has_ends.store(true, Ordering::SeqCst);
        if self.is_busy.load(Ordering::SeqCst) {
            return Ok(());
        }
        ends.waiting.pop();
        self.has_ends
            .store(!ends.waiting.is_empty(), Ordering::SeqCst);
        Err(end)
    }

    /// Says that the scope's code runs.
    pub(super) fn begin_poll(&self) {
        // Relaxed: whoever ends a span after what the scope says of it from now on has
        // heard of that in some way, which orders this, too.
        self.is_busy.store(true, Ordering::Relaxed);
    }

    /// Says that everything was handed over at the end of a poll; returns whether there
    /// are ends to be written now.
    pub(super) fn rest(&self) -> bool {
        self.is_busy.store(false, Ordering::SeqCst);
        self.has_ends.load(Ordering::SeqCst)
    }

    /// Whether there are ends, as far as is known.
    pub(super) fn has_ends(&self) -> bool {
        self.has_ends.load(Ordering::Relaxed)
    }

    /// Takes the ends that were left.
    pub(super) fn take(&self) -> Vec<SpanEnd> {
        let mut ends = self.ends();
        self.has_ends.store(false, Ordering::SeqCst);
        std::mem::take(&mut ends.waiting)
    }

    /// The same, when the scope ends: it takes no more.
    pub(super) fn close(&self) -> Vec<SpanEnd> {
        self.ends().is_closed = true;
        self.take()
    }
}
