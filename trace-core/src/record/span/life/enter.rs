//! How a span becomes the current one for a poll, and begins with the first.
//!
//! The usual ways are inlined or compiled once, and call nothing. All else is in
//! `enter_elsewhere`, which picks by the phase. What is done after the poll is in
//! `leave.rs`.

use super::span_life::{Phase, SpanLife};
use crate::record::thread::Block;
use crate::record::{thread, write};
use crate::stream::Site;
use crate::value::Baggage;

/// What opens a span.
pub(crate) trait Opening {
    /// Opens it below the current span; returns it and the one that was current.
    fn open(self) -> (u64, u64);

    /// The baggage of code that runs in the span elsewhere; that of the trace's
    /// beginning, if this has none.
    fn baggage(&self) -> Option<&Baggage> {
        None
    }
}

impl SpanLife {
    /// Makes the span current that is not simply open in this scope: opens it, if this is the
    /// first poll. Returns what was current before.
    ///
    /// Compiled once, and not in each function. So that it saves no registers it is given
    /// the thread's block, which is reached by a call in a library, and calls nothing but,
    /// at its end, what does all that is rare.
    ///
    /// `extern "C"`, like all that is called in each function: such functions do not unwind.
    /// Recording never panics, but of other functions the compiler does not know, and makes
    /// ways to unwind through each place where a future is polled or dropped.
    #[inline(never)]
    pub(super) extern "C" fn begin_at(&mut self, block: &Block, site: &'static Site) -> u64 {
        if self.front.phase == Phase::Fresh
            && let Some((span, outer)) = block.open_at_once(site.known_header())
        {
            self.set_open(span, block.recorded_scope());
            return outer;
        }
        self.enter_slowly(site)
    }

    /// Does what `begin_at` could not do at once: opens the span where the stage is full
    /// or the tracer has to be asked, or makes a span current that is not open in this
    /// scope.
    #[cold]
    #[inline(never)]
    pub(super) extern "C" fn enter_slowly(&mut self, site: &'static Site) -> u64 {
        if self.front.phase != Phase::Fresh {
            return self.enter_elsewhere(Some(site), None);
        }
        let scope = thread::scope();
        let (span, outer) = write::open(site);
        self.set_open(span, scope);
        outer
    }

    /// Makes the span current, and opens it first if this is the first poll. Returns
    /// what was current before.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn enter(&mut self, opening: impl Opening) -> u64 {
        let scope = thread::scope();
        if self.is_open_in(scope) {
            return thread::set_span(self.span);
        }
        if self.front.phase == Phase::Off {
            return 0;
        }
        if self.front.phase != Phase::Fresh {
            return self.enter_elsewhere(None, opening.baggage());
        }
        if scope == 0 {
            self.front.phase = Phase::Off;
            return 0;
        }
        let (span, outer) = opening.open();
        self.set_open(span, scope);
        outer
    }

    /// Makes the span current that is not simply open in this scope.
    #[inline(never)]
    fn enter_elsewhere(&mut self, site: Option<&'static Site>, baggage: Option<&Baggage>) -> u64 {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Off | Phase::Fresh => 0,
            Phase::Within if thread::scope() != 0 => self.open_within(is_home, site),
            Phase::Called | Phase::Within => self.open_called(is_home, site),
            Phase::Moved if is_home => {
                self.come_back();
                thread::set_span(self.span)
            }
            Phase::Open | Phase::Moved => {
                self.visit(baggage);
                thread::span()
            }
        }
    }
}
