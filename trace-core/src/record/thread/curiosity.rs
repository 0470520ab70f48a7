//! Whether functions of which nothing is recorded note why, and for how long.
//!
//! Where nothing is recorded, to ask for the reason would cost more than all else. So a
//! thread is *curious* when it has entered or left something, and stops being so when it
//! has looked in vain for long. What is noted, and where, is the business of
//! `span/missed.rs`.

use super::block::{BLOCK, Block};
use crate::record::if_recording::RECORDING_BUILT;

/// How often a thread whose first patience is at an end looks in vain in one stay of [`STAYS`]
/// between two scopes. In the others it looks at the first function alone.
const PATIENCE: u32 = 64;
const STAYS: u32 = 64;

/// What [`Block::is_curious`] says.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_curious() -> bool {
    BLOCK.with(Block::is_curious)
}

/// Says that a function had something to say of what is not recorded.
pub(in crate::record) fn note_useful_look() {
    BLOCK.with(|block| block.patience.set(block.patience.get().max(PATIENCE)));
}

/// Says that it had not.
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
    /// Whether functions note why nothing is recorded, where that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_curious(&self) -> bool {
        RECORDING_BUILT && self.is_curious.get()
    }
}
