//! A recorded span that is held: entered, written to and ended from anywhere.
//!
//! A [`SpanLife`] that threads share. What its holder alone may do, as no other thread can
//! see it meanwhile, is that life's own business; what all may do goes through
//! [`Visits`].

mod poll;
pub(in crate::record) mod visits;

use std::sync::{Arc, PoisonError};
use std::thread::ThreadId;

use crate::diagnostics::stats::Counters;
use crate::process::sync::Mutex;
use crate::record::scope::entered::{self, Left};
use crate::record::scope::{self, Active, Scope};
use crate::record::span::held::visits::{Ending, Visits};
use crate::record::span::life::{Opening, SpanLife};
use crate::record::thread;
use crate::record::trace::home::SpanEnd;
use crate::record::trace::local_trace::LocalTrace;
use crate::record::write;
use crate::stream::Site;
use crate::value::{Baggage, Outcome, SpanId, Timestamp, TraceContext};

/// A recorded span that is held.
#[derive(Debug)]
pub(crate) struct HeldSpan {
    life: SpanLife,
    visits: Visits,
    parent: u64,
    /// That of the code that started it.
    baggage: Baggage,
    /// The scope in which it was opened, if that is its own.
    own: Option<Box<Mutex<Scope>>>,
    /// The thread that started it, if it did so while it unwound.
    unwinding: Option<ThreadId>,
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

/// What a held span is opened by: it is open already.
struct IsOpen<'a>(&'a Baggage);

impl Opening for IsOpen<'_> {
    fn open(self) -> (u64, u64) {
        (0, thread::span())
    }

    fn baggage(&self) -> Option<&Baggage> {
        Some(self.0)
    }
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
        thread::set_span(parent);
        let (trace, baggage) = match thread::take_trace() {
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
    pub(crate) fn hold(begun: Begun) -> Self {
        Self::of(begun, None)
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
        Some(Self::of(begun, own))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn of(begun: Begun, own: Option<Box<Mutex<Scope>>>) -> Self {
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

    fn span(&self) -> u64 {
        self.life.span()
    }

    /// The trace: there, but while the holder polls.
    #[inline]
    fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.life.trace()
    }

    #[inline]
    fn is_foreign(&self) -> bool {
        self.trace().is_none_or(|trace| trace.tracer.is_foreign())
    }

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

    /// Lets `write` write entries of the span, which it is given. What is said after the
    /// end is counted.
    #[inline]
    pub(crate) fn write(&self, write: impl FnOnce(u64)) {
        match self.at_home() {
            Some(span) => write(span),
            None => self.write_in_visit(write),
        }
    }

    /// The span, if it is open, and in its own scope like the caller.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn at_home(&self) -> Option<u64> {
        let is_home = thread::scope() == self.life.home() && self.visits.is_open_at_home();
        is_home.then(|| self.span())
    }

    /// Lets `write` write entries of the span in a visit.
    #[cold]
    pub(crate) fn write_in_visit(&self, write: impl FnOnce(u64)) {
        if self.is_foreign() || entered::is_paused() {
            return;
        }
        if !self.begin_visit() {
            if let Some(trace) = self.trace() {
                Counters::add(&trace.tracer.queue.counters.unattached, 1);
            }
            return;
        }
        if thread::scope() == self.life.home() {
            self.come_back();
            write(self.span());
            return self.end_visit();
        }
        if entered::is_visit_of(self.span()) {
            entered::go_on(self.span(), || false);
            write(self.span());
            return self.end_visit();
        }
        self.go_elsewhere();
        let _visit = Visit(self);
        write(self.span());
    }

    /// Makes the span the current one on this thread until [`leave`](Self::leave).
    /// Returns whether it is: not if it has ended.
    pub(crate) fn enter(&self) -> bool {
        if self.is_foreign() || entered::is_paused() || !self.begin_visit() {
            return false;
        }
        if thread::scope() == self.life.home() {
            self.come_back();
            entered::enter_span(self.span());
        } else {
            self.go_elsewhere();
        }
        true
    }

    /// Undoes the last [`enter`](Self::enter) on this thread, if it did anything.
    pub(crate) fn leave(&self) {
        if entered::is_paused() {
            return;
        }
        if let Some(left) = entered::leave_span(self.span()) {
            self.settle(left);
            if self.visits.are_several() {
                entered::go_on(self.span(), || self.visits.come_back());
            }
            self.end_visit();
        }
    }

    /// Begins a visit; returns whether there is one, as the span has not ended.
    fn begin_visit(&self) -> bool {
        let begun = self.visits.enter();
        if let Err(Some(end)) = begun {
            self.close(&end);
        }
        begun.is_ok()
    }

    fn end_visit(&self) {
        if let Some(end) = self.visits.leave() {
            self.close(&end);
        }
    }

    /// Says that what comes is written in the span's own scope, if something was written
    /// elsewhere.
    fn come_back(&self) {
        if self.visits.come_back()
            && let Some(trace) = self.trace()
        {
            write::back(self.span(), trace.order_after_visits());
        }
    }

    /// Makes the span current in its own scope, if that waits here, or else in another
    /// one of its trace.
    fn go_elsewhere(&self) {
        if let Some(own) = self.take_own() {
            own.enter_for(self.span());
            return self.come_back();
        }
        let Some(trace) = self.trace() else { return };
        self.visits.set_moved();
        // After what they said who are in the span already.
        let order = if self.visits.are_several() {
            trace.order_after_visits()
        } else {
            trace.order_of_visit()
        };
        self.enter_visit(trace, order);
    }

    fn enter_visit(&self, trace: &Arc<LocalTrace>, order: u32) {
        entered::enter_visit(Arc::clone(trace), self.baggage.clone(), self.span(), order);
    }

    /// Takes the scope, if it is the span's own and waits here.
    fn take_own(&self) -> Option<Scope> {
        let own = self.own.as_ref()?;
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        own.is_recording().then(|| own.take())
    }

    /// Puts the span's own scope back that was left, and ends any other.
    fn settle(&self, left: Left) {
        let Left::Scope(number, active) = left else {
            return;
        };
        match &self.own {
            Some(own) if number == self.life.home() => self.keep_own(own, active),
            _ => scope::end(active),
        }
    }

    fn keep_own(&self, own: &Mutex<Scope>, active: Active) {
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        own.put_back(active);
    }

    /// Ends the span. On this thread it is left first. Returns whether this is its end.
    pub(crate) fn end(&self, outcome: Outcome, ended_at: Option<Timestamp>) -> bool {
        let Some(trace) = self.trace().filter(|trace| !trace.tracer.is_foreign()) else {
            return false;
        };
        let is_home = thread::scope() == self.life.home();
        if is_home && ended_at.is_none() && self.visits.end_alone() {
            self.note_failure(outcome);
            write::end_now(self.span(), outcome);
            return true;
        }
        // Not while a value is shown in a visit: what is current then comes back after that.
        if self.visits.has_visits() && !entered::is_paused() {
            self.leave_here();
        }
        let end = SpanEnd {
            span: self.span(),
            outcome,
            time: trace.tracer.clock.raw(),
            ended_at,
        };
        match self.visits.end(end) {
            Ending::Now => self.close(&end),
            Ending::Later => {}
            Ending::Over => return false,
        }
        true
    }

    #[inline]
    fn note_failure(&self, outcome: Outcome) {
        if outcome == Outcome::Error {
            thread::pass_failure(self.parent);
        }
    }

    /// Ends all visits on this thread.
    fn leave_here(&self) {
        while let Some(left) = entered::leave_span(self.span()) {
            self.settle(left);
            self.end_visit();
        }
    }

    /// Writes the end, where it is read after everything else.
    fn close(&self, end: &SpanEnd) {
        self.note_failure(end.outcome);
        if thread::scope() == self.life.home() {
            return write::end(end);
        }
        if let Some(own) = self.take_own() {
            let _ends = own.enter_owned();
            return write::end(end);
        }
        let Some(trace) = self.trace() else { return };
        let Err(end) = trace.leave_end(self.life.home(), *end) else {
            return;
        };
        self.enter_visit(trace, trace.order_of_visit());
        write::end(&end);
        scope::leave_span(self.span());
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

/// A visit in which something is written.
struct Visit<'a>(&'a HeldSpan);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Drop for HeldSpan {
    #[inline]
    fn drop(&mut self) {
        if !self.visits.is_over() {
            self.end_dropped();
        }
        let is_home = thread::scope() == self.life.home();
        let mut trace = self.life.take_trace();
        if is_home {
            thread::give_back(&mut trace);
        }
    }
}

impl HeldSpan {
    /// Ends the span, if nobody has, with an outcome that says how this came; on this
    /// thread it is left in any case.
    #[inline(never)]
    fn end_dropped(&mut self) {
        let outcome = if self.is_unwound() {
            Outcome::Panicked
        } else {
            Outcome::Cancelled
        };
        self.end(outcome, None);
        // Visits that are never left cannot hold it any more.
        let end = self.visits.take_end_alone();
        if let Some(end) = end.filter(|_| !self.is_foreign()) {
            self.close(&end);
        }
    }
}
