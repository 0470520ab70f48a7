//! The position of a thread: the recorded scope, and the current span.
//!
//! This file does not know which scopes and spans are entered below them. The stack in
//! `scope/entered/` does, and keeps the position of a scope while another scope is above it.
//!
//! A scope of zero means "not recording", so the check is one load and one branch.

use super::block::{BLOCK, Block};
use super::lent_trace::drop_lent_trace;
use crate::process::clock::Counter;
use crate::record::if_recording::RECORDING_BUILT;

/// The part of the block that belongs to a scope.
///
/// It is a copy. A waiting scope keeps one and continues from it. While its code runs, the
/// block has the current values.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Position {
    /// The scope that is recorded; zero when none is.
    pub(in crate::record) scope: u32,
    /// The current span; zero before the first of the scope.
    pub(in crate::record) span: u64,
    /// The span below which the scope began. The scope must not write to it. Zero if the
    /// scope's code continues in its own span.
    pub(in crate::record) foreign_base: u64,
    /// The counter, if the tracer is a plain one; see `TracerCore::plain`.
    pub(in crate::record) plain: Option<Counter>,
}

impl Position {
    /// The position outside all scopes.
    pub(in crate::record) const NOWHERE: Self = Self {
        scope: 0,
        span: 0,
        foreign_base: 0,
        plain: None,
    };
}

/// Returns the number of the scope that is recorded on this thread; zero if none is.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn scope() -> u32 {
    if !RECORDING_BUILT {
        return 0;
    }
    BLOCK.with(|block| block.scope.get())
}

/// Returns the current span; zero if there is none.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn span() -> u64 {
    BLOCK.with(|block| block.span.get())
}

/// Makes a span the current one; returns the previous one. Does not change which span is the
/// newest; see [`forget_newest`](super::forget_newest).
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn set_span(span: u64) -> u64 {
    BLOCK.with(|block| block.span.replace(span))
}

/// Returns the current span if the running scope may write to it, otherwise zero.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn own_span() -> u64 {
    if !RECORDING_BUILT {
        return 0;
    }
    BLOCK.with(Block::own_span)
}

/// Whether the tracer that records here is plain; see
/// [`TracerCore::plain`](crate::record::trace::TracerCore).
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_plain() -> bool {
    plain().is_some()
}

/// Returns the counter, if the tracer that records here is plain.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn plain() -> Option<Counter> {
    BLOCK.with(|block| block.plain.get())
}

/// Returns the position of this thread.
#[inline]
pub(in crate::record) fn position() -> Position {
    BLOCK.with(|block| Position {
        scope: block.scope.get(),
        span: block.span.get(),
        foreign_base: block.foreign_base.get(),
        plain: block.plain.get(),
    })
}

/// Goes to the position of another scope, or to nowhere. The stage must be empty, because its
/// entries belong to the scope that is left.
#[inline]
pub(in crate::record) fn go_to(position: &Position) {
    BLOCK.with(|block| block.go_to(position));
}

/// Goes to a new scope for the visit of a span, and stores the previous position in `from`.
/// The stage must be empty. Returns the number of the new scope.
#[inline]
pub(in crate::record) fn begin_visit(
    from: Option<&mut Position>,
    span: u64,
    plain: Option<Counter>,
) -> u32 {
    BLOCK.with(|block| block.begin_visit(from, span, plain))
}

impl Block {
    /// Returns what [`scope`] returns, for callers that have the block.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn recorded_scope(&self) -> u32 {
        if RECORDING_BUILT { self.scope.get() } else { 0 }
    }

    /// Does what [`set_span`] does, for callers that have the block.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn replace_span(&self, span: u64) -> u64 {
        self.span.replace(span)
    }

    /// Returns the current span if the running scope may write to it, otherwise zero.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn own_span(&self) -> u64 {
        // If the current span is the base, the scope has no open span of its own. Both are
        // zero before the first span of a scope that did not begin below a span.
        let span = self.span.get();
        if self.scope.get() == 0 || span == self.foreign_base.get() {
            0
        } else {
            span
        }
    }

    /// Goes to another position, if only a few words have to be written. Returns whether it
    /// did. The stage must be empty.
    // The words are written one by one and not as a `Position`. The compiler would copy that
    // in pairs of words, and the processor waits if recently written single words are read in
    // pairs.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn go_at_once(
        &self,
        scope: u32,
        span: u64,
        foreign_base: u64,
        plain: Option<Counter>,
    ) -> bool {
        // Rare: a lent trace must be dropped first, and ids must be seeded before they are
        // drawn without a check.
        if self.is_lent.get() || (plain.is_some() && !self.ids.is_seeded()) {
            return false;
        }
        self.scope.set(scope);
        self.span.set(span);
        self.foreign_base.set(foreign_base);
        self.plain.set(plain);
        // The next entries belong to another piece, so there is no newest span.
        self.newest.set(0);
        // From now on, the reason why something is not recorded may differ.
        self.is_curious.set(true);
        true
    }

    /// Goes to another position. First does the work that `go_at_once` does not do: drops the
    /// lent trace, and seeds the generator of ids.
    #[inline]
    fn go_to(&self, position: &Position) {
        if self.is_lent.get() {
            drop_lent_trace();
        }
        if position.plain.is_some() {
            self.ids.seed();
        }
        let _is_there = self.go_at_once(
            position.scope,
            position.span,
            position.foreign_base,
            position.plain,
        );
    }

    // Not inlined: a visit is rare.
    #[inline(never)]
    fn begin_visit(&self, from: Option<&mut Position>, span: u64, plain: Option<Counter>) -> u32 {
        if let Some(from) = from {
            from.scope = self.scope.get();
            from.span = self.span.get();
            from.foreign_base = self.foreign_base.get();
            from.plain = self.plain.get();
        }
        let scope = self.new_scope();
        // There is no base, because the scope may write to the visited span.
        let foreign_base = 0;
        self.go_to(&Position {
            scope,
            span,
            foreign_base,
            plain,
        });
        scope
    }
}
