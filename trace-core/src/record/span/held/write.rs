//! What is said of a held span, from wherever it is said.
//!
//! In the span's home this is an entry like any other. Elsewhere a visit is begun for it, so
//! that it is read with the span.
//!
//! `write` may show a value of the application, which may panic or use this very span. So
//! nothing is locked or borrowed while it runs; only a visit is counted.

use super::held_span::HeldSpan;
use crate::diagnostics::stats::Counters;
use crate::record::scope::entered;
use crate::record::thread;

impl HeldSpan {
    /// Calls `write`, which writes entries of the span and gets its id. What is said after
    /// the end is lost, and counted.
    #[inline]
    pub(crate) fn write(&self, write: impl FnOnce(u64)) {
        match self.at_home() {
            Some(span) => write(span),
            None => self.write_in_visit(write),
        }
    }

    /// The span, if it is open, and the caller runs in its home, and nothing was said
    /// elsewhere. Then the entry needs no order. If another thread ends the span right after
    /// this, the end is read after the entry, by the agreement in `trace/home.rs`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn at_home(&self) -> Option<u64> {
        let is_home = thread::scope() == self.life.home() && self.visits.is_open_at_home();
        is_home.then(|| self.span())
    }

    /// Calls `write` in a visit of the span.
    #[cold]
    pub(crate) fn write_in_visit(&self, write: impl FnOnce(u64)) {
        // Paused: nothing that this code says is recorded.
        if self.is_foreign() || entered::is_paused() {
            return;
        }
        // It has ended. What is said of it is lost, and counted.
        if !self.begin_visit() {
            if let Some(trace) = self.trace() {
                Counters::add(&trace.tracer.queue.counters.unattached, 1);
            }
            return;
        }
        if thread::scope() == self.life.home() {
            // At home again: the order is written first, so that this comes after what was
            // said elsewhere.
            self.come_back();
            write(self.span());
            return self.end_visit();
        }
        // This thread is in a visit of the span already, and writes there. The new visit is
        // only counted, so that the end waits for what is written.
        if entered::is_visit_of(self.span()) {
            entered::order_after_others(self.span(), || false);
            write(self.span());
            return self.end_visit();
        }
        self.go_elsewhere();
        // Leaves the span when it is dropped, also if a value panics while it is shown.
        let _visit = Visit(self);
        write(self.span());
    }
}

/// A visit in which something is written. It is left on every exit.
struct Visit<'a>(&'a HeldSpan);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
