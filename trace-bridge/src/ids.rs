//! Ids of `tracing` that are the bridge's own.
//!
//! In a subscriber around another one, ids of both meet in one program. A registry packs the
//! address of a span into the lower 38 bits of an id. It would need a hundred billion open spans
//! to set the highest of these bits, so that bit marks the bridge's ids.

use tracing_core::span::Id;

use crate::store::SlotId;

/// Set in the ids of the bridge, and never in those of a registry.
const MARK: u64 = 1 << 37;

/// The bits below the mark.
const LOW: u64 = MARK - 1;

/// The span on which everything is without effect.
const NOTHING: u64 = u64::MAX;

/// What is current here, before somebody has asked for a handle of it.
const CURRENT: u64 = u64::MAX - 1;

/// An id of the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnId {
    /// A span that is not recorded, outside any trace.
    Nothing,
    /// What is current here.
    Current,
    /// An open span.
    Slot(SlotId),
}

impl OwnId {
    pub(crate) fn to_id(self) -> Id {
        Id::from_u64(match self {
            Self::Nothing => NOTHING,
            Self::Current => CURRENT,
            Self::Slot(slot) => {
                let bits = slot.to_bits();
                (bits & !LOW) << 1 | MARK | bits & LOW
            }
        })
    }

    /// Reads an id; `None` if it is of another subscriber.
    #[inline]
    pub(crate) fn from_id(id: &Id) -> Option<Self> {
        match id.into_u64() {
            NOTHING => Some(Self::Nothing),
            CURRENT => Some(Self::Current),
            bits if bits & MARK == 0 => None,
            bits => Some(Self::Slot(SlotId::from_bits(bits >> 1 & !LOW | bits & LOW))),
        }
    }

    pub(crate) fn slot(self) -> Option<SlotId> {
        match self {
            Self::Slot(slot) => Some(slot),
            Self::Nothing | Self::Current => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_were_written() {
        for bits in [0, 1, LOW, LOW + 1, 1 << 55, (1 << 56) - 1] {
            let id = OwnId::Slot(SlotId::from_bits(bits));
            assert_eq!(OwnId::from_id(&id.to_id()), Some(id), "{bits:x}");
        }
        for id in [OwnId::Nothing, OwnId::Current] {
            assert_eq!(OwnId::from_id(&id.to_id()), Some(id));
        }
        assert_eq!(OwnId::from_id(&Id::from_u64(1)), None);
        assert_eq!(OwnId::from_id(&Id::from_u64(!MARK)), None);
    }
}
