//! A held span: what it is made of, and how it begins.
//!
//! It does not change, with three exceptions: the life, which only the holder changes by
//! `&mut`; the atomic word of `visits`; and the own scope, behind its lock. So every function
//! that takes `&self` may run on several threads at once.

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

/// A recorded span that is held.
#[derive(Debug)]
pub(crate) struct HeldSpan {
    /// Only the holder changes it. Other threads read the span's id and home, which never
    /// change, and the trace.
    pub(super) life: SpanLife,
    /// Who is in the span, and whether it has ended: the threads agree by this.
    pub(super) visits: Visits,
    /// The parent, for the context of the span, and as the parent of what fails in it.
    pub(super) parent: u64,
    /// The baggage of the code that started it. It does not change later.
    pub(super) baggage: Baggage,
    /// The scope in which it was opened, if the span owns that scope: it is a root that is
    /// held. Empty while a thread runs in the scope.
    pub(super) own: Option<Box<Mutex<Scope>>>,
    /// The thread that started it, if that thread unwound then.
    pub(super) unwinding: Option<ThreadId>,
}

/// What is known of a span that has begun and is to be held. These are few words, so the
/// rest is made in its final place.
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

    /// Opens a span below the current one, which stays current; `None` if nothing is
    /// recorded. `describe` writes what the site does not say.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin(site: &'static Site, describe: impl FnOnce(u64)) -> Option<Begun> {
        let scope = thread::scope();
        if scope == 0 {
            return None;
        }
        let (span, parent) = write::open(site);
        // The span is current meanwhile: what is written goes to it.
        describe(span);
        // A held span does not become the current one by its start.
        thread::set_span(parent);
        // A trace is lent only by a scope without baggage, so the span has none.
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

    /// A span that owns its scope. `open` opens the span in the scope, and returns it and its
    /// parent. `None` if nothing is recorded there.
    pub(crate) fn start_in(mut scope: Scope, open: impl FnOnce() -> (u64, u64)) -> Option<Self> {
        let entered = scope.enter();
        let number = entered.number();
        let (span, parent) = open();
        thread::set_span(parent);
        let found = entered::current_trace_and_baggage();
        // Left before the scope is moved behind the lock: it must be off the stack. If `open`
        // panics, this guard leaves it, and the scope ends with its own drop.
        drop(entered);
        // From here on the scope's code continues within the span.
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

    /// Holds a span that has begun, with the scope that is its own, if it has one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn with_own_scope(begun: Begun, own: Option<Box<Mutex<Scope>>>) -> Self {
        let Begun {
            span,
            parent,
            scope,
            trace,
            baggage,
        } = begun;
        // First, as it may panic. Values that are made later need not be dropped then, so
        // they can be made in their final place.
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

    /// The trace. `None` only while the holder polls, and a visit has it.
    #[inline]
    pub(super) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.life.trace()
    }

    /// Whether nothing may be done with it: it belongs to the parent process, in the child of
    /// a `fork`, or a poll has its trace.
    #[inline]
    pub(super) fn is_foreign(&self) -> bool {
        self.trace().is_none_or(|trace| trace.tracer.is_foreign())
    }

    /// Whether it has ended, on any thread.
    pub(crate) fn has_ended(&self) -> bool {
        self.visits.has_ended()
    }

    /// Whether this thread unwinds, by a panic that began after the span. A span that a
    /// destructor starts while its thread unwinds did not panic itself.
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

/// The running thread, if it unwinds.
#[inline(always)]
fn unwinding_thread() -> Option<ThreadId> {
    #[cold]
    fn this_thread() -> ThreadId {
        std::thread::current().id()
    }
    std::thread::panicking().then(this_thread)
}
