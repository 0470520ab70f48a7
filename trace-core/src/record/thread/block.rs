//! The thread's block, which contains all state that recording a span uses.
//!
//! It is `const` and has no destructor. So accessing it is one address computation, cannot
//! fail, and works until the end of the thread. It consists of `Cell`s and needs no `unsafe`.
//! Entries are written into a *stage* in the block, and are moved from there to the scope's
//! chunk in one piece.
//!
//! This file owns the cells. The other files of the folder define their meaning and maintain
//! it, each for its subject. They share one structure, so that all state that a span uses is
//! in adjacent memory.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::short_text::BEHIND;
use crate::process::clock::Counter;
use crate::process::id_generator::RandomNumbers;
use crate::record::trace::LocalTrace;

/// The number of words in the stage, enough for about a hundred spans without tags. A power of
/// two, which `put_one` relies on.
pub(in crate::record) const STAGE: usize = 512;

/// The number of bytes in the stage for texts.
pub(in crate::record) const TEXT_STAGE: usize = 512;

/// How many times a thread may search in vain for the reason why nothing is recorded, before
/// it searches less often.
const FIRST_PATIENCE: u32 = 1_024;

/// The cells of one thread; see [the module](self). It lives as long as the thread.
pub(in crate::record) struct Block {
    /// The scope that is recorded here; zero if none is.
    pub(super) scope: Cell<u32>,
    /// The number of this thread's next scope. A multiple of `SCOPE_NUMBER_BLOCK` if its range is used up,
    /// and it has to take another one.
    pub(super) next_scope: Cell<u32>,
    /// The current span; zero before the scope's first.
    pub(super) span: Cell<u64>,
    /// The span that was current where the scope began. It is the parent of the scope's spans,
    /// but belongs to another scope, so this scope must not write to it.
    pub(super) foreign_base: Cell<u64>,
    /// The counter, if the tracer is *plain*: its times are readings of the counter, its ids
    /// are random, and short texts are within its limits. Then recording does not need the
    /// tracer.
    pub(super) plain: Cell<Option<Counter>>,
    /// The generator of ids if `plain` is set. It is seeded before `plain` is set.
    pub(super) ids: RandomNumbers,
    /// The numbers of spans that were opened and ended since the stage was last moved.
    pub(super) opened: Cell<u32>,
    pub(super) ended: Cell<u32>,
    /// The parent of the span that failed last; zero if that span had no message. If the same
    /// error passes through this parent, it was already logged.
    pub(super) failed_in: Cell<u64>,
    /// The span that has recorded the last message of an error.
    pub(super) message_of: Cell<u64>,
    /// The newest span of the piece that is being written; zero if there is none. Its entries
    /// omit the id.
    pub(super) newest: Cell<u64>,
    /// When the newest span was opened. The end of this span contains the difference instead
    /// of a time.
    pub(super) newest_time: Cell<u64>,
    /// Whether a held span has taken a reference to the trace of the running scope and may
    /// leave it here when it ends. The scope has no baggage. Threads share the count of
    /// references, so counting one costs as much as reading the clock.
    pub(super) is_lent: Cell<bool>,
    /// A reference that was left here, for the next held span; see `lent_trace`.
    pub(super) trace: Cell<Option<ManuallyDrop<Arc<LocalTrace>>>>,
    /// Words of the stage in use.
    pub(super) used: Cell<usize>,
    pub(super) stage: [Cell<u64>; STAGE],
    /// Bytes of the text stage in use.
    pub(super) text_used: Cell<usize>,
    /// The text stage, with room behind it because texts are written in whole words.
    pub(super) text: Cell<[u8; TEXT_STAGE + BEHIND]>,
    /// The limit for texts of the tracer of one scope, and the number of that scope.
    pub(super) max_value_bytes: Cell<usize>,
    pub(super) limited_scope: Cell<u32>,
    /// Whether recording is paused here; see [`Paused`](super::Paused).
    pub(super) is_quiet: Cell<bool>,
    /// Whether functions that are not recorded here find out why. A thread becomes curious
    /// when it enters or leaves something, and stops after several searches in vain. So the
    /// check costs one comparison.
    pub(super) is_curious: Cell<bool>,
    /// How many more searches in vain are allowed, and how many times they were used up.
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
            message_of: Cell::new(0),
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

/// Calls `touch` with the thread's block. Functions that are not inlined get the block as an
/// argument, because accessing it may be a call, for which they would save registers. They
/// read the block before they read the clock, because the compiler assumes nothing about the
/// block after that.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn with_block<R>(touch: impl FnOnce(&Block) -> R) -> R {
    BLOCK.with(touch)
}
