//! The context of a caller, in the extensions of its request.

use std::sync::Arc;

use http::Extensions;
use trace_core::{Carried, TraceContext, span};

/// The context of a caller. It keeps the caller's trace open while the request waits. `None` if
/// the caller has no trace.
#[derive(Clone)]
pub(crate) struct Captured(Option<Arc<Carried<()>>>);

impl Captured {
    /// Puts the current context into the extensions of a request, or notes that there is none.
    pub(crate) fn put(extensions: &mut Extensions) {
        let context = span::current_trace_id().map(|_| Arc::new(Carried::new(())));
        extensions.insert(Self(context));
    }

    /// Removes the context from the extensions, so that a request that is kept does not keep
    /// the trace open.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove()
    }

    /// Returns the context itself.
    pub(crate) fn context(&self) -> Option<&TraceContext> {
        self.0.as_ref()?.context()
    }

    /// Whether the caller has a trace.
    pub(crate) const fn has_trace(&self) -> bool {
        self.0.is_some()
    }

    /// Runs code in the caller's trace, if there is one.
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(carried) => carried.with(|()| body()),
            None => body(),
        }
    }
}
