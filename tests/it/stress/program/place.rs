//! The model of where code runs. It has the entered scopes of a thread, the surroundings of
//! each, and the held spans that were entered in their own scope.
//!
//! It follows the documentation of [`trace_core::OpenSpan::enter`], `enter_unguarded` and
//! `exit`. All other code restores the previous current span when it returns.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

/// A span, and whether code may tag it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) span: usize,
    pub(super) is_own: bool,
    /// When the code entered the held span.
    pub(super) since: Option<u64>,
}

impl Place {
    pub(super) const fn own(span: usize) -> Self {
        Self {
            span,
            is_own: true,
            since: None,
        }
    }
}

/// The surroundings of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// No trace.
    Nothing,
    /// A trace that is not recorded.
    Refused,
    Span(Place),
}

impl Around {
    pub(super) const fn place(self) -> Option<Place> {
        match self {
            Self::Span(place) => Some(place),
            Self::Nothing | Self::Refused => None,
        }
    }

    fn is(self, span: usize) -> bool {
        self.place().is_some_and(|place| place.span == span)
    }
}

/// A scope whose code runs or waits for a scope above it.
#[derive(Debug)]
struct Layer {
    scope: u64,
    around: Around,
    /// The held span for whose visit it was entered.
    visitor: Option<usize>,
    /// The surroundings of its code at the beginning.
    first: Around,
    /// The number of spans whose code runs in it.
    spans: u32,
}

/// A held span that was entered in its own scope.
#[derive(Debug)]
struct Visit {
    held: usize,
    span: usize,
    outer: Around,
    scope: u64,
}

#[derive(Debug)]
struct Here {
    layers: Vec<Layer>,
    visits: Vec<Visit>,
}

thread_local! {
    static HERE: RefCell<Here> = const { RefCell::new(Here { layers: Vec::new(), visits: Vec::new() }) };
}

/// Returns the number of a new scope.
pub(super) fn new_scope() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns the surroundings of the running code.
pub(super) fn around() -> Around {
    HERE.with_borrow(|here| here.layers.last().map_or(Around::Nothing, |top| top.around))
}

/// Returns the span around the running code.
pub(super) fn place() -> Option<Place> {
    around().place()
}

/// Returns the scope whose code runs; zero if there is none.
pub(super) fn scope() -> u64 {
    HERE.with_borrow(|here| here.layers.last().map_or(0, |top| top.scope))
}

/// Returns whether nothing is entered on this thread.
pub(super) fn is_nowhere() -> bool {
    HERE.with_borrow(|here| here.layers.is_empty())
}

/// A guard for code that runs at another place.
#[must_use]
pub(super) enum At {
    /// At the same place as before.
    Same,
    /// In a span of the running scope.
    Span { scope: u64, outer: Around },
    /// In another scope.
    Scope(u64),
}

impl At {
    pub(super) const fn is_new(&self) -> bool {
        !matches!(self, Self::Same)
    }

    /// Returns the scope in which the code runs, unless the place is the same as before.
    pub(super) const fn home(&self) -> Option<u64> {
        match self {
            Self::Same => None,
            Self::Span { scope, .. } | Self::Scope(scope) => Some(*scope),
        }
    }

    pub(super) fn span(place: Place) -> Self {
        HERE.with_borrow_mut(|here| {
            let top = here.layers.last_mut().expect("a scope");
            let outer = std::mem::replace(&mut top.around, Around::Span(place));
            top.spans += 1;
            Self::Span {
                scope: top.scope,
                outer,
            }
        })
    }

    pub(super) fn scope(scope: u64, around: Around) -> Self {
        enter_scope(None, scope, around);
        Self::Scope(scope)
    }
}

impl Drop for At {
    fn drop(&mut self) {
        HERE.with_borrow_mut(|here| match self {
            Self::Same => {}
            Self::Span { scope, outer } => {
                if let Some(layer) = here.find(*scope) {
                    here.layers[layer].around = *outer;
                    here.layers[layer].spans -= 1;
                }
            }
            Self::Scope(scope) => {
                let layer = here.find(*scope).expect("it is entered");
                here.layers.remove(layer);
            }
        });
    }
}

/// Enters a scope, for the visit of `visitor` if it is set.
pub(super) fn enter_scope(visitor: Option<usize>, scope: u64, around: Around) {
    HERE.with_borrow_mut(|here| {
        here.layers.push(Layer {
            scope,
            around,
            visitor,
            first: around,
            spans: 0,
        });
    });
}

/// Enters a held span in its own scope, which is the running one.
pub(super) fn enter_home(held: usize, place: Place) {
    HERE.with_borrow_mut(|here| {
        let top = here.layers.last_mut().expect("a scope");
        here.visits.push(Visit {
            held,
            span: place.span,
            outer: std::mem::replace(&mut top.around, Around::Span(place)),
            scope: top.scope,
        });
    });
}

/// Returns whether all scopes that were entered for a held span can be left, because no span
/// that began in them is open.
pub(super) fn may_leave(held: usize) -> bool {
    HERE.with_borrow(|here| {
        let mut layers = here.layers.iter();
        layers.all(|layer| layer.visitor != Some(held) || here.is_free(layer))
    })
}

/// Returns the number of visits of a held span on this thread.
pub(super) fn visits(held: usize) -> usize {
    HERE.with_borrow(|here| {
        let layers = here.layers.iter();
        let away = layers.filter(|layer| layer.visitor == Some(held)).count();
        away + here
            .visits
            .iter()
            .filter(|visit| visit.held == held)
            .count()
    })
}

/// Returns the held span for which the running scope was entered, if it is not the given
/// scope.
pub(super) fn visitor_above(scope: u64) -> Option<usize> {
    HERE.with_borrow(|here| {
        let top = here.layers.last().filter(|top| top.scope != scope)?;
        top.visitor
    })
}

/// Leaves a visit of a held span on this thread, if there is one: the last one, or one whose
/// scope was already left. Returns the scope that was entered for it, or zero.
pub(super) fn leave(held: usize) -> Option<u64> {
    HERE.with_borrow_mut(|here| {
        let layer = here.layers.iter().rposition(|at| at.visitor == Some(held));
        let visit = here.visits.iter().rposition(|at| at.held == held);
        let home = visit.and_then(|visit| here.find(here.visits[visit].scope));
        match (layer, visit) {
            (Some(layer), _) if home < Some(layer) => Some(here.layers.remove(layer).scope),
            (_, Some(visit)) => {
                here.bring_back(visit);
                Some(0)
            }
            _ => None,
        }
    })
}

impl Here {
    fn find(&self, scope: u64) -> Option<usize> {
        self.layers.iter().rposition(|layer| layer.scope == scope)
    }

    /// Returns whether the current span of a scope is the span for which it was entered, or a
    /// span that was entered within it.
    fn is_free(&self, layer: &Layer) -> bool {
        let span = |around: Around| around.place().map(|place| place.span);
        let current = span(layer.around);
        let mut visits = self.visits.iter();
        let is_entered =
            visits.any(|visit| (visit.scope, Some(visit.span)) == (layer.scope, current));
        layer.spans == 0 && (is_entered || current == span(layer.first))
    }

    /// Restores the span that was current before a visit: now, or when a span that was entered
    /// after it is left.
    fn bring_back(&mut self, visit: usize) {
        let Visit {
            span, outer, scope, ..
        } = self.visits.remove(visit);
        let Some(layer) = self.find(scope) else {
            return;
        };
        let above = self.visits[visit..].iter_mut();
        let outers = above.filter(|above| above.scope == scope);
        let current = &mut self.layers[layer].around;
        let mut all = outers.map(|above| &mut above.outer).chain([current]);
        if let Some(is_span) = all.find(|around| around.is(span)) {
            *is_span = outer;
        }
    }
}
