//! How a span becomes the current one for a poll, and begins with the first poll.
//!
//! The usual ways are inlined, or compiled once and call nothing. `enter_elsewhere` has all
//! others, by phase. What is done after the poll is in `leave.rs`.
//!
//! Each way returns the span that was current before. The poll puts that one back, so nested
//! polls need no stack.

use super::span_life::{Phase, SpanLife};
use crate::record::thread::Block;
use crate::record::{thread, write};
use crate::stream::Site;
use crate::value::Baggage;

/// What opens the span of a root or of a held span, at its first poll.
pub(crate) trait Opening {
    /// Opens it below the current span; returns it and the one that was current.
    fn open(self) -> (u64, u64);

    /// The baggage of code that runs in the span away from its scope. `None` for the baggage
    /// with which the trace began.
    fn baggage(&self) -> Option<&Baggage> {
        None
    }
}

impl SpanLife {
    /// Makes the span current, where it is not simply open in the scope that runs: opens it if
    /// this is the first poll. Returns what was current before.
    ///
    /// Compiled once, and not in each function. It saves no registers: it gets the thread's
    /// block as an argument, as reaching it in a library is a call, and it calls nothing but
    /// the function that does everything rare, at its end.
    ///
    /// `extern "C"`, like everything that each function calls: such functions do not unwind.
    /// Recording never panics, but the compiler cannot know that of an ordinary function. It
    /// would add ways to unwind at each place where a future is polled or dropped.
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

    /// Does what `begin_at` cannot do at once: opens the span where the stage is full or the
    /// tracer has to be asked, or makes a span current that is not open in the scope that
    /// runs.
    #[cold]
    #[inline(never)]
    pub(super) extern "C" fn enter_slowly(&mut self, site: &'static Site) -> u64 {
        if self.front.phase != Phase::Fresh {
            return self.enter_elsewhere(Some(site), None);
        }
        // Read before the span is opened, which may move the stage but never changes the
        // scope.
        let scope = thread::scope();
        let (span, outer) = write::open(site);
        self.set_open(span, scope);
        outer
    }

    /// Makes the span current, and opens it first if this is the first poll. Returns what was
    /// current before.
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
        // Nothing is recorded at the first poll, so nothing is later: the span would
        // have no beginning.
        if scope == 0 {
            self.front.phase = Phase::Off;
            return 0;
        }
        let (span, outer) = opening.open();
        self.set_open(span, scope);
        outer
    }

    /// Makes the span current, where it has begun or was called and is not open in the scope
    /// that runs.
    #[inline(never)]
    fn enter_elsewhere(&mut self, site: Option<&'static Site>, baggage: Option<&Baggage>) -> u64 {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Off | Phase::Fresh => 0,
            // The order matters: `Within` belongs where it is polled, if that records.
            Phase::Within if thread::scope() != 0 => self.open_within(is_home, site),
            Phase::Called | Phase::Within => self.open_called(is_home, site),
            Phase::Moved if is_home => {
                self.come_back();
                thread::set_span(self.span)
            }
            // Its scope does not run here: it waits below another one, runs elsewhere, or
            // has ended.
            Phase::Open | Phase::Moved => {
                self.visit(baggage);
                thread::span()
            }
        }
    }
}
