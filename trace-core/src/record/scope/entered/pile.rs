//! A stack whose first places need no allocation.
//!
//! Items are written in place. An unused place is *vacant*: it holds a value that has nothing
//! to drop. So a root, which enters one scope, writes a few words and does not allocate.
//!
//! There are two invariants. Item `at` is in `near` if `at < NEAR`, and otherwise in `far`.
//! And `far` has no vacant places, so it is empty while there are at most `NEAR` items.

/// An item of a pile. It has an empty state, in which it owns nothing.
///
/// The owner of a pile empties an item before it removes it. A removed place in `near` is
/// overwritten later without being dropped. A removed place in `far` is dropped while the
/// thread's stack is borrowed.
pub(super) trait Vacant {
    const VACANT: Self;
}

/// A stack whose first places are in the pile itself.
#[derive(Debug)]
pub(super) struct Pile<T> {
    depth: usize,
    near: [T; NEAR],
    far: Vec<T>,
}

/// Places that need no allocation. Few threads are in more than four scopes at once.
const NEAR: usize = 4;

impl<T: Vacant> Pile<T> {
    /// Makes an empty pile.
    pub(super) const fn new() -> Self {
        Self {
            depth: 0,
            near: [const { T::VACANT }; NEAR],
            far: Vec::new(),
        }
    }

    /// The first place, if the pile is empty. The caller fills it and then
    /// [counts](Self::push_first) it, or leaves it vacant.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn first_vacant(&mut self) -> Option<&mut T> {
        let is_empty = self.depth == 0;
        self.near.first_mut().filter(|_| is_empty)
    }

    /// Counts the item that was written to the [first place](Self::first_vacant).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn push_first(&mut self) {
        self.depth = 1;
    }

    /// The only item on the pile.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn only_one(&mut self) -> Option<&mut T> {
        let is_one = self.depth == 1;
        self.near.first_mut().filter(|_| is_one)
    }

    /// Removes the only item. The caller has emptied it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn pop_first(&mut self) {
        self.depth = 0;
    }

    /// Adds a vacant item, which the caller fills in place. Moving a filled item here would
    /// read recently written words with wider loads, for which the processor has to wait.
    #[inline]
    pub(super) fn push(&mut self) -> Option<&mut T> {
        let at = self.depth;
        self.depth += 1;
        if at >= NEAR {
            self.far.push(T::VACANT);
        }
        self.get_mut(at)
    }

    /// Removes the last item. The caller has emptied it.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth >= NEAR {
            self.pop_far();
        }
    }

    /// Removes the last allocated place. If no place is left, frees the allocation.
    #[cold]
    fn pop_far(&mut self) {
        self.far.pop();
        if self.far.is_empty() {
            // The thread's stack has no destructor, so the end of the thread would not free
            // it.
            self.far = Vec::new();
        }
    }

    /// Moves an item to the top of the pile.
    ///
    /// The item is swapped with each item above it in turn, so that these keep their order.
    /// This is slow, but is needed only when a scope or span is left out of order.
    pub(super) fn raise(&mut self, at: usize) {
        for above in at + 1..self.depth {
            let (near, far) = (&mut self.near, &mut self.far);
            if above < NEAR {
                near.swap(above - 1, above);
            } else if above == NEAR {
                // From the last place in `near` to the first place in `far`.
                if let (Some(one), Some(other)) = (near.last_mut(), far.first_mut()) {
                    std::mem::swap(one, other);
                }
            } else {
                far.swap(above - 1 - NEAR, above - NEAR);
            }
        }
    }

    /// The last item.
    #[inline]
    pub(super) fn top_mut(&mut self) -> Option<&mut T> {
        match self.near.get_mut(self.depth.wrapping_sub(1)) {
            // For an empty pile both are `None`: zero minus one is not an index of `near`.
            Some(top) => Some(top),
            None => self.far.last_mut(),
        }
    }

    /// The number of items.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// The item at a place; `None` for a place that is not in use.
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        if at < NEAR {
            self.near.get(at).filter(|_| at < self.depth)
        } else {
            self.far.get(at - NEAR)
        }
    }

    /// The item at a place. It may be a vacant place in `near`, because `push` uses this.
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at < NEAR {
            self.near.get_mut(at)
        } else {
            self.far.get_mut(at.wrapping_sub(NEAR))
        }
    }

    /// The place of the last item for which `is_it` returns true.
    pub(super) fn rfind(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        (0..self.depth)
            .rev()
            .find(|at| self.get(*at).is_some_and(&is_it))
    }
}
