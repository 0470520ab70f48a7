//! The thread's block: everything that recording a span touches.
//!
//! It is `const` and has no destructor, so that reaching it is one address
//! computation, cannot fail, and works to the very end of the thread. It is made
//! of `Cell`s, so that it needs no `unsafe`: spans are written into a *stage* in
//! the block itself and moved from there to the scope's chunk in one piece.

use std::cell::Cell;

use crate::clock::raw_counter;
use crate::id_generator::random_number;

use super::active;

/// Words of the stage: about sixty spans without tags.
const STAGE: usize = 512;

struct Hot {
    /// The scope that is recorded here; zero when nothing is.
    scope: Cell<u64>,
    /// The current span; zero before the scope's first.
    span: Cell<u64>,
    /// The span that was current where the scope began: it is the parent of the
    /// scope's spans but not the scope's to write to.
    entry: Cell<u64>,
    /// Whether times are the counter's, ids are random and short texts within the
    /// limits, so that the tracer need not be asked.
    is_plain: Cell<bool>,
    /// Spans opened and ended since the last time that the stage was moved.
    opened: Cell<u32>,
    ended: Cell<u32>,
    /// The parent of the span that failed last: an error that goes on through it is
    /// logged already.
    failed_in: Cell<u64>,
    /// Words of the stage in use.
    used: Cell<usize>,
    stage: [Cell<u64>; STAGE],
}

thread_local! {
    static HOT: Hot = const {
        Hot {
            scope: Cell::new(0),
            span: Cell::new(0),
            entry: Cell::new(0),
            is_plain: Cell::new(true),
            opened: Cell::new(0),
            ended: Cell::new(0),
            failed_in: Cell::new(0),
            used: Cell::new(0),
            stage: [const { Cell::new(0) }; STAGE],
        }
    };
}

/// What of the block belongs to a scope, while another one is entered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) scope: u64,
    pub(super) span: u64,
    pub(super) entry: u64,
    pub(super) is_plain: bool,
}

/// The number of the scope that is recorded on this thread; zero when none is.
#[inline(always)]
pub(super) fn scope() -> u64 {
    HOT.with(|hot| hot.scope.get())
}

/// The current span; zero when there is none.
#[inline(always)]
pub(super) fn span() -> u64 {
    HOT.with(|hot| hot.span.get())
}

/// Makes a span the current one; returns the one that was.
#[inline(always)]
pub(super) fn set_span(span: u64) -> u64 {
    HOT.with(|hot| hot.span.replace(span))
}

/// The current span if it is the scope's to write to, else zero.
#[inline(always)]
pub(super) fn own_span() -> u64 {
    HOT.with(|hot| {
        let span = hot.span.get();
        if hot.scope.get() == 0 || span == hot.entry.get() {
            0
        } else {
            span
        }
    })
}

/// Whether the tracer that records here is a plain one; see
/// [`TracerCore::is_plain`](super::TracerCore).
#[inline(always)]
pub(super) fn is_plain() -> bool {
    HOT.with(|hot| hot.is_plain.get())
}

/// Goes to another place; the stage must be empty. Returns the place that was.
pub(super) fn go_to(place: Place) -> Place {
    HOT.with(|hot| Place {
        scope: hot.scope.replace(place.scope),
        span: hot.span.replace(place.span),
        entry: hot.entry.replace(place.entry),
        is_plain: hot.is_plain.replace(place.is_plain),
    })
}

/// Draws the id of a span and makes it the current one, as a child of the one
/// that is. Returns both. To be called with room for the span's opening, so that
/// it is counted for the chunk that it gets into.
#[inline(always)]
pub(super) fn begin_span() -> (u64, u64) {
    HOT.with(|hot| {
        let id = if hot.is_plain.get() {
            random_number().get()
        } else {
            active::number()
        };
        hot.opened.set(hot.opened.get().wrapping_add(1));
        (id, hot.span.replace(id))
    })
}

/// Counts the end of a span and makes `parent` the current one again.
#[inline(always)]
pub(super) fn end_span(parent: u64) {
    HOT.with(|hot| {
        hot.ended.set(hot.ended.get().wrapping_add(1));
        hot.span.set(parent);
    });
}

/// Reads the clock of the tracer that records here.
#[inline(always)]
pub(super) fn now() -> u64 {
    if is_plain() {
        raw_counter()
    } else {
        active::now()
    }
}

/// Makes room for one entry, so that the next [`push`] does not move the stage.
#[inline(always)]
pub(super) fn reserve(words: usize) {
    if !has_room(words) {
        active::move_stage();
    }
}

/// Whether the stage has room for one entry.
#[inline(always)]
pub(super) fn has_room(words: usize) -> bool {
    HOT.with(|hot| hot.used.get()) + words <= STAGE
}

/// Appends the words of one entry to the stage.
#[inline(always)]
pub(super) fn push<const WORDS: usize>(words: [u64; WORDS]) {
    HOT.with(|hot| {
        let mut used = hot.used.get();
        if used > STAGE - WORDS {
            active::move_stage();
            used = 0;
        }
        for (offset, word) in words.into_iter().enumerate() {
            // The mask spares the check of the bound, which holds as said above.
            if let Some(cell) = hot.stage.get((used + offset) & (STAGE - 1)) {
                cell.set(word);
            }
        }
        hot.used.set(used + WORDS);
    });
}

/// What a stage held besides words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Staged {
    pub(super) opened: u32,
    pub(super) ended: u32,
}

/// Moves the stage to the end of `words`.
pub(super) fn drain(words: &mut Vec<u64>) -> Staged {
    HOT.with(|hot| {
        let used = hot.used.replace(0);
        words.extend(hot.stage.iter().take(used).map(Cell::get));
        Staged {
            opened: hot.opened.replace(0),
            ended: hot.ended.replace(0),
        }
    })
}

/// Whether the span that failed last is a child of this one.
pub(super) fn has_failed_child(span: u64) -> bool {
    HOT.with(|hot| hot.failed_in.get() == span)
}

/// Notes that a child of `parent` failed.
pub(super) fn pass_failure(parent: u64) {
    HOT.with(|hot| hot.failed_in.set(parent));
}
