//! The ids of a subscriber within, and the bridge's spans that belong to them.
//!
//! An id is entered when the subscriber gives it, and removed before the subscriber can give it
//! again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::slots::SlotId;

/// Facts about ids, in parts with a lock each.
pub(crate) struct InnerIds {
    parts: [Mutex<HashMap<u64, InnerSpan>>; PARTS],
}

/// What is known of an id of the subscriber within.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InnerSpan {
    /// The bridge's span, if it has one.
    pub(crate) slot: Option<SlotId>,
    /// The id that the subscriber within enters, if any: a stand-in is not entered itself.
    pub(crate) enters: Option<u64>,
    /// The id whose fields are recorded by it, if any: a stand-in has none of its own.
    pub(crate) fields: Option<u64>,
    /// The number of handles.
    handles: u32,
}

const PARTS: usize = 32;

impl InnerIds {
    pub(crate) fn new() -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
        }
    }

    fn part(&self, id: u64) -> MutexGuard<'_, HashMap<u64, InnerSpan>> {
        // The lowest bits of a registry's ids differ between open spans of a thread, and the
        // upper ones between threads.
        let part = (id ^ id >> 38 ^ id >> 5) as usize % PARTS;
        let part = self.parts.get(part).unwrap_or(&self.parts[0]);
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an id with one handle: a span of the subscriber within.
    pub(crate) fn insert(&self, id: u64, slot: Option<SlotId>) {
        self.add(id, slot, Some(id), Some(id));
    }

    /// Adds an id with one handle: a stand-in, with what it enters, and whose fields it has.
    pub(crate) fn insert_stand_in(
        &self,
        id: u64,
        slot: Option<SlotId>,
        enters: Option<u64>,
        fields: Option<u64>,
    ) {
        self.add(id, slot, enters, fields);
    }

    fn add(&self, id: u64, slot: Option<SlotId>, enters: Option<u64>, fields: Option<u64>) {
        let span = InnerSpan {
            slot,
            enters,
            fields,
            handles: 1,
        };
        self.part(id).insert(id, span);
    }

    /// Returns what is known of an id; `None` if the bridge has no part in it.
    pub(crate) fn get(&self, id: u64) -> Option<InnerSpan> {
        self.part(id).get(&id).copied()
    }

    /// Adds a handle.
    pub(crate) fn add_handle(&self, id: u64) {
        if let Some(span) = self.part(id).get_mut(&id) {
            span.handles += 1;
        }
    }

    /// Removes a handle. Returns what was known of the id if it was the last one.
    pub(crate) fn remove_handle(&self, id: u64) -> Option<InnerSpan> {
        let mut part = self.part(id);
        let span = part.get_mut(&id)?;
        span.handles -= 1;
        match span.handles {
            0 => part.remove(&id),
            _ => None,
        }
    }

    /// Removes an id with all handles, if it has this slot; returns the slot.
    pub(crate) fn remove(&self, id: u64, slot: Option<SlotId>) -> Option<SlotId> {
        let mut part = self.part(id);
        let is_it = part.get(&id).is_some_and(|span| span.slot == slot);
        is_it.then(|| part.remove(&id)).flatten()?.slot
    }
}

impl fmt::Debug for InnerIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerIds").finish_non_exhaustive()
    }
}
