//! Spans that are called before they are polled.
//!
//! A function that is not async and returns a future belongs to the trace in which it is
//! called. Its span begins with the first poll, below the span that was current at the call.
//! Until then the life keeps the trace open with a count instead of a scope:
//! `thread::hold_trace_open` counts one more stray in the scope of the call.
//!
//! The stray is removed once: where the span begins, or where the future is dropped. This may
//! be on any thread and in any scope, because only the sum in the trace matters. A forgotten
//! future keeps the trace open forever.

use super::span_life::{Front, Phase, SpanLife};
use crate::record::scope::{self, entered};
use crate::record::{thread, write};
use crate::stream::Site;

impl SpanLife {
    /// Makes the life of a span that begins with its first poll, in any scope, below the span
    /// that is current now. If nothing is recorded now, the life is fresh.
    #[inline]
    pub(crate) fn called() -> Self {
        let mut life = Self::fresh();
        life.begin_call(Phase::Called);
        life
    }

    /// Like [`called`](Self::called), for a call by code that makes a future and usually makes
    /// the callee a part of it. If something is recorded at the first poll, the span belongs
    /// there.
    #[inline]
    pub(crate) fn called_within() -> Self {
        let mut life = Self::fresh();
        life.begin_call(Phase::Within);
        life
    }

    /// Takes a reference to the running trace, if it is recorded, and keeps the trace open.
    /// Otherwise the life stays fresh.
    #[inline(never)]
    fn begin_call(&mut self, phase: Phase) {
        let scope = thread::scope();
        if scope == 0 {
            return;
        }
        // Counted in the stage of this scope, and handed over with it, so no shared memory is
        // accessed. The scope cannot end before that, because its code runs.
        thread::hold_trace_open();
        self.front = Front { phase, scope };
        // This is not the span's own id yet, but its future parent.
        self.span = thread::span();
        *self.trace = entered::current_trace();
    }

    /// Begins a span at its first poll, in the running scope, and releases the trace of the
    /// call.
    pub(super) fn open_within(&mut self, is_home: bool, site: Option<&'static Site>) -> u64 {
        // Only a future can be called, and a future has a site. Holders without a site (a
        // root, a held span) are never in this phase.
        let Some(site) = site else {
            self.set_off();
            return 0;
        };
        let (span, outer) = write::open(site);
        // This comes last. If the trace of the call is the running one, it stays open all the
        // time.
        self.release_call(is_home);
        self.span = span;
        self.front = Front {
            phase: Phase::Open,
            scope: thread::scope(),
        };
        outer
    }

    /// Begins a span, at its first poll, in the trace in which it was called.
    ///
    /// If the scope of the call runs, the span begins there. Otherwise it begins in a scope of
    /// its own trace, as a visit. The reference to the trace, which was taken at the call,
    /// stays in the life.
    pub(super) fn open_called(&mut self, is_home: bool, site: Option<&'static Site>) -> u64 {
        let trace = self.trace.as_ref();
        // In the child of a `fork` the trace belongs to the parent process. The reference is
        // leaked, because dropping the last one is not safe there.
        let Some(trace) = trace.filter(|trace| !trace.tracer.is_foreign()) else {
            self.set_off();
            return 0;
        };
        let parent = self.span;
        let Some(site) = site else {
            self.set_off();
            return 0;
        };
        // In both cases the stray of the call is removed after the span was opened, in the
        // same scope. So the trace does not look complete in between.
        if is_home {
            let (span, outer) = write::open_below(site, parent);
            thread::release_trace();
            self.span = span;
            self.front.phase = Phase::Open;
            return outer;
        }
        let mut span = 0;
        scope::enter_to_open(trace, parent, || {
            (span, _) = write::open(site);
            thread::release_trace();
            span
        });
        self.span = span;
        self.front = Front {
            phase: Phase::Moved,
            scope: thread::scope(),
        };
        // The current span in the scope of the visit. That scope is left with the visit.
        thread::span()
    }

    /// Removes the stray of the call, and drops the reference to the trace. `is_home` means
    /// that the scope of the call runs here, so its stage can count this.
    pub(super) fn release_call(&mut self, is_home: bool) {
        let Some(trace) = self.trace.take() else {
            return;
        };
        if is_home {
            thread::release_trace();
        } else if !trace.tracer.is_foreign() {
            // Another scope runs here, or none. So this lowers the count of the trace itself,
            // and reports the end of the trace if nothing else remains.
            trace.release_span();
        }
    }
}
