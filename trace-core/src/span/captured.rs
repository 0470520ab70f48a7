//! The span that is current on a thread, for an owner that may enter it elsewhere.
//!
//! It is for bridges, whose handles outlive the functions in which they are made.

use std::fmt;
use std::marker::PhantomData;

use crate::record::{self, IfRecording, OwnedEntered, RECORDING_BUILT, Scope};
use crate::value::TraceContext;

/// The span that was current where this was made. It keeps the trace open, and does not end the
/// span.
///
/// Any number of threads may be in it at once. What they say after the span has ended is lost
/// and counted in [`Stats::unattached`](crate::Stats::unattached); spans may still begin below
/// it.
pub struct CapturedSpan(IfRecording<Captured>);

enum Captured {
    /// The trace is not sampled: the span is its context.
    Unsampled(Scope),
    Recorded(record::CapturedSpan),
}

/// Makes a [`CapturedSpan`] current on this thread until it is dropped.
#[must_use = "the span is current until this is dropped"]
pub struct EnteredCapture {
    scope: OwnedEntered,
    /// The span; zero if it is not recorded.
    span: u64,
    /// It belongs to this thread's stack.
    _not_send: PhantomData<*const ()>,
}

impl CapturedSpan {
    /// Captures the current span; `None` without a trace.
    #[must_use]
    pub fn capture() -> Option<Self> {
        if !RECORDING_BUILT {
            return None;
        }
        let captured = match record::CapturedSpan::capture() {
            Some(span) => Captured::Recorded(span),
            None => Captured::Unsampled(Scope::capture_unsampled()?),
        };
        Some(Self(IfRecording::new(captured)))
    }

    /// Makes the span current on this thread. `None` if it cannot be entered here: while a value
    /// is formatted for recording, and in the child of a `fork`.
    #[must_use]
    pub fn enter(&self) -> Option<EnteredCapture> {
        let (scope, span) = match self.0.get()? {
            Captured::Unsampled(scope) => (scope.beside(), 0),
            Captured::Recorded(captured) => (captured.scope()?, captured.span()),
        };
        Some(EnteredCapture {
            scope: scope.enter_owned(),
            span,
            _not_send: PhantomData,
        })
    }

    /// Returns the span's context.
    #[must_use]
    pub fn context(&self) -> Option<TraceContext> {
        match self.0.get()? {
            Captured::Unsampled(scope) => scope.unsampled_context(),
            Captured::Recorded(span) => Some(span.context()),
        }
    }

    /// Returns whether the span is recorded.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        matches!(self.0.get(), Some(Captured::Recorded(_)))
    }
}

impl fmt::Debug for CapturedSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedSpan")
            .field("context", &self.context())
            .finish_non_exhaustive()
    }
}

impl Drop for EnteredCapture {
    /// It may be dropped before a span that began within it.
    fn drop(&mut self) {
        self.scope.keep_ends(self.span);
    }
}

impl fmt::Debug for EnteredCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnteredCapture")
    }
}
