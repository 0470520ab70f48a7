//! One poll within a span: between `begin_poll` and `leave` the body runs.
//!
//! It is generic over who keeps the trace, so that neither kind of holder pays for the
//! other. The holder polls the body, in one place on every path, so that the compiler
//! inlines it once.
//!
//! Polls nest: the body may poll other futures on this thread. Each keeps the span that was
//! current before in its own [`Polling`], on the call stack, and puts it back on every exit.
//! So polls cannot be left out of order; only what the body enters and keeps can.

use std::mem::ManuallyDrop;
use std::task::Poll;

use super::enter::Opening;
use super::span_life::{Phase, SpanLife};
use crate::record::span::missed;
use crate::record::thread;
use crate::stream::Site;
use crate::value::Outcome;

impl SpanLife {
    /// Begins a poll of a future or stream; the first poll begins its span.
    ///
    /// Inlined into each future, so it is little code: two comparisons and an exchange, and
    /// one call for everything that is not a poll of an open span in its scope.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn begin_poll(&mut self, site: &'static Site) -> Polling<'_, false> {
        thread::with_block(|block| {
            let scope = block.recorded_scope();
            let outer = if scope == 0 {
                // Nothing is recorded here, but a span that is live continues in a visit,
                // for which it has its trace.
                if self.is_live() {
                    self.enter_slowly(site)
                } else {
                    if block.is_curious() {
                        missed::miss_first(site, self.is_fresh());
                    }
                    // For good: a span that missed its first poll has no beginning.
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

    /// Runs a poll of a root, or of what holds a span, within the span.
    ///
    /// `ends` says of a value that is ready whether the span ends, and how. The holder keeps
    /// the trace: a held span has it from its start to its drop; a root is always polled in
    /// its scope and needs none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn poll<T>(
        &mut self,
        opening: impl Opening,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        let outer = self.enter(opening);
        // From here to `leave_kept` the span is current. If the body or `ends` panics,
        // `polling` is dropped, which ends the span.
        let polling = Polling::<'_, true> { life: self, outer };
        let polled = poll();
        let outcome = match &polled {
            // Asked only if there is a span, as it is code of the application.
            Poll::Ready(output) if polling.is_recorded() => ends(output),
            _ => None,
        };
        polling.leave_kept(outcome);
        polled
    }
}

/// A poll: the span is current until this is left. If it is dropped instead, the body
/// unwinds, and the span has panicked.
pub(in crate::record) struct Polling<'a, const KEEPS_TRACE: bool> {
    life: &'a mut SpanLife,
    outer: u64,
}

impl<const KEEPS_TRACE: bool> Polling<'_, KEEPS_TRACE> {
    /// Whether there is a span that has to be left.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.life.is_live()
    }
}

// Both functions that leave first put the poll into a `ManuallyDrop`. They do not unwind, so
// its drop would be code that never runs.

impl Polling<'_, true> {
    /// Ends the span if its outcome is known, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave_kept(self, outcome: Option<Outcome>) {
        let mut this = ManuallyDrop::new(self);
        let outer = this.outer;
        thread::with_block(|block| {
            // The usual suspension: only the span that was current before is put back.
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
    /// Ends the span if `has_failed` is known, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn leave(self, has_failed: Option<bool>) {
        let Self { life, outer } = &mut *ManuallyDrop::new(self);
        thread::with_block(|block| match has_failed {
            Some(has_failed) => {
                if life.is_live() {
                    life.end_polled(block, *outer, has_failed);
                }
                // It is off already. It is set here once more, where the compiler sees it,
                // so that `.await`, which drops the future next, need not look.
                life.set_off();
            }
            // The usual suspension. Without a trace it is the first one, and
            // `suspend_polled` takes a reference.
            None if life.is_open_in(block.recorded_scope()) && life.trace.is_some() => {
                block.replace_span(*outer);
            }
            None if life.is_live() => life.suspend_polled(block, *outer),
            None => {}
        });
    }
}

impl<const KEEPS_TRACE: bool> Drop for Polling<'_, KEEPS_TRACE> {
    // Runs only while the body unwinds. The life is borrowed until then, so nothing else has
    // ended the span. Inlined, so that the guard is in registers and not on the stack.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.life.panic(self.outer, KEEPS_TRACE);
    }
}
