//! One poll within a span: between `begin_poll` and `leave` the body runs.
//!
//! It is generic over who keeps the trace, so that neither kind of holder pays for the
//! other. The body itself is polled by the holder, in one place whatever the way, so that
//! the compiler inlines it once.

use std::mem::ManuallyDrop;
use std::task::Poll;

use super::enter::Opening;
use super::span_life::{Phase, SpanLife};
use crate::record::span::missed;
use crate::record::thread;
use crate::stream::Site;
use crate::value::Outcome;

impl SpanLife {
    /// Begins a poll of a future or stream, and its span with the first one.
    ///
    /// Inlined into each future. So it is little code: two comparisons and an exchange,
    /// and one call for all that is not a poll of an open span in its scope.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn begin_poll(&mut self, site: &'static Site) -> Polling<'_, false> {
        thread::with_block(|block| {
            let scope = block.recorded_scope();
            let outer = if scope == 0 {
                // Nothing is recorded here, but the span goes on elsewhere: it takes its
                // trace along.
                if self.is_live() {
                    self.enter_slowly(site)
                } else {
                    if block.is_curious() {
                        missed::miss_first(site, self.is_fresh());
                    }
                    self.front.phase = Phase::Off;
                    0
                }
            } else if self.is_open_in(scope) {
                block.replace_span(self.span)
            } else {
                self.begin_at(block, site)
            };
            Polling { life: self, outer }
        })
    }

    /// Runs a poll of a root or of what holds a span within the span.
    ///
    /// `ends` says of what is ready whether the span ends, and if so, how. The trace is the
    /// holder's business: a held span has it from its start to its drop, a root is always
    /// polled in its scope and needs none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn poll<T>(
        &mut self,
        opening: impl Opening,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        let outer = self.enter(opening);
        let polling = Polling::<'_, true> { life: self, outer };
        let polled = poll();
        let outcome = match &polled {
            // Not asked if there is no span: it is the application's code.
            Poll::Ready(output) if polling.is_recorded() => ends(output),
            _ => None,
        };
        polling.leave_kept(outcome);
        polled
    }
}

/// A poll. If it unwinds, the span has panicked.
pub(in crate::record) struct Polling<'a, const KEEPS_TRACE: bool> {
    life: &'a mut SpanLife,
    outer: u64,
}

impl<const KEEPS_TRACE: bool> Polling<'_, KEEPS_TRACE> {
    /// Whether there is a span to be left.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.life.is_live()
    }
}

// Both forget the poll first: so nothing is compiled for their unwinding, which they do not.

impl Polling<'_, true> {
    /// Ends the span, if its outcome is known, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave_kept(self, outcome: Option<Outcome>) {
        let mut this = ManuallyDrop::new(self);
        let outer = this.outer;
        thread::with_block(|block| {
            if outcome.is_none() && this.life.is_open_in(block.recorded_scope()) {
                block.replace_span(outer);
            } else if outcome.is_none() && this.life.has_moved() {
                this.life.suspend_visit(true);
            } else if this.life.is_live() {
                this.life.leave_kept(block, outer, outcome);
            }
        });
    }
}

impl Polling<'_, false> {
    /// Ends the span, if it is said whether its body has failed, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn leave(self, has_failed: Option<bool>) {
        let Self { life, outer } = &mut *ManuallyDrop::new(self);
        thread::with_block(|block| match has_failed {
            Some(has_failed) => {
                if life.is_live() {
                    life.end_polled(block, *outer, has_failed);
                }
                // It is so already; said where the compiler sees it, so that `.await`, which
                // drops this next, does not look.
                life.set_off();
            }
            None if life.is_open_in(block.recorded_scope()) && life.trace.is_some() => {
                block.replace_span(*outer);
            }
            None if life.is_live() => life.suspend_polled(block, *outer),
            None => {}
        });
    }
}

impl<const KEEPS_TRACE: bool> Drop for Polling<'_, KEEPS_TRACE> {
    // Inlined, so that the guard is in registers and not on the stack.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.life.panic(self.outer, KEEPS_TRACE);
    }
}
