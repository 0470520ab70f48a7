//! The end of a span whose body is dropped before it is ready.

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

    #[cold]
    extern "C" fn end_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Called | Phase::Within => self.release_call(is_home),
            Phase::Open if is_home => {
                entered::leave_span(self.span);
                write::close(self.span, thread::span(), Outcome::Cancelled);
            }
            Phase::Open | Phase::Moved => self.leave_elsewhere(Some(Outcome::Cancelled), false),
            Phase::Fresh | Phase::Off => {}
        }
        self.set_off_and_drop_trace();
    }
}

impl Drop for SpanLife {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if self.is_live() {
            self.end_cancel();
        }
    }
}
