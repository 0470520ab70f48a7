//! Ends a span whose body is dropped before it is ready.
//!
//! A future is dropped within its span. The wrapper's destructor enters the span
//! (`begin_cancel`), the fields of the body are dropped, and the life, which is the last
//! field, ends the span. This needs no `unsafe`, because no field is dropped by hand.
//!
//! The drop may run on any thread: in an executor that shuts down, in the destructor of a
//! thread-local, or during unwinding. If the body's destructor panics, the wrapper still drops
//! the life, so the span is left.

use super::span_life::{Phase, SpanLife};
use crate::record::scope::entered;
use crate::record::{thread, write};
use crate::value::Outcome;

impl SpanLife {
    /// Makes the span current again, for the drop of its body. Inlined for the usual case of a
    /// life that is not live.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_cancel(&mut self) {
        if self.is_live() {
            self.enter_to_cancel();
        }
    }

    /// Makes the span current on this thread: as an entered span if its own scope runs,
    /// otherwise in a visit. A span that was only called has not begun, so the drop of its
    /// body belongs to no span.
    #[cold]
    extern "C" fn enter_to_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Open | Phase::Moved if is_home => {
                if self.has_moved() {
                    self.come_back();
                }
                entered::enter_span(self.span);
            }
            Phase::Open | Phase::Moved => self.visit(None),
            Phase::Fresh | Phase::Off | Phase::Called | Phase::Within => {}
        }
    }

    /// Leaves the span after `enter_to_cancel`, and ends it as cancelled.
    ///
    /// It checks the running scope again, because the drop of the body may have entered a
    /// scope and kept it.
    #[cold]
    extern "C" fn end_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Called | Phase::Within => self.release_call(is_home),
            Phase::Open if is_home => {
                entered::leave_span(self.span);
                // `leave_span` has restored the previous current span, which stays current.
                write::close(self.span, thread::span(), Outcome::Cancelled);
            }
            Phase::Open | Phase::Moved => self.leave_elsewhere(Some(Outcome::Cancelled), false),
            Phase::Fresh | Phase::Off => {}
        }
        // This comes last, because writing the end may need the trace.
        self.set_off_and_drop_trace();
    }
}

impl Drop for SpanLife {
    /// Inlined for the usual case of a life that is not live, such as that of a future that
    /// was ready.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if self.is_live() {
            self.end_cancel();
        }
    }
}
