//! Who is in a span that threads share, and which of them ends it.
//!
//! This file has one atomic word, and the end that waits. It knows no scope and writes no
//! entry: it only says who has to. Loom models it in `loom_models.rs`.
//!
//! The word has everything that is decided at one moment: whether the span has ended, and
//! how many are in it. So of a thread that ends the span and one that enters it, exactly one
//! comes first.

use std::sync::atomic::Ordering;

use crate::process::sync::{AtomicU64, Mutex, Unpoisoned};
use crate::record::trace::SpanEnd;

/// Counts the visits of a span, and keeps its end while there are some. What is said within
/// a visit has to be read with the span, so the last visitor who leaves writes the end.
#[derive(Debug)]
pub(in crate::record) struct Visits {
    word: AtomicU64,
    /// An end that waits for the last visit. The lock is held for moments, and never
    /// together with another one.
    waiting: Mutex<Option<Box<SpanEnd>>>,
}

/// Set once the span has ended. It is never cleared.
const ENDED: u64 = 1;
/// Set if something was said of the span elsewhere since it was last in its own scope.
const MOVED: u64 = 2;
/// One visit. The bits above the flags count them.
const VISIT: u64 = 4;

/// Who writes the end of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Ending {
    /// The caller.
    Now,
    /// The last visitor.
    Later,
    /// Nobody: it has ended already.
    Over,
}

impl Visits {
    pub(in crate::record) fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            waiting: Mutex::new(None),
        }
    }

    /// The word. What led to it is visible to the caller.
    #[inline]
    fn load(&self) -> u64 {
        // Acquire. The partners are all the read-modify-writes below, which acquire and
        // release. So a visitor that sees an end also sees what led to it, and a thread that
        // ends the span sees what was said in visits that are over.
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

    /// Whether others are in the span, too; the caller is in it.
    pub(in crate::record) fn are_several(&self) -> bool {
        self.load() >= 2 * VISIT
    }

    /// Whether the span has ended and nobody is in it. Then no end waits, unless a thread is
    /// just leaving.
    #[inline]
    pub(in crate::record) fn is_over(&self) -> bool {
        self.load() & !MOVED == ENDED
    }

    /// Begins a visit. If the span has ended, there is no visit, and the caller writes the
    /// end if it gets one.
    pub(in crate::record) fn begin_visit(&self) -> Result<(), Option<SpanEnd>> {
        // Acquire: if the span has ended, the end is seen too. Release: a thread that
        // ends it sees the visit, and leaves the end to it. The partner is `end`.
        if self.word.fetch_add(VISIT, Ordering::AcqRel) & ENDED == 0 {
            return Ok(());
        }
        // The visit was counted for a moment. If all others have left meanwhile, they took
        // it for the last one, so the end is this thread's to write.
        Err(self.end_visit())
    }

    /// Ends a visit. Returns the end of the span if the caller has to write it.
    pub(in crate::record) fn end_visit(&self) -> Option<SpanEnd> {
        // Release: what was said in the visit comes before an end that another thread
        // writes. Acquire: if this is the last visitor, what the others have said comes
        // before the end that it writes. The partners are `end` and the other visitors.
        let before = self.word.fetch_sub(VISIT, Ordering::AcqRel);
        if before & ENDED == 0 || before >= 2 * VISIT {
            return None;
        }
        self.take_end()
    }

    /// Takes an end that waits. `end` holds the lock while it changes the word, so a visitor
    /// that has seen `ENDED` finds the end here, or nobody left one.
    fn take_end(&self) -> Option<SpanEnd> {
        let mut waiting = self.waiting.lock().unpoisoned();
        waiting.take().map(|end| *end)
    }

    /// The same for a caller that has the span alone.
    pub(in crate::record) fn take_end_alone(&mut self) -> Option<SpanEnd> {
        let waiting = self.waiting.get_mut();
        let waiting = waiting.unpoisoned();
        waiting.take().map(|end| *end)
    }

    /// Ends the span if it has not ended and nobody is in it. Returns whether this was so,
    /// and no other thread has changed anything meanwhile.
    #[inline]
    pub(in crate::record) fn end_alone(&self) -> bool {
        let word = self.load();
        let is_alone = word & !MOVED == 0;
        is_alone
            && self
                .word
                // Acquire and release, as in `end`, its partner. Relaxed if it fails: nothing
                // is concluded from the value, and `end` looks again.
                .compare_exchange(word, word | ENDED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// Ends the span, unless it has ended: of several threads, the first one does.
    pub(in crate::record) fn end(&self, end: SpanEnd) -> Ending {
        if self.end_alone() {
            return Ending::Now;
        }
        // Locked before the word is changed, so that the last visitor waits for the end.
        let mut waiting = self.waiting.lock().unpoisoned();
        // Acquire: what was said in visits that are over comes before the end. Release: a
        // thread that enters later sees the end. The partners are `begin_visit` and
        // `end_visit`.
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

    /// Notes that the span has ended, after its end was written by the life.
    pub(in crate::record) fn set_ended(&self) {
        // Acquire and release, as in `end`, with the same partners.
        self.word.fetch_or(ENDED, Ordering::AcqRel);
    }

    /// Notes that something is said of the span away from its scope.
    pub(in crate::record) fn set_moved(&self) {
        // Release: a thread that sees the flag sees what this one did before. The partners
        // are `come_back` and `load`. Acquire: this thread sees what was said in visits that
        // were left before.
        self.word.fetch_or(MOVED, Ordering::AcqRel);
    }

    #[inline]
    pub(in crate::record) fn has_moved(&self) -> bool {
        self.load() & MOVED != 0
    }

    /// Notes that the span is in its own scope again; returns whether it was away.
    pub(in crate::record) fn come_back(&self) -> bool {
        // Acquire: the thread that clears the flag has seen the move, so it takes its order
        // after it. The partner is `set_moved`. Release: as for all changes of the word. If
        // several come back, one clears the flag. The load comes first, as it is cheaper.
        self.has_moved() && self.word.fetch_and(!MOVED, Ordering::AcqRel) & MOVED != 0
    }
}

impl Default for Visits {
    fn default() -> Self {
        Self::new()
    }
}
