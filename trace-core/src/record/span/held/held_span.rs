//! A held span: its fields, and how it begins.
//!
//! It is constant, with three exceptions. Only the holder changes the life, through `&mut`.
//! The word of `visits` is atomic, and the own scope is behind a lock. So a function that
//! takes `&self` may run on several threads at once.

use std::sync::Arc;
use std::thread::ThreadId;

use super::visits::Visits;
use crate::process::sync::Mutex;
use crate::record::scope::{Scope, entered};
use crate::record::span::life::SpanLife;
use crate::record::trace::LocalTrace;
use crate::record::{thread, write};
use crate::stream::Site;
use crate::value::{Baggage, SpanId, TraceContext};

/// A recorded span in a handle.
#[derive(Debug)]
pub(crate) struct HeldSpan {
    /// Only the holder changes it. Other threads read the trace, and the span's id and home,
    /// which never change.
    pub(super) life: SpanLife,
    /// Synchronizes the threads: counts visits of the span, and knows whether it has ended.
    pub(super) visits: Visits,
    /// The parent, for the context of the span and for the note that a child has failed.
    pub(super) parent: u64,
    /// The baggage of the code that started the span. It does not change later.
    pub(super) baggage: Baggage,
    /// The scope in which the span was opened, if the span owns it, as a held root does. It is
    /// empty while a thread runs in the scope.
    pub(super) own: Option<Box<Mutex<Scope>>>,
    /// The thread that started the span, if it was unwinding then.
    pub(super) unwinding: Option<ThreadId>,
}

/// The state of a span that has begun and is about to be held. It has few words; the rest is
/// made in its final place.
#[derive(Debug)]
pub(crate) struct Begun {
    span: u64,
    parent: u64,
    scope: u32,
    trace: Arc<LocalTrace>,
    baggage: Baggage,
}

impl HeldSpan {
    /// Whether something is recorded here.
    #[inline]
    pub(crate) fn can_start() -> bool {
        thread::scope() != 0
    }

    /// Opens a span below the current one, which stays current; `None` if nothing is recorded.
    /// `describe` writes the facts that the site does not have.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin(site: &'static Site, describe: impl FnOnce(u64)) -> Option<Begun> {
        let scope = thread::scope();
        if scope == 0 {
            return None;
        }
        let (span, parent) = write::open(site);
        // The span is current meanwhile, so `describe` writes to it.
        describe(span);
        // Starting a held span does not make it current.
        thread::set_span(parent);
        // Only a scope without baggage lends a trace, so the span has none.
        let (trace, baggage) = match thread::take_lent_trace() {
            Some(trace) => (trace, Baggage::default()),
            None => entered::lend_trace()?,
        };
        Some(Begun {
            span,
            parent,
            scope,
            trace,
            baggage,
        })
    }

    /// Holds a span that has begun.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn from_begun(begun: Begun) -> Self {
        Self::with_own_scope(begun, None)
    }

    /// Starts a span that owns its scope. `open` opens the span in the scope, and returns it
    /// and its parent. `None` if the scope does not record.
    pub(crate) fn start_in(mut scope: Scope, open: impl FnOnce() -> (u64, u64)) -> Option<Self> {
        let entered = scope.enter();
        let number = entered.number();
        let (span, parent) = open();
        thread::set_span(parent);
        let found = entered::current_trace_and_baggage();
        // The scope must be off the stack before it is moved behind the lock. If `open`
        // panics, this guard leaves the scope, which then ends with its own drop.
        drop(entered);
        // From now on the scope's code continues within the span.
        scope.set_base(span);
        let (trace, baggage) = found?;
        let own = Some(Box::new(Mutex::new(scope)));
        let begun = Begun {
            span,
            parent,
            scope: number,
            trace,
            baggage,
        };
        Some(Self::with_own_scope(begun, own))
    }

    /// Holds a span that has begun, with its own scope, if it has one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn with_own_scope(begun: Begun, own: Option<Box<Mutex<Scope>>>) -> Self {
        let Begun {
            span,
            parent,
            scope,
            trace,
            baggage,
        } = begun;
        // This comes first, because it may panic. The later values then need no drop on panic,
        // so they can be made in their final place.
        let unwinding = unwinding_thread();
        Self {
            life: SpanLife::open(span, scope, trace),
            visits: Visits::new(),
            parent,
            baggage,
            own,
            unwinding,
        }
    }

    /// The id of the span.
    pub(super) fn span(&self) -> u64 {
        self.life.span()
    }

    /// The trace. `None` only during a poll of the holder in which a visit has the trace.
    #[inline]
    pub(super) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.life.trace()
    }

    /// Whether it must not be used: it belongs to the parent process of a `fork`, or a poll
    /// has its trace.
    #[inline]
    pub(super) fn is_foreign(&self) -> bool {
        self.trace().is_none_or(|trace| trace.tracer.is_foreign())
    }

    /// Whether any thread has ended it.
    pub(crate) fn has_ended(&self) -> bool {
        self.visits.has_ended()
    }

    /// Whether this thread is unwinding from a panic that began after the span. A span that a
    /// destructor starts during unwinding did not panic itself.
    pub(crate) fn is_unwound(&self) -> bool {
        std::thread::panicking() && self.unwinding != Some(std::thread::current().id())
    }

    /// The span's context, with the baggage at its start.
    pub(crate) fn context(&self) -> Option<TraceContext> {
        let head = &self.trace()?.head;
        let parent = SpanId::new(self.parent);
        Some(head.context(self.span(), parent, self.baggage.clone()))
    }
}

/// The running thread, if it is unwinding.
#[inline(always)]
fn unwinding_thread() -> Option<ThreadId> {
    #[cold]
    fn this_thread() -> ThreadId {
        std::thread::current().id()
    }
    std::thread::panicking().then(this_thread)
}
