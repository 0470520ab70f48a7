//! Where the end of a held span is written.
//!
//! The caller has found out by `Visits` that it has to write the end. Nobody else writes it.
//!
//! The end has to be read after everything else of the span. So there is an order of
//! preference: the scope that runs, if it is the span's home; the span's own scope, if it
//! waits here; the home, if it continues; otherwise a visit.

use super::held_span::HeldSpan;
use crate::record::trace::SpanEnd;
use crate::record::{scope, thread, write};
use crate::value::Outcome;

impl HeldSpan {
    /// Notes for the parent that a child has failed, so that an error that the parent passes
    /// on is logged once.
    #[inline]
    pub(super) fn note_failure(&self, outcome: Outcome) {
        if outcome == Outcome::Error {
            thread::note_failed_child(self.parent);
        }
    }

    /// Writes the end where it is read after everything else of the span. The thread's stack
    /// must not be borrowed, as scopes are entered and ended.
    pub(super) fn close(&self, end: &SpanEnd) {
        self.note_failure(end.outcome);
        if thread::scope() == self.life.home() {
            return write::end(end);
        }
        if let Some(own) = self.take_own() {
            // The own scope ends with the span. The guard is dropped after the end was
            // written, and hands both over.
            let _ends = own.enter_owned();
            return write::end(end);
        }
        let Some(trace) = self.trace() else { return };
        // The home writes the end with what it hands over next, if it keeps something.
        let Err(end) = trace.leave_end(self.life.home(), *end) else {
            return;
        };
        // The home has ended, or keeps nothing: everything that it said was handed over, and
        // is read first.
        self.enter_visit(trace, trace.order_of_visit());
        write::end(&end);
        scope::end_visit_of(self.span());
    }
}
