//! Counts the threads in a shared span, and decides which of them ends it.
//!
//! This file has one atomic word, and the end that waits. It does not know scopes and writes
//! no entries. It only decides which thread has to write. `loom_models.rs` has loom models of
//! it.
//!
//! The word contains both facts that must change together: whether the span has ended, and how
//! many threads are in it. So if one thread ends the span and another enters it, exactly one
//! of them comes first.

use std::sync::atomic::Ordering;

use crate::process::sync::{AtomicU64, Mutex, Unpoisoned};
use crate::record::trace::SpanEnd;

/// Counts the visits of a span, and keeps its end while there are visits. Entries of a visit
/// have to be read before the end, so the last visitor writes it.
#[derive(Debug)]
pub(in crate::record) struct Visits {
    word: AtomicU64,
    /// An end that waits for the last visit. The lock is held briefly, and never together with
    /// another one.
    waiting: Mutex<Option<Box<SpanEnd>>>,
}

/// Set once the span has ended. It is never cleared.
const ENDED: u64 = 1;
/// Set if entries of the span were written elsewhere since it was last in its own scope.
const MOVED: u64 = 2;
/// One visit. The bits above the flags count them.
const VISIT: u64 = 4;

/// Who writes the end of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Ending {
    /// The caller writes the end.
    Now,
    /// The last visitor writes the end.
    Later,
    /// No thread writes an end, because the span has already ended.
    Over,
}

impl Visits {
    pub(in crate::record) fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            waiting: Mutex::new(None),
        }
    }

    /// Reads the word. Earlier writes of the threads that changed it are visible to the
    /// caller.
    #[inline]
    fn load(&self) -> u64 {
        // Acquire: the partners are all read-modify-writes below, which acquire and release.
        // So a visitor that sees an end also sees the writes before it, and a thread that ends
        // the span sees the entries of finished visits.
        self.word.load(Ordering::Acquire)
    }

    #[inline]
    pub(in crate::record) fn has_ended(&self) -> bool {
        self.load() & ENDED != 0
    }

    /// Whether the span has not ended, and was not elsewhere since it was last in its own
    /// scope.
    #[inline]
    pub(in crate::record) fn is_open_at_home(&self) -> bool {
        self.load() & (ENDED | MOVED) == 0
    }

    #[inline]
    pub(in crate::record) fn has_visits(&self) -> bool {
        self.load() >= VISIT
    }

    /// Whether other threads are in the span. The caller is in it.
    pub(in crate::record) fn are_several(&self) -> bool {
        self.load() >= 2 * VISIT
    }

    /// Whether the span has ended and no thread is in it. Then no end waits, unless a thread
    /// is just leaving.
    #[inline]
    pub(in crate::record) fn is_over(&self) -> bool {
        self.load() & !MOVED == ENDED
    }

    /// Begins a visit. If the span has ended, returns an error and begins no visit. If the
    /// error contains an end, the caller must write it.
    pub(in crate::record) fn begin_visit(&self) -> Result<(), Option<SpanEnd>> {
        // Acquire: if the span has ended, the end is visible, too. Release: a thread that ends
        // the span sees the visit, and leaves the end to it. The partner is `end`.
        if self.word.fetch_add(VISIT, Ordering::AcqRel) & ENDED == 0 {
            return Ok(());
        }
        // The visit was counted for a moment. If all other visitors have left meanwhile, they
        // counted it as the last one, so this thread has to write the end.
        Err(self.end_visit())
    }

    /// Ends a visit. Returns the end of the span if the caller has to write it.
    pub(in crate::record) fn end_visit(&self) -> Option<SpanEnd> {
        // Release: the entries of this visit come before an end that another thread writes.
        // Acquire: if this is the last visitor, the others' entries come before the end that
        // it writes. The partners are `end` and the other visitors.
        let before = self.word.fetch_sub(VISIT, Ordering::AcqRel);
        if before & ENDED == 0 || before >= 2 * VISIT {
            return None;
        }
        self.take_end()
    }

    /// Takes an end that waits. `end` holds the lock while it changes the word. So a visitor
    /// that has seen `ENDED` finds the end here if there is one.
    fn take_end(&self) -> Option<SpanEnd> {
        let mut waiting = self.waiting.lock().unpoisoned();
        waiting.take().map(|end| *end)
    }

    /// Takes an end that waits, for a caller with exclusive access.
    pub(in crate::record) fn take_end_alone(&mut self) -> Option<SpanEnd> {
        let waiting = self.waiting.get_mut();
        let waiting = waiting.unpoisoned();
        waiting.take().map(|end| *end)
    }

    /// Ends the span if it has not ended, no thread is in it, and no other thread changes the
    /// word meanwhile. Returns whether it did.
    #[inline]
    pub(in crate::record) fn end_alone(&self) -> bool {
        let word = self.load();
        let is_alone = word & !MOVED == 0;
        is_alone
            && self
                .word
                // Acquire and release, as in `end`, its partner. Relaxed on failure, because
                // the value is not used, and `end` checks again.
                .compare_exchange(word, word | ENDED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// Ends the span, unless it has ended. Of several threads, the first one ends it.
    pub(in crate::record) fn end(&self, end: SpanEnd) -> Ending {
        if self.end_alone() {
            return Ending::Now;
        }
        // Locked before the word is changed, so that the last visitor waits for the end.
        let mut waiting = self.waiting.lock().unpoisoned();
        // Acquire: the entries of finished visits come before the end. Release: a thread that
        // enters later sees the end. The partners are `begin_visit` and `end_visit`.
        let before = self.word.fetch_or(ENDED, Ordering::AcqRel);
        if before & ENDED != 0 {
            return Ending::Over;
        }
        if before < VISIT {
            return Ending::Now;
        }
        *waiting = Some(Box::new(end));
        Ending::Later
    }

    /// Notes that the span has ended, after the life has written its end.
    pub(in crate::record) fn set_ended(&self) {
        // Acquire and release, as in `end`, with the same partners.
        self.word.fetch_or(ENDED, Ordering::AcqRel);
    }

    /// Notes that entries of the span are written outside its own scope.
    pub(in crate::record) fn set_moved(&self) {
        // Release: a thread that sees the flag sees the earlier writes of this thread. The
        // partners are `come_back` and `load`. Acquire: this thread sees the entries of visits
        // that were left before.
        self.word.fetch_or(MOVED, Ordering::AcqRel);
    }

    #[inline]
    pub(in crate::record) fn has_moved(&self) -> bool {
        self.load() & MOVED != 0
    }

    /// Notes that the span is in its own scope again. Returns whether it was elsewhere.
    pub(in crate::record) fn come_back(&self) -> bool {
        // Acquire: the thread that clears the flag has seen the move, so its order comes
        // later. The partner is `set_moved`. Release: as for all changes of the word. If
        // several threads come back, one clears the flag. The load comes first, because it is
        // cheaper.
        self.has_moved() && self.word.fetch_and(!MOVED, Ordering::AcqRel) & MOVED != 0
    }
}

impl Default for Visits {
    fn default() -> Self {
        Self::new()
    }
}
