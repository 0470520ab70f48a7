//! Whether functions of which nothing is recorded note why, and for how long.
//!
//! What they note, and where, is the business of whoever asks.

use super::block::{HOT, Hot};
use crate::record::kept::RECORDS;

/// How often a thread whose first patience is at an end looks in vain in one stay of [`STAYS`]
/// between two scopes. In the others it looks at the first function alone.
const PATIENCE: u32 = 64;
const STAYS: u32 = 64;

/// What [`Hot::is_curious`] says.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_curious() -> bool {
    HOT.with(Hot::is_curious)
}

/// Says that a function had something to say of what is not recorded.
pub(in crate::record) fn look_on() {
    HOT.with(|hot| hot.patience.set(hot.patience.get().max(PATIENCE)));
}

/// Says that it had not.
pub(in crate::record) fn look_in_vain() {
    HOT.with(|hot| {
        if let Some(patience) = hot.patience.get().checked_sub(1) {
            return hot.patience.set(patience);
        }
        let stays = hot.stays.get().wrapping_add(1);
        hot.stays.set(stays);
        if stays.is_multiple_of(STAYS) {
            return hot.patience.set(PATIENCE);
        }
        hot.is_curious.set(false);
    });
}

impl Hot {
    /// Whether functions note why nothing is recorded, where that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_curious(&self) -> bool {
        RECORDS && self.is_curious.get()
    }
}
