//! Slots for what is open, by ids that are never those of something else.
//!
//! An id has the number of a slot and its generation. When the last handle of an id is gone, the
//! slot gets another generation and is used again. So an id that is out of date finds nothing.
//!
//! # Locks
//!
//! Each slot has a lock. It is held for reading while a value is used, which may run code of the
//! application: a `Debug` of a field. It is held for writing only while a value is put in or taken
//! out, when no handle of the slot exists. A reader never waits: if the slot is being written to,
//! its id is out of date.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::pages::Pages;

/// The id of a slot: its number, and its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SlotId {
    index: u32,
    generation: u32,
}

/// All slots.
pub(crate) struct Slots<T> {
    slots: Pages<Slot<T>>,
    /// The number of slots that were ever used.
    used: AtomicU32,
    /// The slot that was freed last, in the lower half: its number plus one, or zero. The upper
    /// half counts the changes, so that a thread which was paused in a change notices.
    free: AtomicU64,
    /// The number of slots in use.
    in_use: AtomicU32,
}

/// One slot.
struct Slot<T> {
    /// The generation in the upper half, and the number of handles in the lower one. Nobody
    /// changes the generation while there are handles.
    state: AtomicU64,
    value: RwLock<Option<T>>,
    /// The slot that was freed before this one: its number plus one, or zero.
    next_free: AtomicU32,
}

/// The most slots in use at once.
pub(crate) const MAX_SLOTS: u32 = 1 << 24;

impl SlotId {
    /// Packs the id into 56 bits.
    pub(crate) const fn to_bits(self) -> u64 {
        (self.generation as u64) << 24 | self.index as u64
    }

    /// Reads what [`to_bits`](Self::to_bits) returned.
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self {
            index: (bits & (MAX_SLOTS as u64 - 1)) as u32,
            generation: (bits >> 24) as u32,
        }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            state: AtomicU64::new(0),
            value: RwLock::new(None),
            next_free: AtomicU32::new(0),
        }
    }
}

impl<T> Slot<T> {
    #[inline]
    fn is_of(&self, generation: u32) -> bool {
        // Acquire: the partner is the store in `insert`.
        let state = self.state.load(Ordering::Acquire);
        (state >> 32) as u32 == generation && state as u32 != 0
    }
}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Pages::new(),
            used: AtomicU32::new(0),
            free: AtomicU64::new(0),
            in_use: AtomicU32::new(0),
        }
    }

    /// Keeps a value under a new id, with one handle. `None`, and the value is dropped, if all
    /// slots are in use.
    pub(crate) fn insert(&self, value: T) -> Option<SlotId> {
        let index = self.take_free().or_else(|| self.take_unused())?;
        let slot = self.slots.get_or_make(index)?;
        let mut kept = slot.value.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(value);
        // Relaxed: only the thread that took the slot changes its generation.
        let generation = (slot.state.load(Ordering::Relaxed) >> 32) as u32;
        // Release: who sees the handle sees the value. Under the lock, so that the generation
        // does not change while a reader has the value.
        let state = u64::from(generation) << 32 | 1;
        slot.state.store(state, Ordering::Release);
        // Relaxed: whoever has the id from another thread was told of it, and so sees the count.
        self.in_use.fetch_add(1, Ordering::Relaxed);
        Some(SlotId { index, generation })
    }

    /// Returns whether no slot is in use, as far as this thread knows.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.in_use.load(Ordering::Relaxed) == 0
    }

    /// Calls `read` with a value; `None` if there is none with this id.
    #[inline]
    pub(crate) fn with<R>(&self, id: SlotId, read: impl FnOnce(&T) -> R) -> Option<R> {
        let slot = self.slots.get(id.index)?;
        // `try_read`: see the module.
        let kept = match slot.value.try_read() {
            Ok(kept) => kept,
            Err(std::sync::TryLockError::Poisoned(kept)) => kept.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => return None,
        };
        let value = kept.as_ref().filter(|_| slot.is_of(id.generation));
        value.map(read)
    }

    /// Adds a handle; returns whether the id has a value.
    pub(crate) fn add_handle(&self, id: SlotId) -> bool {
        let Some(slot) = self.slots.get(id.index) else {
            return false;
        };
        // Relaxed: a handle exists, or the id is out of date and nothing is changed.
        let mut state = slot.state.load(Ordering::Relaxed);
        while (state >> 32) as u32 == id.generation && state as u32 != 0 {
            let added = slot.state.compare_exchange_weak(
                state,
                state + 1,
                // Relaxed: as for the count of an `Arc`.
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match added {
                Ok(_) => return true,
                Err(changed) => state = changed,
            }
        }
        false
    }

    /// Removes a handle. Returns the value if it was the last one, and `None` if it was not or
    /// if the id is out of date.
    pub(crate) fn remove_handle(&self, id: SlotId) -> Option<T> {
        let slot = self.slots.get(id.index)?;
        let mut state = slot.state.load(Ordering::Relaxed);
        loop {
            if (state >> 32) as u32 != id.generation || state as u32 == 0 {
                return None;
            }
            // Acquire and release, as for the count of an `Arc`: the last handle sees what
            // happened with the others.
            let removed = slot.state.compare_exchange_weak(
                state,
                state - 1,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match removed {
                Ok(_) => break,
                Err(changed) => state = changed,
            }
        }
        if state as u32 != 1 {
            return None;
        }
        // No handle is left. Readers of the id may still be there, for a moment.
        let mut kept = slot.value.write().unwrap_or_else(PoisonError::into_inner);
        let value = kept.take();
        let generation = id.generation.wrapping_add(1);
        // Release: the partner is `is_of`. Under the lock, as in `insert`.
        slot.state
            .store(u64::from(generation) << 32, Ordering::Release);
        drop(kept);
        self.in_use.fetch_sub(1, Ordering::Relaxed);
        self.give_back(id.index, slot);
        value
    }

    /// Returns how many slots were ever used at once.
    #[cfg(test)]
    pub(crate) fn used(&self) -> u32 {
        self.used.load(Ordering::Relaxed)
    }

    fn take_unused(&self) -> Option<u32> {
        let mut used = self.used.load(Ordering::Relaxed);
        while used < MAX_SLOTS {
            let taken = self.used.compare_exchange_weak(
                used,
                used + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match taken {
                Ok(_) => return Some(used),
                Err(changed) => used = changed,
            }
        }
        None
    }

    fn take_free(&self) -> Option<u32> {
        // Acquire: the partner is the release in `give_back`, which wrote `next_free` before.
        let mut free = self.free.load(Ordering::Acquire);
        loop {
            let index = (free as u32).checked_sub(1)?;
            let next = self.slots.get(index)?.next_free.load(Ordering::Relaxed);
            // If another thread has taken the slot since, the count of changes differs, whatever
            // was read as `next`.
            let changed = changed(free, next);
            let taken =
                self.free
                    .compare_exchange_weak(free, changed, Ordering::AcqRel, Ordering::Acquire);
            match taken {
                Ok(_) => return Some(index),
                Err(changed) => free = changed,
            }
        }
    }

    fn give_back(&self, index: u32, slot: &Slot<T>) {
        let mut free = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store(free as u32, Ordering::Relaxed);
            // Release: the partner is the acquire in `take_free`.
            let given = self.free.compare_exchange_weak(
                free,
                changed(free, index + 1),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match given {
                Ok(_) => return,
                Err(changed) => free = changed,
            }
        }
    }
}

/// The word of the free list after a change, with another first slot.
fn changed(free: u64, first: u32) -> u64 {
    ((free >> 32).wrapping_add(1) << 32) | u64::from(first)
}

impl<T> fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.used.load(Ordering::Relaxed);
        f.debug_struct("Slots")
            .field("used", &used)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread::{Builder, JoinHandle};

    fn spawn<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
        Builder::new().name("slots".into()).spawn(body).unwrap()
    }

    #[test]
    fn an_id_finds_its_value_until_its_last_handle_is_gone() {
        let slots = Slots::new();
        assert!(slots.is_empty());
        let id = slots.insert("a").unwrap();
        assert!(slots.add_handle(id) && !slots.is_empty());
        assert_eq!(slots.remove_handle(id), None);
        assert_eq!(slots.with(id, |value| *value), Some("a"));
        assert_eq!(slots.remove_handle(id), Some("a"));
        assert_eq!(slots.with(id, |value| *value), None);
        assert!(!slots.add_handle(id));
        assert_eq!(slots.remove_handle(id), None);
        assert!(slots.is_empty());
    }

    #[test]
    fn a_slot_is_used_again_under_another_id() {
        let slots = Slots::new();
        let first = slots.insert(1).unwrap();
        assert_eq!(slots.remove_handle(first), Some(1));
        let second = slots.insert(2).unwrap();
        assert_ne!(first, second);
        assert_eq!(slots.used(), 1);
        assert_eq!(slots.with(first, |value| *value), None);
        assert_eq!(slots.with(second, |value| *value), Some(2));
        assert_eq!(SlotId::from_bits(second.to_bits()), second);
    }

    #[test]
    fn what_is_kept_is_bounded_by_what_is_open() {
        let slots = Slots::new();
        for round in 0..1_000 {
            let ids: Vec<SlotId> = (0..10)
                .map(|n| slots.insert(round * 10 + n).unwrap())
                .collect();
            for id in ids {
                assert!(slots.remove_handle(id).is_some());
            }
        }
        assert_eq!(slots.used(), 10);
    }

    /// Threads insert, share and remove at once. Each id has to find its own value, and each
    /// value has to come out once.
    #[test]
    fn threads_never_see_each_others_values() {
        const ROUNDS: u64 = 20_000;
        let slots: Arc<Slots<u64>> = Arc::new(Slots::new());
        let threads: Vec<_> = (0..4_u64)
            .map(|thread| {
                let slots = Arc::clone(&slots);
                spawn(move || {
                    let mut stale = Vec::new();
                    for round in 0..ROUNDS {
                        let value = thread << 32 | round;
                        let id = slots.insert(value).unwrap();
                        assert_eq!(slots.with(id, |kept| *kept), Some(value));
                        assert!(slots.add_handle(id));
                        assert_eq!(slots.remove_handle(id), None);
                        assert_eq!(slots.remove_handle(id), Some(value));
                        stale.push(id);
                        let old = stale[(round / 2) as usize];
                        assert_eq!(slots.with(old, |kept| *kept), None);
                        assert!(!slots.add_handle(old));
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(slots.used() <= 4);
    }

    /// Handles of one value on several threads: one of them is the last.
    #[test]
    fn one_of_several_handles_is_the_last() {
        for _ in 0..500 {
            let slots: Arc<Slots<u8>> = Arc::new(Slots::new());
            let id = slots.insert(7).unwrap();
            assert!((0..3).all(|_| slots.add_handle(id)));
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let slots = Arc::clone(&slots);
                    spawn(move || {
                        let seen = slots.with(id, |value| *value);
                        // Nobody writes while this thread has a handle.
                        assert_eq!(seen, Some(7));
                        slots.remove_handle(id)
                    })
                })
                .collect();
            let last = threads
                .into_iter()
                .filter_map(|thread| thread.join().unwrap());
            assert_eq!(last.count(), 1);
        }
    }
}
