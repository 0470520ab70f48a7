//! The current span in a handle that does not own it.
//!
//! The handle keeps the trace open, as a span that was [called](super::life) does, but not the
//! span. Code that enters it runs in a visit of the span, on any thread. So spans begin below
//! it, and entries are its own, as long as it has not ended. Later entries are lost and counted.

use std::sync::Arc;

use crate::record::scope::{Scope, entered};
use crate::record::thread;
use crate::record::trace::LocalTrace;
use crate::value::{Baggage, SpanId, TraceContext};

/// A recorded span that another holder owns.
#[derive(Debug)]
pub(crate) struct CapturedSpan {
    trace: Arc<LocalTrace>,
    span: u64,
    /// The baggage of the code that ran at the capture.
    baggage: Baggage,
}

impl CapturedSpan {
    /// Captures the span that is current on this thread; `None` if none is recorded.
    pub(crate) fn capture() -> Option<Self> {
        let span = thread::span();
        if thread::scope() == 0 || span == 0 {
            return None;
        }
        let (trace, baggage) = entered::current_trace_and_baggage()?;
        // Counted in the stage of the running scope, which cannot end before it hands this over.
        // From now on the trace stays open until the drop.
        thread::hold_trace_open();
        Some(Self {
            trace,
            span,
            baggage,
        })
    }

    /// The id of the span.
    pub(crate) fn span(&self) -> u64 {
        self.span
    }

    /// Whether it belongs to the parent process of a `fork`, where it must not be used.
    fn is_foreign(&self) -> bool {
        self.trace.tracer.is_foreign()
    }

    /// Makes a scope in which the span is current and may be written to. `None` if the span
    /// cannot be entered here.
    pub(crate) fn scope(&self) -> Option<Scope> {
        if self.is_foreign() || entered::is_paused() {
            return None;
        }
        Some(Scope::visit(&self.trace, &self.baggage, self.span))
    }

    /// The span's context, with the baggage at the capture. Its parent is not known.
    pub(crate) fn context(&self) -> TraceContext {
        let parent: Option<SpanId> = None;
        let head = &self.trace.head;
        head.context(self.span, parent, self.baggage.clone())
    }
}

impl Drop for CapturedSpan {
    fn drop(&mut self) {
        if !self.is_foreign() {
            self.trace.release_span();
        }
    }
}
