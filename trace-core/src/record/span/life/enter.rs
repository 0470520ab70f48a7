//! Makes a span current for a poll, and opens it at the first poll.
//!
//! The common cases are inlined, or are functions that are compiled once and call nothing.
//! `enter_elsewhere` handles all others, by phase. `leave.rs` has the code that runs after the
//! poll.
//!
//! Each function returns the previous current span. The poll restores it, so nested polls need
//! no stack.

use super::span_life::{Phase, SpanLife};
use crate::record::thread::Block;
use crate::record::{thread, write};
use crate::stream::Site;
use crate::value::Baggage;

/// Opens the span of a root or of a held span, at its first poll.
pub(crate) trait Opening {
    /// Opens the span below the current one. Returns it and the previous current span.
    fn open(self) -> (u64, u64);

    /// The baggage of code that runs in the span outside its scope. `None` means the baggage
    /// with which the trace began.
    fn baggage(&self) -> Option<&Baggage> {
        None
    }
}

impl SpanLife {
    /// Makes the span current if it is not already open in the running scope. Opens it if this
    /// is the first poll. Returns the previous current span.
    ///
    /// It is compiled once, and not in each function. It saves no registers. It gets the
    /// thread's block as an argument, because accessing the block in a library is a call. Its
    /// only call is a tail call to the function for rare cases.
    ///
    /// It is `extern "C"`, like all functions that a traced function calls, because such
    /// functions do not unwind. Recording never panics, but the compiler does not know this
    /// for an ordinary function. It would add code for unwinding wherever a future is polled
    /// or dropped.
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

    /// Handles the cases that `begin_at` cannot. Opens the span if the stage is full or the
    /// tracer has to be asked. Also makes a span current that is not open in the running
    /// scope.
    #[cold]
    #[inline(never)]
    pub(super) extern "C" fn enter_slowly(&mut self, site: &'static Site) -> u64 {
        if self.front.phase != Phase::Fresh {
            return self.enter_elsewhere(Some(site), None);
        }
        // Read before the span is opened. Opening may move the stage but never changes the
        // scope.
        let scope = thread::scope();
        let (span, outer) = write::open(site);
        self.set_open(span, scope);
        outer
    }

    /// Makes the span current, and opens it first if this is the first poll. Returns the
    /// previous current span.
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
        // Nothing is recorded at the first poll, so later polls are not recorded either. The
        // span would have no beginning.
        if scope == 0 {
            self.front.phase = Phase::Off;
            return 0;
        }
        let (span, outer) = opening.open();
        self.set_open(span, scope);
        outer
    }

    /// Makes a span current that has begun or was called and is not open in the running scope.
    #[inline(never)]
    fn enter_elsewhere(&mut self, site: Option<&'static Site>, baggage: Option<&Baggage>) -> u64 {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Off | Phase::Fresh => 0,
            // The order matters: a `Within` span belongs to the scope of the poll, if that
            // scope records.
            Phase::Within if thread::scope() != 0 => self.open_within(is_home, site),
            Phase::Called | Phase::Within => self.open_called(is_home, site),
            Phase::Moved if is_home => {
                self.come_back();
                thread::set_span(self.span)
            }
            // The span's scope does not run here. It waits below another one, runs elsewhere,
            // or has ended.
            Phase::Open | Phase::Moved => {
                self.visit(baggage);
                thread::span()
            }
        }
    }
}
