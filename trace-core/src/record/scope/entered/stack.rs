//! What is entered on a thread: scopes, and spans within them.

use std::sync::Arc;

use crate::record::scope::active::Active;
use crate::record::scope::recording::Recording;
use crate::record::scope::recording::Visiting;
use crate::record::thread::{self, Place};
use crate::record::trace::local_trace::LocalTrace;
use crate::record::trace::tracer_core::TracerCore;

/// What is entered on a thread, the innermost last.
///
/// Mostly the innermost is left first. Where it is not (a guard that is kept, a
/// coroutine that takes turns with another one), a scope is taken out from below others,
/// and what is current stays current.
#[derive(Debug)]
pub(in crate::record) struct Stack {
    pub(in crate::record) scopes: Pile<EnteredScope>,
    pub(in crate::record) spans: Pile<EnteredSpan>,
}

/// A scope whose code runs, or waits for that of a scope above to end.
#[derive(Debug)]
pub(in crate::record) struct EnteredScope {
    /// The span for whose visit the scope was entered, or zero.
    pub(in crate::record) visitor: u64,
    /// The number of the scope, recorded or not.
    pub(in crate::record) number: u32,
    /// What surrounds the scope's code; nothing while a visit has recorded nothing yet.
    active: Active,
    pub(in crate::record) visiting: Visiting,
    /// Where its code goes on when it is the innermost scope again; not kept up to date
    /// while it is.
    pub(in crate::record) place: Place,
}

impl EnteredScope {
    /// Fills a vacant place.
    #[inline]
    pub(in crate::record) fn fill(&mut self, visitor: u64, number: u32, active: Active) {
        self.visitor = visitor;
        self.number = number;
        // Not dropped: it is nothing.
        std::mem::forget(std::mem::replace(&mut self.active, active));
    }

    /// Takes what surrounds the scope's code, so that the place is vacant.
    #[inline]
    pub(in crate::record) fn take(&mut self) -> Active {
        std::mem::take(&mut self.active)
    }

    /// What surrounds the scope's code, but for a visit that has recorded nothing.
    #[inline]
    pub(in crate::record) fn active(&mut self) -> &mut Active {
        &mut self.active
    }

    pub(in crate::record) fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match &self.visiting.trace {
            Some(trace) => Some(&trace.tracer),
            None => self.active.tracer(),
        }
    }

    /// The trace, if it is recorded.
    pub(in crate::record) fn trace(&mut self) -> Option<&Arc<LocalTrace>> {
        match &mut self.active {
            Active::Recorded(recording) => Some(recording.trace()),
            _ => self.visiting.trace.as_ref(),
        }
    }

    /// Another scope of the trace, below a span, if it is recorded.
    pub(in crate::record) fn join(&mut self, span: u64) -> Option<Recording> {
        match (&mut self.active, &self.visiting.trace) {
            (Active::Recorded(recording), _) => Some(recording.fork(span)),
            (_, Some(trace)) => {
                let baggage = self.visiting.baggage.clone();
                Some(Recording::join(trace, baggage, span))
            }
            _ => None,
        }
    }

    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.active.is_recorded() || self.visiting.trace.is_some()
    }

    /// Whether it ends with the visit for which it was entered.
    pub(in crate::record) fn is_visit(&self) -> bool {
        match &self.active {
            Active::Recorded(recording) => recording.is_visit(),
            _ => self.visiting.trace.is_some(),
        }
    }

    /// Whether nothing is to be done at the end of a poll that has recorded nothing.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn can_rest(&self) -> bool {
        self.visiting.trace.is_none()
            && match &self.active {
                Active::Recorded(recording) => recording.can_rest(),
                _ => true,
            }
    }

    /// What the scope records with, if it is recorded.
    #[inline]
    pub(in crate::record) fn recording(&mut self) -> Option<&mut Recording> {
        if self.visiting.trace.is_some() {
            self.begin_to_record();
        }
        match &mut self.active {
            Active::Recorded(recording) => Some(recording),
            _ => None,
        }
    }

    #[cold]
    fn begin_to_record(&mut self) {
        let visiting = std::mem::replace(&mut self.visiting, Visiting::NONE);
        let recording = Recording::visit(visiting, self.number, self.visitor);
        self.active = recording.map_or(Active::Nothing, Active::Recorded);
    }

    /// The same, if something waits in the stage or was moved from there.
    #[inline]
    pub(in crate::record) fn recording_of_stage(&mut self) -> Option<&mut Recording> {
        if self.visiting.trace.is_some() && thread::is_stage_empty() {
            return None;
        }
        self.recording()
    }
}

/// A span that was made the current one in the scope in which it was opened.
#[derive(Debug)]
pub(in crate::record) struct EnteredSpan {
    pub(in crate::record) span: u64,
    /// The span that was current before.
    pub(in crate::record) outer: u64,
    /// The number of the scope. If that was left before the span, there is nothing to be
    /// brought back.
    pub(in crate::record) scope: u32,
}

/// A visit of a span on this thread.
pub(in crate::record) enum Visit {
    /// The place of the scope that was entered for it.
    Scope(usize),
    /// The place of the span, which is in its own scope.
    Span(usize),
}

impl Stack {
    pub(in crate::record) const fn new() -> Self {
        Self {
            scopes: Pile::new(),
            spans: Pile::new(),
        }
    }

    /// Where the scope with a number is.
    pub(in crate::record) fn find_scope(&self, number: u32) -> Option<usize> {
        self.scopes.rfind(|scope| scope.number == number)
    }

    /// The last visit of a span.
    pub(in crate::record) fn find_visit(&self, span: u64) -> Option<Visit> {
        let scope = self.scopes.rfind(|scope| scope.visitor == span);
        let at = self.spans.rfind(|entered| entered.span == span);
        let home = at.and_then(|at| self.spans.get(at));
        let home = home.and_then(|entered| self.find_scope(entered.scope));
        match (scope, at) {
            (Some(scope), _) if home < Some(scope) => Some(Visit::Scope(scope)),
            (_, Some(at)) => Some(Visit::Span(at)),
            (Some(scope), None) => Some(Visit::Scope(scope)),
            (None, None) => None,
        }
    }
}

/// An item that may be put on a pile in an empty state, in which it holds nothing.
pub(in crate::record) trait Vacant {
    const VACANT: Self;
}

impl Vacant for EnteredScope {
    const VACANT: Self = Self {
        visitor: 0,
        number: 0,
        active: Active::Nothing,
        visiting: Visiting::NONE,
        place: Place::NOWHERE,
    };
}

impl Vacant for EnteredSpan {
    const VACANT: Self = Self {
        span: 0,
        outer: 0,
        scope: 0,
    };
}

/// A stack whose first places are allocated, so that a root allocates nothing.
#[derive(Debug)]
pub(in crate::record) struct Pile<T> {
    depth: usize,
    near: [T; NEAR],
    far: Vec<T>,
}

const NEAR: usize = 4;

impl<T: Vacant> Pile<T> {
    /// An empty one.
    const fn new() -> Self {
        Self {
            depth: 0,
            near: [const { T::VACANT }; NEAR],
            far: Vec::new(),
        }
    }

    /// The first place, if nothing is on the pile. It is to be filled, and then to be
    /// [counted](Self::push_first).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn first_vacant(&mut self) -> Option<&mut T> {
        let is_empty = self.depth == 0;
        self.near.first_mut().filter(|_| is_empty)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn push_first(&mut self) {
        self.depth = 1;
    }

    /// The only item on the pile.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn only_one(&mut self) -> Option<&mut T> {
        let is_one = self.depth == 1;
        self.near.first_mut().filter(|_| is_one)
    }

    /// Removes the only item, which is vacant again.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn pop_first(&mut self) {
        self.depth = 0;
    }

    /// Adds a vacant item, which the caller fills where it is: when words that were just
    /// written are copied in wider pieces, the processor waits for them.
    #[inline]
    pub(in crate::record) fn push(&mut self) -> Option<&mut T> {
        let at = self.depth;
        self.depth += 1;
        if at >= NEAR {
            self.far.push(T::VACANT);
        }
        self.get_mut(at)
    }

    /// Removes the last item, which is vacant again.
    #[inline]
    pub(in crate::record) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth >= NEAR {
            self.pop_far();
        }
    }

    #[cold]
    fn pop_far(&mut self) {
        self.far.pop();
        if self.far.is_empty() {
            // Nobody does so at the end of the thread.
            self.far = Vec::new();
        }
    }

    /// Moves an item to the top, whatever is above it.
    pub(in crate::record) fn raise(&mut self, at: usize) {
        for above in at + 1..self.depth {
            let (near, far) = (&mut self.near, &mut self.far);
            if above < NEAR {
                near.swap(above - 1, above);
            } else if above == NEAR {
                if let (Some(one), Some(other)) = (near.last_mut(), far.first_mut()) {
                    std::mem::swap(one, other);
                }
            } else {
                far.swap(above - 1 - NEAR, above - NEAR);
            }
        }
    }

    #[inline]
    pub(in crate::record) fn top_mut(&mut self) -> Option<&mut T> {
        match self.near.get_mut(self.depth.wrapping_sub(1)) {
            Some(top) => Some(top),
            None => self.far.last_mut(),
        }
    }

    pub(in crate::record) const fn depth(&self) -> usize {
        self.depth
    }

    pub(in crate::record) fn get(&self, at: usize) -> Option<&T> {
        if at < NEAR {
            self.near.get(at).filter(|_| at < self.depth)
        } else {
            self.far.get(at - NEAR)
        }
    }

    pub(in crate::record) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at < NEAR {
            self.near.get_mut(at)
        } else {
            self.far.get_mut(at.wrapping_sub(NEAR))
        }
    }

    pub(in crate::record) fn rfind(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        (0..self.depth)
            .rev()
            .find(|at| self.get(*at).is_some_and(&is_it))
    }
}
