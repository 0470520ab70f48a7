//! Decides where the end of a held span is written.
//!
//! `Visits` has told the caller to write the end, so no other thread writes it.
//!
//! The end has to be read after all other entries of the span. So there is an order of
//! preference. The running scope comes first, if it is the span's home. Next are the span's
//! own scope, if no thread runs in it, and the home, if it continues. The last choice is a
//! visit.

use super::held_span::HeldSpan;
use crate::record::trace::SpanEnd;
use crate::record::{scope, thread, write};
use crate::value::Outcome;

impl HeldSpan {
    /// Notes for the parent that a child has failed, so that an error that passes through the
    /// parent is logged once.
    #[inline]
    pub(super) fn note_failure(&self, outcome: Outcome) {
        if outcome == Outcome::Error {
            thread::note_failed_child(self.span(), self.parent);
        }
    }

    /// Writes the end where it is read after all other entries of the span. The thread's stack
    /// must not be borrowed, because this enters and ends scopes.
    pub(super) fn close(&self, end: &SpanEnd) {
        self.note_failure(end.outcome);
        if thread::scope() == self.life.home() {
            return write::end(end);
        }
        if let Some(own) = self.take_own() {
            // The own scope ends with the span. The guard is dropped after the end is written,
            // and hands over both.
            let _ends = own.enter_owned();
            return write::end(end);
        }
        let Some(trace) = self.trace() else { return };
        // If the home keeps entries, it writes the end with its next hand-over.
        let Err(end) = trace.leave_end(self.life.home(), *end) else {
            return;
        };
        // The home has ended or keeps nothing. All its entries were handed over, and are read
        // first.
        self.enter_visit(trace, trace.order_of_visit());
        write::end(&end);
        scope::end_visit_of(self.span());
    }
}
