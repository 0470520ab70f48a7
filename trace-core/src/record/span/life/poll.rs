//! One poll within a span. The body runs between `begin_poll` and `leave`.
//!
//! It is generic over whether the holder keeps the trace, so that neither kind of holder pays
//! for the other. The holder polls the body in a single place, so that the compiler inlines it
//! once.
//!
//! Polls nest, because the body may poll other futures on this thread. Each poll keeps the
//! previous current span in its own [`Polling`], on the call stack, and restores it on every
//! exit. So polls cannot be left out of order. Only scopes and spans that the body enters and
//! keeps can be.

use std::mem::ManuallyDrop;
use std::task::Poll;

use super::enter::Opening;
use super::span_life::{Phase, SpanLife};
use crate::record::span::missed;
use crate::record::thread;
use crate::stream::Site;
use crate::value::Outcome;

impl SpanLife {
    /// Begins a poll of a future or stream. The first poll begins its span.
    ///
    /// It is inlined into each future, so it is small. For an open span in its scope, it does
    /// two comparisons and an exchange. All other cases are one call.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn begin_poll(&mut self, site: &'static Site) -> Polling<'_, false> {
        thread::with_block(|block| {
            let scope = block.recorded_scope();
            let outer = if scope == 0 {
                // Nothing is recorded here. But a live span has its trace, and continues in a
                // visit.
                if self.is_live() {
                    self.enter_slowly(site)
                } else {
                    if block.is_curious() {
                        missed::miss_first(site, self.is_fresh());
                    }
                    // The span stays off, because without a recorded first poll it has no
                    // beginning.
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

    /// Runs a poll of a root or of a held span's holder within the span.
    ///
    /// `ends` returns whether and how the span ends with a ready value. The holder keeps the
    /// trace: a held span has it from its start to its drop. A root is always polled in its
    /// scope and needs no reference.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn poll<T>(
        &mut self,
        opening: impl Opening,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        let outer = self.enter(opening);
        // The span is current until `leave_kept`. If the body or `ends` panics, `polling` is
        // dropped, which ends the span.
        let polling = Polling::<'_, true> { life: self, outer };
        let polled = poll();
        let outcome = match &polled {
            // Called only if there is a span, because it is code of the application.
            Poll::Ready(output) if polling.is_recorded() => ends(output),
            _ => None,
        };
        polling.leave_kept(outcome);
        polled
    }
}

/// A poll. The span is current until this is left. If it is dropped instead, the body is
/// unwinding, and the span has panicked.
pub(in crate::record) struct Polling<'a, const KEEPS_TRACE: bool> {
    life: &'a mut SpanLife,
    outer: u64,
}

impl<const KEEPS_TRACE: bool> Polling<'_, KEEPS_TRACE> {
    /// Whether there is a span to leave.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.life.is_live()
    }
}

// Both functions below first put the poll into a `ManuallyDrop`. They do not unwind, so its
// drop would be dead code.

impl Polling<'_, true> {
    /// Ends the span if there is an outcome, and otherwise suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave_kept(self, outcome: Option<Outcome>) {
        let mut this = ManuallyDrop::new(self);
        let outer = this.outer;
        thread::with_block(|block| {
            // The usual suspension only restores the previous current span.
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
    /// Ends the span if `has_failed` is set, and otherwise suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn leave(self, has_failed: Option<bool>) {
        let Self { life, outer } = &mut *ManuallyDrop::new(self);
        thread::with_block(|block| match has_failed {
            Some(has_failed) => {
                if life.is_live() {
                    life.end_polled(block, *outer, has_failed);
                }
                // The life is already off. It is set again here, where the compiler sees it,
                // so that `.await`, which drops the future next, need not check.
                life.set_off();
            }
            // This is the usual suspension. Without a trace it is the first suspension, and
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
    // This runs only while the body unwinds. The life was borrowed until now, so the span has
    // not ended. Inlined, so that the guard is in registers and not on the stack.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.life.panic(self.outer, KEEPS_TRACE);
    }
}
