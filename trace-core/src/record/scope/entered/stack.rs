//! The stack of a thread: the scopes that it is in, and spans within them.
//!
//! It finds what is entered and changes nothing. Scopes and spans are two piles. Each span
//! notes its scope, so the order of both together is known.

use super::entered_scope::EnteredScope;
use super::pile::{Pile, Vacant};

/// What is entered on a thread, the innermost last.
///
/// Mostly the innermost is left first. If it is not (a guard was kept, or a coroutine takes
/// turns with another one), a scope is taken out from below others, and what is current
/// stays current.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) scopes: Pile<EnteredScope>,
    pub(super) spans: Pile<EnteredSpan>,
}

/// A span that was made the current one in the scope in which it was opened: a held span that
/// was entered, or one whose body is being dropped. Polls and the guards of functions do not
/// need this, as they keep the outer span themselves.
#[derive(Debug)]
pub(super) struct EnteredSpan {
    pub(super) span: u64,
    /// The span that was current before. It changes if that one is left first.
    pub(super) outer: u64,
    /// The number of the scope. If the scope was left before the span, leaving the span
    /// makes no other span current.
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
            scopes: Pile::new(),
            spans: Pile::new(),
        }
    }

    /// The place of the scope with this number.
    pub(super) fn find_scope(&self, number: u32) -> Option<usize> {
        self.scopes.rfind(|scope| scope.number == number)
    }

    /// The last visit of a span. The last one is the innermost: visits of one span on one
    /// thread nest.
    pub(super) fn find_visit(&self, span: u64) -> Option<Visit> {
        let scope = self.scopes.rfind(|scope| scope.visitor == span);
        let at = self.spans.rfind(|entered| entered.span == span);
        let home = at.and_then(|at| self.spans.get(at));
        let home = home.and_then(|entered| self.find_scope(entered.scope));
        match (scope, at) {
            // The span's own scope is below, or was left. So the scope that was entered for
            // the span came later.
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
