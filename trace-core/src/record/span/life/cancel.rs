//! The end of a span whose body is dropped before it is ready.
//!
//! A future is dropped within its span. The wrapper's destructor enters the span
//! (`begin_cancel`), the fields of the body are dropped, and the life, as the last field,
//! ends the span. That needs no `unsafe`, as no field is dropped by hand.

use super::span_life::{Phase, SpanLife};
use crate::record::scope::entered;
use crate::record::{thread, write};
use crate::value::Outcome;

impl SpanLife {
    /// Makes the span current once more, for the drop of its body.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_cancel(&mut self) {
        if self.is_live() {
            self.enter_to_cancel();
        }
    }

    /// Makes the span current where this thread is: as an entered span in its own scope,
    /// else by a visit. A span that was only called has no body that could say anything
    /// of it.
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
    #[cold]
    extern "C" fn end_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Called | Phase::Within => self.release_call(is_home),
            Phase::Open if is_home => {
                entered::leave_span(self.span);
                // The span that was current before is so again; it stays that.
                write::close(self.span, thread::span(), Outcome::Cancelled);
            }
            Phase::Open | Phase::Moved => self.leave_elsewhere(Some(Outcome::Cancelled), false),
            Phase::Fresh | Phase::Off => {}
        }
        self.set_off_and_drop_trace();
    }
}

impl Drop for SpanLife {
    /// Inlined for what is not live, which most is: a future that was ready has said so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if self.is_live() {
            self.end_cancel();
        }
    }
}
