//! Spans that are called before they are polled.
//!
//! A function that is not async and returns a future belongs to the trace in which it is
//! called. Its span begins with the first poll, below the span that was current at the
//! call. Until then the life holds the trace open by a count and not by a scope:
//! `thread::hold_trace_open` counts one more stray in the scope of the call.
//!
//! The stray is taken back once: where the span begins, or where the future is dropped. That
//! may be on any thread and in any scope: only the sum in the trace counts. A future that is
//! forgotten holds the trace open for ever.

use super::span_life::{Front, Phase, SpanLife};
use crate::record::scope::{self, entered};
use crate::record::{thread, write};
use crate::stream::Site;

impl SpanLife {
    /// A span that begins with its first poll, wherever that is, below the span that is
    /// current now. If nothing is recorded now, it is like a fresh one.
    #[inline]
    pub(crate) fn called() -> Self {
        let mut life = Self::fresh();
        life.begin_call(Phase::Called);
        life
    }

    /// The same for what is called by code that makes a future, and that mostly becomes a
    /// part of that future: if something is recorded at the first poll, the span belongs
    /// there.
    #[inline]
    pub(crate) fn called_within() -> Self {
        let mut life = Self::fresh();
        life.begin_call(Phase::Within);
        life
    }

    /// Takes a reference to the trace that runs here, if one is recorded, and holds the trace
    /// open. Otherwise the life stays fresh.
    #[inline(never)]
    fn begin_call(&mut self, phase: Phase) {
        let scope = thread::scope();
        if scope == 0 {
            return;
        }
        // Counted in the stage of this scope, and handed over with it: no memory that
        // threads share is touched. The scope cannot end before that, as its code runs.
        thread::hold_trace_open();
        self.front = Front { phase, scope };
        // Not a span of its own yet: the parent with which it will begin.
        self.span = thread::span();
        *self.trace = entered::current_trace();
    }

    /// Begins a span where it is polled first, and stops holding the trace of the call open.
    pub(super) fn open_within(&mut self, is_home: bool, site: Option<&'static Site>) -> u64 {
        // Only a future is called, and a future has a site: the holders without one (a root,
        // a held span) never are in this phase.
        let Some(site) = site else {
            self.set_off();
            return 0;
        };
        let (span, outer) = write::open(site);
        // Only now: if the trace of the call is the one that runs, it is held open all the
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
    /// its own trace, as a visit. The reference to the trace stays in the life: it was taken
    /// at the call.
    pub(super) fn open_called(&mut self, is_home: bool, site: Option<&'static Site>) -> u64 {
        let trace = self.trace.as_ref();
        // In the child of a `fork` the trace belongs to the parent process. The reference is
        // leaked, as dropping the last one is not safe there.
        let Some(trace) = trace.filter(|trace| !trace.tracer.is_foreign()) else {
            self.set_off();
            return 0;
        };
        let parent = self.span;
        let Some(site) = site else {
            self.set_off();
            return 0;
        };
        // In both ways the stray of the call is taken back after the span was opened, in the
        // scope where it was opened. So the trace does not look complete in between.
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
        // The current span of the visit, which is left with the visit.
        thread::span()
    }

    /// Takes the stray of the call back, and drops the reference to the trace. `is_home` says
    /// that the scope of the call runs here, so that its stage can count it.
    pub(super) fn release_call(&mut self, is_home: bool) {
        let Some(trace) = self.trace.take() else {
            return;
        };
        if is_home {
            thread::release_trace();
        } else if !trace.tracer.is_foreign() {
            // Another scope runs here, or none. So the count of the trace itself is lowered,
            // which reports the end if nothing else remains.
            trace.release_span();
        }
    }
}
