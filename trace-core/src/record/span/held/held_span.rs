//! A held span: what it is made of, and how it begins.
//!
//! It is immutable but for the life, which only the holder changes, the word of `visits`,
//! and the scope behind its lock. So every function that takes `&self` may run on several
//! threads at once.

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
    /// Changed by the holder alone. Others read its words only.
    pub(super) life: SpanLife,
    /// What the threads agree by that are in the span.
    pub(super) visits: Visits,
    /// The parent, for the context of the span, and as the parent of what fails in it.
    pub(super) parent: u64,
    /// That of the code that started it.
    pub(super) baggage: Baggage,
    /// The scope in which it was opened, if that is its own.
    pub(super) own: Option<Box<Mutex<Scope>>>,
    /// The thread that started it, if it did so while it unwound.
    pub(super) unwinding: Option<ThreadId>,
}

/// What is known of a span that is to be held: few words, so that the rest is made where it
/// is to be.
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

    /// Opens a span below the current one, which stays that; `None` if nothing is
    /// recorded. `describe` says what the site does not.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin(site: &'static Site, describe: impl FnOnce(u64)) -> Option<Begun> {
        let scope = thread::scope();
        if scope == 0 {
            return None;
        }
        let (span, parent) = write::open(site);
        describe(span);
        // A held span does not become the current one by its start.
        thread::set_span(parent);
        // A lent trace has no baggage: that is when it is lent.
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

    /// A span whose scope is its own. `open` opens it in there, and returns it and its
    /// parent.
    pub(crate) fn start_in(mut scope: Scope, open: impl FnOnce() -> (u64, u64)) -> Option<Self> {
        let entered = scope.enter();
        let number = entered.number();
        let (span, parent) = open();
        thread::set_span(parent);
        let found = entered::current_trace_and_baggage();
        drop(entered);
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
        // First, as it may panic: what is made later need not be dropped then, and so is
        // made where it is to be.
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

    /// The trace: there, but while the holder polls.
    #[inline]
    pub(super) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.life.trace()
    }

    /// Whether nothing may be done with it: it is of the parent's process, in the child
    /// of a `fork`, or its trace is with a poll.
    #[inline]
    pub(super) fn is_foreign(&self) -> bool {
        self.trace().is_none_or(|trace| trace.tracer.is_foreign())
    }

    /// Whether somebody has ended it.
    pub(crate) fn has_ended(&self) -> bool {
        self.visits.has_ended()
    }

    /// Whether this thread unwinds, by a panic that began after the span.
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
