//! The end of a span whose body is dropped before it is ready.
//!
//! A future is dropped within its span. The wrapper's destructor enters the span
//! (`begin_cancel`), the fields of the body are dropped, and the life, as the last field,
//! ends the span. That needs no `unsafe`, as no field is dropped by hand.
//!
//! The drop may be on any thread: by an executor that shuts down, or in the destructor of a
//! thread-local. It may also be while a panic unwinds. If the body's destructor panics itself,
//! the wrapper still drops the life, so the span is left.

use super::span_life::{Phase, SpanLife};
use crate::record::scope::entered;
use crate::record::{thread, write};
use crate::value::Outcome;

impl SpanLife {
    /// Makes the span current once more, for the drop of its body. Inlined for a life that
    /// is not live, which most are.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_cancel(&mut self) {
        if self.is_live() {
            self.enter_to_cancel();
        }
    }

    /// Makes the span current where this thread is: as an entered span if its own scope runs,
    /// otherwise by a visit. A span that was only called has not begun, so the drop of its
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

    /// Leaves what `enter_to_cancel` has entered, and ends the span as cancelled.
    ///
    /// It asks again where the thread is: the drop of the body may have entered a scope and
    /// kept it.
    #[cold]
    extern "C" fn end_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Called | Phase::Within => self.release_call(is_home),
            Phase::Open if is_home => {
                entered::leave_span(self.span);
                // `leave_span` has put back the span that was current before. It stays
                // current.
                write::close(self.span, thread::span(), Outcome::Cancelled);
            }
            Phase::Open | Phase::Moved => self.leave_elsewhere(Some(Outcome::Cancelled), false),
            Phase::Fresh | Phase::Off => {}
        }
        // Last: the end that is written above may need the trace.
        self.set_off_and_drop_trace();
    }
}

impl Drop for SpanLife {
    /// Inlined for a life that is not live, which most are: a future that was ready is off.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if self.is_live() {
            self.end_cancel();
        }
    }
}
