//! How spans end that have moved away from their scope.
//!
//! What a scope has recorded of a span and not handed over must be read before the span's
//! end. So whoever ends a span elsewhere leaves the end with the scope that opened it,
//! the span's *home*, and the home writes it with what it hands over next. There is one
//! exception: where the home keeps nothing, the end is written elsewhere at once, as the
//! home may sleep for days.
//!
//! This file owns the agreement between the home and the threads that end its spans. It
//! writes no entry: the home's recording does (`recording/span_ends.rs`). Loom models it
//! in `loom_models.rs`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::span_end::SpanEnd;
use crate::process::sync::{AtomicU64, Mutex, MutexGuard, Unpoisoned};

/// A scope that has handed over while spans of it were open, and goes on.
///
/// Other scopes need none: as long as the opening of a span waits in its scope, the
/// reader waits for that, and what a scope says last is handed over when it ends.
#[derive(Debug)]
pub(in crate::record) struct Home {
    scope: u32,
    /// [`BUSY`] and [`ENDS`]: one word, so that of the two who each set one of them and
    /// look at the other, one at least sees what the other did.
    state: AtomicU64,
    ends: Mutex<Ends>,
}

/// Set while the scope's code may run, and while something that it recorded waits in it.
/// Cleared when everything was handed over at the end of a poll.
const BUSY: u64 = 1;
/// Set while there are ends.
const ENDS: u64 = 2;

#[derive(Debug, Default)]
struct Ends {
    waiting: Vec<SpanEnd>,
    /// Whether the scope has ended.
    is_closed: bool,
}

impl Home {
    /// The home of spans of a scope whose code runs.
    pub(in crate::record) fn new(scope: u32) -> Arc<Self> {
        Arc::new(Self {
            scope,
            state: AtomicU64::new(BUSY),
            ends: Mutex::new(Ends::default()),
        })
    }

    pub(in crate::record) fn is_home_of(&self, scope: u32) -> bool {
        self.scope == scope
    }

    /// The ends that wait. Each change of `ENDS` but one is made while this is locked.
    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unpoisoned()
    }

    /// Leaves an end with the scope; gives it back if the scope has ended, or everything
    /// of it was handed over.
    pub(in crate::record) fn leave_end(&self, end: SpanEnd) -> Result<(), SpanEnd> {
        let mut ends = self.ends();
        if ends.is_closed {
            return Err(end);
        }
        ends.waiting.push(end);
        // Acquire. The partner is the release in `set_resting`: if the home rests,
        // everything that it recorded is in the queue, and the end may be written
        // elsewhere. Release: a home that sees `ENDS` also sees the end, though the lock
        // alone would order that.
        if self.state.fetch_or(ENDS, Ordering::AcqRel) & BUSY != 0 {
            return Ok(());
        }
        ends.waiting.pop();
        if ends.waiting.is_empty() {
            // Relaxed: the flag is set and cleared under the lock of `ends`, which orders
            // both. It is an own bit, so `BUSY` is not touched.
            self.state.fetch_and(!ENDS, Ordering::Relaxed);
        }
        Err(end)
    }

    /// Says that the scope's code runs.
    pub(in crate::record) fn set_busy(&self) {
        // Relaxed, the load and both writes below. The partner is the `fetch_or` in
        // `leave_end`. Whoever ends a span after what its home says from now on has heard
        // of that in some way that synchronizes, and this flag comes before it.
        match self.state.load(Ordering::Relaxed) {
            // Relaxed, as above. A plain store may overwrite an `ENDS` that is set at the
            // same moment. That is harmless: who set it has seen that the home rests,
            // takes the end back and clears the flag.
            0 => self.state.store(BUSY, Ordering::Relaxed),
            state if state & BUSY == 0 => {
                // Relaxed, as above. It keeps an `ENDS` that was seen.
                self.state.fetch_or(BUSY, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// Whether it is said already that the scope's code runs, or that something waits.
    #[inline]
    pub(in crate::record) fn is_busy(&self) -> bool {
        // Relaxed: only the home's own thread clears `BUSY`, and it is the one that asks.
        self.state.load(Ordering::Relaxed) & BUSY != 0
    }

    /// Says that everything was handed over at the end of a poll; returns whether there
    /// are ends to be written now.
    pub(in crate::record) fn set_resting(&self) -> bool {
        // Release. The partner is the acquire in `leave_end`: the queue has everything of
        // the home before anybody sees that it rests. Acquire: the home sees the ends
        // that were left before.
        self.state.fetch_and(!BUSY, Ordering::AcqRel) & ENDS != 0
    }

    /// Whether there are ends, as far as is known.
    pub(in crate::record) fn has_ends(&self) -> bool {
        // Relaxed. A flag that is seen late is seen by `set_resting`, the partner, which
        // acquires. Whoever takes the ends locks them.
        self.state.load(Ordering::Relaxed) & ENDS != 0
    }

    /// Takes the ends that were left.
    pub(in crate::record) fn take_ends(&self) -> Vec<SpanEnd> {
        self.take_ends_from(&mut self.ends())
    }

    /// Takes the ends out of the locked list, and says that there are none.
    fn take_ends_from(&self, ends: &mut Ends) -> Vec<SpanEnd> {
        // Relaxed: under the lock of `ends`, as all that changes this flag but
        // `set_busy`.
        self.state.fetch_and(!ENDS, Ordering::Relaxed);
        std::mem::take(&mut ends.waiting)
    }

    /// The same, when everything else was handed over and the scope ends: it takes no
    /// more.
    pub(in crate::record) fn close_and_take_ends(&self) -> Vec<SpanEnd> {
        let mut ends = self.ends();
        ends.is_closed = true;
        self.take_ends_from(&mut ends)
    }
}
