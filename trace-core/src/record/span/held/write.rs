//! What is said of a held span, from wherever it is said.
//!
//! In the span's home this is an entry like any other. Elsewhere a visit is begun for it,
//! so that it is read with the span.

use super::held_span::HeldSpan;
use crate::diagnostics::stats::Counters;
use crate::record::scope::entered;
use crate::record::thread;

impl HeldSpan {
    /// Lets `write` write entries of the span, which it is given. What is said after the
    /// end is counted.
    #[inline]
    pub(crate) fn write(&self, write: impl FnOnce(u64)) {
        match self.at_home() {
            Some(span) => write(span),
            None => self.write_in_visit(write),
        }
    }

    /// The span, if it is open, and in its own scope like the caller.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn at_home(&self) -> Option<u64> {
        let is_home = thread::scope() == self.life.home() && self.visits.is_open_at_home();
        is_home.then(|| self.span())
    }

    /// Lets `write` write entries of the span in a visit.
    #[cold]
    pub(crate) fn write_in_visit(&self, write: impl FnOnce(u64)) {
        if self.is_foreign() || entered::is_paused() {
            return;
        }
        // It has ended: what is said of it is lost, and counted.
        if !self.begin_visit() {
            if let Some(trace) = self.trace() {
                Counters::add(&trace.tracer.queue.counters.unattached, 1);
            }
            return;
        }
        if thread::scope() == self.life.home() {
            self.come_back();
            write(self.span());
            return self.end_visit();
        }
        // This thread is in a visit of the span already, and writes there.
        if entered::is_visit_of(self.span()) {
            entered::order_after_others(self.span(), || false);
            write(self.span());
            return self.end_visit();
        }
        self.go_elsewhere();
        // Left when this is dropped, also if a value panics while it is shown.
        let _visit = Visit(self);
        write(self.span());
    }
}

/// A visit in which something is written.
struct Visit<'a>(&'a HeldSpan);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
