//! A scope whose code does not run at the moment.
//!
//! It owns the state between polls. When it is dropped, it ends and hands over its entries.
//! `start.rs` begins a scope, and `entering.rs` runs its code.
//!
//! In the child of a `fork`, a scope of the parent process is forgotten. It is not continued
//! and not ended.

use std::sync::Arc;

use super::active::Active;
use super::attachment::Attachment;
use super::unsampled::Unsampled;
use crate::process::fork;
use crate::propagation::TraceStart;
use crate::record::trace::TracerCore;
use crate::value::{Baggage, TraceContext};

/// The state of a scope whose code does not run at the moment. It has two words.
///
/// When it is dropped, it ends and hands over its entries. It may be dropped on any thread,
/// because none of its state is in a thread-local.
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

    /// Makes a span that was opened in this scope the current one for the scope's next poll.
    pub(in crate::record) fn set_base(&mut self, span: u64) {
        if let Active::Recorded(recording) = &mut self.0 {
            recording.set_base(span);
        }
    }

    /// Takes the state out of the scope. Until it is put back, the scope is empty, and
    /// dropping it ends nothing.
    pub(in crate::record) fn take_scope(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Puts back the state that was taken, after the scope was entered and left.
    ///
    /// The scope must be empty, because its old state is dropped without being ended.
    pub(in crate::record) fn put_back_active(&mut self, active: Active) {
        self.0 = active;
    }

    /// The context of a trace that is not recorded.
    pub(crate) fn unsampled_context(&self) -> Option<TraceContext> {
        self.unsampled_trace().and_then(Unsampled::context)
    }

    /// The context for a call to another service from a trace that is not recorded.
    pub(crate) fn unsampled_context_of_call(&self) -> Option<TraceContext> {
        self.unsampled_trace().and_then(Unsampled::context_of_call)
    }

    /// What came without a context, to be passed on with the baggage.
    pub(crate) fn start_passed_on(&self) -> Option<(TraceStart, Baggage)> {
        self.unsampled_trace().and_then(Unsampled::start)
    }

    /// Whether there is no tracer and a context is only passed through.
    pub(crate) fn is_passing(&self) -> bool {
        self.unsampled_trace()
            .is_some_and(|unsampled| unsampled.tracer().is_none())
    }

    /// Whether its trace is not recorded.
    pub(crate) fn is_unsampled(&self) -> bool {
        self.unsampled_trace().is_some()
    }

    pub(in crate::record) fn unsampled_trace(&self) -> Option<&Unsampled> {
        match &self.0 {
            Active::Unsampled(unsampled) => Some(unsampled),
            _ => None,
        }
    }

    /// Forgets the state if it belongs to the parent process. If the process has not forked,
    /// this is one comparison.
    ///
    /// Called before the state is used or dropped, because its locks may be held forever by
    /// threads that the child does not have.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn keep_own(&mut self) {
        if fork::has_happened() {
            self.forget_foreign();
        }
    }

    #[cold]
    fn forget_foreign(&mut self) {
        if self.0.is_foreign() {
            // The state is not dropped. It may hold the last reference to a sampler, whose
            // drop may wait for threads that this process does not have.
            std::mem::forget(std::mem::take(&mut self.0));
        }
    }
}

impl Drop for Scope {
    /// Ends the scope. Inlined, because the state of most scopes was taken before the drop.
    #[inline]
    fn drop(&mut self) {
        self.keep_own();
        end_scope(std::mem::take(&mut self.0));
    }
}

/// Ends a scope that was left. The thread's stack must not be borrowed, because the scope may
/// hold the last reference to a tracer.
#[inline]
pub(in crate::record) fn end_scope(active: Active) {
    match active {
        Active::Recorded(recording) => recording.end(),
        Active::Unsampled(unsampled) => unsampled.end(),
        Active::Attached(_) | Active::Nothing => {}
    }
}
