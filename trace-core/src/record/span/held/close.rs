//! Where the end of a held span is written.

use super::held_span::HeldSpan;
use crate::record::trace::SpanEnd;
use crate::record::{scope, thread, write};
use crate::value::Outcome;

impl HeldSpan {
    #[inline]
    pub(super) fn note_failure(&self, outcome: Outcome) {
        if outcome == Outcome::Error {
            thread::note_failed_child(self.parent);
        }
    }

    /// Writes the end, where it is read after everything else.
    pub(super) fn close(&self, end: &SpanEnd) {
        self.note_failure(end.outcome);
        if thread::scope() == self.life.home() {
            return write::end(end);
        }
        if let Some(own) = self.take_own() {
            let _ends = own.enter_owned();
            return write::end(end);
        }
        let Some(trace) = self.trace() else { return };
        let Err(end) = trace.leave_end(self.life.home(), *end) else {
            return;
        };
        self.enter_visit(trace, trace.order_of_visit());
        write::end(&end);
        scope::end_visit_of(self.span());
    }
}
