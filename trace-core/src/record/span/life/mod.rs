//! One span and where it is in its life, whatever holds it.
//!
//! Futures, streams, roots and held spans have one of these and ask it to run their code
//! within the span. Guards need less, as they stay in one place: see [`guard`](crate::record::span::guard).

mod called;

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::Poll;

use crate::record::scope::entered;
use crate::record::scope::{self, Scope};
use crate::record::span::closing;
use crate::record::span::missed;
use crate::record::thread::{self, Hot};
use crate::record::trace::home::SpanEnd;
use crate::record::trace::local_trace::LocalTrace;
use crate::record::write;
use crate::stream::Site;
use crate::value::{Baggage, Outcome};

/// A span and where it is in its life: three words.
#[derive(Debug)]
pub(crate) struct SpanLife {
    front: Front,
    /// The span, while it is open; the span below which it is to begin, when it was
    /// called.
    span: u64,
    /// The trace, so that the span can go on anywhere: of a future once it was suspended,
    /// of one that was called and of a held span from the beginning. The visit has it
    /// while the span is polled elsewhere.
    ///
    /// Given back when the span ends, not when this is dropped: so there is nothing
    /// to drop where nothing was recorded.
    trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
}

/// The first word of a life.
///
/// The compiler puts the field with the most unused values first, and that is this
/// one's `phase`. So the body of a future comes last, and the padding at its end is not
/// copied with what follows: a future is moved after it was made, and reading words
/// across the bounds of those just written costs more than all the rest of a span that
/// is not recorded.
#[derive(Debug)]
#[repr(C, align(8))]
struct Front {
    phase: Phase,
    /// The scope in which the span was opened, while it is open; the one in which it
    /// was called.
    scope: u32,
}

/// Where a span is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Phase {
    /// Not yet polled; belongs where that happens.
    Fresh,
    /// Not recorded at the first poll, or ended.
    Off,
    /// Begun, not ended, and never elsewhere since it was in its scope. Where its code runs,
    /// that is in its scope.
    Open,
    /// Begun, not ended, and elsewhere since it was in its scope. Where its code runs, that is
    /// in a scope of its own.
    Moved,
    /// Not yet polled; belongs where it was called, and holds that trace open.
    Called,
    /// Not yet polled; belongs where it is polled first, if something is recorded there,
    /// else where it was called. Holds the trace of the call open.
    Within,
}

/// What opens a span.
pub(crate) trait Opening {
    /// Opens it below the current span; returns it and the one that was current.
    fn open(self) -> (u64, u64);

    /// The baggage of code that runs in the span elsewhere; that of the trace's
    /// beginning, if this has none.
    fn baggage(&self) -> Option<&Baggage> {
        None
    }
}

impl SpanLife {
    /// A span that begins where it is polled first.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn fresh() -> Self {
        Self {
            front: Front {
                phase: Phase::Fresh,
                scope: 0,
            },
            span: 0,
            trace: ManuallyDrop::new(None),
        }
    }

    /// A span that was opened in a scope.
    #[inline]
    pub(in crate::record) fn open(span: u64, scope: u32, trace: Arc<LocalTrace>) -> Self {
        Self {
            front: Front {
                phase: Phase::Open,
                scope,
            },
            span,
            trace: ManuallyDrop::new(Some(trace)),
        }
    }

    #[inline]
    pub(in crate::record) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.trace.as_ref()
    }

    /// Lets go of a span that has ended; gives back the trace.
    #[inline]
    pub(in crate::record) fn take_trace(&mut self) -> Option<Arc<LocalTrace>> {
        self.set_off();
        self.trace.take()
    }

    pub(in crate::record) const fn span(&self) -> u64 {
        self.span
    }

    /// The scope in which the span was opened.
    pub(in crate::record) const fn home(&self) -> u32 {
        self.front.scope
    }

    /// Whether it was elsewhere since it was in its scope.
    pub(in crate::record) fn has_moved(&self) -> bool {
        self.front.phase == Phase::Moved
    }

    pub(in crate::record) fn set_moved(&mut self) {
        self.front.phase = Phase::Moved;
    }

    /// Whether it was not yet polled.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_fresh(&self) -> bool {
        self.front.phase == Phase::Fresh
    }

    /// Whether it has begun or was called, and has not ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_live(&self) -> bool {
        !matches!(self.front.phase, Phase::Fresh | Phase::Off)
    }

    /// Whether it has ended, or nothing is recorded.
    pub(crate) fn is_off(&self) -> bool {
        self.front.phase == Phase::Off
    }

    /// Says that it has ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn set_off(&mut self) {
        self.front.phase = Phase::Off;
    }

    /// Lets go of a span that somebody else has ended.
    pub(in crate::record) fn let_go(&mut self) {
        self.set_off();
        self.leave_trace();
    }

    /// Begins a poll of a future or stream, and its span with the first one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn begin_poll(&mut self, site: &'static Site) -> Polling<'_, false> {
        thread::with(|hot| {
            let scope = hot.recorded_scope();
            let outer = if scope == 0 {
                if self.is_live() {
                    self.enter_slowly(site)
                } else {
                    if hot.is_curious() {
                        missed::miss_first(site, self.is_fresh());
                    }
                    self.front.phase = Phase::Off;
                    0
                }
            } else if self.is_open_in(scope) {
                hot.replace_span(self.span)
            } else {
                self.begin_at(hot, site)
            };
            Polling { life: self, outer }
        })
    }

    /// Whether it is open, and its code runs, or may run, in this scope.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_open_in(&self, scope: u32) -> bool {
        self.front.phase == Phase::Open && self.front.scope == scope
    }

    /// Makes the span current that is not simply open in this scope: opens it, if this is the
    /// first poll. Returns what was current before.
    ///
    /// Compiled once, and not in each function. So that it saves no registers it is given
    /// the thread's block, which is reached by a call in a library, and calls nothing but,
    /// at its end, what does all that is rare.
    ///
    /// `extern "C"`, like all that is called in each function: such functions do not unwind.
    /// Recording never panics, but of other functions the compiler does not know, and makes
    /// ways to unwind through each place where a future is polled or dropped.
    #[inline(never)]
    extern "C" fn begin_at(&mut self, hot: &Hot, site: &'static Site) -> u64 {
        if self.front.phase == Phase::Fresh
            && let Some((span, outer)) = hot.open_at_once(site.known_header())
        {
            self.set_open(span, hot.recorded_scope());
            return outer;
        }
        self.enter_slowly(site)
    }

    #[cold]
    #[inline(never)]
    extern "C" fn enter_slowly(&mut self, site: &'static Site) -> u64 {
        if self.front.phase != Phase::Fresh {
            return self.enter_elsewhere(Some(site), None);
        }
        let scope = thread::scope();
        let (span, outer) = write::open(site);
        self.set_open(span, scope);
        outer
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn set_open(&mut self, span: u64, scope: u32) {
        self.span = span;
        self.front = Front {
            phase: Phase::Open,
            scope,
        };
    }

    /// Runs a poll of a root or of what holds a span within the span.
    ///
    /// `ends` says of what is ready whether the span ends, and if so, how. The trace is the
    /// holder's business: a held span has it from its start to its drop, a root is always
    /// polled in its scope and needs none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn poll<T>(
        &mut self,
        opening: impl Opening,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        let outer = self.enter(opening);
        let polling = Polling::<'_, true> { life: self, outer };
        let polled = poll();
        let outcome = match &polled {
            Poll::Ready(output) if polling.is_recorded() => ends(output),
            _ => None,
        };
        polling.leave_kept(outcome);
        polled
    }

    /// Makes the span current, and opens it first if this is the first poll. Returns
    /// what was current before.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn enter(&mut self, opening: impl Opening) -> u64 {
        let scope = thread::scope();
        if self.is_open_in(scope) {
            return thread::set_span(self.span);
        }
        if self.front.phase == Phase::Off {
            return 0;
        }
        if self.front.phase != Phase::Fresh {
            return self.enter_elsewhere(None, opening.baggage());
        }
        if scope == 0 {
            self.front.phase = Phase::Off;
            return 0;
        }
        let (span, outer) = opening.open();
        self.set_open(span, scope);
        outer
    }

    /// Makes the span current that is not simply open in this scope.
    #[inline(never)]
    fn enter_elsewhere(&mut self, site: Option<&'static Site>, baggage: Option<&Baggage>) -> u64 {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Off | Phase::Fresh => 0,
            Phase::Within if thread::scope() != 0 => self.open_within(is_home, site),
            Phase::Called | Phase::Within => self.open_called(is_home, site),
            Phase::Moved if is_home => {
                self.come_back();
                thread::set_span(self.span)
            }
            Phase::Open | Phase::Moved => {
                self.visit(baggage);
                thread::span()
            }
        }
    }

    /// Says that the span is in its own scope again.
    fn come_back(&mut self) {
        if let Some(trace) = &*self.trace {
            write::back(self.span, trace.order_after_visits());
        }
        self.front.phase = Phase::Open;
    }

    /// Makes the span current in a scope of its own trace.
    #[inline]
    fn visit(&mut self, baggage: Option<&Baggage>) {
        self.front.phase = Phase::Moved;
        // A suspended span has its trace, unless it was suspended in the child of a
        // `fork` that happened while it was polled.
        let trace = self.trace.take_if(|trace| !trace.tracer.is_foreign());
        match trace {
            // It is given back when the visit ends.
            Some(trace) => {
                let baggage = baggage.map_or_else(|| trace.head.baggage(), Baggage::clone);
                let order = trace.order_of_visit();
                entered::enter_visit(trace, baggage, self.span, order);
            }
            None => Scope::nowhere().enter_for(self.span),
        }
    }

    // These are like `begin_at`.

    #[inline(never)]
    extern "C" fn suspend_polled(&mut self, hot: &Hot, outer: u64) {
        self.leave_as::<false>(hot, outer, None);
    }

    #[inline(never)]
    extern "C" fn end_polled(&mut self, hot: &Hot, outer: u64, has_failed: bool) {
        self.leave_as::<false>(hot, outer, Some(Outcome::of_body(has_failed)));
    }

    #[expect(improper_ctypes_definitions, reason = "called by this crate alone")]
    #[inline(never)]
    extern "C" fn leave_kept(&mut self, hot: &Hot, outer: u64, outcome: Option<Outcome>) {
        self.leave_as::<true>(hot, outer, outcome);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave_as<const KEEPS_TRACE: bool>(
        &mut self,
        hot: &Hot,
        outer: u64,
        outcome: Option<Outcome>,
    ) {
        match outcome {
            _ if self.front.phase != Phase::Open => {}
            Some(outcome) if hot.close_at_once(outcome, self.span, outer) => {
                self.front.phase = Phase::Off;
                if !KEEPS_TRACE && self.trace.is_some() {
                    self.leave_trace();
                }
                return;
            }
            None if hot.recorded_scope() == self.front.scope => {
                hot.replace_span(outer);
                if !KEEPS_TRACE {
                    self.keep_trace();
                }
                return;
            }
            _ => {}
        }
        self.leave_slowly(outer, outcome, KEEPS_TRACE);
    }

    #[cold]
    #[expect(improper_ctypes_definitions, reason = "called by this crate alone")]
    #[inline(never)]
    extern "C" fn leave_slowly(&mut self, outer: u64, outcome: Option<Outcome>, keeps_trace: bool) {
        if outcome == Some(Outcome::Error) {
            thread::pass_failure(outer);
        }
        match outcome {
            None if self.has_moved() => self.suspend_visit(keeps_trace),
            Some(_) if self.has_moved() => self.leave_elsewhere(outcome, keeps_trace),
            Some(outcome) => {
                closing::close(self.front.scope, self.span, outer, outcome);
                match keeps_trace {
                    true => self.set_off(),
                    false => self.let_go(),
                }
            }
            None => self.suspend_below(outer, keeps_trace),
        }
    }

    /// Suspends a span that is polled elsewhere.
    #[inline(never)]
    extern "C" fn suspend_visit(&mut self, keeps_trace: bool) {
        match entered::leave_visit(self.span) {
            Some(trace) => *self.trace = Some(trace),
            None => self.leave_elsewhere(None, keeps_trace),
        }
    }

    #[cold]
    #[inline(never)]
    fn leave_elsewhere(&mut self, outcome: Option<Outcome>, keeps_trace: bool) {
        if self.trace.is_none() {
            *self.trace = entered::trace_of_visit(self.span);
        }
        if let Some(outcome) = outcome {
            let end = SpanEnd {
                span: self.span,
                outcome,
                time: write::now(),
                ended_at: None,
            };
            end_visit(self.trace.as_ref(), self.front.scope, end);
        }
        scope::leave_span(self.span);
        match outcome {
            Some(_) if keeps_trace => self.set_off(),
            Some(_) => self.let_go(),
            None => {}
        }
    }

    #[cold]
    #[inline(never)]
    extern "C" fn panic(&mut self, outer: u64, keeps_trace: bool) {
        if self.is_live() {
            self.leave_slowly(outer, Some(Outcome::Panicked), keeps_trace);
        }
    }

    /// Suspends a span whose code has entered another scope and not left it.
    #[cold]
    fn suspend_below(&mut self, outer: u64, keeps_trace: bool) {
        let trace = entered::suspend_below(self.front.scope, outer);
        if !keeps_trace && self.trace.is_none() {
            *self.trace = trace;
        }
    }

    #[inline(never)]
    fn keep_trace(&mut self) {
        *self.trace = entered::current_trace();
    }

    #[inline(never)]
    fn leave_trace(&mut self) {
        *self.trace = None;
    }

    /// Makes the span current once more, for the drop of its body.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_cancel(&mut self) {
        if self.is_live() {
            self.enter_to_cancel();
        }
    }

    #[cold]
    extern "C" fn enter_to_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Open | Phase::Moved if is_home => {
                if self.has_moved() {
                    self.come_back();
                }
                entered::enter_span(self.span);
            }
            Phase::Open | Phase::Moved => self.visit(None),
            Phase::Fresh | Phase::Off | Phase::Called | Phase::Within => {}
        }
    }

    #[cold]
    extern "C" fn end_cancel(&mut self) {
        let is_home = self.front.scope == thread::scope();
        match self.front.phase {
            Phase::Called | Phase::Within => self.release(is_home),
            Phase::Open if is_home => {
                entered::leave_span(self.span);
                write::close(self.span, thread::span(), Outcome::Cancelled);
            }
            Phase::Open | Phase::Moved => self.leave_elsewhere(Some(Outcome::Cancelled), false),
            Phase::Fresh | Phase::Off => {}
        }
        self.let_go();
    }

    /// Lets go of a trace in which the span was to begin.
    fn release(&mut self, is_home: bool) {
        let Some(trace) = self.trace.take() else {
            return;
        };
        if is_home {
            thread::release();
        } else if !trace.tracer.is_foreign() {
            trace.release();
        }
    }
}

/// Ends a span in the scope that was entered for its visit, if its own scope has not to
/// do so.
fn end_visit(trace: Option<&Arc<LocalTrace>>, home: u32, end: SpanEnd) {
    let left = match trace {
        Some(trace) if !trace.tracer.is_foreign() => trace.leave_end(home, end),
        _ => Err(end),
    };
    if let Err(end) = left
        && !entered::end_suspended_visit(&end)
        && thread::scope() != 0
    {
        write::end(&end);
    }
}

impl Drop for SpanLife {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if self.is_live() {
            self.end_cancel();
        }
    }
}

/// A poll. If it unwinds, the span has panicked.
pub(in crate::record) struct Polling<'a, const KEEPS_TRACE: bool> {
    life: &'a mut SpanLife,
    outer: u64,
}

impl<const KEEPS_TRACE: bool> Polling<'_, KEEPS_TRACE> {
    /// Whether there is a span to be left.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.life.is_live()
    }
}

// Both forget the poll first: so nothing is compiled for their unwinding, which they do not.

impl Polling<'_, true> {
    /// Ends the span, if its outcome is known, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave_kept(self, outcome: Option<Outcome>) {
        let mut this = ManuallyDrop::new(self);
        let outer = this.outer;
        thread::with(|hot| {
            if outcome.is_none() && this.life.is_open_in(hot.recorded_scope()) {
                hot.replace_span(outer);
            } else if outcome.is_none() && this.life.has_moved() {
                this.life.suspend_visit(true);
            } else if this.life.is_live() {
                this.life.leave_kept(hot, outer, outcome);
            }
        });
    }
}

impl Polling<'_, false> {
    /// Ends the span, if it is said whether its body has failed, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn leave(self, has_failed: Option<bool>) {
        let Self { life, outer } = &mut *ManuallyDrop::new(self);
        thread::with(|hot| match has_failed {
            Some(has_failed) => {
                if life.is_live() {
                    life.end_polled(hot, *outer, has_failed);
                }
                // It is so already; said where the compiler sees it, so that `.await`, which
                // drops this next, does not look.
                life.set_off();
            }
            None if life.is_open_in(hot.recorded_scope()) && life.trace.is_some() => {
                hot.replace_span(*outer);
            }
            None if life.is_live() => life.suspend_polled(hot, *outer),
            None => {}
        });
    }
}

impl<const KEEPS_TRACE: bool> Drop for Polling<'_, KEEPS_TRACE> {
    // Inlined, so that the guard is in registers and not on the stack.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.life.panic(self.outer, KEEPS_TRACE);
    }
}
