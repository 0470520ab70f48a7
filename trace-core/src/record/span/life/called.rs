//! Spans that are called before they are polled.
//!
//! A function that is not async and returns a future belongs to the trace in which it is
//! called. Its span begins with the first poll, below the span that was current at the
//! call. Until then the life holds the trace open by a count, and not by a scope: see
//! `thread::hold_trace_open`.

use super::span_life::{Front, Phase, SpanLife};
use crate::record::scope::{self, entered};
use crate::record::{thread, write};
use crate::stream::Site;

impl SpanLife {
    /// A span that begins with its first poll, wherever that is, below the span that is
    /// current now. Where nothing is recorded it is like a fresh one.
    #[inline]
    pub(crate) fn called() -> Self {
        let mut life = Self::fresh();
        life.begin_call(Phase::Called);
        life
    }

    /// The same for what is called by code that makes a future, and mostly a part of that:
    /// where something is recorded at the first poll, it belongs there.
    #[inline]
    pub(crate) fn called_within() -> Self {
        let mut life = Self::fresh();
        life.begin_call(Phase::Within);
        life
    }

    /// Takes the trace that runs here, if one is recorded, and holds it open. Else the
    /// life stays fresh.
    #[inline(never)]
    fn begin_call(&mut self, phase: Phase) {
        let scope = thread::scope();
        if scope == 0 {
            return;
        }
        // Counted in the stage of this scope, and so handed over with it: no access to
        // memory that threads share.
        thread::hold_trace_open();
        self.front = Front { phase, scope };
        self.span = thread::span();
        *self.trace = entered::current_trace();
    }

    /// Begins a span where it is polled first, and lets go of where it was called.
    pub(super) fn open_within(&mut self, is_home: bool, site: Option<&'static Site>) -> u64 {
        let Some(site) = site else {
            self.set_off();
            return 0;
        };
        let (span, outer) = write::open(site);
        // After the span was opened, so that its trace is open all the time.
        self.release_call(is_home);
        self.span = span;
        self.front = Front {
            phase: Phase::Open,
            scope: thread::scope(),
        };
        outer
    }

    /// Begins a span at its first poll that was called before.
    pub(super) fn open_called(&mut self, is_home: bool, site: Option<&'static Site>) -> u64 {
        let trace = self.trace.as_ref();
        let Some(trace) = trace.filter(|trace| !trace.tracer.is_foreign()) else {
            self.set_off();
            return 0;
        };
        let parent = self.span;
        let Some(site) = site else {
            self.set_off();
            return 0;
        };
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
        thread::span()
    }

    /// Stops holding a trace open in which the span was to begin.
    pub(super) fn release_call(&mut self, is_home: bool) {
        let Some(trace) = self.trace.take() else {
            return;
        };
        if is_home {
            thread::release_trace();
        } else if !trace.tracer.is_foreign() {
            trace.release_span();
        }
    }
}
