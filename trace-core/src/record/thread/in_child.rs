//! What the child of a `fork` forgets of the block: it is the parent's.
//!
//! Nothing is dropped, and no lock is taken: this runs in the child's first moments,
//! where both may wait for a thread that is not there.

use super::block::BLOCK;
use super::drain::discard_stage;
use super::position::{Position, go_to};

/// Forgets what is recorded on this thread and what its ids are drawn from, in the
/// child of a `fork`. Async-signal-safe.
pub(in crate::record) fn forget_in_child() {
    discard_stage();
    BLOCK.with(|block| {
        // Not dropped: it is the parent's.
        block.is_lent.set(false);
        block.trace.set(None);
    });
    go_to(&Position::NOWHERE);
    BLOCK.with(|block| {
        block.failed_in.set(0);
        block.is_quiet.set(false);
        block.ids.forget();
    });
}
