//! What is entered on a thread: scopes, and spans within them.

use super::active::Active;
use super::hot::Place;

/// What is entered on a thread, the innermost last.
///
/// Mostly the innermost is left first. Where it is not (a guard that is kept, a
/// coroutine that takes turns with another one), a frame is taken out from below others,
/// and what is current stays current.
#[derive(Debug)]
pub(super) struct Stack {
    depth: usize,
    /// The first ones, so that a root allocates nothing.
    near: [Frame; NEAR],
    far: Vec<Frame>,
}

const NEAR: usize = 4;

/// What was entered.
#[derive(Debug)]
pub(super) enum Frame {
    /// None: fills the places that are not in use.
    Empty,
    Scope(EnteredScope),
    Span(EnteredSpan),
}

/// A scope whose code runs, or waits for that of a scope above to end.
#[derive(Debug)]
pub(super) struct EnteredScope {
    pub(super) number: u32,
    /// The span for whose visit the scope was entered, or zero.
    pub(super) visitor: u64,
    pub(super) active: Active,
    /// Where its code goes on when it is the innermost scope again; not kept up to date
    /// while it is.
    pub(super) place: Place,
}

/// A span that was made the current one in the scope in which it was opened.
#[derive(Debug)]
pub(super) struct EnteredSpan {
    pub(super) span: u64,
    /// The span that was current before.
    pub(super) outer: u64,
    /// Whether its scope was left before it, and nothing is to be brought back.
    pub(super) is_void: bool,
}

impl Stack {
    pub(super) const fn new() -> Self {
        Self {
            depth: 0,
            near: [const { Frame::Empty }; NEAR],
            far: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, frame: Frame) {
        match self.near.get_mut(self.depth) {
            Some(place) => *place = frame,
            None => self.far.push(frame),
        }
        self.depth += 1;
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Frame {
        let Some(top) = self.depth.checked_sub(1) else {
            return Frame::Empty;
        };
        self.depth = top;
        if let Some(place) = self.near.get_mut(top) {
            return std::mem::replace(place, Frame::Empty);
        }
        let frame = self.far.pop().unwrap_or(Frame::Empty);
        if self.far.is_empty() {
            // Nobody does so at the end of the thread.
            self.far = Vec::new();
        }
        frame
    }

    /// Takes a frame out, whatever is above it.
    pub(super) fn remove(&mut self, at: usize) -> Frame {
        for above in at + 1..self.depth {
            self.swap(above - 1, above);
        }
        self.pop()
    }

    fn swap(&mut self, one: usize, other: usize) {
        let [Some(a), Some(b)] = [one, other].map(|at| self.get_mut(at).map(std::mem::take)) else {
            return;
        };
        if let Some(place) = self.get_mut(one) {
            *place = b;
        }
        if let Some(place) = self.get_mut(other) {
            *place = a;
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Frame> {
        if at < NEAR {
            self.near.get_mut(at)
        } else {
            self.far.get_mut(at - NEAR)
        }
    }

    /// The innermost scope: the one whose code runs.
    #[inline]
    pub(super) fn running(&mut self) -> Option<&mut EnteredScope> {
        let at = self.running_at()?;
        self.scope_mut(at)
    }

    #[inline]
    pub(super) fn running_at(&mut self) -> Option<usize> {
        self.scope_below(self.depth)
    }

    /// Where the innermost scope below a place is.
    #[inline]
    pub(super) fn scope_below(&mut self, at: usize) -> Option<usize> {
        (0..at).rev().find(|at| self.scope_mut(*at).is_some())
    }

    #[inline]
    pub(super) fn scope_mut(&mut self, at: usize) -> Option<&mut EnteredScope> {
        match self.get_mut(at) {
            Some(Frame::Scope(scope)) => Some(scope),
            _ => None,
        }
    }

    /// Where the scope with a number is.
    pub(super) fn find_scope(&mut self, number: u32) -> Option<usize> {
        let is_it = |scope: &mut EnteredScope| scope.number == number;
        (0..self.depth)
            .rev()
            .find(|at| self.scope_mut(*at).is_some_and(is_it))
    }

    /// Where the last visit of a span is.
    pub(super) fn find_span(&mut self, span: u64) -> Option<usize> {
        (0..self.depth).rev().find(|at| match self.get_mut(*at) {
            Some(Frame::Scope(scope)) => scope.visitor == span,
            Some(Frame::Span(entered)) => entered.span == span,
            Some(Frame::Empty) | None => false,
        })
    }

    /// The spans that were entered in the scope at a place, or below all scopes.
    pub(super) fn for_each_span_above(&mut self, at: usize, mut act: impl FnMut(&mut EnteredSpan)) {
        for at in at..self.depth {
            match self.get_mut(at) {
                Some(Frame::Span(span)) => act(span),
                _ => return,
            }
        }
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self::Empty
    }
}
