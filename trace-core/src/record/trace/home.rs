//! Lets other threads end spans that have moved out of their scope.
//!
//! Entries of a span that its scope has not handed over must be read before the span's end. So
//! a thread that ends the span elsewhere leaves the end with the scope that opened it, the
//! span's *home*. The home writes the end with its next hand-over. There is one exception: if
//! the home keeps nothing, the end is written elsewhere at once, because the home may sleep
//! for days.
//!
//! This file implements the protocol between the home and the threads that end its spans. The
//! home's recording writes the entries (`recording/span_ends.rs`). `loom_models.rs` has loom
//! models of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::span_end::SpanEnd;
use crate::process::sync::{AtomicU64, Mutex, MutexGuard, Unpoisoned};

/// The home of spans: a scope that handed over while its spans were open, and continues.
///
/// Other scopes need no home. While the opening of a span waits in its scope, the reader waits
/// for it. The last entries of a scope are handed over when it ends.
#[derive(Debug)]
pub(in crate::record) struct Home {
    scope: u32,
    /// [`BUSY`] and [`ENDS`]. They share one word because each side changes one flag and reads
    /// the other. With one word, at least one side sees the other's change.
    state: AtomicU64,
    /// Locked briefly. No other lock is taken meanwhile.
    ends: Mutex<Ends>,
}

/// Set while the scope's code may run, and while the scope keeps entries. Cleared when all
/// entries were handed over at the end of a poll.
const BUSY: u64 = 1;
/// Set while ends wait here, and for a moment while one is taken back.
const ENDS: u64 = 2;

/// The ends that wait for the home.
#[derive(Debug, Default)]
struct Ends {
    waiting: Vec<SpanEnd>,
    /// Whether the scope has ended. Then it takes no more ends.
    is_closed: bool,
}

impl Home {
    /// Makes the home of a scope whose code runs.
    pub(in crate::record) fn new(scope: u32) -> Arc<Self> {
        Arc::new(Self {
            scope,
            state: AtomicU64::new(BUSY),
            ends: Mutex::new(Ends::default()),
        })
    }

    /// Whether this is the home of spans of a scope.
    pub(in crate::record) fn is_home_of(&self, scope: u32) -> bool {
        self.scope == scope
    }

    /// Locks the waiting ends. `ENDS` is changed only under this lock, except by the plain
    /// store in `set_busy`.
    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unpoisoned()
    }

    /// Leaves an end with the scope.
    ///
    /// # Errors
    ///
    /// If the scope has ended, or has handed over everything. Returns the end, which the
    /// caller writes elsewhere.
    pub(in crate::record) fn leave_end(&self, end: SpanEnd) -> Result<(), SpanEnd> {
        let mut ends = self.ends();
        if ends.is_closed {
            return Err(end);
        }
        ends.waiting.push(end);
        // Acquire: the partner is the release in `set_resting`. If the home rests, everything
        // that it recorded is in the queue, and the end may be written elsewhere. Release: the
        // partner is the acquire there. A home that sees `ENDS` also sees the end; the lock
        // alone would order that, too.
        if self.state.fetch_or(ENDS, Ordering::AcqRel) & BUSY != 0 {
            return Ok(());
        }
        // The home rests, so it would not write this end. It is still the last in the list,
        // because the list is locked.
        ends.waiting.pop();
        if ends.waiting.is_empty() {
            // Relaxed: the partner is any other change of `ENDS`, which the lock of `ends`
            // orders. Only this bit changes, so a `BUSY` set meanwhile stays.
            self.state.fetch_and(!ENDS, Ordering::Relaxed);
        }
        Err(end)
    }

    /// Notes that the scope's code runs. Called by the home's thread, before the code runs.
    pub(in crate::record) fn set_busy(&self) {
        // Relaxed, the load and both writes below. The partner is the `fetch_or` in
        // `leave_end`. Suppose a thread must end a span after an entry that the home writes
        // from now on. Then it has synchronized with the home after that entry, and so sees
        // this flag.
        match self.state.load(Ordering::Relaxed) {
            // Relaxed, as above. A plain store may overwrite an `ENDS` that is set at the
            // same moment. That is harmless: the thread that set it has seen that the home
            // rests, so it takes the end back and clears the flag.
            0 => self.state.store(BUSY, Ordering::Relaxed),
            state if state & BUSY == 0 => {
                // Relaxed, as above. Here `ENDS` was seen, and this keeps it.
                self.state.fetch_or(BUSY, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// Whether `BUSY` is set. Called by the home's thread only.
    #[inline]
    pub(in crate::record) fn is_busy(&self) -> bool {
        // Relaxed: it has no partner. Only the home changes and reads `BUSY` here, on one
        // thread at a time.
        self.state.load(Ordering::Relaxed) & BUSY != 0
    }

    /// Notes that all entries were handed over at the end of a poll. Returns whether there are
    /// ends that the home must write now.
    pub(in crate::record) fn set_resting(&self) -> bool {
        // Release: the partner is the acquire in `leave_end`. The queue has all entries of the
        // home before a thread sees that it rests. Acquire: the partner is the release there.
        // The home sees the ends that were left before.
        self.state.fetch_and(!BUSY, Ordering::AcqRel) & ENDS != 0
    }

    /// Whether there are ends. May miss one that is left at this moment.
    pub(in crate::record) fn has_ends(&self) -> bool {
        // Relaxed. The partner is the `fetch_or` in `leave_end`. A flag that is missed here is
        // seen later by `set_resting`, which acquires. The ends are taken under their lock.
        self.state.load(Ordering::Relaxed) & ENDS != 0
    }

    /// Takes the ends that were left. The home writes them.
    pub(in crate::record) fn take_ends(&self) -> Vec<SpanEnd> {
        self.take_ends_from(&mut self.ends())
    }

    /// Takes the ends out of the locked list, and clears `ENDS`.
    fn take_ends_from(&self, ends: &mut Ends) -> Vec<SpanEnd> {
        // Relaxed: the partner is any other change of `ENDS`, which the lock of `ends` orders.
        // `set_busy` does not interfere: the home's thread calls both.
        self.state.fetch_and(!ENDS, Ordering::Relaxed);
        std::mem::take(&mut ends.waiting)
    }

    /// Takes the ends that were left, when the scope ends and has handed over everything else.
    /// After this no end can be left.
    pub(in crate::record) fn close_and_take_ends(&self) -> Vec<SpanEnd> {
        let mut ends = self.ends();
        ends.is_closed = true;
        self.take_ends_from(&mut ends)
    }
}
