//! Makes scopes of the trace that runs on this thread, for code that runs elsewhere.
//!
//! A captured scope keeps the trace open until the scope ends. If the trace is not recorded,
//! the captured scope carries its context. If no trace runs, it carries the current tracer, if
//! any.
//!
//! Each function of `entered` borrows the thread's stack. So this file calls them one after
//! another, and never one in the closure of another.

use std::sync::Arc;

use super::active::Active;
use super::entered;
use super::recording::{Recording, Visiting};
use super::scope::Scope;
use crate::diagnostics::NotSampledBy;
use crate::record::thread;
use crate::record::trace::LocalTrace;
use crate::value::{Baggage, TraceContext};

impl Scope {
    /// A scope outside the trace that runs on this thread, in which its tracer is current.
    pub(crate) fn outside() -> Self {
        entered::with_tracer(Arc::clone).map_or_else(Self::nowhere, Self::attached)
    }

    /// Another scope of the trace that runs on this thread, if that trace is not recorded.
    pub(crate) fn capture_unsampled() -> Option<Self> {
        entered::current_unsampled().map(Self::unsampled)
    }

    /// Makes another scope of the trace that runs on this thread, below its current span.
    ///
    /// If no trace runs, the scope has the same current tracer, if any. If recording is
    /// paused, the scope belongs to a trace that is not recorded, below the current span.
    pub(crate) fn capture() -> Self {
        let span = thread::span();
        // Paused code runs only because something is recorded. A task that it spawns may
        // outlive the pause, so the task needs a scope that does not record.
        if entered::is_paused()
            && entered::with_running_scope(|scope| scope.is_recorded()) == Some(true)
            && let Some(context) = entered::context()
            && let Some(tracer) = entered::with_tracer(Arc::clone)
        {
            let scope = Self::unsampled_below(&tracer, &context, NotSampledBy::Sampler);
            return scope.with_baggage(Some(&context.baggage));
        }
        // The scope is only made while the stack is borrowed. No code of the application runs:
        // `join` counts a scope and takes a spare stream.
        let captured = entered::with_running_scope(|scope| match scope.join(span) {
            Some(joined) => Self(Active::Recorded(joined)),
            None => Self::unrecorded_beside(scope.active()),
        });
        captured.unwrap_or_else(Self::nowhere)
    }

    /// Makes a sibling of a [captured](Self::capture) scope, of the same trace and below the
    /// same span.
    pub(crate) fn beside(&self) -> Self {
        match &self.0 {
            Active::Recorded(recording) => match recording.join_beside() {
                Some(again) => Self(Active::Recorded(again)),
                // A scope that is alone in its trace was not captured. A captured scope has
                // shared its trace since it was made.
                None => Self::nowhere(),
            },
            active => Self::unrecorded_beside(active),
        }
    }

    /// Makes another scope of a trace that is not recorded, or another one with the same
    /// tracer.
    fn unrecorded_beside(active: &Active) -> Self {
        match active {
            Active::Unsampled(unsampled) => Self::unsampled(unsampled.copy_for_scope()),
            Active::Attached(attachment) => Self(Active::Attached(attachment.for_task())),
            Active::Nothing | Active::Recorded(_) => Self::nowhere(),
        }
    }

    /// Makes a scope for a visit of a span, whose holder is elsewhere. The caller keeps the trace
    /// open.
    pub(in crate::record) fn visit(trace: &Arc<LocalTrace>, baggage: &Baggage, span: u64) -> Self {
        let visiting = Visiting {
            trace: Some(Arc::clone(trace)),
            baggage: baggage.clone(),
            order: trace.order_of_visit(),
        };
        let recording = Recording::visit(visiting, thread::new_scope(), span);
        recording.map_or_else(Self::nowhere, |recording| Self(Active::Recorded(recording)))
    }

    /// Makes another scope of the trace that runs on this thread, if any.
    pub(crate) fn current() -> Option<Self> {
        entered::trace_id().map(|_| Self::capture())
    }

    /// Makes another scope of the trace that runs on this thread, below the span of a context,
    /// if the context belongs to that trace.
    pub(crate) fn current_below(context: &TraceContext) -> Option<Self> {
        let is_same = entered::trace_id() == Some(context.trace_id);
        let mut scope = is_same.then(Self::capture)?;
        // The span may have ended already, because only its id is needed. It is set before the
        // scope has any entries, so that no span gets another parent.
        if let Active::Recorded(recording) = &mut scope.0 {
            recording.set_below(context.span_id.get());
        }
        Some(scope)
    }
}
