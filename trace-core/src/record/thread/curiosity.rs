//! Decides how long functions that are not recorded search for the reason.
//!
//! If nothing is recorded, searching for the reason would cost more than all other work. So a
//! thread is *curious* after it has entered or left something, and stops being curious after
//! several searches in vain. `span/missed.rs` searches, and decides what is noted.

use super::block::{BLOCK, Block};
use crate::record::if_recording::RECORDING_BUILT;

/// The number of searches in vain after the first patience is used up. This applies to one of
/// [`STAYS`] periods between two scopes. In the other periods, the thread searches only at the
/// first function.
const PATIENCE: u32 = 64;
/// One of this many periods gets a new [`PATIENCE`].
const STAYS: u32 = 64;

/// Whether this thread is curious; see [`Block::is_curious`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_curious() -> bool {
    BLOCK.with(Block::is_curious)
}

/// Notes that a search had a result. More may follow, so the thread stays curious.
pub(in crate::record) fn note_useful_look() {
    BLOCK.with(|block| block.patience.set(block.patience.get().max(PATIENCE)));
}

/// Notes that a search had no result. When the patience is used up, the thread is not curious
/// until it enters or leaves something again.
pub(in crate::record) fn note_vain_look() {
    BLOCK.with(|block| {
        if let Some(patience) = block.patience.get().checked_sub(1) {
            return block.patience.set(patience);
        }
        let stays = block.stays.get().wrapping_add(1);
        block.stays.set(stays);
        if stays.is_multiple_of(STAYS) {
            return block.patience.set(PATIENCE);
        }
        block.is_curious.set(false);
    });
}

impl Block {
    /// Whether functions that are not recorded find out why. Constant in a build that does not
    /// record.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_curious(&self) -> bool {
        RECORDING_BUILT && self.is_curious.get()
    }
}
