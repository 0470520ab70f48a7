//! Decides for how long functions that are not recorded find out why.
//!
//! Where nothing is recorded, finding out why would cost more than everything else. So a
//! thread is *curious* after it has entered or left something, and stops being curious after
//! it has asked often without result. `span/missed.rs` asks, and decides what is noted.

use super::block::{BLOCK, Block};
use crate::record::if_recording::RECORDING_BUILT;

/// How often a thread whose first patience is used up asks without result, in one of [`STAYS`]
/// stays between two scopes. In the other stays it asks at the first function only.
const PATIENCE: u32 = 64;
/// Of how many stays one gets a new [`PATIENCE`].
const STAYS: u32 = 64;

/// Whether this thread is curious; see [`Block::is_curious`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_curious() -> bool {
    BLOCK.with(Block::is_curious)
}

/// Notes that asking had a result: more of this kind may follow, so the thread stays curious.
pub(in crate::record) fn note_useful_look() {
    BLOCK.with(|block| block.patience.set(block.patience.get().max(PATIENCE)));
}

/// Notes that asking had no result. Uses up patience, and then ends the curiosity until the
/// thread enters or leaves something again.
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
    /// Whether functions that are not recorded find out why. Constant where recording is not
    /// built.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_curious(&self) -> bool {
        RECORDING_BUILT && self.is_curious.get()
    }
}
