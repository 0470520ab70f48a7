//! What the child of a `fork` forgets: it is the parent's.

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
