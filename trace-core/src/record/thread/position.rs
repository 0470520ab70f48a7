//! Where a thread is: the scope that is recorded, and the current span.
//!
//! It does not know which scopes and spans are entered below these. That is the business
//! of the stack in `scope/entered/`, which notes the position of a scope while another
//! one is above it.
//!
//! "Not recording" is a scope of zero: one load and one branch, at every place that asks.

use super::block::{BLOCK, Block};
use super::lent_trace::drop_lent_trace;
use crate::process::clock::Counter;
use crate::record::if_recording::RECORDING_BUILT;

/// What of the block belongs to a scope, while another one is entered.
///
/// It is a copy: a scope that waits keeps one, and goes on from it.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Position {
    /// The scope that is recorded; zero when none is.
    pub(in crate::record) scope: u32,
    /// The current span; zero before the first of the scope.
    pub(in crate::record) span: u64,
    /// The span below which the scope began, which is not the scope's to write to. Zero if
    /// the scope's code continues in a span of its own.
    pub(in crate::record) foreign_base: u64,
    /// The counter, if the tracer is a plain one; see `TracerCore::plain`.
    pub(in crate::record) plain: Option<Counter>,
}

impl Position {
    /// Outside all scopes.
    pub(in crate::record) const NOWHERE: Self = Self {
        scope: 0,
        span: 0,
        foreign_base: 0,
        plain: None,
    };
}

/// The number of the scope that is recorded on this thread; zero when none is.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn scope() -> u32 {
    if !RECORDING_BUILT {
        return 0;
    }
    BLOCK.with(|block| block.scope.get())
}

/// The current span; zero when there is none.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn span() -> u64 {
    BLOCK.with(|block| block.span.get())
}

/// Makes a span the current one; returns the one that was.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn set_span(span: u64) -> u64 {
    BLOCK.with(|block| block.span.replace(span))
}

/// The current span if it is the scope's to write to, else zero.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn own_span() -> u64 {
    if !RECORDING_BUILT {
        return 0;
    }
    BLOCK.with(Block::own_span)
}

/// Whether the tracer that records here is a plain one; see
/// [`TracerCore::plain`](crate::record::trace::TracerCore).
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_plain() -> bool {
    plain().is_some()
}

/// The counter, if the tracer that records here is a plain one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn plain() -> Option<Counter> {
    BLOCK.with(|block| block.plain.get())
}

/// The position where this thread is.
#[inline]
pub(in crate::record) fn position() -> Position {
    BLOCK.with(|block| Position {
        scope: block.scope.get(),
        span: block.span.get(),
        foreign_base: block.foreign_base.get(),
        plain: block.plain.get(),
    })
}

/// Goes to another position, which is another scope's or nowhere. The stage must be
/// empty, as its entries belong to the scope that is left.
#[inline]
pub(in crate::record) fn go_to(position: &Position) {
    BLOCK.with(|block| block.go_to(position));
}

/// Goes to a new scope for a visit of a span, and says where this thread was; the stage
/// must be empty. Returns the number of the scope.
#[inline]
pub(in crate::record) fn begin_visit(
    from: Option<&mut Position>,
    span: u64,
    plain: Option<Counter>,
) -> u32 {
    BLOCK.with(|block| block.begin_visit(from, span, plain))
}

impl Block {
    /// What [`scope`] says.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn recorded_scope(&self) -> u32 {
        if RECORDING_BUILT { self.scope.get() } else { 0 }
    }

    /// What [`set_span`] does.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn replace_span(&self, span: u64) -> u64 {
        self.span.replace(span)
    }

    /// The current span if it is the scope's to write to, else zero.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn own_span(&self) -> u64 {
        let span = self.span.get();
        if self.scope.get() == 0 || span == self.foreign_base.get() {
            0
        } else {
            span
        }
    }

    /// Goes to another position, if that is a matter of writing some words; the stage must be
    /// empty. Returns whether it is.
    // Word by word, without copies of places: words that were just written one by one and
    // are read in pairs make the processor wait.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn go_at_once(
        &self,
        scope: u32,
        span: u64,
        foreign_base: u64,
        plain: Option<Counter>,
    ) -> bool {
        if self.is_lent.get() || (plain.is_some() && !self.ids.is_seeded()) {
            return false;
        }
        self.scope.set(scope);
        self.span.set(span);
        self.foreign_base.set(foreign_base);
        self.plain.set(plain);
        self.newest.set(0);
        self.is_curious.set(true);
        true
    }

    /// Goes to another position, after what `go_at_once` leaves to others: to drop the
    /// lent trace, and to seed the generator of ids.
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

    #[inline(never)]
    fn begin_visit(&self, from: Option<&mut Position>, span: u64, plain: Option<Counter>) -> u32 {
        if let Some(from) = from {
            from.scope = self.scope.get();
            from.span = self.span.get();
            from.foreign_base = self.foreign_base.get();
            from.plain = self.plain.get();
        }
        let scope = self.new_scope();
        // The span is the scope's to write to.
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
