//! Makes the child of a `fork` forget the parts of the block that belong to the parent.
//!
//! Nothing is dropped and no lock is taken. This runs in the child's first moments, where
//! either could wait forever for a thread that the child does not have.

use super::block::BLOCK;
use super::drain::discard_stage;
use super::position::{Position, go_to};

/// Forgets what is recorded on this thread and the seed of its ids, in the child of a `fork`.
/// With the same seed, child and parent would draw the same ids. Async-signal-safe.
pub(in crate::record) fn forget_in_child() {
    discard_stage();
    BLOCK.with(|block| {
        // Leaked and not dropped, because the trace belongs to the parent.
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
