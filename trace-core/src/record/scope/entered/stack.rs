//! The stack of a thread: its entered scopes, and the spans within them.
//!
//! This file only finds entries of the stack. Scopes and spans are on two piles. Each span has
//! the number of its scope, so their common order is known.

use super::entered_scope::EnteredScope;
use super::pile::{Pile, Vacant};

/// The entered scopes and spans of a thread, the innermost last.
///
/// Usually the innermost scope is left first. Otherwise (a guard was kept, or coroutines
/// alternate), a scope is removed from below others, and the current scope stays current.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) scopes: Pile<EnteredScope>,
    pub(super) spans: Pile<EnteredSpan>,
}

/// A span that was made current in its own scope: a held span that was entered, or a span
/// whose body is being dropped. Polls and the guards of functions do not need this, because
/// they keep the outer span themselves.
#[derive(Debug)]
pub(super) struct EnteredSpan {
    pub(super) span: u64,
    /// The span that was current before. It changes if that span is left first.
    pub(super) outer: u64,
    /// The number of the scope. If the scope is left before the span, leaving the span does
    /// not change the current span.
    pub(super) scope: u32,
}

/// A visit of a span on this thread.
pub(super) enum Visit {
    /// The place of the scope that was entered for the visit.
    Scope(usize),
    /// The place of the span, if it was entered in its own scope.
    Span(usize),
}

impl Stack {
    pub(super) const fn new() -> Self {
        Self {
            scopes: Pile::new(),
            spans: Pile::new(),
        }
    }

    /// The place of the scope with this number.
    pub(super) fn find_scope(&self, number: u32) -> Option<usize> {
        self.scopes.rfind(|scope| scope.number == number)
    }

    /// The last visit of a span, which is the innermost one, because visits of one span on one
    /// thread nest.
    pub(super) fn find_visit(&self, span: u64) -> Option<Visit> {
        let scope = self.scopes.rfind(|scope| scope.visitor == span);
        let at = self.spans.rfind(|entered| entered.span == span);
        let home = at.and_then(|at| self.spans.get(at));
        let home = home.and_then(|entered| self.find_scope(entered.scope));
        match (scope, at) {
            // The span's own scope is below, or was left. So the scope for the visit was
            // entered later.
            (Some(scope), _) if home < Some(scope) => Some(Visit::Scope(scope)),
            (_, Some(at)) => Some(Visit::Span(at)),
            (Some(scope), None) => Some(Visit::Scope(scope)),
            (None, None) => None,
        }
    }
}

impl Vacant for EnteredSpan {
    const VACANT: Self = Self {
        span: 0,
        outer: 0,
        scope: 0,
    };
}
