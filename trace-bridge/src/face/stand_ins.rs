//! Ids of the subscriber within, for spans that it has refused or does not know.

use tracing_core::Subscriber;
use tracing_core::span::{Current, Id};

use super::around::Around;
use super::within;
use crate::ids::OwnId;
use crate::store::SlotId;

impl<S: Subscriber> Around<S> {
    /// Gives a span of the bridge an id of the subscriber within, by a stand-in below its current
    /// span, or below the span that was asked for. `slot` comes after it, as layers may panic.
    pub(super) fn stand_in_for(
        &self,
        parent: Option<&Id>,
        is_root: bool,
        fields: Option<u64>,
        slot: impl FnOnce() -> Option<SlotId>,
    ) -> Id {
        if self.handle.is_bare {
            return slot().map_or(OwnId::Nothing, OwnId::Slot).to_id();
        }
        let current = match parent {
            None if !is_root => self.inner.current_span(),
            _ => Current::none(),
        };
        let parent = parent
            .or(current.id())
            .filter(|parent| OwnId::from_id(parent).is_none());
        let id = within::stand_in(&self.inner, parent);
        let enters = parent.and_then(|parent| {
            let known = self.handle.ids.get(parent.into_u64());
            known.map_or(Some(parent.into_u64()), |known| known.enters)
        });
        let ids = &self.handle.ids;
        ids.insert_stand_in(id.into_u64(), slot(), enters, fields);
        id
    }

    /// Returns what stands in the subscriber within for a parent that it does not know, or whose
    /// stand-in its filters hide: what that was made in, or its current span. `None` if it is a
    /// parent there, too.
    pub(super) fn parent_within(&self, parent: &Id) -> Option<Option<Id>> {
        if OwnId::from_id(parent).is_some() {
            return Some(None);
        }
        let number = parent.into_u64();
        let enters = self.handle.ids.get(number)?.enters;
        (enters != Some(number)).then(|| enters.map(Id::from_u64))
    }

    /// Returns what the subscriber within has to enter for an id: itself, or for a stand-in what
    /// it was made in, unless that is current.
    pub(super) fn to_enter_within(&self, id: &Id) -> Option<Id> {
        if OwnId::from_id(id).is_some() {
            return None;
        }
        let Some(known) = self.handle.ids.get(id.into_u64()) else {
            return Some(id.clone());
        };
        let enters = Id::from_u64(known.enters?);
        let is_there = enters != *id && self.inner.current_span().id() == Some(&enters);
        (!is_there).then_some(enters)
    }

    /// Returns what has to be left for an id that was entered without an entry.
    pub(super) fn to_leave_within(&self, id: &Id) -> Option<u64> {
        let number = id.into_u64();
        let known = self.handle.ids.get(number);
        let is_plain = known.is_none_or(|known| known.enters == Some(number));
        (is_plain && OwnId::from_id(id).is_none()).then_some(number)
    }

    /// Forgets an id that the subscriber within has closed, although the bridge knew of a handle:
    /// a layer has dropped it while the subscriber gave back references of its own.
    pub(super) fn forget(&self, id: u64, slot: Option<SlotId>) {
        if let Some(slot) = self.handle.ids.remove(id, slot) {
            self.handle.state.close(slot);
        }
    }
}
