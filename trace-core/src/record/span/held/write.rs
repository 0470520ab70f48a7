//! Writes entries of a held span, from any thread and scope.
//!
//! In the span's home, this is a normal entry. Elsewhere it is written in a visit, so that the
//! reader assigns it to the span.
//!
//! `write` may format a value of the application, which may panic or use this span. So nothing
//! is locked or borrowed while it runs. Only a visit is counted.

use super::held_span::HeldSpan;
use crate::diagnostics::stats::Counters;
use crate::record::scope::entered;
use crate::record::thread;

impl HeldSpan {
    /// Calls `write` with the id of the span, to write its entries. Entries after the end are
    /// lost and counted.
    #[inline]
    pub(crate) fn write(&self, write: impl FnOnce(u64)) {
        match self.at_home() {
            Some(span) => write(span),
            None => self.write_in_visit(write),
        }
    }

    /// Returns the span if it is open, the caller runs in its home, and nothing was written
    /// elsewhere. Then the entry needs no order. If another thread ends the span right after
    /// this, the end is read after the entry, because of the protocol in `trace/home.rs`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn at_home(&self) -> Option<u64> {
        let is_home = thread::scope() == self.life.home() && self.visits.is_open_at_home();
        is_home.then(|| self.span())
    }

    /// Calls `write` in a visit of the span.
    #[cold]
    pub(crate) fn write_in_visit(&self, write: impl FnOnce(u64)) {
        // Entries of paused code are not recorded.
        if self.is_foreign() || entered::is_paused() {
            return;
        }
        // The span has ended. The entry is lost and counted.
        if !self.begin_visit() {
            if let Some(trace) = self.trace() {
                Counters::add(&trace.tracer.queue.counters.unattached, 1);
            }
            return;
        }
        if thread::scope() == self.life.home() {
            // The span is at home again. The order is written first, so that this entry comes
            // after entries written elsewhere.
            self.come_back();
            write(self.span());
            return self.end_visit();
        }
        // This thread is already in a visit of the span, and writes there. The new visit is
        // only counted, so that the end waits for the entry.
        if entered::is_visit_of(self.span()) {
            entered::order_after_others(self.span(), || false);
            write(self.span());
            return self.end_visit();
        }
        self.go_elsewhere();
        // Leaves the span when it is dropped, even if formatting a value panics.
        let _visit = Visit(self);
        write(self.span());
    }
}

/// A guard for a visit in which an entry is written.
struct Visit<'a>(&'a HeldSpan);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
