//! The context of a caller, in the extensions of its request.

use std::sync::Arc;

use http::Extensions;
use trace_core::{Carried, TraceContext, span};

/// The context of a caller. It keeps the caller's trace open while the request waits.
#[derive(Clone)]
pub(crate) struct Captured(Arc<Carried<()>>);

impl Captured {
    /// Puts the current context into the extensions of a request, if a trace runs.
    pub(crate) fn put(extensions: &mut Extensions) {
        if span::current_trace_id().is_some() {
            extensions.insert(Self(Arc::new(Carried::new(()))));
        }
    }

    /// Removes the context from the extensions, so that a request that is kept does not keep
    /// the trace open.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove()
    }

    /// Returns the context itself.
    pub(crate) fn context(&self) -> Option<&TraceContext> {
        self.0.context()
    }

    /// Runs code in the caller's trace.
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        self.0.with(|()| body())
    }
}
