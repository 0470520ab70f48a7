//! What is entered on a thread: scopes, and spans within them.

use super::active::Active;
use super::hot::{self, Place};
use super::recording::Recording;

/// What is entered on a thread, the innermost last.
///
/// Mostly the innermost is left first. Where it is not (a guard that is kept, a
/// coroutine that takes turns with another one), a scope is taken out from below others,
/// and what is current stays current.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) scopes: Pile<EnteredScope>,
    pub(super) spans: Pile<EnteredSpan>,
}

/// A scope whose code runs, or waits for that of a scope above to end.
#[derive(Debug)]
pub(super) struct EnteredScope {
    /// The span for whose visit the scope was entered, or zero.
    pub(super) visitor: u64,
    pub(super) active: Active,
    /// Where its code goes on when it is the innermost scope again; but for the number,
    /// not kept up to date while it is.
    pub(super) place: Place,
}

impl EnteredScope {
    /// What the scope records with, if it is recorded.
    #[inline]
    pub(super) fn recording(&mut self) -> Option<&mut Recording> {
        self.active.recording(self.place.number, self.visitor)
    }

    /// The same, if something waits in the stage or was moved from there.
    #[inline]
    pub(super) fn recording_of_stage(&mut self) -> Option<&mut Recording> {
        if matches!(self.active, Active::Visiting(_)) && hot::is_stage_empty() {
            return None;
        }
        self.recording()
    }
}

/// A span that was made the current one in the scope in which it was opened.
#[derive(Debug)]
pub(super) struct EnteredSpan {
    pub(super) span: u64,
    /// The span that was current before.
    pub(super) outer: u64,
    /// The number of the scope. If that was left before the span, there is nothing to be
    /// brought back.
    pub(super) scope: u32,
}

/// A visit of a span on this thread.
pub(super) enum Visit {
    /// The place of the scope that was entered for it.
    Scope(usize),
    /// The place of the span, which is in its own scope.
    Span(usize),
}

impl Stack {
    pub(super) const fn new() -> Self {
        Self {
            scopes: Pile::new(
                [const {
                    EnteredScope {
                        visitor: 0,
                        active: Active::Nothing,
                        place: Place::NOWHERE,
                    }
                }; NEAR],
            ),
            spans: Pile::new(
                [const {
                    EnteredSpan {
                        span: 0,
                        outer: 0,
                        scope: 0,
                    }
                }; NEAR],
            ),
        }
    }

    /// Where the scope with a number is.
    pub(super) fn find_scope(&self, number: u32) -> Option<usize> {
        self.scopes.rfind(|scope| scope.place.number == number)
    }

    /// The last visit of a span.
    pub(super) fn find_visit(&self, span: u64) -> Option<Visit> {
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

/// A stack whose first places are allocated, so that a root allocates nothing.
#[derive(Debug)]
pub(super) struct Pile<T> {
    depth: usize,
    near: [T; NEAR],
    far: Vec<T>,
}

const NEAR: usize = 4;

impl<T> Pile<T> {
    /// An empty one. What is in the first places does not count.
    const fn new(near: [T; NEAR]) -> Self {
        Self {
            depth: 0,
            near,
            far: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) {
        match self.near.get_mut(self.depth) {
            // Not dropped: what is in a place that is not in use holds nothing.
            Some(place) => std::mem::forget(std::mem::replace(place, item)),
            None => self.far.push(item),
        }
        self.depth += 1;
    }

    /// The same of what is made where it is to be: when words that were just written are
    /// copied in wider pieces, the processor waits for them.
    #[inline]
    pub(super) fn push_with(&mut self, make: impl FnOnce() -> T) {
        match self.near.get_mut(self.depth) {
            Some(place) => {
                std::mem::forget(std::mem::replace(place, make()));
                self.depth += 1;
            }
            None => self.push(make()),
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) {
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
    pub(super) fn raise(&mut self, at: usize) {
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
    pub(super) fn top_mut(&mut self) -> Option<&mut T> {
        match self.near.get_mut(self.depth.wrapping_sub(1)) {
            Some(top) => Some(top),
            None => self.far.last_mut(),
        }
    }

    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        if at < NEAR {
            self.near.get(at).filter(|_| at < self.depth)
        } else {
            self.far.get(at - NEAR)
        }
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at < NEAR {
            self.near.get_mut(at)
        } else {
            self.far.get_mut(at.wrapping_sub(NEAR))
        }
    }

    pub(super) fn rfind(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        (0..self.depth)
            .rev()
            .find(|at| self.get(*at).is_some_and(&is_it))
    }
}
