//! Who is in a span that threads share, and which of them ends it.
//!
//! It owns one atomic word and the end that waits. It knows nothing of scopes, and writes
//! nothing: it only says who has to. Loom models it in `loom_models.rs`.

use std::sync::atomic::Ordering;

use crate::process::sync::{AtomicU64, Mutex, Unpoisoned};
use crate::record::trace::SpanEnd;

/// Counts the visits of a span, and keeps its end as long as there are some: what is
/// said within a visit is read with the span, so that the last who leaves writes the
/// end.
#[derive(Debug)]
pub(in crate::record) struct Visits {
    word: AtomicU64,
    /// An end that waits for the last visit.
    waiting: Mutex<Option<Box<SpanEnd>>>,
}

/// Set once the span has ended.
const ENDED: u64 = 1;
/// Set while the span was somewhere else since it was in its own scope.
const MOVED: u64 = 2;
/// One visit.
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

    // All accesses to the word acquire and release: a visitor that sees an end also sees
    // what led to it, and who ends the span what was said in visits that are over.
    /// The word, with all that led to it.
    #[inline]
    fn load(&self) -> u64 {
        // Acquire. The partners are all the read-modify-writes below, which acquire and
        // release: a visitor that sees an end also sees what led to it, and whoever ends
        // the span sees what was said in visits that are over.
        self.word.load(Ordering::Acquire)
    }

    #[inline]
    pub(in crate::record) fn has_ended(&self) -> bool {
        self.load() & ENDED != 0
    }

    /// Whether the span has not ended, and was nowhere else since it was in its own scope.
    #[inline]
    pub(in crate::record) fn is_open_at_home(&self) -> bool {
        self.load() & (ENDED | MOVED) == 0
    }

    #[inline]
    pub(in crate::record) fn has_visits(&self) -> bool {
        self.load() >= VISIT
    }

    /// Whether there is another visit than the caller's.
    pub(in crate::record) fn are_several(&self) -> bool {
        self.load() >= 2 * VISIT
    }

    /// Whether the span has ended and nobody is in it. Then no end waits either, once no
    /// thread is leaving.
    #[inline]
    pub(in crate::record) fn is_over(&self) -> bool {
        self.load() & !MOVED == ENDED
    }

    /// Begins a visit. If the span has ended there is none, and the caller writes the end
    /// if it is given it.
    pub(in crate::record) fn begin_visit(&self) -> Result<(), Option<SpanEnd>> {
        // Acquire: if the span has ended, the end is seen too. Release: whoever ends it
        // sees the visit, and leaves the end to it. The partner is `end`.
        if self.word.fetch_add(VISIT, Ordering::AcqRel) & ENDED == 0 {
            return Ok(());
        }
        Err(self.end_visit())
    }

    /// Ends a visit. Gives the end of the span if the caller has to write it.
    pub(in crate::record) fn end_visit(&self) -> Option<SpanEnd> {
        // Release: what was said in the visit comes before the end that another thread
        // writes. Acquire: the same the other way round, if this is the last visitor. The
        // partners are `end` and the other visitors.
        let before = self.word.fetch_sub(VISIT, Ordering::AcqRel);
        if before & ENDED == 0 || before >= 2 * VISIT {
            return None;
        }
        self.take_end()
    }

    /// Takes an end that waits.
    fn take_end(&self) -> Option<SpanEnd> {
        let mut waiting = self.waiting.lock().unpoisoned();
        waiting.take().map(|end| *end)
    }

    /// The same for who alone has the span.
    pub(in crate::record) fn take_end_alone(&mut self) -> Option<SpanEnd> {
        let waiting = self.waiting.get_mut();
        let waiting = waiting.unpoisoned();
        waiting.take().map(|end| *end)
    }

    /// Ends the span, if it has not ended and nobody is in it; returns whether that is so
    /// and nobody else does anything with it meanwhile.
    #[inline]
    pub(in crate::record) fn end_alone(&self) -> bool {
        let word = self.load();
        let is_alone = word & !MOVED == 0;
        is_alone
            && self
                .word
                // Acquire and release, as in `end`, its partner. Relaxed if it fails:
                // nothing is concluded from the value, and `end` looks again.
                .compare_exchange(word, word | ENDED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// Ends the span; the first who does so wins.
    pub(in crate::record) fn end(&self, end: SpanEnd) -> Ending {
        if self.end_alone() {
            return Ending::Now;
        }
        // Locked before the word is changed, so that the last visitor waits for the end.
        let mut waiting = self.waiting.lock().unpoisoned();
        // Acquire: what was said in visits that are over comes before the end. Release:
        // who enters later sees it. The partners are `begin_visit` and `end_visit`.
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

    /// Notes that the span has ended, whoever wrote that.
    pub(in crate::record) fn set_ended(&self) {
        // Acquire and release, as in `end`, with the same partners.
        self.word.fetch_or(ENDED, Ordering::AcqRel);
    }

    /// Notes that something is said of the span away from its scope.
    pub(in crate::record) fn set_moved(&self) {
        // Release: what this thread did before it moved the span is seen by who sees the
        // flag. The partners are `come_back` and `load`. Acquire is for visits that were
        // left before.
        self.word.fetch_or(MOVED, Ordering::AcqRel);
    }

    #[inline]
    pub(in crate::record) fn has_moved(&self) -> bool {
        self.load() & MOVED != 0
    }

    /// Notes that the span is in its own scope again; returns whether it was away.
    pub(in crate::record) fn come_back(&self) -> bool {
        // Acquire: who clears the flag has seen the move, and takes its order after it.
        // The partner is `set_moved`. Of several that come back, one clears the flag.
        self.has_moved() && self.word.fetch_and(!MOVED, Ordering::AcqRel) & MOVED != 0
    }
}

impl Default for Visits {
    fn default() -> Self {
        Self::new()
    }
}
