//! The thread's block: everything that recording a span touches.
//!
//! It is `const` and has no destructor. So reaching it is one address computation, cannot
//! fail, and works to the very end of the thread. It is made of `Cell`s, so that it needs no
//! `unsafe`: entries are written into a *stage* in the block itself, and are moved from there
//! to the scope's chunk in one piece.
//!
//! This file owns the cells. What they mean is said, and kept true, by the other files of the
//! folder, each for its subject. It is one structure and not one for each subject, so that
//! all that a span touches is near one address.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::short_text::BEHIND;
use crate::process::clock::Counter;
use crate::process::id_generator::RandomNumbers;
use crate::record::trace::LocalTrace;

/// Words of the stage: about a hundred spans without tags.
pub(in crate::record) const STAGE: usize = 512;

/// Bytes of the stage for texts, and most of them that an entry may have there.
pub(in crate::record) const TEXT_STAGE: usize = 512;

/// How often a thread looks in vain for what is not recorded before it looks less often.
const FIRST_PATIENCE: u32 = 1_024;

/// See [the module](self).
pub(in crate::record) struct Block {
    /// The scope that is recorded here; zero when nothing is.
    pub(super) scope: Cell<u32>,
    /// The number of this thread's next scope; a multiple of `SCOPE_NUMBER_BLOCK` when it needs
    /// others.
    pub(super) next_scope: Cell<u32>,
    /// The current span; zero before the scope's first.
    pub(super) span: Cell<u64>,
    /// The span that was current where the scope began: it is the parent of the
    /// scope's spans but not the scope's to write to.
    pub(super) foreign_base: Cell<u64>,
    /// What times are read from if they are the counter's, ids are random and short
    /// texts within the limits, so that the tracer need not be asked.
    pub(super) plain: Cell<Option<Counter>>,
    /// Where ids come from if `plain` says so; seeded then.
    pub(super) ids: RandomNumbers,
    /// Spans opened and ended since the last time that the stage was moved.
    pub(super) opened: Cell<u32>,
    pub(super) ended: Cell<u32>,
    /// The parent of the span that failed last: an error that goes on through it is
    /// logged already.
    pub(super) failed_in: Cell<u64>,
    /// The newest span of the piece that is written, and when it was opened; zero if
    /// there is none.
    pub(super) newest: Cell<u64>,
    pub(super) newest_time: Cell<u64>,
    /// Whether a span took a reference to the trace of the scope that is recorded, which has
    /// no baggage, and may give it back; and one that was given back, for the next span. To
    /// count the references, which threads share, costs as much as to read the clock.
    pub(super) is_lent: Cell<bool>,
    pub(super) trace: Cell<Option<ManuallyDrop<Arc<LocalTrace>>>>,
    /// Words of the stage in use.
    pub(super) used: Cell<usize>,
    pub(super) stage: [Cell<u64>; STAGE],
    /// Bytes in use of the stage for texts, and the stage, with room behind it for what is
    /// written in words.
    pub(super) text_used: Cell<usize>,
    pub(super) text: Cell<[u8; TEXT_STAGE + BEHIND]>,
    /// The limit for texts of the tracer of a scope, and the number of that scope.
    pub(super) max_value_bytes: Cell<usize>,
    pub(super) limited_scope: Cell<u32>,
    /// Whether code runs here of which nothing is recorded; see [`Paused`](super::Paused).
    pub(super) is_quiet: Cell<bool>,
    /// Whether functions of which nothing is recorded here note why. What a thread enters or
    /// leaves makes it curious; to have looked often in vain makes it quiet, so that this
    /// costs one comparison.
    pub(super) is_curious: Cell<bool>,
    /// How often the thread still looks in vain before it looks less often, and how many
    /// stays in one place it then was quiet in.
    pub(super) patience: Cell<u32>,
    pub(super) stays: Cell<u32>,
}

thread_local! {
    pub(super) static BLOCK: Block = const {
        Block {
            scope: Cell::new(0),
            next_scope: Cell::new(0),
            span: Cell::new(0),
            foreign_base: Cell::new(0),
            plain: Cell::new(None),
            ids: RandomNumbers::new(),
            opened: Cell::new(0),
            ended: Cell::new(0),
            failed_in: Cell::new(0),
            newest: Cell::new(0),
            newest_time: Cell::new(0),
            is_lent: Cell::new(false),
            trace: Cell::new(None),
            used: Cell::new(0),
            stage: [const { Cell::new(0) }; STAGE],
            text_used: Cell::new(0),
            text: Cell::new([0; TEXT_STAGE + BEHIND]),
            max_value_bytes: Cell::new(0),
            limited_scope: Cell::new(0),
            is_quiet: Cell::new(false),
            is_curious: Cell::new(true),
            patience: Cell::new(FIRST_PATIENCE),
            stays: Cell::new(0),
        }
    };
}

/// Lets `touch` see the thread's block. For functions that are not inlined, in which reaching
/// it may be a call, for which they would save registers. They are handed the block, and read
/// in it what they need before they read the clock: from there on the compiler takes nothing of
/// it for known.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn with_block<R>(touch: impl FnOnce(&Block) -> R) -> R {
    BLOCK.with(touch)
}
