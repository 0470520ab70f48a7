//! Scopes: a root, a trace that goes on from another process, a spawned task.
//!
//! A scope owns the stream of everything recorded in it. While its code runs its
//! state is the thread's; between polls it is here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::active::Active;
use super::departed;
use super::entered::{self, Left};
use super::hot::{self, Place};
use super::local_trace::{Head, LocalTrace};
use super::recording::Recording;
use super::tracer_core::TracerCore;
use super::unsampled::Unsampled;
use super::write;
use crate::baggage::Baggage;
use crate::context::TraceContext;
use crate::fork;
use crate::id::SpanId;
use crate::sampler::SamplingInput;
use crate::span_record::{Outcome, SpanKind};
use crate::stats::Counters;

/// The state of a scope whose code does not run at the moment.
///
/// Ends when dropped: what it recorded is handed over.
#[derive(Debug)]
pub(crate) struct Scope {
    active: Active,
    /// Where the scope's code goes on.
    place: Place,
}

/// Where a trace begins in this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) operation_name: &'a str,
    pub(crate) kind: SpanKind,
    pub(crate) from: From<'a>,
    /// Another baggage than that of the context.
    pub(crate) baggage: Option<&'a Baggage>,
}

/// What a trace is begun from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From<'a> {
    /// Nothing: it is new.
    Nothing,
    /// A span of another process.
    Remote(&'a TraceContext),
    /// A span of this process.
    Local(&'a TraceContext),
    /// A context that is the first span's own.
    Given(&'a TraceContext),
}

/// A scope's code runs on this thread until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    scope: &'a mut Scope,
}

/// A scope whose code runs on this thread, and which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct OwnedEntered {
    number: u32,
}

impl Scope {
    /// Begins a trace, or goes on with a remote one: decides whether to record it.
    pub(crate) fn start(tracer: &Arc<TracerCore>, start: Start<'_>) -> Self {
        let parent = match start.from {
            From::Nothing => None,
            From::Remote(context) | From::Local(context) | From::Given(context) => Some(context),
        };
        let trace_id = parent.map_or_else(|| tracer.ids.trace_id(), |parent| parent.trace_id);
        let is_sampled = match start.from {
            From::Given(context) | From::Local(context) => context.is_sampled(),
            From::Nothing | From::Remote(_) => {
                let mut input = SamplingInput::new(trace_id, start.operation_name, &tracer.clock);
                input.kind = start.kind;
                input.parent = parent;
                // A sampler is the application's code: if it panics, it refuses.
                let decide = || tracer.sampler.sample(&input).is_sampled();
                catch_unwind(AssertUnwindSafe(decide)).unwrap_or_else(|_| {
                    Counters::add(&tracer.queue.counters.sampler_panics, 1);
                    false
                })
            }
        };
        let flags = parent
            .map_or(crate::TraceFlags::RANDOM, |parent| parent.flags)
            .with_sampled(is_sampled);
        let entry = match start.from {
            From::Nothing => None,
            From::Remote(context) | From::Local(context) => Some(context.span_id),
            From::Given(context) => context.parent_span_id,
        };
        let tracestate = parent
            .map(|parent| parent.tracestate.clone())
            .unwrap_or_default();
        let baggage = start
            .baggage
            .or(parent.map(|parent| &parent.baggage))
            .cloned()
            .unwrap_or_default();
        if !is_sampled {
            tracer.queue.counters.start(1);
            Counters::add(&tracer.queue.counters.sampled_out, 1);
            let context = TraceContext {
                trace_id,
                span_id: match start.from {
                    From::Given(context) => context.span_id,
                    From::Nothing | From::Remote(_) | From::Local(_) => tracer.ids.span_id(),
                },
                parent_span_id: entry,
                flags,
                tracestate,
                baggage,
                is_remote: false,
            };
            return Self::of(Active::Unsampled(Unsampled::new(tracer, context)));
        }
        let remote_parent = match start.from {
            From::Remote(context) | From::Local(context) => context.span_id.get(),
            From::Given(context) if context.is_remote => {
                context.parent_span_id.map_or(0, SpanId::get)
            }
            From::Nothing | From::Given(_) => 0,
        };
        let head = Head {
            trace_id,
            flags,
            tracestate,
            baggage,
            remote_parent,
        };
        Self::recorded(Recording::begin(tracer, head), entry.map_or(0, SpanId::get))
    }

    /// A scope that records, below a span.
    fn recorded(recording: Recording, span: u64) -> Self {
        let plain = recording.trace().tracer.plain();
        let number = recording.number();
        Self {
            active: Active::Recorded(recording),
            place: Place {
                scope: number,
                number,
                span,
                entry: span,
                plain,
            },
        }
    }

    /// A scope that records nothing.
    fn of(active: Active) -> Self {
        Self {
            active,
            place: Place {
                number: hot::new_scope(),
                ..Place::NOWHERE
            },
        }
    }

    /// A scope that is outside any trace, and in which the process's tracer is current.
    pub(crate) fn nowhere() -> Self {
        Self::of(Active::Nothing)
    }

    /// A scope outside the trace that runs on this thread, in which its tracer is current.
    pub(crate) fn outside() -> Self {
        entered::with_tracer(Arc::clone).map_or_else(Self::nowhere, Self::attached)
    }

    /// A scope in which the tracer is current and no trace runs.
    pub(crate) fn attached(tracer: Arc<TracerCore>) -> Self {
        Self::of(Active::Attached(tracer))
    }

    /// Another scope of the trace that runs on this thread, if it is one that is not
    /// recorded.
    pub(crate) fn capture_unsampled() -> Option<Self> {
        entered::current_unsampled().map(Self::unsampled)
    }

    /// A scope of a trace that is not recorded.
    fn unsampled(unsampled: Box<Unsampled>) -> Self {
        Self::of(Active::Unsampled(unsampled))
    }

    /// Another scope of the trace that runs on this thread, below its current span.
    ///
    /// Where no trace runs: one in which the same tracer is current, if there is one.
    pub(crate) fn capture() -> Self {
        let span = hot::span();
        entered::with(|active| Self::beside(active, span)).unwrap_or_else(Self::nowhere)
    }

    /// Another scope of the same trace, below the same span.
    pub(crate) fn fork(&self) -> Self {
        Self::beside(&self.active, self.place.span)
    }

    fn beside(active: &Active, span: u64) -> Self {
        match active {
            Active::Recorded(recording) => Self::recorded(recording.fork(), span),
            Active::Visiting(visiting) => {
                visiting.trace.as_ref().map_or_else(Self::nowhere, |trace| {
                    Self::recorded(Recording::join(trace, visiting.baggage.clone()), span)
                })
            }
            Active::Unsampled(unsampled) => Self::unsampled(unsampled.clone()),
            Active::Attached(tracer) => Self::attached(Arc::clone(tracer)),
            Active::Nothing => Self::nowhere(),
        }
    }

    /// Another scope of the trace that runs on this thread, if one does.
    pub(crate) fn current() -> Option<Self> {
        entered::trace_id().map(|_| Self::capture())
    }

    /// Another scope of the trace that runs on this thread, below the span of a
    /// context, if that is of the same trace.
    pub(crate) fn current_below(context: &TraceContext) -> Option<Self> {
        let is_same = entered::trace_id() == Some(context.trace_id);
        let mut scope = is_same.then(Self::capture)?;
        if scope.is_recording() {
            scope.place.span = context.span_id.get();
            scope.place.entry = scope.place.span;
        }
        Some(scope)
    }

    /// Whether spans of this scope are recorded.
    pub(crate) fn is_recording(&self) -> bool {
        matches!(self.active, Active::Recorded(_))
    }

    pub(super) fn number(&self) -> u32 {
        self.place.number
    }

    /// Makes a span that was opened in this scope the one with which its code goes on.
    pub(super) fn set_base(&mut self, span: u64) {
        self.place.span = span;
    }

    /// Takes what surrounds the scope's code; it can be put back.
    pub(super) fn take(&mut self) -> Self {
        Self {
            active: std::mem::take(&mut self.active),
            place: self.place,
        }
    }

    /// Puts back what was taken, after the scope was entered and left.
    pub(super) fn put_back(&mut self, active: Active) {
        self.active = active;
    }

    /// The context of a trace that is not recorded.
    pub(crate) fn unsampled_context(&self) -> Option<&TraceContext> {
        match &self.active {
            Active::Unsampled(unsampled) => Some(&unsampled.context),
            _ => None,
        }
    }

    /// A key for visits that are not those of a recorded span.
    fn visit_key(&self) -> u64 {
        // Unlike any span's id, but by accident.
        !u64::from(self.place.number)
    }

    /// Enters another scope of a trace that is not recorded, until
    /// [`leave_copy`](Self::leave_copy).
    pub(crate) fn enter_copy(&self) {
        self.fork().enter_for(self.visit_key());
    }

    /// Leaves what [`enter_copy`](Self::enter_copy) entered last on this thread; returns
    /// whether there was something.
    pub(crate) fn leave_copy(&self) -> bool {
        leave_span(self.visit_key())
    }

    /// Makes the thread run this scope's code.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        self.push(0);
        Entered { scope: self }
    }

    /// Makes the thread run this scope's code, without a borrow.
    pub(crate) fn enter_owned(mut self) -> OwnedEntered {
        self.push(0);
        OwnedEntered {
            number: self.place.number,
        }
    }

    /// Makes the thread run this scope's code for the visit of a span, which
    /// [`entered::leave_span`] ends.
    pub(super) fn enter_for(mut self, span: u64) {
        self.push(span);
    }

    #[inline]
    fn push(&mut self, visitor: u64) {
        self.keep_own();
        let active = std::mem::take(&mut self.active);
        entered::enter(visitor, active, self.place);
    }

    /// Forgets what is of another process, if a `fork` has made it that: it is neither
    /// gone on with nor ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn keep_own(&mut self) {
        if fork::has_happened() {
            self.forget_foreign();
        }
    }

    #[cold]
    fn forget_foreign(&mut self) {
        if self.active.is_foreign() {
            // Not dropped: it may be the last that holds a sampler, which is not known to
            // end well in another process.
            std::mem::forget(std::mem::take(&mut self.active));
            self.place = Place {
                number: self.place.number,
                ..Place::NOWHERE
            };
        }
    }
}

/// Leaves the last visit of a span on this thread, and ends the scope that was entered
/// for it; returns whether there was one.
pub(super) fn leave_span(span: u64) -> bool {
    let left = entered::leave_span(span);
    let is_left = left.is_some();
    if let Some(Left::Scope(_, active)) = left {
        end(active);
    }
    is_left
}

/// Ends a span that was opened in a scope, mostly as the current one, and makes `outer`
/// the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn close(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if hot::span() == span {
        write::close(span, outer, outcome);
    } else {
        close_in(scope, span, outer, outcome);
    }
}

/// Ends a span that was opened in a scope, which may wait for another one to be left, or
/// was left before.
#[inline(never)]
pub(super) fn close_in(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if hot::scope() == scope {
        write::close(span, outer, outcome);
    } else if !entered::close_suspended(scope, span, outer, outcome)
        && let Some(trace) = departed::trace_of(scope)
    {
        let (baggage, order) = (trace.head.baggage.clone(), trace.order_of_visit());
        entered::enter_visit(trace, baggage, span, order);
        write::close(span, span, outcome);
        leave_span(span);
    }
}

/// Enters a scope of a trace for a span that is to begin below `parent`, and begins it.
pub(super) fn enter_to_open(trace: &Arc<LocalTrace>, parent: u64, open: impl FnOnce() -> u64) {
    let recording = Recording::join(trace, trace.head.baggage.clone());
    Scope::recorded(recording, parent).enter_for(0);
    entered::set_visitor(open());
}

impl Default for Scope {
    /// A scope that is over.
    fn default() -> Self {
        Self {
            active: Active::Nothing,
            place: Place::NOWHERE,
        }
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        self.keep_own();
        end(std::mem::take(&mut self.active));
    }
}

/// Ends a scope that was left.
#[inline]
pub(super) fn end(active: Active) {
    match active {
        Active::Recorded(recording) => recording.end(),
        Active::Unsampled(unsampled) => unsampled.end(),
        Active::Visiting(_) | Active::Attached(_) | Active::Nothing => {}
    }
}

impl Entered<'_> {
    /// Leaves the scope, which ends.
    pub(crate) fn end(self) {
        if let Some(active) = entered::leave(self.scope.place.number, true) {
            end(active);
        }
        std::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = entered::leave(self.scope.place.number, false) {
            self.scope.active = active;
        }
    }
}

impl Drop for OwnedEntered {
    /// Leaves the scope, which so ends.
    fn drop(&mut self) {
        if let Some(active) = entered::leave(self.number, true) {
            end(active);
        }
    }
}
