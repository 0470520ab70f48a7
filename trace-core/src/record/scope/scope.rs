//! A scope whose code does not run at the moment.
//!
//! It owns the state between polls and ends it when it is dropped: what was recorded is
//! handed over. How it begins is in `start.rs`, how its code is run in `entering.rs`.
//!
//! In the child of a `fork` a scope of the parent's is forgotten, and neither continued
//! nor ended.

use std::sync::Arc;

use super::active::Active;
use super::attachment::Attachment;
use super::unsampled::Unsampled;
use crate::process::fork;
use crate::record::trace::TracerCore;
use crate::value::TraceContext;

/// The state of a scope whose code does not run at the moment; two words.
///
/// Ends when dropped: what it recorded is handed over.
#[derive(Debug, Default)]
pub(crate) struct Scope(pub(super) Active);

impl Scope {
    /// A scope that is outside any trace, and in which the process's tracer is current.
    pub(crate) fn nowhere() -> Self {
        Self(Active::Nothing)
    }

    /// A scope in which the tracer is current and no trace runs.
    pub(crate) fn attached(tracer: Arc<TracerCore>) -> Self {
        Self(Active::Attached(Attachment::new(tracer)))
    }

    /// A scope of a trace that is not recorded.
    pub(super) fn unsampled(unsampled: Box<Unsampled>) -> Self {
        Self(Active::Unsampled(unsampled))
    }

    /// Whether spans of this scope are recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.0.is_recorded()
    }

    /// Makes a span that was opened in this scope the one with which its code goes on.
    pub(in crate::record) fn set_base(&mut self, span: u64) {
        if let Active::Recorded(recording) = &mut self.0 {
            recording.set_base(span);
        }
    }

    /// Takes what surrounds the scope's code; it can be put back.
    pub(in crate::record) fn take_scope(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Puts back what was taken, after the scope was entered and left.
    pub(in crate::record) fn put_back_active(&mut self, active: Active) {
        self.0 = active;
    }

    /// The context of a trace that is not recorded.
    pub(crate) fn unsampled_context(&self) -> Option<TraceContext> {
        self.unsampled_trace().map(Unsampled::context)
    }

    /// The context of a call out of a trace that is not recorded.
    pub(crate) fn unsampled_context_of_call(&self) -> Option<TraceContext> {
        self.unsampled_trace().map(Unsampled::context_of_call)
    }

    /// Whether there is no tracer, and a context only passes.
    pub(crate) fn is_passing(&self) -> bool {
        self.unsampled_trace()
            .is_some_and(|unsampled| unsampled.tracer().is_none())
    }

    /// Whether it is of a trace that is not recorded.
    pub(crate) fn is_unsampled(&self) -> bool {
        self.unsampled_trace().is_some()
    }

    pub(in crate::record) fn unsampled_trace(&self) -> Option<&Unsampled> {
        match &self.0 {
            Active::Unsampled(unsampled) => Some(unsampled),
            _ => None,
        }
    }

    /// Forgets what is of another process, if a `fork` has made it that. One comparison
    /// in a process that has not forked.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn keep_own(&mut self) {
        if fork::has_happened() {
            self.forget_foreign();
        }
    }

    #[cold]
    fn forget_foreign(&mut self) {
        if self.0.is_foreign() {
            // Not dropped: it may be the last that holds a sampler, which is not known to
            // end well in another process.
            std::mem::forget(std::mem::take(&mut self.0));
        }
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        self.keep_own();
        end_scope(std::mem::take(&mut self.0));
    }
}

/// Ends a scope that was left.
#[inline]
pub(in crate::record) fn end_scope(active: Active) {
    match active {
        Active::Recorded(recording) => recording.end(),
        Active::Unsampled(unsampled) => unsampled.end(),
        Active::Attached(_) | Active::Nothing => {}
    }
}
